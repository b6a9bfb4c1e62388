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

// box is an element with children; class may be empty. It is a UI, as those
// below are: where a child is an HTMLElem, the compiler puts a conversion.
func box(tag, class string, children ...app.UI) app.UI {
	return elem(tag, "class", class).Body(children...)
}

// words is an element with a text; class may be empty.
func words(tag, class, content string) app.UI {
	return box(tag, class, app.Text(content))
}

// nothing keeps the place of what is not there: children are matched by their
// position.
func nothing() app.UI { return elem("div", "class", "none") }

func button(class string, attributes ...string) app.HTMLElem {
	return elem("button", append(attributes, "type", "button", "class", class)...)
}

func option(value string, selected bool, content string) app.UI {
	return elem("option", "value", value, "selected", flag(selected)).Body(app.Text(content))
}

func label(id, content string) app.UI {
	return elem("label", "for", id).Body(app.Text(content))
}

// tableBox lets a wide table scroll, by the keyboard too.
func tableBox(table app.UI) app.HTMLElem {
	return elem("div", "class", "table-box", "tabindex", "0").Body(table)
}

// alert is a text that is read out when it appears.
func alert(class, text string) app.UI {
	return elem("p", "class", class, "role", "alert").Body(app.Text(text))
}

// status is a text that is read out when it changes.
func status(text string) app.UI {
	return elem("p", "class", "status", "role", "status").Body(app.Text(text))
}

// when is an element that is there under a condition; it is made in any case.
// app.If makes it only then, for a function's price.
func when(there bool, element app.UI) app.UI {
	if !there {
		return nil
	}
	return element
}
