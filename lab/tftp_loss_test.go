package lab

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// oneBusybox is held by the one that runs: its sockets have SO_REUSEADDR, with which Linux gives two of them the same
// port, and each other's answers.
var oneBusybox sync.Mutex

// Datagrams that come twice or late keep no client of those that others wrote from its file.
func TestForeignClientsOnABadNetwork(t *testing.T) {
	content := pattern(20_000)
	for _, tt := range []struct {
		name          string
		double, delay int
	}{
		{"20 % doubled", 20, 0}, {"30 % delayed", 0, 30}, {"20 % doubled, 30 % delayed", 20, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := memory(map[string][]byte{"f": content})
			s := start(t, &Server{Files: files, TFTP: loopback})
			bad := newNetwork(t, s.TFTP[0], 0, tt.double, tt.delay)
			s = start(t, &Server{Files: files, TFTP: loopback, Retransmit: 5 * time.Second}) // no second OACK on a busy machine
			sparing := newNetwork(t, s.TFTP[0], 0, tt.double, tt.delay)
			sparing.sparesOACK = true
			dir := t.TempDir()
			var transfers sync.WaitGroup
			for _, c := range clients {
				bin := program(t, c.program)
				n := bad
				if c.oackOnce {
					n = sparing
				}
				for i := range 4 {
					transfers.Go(func() {
						if c.program == "busybox" {
							oneBusybox.Lock()
							defer oneBusybox.Unlock()
						}
						out := filepath.Join(dir, fmt.Sprint(c.name, i))
						ctx, cancel := context.WithTimeout(t.Context(), patience)
						defer cancel()
						said, err := exec.CommandContext(ctx, bin, c.args(fmt.Sprint(n.addr().Port()), "f", out)...).CombinedOutput()
						if err != nil {
							t.Errorf("%s: %v: %s", c.name, err, said)
						}
						got, _ := os.ReadFile(out)
						sameBytes(t, c.name, got, content)
					})
				}
			}
			transfers.Wait()
		})
	}
}

// fetchAll has so many phones fetch f, at most atOnce at the same time, and logs how long they took.
func fetchAll(t *testing.T, from string, phones, atOnce int, content []byte) {
	t.Helper()
	took := make([]time.Duration, phones)
	places := make(chan struct{}, atOnce)
	begin := make(chan struct{})
	var fetching sync.WaitGroup
	for i := range took {
		fetching.Go(func() {
			<-begin
			places <- struct{}{}
			defer func() { <-places }()
			began := time.Now()
			r, err := new(Client).Do(t.Context(), Fetch{URL: &url.URL{Scheme: "tftp", Host: from, Path: "/f"}})
			if err != nil {
				t.Errorf("phone %d: %v", i, err)
			}
			sameBytes(t, fmt.Sprint("phone ", i), r.Body, content)
			took[i] = time.Since(began)
		})
	}
	close(begin)
	fetching.Wait()
	slices.Sort(took)
	t.Logf("%d transfers of %d bytes: median %s, p99 %s, longest %s", phones, len(content),
		took[phones/2].Round(time.Millisecond), took[phones*99/100].Round(time.Millisecond), took[phones-1].Round(time.Millisecond))
}

// 500 phones that ask in the same instant, as after a power cut: each gets its file.
func TestManyPhonesAtOnce(t *testing.T) {
	content := pattern(4_000)
	s := start(t, &Server{Files: memory(map[string][]byte{"f": content}), TFTP: loopback})
	fetchAll(t, s.TFTP[0].String(), 500, 500, content)
	unsure := 0
	for _, e := range s.awaitN(500) {
		if e.Outcome != Sent {
			unsure++ // the last acknowledgement did not find its way
		}
	}
	t.Logf("of %d transfers the server does not know how they ended", unsure)
}

// At one lost datagram in a hundred, which is a bad wire, nobody goes without, and the server sends again what was lost:
// about 160 of 16,000 blocks, and as many whose acknowledgement was. How long that takes is measured in bench/servers.
func TestOnePercentLoss(t *testing.T) {
	t.Parallel()
	content := pattern(20_000)
	s := start(t, &Server{Files: memory(map[string][]byte{"f": content}), TFTP: loopback})
	n := newNetwork(t, s.TFTP[0], 1, 0, 0)
	fetchAll(t, n.addr().String(), 400, 8, content)
	resent := 0
	for _, e := range s.awaitN(400) {
		resent += e.Resent
	}
	if resent < 200 {
		t.Errorf("the server sent %d blocks again, want about 320", resent)
	}
}
