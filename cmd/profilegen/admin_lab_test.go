package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"profilegen/lab"
)

// change sends a request that changes something, and gives status and answer.
func (s *testServer) change(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.http+"/_/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// The fleet that the builder opens makes the files that phones get.
func TestServedFleetMakesTheSameFiles(t *testing.T) {
	for _, flags := range [][]string{nil, {"-gzip"}, {"-name", "$MA.xml", "-server", "http://192.0.2.10:8080/phones"}} {
		s := serve(t, append(flags, "-csv", sampleFleet(t))...)
		file := filepath.Join(t.TempDir(), "fleet.json")
		if err := os.WriteFile(file, []byte(s.admin(t, "fleet.json")), 0o600); err != nil {
			t.Fatal(err)
		}
		again := serve(t, "-fleet", file)
		names := s.site.current.Load().names
		if len(names) == 0 || !slices.Equal(names, again.site.current.Load().names) {
			t.Fatalf("%q: the files are %q and %q", flags, names, again.site.current.Load().names)
		}
		for _, name := range names {
			want, err := s.fetch(t, s.http+"/"+name, stranger)
			got, err2 := again.fetch(t, again.http+"/"+name, stranger)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%q: %s: %v, %v, differ: %v", flags, name, err, err2, !bytes.Equal(got, want))
			}
		}
	}
}

// A folder has no fleet, and says so.
func TestFolderHasNoFleet(t *testing.T) {
	s := serve(t, "-dir", t.TempDir())
	status, text := s.change(t, http.MethodGet, "fleet.json", "")
	if status != http.StatusNotFound || !strings.Contains(text, "there is no fleet to edit") {
		t.Errorf("status %d: %s", status, text)
	}
	if !strings.Contains(s.admin(t, "summary"), `"fleet": false`) && !strings.Contains(s.admin(t, "summary"), `"fleet":false`) {
		t.Errorf("the summary does not say it: %s", s.admin(t, "summary"))
	}
}

// A draft is served in place of the files until they are wanted again; what
// changes in them meanwhile waits, and a draft with errors changes nothing.
func TestDraftIsServed(t *testing.T) {
	csv := sampleFleet(t)
	s := serve(t, "-csv", csv)
	stream := s.listenFrom(t, "")
	get := func() string {
		t.Helper()
		data, err := s.fetch(t, s.http+"/8861-3PCC.xml", frontDesk)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	const after = "Draft Desk"
	draft := strings.Replace(s.admin(t, "fleet.json"), "Front Desk", after, 1)
	if draft == s.admin(t, "fleet.json") {
		t.Fatal("the sample fleet has no Front Desk")
	}
	if status, text := s.change(t, http.MethodPut, "fleet.json", draft); status != http.StatusOK || !strings.Contains(text, "the builder's draft") {
		t.Fatalf("status %d: %s", status, text)
	}
	if e := stream.until(t, loaded); !strings.Contains(e.Text, "the builder's draft is served in place of") {
		t.Errorf("told: %s", e.Text)
	}
	if !strings.Contains(get(), after) {
		t.Error("the phone does not get the draft")
	}
	for _, c := range []struct{ draft, want string }{
		{"", "draft"},
		{`{"version": 1, "devices": [{"mac": "x"}]}`, "the draft has errors: "},
		{strings.Replace(draft, `"mac": "000e08a00001"`, `"mac": "000e08a00002"`, 1), "000e08a00002"},
	} {
		if status, text := s.change(t, http.MethodPut, "fleet.json", c.draft); status != http.StatusUnprocessableEntity || !strings.Contains(text, c.want) {
			t.Errorf("%.60s: status %d: %s", c.draft, status, text)
		}
	}
	if !strings.Contains(get(), after) {
		t.Error("a bad draft was served")
	}

	data, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(csv, bytes.Replace(data, []byte("Front Desk"), []byte("File Desk"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if e := stream.until(t, loaded); !strings.Contains(e.Text, "but the builder's draft is still what is served") {
		t.Errorf("told: %s", e.Text)
	}
	if !strings.Contains(get(), after) {
		t.Error("the files took the place of the draft by themselves")
	}
	if status, text := s.change(t, http.MethodDelete, "fleet.json", ""); status != http.StatusOK || !strings.Contains(text, csv) {
		t.Errorf("status %d: %s", status, text)
	}
	if text := get(); !strings.Contains(text, "File Desk") {
		t.Error("what the files hold now is not served again")
	}
	if e := stream.until(t, loaded); !strings.Contains(e.Text, "is served again, in place of the builder's draft") {
		t.Errorf("told: %s", e.Text)
	}
}

// phoneWeb is a phone's web page on an address of its own.
func phoneWeb(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func (s *testServer) pushed(t *testing.T) (p pushState) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.admin(t, "push")), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// A phone is asked at the address that was typed, with the log-in of its
// profile or the one that was typed; its answer is an event.
func TestPushFromThePage(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	var mu sync.Mutex
	var asked []string
	address := phoneWeb(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="phone"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.String()+" "+user+" "+password)
	})
	stream := s.listenFrom(t, "")
	status, text := s.change(t, http.MethodPost, "push",
		`{"phones": ["000e08a00001"], "address": "`+address+`", "act": "resync", "by": "web", "rule": "http://192.0.2.1/$MA.xml", "password": "CANARY"}`)
	if status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, text)
	}
	e := stream.next(t)
	if e.Event.Protocol != "push" || e.Event.Phone.MAC != "000e08a00001" || e.Level != "good" || !strings.Contains(e.Text, "the phone answered 200 OK (login: Basic)") {
		t.Errorf("the event is %+v", e)
	}
	mu.Lock()
	if want := "/admin/resync?http://192.0.2.1/$MA.xml admin CANARY"; !slices.Equal(asked, []string{want}) {
		t.Errorf("the phone was asked %q, want %q", asked, want)
	}
	mu.Unlock()
	if p := s.pushed(t); p.Asked != 1 || p.Took != 1 || p.Running || len(p.Results) != 1 || !p.Results[0].OK {
		t.Errorf("the push is %+v", p)
	}
	if seen := s.admin(t, "push") + s.admin(t, "events.jsonl") + s.admin(t, "phones/000e08a00001"); strings.Contains(seen, "CANARY") {
		t.Errorf("the password is shown:\n%s", seen)
	}
}

