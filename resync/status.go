package resync

import (
	"slices"
	"time"
)

// Customisation is the state of the redirect service (d.9). Nothing here ever
// asks that service, so that a phone leaves Open only for Aborted.
type Customisation string

const (
	Open          Customisation = "Open"
	CustomPending Customisation = "Custom-Pending"
	Acquired      Customisation = "Acquired"
	Unavailable   Customisation = "Unavailable"
	Aborted       Customisation = "Aborted"
)

// macro is $ISCUST.
func (c Customisation) macro() string {
	if c == Acquired {
		return "1"
	}
	return "0"
}

// Result is a line of the phone's Info page (e.5).
type Result struct {
	Time time.Time
	URL  string
	Err  string // empty: success
}

// Status is the phone at a glance.
type Status struct {
	On            bool
	Clock         time.Time // what the phone's clock shows
	Started       time.Time
	Busy          bool
	Waiting       string // cause of the resync that waits; "" none
	Held          string // what holds it
	Failures      int    // in a row
	Succeeded     bool   // a resync has succeeded, ever
	Err           string // $ERR
	Customisation Customisation
	Due           []Due
	Results       []Result  // the last three, newest first
	Restarts      []Restart // the last five, newest first
}

// Due is a clock that runs.
type Due struct {
	Cause Cause
	At    time.Time
}

// Status tells how the phone stands.
func (p *Phone) Status() Status {
	s := Status{
		On: p.on, Clock: p.local(), Started: p.started, Busy: p.busy, Failures: p.attempts.failures,
		Succeeded: p.attempts.succeeded, Err: p.attempts.err, Customisation: p.customised(),
		Results: slices.Clone(p.attempts.results), Restarts: p.Restarts(),
	}
	if p.waiting.exists() {
		s.Waiting = p.waiting.Cause.String()
		if p.waiting.held.Held() {
			s.Held = p.waiting.held.String()
		}
	}
	for c, at := range p.clocks {
		if !at.IsZero() {
			s.Due = append(s.Due, Due{Cause(c), at})
		}
	}
	slices.SortStableFunc(s.Due, func(a, b Due) int { return a.At.Compare(b.At) })
	slices.Reverse(s.Results)
	return s
}

// customised is the state, Open at first.
func (p *Phone) customised() Customisation {
	if p.customisation == "" {
		return Open
	}
	return p.customisation
}

// keepResult records the end of a fetch for the Info page.
func (p *Phone) keepResult() {
	a := &p.attempts
	a.results = append(a.results, Result{p.now, a.url.String(), a.err})
	a.results = a.results[max(0, len(a.results)-3):]
}
