package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// slice is how long the page's one thread works before the browser gets its
// turn.
const slice = 10 * time.Millisecond

// told is how often a job says how far it is.
const told = 100 * time.Millisecond

// job is work on all phones that goes on while the page is used.
type job struct {
	what        string
	done, total int
	cancel      context.CancelFunc
}

// breather lets the browser have its turn during a job, and tells now and then
// how far it is. It is for the job's goroutine.
type breather struct {
	b      *Builder
	job    *job // nil: nobody is told
	turn   chan struct{}
	signal app.Func
	last   time.Time // zero: the first call has the browser show the click
	told   time.Time
}

func (b *Builder) newBreather(j *job) *breather {
	r := &breather{b: b, job: j, turn: make(chan struct{})}
	r.signal = app.FuncOf(func(app.Value, []app.Value) any {
		r.turn <- struct{}{}
		return nil
	})
	return r
}

// progress is a Batch's Progress.
func (r *breather) progress(done, total int) {
	now := time.Now()
	if now.Sub(r.last) < slice {
		return
	}
	if r.job != nil && now.Sub(r.told) > told {
		r.told = now
		r.b.shell.Dispatch(func(app.Context) {
			r.job.done, r.job.total = max(done, r.job.done), max(total, r.job.total)
			r.b.ui++
		})
	}
	if app.IsClient {
		glue().Call("turn", r.signal)
		<-r.turn
	}
	r.last = time.Now()
}

func (r *breather) release() { r.signal.Release() }

// parts is a file that is handed to the browser piece by piece: a large one
// would be copied at once, and as often as its buffer grows before that.
type parts struct {
	list    app.Value // of Uint8Array
	breathe *breather
}

func newParts(r *breather) *parts {
	return &parts{list: app.Window().Get("Array").New(), breathe: r}
}

func (p *parts) Write(data []byte) (int, error) {
	p.list.Call("push", bytesToJS(data))
	p.breathe.progress(0, 0)
	return len(data), nil
}

// zip makes the archive of all files and saves it.
func (b *Builder) zip() {
	if b.job != nil {
		return
	}
	b.editor.Settle()
	doc := b.editor.doc
	work, cancel := context.WithCancel(context.Background())
	j := &job{what: "Making the files", total: len(doc.devices), cancel: cancel}
	b.job = j
	b.shell.Async(func() {
		breathe := b.newBreather(j)
		breathe.progress(0, j.total)
		batch, _ := doc.batch(doc.fleet())
		batch.Progress = breathe.progress
		out := newParts(breathe)
		result, err := batch.Zip(work, out, true)
		cancel()
		breathe.release()
		b.shell.Dispatch(func(app.Context) {
			b.safely(func() { b.zipped(out, result, err) })
		})
	})
}

func (b *Builder) zipped(out *parts, result *gen.Result, err error) {
	b.job = nil
	switch {
	case errors.Is(err, context.Canceled):
		b.say("Stopped: no file was made")
	case err != nil:
		b.zipError = err.Error()
	default:
		b.zipError = ""
		b.saveParts("profiles.zip", "application/zip", out.list)
		b.say(plural(result.Files, "file", "files") + " and a manifest for " + plural(result.Phones, "phone", "phones"))
	}
}

// zipTools is the button for the archive, and how far it is.
func (b *Builder) zipTools() app.UI {
	if j := b.job; j != nil {
		text := j.what
		progress := elem("progress", "aria-label", j.what)
		if j.total > 0 && j.done > 0 {
			progress = progress.Attr("max", j.total).Attr("value", j.done)
			text += ": " + strconv.Itoa(j.done) + " of " + strconv.Itoa(j.total)
		}
		return box("div", "row", words("span", "status", text), progress,
			button("button small").OnClick(b.act(j.cancel, "cancel")).Text("Cancel"))
	}
	return button("button", "disabled", flag(len(b.editor.doc.devices) == 0)).
		OnClick(b.act(b.zip, "zip")).Text("Download all as zip")
}

