package app

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// labScreen shows what the server's phones do, and has them act.
func (b *Builder) labScreen() app.UI {
	v := &b.lab
	if !v.served {
		return b.labElsewhere()
	}
	return box("div", "screen lab",
		box("div", "heading", words("h1", "", pageLab.title()), b.labLink(), box("span", "grow"),
			elem("a", "class", "button small", "href", "events.jsonl", "download", "events.jsonl").Text("Events as JSON lines"),
			elem("a", "class", "button small", "href", "metrics", "target", "_blank", "rel", "noopener").Text("Metrics")),
		app.If(v.summary != nil && v.summary.Trouble != "", func() app.UI {
			return alert("field-message error", sentence(v.summary.Trouble))
		}),
		b.labServes(),
		b.labTabs(),
		elem("div", "id", "lab-panel", "role", "tabpanel", "aria-labelledby", "lab-"+string(v.tab), "class", "screen").Body(b.labPanel()),
	)
}

// labElsewhere is the page where no server stands behind it.
func (b *Builder) labElsewhere() app.UI {
	const command = "profilegen serve -csv phones.csv -listen 192.0.2.10"
	return box("div", "screen",
		box("div", "heading", words("h1", "", pageLab.title())),
		box("section", "card",
			words("h2", "", "See what your phones make of their profiles"),
			words("p", "", "The lab is a server on your own machine. It hands the profiles to phones by TFTP, HTTP and HTTPS, and this page then shows live what each of them asks for, what it got or why not, and what it says in its log messages. It can have phones resync, play broken servers, and prints what your DHCP server has to say."),
			words("p", "", "This page comes from a server that only has its files. Start the lab in a terminal, with this machine's address in place of 192.0.2.10, and open the link that it prints:"),
			box("div", "copyable",
				elem("pre", "tabindex", "0", "aria-label", "The command").Text(command),
				button("button small").OnClick(b.act(func() { b.copyText("the command", command) }, "lab-command")).Text("Copy")),
			words("p", "help", "Without -listen only this machine can ask: enough to try it with profilegen phone, which is a virtual phone. A fleet that you edit here goes along as a file: Keep and share, Save fleet.json, then profilegen serve -fleet fleet.json."),
		))
}

// labLink is how the connection to the server is.
func (b *Builder) labLink() app.UI {
	text := map[string]string{
		"live": "live", "connecting": "connecting…", "lost": "the server does not answer; trying again",
		"refused": "the server does not let this page in",
	}[b.lab.link]
	return elem("p", "class", "link-state "+b.lab.link, "role", "status").Text(text)
}

// labServes says what phones get here, and what to set on them.
func (b *Builder) labServes() app.UI {
	v := &b.lab
	if v.link == "refused" {
		return box("section", "card", words("p", "", "Open the link again that the server printed at its start: it holds the token that lets this browser in. A server that was started anew has another one."),
			box("div", "row", button("button").OnClick(b.act(func() {
				v.close()
				b.listenLab()
			}, "lab-again")).Text("Try again")))
	}
	s := v.summary
	if s == nil {
		return nothing()
	}
	head := "Serves " + s.Source + ": " + s.Contents + "."
	if s.Files != "" {
		head = "Serves the draft that was sent from the builder, in place of " + s.Files + ": " + s.Contents + "."
	}
	return box("section", "card serves",
		box("div", "row",
			words("p", "grow strong", head),
			app.If(s.Fleet && s.Files == "", func() app.UI {
				return button("button small").OnClick(b.act(b.takeServed, "lab-take")).Text("Open it in the builder")
			}),
			button("button small", "title", "The server hands out what you edit here, in place of its files").
				OnClick(b.act(b.serveDraft, "lab-serve")).Text("Serve my draft"),
			app.If(s.Files != "", func() app.UI {
				return button("button small").OnClick(b.act(b.serveFiles, "lab-files")).Text("Serve the files again")
			})),
		app.If(v.draftError != "", func() app.UI {
			return alert("field-message error", "The draft is not served: "+v.draftError+".")
		}),
		app.If(len(b.keep.omitted) > 0, func() app.UI {
			return words("p", "field-message warning", "Passwords were left out of your draft when the browser kept it. Enter them again before you serve it: "+listed(b.keep.omitted, 4)+".")
		}),
		elem("dl", "class", "facts wide").Body(
			b.toCopy("Profile Rule", s.Rule, "Voice > Provisioning, on the phone's web page"),
			app.If(s.Syslog != "", func() app.UI {
				return b.toCopy("Syslog Server", s.Syslog, "Voice > System; what phones say is shown here then")
			}),
			app.If(s.Local, func() app.UI {
				return fact("Who can ask", app.Text("Only this machine. Start the server with -listen and an address to let phones in."))
			}),
		),
	)
}

