package lab

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Server is the lab server. The zero value of every field is useful; a protocol without an address is not served.
type Server struct {
	Files   Files        // what is handed out; nil hands out nothing
	Uploads Uploads      // where reports go (HTTP PUT and POST, TFTP write); nil refuses them
	Admin   http.Handler // answers the paths under /_/ ; nil: there are none
	Log     func(Event)  // called once for every event, one at a time; nil is silence

	TFTP   []string // addresses host:port to listen on; port 0 picks one
	HTTP   []string
	HTTPS  []string // needs Authority
	Syslog []string // UDP and TCP
	DHCP   []string // where DHCP clients are heard, and never answered: DHCPHost, port 67

	// AdminHosts are the names by which the server may be called under /_/, besides address literals and localhost.
	// Any other Host header gets 421 there, so that a foreign site cannot reach it through a DNS name of its own.
	AdminHosts []string
	Networks   []netip.Prefix // who may ask at all; empty: everybody
	// Segment, when set, must be the first element of every path that a phone asks for: a MAC address is easily
	// guessed, this is not. It is taken off before Files sees the path and never appears in an event.
	Segment   string
	Auth      Auth       // login for HTTP and HTTPS; the zero value asks for none
	Authority *Authority // signs the certificate for HTTPS
	// AskCertificate asks the client for its certificate. A phone has one (f.8) and offers it; others may go without.
	AskCertificate bool
	Faults         *Faults // troubles on purpose; nil: none

	UploadLimit     int64 // bytes in one upload; 0: 1 MiB
	MissesPerMinute int   // answers "not there" to one address; 0: 30. Files that exist are never held back
	Connections     int   // HTTP or HTTPS connections at once, at each address listened on; 0: 512
	Transfers       int   // TFTP transfers at once, at each address listened on; 0: 64. More requests wait
	TransfersEach   int   // of these, to one address that has acknowledged nothing yet; 0: 4. Loopback is not limited
	// Retransmit is how long a TFTP block waits for its acknowledgement the first time; 0: 100 ms. Later waits grow
	// with it. It should not be shorter than the way to the phones and back.
	Retransmit time.Duration
}

// Files produces what a request asks for. The error decides the answer: fs.ErrNotExist is 404 and TFTP error 1,
// fs.ErrPermission 403 and TFTP error 2, any other 500 and TFTP error 0. Its text goes into the event's reason and
// never to the phone. It is called by many goroutines at once.
type Files func(ctx context.Context, r Request) (File, error)

// ErrHarmless is what an fs.ErrNotExist of Files is as well when phones ask for the name by habit and the answer tells
// a stranger nothing. They have a limit of their own, harmlessMisses times MissesPerMinute: many phones behind one
// address (NAT) would otherwise use up the misses that it may have.
var ErrHarmless = errors.New("harmless to miss")

// harmlessMisses leaves room for all phones of a site that start at once.
const harmlessMisses = 60

// Uploads is asked whether an upload may begin (the same errors as for Files, and fs.ErrExist) and returns the
// function that stores the complete body.
type Uploads func(ctx context.Context, r Request) (store func(body []byte) error, err error)

// Request is what a phone asks for.
type Request struct {
	Time      time.Time
	Protocol  string // "tftp", "http", "https"
	Method    string // HTTP method; "RRQ" or "WRQ" for TFTP
	Path      string // begins with "/", cleaned, without Segment and query
	Remote    netip.AddrPort
	Phone     Phone // who asks, as far as the User-Agent, its certificate or an earlier request from the address tells
	UserAgent string
	Encoding  string // Content-Encoding of what an HTTP upload brings

	astray error // why there can be no file at Path
}

// File is an answer to a Request.
type File struct {
	Content  io.ReadSeeker // read from the start; closed after the transfer when it is an io.Closer
	Type     string        // Content-Type; "" goes by the path's extension
	Encoding string        // Content-Encoding of the content as it is; it is not compressed then
	ModTime  time.Time     // zero: none is told
	ETag     string        // in quotes; "" goes by the content
	Note     string        // goes into the event: the phone and rule it was made for
}

// Bound tells where a running Server answers.
type Bound struct {
	TFTP, HTTP, HTTPS, Syslog, DHCP []netip.AddrPort
	Warnings                        []string // what works less well than it should
}

// shutdownTime is how long transfers may go on after the context has ended; what is left is cut then.
const shutdownTime = 3 * time.Second

