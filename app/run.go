package app

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// Run shows the builder when the program runs in a browser.
func Run() {
	// One screen at whatever path the site is served from: the place within
	// the builder is state, not a path.
	app.RouteWithRegexp("^/.*$", func() app.Composer { return &hello{} })
	app.RunWhenOnBrowser()
}

type hello struct{ app.Compo }

func (h *hello) OnMount(ctx app.Context) { app.Window().Get("profilegen").Call("ready") }
func (h *hello) Render() app.UI          { return app.Div().Text("hello") }
