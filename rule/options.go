package rule

import (
	"fmt"
	"slices"
	"strings"
)

// Options are what stands between "[" and "]" (c.4).
type Options struct {
	Key, UID, Pwd          string
	HasKey, HasUID, HasPwd bool   // an argument may be the empty text
	Post, Alias            string // "a" to "p"
	SRV                    bool
	Delta, Status          bool // Report_Rule only
}

// optionsOf lists what a place allows (c.4, c.8, c.9).
var optionsOf = map[Place][]string{
	PlaceProfileRule: {"--key", "--uid", "--pwd", "--post", "--alias", "--srv"},
	PlaceUpgradeRule: {"--uid", "--pwd"},
	PlaceReportRule:  {"--key", "--uid", "--pwd", "--delta", "--status"},
}

// ParseOptions reads what stands between "[" and "]" in a rule of that place.
func ParseOptions(text string, place Place) (*Options, error) {
	return asError(parseOptions(text, 0, len(text), place))
}

// parseOptions reads the options in text[at:end], which lies between brackets.
func parseOptions(text string, at, end int, place Place) (*Options, *SyntaxError) {
	r := optionReader{text, at, end, place}
	o := new(Options)
	for r.skipBlanks(); r.at < r.end; r.skipBlanks() {
		if err := r.option(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

type optionReader struct {
	text    string
	at, end int
	place   Place
}

func (r *optionReader) skipBlanks() {
	for r.at < r.end && isBlank(r.text[r.at]) {
		r.at++
	}
}

// word reads up to a blank or quote.
func (r *optionReader) word() (start int, word string) {
	start = r.at
	for r.at < r.end && !isBlank(r.text[r.at]) && r.text[r.at] != '"' {
		r.at++
	}
	return start, r.text[start:r.at]
}

func (r *optionReader) option(o *Options) (err *SyntaxError) {
	start, name := r.word()
	if !slices.Contains(optionsOf[r.place], name) {
		return r.unknown(start, name)
	}
	switch name {
	case "--key":
		o.Key, _, err = r.argument(start, name)
		o.HasKey = true
	case "--uid":
		o.UID, err = r.login(start, name)
		o.HasUID = true
	case "--pwd":
		o.Pwd, err = r.login(start, name)
		o.HasPwd = true
	case "--post":
		o.Post, err = r.letter(start, name)
	case "--alias":
		o.Alias, err = r.letter(start, name)
	case "--srv":
		o.SRV = true
	case "--delta":
		o.Delta = true
	case "--status":
		o.Status = true
	}
	return err
}

// argument reads one word, or a text in quotes.
func (r *optionReader) argument(option int, name string) (value string, quoted bool, err *SyntaxError) {
	r.skipBlanks()
	start := r.at
	if r.at < r.end && r.text[r.at] == '"' {
		n := strings.IndexByte(r.text[r.at+1:r.end], '"')
		if n < 0 {
			return "", true, newError(r.text, start, r.end, unpairedQuote)
		}
		r.at += n + 2
		if r.at < r.end && !isBlank(r.text[r.at]) && r.text[r.at] != '-' {
			return "", true, newError(r.text, start, r.at, strayQuote)
		}
		return r.text[start+1 : r.at-1], true, nil
	}
	_, value = r.word()
	switch {
	case value == "":
		return "", false, newError(r.text, option, option+len(name), slip{"missing-argument", name + " needs an argument", "a word, or a text in quotes", ""})
	case strings.HasPrefix(value, "--"):
		return "", false, newError(r.text, option, option+len(name), slip{"missing-argument", name + " is followed by another option", "a word, or a text in quotes",
			`put an argument that begins with -- in quotes`})
	case r.at < r.end && r.text[r.at] == '"':
		return "", false, newError(r.text, start, r.at+1, strayQuote)
	case strings.ContainsAny(value, "]"):
		return "", false, newError(r.text, start, r.at, slip{"stray-bracket", "] ends the options", "", "put the argument in quotes"})
	}
	return value, false, nil
}

var strayQuote = slip{"stray-quote", "a quote stands inside an argument", "a word, or a text in quotes",
	`in a bare --uid or --pwd argument write \042 for a quote`}

// login reads the argument of --uid or --pwd: in a bare one \ooo is a
// character (c.4, W7800).
func (r *optionReader) login(option int, name string) (string, *SyntaxError) {
	value, quoted, err := r.argument(option, name)
	if !quoted {
		value = decodeOctal(value)
	}
	return value, err
}

func decodeOctal(text string) string {
	i := strings.IndexByte(text, '\\')
	if i < 0 {
		return text
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(text[:i])
		text = text[i:]
		if len(text) >= 4 && isOctal(text[1]) && isOctal(text[2]) && isOctal(text[3]) {
			b.WriteRune(rune(text[1]-'0')<<6 | rune(text[2]-'0')<<3 | rune(text[3]-'0'))
			text = text[4:]
		} else {
			b.WriteByte('\\')
			text = text[1:]
		}
		i = strings.IndexByte(text, '\\')
	}
	b.WriteString(text)
	return b.String()
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// letter reads the argument of --post and --alias, which names a GPP.
func (r *optionReader) letter(option int, name string) (string, *SyntaxError) {
	r.skipBlanks()
	start, value := r.word()
	if len(value) == 1 && 'a' <= value[0] && value[0] <= 'p' {
		return value, nil
	}
	s := slip{"gpp-letter", name + " takes one lower-case letter", "a to p, for GPP_A to GPP_P", ""}
	switch {
	case value == "":
		start, r.at = option, option+len(name)
	case len(strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(value), "$"), "GPP_")) == 1:
		s.hint = "write only the letter, in lower case: " + name + " a for GPP_A"
	}
	return "", newError(r.text, start, r.at, s)
}

// unknown is the error for a word that is no option here.
func (r *optionReader) unknown(start int, name string) *SyntaxError {
	s := slip{"unknown-option", "%q is no option", "one of " + strings.Join(optionsOf[r.place], " "), ""}
	elsewhere := slices.Contains(optionsOf[PlaceProfileRule], name) || slices.Contains(optionsOf[PlaceReportRule], name)
	end := r.at
	switch {
	case name == "": // a quote
		end = r.at + 1
		s.message, s.hint = "a text in quotes stands where an option has to be", "an option takes one argument"
	case elsewhere && r.place == PlaceUpgradeRule:
		s.message = "an upgrade rule does not know " + name
	case elsewhere && r.place == PlaceReportRule:
		s.message = "a report rule does not know " + name
	case elsewhere:
		s.message, s.hint = name+" belongs in Report_Rule", ""
	case !strings.HasPrefix(name, "-"):
		s.message = "this word is no option"
		s.hint = "put an argument with blanks in quotes"
	default:
		s.hint = r.nearOption(name)
		for _, option := range secretOptions {
			if strings.HasPrefix(name, option) {
				end = start + len(option)
				s.message, s.hint = "a blank is missing after %q", "write "+option+" and the argument with a blank between"
			}
		}
	}
	return newError(r.text, start, end, s)
}

// nearOption finds the option meant by other case, one hyphen, or a long name.
func (r *optionReader) nearOption(name string) string {
	plain := strings.ToLower(strings.TrimLeft(name, "-"))
	long := map[string]string{"user": "--uid", "username": "--uid", "userid": "--uid", "login": "--uid",
		"password": "--pwd", "passwd": "--pwd", "pass": "--pwd", "secret": "--key"}
	for _, option := range optionsOf[r.place] {
		if option == "--"+plain || option == long[plain] {
			return "write " + option
		}
	}
	return ""
}

// String is the text between the brackets.
func (o *Options) String() string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if o.HasKey {
		add(`--key "%s"`, o.Key)
	}
	if o.HasUID {
		add("--uid %s", loginText(o.UID))
	}
	if o.HasPwd {
		add("--pwd %s", loginText(o.Pwd))
	}
	if o.Post != "" {
		add("--post %s", o.Post)
	}
	if o.Alias != "" {
		add("--alias %s", o.Alias)
	}
	if o.SRV {
		add("--srv")
	}
	if o.Delta {
		add("--delta")
	}
	if o.Status {
		add("--status")
	}
	return strings.Join(words, " ")
}

// loginText writes an argument of --uid or --pwd: in quotes, or with octal
// where it holds a quote itself.
func loginText(value string) string {
	if !strings.Contains(value, `"`) {
		return `"` + value + `"`
	}
	var b strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case isLetter(c) || isDigit(c) || c >= 0x80 || c == '_' || c == '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return b.String()
}
