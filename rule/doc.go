// Package rule is the language of the phone's provisioning parameters: macros
// ($MA), conditions, profile, upgrade and report rules, URLs and delay lists.
//
// Text goes in; text, a choice or an explanation comes out. Nothing here
// fetches, waits or knows a profile. A parameter is handled as the phone does
// it: the whole text is expanded once ([Expand], [ExpandRule]), and only then
// parsed ([ParseProfileRule], [ParseCondition], [ParseDelays]):
//
//	phone := rule.Sample("CP-8861-3PCC")
//	text := rule.ExpandRule(`($PRVST eq 0)? http://192.0.2.1/$MA.xml`, phone.Macro, phone.Secret)
//	r, err := rule.ParseProfileRule(text)   // a *SyntaxError shows the place
//	choice, err := r.Select()               // the alternative taken
//
// [Explain] does all of it at once and says why; [Check] finds what is legal
// but hardly meant. What either says never holds a key, a password or the
// value of GPP_SA to GPP_SD. A text that is expanded or evaluated over and over
// is prepared by [Compile] or [CompileCondition]; both do the same as the plain
// functions, and allocate nothing.
//
// Marks such as (a.5) name the rules of the behaviour's description in
// docs/behaviour.md.
package rule
