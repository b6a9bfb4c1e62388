package schema

import (
	"net/netip"
	"strconv"
	"strings"

	"profilegen/rule"
)

// scriptSource is where the forms and limits of the scripts are told.
const (
	scriptSource = "AGF, data types"
	scriptLimit  = 127 // of cadence, frequency and tone scripts
	keyLimit     = 511 // of functions of keys (XREF)
)

// badScript is the fault of a script at a place.
func badScript(offset, length int, summary, hint string) *fault {
	return &fault{id: "bad-script", severity: rule.Error, offset: offset, length: length, summary: summary, hint: hint, source: scriptSource}
}

// fields calls check with the parts of a text between separators, and where
// each begins. An empty part at the end is passed over.
func fields(text, separator string, check func(part string, offset int) *fault) *fault {
	offset := 0
	for {
		part, rest, more := strings.Cut(text[offset:], separator)
		if part == "" && !more && offset > 0 {
			return nil
		}
		if f := check(part, offset); f != nil {
			return f
		}
		if !more {
			return nil
		}
		offset = len(text) - len(rest)
	}
}

const toneForm = "such as 350@-19,440@-19;10(*/0/1+2)"

// checkTone reads freq@level{,freq@level};duration(on/off/freq{+freq}…){;…}.
func checkTone(text string) *fault {
	if len(text) > scriptLimit {
		return tooLong(text, scriptLimit, scriptSource)
	}
	frequencies, sections, ok := strings.Cut(text, ";")
	if !ok {
		return badScript(0, len(text), "the tone has no duration and cadence after its frequencies", toneForm)
	}
	count := 0
	if f := fields(frequencies, ",", func(part string, offset int) *fault {
		count++
		hertz, level, ok := strings.Cut(part, "@")
		if _, good := decimal(hertz); !ok || !good || !isLevel(level) {
			return badScript(offset, len(part), strconv.Quote(part)+" is not a frequency with its level", "Hz@dBm, "+toneForm)
		}
		return nil
	}); f != nil {
		return f
	}
	return checkSections(sections, len(frequencies)+1, toneForm, func(part string, offset int) *fault {
		on, rest, _ := strings.Cut(part, "/")
		off, which, ok := strings.Cut(rest, "/")
		if !ok || !isSpell(on) || !isSpell(off) {
			return badScript(offset, len(part), strconv.Quote(part)+" is not on/off/frequencies", toneForm)
		}
		for _, w := range strings.Split(which, "+") {
			if n, ok := wholeNumber(w); !ok || n < 0 || n > count {
				return badScript(offset, len(part), strconv.Quote(w)+" is not one of the tone's "+strconv.Itoa(count)+" frequencies", "1 is the first, 0 is silence")
			}
		}
		return nil
	})
}

const cadenceForm = "such as 60(.3/.2,1/.2,.3/4)"

// checkCadence reads duration(on/off{,on/off}){;…}.
func checkCadence(text string) *fault {
	if len(text) > scriptLimit {
		return tooLong(text, scriptLimit, scriptSource)
	}
	return checkSections(text, 0, cadenceForm, func(part string, offset int) *fault {
		on, off, ok := strings.Cut(part, "/")
		if !ok || !isSpell(on) || !isSpell(off) {
			return badScript(offset, len(part), strconv.Quote(part)+" is not on/off in seconds", cadenceForm)
		}
		return nil
	})
}

// checkSections reads duration(part{,part}){;duration(…)}. start is where the
// text begins in the value.
func checkSections(text string, start int, form string, check func(part string, offset int) *fault) *fault {
	return fields(text, ";", func(section string, offset int) *fault {
		offset += start
		length, rest, ok := strings.Cut(section, "(")
		parts, closed := strings.CutSuffix(rest, ")")
		if !ok || !closed || !isSpell(length) {
			return badScript(offset, len(section), strconv.Quote(section)+" is not a duration with a cadence in brackets", form)
		}
		return fields(parts, ",", func(part string, at int) *fault {
			return check(part, offset+len(length)+1+at)
		})
	})
}

// isSpell tells whether a text is a time in seconds, or "*" for ever.
func isSpell(text string) bool {
	_, ok := decimal(text)
	return ok || text == "*"
}

// isLevel tells whether a text is a level in dBm, with one decimal at most.
func isLevel(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	_, fraction, _ := strings.Cut(digits, ".")
	_, ok := decimal(digits)
	return ok && len(fraction) <= 1
}

