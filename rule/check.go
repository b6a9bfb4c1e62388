package rule

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
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

// macros looks at each macro, and at what was meant to be one.
func (c *checker) macros() {
	if c.place == PlaceDelays {
		return
	}
	for i := range c.pieces {
		p := &c.pieces[i]
		switch {
		case p.Kind == Plain:
			c.notMacros(p)
		case p.Kind == MacroRef && !p.known:
			c.unknownMacro(p)
		case p.Kind == MacroRef && i+1 < len(c.pieces):
			c.substringOutside(p, &c.pieces[i+1])
		}
	}
}

func (c *checker) unknownMacro(p *expandedPiece) {
	if _, secret := c.phone.Secret(p.Name); secret {
		c.add(p.source, Finding{ID: "secret-outside-option", Severity: Warning, Source: "a.8, F7832",
			Summary: p.Token.Text + " stays as text: GPP_" + p.Name + " is known inside the arguments of --key, --uid and --pwd only",
			Hint:    "use one of GPP_A to GPP_P for what is no secret"})
		return
	}
	if m, ok := passiveMacro(p.Name); ok {
		c.add(p.source, Finding{ID: "passive-macro", Severity: Note, Source: "a.2, " + m.Source,
			Summary: p.Token.Text + " stays as text here: it is known to calls, mobility and XML services only"})
		return
	}
	written := c.source[p.source.start:p.source.end]
	if isMacroName(p.Name) { // UID9
		c.add(p.source, Finding{ID: "no-such-line", Severity: Note, Source: "a.2, C7800",
			Summary: written + " stays as text on a phone with " + strconv.Itoa(len(c.phone.UserIDs)) + " lines"})
		return
	}
	f := Finding{ID: "unknown-macro", Severity: Warning, Source: "a.6, F7832", Summary: written + " is not a macro and stays as text"}
	suggestions := SuggestMacro(p.Name)
	if strings.Contains(written, "%s") { // which is put in before macros are looked for
		for i := range suggestions {
			suggestions[i] = strings.Replace(suggestions[i], playedOperation, "%s", 1)
		}
	}
	if len(suggestions) == 0 {
		f.Hint = "check the name"
		c.add(p.source, f)
		return
	}
	if strings.Contains(suggestions[0], ")") {
		f.Source = "a.5, F7832"
	}
	f.Hint = "write " + strings.Join(suggestions, " or ")
	if len(suggestions) > 1 || written[1] == '(' {
		c.add(p.source, f)
		return
	}
	c.add(p.source, f, c.spelt(suggestions[0], p.source.end))
}

// spelt is a macro as it can stand before the character at an offset: $A
// becomes $(A) where a letter follows.
func (c *checker) spelt(macro string, next int) string {
	if next < len(c.source) && inName[c.source[next]] && !strings.Contains(macro, ")") {
		return "$(" + macro[1:] + ")"
	}
	return macro
}

// notMacros finds ${MA}, $(ma), $( MA ), $(MA:-4) and the like in plain text.
func (c *checker) notMacros(p *expandedPiece) {
	text := c.source[p.source.start:p.source.end]
	for i := 0; ; i++ {
		n := strings.IndexByte(text[i:], '$')
		if n < 0 {
			return
		}
		i += n
		open := strings.TrimPrefix(text[i:], "$")
		if open == "" || open[0] != '{' && open[0] != '(' {
			continue
		}
		name, args, end := looseMacro(open)
		if end == 0 {
			continue
		}
		at := span{p.source.start + i, p.source.start + i + 1 + end}
		f := Finding{ID: "malformed-macro", Severity: Warning, Source: "a.3, F7832",
			Summary: c.shown(at) + " is not a macro and stays as text"}
		if open[0] == '{' {
			f.ID = "brace-macro"
		}
		upper := strings.ToUpper(name)
		_, isSecret := c.phone.Secret(upper)
		switch {
		case !isMacroName(upper) && !isSecret:
			f.Hint = suggestion(name)
			c.add(at, f)
		case args != "": // $(MA:-4)
			f.Hint = "write $(" + upper + ":offset:length) with digits"
			c.add(at, f)
		default:
			f.Hint = "write $(" + upper + ")"
			c.add(at, f, "$("+upper+")")
		}
	}
}

