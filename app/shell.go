package app

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// Shell is the page: bars, rail, the screen in the middle, the output beside
// it. It owns the Builder and listens to what is not an element's.
type Shell struct {
	app.Compo

	b       *Builder
	release []func()
}

func (s *Shell) OnInit() { s.b = newBuilder() }

func (s *Shell) OnMount(ctx app.Context) {
	s.b.shell = ctx
	s.listen(ctx, "keydown", s.shortcut)
	s.listen(ctx, "dragover", func(_ app.Context, e app.Event) { e.PreventDefault() })
	s.listen(ctx, "drop", s.drop)
	s.listen(ctx, "profilegen-version", func(app.Context, app.Event) {})
	s.b.keep.start(s.b)
}

func (s *Shell) OnDismount() {
	for _, release := range s.release {
		release()
	}
}

// listen hears an event of the window.
func (s *Shell) listen(ctx app.Context, event string, h func(app.Context, app.Event)) {
	f := app.FuncOf(func(_ app.Value, args []app.Value) any {
		e := app.Event{Value: args[0]}
		ctx.Dispatch(func(ctx app.Context) {
			s.b.safely(func() { h(ctx, e) })
		})
		return nil
	})
	app.Window().Call("addEventListener", event, f)
	s.release = append(s.release, func() {
		app.Window().Call("removeEventListener", event, f)
		f.Release()
	})
}

// shortcut handles the keys of the whole page.
func (s *Shell) shortcut(ctx app.Context, e app.Event) {
	b := s.b
	control := e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()
	key := e.Get("key").String()
	typing := isTextBox(e.Get("target"))
	switch {
	case control && (key == "k" || key == "K"):
		e.PreventDefault()
		b.showFinder()
	case control && (key == "s" || key == "S"):
		e.PreventDefault()
		b.download()
	case control && !typing && (key == "z" || key == "Z") && !e.Get("shiftKey").Bool():
		e.PreventDefault()
		b.undo()
	case control && !typing && (key == "y" || key == "Y" || (key == "Z" || key == "z") && e.Get("shiftKey").Bool()):
		e.PreventDefault()
		b.redo()
	case e.Get("altKey").Bool() && (key == "ArrowDown" || key == "ArrowUp"):
		e.PreventDefault()
		b.nextProblem(key == "ArrowDown")
	}
}

// isTextBox tells whether an element has an undo of its own.
func isTextBox(el app.Value) bool {
	if !el.Truthy() || !el.Get("tagName").Truthy() {
		return false
	}
	switch el.Get("tagName").String() {
	case "TEXTAREA":
		return true
	case "INPUT":
		switch el.Get("type").String() {
		case "text", "search", "password":
			return true
		}
	}
	return false
}

func (s *Shell) drop(_ app.Context, e app.Event) {
	files := e.Get("dataTransfer").Get("files")
	if files.Truthy() && files.Length() > 0 {
		e.PreventDefault()
		s.b.readFile(files.Index(0))
	}
}

func (b *Builder) undo() {
	if what := b.editor.Undo(); what != "" {
		b.say("Undone: " + what)
	}
}

func (b *Builder) redo() {
	if what := b.editor.Redo(); what != "" {
		b.say("Done again: " + what)
	}
}

// nextProblem goes to the field of the next problem after the one in focus.
func (b *Builder) nextProblem(forward bool) {
	var names []string
	at := -1
	for _, p := range b.editor.Problems() {
		if p.Element == "" || len(names) > 0 && names[len(names)-1] == p.Element {
			continue
		}
		if p.Element == b.focus {
			at = len(names)
		}
		names = append(names, p.Element)
	}
	if len(names) == 0 {
		b.say("There are no problems")
		return
	}
	step := 1
	if !forward {
		step = len(names) - 1
		at = max(at, 0)
	}
	b.goTo(names[(at+step)%len(names)])
}

func (s *Shell) Render() app.UI {
	b := s.b
	if !b.keep.started {
		return box("div", "app", elem("header", "class", "topbar"),
			box("div", "loading-body", words("p", "", "Opening your draft…")))
	}
	return box("div", "app",
		button("skip").OnClick(b.act(func() {
			b.focusLater("main")
		}, "skip")).Text("Skip to the settings"),
		b.topbar(),
		b.bars(),
		elem("div", "class", "columns "+b.columns()).Body(
			b.rail(),
			elem("main", "id", "main", "tabindex", "-1").Body(b.screen()),
			app.If(b.hasSide(), func() app.UI { return &Side{B: b, Rev: b.editor.Rev(), UI: b.ui} }),
		),
		b.finderDialog(),
		b.toastList(),
	)
}

// hasSide tells whether the output stands beside the screen.
func (b *Builder) hasSide() bool {
	return b.page != pagePhones && b.page != pageKeep && b.page != pageSimulate && b.page != pageLab
}

