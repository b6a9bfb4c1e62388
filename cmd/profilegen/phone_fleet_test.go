package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"profilegen/lab"
	"profilegen/resync"
	"profilegen/rule"
)

func samplePhoneIdentity(t testing.TB) rule.Identity {
	t.Helper()
	phone, err := samplePhone("8861", "")
	if err != nil {
		t.Fatal(err)
	}
	return phone.Identity
}

// listOf writes a CSV with so many phones.
func listOf(t testing.TB, n int) (csv string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("mac,model\n")
	for i := range n {
		fmt.Fprintf(&b, "000E08A%05X,%s\n", i, []string{"8861", "7841", "8845"}[i%3])
	}
	csv = filepath.Join(t.TempDir(), "phones.csv")
	if err := os.WriteFile(csv, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return csv
}

// Each of three hundred phones in one process finds its own file, under its
// own name.
func TestManyPhones(t *testing.T) {
	const phones = 300
	var mu sync.Mutex
	asked := map[string]string{} // file → phone
	content := files{}
	for i := range phones {
		content[fmt.Sprintf("000e08a%05x.xml", i)] = fmt.Sprintf("<flat-profile><GPP_A>phone %d</GPP_A></flat-profile>", i)
	}
	delete(content, "000e08a00007.xml")
	server := content.serve(t, func(s *lab.Server) {
		s.Log = func(e lab.Event) {
			mu.Lock()
			defer mu.Unlock()
			asked[e.Path] = e.Phone.MAC
		}
	})
	status, out := once(t, "-csv", listOf(t, phones), "-set", "Resync_Random_Delay=0", "-rule", "http://"+server.HTTP[0].String()+"/$MA.xml")
	wants(t, "300 phones of which one has no file", status, out, 1,
		`profilegen: 300 phones: 299 succeeded, 1 failed, 0 without a resync; 300 resync attempts in `,
		`"phone":"000e08a00007".*"event":"fail".*file not found`,
		`"phone":"000e08a0012b".*"new":"phone 299"`)
	mu.Lock()
	defer mu.Unlock()
	for i := range phones {
		mac := fmt.Sprintf("000e08a%05x", i)
		if asked["/"+mac+".xml"] != mac {
			t.Errorf("the file of %s was asked for by %q", mac, asked["/"+mac+".xml"])
		}
	}
}

// paper is a screen for tests.
type paper struct {
	bytes.Buffer
	width, height int
}

func (p *paper) size() (int, int) { return p.width, p.height }

// The table puts what is wrong at the top, fits the screen, and is drawn over
// itself.
func TestFleetTable(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var phones []*handset
	for i := range 4 {
		id := samplePhoneIdentity(t)
		id.MAC[5] = byte(i)
		phones = append(phones, newHandset(id))
	}
	url := "http://10.0.0.5/a.xml"
	tell := func(i int, list ...resync.Event) {
		for _, e := range list {
			e.Time = at
			phones[i].follow(&e)
		}
	}
	tell(0, resync.Event{Kind: resync.ClockStarted, Cause: resync.Boot, At: at.Add(40 * time.Second)})
	tell(1, resync.Event{Kind: resync.Began}, resync.Event{Kind: resync.Requested, URL: url})
	tell(2, resync.Event{Kind: resync.Began}, resync.Event{Kind: resync.Requested, URL: url}, resync.Event{Kind: resync.Succeeded},
		resync.Event{Kind: resync.ClockStarted, Cause: resync.Periodic, At: at.Add(time.Hour)})
	tell(3, resync.Event{Kind: resync.Began}, resync.Event{Kind: resync.Failed, Parameter: "Profile_Rule", Err: "file not\x1b[2J found"},
		resync.Event{Kind: resync.ClockStarted, Cause: resync.Retry, At: at.Add(time.Minute)})
	screen := &paper{width: 120, height: 24}
	table := &fleetTable{phones: phones, screen: screen}
	want := []string{
		"4 phones, 1 failed, 1 fetches, 1 waits, 1 ok",
		"000e08012303  8861-3PCC     failed   08:00:00  Profile_Rule: file not [2J found; next 08:01:00",
		"000e08012301  8861-3PCC     fetches  08:00:00  http://10.0.0.5/a.xml",
		"000e08012300  8861-3PCC     waits    08:00:00  the boot resync is due at 08:00:40",
		"000e08012302  8861-3PCC     ok       08:00:00  http://10.0.0.5/a.xml; next 09:00:00",
	}
	if got := strings.Join(table.lines(screen.size()), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	table.draw()
	table.draw()
	if got := screen.String(); strings.Count(got, "\x1b[5A") != 1 || strings.Count(got, "4 phones") != 2 {
		t.Errorf("the second table is not drawn over the first: %q", got)
	}
	for _, line := range table.lines(30, 4) {
		if len([]rune(line)) > 29 {
			t.Errorf("%q does not fit 30 columns", line)
		}
	}
	if n := len(table.lines(30, 4)); n > 3 {
		t.Errorf("%d lines on a screen of 4", n)
	}
}
