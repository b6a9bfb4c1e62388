package app

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// labPhones lists the phones with how far each has come.
func (b *Builder) labPhones() app.UI {
	v := &b.lab
	var picked []string
	for _, p := range v.phones {
		if v.picked[p.Key] {
			picked = append(picked, p.Key)
		}
	}
	all, choose := len(picked) == len(v.phones), "Choose all shown"
	if all {
		choose = "Choose none"
	}
	return box("div", "screen",
		box("div", "toolbar",
			&Box{B: b, ID: "lab-find", Text: v.find, Label: "Find phones", Placeholder: "Name, MAC address or model", Class: "search", Live: true},
			words("span", "grow", ""),
			when(len(v.phones) > 0, b.press("button small", choose, "lab-all "+flag(all), func() {
				clear(v.picked)
				for _, p := range v.phones {
					if !all {
						v.picked[p.Key] = true
					}
				}
			}))),
		when(len(picked) > 0 || v.push.Act != "", b.labAct(picked, nil)),
		when(len(v.phones) == 0, words("p", "empty", "There is no such phone.")),
		when(len(v.phones) > 0, each("ul", "phones", "Phones", len(v.phones), func(i int) app.UI { return b.labPhoneItem(&v.phones[i]) })),
		when(len(v.phones) == labRows, words("p", "help", "The latest "+itoa(labRows)+" are shown; search for others.")),
	)
}

func (b *Builder) labPhoneItem(p *labPhone) app.UI {
	v, key := &b.lab, p.Key
	why := sentence(p.Missing)
	if p.come() == 0 { // the same of all these; the phone's own page has more
		why = "Nothing was heard of it yet."
	}
	return box("li", "",
		button("check", "role", "checkbox", "aria-checked", flag(v.picked[key]), "aria-label", "Choose "+p.title()).
			OnClick(b.act(func() {
				if v.picked[key] {
					delete(v.picked, key)
				} else {
					v.picked[key] = true
				}
			}, "lab-pick", key)),
		box("div", "who",
			b.press("link strong", p.title(), "lab-phone "+key, func() { b.showPhone(key) }),
			words("span", "help mono", p.facts())),
		box("div", "come", labLadder(p), words("p", "why", why)),
	)
}

