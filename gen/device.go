package gen

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"profilegen/rule"
	"profilegen/schema"
)

// Device is one phone of a fleet: one row of the CSV.
type Device struct {
	rule.Identity
	Encrypt Choice         // schema.PhoneEncryptions: of its file, in place of the batch's
	Digest  Choice         // schema.Digests
	Values  []schema.Value // its own parameters
	Origin  schema.Origin  // file and row
}

// Choice is one of a few words that a list may say of a phone.
type Choice struct {
	Text   string // "" is as for all phones
	Column int    // where it stands in the row; 0 when there is none
}

// Table reads devices from a CSV, row by row, and goes on after a bad row.
//
// The first row names the columns (see [OpenTable]); every other row is a
// phone. An empty cell sets nothing, so that the model's and the base profile's
// value shows through; "" (two quote characters, in the file """""") sets the
// empty text. An apostrophe before = + - @ is taken off: spreadsheets write it to
// keep a text from becoming a formula, and so does [AppendCSVDevice].
//
// Separators are comma, semicolon or tab, lines end with LF, CR LF or CR, and
// the text is UTF-8, UTF-16 with a byte-order mark, or Windows-1252. Lines
// without any text are left out. Values are not checked against the catalog
// here; what a spreadsheet does to numbers, names and addresses is.
type Table struct {
	records *records
	columns Columns
	width   int  // cells of the header, or of the first row when it has more
	rows    int  // read so far
	told    bool // that the file is in Windows-1252
}

// Columns is a CSV's header, understood.
type Columns []Column

// Column is one column of a CSV. Of the names at most one is set; a column left
// out has none.
type Column struct {
	Header   string // as written
	Identity string // "mac", "model", "serial" …
	Element  string // the parameter its cells set
	Origin   schema.Origin

	identity *identityColumn
	number   bool // its cells are numbers or what spreadsheets take for one
	text     bool // any text may stand in it
	secret   bool
}

// OpenTable reads the header, which may name a column by
//
//   - a parameter's element, Proxy_1_, or its label on the phone's web page,
//     Resync At (HHmm) or Proxy[2];
//   - one of the short names of the tables in device_columns.go: mac, model,
//     user, password, server; with a number for another line: user2, ext2_user,
//     line2_user. A column ext is the user too, but beside a column user it is
//     what the line key shows;
//   - something that begins with # or is called note or comment: left out.
//
// Unknown, ambiguous and repeated columns are problems of severity Error; the
// rows can be read all the same, without these columns. A file that cannot be
// read, or has no column of MAC addresses, is an error; in the latter case the
// table comes too, for its columns.
func OpenTable(name string, in io.Reader) (*Table, schema.Problems, error) {
	return OpenTableAs(name, in, nil)
}

// OpenTableAs is OpenTable with other names for some columns than the file has.
// names has them by the column's number, from 0 on; "#" leaves a column out.
func OpenTableAs(name string, in io.Reader, names map[int]string) (*Table, schema.Problems, error) {
	r := newRecords(name, &textReader{in: in})
	line := r.firstLine()
	if mark, ok := separatorLine(line); ok {
		r.setSeparator(mark)
		r.next()
	} else {
		r.setSeparator(guessSeparator(line))
	}
	t := &Table{records: r}
	for {
		if !r.next() {
			return nil, nil, t.readError("the file is empty", "its first row names the columns: mac,model,…")
		}
		if !t.isBlank() {
			break
		}
	}
	problems := t.decode()
	problems = append(problems, r.problems...)
	header := t.strings()
	for i, name := range names {
		if i < len(header) {
			header[i].text = name
		}
	}
	columns, found := readHeader(header)
	t.columns, t.width = columns, len(r.cells)
	problems = append(problems, found...)
	if r.surplus > 0 {
		problems = append(problems, t.tooManyColumns())
	}
	problems.Sort()
	if !slices.ContainsFunc(columns, func(c Column) bool { return c.Identity == "mac" }) {
		if t.isPhone() {
			return nil, nil, fmt.Errorf("%s:%d: the first row is a phone; it must name the columns: mac,model,…", name, columns[0].Origin.Row)
		}
		return t, problems, fmt.Errorf("%s:%d: no column named mac; the first row names the columns: mac,model,…", name, columns[0].Origin.Row)
	}
	return t, problems, nil
}

// separatorLine reads Excel's first line: sep=;
func separatorLine(line []byte) (separator byte, ok bool) {
	text := strings.ToLower(strings.Trim(string(line), `"`))
	if len(text) != len("sep=;") || !strings.HasPrefix(text, "sep=") {
		return 0, false
	}
	return text[len(text)-1], text[len(text)-1] < utf8.RuneSelf
}

// Columns is the header.
func (t *Table) Columns() Columns { return t.columns }

