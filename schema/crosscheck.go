package schema

import (
	"strconv"
	"strings"

	"profilegen/rule"
)

// crossCheck is a check across values.
type crossCheck struct {
	id    string
	doc   string   // what it finds, a sentence for the documentation
	reads []string // the elements it looks at
	find  func(f *facts, id string)
}

// run lets a check find what it finds.
func (f *facts) run(c *crossCheck) { c.find(f, c.id) }

// CheckInfo describes one of the checks across values.
type CheckInfo struct{ ID, Doc string }

// Checks lists the checks across values.
func Checks() []CheckInfo {
	list := make([]CheckInfo, len(checks))
	for i, c := range checks {
		list[i] = CheckInfo{c.id, c.doc}
	}
	return list
}

// profileRules are the parameters that lead to profiles, in the order the
// phone handles them (d.4).
var profileRules = []string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"}

var (
	triggers    = []string{"Resync_Trigger_1", "Resync_Trigger_2"}
	logMessages = []string{
		"Log_Request_Msg", "Log_Success_Msg", "Log_Failure_Msg",
		"Log_Upgrade_Request_Msg", "Log_Upgrade_Success_Msg", "Log_Upgrade_Failure_Msg",
	}
	serverTexts = append(append([]string{"Upgrade_Rule", "Report_Rule"}, profileRules...), triggers...)
	passwords   = []string{"Admin_Password", "User_Password"}
)

// checks are the checks across values. A check that reads none of a device's
// own values is not run for the device.
var checks = []crossCheck{
	{"provision-off", "Provision_Enable No: the phone fetches no profile any more, not even on request.",
		[]string{"Provision_Enable"}, provisionOff},
	{"resync-at-hides-periodic", "Resync_At__HHmm_ and Resync_Periodic are both set: the period is ignored.",
		[]string{"Resync_At__HHmm_", "Resync_Periodic"}, resyncAtHidesPeriodic},
	{"resync-at-window", "How long the daily resync is spread, when Resync_At__HHmm_ is set.",
		[]string{"Resync_At__HHmm_", "Resync_At_Random_Delay"}, resyncAtWindow},
	{"random-delay-unit", "Resync_Random_Delay counts in steps of 20 s; the time is spelt out.",
		[]string{"Resync_Random_Delay"}, randomDelayUnit},
	{"error-retry-off", "Resync_Error_Retry_Delay 0: a failed resync is never tried again.",
		[]string{"Resync_Error_Retry_Delay"}, errorRetryOff},
	{"error-retry-slow", "A failed resync is tried again later than a good one is repeated.",
		[]string{"Resync_Error_Retry_Delay", "Resync_Periodic", "Resync_At__HHmm_"}, errorRetrySlow},
	{"resync-often", "Resync_Periodic is so short that a site's phones load the server all the time.",
		[]string{"Resync_Periodic", "Resync_At__HHmm_"}, resyncOften},
	{"resync-never", "Nothing makes the phone fetch its profile by itself.",
		[]string{"Resync_Periodic", "Resync_At__HHmm_", "Resync_On_Reset", "Provision_Enable"}, resyncNever},
	{"forced-delay-zero", "Forced_Resync_Delay 0: a resync does not wait for a call to end.",
		[]string{"Forced_Resync_Delay"}, forcedDelayZero},
	{"trigger-never-true", "No Resync_Trigger can be true: all timed resyncs are blocked.",
		triggers, triggerNeverTrue},
	{"missing-file-hidden", "Resync_Fails_On_FNF No: a missing file counts as success.",
		[]string{"Resync_Fails_On_FNF"}, missingFileHidden},
	{"same-file-for-all", "No profile rule names anything of the phone: all phones fetch one file.",
		profileRules, sameFileForAll},
	{"repeated-rule", "A profile rule repeats another.",
		profileRules, repeatedRule},
	{"phone-is-server", "A rule or URL takes the phone itself for its server.",
		append([]string{"Static_IP", "Connection_Type"}, serverTexts...), phoneIsServer},
	{"web-port-of-other-scheme", "Enable_Protocol and Web_Server_Port do not fit.",
		[]string{"Enable_Protocol", "Web_Server_Port"}, webPortOfOtherScheme},
	{"key-in-clear", "A rule holds its --key as text, and the profile is fetched without encryption.",
		append([]string{"Report_Rule"}, profileRules...), keyInClear},
	{"secret-in-clear", "The profile holds passwords and is fetched without encryption.",
		nil, secretInClear},
	{"message-leftover", "A log message holds a % that is a leftover of other firmware.",
		logMessages, messageLeftover},
	{"weak-password", "A password that newer firmware does not take.",
		passwords, weakPassword},
	{"web-admin-off", "Enable_Web_Admin_Access No: only a factory reset brings the admin pages back.",
		[]string{"Enable_Web_Admin_Access"}, webAdminOff},
	{"static-ip-incomplete", "Connection_Type is Static IP and an address is missing.",
		[]string{"Connection_Type", "Static_IP", "NetMask", "Gateway"}, staticIPIncomplete},
	{"static-ip-unused", "Static_IP is set and Connection_Type is not Static IP.",
		[]string{"Connection_Type", "Static_IP"}, staticIPUnused},
	{"port-range", "The lowest port of a range is above the highest, or the range is too small.",
		[]string{"RTP_Port_Min", "RTP_Port_Max", "SIP_TCP_Port_Min", "SIP_TCP_Port_Max"}, portRange},
	{"vlan-off", "VLAN_ID is set and Enable_VLAN is not.",
		[]string{"Enable_VLAN", "VLAN_ID"}, vlanOff},
	{"vlan-option", "DHCP_VLAN_Option is a number the phones do not take.",
		[]string{"DHCP_VLAN_Option"}, vlanOption},
	{"report-without-rule", "Reports are asked for and no Report_Rule says where to.",
		[]string{"Report_Rule", "Report_To_Server"}, reportWithoutRule},
	{"upgrade-off", "Upgrade_Rule is set and Upgrade_Enable is No.",
		[]string{"Upgrade_Enable", "Upgrade_Rule"}, upgradeOff},
}

