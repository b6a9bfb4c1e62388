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
	more := nothing()
	if v.summary != nil && len(v.phones) == labRows {
		more = words("p", "help", "The latest "+itoa(labRows)+" are shown; search for others.")
	}
	return box("div", "screen",
		box("div", "toolbar",
			&Box{B: b, ID: "lab-find", Text: v.find, Label: "Find phones", Placeholder: "Name, MAC address or model", Class: "search", Live: true},
			box("span", "grow"),
			app.If(len(v.phones) > 0, func() app.UI {
				all, text := len(picked) == len(v.phones), "Choose all shown"
				if all {
					text = "Choose none"
				}
				return button("button small").OnClick(b.act(func() {
					clear(v.picked)
					for _, p := range v.phones {
						if !all {
							v.picked[p.Key] = true
						}
					}
				}, "lab-all", all)).Text(text)
			})),
		app.If(len(picked) > 0 || v.push.Act != "", func() app.UI { return b.labAct(picked, nil) }),
		app.If(len(v.phones) == 0, func() app.UI { return words("p", "empty", "There is no such phone.") }),
		app.If(len(v.phones) > 0, func() app.UI {
			return elem("ul", "class", "phones", "aria-label", "Phones").Body(app.Range(v.phones).Slice(func(i int) app.UI { return b.labPhoneItem(&v.phones[i]) }))
		}),
		more,
	)
}

