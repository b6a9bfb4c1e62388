package schema

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"profilegen/rule"
)

// variant is another way to write a value of an enum that some phone or
// document shows (variants.tsv).
type variant struct{ written, value, source string }

// addVariant takes a row of variants.tsv: element, written, value, source.
func (c *Catalog) addVariant(cells []string) error {
	p := c.record(cells[0])
	if p == nil || !slices.Contains(p.Values, cells[2]) {
		return errNoValue
	}
	p.variants = append(p.variants, variant{cells[1], cells[2], cells[3]})
	return nil
}

// checkBool takes Yes and No. Dumps write nothing else; the type list of the
// guides has them in lower case, so other cases are only doubtful.
func (p *Parameter) checkBool(text string) *fault {
	if text == "Yes" || text == "No" {
		return nil
	}
	return p.notAllowed(text, yesNo, map[string]string{
		"1": "Yes", "true": "Yes", "on": "Yes", "enable": "Yes", "enabled": "Yes", "y": "Yes",
		"0": "No", "false": "No", "off": "No", "disable": "No", "disabled": "No", "n": "No",
	})
}

var yesNo = []string{"Yes", "No"}

// checkEnum takes exactly the listed texts, blanks and case included.
func (p *Parameter) checkEnum(text string) *fault {
	if slices.Contains(p.Values, text) {
		return nil
	}
	for _, v := range p.variants {
		if v.written == text {
			return (&fault{
				id: "other-spelling", severity: rule.Note, length: len(text),
				summary: strconv.Quote(text) + " is another way to write " + strconv.Quote(v.value),
				hint:    "most phones write " + v.value, source: v.source,
			}).mend(v.value)
		}
	}
	return p.notAllowed(text, p.Values, nil)
}

// notAllowed is the fault of a text that is not one of values, with the one
// that was probably meant.
func (p *Parameter) notAllowed(text string, values []string, synonyms map[string]string) *fault {
	f := &fault{
		id: "not-allowed", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a value of " + p.Label,
		hint:    "one of " + strings.Join(values, ", "),
	}
	if len(values) > 12 {
		f.hint = "one of " + strings.Join(values[:12], ", ") + " and " + strconv.Itoa(len(values)-12) + " more"
	}
	for _, v := range values {
		if strings.EqualFold(v, text) {
			f.id, f.severity = "value-case", rule.Warning
			f.summary = strconv.Quote(text) + " is written " + strconv.Quote(v) + "; case counts"
			f.hint = "write " + v
			f.source = "AGF"
			return f.mend(v)
		}
	}
	if v, ok := synonyms[strings.ToLower(text)]; ok {
		f.hint = "write " + v
		return f.mend(v)
	}
	best, meant, alone := 2, "", false
	for _, v := range values {
		d := Distance(strings.ToLower(text), strings.ToLower(v), best)
		if d > best || d > len(text)/3 {
			continue
		}
		alone = meant == "" || d < best
		if alone {
			best, meant = d, v
		}
	}
	if meant != "" {
		f.hint = "did you mean " + strconv.Quote(meant) + "?"
	}
	if alone {
		f.mend(meant)
	}
	return f
}

// checkInt takes decimal numbers, and 0x and hex digits (AGF, data types).
func (p *Parameter) checkInt(text string) *fault {
	n, ok := wholeNumber(text)
	if !ok {
		return p.notANumber(text)
	}
	return p.checkRange(text, float64(n))
}

// wholeNumber reads a decimal or 0x number without allocating.
func wholeNumber(text string) (n int, ok bool) {
	digits, base := strings.TrimPrefix(text, "-"), 10
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		digits, base = text[2:], 16
	}
	if digits == "" || len(digits) > 15 {
		return 0, false
	}
	for i := range len(digits) {
		d, ok := digitValue(digits[i])
		if !ok || d >= base {
			return 0, false
		}
		n = n*base + d
	}
	if text[0] == '-' {
		n = -n
	}
	return n, true
}

func digitValue(c byte) (int, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10, true
	}
	return 0, false
}

