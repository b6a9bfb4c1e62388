package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"profilegen/dist"
	"profilegen/lab"
)

// admin is what the server shows to people under /_/: the builder, with the
// fleet that is served and what happens. The lab has checked host and origin
// before; who asks is checked here.
type admin struct {
	*serving
	mux    *http.ServeMux
	cookie string // its value, made of the token
	pages  fs.FS  // the builder's files; nil when the program was built without
	pusher pusher
}

// Headers of everything under /_/. The builder's own page brings a policy that
// lets its WebAssembly run; both hold there, so this one leaves that open.
const pagePolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

const cookieName = "profilegen_lab"

// handler is one that leaves the answer of an error to one place.
type handler func(w http.ResponseWriter, r *http.Request) error

// statusError is an error with an answer of its own.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func newAdmin(s *serving) *admin {
	sum := sha256.Sum256([]byte("cookie " + s.token))
	a := &admin{serving: s, mux: http.NewServeMux(), cookie: hex.EncodeToString(sum[:])}
	if site, ok := dist.Site(); ok {
		a.pages = site
	}
	for pattern, h := range map[string]handler{
		"GET /_/lab":            a.labPage,
		"GET /_/events":         a.events,
		"GET /_/events.jsonl":   a.export,
		"GET /_/phones":         a.phones,
		"GET /_/phones/{mac}":   a.phone,
		"GET /_/summary":        a.summary,
		"GET /_/fleet":          a.fleet,
		"GET /_/fleet.json":     a.wholeFleet,
		"PUT /_/fleet.json":     a.serveDraft,
		"DELETE /_/fleet.json":  a.dropDraft,
		"GET /_/push":           a.pushShown,
		"POST /_/push":          a.pushStart,
		"DELETE /_/push":        a.pushStop,
		"GET /_/dhcp":           a.dhcp,
		"GET /_/metrics":        a.metrics,
		"GET /_/faults":         a.listFaults,
		"POST /_/faults":        a.addFault,
		"DELETE /_/faults/{id}": a.removeFault,
		"GET /_/{file...}":      a.builder,
	} {
		a.mux.Handle(pattern, a.answer(h))
	}
	return a
}

func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if given := r.URL.Query().Get("token"); given != "" && r.Method == http.MethodGet {
		a.enter(w, r, given)
		return
	}
	if !a.allowed(r) {
		a.refuse(w, r, "these pages are for the machine itself, or with the token that the server printed at its start")
		return
	}
	a.mux.ServeHTTP(w, r)
}

// enter takes the printed link: the token goes into a cookie and out of the
// address bar.
func (a *admin) enter(w http.ResponseWriter, r *http.Request, given string) {
	if !same(given, a.token) {
		a.refuse(w, r, "the token is not that of this server")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: a.cookie, Path: "/_/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
	// By a page of its own, because a browser keeps a strict cookie from a
	// redirect that another site's link began.
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Refresh", "0; url="+(&url.URL{Path: r.URL.Path}).EscapedPath())
	io.WriteString(w, "<!doctype html><title>profilegen</title><p>This browser is let in.")
}

// allowed tells whether who asks may see these pages.
func (a *admin) allowed(r *http.Request) bool {
	if remote, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && remote.Addr().Unmap().IsLoopback() {
		return true
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return same(token, a.token)
	}
	cookie, err := r.Cookie(cookieName)
	return err == nil && same(cookie.Value, a.cookie)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refuse answers and notes it: somebody may be trying.
func (a *admin) refuse(w http.ResponseWriter, r *http.Request, why string) {
	remote, _ := netip.ParseAddrPort(r.RemoteAddr)
	protocol := "http"
	if r.TLS != nil {
		protocol = "https"
	}
	a.desk.log(lab.Event{
		Time: time.Now(), Protocol: protocol, Method: r.Method, Path: r.URL.Path, Outcome: lab.Refused,
		Remote: netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()), Status: http.StatusForbidden, Reason: why,
	})
	http.Error(w, why, http.StatusForbidden)
}

// statusHeader is where the page wants the status of what it asks for. A browser
// tells of a 4xx in its console, where the page's own faults should stand
// alone; that a user typed something wrong is none.
const statusHeader = "Profilegen-Status"

// answer makes a handler of one that returns its error.
func (a *admin) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status := http.StatusInternalServerError
		if known := (*statusError)(nil); errors.As(err, &known) {
			status = known.status
		}
		if r.Header.Get(statusHeader) == "in-header" && status < 500 {
			w.Header().Set(statusHeader, strconv.Itoa(status))
			status = http.StatusOK
		}
		http.Error(w, err.Error(), status)
	})
}

func writeAnswer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return encode(w, v)
}

// labPage leads to the builder's page that shows what happens. It has an
// address of its own for the printed link: what the builder keeps for use
// without a network would answer /_/?token=… itself.
func (a *admin) labPage(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/_/#lab", http.StatusFound)
	return nil
}

// labMark tells the builder that this server stands behind it.
const labMark = ` data-lab=""`

// noPages stands in for the builder.
const noPages = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>profilegen</title>
<p>This program was built without the builder: “make site”, then build it again.
<p>What happens can be read as <a href="/_/events.jsonl">events</a>, <a href="/_/phones">phones</a> and
<a href="/_/metrics">metrics</a>.
`

// builder hands out the files of the builder, compressed where the site has
// them so.
func (a *admin) builder(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	if a.pages == nil {
		if name != "" {
			return &statusError{http.StatusNotFound, "there is no such page"}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, err := io.WriteString(w, noPages)
		return err
	}
	if name == "" {
		name = "index.html"
	}
	info, err := fs.Stat(a.pages, name)
	if err != nil || info.IsDir() {
		return &statusError{http.StatusNotFound, "there is no such page"}
	}
	if kind := typeOf(name); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Cache-Control", "no-cache")
	if _, err := fs.Stat(a.pages, name+".gz"); err == nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Vary", "Accept-Encoding")
		name += ".gz"
	}
	data, err := fs.ReadFile(a.pages, name)
	if err != nil {
		return err
	}
	if name == "index.html" {
		data = bytes.Replace(data, []byte(` id="boot"`), []byte(` id="boot"`+labMark), 1)
	}
	sum := sha256.Sum256(data)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// typeOf is the content type of a file of the builder: those of the system's
// table differ from machine to machine.
func typeOf(name string) string {
	return map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json",
		".webmanifest": "application/manifest+json",
	}[path.Ext(name)]
}

// readJSON reads a small object of a request.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &statusError{http.StatusBadRequest, "the request is no such object: " + err.Error()}
	}
	return nil
}
