package gen

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"profilegen/rule"
	"profilegen/schema"
)

// Bounds of a CSV file.
const (
	MaxCell    = 64 << 10 // bytes of a cell
	MaxColumns = 1000
)

// records splits a CSV text, read piece by piece, into records. Beyond RFC 4180
// it takes any separator, lines that end with CR, and a quote inside an unquoted
// cell; and it goes on after a quote that is never closed, with the line after
// the one that opened it.
type records struct {
	in        io.Reader
	name      string
	separator byte
	class     [256]csvByte // outside quotes
	store     []byte       // what was read last
	buf       []byte       // what is left of it, or of a quoted cell that is read again
	pending   [][]byte     // what comes after buf, the last one first
	err       error        // of in; io.EOF at the end

	row, column int  // of the next character
	bytewise    bool // a byte is a character: Windows-1252

	text     []byte // of the record's cells, one after the other
	cells    []cell
	special  bool // whether a character of text is not printable ASCII
	surplus  int  // cells beyond MaxColumns
	problems schema.Problems

	raw     []byte // of a quoted cell, to read it again
	suspect int    // the last row that seemed to be in a quoted cell and was read again
}

// csvByte is what a byte means to the splitter.
type csvByte uint8

const (
	csvPlain   csvByte = iota
	csvSpecial         // a control character, or of a character beyond ASCII
	csvStop            // separator, quote, line end
)

// quotedClass is the meaning of bytes inside quotes.
var quotedClass = func() (t [256]csvByte) {
	for c := range t {
		if c < ' ' || c >= utf8.RuneSelf || c == 0x7F {
			t[c] = csvSpecial
		}
	}
	t['"'], t['\r'], t['\n'] = csvStop, csvStop, csvStop
	return t
}()

// cell is one of a record's. Its text ends at end, and begins where the one
// before it ends.
type cell struct {
	end         int
	row, column int
}

func newRecords(name string, in io.Reader) *records {
	return &records{in: in, name: name, store: make([]byte, MaxCell), row: 1, column: 1}
}

func (r *records) setSeparator(c byte) {
	r.separator = c
	r.class = quotedClass
	r.class['\r'], r.class['\n'], r.class[c] = csvStop, csvStop, csvStop
}

// fill gets more text when there is none left.
func (r *records) fill() bool {
	for last := len(r.pending) - 1; len(r.buf) == 0 && last >= 0; last-- {
		r.buf, r.pending = r.pending[last], r.pending[:last]
	}
	for empty := 0; len(r.buf) == 0 && r.err == nil; empty++ {
		n, err := r.in.Read(r.store)
		r.buf, r.err = r.store[:n], err
		if n == 0 && err == nil && empty == 100 {
			r.err = io.ErrNoProgress
		}
	}
	return len(r.buf) > 0
}

// peek is the next byte, 0 at the end.
func (r *records) peek() byte {
	if len(r.buf) == 0 && !r.fill() {
		return 0
	}
	return r.buf[0]
}

// atEnd tells whether there is no more text; a byte of 0 alone does not.
func (r *records) atEnd() bool { return len(r.buf) == 0 && !r.fill() }

// next reads a record into text and cells, and what is wrong with its form
// into problems. It gives false at the end, or when reading fails: see err.
func (r *records) next() bool {
	r.text, r.cells, r.problems = r.text[:0], r.cells[:0], nil
	r.special, r.surplus = false, 0
	if r.atEnd() {
		return false
	}
	for {
		c := cell{row: r.row, column: r.column}
		start := len(r.text)
		more := true
		if r.peek() == '"' {
			more = r.quoted(start, c)
		} else {
			r.plain(start, c)
		}
		c.end = len(r.text)
		if len(r.cells) < MaxColumns {
			r.cells = append(r.cells, c)
		} else {
			r.text = r.text[:start]
			r.surplus++
		}
		if !more || r.endCell() {
			return true
		}
	}
}

// endCell steps over the separator, or over the line end and gives true.
func (r *records) endCell() (last bool) {
	switch {
	case r.atEnd():
		return true
	case r.buf[0] == r.separator:
		r.buf = r.buf[1:]
		r.column++
		return false
	}
	r.lineEnd()
	return true
}

// lineEnd steps over LF, CR or CR LF.
func (r *records) lineEnd() {
	c := r.buf[0]
	r.buf = r.buf[1:]
	if c == '\r' && r.peek() == '\n' {
		r.buf = r.buf[1:]
	}
	r.row++
	r.column = 1
}

// run measures the text up to the next stop.
func (r *records) run(class *[256]csvByte) (n int, special bool) {
	var seen csvByte
	for _, c := range r.buf {
		if class[c] == csvStop {
			break
		}
		seen |= class[c]
		n++
	}
	return n, seen == csvSpecial
}

// take moves the first n bytes into the record's text.
func (r *records) take(n int, special bool, start int, c cell) {
	piece := r.buf[:n]
	r.buf = r.buf[n:]
	if special {
		r.special = true
	}
	if !special || r.bytewise {
		r.column += n
	} else {
		r.column += countCharacters(piece)
	}
	if size := len(r.text) - start; size+n > MaxCell {
		if size <= MaxCell { // the first time
			r.tooLong(c)
		}
		piece = piece[:MaxCell+1-size]
	}
	r.text = append(r.text, piece...)
}

func (r *records) tooLong(c cell) {
	r.problem(c.row, c.column, "csv-cell-too-long", fmt.Sprintf("a cell of more than %d bytes", MaxCell), "is a quote or a line end missing?")
}

