//go:build e2e

// Package e2e holds the builder's tests in a real browser. They build the site
// and use it as an admin would, under a folder of a host, with the strict
// policy as a header, and fail on any console error and report of the policy.
//
//	npm ci --ignore-scripts && go test -tags e2e ./app/e2e
//
// With PROFILEGEN_SITE=DIR a site that is built already is used. With
// PROFILEGEN_SHOTS=DIR the pictures of TestLooks are kept there.
package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// siteFolder is the built site.
var siteFolder string

// shared is the browser that all tests but those that kill one share.
var shared context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if siteFolder = os.Getenv("PROFILEGEN_SITE"); siteFolder == "" {
		dir, err := os.MkdirTemp("", "e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		siteFolder = filepath.Join(dir, "site")
		if err := build(siteFolder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	ctx, cancel := startBrowser(context.Background(), "")
	defer cancel()
	if err := chromedp.Do(ctx); err != nil { // starts it
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared = ctx
	return m.Run()
}

// build makes the site anew; args are for cmd/site.
func build(out string, args ...string) error {
	cmd := exec.Command("go", append([]string{"run", "./cmd/site", "-out", out}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the site: %w\n%s", err, text)
	}
	return nil
}

// startBrowser starts a browser that talks to nobody; dir keeps its profile.
func startBrowser(parent context.Context, dir string) (context.Context, context.CancelFunc) {
	options := []chromedp.ExecAllocatorOption{
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
	}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	if dir != "" {
		options = append(options, chromedp.UserDataDir(dir))
	}
	allocator, cancel := chromedp.NewExecAllocator(parent, options...)
	ctx, cancelBrowser := chromedp.NewContext(allocator)
	return ctx, func() { cancelBrowser(); cancel() }
}

// policy is the header a careful server sends; the page has the same in a meta
// element.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-uri /report"

// host serves a site in a folder, as a static host does.
type host struct {
	*httptest.Server
	mu      sync.Mutex
	folder  string
	reports []string
	asked   []string // paths other than the site's files
}

func newHost(t testing.TB, folder string) *host {
	h := &host{folder: folder}
	mux := http.NewServeMux()
	mux.HandleFunc("/report", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.reports = append(h.reports, string(text))
	})
	mux.HandleFunc("/sub/folder/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Cache-Control", "max-age=600") // as static hosts do
		h.mu.Lock()
		folder := h.folder
		h.mu.Unlock()
		http.StripPrefix("/sub/folder/", http.FileServer(http.Dir(folder))).ServeHTTP(w, r)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.URL.Path)
		h.mu.Unlock()
		http.NotFound(w, r)
	})
	h.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		h.Close()
		for _, r := range h.reports {
			t.Errorf("the policy was violated: %s", r)
		}
		for _, path := range h.asked {
			t.Errorf("%s was asked for: nothing outside the site's folder may be", path)
		}
	})
	return h
}

func (h *host) url() string { return h.URL + "/sub/folder/" }

// serve changes to another build.
func (h *host) serve(folder string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.folder = folder
}

// page is a tab with a storage of its own.
type page struct {
	testing.TB
	ctx       context.Context
	close     func() // before the test ends
	downloads string
	mu        sync.Mutex
	troubles  []string
	quiet     bool // errors are expected: the server is gone
}

const (
	limit    = 60 * time.Second // of a test
	patience = 20 * time.Second // of a wait
)

// newPage opens a tab in the shared browser.
func newPage(t testing.TB) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := watch(t, ctx)
	p.close = cancel
	return p
}

// watch notes what the console says.
func watch(t testing.TB, ctx context.Context) *page {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	p := &page{TB: t, ctx: ctx, downloads: t.TempDir()}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == "warning" || m.IsException() {
				p.mu.Lock()
				if !p.quiet {
					p.troubles = append(p.troubles, m.String())
				}
				p.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, m := range p.troubles {
			t.Errorf("console: %s", m)
		}
	})
	return p
}

func (p *page) expectTrouble() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = true
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatalf("%v\n%s", err, p.state())
	}
}

// state is for messages: what the page shows.
func (p *page) state() string {
	text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`(document.querySelector("main") ?? document.body).innerText.slice(0, 500)`))
	return text
}

// open goes to an address and waits for the first screen.
func (p *page) open(url string) {
	p.Helper()
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(url))
	p.wait(`document.documentElement.dataset.ready === "yes"`)
}

