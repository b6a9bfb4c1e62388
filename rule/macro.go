package rule

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Lookup gives the value of the macro with that name, written without "$":
// "MA". ok is false for a name the phone does not know; such a macro stays in
// the text as it is (a.6).
type Lookup func(name string) (value string, ok bool)

// Expand replaces the macros of text once, from left to right (a.1 to a.7).
// The names SA to SD are not special here: a lookup that does not offer them
// leaves them as text (a.8).
func Expand(text string, macros Lookup) string {
	if strings.IndexByte(text, '$') < 0 {
		return text
	}
	var short [256]byte // most texts need no more, and only the string is allocated
	return string(AppendExpand(short[:0], text, macros))
}

// AppendExpand is Expand that appends to dst, without allocating when dst has
// room.
func AppendExpand(dst []byte, text string, macros Lookup) []byte {
	for text != "" {
		if text[0] != '$' {
			if len(text) > 1 && text[1] == '$' { // a blank or colon between two macros
				dst = append(dst, text[0])
				text = text[1:]
			} else if n := strings.IndexByte(text, '$'); n >= 0 {
				dst = append(dst, text[:n]...)
				text = text[n:]
			} else {
				return append(dst, text...)
			}
		}
		end := bareAt(text)
		if end == 0 {
			dst, text = appendOther(dst, text, macros)
			continue
		}
		if value, ok := macros(text[1:end]); ok {
			dst = append(dst, value...)
		} else {
			dst = append(dst, text[:end]...) // it stays (a.6)
		}
		text = text[end:]
	}
	return dst
}

// appendOther expands what stands at the "$" text begins with when it is no
// bare name, and gives the text behind it.
func appendOther(dst []byte, text string, macros Lookup) (expanded []byte, rest string) {
	m, n := macroAt(text)
	switch {
	case n == 0: // starts nothing, so it stays (a.7)
		return append(dst, '$'), text[1:]
	case m.name == "":
		return append(dst, '$'), text[n:]
	}
	if value, ok := macros(m.name); ok {
		return append(dst, m.of(value)...), text[n:]
	}
	return append(dst, text[:n]...), text[n:]
}

// ExpandRule expands the text of a rule: as Expand, and inside the arguments
// of --key, --uid and --pwd also with secrets, which offers SA to SD (a.8).
// secrets may be nil.
func ExpandRule(text string, macros, secrets Lookup) string {
	if secrets == nil {
		return Expand(text, macros)
	}
	var dst []byte
	done := 0
	// No macro reaches across the border of an argument: it holds no blank,
	// quote or bracket of the rule's.
	for _, arg := range optionArguments(text) {
		dst = AppendExpand(dst, text[done:arg.start], macros)
		dst = AppendExpand(dst, text[arg.start:arg.end], either(macros, secrets))
		done = arg.end
	}
	if done == 0 {
		return Expand(text, macros)
	}
	return string(AppendExpand(dst, text[done:], macros))
}

// ExpandMessage makes the text of a log message (e.2): every %s of the
// template becomes the operation, "resync" or "upgrade", before its macros are
// expanded. ok is false when nothing is sent, which an empty template means.
func ExpandMessage(template, operation string, macros Lookup) (message string, ok bool) {
	if template == "" {
		return "", false
	}
	return Expand(strings.ReplaceAll(template, "%s", operation), macros), true
}

// either looks a name up in a, then in b.
func either(a, b Lookup) Lookup {
	return func(name string) (string, bool) {
		if value, ok := a(name); ok {
			return value, true
		}
		return b(name)
	}
}

// macro is a macro as it is written: a name and the part of the value meant.
type macro struct {
	name         string
	from, length int // in characters; length -1 is the rest
}

// of cuts the part of value that is meant (a.4).
func (m macro) of(value string) string {
	if m.from == 0 && m.length < 0 {
		return value
	}
	value = value[characters(value, m.from):]
	if m.length >= 0 {
		value = value[:characters(value, m.length)]
	}
	return value
}

