package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The phases of a connection and what each may take. A response may take writeTime and what its content takes at
// writeRate, so that a slow reader does not hold a connection and a large firmware file still gets through.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 30 * time.Second
	writeRate  = 64 << 10 // bytes a second

	maxHeader = 16 << 10
)

// web is the handler of HTTP and HTTPS. Paths under /_/ are the server's own, all others are files for phones.
type web struct {
	*running
	auth  *authenticator
	admin http.Handler
}

func (r *running) newWeb() *web {
	s := &web{running: r, auth: newAuthenticator(r.Auth)}
	if r.Admin != nil {
		s.admin = http.NewCrossOriginProtection().Handler(r.Admin)
	}
	return s
}

// server is an http.Server for one listener; with a config it speaks TLS.
func (s *web) server(protocol string, config *tls.Config) *http.Server {
	return &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(protocol, w, r) }),
		TLSConfig:         config,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(&connectionErrors{running: s.running, protocol: protocol}, "", 0),
	}
}

// serveHTTP runs a server until ctx ends. The requests' contexts end with it, so that open event streams do not hold
// up the end; a file under way may finish.
func serveHTTP(ctx context.Context, server *http.Server, l net.Listener) error {
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	})
	var err error
	if server.TLSConfig != nil {
		err = server.ServeTLS(l, "", "")
	} else {
		err = server.Serve(l)
	}
	if stop() {
		server.Close()
		return err // the listener failed, ctx has not ended
	}
	<-stopped
	return nil
}

func (s *web) serve(protocol string, w http.ResponseWriter, r *http.Request) {
	req := s.request(protocol, r)
	switch {
	case r.URL.Path == caPath && s.Authority != nil:
	case strings.HasPrefix(r.URL.Path, "/_/"):
		s.serveAdmin(w, r, req)
		return
	case r.URL.Path == "/" && s.admin != nil && strings.Contains(r.Header.Get("Accept"), "text/html"):
		http.Redirect(w, r, "/_/", http.StatusFound) // a browser; a phone never asks for "/"
		return
	}
	s.locate(&req)
	res := &response{ResponseWriter: w, event: req.event()}
	err := s.serveFile(res, r, req)
	if err != nil {
		s.answerError(res, r, req, err)
	}
	res.event.Status, res.event.Bytes = res.status, res.bytes
	s.log(res.event)
	if errors.Is(err, errFaultCut) {
		panic(http.ErrAbortHandler) // closes the connection in the middle
	}
}

// serveAdmin guards the paths of the server's own. Cross-origin protection does not see a foreign site that has
// pointed a name of its own at us, so the name is checked first.
func (s *web) serveAdmin(w http.ResponseWriter, r *http.Request, req Request) {
	e := req.event()
	e.Outcome = Refused
	switch {
	case !s.allowed(req.Remote.Addr()):
		e.Status, e.Reason = http.StatusForbidden, errNetwork.Error()
	case !s.isOurName(r.Host):
		e.Status, e.Reason = http.StatusMisdirectedRequest, fmt.Sprintf("the server is not called %s here", shortQuote(r.Host))
	case s.admin == nil:
		e.Status, e.Reason = http.StatusNotFound, "there is no administration"
	default:
		s.admin.ServeHTTP(w, r)
		return
	}
	http.Error(w, http.StatusText(e.Status), e.Status)
	s.log(e)
}

func (s *web) isOurName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	for _, name := range s.AdminHosts {
		if strings.EqualFold(host, name) {
			return true
		}
	}
	return strings.EqualFold(host, "localhost")
}

// request is what an HTTP request says in our terms.
func (s *web) request(protocol string, r *http.Request) Request {
	remote, _ := netip.ParseAddrPort(r.RemoteAddr)
	req := Request{
		Time: time.Now(), Protocol: protocol, Method: r.Method, Path: r.URL.Path,
		Remote: unmap(remote), UserAgent: r.UserAgent(), Encoding: r.Header.Get("Content-Encoding"),
	}
	var ok bool
	if req.Phone, ok = ParseUserAgent(req.UserAgent); !ok && r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		req.Phone, ok = certificatePhone(r.TLS.PeerCertificates[0])
	}
	if ok {
		s.neighbors.saw(req.Remote.Addr(), req.Phone)
	} else {
		req.Phone = s.neighbors.at(req.Remote.Addr())
	}
	return req
}

