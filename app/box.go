package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Box is a text box that is no parameter's: a search, a column of a phone. Its
// id says to Builder.boxed what it is for.
type Box struct {
	app.Compo

	B           *Builder
	ID          string
	Text        string
	Label       string // for readers of the screen, when no label stands beside it
	Placeholder string
	Class       string
	Live        bool // tells every key press, not only the end
	Bad         bool
	Secret      bool // what is typed is not shown

	first, last string
}

func (x *Box) CompoID() string { return x.ID }

func (x *Box) OnInit() { x.first, x.last = x.Text, x.Text }

func (x *Box) OnUpdate(app.Context) { x.last = syncValue(x.ID, x.Text, x.last) }

func (x *Box) Render() app.UI {
	kind, autocomplete := "text", "off"
	if x.Secret {
		kind, autocomplete = "password", "new-password"
	}
	input := elem("input", "class", "input "+x.Class, "type", kind, "id", x.ID, "value", x.first, "autocomplete", autocomplete, "spellcheck", "false", "placeholder", x.Placeholder, "aria-invalid", flag(x.Bad)).
		OnChange(x.B.on(x.tell, "box", x.ID))
	if x.Label != "" {
		input = input.Aria("label", x.Label)
	}
	if x.Live {
		input = input.OnInput(x.B.on(x.tell, "box-live", x.ID))
	}
	return input
}

func (x *Box) tell(ctx app.Context, e app.Event) {
	x.last = e.Get("target").Get("value").String()
	x.B.boxed(ctx, x.ID, x.last)
}

// Area is a text of several lines that is no parameter's.
type Area struct {
	app.Compo

	B    *Builder
	ID   string
	Text string
	Rows int

	first, last string
}

func (x *Area) OnInit() { x.first, x.last = x.Text, x.Text }

func (x *Area) OnUpdate(app.Context) { x.last = syncValue(x.ID, x.Text, x.last) }

func (x *Area) Render() app.UI {
	return elem("textarea", "class", "input", "id", x.ID, "rows", itoa(x.Rows), "spellcheck", "false").Text(x.first).
		OnInput(x.B.on(func(_ app.Context, e app.Event) {
			x.last = e.Get("target").Get("value").String()
			x.B.written(x.ID, x.last)
		}, "area", x.ID))
}

// Slider chooses a number.
type Slider struct {
	app.Compo

	B           *Builder
	ID          string
	Value       int
	Least, Most int
	Text        string // the value in words

	first int
	last  string
}

func (x *Slider) OnInit() { x.first, x.last = x.Value, itoa(x.Value) }

func (x *Slider) OnUpdate(app.Context) { x.last = syncValue(x.ID, itoa(x.Value), x.last) }

func (x *Slider) Render() app.UI {
	return elem("input", "class", "slider", "type", "range", "id", x.ID, "min", itoa(x.Least), "max", itoa(x.Most), "aria-valuetext", x.Text).
		Attr("value", x.first).
		OnInput(x.B.on(func(_ app.Context, e app.Event) {
			x.last = e.Get("target").Get("value").String()
			x.B.slid(x.ID, number(x.last, x.Value))
		}, "slider", x.ID))
}
