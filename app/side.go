package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
)

// tab is a leaf of the side panel.
type tab string

const (
	tabXML     tab = "xml"
	tabChanges tab = "changes"
	tabCommand tab = "command"
)

var tabs = []struct {
	tab   tab
	title string
}{
	{tabXML, "XML"},
	{tabChanges, "Changes"},
	{tabCommand, "Command line"},
}

// Side is the output beside the form: the file of the phone in view.
type Side struct {
	app.Compo

	B   *Builder
	Rev int // of the Editor
	UI  int // of the Builder
}

func (s *Side) Render() app.UI {
	b := s.B
	return elem("aside", "class", "side", "aria-label", "Output").Body(
		elem("div", "class", "tabs", "role", "tablist", "aria-label", "Output").
			OnKeyDown(b.on(func(_ app.Context, e app.Event) { b.moveTab(e) }, "tabs")).
			Body(app.Range(tabs).Slice(func(i int) app.UI {
				t := tabs[i].tab
				selected := t == b.tab
				index := -1
				if selected {
					index = 0
				}
				return button("", "id", "tab-"+string(t), "role", "tab", "aria-selected", flag(selected), "aria-controls", "panel", "tabindex", itoa(index)).
					OnClick(b.act(func() { b.tab = t }, "tab", string(t))).Text(tabs[i].title)
			})),
		elem("div", "id", "panel", "role", "tabpanel", "aria-labelledby", "tab-"+string(b.tab), "class", "panel").Body(s.panel()),
	)
}

func (s *Side) panel() app.UI {
	switch s.B.tab {
	case tabChanges:
		return s.changes()
	case tabCommand:
		return s.command()
	default:
		return s.xml()
	}
}

// moveTab answers the arrow keys.
func (b *Builder) moveTab(e app.Event) {
	step := 0
	switch e.Get("key").String() {
	case "ArrowRight":
		step = 1
	case "ArrowLeft":
		step = len(tabs) - 1
	default:
		return
	}
	for i := range tabs {
		if tabs[i].tab == b.tab {
			b.tab = tabs[(i+step)%len(tabs)].tab
			break
		}
	}
	id := "tab-" + string(b.tab)
	b.shell.Defer(func(app.Context) { app.Window().GetElementByID(id).Call("focus") })
}

func (s *Side) xml() app.UI {
	b := s.B
	o := b.editor.Output()
	if o.Err != nil {
		why := o.Why
		return box("div", "empty",
			words("p", "strong", "There is no file: "+o.Err.Error()+"."),
			box("ul", "problems plain", app.Range(why).Slice(func(i int) app.UI { return placedProblem(&why[i]) })))
	}
	secrets := false
	for _, l := range o.Lines {
		secrets = secrets || l.Secrets != nil
	}
	return box("div", "output",
		box("div", "output-head",
			box("span", "grow", words("code", "", o.Name), app.If(o.Encoded != "", func() app.UI {
				return words("span", "tag", "shown in clear, handed out "+o.Encoded)
			})),
			app.If(secrets, func() app.UI {
				return button("button small", "aria-pressed", flag(b.reveal)).
					OnClick(b.act(func() { b.reveal = !b.reveal }, "reveal")).Text("Show passwords")
			}),
			button("button small").
				OnClick(b.act(func() {
					b.copyText(o.Name, string(b.editor.Output().Text))
				}, "copy-xml")).Text("Copy"),
		),
		elem("div", "class", "lines", "tabindex", "0", "role", "group", "aria-label", "The file "+o.Name).
			OnClick(b.on(func(_ app.Context, e app.Event) {
				line := e.Get("target").Call("closest", "[data-element]")
				if line.Truthy() {
					b.goTo(line.Get("dataset").Get("element").String())
				}
			}, "line")).
			Body(app.Range(o.Lines).Slice(func(i int) app.UI {
				return b.line(&o.Lines[i])
			})),
	)
}

func (b *Builder) line(l *Line) app.UI {
	class, title := "line", "Go to the field"
	if l.Added {
		class, title = "line added", "Added to the file so that the phone finds it; no setting says so"
	}
	if l.Changed {
		class += " changed"
	}
	if l.Faulty && l.Worst == rule.Error && !(b.quiet && b.editing == l.Element) {
		class += " faulty"
	}
	if l.Element != "" && l.Element == b.focus {
		class += " focus"
	}
	line := elem("div", "class", class)
	if l.Element != "" {
		line = line.DataSet("element", l.Element).Attr("title", title)
	}
	if b.reveal {
		return line.Body(coloured(l.Text, nil)...)
	}
	return line.Body(coloured(l.Text, l.Secrets)...)
}

// coloured marks the tags and attributes of a line of XML, and masks parts of
// it.
func coloured(text string, hidden []span) []app.UI {
	var parts []app.UI
	at := 0
	for _, s := range hidden {
		parts = append(parts, marked(text[at:s.from])...)
		parts = append(parts, elem("span", "class", "x-text").Text("••••••"))
		at = s.to
	}
	return append(parts, marked(text[at:])...)
}

func marked(text string) []app.UI {
	var parts []app.UI
	part := func(class, s string) {
		if s != "" {
			parts = append(parts, elem("span", "class", class).Text(s))
		}
	}
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	if indent > 0 {
		parts = append(parts, app.Text(text[:indent]))
		text = text[indent:]
	}
	for text != "" {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			open = len(text)
		}
		if open > 0 {
			part("x-text", text[:open])
			text = text[open:]
			continue
		}
		end := strings.IndexByte(text, '>')
		if end < 0 {
			end = len(text) - 1
		}
		tag := text[:end+1]
		text = text[end+1:]
		if strings.HasPrefix(tag, "<!--") {
			part("x-comment", tag)
			continue
		}
		if blank := strings.IndexByte(tag, ' '); blank > 0 && !strings.HasPrefix(tag, "<?") {
			closing := strings.LastIndexByte(tag, '"') + 1
			if closing > blank {
				part("x-tag", tag[:blank])
				part("x-attr", tag[blank:closing])
				part("x-tag", tag[closing:])
				continue
			}
		}
		part("x-tag", tag)
	}
	return parts
}

// changes lists what differs from the defaults or the imported file.
func (s *Side) changes() app.UI {
	b := s.B
	list := b.editor.Differences()
	against := "the defaults of firmware " + b.editor.Generation().String()
	if name := b.editor.ImportedName(); name != "" {
		against = name
	}
	if len(list) == 0 {
		return words("p", "empty", "Nothing differs from "+against+".")
	}
	return box("div", "changes",
		words("p", "status", plural(len(list), "value differs", "values differ")+" from "+against+"."),
		box("ul", "", app.Range(list).Slice(func(i int) app.UI {
			d := list[i]
			name := d.Element
			return box("li", "",
				box("div", "row",
					button("link strong").
						OnClick(b.act(func() { b.goTo(name) }, "change", name)).
						Text(d.Label),
					app.If(d.From != "" && d.From != "all phones", func() app.UI { return words("span", "tag", d.From) }),
				),
				app.If(d.HadIt, func() app.UI { return box("div", "was", app.Text("− "), shownValue(d.Was, d.Secret)) }),
				app.If(d.HasIt, func() app.UI { return box("div", "is", app.Text("+ "), shownValue(d.Is, d.Secret)) }),
			)
		})),
	)
}

func shownValue(text string, secret bool) app.UI {
	if secret && text != "" {
		return words("code", "", "••••••")
	}
	return valueText(text)
}
