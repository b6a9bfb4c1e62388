package gen

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beevik/etree"

	"profilegen/rule"
	"profilegen/schema"
)

// Bounds of what is read: a phone's whole configuration has some 1,700
// elements, two levels deep, with two attributes each.
const (
	maxElements   = 1 << 16
	maxAttributes = 64
	maxAlike      = 100 // problems of one kind that are listed
)

// scanner reads XML 1.0 as the standard has it, without document types: what
// Go's encoding/xml and etree let pass though it is not well-formed (two roots,
// text round the root, an attribute twice, a late declaration) is refused. It
// builds an etree and keeps the places of the parameters' elements, so that a
// document can be written back as it was.
type scanner struct {
	text     []byte
	pos      int
	maxDepth int
	buf      []byte // of decoded text

	zone     zone   // of the element being read
	mend     bool   // step over text before the root
	stray    []span // what was stepped over
	declared string // encoding named in the declaration
	elements int
	profile  profileSpan
	outer    []outerElement
	between  []int // places of text between the parameters

	place    func(offset int) schema.Origin
	problems schema.Problems
	alike    map[string]int // number of problems by ID

	err *syntaxError
}

// span is a range of the text.
type span struct{ from, to int }

// profileSpan is the flat-profile element and what was found in it.
type profileSpan struct {
	element    *etree.Element // nil: none found yet
	parameters []parameterSpan
	closing    int // place of "</flat-profile>", or of the "/>" of <flat-profile/>
	empty      bool
}

// parameterSpan is one child element of flat-profile.
type parameterSpan struct {
	span
	tag     tag
	element *etree.Element
}

// outerElement is an element outside flat-profile.
type outerElement struct {
	offset  int
	element *etree.Element
}

// tag is a start tag, or an empty-element tag.
type tag struct {
	span
	name       string
	attributes []attribute
	empty      bool // <X/>
	zone       zone
}

// attribute is one of a tag's. Its span begins with the blanks before it.
type attribute struct {
	span
	name  string
	value string
	inner span // of the value as written, without its quotes
}

func (t *tag) attribute(name string) (a attribute, ok bool) {
	for _, a := range t.attributes {
		if a.name == name {
			return a, true
		}
	}
	return attribute{}, false
}

// syntaxError is the first thing that is wrong.
type syntaxError struct {
	offset        int
	message, hint string
}

// fail always gives false, so that it can be returned.
func (s *scanner) fail(offset int, message, hint string) bool {
	if s.err == nil {
		s.err = &syntaxError{offset, message, hint}
	}
	return false
}

// note adds a problem at a place of the text.
func (s *scanner) note(offset int, p schema.Problem) {
	if s.alike == nil {
		s.alike = make(map[string]int)
	}
	if s.alike[p.ID]++; s.alike[p.ID] > maxAlike {
		return
	}
	p.Origin = s.place(offset)
	s.problems = append(s.problems, p)
}

// document reads the whole text into tree; when it gives false, s.err tells why.
func (s *scanner) document(tree *etree.Element) bool {
	if !s.prolog(tree) || !s.element(tree, 1, outside) {
		return false
	}
	for s.pos < len(s.text) {
		if s.has("<!--") || s.has("<?") || isBlank(s.at(0)) {
			if !s.misc(tree) {
				return false
			}
			continue
		}
		return s.fail(s.pos, "something follows the end of the XML", "delete what comes after the last end tag")
	}
	return true
}

// prolog reads up to the root element.
func (s *scanner) prolog(tree *etree.Element) bool {
	s.skipStray()
	if s.has("<?xml") && !isNameByte(s.at(len("<?xml"))) && !s.declaration(tree) {
		return false
	}
	for s.skipStray(); s.has("<!--") || s.has("<?") || isBlank(s.at(0)); s.skipStray() {
		if !s.misc(tree) {
			return false
		}
	}
	switch {
	case s.pos == len(s.text):
		return s.fail(s.pos, "no XML element here", "a profile is <flat-profile> … </flat-profile>")
	case s.has("<!DOCTYPE html"), s.has("<!doctype html"):
		return s.fail(s.pos, "this is a web page, not a profile", "download the file itself")
	case s.has("<!DOCTYPE"):
		return s.fail(s.pos, "a document type is not read, for it can define entities", "delete <!DOCTYPE …>; a profile needs none")
	case s.at(0) != '<':
		return s.fail(s.pos, "text before the XML", `delete what comes before the first "<"`)
	}
	return true
}

