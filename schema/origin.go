package schema

import "strconv"

// Origin names the place a value comes from.
type Origin struct {
	File   string `json:"file,omitempty"`   // "" for the catalog's default
	Row    int    `json:"row,omitempty"`    // line, from 1; 0 when unknown
	Column int    `json:"column,omitempty"` // from 1; 0 when unknown
}

// String is the place as editors and terminals read it: "phones.csv:7:3".
func (o Origin) String() string {
	text := o.File
	if o.Row > 0 {
		text += ":" + strconv.Itoa(o.Row)
		if o.Column > 0 {
			text += ":" + strconv.Itoa(o.Column)
		}
	}
	return text
}
