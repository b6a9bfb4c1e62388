package app

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// unknownChapter holds the elements that the catalog does not know.
const unknownChapter = "unknown"

// moreScreen shows any section of the catalog, one at a time.
func (b *Builder) moreScreen() app.UI {
	list := chapters(b.editor.catalog)
	set := b.setPerChapter()
	if b.chapter == "" {
		b.chapter = list[0].key()
	}
	var now chapter
	for _, c := range list {
		if c.key() == b.chapter {
			now = c
		}
	}
	return box("div", "screen",
		b.heading(pageMore.title()),
		b.statusLine(),
		b.problemList(),
		box("div", "toolbar",
			b.chapterChoice(list, set),
			b.indexChoice(now),
			box("div", "row",
				button("button small").
					OnClick(b.act(b.showFinder, "more-find")).
					Text("Find by name or words"),
				button("button small", "aria-pressed", flag(b.setOnly)).
					OnClick(b.act(func() { b.setOnly = !b.setOnly }, "set-only")).
					Text("Only what is set")),
		),
		b.chapterCard(now),
	)
}

// setPerChapter counts the values that the form's layer sets.
func (b *Builder) setPerChapter() map[string]int {
	set := make(map[string]int)
	p := b.editor.doc.layer(b.editor.Layer())
	if p == nil {
		return set
	}
	for _, v := range p.Values() {
		if e, ok := b.editor.catalog.Lookup(v.Name); ok {
			set[chapter{tab: e.Tab, section: e.Section}.key()]++
		} else {
			set[unknownChapter]++
		}
	}
	return set
}

func (b *Builder) chapterChoice(list []chapter, set map[string]int) app.UI {
	var groups []app.UI
	var options []app.UI
	name := func(title string, n int) string {
		if n > 0 {
			return title + " (" + strconv.Itoa(n) + " set)"
		}
		return title
	}
	for i, c := range list {
		options = append(options, option(c.key(), c.key() == b.chapter, name(sectionTitle(c.section), set[c.key()])))
		if i+1 == len(list) || list[i+1].tab != c.tab {
			groups = append(groups, elem("optgroup", "label", c.tab).Body(options...))
			options = nil
		}
	}
	if set[unknownChapter] > 0 {
		groups = append(groups, option(unknownChapter, b.chapter == unknownChapter, name("Not in the catalog", set[unknownChapter])))
	}
	return box("div", "choice",
		label("chapter", "Section"),
		elem("select", "id", "chapter", "class", "input small").OnChange(b.on(func(_ app.Context, e app.Event) {
			b.chapter = e.Get("target").Get("value").String()
			b.n, b.u = 1, 1
		}, "chapter")).Body(groups...),
	)
}

// indexChoice is the extension or key whose values are shown.
func (b *Builder) indexChoice(c chapter) app.UI {
	if c.to == 0 {
		return nothing()
	}
	b.n = max(c.from, min(b.n, c.to))
	numbers := make([]int, c.to-c.from+1)
	for i := range numbers {
		numbers[i] = c.from + i
	}
	units := make([]int, c.units)
	return box("div", "row",
		app.If(c.units > 0, func() app.UI {
			return box("div", "choice",
				label("unit", "Module"),
				elem("select", "id", "unit", "class", "input small").OnChange(b.on(func(_ app.Context, e app.Event) {
					b.u = number(e.Get("target").Get("value").String(), b.u)
				}, "unit")).Body(app.Range(units).Slice(func(i int) app.UI {
					return option(itoa(i+1), i+1 == b.u, "Unit "+strconv.Itoa(i+1))
				})))
		}),
		box("div", "choice",
			label("index", "For"),
			elem("select", "id", "index", "class", "input small").OnChange(b.on(func(_ app.Context, e app.Event) {
				b.n = number(e.Get("target").Get("value").String(), b.n)
			}, "index")).Body(app.Range(numbers).Slice(func(i int) app.UI {
				n := numbers[i]
				return option(itoa(n), n == b.n, c.number(n))
			}))),
	)
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}

func (b *Builder) chapterCard(c chapter) app.UI {
	title := c.tab + " › " + sectionTitle(c.section)
	if c.tab == "Ext n" {
		title = sectionTitle(c.section)
	}
	var names []string
	if b.chapter == unknownChapter {
		title = "Not in the catalog"
		names = b.editor.Unknown()
	} else {
		names = chapterNames(b.editor.catalog, c, b.n, b.u)
		if c.to > 0 {
			title += " › " + c.number(b.n)
		}
	}
	if b.setOnly {
		names = b.onlySet(names)
	}
	if len(names) == 0 {
		return box("div", "card", words("h2", "", title),
			words("p", "empty", "Nothing of this section is set."))
	}
	return b.card(title, names)
}

func (b *Builder) onlySet(names []string) []string {
	var list []string
	for _, name := range names {
		if b.editor.Value(name).Set {
			list = append(list, name)
		}
	}
	return list
}