// What cannot be asked is refused with the reason, and nothing is sent.
func TestPushRefusals(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	for _, c := range []struct {
		body, want string
		status     int
	}{
		{`{`, "no such object", http.StatusBadRequest},
		{`{"phones": ["000e08a00001"], "act": "resync", "by": "mail"}`, `"resync" cannot be asked for by "mail"`, http.StatusBadRequest},
		{`{"phones": ["000e08a00001"], "act": "report", "by": "web"}`, `"report" cannot be asked for by "web"`, http.StatusBadRequest},
		{`{"phones": ["000e08a00001"], "act": "resync", "by": "web"}`, "its address is not known yet", http.StatusConflict},
		{`{"phones": ["000e08a00001"], "act": "resync", "by": "web", "address": "169.254.169.254"}`, "link-local", http.StatusConflict},
		{`{"phones": ["000e08a00001"], "act": "resync", "by": "web", "address": "phone.example.com"}`, "is not the address of a phone", http.StatusConflict},
		{`{"phones": ["000e08a00001", "000e08a00002"], "act": "resync", "by": "web", "address": "192.0.2.7"}`, "an address is for one phone", http.StatusConflict},
		{`{"phones": [], "act": "resync", "by": "web"}`, "there is no phone to ask", http.StatusConflict},
		{`{"phones": [], "address": "127.0.0.1:9", "act": "resync", "by": "sip"}`, "needs the phone's extension", http.StatusConflict},
		{`{"phones": [], "address": "127.0.0.1:9", "act": "reboot", "by": "web", "rule": "/x"}`, "carries no rule", http.StatusBadRequest},
		{`{"phones": [], "address": "127.0.0.1:9", "act": "resync", "by": "web", "rule": "($A eq"}`, "the rule has an error, and nothing was sent", http.StatusBadRequest},
	} {
		if status, text := s.change(t, http.MethodPost, "push", c.body); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s: status %d: %s, want %d: …%s…", c.body, status, text, c.status, c.want)
		}
	}
	if p := s.pushed(t); p.Act != "" || p.Asked != 0 {
		t.Errorf("something was asked: %+v", p)
	}
}

