package app

import (
	"strconv"

	"profilegen/rule"
	"profilegen/schema"
)

// Editor holds the document, its history, the point of view, and what follows
// from them. It is not for concurrent use.
type Editor struct {
	catalog *schema.Catalog
	doc     *document
	begun   *document // that the page began with, unless it was a draft
	past    []step
	future  []step
	typing  string // the change that further typing extends; "" for none

	layer Layer  // whose values the form shows
	seen  string // MAC of the phone in view; "" for the sample phone
	model string // of the sample phone

	rev    int // counts what was changed
	memo   memo
	drafts map[*schema.FleetDevice]deviceDraft
}

// step is a document of the history and what was done to leave it.
type step struct {
	doc  *document
	what string // "change Resync Periodic"
}

// historyLength bounds the undo steps; each shares most of its memory with the
// next.
const historyLength = 200

// NewEditor opens a new document.
func NewEditor() *Editor {
	c := schema.Default()
	return &Editor{catalog: c, doc: start(c, schema.Firmware11), model: "8861"}
}

// Rev changes with every change of what the Editor shows.
func (e *Editor) Rev() int { return e.rev }

// change makes a step that can be undone. Steps with the same typing key in a
// row are one, until Settle.
func (e *Editor) change(typing, what string, edit func(d *document)) {
	next := *e.doc
	edit(&next)
	if typing == "" || typing != e.typing {
		e.past = append(e.past, step{e.doc, what})
		if len(e.past) > historyLength {
			e.past = e.past[1:]
		}
	}
	e.typing = typing
	e.future = nil
	e.show(&next)
}

func (e *Editor) show(d *document) {
	e.doc = d
	if e.layer.MAC != "" && d.device(e.layer.MAC) == nil {
		e.layer = Layer{}
	}
	if e.seen != "" && d.device(e.seen) == nil {
		e.seen = ""
	}
	e.rev++
	e.memo = memo{}
}

// Settle ends a run of typing: the next change is a step of its own.
func (e *Editor) Settle() { e.typing = "" }

// Undo takes the last step back and says which it was, "" when there is none.
func (e *Editor) Undo() string {
	if len(e.past) == 0 {
		return ""
	}
	last := e.past[len(e.past)-1]
	e.past = e.past[:len(e.past)-1]
	e.future = append(e.future, step{e.doc, last.what})
	e.Settle()
	e.show(last.doc)
	return last.what
}

// Redo makes an undone step again.
func (e *Editor) Redo() string {
	if len(e.future) == 0 {
		return ""
	}
	next := e.future[len(e.future)-1]
	e.future = e.future[:len(e.future)-1]
	e.past = append(e.past, step{e.doc, next.what})
	e.Settle()
	e.show(next.doc)
	return next.what
}

// UndoName and RedoName say what the next Undo or Redo is about; "" for none.
func (e *Editor) UndoName() string {
	if len(e.past) == 0 {
		return ""
	}
	return e.past[len(e.past)-1].what
}

func (e *Editor) RedoName() string {
	if len(e.future) == 0 {
		return ""
	}
	return e.future[len(e.future)-1].what
}

// Set gives a parameter a value in a layer.
func (e *Editor) Set(l Layer, name, text string) {
	if v, ok := e.own(l, name); ok && v.Text == text {
		return
	}
	e.change("value "+l.Model+l.MAC+name, "change "+e.label(name), func(d *document) {
		d.edit(l, func(p *schema.Profile) {
			v, ok := p.Get(name)
			if !ok {
				v = schema.Value{Name: name, UA: e.rightBelow(l, name)}
			}
			v.Text, v.Empty, v.Origin = text, false, schema.Origin{}
			p.Set(v)
		})
	})
}

// rightBelow is the access right that a new value of a layer begins with.
func (e *Editor) rightBelow(l Layer, name string) string {
	for _, below := range e.doc.below(l) {
		if v, ok := e.own(below, name); ok {
			return v.UA
		}
	}
	return ""
}

// SetUA sets what the phone's user may do with a parameter: "na", "ro", "rw",
// or "" to leave it as it is.
func (e *Editor) SetUA(l Layer, name, ua string) {
	e.change("", "change the access to "+e.label(name), func(d *document) {
		d.edit(l, func(p *schema.Profile) {
			v, ok := p.Get(name)
			if !ok {
				v = schema.Value{Name: name, Text: e.Value(name).Text}
			}
			v.UA = ua
			p.Set(v)
		})
	})
}

