// Package schema is what can be set on a phone: the catalog of its
// parameters, profiles as ordered values, and the checks a profile must pass.
//
//	e, ok := schema.Default().Lookup("Proxy_1_")     // Parameter and index
//	problem := e.Check("sip.example.com")            // of one value
//	problems := schema.Default().Check(profile, view) // of the whole
//
// The catalog is data (parameters.tsv), not code: a new parameter needs no
// line of Go.
package schema
