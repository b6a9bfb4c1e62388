package rule

import (
	"strconv"
	"strings"
)

// Delay is one element of a delay list: Seconds plus a random 0 to Random.
type Delay struct{ Seconds, Random int }

// Delays is the value of Resync_Periodic or Resync_Error_Retry_Delay (d.3).
type Delays []Delay

// longestDelay keeps the sum of both parts within a time.Duration: 136 years.
const longestDelay = 1<<32 - 1

// ParseDelays reads 60,120,2400+30. A blank text is an empty list, which is off.
func ParseDelays(text string) (Delays, error) { return asError(parseDelays(text)) }

func parseDelays(text string) (Delays, *SyntaxError) {
	if strings.Trim(text, blanks) == "" {
		return nil, nil
	}
	var list Delays
	for at := 0; ; {
		end := len(text)
		if n := strings.IndexByte(text[at:], ','); n >= 0 {
			end = at + n
		}
		delay, err := parseDelay(text, at, end)
		if err != nil {
			return nil, err
		}
		list = append(list, delay)
		if end == len(text) {
			return list, nil
		}
		at = end + 1
	}
}

func parseDelay(text string, start, end int) (d Delay, err *SyntaxError) {
	seconds, random, hasRandom := strings.Cut(text[start:end], "+")
	if d.Seconds, err = parseSeconds(text, start, start+len(seconds)); err != nil || !hasRandom {
		return d, err
	}
	d.Random, err = parseSeconds(text, end-len(random), end)
	return d, err
}

func parseSeconds(text string, start, end int) (int, *SyntaxError) {
	for start < end && isBlank(text[start]) {
		start++
	}
	for start < end && isBlank(text[end-1]) {
		end--
	}
	digits := text[start:end]
	if allDigits(digits) {
		seconds, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || seconds > longestDelay {
			seconds = longestDelay
		}
		return int(seconds), nil
	}
	s := slip{"delay-form", "%q is no number of seconds", "seconds such as 3600 or 2400+30", "the phone takes a list it cannot read as off"}
	switch {
	case digits == "":
		s.id, s.message = "empty-delay", "a number of seconds is missing"
	case digits[0] == '-':
		s.message = "%q: a delay cannot be negative"
	case strings.ContainsAny(digits, ";/|") || strings.ContainsAny(digits, blanks):
		s.hint = "write commas between the elements: 60,120,240"
	case strings.ContainsAny(digits, "smhd"):
		s.hint = "write seconds without a unit: 3600 for an hour"
	}
	return 0, newError(text, start, end, s)
}

func (d Delays) String() string {
	var b strings.Builder
	for i, delay := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(delay.String())
	}
	return b.String()
}

func (d Delay) String() string {
	text := strconv.Itoa(d.Seconds)
	if d.Random != 0 {
		text += "+" + strconv.Itoa(d.Random)
	}
	return text
}

// At is the element for the k-th use, from 0; the last one repeats. ok is
// false when the list is off or has ended: an element 0 without a random part
// ends it.
func (d Delays) At(k int) (Delay, bool) {
	for i, delay := range d {
		if delay == (Delay{}) {
			break
		}
		if i == k || i == len(d)-1 {
			return delay, true
		}
	}
	return Delay{}, false
}

// Words is the list in plain English: "after 60 s, then 2 min, then every 24 h".
func (d Delays) Words() string {
	const shown = 4 // of a longer list: that many, and the last
	var b strings.Builder
	for i, delay := range d {
		ended := delay == (Delay{})
		last := i == len(d)-1
		switch {
		case ended && i == 0:
			return "never"
		case ended:
			return b.String() + ", then never again"
		case last && i == 0:
			return "every " + delay.Words()
		case last:
			return b.String() + ", then every " + delay.Words()
		case i == 0:
			b.WriteString("after " + delay.Words())
		case i < shown:
			b.WriteString(", then " + delay.Words())
		case i == shown:
			b.WriteString(", …")
		}
	}
	return "never"
}

// Words is the delay in plain English: "24 h", "1 h plus up to 10 min".
func (d Delay) Words() string {
	text := duration(d.Seconds)
	if d.Random != 0 {
		text += " plus up to " + duration(d.Random)
	}
	return text
}

func duration(seconds int) string {
	switch {
	case seconds >= 3600 && seconds%3600 == 0:
		return strconv.Itoa(seconds/3600) + " h"
	case seconds >= 120 && seconds%60 == 0:
		return strconv.Itoa(seconds/60) + " min"
	}
	return strconv.Itoa(seconds) + " s"
}
