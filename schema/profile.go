package schema

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
	index  map[string]int
}

// Len is the number of values.
func (p *Profile) Len() int { return len(p.values) }

// Values lists the values in order. The slice is the profile's own: read only.
func (p *Profile) Values() []Value { return p.values }

// Get is the value of an element; ok is false when the profile has none.
func (p *Profile) Get(name string) (v Value, ok bool) {
	i, ok := p.index[name]
	if !ok {
		return Value{}, false
	}
	return p.values[i], true
}

// Text is the text of an element, "" when it is not set.
func (p *Profile) Text(name string) string {
	if i, ok := p.index[name]; ok {
		return p.values[i].Text
	}
	return ""
}

// Set puts a value in the place of an earlier one of that name, or at the end.
func (p *Profile) Set(v Value) {
	if i, ok := p.index[v.Name]; ok {
		p.values[i] = v
		return
	}
	if p.index == nil {
		p.index = make(map[string]int)
	}
	p.index[v.Name] = len(p.values)
	p.values = append(p.values, v)
}

// Delete takes an element out. The others keep their order.
func (p *Profile) Delete(name string) {
	i, ok := p.index[name]
	if !ok {
		return
	}
	p.values = append(p.values[:i], p.values[i+1:]...)
	delete(p.index, name)
	for ; i < len(p.values); i++ {
		p.index[p.values[i].Name] = i
	}
}

// Rename gives a value another name, in its place. A value that had that name
// before is replaced.
func (p *Profile) Rename(from, to string) {
	if _, ok := p.index[from]; !ok || from == to {
		return
	}
	p.Delete(to)
	i := p.index[from]
	delete(p.index, from)
	p.index[to] = i
	p.values[i].Name = to
}

// Clone is a copy that shares nothing with p.
func (p *Profile) Clone() *Profile {
	q := &Profile{values: make([]Value, len(p.values)), index: make(map[string]int, len(p.values))}
	copy(q.values, p.values)
	for i := range q.values {
		q.index[q.values[i].Name] = i
	}
	return q
}
