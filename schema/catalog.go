package schema

import (
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
)

// Generation is a line of firmware with defaults of its own.
type Generation int

const (
	Firmware11  Generation = iota // 11.x, the catalog's baseline
	Firmware104                   // 10.4
	Firmware12                    // 12.x
)

// generations are the names the tables use, by Generation.
var generations = [...]string{Firmware11: "11", Firmware104: "10.4", Firmware12: "12"}

func (g Generation) String() string { return generations[g] }

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

	n, u     span       // the index ranges; zero when the family has none
	defaults [3]factory // by Generation
	limits   limits
	variants []variant
	readBy   uint64 // the checks across values that look at it, as bits
	availability
}

// span is a range of index numbers, both ends included.
type span struct{ from, to int }

func (s span) holds(n int) bool { return n >= s.from && n <= s.to }

// factory is a factory value of one generation.
type factory struct {
	text    string
	first   int // of a value counted from {n}: that at n = 1
	counted bool
	known   bool
	source  string
}

// Entry is a parameter at an index: one element of a profile.
type Entry struct {
	*Parameter
	Name string // "Proxy_1_"
	N, U int    // 0 when the family has none
}

// Catalog is all that can be set.
type Catalog struct {
	parameters []*Parameter
	plain      map[string]*Parameter
	families   map[family]*Parameter
	aliases    map[family]alias

	suggestions sync.Once
	index       suggestIndex
}

// family is the text of an element around its index numbers: "Proxy_" and "_",
// or "Unit_", "_Key_" and "_" for two of them.
type family struct {
	before, between, after string
	two                    bool
}

var (
	errNoElement = errors.New("no such element")
	errNoValue   = errors.New("no such element or value")
)

// The tables. Each has one header line, cells separated by tabs, no quoting.
var (
	//go:embed parameters.tsv
	parametersTSV string
	//go:embed defaults.tsv
	defaultsTSV string
	//go:embed ranges.tsv
	rangesTSV string
	//go:embed aliases.tsv
	aliasesTSV string
	//go:embed variants.tsv
	variantsTSV string
)

var builtin = sync.OnceValue(func() *Catalog {
	c, err := read(tables{parametersTSV, defaultsTSV, rangesTSV, aliasesTSV, variantsTSV})
	if err != nil {
		panic(err) // the tables are part of the program
	}
	return c
})

// Default is the built-in catalog. It is read once.
func Default() *Catalog { return builtin() }

// tables are the texts a catalog is made of.
type tables struct{ parameters, defaults, ranges, aliases, variants string }

// read makes a catalog of its tables.
func read(t tables) (*Catalog, error) {
	const expected = 1024
	c := &Catalog{
		parameters: make([]*Parameter, 0, expected),
		plain:      make(map[string]*Parameter, expected),
		families:   make(map[family]*Parameter, expected/2),
		aliases:    make(map[family]alias),
	}
	for _, table := range []struct {
		name, text string
		columns    int
		row        func(cells []string) error
	}{
		{"parameters.tsv", t.parameters, 16, c.addParameter},
		{"defaults.tsv", t.defaults, 4, c.addDefault},
		{"ranges.tsv", t.ranges, 5, c.addRange},
		{"aliases.tsv", t.aliases, 4, c.addAlias},
		{"variants.tsv", t.variants, 4, c.addVariant},
	} {
		if err := eachRow(table.text, table.columns, table.row); err != nil {
			return nil, fmt.Errorf("%s: %w", table.name, err)
		}
	}
	for name, bits := range readers() {
		if p := c.plain[name]; p != nil {
			p.readBy = bits
		}
	}
	return c, nil
}

// eachRow calls add with the cells of each line but the first.
func eachRow(text string, columns int, add func(cells []string) error) error {
	cells := make([]string, columns)
	_, text, _ = strings.Cut(text, "\n")
	for line := 2; text != ""; line++ {
		var row string
		row, text, _ = strings.Cut(text, "\n")
		for i := range cells {
			cell, rest, more := strings.Cut(row, "\t")
			if more != (i < columns-1) {
				return fmt.Errorf("line %d: want %d columns", line, columns)
			}
			cells[i], row = cell, rest
		}
		if err := add(cells); err != nil {
			return fmt.Errorf("line %d: %s: %w", line, cells[0], err)
		}
	}
	return nil
}

// addParameter takes a row of parameters.tsv.
func (c *Catalog) addParameter(cells []string) error {
	p := &Parameter{
		Element: cells[0], Label: cells[2], Tab: cells[3], Section: cells[4], Kind: Kind(cells[5]),
		Min: cells[8], Max: cells[9], Unit: cells[10], Models: cells[11], Since: cells[12],
		Source: cells[13], Summary: cells[14], UA: cells[15],
	}
	if cells[6] != "" {
		p.Values = strings.Split(cells[6], "|")
	}
	var err error
	if p.n, p.u, err = parseIndex(cells[1]); err != nil {
		return err
	}
	if p.limits, err = parseLimits(p); err != nil {
		return err
	}
	p.addAvailability()
	f := factory{text: cells[7], known: cells[7] != "unknown", source: p.Source}
	if p.Family() {
		f.first, f.counted = parseFormula(f.text)
	}
	p.defaults = [3]factory{f, f, f}

	c.parameters = append(c.parameters, p)
	if !p.Family() {
		c.plain[p.Element] = p
		return nil
	}
	key, ok := parseFamily(p.Element)
	if !ok {
		return fmt.Errorf("index %q without {n} in the name", cells[1])
	}
	c.families[key] = p
	return nil
}