// Run opens all listeners, calls ready (which may be nil) with their addresses, and serves until ctx ends or a
// listener fails. When one cannot be opened all are closed and its error is returned. After ctx has ended, transfers
// have three seconds to finish; that is not an error.
func (s *Server) Run(ctx context.Context, ready func(Bound)) error {
	r := newRunning(s)
	defer r.close()
	if err := r.listen(ctx); err != nil {
		return err
	}
	if ready != nil {
		ready(r.bound)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var first sync.Once
	var failed error
	for _, serve := range r.services {
		wg.Go(func() {
			if err := serve(ctx); err != nil {
				first.Do(func() { failed = err })
				cancel()
			}
		})
	}
	wg.Wait()
	return failed
}

// running is a Server while it runs: its settings with the defaults filled in, its listeners, what it has learnt.
type running struct {
	Server
	bound    Bound
	closers  []io.Closer
	services []func(context.Context) error // each serves one listener until the context ends

	logMu     sync.Mutex
	misses    missLimit
	harmless  missLimit
	neighbors *neighbors
}

func newRunning(s *Server) *running {
	r := &running{Server: *s}
	r.UploadLimit = cmp.Or(r.UploadLimit, 1<<20)
	r.MissesPerMinute = cmp.Or(r.MissesPerMinute, 30)
	r.Connections = cmp.Or(r.Connections, 512)
	r.Transfers = cmp.Or(r.Transfers, 64)
	r.TransfersEach = cmp.Or(r.TransfersEach, 4)
	r.Retransmit = cmp.Or(r.Retransmit, 100*time.Millisecond)
	r.Segment = strings.Trim(r.Segment, "/")
	if r.Files == nil {
		r.Files = func(context.Context, Request) (File, error) { return File{}, fs.ErrNotExist }
	}
	r.misses, r.harmless = newMissLimit(r.MissesPerMinute), newMissLimit(harmlessMisses*r.MissesPerMinute)
	r.neighbors = newNeighbors()
	return r
}

func (r *running) listen(ctx context.Context) error {
	if len(r.HTTPS) > 0 && r.Authority == nil {
		return errors.New("https needs an authority that signs its certificate")
	}
	for _, addr := range r.TFTP {
		if err := r.listenTFTP(ctx, addr); err != nil {
			return fmt.Errorf("listening for tftp: %w", err)
		}
	}
	web := r.newWeb()
	for _, addr := range r.HTTP {
		at, err := r.listenHTTP(ctx, addr, web.server("http", nil))
		if err != nil {
			return fmt.Errorf("listening for http: %w", err)
		}
		r.bound.HTTP = append(r.bound.HTTP, at)
	}
	if err := r.listenHTTPS(ctx, web); err != nil {
		return fmt.Errorf("listening for https: %w", err)
	}
	for _, addr := range r.Syslog {
		if err := r.listenSyslog(ctx, addr); err != nil {
			return fmt.Errorf("listening for syslog: %w", err)
		}
	}
	for _, addr := range r.DHCP {
		if err := r.listenDHCP(ctx, addr); err != nil {
			return fmt.Errorf("listening for dhcp: %w", err)
		}
	}
	return nil
}

// listenHTTPS opens all listeners before the certificate is made, because it names their addresses.
func (r *running) listenHTTPS(ctx context.Context, web *web) error {
	if len(r.HTTPS) == 0 {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if r.AskCertificate {
		config.ClientAuth = tls.RequestClientCert
	}
	for _, addr := range r.HTTPS {
		at, err := r.listenHTTP(ctx, addr, web.server("https", config))
		if err != nil {
			return err
		}
		r.bound.HTTPS = append(r.bound.HTTPS, at)
	}
	cert, err := r.Authority.serverCertificate(r.bound.HTTPS, r.AdminHosts)
	if err != nil {
		return err
	}
	config.Certificates = []tls.Certificate{cert}
	return nil
}

func (r *running) listenHTTP(ctx context.Context, addr string, server *http.Server) (netip.AddrPort, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	r.closers = append(r.closers, l)
	r.services = append(r.services, func(ctx context.Context) error {
		return serveHTTP(ctx, server, &cappedListener{Listener: l, max: r.Connections, each: max(r.Connections/8, 1)})
	})
	return addrPort(l.Addr()), nil
}

func (r *running) close() {
	for _, c := range r.closers {
		c.Close()
	}
}

// log completes an event and hands it on.
func (r *running) log(e Event) {
	if r.Log == nil {
		return
	}
	if e.Took == 0 {
		e.Took = time.Since(e.Time)
	}
	e.Path = strings.ToValidUTF8(e.Path[:min(len(e.Path), 300)], "\ufffd")
	r.logMu.Lock()
	defer r.logMu.Unlock()
	r.Log(e)
}

// caPath is where the authority's certificate is handed out, for Custom_CA_Rule.
const caPath = "/_/ca.crt"

// locate is the first step of a request's walk: it brings the path into the form in which Files sees it and takes
// Segment off. Whatever becomes of the request, its event holds no more of the path than this leaves.
func (r *running) locate(req *Request) {
	p, err := cleanPath(req.Path)
	if err == nil && r.Segment != "" && p != caPath {
		rest, ok := strings.CutPrefix(p+"/", "/"+r.Segment+"/")
		if !ok {
			err = fmt.Errorf("the secret path segment is missing or wrong: %w", fs.ErrNotExist)
		}
		p = path.Clean("/" + rest)
	}
	if err == nil {
		req.Path = p
		return
	}
	req.astray = err
	if r.Segment != "" { // it may stand anywhere
		req.Path = strings.ReplaceAll(req.Path, r.Segment, "…")
	}
}

// open is the part of a request's walk that the protocols share: it finds the fault that is set for it and the file. A
// panic of Files is an error like any other.
func (r *running) open(ctx context.Context, req Request) (file File, fault Fault, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("producing the file: panic: %v", p)
		}
	}()
	if fault, err = r.admit(ctx, req); err != nil {
		return File{}, fault, err
	}
	if req.Path == caPath && r.Authority != nil {
		return r.Authority.file(), fault, nil
	}
	if file, err = r.Files(ctx, req); err != nil {
		return File{}, fault, err
	}
	if fault.Kind == FaultWrongBytes {
		file.Content, file.ETag = &wrongBytes{ReadSeeker: file.Content}, ""
	}
	return file, fault, nil
}

