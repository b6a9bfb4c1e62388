// Package simulator is what the builder and its simulator say to each other.
// The simulator, the phone of package resync, is a program of its own that the
// page fetches when it is first wanted: it is as large as the rest of the
// builder. What crosses is JSON, one Request and its Reply.
package simulator

import (
	"time"

	"profilegen/rule"
	"profilegen/schema"
)

// Request asks what a phone or a fleet will do.
type Request struct {
	Ask        Ask
	Identity   rule.Identity
	Generation schema.Generation
	Profile    *schema.Profile // what the phone holds

	// Of AskOutlook: from a start-up at Start, for so many hours.
	Start time.Time
	Hours int

	// Of AskPlay: a scenario, and the content of its file ProfileName.
	Story string
	File  []byte

	// Of AskLoad.
	Phones, Stagger, Capacity int
	Running                   bool // usual life, instead of the time after a power cut
}

// Ask is what a Request wants to know.
type Ask int

const (
	AskOutlook Ask = iota // what the phone does by itself
	AskPlay               // what happens in a story
	AskLoad               // what a fleet asks of its servers
)

// ProfileName is the one file that a story can name.
const ProfileName = "profile.xml"

// Reply answers a Request; the other members are nil.
type Reply struct {
	Err     string `json:",omitempty"`
	Outlook *Outlook
	Played  *Played
	Load    *Load
}

// Outlook is when the phone resyncs, and what it does after failures.
type Outlook struct {
	From, To time.Time
	Spans    []Span
	Ladder   []string // waits after failures in a row, in words
	Notes    []Note   // what is off, ignored or held
}

// Span is a resync to come, at some moment from From to To.
type Span struct {
	From, To     time.Time
	Held         bool
	Reason, Mark string
}

// Note is a remark on a parameter.
type Note struct{ Parameter, Text, Mark string }

// Played is a story that was played.
type Played struct {
	Events   []Event
	More     int // events that were not kept
	Problems schema.Problems
}

// Event is a step of the phone's.
type Event struct {
	Time           time.Time
	Sentence, Mark string
	Mood           Mood
}

// Mood says how an event looks.
type Mood int

const (
	Plain Mood = iota
	Good
	Bad
	Held
)

// Load is what a fleet asks of its servers.
type Load struct {
	Chart   string // SVG, of numbers alone
	Figures string // lines of text
	Advice  []string
}
