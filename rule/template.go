package rule

// Template is a text with macros, taken apart once to be expanded many times.
type Template struct{ pieces []piece }

// piece is plain text followed by a macro; the last piece may have none.
type piece struct {
	plain   string
	macro   macro
	written string // the macro as text, which stays when the phone does not know it
}

// Compile takes text apart. [Template.AppendTo] does what [AppendExpand] does
// with the same text.
func Compile(text string) *Template {
	t := new(Template)
	var plain []byte
	for _, token := range Tokens(text) {
		switch token.Kind {
		case Plain:
			plain = append(plain, token.Text...)
		case Escape:
			plain = append(plain, '$')
		case MacroRef:
			t.pieces = append(t.pieces, piece{string(plain), macro{token.Name, token.From, token.Length}, token.Text})
			plain = plain[:0]
		}
	}
	if len(plain) > 0 {
		t.pieces = append(t.pieces, piece{plain: string(plain)})
	}
	return t
}

// AppendTo appends the expanded text, without allocating when dst has room.
func (t *Template) AppendTo(dst []byte, macros Lookup) []byte {
	for i := range t.pieces {
		p := &t.pieces[i]
		dst = append(dst, p.plain...)
		if p.written == "" {
			continue
		}
		if value, ok := macros(p.macro.name); ok {
			dst = append(dst, p.macro.of(value)...)
		} else {
			dst = append(dst, p.written...)
		}
	}
	return dst
}
