package lab

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"
)

// Client fetches files as a phone does. The zero value has the phone's settings, as far as they are known; its
// methods may be used by many goroutines at once.
type Client struct {
	UserAgent   string           // ParseUserAgent shows the form; "" sends none
	Roots       *x509.CertPool   // trusted by HTTPS; nil: the system's
	Certificate *tls.Certificate // the phone's own, shown to a server that asks

	MaxBytes int64         // of a reply; 0: 4 MiB
	Connect  time.Duration // for a connection and TLS; 0: 10 s (h.2)
	Idle     time.Duration // without any data; 0: 30 s (h.2)

	BlockSize int           // TFTP blksize option, 512 to 65464; 0: no option is sent (h.3)
	Tries     int           // TFTP: sends of one datagram; 0: 5 (h.3)
	Wait      time.Duration // TFTP: between them; 0: 4 s (h.3)

	// AnyAddress lifts the ban on link-local addresses and on those at which clouds tell their machines' secrets. A
	// rule comes from outside and must not lead there.
	AnyAddress bool
	// Resolve gives the addresses of a host; nil asks the system. They are tried in order, IPv4 first.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	once      sync.Once
	transport *http.Transport
}

// Fetch is what Do fetches.
type Fetch struct {
	// URL has the scheme tftp, http or https. Its user and password answer a Basic or Digest challenge and are never
	// sent unasked (d.5). Over TFTP all that follows the host is asked for as it is written, with its leading "/" (h.3):
	// by RawPath and RawFragment where they are set.
	URL            *url.URL
	Method         string // "": GET, or POST with a Body. PUT over TFTP writes
	Body           []byte
	ContentType    string // of Body; "": text/plain (h.2)
	AcceptEncoding string // as in "aes128gcm" (f.7); "": the header is not sent
}

// Reply is what came of it. It is filled in as far as things went, also when Do returns an error.
type Reply struct {
	Status int         // HTTP
	Header http.Header // HTTP
	Body   []byte
	Remote netip.Addr // who answered, or was asked last
	Resent int        // TFTP datagrams sent again
	Took   time.Duration
}

// StatusError is an HTTP answer that is no file. errors.Is(err, fs.ErrNotExist) holds for 404 (d.5).
type StatusError struct {
	Status   int
	Location string // of a redirect, as the server gave it
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Location != "" {
		text += fmt.Sprintf(" to %q", redacted(e.Location))
	}
	return text
}

func (e *StatusError) Is(target error) bool {
	return target == fs.ErrNotExist && e.Status == http.StatusNotFound
}

// TFTPError is an ERROR from a TFTP server. errors.Is(err, fs.ErrNotExist) holds for code 1 (d.5).
type TFTPError struct {
	Code    int
	Message string
}

func (e *TFTPError) Error() string {
	return fmt.Sprintf("the server answered tftp error %d: %s", e.Code, shortQuote(e.Message))
}

func (e *TFTPError) Is(target error) bool {
	return target == fs.ErrNotExist && e.Code == codeNotFound
}

var errTooLong = errors.New("the reply is longer than is taken")

// Do fetches once. It follows no redirect: Status and Location say where to. Every HTTP status but 200 is an error
// (d.5), for PUT every one but 2xx.
func (c *Client) Do(ctx context.Context, f Fetch) (Reply, error) {
	start := time.Now()
	var r Reply
	var err error
	switch strings.ToLower(f.URL.Scheme) {
	case "tftp":
		r, err = c.doTFTP(ctx, f)
	case "http", "https":
		r, err = c.doHTTP(ctx, f)
	default:
		err = fmt.Errorf("scheme %q is none of tftp, http, https", f.URL.Scheme)
	}
	r.Took = time.Since(start)
	return r, err
}

// Close ends the connections that are kept open between fetches.
func (c *Client) Close() { c.http().CloseIdleConnections() }

func (c *Client) maxBytes() int64 { return cmp.Or(c.MaxBytes, 4<<20) }

// addresses resolves a host and leaves out where a rule must not lead.
func (c *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	all, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var v4, v6 []netip.Addr
	for _, a := range all {
		switch a = a.Unmap(); {
		case !c.AnyAddress && !reachable(a):
			err = fmt.Errorf("%s is at %s, a link-local or special address; nothing is fetched from there", shortQuote(host), a)
		case a.Is4():
			v4 = append(v4, a)
		default:
			v6 = append(v6, a)
		}
	}
	if out := append(v4, v6...); len(out) > 0 {
		return out, nil
	}
	return nil, cmp.Or(err, fmt.Errorf("%s has no address", shortQuote(host)))
}

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if c.Resolve != nil {
		return c.Resolve(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// metadata are the addresses outside the link-local ranges at which clouds hand out secrets to their machines.
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200")}

func reachable(a netip.Addr) bool {
	if a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return false
	}
	for _, m := range metadata {
		if a == m {
			return false
		}
	}
	return true
}

// port is the URL's port, or the scheme's own.
func port(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		return map[string]uint16{"tftp": 69, "http": 80, "https": 443}[strings.ToLower(u.Scheme)], nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q is not between 1 and 65535", u.Port())
	}
	return uint16(n), nil
}