// isPhone tells whether the first row holds a MAC address: it is no header.
func (t *Table) isPhone() bool {
	return slices.ContainsFunc(t.columns, func(c Column) bool {
		_, err := rule.ParseMAC(c.Header)
		return err == nil
	})
}

func (t *Table) readError(message, hint string) error {
	if err := t.records.err; err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: line %d: %w", t.records.name, t.records.row, err)
	}
	return fmt.Errorf("%s: %s; %s", t.records.name, message, hint)
}

func (t *Table) tooManyColumns() schema.Problem {
	return schema.Problem{
		ID: "csv-columns", Severity: rule.Error, Origin: t.origin(t.records.cells[MaxColumns-1]),
		Summary: fmt.Sprintf("more than %d columns", MaxColumns), Hint: "leave out what the phones do not need",
	}
}

// Next reads a row into d, reusing its memory. It returns io.EOF at the end;
// the problems of a bad row come with ok false, and reading goes on. d then
// holds what could be read of it.
func (t *Table) Next(d *Device) (problems schema.Problems, ok bool, err error) {
	r := t.records
	for {
		if !r.next() {
			if r.err != io.EOF {
				return nil, false, t.readError("", "")
			}
			return nil, false, io.EOF
		}
		if !t.isBlank() || r.problems != nil {
			break
		}
	}
	problems = append(t.decode(), r.problems...)
	*d = Device{Values: d.Values[:0], Origin: t.origin(r.cells[0])}
	row := rowReader{table: t, device: d, problems: problems}
	row.read()
	if len(row.problems) > 1 {
		row.problems.Sort()
	}
	worst, bad := row.problems.Worst()
	return row.problems, !bad || worst < rule.Error, nil
}

// isBlank tells whether no cell of the record has a text.
func (t *Table) isBlank() bool {
	for _, c := range t.records.text {
		if !isBlank(c) {
			return false
		}
	}
	return true
}

// decode makes Windows-1252 of the cells that are not UTF-8, and tells of it
// once.
func (t *Table) decode() schema.Problems {
	r := t.records
	if !r.special || utf8.Valid(r.text) {
		return nil
	}
	var text []byte
	var first cell
	start := 0
	for i := range r.cells {
		c := &r.cells[i]
		piece := r.text[start:c.end]
		start = c.end
		if utf8.Valid(piece) {
			text = append(text, piece...)
		} else {
			if text = decodeWindows1252(text, piece); first.row == 0 {
				first = *c
			}
		}
		c.end = len(text)
	}
	r.text, r.bytewise = text, true
	if t.told {
		return nil
	}
	t.told = true
	return schema.Problems{{
		ID: "csv-encoding", Severity: rule.Warning, Origin: t.origin(first),
		Summary: "the file is not UTF-8; it is read as Windows-1252", Hint: "save it as CSV UTF-8, and look at names with accents",
	}}
}

func (t *Table) origin(c cell) schema.Origin {
	return schema.Origin{File: t.records.name, Row: c.row, Column: c.column}
}

// strings lists the cells of the record with their places.
func (t *Table) strings() []placedText {
	list := make([]placedText, len(t.records.cells))
	start := 0
	for i, c := range t.records.cells {
		list[i] = placedText{string(t.records.text[start:c.end]), t.origin(c)}
		start = c.end
	}
	return list
}

type placedText struct {
	text   string
	origin schema.Origin
}

// rowReader puts the cells of a row into a device.
type rowReader struct {
	table    *Table
	device   *Device
	problems schema.Problems
	column   *Column
	origin   schema.Origin // of the cell
	hasMAC   bool          // be it a good one or not
}

func (r *rowReader) read() {
	t := r.table
	cells := t.records.cells
	text := string(t.records.text) // the one allocation; the values are pieces of it
	start := 0
	for i := range cells {
		c := &cells[i]
		value := text[start:c.end]
		start = c.end
		if value == "" {
			continue
		}
		r.origin = schema.Origin{File: t.records.name, Row: c.row, Column: c.column}
		if i >= len(t.columns) {
			r.column = nil
			r.surplus(text[start-len(value):])
			break
		}
		r.column = &t.columns[i]
		r.cell(value)
	}
	r.column, r.origin = nil, r.device.Origin
	if !r.hasMAC {
		r.add(rule.Error, "mac-missing", "the phone has no MAC address", "write its 12 hex digits into the column of MAC addresses")
	}
	r.checkWidth()
}

// surplus tells of text beyond the header's columns.
func (r *rowReader) surplus(rest string) {
	if strings.Trim(rest, blanks) != "" {
		r.add(rule.Error, "csv-cells", r.table.cellCount(), "put a value that holds the separator in quotes")
	}
}