// skipStray steps over what a browser puts before the XML it shows ("This XML
// file does not appear to have any style information …", "- "), and over blanks
// before the declaration, where XML has none.
func (s *scanner) skipStray() {
	if !s.mend {
		return
	}
	start := s.pos
	for s.pos < len(s.text) && !s.beginsMarkup() {
		s.pos++
	}
	skipped := s.text[start:s.pos]
	if len(trimBlanks(skipped)) == 0 && !(start == 0 && len(skipped) > 0 && s.has("<?xml")) {
		s.pos = start
		return
	}
	s.stray = append(s.stray, span{start, s.pos})
}

// beginsMarkup tells a tag from a "<" in a text.
func (s *scanner) beginsMarkup() bool {
	next := s.at(1)
	return s.at(0) == '<' && (next == '?' || next == '!' || next != 0 && isNameByte(next))
}

// misc reads a comment, a processing instruction or blanks outside the root.
func (s *scanner) misc(tree *etree.Element) bool {
	switch {
	case s.has("<!--"):
		return s.comment(tree)
	case s.has("<?"):
		return s.instruction(tree)
	}
	start := s.pos
	s.skipBlanks()
	s.buf = appendUnified(s.buf[:0], s.text[start:s.pos])
	tree.CreateText(string(s.buf))
	return true
}

// declaration reads <?xml version="1.0" encoding="…" standalone="…"?>.
func (s *scanner) declaration(tree *etree.Element) bool {
	const hint = `write <?xml version="1.0" encoding="UTF-8"?>, or leave it out`
	start := s.pos
	s.pos += len("<?xml")
	from := s.pos
	next := 0 // of the names, which have this order
	for {
		before := s.pos
		s.skipBlanks()
		if s.has("?>") {
			break
		}
		a, ok := s.attribute(before)
		if !ok {
			s.err.hint = hint
			return false
		}
		switch {
		case bytes.IndexByte(s.text[a.inner.from:a.inner.to], '&') >= 0:
			return s.fail(a.from, "an escape in the XML declaration", hint)
		case a.name == "version" && next == 0 && a.value == "1.0":
			next = 1
		case a.name == "encoding" && next == 1 && isEncodingName(a.value):
			s.declared, next = a.value, 2
		case a.name == "standalone" && (next == 1 || next == 2) && (a.value == "yes" || a.value == "no"):
			next = 3
		default:
			return s.fail(a.from, fmt.Sprintf("%s=%q cannot stand here in the XML declaration", a.name, a.value), hint)
		}
	}
	if next == 0 {
		return s.fail(start, "the XML declaration names no version", hint)
	}
	tree.CreateProcInst("xml", string(bytes.TrimLeft(s.text[from:s.pos], blanks)))
	s.pos += len("?>")
	return true
}

func isEncodingName(name string) bool {
	for i := 0; i < len(name); i++ {
		class := nameClass[name[i]]
		if class == notInName || i == 0 && (class != startsName || name[0] == '_') {
			return false
		}
	}
	return name != ""
}

// zone tells where in a document an element stands.
type zone int

const (
	outside     zone = iota // of the flat-profile
	inProfile               // directly in it: a parameter
	inParameter             // in a parameter's value
)

