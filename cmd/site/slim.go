package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goApp is compiled into app.wasm without what no page of ours uses: its server
// (http.go, resource.go, static.go), which brings net/http and TLS; its router,
// which brings regular expressions and with them all tables of Unicode for the
// one route there is; its encryption and its device identities. Together they
// are 0.7 MB of the download. The build gets a copy of the module without these
// files, and the names that the others mention. A go-app in which that does not
// fit does not compile, so nothing can go wrong silently.
const goApp = "github.com/maxence-charriere/go-app/v10"

var goAppUnused = []string{"http.go", "resource.go", "static.go", "route.go", "crypto.go"}

const goAppClient = `package app

import "errors"

var errLeftOut = errors.New("this build of go-app does not encrypt")

func encrypt(string, []byte) ([]byte, error) { return nil, errLeftOut }
func decrypt(string, []byte) ([]byte, error) { return nil, errLeftOut }

// Handler serves apps; there is none in a page.
type Handler struct{}

func clientResourceResolver(string) func(string) string {
	return func(location string) string { return location }
}

// router shows one component at every path.
type router struct{ newComponent func() Composer }

func makeRouter() router { return router{} }

func (r *router) route(_ string, newComponent func() Composer) {
	if r.newComponent != nil {
		panic("this build of go-app has one route")
	}
	r.newComponent = newComponent
}

func (r *router) routeWithRegexp(pattern string, newComponent func() Composer) {
	r.route(pattern, newComponent)
}

func (r *router) createComponent(string) (Composer, bool) {
	if r.newComponent == nil {
		return nil, false
	}
	return r.newComponent(), true
}
`

// uuidModule takes the place of the one that numbers devices and stores in
// go-app; the builder uses neither.
const (
	uuidModule = "github.com/google/uuid"
	uuidSource = `package uuid

import (
	"math/rand/v2"
	"strconv"
)

func NewString() string {
	return strconv.FormatUint(rand.Uint64(), 16) + strconv.FormatUint(rand.Uint64(), 16)
}
`
)

// slimModule writes a go.mod that takes go-app from a copy beside it.
func slimModule(root string) (modfile string, err error) {
	dir := filepath.Join(root, buildFolder)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	// Of a package, not of the module: that downloads it where it is missing.
	list := exec.Command("go", "list", "-f", "{{.Module.Dir}}", goApp+"/pkg/app")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", goApp, err)
	}
	from, to := strings.TrimSpace(string(out)), filepath.Join(dir, "go-app")
	for _, folder := range []string{".", "pkg/app", "pkg/errors"} {
		if err := copyFolder(filepath.Join(from, folder), filepath.Join(to, folder)); err != nil {
			return "", err
		}
	}
	for _, name := range goAppUnused {
		if err := os.Remove(filepath.Join(to, "pkg/app", name)); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(filepath.Join(to, "pkg/app/client.go"), []byte(goAppClient), 0o600); err != nil {
		return "", err
	}

	uuid := filepath.Join(dir, "uuid")
	if err := os.Mkdir(uuid, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(uuid, "go.mod"), []byte("module "+uuidModule+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(uuid, "uuid.go"), []byte(uuidSource), 0o600); err != nil {
		return "", err
	}

	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return "", err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => ./%s/go-app\nreplace %s => ./%s/uuid\n", goApp, buildFolder, uuidModule, buildFolder)
	modfile = filepath.Join(dir, "go.mod")
	if err := os.WriteFile(modfile, mod, 0o600); err != nil {
		return "", err
	}
	return modfile, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600)
}

// copyFolder copies the Go source and the go.mod of a folder, tests left out.
func copyFolder(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "_test.go") || !slices.Contains([]string{".go", ".mod"}, filepath.Ext(e.Name())) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
