package app

import (
	"encoding/json"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// labFaults is what the server does wrong on purpose.
func (b *Builder) labFaults() app.UI {
	v := &b.lab
	f := &v.fault
	var kinds []string
	if v.summary != nil {
		kinds = v.summary.Kinds
	}
	known := len(v.faults.on) + len(v.faults.off)
	return box("div", "screen",
		box("section", "card",
			words("h2", "", "A fault on purpose"),
			words("p", "help", "See what a phone makes of a server in trouble: the next requests that match get it, at once."),
			box("div", "row ends",
				b.labChoice("fault-kind", "Fault", f.Kind, len(kinds), func(i int) (string, string) { return kinds[i], capital(faultTitle(kinds[i])) }, func(kind string) { f.Kind = kind }),
				b.labBox("fault-path", "Of file", f.Path, "all; or *.xml"),
				b.labBox("fault-mac", "Of phone", f.MAC, "all; or a MAC address"),
				b.labBox("fault-delay", "Delay", f.Delay, "none; or 2s"),
				when(f.Kind == "cut", b.labBox("fault-after", "After bytes", itoa(f.After), "512")),
				when(f.Kind == "lost-blocks", b.labBox("fault-loss", "Lost, in %", itoa(f.Loss), "20")),
				b.labBox("fault-times", "Times", timesText(f.Times), "until switched off"),
				b.press("button primary", "Switch on", "fault-add", b.addFault)),
			when(v.faultError != "", alert("field-message error", sentence(v.faultError))),
		),
		when(known > 0, each("ul", "faults", "Faults", known, func(i int) app.UI {
			if n := len(v.faults.on); i >= n {
				return b.faultItem(v.faults.off[i-n], false)
			}
			return b.faultItem(v.faults.on[i], true)
		})),
		when(known == 0, words("p", "empty", "The server answers as it should.")),
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
	drop := nothing()
	if !on {
		drop = button("icon", "aria-label", "Forget this fault").OnClick(b.act(func() { v.faults.drop(f.ID) }, "fault-drop", f.ID)).Text("×")
	}
	return box("li", "",
		b.labSwitch(id, capital(faultTitle(f.Kind)), on, func() {
			if on {
				b.removeFault(f)
				return
			}
			v.faults.drop(f.ID)
			b.setFault(f)
		}),
		words("span", "grow help", f.scope()), drop)
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
		return words("p", "empty", orWords(sentence(v.dhcpError), "Asking the server…"))
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
			when(v.dhcpError != "", alert("field-message error", sentence(v.dhcpError))),
			when(v.summary != nil && v.summary.Local, words("p", "field-message warning", "Phones cannot reach this server yet: start it with -listen and an address, and write that address here.")),
		),
		box("section", "card",
			each("div", "choices", "", len(d.Servers), func(i int) app.UI {
				s := d.Servers[i]
				return button("button small", "aria-pressed", flag(s.Name == v.dhcpFor)).
					OnClick(b.act(func() { v.dhcpFor = s.Name }, "dhcp-for", s.Name)).Text(s.Title)
			}),
			when(problem != "", words("p", "field-message error", sentence(problem))),
			when(text != "", b.toPaste("dhcp-text", "the lines for the DHCP server", text)),
		),
		box("section", "card",
			words("h2", "", "What the options hold"),
			tableOf("Options", []string{"Option", "Value"}, len(d.Options), func(i int) []app.UI {
				return []app.UI{app.Text(itoa(d.Options[i].Code)), words("code", "", d.Options[i].Value)}
			}),
			words("p", "help", "All lead to the same place, so one is enough. A phone takes the first that it is given, in the order of DHCP_Option_To_Use:"),
			each("ul", "notes", "", len(d.Precedence), func(i int) app.UI { return words("li", "", d.Precedence[i]) }),
			words("p", "help", "A factory-new 8861, whose rule is /$PSN.xml, then asks for, until a file is there:"),
			each("ul", "notes", "", len(d.Asks), func(i int) app.UI { return box("li", "", words("code", "", d.Asks[i])) }),
		),
	)
}