// element reads an element with all that is in it.
func (s *scanner) element(parent *etree.Element, depth int, z zone) bool {
	s.zone = z
	start, ok := s.startTag()
	if !ok {
		return false
	}
	if depth > s.maxDepth {
		return s.fail(start.from, fmt.Sprintf("elements stand more than %d deep in each other", s.maxDepth), "parameters stand directly in <flat-profile>")
	}
	if s.elements++; s.elements > maxElements {
		return s.fail(start.from, fmt.Sprintf("more than %d elements", maxElements), "a phone has some 2,000 parameters")
	}
	e := parent.CreateElement(start.name)
	for _, a := range start.attributes {
		e.CreateAttr(a.name, a.value)
	}
	content := z
	switch z {
	case outside:
		if start.name == "flat-profile" && s.profile.element == nil {
			s.profile = profileSpan{element: e, closing: start.to - len("/>"), empty: start.empty}
			content = inProfile
		} else {
			s.outer = append(s.outer, outerElement{start.from, e})
		}
	case inProfile:
		content = inParameter
	case inParameter:
		s.note(start.from, schema.Problem{
			ID: "xml-inside-value", Severity: rule.Warning, Element: parent.FullTag(),
			Summary: "an element stands inside the value of " + parent.FullTag() + " and is left out",
			Hint:    `close each element before the next one; in a value write "<" as "&lt;"`,
		})
	}
	if !start.empty && !s.content(e, &start, depth, content) {
		return false
	}
	if z == inProfile {
		s.profile.parameters = append(s.profile.parameters, parameterSpan{span{start.from, s.pos}, start, e})
	}
	return true
}

// content reads what stands between start and its end tag, and the end tag.
func (s *scanner) content(e *etree.Element, start *tag, depth int, z zone) bool {
	for {
		ok := true
		switch {
		case s.pos == len(s.text):
			return s.fail(start.from, s.tagName(start)+" is never closed", "the file may be cut off, or an end tag is missing")
		case s.has("</"):
			if z == inProfile {
				s.profile.closing = s.pos
			}
			return s.endTag(start)
		case s.has("<!--"):
			ok = s.comment(e)
		case s.has("<![CDATA["):
			ok = s.cdata(e, z)
		case s.has("<?"):
			ok = s.instruction(e)
		case s.at(0) == '<':
			ok = s.element(e, depth+1, z)
		default:
			ok = s.charData(e, z)
		}
		if !ok {
			return false
		}
	}
}

// startTag reads <name attributes> or <name attributes/>.
func (s *scanner) startTag() (t tag, ok bool) {
	t.from, t.zone = s.pos, s.zone
	s.pos++
	name, ok := s.name()
	if !ok {
		return t, s.fail(t.from, `"<" begins no element here`, `in a value write "&lt;"`)
	}
	t.name = string(name)
	for {
		before := s.pos
		s.skipBlanks()
		switch {
		case s.at(0) == '>':
			s.pos++
			t.to = s.pos
			return t, true
		case s.has("/>"):
			s.pos += len("/>")
			t.to, t.empty = s.pos, true
			return t, true
		case s.pos == len(s.text):
			return t, s.fail(t.from, "the tag "+s.tagName(&t)+" is not finished", `the file may be cut off; ">" is missing`)
		}
		a, ok := s.attribute(before)
		if !ok {
			return t, false
		}
		if _, twice := t.attribute(a.name); twice {
			return t, s.fail(a.from, s.attributeName(&a)+" stands twice in "+s.tagName(&t), "take one out")
		}
		if len(t.attributes) == maxAttributes {
			return t, s.fail(a.from, fmt.Sprintf("%s has more than %d attributes", s.tagName(&t), maxAttributes), "a phone reads two: ua and preserve-value")
		}
		t.attributes = append(t.attributes, a)
	}
}

// attribute reads name="value"; the blanks before it begin at before.
func (s *scanner) attribute(before int) (a attribute, ok bool) {
	a.from = before
	start := s.pos
	name, ok := s.name()
	if !ok {
		return a, s.fail(s.pos, "a character that cannot stand in a tag", `in a value write "<" as "&lt;"`)
	}
	a.name = frequent(name)
	if before == start {
		return a, s.fail(start, "no blank before "+s.attributeName(&a), "put one there")
	}
	s.skipBlanks()
	if s.at(0) != '=' {
		return a, s.fail(start, s.attributeName(&a)+" has no value", `an attribute is written ua="na"; the name of an element has no blanks`)
	}
	s.pos++
	s.skipBlanks()
	quote := s.at(0)
	if quote != '"' && quote != '\'' {
		return a, s.fail(s.pos, "the value of "+s.attributeName(&a)+" is not quoted", `write ua="na", with straight quotes`)
	}
	s.pos++
	a.inner.from = s.pos
	s.buf = s.buf[:0]
	for {
		switch c := s.at(0); {
		case s.pos == len(s.text):
			return a, s.fail(start, "the value of "+s.attributeName(&a)+" is not closed", "a quote is missing")
		case c == quote:
			a.inner.to = s.pos
			s.pos++
			a.to, a.value = s.pos, frequent(s.buf)
			return a, true
		case c == '<':
			return a, s.fail(s.pos, `"<" in the value of `+s.attributeName(&a), `write "&lt;", or close the quote`)
		case !s.character():
			return a, false
		}
	}
}

