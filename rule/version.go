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
	for i := range len(a) { // mostly a digit or two
		if a[i] != b[i] {
			return cmp.Compare(a[i], b[i])
		}
	}
	return 0
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
		if x.rest != y.rest {
			return strings.Compare(x.rest, y.rest)
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
	ok = v.readSoftware(text)
	return v, ok
}

// readSoftware sets v, which must be empty, from text.
func (v *version) readSoftware(text string) bool {
	at, ok := afterModel(text)
	if !ok {
		return false
	}
	text = strings.TrimSuffix(text, ".loads")
	count, marked := 0, -1 // marked: the first piece with MPP
	var last part          // a fifth piece
	for {
		piece := &last
		if count < len(v.parts) {
			piece = &v.parts[count]
		} else if count > len(v.parts) {
			return false
		}
		if at = piece.read(text, at); at < 0 {
			return false
		}
		if marked < 0 && strings.HasPrefix(piece.rest, "MPP") {
			marked = count
		}
		if count++; at == len(text) {
			break
		}
		if text[at] != '-' {
			return false
		}
		at++
	}
	switch {
	case marked >= 0:
		if marked != 2 && marked != 3 || count > marked+2 {
			return false
		}
		v.count = marked + 1
		if v.parts[marked].rest == "MPP" {
			v.parts[marked].rest = ""
		}
	case count == 3, count == 4:
		v.count = 3
	case count == 5:
		v.count = 4
	default:
		return false
	}
	if v.hasBuild = count > v.count; v.hasBuild {
		v.build = last.number
		if v.count < len(v.parts) {
			v.build = v.parts[v.count].number
			v.parts[v.count] = part{}
		}
	}
	return true
}

// afterModel is the offset behind "sip88xx.", which plays no part in comparing.
func afterModel(text string) (at int, ok bool) {
	if !strings.HasPrefix(text, "sip") {
		return 0, true
	}
	at = len("sip")
	for at < len(text) && inName[text[at]] {
		at++
	}
	if at == len("sip") || at == len(text) || text[at] != '.' {
		return 0, false
	}
	return at + 1, true
}

// read takes digits, then a rest of letters and digits, and gives the offset
// behind them; -1 when there is no digit.
func (p *part) read(text string, at int) int {
	start := at
	for at < len(text) && text[at] == '0' {
		at++
	}
	first := at // digit that counts
	for at < len(text) && isDigit(text[at]) {
		at++
	}
	if at == start {
		return -1
	}
	p.number = number(text[first:at])
	rest := at
	for at < len(text) && inName[text[at]] && text[at] != '_' {
		at++
	}
	p.rest = text[rest:at]
	return at
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
