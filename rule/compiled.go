package rule

import (
	"cmp"
	"strings"
)

// CompiledCondition is a condition whose macros are not expanded yet, read
// once to be evaluated many times.
type CompiledCondition struct {
	text        string
	comparisons []compiledComparison // none: nothing can be said before expansion
}

type compiledComparison struct {
	// The usual comparison is of one macro with a literal. It is kept turned so
	// that the literal stands on the right.
	form     form
	operator Operator
	macro    macro
	small    int64  // the literal of againstNumber
	text     string // that of againstText

	left, right compiledOperand // turned too
}

// form tells which way a comparison can be evaluated.
type form int

const (
	anyForm        form = iota
	againstNumber       // $NAME with a number of usual size
	againstVersion      // $NAME with a software version
	againstText         // "$NAME" with a text
)

// compiledOperand is a literal, one macro, or a text in quotes with macros.
type compiledOperand struct {
	literal literal   // when both others are nil
	macro   *macro    // a bare one
	quoted  *Template // what is between the quotes
}

// CompileCondition prepares a condition. [CompiledCondition.Eval] gives what
// [Expand], [ParseCondition] and [Condition.Eval] give together.
func CompileCondition(text string) *CompiledCondition {
	c := &CompiledCondition{text: text}
	for at := 0; ; {
		comparison, after, ok := compileComparison(text, at)
		if !ok {
			c.comparisons = nil
			return c
		}
		c.comparisons = append(c.comparisons, comparison)
		w := wordAt(text, after, len(text))
		switch joint := text[w.start:w.end]; {
		case w.kind == atEnd:
			return c
		case joint != "and" && joint != "AND":
			c.comparisons = nil
			return c
		}
		at = w.end
	}
}

func compileComparison(text string, at int) (c compiledComparison, after int, ok bool) {
	left := wordAt(text, at, len(text))
	sign := wordAt(text, left.end, len(text))
	right := wordAt(text, sign.end, len(text))
	if c.left, ok = compileOperand(text, left); !ok {
		return c, 0, false
	}
	if c.right, ok = compileOperand(text, right); !ok {
		return c, 0, false
	}
	c.operator, ok = parseOperator(text[sign.start:sign.end])
	c.choose()
	return c, right.end, ok && (sign.kind == symbol || sign.kind == bareWord)
}

// choose turns the comparison and finds its form.
func (c *compiledComparison) choose() {
	if c.left.isLiteral() && !c.right.isLiteral() {
		c.left, c.right = c.right, c.left
		c.operator = mirrored[c.operator]
	}
	if !c.right.isLiteral() {
		return
	}
	switch right := &c.right.literal; {
	case right.kind == Integer && c.left.macro != nil:
		if n, ok := smallNumber(string(right.number)); ok || right.number == "" {
			c.form, c.macro, c.small = againstNumber, *c.left.macro, n
			if right.negative {
				c.small = -n
			}
		}
	case right.kind == Software && c.left.macro != nil:
		c.form, c.macro = againstVersion, *c.left.macro
	case right.kind == String && c.operator <= NotEqual && c.left.quoted != nil && len(c.left.quoted.pieces) == 1:
		if only := c.left.quoted.pieces[0]; only.plain == "" && only.written != "" {
			c.form, c.macro, c.text = againstText, only.macro, right.text
		}
	}
}

func (o *compiledOperand) isLiteral() bool { return o.macro == nil && o.quoted == nil }