// The checks that something else than an own value of the device calls for, as
// bits of their place in checks.
var (
	addressChecks = bitOf("phone-is-server")
	secretChecks  = bitOf("secret-in-clear")
)

func bitOf(id string) (bits uint64) {
	for i := range checks {
		if checks[i].id == id {
			bits |= 1 << i
		}
	}
	return bits
}

// readers gives, for each element, the bits of the checks that read it.
func readers() map[string]uint64 {
	bits := make(map[string]uint64)
	for i := range checks {
		for _, name := range checks[i].reads {
			bits[name] |= 1 << i
		}
	}
	return bits
}

func provisionOff(f *facts, id string) {
	if f.text("Provision_Enable") != "No" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Provision_Enable",
		Summary: "with Provision_Enable No the phone fetches no profile any more, not even on request; all other resync settings are moot",
		Hint:    "set it to Yes; only the phone's web page or a factory reset can do so later",
		Source:  "d.2, F7832",
		Fix:     f.set("Provision_Enable", "Yes"),
	})
}

// set is the fix that gives an element another text.
func (f *facts) set(name, text string) *Fix {
	v := Value{Name: name, Text: text}
	if old, ok := f.get(name); ok {
		v.UA, v.Preserve, v.Origin = old.UA, old.Preserve, old.Origin
	}
	return &Fix{Title: fixTitle(name, text), Set: []Value{v}}
}

func resyncAtHidesPeriodic(f *facts, id string) {
	at, periodic := f.text("Resync_At__HHmm_"), f.text("Resync_Periodic")
	if _, ok := timeOfDay(at); !ok || periodic == "" || periodic == "0" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Resync_Periodic",
		Summary: "the phone ignores Resync_Periodic because Resync_At__HHmm_ is " + at,
		Hint:    "leave one of the two out",
		Source:  "d.3, M1133 W7800 (C6)",
		Fix:     &Fix{Title: "take out Resync_Periodic", Delete: []string{"Resync_Periodic"}},
	})
}