func (b *Builder) columns() string {
	if b.hasSide() {
		return "three"
	}
	return "two"
}

func (b *Builder) topbar() app.UI {
	return elem("header", "class", "topbar").Body(
		box("span", "brand",
			elem("span", "class", "brand-mark", "aria-hidden", "true"),
			words("span", "", "profilegen")),
		b.viewpoint(),
		elem("span", "class", "grow"),
		box("div", "tools",
			button("button find").
				OnClick(b.act(b.showFinder, "find")).
				Body(app.Text("Find a setting "), elem("kbd", "aria-hidden", "true").Text("Ctrl K")),
			b.tool("Undo", "↶", b.editor.UndoName(), b.undo),
			b.tool("Redo", "↷", b.editor.RedoName(), b.redo),
			b.themeTool(),
		),
		button("button primary").
			OnClick(b.act(b.download, "download")).
			Body(app.Text("Download"), words("span", "wide-only", " XML")),
	)
}

// tool is a square button; without something to do it is off.
func (b *Builder) tool(name, sign, what string, do func()) app.UI {
	title := name
	if what != "" {
		title = name + ": " + what
	}
	return button("button square", "title", title, "aria-label", title, "disabled", flag(what == "")).
		OnClick(b.act(do, "tool", name)).
		Body(elem("span", "aria-hidden", "true").Text(sign))
}

// themes in the order of the button.
var themes = map[string]struct{ next, sign, title string }{
	"":      {"light", "◐", "Colours as the system has them"},
	"light": {"dark", "☀", "Light colours"},
	"dark":  {"", "☾", "Dark colours"},
}

func (b *Builder) themeTool() app.UI {
	t := themes[b.theme()]
	return button("button square", "title", t.title, "aria-label", t.title+": change").
		OnClick(b.act(func() { glue().Call("setTheme", themes[b.theme()].next) }, "theme")).
		Body(elem("span", "aria-hidden", "true").Text(t.sign))
}

func (b *Builder) theme() string {
	if app.IsServer {
		return ""
	}
	name := glue().Call("theme").String()
	if _, ok := themes[name]; !ok {
		return ""
	}
	return name
}

// maxListed bounds the phones in the list of viewpoints; the others are chosen
// on their own screen.
const maxListed = 100

// viewpoint chooses the phone that everything is seen from.
func (b *Builder) viewpoint() app.UI {
	e := b.editor
	var options []app.UI
	sample := e.seen == ""
	var samples []app.UI
	for _, m := range schema.Models() {
		samples = append(samples, option("model "+m.Name(), sample && sameModel(m.Name(), e.model), "Sample "+m.Name()))
	}
	options = append(options, elem("optgroup", "label", "Sample phones").Body(samples...))
	var phones []app.UI
	for i, dev := range e.doc.devices {
		if i >= maxListed && dev.MAC != e.seen {
			continue
		}
		phones = append(phones, option("phone "+dev.MAC, dev.MAC == e.seen, dev.MAC+" "+dev.Model))
	}
	if phones != nil {
		options = append(options, elem("optgroup", "label", "Phones of the fleet").Body(phones...))
	}
	return box("div", "viewpoint",
		label("viewpoint", "Seen from"),
		elem("select", "id", "viewpoint", "class", "input small").
			OnChange(b.on(func(_ app.Context, ev app.Event) {
				value := ev.Get("target").Get("value").String()
				if len(value) < 6 {
					return
				}
				kind, which := value[:6], value[6:]
				if kind == "phone " {
					e.Look(which, "")
				} else {
					e.Look("", which)
				}
			}, "viewpoint")).
			Body(options...),
		elem("code", "class", "chip wide-only", "title", "The MAC address that macros become").Text(e.Phone().MAC.String()),
	)
}

// bars are the messages that stay until they are answered.
func (b *Builder) bars() app.UI {
	var bars []app.UI
	bar := func(text string, buttons ...app.UI) {
		bars = append(bars, box("div", "bar", append([]app.UI{words("span", "", text)}, buttons...)...))
	}
	answer := func(text string, do func(), scope string) app.UI {
		return button("button small").OnClick(b.act(do, scope)).Text(text)
	}
	if b.newVersion() {
		bar("There is a new version of the builder.", answer("Reload", func() { glue().Call("update") }, "update"))
	}
	if b.keep.offered != "" {
		bar("This link brings settings of its own. Open them in place of your draft? Undo brings it back.",
			answer("Open the link", func() { b.openLink(b.keep.offered); b.keep.offered = "" }, "link-open"),
			answer("Keep my draft", func() { b.keep.offered = "" }, "link-keep"))
	}
	bars = append(bars, b.servedBar())
	if b.keep.otherTab {
		bar("The builder is open in another tab, which has changed the draft since. Nothing is saved here until you choose.",
			answer("Save this one", func() { b.keep.otherTab = false; b.keep.force = true; b.editor.rev++ }, "tab-mine"),
			answer("Load the other", func() { glue().Call("update") }, "tab-other"))
	}
	if b.keep.trouble != "" {
		bar(b.keep.trouble)
	}
	if len(b.keep.omitted) > 0 {
		bar("Passwords and keys are not kept in the browser. Enter again: "+listed(b.keep.omitted, 4)+".",
			answer("Understood", func() { b.keep.omitted = nil }, "omitted"))
	}
	return elem("div", "class", "bars", "role", "status").Body(bars...)
}

