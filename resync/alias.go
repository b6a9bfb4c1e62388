package resync

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilegen/schema"
)

// Aliases are the map of a GPP that --alias names: paths of foreign XML to
// parameters (f.9).
type Aliases []Alias

// Alias maps the element at a path to a parameter.
type Alias struct {
	Path    []string // element names: from the root, or a unique tail
	Element string   // "Proxy_1_"
}

// mostAliases is how many lines a map may have (f.9).
const mostAliases = 30

// ParseAliases reads lines such as
//
//	/config/sip/server = /flat-profile/Proxy_1_ ;
//
// The path may begin at the root or anywhere below it.
func ParseAliases(text string) (Aliases, error) {
	var list Aliases
	for entry := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		left, right, ok := strings.Cut(entry, "=")
		left, right = strings.TrimSpace(left), strings.TrimSpace(right)
		if !ok {
			return nil, fmt.Errorf("alias map: %q has no =: want /path/of/element = /flat-profile/Parameter ;", strings.TrimSpace(entry))
		}
		element, ok := strings.CutPrefix(right, "/flat-profile/")
		if !ok || element == "" || strings.Contains(element, "/") {
			return nil, fmt.Errorf("alias map: %q is no parameter: want /flat-profile/ and its name", right)
		}
		path := strings.Split(strings.TrimPrefix(left, "/"), "/")
		if slices.Contains(path, "") {
			return nil, fmt.Errorf("alias map: %q is no path of elements", left)
		}
		if list = append(list, Alias{Path: path, Element: element}); len(list) > mostAliases {
			return nil, fmt.Errorf("alias map: more than %d lines", mostAliases)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("alias map: it is empty")
	}
	return list, nil
}

// find gives the parameter an element at a path stands for.
func (list Aliases) find(path []string) (element string, ok bool) {
	for _, a := range list {
		if slices.Equal(path[max(0, len(path)-len(a.Path)):], a.Path) {
			return a.Element, true
		}
	}
	if len(path) > 1 && path[len(path)-2] == "flat-profile" {
		return path[len(path)-1], true
	}
	return "", false
}

// Read gives the values that a document sets through the map. Elements that
// are not mapped are ignored, except those of a flat-profile (f.9).
func (list Aliases) Read(document []byte) ([]schema.Value, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\xEF\xBB\xBF"))))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	r := aliasReader{aliases: list}
	for {
		token, err := d.RawToken()
		switch {
		case err == io.EOF && len(r.path) == 0 && r.roots == 1:
			return r.profile.Values(), nil
		case err == io.EOF:
			return nil, errors.New("the document is not whole")
		case err != nil:
			return nil, err
		}
		if err := r.token(token); err != nil {
			return nil, err
		}
	}
}

// aliasReader follows a document's elements.
type aliasReader struct {
	aliases Aliases
	path    []string
	roots   int
	text    []byte
	value   schema.Value // of the element that begins last
	profile schema.Profile
}

// deepest bounds the elements inside each other.
const deepest = 64

func (r *aliasReader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("the document has a <! … >, which no profile has")
	case xml.StartElement:
		if len(r.path) == 0 {
			r.roots++
		}
		if r.roots > 1 || len(r.path) == deepest {
			return errors.New("the document has two roots or is too deep")
		}
		r.path = append(r.path, qualified(t.Name))
		r.text = r.text[:0]
		r.value = schema.Value{}
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "ua":
				r.value.UA = a.Value
			case "preserve-value":
				r.value.Preserve = a.Value == "y"
			}
		}
	case xml.CharData:
		if len(r.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside the root")
		}
		r.text = append(r.text, t...)
	case xml.EndElement:
		return r.end(qualified(t.Name))
	}
	return nil
}

// end closes an element and takes its value when it stands for a parameter.
func (r *aliasReader) end(name string) error {
	if len(r.path) == 0 || r.path[len(r.path)-1] != name {
		return fmt.Errorf("</%s> closes nothing", name)
	}
	if element, ok := r.aliases.find(r.path); ok {
		r.value.Name, r.value.Text = element, foldLines(string(r.text))
		r.profile.Set(r.value)
	}
	r.path = r.path[:len(r.path)-1]
	r.text, r.value = r.text[:0], schema.Value{}
	return nil
}

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// foldLines takes white space off the ends and makes each line end, with the
// blanks round it, one blank (f.1).
func foldLines(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	parts := lines[:0]
	for _, line := range lines {
		if line = strings.Trim(line, " \t"); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, " ")
}
