package schema

import (
	"net/netip"
	"strconv"
	"strings"

	"profilegen/rule"
)

// hostSchemes are the hosts that may be written with a scheme, as their
// summaries in the catalog say.
var hostSchemes = map[string][]string{
	"XSI_Host_Server":      {"http", "https"},
	"XSI_Host_Server_{n}_": {"http", "https"},
	"LDAP_Server":          {"ldap", "ldaps"},
}

// checkIP takes a literal address. 0.0.0.0 is one: factory phones write it for
// none.
func (p *Parameter) checkIP(text string) *fault {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return &fault{
			id: "not-an-address", severity: rule.Error, length: len(text),
			summary: strconv.Quote(text) + " is not an IP address", hint: "such as " + p.sampleAddress(),
		}
	}
	if v6 := strings.HasPrefix(p.Element, "IPv6_"); p.Element != "EXT_IP" && v6 != a.Is6() {
		version := "an IPv4"
		if v6 {
			version = "an IPv6"
		}
		return &fault{
			id: "other-ip-version", severity: rule.Error, length: len(text),
			summary: text + " is not " + version + " address", hint: "such as " + p.sampleAddress(),
		}
	}
	if p.Element == "NetMask" && !isMask(a) {
		return &fault{
			id: "not-a-mask", severity: rule.Error, length: len(text),
			summary: text + " is not a subnet mask", hint: "such as 255.255.255.0",
		}
	}
	return nil
}

func (p *Parameter) sampleAddress() string {
	switch {
	case strings.HasPrefix(p.Element, "IPv6_"):
		return "2001:db8::10"
	case p.Element == "NetMask":
		return "255.255.255.0"
	}
	return "192.0.2.10"
}