func (b *Builder) labPhoneItem(p *labPhone) app.UI {
	v, key := &b.lab, p.Key
	id := "pick-" + key
	return box("li", "",
		button("check", "id", id, "role", "checkbox", "aria-checked", flag(v.picked[key]), "aria-label", "Choose "+p.title()).
			OnClick(b.act(func() {
				if v.picked[key] {
					delete(v.picked, key)
				} else {
					v.picked[key] = true
				}
			}, "lab-pick", key)),
		box("div", "who",
			button("link strong").OnClick(b.act(func() { b.showPhone(key) }, "lab-phone", key)).Text(p.title()),
			words("span", "help mono", p.facts())),
		box("div", "come",
			labLadder(p),
			app.If(p.Missing != "", func() app.UI { return words("p", "why", sentence(p.Missing)) })),
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
	return elem("ol", "class", "rungs", "aria-label", "How far it has come").Body(app.Range(p.Rungs).Slice(func(i int) app.UI {
		r := p.Rungs[i]
		class, at := "", ", not yet"
		switch {
		case r.At != nil:
			class, at = "yes", " "+clock(*r.At, now)
		case i == come:
			class = "next"
		}
		return elem("li", "class", class, "title", strings.TrimPrefix(r.Name+at, ", ")).Body(app.Text(r.Name), words("span", "at", at))
	}))
}

// labPhone is one phone: its steps, what it may be asked, its report, and what
// happened to it.
func (b *Builder) labPhone() app.UI {
	v := &b.lab
	back := button("link").OnClick(b.act(func() { b.showLab(labPhones) }, "lab-back")).Text("‹ All phones")
	p := v.one
	if p == nil {
		return box("div", "screen", back, elem("h2", "id", "lab-panel-head", "tabindex", "-1").Text(v.phone), words("p", "empty", "Looking for the phone…"))
	}
	about := strings.TrimSpace(modelName(p.Model) + " " + p.Firmware)
	place := "not in the fleet"
	if p.Place != "" {
		place = p.Place
	}
	return box("div", "screen", back,
		box("section", "card",
			box("div", "heading", elem("h2", "id", "lab-panel-head", "tabindex", "-1").Text(p.title()),
				words("code", "", p.Key), words("span", "help", strings.Join(slices.DeleteFunc([]string{about, p.Address, place}, func(s string) bool { return s == "" }), " · "))),
			box("div", "ladder-large", labLadder(p)),
			app.If(p.Missing != "", func() app.UI { return words("p", "missing", sentence(p.Missing)) }),
			app.If(p.Missing == "", func() app.UI { return words("p", "status", "It has come all the way.") }),
		),
		b.labAct([]string{p.Key}, p),
		app.If(p.Report != nil, func() app.UI { return labReportCard(p.Report) }),
		box("section", "card",
			words("h2", "", "What happened to it"),
			b.labEntries(joined(p.Events), false),
			app.If(len(p.Events) == 0, func() app.UI { return words("p", "help", "Nothing yet.") })),
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
		app.If(len(r.Differences) > 0, func() app.UI {
			return tableBox(box("table", "",
				box("thead", "", box("tr", "", th("Parameter"), th("Sent"), th("It has"))),
				box("tbody", "", app.Range(r.Differences).Slice(func(i int) app.UI {
					d := r.Differences[i]
					return box("tr", "", box("td", "", words("code", "", d.Element)), box("td", "", valueText(d.Sent)), box("td", "wrap", valueText(d.Reported)))
				})))).Attr("role", "region").Attr("aria-label", "Differences")
		}),
		app.If(r.More > 0, func() app.UI { return words("p", "help", "And "+itoa(r.More)+" more.") }),
	)
}

func th(text string) app.UI { return elem("th", "scope", "col").Text(text) }

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// labAct has phones do something; p is the one that is looked at, nil for
// those that were chosen in the list.
func (b *Builder) labAct(keys []string, p *labPhone) app.UI {
	v := &b.lab
	o := &v.order
	many := len(keys) != 1
	act := labActs[slices.IndexFunc(labActs, func(a labAct) bool { return a.act == o.Act })]
	text := act.title
	if p == nil {
		text = act.many + plural(len(keys), "phone", "phones")
	}
	address := ""
	if p != nil {
		address = p.Address
	}
	return box("section", "card act",
		words("h2", "", "Have it act"),
		box("div", "row ends",
			b.labChoice("lab-act", "What", o.Act, func(yield func(string, string)) {
				for _, a := range labActs {
					yield(a.act, a.title)
				}
			}, func(value string) { o.act(value) }),
			b.labChoice("lab-by", "By", o.By, func(yield func(string, string)) {
				for _, way := range act.ways {
					yield(way, labWays[way])
				}
			}, func(value string) { o.By = value }),
			button("button primary", "disabled", flag(len(keys) == 0 || v.push.Running)).OnClick(b.act(func() { b.startPush(keys) }, "lab-push", strings.Join(keys, " "))).Text(text),
			app.If(v.push.Running, func() app.UI {
				return button("button").OnClick(b.act(b.stopPush, "lab-stop")).Text("Stop")
			})),
		elem("details", "class", "more").Body(
			box("summary", "", app.Text("Rule, log-in and address")),
			box("div", "fields",
				app.If(o.takesRule(), func() app.UI {
					return b.labBox("lab-rule", "Rule", o.Rule, "for this once; empty: the phone's own")
				}),
				app.If(!many, func() app.UI {
					return b.labBox("lab-address", "Address", o.Address, orWords(address, "192.0.2.31"))
				}),
				app.If(!many && o.By == "sip", func() app.UI {
					return b.labBox("lab-extension", "Extension", o.Extension, "that of its profile")
				}),
				b.labBox("lab-user", "User", o.User, "admin, or as its profile says"),
				box("div", "field", label("lab-password", "Password"),
					&Box{B: b, ID: "lab-password", Text: o.Password, Placeholder: "that of its profile", Secret: true}),
				app.If(many, func() app.UI {
					return b.labBox("lab-every", "Between two phones, in ms", itoa(o.EveryMS), "500")
				}),
			)),
		app.If(o.By == "https", func() app.UI {
			return words("p", "help", "The phone's certificate is not checked: its makers' authority is not known here.")
		}),
		app.If(v.pushError != "", func() app.UI {
			return alert("field-message error", sentence(v.pushError))
		}),
		b.labPushed(keys, p),
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
func (b *Builder) labChoice(id, title, value string, each func(yield func(value, title string)), chosen func(string)) app.UI {
	var options []app.UI
	each(func(v, title string) { options = append(options, option(v, v == value, title)) })
	return box("div", "field narrow", label(id, title),
		elem("select", "id", id, "class", "input").
			OnChange(b.on(func(_ app.Context, e app.Event) { chosen(e.Get("target").Get("value").String()) }, id)).
			Body(options...))
}

// labPushed is how far the last push is. On the page of a phone only its own
// answer is shown.
func (b *Builder) labPushed(keys []string, p *labPhone) app.UI {
	push := &b.lab.push
	if push.Act == "" {
		return nothing()
	}
	list := push.Results
	if p != nil {
		list = slices.Clone(list)
		for i := len(list) - 1; i >= 0; i-- {
			if !slices.Contains(keys, list[i].Key) {
				list = slices.Delete(list, i, i+1)
			}
		}
	}
	return box("div", "pushed",
		app.If(p == nil || push.Running, func() app.UI {
			return box("div", "row",
				elem("progress", "aria-label", "Phones asked", "max", itoa(max(push.Total, 1)), "value", itoa(push.Asked)),
				status(push.progress()))
		}),
		box("ul", "answers", app.Range(list).Slice(func(i int) app.UI {
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