// facts are what is known of the phone besides its name.
func (p *labPhone) facts() string {
	parts := []string{modelName(p.Model)}
	if p.Name != "" {
		parts = append(parts, p.Key)
	}
	if p.Address != p.Key {
		parts = append(parts, p.Address)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// labLadder shows the steps that a phone has taken.
func labLadder(p *labPhone) app.UI {
	now := time.Now()
	come := p.come()
	return each("ol", "rungs", "How far it has come", len(p.Rungs), func(i int) app.UI {
		r := p.Rungs[i]
		class, at := "", ", not yet"
		switch {
		case r.At != nil:
			class, at = "yes", " "+clock(*r.At, now)
		case i == come:
			class = "next"
		}
		how := ""
		if r.By != "" {
			how = " (" + r.By + ")"
		}
		return elem("li", "class", class, "title", r.Name+at+how).Body(app.Text(r.Name), words("span", "at", at))
	})
}

// labPhone is one phone: its steps, what it may be asked, its report, and what
// happened to it.
func (b *Builder) labPhone() app.UI {
	v := &b.lab
	back := b.press("link", "‹ All phones", "lab-back", func() { b.showLab(labPhones) })
	p := v.one
	if p == nil {
		return box("div", "screen", back, words("p", "empty", "Looking for "+v.phone+"…"))
	}
	facts := modelName(p.Model) + " " + p.Firmware
	for _, more := range []string{p.Address, orWords(p.Place, "not in the fleet")} {
		if more != "" {
			facts += " · " + more
		}
	}
	missing := words("p", "status", "It has come all the way.")
	if p.Missing != "" {
		missing = words("p", "missing", sentence(p.Missing))
	}
	report := nothing()
	if p.Report != nil {
		report = labReportCard(p.Report)
	}
	return box("div", "screen", back,
		box("section", "card",
			box("div", "heading", elem("h2", "id", "lab-panel-head", "tabindex", "-1").Text(p.title()),
				words("code", "", p.Key), words("span", "help", facts)),
			box("div", "ladder-large", labLadder(p)),
			missing),
		b.labAct([]string{p.Key}, p),
		report,
		box("section", "card",
			words("h2", "", "What happened to it"),
			b.labEntries(joined(p.Events), false),
			when(len(p.Events) == 0, words("p", "help", "Nothing yet."))),
	)
}

// labReportCard is how the phone's configuration differs from what it was sent.
func labReportCard(r *labReport) app.UI {
	count := len(r.Differences) + r.More
	head := plural(count, "value differs", "values differ") + " from what it was sent"
	if count == 0 {
		head = "Nothing differs from what it was sent"
	}
	text := plural(r.Values, "value", "values") + " in the report of " + clock(r.Time, time.Now()) + ": " + itoa(r.Same) + " as sent, " + itoa(r.Absent) + " sent but not in it."
	if r.Problem != "" {
		head, text = "It cannot be compared", sentence(r.Problem)
	}
	if r.File != "" {
		text += " It is kept as " + r.File + "."
	}
	return box("section", "card",
		words("h2", "", "Its report: "+lowerFirst(head)),
		words("p", "help", text),
		when(len(r.Differences) > 0, tableOf("Differences", []string{"Parameter", "Sent", "It has"}, len(r.Differences), func(i int) []app.UI {
			d := r.Differences[i]
			return []app.UI{words("code", "", d.Element), valueText(d.Sent), valueText(d.Reported)}
		})),
		when(r.More > 0, words("p", "help", "And "+itoa(r.More)+" more.")),
	)
}

// tableOf is a table with a row for each of n.
func tableOf(name string, heads []string, n int, row func(i int) []app.UI) app.UI {
	return tableBox(box("table", "",
		box("thead", "", each("tr", "", "", len(heads), func(i int) app.UI { return elem("th", "scope", "col").Text(heads[i]) })),
		each("tbody", "", "", n, func(i int) app.UI {
			cells := row(i)
			return each("tr", "", "", len(cells), func(j int) app.UI { return box("td", "wrap", cells[j]) })
		}))).Attr("role", "region").Attr("aria-label", name)
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// labAct has phones do something; p is the one that is looked at, nil for
// those that were chosen in the list.
func (b *Builder) labAct(keys []string, p *labPhone) app.UI {
	v := &b.lab
	o := &v.order
	one := p != nil
	act := labActs[slices.IndexFunc(labActs, func(a labAct) bool { return a.act == o.Act })]
	head, text, address := "Have them act", act.many+plural(len(keys), "phone", "phones"), ""
	if one {
		head, text, address = "Have it act", act.title, p.Address
	}
	return box("section", "card act",
		words("h2", "", head),
		box("div", "row ends",
			b.labChoice("lab-act", "What", o.Act, len(labActs), func(i int) (string, string) { return labActs[i].act, labActs[i].title }, o.act),
			b.labChoice("lab-by", "By", o.By, len(act.ways), func(i int) (string, string) { return act.ways[i], labWays[act.ways[i]] }, func(way string) { o.By = way }),
			button("button primary", "disabled", flag(len(keys) == 0 || v.push.Running)).
				OnClick(b.act(func() { b.startPush(keys) }, "lab-push", strings.Join(keys, " "))).Text(text),
			when(v.push.Running, b.press("button", "Stop", "lab-stop", b.stopPush))),
		box("details", "more",
			words("summary", "", "Rule, log-in and address"),
			box("div", "fields",
				when(o.takesRule(), b.labBox("lab-rule", "Rule", o.Rule, "for this once; empty: the phone's own")),
				when(one, b.labBox("lab-address", "Address", o.Address, orWords(address, "192.0.2.31"))),
				when(one && o.By == "sip", b.labBox("lab-extension", "Extension", o.Extension, "that of its profile")),
				b.labBox("lab-user", "User", o.User, "admin, or as its profile says"),
				box("div", "field", label("lab-password", "Password"),
					&Box{B: b, ID: "lab-password", Text: o.Password, Placeholder: "that of its profile", Secret: true}),
				when(!one, b.labBox("lab-every", "Between two phones, in ms", itoa(o.EveryMS), "500")),
			)),
		when(o.By == "https", words("p", "help", "The phone's certificate is not checked: its maker's authority is not known here.")),
		when(v.pushError != "", alert("field-message error", sentence(v.pushError))),
		b.labPushed(keys, one),
	)
}

func orWords(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// labBox is a text box with its label.
func (b *Builder) labBox(id, title, text, placeholder string) app.UI {
	return box("div", "field", label(id, title), &Box{B: b, ID: id, Text: text, Placeholder: placeholder})
}

// labChoice is a list to choose from, with its label.
func (b *Builder) labChoice(id, title, value string, n int, each func(i int) (value, title string), chosen func(string)) app.UI {
	options := make([]app.UI, n)
	for i := range options {
		v, title := each(i)
		options[i] = option(v, v == value, title)
	}
	return box("div", "field", label(id, title),
		elem("select", "id", id, "class", "input").
			OnChange(b.on(func(_ app.Context, e app.Event) { chosen(e.Get("target").Get("value").String()) }, id)).
			Body(options...))
}

// labPushed is how far the last push is. On the page of one phone only its own
// answer is shown.
func (b *Builder) labPushed(keys []string, one bool) app.UI {
	push := &b.lab.push
	if push.Act == "" {
		return nothing()
	}
	list := push.Results
	if one {
		list = slices.DeleteFunc(slices.Clone(list), func(r labPushed) bool { return r.Key != keys[0] })
	}
	return box("div", "pushed",
		when(!one || push.Running, box("div", "row",
			elem("progress", "aria-label", "Phones asked", "max", itoa(max(push.Total, 1)), "value", itoa(push.Asked)),
			status(push.progress()))),
		elem("div", "class", "answers", "tabindex", "0", "role", "group", "aria-label", "What the phones answered").Body(
			each("ul", "", "", len(list), func(i int) app.UI {
				r := list[i]
				class := "bad"
				if r.OK {
					class = "good"
				}
				who := b.labName(r.Key)
				if r.Address != "" {
					who += ", " + r.Address
				}
				return box("li", class, words("span", "help", who+": "), app.Text(r.Text))
			})))
}

// labName is what a phone is called, as far as this page has heard of it.
func (b *Builder) labName(key string) string {
	for _, p := range b.lab.phones {
		if p.Key == key && p.Name != "" {
			return p.Name
		}
	}
	return key
}

// startPush asks phones to act.
func (b *Builder) startPush(keys []string) {
	v := &b.lab
	v.pushError = ""
	b.send("POST", "push", v.order.to(keys), func(text string) {
		_ = json.Unmarshal([]byte(text), &v.push)
		b.lookSoon()
	}, func(why string) { v.pushError = why })
}

func (b *Builder) stopPush() {
	b.send("DELETE", "push", nil, func(text string) {
		_ = json.Unmarshal([]byte(text), &b.lab.push)
	}, func(why string) { b.lab.pushError = why })
}
