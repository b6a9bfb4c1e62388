package lab

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pin/tftp/v3"
)

var mutations = flag.Int("mutations", 200_000, "mutated datagrams to send to the server")

// badDatagrams are what a TFTP port meets. code is the ERROR answered, -1 a transfer, -2 no answer.
var badDatagrams = []struct {
	name     string
	datagram string
	code     int
}{
	{"nothing", "", -2},
	{"one byte", "\x00", -2},
	{"an opcode alone", "\x00\x01", -2},
	{"a request of zeros", strings.Repeat("\x00", 100), -2},
	{"opcode 0", "\x00\x00f\x00octet\x00", -2},
	{"opcode 9", "\x00\x09f\x00octet\x00", -2},
	{"opcode 257", "\x01\x01f\x00octet\x00", -2},
	{"stray DATA", "\x00\x03\x00\x01abc", -2},
	{"stray ACK", "\x00\x04\x00\x01", -2},
	{"stray ERROR", "\x00\x05\x00\x01gone\x00", -2},
	{"stray OACK", "\x00\x06blksize\x00512\x00", -2},
	{"a name without end", "\x00\x01f", -2},
	{"no mode", "\x00\x01f\x00", -2},
	{"a mode without end", "\x00\x01f\x00octet", -2},
	{"longer than RFC 2347 allows", "\x00\x01" + strings.Repeat("a", 510) + "\x00octet\x00", -2},
	{"empty name", "\x00\x01\x00octet\x00", codeNotFound},
	{"empty mode", "\x00\x01f\x00\x00", codeIllegal},
	{"mode mail", "\x00\x01f\x00mail\x00", codeIllegal},
	{"mode bogus", "\x00\x01f\x00bogus\x00", codeIllegal},
	{"mode octets", "\x00\x01f\x00octets\x00", codeIllegal},
	{"a missing file", "\x00\x01none\x00octet\x00", codeNotFound},
	{"name of 300 characters", "\x00\x01" + strings.Repeat("a", 300) + "\x00octet\x00", codeNotFound},
	{"name with a line end", "\x00\x01f\nGET\x00octet\x00", codeNotFound},
	{"name with an escape", "\x00\x01\x1b[2Jf\x00octet\x00", codeNotFound},
	{"name that is no UTF-8", "\x00\x01\xff\xfe\x00octet\x00", codeNotFound},
	{"a write", "\x00\x02f\x00octet\x00", codeAccess},
	{"a write of a missing file", "\x00\x02none\x00octet\x00", codeAccess},
	{"upper-case mode", "\x00\x01f\x00OCTET\x00", -1},
	{"mixed-case option", "\x00\x01f\x00octet\x00BlkSize\x00600\x00", -1},
	{"an option without value", "\x00\x01f\x00octet\x00blksize\x00", -1},
	{"blksize -1", "\x00\x01f\x00octet\x00blksize\x00-1\x00", -1},
	{"blksize 0", "\x00\x01f\x00octet\x00blksize\x000\x00", -1},
	{"blksize 7", "\x00\x01f\x00octet\x00blksize\x007\x00", -1},
	{"blksize 65465", "\x00\x01f\x00octet\x00blksize\x0065465\x00", -1},
	{"blksize of 300 digits", "\x00\x01f\x00octet\x00blksize\x00" + strings.Repeat("9", 300) + "\x00", -1},
	// One packet like this stops a process with the bare library: the answer does not fit its buffer.
	{"blksize padded with zeros, and tsize", "\x00\x01f\x00octet\x00tsize\x000\x00blksize\x00" + strings.Repeat("0", 482) + "512\x00", -1},
	{"tsize of letters", "\x00\x01f\x00octet\x00tsize\x00abc\x00", -1},
	{"tsize -1", "\x00\x01f\x00octet\x00tsize\x00-1\x00", -1},
	{"timeout 0", "\x00\x01f\x00octet\x00timeout\x000\x00", -1},
	{"windowsize 65535", "\x00\x01f\x00octet\x00windowsize\x0065535\x00", -1},
	{"the same option often", "\x00\x01f\x00octet\x00" + strings.Repeat("blksize\x00512\x00", 35), -1},
	{"many unknown options", "\x00\x01f\x00octet\x00" + strings.Repeat("x\x00y\x00", 120), -1},
	{"empty options", "\x00\x01f\x00octet\x00\x00\x00\x00\x00\x00", -1},
	{"out of the folder", "\x00\x01../../etc/passwd\x00octet\x00", codeNotFound},
	{"out of the folder with backslashes", "\x00\x01..\\..\\etc\\passwd\x00octet\x00", codeNotFound},
	{"an absolute path", "\x00\x01/etc/passwd\x00octet\x00", codeNotFound},
}

