package gen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"profilegen/rule"
	"profilegen/schema"
)

// Document is an XML profile as it was read. An untouched one is written back
// byte for byte; an edit changes the bytes of that value only.
//
// What the document says is in an etree; how it is written, in the texts of its
// parameters' elements and what stands between them.
type Document struct {
	name     string
	mark     []byte // byte-order mark
	encoding encoding
	tree     *etree.Document
	profile  *etree.Element // flat-profile

	parameters []parameter
	tail       []byte // from the last parameter's end
	closing    int    // in tail: "</flat-profile>", or the "/>" of <flat-profile/>
	selfClosed bool   // <flat-profile/>
	lost       int    // line ends of the text left out before the XML
	mended     bool
}

// parameter is one child of flat-profile.
type parameter struct {
	before  []byte // what stands between the one before it and this
	text    []byte // from "<" to ">"
	element *etree.Element
	value   schema.Value // without Origin
}

// ReadXML reads a profile: <flat-profile> at the root or inside other
// elements (f.1). name is for the problems' places. What the phone ignores or
// we had to mend is a Problem; what it would refuse is an error, an *XMLError.
// Names and values are not checked: that is the catalog's.
func ReadXML(name string, data []byte) (*Document, schema.Problems, error) {
	return XMLReader{}.Read(name, data)
}

// XMLReader is ReadXML with other bounds.
type XMLReader struct {
	MaxSize  int // in bytes; 0: 4 MB
	MaxDepth int // of elements in each other; 0: 64
	// AsPhone refuses what would only be mended for a user who opens a file:
	// text before the XML, such as a browser shows.
	AsPhone bool
}

// XMLError says where a file stops being a profile, and the way out.
type XMLError struct {
	Origin  schema.Origin
	Message string
	Hint    string // may be empty
}

func (e *XMLError) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", e.Origin.File, e.Origin.Row, e.Origin.Column, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Read is ReadXML within the reader's bounds.
func (r XMLReader) Read(name string, data []byte) (*Document, schema.Problems, error) {
	if r.MaxSize == 0 {
		r.MaxSize = 4 << 20
	}
	if r.MaxDepth == 0 {
		r.MaxDepth = 64
	}
	d := &Document{name: name}
	if err := checkBody(data, r.MaxSize); err != nil {
		err.Origin = schema.Origin{File: name, Row: 1, Column: 1}
		return nil, nil, err
	}
	text, err := d.decode(data)
	if err != nil {
		return nil, nil, err
	}
	lines := lineCounter{text: text, row: 1, column: 1}
	place := func(offset int) schema.Origin { return lines.origin(name, offset) }
	s := &scanner{text: text, maxDepth: r.MaxDepth, mend: !r.AsPhone, place: place}
	d.tree = etree.NewDocument()
	if !s.document(&d.tree.Element) {
		return nil, nil, &XMLError{place(s.err.offset), s.err.message, s.err.hint}
	}
	if s.profile.element == nil {
		return nil, nil, noProfile(d.tree.Root(), place(s.outer[0].offset))
	}
	d.take(s)
	d.report(s)
	s.problems.Sort()
	return d, s.problems, nil
}

// checkBody refuses what cannot be XML before it is looked at as text.
func checkBody(data []byte, maxSize int) *XMLError {
	switch {
	case len(data) > maxSize:
		return &XMLError{Message: fmt.Sprintf("the file has %d bytes, more than %d", len(data), maxSize), Hint: "a phone's whole configuration has some 100,000"}
	case len(data) == 0:
		return &XMLError{Message: "the file is empty", Hint: "a profile is at least <flat-profile></flat-profile>"}
	case bytes.HasPrefix(data, gzipMagic):
		return &XMLError{Message: "the file is compressed with gzip", Hint: "decode it first"}
	case bytes.HasPrefix(data, saltedMagic):
		return &XMLError{Message: "the file is encrypted", Hint: "decode it first, with the key of the rule's --key"}
	}
	return nil
}

