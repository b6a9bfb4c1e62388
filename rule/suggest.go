package rule

import (
	"slices"
	"strings"
)

// SuggestMacro lists what was probably meant by an unknown macro name, as it
// is to be written, best first: "$MAC" for mac, "$A" for GPP_A, "$(MA)config"
// for MAconfig.
func SuggestMacro(name string) []string {
	upper := strings.ToUpper(name)
	var list []string
	add := func(written string) {
		if !slices.Contains(list, written) {
			list = append(list, written)
		}
	}
	switch {
	case isMacroName(name): // UID9, of a line the phone lacks
		return nil
	case isMacroName(upper):
		add("$" + upper)
	}
	for _, meant := range otherNames[upper] {
		add("$" + meant)
	}
	if gpp, ok := strings.CutPrefix(upper, "GPP_"); ok && isMacroName(gpp) {
		add("$" + gpp)
	}
	if len(list) > 0 {
		return list
	}
	for n := len(name) - 1; n >= 1; n-- { // the longest known beginning
		beginning, rest := name[:n], name[n:]
		if isMacroName(beginning) && (n > 1 || rest[0] == '_' || isLower(rest[0])) {
			add("$(" + beginning + ")" + rest)
			if !isUpper(rest[0]) {
				return list
			}
			break
		}
	}
	for _, m := range macroTable {
		if len(m.Name) > 2 && len(upper) > 2 && !m.Passive && oneEdit(upper, m.Name) {
			add("$" + m.Name)
		}
	}
	return list
}

// otherNames are words people write for a macro.
var otherNames = map[string][]string{
	"MAC": {"MA"}, "MACADDR": {"MAC", "MA"}, "MACADDRESS": {"MAC", "MA"}, "MAC_ADDRESS": {"MAC", "MA"}, "MD": {"MA"},
	"MODEL": {"PN", "PSN"}, "PRODUCT": {"PN"}, "PRODUCTNAME": {"PN"}, "PRODUCT_NAME": {"PN"},
	"SERIAL": {"SN"}, "SERIALNUMBER": {"SN"}, "VERSION": {"SWVER"}, "FIRMWARE": {"SWVER"}, "SOFTWARE": {"SWVER"},
	"SW": {"SWVER"}, "HW": {"HWVER"}, "HARDWARE": {"HWVER"}, "IPADDR": {"IP"}, "IPADDRESS": {"IP"}, "IP_ADDRESS": {"IP"},
	"HOST": {"SERV"}, "SERVER": {"SERV"}, "SERVERIP": {"SERVIP"}, "PROTO": {"SCHEME"}, "PROTOCOL": {"SCHEME"},
	"METHOD": {"SCHEME"}, "ERROR": {"ERR"}, "FILE": {"PATH"}, "STATE": {"PRVST"}, "CERT": {"CCERT"},
	"UID": {"UID1"}, "USER": {"UID1"}, "USERID": {"UID1"}, "USER_ID": {"UID1"}, "USER_ID_1_": {"UID1"}, "EXT": {"UID1"},
	"REGTMR": {"REGTMR1"},
}

// isMacroName tells whether a name is in the phone's table, passive ones left
// out.
func isMacroName(name string) bool {
	if number, ok := strings.CutPrefix(name, "UID"); ok {
		return allDigits(number) && number[0] != '0'
	}
	return activeMacros[name]
}

// passiveMacro finds the macro of calls, mobility and XML services with that
// name; those of lines have a number at the end.
func passiveMacro(name string) (Macro, bool) {
	family := strings.TrimRight(name, "0123456789")
	for _, m := range namedMacros {
		if m.Passive && (m.Name == name || family != name && m.Name == family+"1") {
			return m, true
		}
	}
	return Macro{}, false
}

// oneEdit tells whether one character added, left out, changed or swapped with
// its neighbour makes b of a.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(b) == len(a)+1:
		return a[i:] == b[i+1:]
	case len(a) != len(b) || i == len(a):
		return false
	case a[i+1:] == b[i+1:]:
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// suggestion is a hint for an unknown name, empty when nothing is near.
func suggestion(name string) string {
	list := SuggestMacro(name)
	if len(list) == 0 {
		return ""
	}
	return "write " + strings.Join(list, " or ")
}