// tagName names a tag in a message. Inside a value it has none there: what
// looks like a tag may be a piece of a password with a bare "<".
func (s *scanner) tagName(t *tag) string {
	if t.zone == inParameter {
		return "what looks like an element inside a value"
	}
	return "<" + t.name + ">"
}

// attributeName is tagName for an attribute of the tag being read.
func (s *scanner) attributeName(a *attribute) string {
	if s.zone == inParameter {
		return "what looks like an attribute inside a value"
	}
	return "the attribute " + a.name
}

// endTag reads the end tag of start.
func (s *scanner) endTag(start *tag) bool {
	from := s.pos
	s.pos += len("</")
	name, _ := s.name()
	if string(name) != start.name {
		hint := fmt.Sprintf(`</%s> is missing before it; in a value write "<" as "&lt;"`, start.name)
		switch {
		case start.zone == inParameter:
			hint = `in a value write "<" as "&lt;"`
		case strings.EqualFold(string(name), start.name):
			hint = "upper and lower case are not the same in a name"
		}
		return s.fail(from, fmt.Sprintf("this end tag does not close %s of line %d", s.tagName(start), s.place(start.from).Row), hint)
	}
	s.skipBlanks()
	if s.at(0) != '>' {
		return s.fail(from, "the end tag of "+s.tagName(start)+" is not finished", `">" is missing`)
	}
	s.pos++
	return true
}

// charData reads text up to the next "<".
func (s *scanner) charData(e *etree.Element, z zone) bool {
	start := s.pos
	s.buf = s.buf[:0]
	for s.pos < len(s.text) && s.text[s.pos] != '<' {
		if s.has("]]>") {
			return s.fail(s.pos, `"]]>" in a text`, `write "]]&gt;"`)
		}
		if !s.character() {
			return false
		}
	}
	e.CreateText(frequent(s.buf))
	if z == inProfile && len(trimBlanks(s.buf)) > 0 {
		for isBlank(s.text[start]) {
			start++
		}
		s.between = append(s.between, start)
	}
	return true
}

// character reads one character, or a run of plain ones, into s.buf. Line ends
// become "\n", as XML has it.
func (s *scanner) character() bool {
	from := s.pos
	c := s.text[from]
	switch textClass[c] {
	case plainByte:
		end := from + 1
		for end < len(s.text) && textClass[s.text[end]] == plainByte && !endsRun[s.text[end]] {
			end++
		}
		s.buf = append(s.buf, s.text[from:end]...)
		s.pos = end
		return true
	case spaceByte:
		s.pos++
		if c == '\r' {
			c = '\n'
			if s.at(0) == '\n' {
				s.pos++
			}
		}
		s.buf = append(s.buf, c)
		return true
	case controlByte:
		return s.fail(from, characterName(c)+" cannot stand in XML", "delete it")
	case markupByte:
		if c == '&' {
			return s.reference()
		}
		s.buf = append(s.buf, c)
		s.pos++
		return true
	}
	size := s.highCharacter()
	if size == 0 {
		return false
	}
	s.buf = append(s.buf, s.text[from:from+size]...)
	s.pos += size
	return true
}

// endsRun has the bytes a run of plain text stops at: they may end it.
var endsRun = [256]bool{'"': true, '\'': true, ']': true}

// highCharacter checks the character beyond ASCII that stands here and gives its
// length, 0 when it fails.
func (s *scanner) highCharacter() int {
	r, size := utf8.DecodeRune(s.text[s.pos:])
	switch {
	case r == utf8.RuneError && size == 1:
		s.fail(s.pos, fmt.Sprintf("byte 0x%02X is not UTF-8", s.text[s.pos]), `save the file as UTF-8, or name its encoding: <?xml version="1.0" encoding="Windows-1252"?>`)
		return 0
	case !isXMLChar(r):
		s.fail(s.pos, fmt.Sprintf("character U+%04X cannot stand in XML", r), "delete it")
		return 0
	}
	return size
}