func TestBadDatagrams(t *testing.T) {
	s := start(t, &Server{Files: memory(map[string][]byte{"f": pattern(12_345)}), TFTP: loopback, MissesPerMinute: 1000})
	for _, tt := range badDatagrams {
		t.Run(tt.name, func(t *testing.T) {
			c := newUDP(t)
			c.send([]byte(tt.datagram), s.TFTP[0])
			if tt.code == -2 {
				// The port reads in order: when the good request behind it is answered, the bad one was judged.
				probe := newUDP(t)
				probe.send(rrq("none", "octet"), s.TFTP[0])
				probe.read()
				c.SetReadDeadline(time.Now().Add(time.Millisecond))
				if n, err := c.Read(make([]byte, 1000)); err == nil {
					t.Errorf("answered with %d bytes, want silence", n)
				}
				return
			}
			got, from := c.read()
			if tt.code >= 0 {
				if want := errorPacket(tt.code); !bytes.Equal(got, want) {
					t.Errorf("answered %q, want %q", got, want)
				}
				return
			}
			if got[1] != opDATA && got[1] != opOACK {
				t.Errorf("answered %q, want a transfer", got)
			}
			c.send(errorPacket(codeUndefined), from) // enough
		})
	}
	c := newUDP(t)
	c.send(rrq("f", "octet", "blksize", "9000", "tsize", "0"), s.TFTP[0])
	got, from := c.read()
	if want := []string{"\x00\x06blksize\x001428\x00tsize\x0012345\x00", "\x00\x06tsize\x0012345\x00blksize\x001428\x00"}; string(got) != want[0] && string(got) != want[1] {
		t.Errorf("after all that the answer is %q, want %q", got, want[0])
	}
	c.send(errorPacket(codeOptions), from)
	e := s.await("the client's refusal", func(e Event) bool { return strings.Contains(e.Reason, "code=8") })
	if e.Outcome != Failed || e.TFTPError != nil {
		t.Errorf("event %+v", e)
	}
}

// TestMutatedDatagrams sends damaged requests by the thousand and asks whether a good client is still served.
func TestMutatedDatagrams(t *testing.T) {
	c := newUDP(t)
	before := descriptors()
	content := pattern(12_345)
	s := start(t, &Server{Files: memory(map[string][]byte{"f": content}), TFTP: loopback, MissesPerMinute: 1 << 30})
	seeds := make([][]byte, len(badDatagrams))
	for i, b := range badDatagrams {
		seeds[i] = []byte(b.datagram)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range *mutations {
		if i%50 == 0 { // a new port now and then, so that not all are repetitions
			c.Close()
			c = newUDP(t)
		}
		c.send(mutate(rnd, seeds), s.TFTP[0])
		if i%(*mutations/3) == *mutations/6 {
			got := fetchTFTP(t, s, "f")
			sameBytes(t, fmt.Sprintf("a good client after %d bad datagrams", i), got, content)
		}
	}
	sameBytes(t, "a good client at the end", fetchTFTP(t, s, "f"), content)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if after := descriptors(); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	for _, e := range s.all() {
		if strings.Contains(e.Reason, "internal error") || strings.Contains(e.Reason, "panic") {
			t.Fatalf("a panic was recovered: %v", e)
		}
	}
}

// descriptors is how many the process has open; 0 where that cannot be told.
func descriptors() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

func mutate(rnd *rand.Rand, seeds [][]byte) []byte {
	b := append([]byte(nil), seeds[rnd.IntN(len(seeds))]...)
	for range 1 + rnd.IntN(4) {
		switch at := rnd.IntN(len(b) + 1); rnd.IntN(5) {
		case 0:
			b = append(b[:at:at], append([]byte{byte(rnd.IntN(256))}, b[at:]...)...)
		case 1:
			b = b[:at]
		case 2:
			if at < len(b) {
				b[at] ^= 1 << rnd.IntN(8)
			}
		case 3:
			other := seeds[rnd.IntN(len(seeds))]
			b = append(b[:at:at], other[rnd.IntN(len(other)+1):]...)
		case 4:
			b = append(b, bytes.Repeat(b[at:], rnd.IntN(4))...)
		}
	}
	return b[:min(len(b), 1400)]
}

// fetchTFTP is a good client.
func fetchTFTP(t *testing.T, s *testServer, name string) []byte {
	t.Helper()
	library, err := tftp.NewClient(s.TFTP[0].String())
	if err != nil {
		t.Fatal(err)
	}
	from, err := library.Receive(name, "octet")
	if err != nil {
		t.Fatalf("fetching %s: %v", name, err)
	}
	var b bytes.Buffer
	if _, err := from.WriteTo(&b); err != nil {
		t.Fatalf("fetching %s: %v", name, err)
	}
	return b.Bytes()
}

func FuzzParseRequest(f *testing.F) {
	for _, b := range badDatagrams {
		f.Add([]byte(b.datagram))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, junk := parseRequest(b)
		if junk != "" || q.badMode {
			return
		}
		// What the library gets is a request that reads as the same, and short enough for its buffers.
		out := q.encode()
		again, junk := parseRequest(out)
		if junk != "" || len(out) > 80 {
			t.Fatalf("%q becomes %q: junk %q", b, out, junk)
		}
		q.name = again.name
		q.announce = 0
		if q.write {
			q.tsize = false
		}
		if q != again {
			t.Fatalf("%q becomes %q: %+v, not %+v", b, out, again, q)
		}
	})
}

func TestJunkIsSummedUp(t *testing.T) {
	var j junkCount
	now := time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)
	if got := j.add("not a request", now); got != "1 not a request" {
		t.Errorf("the first: %q", got)
	}
	for range 999 {
		if got := j.add("not a request", now.Add(time.Millisecond)); got != "" {
			t.Errorf("within the second: %q", got)
		}
	}
	j.add("no mode", now)
	if got, want := j.add("no mode", now.Add(time.Second)), "2 no mode, 999 not a request"; got != want {
		t.Errorf("after a second: %q, want %q", got, want)
	}
}
