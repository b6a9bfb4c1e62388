package schema

// Value is one element of a profile.
type Value struct {
	Name     string // element name, exact
	Text     string // the value; outer white space already gone
	UA       string // access of the user: "na", "ro", "rw", or "" when not written
	Preserve bool   // preserve-value="y": what the user set stays
	Empty    bool   // written as <X/>, which the phone may read otherwise than <X></X> (f.3)
	Origin   Origin // where it comes from
}

// Origin names the place a value comes from.
type Origin struct {
	File   string // "" for the catalog's default
	Row    int    // line, from 1; 0 when unknown
	Column int    // from 1; 0 when unknown
}

// Profile is an ordered set of values. The zero value is empty and ready.
// A name stands once; setting it again replaces the value in its place.
type Profile struct {
	values []Value
	index  map[string]int
}

func (p *Profile) Len() int                      { return len(p.values) }
func (p *Profile) Values() []Value               { return p.values }
func (p *Profile) Get(name string) (Value, bool) { panic("stub") }
func (p *Profile) Text(name string) string       { panic("stub") } // "" when not set
func (p *Profile) Set(v Value)                   { panic("stub") }
func (p *Profile) Delete(name string)            { panic("stub") }
func (p *Profile) Clone() *Profile               { panic("stub") }