// http makes the transport at the first use.
func (c *Client) http() *http.Transport {
	c.once.Do(func() {
		config := &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
		if c.Certificate != nil {
			config.Certificates = []tls.Certificate{*c.Certificate}
		}
		c.transport = &http.Transport{
			DialContext:            c.dial,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    cmp.Or(c.Connect, 10*time.Second),
			ResponseHeaderTimeout:  cmp.Or(c.Idle, 30*time.Second),
			IdleConnTimeout:        10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // nothing is asked for that was not wanted
			TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		}
	})
	return c.transport
}

// dial tries each address of the host until one answers.
func (c *Client) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, err
	}
	addrs, err := c.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: cmp.Or(c.Connect, 10*time.Second)}
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
			return &idleConn{Conn: conn, idle: cmp.Or(c.Idle, 30*time.Second)}, nil
		}
	}
	return nil, err
}

// idleConn gives up when the peer sends nothing, or takes nothing, for too long.
type idleConn struct {
	net.Conn
	idle time.Duration
}

func (c *idleConn) Read(p []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(c.idle))
	return c.Conn.Read(p)
}

func (c *idleConn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(c.idle))
	return c.Conn.Write(p)
}

// doHTTP asks, and once more with the login when that is asked for; a third time if only the nonce was too old.
func (c *Client) doHTTP(ctx context.Context, f Fetch) (r Reply, err error) {
	if _, err := port(f.URL); err != nil {
		return r, err
	}
	login := ""
	for range 3 {
		req, err := f.request(ctx, c.UserAgent)
		if err != nil {
			return r, err
		}
		switch {
		case login == "":
		case r.Status == http.StatusProxyAuthRequired:
			req.Header.Set("Proxy-Authorization", login)
		default:
			req.Header.Set("Authorization", login)
		}
		if err := c.roundTrip(req, &r); err != nil {
			return r, err
		}
		again, stale := f.login(r)
		if again == "" || login != "" && !stale {
			break
		}
		login = again
	}
	if r.Status != http.StatusOK && (f.method() != http.MethodPut || r.Status/100 != 2) {
		return r, &StatusError{Status: r.Status, Location: r.Header.Get("Location")}
	}
	return r, nil
}

// method is what to do, in HTTP's words.
func (f Fetch) method() string {
	switch {
	case f.Method != "":
		return f.Method
	case f.Body != nil:
		return http.MethodPost
	}
	return http.MethodGet
}

// request is the request without a login.
func (f Fetch) request(ctx context.Context, userAgent string) (*http.Request, error) {
	u := *f.URL
	u.User = nil
	var body io.Reader
	if f.Body != nil {
		body = bytes.NewReader(f.Body)
	}
	req, err := http.NewRequestWithContext(ctx, f.method(), u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent) // net/http leaves an empty one out
	if f.Body != nil {
		req.Header.Set("Content-Type", cmp.Or(f.ContentType, "text/plain"))
	}
	if f.AcceptEncoding != "" {
		req.Header.Set("Accept-Encoding", f.AcceptEncoding)
	}
	return req, nil
}

// roundTrip sends one request and reads the answer.
func (c *Client) roundTrip(req *http.Request, r *Reply) error {
	trace := &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { r.Remote = addrPort(i.Conn.RemoteAddr()).Addr() },
	}
	res, err := c.http().RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	r.Status, r.Header = res.StatusCode, res.Header
	r.Body, err = io.ReadAll(io.LimitReader(res.Body, c.maxBytes()+1))
	if err != nil {
		return fmt.Errorf("the reply broke off after %s bytes: %w", thousands(int64(len(r.Body))), err)
	}
	if int64(len(r.Body)) > c.maxBytes() {
		r.Body = nil
		return fmt.Errorf("%w: %s bytes", errTooLong, thousands(c.maxBytes()))
	}
	return nil
}

// login answers the challenge in r; "" if there is none, or no login, or no scheme that we know.
func (f Fetch) login(r Reply) (header string, stale bool) {
	name := map[int]string{http.StatusUnauthorized: "Www-Authenticate", http.StatusProxyAuthRequired: "Proxy-Authenticate"}[r.Status]
	if name == "" || f.URL.User == nil {
		return "", false
	}
	user := f.URL.User.Username()
	password, _ := f.URL.User.Password()
	challenges := r.Header.Values(name)
	if c, err := digest.FindChallenge(http.Header{"Www-Authenticate": challenges}); err == nil {
		credentials, err := digest.Digest(c, digest.Options{
			Method: f.method(), URI: f.URL.RequestURI(), Username: user, Password: password,
			GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Body)), nil },
		})
		if err == nil {
			return credentials.String(), c.Stale
		}
	}
	for _, c := range challenges {
		if scheme, _, _ := strings.Cut(c, " "); strings.EqualFold(scheme, "Basic") {
			req := http.Request{Header: http.Header{}}
			req.SetBasicAuth(user, password)
			return req.Header.Get("Authorization"), false
		}
	}
	return "", false
}

// redacted is a URL without its password.
func redacted(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return u.Redacted()
}
