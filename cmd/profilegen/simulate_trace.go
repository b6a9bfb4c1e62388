package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"profilegen/resync"
)

// teller prints the events of a phone's life.
type teller interface {
	tell(resync.Event)
	end(*resync.Phone)
}

// nothing prints none.
type nothing struct{}

func (nothing) tell(resync.Event) {}
func (nothing) end(*resync.Phone) {}

// jsonTeller prints one object a line.
type jsonTeller struct {
	w    io.Writer
	line []byte
}

func (t *jsonTeller) tell(e resync.Event) {
	t.line = append(e.AppendJSON(t.line[:0]), '\n')
	t.w.Write(t.line)
}

func (t *jsonTeller) end(*resync.Phone) {}

// traceTeller prints the trace a person reads. It tells in chapters, what
// follows from one thing that happens; chapters that go just like the one
// before are counted.
type traceTeller struct {
	w       io.Writer
	all     bool
	trace   resync.Trace
	started bool
	chapter []resync.Event
	last    []resync.Event // the chapter before
	again   int            // chapters since that went like it
	steps   []resync.Event // of the last attempt that was told
	count   tally
}

// tally counts what a newcomer asks first.
type tally struct {
	succeeded, failed, requests, restarts, dropped int
	due                                            time.Time // of the resync that fell due last
	held                                           string    // the parameter that held it
}

func (c *tally) add(e *resync.Event) {
	switch e.Kind {
	case resync.Succeeded:
		c.succeeded++
	case resync.Failed:
		c.failed++
	case resync.Requested:
		c.requests++
	case resync.Restarted:
		c.restarts++
	case resync.WasDropped:
		c.dropped++
	case resync.FellDue:
		c.due, c.held = e.Time, ""
	case resync.WasHeld:
		if c.held != "" && e.Parameter != "" && !strings.Contains(c.held, e.Parameter) {
			c.held += " and " + e.Parameter
		} else if c.held == "" || e.Parameter == "" {
			c.held = e.Parameter
		}
	}
}

func (t *traceTeller) tell(e resync.Event) {
	t.count.add(&e)
	if begins(e.Kind) {
		t.flush()
	}
	t.chapter = append(t.chapter, e)
}

// begins tells whether an event of a kind begins a chapter.
func begins(k resync.Kind) bool {
	switch k {
	case resync.PoweredOn, resync.PoweredOff, resync.Restarted, resync.WasReset, resync.ClockWasSet, resync.CallBegan,
		resync.CallEnded, resync.WasEntered, resync.WasAsked, resync.FellDue, resync.Absorbed, resync.Displaced:
		return true
	}
	return false
}

// flush prints the chapter that has ended.
func (t *traceTeller) flush() {
	if len(t.chapter) == 0 {
		return
	}
	if !t.started {
		t.started = true
		fmt.Fprint(t.w, "\nTrace\n")
	}
	if !t.all && slices.EqualFunc(t.chapter, t.last, alike) {
		t.again++
		t.last, t.chapter = t.chapter, t.last[:0]
		return
	}
	t.tellAgain()
	t.w.Write(t.text())
	t.last, t.chapter = t.chapter, t.last[:0]
}

// text is the chapter; steps that go like those of the last attempt are counted.
func (t *traceTeller) text() (out []byte) {
	steps := details(t.chapter)
	same := !t.all && len(steps) > 1 && slices.EqualFunc(steps, t.steps, alike)
	if len(steps) > 0 {
		t.steps = steps
	}
	for i := range t.chapter {
		e := &t.chapter[i]
		if !same || !e.Kind.Detail() {
			out = t.trace.AppendTo(out, e)
			continue
		}
		if len(steps) > 0 {
			out = fmt.Appendf(out, "     …      %s as before\n", plural(len(steps), "step"))
			steps = nil
		}
	}
	return out
}

// details are the steps of a chapter's attempt.
func details(chapter []resync.Event) (steps []resync.Event) {
	for _, e := range chapter {
		if e.Kind.Detail() {
			steps = append(steps, e)
		}
	}
	return steps
}

// tellAgain tells how often the last chapter has come again.
func (t *traceTeller) tellAgain() {
	if t.again > 0 {
		fmt.Fprintf(t.w, "     …    %s just like this, the last on %s\n",
			plural(t.again, "more time"), t.last[0].Time.Format("2006-01-02 at 15:04:05"))
		t.again = 0
	}
}

// alike tells whether two events differ in nothing but their moments.
func alike(a, b resync.Event) bool {
	return a.Kind == b.Kind && a.Cause == b.Cause && a.By == b.By && a.Parameter == b.Parameter &&
		a.Method == b.Method && a.URL == b.URL && a.Status == b.Status && a.Class == b.Class && a.Size == b.Size &&
		a.Text == b.Text && a.Err == b.Err && slices.Equal(a.Changes, b.Changes)
}

// end prints the last chapter and what it all came to.
func (t *traceTeller) end(phone *resync.Phone) {
	t.flush()
	t.tellAgain()
	fmt.Fprintf(t.w, "\n%s\n", t.count.words(phone.Status()))
}

// words is the outcome in one line.
func (c *tally) words(at resync.Status) string {
	var parts []string
	if c.succeeded+c.failed == 0 {
		parts = append(parts, "no resync took place")
	} else {
		parts = append(parts, fmt.Sprintf("%s succeeded, %s failed", plural(c.succeeded, "resync"), group(c.failed)),
			plural(c.requests, "request"))
	}
	if c.dropped > 0 {
		parts = append(parts, plural(c.dropped, "resync")+" dropped")
	}
	if c.restarts > 0 {
		parts = append(parts, plural(c.restarts, "restart"))
	}
	text := "In all: " + strings.Join(parts, ", ")
	if at.Held != "" {
		text += fmt.Sprintf("; at the end one waits, %s since %s", heldBy(c.held, at.Held), c.due.Format("2006-01-02 15:04:05"))
	}
	return text
}

func heldBy(parameter, otherwise string) string {
	if parameter == "" {
		return otherwise
	}
	return "held by " + parameter
}
