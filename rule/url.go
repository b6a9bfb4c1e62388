package rule

import (
	"strconv"
	"strings"
)

// URL is where a rule leads (c.6). An empty Server stands for the one DHCP
// names (d.6).
type URL struct {
	Scheme    string // tftp, http, https or gds, lower case
	HasScheme bool   // whether it was written
	Server    string // name or address, as written, IPv6 without brackets
	Port      int    // the default one too
	HasPort   bool
	Path      string // with leading "/" and query; of gds what follows "gds://"
}

// defaultPorts of the schemes that fetch.
var defaultPorts = map[string]int{"tftp": 69, "http": 80, "https": 443}

// ParseURL reads a URL whose macros are expanded already.
func ParseURL(text string) (*URL, error) {
	return asError(parseURL(text, 0, len(text)))
}

// parseURL reads text[start:end].
func parseURL(text string, start, end int) (*URL, *SyntaxError) {
	whole := text[start:end]
	fail := func(from, to int, s slip) (*URL, *SyntaxError) {
		return nil, newError(text, start+from, start+to, s)
	}
	if whole == "" {
		return fail(0, 0, slip{"missing-url", "the URL is missing", "a URL such as tftp://192.0.2.1/$MA.xml", ""})
	}
	if i := strings.IndexAny(whole, " \t\r\n\v\f"); i >= 0 {
		return fail(i, i+1, blankInURL)
	}
	u := &URL{Scheme: "tftp"}
	slash := strings.IndexByte(whole, '/')
	host := 0 // where it begins
	if slash > 0 && whole[slash-1] == ':' && strings.HasPrefix(whole[slash:], "//") {
		u.Scheme, u.HasScheme = strings.ToLower(whole[:slash-1]), true
		host = slash + 2
		if u.Scheme == "gds" {
			u.Path = whole[host:]
			return u, nil
		}
		if s := badScheme(whole[:slash-1]); s.id != "" {
			return fail(0, slash-1, s)
		}
		if slash = strings.IndexByte(whole[host:], '/'); slash >= 0 {
			slash += host
		}
	}
	u.Port = defaultPorts[u.Scheme]
	if at := passwordEnd(whole, host); at > 0 {
		return fail(host, at, slip{"user-in-url", "a URL cannot hold a user and password", "",
			"write [--uid user --pwd password] before the URL"})
	}
	if slash < 0 {
		return fail(len(whole), len(whole), missingPath(whole, host, u.HasScheme))
	}
	u.Path = whole[slash:]
	if slash == host {
		return u, nil
	}
	colon, s := u.setServer(whole[host:slash])
	if s.id == "" && colon >= 0 {
		colon += host
		s = u.setPort(whole[colon+1 : slash])
		if s.id != "" {
			return fail(colon+1, slash, s)
		}
	}
	if s.id != "" {
		return fail(host, slash, s)
	}
	return u, nil
}

var blankInURL = slip{"blank-in-url", "a URL cannot hold a blank", "",
	"write %20 for a blank in a path, and | between alternatives"}

func badScheme(scheme string) slip {
	s := slip{"unknown-scheme", "%q is no scheme the phone fetches with", "tftp, http or https", ""}
	lower := strings.ToLower(scheme)
	one := strings.TrimRight(lower, ":")
	switch {
	case defaultPorts[lower] != 0:
		return slip{}
	case one == "":
		s.message, s.hint = "the scheme before :// is missing", "before the first request $SCHEME is empty"
		if lower != "" {
			s.hint = "write one colon, $SCHEME://; and before the first request $SCHEME is empty"
		}
	case one != lower:
		s.hint = "write one colon before //"
	case strings.HasPrefix(lower, "$"):
		s.hint = "a macro the phone does not know stays as text"
	}
	return s
}

// missingPath is the slip of a URL that ends without a path. It repeats none of
// it: it may be the rest of a secret with a bracket in it.
func missingPath(whole string, host int, hasScheme bool) slip {
	s := slip{"missing-path", "the path is missing", `"/" and the path of a file`,
		"name a file behind the server, for instance /$MA.xml"}
	switch {
	case host == len(whole):
		s.hint = "a URL needs a server and a path"
	case !hasScheme && strings.Contains(whole, ".") && !allDigits(strings.ReplaceAll(whole, ".", "")):
		s.hint = "a file on the server that DHCP names is written with a slash before it"
	}
	return s
}

// setServer takes host and gives the offset of the colon before its port, or
// -1, and what is wrong.
func (u *URL) setServer(host string) (colon int, s slip) {
	s = slip{"server-form", "%q is no server name or address", "letters, digits, - . and _, or an IPv6 address in [ ]", ""}
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || !isIPv6(host[1:end]) {
			return -1, s
		}
		u.Server = host[1:end]
		switch rest := host[end+1:]; {
		case rest == "":
			return -1, slip{}
		case rest[0] == ':':
			return end + 1, slip{}
		}
		return -1, s
	}
	colon = strings.IndexByte(host, ':')
	if isIPv6(host) {
		s.hint = "write an IPv6 address in brackets: [2001:db8::1]"
		return -1, s
	}
	u.Server = host
	if colon >= 0 {
		u.Server = host[:colon]
	}
	if u.Server == "" {
		s.message = "the server before the port is missing"
		return -1, s
	}
	for i := range len(u.Server) {
		if c := u.Server[i]; !isHostCharacter(c) {
			if c == '$' {
				s.hint = "a macro the phone does not know stays as text"
			}
			return -1, s
		}
	}
	return colon, slip{}
}

func isHostCharacter(c byte) bool { return inName[c] || c == '-' || c == '.' }

func (u *URL) setPort(digits string) slip {
	port, _, ok := digitsAt(digits, 0)
	if !ok || !allDigits(digits) || port < 1 || port > 65535 {
		s := slip{"port-form", "%q is no port", "a number from 1 to 65535", ""}
		if digits == "" {
			s.message, s.hint = "the port after : is missing", "leave out the colon for the default port"
		}
		return s
	}
	u.Port, u.HasPort = port, true
	return slip{}
}

// Host is the server as it stands in a URL: IPv6 in brackets.
func (u *URL) Host() string {
	if strings.Contains(u.Server, ":") {
		return "[" + u.Server + "]"
	}
	return u.Server
}

func (u *URL) String() string {
	text := u.Host()
	if u.HasPort {
		text += ":" + strconv.Itoa(u.Port)
	}
	text += u.Path
	if u.HasScheme {
		text = u.Scheme + "://" + text
	}
	return text
}

// Complete is the URL with its scheme written and without a default port.
func (u *URL) Complete() *URL {
	c := *u
	c.HasScheme = true
	c.HasPort = u.HasPort && u.Port != defaultPorts[u.Scheme]
	return &c
}
