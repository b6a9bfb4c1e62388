package schema

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"profilegen/rule"
)

// fault is what is wrong with a text, before it is known where it stands.
type fault struct {
	id             string
	severity       rule.Severity
	offset, length int
	summary        string
	hint           string
	source         string // "" stands for the parameter's own
	fix            string // the whole corrected text
	fixed          bool   // whether there is one
}

// mend adds the corrected text to a fault.
func (f *fault) mend(text string) *fault {
	f.fix, f.fixed = text, true
	return f
}

// Check tells what is worst about a value; nil when nothing is wrong.
func (e Entry) Check(value string) *Problem {
	return worst(e.check(nil, value, nil))
}

func worst(list Problems) *Problem {
	if len(list) == 0 {
		return nil
	}
	w := &list[0]
	for i := range list {
		if list[i].Severity > w.Severity {
			w = &list[i]
		}
	}
	return w
}

// check appends what is wrong with a value, seen with the facts around it; nil
// are none. It allocates nothing when all is well.
func (e Entry) check(list Problems, text string, around *facts) Problems {
	place, isRule := e.Place()
	if f := checkCharacters(text); f != nil && (f.severity == rule.Error || !isRule) {
		list = append(list, e.problem(f))
		if f.severity == rule.Error {
			return list
		}
	}
	if text == "" || text == `""` { // the default, or the empty text (f.3)
		return list
	}
	if isRule {
		list = e.checkRule(list, place, text, around)
	}
	if f := e.checkKind(text); f != nil {
		list = append(list, e.problem(f))
	}
	return list
}

// problem is a fault of e's value.
func (e Entry) problem(f *fault) Problem {
	p := Problem{
		ID: f.id, Severity: f.severity, Element: e.Name,
		Offset: f.offset, Length: f.length,
		Summary: f.summary, Hint: f.hint, Source: f.source,
	}
	if p.Source == "" {
		p.Source = e.Source
	}
	if e.Secret() && f.id == "non-ascii" { // without saying which one
		p.Summary = "the value holds a character outside ASCII, which the guides do not allow"
	}
	if f.fixed && !e.holdsSecret(f.fix) {
		p.Fix = &Fix{Title: fixTitle(e.Name, f.fix), Set: []Value{{Name: e.Name, Text: f.fix}}}
	}
	return p
}

// holdsSecret tells whether a text of e may not be shown. A fix is data that
// ends in reports.
func (e Entry) holdsSecret(text string) bool {
	return e.Secret() || strings.Contains(text, "--key") || strings.Contains(text, "--pwd")
}

// fixTitle says what a fix does that gives an element another text.
func fixTitle(name, text string) string {
	const longest = 40
	switch {
	case text == "":
		return "clear " + name
	case len(text) > longest:
		return "mend " + name
	}
	return "set " + name + " to " + text
}

// plainText marks the bytes that need no second look anywhere in a value.
var plainText = func() (plain [256]bool) {
	for c := '!'; c <= '~'; c++ {
		plain[c] = true
	}
	return plain
}()

// checkCharacters finds what no value can carry to the phone.
func checkCharacters(text string) *fault {
	if text == "" {
		return nil
	}
	if text[0] == ' ' || text[0] == '\t' || text[len(text)-1] == ' ' || text[len(text)-1] == '\t' {
		return (&fault{
			id: "outer-blanks", severity: rule.Error, length: len(text),
			summary: "the value begins or ends with a blank, which the phone removes",
			hint:    "take the blank out",
			source:  "f.1, AGF",
		}).mend(strings.TrimSpace(text))
	}
	for i := 0; i < len(text); i++ {
		if plainText[text[i]] || text[i] == ' ' || text[i] == '\t' {
			continue
		}
		return unusualCharacter(text, i)
	}
	return nil
}

// unusualCharacter tells what is wrong with the character at i.
func unusualCharacter(text string, i int) *fault {
	r, size := utf8.DecodeRuneInString(text[i:])
	switch {
	case r == '\n' || r == '\r':
		return (&fault{
			id: "line-end", severity: rule.Error, offset: i, length: 1,
			summary: "the value holds a line end, which the phone makes a blank",
			hint:    "write it in one line",
			source:  "f.1, AGF",
		}).mend(strings.Join(strings.Fields(text), " "))
	case r == utf8.RuneError && size <= 1:
		return &fault{
			id: "not-utf8", severity: rule.Error, offset: i, length: 1,
			summary: "the value is not UTF-8 text", hint: "save the file as UTF-8", source: "f.1",
		}
	case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffe || r == 0xffff:
		return (&fault{
			id: "control-character", severity: rule.Error, offset: i, length: size,
			summary: "the value holds the control character " + codePoint(r) + ", which XML cannot carry",
			hint:    "take it out", source: "XML 1.0, 2.2",
		}).mend(strings.TrimSpace(strings.Map(dropControl, text)))
	}
	f := &fault{
		id: "non-ascii", severity: rule.Warning, offset: i, length: size,
		summary: "the value holds a character outside ASCII (" + codePoint(r) + "), which the guides do not allow",
		hint:    "it is written as a numeric reference; try it on one phone before all get it",
		source:  "f.1, AGF",
	}
	if plain := strings.Map(plainQuotes, text); plain != text {
		f.summary = "the value holds a typographic character (" + codePoint(r) + "), probably from a word processor"
		f.hint = "type it as a plain quote, hyphen or blank"
		f.mend(plain)
	}
	return f
}

