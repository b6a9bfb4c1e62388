package app

import (
	"bufio"
	"io"
	"maps"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
	"profilegen/schema"
)

// importCSV reads a list of phones; a flawless one for an empty fleet is taken
// at once.
func (b *Builder) importCSV(name string, data []byte) {
	b.open(pagePhones)
	v := &b.phones
	v.opened, v.table, v.names = "", nil, nil
	b.readTable(name, func(told func(int)) *Table { return ReadTable(name, data, told) }, func(t *Table) {
		if t.Err == nil && len(t.Problems) == 0 && len(b.editor.doc.devices) == 0 && len(t.Devices) > 0 {
			b.takeTable(false)
		}
	})
}

// nameColumn reads the table again, with a column by another name.
func (b *Builder) nameColumn(column int, name string) {
	v := &b.phones
	t, names := v.table, maps.Clone(v.names)
	if names == nil {
		names = make(map[int]string)
	}
	names[column] = name
	v.names = names
	b.readTable(t.Name, func(told func(int)) *Table { return t.As(names, told) }, nil)
}

// readTable reads a table while the page is used; then may be nil.
func (b *Builder) readTable(name string, read func(told func(rows int)) *Table, then func(*Table)) {
	v := &b.phones
	j := &job{what: "Reading " + name}
	v.reading = j
	b.shell.Async(func() {
		breathe := b.newBreather(j)
		breathe.progress(0, 0)
		t := read(func(rows int) { breathe.progress(rows, 0) })
		breathe.release()
		b.shell.Dispatch(func(app.Context) {
			if v.reading != j {
				return // another file was opened meanwhile
			}
			b.safely(func() {
				v.reading, v.table = nil, t
				if then != nil {
					then(t)
				}
			})
		})
	})
}

func (b *Builder) takeTable(add bool) {
	t := b.phones.table
	b.editor.UseTable(t, add)
	b.phones.table, b.phones.at, b.phones.paste = nil, 0, false
	b.sayUndo("Took " + plural(len(t.Devices), "phone", "phones") + " from " + t.Name)
}

// saveCorrected saves the whole table, repaired as far as it can be.
func (b *Builder) saveCorrected() { b.saveSlowly("corrected.csv", b.phones.table.Corrected) }

// saveSlowly saves a CSV that is written while the page is used.
func (b *Builder) saveSlowly(name string, write func(out io.Writer, told func(int)) error) {
	b.shell.Async(func() {
		breathe := b.newBreather(nil)
		out := newParts(breathe)
		buffer := bufio.NewWriterSize(out, 1<<16)
		err := write(buffer, func(int) { breathe.progress(0, 0) })
		if err == nil {
			err = buffer.Flush()
		}
		breathe.release()
		b.shell.Dispatch(func(app.Context) {
			b.safely(func() {
				if err != nil {
					b.say("There is no " + name + ": " + err.Error())
					return
				}
				b.saveParts(name, "text/csv", out.list)
			})
		})
	})
}

// tableReport shows what was read of a CSV: columns, problems, what to do.
func (b *Builder) tableReport() app.UI {
	v := &b.phones
	t := v.table
	if t == nil {
		if v.reading == nil {
			return nothing()
		}
		return box("section", "card import", words("h2", "", v.reading.what+"…"),
			words("p", "status", plural(v.reading.done, "row", "rows")))
	}
	head := plural(len(t.Devices), "phone", "phones") + " in " + t.Name
	if t.Bad > 0 {
		head += ", and " + plural(t.Bad, "row", "rows") + " with errors"
	}
	if t.Err != nil {
		head = sentence(t.Err.Error())
	}
	const shown = 100
	list := t.inRows()
	rest := max(0, len(list)-shown)
	list = list[:len(list)-rest]
	return box("section", "card import",
		box("div", "row", words("h2", "grow", head),
			button("icon", "aria-label", "Close without taking the phones").
				OnClick(b.act(func() { v.table, v.reading = nil, nil }, "close-table")).Text("×")),
		b.columnTable(t),
		app.If(len(list) > 0, func() app.UI {
			return box("ul", "problems plain", app.Range(list).Slice(func(i int) app.UI { return placedProblem(&list[i]) }))
		}),
		app.If(rest > 0, func() app.UI { return words("p", "help", "And "+strconv.Itoa(rest)+" more.") }),
		b.tableButtons(t),
	)
}

func (b *Builder) tableButtons(t *Table) app.UI {
	if len(t.Columns) == 0 {
		return nothing()
	}
	return box("div", "table-buttons",
		box("div", "row",
			app.If(len(t.Devices) > 0, func() app.UI {
				return button("button primary").OnClick(b.act(func() { b.takeTable(false) }, "take")).
					Text("Take " + plural(len(t.Devices), "phone", "phones"))
			}),
			app.If(len(t.Devices) > 0 && len(b.editor.doc.devices) > 0, func() app.UI {
				return button("button").OnClick(b.act(func() { b.takeTable(true) }, "take-add")).Text("Add them to the list")
			}),
			app.If(len(t.Problems) > 0 && t.Err == nil, func() app.UI {
				return button("button").OnClick(b.act(b.saveCorrected, "corrected")).Text("Save a corrected CSV")
			})),
		app.If(len(t.Problems) > 0 && t.Err == nil, func() app.UI {
			return words("p", "help", "The corrected CSV holds every row: MAC addresses in one notation, blanks and invisible characters taken off, everything else as it was, and a last column that says what is wrong with the row. It can be opened here again.")
		}))
}

