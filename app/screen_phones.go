package app

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// phonesView is the state of the screen that lists the fleet.
type phonesView struct {
	search   string
	only     bool // only those with problems
	at       int  // page of the table
	opened   string
	profile  string         // search in the opened phone's profile
	table    *Table         // a CSV that was read and waits to be taken
	names    map[int]string // what its columns are by the user's word
	reading  *job           // what is read of it now
	newMAC   string
	newModel string
	newError string
	paste    bool
	pasted   string
}

// rowsOnPage keeps the page light: a table of thousands slows every key press.
const rowsOnPage = 100

func (b *Builder) phonesScreen() app.UI {
	if dev := b.editor.doc.device(b.phones.opened); dev != nil {
		return b.phoneScreen(dev)
	}
	devices := b.editor.doc.devices
	return box("div", "screen",
		box("div", "heading", words("h1", "", pagePhones.title()), box("span", "grow"), b.zipTools()),
		b.importReport(),
		b.tableReport(),
		b.checkLine(),
		b.addCard(),
		app.If(len(devices) > 0, func() app.UI { return b.phonesTable() }),
		b.deliveryCard(),
		b.encodingCard(),
	)
}

// addCard is how phones come in.
func (b *Builder) addCard() app.UI {
	v := &b.phones
	intro := nothing()
	if len(b.editor.doc.devices) == 0 {
		intro = box("p", "", words("strong", "", "There are no phones yet. "),
			app.Text("Open a CSV with a row for each phone, drop it here, or add them one by one. Its first row names the columns: mac, model, and what differs from phone to phone, such as user, password, name."))
	}
	if v.newModel == "" {
		v.newModel = b.editor.model
	}
	return box("section", "card",
		words("h2", "", "Add phones"),
		intro,
		box("div", "row",
			b.fileButton("button small", "Open a CSV…", "phones-file"),
			button("button small", "aria-expanded", flag(v.paste)).
				OnClick(b.act(func() { v.paste = !v.paste }, "paste")).Text("Paste rows"),
			box("span", "grow"),
			box("div", "choice", label("new-mac", "MAC address"),
				&Box{B: b, ID: "new-mac", Text: v.newMAC, Placeholder: "000e08012345", Class: "small", Bad: v.newError != ""}),
			box("div", "choice", label("new-model", "Model"),
				b.modelChoice("input small", "new-model", v.newModel, func(model string) { v.newModel = model })),
			button("button small").OnClick(b.act(b.addPhone, "add-phone")).Text("Add"),
		),
		app.If(v.newError != "", func() app.UI {
			return alert("field-message error", sentence(v.newError))
		}),
		app.If(v.paste, func() app.UI {
			return box("div", "paste",
				label("paste", "Rows, the first one with the names of the columns; from a spreadsheet or a CSV"),
				elem("textarea", "class", "input", "id", "paste", "rows", "5", "spellcheck", "false").
					OnChange(b.on(func(_ app.Context, e app.Event) { v.pasted = e.Get("target").Get("value").String() }, "pasted")),
				box("div", "row", button("button small").OnClick(b.act(func() {
					if el := app.Window().GetElementByID("paste"); el.Truthy() {
						v.pasted = el.Get("value").String()
					}
					b.openFile("pasted rows", []byte(v.pasted))
				}, "read-paste")).Text("Read the rows")))
		}),
	)
}

func (b *Builder) modelChoice(class, id, model string, chosen func(string)) app.UI {
	models := schema.Models()
	return elem("select", "class", class, "id", id).
		OnChange(b.on(func(_ app.Context, e app.Event) { chosen(e.Get("target").Get("value").String()) }, "model", id)).
		Body(app.Range(models).Slice(func(i int) app.UI {
			return option(models[i].Name(), sameModel(models[i].Name(), model), models[i].Name())
		}))
}

func (b *Builder) addPhone() {
	v := &b.phones
	if err := b.editor.AddDevice(v.newMAC, v.newModel); err != nil {
		v.newError = err.Error()
		return
	}
	v.newMAC, v.newError = "", ""
}