func resyncAtWindow(f *facts, id string) {
	if !f.own("Resync_At__HHmm_") {
		return
	}
	meaning := ResyncWindow(f.text("Resync_At__HHmm_"), f.effective("Resync_At_Random_Delay"))
	if meaning == "" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Resync_At__HHmm_",
		Summary: "the phone resyncs " + meaning,
		Hint:    "the window is Resync_At_Random_Delay and 30 s in whole minutes, 600 s at least",
		Source:  "d.3, M1133 (C4)",
	})
}

// sureOfSteps is the number of steps from which a random delay was probably
// meant in seconds: half an hour.
const sureOfSteps = 90

func randomDelayUnit(f *facts, id string) {
	n, ok := wholeNumber(f.text("Resync_Random_Delay"))
	if !ok || n <= 0 || !f.own("Resync_Random_Delay") {
		return
	}
	p := Problem{
		ID: id, Severity: rule.Note, Element: "Resync_Random_Delay",
		Summary: "Resync_Random_Delay counts in steps of 20 s: the first resync comes " + upTo(n*20) + " after power-on",
		Hint:    "2 is the factory value: up to 40 s",
		Source:  "d.1, SEED M1133 (C3)",
	}
	if n >= sureOfSteps {
		p.Severity = rule.Warning
		p.Hint = "for " + spell(n) + " write " + strconv.Itoa((n+19)/20)
		p.Fix = f.set("Resync_Random_Delay", strconv.Itoa((n+19)/20))
	}
	f.add(p)
}

func errorRetryOff(f *facts, id string) {
	if f.text("Resync_Error_Retry_Delay") != "0" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Resync_Error_Retry_Delay",
		Summary: "with Resync_Error_Retry_Delay 0 a phone whose resync fails never tries again by itself",
		Hint:    "write 3600, or a list that begins soon such as 60,240,960,3600",
		Source:  "d.3, F7832 SIP05 ATA (C5)",
		Fix:     f.set("Resync_Error_Retry_Delay", "60,240,960,3600"),
	})
}

func errorRetrySlow(f *facts, id string) {
	retry, ok1 := wholeNumber(f.text("Resync_Error_Retry_Delay"))
	periodic, ok2 := wholeNumber(f.effective("Resync_Periodic"))
	if !ok1 || !ok2 || periodic <= 0 || retry <= periodic || f.text("Resync_At__HHmm_") != "" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Resync_Error_Retry_Delay",
		Summary: "a failed resync is tried again after " + spell(retry) + ", later than a good one is repeated (" + spell(periodic) + "); the period stands still meanwhile",
		Hint:    "a shorter delay, or a list such as 60,240,960,3600",
		Source:  "d.3, M1133",
	})
}

// oftenSeconds is the shortest period that is no burden by any measure.
const oftenSeconds = 60

func resyncOften(f *facts, id string) {
	n, ok := wholeNumber(f.text("Resync_Periodic"))
	if !ok || n <= 0 || n >= oftenSeconds || f.text("Resync_At__HHmm_") != "" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Resync_Periodic",
		Summary: "each phone fetches its profile every " + spell(n),
		Hint:    "Resync_Periodic is in seconds; 3600 is an hour, 86400 a day",
		Source:  "d.3, SEED (C6)",
	})
}

func resyncNever(f *facts, id string) {
	if f.effective("Provision_Enable") != "Yes" || f.effective("Resync_On_Reset") != "No" {
		return
	}
	_, timed := timeOfDay(f.text("Resync_At__HHmm_"))
	if timed || f.effective("Resync_Periodic") != "0" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Resync_On_Reset",
		Summary: "the phone never resyncs by itself: Resync_On_Reset is No, Resync_Periodic is 0 and Resync_At__HHmm_ is empty",
		Hint:    "leave at least one of them on",
		Source:  "d.1, d.3",
		Fix:     f.set("Resync_On_Reset", "Yes"),
	})
}

func forcedDelayZero(f *facts, id string) {
	if f.text("Forced_Resync_Delay") != "0" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Forced_Resync_Delay",
		Summary: "with Forced_Resync_Delay 0 a resync does not wait until the lines are idle",
		Hint:    "14400 waits for up to 4 h",
		Source:  "d.2, SEED F7832",
	})
}