func codePoint(r rune) string {
	digits := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	return "U+" + strings.Repeat("0", max(4-len(digits), 0)) + digits
}

func dropControl(r rune) rune {
	if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
		return -1
	}
	return r
}

// plainQuotes gives the ASCII character that a typographic one stands for.
func plainQuotes(r rune) rune {
	switch r {
	case '“', '”', '„', '«', '»':
		return '"'
	case '‘', '’', '‚':
		return '\''
	case '–', '—', '‐', '‑', '−':
		return '-'
	case '\u00a0', '\u202f', '\u2009':
		return ' '
	case '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff':
		return -1
	}
	return r
}

// Place is the place whose grammar the value follows; ok is false for values
// that are no rule, condition, delay list or message.
func (p *Parameter) Place() (place rule.Place, ok bool) {
	switch p.Kind {
	case KindRule:
		if p.Element == "Report_Rule" {
			return rule.PlaceReportRule, true
		}
		return rule.PlaceProfileRule, true
	case KindUpgrade:
		return rule.PlaceUpgradeRule, true
	case KindCondition:
		return rule.PlaceTrigger, true
	case KindDelays:
		return rule.PlaceDelays, true
	case KindMacros:
		return rule.PlaceMessage, p.logMessage()
	}
	return 0, false
}

// logMessage tells whether the value is one of the log messages. The other
// texts with macros have names of their own ($USER, $VERSION, $PROXY).
func (p *Parameter) logMessage() bool {
	return strings.HasPrefix(p.Element, "Log_") && strings.HasSuffix(p.Element, "_Msg")
}

// checkRule appends what package rule finds in a text of its language.
func (e Entry) checkRule(list Problems, place rule.Place, text string, around *facts) Problems {
	if place == rule.PlaceDelays && plainDigits(text) {
		return list
	}
	for _, f := range rule.Check(place, text, around.viewer()) {
		if f.ID == "upgrade-not-loads" && e.Element == "Cisco_Headset_Upgrade_Rule" {
			continue // headsets get an XML file
		}
		p := Problem{
			ID: f.ID, Severity: f.Severity, Element: e.Name, Offset: f.Offset, Length: f.Length,
			Summary: f.Summary, Hint: f.Hint, Source: f.Source,
		}
		if f.Fix != "" {
			p.Fix = &Fix{Title: "mend " + e.Name, Set: []Value{{Name: e.Name, Text: f.Fix}}}
		}
		list = append(list, p)
	}
	return list
}

func plainDigits(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			return false
		}
	}
	return len(text) > 0 && len(text) <= 9
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// checkKind checks a text against the parameter's type. The kinds that package
// rule reads are done by then.
func (e Entry) checkKind(text string) *fault {
	p := e.Parameter
	switch p.Kind {
	case KindBool:
		return p.checkBool(text)
	case KindEnum:
		return p.checkEnum(text)
	case KindInt, KindSeconds, KindPort:
		return p.checkInt(text)
	case KindHexByte:
		return p.checkHexByte(text)
	case KindFloat:
		return p.checkFloat(text)
	case KindString, KindSecret, KindMacros:
		return p.checkText(text)
	case KindTime:
		return checkTime(text)
	case KindClock:
		return checkClock(text)
	case KindIP:
		return p.checkIP(text)
	case KindHost:
		return p.checkHost(text)
	case KindURI:
		return p.checkURI(text)
	case KindList:
		return p.checkList(text)
	case KindStarCode:
		return checkStarCode(text)
	case KindDialPlan:
		return checkDialPlan(text)
	case KindTone:
		return checkTone(text)
	case KindCadence:
		return checkCadence(text)
	case KindRing:
		return checkRing(text)
	case KindScript:
		return p.checkScript(text)
	case KindSoftkeys:
		return checkSoftkeys(text)
	case KindFunction:
		return checkFunction(text)
	case KindLED:
		return checkLED(text)
	}
	return nil
}
