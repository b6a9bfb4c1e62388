package app

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// keeper saves the draft in the browser's database, and opens it again.
type keeper struct {
	started  bool // the draft at start was looked for: the page can be used
	ready    bool // it was read: from now on it may be replaced
	wrote    bool // something was saved since the start
	waiting  bool // a save is on its way
	again    bool // something changed since it began
	secrets  bool // the user wants passwords kept too
	force    bool // write over another tab's draft
	otherTab bool
	locked   bool     // a newer builder's draft must not be written over
	trouble  string   // why nothing is saved
	offered  string   // hash of a link that waits for an answer
	omitted  []string // parameters whose secrets were not kept
}

// saveDelay bounds what a killed browser loses, and how often is written.
const saveDelay = 300 * time.Millisecond

const secretsKey = "profilegen-keep-secrets"

// start opens the draft, and then what a link brings.
func (k *keeper) start(b *Builder) {
	k.secrets = localGet(secretsKey) == "yes"
	hash := app.Window().Get("location").Get("hash").String()
	begin := func() {
		k.started = true
		if hash == labHash {
			b.open(pageLab)
		}
		b.shell.Defer(func(app.Context) { glue().Call("ready") })
		if !IsShare(hash) {
			return
		}
		app.Window().Get("history").Call("replaceState", nil, "", app.Window().Get("location").Get("pathname").String())
		if b.editor.Fresh() {
			b.openLink(hash)
		} else {
			k.offered = hash
		}
	}
	start := func() { b.openServed(begin) }
	b.then(glue().Call("load"), func(answer app.Value) {
		k.restore(b, answer.String())
		start()
	}, func(app.Value) {
		k.trouble = "This browser does not let the builder keep a draft: save the fleet file before you leave."
		start()
	})
}

// restore opens the last draft, or the one before when it is damaged.
func (k *keeper) restore(b *Builder, answer string) {
	k.ready = true
	var drafts [2]string
	if err := json.Unmarshal([]byte(answer), &drafts); err != nil {
		return
	}
	for i, text := range drafts {
		if text == "" {
			continue
		}
		omitted, err := b.editor.Restore(text)
		if errors.Is(err, ErrNewerDraft) {
			k.locked = true
			k.trouble = sentence(err.Error()) + " It is not written over, and nothing is saved meanwhile."
			return
		}
		if err == nil {
			k.omitted = labels(b.editor, omitted)
			if i > 0 {
				b.say("The last draft was damaged; this is the one before")
			}
			return
		}
		b.say("The draft could not be opened: " + err.Error())
	}
}

func labels(e *Editor, names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = e.label(name)
	}
	return list
}

// later saves the draft soon.
func (k *keeper) later(b *Builder) {
	if !k.ready || k.locked || k.otherTab || !k.wrote && b.editor.Untouched() {
		return
	}
	if k.waiting {
		k.again = true
		return
	}
	k.waiting, k.again = true, false
	b.shell.After(saveDelay, func(app.Context) { k.now(b) })
}

func (k *keeper) now(b *Builder) {
	k.again = false
	b.shell.Async(func() {
		breathe := b.newBreather(nil)
		breathe.last = time.Now() // a small fleet is written at once
		text, err := b.editor.Draft(k.secrets, func() { breathe.progress(0, 0) })
		breathe.release()
		b.shell.Dispatch(func(app.Context) { k.write(b, text, err) })
	})
}

func (k *keeper) write(b *Builder, text string, err error) {
	if err != nil {
		k.waiting = false
		k.trouble = "The draft cannot be kept: " + err.Error()
		return
	}
	k.wrote = true
	b.then(glue().Call("save", text, k.force), func(answer app.Value) {
		k.waiting, k.force, k.trouble = false, false, ""
		k.otherTab = answer.String() != ""
		if k.again {
			k.later(b)
		}
	}, func(trouble app.Value) {
		k.waiting = false
		k.trouble = "The browser could not keep the draft (" + trouble.Call("toString").String() + "): save the fleet file before you leave."
	})
}

func (b *Builder) openLink(hash string) {
	if err := b.editor.OpenShare(hash); err != nil {
		b.say(sentence(err.Error()))
		return
	}
	b.open(pageProfile)
	b.sayUndo("Opened the settings of the link")
}

// localGet and localSet are small choices of the user, not the draft.
func localGet(key string) string {
	v := app.Window().Get("localStorage").Call("getItem", key)
	if v.IsNull() {
		return ""
	}
	return v.String()
}

func localSet(key, value string) {
	// A full store is no reason to stop: the choice is for this visit then.
	defer func() { _ = recover() }()
	app.Window().Get("localStorage").Call("setItem", key, value)
}
