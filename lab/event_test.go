package lab

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseUserAgent(t *testing.T) {
	for text, want := range map[string]Phone{
		"Cisco-CP-8841-3PCC/11.0 (00562b043615)":           {MAC: "00562b043615", Model: "CP-8841-3PCC", Firmware: "11.0"},
		"Cisco-CP-7832-3PCC/11.0.1 (00562B043615)":         {MAC: "00562b043615", Model: "CP-7832-3PCC", Firmware: "11.0.1"},
		"Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK)": {MAC: "0002fdff2103", Model: "SPA508G", Firmware: "7.4.8a", Serial: "CBT141400UK"},
		"":                                                       {},
		"curl/7.88.1":                                            {},
		"Mozilla/5.0 (X11; Linux x86_64)":                        {},
		"Cisco-CP-8841-3PCC/11.0":                                {},
		"Cisco-CP-8841-3PCC/11.0 (00562b0436)":                   {},
		"Cisco-CP-8841-3PCC (00562b043615)":                      {},
		"Cisco-/11.0 (00562b043615)":                             {},
		"Other-CP-8841-3PCC/11.0 (00562b043615)":                 {},
		"Cisco-CP-8841\x1b[2J/11.0 (00562b043615)":               {},
		"Cisco/SPA508G-7.4.8a (0002FDFF2103)(<script>)":          {},
		"Cisco-CP-8841-3PCC/11.0 (00562b04361\u0660)":            {},
		"Cisco-" + strings.Repeat("x", 65) + "/1 (00562b043615)": {},
	} {
		got, ok := ParseUserAgent(text)
		if got != want || ok != (want != Phone{}) {
			t.Errorf("%q: %+v, %t, want %+v", text, got, ok, want)
		}
	}
}

func FuzzParseUserAgent(f *testing.F) {
	f.Add("Cisco-CP-8841-3PCC/11.0 (00562b043615)")
	f.Add("Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK)")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := ParseUserAgent(text)
		if !ok {
			if p != (Phone{}) {
				t.Fatalf("%q is none, but gives %+v", text, p)
			}
			return
		}
		if _, ok := parseMAC(p.MAC); !ok || !isWord(p.Model) || !isWord(p.Firmware) {
			t.Fatalf("%q gives %+v", text, p)
		}
		again, ok := ParseUserAgent("Cisco-" + p.Model + "/" + p.Firmware + " (" + p.MAC + ")")
		if p.Serial = ""; !ok || again != p {
			t.Fatalf("%q gives %+v, which written and read again is %+v", text, p, again)
		}
	})
}

func TestNeighbors(t *testing.T) {
	n := newNeighbors()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	one, two := Phone{MAC: "000e08012345", Firmware: "11.0"}, Phone{MAC: "000e08012346"}
	n.saw(a, one)
	if n.at(a) != one || n.at(b) != (Phone{}) {
		t.Errorf("at its address: %+v, elsewhere: %+v", n.at(a), n.at(b))
	}
	one.Firmware = "12.0"
	n.saw(a, one)
	if n.at(a) != one {
		t.Errorf("after its upgrade: %+v", n.at(a))
	}
	n.saw(a, two)
	n.saw(a, one)
	if n.at(a) != (Phone{}) {
		t.Errorf("an address that two phones share: %+v, want nobody", n.at(a))
	}
}

