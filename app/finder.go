package app

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/schema"
)

// finder is the dialog that finds any parameter of the catalog.
type finder struct {
	open  bool
	text  string
	index int // of the marked result
	title string
	pick  func(name string) // what is done with the parameter that is chosen
}

const finderResults = 40

// showFinder opens it, to go to a setting.
func (b *Builder) showFinder() { b.pick("Find a setting", b.goTo) }

// pick opens it, to do something with the setting that is chosen.
func (b *Builder) pick(title string, do func(name string)) {
	b.finder = finder{open: true, title: title, pick: do}
	b.shell.Defer(func(app.Context) {
		dialog := app.Window().GetElementByID("finder")
		if !dialog.Truthy() {
			return
		}
		if !dialog.Get("open").Bool() {
			dialog.Call("showModal")
		}
		input := app.Window().GetElementByID("finder-text")
		input.Set("value", "")
		input.Call("focus")
	})
}

func (b *Builder) closeFinder() {
	b.finder.open = false
	if dialog := app.Window().GetElementByID("finder"); dialog.Truthy() && dialog.Get("open").Bool() {
		dialog.Call("close")
	}
}

// found lists the records for the text; without one, what the document sets.
func (b *Builder) found() []schema.Entry {
	var list []schema.Entry
	text := b.finder.text
	if e, ok := b.editor.catalog.Lookup(text); ok {
		list = append(list, e)
	}
	for _, p := range b.editor.catalog.Search(text) {
		if len(list) == finderResults {
			break
		}
		n, _ := p.Indices()
		u, _ := p.Units()
		if e := p.At(n, u); len(list) == 0 || list[0] != e {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		for _, name := range b.editor.catalog.Suggest(text) {
			if e, ok := b.editor.catalog.Lookup(name); ok {
				list = append(list, e)
			}
		}
	}
	return list
}

func (b *Builder) finderDialog() app.UI {
	dialog := elem("dialog", "id", "finder", "class", "finder", "aria-label", orElse(b.finder.title, "Find a setting")).
		On("close", func(app.Context, app.Event) { b.finder.open = false; b.ui++ })
	if !b.finder.open {
		return dialog.Body()
	}
	found := b.found()
	b.finder.index = max(0, min(b.finder.index, len(found)-1))
	input := elem("input", "type", "text", "id", "finder-text", "class", "input", "role", "combobox", "placeholder", "Name, label or words, for example: proxy, time zone, Resync", "aria-label", b.finder.title, "aria-controls", "finder-list", "aria-expanded", flag(len(found) > 0), "aria-autocomplete", "list", "autocomplete", "off", "spellcheck", "false").
		OnInput(b.on(func(_ app.Context, e app.Event) {
			b.finder.text, b.finder.index = e.Get("target").Get("value").String(), 0
		}, "finder-input")).
		OnKeyDown(b.on(b.finderKey, "finder-key"))
	if len(found) > 0 {
		input = input.Aria("activedescendant", "found-"+strconv.Itoa(b.finder.index))
	}
	return dialog.Body(
		input,
		elem("ul", "id", "finder-list", "role", "listbox", "aria-label", "Settings").Body(app.Range(found).Slice(func(i int) app.UI {
			return b.foundItem(found[i], i)
		})),
		app.If(len(found) == 0, func() app.UI {
			text := "The catalog has " + strconv.Itoa(len(b.editor.catalog.Parameters())) + " parameters. Type what you look for."
			if b.finder.text != "" {
				text = "Nothing is called so. Try a word of the phone's web page."
			}
			return words("p", "empty", text)
		}),
	)
}

func (b *Builder) foundItem(e schema.Entry, i int) app.UI {
	name := e.Name
	label := Label(e)
	if from, to := e.Indices(); to > 0 {
		label = e.Parameter.Label + " " + strconv.Itoa(from) + "–" + strconv.Itoa(to)
	}
	return elem("li", "id", "found-"+strconv.Itoa(i), "role", "option", "aria-selected", flag(i == b.finder.index)).
		OnClick(b.act(func() {
			b.closeFinder()
			b.finder.pick(name)
		}, "found", name)).
		Body(
			box("div", "row",
				words("span", "strong", label),
				elem("span", "class", "grow"),
				words("span", "mark", e.Tab+" › "+sectionTitle(e.Section))),
			words("div", "help", e.Summary),
		)
}

func (b *Builder) finderKey(ctx app.Context, e app.Event) {
	found := b.found()
	switch e.Get("key").String() {
	case "ArrowDown":
		e.PreventDefault()
		b.finder.index = min(b.finder.index+1, len(found)-1)
	case "ArrowUp":
		e.PreventDefault()
		b.finder.index = max(b.finder.index-1, 0)
	case "Enter":
		e.PreventDefault()
		if b.finder.index < len(found) {
			name := found[b.finder.index].Name
			b.closeFinder()
			b.finder.pick(name)
		}
		return
	default:
		return
	}
	id := "found-" + strconv.Itoa(b.finder.index)
	b.shell.Defer(func(app.Context) {
		if el := app.Window().GetElementByID(id); el.Truthy() {
			el.Call("scrollIntoView", map[string]any{"block": "nearest"})
		}
	})
}
