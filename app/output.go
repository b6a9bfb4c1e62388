package app

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// Output is the file of the phone in view.
type Output struct {
	Name  string // "8861-3PCC.xml"
	Text  []byte
	Lines []Line
	// Encoded says what becomes of the text when it is handed out: "encrypted".
	Encoded string
	Err     error           // why there is no file
	Why     schema.Problems // what is wrong then
}

// Line is a line of the file and what it is about.
type Line struct {
	Text    string
	Element string // "" for lines about no element
	Secrets []span // what of it is not for every eye
	Added   bool   // a rule that leads the phone to this file; no layer sets it
	Changed bool   // the value differs from the default, or from the imported file
	Worst   rule.Severity
	Faulty  bool // a problem is about this element, of severity Worst
}

// Output makes the file.
func (e *Editor) Output() *Output {
	if e.memo.output == nil {
		e.memo.output = e.output()
	}
	return e.memo.output
}

func (e *Editor) output() *Output {
	o := &Output{Name: e.Phone().ShortName() + ".xml"}
	dev := e.doc.device(e.seen)
	switch {
	case dev != nil:
		var problems schema.Problems
		if o.Name, o.Text, problems, o.Err = e.doc.phoneFile(dev); o.Err != nil {
			o.Why = problems
		}
		o.Encoded = encodedWords(&e.doc.encoding, dev.Encrypt)
	case e.top() == (Layer{}):
		o.Text, o.Err = e.doc.baseXML()
	default:
		o.Text, o.Err = gen.AppendXML(nil, e.Profile())
	}
	if o.Err != nil {
		return o
	}
	worst := make(map[string]rule.Severity)
	faulty := make(map[string]bool)
	for _, p := range e.Problems() {
		if p.Element != "" {
			worst[p.Element] = max(worst[p.Element], p.Severity)
			faulty[p.Element] = true
		}
	}
	hide := hider{secret: e.secret}
	for text := range bytes.Lines(o.Text) {
		l := Line{Text: strings.TrimRight(string(text), "\r\n")}
		l.Secrets = hide.line(l.Text)
		if name := elementOf(l.Text); name != "" {
			if v, ok := e.Profile().Get(name); ok {
				l.Element = name
				l.Changed = e.differs(v)
				l.Worst, l.Faulty = worst[name], faulty[name]
			} else if _, ok := e.catalog.Lookup(name); ok && dev != nil {
				l.Element, l.Added = name, true
			}
		}
		o.Lines = append(o.Lines, l)
	}
	return o
}

// span is a part of a line.
type span struct{ from, to int }

// hider finds the secret values in a file as it is written: more than one in a
// line, or one over several lines, in a comment too.
type hider struct {
	secret func(element string) bool
	open   string // element whose text goes on in the next line
}

func (h *hider) line(text string) (secrets []span) {
	at := 0
	for at < len(text) {
		tag := strings.IndexByte(text[at:], '<')
		if tag < 0 {
			tag = len(text) - at
		}
		inside := h.open != "" && h.secret(h.open)
		if inside && strings.TrimSpace(text[at:at+tag]) != "" {
			secrets = append(secrets, span{at, at + tag})
		}
		if at += tag; at == len(text) {
			break
		}
		rest := text[at:]
		if strings.HasPrefix(rest, "<!") { // what follows is text
			end := min(len(rest), len("<!--"))
			if strings.HasPrefix(rest, "<![CDATA[") {
				end = len("<![CDATA[")
			}
			at += end
			continue
		}
		if h.open = elementOf(rest); strings.HasPrefix(rest, "</") {
			h.open = ""
		}
		end := strings.IndexByte(rest, '>') + 1
		if end == 0 {
			end = len(rest)
		}
		if strings.HasSuffix(rest[:end], "/>") {
			h.open = ""
		}
		at += end
	}
	return secrets
}

// encodedWords says how a phone's file is encoded; encrypt is what the phone
// itself says of it.
func encodedWords(e *schema.Encoding, encrypt string) string {
	encrypted := slices.Contains(schema.Encryptions, cmp.Or(encrypt, e.Encrypt))
	switch {
	case e.Gzip && encrypted:
		return "compressed and encrypted"
	case encrypted:
		return "encrypted"
	case e.Gzip:
		return "compressed"
	}
	return ""
}

// elementOf is the name of the element that begins in a line.
func elementOf(line string) string {
	_, rest, ok := strings.Cut(line, "<")
	if !ok || rest == "" || rest[0] == '/' || rest[0] == '!' || rest[0] == '?' {
		return ""
	}
	if end := strings.IndexAny(rest, " \t>/"); end > 0 {
		return rest[:end]
	}
	return ""
}

func (e *Editor) secret(name string) bool {
	entry, ok := e.catalog.Lookup(name)
	return ok && entry.Secret()
}

// differs tells whether a value is another than in the imported file, or than
// the default when there is none.
func (e *Editor) differs(v schema.Value) bool {
	if e.doc.imported != nil {
		was, ok := e.doc.imported.base.Get(v.Name)
		return !ok || was.Text != v.Text || was.UA != v.UA
	}
	entry, ok := e.catalog.Lookup(v.Name)
	if !ok {
		return true
	}
	text, known := entry.DefaultValue(e.doc.generation)
	return !known || text != v.Text
}

// Difference is a value that is another than it was.
type Difference struct {
	Element, Label string
	Was, Is        string
	HadIt, HasIt   bool
	From           string // whose value it is now
	Secret         bool
}

// Differences lists what the profile in view changes against the imported
// file, or against the defaults when there is none.
func (e *Editor) Differences() []Difference {
	var list []Difference
	for _, v := range e.Profile().Values() {
		if !e.differs(v) {
			continue
		}
		d := Difference{Element: v.Name, Label: e.label(v.Name), Is: v.Text, HasIt: true, From: e.home(v.Name).String(), Secret: e.secret(v.Name)}
		if e.doc.imported != nil {
			was, ok := e.doc.imported.base.Get(v.Name)
			d.Was, d.HadIt = was.Text, ok
		} else if entry, ok := e.catalog.Lookup(v.Name); ok {
			d.Was, d.HadIt = entry.DefaultValue(e.doc.generation)
		}
		list = append(list, d)
	}
	if e.doc.imported != nil {
		for _, v := range e.doc.imported.base.Values() {
			if _, ok := e.Profile().Get(v.Name); !ok {
				list = append(list, Difference{Element: v.Name, Label: e.label(v.Name), Was: v.Text, HadIt: true, Secret: e.secret(v.Name)})
			}
		}
	}
	return list
}

// ImportedName is the file the base was imported from; "" for none.
func (e *Editor) ImportedName() string {
	if e.doc.imported == nil {
		return ""
	}
	return e.doc.imported.name
}
