package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"profilegen/gen"
	"profilegen/resync"
	"profilegen/rule"
)

// webPages are the phone's own web paths (g.1).
type webPages struct {
	*handset
	host string // that it listens on, as given
}

// page is an answer of the phone's web server.
type page struct {
	status int
	kind   string // Content-Type; "": plain text
	body   []byte
}

func textPage(status int, text string) page { return page{status, "", []byte(text + "\n")} }

// longestWait is how long somebody who asks waits for the phone, which answers
// between two requests of its own.
const longestWait = 10 * time.Second

// serveWeb answers at an address until ctx ends.
func serveWeb(ctx context.Context, h *handset, address string, running *sync.WaitGroup) (at net.Addr, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(address)
	server := &http.Server{
		Handler:           &webPages{h, host},
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	running.Go(func() { server.Serve(listener) })
	running.Go(func() {
		<-ctx.Done()
		server.Close()
	})
	return listener.Addr(), nil
}

func (w *webPages) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	answer := w.answer(r)
	header := out.Header()
	header.Set("Content-Type", firstOf(answer.kind, "text/plain; charset=utf-8"))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if answer.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Basic realm="`+w.Product+`"`)
	}
	out.WriteHeader(answer.status)
	out.Write(answer.body)
}

// answer refuses what a foreign site makes a browser send, and asks the phone.
func (w *webPages) answer(r *http.Request) (answer page) {
	if !w.called(r.Host) {
		return textPage(http.StatusMisdirectedRequest, "the phone is asked by its address")
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return textPage(http.StatusForbidden, "asked for by another site")
	}
	does := func(p *resync.Phone, now time.Time) page { return webAnswer(p, now, r) }
	switch posted := r.Method == http.MethodPost; {
	case posted && r.URL.Path == executePath:
		object, broken := readObject(r.Body, r.Header.Get("Content-Type"))
		does = func(p *resync.Phone, now time.Time) page { return w.executeAnswer(p, now, r, object, broken) }
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return textPage(http.StatusMethodNotAllowed, "the phone's paths are asked for by GET")
	}
	ctx, cancel := context.WithTimeout(r.Context(), longestWait)
	defer cancel()
	err := w.do(ctx, func(p *resync.Phone, now time.Time) {
		answer = does(p, now)
		if answer.status >= 400 {
			w.refused(now, fmt.Sprintf("web request from %s: answered %d, %s", r.RemoteAddr, answer.status, bytes.TrimSpace(answer.body)), "g.1")
		}
	})
	if err != nil {
		return textPage(http.StatusServiceUnavailable, "a resync is going on")
	}
	return answer
}

// called tells whether a Host header means this phone: a name that somebody
// else's DNS gives could lead a browser here.
func (w *webPages) called(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost") || w.host != "" && strings.EqualFold(host, w.host)
}

// webAnswer is what the phone says to a request, and does for it.
func webAnswer(p *resync.Phone, now time.Time, r *http.Request) page {
	target := r.URL.RequestURI()
	action := rule.ParseAction(target)
	for _, element := range []string{"Enable_Web_Server", "Enable_Web_Admin_Access", "Enable_Direct_Action_Url"} {
		if p.Value(element) == "No" {
			return textPage(http.StatusForbidden, element+" is No")
		}
	}
	if action.Name == "" {
		return textPage(http.StatusNotFound, "the phone has no such path")
	}
	if refusal, ok := webLogin(p, r, action); !ok {
		return refusal
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	switch action.Name {
	case "cfg.xml":
		return xmlPage(gen.AppendXML(nil, p.Config()))
	case "status.xml":
		return xmlPage(p.StatusXML())
	case "resync", "reboot":
		if r.Method != http.MethodGet {
			return textPage(http.StatusMethodNotAllowed, action.Name+" is asked for by GET")
		}
		p.Web(now, target, from)
		return textPage(http.StatusOK, action.Name+" requested")
	}
	return textPage(http.StatusNotImplemented, "a virtual phone has no "+action.Name)
}

// webLogin asks for the administrator's log-in. A phone without a password
// listens to this machine only.
func webLogin(p *resync.Phone, r *http.Request, action rule.Action) (refusal page, ok bool) {
	password := p.Value("Admin_Password")
	if password == "" {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && from.Addr().Unmap().IsLoopback() {
			return page{}, true
		}
		return textPage(http.StatusForbidden, "Admin_Password is empty: only the phone's own machine may ask"), false
	}
	name, given, basic := r.BasicAuth()
	if !basic {
		name, given = action.User, action.Password
	}
	if sameText(name, "admin")&sameText(given, password) == 1 {
		return page{}, true
	}
	return textPage(http.StatusUnauthorized, "log in as admin"), false
}

// sameText compares without telling by its time where a difference is.
func sameText(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

func xmlPage(body []byte, err error) page {
	if err != nil {
		return textPage(http.StatusInternalServerError, err.Error())
	}
	return page{http.StatusOK, "text/xml; charset=utf-8", body}
}
