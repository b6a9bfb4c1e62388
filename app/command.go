package app

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
	"profilegen/schema"
)

// Command is the command line that makes the files of a saved fleet file.
func (e *Editor) Command(output string) string {
	line := "profilegen -fleet fleet.json"
	if g := e.doc.generation; g != schema.Firmware11 { // what the program takes by itself
		line += " -firmware " + g.String()
	}
	if e.doc.encrypts() && e.doc.keys != nil {
		line += " -key-file " + keyFileName
	}
	return line + " " + output
}

// The outputs of Command: a folder, and the archive that zip makes.
const (
	toFolder  = "-out dist/"
	toArchive = "-deflate -zip profiles.zip"
)

// unbroken shows a command that is broken between words only: "-out" is one.
func unbroken(command string) app.UI {
	var list []app.UI
	for i, word := range strings.Fields(command) {
		if i > 0 {
			list = append(list, app.Text(" "))
		}
		list = append(list, words("span", "nowrap", word))
	}
	return box("pre", "grow", list...)
}

// command is the leaf that shows it.
func (s *Side) command() app.UI {
	b := s.B
	line := func(what, output string) app.UI {
		command := b.editor.Command(output)
		return box("div", "command-line",
			words("p", "", what),
			box("div", "row",
				unbroken(command),
				button("button small", "aria-label", "Copy: "+command).
					OnClick(b.act(func() { b.copyText("the command", b.editor.Command(output)) }, "copy-command", output)).Text("Copy")))
	}
	return box("div", "command",
		words("p", "", "The program makes the same files from the fleet file, byte for byte."),
		box("div", "row",
			button("button small").OnClick(b.act(b.saveFleet, "command-fleet")).Text("Save fleet.json"),
			app.If(b.editor.doc.keys != nil, func() app.UI {
				return button("button small").OnClick(b.act(b.saveKeys, "command-keys")).Text("Save " + keyFileName)
			})),
		line("A folder with a file for each phone:", toFolder),
		line("The archive of the screen “Phones”:", toArchive),
		words("p", "help", "Files are called "+orElse(b.editor.doc.name, gen.DefaultName)+". A phone that comes from the factory asks for "+b.editor.Phone().ShortName()+".xml, which leads it to its own file."),
	)
}
