package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// Field is a parameter of the form: label, control, what is wrong with the
// value or else what it means, and help. Its exported fields are all it shows,
// so that a key press renders only the field it goes to.
type Field struct {
	app.Compo

	B     *Builder
	Name  string
	Value Value
	// Of the worst problem; Severity is none when there is none to show.
	Severity      rule.Severity
	Problem, Hint string
	Fix           string // what one click does; "" for nothing
	Seen          int    // changes with the point of view, of fields that macros can stand in
	Details       bool   // open
	Why           bool   // the step trace is open
	Shown         bool   // a secret is shown in clear
	AsText        bool   // a list is typed as a whole

	kind        string // of the control
	first, last string // of the box: see textfield.go
	entry       schema.Entry
	known       bool
}

// CompoID makes another parameter another component.
func (f *Field) CompoID() string { return f.Name }

func (f *Field) OnInit() {
	f.entry, f.known = f.B.editor.catalog.Lookup(f.Name)
	f.first, f.last = f.Value.Text, f.Value.Text
}

func (f *Field) OnUpdate(app.Context) {
	if f.kind != "list" { // whose box holds what is added
		f.last = syncValue(fieldID(f.Name), f.Value.Text, f.last)
	}
}

// field shows a parameter.
func (b *Builder) field(name string) app.UI {
	f := &Field{B: b, Name: name, Value: b.editor.Value(name), Severity: none, Details: b.details == name}
	f.Why, f.Shown, f.AsText = b.why == name, b.shown == name, b.asText == name
	if e, ok := b.editor.catalog.Lookup(name); ok {
		if _, ok := placeOf(e.Kind); ok {
			f.Seen = b.editor.Rev()
		}
	}
	for _, p := range b.problems() {
		if p.Element != name || p.Severity <= f.Severity {
			continue
		}
		f.Severity, f.Problem, f.Hint, f.Fix = p.Severity, p.Summary, p.Hint, ""
		if p.Fix != nil {
			f.Fix = p.Fix.Title
		}
	}
	return f
}

func (f *Field) label() string {
	if f.known {
		return Label(f.entry)
	}
	return f.Name
}

func (f *Field) Render() app.UI {
	class := "field"
	if f.wide() {
		class += " wide"
	}
	return elem("div", "class", class, "data-field", f.Name).Body(
		f.head(),
		f.control(),
		f.message(),
		f.help(),
		f.explained(),
		f.more(),
	)
}

// wide fields take the whole row: their texts are long.
func (f *Field) wide() bool {
	if !f.known {
		return true
	}
	switch f.entry.Kind {
	case schema.KindRule, schema.KindUpgrade, schema.KindCondition, schema.KindMacros, schema.KindDialPlan, schema.KindScript, schema.KindSoftkeys, schema.KindList, schema.KindFunction, schema.KindRing, schema.KindTone, schema.KindCadence:
		return !strings.HasPrefix(f.Name, "GPP_")
	}
	return false
}

func (f *Field) head() app.UI {
	b, name := f.B, f.Name
	// The dot stays with the last word.
	start, end := "", f.label()
	if i := strings.LastIndexByte(end, ' ') + 1; i > 0 {
		start, end = end[:i], end[i:]
	}
	dot := nothing()
	if f.Value.Changed {
		dot = elem("span", "class", "dot", "title", "changed").Body(words("span", "offscreen", " changed"))
	}
	return box("div", "field-head",
		elem("label", "for", fieldID(name)).Body(app.Text(start), box("span", "nowrap", app.Text(end+" "), dot)),
		app.If(!f.Value.Set, func() app.UI {
			return elem("span", "class", "tag", "title", "Not in the file: the phone keeps what it has. Shown is the default.").Text("left out")
		}),
		app.If(f.Value.Set && !f.Value.Own, func() app.UI {
			return words("span", "tag", "from "+f.Value.From)
		}),
		elem("span", "class", "grow"),
		app.If(f.Value.Changed && f.Value.HasReset, func() app.UI {
			return button("link", "aria-label", "reset to "+f.resetName()+": "+f.label(), "title", f.resetTitle()).
				OnClick(b.act(func() {
					b.editor.Reset(b.editor.Layer(), name)
				}, "reset", name)).
				Text("reset to " + f.resetName())
		}),
		app.If(f.known && isList(f.entry), func() app.UI {
			if f.AsText {
				return f.textLink("as items")
			}
			return f.textLink("as text")
		}),
		button("icon", "aria-label", "More about "+f.label(), "aria-expanded", flag(f.Details)).
			OnClick(b.act(func() {
				if b.details == name {
					b.details = ""
				} else {
					b.details = name
				}
			}, "details", name)).
			Text("⋯"),
	)
}