// Reset gives a parameter of all phones its default, and makes one of a model
// or phone follow the layer below.
func (e *Editor) Reset(l Layer, name string) {
	v, ok := e.own(l, name)
	if !ok {
		return
	}
	entry, known := e.catalog.Lookup(name)
	text := ""
	if known {
		text, known = entry.DefaultValue(e.doc.generation)
	}
	if l != (Layer{}) || !known {
		e.Leave(l, name)
		return
	}
	e.change("", "reset "+e.label(name), func(d *document) {
		d.edit(l, func(p *schema.Profile) {
			v.Text, v.Empty = text, false
			p.Set(v)
		})
	})
}

// Leave takes a parameter out of a layer.
func (e *Editor) Leave(l Layer, name string) {
	if _, ok := e.own(l, name); !ok {
		return
	}
	e.change("", "leave out "+e.label(name), func(d *document) {
		d.edit(l, func(p *schema.Profile) { p.Delete(name) })
	})
}

// Fix applies the edit that mends a problem, each part where the value in view
// comes from.
func (e *Editor) Fix(f *schema.Fix) {
	parts := make(map[Layer]*schema.Fix)
	part := func(name string) *schema.Fix {
		l := e.home(name)
		if parts[l] == nil {
			parts[l] = new(schema.Fix)
		}
		return parts[l]
	}
	for _, name := range f.Delete {
		part(name).Delete = append(part(name).Delete, name)
	}
	for _, v := range f.Set {
		part(v.Name).Set = append(part(v.Name).Set, v)
	}
	e.change("", f.Title, func(d *document) {
		for l, fix := range parts {
			d.edit(l, fix.Apply)
		}
	})
}

// home is the layer that the value in view comes from; of one that is not set,
// the layer in the form.
func (e *Editor) home(name string) Layer {
	top := e.top()
	if _, ok := e.own(top, name); ok {
		return top
	}
	below := e.doc.below(top)
	for i := len(below) - 1; i >= 0; i-- {
		if _, ok := e.own(below[i], name); ok {
			return below[i]
		}
	}
	return e.layer
}

// top is the highest layer in view: the phone's when one is looked at.
func (e *Editor) top() Layer {
	if e.seen != "" {
		return Layer{MAC: e.seen}
	}
	return e.layer
}

// own is a layer's own value.
func (e *Editor) own(l Layer, name string) (schema.Value, bool) {
	if p := e.doc.layer(l); p != nil {
		return p.Get(name)
	}
	return schema.Value{}, false
}

// label is how messages call a parameter: as the phone's page does.
func (e *Editor) label(name string) string {
	entry, ok := e.catalog.Lookup(name)
	if !ok {
		return name
	}
	return Label(entry)
}

// Label is an entry's label with its number: "Proxy 2".
func Label(entry schema.Entry) string {
	label := entry.Parameter.Label
	if entry.U > 0 {
		label = "Unit " + strconv.Itoa(entry.U) + " " + label
	}
	if entry.N > 0 {
		label += " " + strconv.Itoa(entry.N)
	}
	return label
}

// Layer is whose values the form shows.
func (e *Editor) Layer() Layer { return e.layer }

// Show puts a layer into the form; a phone's comes into view with it.
func (e *Editor) Show(l Layer) {
	e.Settle()
	e.layer = l
	switch {
	case l.MAC != "":
		e.seen = l.MAC
	case l.Model != "":
		e.model = l.Model
		if dev := e.doc.device(e.seen); dev != nil && !sameModel(dev.Model, l.Model) {
			e.seen = ""
		}
	}
	e.rev++
	e.memo = memo{}
}

// Look chooses the phone whose point of view everything is read from: one of
// the fleet, or with mac "" the sample phone of a model.
func (e *Editor) Look(mac, model string) {
	e.seen = mac
	if mac == "" {
		e.model = model
	}
	if e.layer.MAC != "" {
		e.layer = Layer{MAC: mac}
	}
	e.rev++
	e.memo = memo{}
}

// Seen is the phone in view; dev is nil for the sample phone.
func (e *Editor) Seen() (dev *schema.FleetDevice, product string) {
	dev = e.doc.device(e.seen)
	model := e.model
	if dev != nil && dev.Model != "" {
		model = dev.Model
	}
	if m, ok := schema.FindModel(model); ok {
		return dev, m.Product
	}
	return dev, model
}

