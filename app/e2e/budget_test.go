//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Sizes are promises to every visitor.
func TestSizes(t *testing.T) {
	for pattern, most := range map[string]int64{
		"app-*.wasm.gz":       2_400_000,
		"simulator-*.wasm.gz": 2_000_000, // only when it is wanted
	} {
		found, _ := filepath.Glob(filepath.Join(siteFolder, pattern))
		if len(found) != 1 {
			t.Fatalf("%s: %q", pattern, found)
		}
		info, err := os.Stat(found[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", pattern, info.Size())
		if info.Size() > most {
			t.Errorf("%s has %d bytes, the budget is %d", pattern, info.Size(), most)
		}
	}
	out, err := exec.Command("node", "-e", `
		const fs = require("fs"), zlib = require("zlib"), folder = process.argv[1];
		console.log(fs.readdirSync(folder).filter(f => /\.(js|css)$/.test(f)).map(f => zlib.brotliCompressSync(fs.readFileSync(folder + "/" + f)).length).reduce((a, b) => a + b));
	`, siteFolder).Output()
	if err != nil {
		t.Fatal(err)
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("scripts and style: %d bytes as brotli", size)
	if size > 20_000 {
		t.Errorf("scripts and style have %d bytes as brotli, the budget is 20000", size)
	}
}

// Ten thousand phones: the page lists them, and stays usable while it makes
// their files. Times are told, and asserted only where a page would seem dead.
func TestTenThousandPhones(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	t.Logf("from navigation to a usable form: %.0f ms", eval[float64](p, `performance.getEntriesByName("usable")[0].startTime`))
	p.goTo("Phones")
	p.upload("phones-file", "phones.csv", fleetCSV(10_000))
	p.see("Page 1 of 100")
	p.see("All phones would get a file")
	data := p.fileFrom(func() {
		eval[any](p, `(() => {
			window.gaps = []; let last = window.began = performance.now();
			const frame = () => { const now = performance.now(); gaps.push(now - last); last = now; window.recording && requestAnimationFrame(frame); };
			window.recording = true; requestAnimationFrame(frame);
			document.querySelector(".heading button").click();
		})()`)
	}, "profiles.zip")
	t.Logf("gaps over 50 ms, and when: %s", eval[string](p, `(() => { let at = 0; return gaps.map(g => { at += g; return g > 50 ? Math.round(g) + " ms at " + Math.round(at) : ""; }).filter(Boolean).join(", "); })()`))
	longest := eval[float64](p, `(() => { recording = false; return Math.max(...gaps); })()`)
	t.Logf("10,000 phones: %d bytes of zip, longest gap between frames %.0f ms, %.1f s", len(data), longest, eval[float64](p, `(performance.now() - began) / 1000`))
	if longest > 1000 {
		t.Errorf("the page stood still for %.0f ms", longest)
	}

	p.click("Download all as zip")
	p.click("Cancel")
	p.see("Stopped: no file was made")
}

// A key press shows in the file soon.
func TestKeyToScreen(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	eval[any](p, `(() => {
		window.times = [];
		const box = document.getElementById("f-GPP_X") ?? document.getElementById("f-Profile_Rule");
		let at = 0;
		box.addEventListener("input", () => { at = performance.now(); }, true);
		new MutationObserver(() => { if (at) { times.push(performance.now() - at); at = 0; } })
			.observe(document.querySelector(".lines"), {subtree: true, childList: true, characterData: true});
		box.focus();
	})()`)
	for i := range 30 {
		p.do(chromedp.KeyEvent(fmt.Sprint(i % 10)))
		p.wait(fmt.Sprintf("times.length > %d", i))
	}
	t.Logf("key to file, median of 30: %.0f ms", eval[float64](p, `times.sort((a, b) => a - b)[times.length >> 1]`))
}
