package rule

import (
	"slices"
	"strconv"
	"strings"
)

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
				Summary: strconv.QuoteToASCII(c.shown(span{i, i + size})) + " is not ASCII: phones are only documented to take ASCII here"})
			return
		case r < ' ' && !isBlank(byte(r)) || r == 0x7f:
			c.add(span{i, i + 1}, Finding{ID: "control-character", Severity: Warning, Source: "f.1, F7832",
				Summary: strconv.Quote(string(r)) + " is a control character", Hint: "take it away"}, "")
			return
		}
	}
}

var straightQuotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`, "«", `"`, "»", `"`)

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