// boxed hears the boxes of the screens.
func (b *Builder) boxed(_ app.Context, id, text string) {
	v := &b.phones
	text = strings.TrimSpace(text)
	d := b.editor.doc.delivery
	switch id {
	case "new-mac":
		v.newMAC, v.newError = text, ""
	case "phones-search":
		v.search, v.at = text, 0
	case "profile-search":
		v.profile = text
	case "file-names":
		b.editor.NameFiles(text)
	case "delivery-server":
		d.Server = text
		b.editor.Deliver(d)
	case "delivery-port":
		d.Port, _ = strconv.Atoi(text)
		b.editor.Deliver(d)
	case "encoding-first":
		encoding := b.editor.doc.encoding
		encoding.First = text
		b.editor.Encode(encoding)
	case "delivery-path":
		d.Path = text
		b.editor.Deliver(d)
	case "sim-start":
		if t, err := time.Parse(scenarioTime, text); err == nil {
			b.sim.start, b.sim.played = t, nil
		} else {
			b.say("A time is written like " + b.sim.start.Format(scenarioTime))
		}
	case "sim-offset":
		b.sim.offset = text
	}
	b.boxedLab(id, text)
	if which, ok := strings.CutPrefix(id, "identity-"); ok {
		b.editor.SetIdentity(v.opened, number(which, 0), text)
		b.editor.Settle()
	}
}

// written hears the texts of several lines.
func (b *Builder) written(id, text string) {
	if id == "sim-events" {
		b.sim.events, b.sim.played = text, nil
	}
}

// saveCSV saves the list of phones.
func (b *Builder) saveCSV() {
	list := b.editor.doc.devices
	b.saveSlowly("phones.csv", func(out io.Writer, told func(int)) error { return WriteCSV(out, list, told) })
}

// phonesTable is one page of the fleet.
func (b *Builder) phonesTable() app.UI {
	v := &b.phones
	rows := b.filtered()
	pages := max(1, (len(rows)+rowsOnPage-1)/rowsOnPage)
	v.at = max(0, min(v.at, pages-1))
	shown := rows[v.at*rowsOnPage : min(len(rows), (v.at+1)*rowsOnPage)]
	return box("section", "card",
		box("div", "row",
			words("h2", "grow", plural(len(b.editor.doc.devices), "phone", "phones")),
			&Box{B: b, ID: "phones-search", Text: v.search, Label: "Search the phones", Placeholder: "Search MAC, model, values", Class: "small search", Live: true},
			button("button small", "aria-pressed", flag(v.only)).
				OnClick(b.act(func() { v.only, v.at = !v.only, 0 }, "only-problems")).Text("Only problems"),
			button("button small").OnClick(b.act(b.saveCSV, "save-csv")).Text("Save as CSV"),
		),
		app.If(len(shown) == 0, func() app.UI { return words("p", "empty", "No phone fits.") }),
		app.If(len(shown) > 0, func() app.UI {
			return tableBox(box("table", "phones",
				box("thead", "", box("tr", "",
					words("th", "", "MAC address"), words("th", "", "Model"), words("th", "", "Own values"), words("th", "", "Problems"),
					box("th", "", words("span", "offscreen", "Actions")))),
				box("tbody", "", app.Range(shown).Slice(func(i int) app.UI { return b.phoneRow(shown[i]) }))))
		}),
		app.If(pages > 1, func() app.UI { return b.pager("phones", &v.at, pages, plural(len(rows), "phone", "phones")) }),
	)
}

// filtered are the numbers of the phones that fit search and filter.
func (b *Builder) filtered() []int {
	v := &b.phones
	search := strings.ToLower(v.search)
	var rows []int
	for i, dev := range b.editor.doc.devices {
		if v.only && b.check.of(i) == nil {
			continue
		}
		if search != "" && !b.deviceHas(dev, search) {
			continue
		}
		rows = append(rows, i)
	}
	return rows
}

