package app

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// press is a button with a text.
func (b *Builder) press(class, text, scope string, do func()) app.UI {
	return button(class).OnClick(b.act(do, scope)).Text(text)
}

// each is an element with an item for each of n; name, which may be empty, is
// for those who do not see it.
func each(tag, class, name string, n int, item func(i int) app.UI) app.UI {
	items := make([]app.UI, n)
	for i := range items {
		items[i] = item(i)
	}
	e := elem(tag, "class", class)
	if name != "" {
		e = e.Attr("aria-label", name)
	}
	return e.Body(items...)
}

// toPaste is a text for a terminal or a file, with a button that copies it.
func (b *Builder) toPaste(id, what, text string) app.UI {
	return box("div", "copyable",
		elem("pre", "id", id, "tabindex", "0", "role", "group", "aria-label", what).Body(app.Text(text)),
		b.press("button small", "Copy", id+text, func() { b.copyText(what, text) }))
}

// labScreen shows what the server's phones do, and has them act.
func (b *Builder) labScreen() app.UI {
	v := &b.lab
	if !v.served {
		return b.labElsewhere()
	}
	trouble := ""
	if v.summary != nil {
		trouble = v.summary.Trouble
	}
	return box("div", "screen lab",
		box("div", "heading", words("h1", "", pageLab.title()), b.labLink(), words("span", "grow", ""),
			elem("a", "class", "button small", "href", "events.jsonl", "download", "events.jsonl").Text("Events as JSON lines"),
			elem("a", "class", "button small wide-only", "href", "metrics", "target", "_blank", "rel", "noopener").Text("Metrics")),
		when(trouble != "", alert("field-message error", sentence(trouble))),
		b.labServes(),
		b.labTabs(),
		elem("div", "id", "lab-panel", "role", "tabpanel", "aria-labelledby", "lab-"+string(v.tab), "class", "screen").Body(b.labPanel()),
	)
}

// labElsewhere is the page where no server stands behind it.
func (b *Builder) labElsewhere() app.UI {
	return box("div", "screen",
		box("div", "heading", words("h1", "", pageLab.title())),
		box("section", "card",
			words("h2", "", "See what your phones make of their profiles"),
			words("p", "", "The lab is a server on your own machine. It hands the profiles to phones by TFTP, HTTP and HTTPS, and this page then shows live what each of them asks for, what it got or why not, and what it says in its log messages. It can have phones resync, play broken servers, and prints what your DHCP server has to say."),
			words("p", "", "This page comes from a server that only has its files. Start the lab in a terminal, with this machine's address in place of 192.0.2.10, and open the link that it prints:"),
			b.toPaste("lab-command", "the command", "profilegen serve -csv phones.csv -listen 192.0.2.10"),
			words("p", "help", "Without -listen only this machine can ask: enough to try it with profilegen phone, which is a virtual phone. A fleet that you edit here goes along as a file: Keep and share, Save fleet.json, then profilegen serve -fleet fleet.json."),
		))
}

// labLinks are the states of the connection to the server.
var labLinks = map[string]string{
	"live": "live", "connecting": "connecting…", "lost": "the server does not answer; trying again",
	"refused": "the server does not let this page in",
}

func (b *Builder) labLink() app.UI {
	return elem("p", "class", "link-state "+b.lab.link, "role", "status").Text(labLinks[b.lab.link])
}

// labServes says what phones get here, and what to set on them.
func (b *Builder) labServes() app.UI {
	v := &b.lab
	if v.link == "refused" {
		return box("section", "card",
			words("p", "", "Open the link again that the server printed at its start: it holds the token that lets this browser in. A server that was started anew has another one."),
			box("div", "row", b.press("button", "Try again", "lab-again", func() {
				v.close()
				b.listenLab()
			})))
	}
	s := v.summary
	if s == nil {
		return nothing()
	}
	head := "Serves " + s.Source + ": " + s.Contents + "."
	if s.Files != "" {
		head = "Serves the draft that was sent from the builder, in place of " + s.Files + ": " + s.Contents + "."
	}
	missing := ""
	if len(b.keep.omitted) > 0 {
		missing = "Passwords were left out of your draft when the browser kept it. Enter them again before you serve it: " + listed(b.keep.omitted, 4) + "."
	}
	set := elem("details", "class", "set")
	if len(v.book.entries) == 0 { // the first step; later it is out of the way
		set = set.Attr("open", true)
	}
	return box("section", "card serves",
		box("div", "row",
			words("p", "grow strong", head),
			when(s.Fleet && s.Files == "" && s.Phones <= maxRows, b.press("button small", "Open it in the builder", "lab-take", b.takeServed)),
			when(s.Files != "", b.press("button small", "Serve the files again", "lab-files", b.serveFiles)),
			button("button small", "title", "The server hands out what you edit here, in place of its files").
				OnClick(b.act(b.serveDraft, "lab-serve")).Text("Serve my draft")),
		when(v.draftError != "", alert("field-message error", "The draft is not served: "+v.draftError+".")),
		when(missing != "", words("p", "field-message warning", missing)),
		set.Body(
			words("summary", "", "What to set on a phone"),
			box("dl", "facts wide",
				b.toCopy("Profile Rule", s.Rule, "Voice > Provisioning, on its web page"),
				when(s.Syslog != "", b.toCopy("Syslog Server", s.Syslog, "Voice > System; what it says is shown here then")),
				when(s.Local, fact("Who can ask", app.Text("Only this machine. Start the server with -listen and an address to let phones in."))),
			)),
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
			t, index, count := tabs[i], "-1", ""
			if t.tab == v.tab {
				index = "0"
			}
			if t.count > 0 {
				count = " " + itoa(t.count)
			}
			return button("", "id", "lab-"+string(t.tab), "role", "tab", "aria-selected", flag(t.tab == v.tab), "aria-controls", "lab-panel", "tabindex", index).
				OnClick(b.act(func() { b.showLab(t.tab) }, "lab-tab", string(t.tab))).
				Body(app.Text(t.title), when(count != "", words("span", "badge", count)))
		}))
}