// reference reads &amp; or &#38; or &#x26;. Its text is in no message: it may be
// a piece of a password with a bare "&".
func (s *scanner) reference() bool {
	from := s.pos
	end := bytes.IndexByte(s.text[from:], ';')
	if end < 0 {
		return s.fail(from, `"&" begins no escape here`, `write "&amp;"`)
	}
	name := s.text[from+1 : from+end]
	r, ok := escapes[string(name)]
	if !ok && len(name) > 0 && name[0] == '#' {
		if r, ok = characterNumber(name[1:]); !ok {
			return s.fail(from, "the number after \"&#\" is no character of XML", `for the character "&" write "&amp;"`)
		}
	}
	if !ok {
		return s.fail(from, `"&" begins no escape of XML here`, `write "&amp;"; XML knows only &amp; &lt; &gt; &quot; &apos; and numbers such as &#160;`)
	}
	s.buf = utf8.AppendRune(s.buf, r)
	s.pos = from + end + 1
	return true
}

var escapes = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// characterNumber reads the digits of a numeric reference.
func characterNumber(digits []byte) (r rune, ok bool) {
	base := rune(10)
	if hex, isHex := bytes.CutPrefix(digits, []byte("x")); isHex {
		base, digits = 16, hex
	}
	for _, c := range digits {
		d := rune(hexDigit[c])
		if d == 0 || d > base || r > unicode.MaxRune {
			return 0, false
		}
		r = r*base + d - 1
	}
	return r, len(digits) > 0 && isXMLChar(r)
}

// hexDigit is the value of a hex digit plus one; 0 for what is none.
var hexDigit = func() (t [256]uint8) {
	for i, c := range "0123456789abcdef" {
		t[c] = uint8(i) + 1
	}
	for i, c := range "ABCDEF" {
		t[c] = uint8(i) + 11
	}
	return t
}()

// comment reads <!-- … -->.
func (s *scanner) comment(parent *etree.Element) bool {
	from := s.pos
	inner := s.text[from+len("<!--"):]
	end := bytes.Index(inner, []byte("--"))
	if end < 0 {
		return s.fail(from, "the comment is never closed", `"-->" is missing`)
	}
	s.pos += len("<!--") + end
	if !s.has("-->") {
		return s.fail(s.pos, `"--" inside a comment`, "a comment ends with -->; write other dashes singly")
	}
	if !s.allCharacters(from+len("<!--"), s.pos) {
		return false
	}
	parent.CreateComment(string(inner[:end]))
	s.pos += len("-->")
	return true
}

// cdata reads <![CDATA[ … ]]>.
func (s *scanner) cdata(parent *etree.Element, z zone) bool {
	from := s.pos
	start := from + len("<![CDATA[")
	end := bytes.Index(s.text[start:], []byte("]]>"))
	if end < 0 {
		return s.fail(from, "the CDATA section is never closed", `"]]>" is missing`)
	}
	if !s.allCharacters(start, start+end) {
		return false
	}
	s.buf = appendUnified(s.buf[:0], s.text[start:start+end])
	parent.CreateCData(string(s.buf))
	if z == inProfile && len(trimBlanks(s.buf)) > 0 {
		s.between = append(s.between, from)
	}
	s.pos = start + end + len("]]>")
	return true
}

