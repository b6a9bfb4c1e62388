package lab

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// client is a program written by others; args make it fetch name from 127.0.0.1:port into out.
type client struct {
	name, program string
	args          func(port, name, out string) []string
	large         bool // fetches more than 65,535 blocks, too; without CI only these
	oackOnce      bool // an OACK that comes again ends it (atftp 0.8) or sets it back to block 1 for good (curl 7.88)
}

var clients = []client{
	{"tftp-hpa", "tftp", func(port, name, out string) []string {
		return []string{"-m", "octet", "127.0.0.1", port, "-c", "get", name, out}
	}, true, false},
	{"atftp", "atftp", func(port, name, out string) []string {
		return []string{"-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true, false},
	{"atftp blksize 1428 and tsize", "atftp", func(port, name, out string) []string {
		return []string{"--option", "blksize 1428", "--option", "tsize 0", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, false, true},
	{"atftp windowsize and timeout", "atftp", func(port, name, out string) []string {
		return []string{"--option", "windowsize 16", "--option", "timeout 1", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, false, true},
	{"curl", "curl", func(port, name, out string) []string {
		return []string{"-s", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, false, true},
	{"curl blksize 8", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-blksize", "8", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, false, true},
	{"curl blksize 65464", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-blksize", "65464", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, false, true},
	{"curl no options", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-no-options", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, false, false},
	{"busybox", "busybox", func(port, name, out string) []string {
		return []string{"tftp", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, false, false},
	{"busybox blksize 1468", "busybox", func(port, name, out string) []string {
		return []string{"tftp", "-b", "1468", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true, false},
}

func TestForeignTFTPClients(t *testing.T) {
	files := make(map[string][]byte)
	for _, n := range []int{0, 1, 512, 1024, 1428, 20_000, 102_400} {
		files[fmt.Sprintf("f%d.bin", n)] = pattern(n)
	}
	large := pattern(34_000_000)
	files["large.bin"] = large
	s := start(t, &Server{Files: memory(files), TFTP: loopback, Retransmit: 5 * time.Second}) // no second OACK on a busy machine
	port := fmt.Sprint(s.TFTP[0].Port())
	dir := t.TempDir()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			bin := program(t, c.program)
			for name, want := range files {
				if name == "large.bin" && !c.large && os.Getenv("CI") != "true" {
					continue
				}
				out := filepath.Join(dir, strings.ReplaceAll(c.name, " ", "-")+name)
				text, err := exec.Command(bin, c.args(port, name, out)...).CombinedOutput()
				got, rerr := os.ReadFile(out)
				if len(want) == 0 && os.IsNotExist(rerr) {
					rerr = nil // curl makes no file for nothing
				}
				if err != nil || rerr != nil {
					t.Errorf("fetching %s: %v, %v: %s", name, err, rerr, text)
				}
				sameBytes(t, name, got, want)
				os.Remove(out)
			}
		})
	}
	for _, e := range s.transfers() {
		if e.Outcome != Sent || e.Bytes != int64(len(files[strings.TrimPrefix(e.Path, "/")])) {
			t.Errorf("event %v, want all of it sent", e)
		}
	}
}

// network is a relay between TFTP clients and a server that loses, doubles and delays datagrams, each with its
// probability in percent, in both directions.
type network struct {
	t                   *testing.T
	server              netip.AddrPort
	lose, double, delay int
	sparesOACK          bool // requests, each copy of which can bring one, and OACKs pass once and at once

	front udp // what clients take for the server

	mu      sync.Mutex
	rnd     *rand.Rand
	clients map[netip.AddrPort]*route
	wg      sync.WaitGroup
}

// route is one client's way: far is what the server takes for it, near what it takes for the server's transfers. There
// can be several of these: a copy of its request that comes late begins another.
type route struct {
	far  udp
	near map[netip.AddrPort]udp // by the server's end
}

func newNetwork(t *testing.T, server netip.AddrPort, lose, double, delay int) *network {
	n := &network{t: t, server: server, lose: lose, double: double, delay: delay,
		rnd: rand.New(rand.NewPCG(3, 4)), clients: make(map[netip.AddrPort]*route)}
	n.front = newUDP(t)
	n.loop(n.front, func(b []byte, client netip.AddrPort) { n.pass(n.route(client).far, b, n.server) })
	t.Cleanup(func() {
		n.front.Close()
		n.mu.Lock()
		for _, p := range n.clients {
			p.far.Close()
			for _, near := range p.near {
				near.Close()
			}
		}
		n.mu.Unlock()
		n.wg.Wait()
	})
	return n
}

func (n *network) addr() netip.AddrPort { return addrPort(n.front.LocalAddr()) }

func (n *network) route(client netip.AddrPort) *route {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.clients[client]
	if p == nil {
		p = &route{far: newUDP(n.t), near: make(map[netip.AddrPort]udp)}
		n.clients[client] = p
		n.loop(p.far, func(b []byte, transfer netip.AddrPort) { n.pass(n.near(p, transfer), b, client) })
	}
	return p
}

func (n *network) near(p *route, transfer netip.AddrPort) udp {
	n.mu.Lock()
	defer n.mu.Unlock()
	near, ok := p.near[transfer]
	if !ok {
		near = newUDP(n.t)
		p.near[transfer] = near
		n.loop(near, func(b []byte, _ netip.AddrPort) { n.pass(p.far, b, transfer) })
	}
	return near
}

func (n *network) loop(u udp, handle func(b []byte, from netip.AddrPort)) {
	n.wg.Go(func() {
		buf := make([]byte, 65536)
		for {
			k, from, err := u.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			handle(bytes.Clone(buf[:k]), unmap(from))
		}
	})
}

func (n *network) pass(u udp, b []byte, to netip.AddrPort) {
	n.mu.Lock()
	lost, twice, late := n.rnd.IntN(100) < n.lose, n.rnd.IntN(100) < n.double, n.rnd.IntN(100) < n.delay
	wait := time.Duration(n.rnd.IntN(20)) * time.Millisecond
	n.mu.Unlock()
	send := func() { _, _ = u.WriteToUDPAddrPort(b, to) }
	if op := b[1]; n.sparesOACK && (op == opRRQ || op == opOACK) {
		send()
		return
	}
	if lost {
		return
	}
	if twice {
		send()
	}
	if late {
		time.AfterFunc(wait, send)
		return
	}
	send()
}

func TestBadNetwork(t *testing.T) {
	content := pattern(20_000)
	for _, tt := range []struct {
		name                string
		lose, double, delay int
	}{
		{"10 % lost", 10, 0, 0},
		{"50 % doubled", 0, 50, 0},
		{"30 % delayed", 0, 0, 30},
		{"5 % lost, 10 % doubled, 20 % delayed", 5, 10, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, &Server{Files: memory(map[string][]byte{"f": content}), TFTP: loopback})
			n := newNetwork(t, s.TFTP[0], tt.lose, tt.double, tt.delay)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					c := &Client{Tries: 100, Wait: 100 * time.Millisecond}
					r, err := c.Do(t.Context(), Fetch{URL: &url.URL{Scheme: "tftp", Host: n.addr().String(), Path: "/f"}})
					if err != nil {
						t.Error(err)
					}
					sameBytes(t, "fetched by our client", r.Body, content)
				})
			}
			// A client of others whose patience is short enough for a test. Its absence is TestForeignTFTPClients' affair.
			if bin, err := exec.LookPath("busybox"); err == nil {
				wg.Go(func() {
					out := filepath.Join(t.TempDir(), "out")
					text, err := exec.Command(bin, "tftp", "-g", "-r", "f", "-l", out, "127.0.0.1", fmt.Sprint(n.addr().Port())).CombinedOutput()
					got, rerr := os.ReadFile(out)
					if err != nil || rerr != nil {
						t.Errorf("busybox: %v, %v: %s", err, rerr, text)
					}
					sameBytes(t, "fetched by busybox", got, content)
				})
			}
			wg.Wait()
		})
	}
}

// exchange sends a request from a new port and returns the first answer.
func exchange(t *testing.T, to netip.AddrPort, request []byte) (c udp, got []byte, from netip.AddrPort) {
	t.Helper()
	c = newUDP(t)
	c.send(request, to)
	got, from = c.read()
	return c, got, from
}

func TestNetascii(t *testing.T) {
	text := "one\ntwo\rthree\r\n" + strings.Repeat("long line\n", 200)
	s := start(t, &Server{Files: memory(map[string][]byte{"f": []byte(text)}), TFTP: loopback})
	want := strings.NewReplacer("\n", "\r\n", "\r", "\r\x00").Replace(text)
	c, b, from := exchange(t, s.TFTP[0], rrq("f", "NetAscii", "tsize", "0"))
	var got []byte
	for n := 1; ; n++ {
		if !bytes.Equal(b[:4], []byte{0, opDATA, 0, byte(n)}) {
			t.Fatalf("got %q, want block %d", b[:4], n)
		}
		got = append(got, b[4:]...)
		c.send([]byte{0, opACK, 0, byte(n)}, from)
		if len(b) < 516 {
			break
		}
		b, _ = c.read()
	}
	sameBytes(t, "netascii", got, []byte(want))
}

// A phone listens to the address that it asked, and to no other.
func TestAnswersFromTheAddressAsked(t *testing.T) {
	for _, listen := range []string{"127.0.0.2:0", "0.0.0.0:0", ":0"} {
		t.Run(listen, func(t *testing.T) {
			s := start(t, &Server{Files: memory(sample), TFTP: []string{listen}})
			asked := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), s.TFTP[0].Port())
			for _, name := range []string{"000e08012345.xml", "none"} {
				c, got, from := exchange(t, asked, rrq(name, "octet"))
				if from.Addr() != asked.Addr() || from.Port() == asked.Port() {
					t.Errorf("%s: the answer comes from %s, want another port of %s", name, from, asked.Addr())
				}
				if got[1] == opDATA {
					c.send([]byte{0, opACK, 0, 1}, from)
				}
			}
			e := s.await("the transfer", func(e Event) bool { return e.Path == "/000e08012345.xml" })
			if e.Outcome != Sent {
				t.Errorf("event %v", e)
			}
		})
	}
}

func TestRepeatedRequest(t *testing.T) {
	s := start(t, &Server{Files: memory(map[string][]byte{"f": pattern(2000), "g": pattern(2000)}), TFTP: loopback})
	c, _, from := exchange(t, s.TFTP[0], rrq("f", "octet"))
	for range 5 {
		c.send(rrq("f", "octet"), s.TFTP[0])
	}
	e := s.await("the repetitions", func(e Event) bool { return strings.Contains(e.Reason, "repetitions") })
	if e.Outcome != Refused {
		t.Errorf("event %v", e)
	}
	// Only the first transfer answers; another name from the same port is a new one.
	c.send(rrq("g", "octet"), s.TFTP[0])
	others := map[netip.AddrPort]bool{from: true}
	for len(others) < 2 {
		_, other := c.read()
		others[other] = true
	}
	delete(others, from)
	for other := range others {
		c.send(errorPacket(codeUndefined), other)
	}
	for n := 1; n <= 4; n++ {
		c.send([]byte{0, opACK, 0, byte(n)}, from)
		for {
			b, who := c.read()
			if who == from && b[1] == opDATA && int(b[3]) == n+1 {
				break
			}
			if n == 4 || who != from && b[1] == opDATA && !others[who] {
				t.Fatalf("an answer from %s", who)
			}
			if n == 3 && b[3] == 4 {
				break
			}
		}
		if n == 3 {
			break
		}
	}
	c.send([]byte{0, opACK, 0, 4}, from)
	s.await("the first transfer", func(e Event) bool { return e.Path == "/f" && e.Outcome == Sent })
	s.await("the other", func(e Event) bool { return e.Path == "/g" && e.Outcome == Failed })
}

// Anybody can put somebody else's address into a request: who never answers gets a few datagrams and no more.
func TestSilentClient(t *testing.T) {
	for _, tt := range []struct {
		name    string
		request []byte
		outcome Outcome
	}{
		{"a file", rrq("f", "octet"), Failed},
		{"a file with options", rrq("f", "octet", "blksize", "1428"), Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, &Server{Files: memory(map[string][]byte{"f": pattern(2000)}), TFTP: loopback, Retransmit: 5 * time.Millisecond})
			c, got, _ := exchange(t, s.TFTP[0], tt.request)
			e := s.await("the end", func(e Event) bool { return e.Path == "/f" })
			if e.Outcome != tt.outcome || e.Reason != errNoAck.Error() {
				t.Errorf("event %v", e)
			}
			sent := len(got)
			count := 1
			for {
				c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				b := make([]byte, 2000)
				n, err := c.Read(b)
				if err != nil {
					break
				}
				if b[1] == opERROR {
					t.Errorf("an ERROR %q goes to who never answered", b[:n])
				}
				count, sent = count+1, sent+n
			}
			if count > 10 {
				t.Errorf("%d datagrams, %d bytes for a request of %d bytes", count, sent, len(tt.request))
			}
		})
	}
}

func TestUnansweredIsBounded(t *testing.T) {
	s := &tftpService{running: newRunning(&Server{}), unanswered: newAllowance(40, 40.0/60)}
	peer := netip.MustParseAddrPort("192.0.2.1:1")
	sent := 0
	for range 1000 {
		if (&transfer{service: s, peer: peer}).maySend(false) {
			sent++
		}
	}
	if sent < 40 || sent > 41 {
		t.Errorf("%d datagrams to one address, want 40", sent)
	}
}

// What has been acknowledged does not count, were it a single block.
func TestAcknowledgedIsGivenBack(t *testing.T) {
	s := &tftpService{running: newRunning(&Server{}), unanswered: newAllowance(40, 40.0/60), silent: map[netip.Addr]int{}}
	peer := netip.MustParseAddrPort("192.0.2.1:1")
	for i := range 100 {
		one := &transfer{service: s, peer: peer}
		s.silent[peer.Addr()]++
		if !one.maySend(false) {
			t.Fatalf("transfer %d is refused, though all before it were acknowledged", i+1)
		}
		if err := one.handle(func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// A request of somebody who is there gets its turn in a flood of requests from everywhere.
func TestFlood(t *testing.T) {
	content := pattern(4000)
	s := start(t, &Server{Files: memory(map[string][]byte{"f": content}), TFTP: loopback, Transfers: 16})
	before := runtime.NumGoroutine()
	flood, err := net.ListenUDP("udp4", nil) // 127.0.0.0/8 is all ours
	if err != nil {
		t.Fatal(err)
	}
	flood.Close()
	var silent []udp
	for i := range 300 {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(i%100+1))})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent = append(silent, udp{c, t})
	}
	for _, c := range silent {
		c.send(rrq("f", "octet"), s.TFTP[0])
	}
	if n := runtime.NumGoroutine() - before; n > 3*16 {
		t.Errorf("%d goroutines for 300 requests, want those of 16 transfers", n)
	}
	sameBytes(t, "a good client", fetchTFTP(t, s, "f"), content)
}

func TestLimitsOfOneAddress(t *testing.T) {
	s := &tftpService{running: newRunning(&Server{}), silent: map[netip.Addr]int{}, each: map[netip.Addr]int{}}
	far, near := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")
	for _, tt := range []struct {
		silent, each int
		addr         netip.Addr
		want         bool
	}{
		{0, 0, far, true}, {3, 3, far, true}, {4, 4, far, false}, {3, 15, far, true}, {0, 16, far, false}, {60, 60, near, true},
	} {
		s.silent[tt.addr], s.each[tt.addr] = tt.silent, tt.each
		if got := s.mayStart(tt.addr); got != tt.want {
			t.Errorf("%s with %d active, %d of them silent: %t, want %t", tt.addr, tt.each, tt.silent, got, tt.want)
		}
	}
}

func TestWaits(t *testing.T) {
	var got []time.Duration
	for n := range 8 {
		got = append(got, timeout(100*time.Millisecond, n))
	}
	ms := time.Millisecond
	want := []time.Duration{100 * ms, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 6000 * ms, 6000 * ms, 6000 * ms}
	if !slices.Equal(got, want) {
		t.Errorf("waits %v, want %v", got, want)
	}
}
