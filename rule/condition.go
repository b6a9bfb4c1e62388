package rule

import (
	"strings"
)

// Condition is a conjunction of comparisons (b.1), all of them literals: it
// was parsed after expansion.
type Condition struct {
	Comparisons []Comparison

	err  *SyntaxError // see Err
	text string       // as written, when it cannot be read
}

// Err says why the condition cannot be read; nil when it can. Only one inside a
// rule can have an error: it fails the rule when the phone comes to it, not
// before (c.1).
func (c *Condition) Err() *SyntaxError {
	if c.err == nil {
		return nil
	}
	return c.err.complete()
}

// Comparison is one of a condition's comparisons.
type Comparison struct {
	Left     Operand
	Operator Operator
	Right    Operand

	start, leftEnd, rightStart, end int // in the text that was parsed
}

// Operand is a literal.
type Operand struct {
	Kind OperandKind
	Text string // of a text without its quotes
}

// OperandKind is the kind of a literal. Only operands of one kind can be
// compared (b.4).
type OperandKind int

const (
	notLiteral OperandKind = iota
	Integer
	String
	Software // version
	Hardware // version
)

func (k OperandKind) String() string {
	return [...]string{"word", "number", "text", "software version", "hardware version"}[k]
}

// Operator compares two operands.
type Operator int

const (
	Equal Operator = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

// operators holds the two ways of writing each (b.1).
var operators = [...]struct{ word, symbol string }{
	Equal: {"eq", "="}, NotEqual: {"ne", "!="}, Less: {"lt", "<"},
	LessEqual: {"le", "<="}, Greater: {"gt", ">"}, GreaterEqual: {"ge", ">="},
}

// String is the operator as a word: "ge".
func (op Operator) String() string { return operators[op].word }

func parseOperator(text string) (Operator, bool) {
	for op, o := range operators {
		if text == o.word || text == o.symbol {
			return Operator(op), true
		}
	}
	return 0, false
}

// holds tells whether the operator is true of an order: -1, 0, 1.
func (op Operator) holds(order int) bool {
	return trueOf[op]>>(order+1)&1 != 0
}

// trueOf holds a bit for each order an operator is true of: less, equal, greater.
var trueOf = [...]uint8{Equal: 0b010, NotEqual: 0b101, Less: 0b001, LessEqual: 0b011, Greater: 0b100, GreaterEqual: 0b110}

// String is the operand as written in a condition.
func (o Operand) String() string {
	if o.Kind == String {
		return `"` + o.Text + `"`
	}
	return o.Text
}

func (c Comparison) String() string {
	return c.Left.String() + " " + c.Operator.String() + " " + c.Right.String()
}

func (c *Condition) String() string {
	if c.err != nil {
		return c.text
	}
	var b strings.Builder
	for i, comparison := range c.Comparisons {
		if i > 0 {
			b.WriteString(" and ")
		}
		b.WriteString(comparison.String())
	}
	return b.String()
}

// Eval tells whether every comparison is true. Kinds and operators were
// checked when it was parsed. A condition that could not be read is not true.
func (c *Condition) Eval() bool {
	for _, comparison := range c.Comparisons {
		if !comparison.Eval() {
			return false
		}
	}
	return c.err == nil
}

// Eval tells whether the comparison is true.
func (c Comparison) Eval() bool {
	x, y := literalOf(c.Left.Kind, c.Left.Text), literalOf(c.Right.Kind, c.Right.Text)
	return c.Operator.holds(x.compare(&y))
}

// literal is an operand made ready for comparing.
type literal struct {
	kind     OperandKind
	text     string // of a text
	negative bool   // of a number
	number   number
	version  version
}

// literalKind is the kind of an unquoted word.
func literalKind(word string) OperandKind {
	var l literal
	l.read(word)
	return l.kind
}

// read makes l the unquoted word; its kind stays notLiteral when it is none.
func (l *literal) read(word string) {
	if digits := strings.TrimPrefix(word, "-"); allDigits(digits) {
		l.kind = Integer
		l.number = parseNumber(digits)
		l.negative = len(digits) < len(word) && l.number != ""
		return
	}
	if l.version.readSoftware(word) {
		l.kind = Software
		return
	}
	var ok bool
	if l.version, ok = parseHardware(word); ok {
		l.kind = Hardware
	}
}

func literalOf(kind OperandKind, text string) (l literal) {
	if kind == String {
		return literal{kind: String, text: text}
	}
	l.read(text)
	return l
}

// compare orders two literals of one kind.
func (l *literal) compare(m *literal) int {
	switch l.kind {
	case Integer:
		switch {
		case l.negative && m.negative:
			return m.number.compare(l.number)
		case l.negative:
			return -1
		case m.negative:
			return 1
		}
		return l.number.compare(m.number)
	case String:
		return strings.Compare(l.text, m.text)
	}
	return l.version.compare(&m.version)
}

// ParseCondition reads a condition whose macros are expanded already.
func ParseCondition(text string) (*Condition, error) {
	return asError(parseCondition(text, 0, len(text)))
}

// word is a piece of a condition: a quoted text, a symbol or a word.
type word struct {
	kind       wordKind
	start, end int
}

type wordKind int

const (
	atEnd wordKind = iota
	quoted
	symbol
	bareWord
	unpaired // a quote without its partner
)

// wordAt reads the word at or after i: it runs up to a blank, a quote or a
// symbol (b.1).
func wordAt(text string, i, end int) word {
	for i < end && isBlank(text[i]) {
		i++
	}
	if i == end {
		return word{atEnd, i, i}
	}
	start := i
	switch text[i] {
	case '"':
		n := strings.IndexByte(text[i+1:end], '"')
		if n < 0 {
			return word{unpaired, start, end}
		}
		return word{quoted, start, i + 1 + n + 1}
	case '<', '>', '!':
		if i+1 < end && text[i+1] == '=' {
			return word{symbol, start, i + 2}
		}
		return word{symbol, start, i + 1}
	case '=':
		return word{symbol, start, i + 1}
	}
	for i < end && !endsWord(text[i]) {
		i++
	}
	return word{bareWord, start, i}
}

func endsWord(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '"', '<', '>', '=', '!':
		return true
	}
	return false
}