func TestEventText(t *testing.T) {
	code := 1
	at := time.Date(2025, 5, 1, 18, 3, 12, 45e6, time.UTC)
	remote := netip.MustParseAddrPort("192.0.2.7:5060")
	for _, tt := range []struct {
		e    Event
		want string
	}{
		{Event{Protocol: "tftp", Method: "RRQ", Path: "/000e08012345.xml", Outcome: Sent, Bytes: 4312, Options: "blksize=1428", Resent: 2, Took: 3140 * time.Microsecond},
			`18:03:12.045 tftp 192.0.2.7 RRQ "/000e08012345.xml": sent 4,312 bytes in 3.1ms, blksize=1428, 2 sent again`},
		{Event{Protocol: "http", Method: "GET", Path: "/a\n.xml", Outcome: NotFound, Status: 404, Reason: "no such \x1b[2Jthing", Phone: Phone{MAC: "00562b043615", Model: "CP-8841-3PCC", Firmware: "11.0"}},
			`18:03:12.045 http 192.0.2.7 00562b043615 CP-8841-3PCC/11.0 GET "/a\n.xml": not found 404, "no such \x1b[2Jthing"`},
		{Event{Protocol: "tftp", Method: "RRQ", Path: "/" + strings.Repeat("é", 300), Outcome: NotFound, TFTPError: &code},
			`18:03:12.045 tftp 192.0.2.7 RRQ "/` + strings.Repeat("é", 199) + `…": not found tftp error 1`},
		{Event{Protocol: "syslog", Outcome: Received, Message: &Message{Severity: 6, Host: "000e08012345", Text: "Resync failed:\tcorrupt file"}},
			`18:03:12.045 syslog 192.0.2.7 <info> 000e08012345: "Resync failed:\tcorrupt file"`},
	} {
		tt.e.Time, tt.e.Remote = at, remote
		if got := tt.e.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestEventJSON(t *testing.T) {
	code := 0
	e := Event{Time: time.Date(2025, 5, 1, 18, 3, 12, 0, time.UTC), Protocol: "tftp", Remote: netip.MustParseAddrPort("192.0.2.7:5060"),
		Outcome: Failed, TFTPError: &code, Took: 1500 * time.Microsecond}
	got, err := json.Marshal(e)
	want := `{"time":"2025-05-01T18:03:12Z","protocol":"tftp","remote":"192.0.2.7:5060","outcome":"failed","tftp_error":0,"bytes":0,"took_ms":1.5}`
	if string(got) != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// The more phones there are, the fewer events are kept of each.
func TestHistoryIsShared(t *testing.T) {
	h := &History{Each: 30, All: 40}
	add := func(mac string, times int) {
		for range times {
			h.Add(Event{Phone: Phone{MAC: mac}})
		}
	}
	check := func(what, mac, want string) {
		t.Helper()
		var numbers []string
		for _, r := range h.Of(mac) {
			numbers = append(numbers, strconv.FormatUint(r.Seq, 10))
		}
		if got := strings.Join(numbers, " "); got != want {
			t.Errorf("%s: kept %s, want %s", what, got, want)
		}
	}
	add("a", 32)
	check("a phone alone keeps 30", "a", "3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32")
	add("b", 22)
	check("one of two keeps 20", "b", "35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54")
	add("c", 1)
	add("d", 1)
	add("a", 1)
	check("one of four keeps 10 when it speaks", "a", "24 25 26 27 28 29 30 31 32 57")
	add("e", 1)
	add("a", 1)
	check("and never fewer", "a", "25 26 27 28 29 30 31 32 57 59")
}

func TestHistory(t *testing.T) {
	h := &History{Each: 3, Phones: 2}
	event := func(mac string) Event {
		return Event{Phone: Phone{MAC: mac}, Remote: netip.MustParseAddrPort("192.0.2.7:5060")}
	}
	for _, mac := range []string{"a", "a", "a", "a", "b", ""} {
		h.Add(event(mac))
	}
	numbers := func(list []Record) (out []uint64) {
		for _, r := range list {
			out = append(out, r.Seq)
		}
		return out
	}
	same := func(what string, got []Record, want ...uint64) {
		t.Helper()
		n := numbers(got)
		if len(n) != len(want) {
			t.Errorf("%s: %v, want %v", what, n, want)
			return
		}
		for i := range n {
			if n[i] != want[i] {
				t.Errorf("%s: %v, want %v", what, n, want)
			}
		}
	}
	same("the phone silent longest is forgotten", h.Of("a"))
	same("a phone without MAC", h.Of("192.0.2.7"), 6)
	same("all", h.Since(0), 5, 6)
	for range 4 {
		h.Add(event("b"))
	}
	same("the latest of one phone", h.Of("b"), 8, 9, 10)
	same("what came after 8", h.Since(8), 9, 10)
	same("nothing new", h.Since(10))

	kept, live, cancel := h.Subscribe(9)
	same("kept for the subscriber", kept, 10)
	h.Add(event("b"))
	if r := <-live; r.Seq != 11 {
		t.Errorf("the next record has number %d", r.Seq)
	}
	for range 1000 { // more than the channel holds: Add does not wait
		h.Add(event("b"))
	}
	cancel()
	cancel()
	n := 0
	for range live {
		n++
	}
	if n != 256 {
		t.Errorf("a slow subscriber got %d records, want 256", n)
	}
	h.Add(event("b"))
}

func TestAllowance(t *testing.T) {
	a := newAllowance(3, 1)
	addr, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	now := time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)
	var got []bool
	firsts := 0
	for range 6 {
		ok, first := a.take(addr, now)
		got = append(got, ok)
		if first {
			firsts++
		}
	}
	for i, ok := range got {
		if ok != (i < 3) {
			t.Errorf("takes %v, want three", got)
		}
	}
	if firsts != 1 {
		t.Errorf("%d first refusals", firsts)
	}
	if ok, _ := a.take(other, now); !ok {
		t.Errorf("one address pays for another")
	}
	if ok, _ := a.take(addr, now.Add(time.Second)); !ok {
		t.Errorf("nothing after a second")
	}
	a.give(addr, 100)
	for i := range 3 {
		if ok, _ := a.take(addr, now.Add(time.Second)); !ok {
			t.Errorf("take %d after giving back", i)
		}
	}
	if ok, _ := a.take(addr, now.Add(time.Second)); ok {
		t.Errorf("more was given back than fits")
	}
	for i := range maxBuckets + 10 {
		a.take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now.Add(time.Second))
	}
	if len(a.buckets) > maxBuckets {
		t.Errorf("%d addresses are remembered", len(a.buckets))
	}
}
