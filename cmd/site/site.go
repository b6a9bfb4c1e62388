package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parts are the sources of the site.
type parts struct {
	web      fs.FS // index.html, boot.js, app.css, sw.js, manifest, icons
	wasmExec []byte
	wasm     []byte
	sim      []byte // the simulator, a program of its own
}

// site is what is served: file names and contents.
type site struct {
	version   string
	wasmBytes int // of app.wasm.gz
	simBytes  int // of simulator.wasm.gz
	files     map[string][]byte
}

// served are the files that profilegen serves itself.
func (s *site) served() map[string][]byte {
	files := maps.Clone(s.files)
	maps.DeleteFunc(files, func(name string, _ []byte) bool {
		return name == "portable.html" || strings.HasSuffix(name, ".wasm")
	})
	return files
}

// hashedName is a name that hashed gives: such files are ours to delete.
var hashedName = regexp.MustCompile(`^[a-z_]+-[0-9a-f]{12}\.[a-z.]+$`)

// hashed puts the hash of the content into a name: "app.css" becomes
// "app-0123456789ab.css".
func hashed(name string, data []byte) string {
	before, after, _ := strings.Cut(name, ".")
	return before + "-" + digest(data) + "." + after
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

func makeSite(p *parts) (*site, error) {
	source := make(map[string][]byte)
	for _, name := range []string{"index.html", "boot.js", "app.css", "sw.js", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png", "icon-maskable.png"} {
		data, err := fs.ReadFile(p.web, name)
		if err != nil {
			return nil, err
		}
		source[name] = data
	}
	compressed, err := compress(p.wasm)
	if err != nil {
		return nil, err
	}

	compressedSim, err := compress(p.sim)
	if err != nil {
		return nil, err
	}

	s := &site{wasmBytes: len(compressed), simBytes: len(compressedSim), files: make(map[string][]byte)}
	names := make(map[string]string) // in index.html's words
	add := func(name string, data []byte) {
		names[name] = hashed(name, data)
		s.files[names[name]] = data
	}
	add("app.css", source["app.css"])
	add("boot.js", source["boot.js"])
	add("wasm_exec.js", p.wasmExec)
	wasmName := hashed("app.wasm", p.wasm)
	s.files[wasmName] = p.wasm
	s.files[wasmName+".gz"] = compressed
	simName := hashed("simulator.wasm", p.sim)
	s.files[simName] = p.sim
	s.files[simName+".gz"] = compressedSim
	for _, name := range []string{"manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png", "icon-maskable.png"} {
		s.files[name] = source[name]
	}

	// The version covers every file, index.html and the worker included.
	s.version = version(s.files, source["index.html"], source["sw.js"])
	index := fill(source["index.html"],
		"{{app.css}}", names["app.css"],
		"{{boot.js}}", names["boot.js"],
		"{{wasm_exec.js}}", names["wasm_exec.js"],
		"{{wasm}}", wasmName,
		"{{simulator}}", simName,
		"{{bytes}}", strconv.Itoa(len(compressed)),
		"{{version}}", s.version)

	kept := []string{"./", names["app.css"], names["boot.js"], names["wasm_exec.js"], wasmName + ".gz", simName + ".gz", "manifest.webmanifest", "icon.svg", "icon-192.png"}
	s.files["sw.js"] = fill(source["sw.js"], "{{version}}", s.version, "{{files}}", strings.Join(kept, `", "`))
	s.files["index.html"] = index
	s.files["version.json"] = []byte(`{"version":"` + s.version + "\"}\n")
	s.files["portable.html"], err = portable(source, p.wasmExec, compressed, compressedSim)
	return s, err
}

// compress is gzip without a time stamp.
func compress(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func version(files map[string][]byte, more ...[]byte) string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		fmt.Fprintf(sum, "%s %s\n", name, digest(files[name]))
	}
	for _, data := range more {
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

func fill(text []byte, pairs ...string) []byte {
	return []byte(strings.NewReplacer(pairs...).Replace(string(text)))
}

var (
	policy     = regexp.MustCompile(`(?s)<meta http-equiv="Content-Security-Policy"[^>]*>`)
	linkTags   = regexp.MustCompile(`<link rel="(manifest|icon|apple-touch-icon)"[^>]*>\n`)
	styleTag   = regexp.MustCompile(`<link rel="stylesheet"[^>]*>`)
	bootTag    = regexp.MustCompile(`<script src="{{boot.js}}"[^>]*></script>`)
	runtimeTag = regexp.MustCompile(`<script src="{{wasm_exec.js}}"[^>]*></script>`)
)

// portable is the whole site in one page that needs no server. Its policy
// allows its own scripts and style by their hashes, and no connection at all.
func portable(source map[string][]byte, wasmExec, wasm, sim []byte) ([]byte, error) {
	css, boot := source["app.css"], source["boot.js"]
	for name, data := range map[string][]byte{"boot.js": boot, "wasm_exec.js": wasmExec} {
		if bytes.Contains(data, []byte("</script")) {
			return nil, fmt.Errorf("%s would end its script element", name)
		}
	}
	csp := fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src %s %s 'wasm-unsafe-eval'; style-src %s; img-src data: blob:; base-uri 'none'; form-action 'none'">`,
		allow(boot), allow(wasmExec), allow(css))
	icon := `<link rel="icon" href="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(source["icon.svg"]) + "\">\n"
	data := dataBlock("wasm", wasm) + dataBlock("simulator", sim)

	page := string(source["index.html"])
	for _, step := range []struct {
		tag *regexp.Regexp
		put string
	}{
		{policy, csp},
		{linkTags, ""},
		{styleTag, icon + "<style>" + string(css) + "</style>"},
		{bootTag, `<script id="boot" data-portable="">` + string(boot) + "</script>"},
		{runtimeTag, "<script>" + string(wasmExec) + "</script>"},
	} {
		if !step.tag.MatchString(page) {
			return nil, fmt.Errorf("index.html has nothing like %s", step.tag)
		}
		page = step.tag.ReplaceAllLiteralString(page, step.put)
	}
	return []byte(strings.Replace(page, "</body>", data+"</body>", 1)), nil
}

// dataBlock is an element that holds a program; the page starts it.
func dataBlock(id string, data []byte) string {
	return `<script type="application/octet-stream" id="` + id + `">` + base64.StdEncoding.EncodeToString(data) + "</script>\n"
}

// allow is a policy's word for a script or style with exactly this text.
func allow(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
