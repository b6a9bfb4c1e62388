package schema

import (
	"math/bits"
	"slices"
	"strings"
)

// ByLabel finds the entries with that label ("Resync At (HHmm)"), without
// regard to case and outer blanks. A label of a family gives its first entry;
// written with a number ("Proxy 2", "Proxy[2]"), that one.
func (c *Catalog) ByLabel(label string) []Entry {
	c.suggestions.Do(c.buildSuggestions)
	var list []Entry
	c.index.each(label, func(key string, n, u int) {
		for _, p := range c.index.labels[key] {
			if e, ok := p.entry(n, u); ok && !slices.Contains(list, e) {
				list = append(list, e)
			}
		}
	})
	return list
}

// maxSuggestions is what one list shows.
const maxSuggestions = 5

// Suggest gives the names the user probably meant, best first: other case or
// punctuation, a label, the name another guide or product uses, near spelling,
// and last what contains the same words.
func (c *Catalog) Suggest(name string) []string {
	list, _ := c.suggest(name)
	return list
}

// suggest is Suggest that tells whether the first name is more than a guess:
// not only some words in common.
func (c *Catalog) suggest(name string) (list []string, sure bool) {
	c.suggestions.Do(c.buildSuggestions)
	add := func(element string) {
		if element != name && len(list) < maxSuggestions && !slices.Contains(list, element) {
			list = append(list, element)
		}
	}
	if _, element, ok := c.findAlias(strings.TrimSpace(name)); ok {
		add(element)
	}
	c.index.each(name, func(key string, n, u int) {
		for _, p := range c.index.elements[key] {
			add(p.nearest(n, u).Name)
		}
		for _, p := range c.index.labels[key] {
			add(p.nearest(n, u).Name)
		}
	})
	if len(list) == 0 {
		for _, e := range c.index.near(name) {
			add(e)
		}
	}
	if len(list) > 0 {
		return list, true
	}
	for _, p := range c.Search(strings.Map(wordsOf, name)) {
		add(p.nearest(0, 0).Name)
	}
	return list, false
}

// wordsOf makes blanks of what stands between the words of a name.
func wordsOf(r rune) rune {
	if r == '_' || r == '-' || r == '.' {
		return ' '
	}
	return r
}

// entry is the element at an index; without one, the family's first.
func (p *Parameter) entry(n, u int) (Entry, bool) {
	if n == 0 && u == 0 {
		return p.At(p.n.from, p.u.from), true
	}
	if u == 0 && p.u.to > 0 { // one number where two are wanted: a key of the first unit
		u = p.u.from
	}
	if !p.n.holds(n) || !p.u.holds(u) {
		return Entry{}, false
	}
	return p.At(n, u), true
}

// nearest is entry with numbers out of range brought to the nearest end.
func (p *Parameter) nearest(n, u int) Entry {
	if n == 0 {
		n = p.n.from
	}
	return p.At(min(max(n, p.n.from), p.n.to), min(max(u, p.u.from), p.u.to))
}

// suggestIndex finds records by a folded spelling: lower case, letters and
// digits only, "#" in place of an index number. "Resync At (HHmm)",
// "resync-at-hhmm" and Resync_At__HHmm_ fold alike.
type suggestIndex struct {
	elements map[string][]*Parameter
	labels   map[string][]*Parameter
	spelled  []spelling
}

// spelling is a folded name to compare with.
type spelling struct {
	key     string
	letters uint64 // the letters that occur, as bits
	record  *Parameter
}

func (c *Catalog) buildSuggestions() {
	x := &c.index
	x.elements = make(map[string][]*Parameter, len(c.parameters))
	x.labels = make(map[string][]*Parameter, len(c.parameters))
	for _, p := range c.parameters {
		key := foldPattern(p.Element)
		x.elements[key] = append(x.elements[key], p)
		x.spell(key, p)

		for _, label := range labelKeys(p) {
			x.labels[label] = append(x.labels[label], p)
			if label != key {
				x.spell(label, p)
			}
		}
	}
	for key, a := range c.aliases {
		written := key.before
		if key.after != "" {
			written += "#" + key.after
		}
		p := c.record(a.element)
		if p == nil {
			e, _ := c.Lookup(a.element)
			p = e.Parameter
		}
		folded := fold(written)
		if x.elements[folded] == nil {
			x.elements[folded] = []*Parameter{p}
		}
	}
}

