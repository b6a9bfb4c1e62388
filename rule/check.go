package rule

import (
	"cmp"
	"slices"
	"strings"
)

// Finding is something legal that is hardly meant, or an error, in the text of
// one parameter. Offset and Length are bytes of the text before expansion.
type Finding struct {
	ID             string // "unknown-macro"
	Severity       Severity
	Offset, Length int
	Summary        string // "$MAconfig is not a macro and stays as text"
	Hint           string // "write $(MA)config"
	// Fix is the whole corrected text, when one edit mends it; otherwise
	// empty. A text that holds a key or password has none.
	Fix    string
	Source string // "a.5, F7832"
}

// Check reads text as the phone would and lists what is wrong with it (c.7), in
// the order of the text. Without a phone it is read as a sample phone reads it.
func Check(place Place, text string, phone *Phone) []Finding {
	reader := phone
	if phone != nil && phone.Secrets != filledIn(phone.Secrets) {
		filled := *phone // what a rule needs may be set by another profile
		filled.Secrets = filledIn(phone.Secrets)
		reader = &filled
	}
	c := checker{reading: read(place, text, reader)}
	c.secrets = c.sourceSecrets()
	if phone != nil {
		c.emptySecrets(phone)
	}
	c.macros()
	c.characters()
	switch place {
	case PlaceProfileRule, PlaceUpgradeRule:
		c.structure()
		c.options()
		c.profileRule()
	case PlaceReportRule:
		c.structure()
		c.options()
		c.reportRule()
	case PlaceTrigger:
		c.structure()
		c.trigger()
	case PlaceMessage:
		c.message()
	case PlaceDelays:
		c.delayList()
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return a.Offset - b.Offset })
	return c.findings
}

// filledIn puts something in the place of the secrets a phone has not.
func filledIn(secrets [4]string) [4]string {
	for i := range secrets {
		secrets[i] = cmp.Or(secrets[i], "unset")
	}
	return secrets
}

// emptySecrets notes the secrets that a rule needs and the phone has not.
func (c *checker) emptySecrets(phone *Phone) {
	for _, p := range c.pieces {
		if value, isSecret := phone.Secret(p.Name); p.Kind == MacroRef && p.known && isSecret && value == "" {
			c.add(p.source, Finding{ID: "empty-secret", Severity: Note, Source: "a.8, c.4",
				Summary: "GPP_" + p.Name + " is empty: unless another profile sets it, the phone goes without, or the rule fails",
				Hint:    "set GPP_" + p.Name})
		}
	}
}

type checker struct {
	*reading
	secrets  secrets // of the source
	findings []Finding
}

// tooLongToFix bounds the texts that get a Fix: each is as long as the text.
const tooLongToFix = 1 << 12

// add takes a finding about a span of the source. With a replacement for that
// span it gets a Fix.
func (c *checker) add(at span, f Finding, replacement ...string) {
	f.Offset, f.Length = at.start, at.end-at.start
	if len(replacement) == 1 {
		f.Fix = c.replaced(at, replacement[0])
	}
	c.findings = append(c.findings, f)
}

// replaced is the source with another text at a span; empty where no Fix is
// given.
func (c *checker) replaced(at span, with string) string {
	if len(c.secrets.spans) > 0 || len(c.source) > tooLongToFix {
		return ""
	}
	return c.source[:at.start] + with + c.source[at.end:]
}

// addAt is add for a span of the expanded text.
func (c *checker) addAt(at span, f Finding, replacement ...string) {
	c.add(c.inSource(at), f, replacement...)
}

// shown is a piece of the source as messages may show it.
func (c *checker) shown(at span) string { return c.secrets.piece(c.source, at) }

// whole is the text without the blanks around it.
func (c *checker) whole() span {
	start := len(c.source) - len(strings.TrimLeft(c.source, blanks))
	return span{start, max(start, len(strings.TrimRight(c.source, blanks)))}
}

// syntax reports a text that cannot be read, with what follows from it.
func (c *checker) syntax(err *SyntaxError, severity Severity, source, consequence string) {
	at := c.inSource(span{err.start, err.end})
	if p := c.emptyMacro(err); p != nil {
		at = p.source
	}
	// What was found out about a macro at that place is said here.
	e := c.sourceError(err)
	f := Finding{ID: e.ID, Severity: severity, Summary: e.Message + ": " + consequence, Hint: e.Hint, Source: source}
	if f.Hint == "" && e.Expected != "" {
		f.Hint = "expected " + e.Expected
	}
	fix := ""
	for i, known := range c.findings {
		if known.ID == f.ID && at.meets(span{known.Offset, known.Offset + known.Length}) {
			if known.Hint != "" {
				f.Hint, fix = known.Hint, known.Fix
			}
			c.findings = slices.Delete(c.findings, i, i+1)
			break
		}
	}
	if repair := repairs[e.ID]; repair != nil && fix == "" {
		if with := repair(c.source[at.start:at.end]); with != "" {
			fix = c.replaced(at, with)
		}
	}
	if fix != "" && c.readable(fix) { // one edit mends it
		f.Fix = fix
	}
	c.add(at, f)
}

// readable tells whether a text in this place has no syntax error.
func (c *checker) readable(text string) bool {
	r := read(c.place, text, c.phone)
	if r.err != nil || r.rule == nil {
		return r.err == nil
	}
	return !slices.ContainsFunc(r.rule.Alternatives, func(a Alternative) bool { return a.Condition != nil && a.Condition.err != nil })
}

// repairs are the slips that one edit of the place in trouble mends; empty
// where it does not.
var repairs = map[string]func(wrong string) string{
	"double-equal":     func(string) string { return "eq" },
	"not-equal":        func(string) string { return "ne" },
	"ampersands":       func(string) string { return "and" },
	"case-of-and":      strings.ToLower,
	"case-of-operator": strings.ToLower,
	"order-of-symbols": func(wrong string) string { return wrong[1:] + "=" },
	"missing-left":     quotedMacro,
	"missing-right":    quotedMacro,
	"unquoted-text": func(wrong string) string {
		if strings.ContainsAny(wrong, `$"`) {
			return ""
		}
		return `"` + wrong + `"`
	},
	"unknown-scheme": func(wrong string) string {
		if scheme := strings.TrimRight(wrong, ":"); scheme != wrong {
			return scheme
		}
		return ""
	},
}

// quotedMacro puts quotes round a macro that gave nothing.
func quotedMacro(wrong string) string {
	if !strings.HasPrefix(wrong, "$") {
		return ""
	}
	return `"` + wrong + `"`
}
