package rule

import "strings"

// PlaceOf guesses which kind of parameter a text is meant for: what it could
// stand in, as [Explain] and [Check] want to know.
func PlaceOf(text string) Place {
	if delays, err := ParseDelays(text); err == nil && len(delays) > 0 {
		return PlaceDelays
	}
	expanded := ExpandRule(text, Sample("").Macro, nil)
	if c, err := ParseCondition(expanded); err == nil && len(c.Comparisons) > 0 {
		return PlaceTrigger
	}
	_, err := ParseProfileRule(expanded)
	switch {
	case err == nil && strings.HasSuffix(expanded, ".loads"):
		return PlaceUpgradeRule
	case err == nil, looksLikeRule(expanded):
		return PlaceProfileRule
	case looksLikeCondition(expanded):
		return PlaceTrigger
	}
	return PlaceText
}

// looksLikeRule tells a rule with a slip in it from other texts.
func looksLikeRule(text string) bool {
	text = strings.TrimLeft(text, blanks)
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, "(") || strings.HasPrefix(text, "[") ||
		strings.Contains(text, "://") && !strings.Contains(text, "--") && !strings.ContainsAny(strings.TrimRight(text, blanks), blanks)
}

// looksLikeCondition tells a condition with a slip in it from other texts.
func looksLikeCondition(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if _, ok := parseOperator(strings.ToLower(word)); ok || word == "==" {
			return true
		}
	}
	return false
}
