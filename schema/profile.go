package schema

import (
	"maps"
	"slices"
)

// Value is one element of a profile.
type Value struct {
	Name     string `json:"name"`               // element name, exact
	Text     string `json:"value"`              // the value; outer white space already gone
	UA       string `json:"ua,omitempty"`       // access of the user: "na", "ro", "rw", or "" when not written
	Preserve bool   `json:"preserve,omitempty"` // preserve-value="y": what the user set stays
	Empty    bool   `json:"empty,omitempty"`    // written as <X/>, which the phone may read otherwise than <X></X> (f.3)
	Origin   Origin `json:"-"`                  // where it comes from
}

// Profile is an ordered set of values. The zero value is empty and ready.
// A name stands once; setting it again replaces the value in its place.
type Profile struct {
	values []Value
	index  map[string]int // nil while the profile is small
}

// smallProfile is the number of values up to which looking through them is as
// quick as an index, and takes less memory: the profiles of single phones.
const smallProfile = 24

// find is the position of an element.
func (p *Profile) find(name string) (i int, ok bool) {
	if p.index != nil {
		i, ok = p.index[name]
		return i, ok
	}
	for i := range p.values {
		if p.values[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// reindex brings the index up to date from position i on; it makes one when
// the profile has become large.
func (p *Profile) reindex(i int) {
	if p.index == nil {
		if len(p.values) <= smallProfile {
			return
		}
		p.index, i = make(map[string]int, 2*len(p.values)), 0
	}
	for ; i < len(p.values); i++ {
		p.index[p.values[i].Name] = i
	}
}

// Len is the number of values.
func (p *Profile) Len() int { return len(p.values) }

// Values lists the values in order. The slice is the profile's own: read only.
func (p *Profile) Values() []Value { return p.values }

// Get is the value of an element; ok is false when the profile has none.
func (p *Profile) Get(name string) (v Value, ok bool) {
	i, ok := p.find(name)
	if !ok {
		return Value{}, false
	}
	return p.values[i], true
}

// Text is the text of an element, "" when it is not set.
func (p *Profile) Text(name string) string {
	if i, ok := p.find(name); ok {
		return p.values[i].Text
	}
	return ""
}

// Set puts a value in the place of an earlier one of that name, or at the end.
func (p *Profile) Set(v Value) {
	if i, ok := p.find(v.Name); ok {
		p.values[i] = v
		return
	}
	p.values = append(p.values, v)
	p.reindex(len(p.values) - 1)
}

// Delete takes an element out. The others keep their order.
func (p *Profile) Delete(name string) {
	if i, ok := p.find(name); ok {
		p.values = append(p.values[:i], p.values[i+1:]...)
		delete(p.index, name)
		p.reindex(i)
	}
}

// Rename gives a value another name, in its place. A value that had that name
// before is replaced.
func (p *Profile) Rename(from, to string) {
	if _, ok := p.find(from); !ok || from == to {
		return
	}
	p.Delete(to)
	i, _ := p.find(from)
	p.values[i].Name = to
	if p.index != nil {
		delete(p.index, from)
		p.index[to] = i
	}
}

// Clone is a copy that shares nothing with p.
func (p *Profile) Clone() *Profile {
	return &Profile{values: slices.Clone(p.values), index: maps.Clone(p.index)}
}
