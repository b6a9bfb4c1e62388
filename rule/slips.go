package rule

import (
	"strings"
)

// role is what a word of a condition had to be.
type role int

const (
	asLeft role = iota
	asOperator
	asRight
	afterComparison
)

var expectedAs = [...]string{
	asLeft:          `a number, a "text" or a version`,
	asOperator:      "an operator: eq ne lt le gt ge or = != < <= > >=",
	asRight:         `a number, a "text" or a version`,
	afterComparison: "and, or the end",
}

var (
	emptyCondition = slip{"empty-condition", "the condition is empty", "a comparison such as $PRVST eq 0", ""}
	orderOfTexts   = slip{"order-of-texts", "texts can only be equal or not equal", "eq or ne",
		"write numbers and versions without quotes to compare which is larger"}
)

// conditionSlips are the usual ways to get a condition wrong, the more telling
// ones first. found gets the word in trouble and what it had to be.
var conditionSlips = []struct {
	found func(w string, as role, r *conditionReader) bool
	slip
}{
	{func(w string, _ role, r *conditionReader) bool {
		return strings.Contains(w, "/admin/resync") || strings.Contains(w, "/admin/upgrade")
	}, slip{"url-in-condition", "a condition cannot hold a URL", "a comparison such as $PRVTMR ge 600",
		"this is a resync URL, not a condition: it is opened in a browser; the part after ? belongs in Profile_Rule"}},
	{func(w string, _ role, r *conditionReader) bool {
		return strings.Contains(w, "://") || strings.HasPrefix(w, "/")
	}, slip{"url-in-condition", "a condition cannot hold a URL", "a comparison such as $PRVTMR ge 600",
		"URLs belong in Profile_Rule; a condition compares values"}},
	{func(w string, _ role, r *conditionReader) bool {
		whole := strings.Trim(r.text, blanks)
		return r.end == len(r.text) && strings.HasPrefix(whole, "(") && strings.HasSuffix(strings.TrimRight(whole, "? \t\r\n"), ")") && w[0] == '('
	}, slip{"parentheses-in-trigger", "a bare condition has no parentheses", "the condition without ( )? around it",
		"take the parentheses and the ? away: they belong in rules only"}},
	{func(w string, _ role, _ *conditionReader) bool {
		return w[0] == '(' || strings.HasSuffix(w, ")") && w[0] != '$'
	},
		slip{"parentheses-in-condition", "%q: a condition has no parentheses inside", "",
			"comparisons are only joined by and; for or, write one alternative for each, with | between"}},
	{func(w string, _ role, _ *conditionReader) bool {
		return strings.ContainsAny(w, "“”„‟«»‘’‚")
	}, slip{"typographic-quote", "typographic quotes are not quotes", `straight quotes "`,
		`write " in their place; word processors change it`}},
	{func(w string, _ role, _ *conditionReader) bool { return w[0] == '\'' },
		slip{"single-quote", "%q: single quotes are not quotes", `a text in double quotes`, `write "…"`}},
	{func(w string, _ role, _ *conditionReader) bool { return strings.HasPrefix(w, "${") },
		slip{"brace-macro", "%q: braces make no macro", "", "write $(NAME) with round brackets"}},
	{func(w string, as role, _ *conditionReader) bool { return w[0] == '$' && as != asOperator },
		slip{"unknown-macro", "%q is no macro the phone knows, so it stays as text", `a number, a "text" or a version`,
			"check the name; upper case, and $(NAME) where a letter, digit or _ follows"}},
	{func(w string, as role, _ *conditionReader) bool {
		return strings.EqualFold(w, "or") || strings.HasPrefix(w, "|")
	}, slip{"or", "%q: only and joins comparisons", "and",
		"for or, write one alternative for each comparison, with | between: (A)? url | (B)? url; triggers: use Resync_Trigger_2"}},
	{func(w string, _ role, _ *conditionReader) bool { return w[0] == '&' },
		slip{"ampersands", "%q joins nothing", "and", "write and"}},
	{func(w string, as role, r *conditionReader) bool {
		return w == "=" && as == asRight && r.before(1) == '='
	}, slip{"double-equal", "== is no operator", "eq or =", "write eq or a single ="}},
	{func(w string, as role, r *conditionReader) bool {
		return (w == ">" || w == ">=") && as == asRight && r.before(len(w)) == '<'
	}, slip{"not-equal", "<> is no operator", "ne or !=", "write ne or !="}},
	{func(w string, as role, r *conditionReader) bool {
		return (w == ">" || w == "<") && as == asRight && r.before(1) == '='
	}, slip{"order-of-symbols", "the = stands after < and >", "<= or >=", "write >= or <="}},
	{func(w string, _ role, _ *conditionReader) bool { return w == "!" },
		slip{"lone-exclamation", "! alone is no operator", "ne or !=", "write two operands with ne between: $SWVER ne 11-0-1MPP-376"}},
	{func(w string, as role, _ *conditionReader) bool {
		return strings.EqualFold(w, "and") && as == afterComparison
	},
		slip{"case-of-and", "%q is written and", "and or AND", "write and"}},
	{func(w string, as role, _ *conditionReader) bool {
		_, ok := parseOperator(strings.ToLower(w))
		return ok && as == asOperator
	}, slip{"case-of-operator", "%q: operators are written in lower case", "eq ne lt le gt ge", "write it in lower case"}},
	{func(w string, as role, _ *conditionReader) bool {
		_, ok := parseOperator(strings.ToLower(w))
		return ok && as == asLeft
	}, slip{"missing-left", "%q has nothing on its left", `a number, a "text" or a version`,
		`a macro that is empty leaves nothing there: put it in quotes, as in "$A" eq ""`}},
	{func(w string, as role, _ *conditionReader) bool { return strings.EqualFold(w, "and") && as == asRight },
		slip{"missing-right", "nothing stands between the operator and %q", `a number, a "text" or a version`,
			`a macro that is empty leaves nothing there: put it in quotes, as in "$A" eq ""`}},
	{func(w string, as role, _ *conditionReader) bool {
		return as == asOperator && equalsAny(w, "is", "equals", "equal", "not", "isnot", "contains", "like", "in", "neq", "lte", "gte", "~", "matches")
	}, slip{"unknown-operator", "%q is no operator", "an operator: eq ne lt le gt ge or = != < <= > >=", "write eq for equal, ne for not equal"}},
	{func(w string, as role, _ *conditionReader) bool {
		return (as == asLeft || as == asRight) && strings.HasSuffix(w, "-BN")
	}, slip{"version-placeholder", "%q is not a version: BN stands for a number", "a software version such as 11-0-1MPP-376",
		"write the number of the build in the place of BN"}},
	{func(w string, as role, _ *conditionReader) bool {
		return (as == asLeft || as == asRight) && (strings.HasPrefix(w, "sip") || isDigit(w[0]) && strings.Contains(w, "-"))
	}, slip{"version-form", "%q is not a software version", "three to five parts with - between, each beginning with a digit",
		"write it as the file name has it: sip88xx.11-0-1MPP-376"}},
	{func(w string, as role, _ *conditionReader) bool {
		return (as == asLeft || as == asRight) && (w[0] == '+' || w[0] == '-' || isDigit(w[0]))
	}, slip{"number-form", "%q is neither a number nor a version", "decimal digits, with - before a negative number", ""}},
	{func(w string, as role, _ *conditionReader) bool {
		return (as == asLeft || as == asRight) && isLetter(w[0])
	}, slip{"unquoted-text", "%q is not in quotes", `a number, a "text" or a version`, `write texts in double quotes: "Installed"`}},
}

