package rule

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

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