// looseMacro reads { name } or ( name … ) as people write it. end is its
// length, 0 when it looks like no macro.
func looseMacro(open string) (name, args string, end int) {
	const longest = 40
	closing := byte('}')
	if open[0] == '(' {
		closing = ')'
	}
	n := strings.IndexByte(open[:min(len(open), longest)], closing)
	if n < 0 {
		return "", "", 0
	}
	inside := strings.Trim(open[1:n], blanks)
	name, args, _ = strings.Cut(inside, ":")
	if name = strings.Trim(name, blanks); !isElementName(name) {
		return "", "", 0
	}
	return name, args, n + 1
}

// substringOutside finds $MA(0:6), which gives the value and "(0:6)".
func (c *checker) substringOutside(p, next *expandedPiece) {
	if next.Kind != Plain || next.Token.Text[0] != '(' || strings.HasSuffix(p.Token.Text, ")") {
		return
	}
	end := strings.IndexByte(next.Token.Text, ')')
	if end < 2 || strings.Trim(next.Token.Text[1:end], "0123456789:-") != "" {
		return
	}
	at := span{p.source.start, next.source.start + end + 1}
	f := Finding{ID: "substring-outside", Severity: Warning, Source: "a.4, P7800",
		Summary: p.Token.Text + " is followed by " + next.Token.Text[:end+1] + ", which stays as text"}
	inside := next.Token.Text[1:end]
	if strings.Contains(inside, "-") || !isDigit(inside[0]) {
		f.Hint = "part of a value is written $(" + p.Name + ":offset:length)"
		c.add(at, f)
		return
	}
	f.Hint = "write $(" + p.Name + ":" + inside + ")"
	c.add(at, f, "$("+p.Name+":"+inside+")")
}

// characters looks for what is not ASCII, and for control characters.
func (c *checker) characters() {
	for i, r := range c.source {
		switch {
		case strings.ContainsRune("“”„‟«»", r):
			f := Finding{ID: "typographic-quote", Severity: Warning, Source: "b.1",
				Summary: string(r) + " is not a quote to the phone", Hint: `write " in its place; word processors change it`}
			c.add(span{i, len(c.source)}, f, straightQuotes.Replace(c.source[i:]))
			c.findings[len(c.findings)-1].Length = len(string(r))
			return
		case r >= 0x80:
			size := len(string(r))
			if !strings.HasPrefix(c.source[i:], string(r)) {
				size = 1 // a byte that is no UTF-8
			}
			c.add(span{i, i + size}, Finding{ID: "non-ascii", Severity: Warning, Source: "f.1, F7832",
				Summary: strconv.QuoteToASCII(c.source[i:i+size]) + " is not ASCII: phones are only documented to take ASCII here"})
			return
		case r < ' ' && !isBlank(byte(r)) || r == 0x7f:
			c.add(span{i, i + 1}, Finding{ID: "control-character", Severity: Warning, Source: "f.1, F7832",
				Summary: strconv.Quote(string(r)) + " is a control character", Hint: "take it away"}, "")
			return
		}
	}
}

var straightQuotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`)

// structure looks for values that change how the rest is read (a.9). A rule
// that is one macro as a whole is meant so.
func (c *checker) structure() {
	for i := range c.pieces {
		p := &c.pieces[i]
		value := c.text[p.start:p.end]
		if p.Kind != MacroRef || !p.known || p.source == c.whole() || !strings.ContainsAny(value, `|"`) {
			continue
		}
		f := Finding{ID: "structure-from-macro", Severity: Warning, Source: "a.9, F7832",
			Summary: "the value of " + p.Token.Text + " holds a quote or |, which changes how the rest is read",
			Hint:    "macros are expanded first; keep quotes and | out of the value"}
		c.add(p.source, f)
	}
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

