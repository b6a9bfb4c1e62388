package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
)

// place is an address that the server answers at.
type place struct {
	scheme string
	addr   netip.AddrPort
	check  string // "answers", or what went wrong
}

// String is the place as the beginning of a URL.
func (l place) String() string {
	standard := map[string]uint16{"http": 80, "https": 443, "tftp": 69}
	if l.addr.Port() == standard[l.scheme] {
		return l.scheme + "://" + hostOf(l.addr.Addr())
	}
	return l.scheme + "://" + l.addr.String()
}

func hostOf(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// announce tries whether the server answers, tells all about it, and then lets
// the events be shown.
func (s *serving) announce(ctx context.Context, p *program, b lab.Bound) {
	var places []place
	for _, l := range []struct {
		scheme string
		bound  []netip.AddrPort
	}{{"http", b.HTTP}, {"https", b.HTTPS}, {"tftp", b.TFTP}} {
		for _, addr := range l.bound {
			for _, at := range reachable(addr) {
				places = append(places, place{l.scheme, at, s.check(ctx, l.scheme, at)})
			}
		}
	}
	s.places.Store(&places)
	if len(b.Syslog) > 0 {
		for _, at := range reachable(b.Syslog[0])[:1] {
			address := at.String()
			s.syslogAt.Store(&address)
		}
	}
	if ctx.Err() == nil {
		s.hints = append(s.hints, b.Warnings...)
		s.banner(p.stderr, b)
	}
	close(s.desk.begin)
	if s.ready != nil {
		s.ready(b)
	}
}

// reachable are the addresses at which a listener can be reached: of one that
// listens everywhere those of the interfaces.
func reachable(at netip.AddrPort) []netip.AddrPort {
	if !at.Addr().IsUnspecified() {
		return []netip.AddrPort{at}
	}
	var list []netip.AddrPort
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(n.IP)
		if addr = addr.Unmap(); ok && !addr.IsLinkLocalUnicast() && (addr.Is4() || at.Addr().Is6()) {
			list = append(list, netip.AddrPortFrom(addr, at.Port()))
		}
	}
	slices.SortStableFunc(list, func(a, b netip.AddrPort) int { return rank(a.Addr()) - rank(b.Addr()) })
	return list
}

// rank puts the addresses first that phones can use.
func rank(a netip.Addr) int {
	switch {
	case a.IsLoopback():
		return 2
	case a.Is6():
		return 1
	}
	return 0
}

// check fetches a small file from the server itself.
func (s *serving) check(ctx context.Context, scheme string, at netip.AddrPort) string {
	if len(s.server.Networks) > 0 && !slices.ContainsFunc(s.server.Networks, func(n netip.Prefix) bool { return n.Contains(at.Addr()) }) {
		return "not tried, for -allow leaves this machine out"
	}
	u := &url.URL{Scheme: scheme, Host: at.String(), Path: s.site.ping}
	if s.segment != "" {
		u.Path = "/" + s.segment + u.Path
	}
	if s.server.Auth.User != "" && scheme != "tftp" {
		u.User = url.UserPassword(s.server.Auth.User, s.server.Auth.Passwords[0])
	}
	client := s.clientFor()
	defer client.Close()
	reply, err := client.Do(ctx, lab.Fetch{URL: u})
	switch {
	case err != nil:
		return "does not answer: " + plainError(err)
	case !bytes.Equal(reply.Body, s.site.pingContent):
		return "another server answers"
	}
	return "answers"
}

// plainError is an error without the URL: it may hold the password.
func plainError(err error) string {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return err.Error()
}

// answering are the places that the server answers at.
func (s *serving) answering() []place {
	if list := s.places.Load(); list != nil {
		return *list
	}
	return nil
}

// find is the first place of a scheme, phones' addresses first; "" is none.
func (s *serving) find(schemes ...string) (best place, ok bool) {
	for _, scheme := range schemes {
		for _, l := range s.answering() {
			if l.scheme == scheme && (!ok || rank(l.addr.Addr()) < rank(best.addr.Addr())) {
				best, ok = l, true
			}
		}
		if ok {
			return best, true
		}
	}
	return place{}, false
}

// prefix is what stands before the name of each file in a URL.
func (s *serving) prefix() string {
	if s.segment == "" {
		return ""
	}
	return "/" + s.segment
}

// profileRule is what to type on a phone.
func (s *serving) profileRule() string {
	at, ok := s.find("http", "tftp", "https")
	if !ok {
		return ""
	}
	login := ""
	if s.server.Auth.User != "" && at.scheme != "tftp" {
		login = fmt.Sprintf("[--uid %s --pwd PASSWORD] ", s.server.Auth.User)
	}
	return login + at.String() + s.prefix() + "/" + patternOf(s.site.current.Load())
}

// patternOf is the pattern of the files' names, or what comes to the same for
// the files that are there.
func patternOf(s *shelf) string {
	if s.pattern != "" {
		return s.pattern
	}
	for _, pattern := range []string{gen.DefaultName, "$MA.xml", "$MAU.xml", "$MA.cfg"} {
		fits := func(p *servedPhone) bool {
			phone := rule.Phone{Identity: rule.Identity{MAC: p.mac, Product: p.product}}
			return rule.Expand(pattern, phone.Macro) == p.file.name
		}
		if len(s.phones) > 0 && fits(s.phones[0]) && fits(s.phones[len(s.phones)-1]) {
			return pattern
		}
	}
	return "$PSN.xml"
}