func placedProblem(p *schema.Problem) app.UI {
	return box("li", severityClass(p.Severity),
		words("span", "sign", severityName(p.Severity)+": "),
		app.If(p.Origin.Row > 0, func() app.UI { return words("code", "", place(p.Origin)+" ") }),
		app.If(p.Element != "", func() app.UI { return words("code", "", p.Element+" ") }),
		app.Text(p.Summary+". "),
		app.If(p.Hint != "", func() app.UI { return words("span", "hint", sentence(p.Hint)) }))
}

// columnTable shows what the columns hold and what they are taken for, which
// the user can change.
func (b *Builder) columnTable(t *Table) app.UI {
	if len(t.Columns) == 0 {
		return nothing()
	}
	return tableBox(box("table", "columns-table",
		box("thead", "", box("tr", "", words("th", "", "Column"), words("th", "", "First values"), words("th", "", "Read as"))),
		box("tbody", "", app.Range(t.Columns).Slice(func(i int) app.UI {
			name := "(no name)"
			if i < len(t.Header) && t.Header[i] != "" {
				name = t.Header[i]
			}
			return box("tr", "",
				box("td", "", elem("label", "class", "mono", "for", columnID(i)).Body(app.Text(name))),
				box("td", "values", b.firstValues(t, i)),
				box("td", "wrap", b.columnChoice(t, i, name), app.If(t.about(t.Columns[i]) != "", func() app.UI {
					return words("p", "field-message error", t.about(t.Columns[i]))
				})))
		}))))
}

func columnID(i int) string { return "column-" + strconv.Itoa(i) }

// firstValues are those of a column's first rows, secrets masked.
func (b *Builder) firstValues(t *Table, column int) app.UI {
	var list []app.UI
	secret := b.editor.secret(t.Columns[column].Element)
	for _, row := range t.First {
		if column >= len(row) || row[column] == "" {
			continue
		}
		const longest = 40
		text := row[column]
		if runes := []rune(text); len(runes) > longest {
			text = string(runes[:longest]) + "…"
		}
		if len(list) > 0 {
			list = append(list, app.Text(", "))
		}
		list = append(list, shownValue(text, secret))
	}
	if list == nil {
		return words("em", "", "empty")
	}
	return box("span", "", list...)
}

// otherSetting is the choice that opens the finder.
const otherSetting = "?"

// columnChoice says what a column is.
func (b *Builder) columnChoice(t *Table, i int, header string) app.UI {
	c := t.Columns[i]
	now := c.Identity
	short := gen.ShortColumns()
	for _, s := range short {
		if c.Element != "" && s.Element == c.Element {
			now = s.Name
		}
	}
	var phone, common []app.UI
	for _, s := range short {
		if s.Element == "" {
			phone = append(phone, option(s.Name, s.Name == now, "the phone's "+identityWord(s.Name)))
		} else {
			common = append(common, option(s.Name, s.Name == now, b.editor.label(s.Element)))
		}
	}
	out := now == "" && c.Element == "" && len(c.Header) > 0 && c.Header[:1] == leftOut
	none := []app.UI{option(leftOut, out, "nothing: left out")}
	if c.Element != "" && now == "" {
		common = append(common, option(c.Element, true, b.editor.label(c.Element)))
		now = c.Element
	}
	none = append(none, option(otherSetting, false, "another setting…"))
	if out {
		now = leftOut
	}
	unknown := app.If(now == "", func() app.UI { return option("", true, "choose…") })
	return elem("select", "class", "input small", "id", columnID(i), "aria-invalid", flag(now == "")).
		OnChange(b.on(func(_ app.Context, e app.Event) {
			to := e.Get("target").Get("value").String()
			if to != otherSetting {
				b.nameColumn(i, to)
				return
			}
			e.Get("target").Set("value", now) // until something is chosen
			b.pick("What “"+header+"” sets", func(name string) { b.nameColumn(i, name) })
		}, "column", i, now)).
		Body(
			unknown,
			elem("optgroup", "label", "Which phone it is").Body(phone...),
			elem("optgroup", "label", "A setting").Body(common...),
			elem("optgroup", "label", "Other").Body(none...))
}

// identityWord is a short name as words.
func identityWord(name string) string {
	switch name {
	case "mac":
		return "MAC address"
	case "ip":
		return "IP address"
	case "external_ip":
		return "external IP address"
	case "serial":
		return "serial number"
	case "firmware", "hardware":
		return name + " version"
	case "encrypt":
		return "encryption"
	}
	return name
}
