package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// tftpPrograms are clients that others wrote; each fetches /f from the wire's server into out.
var tftpPrograms = map[string]func(out string) []string{
	"tftp":    func(out string) []string { return []string{"-m", "octet", wireServer, "6969", "-c", "get", "f", out} },
	"atftp":   func(out string) []string { return []string{"-g", "-r", "f", "-l", out, wireServer, "6969"} },
	"curl":    func(out string) []string { return []string{"-s", "tftp://" + wireServer + ":6969/f", "-o", out} },
	"busybox": func(out string) []string { return []string{"tftp", "-g", "-r", "f", "-l", out, wireServer, "6969"} },
}

// Over a wire that loses packets both ways everything arrives, by clients of four kinds at once at each of ten addresses.
func TestTransfersOverALossyWire(t *testing.T) {
	content := make([]byte, 20_000)
	for i := range content {
		content[i] = byte(i ^ i>>8)
	}
	t.Parallel()
	foreign(t, "tftp", "atftp", "curl", "busybox")
	dir := files{"f": string(content)}.folder(t)
	var all sync.WaitGroup
	for _, percent := range []int{5, 10, 20, 30} { // they wait for most of the time, so all at once
		w := newWire(t, 10)
		_, said := w.serve("-dir", dir, "-tftp", ":6969", "-http", "off", "-https", "off", "-syslog", "off")
		w.lose(percent)
		all.Go(func() {
			if again := w.transfers(percent, content); again > 2 {
				t.Errorf("%d %%: %d of 40 clients gave up, want at most 2\n%s", percent, again, said)
			}
		})
	}
	all.Wait()
}

// transfers has each client fetch at each address, and returns how many gave up and were started again.
func (w *wire) transfers(percent int, content []byte) (again int) {
	dir := w.t.TempDir()
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	var running sync.WaitGroup
	for name, args := range tftpPrograms {
		for i, from := range w.phones {
			running.Go(func() {
				out := filepath.Join(dir, fmt.Sprint(name, i))
				d, tries := untilThere(w.t, from, name, args(out), out, content)
				mu.Lock()
				defer mu.Unlock()
				took[name] = append(took[name], d)
				again += tries - 1
			})
		}
	}
	running.Wait()
	for _, name := range slices.Sorted(maps.Keys(took)) {
		slices.Sort(took[name])
		w.t.Logf("%d %%: %s: median %s, longest %s", percent, name, took[name][len(took[name])/2], took[name][len(took[name])-1])
	}
	return again
}

// longestTransfer is when a client is ended: some would ask for an hour.
const longestTransfer = 150 * time.Second

// untilThere runs a client until the content has arrived. Clients give up when their request is lost often enough, and
// some say nothing of it: only what has arrived counts.
func untilThere(t *testing.T, from namespace, name string, args []string, out string, content []byte) (took time.Duration, tries int) {
	began := time.Now()
	for tries = 1; tries <= 3; tries++ {
		client := from.command(name, args...)
		stop := time.AfterFunc(longestTransfer, func() { client.Process.Kill() })
		said, err := client.CombinedOutput()
		stop.Stop()
		got, rerr := os.ReadFile(out)
		if rerr == nil && bytes.Equal(got, content) {
			return time.Since(began).Round(time.Millisecond), tries
		}
		t.Logf("%s from %d: %d bytes of %d arrived after %s: %v, %v: %s", name, from, len(got), len(content), time.Since(began), err, rerr, said)
	}
	t.Errorf("%s from %d: the file did not arrive", name, from)
	return time.Since(began), tries
}
