package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// sources are the project's own page with stand-ins for the programs.
func sources(t *testing.T) *parts {
	t.Helper()
	return &parts{
		web:      os.DirFS(filepath.Join("..", "..", "web")),
		wasmExec: []byte("globalThis.Go = class {};\n"),
		wasm:     []byte("\x00asm the builder"),
		sim:      []byte("\x00asm the simulator"),
	}
}

func build(t *testing.T, p *parts) *site {
	t.Helper()
	s, err := makeSite(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSameSourceSameBytes(t *testing.T) {
	a, b := build(t, sources(t)), build(t, sources(t))
	if a.version != b.version || len(a.files) != len(b.files) {
		t.Fatalf("versions %s and %s, %d and %d files", a.version, b.version, len(a.files), len(b.files))
	}
	for name, data := range a.files {
		if !bytes.Equal(data, b.files[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

// A change anywhere is another version: pages and workers never mix.
func TestVersionCoversEverything(t *testing.T) {
	was := build(t, sources(t)).version
	for _, name := range []string{"index.html", "boot.js", "app.css", "sw.js", "manifest.webmanifest", "icon.svg"} {
		p := sources(t)
		text, err := fs.ReadFile(p.web, name)
		if err != nil {
			t.Fatal(err)
		}
		p.web = changed{p.web, fstest.MapFS{name: {Data: append(text, '\n')}}}
		if build(t, p).version == was {
			t.Errorf("a change of %s is no new version", name)
		}
	}
	for name, change := range map[string]func(*parts){
		"the builder":   func(p *parts) { p.wasm = append(p.wasm, '!') },
		"the simulator": func(p *parts) { p.sim = append(p.sim, '!') },
		"wasm_exec.js":  func(p *parts) { p.wasmExec = append(p.wasmExec, '\n') },
	} {
		p := sources(t)
		change(p)
		if build(t, p).version == was {
			t.Errorf("a change of %s is no new version", name)
		}
	}
}

// changed is a folder with some files replaced.
type changed struct {
	fs.FS
	files fstest.MapFS
}

func (c changed) Open(name string) (fs.File, error) {
	if _, ok := c.files[name]; ok {
		return c.files.Open(name)
	}
	return c.FS.Open(name)
}

// Every file that index.html and the worker name is there, and no name is left
// to be filled in.
func TestNamesLeadSomewhere(t *testing.T) {
	s := build(t, sources(t))
	for _, name := range []string{"index.html", "sw.js", "portable.html", "version.json"} {
		if text := string(s.files[name]); strings.Contains(text, "{{") {
			t.Errorf("%s: something is not filled in", name)
		}
	}
	named := regexp.MustCompile(`(?:href|src)="([^":]+)"|data-(?:wasm|simulator)="([^"]+)"`).FindAllStringSubmatch(string(s.files["index.html"]), -1)
	if len(named) < 8 {
		t.Errorf("index.html names %d files", len(named))
	}
	for _, m := range named {
		if name := m[1] + m[2]; s.files[name] == nil {
			t.Errorf("index.html names %s, which is not there", name)
		}
	}
	list := regexp.MustCompile(`files = \[(.*)\]`).FindSubmatch(s.files["sw.js"])
	for name := range strings.SplitSeq(string(list[1]), ", ") {
		if name = strings.Trim(name, `"`); name != "./" && s.files[name] == nil {
			t.Errorf("sw.js keeps %s, which is not there", name)
		}
	}
}

func TestCompressedProgramsAreThePrograms(t *testing.T) {
	p := sources(t)
	s := build(t, p)
	found := 0
	for name, data := range s.files {
		if !strings.HasSuffix(name, ".wasm.gz") {
			continue
		}
		found++
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(text, s.files[strings.TrimSuffix(name, ".gz")]) {
			t.Errorf("%s is not %s: %v", name, strings.TrimSuffix(name, ".gz"), err)
		}
		if !r.ModTime.IsZero() {
			t.Errorf("%s has a time in it", name)
		}
	}
	if found != 2 {
		t.Errorf("%d compressed programs, want 2", found)
	}
}

// What is served has all that the page asks for.
func TestServed(t *testing.T) {
	s := build(t, sources(t))
	served := s.served()
	if len(served) != len(s.files)-3 {
		t.Errorf("%d files of %d, want all but portable.html and two programs", len(served), len(s.files))
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="([^":]+)"|data-(?:wasm|simulator)="([^"]+)"`).FindAllStringSubmatch(string(served["index.html"]), -1) {
		name := m[1]
		if m[2] != "" {
			name = m[2] + ".gz"
		}
		if served[name] == nil {
			t.Errorf("%s is not served", name)
		}
	}
}

// No page has inline script or style, but portable.html, whose policy names
// the hashes of its own.
func TestPolicies(t *testing.T) {
	s := build(t, sources(t))
	index := string(s.files["index.html"])
	if strings.Contains(index, "<style") || strings.Contains(index, "style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(index) || regexp.MustCompile(`\son[a-z]+=`).MatchString(index) {
		t.Error("index.html has inline script or style")
	}
	if !strings.Contains(index, "script-src 'self' 'wasm-unsafe-eval'; style-src 'self';") {
		t.Error("index.html has another policy")
	}

	portable := string(s.files["portable.html"])
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(portable)
	if policy == nil || strings.Contains(policy[1], "connect-src") || strings.Contains(policy[1], "unsafe-inline") {
		t.Fatalf("the policy of portable.html is %q", policy)
	}
	inline := regexp.MustCompile(`(?s)<(script|style)( id="boot" data-portable="")?>(.*?)</(?:script|style)>`).FindAllStringSubmatch(portable, -1)
	if len(inline) != 3 {
		t.Fatalf("%d inline scripts and styles, want 3", len(inline))
	}
	for _, m := range inline {
		sum := sha256.Sum256([]byte(m[3]))
		if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy[1], "'sha256-"+hash+"'") {
			t.Errorf("the policy does not allow the %s that begins %.40q", m[1], m[3])
		}
	}
	if regexp.MustCompile(`(?:href|src)="[^d]`).MatchString(portable) {
		t.Error("portable.html names another file")
	}
}

// Only files of an older site are taken away.
func TestWrite(t *testing.T) {
	out := filepath.Join(t.TempDir(), "site")
	s := build(t, sources(t))
	if err := write(out, s.files); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(out, "app-0123456789ab.css")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(out, s.files); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Error("a file of an older site is still there")
	}
	mine := filepath.Join(out, "letter.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(out, s.files); err == nil {
		t.Error("a folder with other files: no error")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("the user's file: %v", err)
	}
}

// The copy of go-app that is built has what the pages need and no server.
func TestSlimModule(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	modfile, err := slimModule(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(modfile)
	if err != nil || strings.Contains(string(text), dir) {
		t.Errorf("the go.mod names this machine's folders, which would get into the program: %v", err)
	}
	app := filepath.Join(filepath.Dir(modfile), "go-app", "pkg", "app")
	for _, name := range goAppUnused {
		if _, err := os.Stat(filepath.Join(app, name)); !os.IsNotExist(err) {
			t.Errorf("%s is in the copy", name)
		}
	}
	for _, name := range []string{"engine.go", "node.go", "client.go"} {
		if _, err := os.Stat(filepath.Join(app, name)); err != nil {
			t.Error(err)
		}
	}
}
