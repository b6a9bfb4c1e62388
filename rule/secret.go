package rule

import (
	"slices"
	"sort"
	"strings"
)

// secrets are the pieces of a text that nobody is shown, in order and apart
// from each other.
type secrets struct {
	spans []span
	moved []int // by how much the stars of all before move what stands behind; one more than spans
}

const stars = "***"

// newSecrets puts spans in order and joins those that meet.
func newSecrets(spans []span) secrets {
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var joined []span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.start < joined[n-1].end {
			joined[n-1].end = max(joined[n-1].end, s.end)
			continue
		}
		joined = append(joined, s)
	}
	moved := make([]int, 1, len(joined)+1)
	for i, s := range joined {
		moved = append(moved, moved[i]+len(stars)-(s.end-s.start))
	}
	return secrets{joined, moved}
}

// mask puts stars in the place of each secret.
func (s secrets) mask(text string) string {
	if len(s.spans) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, secret := range s.spans {
		b.WriteString(text[done:secret.start])
		b.WriteString(stars)
		done = secret.end
	}
	b.WriteString(text[done:])
	return b.String()
}

// place is where a span of the clear text lies in the masked text. One that
// begins or ends inside a secret takes in all of its stars.
func (s secrets) place(at span) (offset, length int) {
	offset = s.offset(at.start, 0)
	return offset, max(0, s.offset(at.end, len(stars))-offset)
}

// offset is the masked offset of a clear one; inside a secret, that many bytes
// behind the first star.
func (s secrets) offset(clear, inside int) int {
	i := s.passed(clear)
	if i < len(s.spans) && s.spans[i].start < clear {
		return s.spans[i].start + s.moved[i] + inside
	}
	return clear + s.moved[i]
}

// passed is the number of secrets that end at or before an offset.
func (s secrets) passed(offset int) int {
	return sort.Search(len(s.spans), func(i int) bool { return s.spans[i].end > offset })
}

// piece is a span of the clear text as it may be shown.
func (s secrets) piece(text string, at span) string {
	if i := s.passed(at.start); i == len(s.spans) || !s.spans[i].meets(at) {
		return text[at.start:at.end]
	}
	offset, length := s.place(at)
	return s.mask(text)[offset : offset+length]
}

// secretsIn finds the pieces of an expanded text that nobody is shown: the
// arguments of --key, --uid and --pwd with all that may belong to them,
// passwords in URLs and in assignments.
func secretsIn(text string) secrets {
	var spans []span
	for _, arg := range optionArguments(text) {
		if s := arg.span(); s.start < s.end {
			spans = append(spans, s)
		}
	}
	return otherSecrets(text, spans)
}

// otherSecrets adds the secrets that are not arguments of options.
func otherSecrets(text string, spans []span) secrets {
	spans = append(spans, urlPasswords(text)...)
	return newSecrets(append(spans, secretAssignments(text)...))
}

// secretAssignments are the values of assignments to secret parameters.
func secretAssignments(text string) []span {
	if strings.IndexByte(text, '(') < 0 {
		return nil
	}
	var found []span
	for i := strings.IndexByte(text, '"'); i >= 0 && i < len(text); {
		after := afterQuote(text, i)
		before, assigned := strings.CutSuffix(strings.TrimRight(text[:i], blanks), "=")
		if before = strings.TrimRight(before, blanks); assigned && isSecretParameter(lastName(before)) {
			found = append(found, span{i, after})
		}
		next := strings.IndexByte(text[after:], '"')
		if next < 0 {
			break
		}
		i = after + next
	}
	return found
}

// lastName is the element name a text ends with.
func lastName(text string) string {
	i := len(text)
	for i > 0 && (inName[text[i-1]] || text[i-1] == '-') {
		i--
	}
	return text[i:]
}

