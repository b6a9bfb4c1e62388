package resync

import (
	"maps"
	"slices"

	"profilegen/schema"
)

// parameter is a value that is not the factory's, or one with a right of its
// own.
type parameter struct {
	value   string
	ua      string // right of the user: na, ro, rw; "" when no profile said
	factory bool   // value is the factory's; only ua was set
}

// Value is the text of an element as the phone holds it.
func (p *Phone) Value(element string) string {
	if v, ok := p.parameters[element]; ok && !v.factory {
		return v.value
	}
	return p.factory(element)
}

// Access is the user's right to an element: "na", "ro", "rw", or "" when no
// profile has said.
func (p *Phone) Access(element string) string { return p.parameters[element].ua }

// factory is the default of an element; empty when no source gives it.
func (p *Phone) factory(element string) string {
	entry, ok := p.catalog().Lookup(element)
	if !ok {
		return ""
	}
	value, _ := entry.DefaultValue(p.Generation)
	return value
}

func (p *Phone) catalog() *schema.Catalog {
	if p.Catalog == nil {
		return schema.Default()
	}
	return p.Catalog
}

// Changed lists the elements whose value or right a profile, a rule or a user
// has set, in alphabetical order.
func (p *Phone) Changed() []schema.Value {
	list := make([]schema.Value, 0, len(p.parameters))
	for _, name := range slices.Sorted(maps.Keys(p.parameters)) {
		list = append(list, schema.Value{Name: name, Text: p.Value(name), UA: p.parameters[name].ua})
	}
	return list
}

// Preset gives the phone values before it starts, without an event: what it
// held when the story begins. Names the catalog lacks are left aside; their
// number is returned.
func (p *Phone) Preset(values ...schema.Value) (unknown int) {
	for _, v := range values {
		if _, ok := p.catalog().Lookup(v.Name); !ok {
			unknown++
			continue
		}
		p.put(v.Name, v.Text)
		if v.UA != "" {
			p.grant(v.Name, v.UA)
		}
	}
	return unknown
}

// put stores a value and tells whether it differs from the one before.
func (p *Phone) put(element, value string) (old string, changed bool) {
	old = p.Value(element)
	if old == value {
		return old, false
	}
	if p.parameters == nil {
		p.parameters = map[string]parameter{}
	}
	held := p.parameters[element]
	held.value, held.factory = value, false
	p.parameters[element] = held
	p.settingsRead = false
	p.revision++
	return old, true
}

// grant stores the user's right to an element.
func (p *Phone) grant(element, ua string) (changed bool) {
	held, ok := p.parameters[element]
	if held.ua == ua {
		return false
	}
	if p.parameters == nil {
		p.parameters = map[string]parameter{}
	}
	if !ok {
		held.factory = true
	}
	held.ua = ua
	p.parameters[element] = held
	p.revision++
	return true
}

// settings are read again after a change.
func (p *Phone) current() *Settings {
	if !p.settingsRead {
		p.settings = ReadSettings(p.Value, &p.Quirks)
		p.settingsRead = true
	}
	return &p.settings
}

// secret tells whether the value of an element may not be shown.
func (p *Phone) secret(element string) bool {
	entry, ok := p.catalog().Lookup(element)
	return ok && entry.Secret()
}
