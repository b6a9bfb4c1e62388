//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The times of the builder, in milliseconds, are told by benchmarks and
// asserted nowhere:
//
//	go test -tags e2e -run '^$' -bench . -benchtime 5x ./app/e2e
//
// Each names the middle of its runs; slow is a processor of a quarter of the
// speed, as DevTools emulates it.

// slowly makes the page's processor slower by that factor.
func (p *page) slowly(factor float64) {
	p.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: factor}); err != nil {
		p.Fatal(err)
	}
}

// speeds are the processors that are measured.
var speeds = []struct {
	name   string
	factor float64
}{{"full", 1}, {"slow", 4}}

func median(times []float64) float64 {
	slices.Sort(times)
	return times[len(times)/2]
}

// tell reports a time in milliseconds in place of the benchmark's own.
func tell(b *testing.B, what string, milliseconds float64) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds, what)
}

// From the navigation to a form that can be used, in a browser that has seen
// nothing yet.
func BenchmarkColdLoad(b *testing.B) {
	h := newHost(b, siteFolder)
	for _, speed := range speeds {
		b.Run(speed.name, func(b *testing.B) {
			var times []float64
			for b.Loop() {
				p := newPage(b)
				p.slowly(speed.factor)
				p.open(h.url())
				times = append(times, eval[float64](p, `performance.getEntriesByName("usable")[0].startTime`))
				p.close()
			}
			tell(b, "ms/load", median(times))
		})
	}
}

// From a key press to the file that shows it.
func BenchmarkKeyToScreen(b *testing.B) {
	h := newHost(b, siteFolder)
	for _, speed := range speeds {
		b.Run(speed.name, func(b *testing.B) {
			p := newPage(b)
			p.open(h.url())
			p.slowly(speed.factor)
			eval[any](p, `(() => {
				window.times = [];
				const box = document.getElementById("f-Profile_Rule");
				let at = 0;
				box.addEventListener("input", () => { at = performance.now(); }, true);
				new MutationObserver(() => { if (at) { times.push(performance.now() - at); at = 0; } })
					.observe(document.querySelector(".lines"), {subtree: true, childList: true, characterData: true});
				box.focus();
			})()`)
			keys := 0
			for b.Loop() {
				for range 20 {
					p.do(chromedp.KeyEvent(fmt.Sprint(keys % 10)))
					keys++
					p.wait(fmt.Sprintf("times.length >= %d", keys))
				}
			}
			times := eval[[]float64](p, `times`)
			tell(b, "ms/key", median(times))
		})
	}
}

// A list of 10,000 phones: read and checked, then packed. The gaps are the
// longest times between two frames meanwhile.
func BenchmarkTenThousandPhones(b *testing.B) {
	h := newHost(b, siteFolder)
	list := fleetCSV(10_000)
	var read, zipped, readGap, zipGap []float64
	for b.Loop() {
		p := newPage(b)
		p.open(h.url())
		p.goTo("Phones")
		reading, zipping, _ := p.tenThousand(list)
		read, readGap = append(read, reading.Total), append(readGap, reading.Max)
		zipped, zipGap = append(zipped, zipping.Total), append(zipGap, zipping.Max)
		p.close()
	}
	tell(b, "ms/read", median(read))
	b.ReportMetric(median(readGap), "ms-gap/read")
	b.ReportMetric(median(zipped), "ms/zip")
	b.ReportMetric(median(zipGap), "ms-gap/zip")
}

// tenThousand opens a list of phones and packs the archive.
func (p *page) tenThousand(list string) (reading, zipping frames, archive []byte) {
	p.Helper()
	eval[any](p, recordFrames)
	p.upload("phones-file", "phones.csv", list)
	p.see("Page 1 of 100")
	p.see("All phones would get a file")
	reading = framesOf(p)
	eval[any](p, recordFrames)
	archive = p.download("Download all as zip", "profiles.zip")
	return reading, framesOf(p), archive
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