// trigger looks at Resync_Trigger_1 and _2 (b.5, d.2).
func (c *checker) trigger() {
	const held = "unless the other trigger is true, " + gated + " are held for good"
	switch {
	case c.err != nil:
		c.syntax(c.err, Error, "b.1, b.5, d.2, F7832", held)
		if c.err.slip.id == "parentheses-in-trigger" {
			c.withoutParentheses()
		}
	case c.condition != nil:
		v := c.judge(c.condition)
		if len(v.never) > 0 {
			c.never(v, Error, held)
		} else {
			c.always(v)
			if len(v.always) == len(c.condition.Comparisons) {
				c.add(c.whole(), Finding{ID: "trigger-always-true", Severity: Warning, Source: "d.2, F7832",
					Summary: "the trigger is true of every phone and holds nothing", Hint: "leave it empty"}, "")
			}
		}
		c.bareTexts(c.condition)
	}
}

// withoutParentheses gives the finding just added its Fix: ( condition )? as a
// bare condition, when that can be read.
func (c *checker) withoutParentheses() {
	inside := strings.Trim(c.source, "()?"+blanks)
	if len(c.secrets.spans) == 0 && len(c.source) <= tooLongToFix && c.readable(inside) {
		c.findings[len(c.findings)-1].Fix = inside
	}
}

// never reports comparisons that cannot all be true.
func (c *checker) never(v verdict, severity Severity, consequence string) {
	at := span{v.never[0].start, v.never[len(v.never)-1].end}
	text := c.shown(c.inSource(at))
	f := Finding{ID: "never-true", Severity: severity, Source: "b.1, a.2, F7832", Summary: text + " is never true: " + consequence}
	if values := c.possible(v.never); values != "" {
		f.Hint = values
	}
	c.addAt(at, f)
}

// possible says which values a macro can have, when that is what went wrong.
func (c *checker) possible(list []Comparison) string {
	k, _ := c.constraint(list[0])
	switch {
	case macroValues[k.name] != nil:
		return "$" + k.name + " is one of " + strings.Join(macroValues[k.name], ", ")
	case isTimer(k.name):
		return "$" + k.name + " is never negative"
	case len(list) > 1:
		return "the comparisons of " + k.operand + " exclude each other"
	}
	return ""
}

// always notes comparisons that every phone makes true.
func (c *checker) always(v verdict) {
	for _, comparison := range v.always {
		at := span{comparison.start, comparison.end}
		c.addAt(at, Finding{ID: "always-true", Severity: Note, Source: "b.1, a.2, F7832",
			Summary: c.shown(c.inSource(at)) + " is true of every phone", Hint: "it can be left out"})
	}
}

// mayBeNoLiteral are the macros whose value can be empty or a text, so that
// they can only be compared in quotes.
func mayBeNoLiteral(name string) bool {
	switch name {
	case "PRVST", "UPGST", "PRVTMR", "UPGTMR", "REGTMR1", "REGTMR2", "ISCUST", "SWVER", "HWVER", "PORT":
		return false
	}
	return true
}

// bareTexts warns of macros without quotes that happen to be readable now.
func (c *checker) bareTexts(condition *Condition) {
	for _, comparison := range condition.Comparisons {
		for _, side := range []span{{comparison.start, comparison.leftEnd}, {comparison.rightStart, comparison.end}} {
			for _, p := range c.expansion.macros(side) {
				if c.text[side.start] == '"' || !mayBeNoLiteral(p.Name) {
					continue
				}
				c.add(p.source, Finding{ID: "unquoted-macro", Severity: Note, Source: "b.1",
					Summary: "without quotes, the condition cannot be read on a phone where " + p.Token.Text + " is empty or a text",
					Hint:    `compare it as a text: "` + p.Token.Text + `" eq "…"`})
			}
		}
	}
	for _, comparison := range condition.Comparisons {
		c.quotedVersion(comparison)
	}
}

