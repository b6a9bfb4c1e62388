package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// soak is a fleet whose phones fetch again and again over a bad wire, from a server to which things happen.
type soak struct {
	*wire
	csv    string
	phones int

	server *exec.Cmd
	said   *output
	chance *rand.Rand

	mu        sync.Mutex
	published int               // the latest version of the fleet
	holds     map[string]int    // the version that a phone holds, by its MAC address
	latest    map[string]string // what a phone did last
	wrong     []string
	succeeded int
	failed    int
}

// soakOutput takes what one process of phones prints.
type soakOutput struct {
	*soak
	line []byte
}

func (o *soakOutput) Write(b []byte) (int, error) {
	o.line = append(o.line, b...)
	for {
		line, rest, whole := bytes.Cut(o.line, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		o.read(line)
		o.line = append([]byte(nil), rest...)
	}
}

// read takes in an event: whatever a phone applies has to be its own, of a version that there is, and no step back.
func (s *soak) read(line []byte) {
	var e struct {
		Phone, Event, Says string
		Changes            []struct{ Element, New string }
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return // what the program says beside the events
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[e.Phone] = e.Says
	switch e.Event {
	case "ok":
		s.succeeded++
	case "fail":
		s.failed++
	}
	for _, c := range e.Changes {
		if c.Element != "GPP_A" {
			continue
		}
		mac, number, _ := strings.Cut(c.New, "/")
		version, err := strconv.Atoi(number)
		if err != nil || mac != e.Phone || version > s.published || version < s.holds[mac] {
			s.wrong = append(s.wrong, fmt.Sprintf("%s, which held version %d of %d, applied %q", e.Phone, s.holds[e.Phone], s.published, c.New))
		}
		s.holds[mac] = version
	}
}

// list is the fleet's CSV in a version, for some of its phones.
func (s *soak) list(version, from, to int) []byte {
	var b bytes.Buffer
	b.WriteString("mac,model,GPP_A,Resync_Periodic\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "000e08b%05x,8861,000e08b%05[1]x/%d,5\n", i, version)
	}
	return b.Bytes()
}

// write replaces the fleet's CSV as an editor that is careful does.
func (s *soak) write(text []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.csv+".new", text, 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.csv+".new", s.csv); err != nil {
		s.t.Fatal(err)
	}
}

func (s *soak) publish() {
	s.mu.Lock()
	s.published++
	version := s.published
	s.mu.Unlock()
	s.write(s.list(version, 0, s.phones))
}

func (s *soak) start() {
	s.server, s.said = s.serve("-listen", "127.0.0.1", "-csv", s.csv, "-base", "none", "-tftp", ":6969", "-http", ":8080", "-https", "off", "-syslog", "off")
}

// trouble is one thing that happens.
func (s *soak) trouble(mayKill bool) {
	s.t.Helper()
	fault := func(fields string) {
		s.do(s.wire.server, "", "curl", "-sf", "-d", fields, "http://127.0.0.1:8080/_/faults")
	}
	switch n := s.chance.IntN(7); {
	case mayKill && s.chance.IntN(3) == 0:
		s.server.Process.Kill()
		s.server.Wait()
		s.start()
	case n == 0:
		s.publish()
	case n == 1: // half a file, as of an editor that is not careful; the last good state stays
		s.write([]byte("mac,model,GPP_A\n000e08b00000,8861,\"half"))
		s.said.await(s.t, "older|stays|error")
		s.publish()
	case n == 2:
		junk := s.wire.phones[0].command("bash", "-c", `for i in {1..500}; do head -c $((RANDOM % 300)) /dev/urandom >/dev/udp/`+wireServer+`/6969; done`)
		if out, err := junk.CombinedOutput(); err != nil {
			s.t.Errorf("junk: %v: %s", err, out)
		}
	default:
		fault("times=20&kind=" + []string{"not-found", "server-error", "cut&after=100", "lost-blocks&loss=50"}[n-3])
	}
}

// resident is the server's memory in MB.
func (s *soak) resident() float64 {
	s.t.Helper()
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(readText(s.t, fmt.Sprintf("/proc/%d/status", s.server.Process.Pid)))
	if found == nil {
		s.t.Fatal("the server's memory is not to be read")
	}
	kb, _ := strconv.Atoi(found[1])
	return float64(kb) / 1024
}

// behind are the phones that do not hold the latest version, with what they did last.
func (s *soak) behind() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.phones {
		if mac := fmt.Sprintf("000e08b%05x", i); s.holds[mac] != s.published {
			list = append(list, fmt.Sprintf("%s holds version %d of %d: %s", mac, s.holds[mac], s.published, s.latest[mac]))
		}
	}
	return list
}

// Two hundred phones fetch every five seconds, half of them by TFTP, over a wire that loses one packet in twenty each
// way, while the server is killed, its list replaced and broken, and faults are set. None gets what is not its own, and
// when it is over all hold the latest. PROFILEGEN_SOAK=5m is for how long; make soak does that.
func TestSoak(t *testing.T) {
	t.Parallel()
	foreign(t, "profilegen", "curl", "bash")
	length := 16 * time.Second
	if text := os.Getenv("PROFILEGEN_SOAK"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	const seed = 20
	s := &soak{wire: newWire(t, 8), csv: filepath.Join(t.TempDir(), "phones.csv"), phones: 200, holds: map[string]int{}, latest: map[string]string{}, chance: rand.New(rand.NewPCG(seed, seed))}
	s.publish()
	s.start()
	s.lose(5)
	for i, n := range s.wire.phones {
		part := filepath.Join(t.TempDir(), "part.csv")
		if err := os.WriteFile(part, s.list(1, i*25, i*25+25), 0o600); err != nil {
			t.Fatal(err)
		}
		from := []string{"tftp://" + wireServer + ":6969", "http://" + wireServer + ":8080"}[i%2]
		phones := n.command("profilegen", "phone", "-csv", part, "-dhcp160", from, "-rule", "/$MA/$PSN.xml", "-json",
			"-set", "Resync_Periodic=5", "-set", "Resync_Error_Retry_Delay=2", "-set", "Resync_Random_Delay=0")
		phones.Stdout = &soakOutput{soak: s}
		if err := phones.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { phones.Process.Kill(); phones.Wait() })
	}

	often := time.NewTicker(2 * time.Second)
	defer often.Stop()
	var memory []float64 // of the last of the servers
	last := s.server
	begin, troubles := time.Now(), 0
	for now := begin; now.Sub(begin) < length; now = <-often.C {
		s.trouble(now.Sub(begin) < length/3) // then it lives on, so that its memory can be looked at
		troubles++
		if last != s.server {
			last, memory = s.server, nil
		}
		memory = append(memory, s.resident())
	}
	s.do(s.wire.server, "", "curl", "-sf", "http://127.0.0.1:8080/_/metrics")
	s.publish()
	for deadline := time.Now().Add(patience); len(s.behind()) > 0 && time.Now().Before(deadline); {
		<-often.C
	}
	for _, text := range s.behind() {
		t.Error(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range s.wrong {
		t.Error(text)
	}
	middle, end := len(memory)/2, memory[len(memory)-1]
	t.Logf("%d resyncs, %d failed, %d troubles, %d versions; the server's memory in MB since its last start: %.0f", s.succeeded, s.failed, troubles, s.published, memory)
	if s.succeeded < s.phones {
		t.Errorf("%d resyncs succeeded, want at least one of each phone", s.succeeded)
	}
	if length >= 3*time.Minute && end > 1.25*memory[middle] {
		t.Errorf("the server's memory grew from %.1f to %.1f MB", memory[middle], end)
	}
}
