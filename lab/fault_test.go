package lab

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestFaultMatch(t *testing.T) {
	from := func(s string) netip.Prefix { return netip.MustParsePrefix(s) }
	r := Request{Path: "/Cisco/CP-8841/000e08012345.xml", Remote: netip.MustParseAddrPort("192.0.2.7:1"), Phone: Phone{MAC: "000e08012345"}}
	for _, tt := range []struct {
		name  string
		fault Fault
		want  bool
	}{
		{"everything", Fault{}, true},
		{"the file's name", Fault{Path: "000e08012345.xml"}, true},
		{"a pattern of names", Fault{Path: "*.xml"}, true},
		{"another pattern", Fault{Path: "*.cfg"}, false},
		{"the path", Fault{Path: "/Cisco/CP-8841/000e08012345.xml"}, true},
		{"a pattern of paths", Fault{Path: "/Cisco/*/*.xml"}, true},
		{"a star is one folder", Fault{Path: "/Cisco/*.xml"}, false},
		{"the address", Fault{From: from("192.0.2.7/32")}, true},
		{"the network", Fault{From: from("192.0.2.0/24")}, true},
		{"another network", Fault{From: from("198.51.100.0/24")}, false},
		{"the phone", Fault{MAC: "000E08012345"}, true},
		{"another phone", Fault{MAC: "000e08012346"}, false},
		{"all that fits but one", Fault{Path: "*.xml", From: from("192.0.2.0/24"), MAC: "000e08012346"}, false},
	} {
		if got := tt.fault.isFor(r); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestFaultSet(t *testing.T) {
	var f Faults
	for _, bad := range []Fault{
		{Kind: "explode"}, {Kind: FaultCut, Path: "[a"}, {Kind: FaultLostBlocks}, {Kind: FaultLostBlocks, Loss: 100}, {Kind: FaultDelay, Delay: -1},
	} {
		if _, err := f.Add(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	twice, _ := f.Add(Fault{Kind: FaultNotFound, Path: "a", Times: 2})
	always, _ := f.Add(Fault{Kind: FaultServerError, Path: "a"})
	var kinds []FaultKind
	for range 4 {
		kinds = append(kinds, f.match(Request{Path: "/a"}).Kind)
	}
	if kinds[0] != FaultNotFound || kinds[1] != FaultNotFound || kinds[2] != FaultServerError || kinds[3] != FaultServerError {
		t.Errorf("faults in turn: %v", kinds)
	}
	if list := f.List(); len(list) != 1 || list[0].ID != always {
		t.Errorf("left: %+v", list)
	}
	if f.Remove(twice) || !f.Remove(always) || f.Remove(always) || f.match(Request{Path: "/a"}).Kind != "" {
		t.Errorf("removing does not end the faults")
	}
}

// TestFaults provokes each fault over each protocol, without a restart in between, and looks at it as a phone does.
func TestFaults(t *testing.T) {
	content := pattern(20_000)
	faults := new(Faults)
	s := start(t, &Server{Files: memory(map[string][]byte{"f.xml": content}), TFTP: loopback, HTTP: loopback, Faults: faults})
	fetch := func(protocol string, tries int) (Reply, error) {
		c := &Client{Wait: 100 * time.Millisecond, Tries: tries}
		defer c.Close()
		at := s.HTTP[0]
		if protocol == "tftp" {
			at = s.TFTP[0]
		}
		return c.Do(t.Context(), Fetch{URL: &url.URL{Scheme: protocol, Host: at.String(), Path: "/f.xml"}})
	}
	status := func(want int) func(*testing.T, Reply, error) {
		return func(t *testing.T, r Reply, err error) {
			if se := (*StatusError)(nil); !errors.As(err, &se) || se.Status != want {
				t.Errorf("got %v, want status %d", err, want)
			}
		}
	}
	code := func(want int) func(*testing.T, Reply, error) {
		return func(t *testing.T, r Reply, err error) {
			if te := (*TFTPError)(nil); !errors.As(err, &te) || te.Code != want {
				t.Errorf("got %v, want tftp error %d", err, want)
			}
		}
	}
	good := func(t *testing.T, r Reply, err error) {
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, "content", r.Body, content)
	}
	broken := func(t *testing.T, r Reply, err error) {
		if err == nil {
			t.Errorf("got %d bytes, want a transfer that breaks off", len(r.Body))
		}
	}
	wrong := func(t *testing.T, r Reply, err error) {
		if err != nil || len(r.Body) != len(content) || bytes.Equal(r.Body, content) {
			t.Errorf("got %d bytes, %v, want as many as usual, but not the same", len(r.Body), err)
		}
	}
	for _, tt := range []struct {
		fault      Fault
		http, tftp func(*testing.T, Reply, error)
		outcome    [2]Outcome // http, tftp
	}{
		{Fault{Kind: FaultNotFound}, status(404), code(1), [2]Outcome{NotFound, NotFound}},
		{Fault{Kind: FaultUnauthorized}, status(401), code(2), [2]Outcome{Refused, Refused}},
		{Fault{Kind: FaultServerError}, status(500), code(0), [2]Outcome{Failed, Failed}},
		{Fault{Kind: FaultDelay, Delay: 30 * time.Millisecond}, good, good, [2]Outcome{Sent, Sent}},
		{Fault{Kind: FaultCut, After: 5000}, broken, broken, [2]Outcome{Cut, Cut}},
		{Fault{Kind: FaultCut, After: 0}, broken, broken, [2]Outcome{Cut, Cut}},
		{Fault{Kind: FaultCut, After: 20_000}, good, good, [2]Outcome{Sent, Sent}},
		{Fault{Kind: FaultWrongBytes}, wrong, wrong, [2]Outcome{Sent, Sent}},
		{Fault{Kind: FaultLostBlocks, Loss: 30}, good, good, [2]Outcome{Sent, Sent}},
	} {
		id, err := faults.Add(tt.fault)
		if err != nil {
			t.Fatal(err)
		}
		for i, protocol := range []string{"http", "tftp"} {
			t.Run(string(tt.fault.Kind)+" "+protocol, func(t *testing.T) {
				before := len(s.transfers())
				tries := 100
				if tt.fault.Kind == FaultCut {
					tries = 3 // nothing will come
				}
				r, err := fetch(protocol, tries)
				[]func(*testing.T, Reply, error){tt.http, tt.tftp}[i](t, r, err)
				e := s.awaitN(before + 1)[before]
				if e.Fault != tt.fault.Kind || e.Outcome != tt.outcome[i] {
					t.Errorf("event %v, want %s and the fault", e, tt.outcome[i])
				}
				if tt.fault.Kind == FaultLostBlocks && protocol == "tftp" && e.Resent == 0 {
					t.Errorf("event %v, want blocks sent again", e)
				}
				if e.Took < tt.fault.Delay {
					t.Errorf("took %s, shorter than the delay", e.Took)
				}
			})
		}
		faults.Remove(id)
	}
	for _, protocol := range []string{"http", "tftp"} {
		r, err := fetch(protocol, 100)
		good(t, r, err)
	}
}

func TestWrongBytesKeepTheirPlaces(t *testing.T) {
	content := pattern(1000)
	whole, err := io.ReadAll(&wrongBytes{ReadSeeker: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	w := &wrongBytes{ReadSeeker: bytes.NewReader(content)}
	if _, err := w.Seek(100, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	part, err := io.ReadAll(w)
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "the part from 100 on", part, whole[100:])
	differ := 0
	for i := range whole {
		if whole[i] != content[i] {
			differ++
		}
	}
	if differ != 16 {
		t.Errorf("%d bytes differ, want 16", differ)
	}
}

func TestCutConnection(t *testing.T) {
	faults := new(Faults)
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, Faults: faults})
	if _, err := faults.Add(Fault{Kind: FaultCut, After: 10}); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(httpURL(s.HTTP[0], "/000e08012345.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if string(body) != profile[:10] || !errors.Is(err, io.ErrUnexpectedEOF) || res.ContentLength != int64(len(profile)) {
		t.Errorf("got %q, %v, announced %d; want %q of %d", body, err, res.ContentLength, profile[:10], len(profile))
	}
	if e := s.awaitN(1)[0]; e.Bytes != 10 || !strings.Contains(e.String(), "fault cut") {
		t.Errorf("event %v", e)
	}
}