func (s *serving) banner(w io.Writer, b lab.Bound) {
	shelf := s.site.current.Load()
	var t strings.Builder
	fmt.Fprintf(&t, "profilegen serves %s: %s\n", shelf.source, contentsOf(shelf))
	for _, l := range s.answering() {
		fmt.Fprintf(&t, "  %-6s %-28s %s\n", strings.ToUpper(l.scheme), l.String()+s.prefix()+"/", l.check)
	}
	for _, addr := range b.Syslog {
		fmt.Fprintf(&t, "  %-6s %-28s %s\n", "Syslog", addr, "UDP and TCP, for the phones' log messages")
	}
	for _, addr := range b.DHCP {
		fmt.Fprintf(&t, "  %-6s %-28s %s\n", "DHCP", addr, "heard only: phones that ask for an address are seen")
	}
	s.phoneLines(&t, b)
	fmt.Fprintln(&t)
	for _, hint := range s.hints {
		fmt.Fprintln(&t, hint)
	}
	if s.loopback() {
		fmt.Fprintf(&t, "Only this machine can ask. To let phones in, add -listen and an address or interface: %s\n", interfaceNames())
	} else if s.open() {
		fmt.Fprintln(&t, "Everybody who reaches these addresses can fetch the files, and they may hold passwords;")
		fmt.Fprintln(&t, "-allow NETWORK, -segment random or -user with -password-file narrow that down.")
	}
	fmt.Fprintln(&t)
	s.adminLines(&t)
	fmt.Fprintln(&t, "Ctrl-C ends it. What is asked for:")
	io.WriteString(w, t.String())
}

// open tells whether nothing keeps anybody from the files.
func (s *serving) open() bool {
	return len(s.server.Networks) == 0 && s.server.Auth.User == "" && s.segment == ""
}

func contentsOf(s *shelf) string {
	switch {
	case s.folder == nil:
		return fmt.Sprintf("%s, %s, made as they are asked for", plural(len(s.phones), "phone"), plural(len(s.names), "file"))
	case len(s.phones) > 0:
		return fmt.Sprintf("%s, %s of a batch, and what else is in the folder", plural(len(s.phones), "phone"), plural(len(s.names), "file"))
	}
	return "the files of the folder"
}

// phoneLines tell what to set on phones or for them.
func (s *serving) phoneLines(t *strings.Builder, b lab.Bound) {
	profileRule := s.profileRule()
	if profileRule == "" {
		return
	}
	fmt.Fprintf(t, "\nOn a phone's web page, Voice > Provisioning:\n  %-17s %s\n", "Profile Rule", profileRule)
	if len(b.Syslog) > 0 {
		fmt.Fprintf(t, "  %-17s %s (Voice > System)\n", "Syslog Server", s.syslogAddress())
	}
	if ca, ok := s.find("http", "https"); ok && s.server.Authority != nil {
		fmt.Fprintf(t, "  %-17s %s/_/ca.crt (before it trusts https here)\n", "Custom CA Rule", ca)
		fmt.Fprintf(t, "  %-17s %s\n", "its SHA-256", s.server.Authority.Fingerprint)
	}
	fmt.Fprintf(t, "Or for all phones, by DHCP:\n")
	if at, ok := s.find("http", "tftp"); ok {
		fmt.Fprintf(t, "  %-17s %s%s\n", "option 160", at, s.prefix())
	}
	if at, ok := s.find("tftp"); ok && at.addr.Port() == 69 && s.segment == "" {
		fmt.Fprintf(t, "  %-17s %s\n", "or option 66", at.addr.Addr())
	}
	fmt.Fprintf(t, "To have a phone fetch now, in a browser:\n  http://PHONE/admin/resync?%s\n", profileRule)
	if d := s.generation.server; d == "" && s.dir == "" {
		if at, ok := s.find("http", "tftp"); ok && !s.loopback() {
			fmt.Fprintf(t, "The files lead the phones to the server that DHCP names; with -server %s to this one.\n", at)
		}
	}
}

// adminLines tell where the pages for people are.
func (s *serving) adminLines(t *strings.Builder) {
	at, ok := s.find("http", "https")
	if !ok {
		return
	}
	builder := "the builder"
	if s.site.current.Load().whole != nil {
		builder += ", with this fleet"
	}
	if at.addr.Addr().IsLoopback() {
		fmt.Fprintf(t, "Open in a browser on this machine:\n  %-29s %s/_/\n  %-29s %s/_/lab\n", builder, at, "its page on what happens", at)
		return
	}
	fmt.Fprintf(t, "Open in a browser, this link first (it holds the token, which is good until the server ends):\n")
	fmt.Fprintf(t, "  %-29s %s/_/lab?token=%s\n", "what happens", at, s.token)
	fmt.Fprintf(t, "  %-29s %s/_/\n", builder, at)
}