// notANumber says how to write the number that seems to be meant.
func (p *Parameter) notANumber(text string) *fault {
	f := &fault{
		id: "not-a-number", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a whole number",
		hint:    "digits only" + p.inUnit(),
	}
	if seconds, ok := duration(text); ok && p.Unit == "s" {
		f.hint = "in seconds: " + strconv.Itoa(seconds)
		return f.mend(strconv.Itoa(seconds))
	}
	if whole, fraction, ok := strings.Cut(text, "."); ok && plainDigits(whole) && strings.Trim(fraction, "0") == "" {
		return f.mend(whole)
	}
	if digits := strings.NewReplacer(",", "", " ", "", "'", "", "_", "").Replace(text); plainDigits(digits) {
		f.hint = "write " + digits
		return f.mend(digits)
	}
	return f
}

// inUnit is ", in seconds" and the like.
func (p *Parameter) inUnit() string {
	switch p.Unit {
	case "":
		return ""
	case "s":
		return ", in seconds"
	case "ms":
		return ", in milliseconds"
	case "min":
		return ", in minutes"
	}
	return ", in units of " + p.Unit
}

// duration reads "60s", "5 min", "2h", "1 day" as seconds.
func duration(text string) (seconds int, ok bool) {
	digits := 0
	for digits < len(text) && isDigit(text[digits]) {
		digits++
	}
	n, err := strconv.Atoi(text[:digits])
	if err != nil || n > 1e6 {
		return 0, false
	}
	switch strings.ToLower(strings.TrimSpace(text[digits:])) {
	case "s", "sec", "secs", "second", "seconds":
		return n, true
	case "m", "min", "mins", "minute", "minutes":
		return n * 60, true
	case "h", "hr", "hour", "hours":
		return n * 3600, true
	case "d", "day", "days":
		return n * 86400, true
	}
	return 0, false
}

// checkRange holds a number against the parameter's bounds.
func (p *Parameter) checkRange(text string, v float64) *fault {
	l := &p.limits
	if p.Kind == KindInt || p.Kind == KindSeconds {
		if v < 0 && !l.hasMin {
			return p.outOfRange(text, "below 0")
		}
	}
	if !l.outside(v) {
		return nil
	}
	if w := l.wide; w != nil && v >= w.min && v <= w.max {
		return &fault{
			id: "doubtful-range", severity: rule.Warning, length: len(text),
			summary: text + " is outside " + p.bounds() + ": " + w.meaning,
			hint:    p.bounds() + p.inUnit() + " is safe", source: w.source,
		}
	}
	if v < l.min {
		return p.outOfRange(text, "below the smallest value, "+p.Min)
	}
	return p.outOfRange(text, "above the largest value, "+p.Max)
}

func (p *Parameter) outOfRange(text, how string) *fault {
	hint := "the phone does not take it"
	if b := p.bounds(); b != "" {
		hint = b + p.inUnit()
	}
	return &fault{id: "out-of-range", severity: rule.Error, length: len(text), summary: text + " is " + how, hint: hint}
}

// bounds is "600 to 65535", "at least 4", "at most 127" or "".
func (p *Parameter) bounds() string {
	switch {
	case p.Min != "" && p.Max != "":
		return p.Min + " to " + p.Max
	case p.Min != "":
		return "at least " + p.Min
	case p.Max != "":
		return "at most " + p.Max
	}
	return ""
}

// checkFloat takes decimals such as ".5".
func (p *Parameter) checkFloat(text string) *fault {
	v, ok := decimal(text)
	if !ok {
		f := &fault{
			id: "not-a-number", severity: rule.Error, length: len(text),
			summary: strconv.Quote(text) + " is not a number", hint: "digits with a point" + p.inUnit(),
		}
		if point := strings.Replace(text, ",", ".", 1); point != text {
			if _, ok := decimal(point); ok {
				f.hint = "with a point: " + point
				f.mend(point)
			}
		}
		return f
	}
	return p.checkRange(text, v)
}

// decimal reads digits with at most one point.
func decimal(text string) (v float64, ok bool) {
	scale := 0.0
	digits := 0
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			digits++
			v = v*10 + float64(c-'0')
			scale *= 10
		case c == '.' && scale == 0:
			scale = 1
		default:
			return 0, false
		}
	}
	if scale > 0 {
		v /= scale
	}
	return v, digits > 0 && digits <= 12
}

