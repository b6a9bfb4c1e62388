package jsonschema

import (
	"strconv"
	"strings"

	"profilegen/schema"
)

const (
	macPattern     = `^([0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}([:. -][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}([:. -][0-9A-Fa-f]{4}){2})$`
	addressPattern = `^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$`
)

// pattern is the regular expression of a parameter's texts, without anchors;
// "" when any text will do. JSON Schema knows no bounds of numbers in texts, so
// a range is written out as one.
func pattern(p *schema.Parameter) string {
	switch p.Kind {
	case schema.KindInt, schema.KindSeconds, schema.KindPort:
		return numberPattern(p)
	case schema.KindFloat:
		return `\d+\.?\d*|\.\d+`
	case schema.KindDelays:
		return ` *\d+( *\+ *\d+)? *(, *\d+( *\+ *\d+)? *)*`
	case schema.KindTime:
		return `([01]\d|2[0-3])[0-5]\d|2400`
	case schema.KindClock:
		return `([01]\d|2[0-3]):[0-5]\d|24:00`
	case schema.KindIP:
		return strings.Trim(addressPattern, "^$")
	case schema.KindHost:
		return `([A-Za-z]+://)?[^\s/,;$]+/?`
	case schema.KindURI:
		return `\S+`
	case schema.KindStarCode:
		return `[*#0-9]{1,7}`
	case schema.KindHexByte:
		return `0[xX][0-9A-Fa-f]{1,2}|` + intRange(0, 255)
	case schema.KindCadence:
		return `[\d.*]+\([\d.*/,]+\)(;[\d.*]+\([\d.*/,]+\))*;?`
	case schema.KindTone:
		return `[\d.]+@-?[\d.]+(,[\d.]+@-?[\d.]+)*;[\d.*]+\([\d.*/,+]+\)(;[\d.*]+\([\d.*/,+]+\))*;?`
	case schema.KindLED:
		return `.*c=[grao].*`
	case schema.KindDialPlan:
		return `.*\(.+\)`
	case schema.KindList:
		if strings.HasPrefix(p.Element, "DHCP") {
			return `\d{1,5}( *, *\d{1,5})*`
		}
	}
	return ""
}

// numberPattern matches the decimal numbers in a parameter's widest range.
func numberPattern(p *schema.Parameter) string {
	low, high, bounded := p.WidestRange()
	if !bounded {
		return `\d+|0[xX][0-9A-Fa-f]+`
	}
	return `0*(` + intRange(low, high) + `)|0[xX][0-9A-Fa-f]+`
}

// intRange is the regular expression of the numbers from low to high, without
// leading zeros: 32 to 255 is 3[2-9]|[4-9]\d|1\d{2}|2[0-4]\d|25[0-5].
func intRange(low, high int) string {
	var parts []string
	for low <= high {
		top := blockEnd(low, high)
		parts = append(parts, blockPattern(strconv.Itoa(low), strconv.Itoa(top)))
		low = top + 1
	}
	return strings.Join(parts, "|")
}

// blockEnd is the last number of the largest block from low that is one
// pattern: the digits up to some place stay, one runs, and all after it are 0
// to 9.
func blockEnd(low, high int) int {
	end := low
	for size := 1; ; size *= 10 {
		if low%size != 0 { // the digits after the place do not begin at 0
			return end
		}
		digit := low / size % 10
		if low != 0 && low < size { // the place is before the number
			return end
		}
		for d := digit; d <= 9; d++ {
			top := low + (d-digit+1)*size - 1
			if top > high || len(strconv.Itoa(top)) != len(strconv.Itoa(low)) {
				return end
			}
			end = top
		}
		if low == 0 {
			return end
		}
	}
}

// blockPattern is the pattern from low to top of equal length.
func blockPattern(low, top string) string {
	var b strings.Builder
	full := 0
	for i := range len(low) {
		switch {
		case low[i] == top[i]:
			b.WriteByte(low[i])
		case low[i] == '0' && top[i] == '9':
			full++
		default:
			b.WriteString("[" + low[i:i+1] + "-" + top[i:i+1] + "]")
		}
	}
	switch {
	case full == 1:
		b.WriteString(`\d`)
	case full > 1:
		b.WriteString(`\d{` + strconv.Itoa(full) + `}`)
	}
	return b.String()
}