// check is what is wrong with the phones of the fleet, as far as it is known.
type check struct {
	doc     *document // the one it was made for
	running *document
	cancel  context.CancelFunc
	byPhone map[int]schema.Problems // by number in the list
	common  schema.Problems         // of none of them
	more    int
	failed  int // phones that get no file
}

// of is what is wrong with a phone.
func (c *check) of(i int) schema.Problems { return c.byPhone[i] }

// phonesFile marks the origins of a check: the row is the phone's number.
const phonesFile = "phones"

// checkSoon starts a check of the fleet when the present one is old.
func (b *Builder) checkSoon() {
	c := &b.check
	doc := b.editor.doc
	if b.page != pagePhones || len(doc.devices) == 0 || c.doc == doc || c.running == doc || b.job != nil {
		return
	}
	if c.cancel != nil {
		c.cancel()
	}
	work, cancel := context.WithCancel(context.Background())
	c.running, c.cancel = doc, cancel
	b.shell.Async(func() {
		breathe := b.newBreather(nil)
		breathe.progress(0, 0)
		batch, problems := doc.batch(numbered(doc.fleet(), breathe.progress))
		batch.KeepGoing, batch.Progress = true, breathe.progress
		breathe.progress(0, 0)
		result, err := batch.Plan(work, nil)
		cancel()
		breathe.release()
		b.shell.Dispatch(func(app.Context) {
			if b.check.running != doc {
				return // a later one is under way
			}
			b.check = check{doc: doc}
			b.check.take(append(problems, result.Problems...))
			b.check.more, b.check.failed = result.More, result.Failed
			if err != nil && !errors.Is(err, gen.ErrProblems) {
				b.check.common = append(b.check.common, schema.Problem{Severity: rule.Error, Summary: err.Error()})
			}
			b.ui++
		})
	})
}

// numbered gives the phones and their values their number for a row.
func numbered(f *schema.FleetFile, told func(done, total int)) *schema.FleetFile {
	for i := range f.Devices {
		told(i, len(f.Devices))
		dev := &f.Devices[i]
		dev.Origin = schema.Origin{File: phonesFile, Row: i + 1}
		if dev.Values == nil {
			continue
		}
		values := new(schema.Profile)
		for _, v := range dev.Values.Values() {
			v.Origin = dev.Origin
			values.Set(v)
		}
		dev.Values = values
	}
	return f
}

func (c *check) take(problems schema.Problems) {
	c.byPhone = make(map[int]schema.Problems)
	for _, p := range problems {
		if p.Origin.File != phonesFile || p.Origin.Row == 0 {
			c.common = append(c.common, p)
			continue
		}
		i := p.Origin.Row - 1
		p.Origin = schema.Origin{}
		c.byPhone[i] = append(c.byPhone[i], p)
	}
}

// checkLine sums the check up.
func (b *Builder) checkLine() app.UI {
	c := &b.check
	if len(b.editor.doc.devices) == 0 {
		return nothing()
	}
	text := "Checking the phones…"
	if c.doc == b.editor.doc {
		warnings := 0
		for _, list := range c.byPhone {
			if worstOf(list) < rule.Error {
				warnings++
			}
		}
		switch {
		case c.failed > 0:
			text = plural(c.failed, "phone has", "phones have") + " errors and would get no file."
		case worstOf(c.common) == rule.Error:
			text = "No archive can be made:"
		case warnings > 0:
			text = "All phones would get a file; " + plural(warnings, "has", "have") + " warnings."
		default:
			text = "All phones would get a file, and the rules lead each one to its own."
		}
	}
	list := slices.Clone(c.common)
	if c.doc != b.editor.doc {
		list = nil
	}
	return box("div", "fleet-check",
		status(text),
		b.problemBox("Problems of the fleet", list, b.problem),
		app.If(b.zipError != "", func() app.UI {
			return box("section", "problems", box("ul", "", box("li", "error",
				words("span", "sign", "No archive was made: "), app.Text(sentence(b.zipError)))))
		}))
}
