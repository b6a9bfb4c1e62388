package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/rule"
	"profilegen/schema"
)

// maxFile bounds what is read into the page.
const maxFile = 32 << 20

// fileButton opens the browser's choice of files.
func (b *Builder) fileButton(class, text, id string) app.UI {
	return box("span", "file",
		elem("input", "type", "file", "id", id, "class", "offscreen", "tabindex", "-1", "aria-hidden", "true", "accept", ".csv,.txt,.tsv,.xml,.cfg,.json").
			OnChange(b.on(func(_ app.Context, e app.Event) {
				input := e.Get("target")
				if files := input.Get("files"); files.Length() > 0 {
					b.readFile(files.Index(0))
				}
				input.Set("value", "") // the same file can be chosen again
			}, "file", id)),
		button(class).OnClick(b.act(func() {
			app.Window().GetElementByID(id).Call("click")
		}, "file-button", id)).Text(text),
	)
}

// readFile opens a file that was chosen or dropped.
func (b *Builder) readFile(file app.Value) {
	name := file.Get("name").String()
	if size := file.Get("size").Int(); size > maxFile {
		b.say(name + " is too large for this page: 32 MB is the most")
		return
	}
	b.then(file.Call("arrayBuffer"), func(buffer app.Value) {
		b.openFile(name, bytesToGo(buffer))
	}, func(app.Value) {
		b.say(name + " could not be read")
	})
}

// openFile takes a file for what it is.
func (b *Builder) openFile(name string, data []byte) {
	var problems schema.Problems
	var err error
	switch KindOf(data) {
	case FileXML:
		problems, err = b.editor.ImportXML(name, data)
		b.open(pageProfile)
	case FileDraft:
		var omitted []string
		if omitted, err = b.editor.OpenDraft(string(data)); err == nil {
			b.keep.omitted = labels(b.editor, omitted)
		}
		b.open(pageProfile)
	case FileKeys:
		err = b.editor.OpenKeys(name, data)
		b.open(pagePhones)
	case FileFleet:
		problems, err = b.editor.OpenFleet(name, data)
		b.open(pageProfile)
	default:
		b.importCSV(name, data)
		return
	}
	b.imports = importView{name: name, problems: problems}
	if err != nil {
		b.imports.failed = err.Error()
		return
	}
	b.sayUndo("Opened " + name)
}

// importView is what the last opened file had to say.
type importView struct {
	name     string
	failed   string // why it was not opened
	problems schema.Problems
}

// importReport shows it until it is closed.
func (b *Builder) importReport() app.UI {
	im := &b.imports
	if im.failed == "" && len(im.problems) == 0 {
		return nothing()
	}
	title := im.name + " was opened. The phone would not see it as it was written:"
	if im.failed != "" {
		title = im.name + " was not opened: " + strings.TrimPrefix(im.failed, im.name+": ")
	}
	const shown = 50
	list := im.problems
	rest := max(0, len(list)-shown)
	list = list[:len(list)-rest]
	return elem("section", "class", "problems", "aria-label", "About the opened file").Body(
		box("div", "row",
			words("p", "strong grow", title),
			button("icon", "aria-label", "Close the report").
				OnClick(b.act(func() { b.imports = importView{} }, "close-import")).Text("×")),
		box("ul", "", app.Range(list).Slice(func(i int) app.UI {
			p := list[i]
			return elem("li", "class", severityClass(p.Severity)).Body(
				words("span", "sign", severityName(p.Severity)+": "),
				app.If(p.Origin.Row > 0, func() app.UI { return words("code", "", place(p.Origin)+" ") }),
				app.Text(p.Summary+". "),
				app.If(p.Hint != "", func() app.UI { return words("span", "hint", sentence(p.Hint)) }))
		})),
		app.If(rest > 0, func() app.UI { return words("p", "", "And "+plural(rest, "more", "more")+".") }),
	)
}

// place is a line and column in a file.
func place(o schema.Origin) string {
	text := "line " + itoa(o.Row)
	if o.Column > 0 {
		text += ", column " + itoa(o.Column)
	}
	return text
}

// download saves the file of the phone in view.
func (b *Builder) download() {
	o := b.editor.Output()
	if o.Err != nil {
		b.say("There is no file: " + o.Err.Error())
		return
	}
	b.save(o.Name, "application/xml", o.Text)
	errors := 0
	for _, p := range b.editor.Problems() {
		if p.Severity == rule.Error {
			errors++
		}
	}
	if errors > 0 {
		b.say(o.Name + " has " + plural(errors, "error", "errors") + ": phones will not do what it says")
	}
}