// quotedVersion finds "$SWVER" compared with a text that no version is: in
// quotes, the model and the load's name count (b.7).
func (c *checker) quotedVersion(comparison Comparison) {
	k, _ := c.constraint(comparison)
	if k.name == "SWVER" && k.literal.kind == String && !strings.HasPrefix(k.literal.text, "sip") {
		c.addAt(span{comparison.start, comparison.end}, Finding{ID: "quoted-version", Severity: Warning, Source: "b.7, A7821",
			Summary: "in quotes, $SWVER is a text that begins with sip and the model, so it is never equal to " + strconv.Quote(k.literal.text),
			Hint:    "write both without quotes to compare them as versions"})
	}
}

// profileRule looks at the alternatives of Profile_Rule and Upgrade_Rule.
func (c *checker) profileRule() {
	switch {
	case c.err != nil:
		c.syntax(c.err, Error, "c.1, c.6, F7832", "the rule cannot be read, so it fails")
		return
	case c.rule.Comment != "":
		c.add(c.whole(), Finding{ID: "commented-out", Severity: Note, Source: "c.2, L35 SIP05",
			Summary: "the rule begins with # and is a comment as a whole", Hint: "take the # away to use it"})
		return
	}
	broken := false // one that cannot be read ends the reading for every phone that comes to it
	last := len(c.rule.Alternatives) - 1
	for i := range c.rule.Alternatives {
		a := &c.rule.Alternatives[i]
		unconditional := a.Condition == nil
		switch {
		case unconditional:
		case a.Condition.err != nil && !broken:
			broken = true
			c.syntax(a.Condition.err, Error, "b.1, c.1, F7832", "the rule fails on each phone that comes to this condition")
		case a.Condition.err == nil:
			unconditional = c.ruleCondition(a.Condition)
		}
		c.assignments(a)
		c.alternativeURL(a)
		if unconditional && i < last {
			rest := span{c.rule.Alternatives[i+1].whole.start, c.rule.Alternatives[last].whole.end}
			c.addAt(rest, Finding{ID: "unreachable-alternative", Severity: Warning, Source: "c.1, F7832",
				Summary: "never reached: the alternative before is always taken", Hint: "put the alternative without a condition last"})
			return
		}
	}
	if n := len(c.rule.Alternatives); n > 0 && c.rule.Alternatives[last].Condition != nil && c.place == PlaceProfileRule {
		c.addAt(c.rule.Alternatives[last].whole, Finding{ID: "rule-may-skip", Severity: Note, Source: "c.1, F7832 L41",
			Summary: "the last alternative has a condition: a phone that makes none true skips the rule, which counts as a success",
			Hint:    "add an alternative without a condition, unless that is meant"})
	}
}

// ruleCondition looks at a condition in a rule; it tells whether every phone
// makes it true.
func (c *checker) ruleCondition(condition *Condition) (alwaysTrue bool) {
	v := c.judge(condition)
	if len(v.never) > 0 {
		c.never(v, Warning, "this alternative is never taken")
	} else {
		c.always(v)
	}
	c.bareTexts(condition)
	return len(v.never) == 0 && len(v.always) == len(condition.Comparisons)
}

func (c *checker) assignments(a *Alternative) {
	for _, set := range a.Assignments {
		if len(set.Name) == 1 {
			f := Finding{ID: "assignment-letter", Severity: Warning, Source: "c.3, L38 PAP2",
				Summary: set.Name + " is no parameter: a single letter stands for a GPP when it is a lower-case a to p"}
			at := span{set.start, set.start + 1}
			if isMacroName(set.Name) {
				f.Hint = "write " + strings.ToLower(set.Name) + " or GPP_" + set.Name
				c.addAt(at, f, strings.ToLower(set.Name))
				continue
			}
			c.addAt(at, f)
		}
	}
}