// isMask tells whether an address is ones and then zeros.
func isMask(a netip.Addr) bool {
	b := a.As4()
	bits := ^(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
	return bits&(bits+1) == 0
}

// checkHost takes a name or an address, optionally with a port.
func (p *Parameter) checkHost(text string) *fault {
	rest := text
	if scheme, after, ok := strings.Cut(text, "://"); ok {
		if !p.takesScheme(scheme) {
			return (&fault{
				id: "scheme-in-host", severity: rule.Error, length: len(scheme) + len("://"),
				summary: p.Label + " is a name or an address, not a URL", hint: "write " + hostOfURL(after),
			}).mend(hostOfURL(after))
		}
		rest = strings.TrimSuffix(after, "/")
	}
	host, port, ok := splitHost(rest)
	if !ok || !isHost(host) || strings.HasPrefix(text, "sip:") {
		return p.badHost(text)
	}
	if port != "" && !isPort(port) {
		return &fault{
			id: "bad-port", severity: rule.Error, offset: len(text) - len(port), length: len(port),
			summary: strconv.Quote(port) + " is not a port", hint: "1 to 65535",
		}
	}
	return nil
}

func (p *Parameter) takesScheme(scheme string) bool {
	for _, s := range hostSchemes[p.Element] {
		if strings.EqualFold(s, scheme) {
			return true
		}
	}
	return false
}

func hostOfURL(afterScheme string) string {
	host, _, _ := strings.Cut(afterScheme, "/")
	return host
}

// badHost says what in a text keeps it from being a host.
func (p *Parameter) badHost(text string) *fault {
	f := &fault{
		id: "not-a-host", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a host name or address",
		hint:    "such as sip.example.com, 192.0.2.1 or 192.0.2.1:5060",
	}
	switch {
	case strings.Contains(text, "$"):
		f.hint = "macros are not expanded here (a.9)"
	case strings.ContainsAny(text, ",;"):
		f.hint = "one host only"
	case strings.HasPrefix(text, "sip:"):
		f.hint = "without sip: in front"
		f.mend(strings.TrimPrefix(text, "sip:"))
	case strings.Contains(text, "/"):
		f.hint = "a name or an address, without a path"
	}
	return f
}

// splitHost splits "host", "host:port", "[v6]:port" and a bare v6 address.
func splitHost(text string) (host, port string, ok bool) {
	if strings.HasPrefix(text, "[") {
		host, rest, found := strings.Cut(text[1:], "]")
		if !found || rest != "" && rest[0] != ':' {
			return "", "", false
		}
		return host, strings.TrimPrefix(rest, ":"), rest != ":"
	}
	if strings.Count(text, ":") != 1 {
		return text, "", true
	}
	host, port, _ = strings.Cut(text, ":")
	return host, port, port != ""
}

// isHost tells whether a text is an address or could be a name.
func isHost(text string) bool {
	if strings.Contains(text, ":") {
		_, err := netip.ParseAddr(text)
		return err == nil
	}
	name := strings.TrimSuffix(text, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	label := 0
	digits := true // an address may only have four numbers up to 255
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			if label == 0 || name[i-1] == '-' {
				return false
			}
			label = 0
			continue
		case c == '-' && label == 0:
			return false
		case isDigit(c):
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_':
			digits = false
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	if label == 0 || name[len(name)-1] == '-' {
		return false
	}
	if digits {
		_, err := netip.ParseAddr(text)
		return err == nil
	}
	return true
}

func isPort(text string) bool {
	n, ok := wholeNumber(text)
	return ok && plainDigits(text) && n >= 1 && n <= 65535
}

// schemes are those of the phone's URLs.
var schemes = []string{"http", "https", "tftp", "ftp", "ws", "wss", "sip", "sips", "file"}

// checkURI looks at what any URL has: no blanks, a known scheme, a host, a
// port. Some of these parameters take a number or user@host as well, so a text
// without a scheme is only looked at for blanks.
func (p *Parameter) checkURI(text string) *fault {
	if i := strings.IndexByte(text, ' '); i >= 0 {
		return (&fault{
			id: "blank-in-url", severity: rule.Error, offset: i, length: 1,
			summary: "the URL holds a blank", hint: "write %20, or take it out",
		}).mend(strings.ReplaceAll(text, " ", "%20"))
	}
	if l := &p.limits; l.hasMax && len(text) > int(l.max) {
		return tooLong(text, int(l.max), "")
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return slipInScheme(text)
	}
	if !knownScheme(scheme) && !strings.Contains(scheme, "$") {
		return unknownScheme(text, scheme)
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if strings.Contains(authority, "$") { // a macro may stand for it
		return nil
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host, port, ok := splitHost(authority)
	if !ok || !isHost(host) {
		return &fault{
			id: "not-a-host", severity: rule.Error, offset: len(scheme) + 3, length: len(authority),
			summary: "the URL has no valid host", hint: "such as " + scheme + "://www.example.com/path",
		}
	}
	if port != "" && !isPort(port) {
		return &fault{
			id: "bad-port", severity: rule.Error, offset: strings.Index(text, port), length: len(port),
			summary: strconv.Quote(port) + " is not a port", hint: "1 to 65535",
		}
	}
	return nil
}

func knownScheme(scheme string) bool {
	for _, s := range schemes {
		if strings.EqualFold(s, scheme) {
			return true
		}
	}
	return false
}

func unknownScheme(text, scheme string) *fault {
	f := &fault{
		id: "unknown-scheme", severity: rule.Warning, length: len(scheme),
		summary: strconv.Quote(scheme) + " is no scheme the phones know", hint: "such as http:// or https://",
	}
	for _, s := range schemes {
		if Distance(strings.ToLower(scheme), s, 1) <= 1 {
			f.hint = "did you mean " + s + "://?"
			return f.mend(s + text[len(scheme):])
		}
	}
	return f
}

// slipInScheme finds "http:/host", "http//host" and "http:host".
func slipInScheme(text string) *fault {
	for _, s := range []string{"https", "http", "tftp", "ftp", "wss", "ws"} {
		rest, ok := strings.CutPrefix(strings.ToLower(text), s)
		if !ok || rest == "" || rest[0] != ':' && !strings.HasPrefix(rest, "//") {
			continue
		}
		slip := len(rest) - len(strings.TrimLeft(rest, ":/"))
		return (&fault{
			id: "bad-scheme", severity: rule.Error, offset: len(s), length: slip,
			summary: "the scheme is not written " + s + "://", hint: "write " + s + "://" + text[len(s)+slip:],
		}).mend(s + "://" + text[len(s)+slip:])
	}
	return nil
}