func missingFileHidden(f *facts, id string) {
	if f.text("Resync_Fails_On_FNF") != "No" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Resync_Fails_On_FNF",
		Summary: "with Resync_Fails_On_FNF No a missing file counts as a good resync: a wrong name on the server goes unnoticed",
		Hint:    "set it to Yes unless some phones have no file on purpose",
		Source:  "d.4, SEED M1133",
		Fix:     f.set("Resync_Fails_On_FNF", "Yes"),
	})
}

func secretInClear(f *facts, id string) {
	if !f.secrets || !f.view.readable() {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: f.firstSecret(),
		Summary: "the profile holds passwords and is fetched over " + f.view.Transport + ", so that anyone on the way can read them",
		Hint:    "serve it over https, or have it encrypted: -encrypt key on the command line, \"encoding\" in a fleet file",
		Source:  "c.4, f.6, f.8",
	})
}

// firstSecret is the first element with a secret, of the device or the base.
func (f *facts) firstSecret() string {
	for _, values := range [][]Value{f.over, f.base.Values()} {
		for i := range values {
			if e, ok := f.catalog.Lookup(values[i].Name); ok && e.Secret() && values[i].Text != "" {
				return values[i].Name
			}
		}
	}
	return ""
}

// messageLeftover finds %s, which firmware 10.4 puts a word in for, and the
// lone % that the guides of firmware 11 print in its place.
func messageLeftover(f *facts, id string) {
	for _, name := range logMessages {
		text := f.text(name)
		i := strings.IndexByte(text, '%')
		if i < 0 {
			continue
		}
		word := "resync"
		if strings.HasPrefix(name, "Log_Upgrade_") {
			word = "upgrade"
		}
		p := Problem{ID: id, Element: name, Offset: i, Hint: "write " + word, Source: "e.2 (C10)"}
		switch rest := text[i+1:]; {
		case rest == "" || rest[0] == ' ':
			p.Severity, p.Length = rule.Warning, len("%")
			p.Summary = "the % is a misprint of guides and is sent as it stands"
			p.Fix = f.set(name, text[:i]+word+rest)
		case rest[0] == 's' && f.view.Generation != Firmware104:
			p.Severity, p.Length = rule.Note, len("%s")
			p.Summary = "%s is a leftover of firmware 10.4, where it stands for the word " + word
			p.Fix = f.set(name, strings.Replace(text, "%s", word, 1))
		default:
			continue
		}
		f.add(p)
	}
}

// weakPassword holds passwords against the rules of firmware 12 (C35): eight
// characters, three of four classes.
func weakPassword(f *facts, id string) {
	for _, name := range passwords {
		text := f.text(name)
		if text == "" || len(text) < 4 { // too short for any firmware is told by the range
			continue
		}
		short := len(text) < 8 && f.view.Generation == Firmware12
		if !short && characterClasses(text) >= 3 {
			continue
		}
		summary := name + " has fewer than three of lower case, upper case, digits and other characters, which the guides ask for"
		if short {
			summary = name + " has fewer than the 8 characters that firmware 12 wants"
		}
		f.add(Problem{
			ID: id, Severity: rule.Warning, Element: name, Summary: summary,
			Hint:   "at least 8 characters, three of the four classes; profilegen password makes one",
			Source: "AG88 AGDESK (C35)",
		})
	}
}

func characterClasses(text string) int {
	var lower, upper, digit, other int
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z':
			lower = 1
		case c >= 'A' && c <= 'Z':
			upper = 1
		case isDigit(c):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}

func webAdminOff(f *facts, id string) {
	if f.text("Enable_Web_Admin_Access") != "No" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Enable_Web_Admin_Access",
		Summary: "with Enable_Web_Admin_Access No only a factory reset brings the admin pages back",
		Hint:    "leave it at Yes and set Admin_Password", Source: "AG88;AGDESK",
		Fix: f.set("Enable_Web_Admin_Access", "Yes"),
	})
}

