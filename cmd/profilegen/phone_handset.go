package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"profilegen/resync"
	"profilegen/rule"
)

// handset is a virtual phone and what the program keeps beside it.
type handset struct {
	*resync.Phone
	inputs chan func(p *resync.Phone, now time.Time)

	chance func(max int) int
	atOnce bool // the resync at power-on does not wait for its random time

	began    bool
	verdict  verdict // of the last resync
	unsaved  bool    // something has happened that is worth keeping
	files    int     // of the attempt in hand
	trouble  string  // of its last request: why there was no file
	attempts int
	changes  changeList

	mu    sync.Mutex
	state standing // for the table
}

// verdict is what became of a resync.
type verdict int

const (
	undecided verdict = iota
	succeeded
	failed
)

func newHandset(identity rule.Identity) *handset {
	return &handset{
		Phone:  &resync.Phone{Identity: identity},
		inputs: make(chan func(*resync.Phone, time.Time)),
	}
}

// draw is the phone's chance.
func (h *handset) draw(max int) int {
	if h.atOnce && !h.began {
		return 0
	}
	return h.chance(max)
}

// play powers the phone on and plays it until ctx ends, or until its first
// resync has ended. keep is called when there is something new to keep.
func (h *handset) play(ctx context.Context, once bool, keep func() error) error {
	var unkept error
	settled := func() bool {
		if h.unsaved && unkept == nil {
			h.unsaved = false
			unkept = keep()
		}
		return unkept != nil || once && h.verdict != undecided
	}
	h.PowerOn(time.Now())
	err := resync.RunUntil(ctx, h.Phone, h.inputs, settled)
	return cmp.Or(unkept, err)
}

// listener is the phone's Log: it notes what counts, sends log messages, and
// shows the event.
func (h *handset) listener(ctx context.Context, p *program, n *network, show func(h *handset, e *resync.Event)) func(resync.Event) {
	return func(e resync.Event) {
		if ctx.Err() != nil {
			return // the end of the program is not the phone's
		}
		h.follow(&e)
		show(h, &e)
		if err := n.syslog.send(ctx, &e); err != nil {
			n.syslog.told.Do(func() { p.note("%v", err) })
		}
	}
}

// follow notes what an event means for the run.
func (h *handset) follow(e *resync.Event) {
	switch e.Kind {
	case resync.Began:
		h.began, h.files, h.trouble, h.changes.count = true, 0, "", 0
	case resync.Replied:
		h.trouble = ""
		if e.Class != resync.ClassA {
			h.trouble = e.URL + ": " + e.Sentence()
		}
	case resync.Damaged:
		h.trouble = e.URL + ": " + e.Sentence()
	case resync.Applied:
		h.files++
	case resync.Succeeded:
		h.verdict, h.unsaved = succeeded, true
		h.attempts++
	case resync.Failed:
		h.verdict, h.unsaved = failed, true
		h.attempts++
	case resync.WasDropped:
		if h.verdict == undecided {
			h.verdict = failed
		}
	case resync.WasHeld:
		if h.verdict == undecided && e.At.IsZero() && e.Parameter != "" {
			h.verdict = failed // nothing but a request could free it
		}
	case resync.WasEntered:
		h.unsaved = true
	}
	h.changes.add(e.Changes)
	h.mu.Lock()
	h.state.follow(e)
	h.mu.Unlock()
}

// do has the engine do something between two ticks and waits until it has.
func (h *handset) do(ctx context.Context, what func(p *resync.Phone, now time.Time)) error {
	done := make(chan struct{})
	select {
	case h.inputs <- func(p *resync.Phone, now time.Time) { defer close(done); what(p, now) }:
		<-done
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refused tells of a request from outside that the engine did not see.
func (h *handset) refused(now time.Time, text, mark string) {
	h.Log(resync.Event{Time: now.In(h.Zone), Kind: resync.WasAsked, Text: text, Mark: mark})
}
