package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
)

// testServer is a serve command that runs on loopback.
type testServer struct {
	*serving
	http, https, tftp, syslog string // beginnings of URLs
	out, err                  *lockedBuffer
	stop                      func() error
}

// lockedBuffer is what a program printed, to be read while it runs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts the command; ports are picked, and HTTPS is off unless -keys
// is among the arguments.
func serve(t *testing.T, args ...string) *testServer {
	t.Helper()
	all := []string{"-http", ":0", "-tftp", ":0", "-syslog", ":0", "-https", "off"}
	if strings.Contains(strings.Join(args, " "), "-keys") {
		all[len(all)-1] = ":0"
	}
	s := &testServer{serving: &serving{}, out: &lockedBuffer{}, err: &lockedBuffer{}}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	s.define(flags)
	if err := flags.Parse(append(all, args...)); err != nil {
		t.Fatal(err)
	}
	ready := make(chan lab.Bound, 1)
	s.serving.ready = func(b lab.Bound) { ready <- b }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.run(ctx, &program{stdin: strings.NewReader(""), stdout: s.out, stderr: s.err}, nil)
	}()
	s.stop = sync.OnceValue(func() error { cancel(); return <-done })
	select {
	case b := <-ready:
		s.http, s.tftp, s.syslog = "http://"+b.HTTP[0].String(), "tftp://"+b.TFTP[0].String(), b.Syslog[0].String()
		if len(b.HTTPS) > 0 {
			s.https = "https://" + b.HTTPS[0].String()
		}
	case err := <-done:
		t.Fatalf("serve ended: %v\n%s", err, s.err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("serve ended with %v\n%s", err, s.err)
		}
	})
	return s
}

// printed stops the server and gives the lines it has printed.
func (s *testServer) printed(t *testing.T) string {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	return s.out.String()
}

// fetch gets a file as a phone does.
func (s *testServer) fetch(t *testing.T, address, userAgent string) ([]byte, error) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := s.clientFor()
	client.UserAgent = userAgent
	defer client.Close()
	reply, err := client.Do(t.Context(), lab.Fetch{URL: u})
	return reply.Body, err
}

// admin gets one of the pages for people.
func (s *testServer) admin(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get(s.http + "/_/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("/_/%s: %v, status %d: %s", path, err, answer.StatusCode, text)
	}
	return string(text)
}

// eventStream is a page that listens.
type eventStream struct {
	answer *http.Response
	lines  *bufio.Scanner
	last   string // identifier of the latest event
}

func (s *testServer) listenFrom(t *testing.T, last string) *eventStream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.http+"/_/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &eventStream{answer: answer, lines: lines}
}

// next waits for the next event.
func (e *eventStream) next(t *testing.T) entry {
	t.Helper()
	for e.lines.Scan() {
		if id, ok := strings.CutPrefix(e.lines.Text(), "id: "); ok {
			e.last = id
		}
		data, ok := strings.CutPrefix(e.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var got entry
		if err := json.Unmarshal([]byte(data), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Fatalf("the stream ended: %v", e.lines.Err())
	return entry{}
}

// until waits for an event with that outcome.
func (e *eventStream) until(t *testing.T, outcome lab.Outcome) entry {
	t.Helper()
	for {
		if got := e.next(t); got.Event.Outcome == outcome {
			return got
		}
	}
}

// sampleFleet is a copy of the sample fleet, to be edited.
func sampleFleet(t *testing.T) (csv string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "phones.csv")
}

const (
	frontDesk = "Cisco-CP-8861-3PCC/11.0 (000e08a00001)"
	stranger  = "Cisco-CP-8861-3PCC/11.0 (000e08ffffff)"
)

// What is served is, byte for byte, what a batch writes, by every protocol,
// made from the fleet or out of the folder.
func TestServeGivesTheBatchsBytes(t *testing.T) {
	csv, dir, keys := sampleFleet(t), filepath.Join(t.TempDir(), "dist"), t.TempDir()
	var out bytes.Buffer
	if status := run(t.Context(), &program{stdout: &out, stderr: &out}, []string{"-csv", csv, "-out", dir}); status != 0 {
		t.Fatalf("gen: status %d\n%s", status, &out)
	}
	for _, source := range [][]string{{"-csv", csv, "-keys", keys}, {"-dir", dir, "-keys", keys}} {
		s := serve(t, source...)
		count := 0
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			want, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			for _, base := range []string{s.http, s.https, s.tftp} {
				got, err := s.fetch(t, base+"/"+name, "")
				switch {
				case name == gen.ManifestName && !errors.Is(err, fs.ErrNotExist):
					t.Errorf("%s: %s/%s: got %v, want not found: it lists all phones", source, base, name, err)
				case name != gen.ManifestName && (err != nil || !bytes.Equal(got, want)):
					t.Errorf("%s: %s/%s: %v, got\n%s\nwant\n%s", source, base, name, err, got, want)
				}
			}
			count++
			return nil
		})
		if err != nil || count != 17 {
			t.Errorf("compared %d files, %v; want the 16 and the manifest", count, err)
		}
		for _, want := range []string{"HTTP ", "HTTPS", "TFTP", "$MA/$PSN.xml", "Only this machine can ask"} {
			if !strings.Contains(s.err.String(), want) {
				t.Errorf("the banner lacks %q:\n%s", want, s.err)
			}
		}
		if n := strings.Count(s.err.String(), "  answers\n"); n != 3 {
			t.Errorf("the banner says %d times that the server answers, want 3:\n%s", n, s.err)
		}
		if strings.Contains(s.printed(t), "self-check") {
			t.Errorf("the self-check is told as an event:\n%s", s.out)
		}
	}
}