// toCopy is a value to be set somewhere else.
func (b *Builder) toCopy(name, value, where string) app.UI {
	return fact(name, box("div", "row",
		words("code", "", value),
		button("link", "aria-label", "Copy "+name).OnClick(b.act(func() { b.copyText(name, value) }, "lab-copy", name, value)).Text("copy"),
		words("span", "help", where)))
}

// labTabs choose what is looked at.
func (b *Builder) labTabs() app.UI {
	v := &b.lab
	tabs := []struct {
		tab   labTab
		title string
		count int
	}{{labHappens, "What happens", 0}, {labPhones, "Phones", 0}, {labFaults, "Faults", len(v.faults.on)}, {labTabDHCP, "DHCP", 0}}
	if v.summary != nil {
		tabs[1].count = v.summary.Phones
	}
	return elem("div", "class", "tabs", "role", "tablist", "aria-label", "Lab").
		OnKeyDown(b.on(func(_ app.Context, e app.Event) {
			step := map[string]int{"ArrowRight": 1, "ArrowLeft": len(tabs) - 1}[e.Get("key").String()]
			if step == 0 {
				return
			}
			for i := range tabs {
				if tabs[i].tab == v.tab {
					b.showLab(tabs[(i+step)%len(tabs)].tab)
					break
				}
			}
			b.focusLater("lab-" + string(v.tab))
		}, "lab-tabs")).
		Body(app.Range(tabs).Slice(func(i int) app.UI {
			t, index := tabs[i], "-1"
			if t.tab == v.tab {
				index = "0"
			}
			return button("", "id", "lab-"+string(t.tab), "role", "tab", "aria-selected", flag(t.tab == v.tab), "aria-controls", "lab-panel", "tabindex", index).
				OnClick(b.act(func() { b.showLab(t.tab) }, "lab-tab", string(t.tab))).
				Body(app.Text(t.title), app.If(t.count > 0, func() app.UI { return words("span", "badge", " "+itoa(t.count)) }))
		}))
}

func (b *Builder) showLab(tab labTab) {
	v := &b.lab
	v.tab, v.phone, v.one = tab, "", nil
	b.lookAtLab()
}

// showPhone looks at one phone.
func (b *Builder) showPhone(key string) {
	v := &b.lab
	v.tab, v.phone, v.one, v.pushError = labPhones, key, nil, ""
	v.order.Address, v.order.Extension, v.order.Password = "", "", ""
	b.lookAtLab()
	b.focusLater("lab-panel-head")
}

func (b *Builder) labPanel() app.UI {
	v := &b.lab
	switch {
	case v.tab == labPhones && v.phone != "":
		return b.labPhone()
	case v.tab == labPhones:
		return b.labPhones()
	case v.tab == labFaults:
		return b.labFaults()
	case v.tab == labTabDHCP:
		return b.labDHCP()
	}
	return b.labHappens()
}

