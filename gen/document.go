package gen

import "profilegen/schema"

// Document is an XML profile as it was read. An untouched one is written back
// byte for byte; an edit changes the bytes of that value only.
type Document struct{}

// ReadXML reads a profile: <flat-profile> at the root or inside other
// elements (f.1). name is for the problems' places. What the phone ignores or
// we had to mend is a Problem; what it would refuse is an error.
func ReadXML(name string, data []byte) (*Document, schema.Problems, error) { panic("stub") }

// Profile is what the phone would take from it: of duplicates the last.
func (d *Document) Profile() *schema.Profile { panic("stub") }

// Set replaces the value of an element, or adds the element at the end.
func (d *Document) Set(v schema.Value) error { panic("stub") }

// Bytes is the document as it stands.
func (d *Document) Bytes() []byte { panic("stub") }