// serveFile answers a request for a file or with one. An error has not been answered yet, except errFaultCut.
func (s *web) serveFile(w *response, r *http.Request, req Request) error {
	if !s.allowed(req.Remote.Addr()) {
		return errNetwork
	}
	if req.Path != caPath && !s.auth.check(r) {
		return errLogin
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.fetch(w, r, req)
	case http.MethodPut:
		return s.store(w, r, req)
	case http.MethodPost:
		// --post fetches a profile with POST (c.4), a report may come by POST (g.4): a file that is there is meant
		// to be fetched, since reports go to fresh names only.
		err := s.fetch(w, r, req)
		if isNotExist(err) && err != errFaultNotFound && s.Uploads != nil {
			return s.store(w, r, req)
		}
		return err
	}
	return errMethod
}

// fetch sends a file.
func (s *web) fetch(w *response, r *http.Request, req Request) error {
	file, fault, err := s.open(r.Context(), req)
	w.event.Fault = fault.Kind
	if err != nil {
		return err
	}
	defer closeFile(file)
	w.event.Note = file.Note
	size, err := sizeOf(file.Content)
	if err != nil {
		return fmt.Errorf("reading the file: %w", err)
	}
	etag, err := etagOf(file, size)
	if err != nil {
		return fmt.Errorf("reading the file: %w", err)
	}
	h := w.Header()
	kind := file.Type
	if kind == "" {
		kind = contentType(req.Path)
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	// A browser must not run what is served, whatever it holds: it shares our origin.
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Security-Policy", "sandbox")
	if file.Encoding != "" {
		h.Set("Content-Encoding", file.Encoding)
	} else if compressible(kind) {
		h.Set("Vary", "Accept-Encoding")
		if zipped, ok := gzipFor(r, file.Content, size); ok {
			file.Content, size = zipped, int64(zipped.Len())
			h.Set("Content-Encoding", "gzip")
			etag = strings.TrimSuffix(etag, `"`) + `-gzip"`
		}
	}
	if etag != "" {
		h.Set("ETag", etag)
	}
	if size > writeRate || time.Since(req.Time) > time.Second { // otherwise the connection's will do
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTime + time.Duration(size)*time.Second/writeRate))
	}
	w.event.Outcome = Sent
	if fault.Kind == FaultCut && fault.After < size {
		return w.sendPart(file.Content, fault.After, size)
	}
	if isPlain(r) {
		w.sendAll(file, size)
	} else {
		http.ServeContent(w, r, "", file.ModTime, file.Content)
	}
	if w.err != nil {
		w.event.Outcome, w.event.Reason = Failed, "the client did not take it: "+w.err.Error()
	}
	return nil
}

// isPlain says whether a request wants the whole file unconditionally, as phones do.
func isPlain(r *http.Request) bool {
	if r.Method == http.MethodHead {
		return false
	}
	for _, name := range [...]string{"Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"} {
		if r.Header[name] != nil {
			return false
		}
	}
	return true
}

// store takes an upload.
func (s *web) store(w *response, r *http.Request, req Request) error {
	store, fault, err := s.upload(r.Context(), req, r.ContentLength)
	w.event.Fault = fault.Kind
	if err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w.ResponseWriter, r.Body, s.UploadLimit))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return errTooLarge
		}
		return fmt.Errorf("receiving the upload: %w", err)
	}
	if err := store(body); err != nil {
		return err
	}
	w.event.Outcome = Stored
	w.WriteHeader(http.StatusCreated)
	w.bytes = int64(len(body))
	return nil
}

// answerError is the one place where an error becomes an answer and the event's end.
func (s *web) answerError(w *response, r *http.Request, req Request, err error) {
	if errors.Is(err, errFaultCut) {
		w.event.Outcome, w.event.Reason = Cut, err.Error()
		return
	}
	if (isNotExist(err) || errors.Is(err, errLogin) && r.Header.Get("Authorization") != "") && !s.missAllowed(req, err) {
		err = errTooMany
	}
	w.event.Outcome, w.event.Reason = outcome(err), err.Error()
	status := httpStatus(err)
	switch {
	case status == http.StatusUnauthorized:
		s.auth.challenge(w.Header())
	case status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, HEAD")
	case status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	case status == http.StatusInternalServerError && r.Context().Err() != nil:
		status = http.StatusServiceUnavailable
	}
	http.Error(w, http.StatusText(status), status)
	w.bytes = 0 // of content
}

// response notes what has been answered.
type response struct {
	http.ResponseWriter
	event  Event
	status int
	bytes  int64
	err    error
}

func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	if err != nil && w.err == nil {
		w.err = err
	}
	return n, err
}