// instruction reads a processing instruction, which the phone ignores (f.1).
func (s *scanner) instruction(parent *etree.Element) bool {
	from := s.pos
	s.pos += len("<?")
	target, ok := s.name()
	if !ok {
		return s.fail(from, `"<?" begins no processing instruction here`, `in a value write "&lt;?"`)
	}
	if strings.EqualFold(string(target), "xml") {
		return s.fail(from, "the XML declaration is not at the beginning", "delete what comes before it, also blanks and empty lines")
	}
	end := bytes.Index(s.text[s.pos:], []byte("?>"))
	if end < 0 {
		return s.fail(from, "the processing instruction is never closed", `"?>" is missing`)
	}
	data := s.text[s.pos : s.pos+end]
	if len(data) > 0 && !isBlank(data[0]) {
		return s.fail(s.pos, "no blank after the name of the processing instruction", "")
	}
	if !s.allCharacters(s.pos, s.pos+end) {
		return false
	}
	parent.CreateProcInst(string(target), string(bytes.TrimLeft(data, blanks)))
	s.pos += end + len("?>")
	s.note(from, schema.Problem{
		ID: "xml-instruction", Severity: rule.Note,
		Summary: "the phone ignores processing instructions, <? … ?>",
		Source:  "f.1, F7832",
	})
	return true
}

// frequent is string(text), without a copy of what is in every profile.
func frequent(text []byte) string {
	switch string(text) {
	case "ua":
		return "ua"
	case "na":
		return "na"
	case "rw":
		return "rw"
	case "\n":
		return "\n"
	case "Yes":
		return "Yes"
	case "No":
		return "No"
	}
	return string(text)
}

// allCharacters checks a stretch that is not decoded.
func (s *scanner) allCharacters(from, to int) bool {
	saved := s.pos
	for s.pos = from; s.pos < to; {
		switch textClass[s.text[s.pos]] {
		case controlByte:
			return s.fail(s.pos, characterName(s.text[s.pos])+" cannot stand in XML", "delete it")
		case highByte:
			size := s.highCharacter()
			if size == 0 {
				return false
			}
			s.pos += size
		default:
			s.pos++
		}
	}
	s.pos = saved
	return true
}

// name reads an XML name; ok is false when none stands here. It is a piece of
// the text.
func (s *scanner) name() (name []byte, ok bool) {
	from := s.pos
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if c < utf8.RuneSelf {
			class := nameClass[c]
			if class == notInName && c != ':' || class == insideName && s.pos == from {
				break
			}
			s.pos++
			continue
		}
		r, size := utf8.DecodeRune(s.text[s.pos:])
		if !isNameRune(r, s.pos == from) {
			break
		}
		s.pos += size
	}
	return s.text[from:s.pos], s.pos > from
}

// isNameByte tells whether c may begin a name; bytes of other characters may.
func isNameByte(c byte) bool {
	return nameClass[c] != notInName || c == ':' || c >= utf8.RuneSelf
}

// isNameRune is NameStartChar and NameChar of XML 1.0, section 2.3, beyond ASCII.
func isNameRune(r rune, first bool) bool {
	switch {
	case r == 0xB7, 0x300 <= r && r <= 0x36F, r == 0x203F, r == 0x2040:
		return !first
	case r == 0xD7, r == 0xF7, r == 0x37E, r == utf8.RuneError:
		return false
	}
	return 0xC0 <= r && r <= 0x1FFF || r == 0x200C || r == 0x200D || 0x2070 <= r && r <= 0x218F ||
		0x2C00 <= r && r <= 0x2FEF || 0x3001 <= r && r <= 0xD7FF || 0xF900 <= r && r <= 0xFDCF ||
		0xFDF0 <= r && r <= 0xFFFD || 0x10000 <= r && r <= 0xEFFFF
}

func (s *scanner) skipBlanks() {
	for s.pos < len(s.text) && isBlank(s.text[s.pos]) {
		s.pos++
	}
}

func (s *scanner) has(prefix string) bool {
	return len(s.text)-s.pos >= len(prefix) && string(s.text[s.pos:s.pos+len(prefix)]) == prefix
}

// at is the byte i places on, 0 after the end.
func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.text) {
		return s.text[s.pos+i]
	}
	return 0
}

// blanks is white space as XML has it.
const blanks = " \t\r\n"

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func trimBlanks(text []byte) []byte { return bytes.Trim(text, blanks) }

// appendUnified appends text, with "\n" for every line end.
func appendUnified(dst, text []byte) []byte {
	if bytes.IndexByte(text, '\r') < 0 {
		return append(dst, text...)
	}
	for i, c := range text {
		switch {
		case c == '\r':
			dst = append(dst, '\n')
		case c == '\n' && i > 0 && text[i-1] == '\r':
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
