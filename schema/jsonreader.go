package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"profilegen/rule"
)

// JSONError says where a text is no JSON.
type JSONError struct {
	Origin  Origin
	Message string
}

func (e *JSONError) Error() string {
	place := strconv.Itoa(e.Origin.Row) + ":" + strconv.Itoa(e.Origin.Column) + ": "
	if e.Origin.File != "" {
		place = e.Origin.File + ":" + place
	}
	return place + e.Message
}

// jsonReader reads JSON by recursive descent and knows the place of all it
// reads, which encoding/json does not tell. What is JSON but not what was
// expected is a problem, and reading goes on after it; the first error of
// syntax ends it: each method then returns at once.
type jsonReader struct {
	file     string
	data     []byte
	at       int
	problems Problems
	err      error

	counted, row, column int // the last place asked for, see origin

	names map[string]string // each name once, however many phones have it
}

// member is a member that an object may have, and what reads its value.
type member struct {
	name string
	read func()
}

func newJSONReader(file string, data []byte) *jsonReader {
	r := &jsonReader{file: file, data: bytes.TrimPrefix(data, []byte("\ufeff")), row: 1, column: 1, names: make(map[string]string)}
	if !utf8.Valid(r.data) {
		bad := 0
		for bad < len(r.data) {
			c, size := utf8.DecodeRune(r.data[bad:])
			if c == utf8.RuneError && size <= 1 {
				break
			}
			bad += size
		}
		r.fail(bad, "the text is not UTF-8")
	}
	return r
}

// finish checks that nothing follows and gives the error of syntax.
func (r *jsonReader) finish() error {
	if r.next(); r.err == nil && r.at < len(r.data) {
		r.fail(r.at, "there is text after the end")
	}
	return r.err
}

// origin is the place of an offset. It counts from the place it was last asked
// for, forwards or backwards, so that a file of one long line is no trouble.
func (r *jsonReader) origin(offset int) Origin {
	if offset >= r.counted {
		between := r.data[r.counted:offset]
		if lines := bytes.Count(between, []byte("\n")); lines > 0 {
			r.row += lines
			between = between[bytes.LastIndexByte(between, '\n')+1:]
			r.column = 1
		}
		r.column += utf8.RuneCount(between)
	} else {
		between := r.data[offset:r.counted]
		if lines := bytes.Count(between, []byte("\n")); lines > 0 {
			r.row -= lines
			r.column = 1 + utf8.RuneCount(r.data[bytes.LastIndexByte(r.data[:offset], '\n')+1:offset])
		} else {
			r.column -= utf8.RuneCount(between)
		}
	}
	r.counted = offset
	return Origin{File: r.file, Row: r.row, Column: r.column}
}

func (r *jsonReader) fail(offset int, message string) {
	if r.err == nil {
		r.err = &JSONError{Origin: r.origin(min(offset, len(r.data))), Message: message}
	}
}

func (r *jsonReader) problem(offset int, id, summary, hint string) {
	r.problems = append(r.problems, Problem{ID: id, Severity: rule.Error, Origin: r.origin(offset), Summary: summary, Hint: hint, Source: "fleet file"})
}

// next skips white space and gives the offset of what follows.
func (r *jsonReader) next() int {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return r.at
		}
	}
	return r.at
}

// peek is the byte that follows, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.err != nil || r.at >= len(r.data) {
		return 0
	}
	return r.data[r.at]
}

// take takes the given byte if it follows.
func (r *jsonReader) take(c byte) bool {
	if r.next(); r.peek() != c {
		return false
	}
	r.at++
	return true
}

// members reads an object; read is called before each value and reads it.
func (r *jsonReader) members(read func(name string, start int)) {
	if start := r.next(); !r.take('{') {
		r.unexpected(start, "an object in { }")
		return
	}
	if r.take('}') {
		return
	}
	for r.err == nil {
		start := r.next()
		if r.peek() != '"' {
			r.fail(start, `a name in " " is missing here`)
			return
		}
		name := r.name()
		if !r.take(':') {
			r.fail(r.at, `":" is missing after the name `+strconv.Quote(name))
			return
		}
		read(name, start)
		if r.take('}') {
			return
		}
		if !r.take(',') {
			r.fail(r.at, `"," or "}" is missing here`)
		}
	}
}

