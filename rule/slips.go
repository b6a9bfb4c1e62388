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

const (
	anOperand   = `a number, a "text" or a version`
	anOperator  = "an operator: eq ne lt le gt ge or = != < <= > >="
	aComparison = "a comparison such as $PRVTMR ge 600"
)

var expectedAs = [...]string{
	asLeft:          anOperand,
	asOperator:      anOperator,
	asRight:         anOperand,
	afterComparison: "and, or the end",
}

var (
	emptyCondition = slip{"empty-condition", "the condition is empty", aComparison, ""}
	orderOfTexts   = slip{"order-of-texts", "texts can only be equal or not equal", "eq or ne",
		"write numbers and versions without quotes to tell which is larger"}
	missingAnd = slip{"missing-and", "%q stands after a whole comparison", "and, or the end",
		"write and between two comparisons"}
	unpairedQuote = slip{"unpaired-quote", "the quote is not closed", `a second "`, ""}
)

const emptyMacroHint = `a macro that is empty leaves nothing: put it in quotes, as in "$A" eq ""`

// wrongWord is a word of a condition that cannot be what it had to be.
type wrongWord struct {
	text   string
	as     role
	before byte   // the character right before it, 0 when it is the first
	whole  string // the text it stands in, when that is the condition and nothing else
}

func (w wrongWord) isOperand() bool { return w.as == asLeft || w.as == asRight }

// isAnyOf compares without regard to case.
func (w wrongWord) isAnyOf(list ...string) bool {
	for _, s := range list {
		if strings.EqualFold(w.text, s) {
			return true
		}
	}
	return false
}

func (w wrongWord) isOperatorInOtherCase() bool {
	_, ok := parseOperator(strings.ToLower(w.text))
	return ok
}

// conditionSlips are the usual ways to get a condition wrong, the more telling
// ones first.
var conditionSlips = []struct {
	slip
	found func(w wrongWord) bool
}{
	{slip{"url-in-condition", "a condition cannot hold a URL", aComparison,
		"this is a resync URL, not a condition: it is opened in a browser; what stands after its ? belongs in Profile_Rule"},
		func(w wrongWord) bool {
			return strings.Contains(w.text, "/admin/resync") || strings.Contains(w.text, "/admin/upgrade")
		}},
	{slip{"url-in-condition", "a condition cannot hold a URL", aComparison,
		"URLs belong in Profile_Rule; a condition compares values"},
		func(w wrongWord) bool { return strings.Contains(w.text, "://") || strings.HasPrefix(w.text, "/") }},
	{slip{"options-in-condition", "a condition has no options", aComparison,
		"options and URLs belong in Profile_Rule; a condition compares values"},
		func(w wrongWord) bool { return w.text[0] == '[' }},
	{slip{"parentheses-in-trigger", "a trigger holds the bare condition", "the condition without parentheses and ?",
		"take ( and )? away: they belong in rules"},
		func(w wrongWord) bool {
			return w.text[0] == '(' && strings.HasSuffix(strings.TrimRight(w.whole, "?"+blanks), ")")
		}},
	{slip{"parentheses-in-condition", "%q: a condition has no parentheses inside", "",
		"comparisons are joined by and only; for or, write two alternatives with | between"},
		func(w wrongWord) bool {
			return w.text[0] == '(' || strings.HasSuffix(w.text, ")") && !strings.Contains(w.text, "(")
		}},
	{slip{"typographic-quote", "typographic quotes are not quotes", `straight quotes: "`,
		`write " in their place; word processors change it`},
		func(w wrongWord) bool { return strings.ContainsAny(w.text, "“”„‟«»‘’‚") }},
	{slip{"single-quote", "%q: single quotes are not quotes", `a text in double quotes`, `write "…"`},
		func(w wrongWord) bool { return w.text[0] == '\'' }},
	{slip{"brace-macro", "%q: braces make no macro", "", "write $(NAME) with round brackets"},
		func(w wrongWord) bool { return strings.HasPrefix(w.text, "${") }},
	{slip{"unknown-macro", "%q is no macro the phone knows, so it stays as text", anOperand,
		"names are upper case; write $(NAME) where a letter, digit or _ follows"},
		func(w wrongWord) bool { return w.text[0] == '$' && w.isOperand() }},
	{slip{"or", "%q: comparisons are joined by and only", "and",
		"for or, write two alternatives, (A)? url | (B)? url, or use both Resync_Trigger_1 and _2"},
		func(w wrongWord) bool { return w.isAnyOf("or", "xor") || w.text[0] == '|' }},
	{slip{"ampersands", "%q joins nothing", "and", "write and"},
		func(w wrongWord) bool { return w.text[0] == '&' }},
	{slip{"double-equal", "== is no operator", "eq or =", "write eq or a single ="},
		func(w wrongWord) bool { return w.text == "=" && w.before == '=' }},
	{slip{"not-equal", "<> is no operator", "ne or !=", "write ne or !="},
		func(w wrongWord) bool { return w.text[0] == '>' && w.before == '<' }},
	{slip{"order-of-symbols", "the = stands behind < and >", "<= or >=", "write <= or >="},
		func(w wrongWord) bool { return (w.text == "<" || w.text == ">") && w.before == '=' }},
	{slip{"lone-exclamation", "! alone is no operator", "ne or !=",
		"write two operands with ne between: $SWVER ne 11-0-1MPP-376"},
		func(w wrongWord) bool { return w.text == "!" }},
	{slip{"case-of-and", "%q is written and", "and or AND", "write and"},
		func(w wrongWord) bool { return w.as == afterComparison && w.isAnyOf("and") }},
	{slip{"case-of-operator", "%q: operators are written in lower case", "eq ne lt le gt ge", "write it in lower case"},
		func(w wrongWord) bool { return w.as == asOperator && w.isOperatorInOtherCase() }},
	{slip{"missing-left", "nothing stands before %q", anOperand, emptyMacroHint},
		func(w wrongWord) bool { return w.as == asLeft && w.isOperatorInOtherCase() }},
	{slip{"missing-right", "nothing stands between the operator and %q", anOperand, emptyMacroHint},
		func(w wrongWord) bool { return w.as == asRight && w.isAnyOf("and") }},
	{slip{"unknown-operator", "%q is no operator", anOperator, "write eq for equal, ne for not equal"},
		func(w wrongWord) bool {
			return w.as == asOperator && w.isAnyOf("is", "equals", "equal", "not", "isnot", "contains", "like", "in", "neq", "lte", "gte", "~", "matches")
		}},
	{slip{"version-placeholder", "%q is no version: BN stands for a number", "a software version such as 11-0-1MPP-376",
		"write the number of the build in the place of BN"},
		func(w wrongWord) bool { return w.isOperand() && strings.HasSuffix(w.text, "-BN") }},
	{slip{"version-form", "%q is no software version", "three to five parts with - between, each beginning with a digit",
		"write it as the file name has it: sip88xx.11-0-1MPP-376"},
		func(w wrongWord) bool {
			return w.isOperand() && (strings.HasPrefix(w.text, "sip") || isDigit(w.text[0]) && strings.Contains(w.text, "-"))
		}},
	{slip{"number-form", "%q is neither a number nor a version", "decimal digits, with - before a negative number", ""},
		func(w wrongWord) bool {
			return w.isOperand() && (w.text[0] == '+' || w.text[0] == '-' || isDigit(w.text[0]))
		}},
	{slip{"unquoted-text", "%q is not in quotes", anOperand, `write texts in double quotes: "Installed"`},
		func(w wrongWord) bool { return w.isOperand() && (isLetter(w.text[0]) || w.text[0] >= 0x80) }},
}