// A phone that asks as new ones do gets its own file when it is known.
func TestServeKnowsPhonesByUserAgent(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	own, err := s.fetch(t, s.http+"/000e08a00001/8861-3PCC.xml", "")
	if err != nil {
		t.Fatal(err)
	}
	bootstrap, err := s.fetch(t, s.http+"/8861-3PCC.xml", stranger)
	if err != nil || bytes.Equal(own, bootstrap) {
		t.Fatalf("a stranger: got %v and the phone's own file, want the file that leads new phones on", err)
	}
	for _, c := range []struct {
		about, path, userAgent string
		want                   []byte
	}{
		{"the phone of row 2", "/8861-3PCC.xml", frontDesk, own},
		{"an older form of the header", "/8861-3PCC.xml", "Cisco/8861-11.0 (000E08A00001)", own},
		{"a phone that does not say who it is", "/8861-3PCC.xml", "", bootstrap},
		{"a phone of another model than its row says", "/8861-3PCC.xml", "Cisco-CP-8861-3PCC/11.0 (000e08a00007)", bootstrap},
	} {
		if got, err := s.fetch(t, s.http+c.path, c.userAgent); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", c.about, err, got, c.want)
		}
	}
	stream := s.listenFrom(t, "")
	for {
		e := stream.next(t)
		if e.Event.Phone.MAC == "000e08a00007" {
			if !strings.Contains(e.Text, "says that this phone is a CP-7841-3PCC, but it asks as CP-8861-3PCC") {
				t.Errorf("another model: the event says %q", e.Text)
			}
			break
		}
	}
}

// A phone that does not say who it is, as over TFTP, is known by its address.
func TestSiteKnowsPhonesByAddress(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	other := netip.MustParseAddrPort("192.0.2.32:1024")
	s.site.look = func() map[netip.Addr]rule.MAC {
		return map[netip.Addr]rule.MAC{other.Addr(): {0, 0x0e, 8, 0xa0, 0, 2}}
	}
	ask := func(path string, from netip.AddrPort) string {
		t.Helper()
		f, err := s.site.files(t.Context(), lab.Request{Path: path, Remote: from})
		if err != nil {
			t.Fatal(err)
		}
		return f.Note
	}
	phone := netip.MustParseAddrPort("192.0.2.31:1024")
	if got := ask("/8861-3PCC.xml", phone); got != "leads a new phone to its own file" {
		t.Errorf("at first: %q", got)
	}
	ask("/000e08a00001/8861-3PCC.xml", phone)
	if got := ask("/8861-3PCC.xml", phone); !strings.Contains(got, "known by an earlier request of its address") {
		t.Errorf("after it asked for its own file: %q", got)
	}
	if got := ask("/8861-3PCC.xml", other); !strings.Contains(got, "000e08a00002/8861-3PCC.xml, for it is known by this machine's table of neighbours") {
		t.Errorf("a neighbour: %q", got)
	}
	ask("/000e08a00002/8861-3PCC.xml", phone)
	if got := ask("/8861-3PCC.xml", phone); got != "leads a new phone to its own file" {
		t.Errorf("an address of two phones: %q", got)
	}
}

