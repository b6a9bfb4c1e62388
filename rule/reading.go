package rule

import (
	"sort"
	"strings"
)

// reading is a text as a phone reads it: expanded, then parsed as its place
// asks. Check and Explain tell about it.
type reading struct {
	place Place
	phone *Phone
	*expansion

	// One of these by place; a text that cannot be read has err.
	rule      *ProfileRule
	reports   []Report
	condition *Condition // nil when the trigger is not set
	delays    Delays
	err       *SyntaxError
}

// read reads text as phone does; without a phone, as a sample phone.
func read(place Place, text string, phone *Phone) *reading {
	if phone == nil {
		phone = Sample("CP-8861-3PCC")
	}
	r := &reading{place: place, phone: phone, expansion: expandPlace(place, text, phone)}
	switch place {
	case PlaceProfileRule, PlaceUpgradeRule:
		r.rule, r.err = parseRule(r.text, place)
	case PlaceReportRule:
		r.reports, r.err = parseReports(r.text)
	case PlaceTrigger:
		if strings.Trim(r.text, blanks) != "" { // all blank is not set (b.5)
			r.condition, r.err = parseCondition(r.text, 0, len(r.text))
		}
	case PlaceDelays:
		r.delays, r.err = parseDelays(r.text)
	}
	return r
}

// isRule tells whether the place knows options and URLs.
func (p Place) isRule() bool {
	return p == PlaceProfileRule || p == PlaceUpgradeRule || p == PlaceReportRule
}

// expansion is an expanded text that remembers where its pieces come from.
type expansion struct {
	source    string // before expansion
	text      string // after
	pieces    []expandedPiece
	arguments []argument // of --key, --uid and --pwd in source
	operation []int      // of a message: the offsets behind each %s in the template, once filled in
}

// expandedPiece is a token of the source and what became of it.
type expandedPiece struct {
	Token
	source     span // where it is written
	start, end int  // in text
	known      bool // a macro with a value
	secret     bool // whose value nobody is shown
}

// playedOperation is what %s of a message stands for when nothing is known of
// the occasion.
const playedOperation = "resync"

func expandPlace(place Place, source string, phone *Phone) *expansion {
	x := &expansion{source: source}
	template := source
	switch {
	case place == PlaceDelays: // no macros there (a.9)
		x.text = source
		x.pieces = []expandedPiece{{Token: Token{Text: source}, source: span{0, len(source)}, end: len(source)}}
		return x
	case place == PlaceMessage:
		template = strings.ReplaceAll(source, "%s", playedOperation)
		parts := strings.Split(source, "%s")
		filled := 0
		for _, part := range parts[:len(parts)-1] {
			filled += len(part) + len(playedOperation)
			x.operation = append(x.operation, filled)
		}
	case place.isRule():
		x.arguments = optionArguments(source)
	}
	var text []byte
	inside := x.arguments // those not passed yet
	for _, token := range Tokens(template) {
		p := expandedPiece{Token: token, start: len(text)}
		for len(inside) > 0 && inside[0].end <= token.Offset {
			inside = inside[1:]
		}
		isArgument := len(inside) > 0 && inside[0].start <= token.Offset
		switch token.Kind {
		case Plain:
			text = append(text, token.Text...)
		case Escape:
			text = append(text, '$')
		case MacroRef:
			var value string
			if value, p.known = phone.Macro(token.Name); !p.known && isArgument {
				value, p.known = phone.Secret(token.Name)
				p.secret = p.known
			}
			p.secret = p.secret || isArgument && inside[0].option != "--uid"
			if p.known {
				value = macro{token.Name, token.From, token.Length}.of(value)
			} else {
				value = token.Text
			}
			text = append(text, value...)
		}
		p.end = len(text)
		p.source = span{x.unfilled(token.Offset), x.unfilled(token.Offset + len(token.Text))}
		x.pieces = append(x.pieces, p)
	}
	x.text = string(text)
	return x
}

// unfilled is the offset in the source for one in the template with its %s
// filled in; inside an operation, that of its %s.
func (x *expansion) unfilled(offset int) int {
	passed := sort.SearchInts(x.operation, offset+1)
	if passed < len(x.operation) {
		offset = min(offset, x.operation[passed]-len(playedOperation))
	}
	return offset - passed*(len(playedOperation)-len("%s"))
}

