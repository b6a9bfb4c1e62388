package gen

import (
	"slices"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// Cells are the texts of the row that Next read last, as they stand in the
// file.
func (t *Table) Cells() []string {
	list := t.strings()
	cells := make([]string, len(list))
	for i := range list {
		cells[i] = list[i].text
	}
	return cells
}

// Repaired is the row that Next read last into d as it is better written: MAC
// addresses with colons, values without the blanks and guards that were taken
// off. What could not be read stays as it is. There is a cell for each column,
// and one for each that the row has beyond.
func (t *Table) Repaired(d *Device) []string {
	cells := t.Cells()
	for len(cells) < len(t.columns) {
		cells = append(cells, "")
	}
	for i := range t.columns {
		cells[i] = t.columns[i].repaired(cells[i], d)
	}
	return cells
}

func (c *Column) repaired(text string, d *Device) string {
	switch {
	case strings.Trim(text, blanks) == "":
		return "" // it sets nothing
	case c.Identity == "mac" && d.MAC != rule.MAC{}:
		return d.MAC.Colons()
	case c.Identity == "model" && d.Product != "":
		if trimmed := strings.Trim(text, blanks); isModel(trimmed) {
			return trimmed // 8861 is as good as CP-8861-3PCC
		}
		return d.Product
	case c.Identity != "" && c.identity.text(d) != "",
		c.Element != "" && slices.ContainsFunc(d.Values, func(v schema.Value) bool { return v.Name == c.Element }):
		return deviceCell(c.Identity+c.Element, d) // one of them is empty
	}
	return text
}

func isModel(name string) bool {
	_, ok := schema.FindModel(name)
	return ok
}

// AppendCSVRecord appends cells as a line, each in quotes where it needs them.
func AppendCSVRecord(dst []byte, cells []string) []byte {
	return appendRecord(dst, slices.Values(cells))
}

// ShortColumn is a short name that a header may use.
type ShortColumn struct {
	Name    string // "mac", "user"
	Element string // the parameter it sets, of line 1 where there are lines; "" when it tells who the phone is
}

// ShortColumns are the short names, the first of each where there are several.
func ShortColumns() []ShortColumn {
	var list []ShortColumn
	for i := range identityColumns {
		list = append(list, ShortColumn{Name: identityColumns[i].name()})
	}
	add := func(element, names string) {
		name, _, _ := strings.Cut(names, " ")
		list = append(list, ShortColumn{name, strings.Replace(element, "{n}", "1", 1)})
	}
	for _, c := range lineColumns {
		add(c.element, c.names)
	}
	for _, c := range phoneColumns {
		add(c.element, c.names)
	}
	return list
}
