package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// elem is an element of the page. The named constructors of go-app have a type
// with some hundred methods each, which the download would pay for; and its
// ID, Title and Role take format strings, which no text of a user may be:
// attributes are set by Attr.
func elem(tag string) app.HTMLElem { return app.Elem(tag) }

// box is an element with children; class may be empty.
func box(tag, class string, children ...app.UI) app.HTMLElem {
	e := app.Elem(tag)
	if class != "" {
		e = e.Class(class)
	}
	return e.Body(children...)
}

// words is an element with a text; class may be empty.
func words(tag, class, content string) app.HTMLElem {
	return box(tag, class, app.Text(content))
}

// nothing keeps the place of what is not there: children are matched by their
// position.
func nothing() app.HTMLElem { return box("div", "none") }

func button(class string) app.HTMLElem {
	return box("button", class).Attr("type", "button")
}

func option(value string, selected bool, content string) app.HTMLElem {
	return words("option", "", content).Attr("value", value).Attr("selected", selected)
}

func label(id, content string) app.HTMLElem {
	return words("label", "", content).Attr("for", id)
}
