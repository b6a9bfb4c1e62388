package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// A text box owns its value: go-app is given the first one only. A value that
// comes from elsewhere (undo, reset, another layer) is put into it by hand, and
// only when it differs, so that the caret, fast typing and input methods are
// left alone.

// syncValue puts a value into a control when it is not what the control was
// last given or has told.
func syncValue(id, value, last string) string {
	if value == last {
		return last
	}
	if el := app.Window().GetElementByID(id); el.Truthy() && el.Get("value").String() != value {
		el.Set("value", value)
	}
	return value
}

func (f *Field) text() app.UI {
	unit := ""
	if f.known {
		unit = unitText(f.entry)
	}
	var control app.UI
	if f.wide() {
		control = f.area()
	} else {
		control = f.input()
	}
	return box("div", "control",
		control,
		app.If(unit != "", func() app.UI { return words("span", "unit", unit) }),
		app.If(f.secret(), func() app.UI {
			b, name := f.B, f.Name
			return button("button small", "aria-pressed", flag(f.Shown), "aria-label", "Show "+f.label()).
				OnClick(b.act(func() {
					if b.shown == name {
						b.shown = ""
					} else {
						b.shown = name
					}
				}, "show", name)).
				Text("show")
		}),
		app.If(f.secret() && f.Value.Text == "", func() app.UI {
			b, name := f.B, f.Name
			return button("button small", "aria-label", "Make a password for "+f.label()).
				OnClick(b.act(func() { b.newPassword(name) }, "password", name)).Text("make")
		}),
	)
}

func (f *Field) input() app.UI {
	b, name := f.B, f.Name
	kind := "text"
	if f.secret() && !f.Shown {
		kind = "password"
	}
	in := elem("input", "type", kind, "class", "input", "id", fieldID(name), "value", f.first, "autocomplete", "off", "spellcheck", "false", "aria-describedby", f.describedBy(), "aria-invalid", flag(f.Severity == rule.Error)).
		OnFocus(b.act(func() { b.focus = name }, "focus", name)).
		OnInput(b.on(f.typed, "input", name)).
		OnChange(b.on(f.left, "change", name)).
		OnBlur(b.on(f.left, "blur", name))
	if f.known && numeric(f.entry.Kind) {
		in = in.Attr("inputmode", "numeric")
	}
	return in
}

func (f *Field) area() app.UI {
	b, name := f.B, f.Name
	return elem("textarea", "class", "input", "id", fieldID(name), "rows", itoa(areaRows(f.Value.Text))).Text(f.first).
		Attr("spellcheck", "false").
		Aria("describedby", f.describedBy()).
		Aria("invalid", flag(f.Severity == rule.Error)).
		OnFocus(b.act(func() { b.focus = name }, "focus", name)).
		OnKeyDown(b.on(func(_ app.Context, e app.Event) {
			// A value has no line ends: the phone reads them as blanks.
			if e.Get("key").String() == "Enter" {
				e.PreventDefault()
			}
		}, "key", name)).
		OnInput(b.on(f.typed, "input", name)).
		OnChange(b.on(f.left, "change", name)).
		OnBlur(b.on(f.left, "blur", name))
}

// areaRows lets a long text show whole.
func areaRows(text string) int {
	const letters = 60
	return max(1, min(6, (len(text)+letters-1)/letters))
}

func (f *Field) typed(_ app.Context, e app.Event) {
	f.last = e.Get("target").Get("value").String()
	f.B.input(f.Name, f.last)
}

func (f *Field) left(_ app.Context, e app.Event) {
	f.B.leave(f.Name, e.Get("target").Get("value").String())
}

func numeric(k schema.Kind) bool {
	switch k {
	case schema.KindInt, schema.KindSeconds, schema.KindPort, schema.KindTime:
		return true
	}
	return false
}

// unitText is what stands beside a box.
func unitText(e schema.Entry) string {
	switch {
	case e.Kind == schema.KindTime:
		return "HHmm"
	case e.Kind == schema.KindList:
		return "" // the unit is the separator
	case len(e.Unit) > 0 && e.Unit[0] >= '0' && e.Unit[0] <= '9':
		return "× " + e.Unit
	default:
		return e.Unit
	}
}
