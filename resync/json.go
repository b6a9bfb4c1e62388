package resync

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the event as one JSON object, without a line end. Members
// that do not apply are left out.
func (e *Event) AppendJSON(dst []byte) []byte {
	w := jsonObject{dst: append(dst, '{')}
	w.time("time", e.Time)
	w.text("event", e.Kind.String())
	if e.Kind.hasCause() {
		w.text("cause", e.Cause.String())
	}
	if e.Kind == Absorbed || e.Kind == Displaced {
		w.text("by", e.By.String())
	}
	w.text("parameter", e.Parameter)
	w.text("rule", e.Mark)
	w.text("method", e.Method)
	w.text("url", e.URL)
	w.number("status", e.Status)
	if e.Kind == Replied {
		w.text("class", e.Class.String())
	}
	w.number("size", e.Size)
	if !e.At.IsZero() {
		w.time("at", e.At)
	}
	w.text("text", e.Text)
	w.text("error", e.Err)
	w.changes(e.Changes)
	w.text("syslog", e.Wire)
	w.texts("hosts", e.Hosts)
	w.text("says", e.Sentence())
	return append(w.dst, '}')
}

// hasCause tells whether the events of a kind are about one cause.
func (k Kind) hasCause() bool {
	switch k {
	case ClockStarted, FellDue, Absorbed, Displaced, WasDropped, WasHeld, Began, Succeeded, Failed:
		return true
	}
	return false
}

// jsonObject appends members. It spares the WebAssembly a reflecting encoder.
type jsonObject struct{ dst []byte }

func (w *jsonObject) name(name string) {
	if w.dst[len(w.dst)-1] != '{' {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(appendQuoted(w.dst, name), ':')
}

func (w *jsonObject) text(name, text string) {
	if text != "" {
		w.name(name)
		w.dst = appendQuoted(w.dst, text)
	}
}

func (w *jsonObject) number(name string, n int) {
	if n != 0 {
		w.name(name)
		w.dst = strconv.AppendInt(w.dst, int64(n), 10)
	}
}

func (w *jsonObject) flag(name string, set bool) {
	if set {
		w.name(name)
		w.dst = append(w.dst, "true"...)
	}
}

func (w *jsonObject) time(name string, t time.Time) {
	w.name(name)
	w.dst = append(w.dst, '"')
	w.dst = t.AppendFormat(w.dst, time.RFC3339Nano)
	w.dst = append(w.dst, '"')
}

func (w *jsonObject) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.dst = append(w.dst, '[')
	for i, text := range list {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = appendQuoted(w.dst, text)
	}
	w.dst = append(w.dst, ']')
}

func (w *jsonObject) changes(list []Change) {
	if len(list) == 0 {
		return
	}
	w.name("changes")
	w.dst = append(w.dst, '[')
	for i, c := range list {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(w.dst, '{')
		w.text("element", c.Element)
		if !c.Secret && c.Old != c.New {
			w.name("old")
			w.dst = appendQuoted(w.dst, c.Old)
			w.name("new")
			w.dst = appendQuoted(w.dst, c.New)
		}
		w.flag("secret", c.Secret)
		w.text("ua", c.UA)
		w.flag("restart", c.Restart)
		w.dst = append(w.dst, '}')
	}
	w.dst = append(w.dst, ']')
}

// appendQuoted appends text as a JSON string. Bytes that are no UTF-8 become
// U+FFFD.
func appendQuoted(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7F || r == '\u2028' || r == '\u2029':
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