func (x *suggestIndex) spell(key string, p *Parameter) {
	x.spelled = append(x.spelled, spelling{key, letters(key), p})
}

// labelKeys are the folded forms of a record's label. That of a family is also
// found with a number: at the place that stands for it ("Speed Dial n Name",
// "Unit n Key m", "Log Missed Calls for EXT (n)"), or else at the end.
func labelKeys(p *Parameter) []string {
	label := fold(p.Label)
	if !p.Family() {
		return []string{label}
	}
	words := strings.Fields(p.Label)
	for i, w := range words {
		if w == "n" || w == "m" || w == "(n)" {
			words[i] = "#"
		}
	}
	numbered := fold(strings.Join(words, " "))
	if !strings.Contains(numbered, "#") {
		numbered += "#"
	}
	return []string{label, numbered}
}

// foldPattern folds an element of the tables, {n} and {u} becoming "#".
func foldPattern(element string) string {
	return fold(strings.NewReplacer("{n}", "#", "{u}", "#").Replace(element))
}

// fold brings a name to lower case, letters, digits and "#" only.
func fold(name string) string {
	return string(appendFold(make([]byte, 0, 64), name))
}

func appendFold(b []byte, name string) []byte {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '#':
			b = append(b, c)
		}
	}
	return b
}

// letters gives the set of letters and digits that occur in a folded name.
func letters(key string) (set uint64) {
	for i := range len(key) {
		set |= 1 << (key[i] & 63)
	}
	return set
}

// number is a run of digits in a name.
type number struct{ start, end, value int }

// each calls found with the folded spellings of a name: with two of its numbers
// as indices, with one of them, and as it is.
func (x *suggestIndex) each(name string, found func(key string, n, u int)) {
	numbers := numbersOf(name)
	for i, k := range numbers {
		if i > 0 {
			u := numbers[i-1]
			found(fold(name[:u.start]+"#"+name[u.end:k.start]+"#"+name[k.end:]), k.value, u.value)
		}
		found(fold(name[:k.start]+"#"+name[k.end:]), k.value, 0)
	}
	found(fold(name), 0, 0)
}

// numbersOf lists the numbers of at most three digits.
func numbersOf(name string) (list []number) {
	for i := 0; i < len(name); i++ {
		k := number{start: i, end: i}
		for k.end < len(name) && name[k.end] >= '0' && name[k.end] <= '9' {
			k.value = k.value*10 + int(name[k.end]-'0')
			k.end++
		}
		if length := k.end - k.start; length > 0 {
			if length <= 3 {
				list = append(list, k)
			}
			i = k.end
		}
	}
	return list
}

// near lists the elements whose spelling is nearest to the name, the nearest
// first.
func (x *suggestIndex) near(name string) []string {
	type hit struct {
		element  string
		distance int
	}
	var hits []hit
	limit := min(1+len(name)/6, 4)
	x.each(name, func(key string, n, u int) {
		set := letters(key)
		for i := range x.spelled {
			s := &x.spelled[i]
			if tooFar(set, s.letters, limit) {
				continue
			}
			d := Distance(key, s.key, limit)
			if d > limit {
				continue
			}
			hits = append(hits, hit{s.record.nearest(n, u).Name, d})
			if d < limit {
				limit = d + 1 // what is much worse than the best is no help
			}
		}
	})
	slices.SortStableFunc(hits, func(a, b hit) int { return a.distance - b.distance })
	list := make([]string, 0, len(hits))
	for _, h := range hits {
		if h.distance <= limit {
			list = append(list, h.element)
		}
	}
	return list
}

// tooFar tells quickly that two sets of letters differ too much: an edit
// brings at most one new letter to each side.
func tooFar(a, b uint64, limit int) bool {
	return bits.OnesCount64(a&^b) > limit || bits.OnesCount64(b&^a) > limit
}
