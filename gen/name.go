package gen

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"profilegen/rule"
)

// DefaultName is the file-name pattern when none is given: a folder for each
// phone, and in it the name its factory rule asks for.
const DefaultName = "$MA/$PSN.xml"

// ManifestName is the file that lists the files of a batch.
const ManifestName = "manifest.json"

// maxName is the longest file name: what fits a TFTP request with its options.
const maxName = 200

// Pattern is the pattern of file names: a text with the macros of a profile
// rule, expanded by the same code, so that a rule with the same text asks for
// exactly that file.
type Pattern struct {
	text     string
	template *rule.Template
	needs    []string // macros that a row may leave empty
	unique   bool     // phones with different addresses have different names
}

// nameMacros are the macros a file name may be made of: what a phone knows of
// itself before it has any profile.
var nameMacros = []string{"MA", "MAU", "PN", "PSN", "SN", "IP", "SWVER", "HWVER"}

// ParsePattern reads a pattern such as "$MA.xml". Only the macros that say who
// the phone is can stand in it.
func ParsePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text, template: rule.Compile(text)}
	sample := text
	for _, t := range rule.Tokens(text) {
		switch {
		case t.Kind == rule.Escape:
			return nil, fmt.Errorf("file name %q: a \"$\" cannot stand in the name of a profile", text)
		case t.Kind == rule.MacroRef && !slices.Contains(nameMacros, t.Name):
			return nil, fmt.Errorf("file name %q: %s %s", text, t.Text, whyNotInName(t.Name))
		case t.Kind == rule.MacroRef:
			if t.Name != "MA" && t.Name != "MAU" {
				p.needs = append(p.needs, t.Name)
			}
			sample = strings.Replace(sample, t.Text, "x", 1)
		}
	}
	if strings.Contains(sample, "$") {
		return nil, fmt.Errorf("file name %q: a \"$\" here begins no macro; write $MA or $(MA)", text)
	}
	if err := CheckFileName([]byte(sample)); err != nil {
		return nil, fmt.Errorf("file name %q: %w", text, err)
	}
	p.unique = isUnique(rule.Tokens(text))
	return p, nil
}

// isUnique tells whether a whole address stands at the same distance from the
// beginning of all names, or from their end.
func isUnique(tokens []rule.Token) bool {
	fixed := func(t rule.Token) bool { // product names are equally long
		return t.Kind == rule.Plain || t.Name == "PN" || t.Name == "PSN" || t.Name == "MA" || t.Name == "MAU"
	}
	all := func(tokens []rule.Token) bool {
		return !slices.ContainsFunc(tokens, func(t rule.Token) bool { return !fixed(t) })
	}
	for i, t := range tokens {
		if (t.Name == "MA" || t.Name == "MAU") && t.From == 0 && t.Length < 0 && (all(tokens[:i]) || all(tokens[i+1:])) {
			return true
		}
	}
	return false
}

func whyNotInName(macro string) string {
	if macro == "MAC" {
		return "has colons, which no file name can have everywhere; write $MA"
	}
	for _, known := range nameMacros {
		if strings.EqualFold(macro, known) {
			return "is no macro; macros are upper case: $" + known
		}
		if strings.HasPrefix(macro, known) && strings.TrimLeft(macro[len(known):], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return "is not a macro; write $(" + known + ")" + macro[len(known):]
		}
	}
	return "is not known to a phone without a profile; file names are made of $" + strings.Join(nameMacros, " $")
}

func (p *Pattern) String() string { return p.text }

// AppendName appends the name of the file of the phone that macros speaks for.
// The error says why there is none.
func (p *Pattern) AppendName(dst []byte, macros rule.Lookup) ([]byte, error) {
	for _, name := range p.needs {
		if value, _ := macros(name); value == "" {
			return dst, fmt.Errorf("the file name %s needs $%s, which this phone does not have", p.text, name)
		}
	}
	start := len(dst)
	dst = p.template.AppendTo(dst, macros)
	if err := CheckFileName(dst[start:]); err != nil {
		return dst[:start], fmt.Errorf("file name %q: %w", dst[start:], err)
	}
	return dst, nil
}

// CheckFileName tells whether a profile can have that name, relative to the
// output folder: it stays inside, every system can store it, and every rule
// and URL can say it.
func CheckFileName(name []byte) error {
	switch {
	case len(name) == 0:
		return errors.New("it is empty")
	case len(name) > maxName:
		return fmt.Errorf("it is longer than %d characters", maxName)
	case name[0] == '/':
		return errors.New("it begins with \"/\"; names are relative to the output folder")
	case strings.EqualFold(string(name), ManifestName):
		return errors.New("that is the name of the manifest")
	}
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			if !inFileName[name[i]] {
				return badCharacter(name[i])
			}
			continue
		}
		if err := checkSegment(name[start:i]); err != nil {
			return err
		}
		start = i + 1
	}
	return nil
}

func checkSegment(segment []byte) error {
	switch {
	case len(segment) == 0:
		return errors.New("a part between two \"/\" is empty")
	case segment[0] == '.':
		return errors.New("a part begins with a dot: servers hide such files, and \"..\" leaves the folder")
	case segment[len(segment)-1] == '.':
		return errors.New("a part ends in a dot, which Windows drops")
	case isDeviceName(segment):
		return fmt.Errorf("%q is the name of a device on Windows", segment)
	}
	return nil
}

// isDeviceName knows CON, PRN, AUX, NUL, COM1 … LPT9, with any extension.
func isDeviceName(segment []byte) bool {
	if len(segment) > 4 && segment[3] != '.' && segment[4] != '.' {
		return false // nearly all names end here
	}
	stem, _, _ := strings.Cut(strings.ToUpper(string(segment)), ".")
	switch stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "COM" || stem[:3] == "LPT") && stem[3] >= '1' && stem[3] <= '9'
}

func badCharacter(c byte) error {
	switch {
	case c == '\\' || c == ':':
		return fmt.Errorf("%q separates folders or drives on Windows", c)
	case c < ' ' || c == 0x7f:
		return errors.New("it has a control character")
	case c == ' ':
		return errors.New("it has a blank, which ends a URL in a rule")
	case c >= 0x80:
		return errors.New("it has a character that is not ASCII")
	}
	return fmt.Errorf("%q means something else in a rule or URL", c)
}

// inFileName holds the characters of names: those that mean nothing else in a
// rule, a URL or on any file system.
var inFileName = func() (set [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		set[c], set[c-'a'+'A'] = true, true
	}
	for _, c := range "0123456789-_.~+=,@" {
		set[c] = true
	}
	return set
}()

// foldName appends name as file systems see it that do not tell cases apart.
func foldName(dst, name []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
