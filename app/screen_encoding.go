package app

import (
	"cmp"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/gen"
	"profilegen/schema"
)

// choice is a value and what it is called.
type choice struct{ value, text string }

var encryptions = []choice{
	{"", "none"},
	{schema.EncryptKey, "AES-256-CBC, the rules' --key"},
	{schema.EncryptIKM, "RFC 8188, over HTTP and HTTPS"},
}

var encryptionHelp = map[string]string{
	"":                "Files lie on the server in clear: who can read them has the passwords in them.",
	schema.EncryptKey: "Any firmware, over any protocol. Each phone has a key of its own; the rule that leads it to its file names it.",
	schema.EncryptIKM: "Firmware 11.2(3) and later. The server has to send “Content-Encoding: aes128gcm” with these files; profilegen serve does.",
}

var digests = []choice{{"", "MD5, as in Cisco's guide"}, {"sha256", "SHA-256, what OpenSSL does since 1.1"}}

// Of a single phone.
var (
	phoneEncryptions = []choice{{"", "as all phones"}, {schema.EncryptKey, "AES-256-CBC"}, {schema.EncryptIKM, "RFC 8188"}, {schema.EncryptNone, "none"}}
	phoneDigests     = []choice{{"", "as all phones"}, {"md5", "MD5"}, {"sha256", "SHA-256"}}
)

var keyMacros = []choice{{"", "$SA (GPP SA)"}, {"SB", "$SB (GPP SB)"}, {"SC", "$SC (GPP SC)"}, {"SD", "$SD (GPP SD)"}}

// encodingCard says in which form the files are handed out.
func (b *Builder) encodingCard() app.UI {
	e := b.editor.doc.encoding
	set := func(change func(*schema.Encoding)) {
		e := b.editor.doc.encoding
		change(&e)
		b.editor.Encode(e)
		b.editor.Settle()
	}
	sealed, byKey := b.editor.doc.encrypts(), e.Encrypt == schema.EncryptKey
	return box("section", "card",
		words("h2", "", "Compression and encryption"),
		box("div", "fields",
			named("encoding-gzip", "Compress", "With gzip. Phones unpack it by themselves.",
				box("div", "control", button("switch", "id", "encoding-gzip", "role", "switch", "aria-checked", flag(e.Gzip)).
					OnClick(b.act(func() { set(func(e *schema.Encoding) { e.Gzip = !e.Gzip }) }, "encoding-gzip")).
					Body(elem("span", "class", "knob", "aria-hidden", "true")),
					elem("span", "class", "switch-text", "aria-hidden", "true").Text(map[bool]string{true: "Yes", false: "No"}[e.Gzip]))),
			named("encoding-encrypt", "Encryption", encryptionHelp[e.Encrypt],
				b.choose("encoding-encrypt", encryptions, e.Encrypt, func(to string) {
					set(func(e *schema.Encoding) { e.Encrypt = to })
				})),
			app.If(byKey, func() app.UI {
				return named("encoding-digest", "Digest", "How the AES key is made of the phone's key. With another than the phone's own, it cannot read the file.",
					b.choose("encoding-digest", digests, e.Digest, func(to string) { set(func(e *schema.Encoding) { e.Digest = to }) }))
			}),
			app.If(byKey, func() app.UI {
				return named("encoding-secret", "Macro for the key", "The phone keeps its key in this parameter.",
					b.choose("encoding-secret", keyMacros, e.Secret, func(to string) { set(func(e *schema.Encoding) { e.Secret = to }) }))
			}),
			app.If(sealed, func() app.UI {
				return named("encoding-first", "First files", "Where a phone without a key fetches its first file, which holds the key in clear: better an address with https. Left empty: where it fetches the others. “none”: all phones have their keys.",
					&Box{B: b, ID: "encoding-first", Text: e.First, Placeholder: "https://prov.example.com/keys"})
			}),
		),
		app.If(sealed, b.keysRow),
	)
}

// named is a control with its label and help.
func named(id, name, help string, control app.UI) app.UI {
	return box("div", "field", box("div", "field-head", label(id, name)), control, words("p", "help", help))
}

// choose is a list to choose from.
func (b *Builder) choose(id string, list []choice, now string, chosen func(string)) app.UI {
	return elem("select", "class", "input", "id", id).
		OnChange(b.on(func(_ app.Context, e app.Event) { chosen(e.Get("target").Get("value").String()) }, id)).
		Body(app.Range(list).Slice(func(i int) app.UI { return option(list[i].value, list[i].value == now, list[i].text) }))
}

// keysRow is about the keys of the phones.
func (b *Builder) keysRow() app.UI {
	keys := b.editor.doc.keys
	element := cmp.Or(b.editor.doc.encoding.KeyElement(), "GPP_SA")
	if keys == nil {
		return box("div", "keys",
			words("p", "", "The phones need keys. Make them here, open the key file you have, or give each phone a value of "+element+"."),
			box("div", "row",
				button("button").OnClick(b.act(func() {
					keys, err := gen.NewKeys(randomBytes{})
					if err != nil {
						b.say("There are no keys: " + err.Error())
						return
					}
					b.editor.UseKeys("make keys", keys)
				}, "keys-make")).Text("Make keys"),
				b.fileButton("button", "Open a key file…", "keys-file")))
	}
	text := "Each phone has a key made from the key file; a phone with a value of " + element + " has that one."
	if n := keys.Older(); n > 0 {
		text += " " + plural(n, "older key leads", "older keys lead") + " to the new one: forget them when every phone has fetched its profile since."
	}
	tell := func(err error) {
		if err != nil {
			b.say(sentence(err.Error()))
		}
	}
	return box("div", "keys",
		words("p", "", text),
		box("div", "row",
			button("button").OnClick(b.act(b.saveKeys, "keys-save")).Text("Save "+keyFileName),
			button("button").OnClick(b.act(func() { tell(b.editor.RotateKeys(randomBytes{})) }, "keys-rotate")).Text("Make new keys"),
			app.If(keys.Older() > 0, func() app.UI {
				return button("button").OnClick(b.act(func() { tell(b.editor.ForgetKeys()) }, "keys-forget")).Text("Forget the older keys")
			}),
			b.fileButton("button", "Open another key file…", "keys-file")),
		words("p", "help", "Who has the key file has all keys, and without it no new file can be made for these phones: save it in a safe place. It is in no link and not in fleet.json, and in this browser's draft only when you let it keep passwords (“Keep and share”)."))
}

func (b *Builder) saveKeys() {
	if keys := b.editor.doc.keys; keys != nil {
		b.save(keyFileName, "application/json", keys.Bytes())
	}
}

// newPassword puts a strong password into a secret field and shows it.
func (b *Builder) newPassword(name string) {
	text, err := gen.Password(randomBytes{}, gen.DefaultPassword)
	if err != nil {
		b.say("There is no password: " + err.Error())
		return
	}
	b.editor.Set(b.editor.Layer(), name, text)
	b.editor.Settle()
	b.shown = name
}
