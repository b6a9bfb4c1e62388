package schema

import (
	"strconv"
	"strings"

	"profilegen/rule"
)

// Meaning says in plain words what a value does: "every 2 h, plus up to 10
// min", "0 to 40 s after power-on". It is "" where the value speaks for itself
// or cannot be read.
func Meaning(e Entry, value string) string {
	if value == "" {
		return emptyMeaning(e.Parameter)
	}
	switch e.Element {
	case "Resync_Random_Delay":
		if n, ok := wholeNumber(value); ok && n >= 0 {
			if n == 0 {
				return "at once after power-on"
			}
			return upTo(n*20) + " after power-on"
		}
		return ""
	case "Resync_At__HHmm_":
		return ResyncWindow(value, "600")
	case "Resync_At_Random_Delay":
		return spreadMeaning(value)
	case "Forced_Resync_Delay":
		if value == "0" {
			return "a resync does not wait for a call to end"
		}
		return prefixed("a resync waits for a call to end, but no longer than ", value)
	}
	if m, ok := switchMeanings[e.Element][value]; ok {
		return m
	}
	switch e.Kind {
	case KindDelays:
		return delaysMeaning(e.Element, value)
	case KindSeconds, KindInt, KindFloat:
		return unitMeaning(e.Parameter, value)
	case KindHexByte:
		return diffServMeaning(e.Parameter, value)
	}
	return ""
}

// switchMeanings tell what a choice comes to where its name does not.
var switchMeanings = map[string]map[string]string{
	"Provision_Enable":             {"Yes": "profiles are fetched", "No": "no profile is fetched, not even on request"},
	"Resync_On_Reset":              {"Yes": "a resync after each start", "No": "no resync after a start"},
	"Resync_From_SIP":              {"Yes": "a SIP NOTIFY can start a resync", "No": "SIP NOTIFY starts no resync"},
	"Resync_After_Upgrade_Attempt": {"Yes": "a resync after new firmware", "No": "no resync after new firmware"},
	"Resync_Fails_On_FNF":          {"Yes": "a missing file is a failure and tried again", "No": "a missing file counts as success"},
	"User_Configurable_Resync":     {"Yes": "the phone's menu shows the profile rule", "No": "the phone's menu hides the profile rule"},
	"Upgrade_Enable":               {"Yes": "firmware is fetched by Upgrade_Rule", "No": "no firmware is fetched"},
	"Enable_Web_Admin_Access":      {"No": "only a factory reset brings the admin pages back"},
}

func emptyMeaning(p *Parameter) string {
	switch {
	case p.Element == "Resync_At__HHmm_":
		return "no daily time; Resync_Periodic counts"
	case p.Kind == KindCondition:
		return "no condition: every due resync happens"
	case p.logMessage():
		return "nothing is sent"
	}
	return ""
}

func prefixed(prefix, seconds string) string {
	n, ok := wholeNumber(seconds)
	if !ok || n < 0 {
		return ""
	}
	return prefix + spell(n)
}

// ResyncWindow is what Resync_At__HHmm_ and Resync_At_Random_Delay come to:
// "daily between 18:00 and 18:11" for a time HHmm and a random
// delay in seconds (d.3).
func ResyncWindow(at, randomDelay string) string {
	from, ok := timeOfDay(at)
	if !ok {
		return ""
	}
	length, ok := windowMinutes(randomDelay)
	if !ok {
		return ""
	}
	return "daily between " + clock(from) + " and " + clock(from+length)
}

// windowMinutes is the length of the daily window: whole minutes of the delay
// and 30 s, a delay below 600 counting as 600.
func windowMinutes(randomDelay string) (minutes int, ok bool) {
	n, ok := wholeNumber(randomDelay)
	if !ok || n < 0 {
		return 0, false
	}
	return (max(n, 600) + 30) / 60, true
}

func clock(minutes int) string {
	minutes %= 24 * 60
	return twoDigits(minutes/60) + ":" + twoDigits(minutes%60)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func spreadMeaning(value string) string {
	minutes, ok := windowMinutes(value)
	if !ok {
		return ""
	}
	n, _ := wholeNumber(value)
	if n < 600 {
		return spell(n) + " acts as 10 min"
	}
	if n%60 == 0 {
		return spell(n)
	}
	return spell(n) + ", in whole minutes " + spell(minutes*60)
}

// delaysMeaning spells out a list of delays.
func delaysMeaning(element, value string) string {
	delays, err := rule.ParseDelays(value)
	if err != nil {
		return ""
	}
	if len(delays) == 0 || delays[0] == (rule.Delay{}) {
		if element == "Resync_Periodic" {
			return "never by the clock"
		}
		return "never tried again"
	}
	if element == "Resync_Periodic" && len(delays) == 1 {
		return "every " + delayMeaning(delays[0])
	}
	steps := make([]string, len(delays))
	for i, d := range delays {
		steps[i] = delayMeaning(d)
	}
	m := "after " + strings.Join(steps, ", then ")
	if last := delays[len(delays)-1]; last == (rule.Delay{}) {
		return "after " + strings.Join(steps[:len(steps)-1], ", then ") + ", then no more"
	}
	if len(delays) == 1 {
		return m + ", again and again"
	}
	return m + " again and again"
}

func delayMeaning(d rule.Delay) string {
	m := spell(d.Seconds)
	if d.Random > 0 {
		m += ", plus up to " + spell(d.Random)
	}
	return m
}

// unitMeaning gives a number its unit.
func unitMeaning(p *Parameter, value string) string {
	v, ok := decimal(value)
	if !ok {
		return ""
	}
	switch p.Unit {
	case "s":
		if v != float64(int(v)) {
			return value + " s"
		}
		return spell(int(v))
	case "min":
		return spell(int(v) * 60)
	case "ms":
		return value + " ms"
	}
	return ""
}

// diffServMeaning names the class of a ToS byte: its upper six bits.
func diffServMeaning(p *Parameter, value string) string {
	n, ok := wholeNumber(value)
	if !ok || n < 0 || n > 255 || !strings.Contains(p.Element, "TOS") {
		return ""
	}
	return "DSCP " + strconv.Itoa(n>>2)
}

// spell writes seconds in the units people use: "40 s", "11 min 6 s", "2 h".
func spell(seconds int) string {
	if seconds < 60 {
		return strconv.Itoa(seconds) + " s"
	}
	var parts []string
	for _, u := range []struct {
		length int
		name   string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := seconds / u.length; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+u.name)
			seconds %= u.length
		}
	}
	return strings.Join(parts, " ")
}

// upTo is "0 to 40 s".
func upTo(seconds int) string {
	if seconds < 100 {
		return "0 to " + strconv.Itoa(seconds) + " s"
	}
	return "0 s to " + spell(seconds)
}
