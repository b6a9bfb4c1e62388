package schema

import "profilegen/rule"

func (e Entry) Check(value string) *Problem { panic("not yet") }

// View is the point of view of a check.
type View struct {
	Phone      *rule.Phone // for macros and the model; nil: a sample phone
	Generation Generation
	Transport  string // "tftp", "http", "https" when known how the profile is fetched; "" otherwise
}

// Check lists what is wrong with a profile, value by value and across them.
func (c *Catalog) Check(p *Profile, view View) Problems { panic("not yet") }