func (b *Builder) showLab(tab labTab) {
	v := &b.lab
	v.tab, v.phone, v.one, v.phones = tab, "", nil, nil
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
			words("span", "grow", ""),
			button("button small", "aria-pressed", flag(v.held > 0)).OnClick(b.act(b.holdLab, "lab-hold")).Text(hold)),
		b.labEntries(list, true),
		when(len(list) == 0, b.labQuiet()),
		when(rest > 0, b.press("button small older", "Show "+itoa(min(rest, labRows))+" older", "lab-more", func() { v.rows += labRows })),
	)
}

// holdLab lets the list stand still, to be read, and go on.
func (b *Builder) holdLab() {
	v := &b.lab
	switch n := len(v.book.entries); {
	case v.held > 0:
		v.held = 0
	case n > 0:
		v.held = v.book.entries[n-1].Seq
	}
}

// labQuiet is the empty list.
func (b *Builder) labQuiet() app.UI {
	v := &b.lab
	switch {
	case len(v.book.entries) > 0:
		return words("p", "empty", "Nothing of what happened matches.")
	case v.link != "live" || v.summary == nil:
		return words("p", "empty", "Nothing is known yet.")
	}
	command := "profilegen phone"
	if s := v.summary.Sample; s.MAC != "" {
		command += " -mac " + s.MAC + " -model " + s.model()
	}
	return box("div", "empty card",
		words("p", "strong", "Nothing has asked yet."),
		words("p", "", "Set the Profile Rule above on a phone, or let DHCP say where the files are (the tab DHCP). Without a phone at hand, a virtual one asks with:"),
		b.toPaste("lab-try", "the command", command+" -rule '"+v.summary.Rule+"' -once"))
}

// labStates is the fleet in a few numbers.
func (b *Builder) labStates() app.UI {
	s := b.lab.summary
	if s == nil || s.Phones == 0 {
		return nothing()
	}
	return each("ul", "states", "Phones of the fleet", len(labStates), func(i int) app.UI {
		n, class := s.States[labStates[i].state], labStates[i].state
		if n == 0 {
			class = "zero"
		}
		return box("li", class, words("strong", "", grouped(n)), words("span", "", " "+labStates[i].title))
	})
}

var labStates = []struct{ state, title string }{
	{"succeeded", "took their profile"}, {"answered", "got a file"}, {"asked", "asked in vain"}, {"silent", "have not asked"},
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
	return each("ol", class, "What happened, the latest first", len(list), func(i int) app.UI { return b.labEntry(&list[i], whose, now) })
}

func (b *Builder) labEntry(e *labEntry, whose bool, now time.Time) app.UI {
	phone, what := nothing(), labTransfer
	if whose {
		phone = b.labWho(e)
	}
	if e.Event.Message != nil {
		what = labSays
	}
	return box("li", e.level(),
		box("div", "when",
			elem("time", "datetime", e.Event.Time.Format(time.RFC3339)).Text(clock(e.Event.Time, now)),
			words("span", "help", e.by())),
		phone,
		box("div", "what", what(e),
			when(len(e.says) > 0, each("ul", "", "", len(e.says), func(i int) app.UI { return box("li", "", labSays(&e.says[i])) }))),
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
		b.press("link strong", title, "lab-who "+key, func() { b.showPhone(key) }),
		words("span", "help mono", more))
}

func labTransfer(e *labEntry) app.UI {
	method := e.Event.Method + " "
	if method == "GET " || method == "RRQ " {
		method = ""
	}
	return box("div", "",
		app.Text(method), words("code", "", e.Event.Path), words("span", "result", " "+e.result()),
		when(e.why() != "", words("p", "why", sentence(e.why()))))
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
