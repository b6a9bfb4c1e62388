package app

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// Table is a CSV that was read: its columns, the phones that could be read of
// it, and what is wrong.
type Table struct {
	Name     string
	Header   []string    // the columns' names as the file has them
	Columns  gen.Columns // what they were taken for
	First    [][]string  // cells of the first rows
	Devices  []*schema.FleetDevice
	Bad      int // rows with errors
	Problems schema.Problems
	Err      error // it could not be read as a list of phones

	data  []byte
	names map[int]string // what columns are by the user's word, in place of the file's
}

// maxRows bounds a fleet in the page.
const maxRows = 20000

// firstRows are shown so that the user sees what a column holds.
const firstRows = 3

// ReadTable reads a CSV. told hears after each row how many there were; it may
// be nil.
func ReadTable(name string, data []byte, told func(rows int)) *Table {
	t := &Table{Name: name, data: data}
	if table, _, _ := gen.OpenTable(name, bytes.NewReader(data)); table != nil {
		for _, c := range table.Columns() {
			t.Header = append(t.Header, c.Header)
		}
	}
	t.read(told)
	return t
}

// As is the table with other meanings of columns, by their number: names that
// a header may have, or leftOut.
func (t *Table) As(names map[int]string, told func(rows int)) *Table {
	again := &Table{Name: t.Name, Header: t.Header, data: t.data, names: names}
	again.read(told)
	return again
}

// leftOut is the name of a column that is not read.
const leftOut = "#"

func (t *Table) read(told func(rows int)) {
	t.Err = t.each(told, func(r *tableRow) bool {
		if len(t.First) < firstRows {
			t.First = append(t.First, r.table.Cells())
		}
		room := len(t.Devices) < maxRows
		switch {
		case !r.ok:
			t.Bad++
		case !room:
			r.problems = append(r.problems, schema.Problem{
				ID: "too-many-rows", Severity: rule.Error, Origin: r.device.Origin,
				Summary: "this page holds no more than " + itoa(maxRows) + " phones", Hint: "use the command line for the whole file",
			})
		default:
			t.Devices = append(t.Devices, fleetDevice(r.device))
		}
		t.Problems = append(t.Problems, r.problems...)
		return room
	})
}

// inRows are the problems other than those of columns that are not known, which
// the user sees beside the columns.
func (t *Table) inRows() schema.Problems {
	return slices.DeleteFunc(slices.Clone(t.Problems), unknownColumn)
}

// about is what is wrong with a column that is not known; "" for nothing.
func (t *Table) about(c gen.Column) string {
	for _, p := range t.Problems {
		if unknownColumn(p) && p.Origin == c.Origin {
			return sentence(p.Summary) + " Choose what it is, or leave it out."
		}
	}
	return ""
}

func unknownColumn(p schema.Problem) bool {
	switch p.ID {
	case "csv-column-unknown", "csv-column-ambiguous", "csv-column-twice":
		return true
	}
	return false
}

// tableRow is a row as it was read.
type tableRow struct {
	table    *gen.Table
	device   *gen.Device
	problems schema.Problems
	ok       bool // it is a phone
}

// each reads the rows one after the other until take has enough.
func (t *Table) each(told func(rows int), take func(*tableRow) bool) error {
	table, problems, err := gen.OpenTableAs(t.Name, bytes.NewReader(t.data), t.names)
	if table != nil {
		t.Columns = table.Columns()
	}
	t.Problems = problems
	if err != nil {
		return err
	}
	seen := make(map[rule.MAC]int)
	row := tableRow{table: table, device: &gen.Device{}}
	for rows := 1; ; rows++ {
		row.problems, row.ok, err = table.Next(row.device)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if first, again := seen[row.device.MAC]; again && row.ok {
			row.ok = false
			row.problems = append(row.problems, schema.Problem{
				ID: "duplicate-mac", Severity: rule.Error, Origin: row.device.Origin,
				Summary: row.device.MAC.String() + " stands in row " + itoa(first) + " already", Hint: "remove one of the rows",
			})
		} else if row.ok {
			seen[row.device.MAC] = row.device.Origin.Row
		}
		if !take(&row) {
			return nil
		}
		if told != nil {
			told(rows)
		}
	}
}

// problemsColumn is the last column of a corrected file. Its name makes it one
// that is not read, so that the file can be opened again as it is.
const problemsColumn = "# problems"

// Corrected writes all rows down again: what can be repaired is repaired, the
// rest is as it was, and the last column says what is wrong with a row.
func (t *Table) Corrected(out io.Writer, told func(rows int)) error {
	header := make([]string, 0, len(t.Header)+1)
	for i, name := range t.Header {
		switch as := t.names[i]; as {
		case "":
		case leftOut:
			name = leftOut + " " + name
		default:
			name = as
		}
		header = append(header, name)
	}
	width := len(header)
	if width > 0 && header[width-1] == problemsColumn {
		width-- // of the file that was corrected before
	} else {
		header = append(header, problemsColumn)
	}
	line := append([]byte("\ufeff"), gen.AppendCSVRecord(nil, header)...) // spreadsheets then read it as UTF-8
	_, trouble := out.Write(line)
	again := &Table{Name: t.Name, data: t.data, names: t.names}
	err := again.each(told, func(r *tableRow) bool {
		cells := r.table.Repaired(r.device)
		beyond := cells[min(len(header), len(cells)):] // cells without a column
		cells = append(append(cells[:width:width], problemsText(r.problems)), beyond...)
		line = gen.AppendCSVRecord(line[:0], cells)
		_, trouble = out.Write(line)
		return trouble == nil
	})
	if err != nil {
		return err
	}
	return trouble
}

func problemsText(list schema.Problems) string {
	var texts []string
	for _, p := range list {
		text := severityName(p.Severity) + ": "
		if p.Element != "" {
			text += p.Element + " "
		}
		texts = append(texts, text+p.Summary)
	}
	return strings.Join(texts, "; ")
}

func fleetDevice(d *gen.Device) *schema.FleetDevice {
	dev := &schema.FleetDevice{
		MAC: d.MAC.String(), Model: d.Product, Serial: d.Serial, IP: d.IP, Firmware: d.Software, Hardware: d.Hardware,
		Encrypt: d.Encrypt.Text, Digest: d.Digest.Text, Origin: d.Origin,
	}
	if m, ok := schema.FindModel(d.Product); ok {
		dev.Model = m.Name()
	}
	if len(d.Values) > 0 {
		dev.Values = new(schema.Profile)
		for _, v := range d.Values {
			dev.Values.Set(v)
		}
	}
	return dev
}

// UseTable takes the phones of a table: in place of the fleet's, or beside
// them, where a phone that both have is taken from the table.
func (e *Editor) UseTable(t *Table, add bool) {
	e.change("", "take "+plural(len(t.Devices), "phone", "phones")+" from "+t.Name, func(d *document) {
		if !add {
			d.devices = t.Devices
			return
		}
		come := make(map[string]*schema.FleetDevice, len(t.Devices))
		for _, dev := range t.Devices {
			come[dev.MAC] = dev
		}
		var list []*schema.FleetDevice
		for _, dev := range d.devices {
			if from, ok := come[dev.MAC]; ok {
				dev = from
				delete(come, dev.MAC)
			}
			list = append(list, dev)
		}
		for _, dev := range t.Devices {
			if _, ok := come[dev.MAC]; ok {
				list = append(list, dev)
			}
		}
		d.devices = list
	})
}