// object reads an object of known members; what names it in messages.
func (r *jsonReader) object(what string, known []member) {
	var seen uint64
	r.members(func(name string, start int) {
		for i := range known {
			if known[i].name != name {
				continue
			}
			if seen&(1<<i) != 0 {
				r.problem(start, "duplicate-member", strconv.Quote(name)+" stands twice", "take one of them out")
			}
			seen |= 1 << i
			known[i].read()
			return
		}
		r.problem(start, "unknown-member", strconv.Quote(name)+" is not a member of "+what, memberHint(name, known))
		r.skip()
	})
}

// memberHint names the member probably meant, or all of them.
func memberHint(name string, known []member) string {
	all := make([]string, len(known))
	for i := range known {
		if Distance(strings.ToLower(name), known[i].name, 2) <= 2 {
			return "did you mean " + strconv.Quote(known[i].name) + "?"
		}
		all[i] = known[i].name
	}
	return "it can have " + strings.Join(all, ", ")
}

// array reads an array; read reads one of its values.
func (r *jsonReader) array(read func()) {
	if start := r.next(); !r.take('[') {
		r.unexpected(start, "a list in [ ]")
		return
	}
	if r.take(']') {
		return
	}
	for r.err == nil {
		read()
		if r.take(']') {
			return
		}
		if !r.take(',') {
			r.fail(r.at, `"," or "]" is missing here`)
		}
	}
}

// text reads a string; ok is false, and a problem told, when another value
// stands there.
func (r *jsonReader) text() (s string, ok bool) {
	start := r.next()
	if r.peek() == '"' {
		return r.quoted(), r.err == nil
	}
	r.unexpected(start, `a text in " "`)
	return "", false
}

func (r *jsonReader) boolean() (b, ok bool) {
	start := r.next()
	switch rest := r.data[r.at:]; {
	case bytes.HasPrefix(rest, []byte("true")):
		b, ok = true, true
	case bytes.HasPrefix(rest, []byte("false")):
		ok = true
	default:
		r.unexpected(start, "true or false")
		return false, false
	}
	r.skip()
	return b, ok
}

func (r *jsonReader) integer() (n int, ok bool) {
	start := r.next()
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.unexpected(start, "a number")
		return 0, false
	}
	r.skip()
	n, err := strconv.Atoi(string(r.data[start:r.at]))
	if err != nil && r.err == nil {
		r.problem(start, "bad-number", string(r.data[start:r.at])+" is not a whole number", "")
	}
	return n, err == nil
}

// unexpected tells that another kind of value was wanted, and skips this one.
func (r *jsonReader) unexpected(start int, want string) {
	found := r.at
	if r.skip(); r.err != nil {
		return
	}
	hint := "write " + want
	if literal := string(r.data[found:r.at]); strings.HasPrefix(want, "a text") && literal[0] != '{' && literal[0] != '[' {
		hint = `write it in quotes: "` + literal + `"`
	}
	r.problem(start, "wrong-type", want+" is wanted here", hint)
}

// name reads the name of a member.
func (r *jsonReader) name() string {
	start := r.at
	if end := bytes.IndexByte(r.data[start+1:], '"'); end > 0 {
		if name, ok := r.names[string(r.data[start+1:start+1+end])]; ok {
			r.at = start + 1 + end + 1
			return name
		}
	}
	name := r.quoted()
	if r.at-start == len(name)+2 { // written without escapes
		r.names[name] = name
	}
	return name
}

// quoted reads the string that follows.
func (r *jsonReader) quoted() string {
	start := r.at
	escaped := false
	for i := start + 1; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '\\':
			escaped = true
			i++
		case c == '"':
			r.at = i + 1
			if !escaped {
				return string(r.data[start+1 : i])
			}
			var s string
			if err := json.Unmarshal(r.data[start:r.at], &s); err != nil {
				r.fail(start, "the text has a bad escape after a backslash")
			}
			return s
		case c < ' ':
			r.fail(i, "a text cannot hold a line end or another control character")
			return ""
		}
	}
	r.fail(start, "the closing quote of this text is missing")
	return ""
}

// skip passes over a value of any kind. encoding/json bounds its depth.
func (r *jsonReader) skip() {
	start := r.next()
	if r.err != nil {
		return
	}
	d := json.NewDecoder(bytes.NewReader(r.data[start:]))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		offset := start
		if syntax, ok := err.(*json.SyntaxError); ok {
			offset += max(int(syntax.Offset)-1, 0)
		}
		r.fail(offset, "this is not JSON")
		return
	}
	r.at = start + int(d.InputOffset())
}
