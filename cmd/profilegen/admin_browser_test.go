//go:build e2e

package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browserPage is a tab whose complaints fail the test.
type browserPage struct {
	*testing.T
	ctx context.Context
}

func openBrowser(t *testing.T) *browserPage {
	t.Helper()
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true))
	ctx, cancel := chromedp.NewContext(allocator)
	ctx, cancelTime := context.WithTimeout(ctx, time.Minute)
	var mu sync.Mutex
	var complaints []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == "warning" || m.IsException() {
				mu.Lock()
				complaints = append(complaints, m.String())
				mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		cancelTime()
		cancel()
		cancelAllocator()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			t.Errorf("console: %s", c)
		}
	})
	return &browserPage{t, ctx}
}

func (p *browserPage) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// wait waits until an expression is true.
func (p *browserPage) wait(expression string) {
	p.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.Fatalf("waiting for %s: %v\nthe page shows:\n%s", expression, err, text)
	}
}

func (p *browserPage) text(expression string) string {
	p.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.Fatal(err)
	}
	return text
}

// The lab's page in a real browser: what happens appears by itself, as text; a
// fault is set and taken away with the keyboard; nothing is wider than a
// phone's screen.
func TestLabPageInBrowser(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	const hostile = `/<img src=x onerror="document.title='run'">.xml`
	ask := func(path, userAgent string) {
		path = strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(path)
		s.fetch(t, s.http+path, userAgent)
	}
	ask("/8861-3PCC.xml", frontDesk)
	ask(hostile, frontDesk)
	p := openBrowser(t)
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(s.http+"/_/lab"))
	p.wait(`document.querySelectorAll("#rows tr").length === 2`)
	p.wait(`document.querySelector("#phones li")?.innerText.includes("Front Desk")`)
	if rows := p.text(`document.getElementById("rows").innerText`); !strings.Contains(rows, hostile) {
		t.Errorf("a hostile name is not shown as it is:\n%s", rows)
	}
	if title := p.text("document.title"); title == "run" {
		t.Error("a hostile name ran")
	}

	p.text(`(document.querySelector("#fault [name=kind]").focus(), "")`)
	p.do(chromedp.KeyEvent("s"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("*.xml"), chromedp.KeyEvent(kb.Enter))
	p.wait(`document.querySelector("#faults li")?.innerText.includes("server-error, of *.xml")`)
	ask("/7811-3PCC.xml", "")
	p.wait(`document.querySelector("#rows tr.bad .result").innerText.includes("fault server-error")`)
	p.text(`(document.querySelector("#faults button").focus(), "")`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.wait(`!document.querySelector("#faults li") && document.activeElement.name === "kind"`)
	if list := s.server.Faults.List(); len(list) != 0 {
		t.Errorf("the fault is still in force: %+v", list)
	}

	p.do(chromedp.EmulateViewport(390, 844))
	p.wait("document.documentElement.scrollWidth <= 390")
}

// The builder runs under /_/ with the server's own headers, where a browser
// that opens / is led.
func TestBuilderInBrowser(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	if s.server.Admin.(*admin).site == nil {
		t.Skip("the program was built without the builder")
	}
	p := openBrowser(t)
	p.do(chromedp.Navigate(s.http + "/"))
	p.wait(`document.documentElement.dataset.ready === "yes"`)
	if path := p.text("location.pathname"); path != "/_/" {
		t.Errorf("a browser that opens / is at %s", path)
	}
}
