// Package app is the builder: a page that edits profiles and fleets, shows
// what the phones make of them, and hands out the files.
//
// Editor is its state and its walks in plain Go, tested without a browser:
//
//	e := NewEditor()
//	e.Set(Layer{}, "Resync_Periodic", "7200") // all phones
//	e.Problems()                              // what the catalog says of it
//	e.Output()                                // the file of the phone in view
//	e.Undo()
//
// The components (Shell and what it is made of) show an Editor and pass on
// what the user does. They hold no rule of the subject: what a value means,
// what is wrong with it and how it is written is computed by rule, schema, gen
// and resync.
//
// Facts about go-app that the components rest on:
//
//   - It must not own the value of an input: see TextField.
//   - Handlers are compared by code, not by what they capture: every handler
//     is given by Builder.on, with a scope that names what it is for.
//   - A component renders anew when an exported field differs; fields are
//     therefore plain values, and pointers that stay.
//   - Style attributes are forbidden by the page's policy: classes only.
package app
