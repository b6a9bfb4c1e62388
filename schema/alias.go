package schema

import "fmt"

// alias is a name that guides, other products or older labels use for an
// element (aliases.tsv).
type alias struct {
	element string // "Video_Encryption_Method_{n}_"
	why     string
	source  string
}

// addAlias takes a row of aliases.tsv: written, element, why, source.
func (c *Catalog) addAlias(cells []string) error {
	if c.record(cells[1]) == nil && !c.isElement(cells[1]) {
		return fmt.Errorf("leads to %q, which is no element", cells[1])
	}
	if p := c.record(cells[0]); p != nil {
		p.aliasOf = cells[1]
	}
	key, ok := parseFamily(cells[0])
	if !ok {
		key = family{before: cells[0]}
	}
	c.aliases[key] = alias{element: cells[1], why: cells[2], source: cells[3]}
	return nil
}

func (c *Catalog) isElement(name string) bool {
	_, ok := c.Lookup(name)
	return ok
}

// findAlias gives the element that a foreign name stands for.
func (c *Catalog) findAlias(name string) (a alias, element string, ok bool) {
	if a, ok := c.aliases[family{before: name}]; ok {
		return a, a.element, true
	}
	key, n, _, ok := findFamily(name, func(key family) bool { return c.aliases[key] != alias{} })
	if !ok {
		return alias{}, "", false
	}
	a = c.aliases[key]
	p := c.record(a.element)
	if p == nil || !p.n.holds(n) {
		return alias{}, "", false
	}
	return a, p.At(n, 0).Name, true
}
