package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// glue is what the loader offers to the program (web/boot.js).
func glue() app.Value { return app.Window().Get("profilegen") }

// then waits for a promise; failed may be nil. Both run as handlers.
func (b *Builder) then(ctx app.Context, promise app.Value, done, failed func(app.Context, app.Value)) {
	var yes, no app.Func
	answer := func(h func(app.Context, app.Value)) app.Func {
		return app.FuncOf(func(_ app.Value, args []app.Value) any {
			var v app.Value
			if len(args) > 0 {
				v = args[0]
			}
			ctx.Dispatch(func(ctx app.Context) {
				yes.Release()
				no.Release()
				if h != nil {
					b.safely(ctx, func() { h(ctx, v) })
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

// save hands a file to the browser's downloads.
func (b *Builder) save(name, kind string, data []byte) {
	glue().Call("download", name, kind, bytesToJS(data))
	b.say("Saved " + name)
}

// copyText puts a text on the clipboard.
func (b *Builder) copyText(ctx app.Context, what, text string) {
	b.then(ctx, glue().Call("copy", text), func(_ app.Context, ok app.Value) {
		if ok.Bool() {
			b.say("Copied " + what)
		} else {
			b.say("The browser did not let the builder copy " + what + ": mark it and press Ctrl C")
		}
	}, nil)
}
