package schema

import "profilegen/rule"

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

// Fix is an edit that mends a problem.
type Fix struct {
	Title string  `json:"title"` // "clear Resync_Trigger_1"
	Set   []Value `json:"set"`
}

// Problems is a list of them, in the order of their places.
type Problems []Problem

// Worst is the highest severity; ok is false for an empty list.
func (p Problems) Worst() (s rule.Severity, ok bool) { panic("stub") }
