package app

import (
	"encoding/json"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// labFaults is what the server does wrong on purpose.
func (b *Builder) labFaults() app.UI {
	v := &b.lab
	f := &v.fault
	return box("div", "screen",
		box("section", "card",
			words("h2", "", "A fault on purpose"),
			words("p", "help", "See what a phone makes of a server in trouble: the next requests that match get it, at once."),
			box("div", "row ends",
				b.labChoice("fault-kind", "Fault", f.Kind, func(yield func(string, string)) {
					if v.summary == nil {
						return
					}
					for _, kind := range v.summary.Kinds {
						yield(kind, sentence(faultTitle(kind))[:len(faultTitle(kind))])
					}
				}, func(kind string) { f.Kind = kind }),
				b.labBox("fault-path", "Of file", f.Path, "all; or *.xml"),
				b.labBox("fault-mac", "Of phone", f.MAC, "all; or a MAC address"),
				b.labBox("fault-delay", "Delay", f.Delay, "none; or 2s"),
				app.If(f.Kind == "cut", func() app.UI { return b.labBox("fault-after", "After bytes", itoa(f.After), "512") }),
				app.If(f.Kind == "lost-blocks", func() app.UI { return b.labBox("fault-loss", "Lost, in %", itoa(f.Loss), "20") }),
				b.labBox("fault-times", "Times", timesText(f.Times), "until switched off"),
				button("button primary").OnClick(b.act(b.addFault, "fault-add")).Text("Switch on")),
			app.If(v.faultError != "", func() app.UI {
				return alert("field-message error", sentence(v.faultError))
			}),
		),
		app.If(len(v.faults.on)+len(v.faults.off) > 0, func() app.UI {
			return elem("ul", "class", "faults", "aria-label", "Faults").Body(
				app.Range(v.faults.on).Slice(func(i int) app.UI { return b.faultItem(v.faults.on[i], true) }),
				app.Range(v.faults.off).Slice(func(i int) app.UI { return b.faultItem(v.faults.off[i], false) }))
		}),
		app.If(len(v.faults.on)+len(v.faults.off) == 0, func() app.UI {
			return words("p", "empty", "The server answers as it should.")
		}),
	)
}

func timesText(n int) string {
	if n == 0 {
		return ""
	}
	return itoa(n)
}

func (b *Builder) faultItem(f labFault, on bool) app.UI {
	v := &b.lab
	id := "fault-" + itoa(f.ID)
	return box("li", "",
		b.labSwitch(id, sentence(faultTitle(f.Kind))[:len(faultTitle(f.Kind))], on, func() {
			if on {
				b.removeFault(f)
				return
			}
			v.faults.drop(f.ID)
			b.setFault(f)
		}),
		words("span", "grow help", f.scope()),
		app.If(!on, func() app.UI {
			return button("icon", "aria-label", "Forget this fault").OnClick(b.act(func() { v.faults.drop(f.ID) }, "fault-drop", f.ID)).Text("×")
		}))
}

func (b *Builder) addFault() {
	f := b.lab.fault
	if f.Kind != "cut" {
		f.After = 0
	}
	if f.Kind != "lost-blocks" {
		f.Loss = 0
	}
	b.setFault(f)
}

func (b *Builder) setFault(f labFault) {
	v := &b.lab
	f.ID = 0
	b.send("POST", "faults", f, func(string) {
		v.faultError = ""
		b.lookAtLab()
	}, func(why string) { v.faultError = why })
}

func (b *Builder) removeFault(f labFault) {
	v := &b.lab
	b.send("DELETE", "faults/"+itoa(f.ID), nil, func(string) { b.lookAtLab() }, func(string) { b.lookAtLab() })
	v.faultError = ""
}

// askDHCP has the server print what DHCP servers have to say.
func (b *Builder) askDHCP() {
	v := &b.lab
	path := "dhcp?server=" + escapeQuery(v.dhcpServer)
	if v.dhcpAll {
		path += "&everyone=yes"
	}
	b.server("GET", path, "", func(text string) {
		d := new(labDHCP)
		if err := json.Unmarshal([]byte(text), d); err != nil {
			v.dhcpError = err.Error()
			return
		}
		v.dhcp, v.dhcpError = d, ""
		if v.dhcpServer == "" {
			v.dhcpServer = d.Server
		}
	}, func(why string) { v.dhcpError = why })
}

// labDHCP is how phones find the server by themselves.
func (b *Builder) labDHCP() app.UI {
	v := &b.lab
	d := v.dhcp
	if d == nil {
		if v.dhcpError != "" {
			return words("p", "field-message error", sentence(v.dhcpError))
		}
		return words("p", "empty", "Asking the server…")
	}
	text, problem := "", ""
	for _, s := range d.Servers {
		if s.Name == v.dhcpFor {
			text, problem = s.Text, s.Problem
		}
	}
	return box("div", "screen",
		box("section", "card",
			words("h2", "", "Let DHCP say where the files are"),
			words("p", "", "A phone whose rule names no server, such as a new one, takes it from a DHCP option. Nothing has to be typed on it."),
			box("div", "row ends",
				b.labBox("dhcp-server", "Where the phones' files are", v.dhcpServer, "192.0.2.10 or http://192.0.2.10:8080"),
				b.labSwitch("dhcp-all", "For all clients, not only these phones", v.dhcpAll, func() {
					v.dhcpAll = !v.dhcpAll
					b.askDHCP()
				})),
			app.If(v.dhcpError != "", func() app.UI { return alert("field-message error", sentence(v.dhcpError)) }),
			app.If(v.summary != nil && v.summary.Local, func() app.UI {
				return words("p", "field-message warning", "Phones cannot reach this server yet: start it with -listen and an address. Then write that address here.")
			}),
		),
		box("section", "card",
			box("div", "row", elem("div", "class", "choices", "role", "group", "aria-label", "DHCP server").Body(app.Range(d.Servers).Slice(func(i int) app.UI {
				s := d.Servers[i]
				return button("button small", "aria-pressed", flag(s.Name == v.dhcpFor)).
					OnClick(b.act(func() { v.dhcpFor = s.Name }, "dhcp-for", s.Name)).Text(s.Title)
			}))),
			app.If(problem != "", func() app.UI { return words("p", "field-message error", sentence(problem)) }),
			app.If(text != "", func() app.UI {
				return box("div", "copyable",
					elem("pre", "id", "dhcp-text", "tabindex", "0", "aria-label", "To paste").Text(text),
					button("button small").OnClick(b.act(func() { b.copyText("the lines for "+v.dhcpFor, text) }, "dhcp-copy", text)).Text("Copy"))
			}),
		),
		box("section", "card",
			words("h2", "", "What the options hold"),
			tableBox(box("table", "",
				box("thead", "", box("tr", "", th("Option"), th("Value"))),
				box("tbody", "", app.Range(d.Options).Slice(func(i int) app.UI {
					return box("tr", "", words("td", "", itoa(d.Options[i].Code)), box("td", "wrap", words("code", "", d.Options[i].Value)))
				})))).Attr("role", "region").Attr("aria-label", "Options"),
			words("p", "help", "All lead to the same place, so one is enough. A phone takes the first that it is given, in the order of DHCP_Option_To_Use:"),
			box("ul", "notes", app.Range(d.Precedence).Slice(func(i int) app.UI { return words("li", "", d.Precedence[i]) })),
			words("p", "help", "A factory-new 8861, whose rule is /$PSN.xml, then asks for, until a file is there:"),
			box("ul", "notes", app.Range(d.Asks).Slice(func(i int) app.UI { return box("li", "", words("code", "", d.Asks[i])) })),
		),
	)
}
