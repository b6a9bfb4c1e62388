// Package dist is the built site, for the program to serve.
package dist

import (
	"embed"
	"io/fs"
)

// The pattern is README.md, which is always there, and the folder embedded,
// which is there once cmd/site has made it: go:embed wants a match for each
// pattern.
//
//go:embed [Re][Em][Ab][De]*
var files embed.FS

// Site is the builder's files; ok is false when the program was built before
// the site.
func Site() (site fs.FS, ok bool) {
	if _, err := fs.Stat(files, "embedded/index.html"); err != nil {
		return nil, false
	}
	site, err := fs.Sub(files, "embedded")
	return site, err == nil
}
