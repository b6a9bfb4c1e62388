package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
)

// command is the command line that makes the same files.
func (s *Side) command() app.UI {
	b := s.B
	line := "profilegen -fleet fleet.json -out dist/"
	return box("div", "command",
		box("p", "", app.Text("Save the fleet file and run the program beside it: it writes the same files, byte for byte, as the archive on the screen “Phones”.")),
		words("pre", "", line),
		box("div", "row",
			button("button small").OnClick(b.act(func() { b.copyText("the command", line) }, "copy-command")).Text("Copy"),
			button("button small").OnClick(b.act(b.saveFleet, "command-fleet")).Text("Save fleet.json")),
		words("p", "help", "Files are called "+orElse(b.editor.doc.name, gen.DefaultName)+". A phone that comes from the factory asks for "+b.editor.Phone().ShortName()+".xml, which leads it to its own file."),
	)
}
