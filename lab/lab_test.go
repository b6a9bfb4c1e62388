package lab

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that must happen. It is no expectation of how long that takes.
const patience = 60 * time.Second

// running server of a test and what it has told.
type testServer struct {
	Bound
	t    *testing.T
	stop func() error // ends the server and waits for that

	mu     sync.Mutex
	events []Event
	more   chan struct{} // gets a value with each event
}

// start runs a server until the test ends.
func start(t *testing.T, s *Server) *testServer {
	t.Helper()
	ts := &testServer{t: t, more: make(chan struct{}, 100_000)}
	s.Log = func(e Event) {
		ts.mu.Lock()
		ts.events = append(ts.events, e)
		ts.mu.Unlock()
		ts.more <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan Bound, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(b Bound) { ready <- b }) }()
	ts.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return fmt.Errorf("the server has not ended after %s", patience)
		}
	})
	select {
	case ts.Bound = <-ready:
	case err := <-ended:
		cancel()
		t.Fatalf("starting the server: %v", err)
	}
	t.Cleanup(func() {
		if err := ts.stop(); err != nil {
			t.Errorf("ending the server: %v", err)
		}
	})
	return ts
}

// all returns the events so far.
func (ts *testServer) all() []Event {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return append([]Event(nil), ts.events...)
}

// await returns the first event for which ok holds.
func (ts *testServer) await(what string, ok func(Event) bool) Event {
	ts.t.Helper()
	deadline := time.After(patience)
	for {
		for _, e := range ts.all() {
			if ok(e) {
				return e
			}
		}
		select {
		case <-ts.more:
		case <-deadline:
			ts.t.Fatalf("no event of %s; got %v", what, ts.all())
		}
	}
}

// transfers returns the events so far that are of a file, not of stray datagrams.
func (ts *testServer) transfers() []Event {
	return slices.DeleteFunc(ts.all(), func(e Event) bool { return e.Path == "" })
}

// awaitN waits for n transfers.
func (ts *testServer) awaitN(n int) []Event {
	ts.t.Helper()
	ts.await(fmt.Sprintf("transfer %d", n), func(Event) bool { return len(ts.transfers()) >= n })
	return ts.transfers()
}

// loopback is an address to listen on.
var loopback = []string{"127.0.0.1:0"}

// memory serves files from a map; the key has no leading slash.
func memory(files map[string][]byte) Files {
	return func(_ context.Context, r Request) (File, error) {
		b, ok := files[r.Path[1:]]
		if !ok {
			return File{}, fs.ErrNotExist
		}
		return File{Content: bytes.NewReader(b)}, nil
	}
}

// pattern is content in which every position can be told from its neighbors.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16 ^ i>>20)
	}
	return b
}

// program finds a foreign program that tests play against. Where tests must be complete, it has to be there.
func program(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed, and CI is true", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return p
}

// sameBytes fails the test if content differs, and says where.
func sameBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	t.Errorf("%s: got %d bytes, want %d; the first difference is at %d", what, len(got), len(want), at)
}

// udp is a raw client socket; datagrams can be sent to and awaited from anybody.
type udp struct {
	*net.UDPConn
	t *testing.T
}

func newUDP(t *testing.T) udp {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return udp{c, t}
}

func (u udp) send(b []byte, to netip.AddrPort) {
	u.t.Helper()
	if _, err := u.WriteToUDPAddrPort(b, to); err != nil {
		u.t.Fatal(err)
	}
}

// read waits for a datagram.
func (u udp) read() ([]byte, netip.AddrPort) {
	u.t.Helper()
	u.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 65536)
	n, from, err := u.ReadFromUDPAddrPort(b)
	if err != nil {
		u.t.Fatal(err)
	}
	return b[:n], unmap(from)
}

// rrq is a read request.
func rrq(name, mode string, options ...string) []byte {
	b := append([]byte{0, opRRQ}, name+"\x00"+mode+"\x00"...)
	for _, o := range options {
		b = append(b, o+"\x00"...)
	}
	return b
}