// decode makes UTF-8 of data. The phone ignores the declaration (AGF), so a
// declared encoding counts only where the bytes are not UTF-8.
func (d *Document) decode(data []byte) ([]byte, error) {
	e, mark, known := detectEncoding(data)
	d.encoding, d.mark = e, mark
	body := data[len(mark):]
	if !known && !utf8.Valid(body) && isLatin(declaredEncoding(body)) {
		d.encoding = encodingWindows1252
	}
	text, err := d.encoding.decode(nil, body)
	if err != nil {
		lines := lineCounter{text: text, row: 1, column: 1}
		return nil, &XMLError{lines.origin(d.name, len(text)), err.Error(), "the file may be cut off; save it as UTF-8"}
	}
	return text, nil
}

// declaredEncoding looks for the encoding in an XML declaration near the start.
func declaredEncoding(data []byte) string {
	const far = 4096 // text of a browser may stand before it
	head := data[:min(len(data), far)]
	start := bytes.Index(head, []byte("<?xml"))
	if start < 0 {
		return ""
	}
	s := &scanner{text: head[start:], place: func(int) schema.Origin { return schema.Origin{} }}
	s.declaration(new(etree.Element))
	return s.declared
}

func isLatin(name string) bool {
	switch strings.ToLower(name) {
	case "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252":
		return true
	}
	return false
}

// noProfile says what the file is instead of a profile.
func noProfile(root *etree.Element, at schema.Origin) *XMLError {
	e := &XMLError{at, "no <flat-profile> in the file", "a profile is <flat-profile> … </flat-profile>"}
	name := strings.ToLower(root.FullTag())
	switch {
	case name == "html":
		e.Message, e.Hint = "this is a web page, not a profile", "download the file itself"
	case name == "device":
		e.Message = "<device> holds no <flat-profile>: this is the format of enterprise firmware (SEP….cnf.xml)"
		e.Hint = "phones with multiplatform firmware do not read it"
	case strings.NewReplacer("_", "", "-", "").Replace(name) == "flatprofile":
		e.Message = fmt.Sprintf("<%s> is not <flat-profile>", root.FullTag())
		e.Hint = "write it exactly so: flat-profile"
	}
	return e
}

// take keeps what the scanner found, cut at the parameters.
func (d *Document) take(s *scanner) {
	d.profile = s.profile.element
	d.parameters = make([]parameter, len(s.profile.parameters))
	end := 0
	for i, p := range s.profile.parameters {
		d.parameters[i] = parameter{
			before: s.text[end:p.from:p.from], text: s.text[p.from:p.to:p.to],
			element: p.element, value: valueOf(p.element, &p.tag),
		}
		end = p.to
	}
	d.tail = s.text[end:len(s.text):len(s.text)]
	d.closing = s.profile.closing - end
	d.selfClosed = s.profile.empty
	if len(s.stray) > 0 {
		d.leaveOut(s)
	}
}

// leaveOut takes the text before the root out of the document.
func (d *Document) leaveOut(s *scanner) {
	d.mended = true
	head, closing := &d.tail, &d.closing
	if len(d.parameters) > 0 {
		head, closing = &d.parameters[0].before, new(int)
	}
	var clean []byte
	end := 0
	for _, span := range s.stray {
		clean = append(clean, s.text[end:span.from]...)
		*closing -= span.to - span.from
		lines := lineCounter{text: s.text[span.from:span.to], row: 0}
		d.lost += lines.origin("", span.to-span.from).Row
		end = span.to
	}
	*head = append(clean, (*head)[end:]...)
}

