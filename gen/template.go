package gen

import (
	"cmp"
	"slices"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// template is the profile of all phones of a model, compiled: text that is the
// same for all of them, escaped once, and slots for what devices set. A device
// then costs an append and an escape for each of its values.
//
// The order is that of the lower layers; what only devices set follows in the
// order of the phone's web page, so that a profile does not depend on which
// columns other phones fill.
type template struct {
	lower *schema.Profile // what the model's phones have in common
	slots []slot
	index map[string]int // element to slot
	tail  []byte         // text after the last slot

	secret  bool           // lower holds a secret
	columns []columnOfSlot // the slots in the order devices name them; a guess that speeds up find
}

// slot is the place of an element that devices set.
type slot struct {
	name   string
	lead   []byte // text since the slot before, and <Name ua="na">
	before int    // how much of lead is that text
	close  []byte // </Name> and the end of the line
	other  []byte // instead of all this, when a device leaves the value to the lower layers
	below  schema.Value
	secret bool // a value here may never be shown
	rule   bool // a value here may hold a password among its options
}

type columnOfSlot struct {
	name string
	slot int
}

// newTemplate compiles lower with slots for the elements named.
func newTemplate(catalog *schema.Catalog, lower *schema.Profile, elements []string) (*template, error) {
	t := &template{lower: lower, index: make(map[string]int, len(elements))}
	for _, v := range lower.Values() {
		t.secret = t.secret || isSecret(catalog, v)
	}
	text := []byte(XMLHead)
	var err error
	for _, v := range t.order(catalog, elements) {
		below, inLower := lower.Get(v)
		if !slices.Contains(elements, v) {
			if text, err = AppendElement(text, below); err != nil {
				return nil, err
			}
			continue
		}
		if err := CheckName(v); err != nil {
			return nil, err
		}
		below.Name = v
		s := slot{name: v, before: len(text), other: slices.Clip(text), below: below, close: AppendClose(nil, v)}
		s.lead = AppendOpen(slices.Clip(text), below)
		if inLower {
			if s.other, err = AppendElement(slices.Clip(text), below); err != nil {
				return nil, err
			}
		}
		if e, ok := catalog.Lookup(v); ok {
			s.secret = e.Secret()
			s.rule = e.Kind == schema.KindRule || e.Kind == schema.KindUpgrade
		}
		t.index[v] = len(t.slots)
		t.slots = append(t.slots, s)
		text = nil
	}
	t.tail = append(text, XMLFoot...)
	for _, name := range elements {
		t.columns = append(t.columns, columnOfSlot{name, t.index[name]})
	}
	return t, nil
}

// order lists the elements of a profile: those of the lower layers, then those
// that only devices set.
func (t *template) order(catalog *schema.Catalog, elements []string) []string {
	var names, own []string
	for _, v := range t.lower.Values() {
		names = append(names, v.Name)
	}
	for _, name := range elements {
		if _, ok := t.lower.Get(name); !ok {
			own = append(own, name)
		}
	}
	sortByPage(catalog, own)
	return append(names, own...)
}

// sortByPage puts elements in the order of the phone's web page; what the
// catalog does not know comes last, by name.
func sortByPage(catalog *schema.Catalog, names []string) {
	if len(names) < 2 {
		return
	}
	position := make(map[*schema.Parameter]int)
	for i, p := range catalog.Parameters() {
		position[p] = i
	}
	slices.SortFunc(names, func(a, b string) int {
		x, okX := catalog.Lookup(a)
		y, okY := catalog.Lookup(b)
		switch {
		case !okX && !okY:
			return strings.Compare(a, b)
		case !okX:
			return 1
		case !okY:
			return -1
		}
		return cmp.Or(cmp.Compare(position[x.Parameter], position[y.Parameter]), cmp.Compare(x.U, y.U), cmp.Compare(x.N, y.N))
	})
}

// widen is the template with slots for the elements of d as well; t itself
// when it has them all.
func (t *template) widen(catalog *schema.Catalog, d *Device) (*template, error) {
	var missing []string
	for i := range d.Values {
		name := d.Values[i].Name
		if _, ok := t.index[name]; !ok && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return t, nil
	}
	elements := make([]string, 0, len(t.columns)+len(missing))
	for _, c := range t.columns {
		elements = append(elements, c.name)
	}
	return newTemplate(catalog, t.lower, append(elements, missing...))
}

// find gives the slot of an element. next is a guess: where in columns it
// should be, and then where the following one should be.
func (t *template) find(name string, next *int) (slot int, ok bool) {
	for i := *next; i < len(t.columns); i++ {
		if t.columns[i].name == name {
			*next = i + 1
			return t.columns[i].slot, true
		}
	}
	slot, ok = t.index[name]
	return slot, ok
}

// fill notes for each slot which of d's values stands in it: its number from
// 1, or 0. ok is false when d sets an element that has no slot. Of an element
// that d sets twice the last value counts, as on the phone (f.1).
func (t *template) fill(filled []int32, d *Device) (_ []int32, ok bool) {
	filled = slices.Grow(filled[:0], len(t.slots))[:len(t.slots)]
	clear(filled)
	next := 0
	for i := range d.Values {
		s, ok := t.find(d.Values[i].Name, &next)
		if !ok {
			return filled, false
		}
		filled[s] = int32(i + 1)
	}
	return filled, true
}

// append appends the profile of d, whose values filled assigns to the slots.
func (t *template) append(dst []byte, d *Device, filled []int32) (_ []byte, err error) {
	for i := range t.slots {
		s := &t.slots[i]
		if filled[i] == 0 {
			dst = append(dst, s.other...)
			continue
		}
		v := &d.Values[filled[i]-1]
		if v.UA != "" || v.Preserve || v.Empty {
			dst = append(dst, s.lead[:s.before]...)
			if dst, err = AppendElement(dst, overlay(*v, s.below)); err != nil {
				return dst, err
			}
			continue
		}
		dst = append(dst, s.lead...)
		dst = AppendText(dst, v.Text)
		dst = append(dst, s.close...)
	}
	return append(dst, t.tail...), nil
}

// holdsSecret tells whether the profile of d may be read only by its owner.
func (t *template) holdsSecret(d *Device, filled []int32) bool {
	if t.secret {
		return true
	}
	for i := range t.slots {
		s := &t.slots[i]
		if filled[i] == 0 || !s.secret && !s.rule {
			continue
		}
		text := d.Values[filled[i]-1].Text
		if s.secret && text != "" || s.rule && ruleHoldsSecret(text) {
			return true
		}
	}
	return false
}

func isSecret(catalog *schema.Catalog, v schema.Value) bool {
	e, ok := catalog.Lookup(v.Name)
	if !ok || v.Text == "" {
		return false
	}
	return e.Secret() || (e.Kind == schema.KindRule || e.Kind == schema.KindUpgrade) && ruleHoldsSecret(v.Text)
}

// ruleHoldsSecret tells whether a rule has a key or password in clear.
func ruleHoldsSecret(text string) bool {
	return strings.Contains(text, "--key") || strings.Contains(text, "--pwd") || rule.HoldsSecret(text)
}
