package app

import (
	"bytes"
	"encoding/json"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/schema"
)

// The fleet that profilegen serve serves can be edited here, and a draft can be
// served in its place: edit, serve, have a phone resync.

// keptKey notes that the user wanted the draft rather than this fleet.
const keptKey = "profilegen-served-kept"

// openServed begins with what the server serves, unless the browser holds a
// draft; then it offers it. done is called in any case.
func (b *Builder) openServed(done func()) {
	v := &b.lab
	if !v.served {
		done()
		return
	}
	nothing := func(string) { done() } // the builder works without its server
	b.server("GET", "summary", "", func(text string) {
		s := new(labSummary)
		if err := json.Unmarshal([]byte(text), s); err != nil || !s.Fleet || s.Phones > maxRows {
			done()
			return
		}
		v.summary = s
		if !b.editor.Fresh() {
			v.offered = localGet(keptKey) != s.Source
			done()
			return
		}
		b.server("GET", "fleet.json", "", func(text string) {
			if err := b.editor.BeginWith(s.Source, []byte(text)); err != nil {
				b.say("What the server serves could not be opened: " + err.Error())
			} else {
				v.opened = s.Loaded
			}
			done()
		}, nothing)
	}, nothing)
}

// BeginWith opens a fleet file as the document to start from: there is nothing
// to undo, and nothing to save until something is changed.
func (e *Editor) BeginWith(name string, data []byte) error {
	f, _, err := schema.ReadFleet(name, data)
	if err != nil {
		return err
	}
	e.past, e.future = nil, nil
	e.show(open(f, e.doc.generation))
	e.begun = e.doc
	e.seeFirst()
	return nil
}

// Untouched tells whether the document is the one that the page began with.
func (e *Editor) Untouched() bool { return e.doc == e.begun }

// seeFirst looks from the first phone of the fleet, if there is one.
func (e *Editor) seeFirst() {
	if len(e.doc.devices) > 0 {
		e.Look(e.doc.devices[0].MAC, "")
	}
}

// takeServed opens what the server serves in place of the draft.
func (b *Builder) takeServed() {
	v := &b.lab
	b.server("GET", "fleet.json", "", func(text string) {
		problems, err := b.editor.OpenFleet("the served fleet", []byte(text))
		b.imports = importView{name: "The served fleet", problems: problems}
		if err != nil {
			b.imports.failed = err.Error()
			return
		}
		b.editor.seeFirst()
		v.offered, b.keep.omitted = false, nil
		if v.summary != nil {
			v.opened = v.summary.Loaded
		}
		b.open(pageProfile)
		b.sayUndo("Opened what the server serves")
	}, func(why string) { b.say(sentence(why)) })
}

// serveDraft has the server hand out the fleet as it is here.
func (b *Builder) serveDraft() {
	v := &b.lab
	b.editor.Settle()
	var text bytes.Buffer
	if err := b.editor.doc.fleet().Write(&text); err != nil {
		v.draftError = err.Error()
		return
	}
	b.server("PUT", "fleet.json", text.String(), func(answer string) {
		v.draftError, v.offered = "", false
		b.served(answer)
		b.say("The server serves your draft now. Phones get it when they ask next: have them resync")
	}, func(why string) { v.draftError = why })
}

// serveFiles has the server hand out its files again.
func (b *Builder) serveFiles() {
	v := &b.lab
	b.server("DELETE", "fleet.json", "", func(answer string) {
		v.draftError = ""
		b.served(answer)
		b.say("The server serves " + v.summary.Source + " again")
	}, func(why string) { v.draftError = why })
}

func (b *Builder) served(answer string) {
	s := new(labSummary)
	if err := json.Unmarshal([]byte(answer), s); err == nil {
		b.lab.summary = s
	}
	b.lookSoon()
}

// servedBar offers the served fleet beside a draft.
func (b *Builder) servedBar() app.UI {
	v := &b.lab
	if !v.offered || v.summary == nil {
		return nothing()
	}
	return box("div", "bar",
		words("span", "", "This is the draft that this browser kept. The server serves "+v.summary.Source+", "+plural(v.summary.Phones, "phone", "phones")+"."),
		b.press("button small", "Open the served fleet", "served-open", b.takeServed),
		b.press("button small", "Keep my draft", "served-keep", func() {
			v.offered = false
			localSet(keptKey, v.summary.Source)
		}))
}