// valueOf is what an element says. Outer blanks go, and a line end with the
// blanks round it becomes one blank (f.1); a right that is none is not taken
// over (f.2).
func valueOf(e *etree.Element, t *tag) schema.Value {
	v := schema.Value{Name: t.name, Empty: t.empty}
	var text string
	for _, child := range e.Child {
		if c, ok := child.(*etree.CharData); ok {
			text += c.Data
		}
	}
	v.Text = trimValue(text)
	if ua, ok := t.attribute("ua"); ok && CheckUA(ua.value) == nil {
		v.UA = ua.value
	}
	preserve, _ := t.attribute("preserve-value")
	v.Preserve = preserve.value == "y"
	return v
}

// trimValue reads a value's text as the phone does (f.1).
func trimValue(text string) string {
	text = strings.Trim(text, blanks)
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	var out []byte
	for text != "" {
		plain := strings.IndexAny(text, blanks)
		if plain < 0 {
			return string(append(out, text...))
		}
		out = append(out, text[:plain]...)
		text = text[plain:]
		rest := strings.TrimLeft(text, blanks)
		between := text[:len(text)-len(rest)]
		if strings.ContainsAny(between, "\r\n") {
			between = " "
		}
		out = append(out, between...)
		text = rest
	}
	return string(out)
}

// report lists what the phone ignores.
func (d *Document) report(s *scanner) {
	if len(s.stray) > 0 {
		s.note(s.stray[0].from, schema.Problem{
			ID: "xml-text-before", Severity: rule.Warning,
			Summary: "text before the XML is left out; a phone would refuse the file",
			Hint:    `a copy from a browser's window has such text: save the page's source instead`, Source: "f.1",
		})
	}
	d.reportEncoding(s)
	if n := len(s.between); n > 0 {
		p := schema.Problem{
			ID: "xml-text-between", Severity: rule.Warning,
			Summary: "text between the elements is ignored",
			Hint:    "put it into a comment: <!-- … -->", Source: "f.1, AGF",
		}
		if n > 1 {
			p.Summary += fmt.Sprintf(", here and at %d more places", n-1)
		}
		s.note(s.between[0], p)
	}
	for _, o := range s.outer {
		d.reportOuter(s, o)
	}
	d.reportParameters(s)
}

func (d *Document) reportEncoding(s *scanner) {
	declared := strings.ToLower(s.declared)
	switch {
	case d.encoding != encodingUTF8:
		s.note(0, schema.Problem{
			ID: "xml-encoding", Severity: rule.Warning,
			Summary: fmt.Sprintf("the file is in %s; a phone expects ASCII or UTF-8", d.encoding),
			Hint:    "save it as UTF-8", Source: "f.1, F7832",
		})
	case declared != "" && declared != "utf-8" && declared != "us-ascii" && !isASCII(s.text):
		s.note(0, schema.Problem{
			ID: "xml-encoding", Severity: rule.Warning,
			Summary: fmt.Sprintf("the declaration says %s, but the file is in UTF-8; the phone ignores the declaration", s.declared),
			Hint:    `write encoding="UTF-8"`, Source: "f.1, AGF",
		})
	}
}

// reportOuter tells of an element that neither is in the flat-profile nor holds it.
func (d *Document) reportOuter(s *scanner, o outerElement) {
	for e := d.profile.Parent(); e != nil; e = e.Parent() {
		if e == o.element {
			return
		}
	}
	summary := fmt.Sprintf("<%s> stands outside <flat-profile> and is ignored", o.element.FullTag())
	if o.element.FullTag() == "flat-profile" {
		summary = "a second <flat-profile>; only the first is read here, and what a phone does is not known"
	}
	s.note(o.offset, schema.Problem{
		ID: "xml-outside-profile", Severity: rule.Warning, Summary: summary,
		Hint: "move what it holds into the <flat-profile>", Source: "AGF",
	})
}

// reportParameters looks at attributes and for names that stand twice.
func (d *Document) reportParameters(s *scanner) {
	first := make(map[string]int, len(s.profile.parameters))
	for _, p := range s.profile.parameters {
		name := p.tag.name
		if at, twice := first[name]; twice {
			s.note(p.from, schema.Duplicate(name, s.place(at), schema.Origin{}))
		}
		first[name] = p.from
		for _, a := range p.tag.attributes {
			reportAttribute(s, name, a)
		}
	}
}

