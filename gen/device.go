package gen

import (
	"io"

	"profilegen/rule"
	"profilegen/schema"
)

// Device is one phone of a fleet: one row of the CSV.
type Device struct {
	rule.Identity
	Values []schema.Value // its own parameters
	Origin schema.Origin  // file and row
}

// Columns is a CSV's header, understood.
type Columns struct{}

// Table reads devices from a CSV, row by row, and goes on after a bad row.
type Table struct{}

// OpenTable reads the header. Problems with it (unknown columns) make the
// table unusable: err is then not nil too.
func OpenTable(name string, r io.Reader) (*Table, schema.Problems, error) { panic("stub") }

// Next reads a row into d, reusing its memory. It returns io.EOF at the end;
// the problems of a bad row come with ok false, and reading goes on.
func (t *Table) Next(d *Device) (problems schema.Problems, ok bool, err error) { panic("stub") }
