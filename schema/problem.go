package schema

import (
	"cmp"
	"slices"
	"strconv"

	"profilegen/rule"
)

// Problem is something wrong with the user's data: one list of them serves
// form, command line and lab.
type Problem struct {
	ID       string        `json:"id"` // of the check: "resync-at-hides-periodic"
	Severity rule.Severity `json:"severity"`
	Origin   Origin        `json:"origin"`
	Element  string        `json:"element,omitempty"` // parameter, when it is about one
	Offset   int           `json:"offset,omitempty"`  // in the value, with Length > 0
	Length   int           `json:"length,omitempty"`
	Summary  string        `json:"summary"` // one sentence, no full stop; never a secret
	Hint     string        `json:"hint,omitempty"`
	Source   string        `json:"source,omitempty"` // document and section of the behaviour
	Fix      *Fix          `json:"fix,omitempty"`    // what one click applies
}

// Fix is an edit that mends a problem. It never holds a secret.
type Fix struct {
	Title  string   `json:"title"` // "clear Resync_Trigger_1"
	Set    []Value  `json:"set,omitempty"`
	Delete []string `json:"delete,omitempty"`
	Rename []Rename `json:"rename,omitempty"`
}

// Rename gives an element another name; the value and its place stay.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Apply makes the edit.
func (f *Fix) Apply(p *Profile) {
	for _, r := range f.Rename {
		p.Rename(r.From, r.To)
	}
	for _, name := range f.Delete {
		p.Delete(name)
	}
	for _, v := range f.Set {
		p.Set(v)
	}
}

// Problems is a list of them, in the order of their places.
type Problems []Problem

// Worst is the highest severity; ok is false for an empty list.
func (p Problems) Worst() (s rule.Severity, ok bool) {
	if len(p) == 0 {
		return 0, false
	}
	for i := range p {
		s = max(s, p[i].Severity)
	}
	return s, true
}

// Sort puts the problems in the order of their places: file, row, column. What
// has no row keeps its place among its file's.
func (p Problems) Sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Origin.File, b.Origin.File),
			cmp.Compare(a.Origin.Row, b.Origin.Row),
			cmp.Compare(a.Origin.Column, b.Origin.Column),
		)
	})
}

// Duplicate is the problem of an element that stands twice in one file.
func Duplicate(name string, first, second Origin) Problem {
	p := Problem{
		ID: "duplicate-element", Severity: rule.Warning, Origin: second, Element: name,
		Summary: name + " stands twice; the phone takes the last one",
		Hint:    "take one of them out",
		Source:  "f.1, AGF",
	}
	if first.Row > 0 {
		p.Summary = name + " stands here and in row " + strconv.Itoa(first.Row) + "; the phone takes the last one"
	}
	return p
}
