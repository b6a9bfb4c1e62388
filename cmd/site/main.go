// Site makes the builder's static site: the page and its parts from web, the
// programs from cmd/webapp and cmd/simulator.
//
//	go run ./cmd/site -out dist/site -embed dist/embedded
//
// The files run from any folder of any web server, and portable.html, which
// holds all of them, by a double click. The same source and the same Go give
// the same bytes. A file's name carries the hash of its content where it may
// be cached for ever; index.html names them all, so versions never mix.
//
// What profilegen serves itself goes into a folder of its own, which dist
// embeds: without the one page, and without the programs uncompressed, which
// only browsers older than the page's style sheet ask for.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("out", "dist/site", "folder to write the site to; what is in it is replaced")
	embed := flag.String("embed", "", "folder to write what profilegen serves to; left empty, it is not written")
	flag.Parse()
	if err := run(*out, *embed); err != nil {
		fmt.Fprintln(os.Stderr, "site: error:", err)
		os.Exit(1)
	}
}

func run(out, embed string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	parts, err := readParts(root)
	if err != nil {
		return err
	}
	site, err := makeSite(parts)
	if err != nil {
		return err
	}
	if err := write(out, site.files); err != nil {
		return err
	}
	if embed != "" {
		if err := write(embed, site.served()); err != nil {
			return err
		}
	}
	fmt.Printf("%s: version %s, %d files, app.wasm.gz %.2f MB, simulator.wasm.gz %.2f MB\n",
		out, site.version, len(site.files), float64(site.wasmBytes)/1e6, float64(site.simBytes)/1e6)
	return nil
}

func moduleRoot() (string, error) {
	mod, err := goEnv("GOMOD")
	if err != nil {
		return "", err
	}
	if filepath.Base(mod) != "go.mod" {
		return "", fmt.Errorf("run it inside the project: there is no go.mod here")
	}
	return filepath.Dir(mod), nil
}

func goEnv(name string) (string, error) {
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return "", fmt.Errorf("go env %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// readParts gathers the sources of the site.
func readParts(root string) (*parts, error) {
	goroot, err := goEnv("GOROOT")
	if err != nil {
		return nil, err
	}
	p := &parts{web: os.DirFS(filepath.Join(root, "web"))}
	// The start-up script must be of the Go that builds the program.
	if p.wasmExec, err = os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js")); err != nil {
		return nil, err
	}
	modfile, err := slimModule(root)
	if err != nil {
		return nil, err
	}
	if p.wasm, err = buildWasm(root, modfile, "webapp"); err != nil {
		return nil, err
	}
	p.sim, err = buildWasm(root, modfile, "simulator")
	return p, err
}

// buildFolder is where the program is built. Its name gets into the program,
// so it is always the same.
const buildFolder = ".build/site"

// notInlined are the packages that are compiled without inlining, which makes
// the programs 9 % smaller; what is slower for it is not what a user waits for.
// The runtime, and what packs files, stay fast.
var notInlined = []string{
	"profilegen/...", "github.com/...",
	"bytes", "context", "crypto/...", "encoding/...", "fmt", "internal/bisect", "internal/fmtsort", "io", "net/...", "os", "reflect", "strconv", "strings", "time", "unicode/...",
}

// buildWasm compiles a command for the browser.
func buildWasm(root, modfile, command string) ([]byte, error) {
	to := filepath.Join(root, buildFolder, command+".wasm")
	// The version that Go stamps in stays: a manifest names it, and has to be the
	// one that the program built of the same commit writes.
	args := []string{"build", "-modfile=" + modfile, "-trimpath", "-ldflags=-s -w -buildid=", "-o", to}
	for _, packages := range notInlined {
		args = append(args, "-gcflags="+packages+"=-l")
	}
	build := exec.Command("go", append(args, "./cmd/"+command)...)
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building cmd/%s: %w\n%s", command, err, text)
	}
	return os.ReadFile(to)
}

// write replaces the folder out by files of the site. Older files go away:
// they are told by their names, so that a slip in -out deletes nothing else.
func write(out string, files map[string][]byte) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; ok {
			continue
		}
		if e.IsDir() || !hashedName.MatchString(e.Name()) {
			return fmt.Errorf("%s holds %q, which is no file of the site: name another folder", out, e.Name())
		}
		if err := os.Remove(filepath.Join(out, e.Name())); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