func reportAttribute(s *scanner, element string, a attribute) {
	if a.name != "ua" && a.name != "preserve-value" {
		return
	}
	p := schema.Problem{ID: "xml-attribute", Severity: rule.Warning, Element: element, Source: "f.2, ACC"}
	switch {
	case a.name == "ua" && (a.value == "" || CheckUA(a.value) != nil):
		p.Summary = fmt.Sprintf("ua=%q is no access right and is not taken over", a.value)
		p.Hint = "write na, ro or rw"
		if strings.Contains(a.value, "y") {
			p.Hint = `write ua="rw" preserve-value="y" to keep what the user has set`
		}
	case a.name == "preserve-value" && a.value != "y":
		p.Summary = fmt.Sprintf("preserve-value=%q does nothing", a.value)
		p.Hint = `write preserve-value="y", or leave it out`
	case s.text[a.to-1] == '\'':
		p.Summary = fmt.Sprintf("the value of %s is in single quotes; the guide wants double ones", a.name)
		p.Hint = fmt.Sprintf(`write %s="%s"`, a.name, a.value)
	default:
		return
	}
	s.note(a.inner.from, p)
}

// Mended tells whether text before the XML was left out: Bytes is then not
// what was read.
func (d *Document) Mended() bool { return d.mended }

// Tree is the whole document for queries: other elements, attributes, comments.
// It is the document's own: read only.
func (d *Document) Tree() *etree.Document { return d.tree }

// Profile is what the phone would take from it: of duplicates the last. A
// value's Origin is the place of its element in the document as it stands.
func (d *Document) Profile() *schema.Profile {
	p := new(schema.Profile)
	row, column := 1+d.lost, 1
	for i := range d.parameters {
		e := &d.parameters[i]
		row, column = advance(e.before, row, column)
		v := e.value
		v.Origin = schema.Origin{File: d.name, Row: row, Column: column}
		p.Set(v)
		row, column = advance(e.text, row, column)
	}
	return p
}

// Bytes is the document as it stands.
func (d *Document) Bytes() []byte {
	text := make([]byte, 0, d.size())
	for i := range d.parameters {
		text = append(text, d.parameters[i].before...)
		text = append(text, d.parameters[i].text...)
	}
	text = append(text, d.tail...)
	if d.encoding == encodingUTF8 && len(d.mark) == 0 {
		return text
	}
	return d.encoding.encode(slices.Clone(d.mark), text)
}

func (d *Document) size() int {
	n := len(d.tail)
	for i := range d.parameters {
		n += len(d.parameters[i].before) + len(d.parameters[i].text)
	}
	return n
}

// Set replaces the value of an element, or adds the element at the end. Of
// elements of one name it is the last, which counts. An empty v.UA leaves the
// ua attribute as it is written.
func (d *Document) Set(v schema.Value) error {
	i := d.last(v.Name)
	if i < 0 {
		if err := checkElement(v); err != nil {
			return err
		}
		d.add(v)
		return nil
	}
	if err := checkValue(v); err != nil {
		return err
	}
	d.replace(i, editElement(d.parameters[i].text, d.parameters[i].value, v))
	return nil
}

// Delete takes out all elements of that name, each with its line when nothing
// else stands there.
func (d *Document) Delete(name string) {
	for i := len(d.parameters) - 1; i >= 0; i-- {
		if d.parameters[i].value.Name != name {
			continue
		}
		p := d.parameters[i]
		d.profile.RemoveChild(p.element)
		d.parameters = slices.Delete(d.parameters, i, i+1)
		next, closing := &d.tail, &d.closing
		if i < len(d.parameters) {
			next, closing = &d.parameters[i].before, new(int)
		}
		before, after := p.before, *next
		if line := lineStart(before); line >= 0 && (len(trimBlanks(before[line:])) == 0) {
			if end := lineEnd(after); end >= 0 {
				before, after = before[:line], after[end:]
			}
		}
		*closing += len(before) + len(after) - len(*next)
		*next = slices.Concat(before, after)
	}
}