// checkWidth compares the number of cells with the header's. Separators at the
// end of lines are fine when the first line has them too; otherwise a value with
// a separator may have moved the others.
func (r *rowReader) checkWidth() {
	t := r.table
	cells := len(t.records.cells)
	if t.rows++; t.rows == 1 {
		t.width = max(t.width, cells)
	}
	switch {
	case t.records.problems != nil: // the row may be cut off
	case cells < len(t.columns):
		r.origin = t.origin(t.records.cells[cells-1])
		r.add(rule.Error, "csv-cells", t.cellCount(), "write the separators of empty cells too")
	case cells > t.width && !r.hasProblem("csv-cells"):
		r.origin = t.origin(t.records.cells[t.width])
		r.add(rule.Warning, "csv-cells", t.cellCount(), "is a value with the separator in it not in quotes?")
	}
}

func (t *Table) cellCount() string {
	return fmt.Sprintf("cells in the row: %d, in the header: %d", len(t.records.cells)+t.records.surplus, len(t.columns))
}

func (r *rowReader) hasProblem(id string) bool {
	return slices.ContainsFunc(r.problems, func(p schema.Problem) bool { return p.ID == id })
}

// cell takes one cell that has a text.
func (r *rowReader) cell(text string) {
	switch c := r.column; {
	case c.identity != nil:
		if text = r.clean(text); text == "" {
			return
		}
		if isGuarded(text) {
			text = text[1:]
		}
		r.hasMAC = r.hasMAC || c.Identity == "mac"
		if err := c.identity.set(r.device, text); err != nil {
			r.addError(err)
		} else if c.identity.choice != nil {
			c.identity.choice(r.device).Column = r.origin.Column
		}
	case c.Element != "":
		if c.secret {
			r.checkInvisible(text, "it is part of the value")
		} else if text = r.clean(text); text == "" {
			return
		}
		r.value(text)
	case c.Header == "":
		r.add(rule.Error, "csv-no-header", "the column has no name in the first row", "name it, or empty the cells under it")
	}
}

// value sets the column's parameter.
func (r *rowReader) value(text string) {
	switch {
	case text == emptyMark:
		text = ""
	case isGuarded(text):
		text = text[1:]
	case !r.checkDamage(text):
		return
	}
	if r.table.records.special || r.column.secret {
		if !r.column.secret && strings.Contains(text, "\n") {
			r.add(rule.Warning, "csv-line-end", "a line end inside the value becomes a blank, as on the phone", "write the value in one line")
			text = trimValue(text)
		}
		if err := CheckText(text); err != nil {
			r.add(rule.Error, "text", err.Error(), "delete it, or choose another value")
			return
		}
	}
	r.device.Values = append(r.device.Values, schema.Value{Name: r.column.Element, Text: text, Origin: r.origin})
}

// clean takes off what the phone would drop, or nobody means: outer blanks,
// and blanks of word processors.
func (r *rowReader) clean(text string) string {
	if text[0] <= ' ' || text[len(text)-1] <= ' ' {
		text = strings.Trim(text, blanks)
	}
	if !r.checkInvisible(text, "it is taken off, or made a blank") {
		return text
	}
	text = strings.Map(func(c rune) rune {
		switch {
		case c == '\u00A0' || c == '\u202F':
			return ' '
		case strings.ContainsRune(invisible, c):
			return -1
		}
		return c
	}, text)
	return strings.Trim(text, blanks)
}

// checkInvisible tells of characters that are not seen; true when there is one.
func (r *rowReader) checkInvisible(text, consequence string) bool {
	if !r.table.records.special || !strings.ContainsAny(text, invisible) {
		return false
	}
	r.add(rule.Warning, "csv-invisible", "an invisible character, such as a no-break space; "+consequence, "type the value anew")
	return true
}

// invisible is what comes along when a text is copied from a page: no-break
// spaces, zero-width ones, direction marks, soft hyphens.
const invisible = "\u00A0\u202F\u200B\u200C\u200D\u200E\u200F\u2060\uFEFF\u00AD"

// add adds a problem with the cell.
func (r *rowReader) add(severity rule.Severity, id, summary, hint string) {
	p := schema.Problem{ID: id, Severity: severity, Origin: r.origin, Summary: summary, Hint: hint}
	if r.column != nil {
		if p.Element = r.column.Element; r.column.identity != nil {
			p.Summary = r.column.Identity + ": " + summary
		}
	}
	r.problems = append(r.problems, p)
}

// addError adds what is wrong with a cell. Where rows may be lines of a quoted
// password, no text is told.
func (r *rowReader) addError(err *cellError) {
	if r.origin.Row <= r.table.records.suspect {
		err = &cellError{err.severity, err.id, "the cell is not what its column asks for", "close the quote that is opened in a row above, then read the file again"}
	}
	r.add(err.severity, err.id, err.summary, err.hint)
}
