package schema

import (
	"net/netip"
	"strings"

	"profilegen/rule"
)

// link is a URL that stands somewhere in a text.
type link struct {
	scheme       string // as written
	host, port   string // the port is "" when not written
	path         string
	offset, size int // of the text up to the path
}

// links finds the URLs in a text by their "://", one inside the other too: the
// article's trigger is a URL of the phone with one of the server in its query.
func links(text string, found func(link)) {
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return
		}
		i += from
		from = i + len("://")
		l := link{offset: i}
		for l.offset > 0 && isLetter(text[l.offset-1]) {
			l.offset--
		}
		l.scheme = strings.ToLower(text[l.offset:i])
		end := from
		for end < len(text) && !strings.ContainsRune("/?#| \t\"'", rune(text[end])) {
			end++
		}
		l.size = end - l.offset
		host, port, ok := splitHost(text[from:end])
		if !ok || host == "" {
			continue
		}
		l.host, l.port = host, port
		if l.path = text[end:]; strings.IndexByte(l.path, ' ') >= 0 {
			l.path = l.path[:strings.IndexByte(l.path, ' ')]
		}
		found(l)
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// action tells whether a link is a command to a phone's web server (g.1).
func (l *link) action() bool { return strings.HasPrefix(l.path, "/admin/") }

// macrosOf calls found with the names of the macros in a text.
func macrosOf(text string, found func(name string)) {
	if strings.IndexByte(text, '$') < 0 {
		return
	}
	for _, t := range rule.Tokens(text) {
		if t.Kind == rule.MacroRef {
			found(t.Name)
		}
	}
}

// reach is how many phones share what a macro gives.
type reach int

const (
	allPhones reach = iota // or it changes with time
	oneModel
	onePhone
)

// reachOf tells which phones a macro tells apart. The GPPs are set by
// profiles, so each phone may have its own.
func reachOf(name string) reach {
	switch name {
	case "MA", "MAU", "MAC", "SN", "IP", "EXTIP":
		return onePhone
	case "PN", "PSN", "HWVER", "SWVER":
		return oneModel
	}
	if len(name) == 1 || strings.HasPrefix(name, "UID") {
		return onePhone
	}
	return allPhones
}

// ruleReach is how far the profile rules tell phones apart.
func (f *facts) ruleReach(text string) (r reach) {
	macrosOf(text, func(name string) { r = max(r, reachOf(name)) })
	if r < onePhone && f.phone != nil && f.phone.MAC != (rule.MAC{}) {
		folded := strings.ToLower(strings.NewReplacer(":", "", "-", "", ".", "").Replace(text))
		if strings.Contains(folded, f.phone.MAC.String()) {
			return onePhone // a rule made for this phone
		}
	}
	return r
}

func sameFileForAll(f *facts, id string) {
	most, first := allPhones, ""
	for _, name := range profileRules {
		text := f.text(name)
		if text == "" || strings.HasPrefix(strings.TrimSpace(text), "#") {
			continue
		}
		if first == "" {
			first = name
		}
		most = max(most, f.ruleReach(text))
	}
	if first == "" || most != allPhones || strings.HasPrefix(f.text(first), "gds://") {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: first, Length: len(f.text(first)),
		Summary: "the rule names nothing of the phone, so all phones fetch one file and get one identity",
		Hint:    "put a macro into the name, such as $MA.xml (own file for each phone) or $PSN.xml (for each model)",
		Source:  "a.2, c.6, F7832",
	})
}

func repeatedRule(f *facts, id string) {
	for i, name := range profileRules {
		text := f.text(name)
		if text == "" {
			continue
		}
		for _, earlier := range profileRules[:i] {
			if f.text(earlier) == text {
				f.add(Problem{
					ID: id, Severity: rule.Warning, Element: name, Length: len(text),
					Summary: name + " repeats " + earlier + ": the phone fetches the same file twice",
					Hint:    "clear " + name, Source: "d.4, SEED F7832",
					Fix: f.set(name, ""),
				})
				break
			}
		}
	}
}

// phoneIsServer finds a server that is the phone. What the phone's address is
// can be seen from Static_IP, from the phone in view, and from a command to a
// phone's web server.
func phoneIsServer(f *facts, id string) {
	type address struct{ text, why string }
	own := make([]address, 0, 8)
	if f.effective("Connection_Type") == "Static IP" {
		own = append(own, address{f.text("Static_IP"), "it is Static_IP"})
	}
	if f.phone != nil {
		own = append(own, address{f.phone.IP, "that is its address"})
	}
	for _, name := range serverTexts {
		links(f.text(name), func(l link) {
			if l.action() {
				own = append(own, address{l.host, name + " opens its page " + actionPage(l.path)})
			}
		})
	}
	for _, name := range serverTexts {
		reported := false
		links(f.text(name), func(l link) {
			if reported || l.action() {
				return
			}
			for _, a := range own {
				if !sameHost(l.host, a.text) {
					continue
				}
				reported = true
				f.add(Problem{
					ID: id, Severity: rule.Warning, Element: name, Offset: l.offset, Length: l.size,
					Summary: "the server " + l.host + " is the phone itself: " + a.why,
					Hint:    "write the address of the computer that serves the profiles",
					Source:  "c.6, g.1",
				})
				return
			}
		})
	}
}