// wait waits until an expression is true, through a reload if there is one.
func (p *page) wait(expression string) {
	p.Helper()
	start := time.Now()
	for {
		_, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingTimeout(patience)))
		if err == nil {
			return
		}
		if time.Since(start) > patience || !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "context with specified id") {
			p.Fatalf("waiting for %s: %v\nthe page shows:\n%s", expression, err, p.state())
		}
	}
}

// see waits until the page shows a text.
func (p *page) see(text string) {
	p.Helper()
	p.wait(fmt.Sprintf("document.body.innerText.includes(%s)", quote(text)))
}

// eval gives the value of an expression; promises are waited for.
func eval[T any](p *page, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// click clicks the button, tab, switch or link with that text or label.
func (p *page) click(name string) {
	p.Helper()
	find := `[...document.querySelectorAll("button,[role=option],label")].find(e => e.checkVisibility() &&
		(e.innerText.trim() === ` + quote(name) + ` || e.innerText.trim().startsWith(` + quote(name+"\n") + `) || e.getAttribute("aria-label") === ` + quote(name) + `))`
	p.wait(find)
	eval[any](p, `(() => { const e = `+find+`; e.scrollIntoView({block: "center"}); e.click(); })()`)
}

// field is the id of a parameter's control.
func field(name string) string { return "f-" + name }

// type puts a text into a box key by key, in place of what stands there, and
// leaves it.
func (p *page) typeInto(id, text string) {
	p.Helper()
	p.wait(`document.getElementById(` + quote(id) + `)`)
	eval[any](p, `(() => { const e = document.getElementById(`+quote(id)+`); e.scrollIntoView({block: "center"}); e.focus(); e.select(); })()`)
	p.do(chromedp.KeyEvent(kb.Delete))
	if text != "" {
		p.do(chromedp.KeyEvent(text))
	}
	eval[any](p, `document.activeElement.blur()`)
}

// choose chooses from a list.
func (p *page) choose(id, value string) {
	p.Helper()
	p.wait(`document.getElementById(` + quote(id) + `)`)
	eval[any](p, `(() => { const s = document.getElementById(`+quote(id)+`); s.value = `+quote(value)+`; s.dispatchEvent(new Event("change", {bubbles: true})); })()`)
}

// value is the value of a control.
func (p *page) value(id string) string {
	p.Helper()
	return eval[string](p, `document.getElementById(`+quote(id)+`).value`)
}

// xml is the file beside the form, line by line.
func (p *page) xml() []string {
	p.Helper()
	p.wait(`document.querySelector(".lines")`)
	return eval[[]string](p, `[...document.querySelectorAll(".lines .line")].map(e => e.innerText)`)
}

// seeLine waits for a line of the file.
func (p *page) seeLine(line string) {
	p.Helper()
	p.wait(`[...document.querySelectorAll(".lines .line")].some(e => e.innerText === ` + quote(line) + `)`)
}

// download clicks and gives the file that comes.
func (p *page) download(button, name string) []byte {
	p.Helper()
	return p.fileFrom(func() { p.click(button) }, name)
}

// fileFrom gives the file that comes from something.
func (p *page) fileFrom(do func(), name string) []byte {
	p.Helper()
	_, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.downloads, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
	if err != nil {
		p.Fatal(err)
	}
	path := filepath.Join(p.downloads, name)
	os.Remove(path)
	do()
	for start := time.Now(); time.Since(start) < limit; time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(path); err == nil {
			return data
		}
	}
	p.Fatalf("%s was not downloaded", name)
	return nil
}

// upload opens files by the button's hidden input.
func (p *page) upload(id, name, content string) {
	p.Helper()
	path := filepath.Join(p.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles("#"+id, []string{path}, chromedp.NodeReady))
}

// goTo opens a screen by the rail.
func (p *page) goTo(title string) {
	p.Helper()
	p.click(title)
	p.wait(`document.querySelector("h1")?.innerText === ` + quote(title))
}

func contains(lines []string, line string) bool {
	for _, l := range lines {
		if l == line {
			return true
		}
	}
	return false
}

// changed lists the lines of b that are not in a.
func changed(a, b []string) []string {
	have := make(map[string]int)
	for _, l := range a {
		have[l]++
	}
	var list []string
	for _, l := range b {
		if have[l]--; have[l] < 0 {
			list = append(list, strings.TrimSpace(l))
		}
	}
	return list
}