func (b *Builder) newVersion() bool {
	return app.IsClient && glue().Get("newer").Truthy()
}

// listed joins names; more than limit are counted.
func listed(names []string, limit int) string {
	text := ""
	for i, name := range names {
		if i == limit {
			return text + " and " + strconv.Itoa(len(names)-limit) + " more"
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

func (b *Builder) rail() app.UI {
	counts := b.counts()
	var items []app.UI
	for _, p := range pages {
		if p.page == pagePhones {
			items = append(items, elem("li", "class", "rule", "aria-hidden", "true"))
		}
		items = append(items, b.railItem(p.page, p.title, counts[p.page]))
	}
	return elem("nav", "class", "rail", "aria-label", "Screens").Body(box("ul", "", items...))
}

// count is what the rail says about a screen.
type count struct{ errors, warnings, changed, total int }

func (b *Builder) counts() map[page]count {
	counts := make(map[page]count)
	for _, p := range b.problems() {
		if p.Element == "" {
			continue
		}
		at := b.screenOf(p.Element)
		c := counts[at]
		switch p.Severity {
		case rule.Error:
			c.errors++
		case rule.Warning:
			c.warnings++
		}
		counts[at] = c
	}
	if p := b.editor.doc.layer(b.editor.layer); p != nil {
		for _, v := range p.Values() {
			if b.editor.Value(v.Name).Changed {
				at := b.screenOf(v.Name)
				c := counts[at]
				c.changed++
				counts[at] = c
			}
		}
	}
	counts[pagePhones] = count{total: len(b.editor.doc.devices)}
	return counts
}

func (b *Builder) railItem(p page, title string, c count) app.UI {
	if c.errors > 0 {
		c.warnings = 0 // the worst is enough
	}
	badge := func(n int, class, what string) app.UI {
		return app.If(n > 0, func() app.UI {
			return elem("span", "class", "badge "+class, "title", plural(n, what, what+"s")).Body(
				app.Text(strconv.Itoa(n)), words("span", "offscreen", " "+what+"s"))
		})
	}
	item := button("").OnClick(b.act(func() {
		b.phones.opened = "" // the list, not the phone that was looked at
		b.open(p)
		app.Window().Call("scrollTo", 0, 0)
	}, "page", string(p)))
	if b.page == p {
		item = item.Aria("current", "page")
	}
	return box("li", "", item.Body(
		words("span", "grow", title),
		badge(c.errors, "error", "error"),
		badge(c.warnings, "warning", "warning"),
		badge(c.changed, "changed", "changed value"),
		badge(c.total, "plain", "phone"),
	))
}

func (b *Builder) screen() app.UI {
	switch b.page {
	case pagePhones:
		return b.phonesScreen()
	case pageSimulate:
		return b.simulateScreen()
	case pageLab:
		return b.labScreen()
	case pageKeep:
		return b.keepScreen()
	case pageMore:
		return b.moreScreen()
	default:
		return b.formScreen()
	}
}

func (b *Builder) toastList() app.UI {
	return elem("div", "class", "toasts", "role", "status").Body(app.Range(b.toasts).Slice(func(i int) app.UI {
		t := b.toasts[i]
		return &Toast{B: b, No: t.no, Text: t.text, Undo: t.undo && t.rev == b.editor.Rev()}
	}))
}

// Toast is a message that goes away by itself.
type Toast struct {
	app.Compo

	B    *Builder
	No   int
	Text string
	Undo bool
}

func (t *Toast) CompoID() string { return strconv.Itoa(t.No) }

func (t *Toast) OnMount(ctx app.Context) {
	ctx.After(toastTime, func(app.Context) { t.B.dropToast(t.No) })
}

func (t *Toast) Render() app.UI {
	b := t.B
	return box("div", "toast",
		words("span", "", t.Text),
		app.If(t.Undo, func() app.UI {
			return button("link").OnClick(b.act(func() {
				b.dropToast(t.No)
				b.undo()
			}, "toast-undo", t.No)).Text("Undo")
		}),
		button("icon", "aria-label", "Close the message").
			OnClick(b.act(func() { b.dropToast(t.No) }, "toast", t.No)).Text("×"),
	)
}