// resetName is the value that a reset gives, short.
func (f *Field) resetName() string {
	v := f.Value
	switch {
	case f.secret():
		return v.ResetFrom
	case v.Reset == "":
		return "empty"
	case len(v.Reset) > 16:
		return v.ResetFrom
	}
	return v.Reset
}

func (f *Field) resetTitle() string {
	if f.secret() || f.Value.Reset == "" {
		return "Back to the value of: " + f.Value.ResetFrom
	}
	return "Back to the value of: " + f.Value.ResetFrom + " – " + f.Value.Reset
}

func (f *Field) secret() bool { return f.known && f.entry.Secret() }

// flag is how attributes say yes or no.
func flag(v bool) string {
	if v {
		return "true"
	}
	return "false"
}

// control is the switch, list or text box, with the unit. A value that a switch
// cannot show gets a text box, which is another element and begins anew.
func (f *Field) control() app.UI {
	show := (*Field).text
	kind := "text"
	switch {
	case f.known && f.entry.Kind == schema.KindBool && (f.Value.Text == "Yes" || f.Value.Text == "No"):
		show, kind = (*Field).toggle, "switch"
	case f.known && len(f.entry.Values) > 0 && f.entry.Kind != schema.KindBool && len(f.Value.Text) < 200:
		show, kind = (*Field).choice, "choice"
	case f.known && isList(f.entry) && !f.AsText:
		show, kind = (*Field).list, "list"
	}
	if kind != f.kind {
		f.kind, f.first, f.last = kind, f.Value.Text, f.Value.Text
	}
	return show(f)
}

// describedBy are the ids of what explains the control.
func (f *Field) describedBy() string {
	return "m-" + f.Name + " h-" + f.Name
}

func (f *Field) toggle() app.UI {
	b, name := f.B, f.Name
	on := f.Value.Text == "Yes"
	return box("div", "control",
		button("switch", "id", fieldID(name), "role", "switch", "aria-checked", flag(on), "aria-describedby", f.describedBy()).
			OnFocus(b.act(func() { b.focus = name }, "focus", name)).
			OnClick(b.act(func() {
				text := "Yes"
				if b.editor.Value(name).Text == "Yes" {
					text = "No"
				}
				b.editor.Set(b.editor.Layer(), name, text)
				b.editor.Settle()
			}, "toggle", name)).
			Body(elem("span", "class", "knob", "aria-hidden", "true")),
		elem("span", "class", "switch-text", "aria-hidden", "true").Text(f.Value.Text),
	)
}

func (f *Field) choice() app.UI {
	b, name := f.B, f.Name
	values := f.entry.Values
	known := false
	for _, v := range values {
		known = known || v == f.Value.Text
	}
	if !known {
		values = append([]string{f.Value.Text}, values...)
	}
	return box("div", "control",
		elem("select", "class", "input", "id", fieldID(name), "aria-describedby", f.describedBy(), "aria-invalid", flag(f.Severity == rule.Error)).
			OnFocus(b.act(func() { b.focus = name }, "focus", name)).
			OnChange(b.on(func(_ app.Context, e app.Event) {
				b.editor.Set(b.editor.Layer(), name, e.Get("target").Get("value").String())
				b.editor.Settle()
			}, "choose", name)).
			Body(app.Range(values).Slice(func(i int) app.UI {
				text := values[i]
				if text == "" {
					text = "(empty)"
				}
				// Without a value attribute go-app would drop the empty one.
				return option(values[i], values[i] == f.Value.Text, text)
			})),
	)
}

