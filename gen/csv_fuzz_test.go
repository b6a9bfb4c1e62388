package gen

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"
)

func FuzzReadCSV(f *testing.F) {
	files, err := filepath.Glob("testdata/csv/*.csv")
	if err != nil || files == nil {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4096 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		devices := checkTable(t, data)
		if whole, halves := readTable("f.csv", bytes.NewReader(data)), readTable("f.csv", iotest.HalfReader(bytes.NewReader(data))); whole != halves {
			t.Fatalf("%q read at once:\n%s\nin pieces:\n%s", data, whole, halves)
		}
		checkExport(t, devices)
	})
}

// checkTable reads a CSV to its end: places go on, and every problem has one.
func checkTable(t *testing.T, data []byte) (devices []*Device) {
	table, problems, err := OpenTable("f.csv", bytes.NewReader(data))
	for _, p := range problems {
		if p.Origin.Row < 1 || p.Origin.Column < 1 {
			t.Fatalf("%+v has no place", p)
		}
	}
	if err != nil {
		return nil
	}
	row := 0
	for {
		d := new(Device)
		problems, ok, err := table.Next(d)
		if err != nil {
			if err != io.EOF && !bytes.Contains(data, []byte{0}) && !bytes.ContainsAny(data, "\xFF\xFE") {
				t.Fatalf("reading stops: %v", err)
			}
			return devices
		}
		if d.Origin.Row <= row {
			t.Fatalf("row %d follows row %d in %q", d.Origin.Row, row, data)
		}
		row = d.Origin.Row
		for _, p := range problems {
			if p.Origin.Row < row || p.Origin.Column < 1 || p.Summary == "" {
				t.Fatalf("%+v in row %d", p, row)
			}
		}
		if !ok {
			continue
		}
		for _, v := range d.Values {
			if err := CheckText(v.Text); err != nil {
				t.Fatalf("%s=%q: %v", v.Name, v.Text, err)
			}
		}
		devices = append(devices, d)
	}
}

// checkExport writes devices and reads them back. What a spreadsheet is
// suspected of is told again, but not changed.
func checkExport(t *testing.T, devices []*Device) {
	columns := CSVColumns(slices.Values(devices))
	text := AppendCSVHeader(nil, columns)
	for _, d := range devices {
		text = AppendCSVDevice(text, columns, d)
	}
	again := checkTable(t, text)
	if len(again) != len(devices) {
		t.Fatalf("%d of %d devices are read back from %q", len(again), len(devices), text)
	}
	for i, d := range devices {
		values := map[string]string{}
		for _, v := range again[i].Values {
			values[v.Name] = v.Text
		}
		for _, v := range d.Values {
			if got, ok := values[v.Name]; !ok || got != v.Text {
				t.Fatalf("%s: got %q, want %q from %q", v.Name, got, v.Text, text)
			}
		}
		if again[i].Identity != d.Identity || len(again[i].Values) != len(d.Values) {
			t.Fatalf("got %+v, want %+v", again[i], d)
		}
	}
}
