package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilegen/lab"
	"profilegen/rule"
)

// phoneOf is what the admin's pages tell of a phone.
func (s *testServer) phoneOf(t *testing.T, key string) (p phoneAnswer) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.admin(t, "phones/"+key)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// A phone of the fleet that is this machine's neighbour is seen, with the time
// and the address; what is heard of it later counts more.
func TestNeighborsAreSeen(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	s.site.look = func() map[netip.Addr]rule.MAC {
		return map[netip.Addr]rule.MAC{
			netip.MustParseAddr("192.0.2.17"): {0, 0x0e, 8, 0xa0, 0, 1},
			netip.MustParseAddr("192.0.2.18"): {0, 0x0e, 8, 0xa0, 0, 1},
			netip.MustParseAddr("192.0.2.99"): {2, 0, 0, 0, 0, 1}, // nobody's phone
		}
	}
	before := time.Now()
	p := s.phoneOf(t, "000e08a00001")
	seen := p.Rungs[0]
	if seen.At == nil || seen.At.Before(before.Truncate(0)) || seen.By != "ARP: 192.0.2.17" || p.Address != "192.0.2.17" {
		t.Errorf("the rung is %+v at %q", seen, p.Address)
	}
	if p.Rungs[1].At != nil || !strings.Contains(p.Missing, "it is in this network (192.0.2.17) but has asked for nothing: type the Profile Rule http") {
		t.Errorf("the rungs are %+v: %s", p.Rungs, p.Missing)
	}
	if again := s.phoneOf(t, "000e08a00001").Rungs[0]; !again.At.Equal(*seen.At) {
		t.Errorf("seen at %s, and when looked at again at %s", seen.At, again.At)
	}
	if other := s.phoneOf(t, "000e08a00002"); other.Rungs[0].At != nil || !strings.Contains(other.Missing, "nothing was heard of it") {
		t.Errorf("another phone: %+v: %s", other.Rungs[0], other.Missing)
	}
	if all := s.admin(t, "phones"); strings.Contains(all, "020000000001") {
		t.Errorf("a neighbour that is no phone of the fleet is listed:\n%s", all)
	}
	if _, err := s.fetch(t, s.http+"/8861-3PCC.xml", frontDesk); err != nil {
		t.Fatal(err)
	}
	if p := s.phoneOf(t, "000e08a00001"); p.Rungs[0].By != "HTTP: 127.0.0.1" || p.Rungs[1].At == nil {
		t.Errorf("after a request: %+v", p.Rungs)
	}
}

// dhcpMessage is a DHCP client's, with options as they are on the wire.
func dhcpMessage(mac rule.MAC, kind byte, options ...byte) []byte {
	b := make([]byte, 236, 300)
	copy(b, []byte{1, 1, 6})
	copy(b[28:], mac[:])
	b = append(b, 0x63, 0x82, 0x53, 0x63, 53, 1, kind)
	return append(append(b, options...), 255)
}