// message is the error, or else the meaning.
func (f *Field) message() app.UI {
	b, name := f.B, f.Name
	line := elem("div", "id", "m-"+name, "class", "field-message")
	if f.Severity > none {
		text := []app.UI{words("span", "", sentence(f.Problem))}
		if f.Hint != "" {
			text = append(text, words("span", "hint", " "+sentence(f.Hint)))
		}
		if f.Fix != "" {
			text = append(text, app.Text(" "), button("link fix").
				OnClick(b.act(func() { b.fix(name) }, "fix", name)).Text(capital(f.Fix)))
		}
		return line.Class(severityClass(f.Severity)).Body(text...)
	}
	meaning := ""
	if f.known {
		meaning = schema.Meaning(f.entry, f.Value.Text)
	}
	if meaning == "" {
		return line.Class("none")
	}
	return line.Class("meaning").Body(elem("span", "aria-hidden", "true").Text("→ "), app.Text(meaning))
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = capital(s)
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// capital begins with a capital.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func severityClass(s rule.Severity) string {
	switch s {
	case rule.Error:
		return "error"
	case rule.Warning:
		return "warning"
	default:
		return "note"
	}
}

// fix applies the fix of a parameter's worst problem.
func (b *Builder) fix(name string) {
	var worst *schema.Problem
	for i, p := range b.editor.Problems() {
		if p.Element == name && p.Fix != nil && (worst == nil || p.Severity > worst.Severity) {
			worst = &b.editor.Problems()[i]
		}
	}
	if worst != nil {
		b.editing, b.quiet = "", false
		b.editor.Fix(worst.Fix)
	}
}

func (f *Field) help() app.UI {
	text := "This element is not in the catalog. It is kept as it is; phones ignore what they do not know."
	if f.known {
		text = f.entry.Summary
	}
	return elem("p", "id", "h-"+f.Name, "class", "help").Text(text)
}

// more is what is rarely needed: names, source, range, access right.
func (f *Field) more() app.UI {
	if !f.Details {
		return nothing()
	}
	b, name := f.B, f.Name
	facts := []app.UI{fact("Element", words("code", "", name))}
	if f.known {
		if text, ok := f.entry.DefaultValue(b.editor.Generation()); ok && !f.secret() {
			facts = append(facts, fact("Default", valueText(text)))
		}
		if f.entry.Min != "" || f.entry.Max != "" {
			facts = append(facts, fact("Range", app.Text(orElse(f.entry.Min, "…")+" to "+orElse(f.entry.Max, "…"))))
		}
		facts = append(facts,
			fact("On the page", app.Text(f.entry.Tab+" › "+f.entry.Section)),
			fact("Since", app.Text(f.entry.Since)),
			fact("Source", app.Text(strings.ReplaceAll(f.entry.Source, ";", ", "))))
	}
	rights := []struct{ ua, text string }{{"", "as it is"}, {"na", "none"}, {"ro", "read"}, {"rw", "read and change"}}
	return box("div", "details",
		elem("dl", "class", "facts").Body(facts...),
		box("div", "row",
			elem("label", "for", "ua-"+name).Text("The phone's user may"),
			elem("select", "class", "input small", "id", "ua-"+name).
				OnChange(b.on(func(_ app.Context, e app.Event) {
					b.editor.SetUA(b.editor.Layer(), name, e.Get("target").Get("value").String())
				}, "ua", name)).
				Body(app.Range(rights).Slice(func(i int) app.UI {
					return option(rights[i].ua, rights[i].ua == f.Value.UA, rights[i].text)
				})),
			app.If(f.Value.Own, func() app.UI {
				return button("button small").
					OnClick(b.act(func() { b.editor.Leave(b.editor.Layer(), name) }, "leave", name)).
					Text("Leave out of the file")
			}),
			app.If(!f.Value.Own, func() app.UI {
				return button("button small").
					OnClick(b.act(func() {
						b.editor.Set(b.editor.Layer(), name, b.editor.Value(name).Text)
						b.editor.Settle()
					}, "write", name)).
					Text("Write into the file")
			}),
		),
	)
}

func fact(name string, value app.UI) app.UI {
	return box("div", "", words("dt", "", name), elem("dd").Body(value))
}

// valueText shows a value; the empty one in words.
func valueText(text string) app.UI {
	if text == "" {
		return words("em", "", "empty")
	}
	return words("code", "", text)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