// alternativeURL looks at the request an alternative leads to.
func (c *checker) alternativeURL(a *Alternative) {
	if a.URL == nil {
		return
	}
	c.request(a.Options, a.URL, a.url)
	c.logins(a.URL, a.whole, a.url)
	path, _, _ := strings.Cut(a.URL.Path, "?")
	if c.place == PlaceUpgradeRule && !strings.HasSuffix(path, ".loads") {
		c.addAt(a.url, Finding{ID: "upgrade-not-loads", Severity: Warning, Source: "c.8, F7832",
			Summary: "firmware is named by its .loads file, and this URL ends otherwise", Hint: "name a file such as sip88xx.11-0-1MPP-376.loads"})
	}
	if a.URL.Scheme == "gds" {
		c.addAt(a.url, Finding{ID: "gds", Severity: Note, Source: "c.6, M1133",
			Summary: "gds:// starts onboarding by activation code; no profile is fetched from here"})
	}
	if i := strings.Index(c.text[a.url.start:a.url.end], "/admin/resync?"); i >= 0 {
		c.addAt(a.url, Finding{ID: "resync-url-in-rule", Severity: Warning, Source: "g.1, SEED",
			Summary: "this is the URL a browser asks a phone's web server for, not one of a profile",
			Hint:    "write what stands after /admin/resync? as the rule"}, c.text[a.url.start+i+len("/admin/resync?"):a.url.end])
	}
}

// request looks at a URL with its options.
func (c *checker) request(o *Options, u *URL, at span) {
	for scheme, port := range defaultPorts {
		if u.HasPort && u.Port == port && u.Scheme != scheme {
			c.addAt(at, Finding{ID: "port-of-other-scheme", Severity: Warning, Source: "c.6, F7832",
				Summary: u.Scheme + " goes to port " + strconv.Itoa(port) + ", which is that of " + scheme,
				Hint:    "write " + scheme + "://, or leave the port out for " + strconv.Itoa(defaultPorts[u.Scheme])})
		}
	}
	if o == nil {
		return
	}
	if o.SRV && u.Scheme == "tftp" {
		c.addAt(at, Finding{ID: "srv-over-tftp", Severity: Warning, Source: "c.4, PV7832",
			Summary: "--srv looks up http and https servers only", Hint: "use http:// or https://"})
	}
	if o.Post != "" && u.Scheme == "tftp" {
		c.addAt(at, Finding{ID: "post-over-tftp", Severity: Warning, Source: "c.4, L39",
			Summary: "--post is an HTTP request; TFTP cannot send a body", Hint: "use http:// or https://"})
	}
	if o.Delta && o.Status {
		c.addAt(at, Finding{ID: "delta-and-status", Severity: Warning, Source: "c.9, TP8800",
			Summary: "--delta and --status ask for different reports", Hint: "write two entries with a blank between"})
	}
}

// options looks at the arguments written in the text.
func (c *checker) options() {
	for _, arg := range c.arguments {
		at := span{arg.start, arg.end}
		written := c.source[arg.start:arg.end]
		if arg.quoted && strings.ContainsAny(written, "[]") {
			f := Finding{ID: "bracket-in-quotes", Severity: Warning, Source: "c.4, W7800",
				Summary: "the argument of " + arg.option + " holds a bracket, which a phone may not take in quotes",
				Hint:    `without quotes, write \133 for [ and \135 for ]`}
			if arg.option == "--key" {
				f.Hint = "choose a key without brackets"
			}
			c.add(at, f)
		}
		if arg.option != "--uid" && written != "" && !hasMacro(written) {
			f := Finding{ID: "key-in-rule", Severity: Note, Source: "a.8, F7832",
				Summary: "the key stands in the rule, where everybody who reads the profile sees it",
				Hint:    "put it in GPP_SA and write --key $SA"}
			if arg.option == "--pwd" {
				f.ID = "password-in-rule"
				f.Summary = "the password stands in the rule, where everybody who reads the profile sees it"
				f.Hint = "put it in GPP_SB and write --pwd $SB"
			}
			c.add(at, f)
		}
	}
}