// Phone is the phone in view as macros see it.
func (e *Editor) Phone() *rule.Phone {
	if e.memo.phone == nil {
		dev, product := e.Seen()
		e.memo.phone = e.doc.phone(dev, product, e.layer)
	}
	return e.memo.phone
}

// Profile is what the phone in view gets. Without one of the fleet it is what
// the form's layer and those below say.
func (e *Editor) Profile() *schema.Profile {
	if e.memo.profile == nil {
		e.memo.profile = e.doc.overlay(e.top())
	}
	return e.memo.profile
}

// Value is a parameter as the form shows it: the layer's own value, or the one
// it follows.
type Value struct {
	schema.Value
	Own   bool   // set in the form's layer
	Set   bool   // set there or below
	From  string // whose value it is: "all phones", "8861", "this phone", "default", "" when not known
	Reset string // what Reset would give; HasReset false when nothing is known
	// ResetFrom is whose value that is.
	ResetFrom string
	HasReset  bool
	Changed   bool // it differs from what Reset would give
}

// Value shows a parameter.
func (e *Editor) Value(name string) Value {
	v := Value{Value: schema.Value{Name: name}}
	if entry, ok := e.catalog.Lookup(name); ok {
		if text, known := entry.DefaultValue(e.doc.generation); known {
			v.Text, v.From = text, "default"
			v.Reset, v.ResetFrom, v.HasReset = text, "default", true
		}
	}
	for _, l := range e.doc.below(e.layer) {
		if below, ok := e.own(l, name); ok {
			v.Value, v.Set, v.From = below, true, l.String()
			v.Reset, v.ResetFrom, v.HasReset = below.Text, l.String(), true
		}
	}
	if own, ok := e.own(e.layer, name); ok {
		v.Value, v.Set, v.Own, v.From = own, true, true, e.layer.String()
		v.Changed = !v.HasReset || own.Text != v.Reset
	}
	return v
}

// String names the layer in the user's words.
func (l Layer) String() string {
	switch {
	case l.MAC != "":
		return "this phone"
	case l.Model != "":
		return l.Model
	default:
		return "all phones"
	}
}

// memo is what was computed for the present revision.
type memo struct {
	profile  *schema.Profile
	phone    *rule.Phone
	problems schema.Problems
	checked  bool
	output   *Output
}

// Problems is what is wrong with the profile in view.
func (e *Editor) Problems() schema.Problems {
	if !e.memo.checked {
		e.memo.problems = e.catalog.Check(e.Profile(), e.view())
		e.memo.checked = true
	}
	return e.memo.problems
}

func (e *Editor) view() schema.View {
	return schema.View{Phone: e.Phone(), Generation: e.doc.generation, Transport: e.doc.delivery.Scheme}
}

// Generation is the firmware line whose defaults the form names.
func (e *Editor) Generation() schema.Generation { return e.doc.generation }

// SetGeneration chooses the firmware line. Values written out at the old
// line's default follow to the new one's.
func (e *Editor) SetGeneration(g schema.Generation) {
	if g == e.doc.generation {
		return
	}
	e.change("", "firmware "+g.String(), func(d *document) {
		old := d.generation
		d.generation = g
		if d.imported != nil {
			return
		}
		d.edit(Layer{}, func(p *schema.Profile) {
			for _, v := range p.Clone().Values() {
				entry, ok := e.catalog.Lookup(v.Name)
				if !ok {
					continue
				}
				was, known := entry.DefaultValue(old)
				is, stillKnown := entry.DefaultValue(g)
				if known && stillKnown && v.Text == was && was != is {
					v.Text = is
					p.Set(v)
				}
			}
		})
	})
}

// StartOver opens a new document; Undo brings the old one back.
func (e *Editor) StartOver() {
	e.change("", "start over", func(d *document) { *d = *start(e.catalog, d.generation) })
}

// Changed counts the parameters of the form's layer that differ from what they
// would be without it.
func (e *Editor) Changed() int {
	n := 0
	if p := e.doc.layer(e.layer); p != nil {
		for _, v := range p.Values() {
			if e.Value(v.Name).Changed {
				n++
			}
		}
	}
	return n
}

// Unknown lists the elements of the form's layer that the catalog does not
// know.
func (e *Editor) Unknown() []string {
	var names []string
	if p := e.doc.layer(e.layer); p != nil {
		for _, v := range p.Values() {
			if _, ok := e.catalog.Lookup(v.Name); !ok {
				names = append(names, v.Name)
			}
		}
	}
	return names
}
