package schema

import "profilegen/rule"

// Generation is a line of firmware with defaults of its own.
type Generation int

const (
	Firmware11  Generation = iota // 11.x, the catalog's baseline
	Firmware104                   // 10.4
	Firmware12                    // 12.x
)

// Kind is the type of a parameter's value.
type Kind string

// Parameter is one record of the catalog: a parameter, or a family of them
// with an index.
type Parameter struct {
	Element  string // "Proxy_{n}_": {n} and {u} stand for the index
	Label    string // on the phone's web page
	Tab      string
	Section  string
	Kind     Kind
	Values   []string // allowed ones of an enum
	Min, Max string   // inclusive; of strings the number of characters; "" when not known
	Unit     string   // "s", "20 s", …
	Models   string   // "7800", "8800", "both", "unknown"
	Since    string
	Source   string
	Summary  string
	UA       string
}

// Entry is a parameter at an index: one element of a profile.
type Entry struct {
	*Parameter
	Name string // "Proxy_1_"
	N, U int    // 0 when the family has none
}

// Catalog is all that can be set.
type Catalog struct{}

// Default is the built-in catalog. It is read once.
func Default() *Catalog { panic("stub") }

// Lookup finds an element by its exact name, in constant time.
func (c *Catalog) Lookup(name string) (Entry, bool) { panic("stub") }

// ByLabel finds the entries with that label ("Resync At (HHmm)"), without
// regard to case and outer blanks.
func (c *Catalog) ByLabel(label string) []Entry { panic("stub") }

// Suggest gives the names the user probably meant, best first: other case,
// near spelling, a label, the guide's spelling.
func (c *Catalog) Suggest(name string) []string { panic("stub") }

// Parameters lists the records in the order of the phone's web page.
func (c *Catalog) Parameters() []*Parameter { panic("stub") }

// DefaultValue is the factory value; known is false when no source gives it.
func (e Entry) DefaultValue(g Generation) (value string, known bool) { panic("stub") }

// Check tells what is wrong with a value; nil when nothing is.
func (e Entry) Check(value string) *Problem { panic("stub") }

// Secret tells whether the value may never be shown or logged.
func (e Entry) Secret() bool { panic("stub") }

// View is the point of view of a check.
type View struct {
	Phone      *rule.Phone // for macros and the model; nil: a sample phone
	Generation Generation
	Transport  string // "tftp", "http", "https" when known how the profile is fetched; "" otherwise
}

// Check lists what is wrong with a profile, value by value and across them.
func (c *Catalog) Check(p *Profile, view View) Problems { panic("stub") }
