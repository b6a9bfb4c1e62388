package rule

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a text cannot be read, and what was probably meant.
type SyntaxError struct {
	ID       string // the kind of slip: "url-in-condition"
	Text     string // the text that was read; passwords, keys and user names of options masked
	Offset   int    // byte offset of the trouble in Text
	Length   int    // how many bytes are in trouble; 0 at the end of the text
	Message  string // "a condition cannot hold a URL"
	Expected string // "an operator such as eq, ne, lt"; may be empty
	Hint     string // the way out: "this is a resync URL, not a condition: …"; may be empty

	slip       slip
	text       string // as it was read, before masking
	start, end int    // the trouble in it
}

// slip is a way to get a text wrong. %q in message and hint stands for the
// piece in trouble.
type slip struct{ id, message, expected, hint string }

// newError places a slip at text[start:end]. What it shows is made by complete,
// once somebody is to see it.
func newError(text string, start, end int, s slip) *SyntaxError {
	return &SyntaxError{slip: s, text: text, start: start, end: end}
}

// complete is the error with all that it shows.
func (e *SyntaxError) complete() *SyntaxError {
	return e.showing(e.text, secretsIn(e.text), span{e.start, e.end}, "")
}

// showing is the error as seen in another form of the text: without its
// secrets, the trouble at a place of its own. An empty piece is the one there.
func (e *SyntaxError) showing(text string, secrets secrets, at span, piece string) *SyntaxError {
	c := *e
	c.ID, c.Expected = e.slip.id, e.slip.expected
	c.Text = secrets.mask(text)
	c.Offset, c.Length = secrets.place(at)
	if piece == "" {
		piece = c.Text[c.Offset : c.Offset+c.Length]
	}
	c.Message = strings.ReplaceAll(e.slip.message, "%q", strconv.Quote(piece))
	c.Hint = strings.ReplaceAll(e.slip.hint, "%q", strconv.Quote(piece))
	return &c
}

// asError completes an error that leaves the package, and keeps a nil one from
// becoming an error that is not nil.
func asError[T any](value T, err *SyntaxError) (T, error) {
	if err != nil {
		var none T
		return none, err.complete()
	}
	return value, nil
}

// Error is the message in one line with the offset; Show adds the text with a
// marker under the place, for a terminal or a page.
func (e *SyntaxError) Error() string {
	text := "offset " + strconv.Itoa(e.Offset) + ": " + e.Message
	if e.Expected != "" {
		text += ", expected " + e.Expected
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Show is the message, the line in trouble with a marker below, and the way out.
func (e *SyntaxError) Show() string {
	line, at, length := e.line()
	text := e.Message + "\n | " + line + "\n | " + marker(line[:at], line[at:at+length])
	if e.Expected != "" {
		text += "\n expected: " + e.Expected
	}
	if e.Hint != "" {
		text += "\n hint: " + e.Hint
	}
	return text
}

// marker is the line below that points at the trouble: dots, or a tab under a
// tab, then a ^ for each character.
func marker(before, trouble string) string {
	dots := strings.Map(func(c rune) rune {
		if c == '\t' {
			return c
		}
		return '.'
	}, before)
	return dots + strings.Repeat("^", max(1, utf8.RuneCountInString(trouble)))
}

// line is the line of Text the trouble is in, cut to what a terminal shows.
func (e *SyntaxError) line() (line string, at, length int) {
	const before, after = 60, 60
	start := strings.LastIndexByte(e.Text[:e.Offset], '\n') + 1
	end := len(e.Text)
	if n := strings.IndexByte(e.Text[e.Offset:], '\n'); n >= 0 {
		end = e.Offset + n
	}
	length = min(e.Length, end-e.Offset)
	var head, tail string
	if e.Offset-start > before {
		start = runeStart(e.Text, e.Offset-before)
		head = "…"
	}
	if last := e.Offset + length + after; last < end {
		end = runeStart(e.Text, last)
		tail = "…"
	}
	return head + e.Text[start:end] + tail, len(head) + e.Offset - start, length
}

func runeStart(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// span is a piece of a text.
type span struct{ start, end int }

func (s span) meets(t span) bool { return s.start < t.end && t.start < s.end }
