package app

import (
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// formScreen is a screen of the phone's Provisioning page.
func (b *Builder) formScreen() app.UI {
	cards := sections(b.editor.catalog, b.page)
	return box("div", "screen",
		b.heading(b.page.title()),
		b.importReport(),
		b.welcome(),
		b.statusLine(),
		b.problemList(),
		app.Range(cards).Slice(func(i int) app.UI {
			return b.card(cards[i].title, cards[i].names)
		}),
	)
}

func (b *Builder) heading(title string) app.UI {
	return box("div", "heading", words("h1", "", title), elem("span", "class", "grow"), box("div", "row", b.layerChoice(), b.generationChoice()))
}

// layerChoice says whose values the form shows.
func (b *Builder) layerChoice() app.UI {
	e := b.editor
	l := e.Layer()
	options := []app.UI{elem("option", "value", "all", "selected", flag(l == Layer{})).Text("all phones")}
	for _, m := range e.modelsInUse() {
		options = append(options, option("model "+m, l.MAC == "" && l.Model == m, "model "+m))
	}
	if dev, _ := e.Seen(); dev != nil {
		options = append(options, option("phone "+dev.MAC, l.MAC == dev.MAC, "phone "+dev.MAC))
	}
	return box("div", "choice",
		label("layer", "Values for"),
		elem("select", "id", "layer", "class", "input small").OnChange(b.on(func(_ app.Context, ev app.Event) {
			value := ev.Get("target").Get("value").String()
			switch {
			case len(value) > 6 && value[:6] == "model ":
				e.Show(Layer{Model: value[6:]})
			case len(value) > 6:
				e.Show(Layer{MAC: value[6:]})
			default:
				e.Show(Layer{})
			}
		}, "layer")).Body(options...),
	)
}

// modelsInUse are the models with values or phones of their own, and that of
// the sample phone.
func (e *Editor) modelsInUse() []string {
	var list []string
	add := func(model string) {
		m, ok := schema.FindModel(model)
		if !ok {
			return
		}
		for _, have := range list {
			if have == m.Name() {
				return
			}
		}
		list = append(list, m.Name())
	}
	add(e.model)
	for i := range e.doc.models {
		add(e.doc.models[i].Model)
	}
	for _, dev := range e.doc.devices {
		add(dev.Model)
	}
	return list
}

func (b *Builder) generationChoice() app.UI {
	list := []struct {
		g    schema.Generation
		text string
	}{{schema.Firmware104, "10.4"}, {schema.Firmware11, "11.x"}, {schema.Firmware12, "12.x"}}
	return box("div", "choice",
		label("generation", "Firmware"),
		elem("select", "id", "generation", "class", "input small", "title", "The firmware line whose defaults are meant").
			OnChange(b.on(func(_ app.Context, ev app.Event) {
				b.editor.SetGeneration(generation(ev.Get("target").Get("value").String()))
			}, "generation")).
			Body(app.Range(list).Slice(func(i int) app.UI {
				return option(list[i].g.String(), list[i].g == b.editor.Generation(), list[i].text)
			})),
	)
}

// welcome says what to do first; it goes with the first change.
func (b *Builder) welcome() app.UI {
	if !b.editor.Fresh() || b.page != pageProfile {
		return nothing()
	}
	return box("div", "welcome",
		box("p", "",
			words("strong", "", "This is a profile at its factory values. "),
			app.Text("Change what you need: the file beside it follows, and each value says what it means. Nothing you enter leaves this browser."),
		),
		box("div", "row",
			words("span", "", "Or start from:"),
			app.Range(presets).Slice(func(i int) app.UI {
				return button("button small", "title", presets[i].text).
					OnClick(b.act(func() { b.usePreset(i) }, "preset", i)).Text(presets[i].name)
			}),
			b.fileButton("button small", "Open a file…", "welcome-file"),
		),
	)
}

// statusLine sums up the profile in one line that is also read aloud.
func (b *Builder) statusLine() app.UI {
	errors, warnings := 0, 0
	for _, p := range b.problems() {
		switch p.Severity {
		case rule.Error:
			errors++
		case rule.Warning:
			warnings++
		}
	}
	text := "No problems."
	switch {
	case errors > 0 && warnings > 0:
		text = plural(errors, "error", "errors") + " and " + plural(warnings, "warning", "warnings") + "."
	case errors > 0:
		text = plural(errors, "error", "errors") + "."
	case warnings > 0:
		text = plural(warnings, "warning", "warnings") + "."
	}
	changed := b.editor.Changed()
	if b.editor.Layer() == (Layer{}) {
		if changed == 0 {
			text += " Nothing differs from the defaults."
		} else {
			text += " " + plural(changed, "setting differs", "settings differ") + " from the defaults."
		}
	} else {
		text += " " + plural(changed, "setting", "settings") + " of " + b.editor.Layer().String() + "."
	}
	return elem("p", "class", "status", "role", "status").Text(text)
}

// problemList lists what is wrong on this screen; each entry leads to its
// field. The rail counts what is wrong on the others.
func (b *Builder) problemList() app.UI {
	var list schema.Problems
	for _, p := range b.problems() {
		if p.Element == "" || b.screenOf(p.Element) == b.page {
			list = append(list, p)
		}
	}
	return b.problemBox("Problems", list, b.problem)
}

// screenOf is the screen that shows an element.
func (b *Builder) screenOf(name string) page {
	if e, ok := b.editor.catalog.Lookup(name); ok {
		return pageOf(e)
	}
	return pageMore
}

// problemBox shows problems, the worst first; of many the rest on request.
func (b *Builder) problemBox(title string, problems schema.Problems, show func(*schema.Problem, int) app.UI) app.UI {
	if len(problems) == 0 {
		return nothing()
	}
	slices.SortStableFunc(problems, func(a, b schema.Problem) int { return int(b.Severity) - int(a.Severity) })
	const few = 4
	rest := len(problems) - few
	if rest > 0 && !b.allProblems {
		problems = problems[:few]
	}
	return elem("section", "class", "problems", "aria-label", title).Body(
		box("ul", "", app.Range(problems).Slice(func(i int) app.UI { return show(&problems[i], i) })),
		app.If(rest > 0, func() app.UI {
			name := "Show " + strconv.Itoa(rest) + " more"
			if b.allProblems {
				name = "Show fewer"
			}
			return button("link", "aria-expanded", flag(b.allProblems)).
				OnClick(b.act(func() { b.allProblems = !b.allProblems }, "all-problems")).Text(name)
		}),
	)
}

func (b *Builder) problem(p *schema.Problem, i int) app.UI {
	name, fix := p.Element, p.Fix
	text := []app.UI{words("span", "sign", severityName(p.Severity)+": ")}
	if name != "" {
		text = append(text, button("link strong").
			OnClick(b.act(func() { b.goTo(name) }, "problem", name, i)).
			Text(b.editor.label(name)), app.Text(": "))
	}
	text = append(text, app.Text(p.Summary+". "))
	if p.Hint != "" {
		text = append(text, words("span", "hint", sentence(p.Hint)+" "))
	}
	if fix != nil {
		text = append(text, button("link fix").
			OnClick(b.act(func() { b.editor.Fix(fix); b.sayUndo("Done: " + fix.Title) }, "problem-fix", name, p.ID, i, b.editor.Rev())).
			Text(capital(fix.Title)))
	}
	if p.Source != "" {
		text = append(text, elem("span", "class", "mark", "title", "Where this is documented").Text(p.Source))
	}
	return elem("li", "class", severityClass(p.Severity)).Body(text...)
}

func severityName(s rule.Severity) string {
	switch s {
	case rule.Error:
		return "Error"
	case rule.Warning:
		return "Warning"
	default:
		return "Note"
	}
}

func (b *Builder) card(title string, names []string) app.UI {
	return box("section", "card",
		words("h2", "", title),
		box("div", "fields", app.Range(names).Slice(func(i int) app.UI {
			return b.field(names[i])
		})),
	)
}
