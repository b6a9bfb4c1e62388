// Package schema is what can be set on a phone: the catalog of its
// parameters, profiles as ordered values, and the checks a profile must pass.
//
//	e, ok := schema.Default().Lookup("Proxy_1_")      // Parameter and index
//	problem := e.Check("sip.example.com")             // of one value
//	meaning := schema.Meaning(e, "...")               // in plain words
//	problems := schema.Default().Check(profile, view) // of the whole
//
// For many phones that share a base, [Catalog.NewChecker] looks at the base
// once and [Checker.CheckDevice] at what each phone adds. For people who do
// not know the exact name there are [Catalog.Suggest], [Catalog.ByLabel] and
// [Catalog.Search].
//
// A [Profile] keeps the order of its values. [ReadFleet] and [ReadProfile] read
// both forms of JSON with the place of each value, so that a [Problem] can say
// where it stands. Its severity means: an error is refused or ignored by the
// phone, or nothing works; a warning is very likely not meant; a note is good
// to know.
//
// The catalog is data, not code: parameters.tsv holds the records, defaults.tsv
// the factory values that differ by firmware, ranges.tsv and variants.tsv what
// sources disagree about, aliases.tsv the names that guides and other products
// use. A new parameter needs no line of Go. Marks such as (d.3) name the rules
// of docs/behaviour.md, marks such as (C5) the conflicts, and tags such as AG88
// the sources of docs/parameters-sources.md.
package schema