// actionPage is the path of a command without what is asked of it.
func actionPage(path string) string {
	page, _, _ := strings.Cut(path, "?")
	return page
}

// sameHost tells whether two texts name one host, however its address is
// written.
func sameHost(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	x, err := netip.ParseAddr(a)
	if err != nil {
		return false
	}
	y, err := netip.ParseAddr(b)
	return err == nil && x == y
}

// standardPorts are the ports of the schemes (c.6).
var standardPorts = map[string]string{"tftp": "69", "http": "80", "https": "443"}

func webPortOfOtherScheme(f *facts, id string) {
	if !f.own("Enable_Protocol") && !f.own("Web_Server_Port") {
		_, protocol := f.get("Enable_Protocol")
		_, port := f.get("Web_Server_Port")
		if !protocol && !port {
			return
		}
	}
	protocol, port := f.effective("Enable_Protocol"), f.effective("Web_Server_Port")
	wrong := protocol == "Http" && port == "443" || protocol == "Https" && port == "80"
	if !wrong {
		return
	}
	element := "Web_Server_Port"
	if _, ok := f.get(element); !ok {
		element = "Enable_Protocol"
	}
	fits := standardPorts[strings.ToLower(protocol)]
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: element,
		Summary: "the phone's web page speaks " + protocol + " on port " + port,
		Hint:    "set Web_Server_Port to " + fits + " too", Source: "XREF RN (C15)",
		Fix: f.set("Web_Server_Port", fits),
	})
}

func keyInClear(f *facts, id string) {
	if !f.view.readable() {
		return
	}
	for _, name := range append([]string{"Report_Rule"}, profileRules...) {
		text := f.text(name)
		i := strings.Index(text, "--key")
		if i < 0 || secretMacro(text[i+len("--key"):]) {
			continue
		}
		f.add(Problem{
			ID: id, Severity: rule.Warning, Element: name, Offset: i, Length: len("--key"),
			Summary: "the key stands as text in a profile that is fetched over " + f.view.Transport + ", so that anyone on the way can read it",
			Hint:    "give it to the phones once over https, in GPP_SA, and write --key $SA; -encrypt key does both for each phone",
			Source:  "a.8, c.4, F7832",
		})
	}
}

// secretMacro tells whether an option's argument is one of $SA to $SD, or
// another macro.
func secretMacro(argument string) bool {
	argument = strings.TrimLeft(argument, " \t\"")
	return strings.HasPrefix(argument, "$") && !strings.HasPrefix(argument, "$$")
}

// triggerNeverTrue finds triggers that stop every timed resync: all that are
// set are false whatever happens (d.2). A text that is no condition counts as
// false (b.1).
func triggerNeverTrue(f *facts, id string) {
	dead := ""
	for _, name := range triggers {
		text := strings.TrimSpace(f.text(name))
		if text == "" {
			continue
		}
		if !f.neverTrue(text) {
			return
		}
		if dead == "" {
			dead = name
		}
	}
	if dead == "" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Error, Element: dead, Length: len(f.text(dead)),
		Summary: "the trigger can never be true, so the phone makes no resync at start-up or by the clock",
		Hint:    "clear it; a condition such as $PRVTMR ge 600 belongs here, a URL into Profile_Rule",
		Source:  "b.5, d.2, F7832 (C8)",
		Fix:     f.set(dead, ""),
	})
}

// neverTrue tells whether a condition is false whatever happens on this phone.
// A GPP that the profile does not set may hold anything.
func (f *facts) neverTrue(text string) bool {
	changes, unknown := false, false
	macrosOf(text, func(name string) {
		switch reach := reachOf(name); {
		case len(name) == 1 && reach == onePhone:
			_, set := f.get("GPP_" + name)
			unknown = unknown || !set
		case reach == allPhones, f.phone == nil, name == "SWVER", name == "EXTIP", name == "IP":
			changes = true
		}
	})
	if unknown {
		return false
	}
	condition, err := rule.ParseCondition(rule.Expand(text, f.viewer().Macro))
	return err != nil || !changes && !condition.Eval()
}