// countCharacters counts the bytes that begin a character of UTF-8.
func countCharacters(text []byte) int {
	n := 0
	for _, c := range text {
		if c&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// plain reads a cell without quotes, or what follows a closing quote.
func (r *records) plain(start int, c cell) {
	for !r.atEnd() {
		n, special := r.run(&r.class)
		r.take(n, special, start, c)
		switch {
		case len(r.buf) == 0:
		case r.buf[0] == '"':
			r.take(1, false, start, c)
		default:
			return
		}
	}
}

// quoted reads a cell in quotes, with what follows up to the separator. It
// gives false when the record ends with this cell for want of a closing quote.
func (r *records) quoted(start int, c cell) (more bool) {
	r.buf = r.buf[1:]
	r.column++
	r.raw = r.raw[:0]
	for {
		if r.atEnd() {
			return r.unclosed(start, c)
		}
		n, special := r.run(&quotedClass)
		r.raw = append(r.raw, r.buf[:n]...)
		if len(r.raw) > MaxCell {
			return r.unclosed(start, c)
		}
		r.take(n, special, start, c)
		switch r.peek() {
		case '"':
			r.buf = r.buf[1:]
			r.column++
			r.raw = append(r.raw, '"')
			if r.peek() == '"' {
				r.raw = append(r.raw, '"')
				r.take(1, false, start, c)
				continue
			}
			return r.afterQuote(start, c)
		case '\r', '\n':
			// Every line end is one "\n" here, as in a profile's value.
			r.raw = append(r.raw, '\n')
			r.text = append(r.text, '\n')
			r.special = true
			r.lineEnd()
		}
	}
}

// afterQuote looks at what follows a closing quote.
func (r *records) afterQuote(start int, c cell) (more bool) {
	if r.atEnd() || r.buf[0] == r.separator || r.buf[0] == '\r' || r.buf[0] == '\n' {
		return true
	}
	if r.row != c.row { // it is the opening quote of another cell
		return r.unclosed(start, c)
	}
	r.problem(r.row, r.column, "csv-after-quote", "text after the closing quote of a cell", `write a quote inside a quoted cell twice: ""`)
	r.plain(start, c)
	return true
}

// unclosed ends a record at the end of the line where a quote was opened, and
// lets the lines that seemed to be in the cell be read again.
func (r *records) unclosed(start int, c cell) (more bool) {
	r.problem(c.row, c.column, "csv-quote", "a quote is opened here and not closed", `end the cell with a quote; write a quote inside it twice: ""`)
	line, rest, found := bytes.Cut(r.raw, []byte("\n"))
	r.text = append(r.text[:start], line...)
	if found {
		r.suspect = r.row
		r.pending = append(r.pending, r.buf)
		r.buf = bytes.Clone(rest)
		r.row, r.column = c.row+1, 1
	}
	return false
}

// problem adds one about the form of the record.
func (r *records) problem(row, column int, id, summary, hint string) {
	r.problems = append(r.problems, schema.Problem{
		ID: id, Severity: rule.Error, Origin: schema.Origin{File: r.name, Row: row, Column: column}, Summary: summary, Hint: hint,
	})
}

// firstLine is the first line that is not blank, without reading it.
func (r *records) firstLine() []byte {
	for {
		text := bytes.TrimLeft(r.buf, blanks)
		if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
			return text[:i]
		}
		if len(r.buf) == len(r.store) || r.err != nil {
			return text
		}
		n, err := r.in.Read(r.store[len(r.buf):])
		r.buf, r.err = r.store[:len(r.buf)+n], err
	}
}

// guessSeparator is the one of , ; and tab that stands most often outside the
// quotes of the header; a comma when none does.
func guessSeparator(header []byte) byte {
	counts := map[byte]int{}
	inQuotes := false
	for _, c := range header {
		if c == '"' {
			inQuotes = !inQuotes
		} else if !inQuotes {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t") {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// textReader makes UTF-8 of what in gives: it drops the byte-order mark, and
// decodes UTF-16. Other text comes through as it is, sound UTF-8 or not.
type textReader struct {
	in       io.Reader
	started  bool
	encoding encoding
	data     []byte // of UTF-16, not yet decoded
	text     []byte // decoded, not yet given
	err      error
}

func (t *textReader) Read(p []byte) (int, error) {
	if !t.started {
		t.start()
	}
	for len(t.text) == 0 && t.err == nil {
		if t.encoding == encodingUTF8 {
			return t.in.Read(p)
		}
		t.decode()
	}
	if len(t.text) == 0 {
		return 0, t.err
	}
	n := copy(p, t.text)
	t.text = t.text[n:]
	return n, nil
}

// start looks at the first bytes.
func (t *textReader) start() {
	t.started = true
	head := make([]byte, 4)
	n, err := io.ReadFull(t.in, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		t.err = err
	}
	e, mark, _ := detectEncoding(head[:n])
	t.encoding = e
	t.in = io.MultiReader(bytes.NewReader(head[len(mark):n]), t.in)
}

// decode reads a piece of UTF-16 and makes text of the whole characters in it.
func (t *textReader) decode() {
	const size = 16 << 10
	held := len(t.data)
	data := append(make([]byte, 0, held+size), t.data...)[:held+size]
	n, err := t.in.Read(data[held:])
	data = data[:held+n]
	whole := len(data)
	if err == nil {
		whole &^= 1
		if whole >= 2 && t.encoding.isHighSurrogate(data[whole-2:]) {
			whole -= 2
		}
	}
	t.err = err
	if t.text, err = t.encoding.decode(nil, data[:whole]); err != nil {
		t.err = err
	}
	t.data = data[whole:]
}
