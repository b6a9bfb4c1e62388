package profilegen

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which packages of the project a package may import. A package
// that is not listed fails the test: a new one is a decision.
var arrows = map[string][]string{
	"rule":                 {},
	"rule/vectors":         {}, // tests only
	"schema":               {"rule"},
	"schema/jsonschema":    {"rule", "schema"},
	"gen":                  {"rule", "schema"},
	"resync":               {"gen", "rule", "schema"},
	"lab":                  {},
	"app":                  {"app/simulator", "gen", "rule", "schema"},
	"app/simulator":        {"rule", "schema"},                            // the builder's side of the simulator
	"app/simulator/engine": {"app/simulator", "resync", "rule", "schema"}, // a WebAssembly of its own, loaded when it is asked for
	"cmd/simulator":        {"app/simulator/engine"},
	"cmd/site":             {}, // makes dist/site
	"cmd/webapp":           {"app"},
	"cmd/profilegen":       {"dist", "gen", "lab", "resync", "rule", "schema", "schema/jsonschema"},
	"dist":                 {},
}

// pure are the packages that run in the browser as well, and why each of the
// others is kept out of them.
var (
	pure   = []string{"rule", "schema", "gen", "resync"}
	banned = map[string]string{
		"os":            "a pure package takes and gives bytes; cmd touches the disk",
		"net":           "only lab opens sockets",
		"net/http":      "5 MB of WebAssembly, and only lab speaks HTTP",
		"log":           "nothing below cmd prints",
		"syscall/js":    "pure packages run natively as well",
		"text/template": "3.8 MB of WebAssembly; profiles are compiled segments",
		"html/template": "4.2 MB of WebAssembly",
		"time/tzdata":   "0.4 MB of WebAssembly; the browser knows its own zone",
		"math/rand":     "a run must be repeatable: math/rand/v2 with a seed of the caller's",
	}
)

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports ","}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(strings.TrimSpace(string(out))) {
		path, list, _ := strings.Cut(strings.TrimSpace(line), ":")
		name := strings.TrimPrefix(path, "profilegen/")
		if name == "profilegen" {
			continue
		}
		allowed, known := arrows[name]
		if !known {
			t.Errorf("package %s is not in the table of this test", name)
		}
		for imported := range strings.SplitSeq(list, ",") {
			if own, ok := strings.CutPrefix(imported, "profilegen/"); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s; it may import %v", name, own, allowed)
			}
			if why, ban := banned[imported]; ban && slices.Contains(pure, name) {
				t.Errorf("%s imports %s: %s", name, imported, why)
			}
		}
	}
}

// Clocks and chance belong to the caller: the engine is told the time.
// resync/run.go alone waits on real time.
func TestNoClock(t *testing.T) {
	for _, name := range pure {
		files, err := os.ReadDir(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			path := name + "/" + f.Name()
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == "resync/run.go" {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"time.Now(", "time.Since(", "time.Until(", "time.Sleep(", "time.After(", "time.AfterFunc(", "time.NewTimer(", "time.NewTicker(", "time.Tick("} {
				if strings.Contains(string(text), call) {
					t.Errorf("%s calls %s…): the time is an argument here", path, call)
				}
			}
		}
	}
}