// pairs calls check with the key=value parts of a script.
func pairs(text string, form string, check func(key, value string, offset int) *fault) *fault {
	return fields(text, ";", func(part string, offset int) *fault {
		key, value, ok := strings.Cut(part, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return badScript(offset, len(part), strconv.Quote(part)+" is not key=value", form)
		}
		return check(key, value, offset)
	})
}

// unknownKey is the fault of a key that the script does not have.
func unknownKey(key string, offset int, form string) *fault {
	f := badScript(offset, len(key), strconv.Quote(key)+" is not a key of this script", form)
	f.severity = rule.Warning
	return f
}

// checkRing reads n=name;w=file or URL;c=cadence.
func checkRing(text string) *fault {
	const form = "such as n=Chime;w=file://Chime.raw;c=1"
	return pairs(text, form, func(key, value string, offset int) *fault {
		switch key {
		case "n", "w":
			return nil
		case "c":
			if n, ok := wholeNumber(value); !ok || n < 0 || n > 9 {
				return badScript(offset, len(key)+1+len(value), strconv.Quote(value)+" is not the number of a cadence", "1 to 9")
			}
			return nil
		case "h": // length of the sound, seen in older dumps
			return nil
		}
		return unknownKey(key, offset, form)
	})
}

// checkScript reads the scripts that have a form of their own.
func (p *Parameter) checkScript(text string) *fault {
	switch p.Element {
	case "Group_Paging_Script", "Group_{n}_Paging_Script":
		return checkPaging(text)
	case "LDAP_Display_Attrs":
		return fields(text, ";", checkAttribute)
	case "Daylight_Saving_Time_Rule":
		return checkDaylight(text)
	}
	return pairs(text, "such as serv=http://192.0.2.1/;d1=German;x1=de.xml", func(string, string, int) *fault { return nil })
}

// checkPaging reads pggrp=address:port;name=…;num=…;listen=yes, groups one
// after the other.
func checkPaging(text string) *fault {
	const form = "such as pggrp=224.168.168.168:34560;name=All;num=800;listen=yes;"
	return pairs(text, form, func(key, value string, offset int) *fault {
		switch key {
		case "pggrp":
			a, err := netip.ParseAddrPort(value)
			if err != nil || !a.Addr().IsMulticast() || a.Port() == 0 {
				return badScript(offset, len(key)+1+len(value), strconv.Quote(value)+" is not a multicast address with a port", form)
			}
		case "listen":
			if !strings.EqualFold(value, "yes") && !strings.EqualFold(value, "no") {
				return badScript(offset, len(key)+1+len(value), "listen is "+strconv.Quote(value), "yes or no")
			}
		case "pri":
			if _, ok := wholeNumber(value); !ok {
				return badScript(offset, len(key)+1+len(value), "the priority is "+strconv.Quote(value), "a number")
			}
		}
		return nil
	})
}

// checkAttribute reads one a=attribute,n=label,t=p of LDAP_Display_Attrs.
func checkAttribute(part string, offset int) *fault {
	const form = "such as a=cn,n=Name;a=telephoneNumber,n=Phone,t=p"
	return fields(part, ",", func(pair string, at int) *fault {
		key, _, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok {
			return badScript(offset+at, len(pair), strconv.Quote(pair)+" is not key=value", form)
		}
		if key != "a" && key != "n" && key != "t" {
			return unknownKey(key, offset+at, form)
		}
		return nil
	})
}

const daylightForm = "such as start=3/-1/7/2;end=10/-1/7/2;save=1"

// checkDaylight reads start=month/day/weekday[/HH:mm:ss];end=…;save=HH[:mm[:ss]].
func checkDaylight(text string) *fault {
	seen := map[string]bool{}
	f := pairs(text, daylightForm, func(key, value string, offset int) *fault {
		seen[key] = true
		good := false
		switch key {
		case "start", "end":
			good = isDaylightDate(value)
		case "save":
			good = isClock(strings.TrimPrefix(value, "-"))
		default:
			return unknownKey(key, offset, daylightForm)
		}
		if !good {
			return badScript(offset, len(key)+1+len(value), strconv.Quote(value)+" is not a "+daylightPart(key), daylightForm)
		}
		return nil
	})
	if f != nil {
		return f
	}
	for _, key := range []string{"start", "end", "save"} {
		if !seen[key] {
			return badScript(0, len(text), "the rule has no "+key, daylightForm)
		}
	}
	return nil
}

func daylightPart(key string) string {
	if key == "save" {
		return "time to add, HH[:mm[:ss]]"
	}
	return "date month/day/weekday[/HH:mm:ss]"
}