func equalsAny(w string, list ...string) bool {
	for _, s := range list {
		if strings.EqualFold(w, s) {
			return true
		}
	}
	return false
}

// before is the last character before the word just read, n bytes long, when
// nothing stands between; otherwise 0.
func (r *conditionReader) before(n int) byte {
	if i := r.at - n - 1; i >= 0 {
		return r.text[i]
	}
	return 0
}

// fail is the error for a word that cannot be what it had to be.
func (r *conditionReader) fail(w word, as role) *SyntaxError {
	switch w.kind {
	case atEnd:
		return newError(r.text, w.start, w.end, r.missing(as))
	case unpaired:
		return newError(r.text, w.start, w.end, slip{"unpaired-quote", "the quote is not closed", `a second "`,
			`texts stand in double quotes: "Installed"`})
	case quoted:
		if as == afterComparison {
			return newError(r.text, w.start, w.end, slip{"missing-and", "%q stands after a whole comparison", expectedAs[as], "write and between two comparisons"})
		}
		return newError(r.text, w.start, w.end, slip{"missing-operator", "%q stands where an operator has to be", expectedAs[as], ""})
	}
	text := r.textOf(w)
	for _, s := range conditionSlips {
		if s.found(text, as, r) {
			return newError(r.text, w.start, w.end, s.slip)
		}
	}
	s := slip{"unexpected-word", "%q cannot stand here", expectedAs[as], ""}
	if as == afterComparison {
		s = slip{"missing-and", "%q stands after a whole comparison", expectedAs[as], "write and between two comparisons"}
	}
	return newError(r.text, w.start, w.end, s)
}

func (r *conditionReader) missing(as role) slip {
	s := slip{"missing-operand", "the condition ends too early", expectedAs[as],
		`a macro that is empty leaves nothing there: put it in quotes, as in "$A" eq ""`}
	if as == asOperator {
		s.id, s.hint = "missing-operator", `a condition compares two values: "$A" ne ""`
	}
	return s
}

// failKinds is the error for operands that cannot be compared.
func (r *conditionReader) failKinds(c Comparison) *SyntaxError {
	s := slip{"mixed-kinds", "a " + c.Left.Kind.String() + " cannot be compared with a " + c.Right.Kind.String(),
		"two values of one kind", "write both without quotes to compare them as versions"}
	switch {
	case c.Left.Kind == String || c.Right.Kind == String:
		s.hint = "write both in quotes or none of them"
	case c.Left.Kind == Integer || c.Right.Kind == Integer:
		s.hint = "a software version has at least three parts: 11-0-1MPP-376"
	}
	return newError(r.text, c.start, c.end, s)
}
