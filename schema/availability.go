package schema

import (
	"strconv"
	"strings"
)

// availability says on which phones a record has an effect.
type availability struct {
	removed string // firmware that no longer has it: "11.2(3)"
	since12 bool   // came with 12.x
	aliasOf string // the element phones use, when only guides print this one
	perLine bool   // {n} is an extension
	perKey  bool   // {n} is a line key
	module  bool   // {u} is a key expansion module
	special bool   // removed, or not in all generations
}

// addAvailability reads Since and the place of a record.
func (p *Parameter) addAvailability() {
	if _, by, ok := strings.Cut(p.Since, ", removed by "); ok {
		p.removed = by
	}
	p.since12 = strings.HasPrefix(p.Since, "12.")
	p.special = p.removed != "" || p.Since != "10.4 or earlier" && p.Since != "11.0(0) or earlier" && p.Since != "unknown"
	p.perLine = p.Tab == "Ext n" || p.Element == "Log_Missed_Calls_for_EXT_{n}"
	p.perKey = p.Section == "Line Key (n)"
	p.module = strings.HasPrefix(p.Element, "Unit_{u}_")
}

// newerThan tells whether no firmware of the generation has the record.
func (p *Parameter) newerThan(g Generation) bool {
	switch g {
	case Firmware104:
		return p.special && p.removed == ""
	case Firmware11:
		return p.since12
	}
	return false
}

// missingOn says why a model has no use for the element, "" when it has.
func (e Entry) missingOn(m *Model) string {
	switch {
	case (e.Models == "7800" || e.Models == "8800") && e.Models != m.Series:
		return "only the " + e.Models + " Series has it"
	case e.perLine && e.N > m.Lines:
		return "it has " + count(m.Lines, "extension")
	case e.perKey && m.Keys == 0:
		return "it has no line keys"
	case e.perKey && e.N > m.Keys:
		return "it has " + count(m.Keys, "line key")
	case e.module && m.Modules == 0:
		return "it takes no key expansion module"
	case e.module && e.U > m.Modules:
		return "it takes " + count(m.Modules, "key expansion module")
	case e.Section == "Video Configuration" && !m.Video:
		return "it has no video"
	case (e.Section == "Wi-Fi Profile (n)" || e.Section == "Wi-Fi Settings" || e.Section == "Wi-Fi (old)") && !m.WiFi:
		return "it has no Wi-Fi"
	}
	return ""
}

// count is "1 extension" or "2 extensions".
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Removed is the firmware that no longer has the record, "" for none.
func (p *Parameter) Removed() string { return p.removed }

// AliasOf is the element that phones use in place of this one, which only
// guides print; "" for most.
func (p *Parameter) AliasOf() string { return p.aliasOf }