// isSecretParameter tells the parameters whose values nobody is shown. The
// catalog is out of reach here; that these are all of its secrets, a test of
// schema sees to.
func isSecretParameter(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
	return strings.HasPrefix(name, "gpps") || slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

var secretWords = []string{"password", "passphrase", "secret", "wepkey", "pskkey", "ikmhttp"}

// HoldsSecret tells whether a rule holds what nobody may be shown: an argument
// of --key, --uid or --pwd, a password in a URL or in an assignment.
func HoldsSecret(text string) bool { return len(secretsIn(text).spans) > 0 }

// secretOptions are the options whose arguments nobody is shown, and which may
// hold $SA to $SD (a.8).
var secretOptions = []string{"--key", "--uid", "--pwd"}

// argument is where the argument of one of the secretOptions stands in the
// text of a rule.
type argument struct {
	option     string
	start, end int // without quotes
	until      int // up to the next option or bracket: what a broken text may show of it
	quoted     bool
}

// span is the argument with its quotes and all behind it that may belong to it.
func (a argument) span() span {
	if a.quoted {
		return span{a.start - 1, a.until}
	}
	return span{a.start, a.until}
}

// optionArguments finds the arguments of --key, --uid and --pwd, in a text that
// need not be right and may be unexpanded.
func optionArguments(text string) []argument {
	if !strings.Contains(text, "--") {
		return nil
	}
	var found []argument
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case isBlank(c), c == '|', c == '?', c == '!':
			i++
		case c == '(':
			i = afterParenthesis(text, i)
		case c == '[' && !isIPv6At(text, i):
			found, i = argumentsIn(text, i+1, found)
		default: // a URL
			i = afterURL(text, i)
		}
	}
	return found
}

// argumentsIn adds the arguments of the options that begin at i, and gives the
// offset behind their "]".
func argumentsIn(text string, i int, found []argument) ([]argument, int) {
	open := -1 // index in found of the option whose until is not known yet
	reach := func(end int) {
		if open >= 0 {
			found[open].until = max(found[open].end, len(strings.TrimRight(text[:end], blanks)))
			open = -1
		}
	}
	for i < len(text) {
		switch c := text[i]; {
		case isBlank(c):
			i++
			continue
		case c == ']':
			reach(i)
			return found, i + 1
		case c == '"':
			i = afterQuote(text, i)
			continue
		}
		start := i
		for i < len(text) && !isBlank(text[i]) && text[i] != '"' && text[i] != ']' {
			i++
		}
		if !strings.HasPrefix(text[start:i], "--") {
			continue
		}
		reach(start)
		for _, option := range secretOptions {
			if !strings.HasPrefix(text[start:i], option) {
				continue
			}
			arg := argument{option: option, start: start + len(option), end: i}
			if text[start:i] == option {
				arg, i = argumentAt(text, i)
				arg.option = option
			}
			open = len(found)
			found = append(found, arg)
			break
		}
	}
	reach(len(text))
	return found, i
}

// argumentAt is the argument at or after i, and the offset behind it.
func argumentAt(text string, i int) (argument, int) {
	for i < len(text) && isBlank(text[i]) {
		i++
	}
	if i < len(text) && text[i] == '"' {
		after := afterQuote(text, i)
		end := after
		if after > i+1 && text[after-1] == '"' {
			end--
		}
		return argument{start: i + 1, end: max(end, i+1), quoted: true}, after
	}
	start := i
	for i < len(text) && !isBlank(text[i]) && text[i] != '"' && text[i] != ']' {
		i++
	}
	if strings.HasPrefix(text[start:i], "--") { // the next option
		return argument{start: start, end: start}, start
	}
	return argument{start: start, end: i}, i
}

// passwordEnd is the offset of the "@" behind user:password in a URL whose
// host begins there, or -1. A password with a slash in it is found too.
func passwordEnd(url string, host int) int {
	authority := url[host:]
	at := strings.LastIndexByte(authority, '@')
	slash := strings.IndexByte(authority, '/')
	if at < 0 || slash < 0 || at < slash {
		if at < 0 {
			return -1
		}
		return host + at
	}
	if at = strings.LastIndexByte(authority[:slash], '@'); at >= 0 {
		return host + at
	}
	colon := strings.IndexByte(authority[:slash], ':')
	if colon < 0 || authority[0] == '[' || allDigits(authority[colon+1:slash]) {
		return -1
	}
	return host + strings.LastIndexByte(authority, '@')
}

// urlPasswords are the passwords of user:password@ in the URLs of a text.
func urlPasswords(text string) []span {
	if !strings.Contains(text, "@") {
		return nil
	}
	var found []span
	for i := 0; i < len(text); {
		if isBlank(text[i]) || text[i] == '|' || text[i] == ']' {
			i++
			continue
		}
		start := i
		for i < len(text) && !isBlank(text[i]) && text[i] != '|' {
			i++
		}
		if n := strings.Index(text[start:i], "://"); n >= 0 {
			start += n + len("://")
		}
		at := passwordEnd(text[:i], start)
		if at < 0 {
			continue
		}
		if colon := strings.IndexByte(text[start:at], ':'); colon >= 0 && start+colon+1 < at {
			found = append(found, span{start + colon + 1, at})
		}
	}
	return found
}
