package app

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Run shows the builder when the program runs in a browser.
func Run() {
	// One screen at whatever path the site is served from: the place within
	// the builder is state, not a path.
	app.RouteWithRegexp("^/.*$", func() app.Composer { return &Shell{} })
	app.RunWhenOnBrowser()
}

func itoa(n int) string { return strconv.Itoa(n) }
