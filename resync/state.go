package resync

import (
	"time"

	"profilegen/schema"
)

// State is what a phone keeps over a loss of power, for a program that stops
// and goes on later. It holds the phone's secrets in clear.
type State struct {
	Values        []SavedValue  `json:"values"`
	Succeeded     bool          `json:"succeeded"` // a resync has succeeded, ever
	Software      string        `json:"software,omitempty"`
	Customisation Customisation `json:"customisation,omitempty"`
	Restarts      []Restart     `json:"restarts,omitempty"` // oldest first
	Saved         time.Time     `json:"saved"`
}

// SavedValue is a parameter that is not the factory's.
type SavedValue struct {
	Element string `json:"element"`
	Value   string `json:"value"`
	UA      string `json:"ua,omitempty"`
}

// Save gives what the phone keeps.
func (p *Phone) Save() State {
	s := State{
		Succeeded: p.attempts.succeeded, Software: p.Software, Customisation: p.customised(),
		Restarts: append([]Restart(nil), p.history...), Saved: p.now,
	}
	for _, v := range p.Changed() {
		s.Values = append(s.Values, SavedValue{v.Name, v.Text, v.UA})
	}
	return s
}

// Restore gives the phone back what it kept, before it is powered on. It returns
// how many values it had to leave aside because the catalog lacks their names.
func (p *Phone) Restore(s State) (unknown int) {
	for _, v := range s.Values {
		unknown += p.Preset(schema.Value{Name: v.Element, Text: v.Value, UA: v.UA})
	}
	p.attempts.succeeded = s.Succeeded
	p.customisation = s.Customisation
	p.history = append([]Restart(nil), s.Restarts...)
	if s.Software != "" {
		p.Software = s.Software
	}
	return unknown
}
