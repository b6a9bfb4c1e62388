package rule

import "strconv"

// verdict is what can be said of a condition without knowing the phone.
type verdict struct {
	never  []Comparison // cannot all be true together
	always []Comparison // true of every phone
}

// judge looks for comparisons that no phone, or every phone, makes true: of two
// literals, against the values a macro can have, and against each other.
func (x *expansion) judge(c *Condition) verdict {
	var v verdict
	operands := map[string][]constraint{}
	var names []string // in order
	for _, comparison := range c.Comparisons {
		k, fixed := x.constraint(comparison)
		switch {
		case fixed && comparison.Eval():
			v.always = append(v.always, comparison)
		case fixed:
			v.never = append(v.never, comparison)
		case k.operand != "":
			if operands[k.operand] == nil {
				names = append(names, k.operand)
			}
			operands[k.operand] = append(operands[k.operand], k)
		}
	}
	for _, name := range names {
		list := operands[name]
		candidates := candidatesFor(list)
		if !anyHolds(candidates, list) {
			for _, k := range list {
				v.never = append(v.never, k.comparison)
			}
			continue
		}
		for _, k := range list {
			if allHold(candidates, k) {
				v.always = append(v.always, k.comparison)
			}
		}
	}
	return v
}

// constraint is a comparison of something that depends on the phone with a
// literal, turned so that the literal stands on the right.
type constraint struct {
	operand    string // as written: "$PRVST", with its quotes
	name       string // of the macro when the operand is that and nothing else
	operator   Operator
	literal    literal
	comparison Comparison
}

// constraint is fixed when the comparison does not depend on the phone; it has
// no operand when both sides do.
func (x *expansion) constraint(c Comparison) (k constraint, fixed bool) {
	if p := x.pieceAt(c.start); p != nil && p.Kind == MacroRef && p.end > c.leftEnd {
		return k, false // the condition itself comes out of a macro
	}
	left, right := span{c.start, c.leftEnd}, span{c.rightStart, c.end}
	hasLeft, hasRight := len(x.macros(left)) > 0, len(x.macros(right)) > 0
	k = constraint{operator: c.Operator, comparison: c}
	switch {
	case !hasLeft && !hasRight:
		return k, true
	case hasLeft && hasRight:
		return k, false
	case hasRight:
		left = right
		k.operator = mirrored[c.Operator]
		k.literal = literalOf(c.Left.Kind, c.Left.Text)
	default:
		k.literal = literalOf(c.Right.Kind, c.Right.Text)
	}
	at := x.inSource(left)
	k.operand = x.source[at.start:at.end]
	m := x.macros(left)[0]
	if written := m.Token.Text; m.From == 0 && m.Length < 0 && (k.operand == written || k.operand == `"`+written+`"`) {
		k.name = m.Name
	}
	return k, false
}

// mirrored is each operator with its sides swapped.
var mirrored = [...]Operator{Equal: Equal, NotEqual: NotEqual, Less: Greater, LessEqual: GreaterEqual, Greater: Less, GreaterEqual: LessEqual}

// candidate is a value to try: a literal, or one just beside it.
type candidate struct {
	literal literal
	beside  int // -1 just below, 1 just above
}

func (c candidate) satisfies(k constraint) bool {
	if c.literal.kind != k.literal.kind {
		return true // says nothing
	}
	order := c.literal.compare(&k.literal)
	if order == 0 {
		order = c.beside
	}
	return k.operator.holds(order)
}

// macroValues are the values a macro can have, where they are few (a.2).
var macroValues = map[string][]string{
	"PRVST": {"-1", "0", "1", "2"}, "UPGST": {"1", "2"}, "ISCUST": {"0", "1"},
	"CCERT": {"Installed", "Not Installed"}, "UPGCOND": {"true"},
}

// isTimer tells the macros that are never negative.
func isTimer(name string) bool {
	return name == "PRVTMR" || name == "UPGTMR" || name == "REGTMR1" || name == "REGTMR2"
}

// candidatesFor are values enough to try: if any satisfies all constraints, one
// of these does, because what satisfies them begins and ends beside a literal.
func candidatesFor(list []constraint) []candidate {
	var candidates []candidate
	if values := macroValues[list[0].name]; values != nil {
		for _, value := range values {
			l := literal{kind: String, text: value}
			if list[0].literal.kind != String {
				l = literalOf(Integer, value)
			}
			candidates = append(candidates, candidate{literal: l})
		}
		return candidates
	}
	for _, k := range list {
		if k.literal.kind == Integer {
			candidates = append(candidates, integersAt(k)...)
			continue
		}
		// Of texts, the one beside stands for any other text.
		candidates = append(candidates, candidate{literal: k.literal, beside: -1}, candidate{literal: k.literal}, candidate{literal: k.literal, beside: 1})
	}
	return candidates
}

// integersAt are the number of a constraint and its neighbours.
func integersAt(k constraint) []candidate {
	text := k.literal.number.String()
	if k.literal.negative {
		text = "-" + text
	}
	n, err := strconv.ParseInt(text, 10, 62)
	if err != nil { // a number of that size is left alone
		return []candidate{{k.literal, -1}, {k.literal, 0}, {k.literal, 1}}
	}
	var candidates []candidate
	for _, value := range []int64{n - 1, n, n + 1} {
		if value >= 0 || !isTimer(k.name) {
			candidates = append(candidates, candidate{literal: literalOf(Integer, strconv.FormatInt(value, 10))})
		}
	}
	return candidates
}

func anyHolds(candidates []candidate, list []constraint) bool {
	for _, c := range candidates {
		holds := true
		for _, k := range list {
			holds = holds && c.satisfies(k)
		}
		if holds {
			return true
		}
	}
	return false
}

func allHold(candidates []candidate, k constraint) bool {
	for _, c := range candidates {
		if !c.satisfies(k) {
			return false
		}
	}
	return len(candidates) > 0
}