// upload is open's counterpart for what a phone sends. size is the announced length; 0: none is told.
func (r *running) upload(ctx context.Context, req Request, size int64) (store func([]byte) error, fault Fault, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("taking the upload: panic: %v", p)
		}
	}()
	if fault, err = r.admit(ctx, req); err != nil {
		return nil, fault, err
	}
	if r.Uploads == nil {
		return nil, fault, errNoUploads
	}
	if size > r.UploadLimit {
		return nil, fault, errTooLarge
	}
	store, err = r.Uploads(ctx, req)
	return store, fault, err
}

// admit judges who asks and for what, and plays the faults that come before the content.
func (r *running) admit(ctx context.Context, req Request) (Fault, error) {
	if !r.allowed(req.Remote.Addr()) {
		return Fault{}, errNetwork
	}
	if req.astray != nil {
		return Fault{}, req.astray
	}
	fault := r.Faults.match(req)
	if err := sleep(ctx, fault.Delay); err != nil {
		return fault, err
	}
	return fault, fault.refusal()
}

func (r *running) allowed(a netip.Addr) bool {
	if len(r.Networks) == 0 {
		return true
	}
	for _, n := range r.Networks {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// cleanPath gives the path in the form in which Files sees it. What no file can be called is "not there".
func cleanPath(p string) (string, error) {
	switch {
	case len(p) > 255:
		return "", fmt.Errorf("the path has %d characters, more than 255: %w", len(p), fs.ErrNotExist)
	case !utf8.ValidString(p), strings.ContainsFunc(p, unicode.IsControl):
		return "", fmt.Errorf("the path has characters that no file name has: %w", fs.ErrNotExist)
	case strings.Contains(p, `\`):
		return "", fmt.Errorf("the path has a backslash: %w", fs.ErrNotExist)
	case hasDotDot(p):
		return "", fmt.Errorf("the path goes up: %w", fs.ErrNotExist)
	case len(p) > 1 && strings.HasSuffix(p, "/"):
		return "", fmt.Errorf("the path is a folder's: %w", fs.ErrNotExist)
	}
	return path.Clean("/" + p), nil
}

func hasDotDot(p string) bool {
	for elem := range strings.SplitSeq(p, "/") {
		if elem == ".." {
			return true
		}
	}
	return false
}

// missLimit bounds the answers "not there" to one address.
type missLimit struct {
	perMinute int
	*allowance
}

func newMissLimit(perMinute int) missLimit {
	return missLimit{perMinute, newAllowance(float64(perMinute), float64(perMinute)/60)}
}

// missAllowed says whether a miss may still be told to the address. The first refusal raises an alarm.
func (r *running) missAllowed(req Request, miss error) bool {
	limit := r.misses
	if errors.Is(miss, ErrHarmless) {
		limit = r.harmless
	}
	ok, first := limit.take(req.Remote.Addr(), req.Time)
	if first {
		e := req.event()
		e.Path, e.Outcome = "", Alarm
		e.Reason = fmt.Sprintf("more than %d names that are not there were asked in a minute: someone may be guessing", limit.perMinute)
		r.log(e)
	}
	return ok
}

// event begins the event of a request.
func (r Request) event() Event {
	return Event{Time: r.Time, Protocol: r.Protocol, Method: r.Method, Path: r.Path, Remote: r.Remote, Phone: r.Phone}
}

func closeFile(f File) {
	if c, ok := f.Content.(io.Closer); ok {
		c.Close()
	}
}

// sleep waits, or returns early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