func hasMacro(text string) bool {
	return slices.ContainsFunc(Tokens(text), func(t Token) bool { return t.Kind == MacroRef })
}

// logins looks at how the arguments between a request's start and its URL
// travel.
func (c *checker) logins(u *URL, whole, url span) {
	from, to := c.inSource(whole).start, c.inSource(url).start
	first := sort.Search(len(c.arguments), func(i int) bool { return c.arguments[i].start >= from })
	for _, arg := range c.arguments[first:] {
		if arg.start >= to {
			return
		}
		c.login(arg, u)
	}
}

func (c *checker) login(arg argument, u *URL) {
	at := span{arg.start, arg.end}
	switch {
	case arg.option == "--key": // encrypts by itself
	case u.Scheme == "tftp":
		c.add(at, Finding{ID: "login-over-tftp", Severity: Warning, Source: "c.4, F7832",
			Summary: arg.option + " means nothing over TFTP, which has no log-in", Hint: "use https://, or take the option away"})
	case u.Scheme == "http" && arg.option == "--pwd":
		c.add(at, Finding{ID: "password-in-clear", Severity: Warning, Source: "c.7, d.5",
			Summary: "the password goes over the network in clear when the server asks for Basic log-in", Hint: "use https://"})
	}
}

// reportRule looks at the entries of Report_Rule (c.9).
func (c *checker) reportRule() {
	if c.err != nil {
		c.syntax(c.err, Error, "c.9, TP8800", "the rule cannot be read, so no report is sent")
		return
	}
	for _, r := range c.reports {
		c.request(r.Options, r.URL, r.url)
		c.logins(r.URL, r.whole, r.url)
	}
}

// message looks at a log message (e.2).
func (c *checker) message() {
	if i := strings.Index(c.source, ":://"); i >= 0 {
		c.add(span{i, i + len(":://")}, Finding{ID: "double-colon", Severity: Warning, Source: "e.2, SEED",
			Summary: "::// is sent as it stands, with both colons", Hint: "write $SCHEME://; the guide has a misprint here"}, "://")
	}
	for i := 0; i+1 < len(c.source); i++ {
		if c.source[i] != '%' || c.source[i+1] == 's' || !isLetter(c.source[i+1]) && c.source[i+1] != '%' {
			continue
		}
		word := c.source[i : i+2]
		f := Finding{ID: "percent", Severity: Warning, Source: "e.2",
			Summary: word + " is sent as it stands: %s is the only one filled in", Hint: "write a macro such as $ERR"}
		switch word {
		case "%S":
			f.Hint = "write %s"
			c.add(span{i, i + 2}, f, "%s")
		case "%%":
			f.Hint = "write a single %"
			c.add(span{i, i + 2}, f, "%")
			i++
		default:
			c.add(span{i, i + 2}, f)
		}
	}
}

// delayList looks at Resync_Periodic and Resync_Error_Retry_Delay (d.3).
func (c *checker) delayList() {
	switch {
	case c.err != nil:
		c.syntax(c.err, Error, "d.3, M1133", "the list cannot be read, and is off")
		return
	case len(c.delays) == 0:
		return
	}
	zero := slices.Index(c.delays, Delay{})
	switch {
	case zero == 0:
		f := Finding{ID: "delays-off", Severity: Note, Source: "d.3, SEED M1133", Summary: "0 switches it off: it never happens"}
		if len(c.delays) > 1 {
			f.Severity, f.Hint = Warning, "what stands behind the 0 is never used"
		}
		c.add(c.whole(), f)
	case zero > 0:
		times := "once"
		if zero > 1 {
			times = strconv.Itoa(zero) + " times"
		}
		f := Finding{ID: "delays-end", Severity: Warning, Source: "d.3", Summary: "the 0 ends the list: it happens " + times + " and never again"}
		if zero < len(c.delays)-1 {
			f.Hint = "what stands behind the 0 is never used"
		}
		c.add(c.whole(), f)
	}
}
