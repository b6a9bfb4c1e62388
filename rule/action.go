package rule

import (
	"strings"
)

// Action is what a direct action URL asks the phone for (g.1).
type Action struct {
	Name           string // "resync", "upgrade", "reboot", "cfg.xml" …; empty for an unknown path
	Rule           string // what stands after "?", decoded and without the log-in; not yet expanded
	User, Password string // of &xuser=…&xpassword=…
}

// actions are the paths of the phone's web server (g.1).
var actions = map[string]bool{"resync": true, "upgrade": true, "updateca": true, "reboot": true, "cfg.xml": true,
	"config.xml": true, "status.xml": true, "screendump.bmp": true, "log.tar": true}

// ParseAction reads the target of a request to the phone's web server, such as
// /admin/resync?tftp://192.0.2.1/my.xml&xuser=admin&xpassword=secret. The
// log-in is taken off the end first, then the rest is decoded; a "+" is a blank.
func ParseAction(target string) Action {
	path, query, _ := strings.Cut(target, "?")
	name, ok := strings.CutPrefix(path, "/admin/")
	if !ok || !actions[name] {
		return Action{}
	}
	a := Action{Name: name}
	for {
		i := strings.LastIndexByte(query, '&') // -1: the log-in is all there is
		key, value, _ := strings.Cut(query[i+1:], "=")
		switch key {
		case "xuser":
			a.User = decodeQuery(value)
		case "xpassword":
			a.Password = decodeQuery(value)
		default:
			a.Rule = strings.Trim(decodeQuery(query), blanks)
			return a
		}
		query = query[:max(i, 0)]
	}
}

// decodeQuery undoes the encoding of a query. A "%" without two hex digits
// stays as it is.
func decodeQuery(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			b.WriteByte(' ')
		case c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			b.WriteByte(hexValue(text[i+1])<<4 | hexValue(text[i+2]))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