// deviceHas looks for a text in what the table may show: not in secrets.
func (b *Builder) deviceHas(dev *schema.FleetDevice, search string) bool {
	for _, text := range []string{dev.MAC, dev.Model, dev.Serial, dev.IP} {
		if strings.Contains(strings.ToLower(text), search) {
			return true
		}
	}
	if dev.Values == nil {
		return false
	}
	for _, v := range dev.Values.Values() {
		if strings.Contains(strings.ToLower(v.Text), search) && !b.editor.secret(v.Name) {
			return true
		}
	}
	return false
}

func (b *Builder) phoneRow(i int) app.UI {
	dev := b.editor.doc.devices[i]
	mac := dev.MAC
	problems := b.check.of(i)
	class, what := "", ""
	worst := none
	for _, p := range problems {
		if p.Severity > worst {
			worst, what = p.Severity, p.Summary
		}
	}
	if worst > none {
		class = severityClass(worst)
		if len(problems) > 1 {
			what += " (and " + strconv.Itoa(len(problems)-1) + " more)"
		}
	}
	return box("tr", class,
		box("td", "", button("link strong mono").OnClick(b.act(func() {
			b.openPhone(mac)
		}, "phone", mac)).Text(mac)),
		words("td", "", dev.Model),
		words("td", "values", b.summary(dev)),
		words("td", "", what),
		box("td", "", button("link", "aria-label", "see from "+mac).OnClick(b.act(func() {
			b.editor.Look(mac, "")
			b.say("Everything is now seen from " + mac)
		}, "look", mac)).Text("see from")),
	)
}

// summary shows a phone's own values, secrets left out.
func (b *Builder) summary(dev *schema.FleetDevice) string {
	if dev.Values == nil {
		return ""
	}
	text := ""
	for _, v := range dev.Values.Values() {
		if b.editor.secret(v.Name) || v.Text == "" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += v.Text
		if len(text) > 80 {
			return text[:80] + "…"
		}
	}
	return text
}

// pager goes through the pages of a long list; at is the page shown.
func (b *Builder) pager(list string, at *int, pages int, what string) app.UI {
	to := func(name string, page int) app.UI {
		return button("button small", "disabled", flag(page < 0 || page >= pages || page == *at)).
			OnClick(b.act(func() { *at = page }, "pager", list, name, page)).Text(name)
	}
	return elem("nav", "class", "pages", "aria-label", "Pages of the list").Body(
		to("First", 0), to("Back", *at-1),
		words("span", "", "Page "+strconv.Itoa(*at+1)+" of "+strconv.Itoa(pages)+", "+what),
		to("Next", *at+1), to("Last", pages-1))
}

func (b *Builder) openPhone(mac string) {
	b.phones.opened, b.phones.profile = mac, ""
	app.Window().Call("scrollTo", 0, 0)
}

// phoneScreen is one phone: what it is, and the profile it gets.
func (b *Builder) phoneScreen(dev *schema.FleetDevice) app.UI {
	mac := dev.MAC
	var problems schema.Problems
	for i, have := range b.editor.doc.devices {
		if have.MAC == mac {
			problems = b.check.of(i)
		}
	}
	return box("div", "screen",
		box("div", "heading",
			button("button small").OnClick(b.act(func() { b.phones.opened = "" }, "back")).Text("‹ All phones"),
			words("h1", "mono", mac), box("span", "grow"),
			button("button").OnClick(b.act(func() {
				b.editor.Show(Layer{MAC: mac})
				b.open(pageProfile)
			}, "edit-phone", mac)).Text("Edit its values"),
			button("button").OnClick(b.act(func() {
				b.editor.RemoveDevice(mac)
				b.sayUndo("Removed " + mac)
			}, "remove", mac)).Text("Remove")),
		app.If(len(problems) > 0, func() app.UI {
			return box("section", "problems", box("ul", "", app.Range(problems).Slice(func(i int) app.UI { return placedProblem(&problems[i]) })))
		}),
		box("section", "card", words("h2", "", "The phone"),
			box("div", "fields", app.Range(identity).Slice(func(i int) app.UI {
				id := "identity-" + strconv.Itoa(i)
				now, list := *identity[i].field(dev), identity[i].list
				set := func(text string) {
					b.editor.SetIdentity(b.phones.opened, i, text)
					b.editor.Settle()
				}
				var control app.UI
				if _, ok := schema.FindModel(now); ok && i == 0 {
					control = b.modelChoice("input", id, now, set)
				} else if slices.ContainsFunc(list, func(c choice) bool { return c.value == now }) {
					control = b.choose(id, list, now, set)
				} else {
					control = &Box{B: b, ID: id, Text: now, Placeholder: identity[i].hint}
				}
				return box("div", "field", box("div", "field-head", label(id, identity[i].name)), control)
			}))),
		b.resultingCard(mac),
	)
}