// checkHexByte takes 0x00 to 0xff, or the same in decimal.
func (p *Parameter) checkHexByte(text string) *fault {
	if n, ok := wholeNumber(text); ok && n >= 0 && n <= 255 {
		return nil
	}
	f := &fault{
		id: "not-a-byte", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a byte in hex", hint: "0x00 to 0xff, such as 0x68",
	}
	if n, ok := wholeNumber("0x" + text); ok && n <= 255 && len(text) == 2 {
		f.hint = "write 0x" + text
		f.mend("0x" + text)
	}
	return f
}

// checkText bounds the number of characters.
func (p *Parameter) checkText(text string) *fault {
	l := &p.limits
	if !l.hasMax && !l.hasMin {
		return nil
	}
	n := utf8.RuneCountInString(text)
	switch {
	case l.hasMax && n > int(l.max):
		return tooLong(text, int(l.max), "")
	case l.hasMin && n < int(l.min):
		return &fault{
			id: "too-short", severity: rule.Error, length: len(text),
			summary: p.Label + " has " + strconv.Itoa(n) + " characters, fewer than " + p.Min,
			hint:    p.bounds() + " characters",
		}
	}
	return nil
}

// tooLong is the fault of a text of more than limit characters. The text is
// not shown: it may be a secret.
func tooLong(text string, limit int, source string) *fault {
	n := utf8.RuneCountInString(text)
	return &fault{
		id: "too-long", severity: rule.Error, length: len(text), source: source,
		summary: "the value has " + strconv.Itoa(n) + " characters, " + strconv.Itoa(n-limit) + " too many",
		hint:    "at most " + strconv.Itoa(limit) + " characters",
	}
}

// checkTime takes HHmm, 0000 to 2400 (d.3). The phone ignores anything else.
func checkTime(text string) *fault {
	if _, ok := timeOfDay(text); ok {
		return nil
	}
	f := &fault{
		id: "not-a-time", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a time HHmm, so the phone ignores it",
		hint:    "four digits, 0000 to 2400, such as 1800", source: "d.3, M1133",
	}
	if text == "Yes" || text == "No" {
		f.hint = "the drop-down in the article's picture belongs to another field; leave it empty or write a time such as 1800"
		f.source = "C2, d.3"
		return f.mend("")
	}
	digits := strings.NewReplacer(":", "", ".", "", " ", "", "h", "").Replace(text)
	if len(digits) == 3 {
		digits = "0" + digits
	}
	if _, ok := timeOfDay(digits); ok {
		f.hint = "write " + digits
		f.mend(digits)
	}
	return f
}

// timeOfDay reads HHmm as minutes since midnight.
func timeOfDay(text string) (minutes int, ok bool) {
	if len(text) != 4 || !plainDigits(text) {
		return 0, false
	}
	h := int(text[0]-'0')*10 + int(text[1]-'0')
	m := int(text[2]-'0')*10 + int(text[3]-'0')
	return h*60 + m, m <= 59 && h*60+m <= 24*60
}

// checkClock takes HH:mm, 00:00 to 24:00.
func checkClock(text string) *fault {
	if len(text) == 5 && text[2] == ':' {
		if _, ok := timeOfDay(text[:2] + text[3:]); ok {
			return nil
		}
	}
	f := &fault{
		id: "not-a-time", severity: rule.Error, length: len(text),
		summary: strconv.Quote(text) + " is not a time HH:mm", hint: "such as 07:00",
	}
	digits := strings.NewReplacer(":", "", ".", "").Replace(text)
	if len(digits) == 3 {
		digits = "0" + digits
	}
	if _, ok := timeOfDay(digits); ok {
		f.hint = "write " + digits[:2] + ":" + digits[2:]
		f.mend(digits[:2] + ":" + digits[2:])
	}
	return f
}

// checkStarCode takes "*69", "#64" and other codes of at most 7 characters.
func checkStarCode(text string) *fault {
	const source = "AGF, data types"
	if len(text) > 7 {
		return tooLong(text, 7, source)
	}
	for i := range len(text) {
		if !isDigit(text[i]) && text[i] != '*' && text[i] != '#' {
			return &fault{
				id: "not-a-code", severity: rule.Error, offset: i, length: 1,
				summary: strconv.Quote(text) + " is not an activation code",
				hint:    "digits, * and #, such as *69", source: source,
			}
		}
	}
	return nil
}
