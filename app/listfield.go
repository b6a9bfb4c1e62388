package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// A list shows its items one by one, to add, take out and move; as text it can
// be typed and pasted whole.

// isList tells whether a parameter's value is a list of short items.
func isList(e schema.Entry) bool {
	return e.Kind == schema.KindList || e.Kind == schema.KindSoftkeys
}

// separator is what stands between the items of a list.
func separator(e schema.Entry) string {
	if sep, ok := strings.CutPrefix(e.Unit, "sep "); ok {
		return sep
	}
	return ";"
}

// listItems are the items of a list, without the empty ones.
func listItems(text, separator string) []string {
	var items []string
	for item := range strings.SplitSeq(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// listText is the text of a list. Lists of softkeys end with their separator.
func listText(items []string, e schema.Entry) string {
	text := strings.Join(items, separator(e))
	if e.Kind == schema.KindSoftkeys && text != "" {
		text += separator(e)
	}
	return text
}

// itemID is the id of the i-th item of a list.
func itemID(name string, i int) string { return "i-" + name + "-" + strconv.Itoa(i) }

// change gives the field's list other items, and puts the focus on one of
// them; beyond the last one it goes to the box that adds.
func (f *Field) change(items []string, focus int) {
	b := f.B
	b.editor.Set(b.editor.Layer(), f.Name, listText(items, f.entry))
	b.editor.Settle()
	id := fieldID(f.Name)
	if focus < len(items) {
		id = itemID(f.Name, focus)
	}
	b.shell.Defer(func(app.Context) {
		if el := app.Window().GetElementByID(id); el.Truthy() {
			el.Call("focus")
		}
	})
}

func (f *Field) items() []string {
	return listItems(f.B.editor.Value(f.Name).Text, separator(f.entry))
}

func (f *Field) remove(i int) {
	if items := f.items(); i < len(items) {
		f.change(slices.Delete(items, i, i+1), i)
	}
}

// move puts an item before or after others.
func (f *Field) move(from, to int) {
	items := f.items()
	if from >= len(items) || to < 0 || to >= len(items) || from == to {
		return
	}
	item := items[from]
	items = slices.Insert(slices.Delete(items, from, from+1), to, item)
	f.change(items, to)
}

// list is the control.
func (f *Field) list() app.UI {
	b, name := f.B, f.Name
	items := listItems(f.Value.Text, separator(f.entry))
	return box("div", "control list",
		elem("ul", "class", "items", "aria-label", "Items of "+f.label()).Body(app.Range(items).Slice(func(i int) app.UI {
			return f.item(items, i)
		})),
		elem("input", "type", "text", "class", "input small", "id", fieldID(name), "placeholder", "add", "autocomplete", "off", "spellcheck", "false", "aria-describedby", f.describedBy(), "aria-invalid", flag(f.Severity == rule.Error)).
			OnFocus(b.act(func() { b.focus = name }, "focus", name)).
			OnKeyDown(b.on(f.addKey, "add-key", name)).
			OnBlur(b.on(func(_ app.Context, e app.Event) { f.add(e.Get("target")) }, "add", name)),
	)
}

func (f *Field) item(items []string, i int) app.UI {
	b, name := f.B, f.Name
	item := items[i]
	stop := "-1" // of the tabulator: one for the whole list
	if i == 0 {
		stop = "0"
	}
	return elem("li", "class", "item", "draggable", "true").
		On("dragstart", func(_ app.Context, e app.Event) {
			b.dragged = i
			e.Get("dataTransfer").Call("setData", "text/plain", item)
		}, app.EventScope("drag", name, i)).
		On("drop", func(_ app.Context, e app.Event) {
			e.PreventDefault()
			b.safely(func() { f.move(b.dragged, i) })
		}, app.EventScope("drop", name, i)).
		Body(
			button("item-text", "id", itemID(name, i), "tabindex", stop, "title", "Alt and an arrow moves it, Delete takes it out", "aria-label", item+", "+strconv.Itoa(i+1)+" of "+strconv.Itoa(len(items))).
				OnFocus(b.act(func() { b.focus = name }, "focus", name)).
				OnKeyDown(b.on(func(_ app.Context, e app.Event) { f.itemKey(e, i) }, "item-key", name, i)).
				Text(item),
			f.mover("‹", "Earlier: "+item, i, i-1),
			f.mover("›", "Later: "+item, i, i+1),
			button("icon", "aria-label", "Take out "+item, "tabindex", "-1").
				OnClick(b.act(func() { f.remove(i) }, "remove", name, i)).Text("×"),
		)
}

// mover is a button for those who have no keyboard; it shows on the item in
// focus.
func (f *Field) mover(sign, what string, from, to int) app.UI {
	return button("icon mover", "aria-label", what, "tabindex", "-1", "disabled", flag(to < 0 || to >= len(f.items()))).
		OnClick(f.B.act(func() { f.move(from, to) }, "move", f.Name, from, to)).Text(sign)
}

// itemKey answers the keys on an item.
func (f *Field) itemKey(e app.Event, i int) {
	step := 0
	switch e.Get("key").String() {
	case "ArrowLeft":
		step = -1
	case "ArrowRight":
		step = 1
	case "Delete", "Backspace":
		e.PreventDefault()
		f.remove(i)
		return
	default:
		return
	}
	e.PreventDefault()
	if e.Get("altKey").Bool() {
		f.move(i, i+step)
		return
	}
	id := itemID(f.Name, i+step)
	if i+step == len(f.items()) {
		id = fieldID(f.Name)
	}
	if el := app.Window().GetElementByID(id); el.Truthy() {
		el.Call("focus")
	}
}

// addKey adds what is in the box at Enter or the separator; in an empty box
// Backspace goes to the last item.
func (f *Field) addKey(_ app.Context, e app.Event) {
	box := e.Get("target")
	switch key := e.Get("key").String(); {
	case key == "Enter" || key == separator(f.entry):
		e.PreventDefault()
		f.add(box)
	case (key == "Backspace" || key == "ArrowLeft") && box.Get("value").String() == "":
		if n := len(f.items()); n > 0 {
			e.PreventDefault()
			app.Window().GetElementByID(itemID(f.Name, n-1)).Call("focus")
		}
	}
}

// add takes what is in the box to the end of the list; several items at once
// when the separator stands between them.
func (f *Field) add(box app.Value) {
	more := listItems(box.Get("value").String(), separator(f.entry))
	box.Set("value", "")
	if len(more) == 0 {
		return
	}
	b := f.B
	b.editor.Set(b.editor.Layer(), f.Name, listText(append(f.items(), more...), f.entry))
	b.editor.Settle()
}

// textLink changes between the items and their text.
func (f *Field) textLink(text string) app.UI {
	b, name := f.B, f.Name
	return button("link", "aria-label", f.label()+" "+text).OnClick(b.act(func() {
		if b.asText == name {
			b.asText = ""
		} else {
			b.asText = name
		}
		b.focusLater(fieldID(name))
	}, "as-text", name)).Text(text)
}
