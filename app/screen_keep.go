package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// keepScreen is about where the work goes: files, links, the browser's draft.
func (b *Builder) keepScreen() app.UI {
	return box("div", "screen",
		box("div", "heading", words("h1", "", pageKeep.title())),
		b.importReport(),
		box("section", "card",
			words("h2", "", "Files"),
			words("p", "", "The fleet file holds everything: the values of all phones, of models and of each phone. The command line reads it too. Only the keys of encrypted files have a file of their own, keys.json."),
			box("div", "row",
				button("button").OnClick(b.act(b.saveFleet, "save-fleet")).Text("Save fleet.json"),
				b.fileButton("button", "Open a file…", "keep-file"),
			),
			words("p", "help", "Profiles (.xml, .cfg), fleet files (.json), phone lists (.csv) and copied drafts (.txt) can be opened, also by dropping them on this page. A fleet file contains passwords in clear, as the profiles do."),
		),
		b.shareCard(),
		b.draftCard(),
		b.presetsCard(),
		box("section", "card",
			words("h2", "", "Keyboard"),
			elem("dl", "class", "facts keys").Body(
				fact("Ctrl K", app.Text("Find a setting")),
				fact("Ctrl S", app.Text("Download the XML file in view")),
				fact("Alt ↓ / Alt ↑", app.Text("Next or previous problem")),
				fact("Ctrl Z / Ctrl Y", app.Text("Undo and redo, outside of text boxes; inside, the box's own undo")),
			),
		),
	)
}

func (b *Builder) saveFleet() {
	data, err := b.editor.FleetFile()
	if err != nil {
		b.say("There is no fleet file: " + err.Error())
		return
	}
	b.save("fleet.json", "application/json", data)
}

func (b *Builder) shareCard() app.UI {
	return box("section", "card",
		words("h2", "", "Share"),
		words("p", "", "A link carries the values of all phones and of models. It never carries passwords, keys or the list of phones; names and addresses of servers are in it."),
		box("div", "row",
			button("button").OnClick(b.act(func() {
				hash, omitted, err := b.editor.Share()
				if err != nil {
					b.say(sentence(err.Error()))
					return
				}
				b.shareLink, b.shareOmitted = pageURL()+"#"+hash, labels(b.editor, omitted)
				b.copyText("the link", b.shareLink)
			}, "share")).Text("Copy a link"),
		),
		app.If(b.shareLink != "", func() app.UI {
			return box("div", "share",
				label("share-link", "The link"),
				elem("code", "id", "share-link", "class", "long", "tabindex", "0").Text(b.shareLink),
				app.If(len(b.shareOmitted) > 0, func() app.UI {
					return words("p", "help", "Secrets are left out of: "+listed(b.shareOmitted, 6)+".")
				}))
		}),
	)
}

// pageURL is the address of this page without a hash.
func pageURL() string {
	u := *app.Window().URL()
	u.Fragment = ""
	return u.String()
}

func (b *Builder) draftCard() app.UI {
	state := "Your work is saved in this browser a moment after each change."
	if app.IsClient && glue().Get("volatile").Truthy() {
		state = "This browser blocks storage for this page: small choices such as the colours are lost when it is closed."
	}
	if b.keep.trouble != "" {
		state = b.keep.trouble
	}
	sent := " Nothing is sent anywhere."
	if b.lab.served {
		sent = " Nothing is sent anywhere, but by “Serve my draft” on the page Lab."
	}
	return box("section", "card",
		words("h2", "", "Draft"),
		words("p", "", state+sent),
		box("div", "row",
			button("switch", "id", "keep-secrets", "role", "switch", "aria-checked", flag(b.keep.secrets), "aria-labelledby", "keep-secrets-label").
				OnClick(b.act(func() {
					b.keep.secrets = !b.keep.secrets
					localSet(secretsKey, map[bool]string{true: "yes", false: "no"}[b.keep.secrets])
					b.editor.rev++ // so that the draft is written anew
				}, "keep-secrets")).
				Body(elem("span", "class", "knob", "aria-hidden", "true")),
			elem("span", "id", "keep-secrets-label").Text("Keep passwords and keys in the draft too"),
		),
		words("p", "help", "Off, secret values are left out of what this browser stores, and asked for when you come back. On, whoever can use this browser can read them."),
		box("div", "row",
			button("button").OnClick(b.act(func() {
				b.editor.StartOver()
				b.open(pageProfile)
				b.sayUndo("Started over")
			}, "start-over")).Text("Start over"),
		),
	)
}

func (b *Builder) presetsCard() app.UI {
	return box("section", "card",
		words("h2", "", "Starting points"),
		words("p", "", "Each replaces the values of all phones and of models; the phones stay. Undo brings the old ones back."),
		box("ul", "presets", app.Range(presets).Slice(func(i int) app.UI {
			return box("li", "",
				button("button").OnClick(b.act(func() { b.usePreset(i) }, "preset", i)).Text(presets[i].name),
				words("p", "help", presets[i].text))
		})),
	)
}
