package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"profilegen/lab"
	"profilegen/resync"
	"profilegen/rule"
)

// network is what virtual phones fetch from and log to. One serves any number
// of them; it is the engine's Fetcher.
type network struct {
	client  *lab.Client
	timeout time.Duration // of one request
	turns   chan struct{} // as many as requests may run at once
	syslog  *syslogSender
	service func(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) // nil: DNS
}

// sockets bounds the requests at once, so that a thousand phones fit into the
// file descriptors of a process.
const sockets = 128

// longestLookup bounds a search for a host's address.
const longestLookup = 5 * time.Second

// networkFlags are the flags that say how to fetch.
type networkFlags struct {
	ca, certificate, key string
	blockSize            int
	timeout              time.Duration
	linkLocal            bool
	syslog               string
}

// open makes a network of the flags.
func (f *networkFlags) open() (*network, error) {
	if f.blockSize != 0 && (f.blockSize < 512 || f.blockSize > 65464) {
		return nil, fmt.Errorf("-blksize %d is not between 512 and 65464", f.blockSize)
	}
	client := &lab.Client{BlockSize: f.blockSize, AnyAddress: f.linkLocal}
	if f.ca != "" {
		data, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, fmt.Errorf("-ca: %w", err)
		}
		client.Roots = x509.NewCertPool()
		if !client.Roots.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("-ca: %s holds no certificate in PEM form", f.ca)
		}
	}
	if f.certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.certificate, firstOf(f.key, f.certificate))
		if err != nil {
			return nil, fmt.Errorf("-cert: %w", err)
		}
		client.Certificate = &pair
	}
	n := &network{client: client, timeout: f.timeout, turns: make(chan struct{}, sockets)}
	socket, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, fmt.Errorf("opening a socket for log messages: %w", err)
	}
	n.syslog = &syslogSender{socket: socket, only: f.syslog, client: client}
	return n, nil
}

func (n *network) close() {
	n.client.Close()
	n.syslog.socket.Close()
}

// Fetch does one request of a phone.
func (n *network) Fetch(ctx context.Context, r resync.Request) resync.Reply {
	start := time.Now()
	select {
	case n.turns <- struct{}{}:
		defer func() { <-n.turns }()
	case <-ctx.Done():
		return resync.Reply{Err: ctx.Err()}
	}
	limited, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	ask, err := n.ask(limited, r)
	if err != nil {
		return resync.Reply{Err: err}
	}
	answer, err := n.client.Ask(limited, ask)
	reply := resync.Reply{Body: answer.Body, Took: time.Since(start), Err: err}
	if answer.Remote.IsValid() {
		reply.Address = answer.Remote.Unmap().String()
	}
	switch {
	case err != nil && limited.Err() != nil && ctx.Err() == nil:
		reply.Err = fmt.Errorf("not received within %s (-timeout)", n.timeout)
	case err != nil:
		reply.Err = asPhone(err)
	case ask.URL.Scheme == "tftp":
		reply.Status = http.StatusOK
	default:
		reply.Status = answer.Status
		reply.Encoding = answer.Header.Get("Content-Encoding")
		reply.Location = answer.Header.Get("Location")
		reply.Login = answer.Header.Values("WWW-Authenticate")
		if answer.Status == http.StatusProxyAuthRequired {
			reply.Login = answer.Header.Values("Proxy-Authenticate")
		}
	}
	return reply
}

// ask is the engine's request as the client wants it.
func (n *network) ask(ctx context.Context, r resync.Request) (lab.Ask, error) {
	at, err := rule.ParseURL(r.URL)
	if err != nil {
		return lab.Ask{}, err
	}
	if r.SRV {
		if err := n.follow(ctx, at); err != nil {
			return lab.Ask{}, err
		}
	}
	ask := lab.Ask{
		Fetch:     lab.Fetch{URL: asWritten(at), Method: r.Method, Body: r.Body, ContentType: r.ContentType, AcceptEncoding: r.AcceptEncoding},
		UserAgent: r.UserAgent, ContentEncoding: r.ContentEncoding, Challenge: r.Challenge, Proxy: r.Proxy,
	}
	if r.Login {
		ask.Login = url.UserPassword(r.User, r.Password)
	}
	return ask, nil
}

