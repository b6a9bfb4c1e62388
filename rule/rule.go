package rule

import (
	"strings"
)

// Place says which kind of parameter a text stands in; it decides the grammar.
type Place int

const (
	PlaceProfileRule Place = iota // Profile_Rule, _B to _D, the rule of a resync URL
	PlaceUpgradeRule              // Upgrade_Rule
	PlaceReportRule               // Report_Rule
	PlaceTrigger                  // Resync_Trigger_1, _2: a bare condition
	PlaceMessage                  // Log_Request_Msg and its like
	PlaceDelays                   // Resync_Periodic, Resync_Error_Retry_Delay
	PlaceText                     // any other text with macros
)

// ProfileRule is the text of a Profile_Rule or Upgrade_Rule in parts (c.1).
type ProfileRule struct {
	Comment      string // the whole text when it begins with "#" (c.2)
	Alternatives []Alternative
}

// Alternative is one of a rule's alternatives. Each part may be missing.
type Alternative struct {
	Condition   *Condition
	Assignments []Assignment
	Options     *Options
	URL         *URL

	whole, url span // in the text that was parsed
}

// Assignment sets a parameter before the fetch (c.3). Name is the element's
// name; a single letter a to p has become GPP_A to GPP_P.
type Assignment struct {
	Name, Value string

	start, end int // in the text that was parsed
}

// ParseProfileRule reads a rule whose macros are expanded already. A condition
// that cannot be read is no error yet: see [ProfileRule.Select].
func ParseProfileRule(text string) (*ProfileRule, error) {
	return asError(parseRule(text, PlaceProfileRule))
}

// ParseUpgradeRule is ParseProfileRule with the bounds of c.8: a server in
// each URL, and of the options --uid and --pwd only.
func ParseUpgradeRule(text string) (*ProfileRule, error) {
	return asError(parseRule(text, PlaceUpgradeRule))
}

func parseRule(text string, place Place) (*ProfileRule, *SyntaxError) {
	r := ruleReader{text: text, place: place}
	r.skipBlanks()
	switch {
	case r.at == len(text):
		return &ProfileRule{}, nil
	case text[r.at] == '#':
		return &ProfileRule{Comment: strings.Trim(text, blanks)}, nil
	}
	rule := new(ProfileRule)
	for {
		alternative, err := r.alternative()
		if err != nil {
			return nil, err
		}
		rule.Alternatives = append(rule.Alternatives, alternative)
		if r.at == len(text) {
			return rule, nil
		}
		r.at++ // the "|"
	}
}

// ruleReader reads the text of a rule from at on.
type ruleReader struct {
	text  string
	at    int
	place Place
}

func (r *ruleReader) skipBlanks() {
	for r.at < len(r.text) && isBlank(r.text[r.at]) {
		r.at++
	}
}

// atEnd tells whether the alternative ends here.
func (r *ruleReader) atEnd() bool { return r.at == len(r.text) || r.text[r.at] == '|' }

// next is the character at hand; at the end of the text, one that means nothing.
func (r *ruleReader) next() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// alternative reads up to the next "|" or the end.
func (r *ruleReader) alternative() (a Alternative, err *SyntaxError) {
	r.skipBlanks()
	a.whole.start = r.at
	for r.next() == '(' {
		if err := r.parenthesis(&a); err != nil {
			return a, err
		}
		r.skipBlanks()
	}
	if a.Options, a.URL, a.url, err = r.request(); err != nil {
		return a, err
	}
	a.whole.end = max(a.whole.start, len(strings.TrimRight(r.text[:r.at], blanks)))
	r.skipBlanks()
	if !r.atEnd() {
		return a, r.strayAfterURL()
	}
	return a, nil
}

// parenthesis reads ( condition )? or ( assignments )!.
func (r *ruleReader) parenthesis(a *Alternative) *SyntaxError {
	open := r.at
	end, err := r.closing(open)
	if err != nil {
		return err
	}
	r.at = end + 1
	r.skipBlanks()
	switch c := r.next(); {
	case c == '?' && a.Condition == nil && a.Assignments == nil:
		a.Condition = r.condition(open+1, end)
	case c == '?' && a.Condition != nil:
		return newError(r.text, open, r.at+1, slip{"second-condition", "an alternative has one condition", "",
			"join comparisons with and inside one pair of parentheses"})
	case c == '?':
		return newError(r.text, open, r.at+1, slip{"order-of-parts", "the condition stands after the assignments", "",
			"the order is ( condition )? ( assignments )! [ options ] url"})
	case c == '!' && a.Assignments != nil:
		return newError(r.text, open, r.at+1, slip{"second-assignments", "an alternative has one ( … )!", "",
			"put all assignments in one pair of parentheses, with ; between"})
	case c == '!':
		if a.Assignments, err = r.assignments(open+1, end); err != nil {
			return err
		}
	default:
		return newError(r.text, open, end+1, slip{"loose-parentheses", "( … ) is followed by neither ? nor !", "? after a condition, ! after assignments", ""})
	}
	r.at++
	return nil
}