// What phones want of DHCP is told for those of the fleet and for others of
// these models, and for nobody else.
func TestDHCPRequestsAreSeen(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	from := netip.MustParseAddrPort("0.0.0.0:68")
	hear := func(b []byte) {
		t.Helper()
		d, ok := lab.ParseDHCP(b)
		if !ok {
			t.Fatalf("no request: %x", b)
		}
		s.desk.log(lab.Event{Time: time.Now(), Protocol: "dhcp", Method: d.Kind, Remote: from, Outcome: lab.Seen, Phone: lab.Phone{MAC: d.MAC}, DHCP: &d})
	}
	model := append([]byte{60, 12}, "CP-8861-3PCC"...)
	first, second, fresh := rule.MAC{0, 0x0e, 8, 0xa0, 0, 1}, rule.MAC{0, 0x0e, 8, 0xa0, 0, 2}, rule.MAC{0, 0x0e, 8, 0xff, 0xff, 0xff}
	hear(dhcpMessage(first, 1, append([]byte{55, 5, 1, 66, 160, 159, 150}, model...)...))
	hear(dhcpMessage(second, 3, 50, 4, 192, 0, 2, 18, 55, 2, 1, 3))
	hear(dhcpMessage(fresh, 8, append([]byte{55, 1, 66}, model...)...))
	hear(dhcpMessage(rule.MAC{2, 0, 0, 0, 0, 1}, 1, append([]byte{60, 4}, "MSFT"...)...))
	for _, c := range []struct{ key, by, missing string }{
		{"000e08a00001", "DHCP DISCOVER", "it looks for a DHCP server as CP-8861-3PCC, and wants the options 66, 160, 159, 150; it has asked this server for nothing: type the Profile Rule RULE, or have DHCP name this server"},
		{"000e08a00002", "DHCP REQUEST: 192.0.2.18", "it asked DHCP for the address 192.0.2.18, and wants none of the options 66, 160, 159, 150 that could name this server; it has asked this server for nothing: type the Profile Rule RULE"},
		{"000e08ffffff", "DHCP INFORM", "it asked DHCP for options as CP-8861-3PCC, and wants option 66; it has asked this server for nothing: type the Profile Rule RULE, or have DHCP name this server"},
	} {
		p := s.phoneOf(t, c.key)
		if seen := p.Rungs[0]; seen.At == nil || seen.By != c.by || p.Address != "" || p.Model != "CP-8861-3PCC" {
			t.Errorf("%s: the rung is %+v, of a %s at %q; want %q", c.key, seen, p.Model, p.Address, c.by)
		}
		if want := strings.Replace(c.missing, "RULE", s.profileRule(), 1); p.Missing != want {
			t.Errorf("%s: missing: %q, want %q", c.key, p.Missing, want)
		}
	}
	if all := s.admin(t, "phones") + s.admin(t, "events.jsonl"); strings.Contains(all, "020000000001") {
		t.Errorf("a device that is no phone is told of:\n%s", all)
	}
	if metrics := s.admin(t, "metrics"); !strings.Contains(metrics, "profilegen_dhcp_requests_total 3\n") || strings.Contains(metrics, `protocol="dhcp"`) {
		t.Errorf("the metrics are\n%s", metrics)
	}
	out := s.printed(t)
	if want := ". dhcp   000e08a00001 8861 Front Desk DISCOVER seen: it looks for a DHCP server"; !strings.Contains(out, want) || strings.Contains(out, "0.0.0.0") {
		t.Errorf("there is no line %q, or one with 0.0.0.0, in\n%s", want, out)
	}
}

// An event that claims to be a message and has none was a panic.
func TestLevelWithoutAMessage(t *testing.T) {
	if got := levelOf(lab.Event{Outcome: lab.Received}); got != "info" {
		t.Errorf("the level is %q", got)
	}
}

