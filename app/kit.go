package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// elem is an element with its attributes: names and values in turn. The named
// constructors of go-app have a type with some hundred methods each, and each
// method call is code; the download would pay for both. And its ID, Title and
// Role take format strings, which no text of a user may be.
func elem(tag string, attributes ...string) app.HTMLElem {
	e := app.Elem(tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		if name, value := attributes[i], attributes[i+1]; name == "class" {
			e = e.Class(value)
		} else {
			e = e.Attr(name, value)
		}
	}
	return e
}

// box is an element with children; class may be empty.
func box(tag, class string, children ...app.UI) app.HTMLElem {
	return elem(tag, "class", class).Body(children...)
}

// words is an element with a text; class may be empty.
func words(tag, class, content string) app.HTMLElem {
	return box(tag, class, app.Text(content))
}

// nothing keeps the place of what is not there: children are matched by their
// position.
func nothing() app.HTMLElem { return elem("div", "class", "none") }

func button(class string, attributes ...string) app.HTMLElem {
	return elem("button", append(attributes, "type", "button", "class", class)...)
}

func option(value string, selected bool, content string) app.HTMLElem {
	return elem("option", "value", value, "selected", flag(selected)).Body(app.Text(content))
}

func label(id, content string) app.HTMLElem {
	return elem("label", "for", id).Body(app.Text(content))
}

// tableBox lets a wide table scroll, by the keyboard too.
func tableBox(table app.UI) app.HTMLElem {
	return elem("div", "class", "table-box", "tabindex", "0").Body(table)
}