// A folder is looked at anew when a batch has written into it.
func TestServeFolderFollowsTheBatch(t *testing.T) {
	csv, dir := sampleFleet(t), filepath.Join(t.TempDir(), "dist")
	batch := func() {
		t.Helper()
		var out bytes.Buffer
		if status := run(t.Context(), &program{stdout: &out, stderr: &out}, []string{"-csv", csv, "-out", dir}); status != 0 {
			t.Fatalf("gen: status %d\n%s", status, &out)
		}
	}
	batch()
	s := serve(t, "-dir", dir)
	stream := s.listenFrom(t, "")
	rows, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(csv, append(rows, "000e08a0000d,7811,FCH2201D013,Cellar,4081001013,pw,,,,\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	batch()
	if e := stream.until(t, loaded); !strings.Contains(e.Text, "13 phones, 17 files") {
		t.Errorf("after the batch: %q", e.Text)
	}
	if text, err := s.fetch(t, s.http+"/7811-3PCC.xml", "Cisco-CP-7811-3PCC/11.0 (000e08a0000d)"); err != nil || !strings.Contains(string(text), "Cellar") {
		t.Errorf("the new phone: %v\n%s", err, text)
	}
}

// An edit is served at once; one with an error leaves the last good state.
func TestServeReadsEditsAnew(t *testing.T) {
	csv := sampleFleet(t)
	s := serve(t, "-csv", csv)
	stream := s.listenFrom(t, "")
	good, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	kitchen := func() string {
		text, err := s.fetch(t, s.http+"/000e08a0000a/7811-3PCC.xml", "")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	edit := func(old, new string) {
		t.Helper()
		if err := os.WriteFile(csv, bytes.ReplaceAll(good, []byte(old), []byte(new)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit("Kitchen", "Canteen")
	if e := stream.until(t, loaded); !strings.Contains(e.Text, "12 phones") {
		t.Errorf("a good edit: the event says %q", e.Text)
	}
	if !strings.Contains(kitchen(), "Canteen") {
		t.Error("a good edit: the old file is served")
	}
	edit("00:0E:08:A0:00:0A", "00:0E:08:A0:00:GG")
	if e := stream.until(t, broken); !strings.Contains(e.Text, "it has errors; what was served before still is (12 phones") {
		t.Errorf("a broken edit: the event says %q", e.Text)
	}
	if !strings.Contains(kitchen(), "Canteen") || !strings.Contains(s.admin(t, "fleet"), `"trouble"`) {
		t.Error("a broken edit: the last good state is not served, or nobody is told")
	}
	if !strings.Contains(s.err.String(), "phones.csv:11:") {
		t.Errorf("a broken edit: the place of the error is not told:\n%s", s.err)
	}
	base := filepath.Join(filepath.Dir(csv), "base.xml")
	edit("Kitchen", "Scullery")
	stream.until(t, loaded)
	text, err := os.ReadFile(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base+".new", bytes.ReplaceAll(text, []byte("sip.example.com"), []byte("sip2.example.com")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(base+".new", base); err != nil { // as editors do
		t.Fatal(err)
	}
	stream.until(t, loaded)
	if got := kitchen(); !strings.Contains(got, "Scullery") || !strings.Contains(got, "sip2.example.com") {
		t.Errorf("a new base: got\n%s", got)
	}
	if strings.Contains(s.admin(t, "fleet"), `"trouble"`) {
		t.Error("the trouble is still told after it was mended")
	}
}

// What a phone says by syslog stands with the transfer it speaks of.
func TestServeJoinsSyslog(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t), "-segment", "hidden7")
	if _, err := s.fetch(t, s.http+"/hidden7/8861-3PCC.xml", frontDesk); err != nil {
		t.Fatal(err)
	}
	syslog, err := lab.DialSyslog(t.Context(), s.syslog)
	if err != nil {
		t.Fatal(err)
	}
	defer syslog.Close()
	stream := s.listenFrom(t, "")
	sent := stream.until(t, lab.Sent)
	for _, c := range []struct{ says, level, text string }{
		{"CP-8861-3PCC 00:0e:08:a0:00:01 -- Requesting resync http://127.0.0.1:80/hidden7/8861-3PCC.xml?secret=1", "info",
			"the phone says: CP-8861-3PCC 00:0e:08:a0:00:01 -- Requesting resync http://127.0.0.1:80/8861-3PCC.xml?…"},
		{"CP-8861-3PCC 00:0e:08:a0:00:01 -- Resync failed: corrupt file", "bad", "; the phone says: CP-8861-3PCC 00:0e:08:a0:00:01 -- Resync failed: corrupt file"},
		{"CP-8861-3PCC 00:0e:08:a0:00:01 -- Successful resync http://127.0.0.1:80/hidden7/8861-3PCC.xml", "good", "sent 200, "},
		{"CP-8861-3PCC 00:0e:08:a0:00:01 -- Successful resync http://127.0.0.1:80/other.xml", "good", "the phone says: "},
	} {
		if err := syslog.Send(time.Now(), 6, c.says); err != nil {
			t.Fatal(err)
		}
		e := stream.until(t, lab.Received)
		joined := strings.HasPrefix(e.Text, "sent 200, ")
		wantJoined := c.level != "info" && !strings.Contains(c.says, "other.xml")
		if e.Level != c.level || !strings.Contains(e.Text, c.text) || joined != wantJoined || (e.About == sent.Seq) != wantJoined {
			t.Errorf("%q: got level %s, about %d, text %q", c.says, e.Level, e.About, e.Text)
		}
	}
	var phones []phoneAnswer
	if err := json.Unmarshal([]byte(s.admin(t, "phones")), &phones); err != nil {
		t.Fatal(err)
	}
	if p := phones[0]; p.Key != "000e08a00001" || p.Name != "Front Desk" || p.Rungs[3].At == nil || p.Rungs[4].At != nil || !strings.Contains(p.Missing, "Report_Rule") {
		t.Errorf("the ladder of the phone: got %+v", p)
	}
}

// Reports are kept for each phone, and shown against what it was sent.
func TestServeTakesReports(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, "-csv", sampleFleet(t), "-reports", dir)
	own, err := s.fetch(t, s.http+"/000e08a00001/8861-3PCC.xml", "")
	if err != nil {
		t.Fatal(err)
	}
	report := strings.NewReplacer("sip.example.com", "sip.other.com", "Kx7-mnpQ-42vw", "Typed-by-hand").Replace(string(own))
	put := func(address, userAgent string) error {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		client := s.clientFor()
		client.UserAgent = userAgent
		defer client.Close()
		_, err = client.Do(t.Context(), lab.Fetch{URL: u, Method: http.MethodPut, Body: []byte(report)})
		return err
	}
	for _, c := range []struct{ about, address, userAgent string }{
		{"by HTTP, known by its User-Agent", s.http + "/report.xml", frontDesk},
		{"by HTTP, again to the same name", s.http + "/report.xml", frontDesk},
		{"by TFTP, known by the name", s.tftp + "/reports/000e08a00001.xml", ""},
	} {
		if err := put(c.address, c.userAgent); err != nil {
			t.Errorf("%s: %v", c.about, err)
		}
	}
	if err := put(s.http+"/reports/000e08ffffff.xml", stranger); err == nil {
		t.Error("the report of a phone that is not in the fleet was taken")
	}
	stored, err := filepath.Glob(filepath.Join(dir, "000e08a00001", "*.xml"))
	if err != nil || len(stored) != 3 {
		t.Fatalf("stored %v, %v; want 3 reports", stored, err)
	}
	if info, err := os.Stat(stored[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a report is stored with mode %v, %v; it may hold passwords", info.Mode(), err)
	}
	answer := s.admin(t, "phones/00:0E:08:A0:00:01")
	var phone phoneAnswer
	if err := json.Unmarshal([]byte(answer), &phone); err != nil {
		t.Fatal(err)
	}
	want := []difference{
		{"Proxy_1_", "sip.example.com", "sip.other.com"},
		{"Password_1_", secretMark, secretMark + " (another)"},
	}
	for _, d := range want {
		found := false
		for _, got := range phone.Report.Differences {
			found = found || got == d
		}
		if !found {
			t.Errorf("the difference %v is not shown: %+v", d, phone.Report)
		}
	}
	if strings.Contains(answer, "Typed-by-hand") || strings.Contains(answer, "Kx7-mnpQ") {
		t.Error("a password is shown")
	}
}

// Faults are set, used up and taken away while the server runs.
func TestServeFaults(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	file := s.http + "/7811-3PCC.xml"
	set := func(kind, body string) *http.Response {
		t.Helper()
		answer, err := http.Post(s.http+"/_/faults", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	answer := set("application/json", `{"kind":"not-found","path":"*.xml","times":1}`)
	if _, err := s.fetch(t, file, ""); answer.StatusCode != http.StatusCreated || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not-found: status %d, the fetch gave %v", answer.StatusCode, err)
	}
	if _, err := s.fetch(t, file, ""); err != nil {
		t.Errorf("once only: the second fetch gave %v", err)
	}
	answer = set("application/x-www-form-urlencoded", "kind=server-error&mac=00:0e:08:a0:00:01")
	if _, err := s.fetch(t, file, frontDesk); err == nil {
		t.Error("the phone got its file in spite of the fault")
	}
	if _, err := s.fetch(t, file, stranger); err != nil {
		t.Errorf("another phone: %v", err)
	}
	if list := s.admin(t, "faults"); !strings.Contains(list, `"mac": "000e08a00001"`) {
		t.Errorf("the faults in force: %s", list)
	}
	r, err := http.NewRequest(http.MethodDelete, s.http+answer.Header.Get("Location"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != http.StatusNoContent {
		t.Errorf("taking it away: %v, %v", answer, err)
	}
	if _, err := s.fetch(t, file, frontDesk); err != nil {
		t.Errorf("after it was taken away: %v", err)
	}
	for _, bad := range []string{"kind=explode", "kind=delay", "kind=delay&delay=2", "kind=cut&after=x", "kind=not-found&path=[", "kind=not-found&mac=zz", "kind=not-found&from=here", "kind=lost-blocks&loss=100"} {
		if answer := set("application/x-www-form-urlencoded", bad); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", bad, answer.StatusCode)
		}
	}
}

// A page that comes back gets what it missed, and everything after the server
// was started anew.
func TestServeEventStreamGoesOn(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	ask := func(name string) {
		if _, err := s.fetch(t, s.http+"/"+name, ""); err != nil {
			t.Fatal(err)
		}
	}
	ask("7811-3PCC.xml")
	first := s.listenFrom(t, "")
	if e := first.next(t); e.Seq != 1 || e.Event.Path != "/7811-3PCC.xml" {
		t.Fatalf("got %+v, want the first event", e)
	}
	first.answer.Body.Close()
	ask("7841-3PCC.xml")
	ask("8851-3PCC.xml")
	again := s.listenFrom(t, first.last)
	if e := again.next(t); e.Seq != 2 {
		t.Errorf("after coming back: got event %d, want 2", e.Seq)
	}
	if e := again.next(t); e.Seq != 3 {
		t.Errorf("then: got event %d, want 3", e.Seq)
	}
	ask("8861-3PCC.xml")
	if e := again.next(t); e.Seq != 4 {
		t.Errorf("live: got event %d, want 4", e.Seq)
	}
	if e := s.listenFrom(t, "otherrun-3").next(t); e.Seq != 1 {
		t.Errorf("from another run: got event %d, want 1", e.Seq)
	}
	if lines := strings.Count(s.admin(t, "events.jsonl"), "\n"); lines != 4 {
		t.Errorf("the export has %d lines, want 4", lines)
	}
	if err := s.stop(); err != nil { // with a stream open
		t.Error(err)
	}
}

// A terminal in which somebody marks text takes no lines; the phones go on.
func TestServeWithATerminalThatHolds(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	s.out.mu.Lock()
	for range 20 {
		if _, err := s.fetch(t, s.http+"/8861-3PCC.xml", frontDesk); err != nil {
			t.Error(err)
		}
	}
	s.out.mu.Unlock()
	if lines := strings.Count(s.printed(t), " sent 200, "); lines != 20 {
		t.Errorf("%d lines were printed in the end, want 20", lines)
	}
}

// Phones have to log in and to know the folder, with either of two passwords.
func TestServeLoginAndSegment(t *testing.T) {
	passwords := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(passwords, []byte("new-Pw1\nold-Pw2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "-csv", sampleFleet(t), "-user", "phones", "-password-file", passwords, "-segment", "hidden7")
	at := strings.TrimPrefix(s.http, "http://")
	for _, c := range []struct {
		about, address string
		ok             bool
	}{
		{"the new password", "http://phones:new-Pw1@" + at + "/hidden7/8861-3PCC.xml", true},
		{"the old password", "http://phones:old-Pw2@" + at + "/hidden7/8861-3PCC.xml", true},
		{"a wrong one", "http://phones:other@" + at + "/hidden7/8861-3PCC.xml", false},
		{"none", "http://" + at + "/hidden7/8861-3PCC.xml", false},
		{"without the folder", "http://phones:new-Pw1@" + at + "/8861-3PCC.xml", false},
		{"another folder", "http://phones:new-Pw1@" + at + "/hidden8/8861-3PCC.xml", false},
	} {
		text, err := s.fetch(t, c.address, stranger)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v, want ok %v", c.about, err, c.ok)
		}
		if c.ok && !strings.Contains(string(text), "<Profile_Rule>/hidden7/$MA/$PSN.xml<") {
			t.Errorf("%s: the file does not lead into the folder:\n%s", c.about, text)
		}
	}
	if _, err := s.fetch(t, "http://phones:new-Pw1@"+at+"/hidden7", stranger); err == nil {
		t.Error("the folder itself was sent")
	}
	texts := []string{s.admin(t, "events.jsonl"), s.admin(t, "fleet"), s.admin(t, "phones"), s.admin(t, "lab"), s.admin(t, "metrics")}
	if !strings.Contains(s.printed(t), "~ http   127.0.0.1 000e08ffffff 8861 / not found 404: harmless: ") {
		t.Errorf("the URL of a DHCP option as it is does not count as harmless:\n%s", s.out)
	}
	if !strings.Contains(s.err.String(), "[--uid phones --pwd PASSWORD] "+s.http+"/hidden7/$MA/$PSN.xml") {
		t.Errorf("the banner does not say what to type:\n%s", s.err)
	}
	for _, text := range append(texts, s.out.String()) {
		for _, secret := range []string{"new-Pw1", "old-Pw2", "hidden7", s.token} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is shown:\n%s", secret, text)
			}
		}
	}
	if strings.Contains(s.err.String(), "new-Pw1") || strings.Contains(s.err.String(), "old-Pw2") {
		t.Errorf("a password is in the banner:\n%s", s.err)
	}
}

// No secret of the fleet is seen anywhere but in the files.
func TestServeShowsNoSecret(t *testing.T) {
	csv := sampleFleet(t)
	rows, err := os.ReadFile(csv)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "-csv", csv)
	served := ""
	for n := 1; n <= 12; n++ {
		for _, model := range []string{"8861", "8851", "7841", "7811"} {
			text, _ := s.fetch(t, fmt.Sprintf("%s/000e08a0%04x/%s-3PCC.xml", s.http, n, model), "")
			served += string(text)
		}
	}
	seen := ""
	for _, page := range []string{"events.jsonl", "fleet", "phones", "phones/000e08a00001", "metrics", "lab", "faults"} {
		seen += s.admin(t, page)
	}
	seen += s.printed(t) + s.err.String()
	count := 0
	for line := range strings.Lines(string(rows)) {
		cells := strings.Split(line, ",")
		for _, column := range []int{5, 7} {
			if secret := cells[column]; strings.Contains(secret, "-") {
				count++
				if strings.Contains(seen, secret) {
					t.Errorf("the password %q is seen", secret)
				}
				if !strings.Contains(served, secret) {
					t.Errorf("the password %q is not in the files: the test tests nothing", secret)
				}
			}
		}
	}
	if count != 15 {
		t.Errorf("looked for %d passwords, want 15", count)
	}
}