// pieceAt is the piece the character at an offset came from, nil at the end.
func (x *expansion) pieceAt(offset int) *expandedPiece {
	i := sort.Search(len(x.pieces), func(i int) bool { return x.pieces[i].end > offset })
	if i == len(x.pieces) {
		return nil
	}
	return &x.pieces[i]
}

// inSource is where a span of the expanded text was written: of a macro, all
// of it.
func (x *expansion) inSource(at span) span {
	found := span{len(x.source), len(x.source)}
	if p := x.pieceAt(at.start); p != nil {
		found.start = p.source.start
		if p.Kind == Plain {
			found.start += at.start - p.start
		}
	}
	found.end = found.start
	if at.end <= at.start {
		return found
	}
	if p := x.pieceAt(at.end - 1); p != nil {
		found.end = p.source.end
		if p.Kind == Plain {
			found.end = p.source.start + at.end - p.start
		}
	}
	return found
}

// macros are the macros whose values take part in a span of the expanded text.
// An empty one takes part where it lies between others.
func (x *expansion) macros(at span) []*expandedPiece {
	var found []*expandedPiece
	first := sort.Search(len(x.pieces), func(i int) bool { return x.pieces[i].start >= at.start })
	for i := first; i < len(x.pieces) && x.pieces[i].end <= at.end; i++ {
		if p := &x.pieces[i]; p.Kind == MacroRef && p.known {
			found = append(found, p)
		}
	}
	return found
}

// sourceSecrets are the pieces of the source that nobody is shown: keys and
// passwords written out. $SC as an argument tells nothing.
func (x *expansion) sourceSecrets() secrets {
	var spans []span
	for _, arg := range x.arguments {
		written := x.source[arg.start:arg.end]
		tokens := Tokens(written)
		isMacro := len(tokens) == 1 && tokens[0].Kind == MacroRef && arg.end >= arg.until-1
		if arg.option != "--uid" && !isMacro && arg.start < arg.until {
			spans = append(spans, arg.span())
		}
	}
	return otherSecrets(x.source, spans)
}

// textSecrets are those of the expanded text.
func (x *expansion) textSecrets() secrets {
	spans := secretsIn(x.text).spans
	for _, p := range x.pieces {
		if p.secret && p.start < p.end {
			spans = append(spans, span{p.start, p.end})
		}
	}
	return newSecrets(spans)
}

// sourceError is an error of the expanded text shown in the source, where
// somebody can mend it.
func (x *expansion) sourceError(err *SyntaxError) *SyntaxError {
	piece := x.textSecrets().piece(x.text, span{err.start, err.end})
	at := x.inSource(span{err.start, err.end})

	if p := x.emptyMacro(err); p != nil {
		e := err.showing(x.source, x.sourceSecrets(), p.source, piece)
		e.Hint = p.Token.Text + ` is empty here: write "` + p.Token.Text + `" in quotes`
		if p.secret {
			e.Hint = p.Token.Text + " is empty here: set GPP_" + p.Name
		}
		return e
	}
	e := err.showing(x.source, x.sourceSecrets(), at, piece)
	p := x.pieceAt(err.start)
	switch {
	case p == nil || p.Kind != MacroRef:
	case p.known:
		e.Message += ", in the value of " + p.Token.Text
	default:
		if better := suggestion(p.Name); better != "" {
			e.Hint = better
		}
	}
	return e
}

// emptyMacro is the macro that gave nothing where an operand or the argument of
// an option is missing.
func (x *expansion) emptyMacro(err *SyntaxError) *expandedPiece {
	var at span // the blanks in which it has to be
	switch err.slip.id {
	case "missing-left", "missing-right":
		at = span{len(strings.TrimRight(x.text[:err.start], blanks)), err.start}
	case "missing-argument":
		at = span{err.end, len(x.text) - len(strings.TrimLeft(x.text[err.end:], blanks))}
	}
	for _, p := range x.macros(at) {
		if p.start == p.end {
			return p
		}
	}
	return nil
}
