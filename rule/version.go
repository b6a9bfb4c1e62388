package rule

import (
	"cmp"
	"fmt"
	"strings"
)

// number is a non-negative decimal number of any size: its digits without
// leading zeros, so 0 is empty.
type number string

func parseNumber(digits string) number { return number(strings.TrimLeft(digits, "0")) }

func (a number) compare(b number) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(string(a), string(b))
}

func (a number) String() string {
	if a == "" {
		return "0"
	}
	return string(a)
}

// version is a software or hardware version, taken apart.
type version struct {
	parts    [4]part
	count    int
	build    number // of software
	hasBuild bool
	tail     string // of hardware: the "b" of 2.0.6(b)
}

// part is one part of a version: 1MSR3 is the number 1 and the rest "MSR3".
type part struct {
	number number
	rest   string
}

// compare orders two versions of one kind: part by part, a missing one counting
// as 0, then the builds when both have one, then the tails (b.6, b.8).
func (a *version) compare(b *version) int {
	for i := range max(a.count, b.count) { // a part not there is the zero part
		x, y := &a.parts[i], &b.parts[i]
		if c := x.number.compare(y.number); c != 0 {
			return c
		}
		if c := strings.Compare(x.rest, y.rest); c != 0 {
			return c
		}
	}
	if a.hasBuild && b.hasBuild {
		if c := a.build.compare(b.build); c != 0 {
			return c
		}
	}
	return strings.Compare(a.tail, b.tail)
}

// parseSoftware reads a software version such as sip88xx.11-0-1MPP-376 (b.6).
func parseSoftware(text string) (v version, ok bool) {
	if text, ok = cutModel(text); !ok {
		return v, false
	}
	text = strings.TrimSuffix(text, ".loads")
	var pieces [5]part
	count, marked := 0, -1 // marked: the first piece with MPP
	for more := true; more; count++ {
		var piece string
		piece, text, more = strings.Cut(text, "-")
		if count == len(pieces) {
			return v, false
		}
		if pieces[count], ok = parsePart(piece); !ok {
			return v, false
		}
		if marked < 0 && strings.HasPrefix(pieces[count].rest, "MPP") {
			marked = count
		}
	}
	switch {
	case marked >= 0:
		if marked != 2 && marked != 3 || count > marked+2 {
			return v, false
		}
		v.count = marked + 1
		if pieces[marked].rest == "MPP" {
			pieces[marked].rest = ""
		}
	case count == 3, count == 4:
		v.count = 3
	case count == 5:
		v.count = 4
	default:
		return v, false
	}
	copy(v.parts[:], pieces[:v.count])
	if count > v.count {
		v.build, v.hasBuild = pieces[v.count].number, true
	}
	return v, true
}

// cutModel takes "sip88xx." off, which plays no part in comparing.
func cutModel(text string) (rest string, ok bool) {
	if !strings.HasPrefix(text, "sip") {
		return text, true
	}
	n := len("sip")
	for n < len(text) && inName[text[n]] {
		n++
	}
	if n == len("sip") || n == len(text) || text[n] != '.' {
		return text, false
	}
	return text[n+1:], true
}

// parsePart reads digits and a rest of letters and digits.
func parsePart(text string) (p part, ok bool) {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	for _, c := range []byte(text[n:]) {
		if !isLetter(c) && !isDigit(c) {
			return p, false
		}
	}
	return part{parseNumber(text[:n]), text[n:]}, n > 0
}

// parseHardware reads a hardware version such as 2.0.6(b) (b.8).
func parseHardware(text string) (v version, ok bool) {
	if open := strings.IndexByte(text, '('); open >= 0 {
		v.tail, ok = strings.CutSuffix(text[open+1:], ")")
		if !ok || v.tail == "" {
			return v, false
		}
		for _, c := range []byte(v.tail) {
			if !isLetter(c) && !isDigit(c) {
				return v, false
			}
		}
		text = text[:open]
	}
	for more := true; more; v.count++ {
		var digits string
		digits, text, more = strings.Cut(text, ".")
		if v.count == len(v.parts) || !allDigits(digits) {
			return v, false
		}
		v.parts[v.count].number = parseNumber(digits)
	}
	return v, v.count >= 2
}

func allDigits(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			return false
		}
	}
	return text != ""
}

// CompareVersions orders two versions of one kind, software (b.6) or hardware
// (b.8): -1, 0, 1.
func CompareVersions(a, b string) (int, error) {
	for _, parse := range []func(string) (version, bool){parseSoftware, parseHardware} {
		x, okX := parse(a)
		y, okY := parse(b)
		if okX && okY {
			return x.compare(&y), nil
		}
	}
	for _, text := range []string{a, b} {
		if k := literalKind(text); k != Software && k != Hardware {
			return 0, fmt.Errorf("%q is not a version: %s", text, versionForm)
		}
	}
	return 0, fmt.Errorf("%q and %q are versions of different kinds", a, b)
}

const versionForm = "software is written as 11-0-1MPP-376, hardware as 2.0.1"