// last is the index of the last parameter of that name, -1 when there is none.
func (d *Document) last(name string) int {
	for i := len(d.parameters) - 1; i >= 0; i-- {
		if d.parameters[i].value.Name == name {
			return i
		}
	}
	return -1
}

// replace puts text, an element, in the place of parameter i.
func (d *Document) replace(i int, text []byte) {
	old := d.parameters[i].element
	p := readParameter(text)
	d.profile.InsertChildAt(old.Index(), p.element)
	d.profile.RemoveChild(old)
	p.before = d.parameters[i].before
	d.parameters[i] = p
}

// readParameter reads an element that was written here, so it is sound.
func readParameter(text []byte) parameter {
	s := &scanner{text: text, maxDepth: maxElements, place: func(int) schema.Origin { return schema.Origin{} }}
	parent := etree.NewElement("flat-profile")
	if !s.element(parent, 1, inProfile) {
		panic("gen: an edit made bad XML: " + s.err.message)
	}
	read := s.profile.parameters[0]
	parent.RemoveChild(read.element)
	return parameter{text: text, element: read.element, value: valueOf(read.element, &read.tag)}
}

// add writes a new element before </flat-profile>, on a line of its own and
// indented as its neighbours are.
func (d *Document) add(v schema.Value) {
	newline := d.lineEnd()
	if d.selfClosed {
		d.open(newline)
	}
	line, _ := AppendElement(nil, v) // v is checked
	line = bytes.TrimSuffix(line, []byte("\n"))

	head, rest := d.tail[:d.closing], d.tail[d.closing:]
	var before []byte
	if start := lineStart(head); start >= 0 && len(trimBlanks(head[start:])) == 0 {
		before = slices.Concat(head[:start], d.indentation())
		rest = slices.Concat(newline, head[start:], rest)
		d.closing = len(newline) + len(head) - start
	} else {
		before = slices.Clone(head)
		d.closing = 0
	}
	p := readParameter(line)
	p.before = before
	d.parameters = append(d.parameters, p)
	d.tail = rest
	d.profile.AddChild(p.element)
}

// open makes <flat-profile> and </flat-profile>, a line each, of <flat-profile/>.
func (d *Document) open(newline []byte) {
	start := bytes.TrimRight(d.tail[:d.closing], blanks)
	rest := d.tail[d.closing+len("/>"):]
	d.tail = slices.Concat(start, []byte(">"), newline, []byte("</flat-profile>"), rest)
	d.closing = len(start) + len(">") + len(newline)
	d.selfClosed = false
}

// lineEnd is the line end the document uses.
func (d *Document) lineEnd() []byte {
	text := d.tail
	if len(d.parameters) > 0 {
		text = d.parameters[0].before
	}
	switch i := bytes.IndexAny(text, "\r\n"); {
	case i >= 0 && text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n':
		return text[i : i+2 : i+2]
	case i >= 0:
		return text[i : i+1 : i+1]
	}
	return []byte("\n")
}

// indentation is the blanks before the last parameter that begins a line.
func (d *Document) indentation() []byte {
	for i := len(d.parameters) - 1; i >= 0; i-- {
		before := d.parameters[i].before
		if start := lineStart(before); start >= 0 && len(trimBlanks(before[start:])) == 0 {
			return before[start:]
		}
	}
	return nil
}

// lineStart is where the last line of text begins, -1 when it has no line end.
func lineStart(text []byte) int {
	if i := bytes.LastIndexAny(text, "\r\n"); i >= 0 {
		return i + 1
	}
	return -1
}