// Many phones are asked one after the other, which can be stopped; there is one
// push at a time.
func TestPushIsStopped(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	var keys []string
	for _, p := range s.site.current.Load().phones {
		keys = append(keys, p.mac.String())
		// Nobody answers at port 80 of these; they were seen there.
		s.desk.log(lab.Event{Time: time.Now(), Protocol: "http", Path: "/x.xml", Outcome: lab.Sent, Phone: lab.Phone{MAC: p.mac.String()}, Remote: netip.MustParseAddrPort("127.0.0.2:1")})
	}
	order, err := json.Marshal(pushOrder{Phones: keys, Act: "resync", By: "web", EveryMS: 3_600_000})
	if err != nil {
		t.Fatal(err)
	}
	stream := s.listenFrom(t, "")
	if status, text := s.change(t, http.MethodPost, "push", string(order)); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, text)
	}
	for e := stream.next(t); e.Event.Protocol != "push"; e = stream.next(t) {
	}
	if p := s.pushed(t); !p.Running || p.Asked != 1 || p.Total != len(keys) {
		t.Errorf("after the first phone: %+v", p)
	}
	if status, text := s.change(t, http.MethodPost, "push", string(order)); status != http.StatusConflict || !strings.Contains(text, "a push is under way") {
		t.Errorf("a second push: status %d: %s", status, text)
	}
	if status, text := s.change(t, http.MethodDelete, "push", ""); status != http.StatusOK {
		t.Errorf("status %d: %s", status, text)
	}
	if p := s.pushed(t); p.Running || !p.Stopped || p.Asked != 1 {
		t.Errorf("after the stop: %+v", p)
	}
}

// A phone at whose address nobody listens is told of in words.
func TestPushToAClosedDoor(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	closed := httptest.NewServer(nil)
	closed.Close()
	stream := s.listenFrom(t, "")
	if status, text := s.change(t, http.MethodPost, "push", `{"address": "`+strings.TrimPrefix(closed.URL, "http://")+`", "act": "resync", "by": "web"}`); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, text)
	}
	if e := stream.next(t); e.Level != "bad" || !strings.Contains(e.Text, "failed: it is there, but its web page is off") {
		t.Errorf("got %+v", e)
	}
}

// A push under way does not hold up the end of the server.
func TestPushEndsWithTheServer(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	began := make(chan struct{})
	var once sync.Once
	address := phoneWeb(t, func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(began) })
		<-r.Context().Done()
	})
	if status, text := s.change(t, http.MethodPost, "push", `{"address": "`+address+`", "act": "resync", "by": "web"}`); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, text)
	}
	<-began
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// The page for DHCP prints what the command prints.
func TestDHCPFromThePage(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	var d dhcpAnswer
	if err := json.Unmarshal([]byte(s.admin(t, "dhcp?server=192.0.2.10")), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Options) != 4 || len(d.Precedence) == 0 || len(d.Asks) == 0 || len(d.Servers) != len(dhcpServers) {
		t.Fatalf("got %+v", d)
	}
	for _, server := range d.Servers {
		_, want, _ := runHere(context.Background(), "dhcp", "-server", "192.0.2.10", "-for", server.Name)
		if server.Text != want || want == "" {
			t.Errorf("%s:\n%s\nwant\n%s", server.Name, server.Text, want)
		}
	}
	if err := json.Unmarshal([]byte(s.admin(t, "dhcp")), &d); err != nil || d.Server != s.http {
		t.Errorf("without a server it prints for %q, want %q; %v", d.Server, s.http, err)
	}
	if status, text := s.change(t, http.MethodGet, "dhcp?server=ftp://x", ""); status != http.StatusBadRequest || !strings.Contains(text, "no protocol that the phones fetch with") {
		t.Errorf("status %d: %s", status, text)
	}
}

// The stream of a page that asks for the last few events begins with those.
func TestEventsOfThePageAreBounded(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	for range 5 {
		s.desk.tell(loaded, "again")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http+"/_/events?last=2", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	stream := eventStream{answer: answer, lines: bufio.NewScanner(answer.Body)}
	if e := stream.next(t); e.Seq != 4 {
		t.Errorf("the first of the last 2 of 5 is %d", e.Seq)
	}
}

// What the page's user did wrong is no failure in the browser's console.
func TestPageGetsTheStatusInAHeader(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.http+"/_/faults", strings.NewReader(`{"kind": "delay"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(statusHeader, "in-header")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get(statusHeader) != "400" {
		t.Errorf("status %d, header %q; want 200 and 400", answer.StatusCode, answer.Header.Get(statusHeader))
	}
}

// The builder learns from its page that a server stands behind it, and the
// lab's old address leads to its page.
func TestBuilderKnowsItsServer(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	a := s.server.Admin.(*admin)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/_/lab", nil)
	r.RemoteAddr = "127.0.0.1:4711"
	a.ServeHTTP(w, r)
	if to := w.Header().Get("Location"); w.Code != http.StatusFound || to != "/_/#lab" {
		t.Errorf("/_/lab: status %d to %q", w.Code, to)
	}
	page := s.admin(t, "")
	if a.pages == nil {
		if !strings.Contains(page, "built without the builder") {
			t.Errorf("a program without the builder shows:\n%s", page)
		}
	} else if !strings.Contains(page, ` id="boot"`+labMark) {
		t.Errorf("the page has no mark:\n%s", page)
	}
}