// labHappens is the list of what happened, the latest first.
func (b *Builder) labHappens() app.UI {
	v := &b.lab
	entries := v.book.entries
	coming := 0
	if v.held > 0 {
		for coming < len(entries) && entries[len(entries)-1-coming].Seq > v.held {
			coming++
		}
		entries = entries[:len(entries)-coming]
	}
	var list []labEntry
	text := strings.ToLower(v.filter)
	for _, e := range joined(entries) {
		if e.matches(text) && (!v.trouble || e.isTrouble()) {
			list = append(list, e)
		}
	}
	rest := max(0, len(list)-v.rows)
	list = list[:len(list)-rest]
	hold := "Hold the list"
	if v.held > 0 {
		hold = "Go on"
		if coming > 0 {
			hold += " (" + itoa(coming) + " new)"
		}
	}
	return box("div", "screen",
		b.labStates(),
		box("div", "toolbar",
			&Box{B: b, ID: "lab-filter", Text: v.filter, Label: "Show only what has this text", Placeholder: "Phone, address or file", Class: "search", Live: true},
			b.labSwitch("lab-trouble", "Only trouble", v.trouble, func() { v.trouble = !v.trouble }),
			box("span", "grow"),
			button("button small", "aria-pressed", flag(v.held > 0)).OnClick(b.act(func() {
				switch n := len(v.book.entries); {
				case v.held > 0:
					v.held = 0
				case n > 0:
					v.held = v.book.entries[n-1].Seq
				}
			}, "lab-hold")).Text(hold)),
		b.labEntries(list, true),
		app.If(len(list) == 0, func() app.UI { return b.labQuiet() }),
		app.If(rest > 0, func() app.UI {
			return box("div", "row", button("button small").OnClick(b.act(func() { v.rows += labRows }, "lab-more")).Text("Show "+itoa(min(rest, labRows))+" older"))
		}),
	)
}

// labQuiet is the empty list.
func (b *Builder) labQuiet() app.UI {
	v := &b.lab
	if len(v.book.entries) > 0 {
		return words("p", "empty", "Nothing of what happened matches.")
	}
	if v.link != "live" || v.summary == nil {
		return words("p", "empty", "Nothing is known yet.")
	}
	rule := ""
	if len(v.summary.Places) > 0 {
		rule = v.summary.Places[0] + "/$MA/$PSN.xml"
	}
	if v.summary.Rule != "" {
		rule = v.summary.Rule
	}
	command := "profilegen phone -rule '" + rule + "' -once"
	return box("div", "empty card",
		words("p", "strong", "Nothing has asked yet."),
		words("p", "", "Set the Profile Rule above on a phone, or let DHCP say where the files are (the tab DHCP). Without a phone at hand, a virtual one asks with:"),
		box("div", "copyable",
			elem("pre", "tabindex", "0", "aria-label", "The command").Text(command),
			button("button small").OnClick(b.act(func() { b.copyText("the command", command) }, "lab-try", command)).Text("Copy")))
}

// labStates is the fleet in a few numbers.
func (b *Builder) labStates() app.UI {
	v := &b.lab
	if v.summary == nil || v.summary.Phones == 0 {
		return nothing()
	}
	states := []struct{ state, title string }{
		{"succeeded", "took their profile"}, {"answered", "got a file"}, {"asked", "asked in vain"}, {"silent", "not heard of"},
	}
	return elem("ul", "class", "states", "aria-label", "Phones of the fleet").Body(app.Range(states).Slice(func(i int) app.UI {
		n := v.summary.States[states[i].state]
		class := states[i].state
		if n == 0 {
			class = "zero"
		}
		return box("li", class, words("strong", "", itoa(n)), words("span", "", " "+states[i].title))
	}))
}

// labSwitch is a switch with its words beside it.
func (b *Builder) labSwitch(id, title string, on bool, turn func()) app.UI {
	return box("div", "choice",
		button("switch", "id", id, "role", "switch", "aria-checked", flag(on), "aria-labelledby", id+"-label").
			OnClick(b.act(turn, id, on)).Body(elem("span", "class", "knob", "aria-hidden", "true")),
		elem("span", "id", id+"-label").Text(title))
}