// sendAll sends the whole content.
func (w *response) sendAll(f File, size int64) {
	if !f.ModTime.IsZero() {
		w.Header().Set("Last-Modified", f.ModTime.UTC().Format(http.TimeFormat))
	}
	w.Header().Set("Accept-Ranges", "bytes")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(w, f.Content); err != nil && w.err == nil {
		w.err = err
	}
}

// sendPart begins to send size bytes and stops after n.
func (w *response) sendPart(content io.Reader, n, size int64) error {
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
	_, _ = io.CopyN(w, content, n)
	_ = http.NewResponseController(w).Flush()
	return errFaultCut
}

// etagOf names the content by its hash, or a file too large to be read twice by its time and size.
func etagOf(f File, size int64) (string, error) {
	switch {
	case f.ETag != "":
		return f.ETag, nil
	case size > 8*inMemory && f.ModTime.IsZero():
		return "", nil
	case size > 8*inMemory:
		return fmt.Sprintf(`"%x-%x"`, f.ModTime.UnixNano(), size), nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f.Content); err != nil {
		return "", err
	}
	_, err := f.Content.Seek(0, io.SeekStart)
	return hashETag(h.Sum(nil)), err
}

func hashETag(sum []byte) string { return `"` + hex.EncodeToString(sum[:12]) + `"` }

// contentType goes by the extension: guessing from content would make HTML of a .cfg that begins like it.
func contentType(p string) string {
	switch strings.ToLower(path.Ext(p)) {
	case ".xml":
		return "text/xml; charset=utf-8"
	case ".txt", ".csv", ".log":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".bmp":
		return "image/bmp"
	case ".gz":
		return "application/gzip"
	case ".zip":
		return "application/zip"
	case ".crt", ".cer", ".pem":
		return "application/x-x509-ca-cert"
	}
	return "application/octet-stream" // .cfg, .loads, .sbn, ring tones …
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || kind == "application/json"
}

// gzipFor compresses content for a client that asks for it. Whole files only: a range is one of the bytes sent.
func gzipFor(r *http.Request, content io.ReadSeeker, size int64) (*bytes.Reader, bool) {
	if size < 256 || size > 4*inMemory || r.Header["Range"] != nil || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		return nil, false
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.Copy(z, content)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		_, _ = content.Seek(0, io.SeekStart)
		return nil, false
	}
	return bytes.NewReader(b.Bytes()), true
}

func acceptsGzip(header string) bool {
	for item := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(item, ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !ok || err == nil && weight > 0
	}
	return false
}

// connectionErrors makes events of what net/http reports about connections that came to no request, above all the
// reasons for which a phone does not trust our certificate.
type connectionErrors struct {
	*running
	protocol string
}

func (c *connectionErrors) Write(line []byte) (int, error) {
	text, _, _ := strings.Cut(string(line), "\n") // without the stack of a panic
	e := Event{Time: time.Now(), Protocol: c.protocol, Outcome: Failed, Reason: text}
	if rest, ok := strings.CutPrefix(e.Reason, "http: TLS handshake error from "); ok {
		addr, reason, _ := strings.Cut(rest, ": ")
		if remote, err := netip.ParseAddrPort(addr); err == nil {
			e.Remote = unmap(remote)
			e.Phone = c.neighbors.at(e.Remote.Addr())
			e.Reason = "tls: " + reason
		}
	}
	c.log(e)
	return len(line), nil
}

// cappedListener closes connections beyond a number in all and of one address (which is not loopback) at once: the
// ones that are served must not suffer from those that only wait.
type cappedListener struct {
	net.Listener
	max, each int

	mu    sync.Mutex
	total int
	of    map[netip.Addr]int
}

func (l *cappedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := addrPort(c.RemoteAddr()).Addr()
		if l.admit(addr) {
			return &cappedConn{Conn: c, gone: sync.OnceFunc(func() { l.release(addr) })}, nil
		}
		c.Close()
	}
}

func (l *cappedListener) admit(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.max || !a.IsLoopback() && l.of[a] >= l.each {
		return false
	}
	if l.of == nil {
		l.of = make(map[netip.Addr]int)
	}
	l.total++
	l.of[a]++
	return true
}

func (l *cappedListener) release(a netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.of[a]--; l.of[a] == 0 {
		delete(l.of, a)
	}
}

type cappedConn struct {
	net.Conn
	gone func()
}

func (c *cappedConn) Close() error {
	c.gone()
	return c.Conn.Close()
}