// addDefault takes a row of defaults.tsv: element, generation, default, source.
func (c *Catalog) addDefault(cells []string) error {
	p := c.record(cells[0])
	if p == nil {
		return errNoElement
	}
	for g, name := range generations {
		if name == cells[1] {
			p.defaults[g] = factory{text: cells[2], known: true, source: cells[3]}
			return nil
		}
	}
	return fmt.Errorf("no generation %q", cells[1])
}

// record finds a record by the element as the tables write it.
func (c *Catalog) record(element string) *Parameter {
	if key, ok := parseFamily(element); ok {
		return c.families[key]
	}
	return c.plain[element]
}

// parseIndex reads "1-16", "u=1-3,n=1-36" or nothing.
func parseIndex(text string) (n, u span, err error) {
	if text == "" {
		return n, u, nil
	}
	if units, keys, ok := strings.Cut(text, ","); ok {
		if u, err = parseSpan(strings.TrimPrefix(units, "u=")); err != nil {
			return n, u, err
		}
		text = strings.TrimPrefix(keys, "n=")
	}
	n, err = parseSpan(text)
	return n, u, err
}

func parseSpan(text string) (s span, err error) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		to = from
	}
	if s.from, err = strconv.Atoi(from); err != nil {
		return s, err
	}
	s.to, err = strconv.Atoi(to)
	return s, err
}

// parseFamily splits "Unit_{u}_Key_{n}_" at its placeholders.
func parseFamily(element string) (key family, ok bool) {
	if before, rest, two := strings.Cut(element, "{u}"); two {
		between, after, ok := strings.Cut(rest, "{n}")
		return family{before, between, after, true}, ok
	}
	before, after, ok := strings.Cut(element, "{n}")
	return family{before: before, after: after}, ok
}

// parseFormula reads a default that is counted from the index: "n" or
// "5060+(n-1)".
func parseFormula(text string) (first int, ok bool) {
	if text == "n" {
		return 1, true
	}
	number, ok := strings.CutSuffix(text, "+(n-1)")
	first, err := strconv.Atoi(number)
	return first, ok && err == nil
}

// Family tells whether the record stands for several elements.
func (p *Parameter) Family() bool { return p.n.to > 0 }

// Indices are the numbers {n} runs through, both 0 when there is no index.
func (p *Parameter) Indices() (from, to int) { return p.n.from, p.n.to }

// Units are the numbers {u} runs through, both 0 when the family has no {u}.
func (p *Parameter) Units() (from, to int) { return p.u.from, p.u.to }

// At is the record at an index. n and u are 0 where the record has none.
func (p *Parameter) At(n, u int) Entry {
	name := p.Element
	if p.u.to > 0 {
		name = strings.Replace(name, "{u}", strconv.Itoa(u), 1)
	}
	if p.n.to > 0 {
		name = strings.Replace(name, "{n}", strconv.Itoa(n), 1)
	}
	return Entry{Parameter: p, Name: name, N: n, U: u}
}

// Entries lists the elements of the record.
func (p *Parameter) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for u := p.u.from; u <= p.u.to; u++ {
			for n := p.n.from; n <= p.n.to; n++ {
				if !yield(p.At(n, u)) {
					return
				}
			}
		}
	}
}

// Parameters lists the records in the order of the phone's web page.
func (c *Catalog) Parameters() []*Parameter { return c.parameters }

// Entries lists all elements, family by family in the order of the web page.
func (c *Catalog) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, p := range c.parameters {
			for e := range p.Entries() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Lookup finds an element by its exact name, in constant time and without
// allocating.
func (c *Catalog) Lookup(name string) (Entry, bool) {
	if p, ok := c.plain[name]; ok {
		return Entry{Parameter: p, Name: name}, true
	}
	key, n, u, ok := findFamily(name, func(key family) bool { return c.families[key] != nil })
	if !ok {
		return Entry{}, false
	}
	p := c.families[key]
	if !p.n.holds(n) || !p.u.holds(u) {
		return Entry{}, false
	}
	return Entry{Parameter: p, Name: name, N: n, U: u}, true
}

// findFamily splits a name at its index numbers in each possible way until
// known says yes. u is 0 for a family with one number.
func findFamily(name string, known func(family) bool) (key family, n, u int, ok bool) {
	previous, previousEnd, previousNumber := -1, -1, 0
	for i := 0; i < len(name); i++ {
		end, number, ok := indexAt(name, i)
		if !ok {
			continue
		}
		key = family{before: name[:i], after: name[end:]}
		if known(key) {
			return key, number, 0, true
		}
		if previous >= 0 {
			key = family{name[:previous], name[previousEnd:i], name[end:], true}
			if known(key) {
				return key, number, previousNumber, true
			}
		}
		previous, previousEnd, previousNumber = i, end, number
		i = end - 1
	}
	return family{}, 0, 0, false
}

// indexAt reads an index number at i: digits without a leading zero, an
// underscore before and an underscore or the end after them.
func indexAt(name string, i int) (end, number int, ok bool) {
	if i == 0 || name[i-1] != '_' || name[i] < '1' || name[i] > '9' {
		return 0, 0, false
	}
	for end = i; end < len(name) && name[end] >= '0' && name[end] <= '9'; end++ {
		number = number*10 + int(name[end]-'0')
	}
	if end-i > 3 || end < len(name) && name[end] != '_' {
		return 0, 0, false
	}
	return end, number, true
}

// DefaultValue is the factory value; known is false when no source gives it.
func (e Entry) DefaultValue(g Generation) (value string, known bool) {
	f := &e.defaults[g]
	if f.counted {
		return strconv.Itoa(f.first + e.N - 1), true
	}
	if !f.known {
		return "", false
	}
	return f.text, true
}

// DefaultSource says where the factory value of that generation is from.
func (p *Parameter) DefaultSource(g Generation) string { return p.defaults[g].source }
