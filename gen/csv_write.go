package gen

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// CSVColumns are the columns a CSV of devices needs: what identifies them, as
// far as one of them has it, and their own elements in the order they come up.
func CSVColumns(devices iter.Seq[*Device]) []string {
	used := make([]bool, len(identityColumns))
	var elements []string
	seen := map[string]bool{}
	for d := range devices {
		for i := range identityColumns {
			used[i] = used[i] || identityColumns[i].text(d) != ""
		}
		for _, v := range d.Values {
			if !seen[v.Name] {
				seen[v.Name] = true
				elements = append(elements, v.Name)
			}
		}
	}
	var columns []string
	for i, c := range identityColumns {
		if used[i] || i == 0 {
			columns = append(columns, c.name())
		}
	}
	return append(columns, elements...)
}

// AppendCSVHeader appends the header of a CSV with these columns, names of
// CSVColumns. A spreadsheet that takes the file for something else than UTF-8
// is helped by a byte-order mark, "\uFEFF", before it.
func AppendCSVHeader(dst []byte, columns []string) []byte {
	return appendRecord(dst, slices.Values(columns))
}

// AppendCSVDevice appends the row of d. What OpenTable reads from it is d
// again, but for ua and preserve-value, for which a CSV has no place.
func AppendCSVDevice(dst []byte, columns []string, d *Device) []byte {
	return appendRecord(dst, func(yield func(string) bool) {
		for _, column := range columns {
			if !yield(deviceCell(column, d)) {
				return
			}
		}
	})
}

func deviceCell(column string, d *Device) string {
	for i := range identityColumns {
		if c := &identityColumns[i]; c.name() == column {
			return guardFormula(c.text(d))
		}
	}
	text := ""
	for i := range d.Values {
		if v := &d.Values[i]; v.Name == column { // of two the last counts
			if text = guardFormula(v.Text); v.Text == "" {
				text = emptyMark
			}
		}
	}
	return text
}

// emptyMark in a cell sets the empty text; an empty cell sets nothing. It is
// what the guide writes for an empty text (f.3).
const emptyMark = `""`

// guardFormula puts an apostrophe before what a spreadsheet would take for a
// formula, and before what would else be read as guarded or as the empty mark.
// A value that came from elsewhere, such as a name, must not be run.
func guardFormula(text string) string {
	if isGuarded("'" + text) {
		return "'" + text
	}
	return text
}

// isGuarded tells whether the apostrophe text begins with is a guard.
func isGuarded(text string) bool {
	if text == "" || text[0] != '\'' {
		return false
	}
	rest := strings.TrimLeft(text, "'")
	return rest != "" && (strings.IndexByte("=+-@\t\r", rest[0]) >= 0 || rest == emptyMark)
}

// appendRecord appends cells as one line, quoted where they need it.
func appendRecord(dst []byte, cells iter.Seq[string]) []byte {
	first := true
	for c := range cells {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendCell(dst, c)
	}
	return append(dst, '\n')
}

func appendCell(dst []byte, text string) []byte {
	plain := text == "" || !strings.ContainsAny(text, ",;\t\"\r\n") && text[0] != ' ' && text[len(text)-1] != ' '
	if plain {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll([]byte(text), []byte(`"`), []byte(`""`))...)
	return append(dst, '"')
}
