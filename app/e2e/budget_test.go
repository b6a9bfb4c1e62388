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

// recordFrames notes how long each frame was until framesOf is asked.
const recordFrames = `(() => {
	window.gaps = [];
	let last = window.began = performance.now();
	const frame = () => {
		const now = performance.now();
		gaps.push(now - last);
		last = now;
		window.recording && requestAnimationFrame(frame);
	};
	window.recording = true;
	requestAnimationFrame(frame);
})()`

// frames are the times between frames, in milliseconds.
type frames struct{ P50, P99, Max, Total float64 }

func framesOf(p *page) frames {
	p.Helper()
	return eval[frames](p, `(() => {
		recording = false;
		const sorted = gaps.slice().sort((a, b) => a - b), at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
		return {P50: at(.5), P99: at(.99), Max: sorted.at(-1), Total: performance.now() - began};
	})()`)
}

func (f frames) String() string {
	return fmt.Sprintf("gaps between frames: half under %.0f ms, 99 %% under %.0f ms, longest %.0f ms", f.P50, f.P99, f.Max)
}

// Ten thousand phones: the page lists them, and stays usable while it reads
// them and makes their files. Times are told, and asserted only where a page
// would seem dead.
func TestTenThousandPhones(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.goTo("Phones")
	eval[any](p, recordFrames)
	p.upload("phones-file", "phones.csv", fleetCSV(10_000))
	p.see("Page 1 of 100")
	p.see("All phones would get a file")
	reading := framesOf(p)
	t.Logf("10,000 phones read, listed and checked in %.1f s; %s", reading.Total/1000, reading)

	eval[any](p, recordFrames)
	data := p.download("Download all as zip", "profiles.zip")
	zipping := framesOf(p)
	t.Logf("10,000 phones: %d bytes of zip in %.1f s; %s", len(data), zipping.Total/1000, zipping)
	if longest := max(reading.Max, zipping.Max); longest > 1000 {
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