// fail is the error for a word that cannot be what it had to be.
func (r *conditionReader) fail(w word, as role) *SyntaxError {
	switch w.kind {
	case atEnd:
		return newError(r.text, w.start, w.end, missingWord(as))
	case unpaired:
		return newError(r.text, w.start, w.end, unpairedQuote)
	case quoted:
		if as == afterComparison {
			return newError(r.text, w.start, w.end, missingAnd)
		}
		return newError(r.text, w.start, w.end, slip{"missing-operator", "%q stands where an operator has to be", anOperator, ""})
	}
	wrong := wrongWord{text: r.textOf(w), as: as}
	if w.start > 0 {
		wrong.before = r.text[w.start-1]
	}
	if r.end == len(r.text) {
		wrong.whole = r.text
	}
	for _, s := range conditionSlips {
		if s.found(wrong) {
			if w.kind == symbol && strings.IndexByte("=<>", wrong.before) >= 0 {
				w.start-- // show both characters of ==
			}
			return newError(r.text, w.start, w.end, s.slip)
		}
	}
	if as == afterComparison {
		return newError(r.text, w.start, w.end, missingAnd)
	}
	return newError(r.text, w.start, w.end, slip{"unexpected-word", "%q cannot stand here", expectedAs[as], ""})
}

// missingWord is the slip of a condition that ends too early.
func missingWord(as role) slip {
	if as == asOperator {
		return slip{"missing-operator", "the condition ends without an operator", anOperator, `a condition compares two values: "$A" ne ""`}
	}
	return slip{"missing-right", "the condition ends too early", expectedAs[as], emptyMacroHint}
}

// failKinds is the error for operands that cannot be compared.
func (r *conditionReader) failKinds(c Comparison) *SyntaxError {
	s := slip{"mixed-kinds", "a " + c.Left.Kind.String() + " cannot be compared with a " + c.Right.Kind.String(),
		"two values of one kind", "software and hardware versions are written differently: 11-0-1MPP-376 and 2.0.1"}
	switch {
	case c.Left.Kind == String || c.Right.Kind == String:
		s.hint = "write both in quotes or none of them"
	case c.Left.Kind == Integer || c.Right.Kind == Integer:
		s.hint = "a software version has at least three parts: 11-0-1MPP-376"
	}
	return newError(r.text, c.start, c.end, s)
}
