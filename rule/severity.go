package rule

import "fmt"

// Severity grades findings and problems.
type Severity int

const (
	Note    Severity = iota // good to know
	Warning                 // very likely not meant
	Error                   // the phone refuses or ignores it, or nothing works
)

var severities = [...]string{Note: "note", Warning: "warning", Error: "error"}

func (s Severity) String() string { return severities[s] }

// MarshalText and UnmarshalText make it a word in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severities {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not note, warning or error", text)
}