// isDaylightDate reads month/day/weekday[/time]: day -1 is the last of the
// month, weekday 0 means the day itself.
func isDaylightDate(text string) bool {
	parts := strings.Split(text, "/")
	if len(parts) != 3 && len(parts) != 4 {
		return false
	}
	month, ok1 := wholeNumber(parts[0])
	day, ok2 := wholeNumber(parts[1])
	weekday, ok3 := wholeNumber(parts[2])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < -1 || day == 0 || day > 31 || weekday < 0 || weekday > 7 {
		return false
	}
	return len(parts) == 3 || isClock(parts[3])
}

// isClock reads HH[:mm[:ss]].
func isClock(text string) bool {
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return false
	}
	for i, part := range parts {
		n, ok := wholeNumber(part)
		if !ok || n < 0 || i == 0 && n > 24 || i > 0 && n > 59 {
			return false
		}
	}
	return true
}

// checkSoftkeys reads key[|position];….
func checkSoftkeys(text string) *fault {
	const form = "such as hold|1;endcall|2;dnd;"
	return fields(text, ";", func(part string, offset int) *fault {
		key, position, placed := strings.Cut(strings.TrimSpace(part), "|")
		if key == "" {
			return badScript(offset, len(part), "a softkey is empty", form)
		}
		for i := range len(key) {
			if c := key[i] | 0x20; (c < 'a' || c > 'z') && !isDigit(key[i]) && key[i] != '_' {
				return badScript(offset, len(part), strconv.Quote(key)+" is not the name of a softkey", form)
			}
		}
		if placed {
			if n, ok := wholeNumber(position); !ok || n < 1 || n > 16 {
				return badScript(offset, len(part), strconv.Quote(position)+" is not a position", "1 to 16, "+form)
			}
		}
		return nil
	})
}

// checkFunction reads fnc=…;sub=…;ext=…;nme=…, the function of a key.
func checkFunction(text string) *fault {
	const form = "such as fnc=blf+sd;sub=1001@$PROXY;nme=Reception"
	if len(text) > keyLimit {
		return tooLong(text, keyLimit, "XREF")
	}
	hasFunction := false
	f := pairs(text, form, func(key, value string, offset int) *fault {
		if key == "fnc" {
			hasFunction = value != ""
		}
		return nil
	})
	if f == nil && !hasFunction {
		f = badScript(0, len(text), "the key has no function fnc=", form)
		f.severity = rule.Warning
	}
	return f
}

// checkLED reads c=colour[;p=pattern…].
func checkLED(text string) *fault {
	const form = "such as c=r;p=b: c is g, r, a or o"
	colour := false
	f := pairs(text, form, func(key, value string, offset int) *fault {
		if key != "c" {
			return nil
		}
		if colour = len(value) == 1 && strings.Contains("grao", value); !colour {
			return badScript(offset, len(key)+1+len(value), strconv.Quote(value)+" is not a colour of the lamp", "g (green), r (red), a (amber) or o (off)")
		}
		return nil
	})
	if f == nil && !colour {
		f = badScript(0, len(text), "the lamp has no colour c=", form)
	}
	return f
}

// checkDialPlan looks at brackets, alternatives and characters of
// (seq|seq…), with settings such as L:10,S:3, before it.
func checkDialPlan(text string) *fault {
	const form = "such as (911|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)"
	open := strings.IndexByte(text, '(')
	if open < 0 || text[len(text)-1] != ')' {
		f := badScript(0, len(text), "the plan does not stand in brackets", form)
		if open < 0 && !strings.Contains(text, ")") {
			f.mend("(" + text + ")")
		}
		return f
	}
	var closer byte // of the bracket that is open inside the plan
	start, from := open+1, open+1
	for i := start; i < len(text)-1; i++ {
		c := text[i]
		switch {
		case closer != 0:
			if c == closer {
				closer = 0
			}
		case c == '[':
			closer, start = ']', i
		case c == '<':
			closer, start = '>', i
		case c == '"':
			closer, start = '"', i
		case c == '|':
			if strings.TrimSpace(text[from:i]) == "" {
				return emptySequence(i)
			}
			from = i + 1
		case c == ']', c == '>', c == ')', c == '(':
			return badScript(i, 1, strconv.Quote(string(c))+" has no partner", form)
		}
	}
	if closer != 0 {
		return badScript(start, len(text)-start, strconv.Quote(text[start:start+1])+" is not closed", form)
	}
	if last := text[from : len(text)-1]; strings.TrimSpace(last) == "" {
		return emptySequence(len(text) - 1)
	}
	return nil
}

func emptySequence(offset int) *fault {
	f := badScript(offset, 1, "a sequence of the plan is empty", "take out one |")
	f.severity = rule.Warning
	return f
}
