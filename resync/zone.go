package resync

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// zoneRules are the present rules of some zones in POSIX form, so that a
// scenario means the same everywhere: neither a browser nor a bare machine
// need have a zone database.
var zoneRules = map[string]string{
	"UTC":                 "UTC0",
	"Europe/London":       "GMT0BST,M3.5.0/1,M10.5.0",
	"Europe/Lisbon":       "WET0WEST,M3.5.0/1,M10.5.0",
	"Europe/Berlin":       "CET-1CEST,M3.5.0,M10.5.0/3",
	"Europe/Paris":        "CET-1CEST,M3.5.0,M10.5.0/3",
	"Europe/Vienna":       "CET-1CEST,M3.5.0,M10.5.0/3",
	"Europe/Zurich":       "CET-1CEST,M3.5.0,M10.5.0/3",
	"Europe/Athens":       "EET-2EEST,M3.5.0/3,M10.5.0/4",
	"America/New_York":    "EST5EDT,M3.2.0,M11.1.0",
	"America/Chicago":     "CST6CDT,M3.2.0,M11.1.0",
	"America/Denver":      "MST7MDT,M3.2.0,M11.1.0",
	"America/Los_Angeles": "PST8PDT,M3.2.0,M11.1.0",
	"America/Sao_Paulo":   "<-03>3",
	"Asia/Tokyo":          "JST-9",
	"Asia/Shanghai":       "CST-8",
	"Asia/Kolkata":        "IST-5:30",
	"Australia/Sydney":    "AEST-10AEDT,M10.1.0,M4.1.0/3",
}

// Zone finds a time zone by name (Europe/Berlin), by its offset (+01:00) or by
// a POSIX rule (CET-1CEST,M3.5.0,M10.5.0/3). The names are those of a small
// table; all others come from more, which may be nil.
func Zone(name string, more func(name string) (*time.Location, error)) (*time.Location, error) {
	if rule, ok := zoneRules[name]; ok {
		return posixZone(name, rule)
	}
	if seconds, ok := parseOffset(name); ok {
		return time.FixedZone(name, seconds), nil
	}
	if strings.ContainsRune(name, ',') {
		return posixZone(name, name)
	}
	if more != nil {
		return more(name)
	}
	return nil, fmt.Errorf("time zone %q is not known here: write its offset (+01:00) or its rule (CET-1CEST,M3.5.0,M10.5.0/3)", name)
}

// parseOffset reads +01:00.
func parseOffset(text string) (seconds int, ok bool) {
	if len(text) != len("+01:00") || text[0] != '+' && text[0] != '-' || text[3] != ':' {
		return 0, false
	}
	hours, err1 := strconv.ParseUint(text[1:3], 10, 8)
	minutes, err2 := strconv.ParseUint(text[4:], 10, 8)
	if err1 != nil || err2 != nil || hours > 14 || minutes > 59 {
		return 0, false
	}
	seconds = int(hours)*3600 + int(minutes)*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// posixZone makes a Location of a POSIX rule, by way of the smallest file of a
// zone database that holds one: no transitions, one zone, and the rule at the
// end (RFC 8536).
func posixZone(name, rule string) (*time.Location, error) {
	offset, ok := standardOffset(rule)
	if !ok || strings.ContainsAny(rule, "\n\x00") {
		return nil, fmt.Errorf("%q is no rule of a time zone, such as CET-1CEST,M3.5.0,M10.5.0/3", rule)
	}
	head := func(version byte) []byte {
		b := append([]byte("TZif"), version)
		b = append(b, make([]byte, 15)...)
		for _, count := range []byte{0, 0, 0, 0, 1, 1} { // of zones one, of name bytes one
			b = append(b, 0, 0, 0, count)
		}
		return b
	}
	zone := []byte{byte(offset >> 24), byte(offset >> 16), byte(offset >> 8), byte(offset), 0, 0, 0} // and an empty name
	file := append(head('2'), zone...)
	file = append(append(file, head('2')...), zone...)
	file = append(file, "\n"+rule+"\n"...)
	return time.LoadLocationFromTZData(name, file)
}

// standardOffset is the seconds east of Greenwich at the head of a POSIX rule,
// where they are written with the sign turned round.
func standardOffset(rule string) (seconds int, ok bool) {
	rest := strings.TrimLeftFunc(rule, func(r rune) bool { return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' })
	if strings.HasPrefix(rule, "<") {
		_, rest, _ = strings.Cut(rule, ">")
	}
	if len(rest) == len(rule) {
		return 0, false
	}
	end := 0
	for end < len(rest) && strings.IndexByte("+-:0123456789", rest[end]) >= 0 {
		end++
	}
	sign := -1
	digits := rest[:end]
	if after, minus := strings.CutPrefix(digits, "-"); minus {
		sign, digits = 1, after
	}
	hours, minutes, _ := strings.Cut(strings.TrimPrefix(digits, "+"), ":")
	h, err := strconv.Atoi(hours)
	m := 0
	if err == nil && minutes != "" {
		m, err = strconv.Atoi(minutes)
	}
	if err != nil || h < 0 || h > 24 || m < 0 || m > 59 {
		return 0, false
	}
	return sign * (h*3600 + m*60), true
}