func (b *Builder) resultingCard(mac string) app.UI {
	search := strings.ToLower(b.phones.profile)
	all, err := b.editor.Resulting(mac)
	if err != nil {
		return box("section", "card", words("h2", "", "What it gets"), words("p", "field-message error", sentence("nothing: "+err.Error())))
	}
	var list []Origin
	for _, o := range all {
		if search == "" || strings.Contains(strings.ToLower(o.Value.Name+" "+o.Label+" "+o.From), search) ||
			!o.Secret && strings.Contains(strings.ToLower(o.Value.Text), search) {
			list = append(list, o)
		}
	}
	const shown = 200
	rest := max(0, len(list)-shown)
	list = list[:len(list)-rest]
	return box("section", "card",
		box("div", "row", words("h2", "grow", "What it gets"),
			&Box{B: b, ID: "profile-search", Text: b.phones.profile, Label: "Search the profile", Placeholder: "Search", Class: "small search", Live: true}),
		tableBox(box("table", "",
			box("thead", "", box("tr", "", words("th", "", "Setting"), words("th", "", "Value"), words("th", "", "From"))),
			box("tbody", "", app.Range(list).Slice(func(i int) app.UI {
				o := list[i]
				name := o.Value.Name
				return box("tr", "",
					box("td", "", button("link").OnClick(b.act(func() {
						b.editor.Show(Layer{MAC: mac})
						b.goTo(name)
					}, "result", name)).Text(o.Label)),
					box("td", "", shownValue(o.Value.Text, o.Secret)),
					words("td", "", o.From))
			})))),
		app.If(rest > 0, func() app.UI {
			return words("p", "help", "And "+strconv.Itoa(rest)+" more: search for them.")
		}))
}

// deliveryCard says where the files will be, and what they are called.
func (b *Builder) deliveryCard() app.UI {
	d := b.editor.doc.delivery
	port := ""
	if d.Port > 0 {
		port = strconv.Itoa(d.Port)
	}
	schemes := []choice{{"", "tftp, as from the factory"}, {"tftp", "tftp"}, {"http", "http"}, {"https", "https"}}
	return box("section", "card",
		words("h2", "", "Files and delivery"),
		box("div", "fields",
			named("file-names", "File names", "Macros that say who the phone is, such as $MA (MAC address) and $PSN (model). Left empty: "+gen.DefaultName+".",
				&Box{B: b, ID: "file-names", Text: b.editor.doc.name, Placeholder: gen.DefaultName}),
			named("delivery-scheme", "Protocol", "How the phones fetch their files.",
				b.choose("delivery-scheme", schemes, d.Scheme, func(to string) {
					d := b.editor.doc.delivery
					d.Scheme = to
					b.editor.Deliver(d)
				})),
			named("delivery-server", "Server", "Name or address. Left empty, the phones take the one that DHCP names.",
				&Box{B: b, ID: "delivery-server", Text: d.Server, Placeholder: "prov.example.com"}),
			named("delivery-port", "Port", "Only when it is not the usual one.",
				&Box{B: b, ID: "delivery-port", Text: port, Placeholder: "usual"}),
			named("delivery-path", "Folder", "On the server.",
				&Box{B: b, ID: "delivery-path", Text: d.Path, Placeholder: "/"}),
		))
}

// worstOf tells the worst severity of some problems.
func worstOf(list schema.Problems) rule.Severity {
	worst := none
	for _, p := range list {
		worst = max(worst, p.Severity)
	}
	return worst
}