// A real DHCP client is seen, beside a real DHCP server that shares the port
// and loses nothing by it; one that does not share it is named as the reason.
func TestDHCPClientIsSeen(t *testing.T) {
	t.Parallel()
	foreign(t, "dnsmasq", "udhcpc", "curl")
	w := newWire(t, 1)
	phone := w.phones[0]
	w.ip(phone, "address flush dev wire0", "link set wire0 down", "link set wire0 address 00:0e:08:a0:00:01", "link set wire0 up")
	dnsmasq := func(more string) *output {
		dir := t.TempDir()
		config := filepath.Join(dir, "config")
		text := "port=0\ninterface=wire0\ndhcp-range=192.0.2.140,192.0.2.250,255.255.255.0,10m\ndhcp-authoritative\nlog-facility=-\nlog-dhcp\n" + more
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return running(t, w.server.command("dnsmasq", "-k", "-C", config, "--dhcp-leasefile="+dir+"/leases", "-u", "root", "--pid-file="))
	}
	dnsmasq("bind-interfaces\n").await(t, "DHCP, IP range")
	csv := sampleFleet(t)
	args := []string{"-csv", csv, "-http", "127.0.0.1:8080", "-https", "off", "-tftp", ":6969", "-syslog", "off"}
	_, said := w.serve(append(args, "-dhcp", ":67")...)
	if banner := said.String(); !strings.Contains(banner, "DHCP   255.255.255.255:67") {
		t.Errorf("the banner is\n%s", banner)
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.do(phone, "", "udhcpc", "-f", "-q", "-n", "-i", "wire0", "-t", "60", "-T", "1", "-V", "CP-8861-3PCC", "-s", script, "-O", "66", "-O", "160", "-O", "150")

	page := w.server.command("curl", "-sN", "--max-time", fmt.Sprint(int(patience.Seconds())), "http://127.0.0.1:8080/_/events")
	events, err := page.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { page.Process.Kill(); page.Wait() }()
	var got []string // a client looks several times while the server makes up its mind
	for lines := bufio.NewScanner(events); len(got) == 0 || strings.HasPrefix(got[len(got)-1], "DISCOVER"); {
		if !lines.Scan() {
			t.Fatalf("the events end after %q: %v", got, lines.Err())
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e entry
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event.Protocol == "dhcp" {
			got = append(got, e.Event.Method+" "+e.Name+": "+e.Text)
		}
	}
	if first, want := got[0], "DISCOVER Front Desk: seen: it looks for a DHCP server as CP-8861-3PCC, and wants the options 66, 150, 160"; first != want {
		t.Errorf("the first event is %q, want %q", first, want)
	}
	if last, want := got[len(got)-1], "REQUEST Front Desk: seen: it asked DHCP for the address 192.0.2."; !strings.HasPrefix(last, want) {
		t.Errorf("the last event is %q, want the beginning %q", last, want)
	}
	ladder, err := w.server.command("curl", "-s", "http://127.0.0.1:8080/_/phones/000e08a00001").Output()
	var p phoneAnswer
	if err == nil {
		err = json.Unmarshal(ladder, &p)
	}
	if err != nil || len(p.Rungs) == 0 || p.Rungs[0].At == nil || !strings.HasPrefix(p.Rungs[0].By, "DHCP REQUEST: 192.0.2.") {
		t.Errorf("%v: the phone is %+v", err, p)
	}
}

// Where a DHCP server has the port for itself, that is said with the ways out.
func TestDHCPPortIsTaken(t *testing.T) {
	t.Parallel()
	foreign(t, "dnsmasq")
	w := newWire(t, 0)
	dnsmasq := running(t, w.server.command("dnsmasq", "-k", "-C", "/dev/null", "--port=0", "--interface=wire0", "--dhcp-range=192.0.2.140,192.0.2.250",
		"--log-facility=-", "--dhcp-leasefile="+t.TempDir()+"/leases", "-u", "root", "--pid-file="))
	dnsmasq.await(t, "DHCP, IP range")
	out, err := w.server.command("profilegen", "serve", "-csv", sampleFleet(t), "-http", ":8080", "-https", "off", "-tftp", "off", "-syslog", "off", "-dhcp", ":67").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "listening for dhcp") || !strings.Contains(string(out), "hint: a DHCP server of this machine has that port for itself") {
		t.Errorf("%v: %s", err, out)
	}
}

// HEAD of the stream ends, so that the connection is free for the next request.
func TestHeadOfEvents(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.http, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "HEAD /_/events HTTP/1.1\r\nHost: localhost\r\n\r\nGET /_/summary HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answers := bufio.NewReader(conn)
	for _, c := range []struct{ method, kind string }{{http.MethodHead, "text/event-stream"}, {http.MethodGet, "application/json"}} {
		answer, err := http.ReadResponse(answers, &http.Request{Method: c.method})
		if err != nil {
			t.Fatalf("%s: %v", c.method, err)
		}
		if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != c.kind {
			t.Errorf("%s: status %d, %q, want %q", c.method, answer.StatusCode, got, c.kind)
		}
		answer.Body.Close()
	}
}

// A site of phones behind one address tries names by habit; nobody of them has
// to wait for that, and a guesser is still found out.
func TestManyPhonesBehindOneAddress(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	for i := range 200 {
		u, err := url.Parse(fmt.Sprintf("%s/Cisco/CP-8861-3PCC/000e08b0%04x.cfg", s.tftp, i))
		if err != nil {
			t.Fatal(err)
		}
		client := &lab.Client{AnyAddress: true, Tries: 1, Wait: patience}
		_, err = client.Do(t.Context(), lab.Fetch{URL: u})
		client.Close()
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("phone %d: %v, want the answer not found", i, err)
		}
	}
	if events := s.admin(t, "events.jsonl"); strings.Contains(events, `"alarm"`) {
		t.Errorf("200 phones are an alarm:\n%s", events)
	}
	refused := 0
	for i := range 60 {
		answer, err := http.Get(fmt.Sprintf("%s/000e08b0%04x/8861-3PCC.xml", s.http, i))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 || !strings.Contains(s.admin(t, "events.jsonl"), "someone may be guessing") {
		t.Errorf("a guesser was refused %d times, or raised no alarm", refused)
	}
}

// Where phones have their files under the second name, guessing it is guessing.
func TestSecondNamesThatAreServed(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "Cisco", "CP-8861-3PCC"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-dir", dir}, {"-csv", sampleFleet(t), "-name", "Cisco/$PN/$MA.cfg"}} {
		s := serve(t, args...)
		_, err := s.site.files(t.Context(), lab.Request{Path: "/Cisco/CP-8861-3PCC/000e08b00001.cfg"})
		if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, lab.ErrHarmless) {
			t.Errorf("%q: %v, want a miss that counts", args, err)
		}
	}
}
