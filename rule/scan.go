package rule

import (
	"net/netip"
	"strings"
)

// afterParenthesis is the offset behind the ")" that belongs to the "(" at i;
// parentheses in quotes do not count. It is len(text) when there is none.
func afterParenthesis(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := strings.IndexByte(text[i+1:], '"')
			if n < 0 {
				return len(text)
			}
			i += n + 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return i
}

// afterURL is the offset behind the URL at i, which a blank or "|" ends; inside
// quotes and brackets "|" does not (c.1).
func afterURL(text string, i int) int {
	inQuotes, inBrackets := false, false
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case isBlank(c), c == '|' && !inQuotes && !inBrackets:
			return i
		case c == '"':
			inQuotes = !inQuotes
		case inQuotes:
		case c == '[':
			inBrackets = true
		case c == ']':
			inBrackets = false
		}
	}
	return i
}

// isIPv6At tells whether the "[" at i begins an address and not options.
func isIPv6At(text string, i int) bool {
	const longest = len("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]")
	end := strings.IndexByte(text[i:min(len(text), i+longest)], ']')
	return end > 0 && isIPv6(text[i+1:i+end])
}

func isIPv6(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Is6() && addr.Zone() == ""
}

// afterQuote is the offset behind the quote that closes the one at i, or
// len(text).
func afterQuote(text string, i int) int {
	if n := strings.IndexByte(text[i+1:], '"'); n >= 0 {
		return i + 1 + n + 1
	}
	return len(text)
}
