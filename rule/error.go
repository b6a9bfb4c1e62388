package rule

import (
	"slices"
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
	start, end int // the trouble in the text before masking
}

// slip is a way to get a text wrong. %q in message and hint stands for the
// piece in trouble.
type slip struct{ id, message, expected, hint string }

// newError places a slip at text[start:end].
func newError(text string, start, end int, s slip) *SyntaxError {
	secrets := secretSpans(text)
	e := &SyntaxError{ID: s.id, Expected: s.expected, slip: s, start: start, end: end}
	e.Text = mask(text, secrets)
	e.Offset, e.Length = maskedSpan(secrets, span{start, end})
	piece := strconv.Quote(e.Text[e.Offset : e.Offset+e.Length])
	e.Message = strings.ReplaceAll(s.message, "%q", piece)
	e.Hint = strings.ReplaceAll(s.hint, "%q", piece)
	return e
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

// maskedSpan is where a span of the clear text lies in the masked text. One
// that begins or ends inside a secret takes in all of its stars.
func maskedSpan(secrets []span, at span) (offset, length int) {
	start, end := at.start, at.end
	for _, s := range secrets {
		grown := len(stars) - (s.end - s.start)
		switch {
		case at.start >= s.end:
			start += grown
		case at.start > s.start:
			start += s.start - at.start
		}
		switch {
		case at.end >= s.end:
			end += grown
		case at.end > s.start:
			end += s.start + len(stars) - at.end
		}
	}
	return start, max(0, end-start)
}

// union puts spans in order and joins those that meet.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined); n > 0 && s.start < joined[n-1].end {
			joined[n-1].end = max(joined[n-1].end, s.end)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