// conditionReader reads the comparisons in text[at:end].
type conditionReader struct {
	text    string
	at, end int
}

func parseCondition(text string, start, end int) (*Condition, *SyntaxError) {
	r := conditionReader{text, start, end}
	if r.peek().kind == atEnd {
		return nil, newError(text, start, end, emptyCondition)
	}
	c := new(Condition)
	for {
		comparison, err := r.comparison()
		if err != nil {
			return nil, err
		}
		c.Comparisons = append(c.Comparisons, comparison)
		switch w := r.next(); {
		case w.kind == atEnd:
			return c, nil
		case !r.isAnd(w):
			return nil, r.fail(w, afterComparison)
		}
	}
}

func (r *conditionReader) peek() word { return wordAt(r.text, r.at, r.end) }

func (r *conditionReader) next() word {
	w := r.peek()
	r.at = w.end
	return w
}

func (r *conditionReader) textOf(w word) string { return r.text[w.start:w.end] }

func (r *conditionReader) isAnd(w word) bool {
	return w.kind == bareWord && (r.textOf(w) == "and" || r.textOf(w) == "AND")
}

func (r *conditionReader) comparison() (c Comparison, err *SyntaxError) {
	first := r.next()
	if c.Left, err = r.operand(first, asLeft); err != nil {
		return c, err
	}
	w := r.next()
	op, ok := parseOperator(r.textOf(w))
	if !ok || w.kind != symbol && w.kind != bareWord {
		return c, r.fail(w, asOperator)
	}
	c.Operator = op
	last := r.next()
	if c.Right, err = r.operand(last, asRight); err != nil {
		return c, err
	}
	c.start, c.leftEnd, c.rightStart, c.end = first.start, first.end, last.start, last.end
	if c.Left.Kind != c.Right.Kind {
		return c, r.failKinds(c)
	}
	if c.Left.Kind == String && op != Equal && op != NotEqual {
		return c, newError(r.text, w.start, w.end, orderOfTexts)
	}
	return c, nil
}

func (r *conditionReader) operand(w word, as role) (Operand, *SyntaxError) {
	switch w.kind {
	case quoted:
		return Operand{String, r.text[w.start+1 : w.end-1]}, nil
	case bareWord:
		if kind := literalKind(r.textOf(w)); kind != notLiteral {
			return Operand{kind, r.textOf(w)}, nil
		}
	}
	return Operand{}, r.fail(w, as)
}
