package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// glue is what the loader offers to the program (web/boot.js).
func glue() app.Value { return app.Window().Get("profilegen") }

// then waits for a promise; failed may be nil. Both run as handlers.
func (b *Builder) then(promise app.Value, done, failed func(app.Value)) {
	var yes, no app.Func
	answer := func(h func(app.Value)) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			var v app.Value
			if len(args) > 0 {
				v = args[0]
			}
			b.shell.Dispatch(func(app.Context) {
				yes.Release()
				no.Release()
				if h != nil {
					b.safely(func() { h(v) })
				}
			})
			return nil
		})
	}
	yes, no = answer(done), answer(failed)
	promise.Call("then", yes, no)
}

// bytesToJS is a Uint8Array with the data.
func bytesToJS(data []byte) app.Value {
	array := app.Window().Get("Uint8Array").New(len(data))
	app.CopyBytesToJS(array, data)
	return array
}

// bytesToGo copies an ArrayBuffer.
func bytesToGo(buffer app.Value) []byte {
	array := app.Window().Get("Uint8Array").New(buffer)
	data := make([]byte, array.Get("length").Int())
	app.CopyBytesToGo(data, array)
	return data
}

// randomBytes is the browser's source of them for keys and passwords; crypto/rand
// would bring a generator of its own that is not used here.
type randomBytes struct{}

func (randomBytes) Read(p []byte) (int, error) {
	array := app.Window().Get("Uint8Array").New(len(p))
	app.Window().Get("crypto").Call("getRandomValues", array)
	return app.CopyBytesToGo(p, array), nil
}

// save hands a file to the browser's downloads.
func (b *Builder) save(name, kind string, data []byte) {
	list := app.Window().Get("Array").New()
	list.Call("push", bytesToJS(data))
	b.saveParts(name, kind, list)
}

// saveParts is save for a file in pieces, an Array of Uint8Array.
func (b *Builder) saveParts(name, kind string, parts app.Value) {
	glue().Call("download", name, kind, parts)
	b.say("Saved " + name)
}

// copyText puts a text on the clipboard.
func (b *Builder) copyText(what, text string) {
	b.then(glue().Call("copy", text), func(ok app.Value) {
		if ok.Bool() {
			b.say("Copied " + what)
		} else {
			b.say("The browser did not let the builder copy " + what + ": mark it and press Ctrl C")
		}
	}, nil)
}
