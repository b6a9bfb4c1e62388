package app

import (
	"bytes"
	"fmt"

	"profilegen/gen"
	"profilegen/schema"
)

// FileKind is what a file that was dropped or pasted is.
type FileKind int

const (
	FileCSV FileKind = iota
	FileXML
	FileFleet
	FileDraft
	FileKeys
)

// KindOf tells by the first character.
func KindOf(data []byte) FileKind {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.TrimLeft(data, " \t\r\n")
	switch {
	case bytes.HasPrefix(data, []byte(draftMark)):
		return FileDraft
	case bytes.HasPrefix(data, []byte("<")), bytes.Contains(data[:min(len(data), 4096)], []byte("<flat-profile")), utf16(data):
		return FileXML
	case bytes.HasPrefix(data, []byte("{")) && bytes.Contains(data[:min(len(data), 4096)], []byte(`"secrets"`)):
		return FileKeys
	case bytes.HasPrefix(data, []byte("{")):
		return FileFleet
	default:
		return FileCSV
	}
}

// utf16 tells a UTF-16 file that begins with "<".
func utf16(data []byte) bool {
	for _, mark := range []string{"\xff\xfe<\x00", "\xfe\xff\x00<"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return true
		}
	}
	return false
}

// ImportXML makes a profile the base. Its problems are what had to be mended
// or is ignored by the phone.
func (e *Editor) ImportXML(name string, data []byte) (schema.Problems, error) {
	doc, problems, err := gen.ReadXML(name, data)
	if err != nil {
		return problems, fmt.Errorf("%s: %w", name, err)
	}
	im := &imported{name: name, data: doc.Bytes(), base: doc.Profile()}
	e.change("", "import "+name, func(d *document) {
		d.base, d.imported = im.base.Clone(), im
	})
	e.Show(Layer{})
	return problems, nil
}

// OpenKeys takes a key file.
func (e *Editor) OpenKeys(name string, data []byte) error {
	keys, err := gen.ReadKeys(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	e.UseKeys("open "+name, keys)
	return nil
}

// OpenFleet opens a fleet file.
func (e *Editor) OpenFleet(name string, data []byte) (schema.Problems, error) {
	f, problems, err := schema.ReadFleet(name, data)
	if err != nil {
		return problems, fmt.Errorf("%s: %w", name, err)
	}
	d := open(f, e.doc.generation)
	e.change("", "open "+name, func(to *document) { *to = *d })
	return problems, nil
}

// FleetFile is the document as fleet.json.
func (e *Editor) FleetFile() ([]byte, error) {
	var b bytes.Buffer
	if err := e.doc.fleet().Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