// labEntries lists what happened; whose is left out where it is one phone's.
func (b *Builder) labEntries(list []labEntry, whose bool) app.UI {
	if len(list) == 0 {
		return nothing()
	}
	now := time.Now()
	class := "happened"
	if !whose {
		class += " one"
	}
	return elem("ol", "class", class, "aria-label", "What happened, the latest first").Body(app.Range(list).Slice(func(i int) app.UI {
		return b.labEntry(&list[i], whose, now)
	}))
}

func (b *Builder) labEntry(e *labEntry, whose bool, now time.Time) app.UI {
	v := &e.Event
	phone := nothing()
	if whose {
		phone = b.labWho(e)
	}
	return box("li", e.level(),
		box("div", "when",
			elem("time", "datetime", v.Time.Format(time.RFC3339)).Text(clock(v.Time, now)),
			app.If(v.Remote != "", func() app.UI { return words("span", "help", e.by()) })),
		phone,
		box("div", "what", app.If(v.Message != nil, func() app.UI {
			return labSays(e)
		}).Else(func() app.UI { return labTransfer(e) }),
			app.If(len(e.says) > 0, func() app.UI {
				return box("ul", "", app.Range(e.says).Slice(func(i int) app.UI { return box("li", "", labSays(&e.says[i])) }))
			})),
	)
}

// labWho leads to the phone.
func (b *Builder) labWho(e *labEntry) app.UI {
	if e.Event.Remote == "" {
		return box("div", "who", words("span", "help", "the server"))
	}
	key := e.key()
	if e.Level == "alarm" { // it is about an address, not about a phone
		return box("div", "who", words("span", "mono", key))
	}
	title, more := e.Name, key
	if title == "" {
		title, more = key, ""
	}
	if model := e.Event.Phone.model(); model != "" {
		more = strings.TrimSpace(model + " " + more)
	}
	return box("div", "who",
		button("link strong").OnClick(b.act(func() { b.showPhone(key) }, "lab-who", key)).Text(title),
		app.If(more != "", func() app.UI { return words("span", "help mono", more) }))
}

func labTransfer(e *labEntry) app.UI {
	v := &e.Event
	method := v.Method
	if method == "GET" || method == "RRQ" {
		method = ""
	}
	return box("div", "",
		app.If(method != "", func() app.UI { return words("span", "", method+" ") }),
		app.If(v.Path != "", func() app.UI { return words("code", "", v.Path) }),
		words("span", "result", " "+e.result()),
		app.If(e.why() != "", func() app.UI { return words("p", "why", sentence(e.why())) }))
}

// labSays is what the phone said, in its words.
func labSays(e *labEntry) app.UI {
	return box("p", "says "+e.Level, words("span", "help", "the phone says: "), app.Text(e.Event.Message.Text))
}

// boxedLab hears the boxes of the page.
func (b *Builder) boxedLab(id, text string) {
	v := &b.lab
	o, f := &v.order, &v.fault
	switch id {
	case "lab-filter":
		v.filter, v.rows = text, labRows
	case "lab-find":
		v.find = text
		b.lookSoon()
	case "lab-rule":
		o.Rule = text
	case "lab-address":
		o.Address = text
	case "lab-user":
		o.User = text
	case "lab-password":
		o.Password = text
	case "lab-extension":
		o.Extension = text
	case "lab-every":
		o.EveryMS = number(text, o.EveryMS)
	case "fault-path":
		f.Path = text
	case "fault-mac":
		f.MAC = text
	case "fault-delay":
		f.Delay = text
	case "fault-after":
		f.After = number(text, f.After)
	case "fault-loss":
		f.Loss = number(text, f.Loss)
	case "fault-times":
		f.Times = number(text, f.Times)
	case "dhcp-server":
		v.dhcpServer = text
		b.askDHCP()
	}
}