func staticIPIncomplete(f *facts, id string) {
	if f.text("Connection_Type") != "Static IP" {
		return
	}
	for _, name := range []string{"Static_IP", "NetMask", "Gateway"} {
		if f.text(name) == "" {
			f.add(Problem{
				ID: id, Severity: rule.Warning, Element: "Connection_Type",
				Summary: "Connection_Type is Static IP and " + name + " is not set",
				Hint:    "set " + name + ", or Connection_Type to DHCP", Source: "AG88;WEB78",
			})
			return
		}
	}
}

func staticIPUnused(f *facts, id string) {
	if !f.own("Static_IP") || f.effective("Connection_Type") == "Static IP" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Static_IP",
		Summary: "Static_IP has no effect while Connection_Type is " + f.effective("Connection_Type"),
		Hint:    "set Connection_Type to Static IP", Source: "AG88;WEB78",
		Fix: f.set("Connection_Type", "Static IP"),
	})
}

// rtpPorts is the smallest range of RTP ports the guides ask for.
const rtpPorts = 16

func portRange(f *facts, id string) {
	for _, r := range []struct {
		min, max string
		ports    int
	}{{"RTP_Port_Min", "RTP_Port_Max", rtpPorts}, {"SIP_TCP_Port_Min", "SIP_TCP_Port_Max", 1}} {
		low, ok1 := wholeNumber(f.effective(r.min))
		high, ok2 := wholeNumber(f.effective(r.max))
		if !ok1 || !ok2 || high-low+1 >= r.ports {
			continue
		}
		element := r.min
		if _, ok := f.get(element); !ok {
			element = r.max
		}
		p := Problem{
			ID: id, Severity: rule.Warning, Element: element,
			Summary: "the ports " + strconv.Itoa(low) + " to " + strconv.Itoa(high) + " are fewer than " + strconv.Itoa(r.ports),
			Hint:    "move " + r.min + " or " + r.max, Source: "AG88;AG78",
		}
		if high < low {
			p.Summary = r.min + " (" + strconv.Itoa(low) + ") is above " + r.max + " (" + strconv.Itoa(high) + ")"
		}
		f.add(p)
	}
}

func vlanOff(f *facts, id string) {
	if !f.own("VLAN_ID") || f.effective("Enable_VLAN") == "Yes" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "VLAN_ID",
		Summary: "VLAN_ID has no effect while Enable_VLAN is No",
		Hint:    "set Enable_VLAN to Yes", Source: "AG88;WEB78",
		Fix: f.set("Enable_VLAN", "Yes"),
	})
}

// vlanOption finds the numbers inside the range that other uses take (AGDESK):
// 150, 159 and 160 name profile servers.
func vlanOption(f *facts, id string) {
	switch text := f.text("DHCP_VLAN_Option"); text {
	case "150", "159", "160":
		f.add(Problem{
			ID: id, Severity: rule.Error, Element: "DHCP_VLAN_Option", Length: len(text),
			Summary: "DHCP option " + text + " names a profile server and cannot carry the VLAN",
			Hint:    "128 to 149, 151 to 158 or 161 to 254; 132 is suggested", Source: "AG88;AGDESK",
			Fix: f.set("DHCP_VLAN_Option", "132"),
		})
	}
}

func reportWithoutRule(f *facts, id string) {
	if !f.own("Report_To_Server") || f.text("Report_Rule") != "" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Warning, Element: "Report_To_Server",
		Summary: "reports are sent " + f.text("Report_To_Server") + " and no Report_Rule says where to",
		Hint:    "set Report_Rule to a URL", Source: "g.4, TP8800",
	})
}

func upgradeOff(f *facts, id string) {
	if f.text("Upgrade_Rule") == "" || f.effective("Upgrade_Enable") != "No" {
		return
	}
	f.add(Problem{
		ID: id, Severity: rule.Note, Element: "Upgrade_Rule",
		Summary: "Upgrade_Rule has no effect while Upgrade_Enable is No",
		Hint:    "set Upgrade_Enable to Yes", Source: "d.8, F7832",
		Fix: f.set("Upgrade_Enable", "Yes"),
	})
}