// closing finds the ")" of the "(" at open. A "|" outside quotes ends the
// alternative, so none may come before.
func (r *ruleReader) closing(open int) (int, *SyntaxError) {
	depth := 0
	for i := open; i < len(r.text); i++ {
		switch r.text[i] {
		case '"':
			n := strings.IndexByte(r.text[i+1:], '"')
			if n < 0 {
				return 0, newError(r.text, i, len(r.text), unpairedQuote)
			}
			i += n + 1
		case '|':
			return 0, newError(r.text, i, i+1, slip{"bar-in-parentheses", "| stands inside parentheses", "",
				"| separates alternatives: (A)? url | (B)? url"})
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return 0, newError(r.text, open, open+1, slip{"open-parenthesis", "the parenthesis is not closed", ")", ""})
}

// condition reads text[start:end]. One that cannot be read fails the rule only
// when the phone comes to it (c.1).
func (r *ruleReader) condition(start, end int) *Condition {
	c, err := parseCondition(r.text, start, end)
	if err != nil {
		return &Condition{err: err, text: strings.Trim(r.text[start:end], blanks)}
	}
	return c
}

// assignments reads Name = "value" ; … in text[at:end] (c.3).
func (r *ruleReader) assignments(at, end int) ([]Assignment, *SyntaxError) {
	var list []Assignment
	for {
		w := wordAt(r.text, at, end)
		if w.kind == atEnd && list != nil {
			return list, nil
		}
		a, after, err := r.assignment(w, end)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
		w = wordAt(r.text, after, end)
		if w.kind != atEnd && r.text[w.start] != ';' {
			return nil, newError(r.text, w.start, w.end, slip{"missing-semicolon", "%q stands after the value", "; or )", ""})
		}
		at = min(w.start+1, end)
	}
}

// assignment reads one, whose name is the word given.
func (r *ruleReader) assignment(name word, end int) (a Assignment, after int, err *SyntaxError) {
	a.Name = r.text[name.start:name.end]
	if name.kind != bareWord || !isElementName(a.Name) {
		s := slip{"assignment-name", "%q is no parameter name", `Name = "value"`, ""}
		if name.start == name.end || a.Name == ";" {
			s.message = "an assignment is missing"
		}
		return a, 0, newError(r.text, name.start, name.end, s)
	}
	equal := wordAt(r.text, name.end, end)
	if equal.kind != symbol || r.text[equal.start:equal.end] != "=" {
		return a, 0, newError(r.text, equal.start, equal.end, slip{"assignment-sign", "the = behind the name is missing", "=", ""})
	}
	value := wordAt(r.text, equal.end, end)
	if value.kind != quoted {
		return a, 0, newError(r.text, value.start, value.end, slip{"assignment-value", "the value is not in quotes", `a value in double quotes`, `write Name = "value"`})
	}
	a.start, a.end = name.start, value.end
	a.Value = r.text[value.start+1 : value.end-1]
	if len(a.Name) == 1 && 'a' <= a.Name[0] && a.Name[0] <= 'p' {
		a.Name = "GPP_" + strings.ToUpper(a.Name)
	}
	return a, value.end, nil
}

// isElementName tells whether name can be an XML element's (f.1).
func isElementName(name string) bool {
	for i := range len(name) {
		if !inName[name[i]] && name[i] != '-' && name[i] != '.' {
			return false
		}
	}
	return name != "" && (isLetter(name[0]) || name[0] == '_')
}

// request reads [ options ] url; both may be missing.
func (r *ruleReader) request() (o *Options, u *URL, at span, err *SyntaxError) {
	open := r.at
	if r.next() == '[' && !isIPv6At(r.text, r.at) {
		end := r.closingBracket(open)
		if end < 0 {
			return nil, nil, at, newError(r.text, open, open+1, openBracket)
		}
		if o, err = parseOptions(r.text, open+1, end, r.place); err != nil {
			return nil, nil, at, err
		}
		r.at = end + 1
		r.skipBlanks()
	}
	at = span{r.at, r.at}
	if r.atEnd() {
		if o != nil {
			err = newError(r.text, open, r.at, slip{"options-without-url", "options need a URL", "a URL behind ]", ""})
		}
		return nil, nil, at, err
	}
	u, err = r.url()
	at.end = r.at
	return o, u, at, err
}

var openBracket = slip{"open-bracket", "the bracket is not closed", "]",
	`where an argument holds a quote, write \042 in its place`}

// url reads up to the next blank or "|", and holds the URL against what its
// place allows (c.8, g.4).
func (r *ruleReader) url() (*URL, *SyntaxError) {
	start := r.at
	r.at = afterURL(r.text, start)
	if err := r.unclosed(start); err != nil {
		return nil, err
	}
	u, err := parseURL(r.text, start, r.at)
	switch {
	case err != nil || r.place == PlaceProfileRule:
		return u, err
	case u.Scheme == "gds":
		return nil, newError(r.text, start, r.at, slip{"unknown-scheme", "gds:// is for Profile_Rule only", "tftp, http or https", ""})
	case r.place == PlaceUpgradeRule && u.Server == "":
		return nil, newError(r.text, start, r.at, slip{"missing-server", "an upgrade rule has to name the server", "a URL with a server",
			"DHCP names the server of profiles only"})
	}
	return u, nil
}

// closingBracket is the offset of the "]" for the "[" at open, or -1; one in
// quotes does not count.
func (r *ruleReader) closingBracket(open int) int {
	for i := open + 1; i < len(r.text); i++ {
		switch r.text[i] {
		case '"':
			i = afterQuote(r.text, i) - 1
		case ']':
			return i
		}
	}
	return -1
}

// unclosed reports a quote or bracket left open in the URL from start to at.
func (r *ruleReader) unclosed(start int) *SyntaxError {
	url := r.text[start:r.at]
	if strings.Count(url, `"`)%2 != 0 {
		i := start + strings.LastIndexByte(url, '"')
		return newError(r.text, i, i+1, slip{"unpaired-quote", "the quote is not closed", `a second "`, "a URL hardly holds a quote"})
	}
	open := strings.LastIndexByte(url, '[')
	if open >= 0 && !strings.Contains(url[open:], "]") && strings.Count(url[:open], `"`)%2 == 0 {
		return newError(r.text, start+open, start+open+1, openBracket)
	}
	return nil
}

// strayAfterURL is the error for text behind a URL.
func (r *ruleReader) strayAfterURL() *SyntaxError {
	end := r.at
	for end < len(r.text) && !isBlank(r.text[end]) && r.text[end] != '|' {
		end++
	}
	s := blankInURL
	switch c := r.next(); {
	case c == '#':
		s.message, s.hint = "a comment cannot follow a rule", "only a # at the beginning makes a comment, and then of the whole parameter"
	case c == '[':
		s.id, s.message, s.hint = "order-of-parts", "the options stand after the URL", "the order is ( condition )? ( assignments )! [ options ] url"
	case c == '(':
		s.hint = "write | between alternatives"
	}
	return newError(r.text, r.at, end, s)
}

// Choice is the alternative a rule takes. Index is -1 when none is true: the
// rule is skipped, which is no failure.
type Choice struct {
	Index int
	*Alternative
}

// Select takes the first alternative without a condition or with a true one.
// The error is that of a condition that could not be read and that the phone
// came to before: it fails the rule.
func (r *ProfileRule) Select() (Choice, error) {
	for i := range r.Alternatives {
		a := &r.Alternatives[i]
		switch {
		case a.Condition == nil:
		case a.Condition.err != nil:
			return Choice{Index: -1}, a.Condition.Err()
		case !a.Condition.Eval():
			continue
		}
		return Choice{i, a}, nil
	}
	return Choice{Index: -1}, nil
}

func (r *ProfileRule) String() string {
	if r.Comment != "" {
		return r.Comment
	}
	var parts []string
	for _, a := range r.Alternatives {
		parts = append(parts, a.String())
	}
	return strings.Trim(strings.Join(parts, " | "), blanks)
}

func (a *Alternative) String() string {
	var parts []string
	if a.Condition != nil {
		parts = append(parts, "("+a.Condition.String()+")?")
	}
	if a.Assignments != nil {
		var list []string
		for _, set := range a.Assignments {
			list = append(list, set.String())
		}
		parts = append(parts, "("+strings.Join(list, "; ")+")!")
	}
	if request := requestText(a.Options, a.URL); request != "" {
		parts = append(parts, request)
	}
	return strings.Join(parts, " ")
}

func (a Assignment) String() string { return a.Name + ` = "` + a.Value + `"` }

// requestText writes [ options ] url.
func requestText(o *Options, u *URL) string {
	switch {
	case u == nil:
		return ""
	case o == nil:
		return u.String()
	}
	return "[" + o.String() + "] " + u.String()
}
