//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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

// Ten thousand phones: the page lists them, and stays usable while it reads
// them and makes their files. Times are told, and asserted only where a page
// would seem dead.
func TestTenThousandPhones(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.goTo("Phones")
	reading, zipping, archive := p.tenThousand(fleetCSV(10_000))
	t.Logf("10,000 phones read, listed and checked in %.1f s; %s", reading.Total/1000, reading)
	t.Logf("10,000 phones: %d bytes of zip in %.1f s; %s", len(archive), zipping.Total/1000, zipping)
	if longest := max(reading.Max, zipping.Max); longest > 1000 {
		t.Errorf("the page stood still for %.0f ms", longest)
	}

	p.click("Download all as zip")
	p.click("Cancel")
	p.see("Stopped: no file was made")
}
