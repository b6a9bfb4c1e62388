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

	start, end int // the trouble in the text before masking
}

// slip is a way to get a text wrong.
type slip struct{ id, message, expected, hint string }

// newError places a slip at text[start:end]. %q in its message or hint becomes
// the piece in trouble, masked if need be.
func newError(text string, start, end int, s slip) *SyntaxError {
	e := &SyntaxError{ID: s.id, Expected: s.expected, start: start, end: end}
	e.show(text, secretSpans(text), start, end)
	piece := strconv.Quote(e.Text[e.Offset : e.Offset+e.Length])
	e.Message = strings.ReplaceAll(s.message, "%q", piece)
	e.Hint = strings.ReplaceAll(s.hint, "%q", piece)
	return e
}

// show sets what the error shows: text without its secrets, and the place in it.
func (e *SyntaxError) show(text string, secrets []span, start, end int) {
	e.Text = mask(text, secrets)
	e.Offset = masked(secrets, start)
	e.Length = masked(secrets, end) - e.Offset
	if e.Length == 0 && start < end { // all of it is inside a secret
		e.Length = len(stars)
	}
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
	var b strings.Builder
	b.WriteString(e.Message)
	line, at, length := e.line()
	b.WriteString("\n | " + line + "\n | ")
	for i, c := range line {
		switch {
		case i >= at:
		case c == '\t':
			b.WriteByte('\t')
			continue
		default:
			b.WriteByte('.')
			continue
		}
		break
	}
	b.WriteString(strings.Repeat("^", max(1, utf8.RuneCountInString(line[at:at+length]))))
	if e.Expected != "" {
		b.WriteString("\n expected: " + e.Expected)
	}
	if e.Hint != "" {
		b.WriteString("\n hint: " + e.Hint)
	}
	return b.String()
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

func (s span) holds(i int) bool { return s.start <= i && i < s.end }

const stars = "***"

// mask puts stars in the place of each secret. The spans are in order and
// apart from each other.
func mask(text string, secrets []span) string {
	if len(secrets) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, s := range secrets {
		b.WriteString(text[done:s.start])
		b.WriteString(stars)
		done = s.end
	}
	b.WriteString(text[done:])
	return b.String()
}

// masked is the offset in the masked text for one in the clear text; inside a
// secret, that of its first star.
func masked(secrets []span, offset int) int {
	moved := offset
	for _, s := range secrets {
		switch {
		case offset >= s.end:
			moved += len(stars) - (s.end - s.start)
		case offset > s.start:
			moved += s.start - offset
		}
	}
	return moved
}
