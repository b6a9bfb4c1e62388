package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
)

// explained shows what the phone in view makes of a rule, condition or text
// with macros: the tokens with their meaning, each comparison, and what
// follows; "Why?" opens the steps.
func (f *Field) explained() app.UI {
	if !f.known || f.Value.Text == "" {
		return nothing()
	}
	place, ok := placeOf(f.entry.Kind)
	if !ok || place == rule.PlaceDelays {
		return nothing()
	}
	if isMessage(f.Name) {
		place = rule.PlaceMessage
	}
	if f.Name == "Report_Rule" {
		place = rule.PlaceReportRule
	}
	x := rule.Explain(place, f.Value.Text, f.B.editor.Phone())
	return f.explanation(x)
}

func isMessage(name string) bool {
	return len(name) > 4 && name[:4] == "Log_" && name[len(name)-4:] == "_Msg"
}

func (f *Field) explanation(x *rule.Explanation) app.UI {
	b, name := f.B, f.Name
	var parts []app.UI
	if tokens := tokens(x); tokens != nil {
		parts = append(parts, tokens)
	}
	if x.Expanded != x.Text {
		parts = append(parts, box("div", "becomes",
			elem("span", "class", "meaning", "aria-hidden", "true").Text("→ "),
			words("code", "", x.Expanded)))
	}
	for _, s := range x.Steps {
		if s.Kind == rule.StepComparison {
			parts = append(parts, comparison(s))
		}
	}
	if x.Err == nil && x.Sentence != "" && x.Place != rule.PlaceMessage && x.Place != rule.PlaceText {
		parts = append(parts, words("p", "sentence", sentence(x.Sentence)))
	}
	if x.Err == nil && x.Request != nil && x.Request.URL != nil {
		parts = append(parts, box("div", "request",
			words("strong", "", x.Request.Method+" "), words("code", "", x.Request.URL.String())))
	}
	if x.Err != nil {
		parts = append(parts, elem("pre", "class", "syntax", "tabindex", "0").Text(x.Err.Show()))
	}
	if len(x.Steps) > 0 {
		parts = append(parts, button("link", "aria-expanded", flag(f.Why), "aria-label", "Why? The steps of "+f.label()).
			OnClick(b.act(func() {
				if b.why == name {
					b.why = ""
				} else {
					b.why = name
				}
			}, "why", name)).Text("Why?"))
	}
	if f.Why {
		parts = append(parts, steps(x.Steps))
	}
	if len(parts) == 0 {
		return nothing()
	}
	return box("div", "explained", parts...)
}

// tokens shows the text with each macro marked; its meaning appears on hover
// and focus. Without a macro there is nothing to show.
func tokens(x *rule.Explanation) app.UI {
	values := make(map[int]rule.Step)
	for _, s := range x.Steps {
		if s.Kind == rule.StepMacro {
			values[s.Offset] = s
		}
	}
	var list []app.UI
	macros := 0
	for _, t := range rule.Tokens(x.Text) {
		if t.Kind != rule.MacroRef {
			list = append(list, app.Text(t.Text))
			continue
		}
		macros++
		s, ok := values[t.Offset]
		class, tip := "token", macroMeaning(t.Name)
		switch {
		case !ok || !s.Known:
			class += " unknown"
			tip = "No macro of this phone: it stays as text"
		case s.Value == "":
			tip += " = (empty)"
		default:
			tip += " = " + s.Value
		}
		list = append(list, elem("span", "class", class, "tabindex", "0", "role", "note", "aria-label", t.Text+": "+tip).
			Body(app.Text(t.Text), elem("span", "class", "tip", "aria-hidden", "true").Text(tip)))
	}
	if macros == 0 {
		return nil
	}
	return box("div", "tokens", list...)
}

func macroMeaning(name string) string {
	for _, m := range rule.Macros() {
		if m.Name == name {
			return m.Meaning
		}
	}
	return "$" + name
}

func comparison(s rule.Step) app.UI {
	class, result := "truth false", "not true"
	if s.Result {
		class, result = "truth true", "true"
	}
	return box("div", "comparison",
		words("code", "", quoteEmpty(s.Left)),
		words("span", "operator", " "+s.Operator+" "),
		words("code", "", quoteEmpty(s.Right)),
		elem("span", "class", class).Text(" "+result),
	)
}

func quoteEmpty(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// steps is the trace: what the phone does, one after the other.
func steps(list []rule.Step) app.UI {
	return elem("ol", "class", "steps").Body(app.Range(list).Slice(func(i int) app.UI {
		s := list[i]
		return box("li", "",
			app.Text(s.Text),
			app.If(s.Mark != "", func() app.UI {
				return words("span", "mark", s.Mark)
			}),
		)
	}))
}