// smallNumber reads an integer that fits.
func smallNumber(text string) (n int64, ok bool) {
	digits := text
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

func compileOperand(text string, w word) (o compiledOperand, ok bool) {
	written := text[w.start:w.end]
	switch w.kind {
	case quoted:
		inside := written[1 : len(written)-1]
		if strings.IndexByte(inside, '$') >= 0 {
			o.quoted = Compile(inside)
		}
		o.literal = literal{kind: String, text: inside}
		return o, true
	case bareWord:
		if written[0] == '$' {
			m, n := macroAt(written)
			o.macro = &m
			return o, n == len(written) && m.name != ""
		}
		o.literal.read(written)
		return o, o.literal.kind != notLiteral
	}
	return o, false
}

// Eval evaluates the condition with the values macros gives now. The error is
// a *SyntaxError about the expanded text.
func (c *CompiledCondition) Eval(macros Lookup) (bool, error) {
	if len(c.comparisons) == 0 {
		return c.parse(macros)
	}
	result := true
	for i := range c.comparisons {
		// All have to be readable, also behind one that is false (b.1).
		holds, ok := c.comparisons[i].eval(macros)
		if !ok {
			return c.parse(macros)
		}
		result = result && holds
	}
	return result, nil
}

// parse is the way for texts whose structure, or errors, only show expanded.
func (c *CompiledCondition) parse(macros Lookup) (bool, error) {
	parsed, err := ParseCondition(Expand(c.text, macros))
	if err != nil {
		return false, err
	}
	return parsed.Eval(), nil
}

// eval is not ok where the values make it no comparison of two literals of one
// kind.
func (c *compiledComparison) eval(macros Lookup) (holds, ok bool) {
	if c.form == anyForm {
		return c.evalAny(macros)
	}
	value, ok := macros(c.macro.name)
	if !ok {
		return c.evalAny(macros)
	}
	if c.macro.from > 0 || c.macro.length >= 0 {
		value = c.macro.of(value)
	}
	switch c.form {
	case againstNumber:
		if n, ok := smallNumber(value); ok {
			return c.operator.holds(cmp.Compare(n, c.small)), true
		}
	case againstVersion:
		var v version
		if v.readSoftware(value) {
			return c.operator.holds(v.compare(&c.right.literal.version)), true
		}
	case againstText:
		if value == c.text {
			return c.operator == Equal, true
		}
		return c.operator == NotEqual, strings.IndexByte(value, '"') < 0
	}
	return c.evalAny(macros)
}

// evalAny evaluates a comparison of any form.
func (c *compiledComparison) evalAny(macros Lookup) (holds, ok bool) {
	if c.left.literal.kind == String || c.right.literal.kind == String {
		if c.left.literal.kind != c.right.literal.kind || c.operator > NotEqual {
			return false, false
		}
		equal, ok := equalTexts(&c.left, &c.right, macros)
		return equal == (c.operator == Equal), ok
	}
	if c.right.macro == nil {
		return c.against(&c.right.literal, macros)
	}
	var right literal
	right.readMacro(c.right.macro, macros)
	return c.against(&right, macros)
}

// against compares the left side with a literal.
func (c *compiledComparison) against(right *literal, macros Lookup) (holds, ok bool) {
	left := &c.left.literal
	if c.left.macro != nil {
		left = new(literal)
		left.readMacro(c.left.macro, macros)
	}
	if left.kind != right.kind || left.kind == notLiteral {
		return false, false
	}
	return c.operator.holds(left.compare(right)), true
}

// readMacro makes l what a macro gives.
func (l *literal) readMacro(m *macro, macros Lookup) {
	if value, ok := macros(m.name); ok {
		l.read(m.of(value))
	}
}

// equalTexts compares two texts in quotes. It is not ok where a value brings a
// quote, which ends the text before its time.
func equalTexts(a, b *compiledOperand, macros Lookup) (equal, ok bool) {
	x, y := newTextReader(a, macros), newTextReader(b, macros)
	equal = true
	for x.fill() && y.fill() {
		n := min(len(x.rest), len(y.rest))
		equal = equal && x.rest[:n] == y.rest[:n]
		x.rest, y.rest = x.rest[n:], y.rest[n:]
	}
	equal = equal && x.rest == "" && y.rest == ""
	for x.fill() || y.fill() { // what is left may still hold a quote
		equal = false
		x.rest, y.rest = "", ""
	}
	return equal, !x.broken && !y.broken
}

// textReader gives an expanded text in stretches.
type textReader struct {
	rest    string // of the stretch at hand
	pieces  []piece
	inMacro bool // the macro of the first piece comes next
	macros  Lookup
	broken  bool // a value held a quote
}

func newTextReader(o *compiledOperand, macros Lookup) textReader {
	if o.quoted == nil {
		return textReader{rest: o.literal.text}
	}
	return textReader{pieces: o.quoted.pieces, macros: macros}
}

// fill makes rest the next stretch that is not empty; false at the end.
func (r *textReader) fill() bool {
	for r.rest == "" && len(r.pieces) > 0 {
		p := &r.pieces[0]
		if !r.inMacro {
			r.rest, r.inMacro = p.plain, true
			continue
		}
		r.pieces, r.inMacro = r.pieces[1:], false
		if p.written == "" {
			continue
		}
		value, ok := r.macros(p.macro.name)
		if !ok {
			r.rest = p.written
			continue
		}
		r.rest = p.macro.of(value)
		r.broken = r.broken || strings.IndexByte(r.rest, '"') >= 0
	}
	return r.rest != ""
}