// lineEnd is where the second line of text begins, -1 when something stands on
// the first.
func lineEnd(text []byte) int {
	rest := bytes.TrimLeft(text, " \t")
	start := len(text) - len(rest)
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return start + 2
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		return start + 1
	}
	return -1
}

// editElement writes v into the element text, which says old, and changes no
// byte it need not.
func editElement(text []byte, old, v schema.Value) []byte {
	s := &scanner{text: text}
	start, _ := s.startTag()
	closing := len(text)
	if !start.empty {
		closing = bytes.LastIndex(text, []byte("</"))
	}
	content := text[start.to:closing]
	if v.Text != old.Text {
		content = editContent(content, v.Text)
	}
	empty := start.empty
	if v.Text != old.Text || v.Text == "" {
		empty = v.Empty && v.Text == ""
	}

	out := editAttributes(text, &start, old, v)
	switch {
	case empty:
		return append(out, "/>"...)
	case start.empty:
		out = append(bytes.TrimRight(out, blanks), '>')
		out = append(out, content...)
		return append(append(append(out, "</"...), start.name...), '>')
	}
	out = append(out, '>')
	out = append(out, content...)
	return append(out, text[closing:]...)
}

// editAttributes is the start tag without its ">" or "/>", with the attributes
// of v.
func editAttributes(text []byte, start *tag, old, v schema.Value) []byte {
	end := start.to - len(">")
	if start.empty {
		end = start.to - len("/>")
	}
	var out []byte
	from := 0
	splice := func(at span, with string) {
		out = append(out, text[from:at.from]...)
		out = append(out, with...)
		from = at.to
	}
	afterName := len("<") + len(start.name)
	ua, hasUA := start.attribute("ua")
	preserve, hasPreserve := start.attribute("preserve-value")
	insert := ""
	if v.UA != "" && !hasUA {
		insert += ` ua="` + v.UA + `"`
	}
	if v.Preserve && !hasPreserve {
		insert += ` preserve-value="y"`
	}
	if insert != "" {
		splice(span{afterName, afterName}, insert)
	}
	for _, a := range start.attributes {
		switch {
		case a.name == ua.name && v.UA != "" && v.UA != a.value:
			splice(a.inner, v.UA)
		case a.name == preserve.name && v.Preserve && !old.Preserve:
			splice(a.inner, "y")
		case a.name == preserve.name && !v.Preserve && old.Preserve:
			splice(a.span, "")
		}
	}
	return append(out, text[from:end]...)
}

// editContent puts a value between the blanks that stand round the old one.
func editContent(content []byte, value string) []byte {
	core := trimBlanks(content)
	escaped := AppendText(nil, value)
	if len(core) == 0 || value == "" {
		return escaped
	}
	start := bytes.Index(content, core)
	return slices.Concat(content[:start], escaped, content[start+len(core):])
}

// lineCounter gives the places of offsets, best in ascending order.
type lineCounter struct {
	text        []byte
	offset      int
	row, column int // of offset
}

func (l *lineCounter) origin(file string, offset int) schema.Origin {
	if offset < l.offset {
		*l = lineCounter{text: l.text, row: 1, column: 1}
	}
	l.row, l.column = advance(l.text[l.offset:offset], l.row, l.column)
	l.offset = offset
	return schema.Origin{File: file, Row: l.row, Column: l.column}
}

// advance is the place after text when it begins at row and column. A line
// ends with LF, CR LF or CR; columns count characters.
func advance(text []byte, row, column int) (int, int) {
	start := 0
	if bytes.IndexByte(text, '\r') < 0 {
		row += bytes.Count(text, []byte("\n"))
		start = bytes.LastIndexByte(text, '\n') + 1
	} else {
		for i, c := range text {
			if c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
				row++
				start = i + 1
			}
		}
	}
	if start > 0 {
		column = 1
	}
	return row, column + utf8.RuneCount(text[start:])
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