// characters is the number of bytes the first n characters of s take.
func characters(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// macroAt reads the escape or macro at the "$" text begins with. n is its
// length, 0 when it is neither; an escape has no name.
func macroAt(text string) (m macro, n int) {
	if len(text) < 2 {
		return macro{}, 0
	}
	switch text[1] {
	case '$':
		return macro{}, 2
	case '(':
		return bracketedAt(text)
	}
	if n = bareAt(text); n == 0 {
		return macro{}, 0
	}
	return macro{name: text[1:n], length: -1}, n
}

// bareAt is the length of the $NAME text begins with, 0 when it begins with
// something else. The whole run of letters, digits and "_" is the name (a.5).
func bareAt(text string) int {
	if len(text) < 2 || !isLetter(text[1]) {
		return 0
	}
	n := 2
	for n < len(text) && inName[text[n]] {
		n++
	}
	return n
}

// bracketedAt reads $(NAME), $(NAME:p) or $(NAME:p:q) (a.3, a.4).
func bracketedAt(text string) (m macro, n int) {
	n = 2
	for n < len(text) && inName[text[n]] && !isLower(text[n]) {
		n++
	}
	m = macro{name: text[2:n], length: -1}
	if m.name == "" || !isUpper(m.name[0]) {
		return macro{}, 0
	}
	ok := true
	if n < len(text) && text[n] == ':' {
		if m.from, n, ok = digitsAt(text, n+1); ok && n < len(text) && text[n] == ':' {
			m.length, n, ok = digitsAt(text, n+1)
		}
	}
	if !ok || n == len(text) || text[n] != ')' {
		return macro{}, 0
	}
	return m, n + 1
}

// digitsAt reads a decimal number at i. One too large to count characters is
// as good as the largest.
func digitsAt(text string, i int) (value, end int, ok bool) {
	for end = i; end < len(text) && isDigit(text[end]); end++ {
		if value > (math.MaxInt32-9)/10 {
			value = math.MaxInt32
			continue
		}
		value = value*10 + int(text[end]-'0')
	}
	return value, end, end > i
}

// Token is a piece of a text: plain text, the escape "$$", or a macro.
type Token struct {
	Kind   TokenKind
	Offset int    // of the first byte in the text
	Text   string // as written: "$(MA:0:6)"
	Name   string // of a macro: "MA"
	From   int    // substring's offset in characters; 0 when not written
	Length int    // substring's length in characters; -1 when not written
}

// TokenKind tells the kinds of Token apart.
type TokenKind int

const (
	Plain TokenKind = iota
	Escape
	MacroRef
)

// Tokens splits text. The texts of the tokens put together are the text.
func Tokens(text string) []Token {
	var tokens []Token
	plain := 0 // start of the plain text before i
	flush := func(end int) {
		if plain < end {
			tokens = append(tokens, Token{Kind: Plain, Offset: plain, Text: text[plain:end], Length: -1})
		}
	}
	for i := 0; i < len(text); {
		next := strings.IndexByte(text[i:], '$')
		if next < 0 {
			break
		}
		i += next
		m, n := macroAt(text[i:])
		if n == 0 {
			i++
			continue
		}
		flush(i)
		t := Token{Kind: MacroRef, Offset: i, Text: text[i : i+n], Name: m.name, From: m.from, Length: m.length}
		if m.name == "" {
			t.Kind, t.Length = Escape, -1
		}
		tokens = append(tokens, t)
		i += n
		plain = i
	}
	flush(len(text))
	return tokens
}

// inName holds the characters of names: letters, digits and "_" (a.5).
var inName = func() (set [256]bool) {
	for c := range set {
		set[c] = isLetter(byte(c)) || isDigit(byte(c)) || c == '_'
	}
	return set
}()

func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool  { return 'a' <= c && c <= 'z' }
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// isBlank tells the characters that separate (b.1).
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

const blanks = " \t\n\r"
