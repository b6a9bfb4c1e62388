package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// Builder is what all components share: the Editor, and the state of the page
// that is no part of the document.
type Builder struct {
	editor *Editor
	// shell is the context of the whole page: what comes back later must not
	// be lost because the element that began it is gone.
	shell app.Context

	page    page
	tab     tab
	chapter string // of pageMore
	n, u    int    // index numbers of pageMore
	setOnly bool   // pageMore shows only what is set

	focus       string // element whose field has the focus
	editing     string // element that is being typed into
	quiet       bool   // its problems wait until the typing is over
	allProblems bool   // the long list is open
	details     string // element whose details are open
	why         string // element whose steps are open
	shown       string // secret element that is shown in clear
	asText      string // element whose list is typed as text
	dragged     int    // item of a list that is dragged
	reveal      bool   // secrets are shown in the output
	finder      finder
	phones      phonesView
	check       check
	job         *job
	sim         simulation
	lab         labView
	zipError    string // why there is no archive
	imports     importView

	shareLink    string
	shareOmitted []string

	toasts  []toast
	toastNo int
	keep    keeper

	ui int // counts changes of this state
}

// toast is a short message about what just happened.
type toast struct {
	no   int
	text string
	undo bool // with an Undo button, as long as nothing else is done
	rev  int  // of the Editor, when it was said
}

func newBuilder() *Builder {
	return &Builder{editor: NewEditor(), page: pageProfile, tab: tabXML, n: 1, u: 1, sim: newSimulation(), lab: newLabView()}
}

// on makes a handler: a panic in it becomes a message instead of a dead page,
// and scope tells handlers apart that share their code.
func (b *Builder) on(h func(ctx app.Context, e app.Event), scope ...any) (app.EventHandler, app.EventOption) {
	return func(ctx app.Context, e app.Event) {
		b.safely(func() { h(ctx, e) })
	}, app.EventScope(scope...)
}

// act is on for what needs neither context nor event.
func (b *Builder) act(h func(), scope ...any) (app.EventHandler, app.EventOption) {
	return b.on(func(app.Context, app.Event) { h() }, scope...)
}

// safely runs a handler, saves what it changed, and survives its panic.
func (b *Builder) safely(h func()) {
	rev := b.editor.Rev()
	defer func() {
		if r := recover(); r != nil {
			b.say("That did not work: the builder has a fault (" + faultText(r) + "). Your settings are as they were before; save them if in doubt.")
		}
		b.ui++
		if b.editor.Rev() != rev {
			b.keep.later(b)
		}
		b.checkSoon()
		b.simulateSoon()
	}()
	h()
}

// faultText is a panic's text without values that may be secret.
func faultText(r any) string {
	if err, ok := r.(error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", r)
}

const toastTime = 8 * time.Second

// say shows a message for a while.
func (b *Builder) say(text string) { b.toast(toast{text: text}) }

// sayUndo shows a message with a way back.
func (b *Builder) sayUndo(text string) { b.toast(toast{text: text, undo: true}) }

func (b *Builder) toast(t toast) {
	b.toastNo++
	t.no, t.rev = b.toastNo, b.editor.Rev()
	b.toasts = append(b.toasts, t)
	if len(b.toasts) > 3 {
		b.toasts = b.toasts[1:]
	}
	b.ui++
}

func (b *Builder) dropToast(no int) {
	for i := range b.toasts {
		if b.toasts[i].no == no {
			b.toasts = append(b.toasts[:i:i], b.toasts[i+1:]...)
			b.ui++
			return
		}
	}
}

// open goes to a screen.
func (b *Builder) open(p page) {
	b.page, b.details, b.allProblems = p, "", false
	b.editor.Settle()
	b.visitLab()
	b.shell.Defer(func(app.Context) {
		// On a narrow page the rail is a line that scrolls.
		if el := app.Window().Get("document").Call("querySelector", ".rail [aria-current]"); el.Truthy() {
			el.Call("scrollIntoView", map[string]any{"block": "nearest", "inline": "center"})
		}
	})
}

// goTo opens the screen of a parameter and puts the cursor into its field.
func (b *Builder) goTo(name string) {
	if e, ok := b.editor.catalog.Lookup(name); ok {
		p := pageOf(e)
		b.open(p)
		if p == pageMore {
			b.chapter = chapter{tab: e.Tab, section: e.Section}.key()
			b.setOnly = false
			if e.N > 0 {
				b.n = e.N
			}
			if e.U > 0 {
				b.u = e.U
			}
		}
	} else {
		b.open(pageMore)
		b.chapter = unknownChapter
	}
	b.focus = name
	b.focusLater(fieldID(name))
}

// fieldID is the id of a parameter's control.
func fieldID(name string) string { return "f-" + name }

// focusLater moves the focus to an element of the next screen.
func (b *Builder) focusLater(id string) {
	b.shell.Defer(func(app.Context) {
		el := app.Window().GetElementByID(id)
		if !el.Truthy() {
			return
		}
		el.Call("focus", map[string]any{"preventScroll": true})
		el.Call("scrollIntoView", map[string]any{"block": "center"})
	})
}

// type of a field's text: problems of what is being typed wait.
func (b *Builder) input(name, text string) {
	if b.editing != name {
		b.editing = name
		b.quiet = b.worst(name) < rule.Error
	}
	b.editor.Set(b.editor.Layer(), name, text)
}

// leave ends the typing into a field: outer blanks go, as on the phone.
func (b *Builder) leave(name, text string) {
	if b.editing != name {
		return
	}
	b.editing, b.quiet = "", false
	b.editor.Set(b.editor.Layer(), name, strings.TrimSpace(text))
	b.editor.Settle()
}

// none is a severity below all.
const none rule.Severity = -1

// worst is the worst severity among a parameter's problems.
func (b *Builder) worst(name string) rule.Severity {
	worst := none
	for _, p := range b.editor.Problems() {
		if p.Element == name {
			worst = max(worst, p.Severity)
		}
	}
	return worst
}

// problems are those to show: not yet of what is being typed.
func (b *Builder) problems() schema.Problems {
	all := b.editor.Problems()
	if !b.quiet {
		return all
	}
	var list schema.Problems
	for _, p := range all {
		if p.Element != b.editing {
			list = append(list, p)
		}
	}
	return list
}

// plural is "1 problem", "2 problems".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