// follow replaces the server by the first one that DNS SRV names for it
// (--srv); without such a record the server stays.
func (n *network) follow(ctx context.Context, at *rule.URL) error {
	lookup := n.service
	if lookup == nil {
		lookup = net.DefaultResolver.LookupSRV
	}
	_, records, err := lookup(ctx, at.Scheme, "tcp", at.Server)
	var missing *net.DNSError
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("looking up _%s._tcp.%s: %w", at.Scheme, at.Server, err)
	case len(records) > 0:
		at.Server = strings.TrimSuffix(records[0].Target, ".")
		at.Port, at.HasPort = int(records[0].Port), true
	}
	return nil
}

// asWritten is the URL with its path as the rule writes it (c.6). What may not
// stand in a URL is escaped, over HTTP.
func asWritten(at *rule.URL) *url.URL {
	at = at.Complete()
	u := &url.URL{Scheme: at.Scheme, Host: at.Host()}
	if at.HasPort {
		u.Host += ":" + strconv.Itoa(at.Port)
	}
	var path string
	path, u.RawQuery, u.ForceQuery = strings.Cut(at.Path, "?")
	u.ForceQuery = u.ForceQuery && u.RawQuery == ""
	u.Path, u.RawPath = path, path
	if plain, err := url.PathUnescape(path); err == nil {
		u.Path = plain
	}
	return u
}

// asPhone gives a TFTP server's error the type that the engine knows.
func asPhone(err error) error {
	var said *lab.TFTPError
	if errors.As(err, &said) {
		return fmt.Errorf("%w (%.200q)", resync.TFTPError(said.Code), said.Message)
	}
	return err
}

// address finds the address of a host for $SERVIP.
func (n *network) address(host string) string {
	ctx, cancel := context.WithTimeout(context.Background(), longestLookup)
	defer cancel()
	list, err := n.client.Addresses(ctx, host)
	if err != nil {
		return "" // the request will tell
	}
	return list[0].String()
}

// syslogSender sends log messages of any number of phones (e.4).
type syslogSender struct {
	socket *net.UDPConn
	only   string // where all messages go, in place of the phones' own servers
	client *lab.Client
	told   sync.Once // that a message could not be sent

	mu    sync.Mutex
	known map[string]netip.AddrPort // servers found
}

// send sends a message, if the event is one. As with UDP in general, nobody
// tells whether it was heard.
func (s *syslogSender) send(ctx context.Context, e *resync.Event) error {
	if e.Kind != resync.MessageSent {
		return nil
	}
	hosts := e.Hosts
	if s.only != "" {
		hosts = []string{s.only}
	}
	var failed error
	for _, host := range hosts {
		to, err := s.find(ctx, host)
		if err == nil {
			_, err = s.socket.WriteToUDPAddrPort([]byte(e.Wire), to)
		}
		if err != nil {
			failed = fmt.Errorf("sending a log message to %q: %w", host, err)
		}
	}
	return failed
}

// find gives the address of a server written as host or host:port.
func (s *syslogSender) find(ctx context.Context, server string) (netip.AddrPort, error) {
	s.mu.Lock()
	to, ok := s.known[server]
	s.mu.Unlock()
	if ok {
		return to, nil
	}
	host, port := server, 514
	if h, p, err := net.SplitHostPort(server); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return to, fmt.Errorf("port %q is not between 1 and 65535", p)
		}
		host, port = h, int(n)
	}
	ctx, cancel := context.WithTimeout(ctx, longestLookup)
	defer cancel()
	list, err := s.client.Addresses(ctx, strings.Trim(host, "[]"))
	if err != nil {
		return to, err
	}
	to = netip.AddrPortFrom(list[0], uint16(port))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]netip.AddrPort{}
	}
	if len(s.known) < 1000 { // profiles may name any number of servers
		s.known[server] = to
	}
	return to, nil
}
