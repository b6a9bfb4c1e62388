//go:build !js

package app

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// heavy are packages that no program of the page may link, and what they cost.
var heavy = map[string]string{
	"text/template": "3.8 MB of WebAssembly",
	"html/template": "4.2 MB of WebAssembly",
	"time/tzdata":   "0.4 MB; the browser knows its own zone",
	"encoding/gob":  "0.3 MB",
}

func TestNothingHeavyIsLinked(t *testing.T) {
	for _, program := range []string{"profilegen/cmd/webapp", "profilegen/cmd/simulator"} {
		list := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, program)
		list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for line := range strings.Lines(string(out)) {
			path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
			if why, ok := heavy[path]; ok {
				t.Errorf("%s links %s: %s", program, path, why)
			}
			if strings.HasPrefix(path, "profilegen/") && slices.Contains(strings.Fields(imports), "net/http") {
				t.Errorf("%s imports net/http: 5 MB of WebAssembly", path)
			}
			if program == "profilegen/cmd/webapp" && path == "profilegen/resync" {
				t.Errorf("the builder links the engine: that is cmd/simulator's")
			}
		}
	}
}
