package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"profilegen/lab"
)

// Who may see the pages for people: the machine itself, or with the token.
func TestAdminLetsInLoopbackOrToken(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	cookie := ""
	for _, c := range s.enter(t, s.token).Cookies() {
		if c.Name == cookieName {
			cookie = c.Value
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/_/" {
				t.Errorf("the cookie is %v, want HttpOnly, SameSite=Strict, for /_/ only", c)
			}
		}
	}
	if cookie == "" || cookie == s.token {
		t.Fatalf("the link set the cookie %q", cookie)
	}
	if wrong := s.enter(t, "wrong"); wrong.StatusCode != http.StatusForbidden || len(wrong.Cookies()) != 0 {
		t.Errorf("a wrong token: status %d, cookies %v", wrong.StatusCode, wrong.Cookies())
	}
	for _, c := range []struct {
		about, remote, cookie, bearer string
		want                          int
	}{
		{"this machine", "127.0.0.1:4711", "", "", http.StatusOK},
		{"this machine by IPv6", "[::1]:4711", "", "", http.StatusOK},
		{"this machine, mapped", "[::ffff:127.0.0.1]:4711", "", "", http.StatusOK},
		{"the network", "192.0.2.7:4711", "", "", http.StatusForbidden},
		{"the network with the cookie", "192.0.2.7:4711", cookie, "", http.StatusOK},
		{"the network with another cookie", "192.0.2.7:4711", "x" + cookie, "", http.StatusForbidden},
		{"the network with the token as a cookie", "192.0.2.7:4711", s.token, "", http.StatusForbidden},
		{"the network with the token in a header", "192.0.2.7:4711", "", s.token, http.StatusOK},
		{"the network with another token", "192.0.2.7:4711", "", "x", http.StatusForbidden},
		{"no address", "", "", "", http.StatusForbidden},
	} {
		for _, path := range []string{
			"/_/", "/_/lab", "/_/phones", "/_/fleet", "/_/fleet.json", "/_/metrics", "/_/events.jsonl", "/_/faults", "/_/push", "/_/dhcp",
		} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = c.remote
			if c.cookie != "" {
				r.AddCookie(&http.Cookie{Name: cookieName, Value: c.cookie})
			}
			if c.bearer != "" {
				r.Header.Set("Authorization", "Bearer "+c.bearer)
			}
			w := httptest.NewRecorder()
			s.server.Admin.ServeHTTP(w, r)
			if got := w.Code; got != c.want && !(c.want == http.StatusOK && got == http.StatusFound) {
				t.Errorf("%s: %s: status %d, want %d", c.about, path, got, c.want)
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %s: headers %v", c.about, path, w.Header())
			}
		}
	}
	if seen := s.admin(t, "events.jsonl") + s.printed(t); strings.Contains(seen, s.token) || !strings.Contains(seen, "192.0.2.7") {
		t.Errorf("the token is in the events, or who was refused is not:\n%s", seen)
	}
}

// enter visits the printed link from another machine.
func (s *testServer) enter(t *testing.T, token string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/_/lab?token="+token, nil)
	r.RemoteAddr = "192.0.2.7:4711"
	w := httptest.NewRecorder()
	s.server.Admin.ServeHTTP(w, r)
	if refresh := w.Header().Get("Refresh"); refresh != "" && refresh != "0; url=/_/lab" {
		t.Errorf("the link leads to %q", refresh)
	}
	if strings.Contains(w.Header().Get("Refresh"), "token") {
		t.Error("the token stays in the address bar")
	}
	return w.Result()
}

// Foreign sites reach nothing: neither by a name of their own nor by a form.
func TestAdminRefusesForeignSites(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t), "-host", "lab.example.com")
	for _, c := range []struct {
		about, method, path, host string
		header                    [2]string
		want                      int
	}{
		{"a page of ours", "GET", "/_/phones", "", [2]string{}, http.StatusOK},
		{"by a name that was allowed", "GET", "/_/phones", "lab.example.com", [2]string{}, http.StatusOK},
		{"by a foreign name", "GET", "/_/phones", "evil.test", [2]string{}, http.StatusMisdirectedRequest},
		{"by a foreign name, same-origin", "POST", "/_/faults", "evil.test", [2]string{"Sec-Fetch-Site", "same-origin"}, http.StatusMisdirectedRequest},
		{"a form of a foreign site", "POST", "/_/faults", "", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a form of a foreign origin", "POST", "/_/faults", "", [2]string{"Origin", "http://evil.test"}, http.StatusForbidden},
		{"a delete of a foreign site", "DELETE", "/_/faults/1", "", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a draft of a foreign site", "PUT", "/_/fleet.json", "", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a draft dropped by a foreign site", "DELETE", "/_/fleet.json", "", [2]string{"Origin", "http://evil.test"}, http.StatusForbidden},
		{"a push of a foreign site", "POST", "/_/push", "", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"the passwords by a foreign name", "GET", "/_/fleet.json", "evil.test", [2]string{}, http.StatusMisdirectedRequest},
		{"a change by GET", "GET", "/_/faults/1", "", [2]string{}, http.StatusNotFound},
		{"a change by GET with fields", "GET", "/_/faults?kind=not-found", "", [2]string{}, http.StatusOK},
	} {
		r, err := http.NewRequest(c.method, s.http+c.path, strings.NewReader("kind=not-found"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if c.header[0] != "" {
			r.Header.Set(c.header[0], c.header[1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d", c.about, answer.StatusCode, c.want)
		}
	}
	if list := s.server.Faults.List(); len(list) != 0 {
		t.Errorf("a fault was set: %v", list)
	}
}

// What comes from the network is text on the page, in the terminal and in JSON.
func TestHostileNamesStayText(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	for _, name := range []string{"<script>alert(1)</script>.xml", "a\x7fb.xml", "\u202egnp.xml", "'\"&.xml"} {
		s.desk.log(lab.Event{Time: time.Now(), Protocol: "http", Path: "/" + name, Outcome: lab.NotFound, Reason: s.site.why(s.site.current.Load(), lab.Request{Path: "/" + name})})
	}
	s.desk.log(lab.Event{Time: time.Now(), Protocol: "syslog", Outcome: lab.Received, Message: &lab.Message{Text: "\x1b[31mred\nsecond line"}})
	export := s.admin(t, "events.jsonl")
	if lines := strings.Count(s.printed(t), "\n"); lines != 5 {
		t.Errorf("5 events are %d lines:\n%s", lines, s.out)
	}
	if strings.ContainsAny(s.out.String(), "\x1b\x7f\u202e") {
		t.Errorf("a character that steers the terminal:\n%q", s.out)
	}
	for line := range strings.Lines(export) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// A miss says the likely cause and the nearest name.
func TestWhyAFileIsNotThere(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	for _, c := range []struct{ path, want string }{
		{"/000E08A00001/8861-3PCC.xml", "file names are lower case, use $MA instead of $MAU: 000e08a00001/8861-3PCC.xml"},
		{"/8861-3pcc.XML", "names tell upper and lower case apart: 8861-3PCC.xml"},
		{"/00:0e:08:a0:00:01/8861-3PCC.xml", "$MAC has colons, use $MA: 000e08a00001/8861-3PCC.xml"},
		{"/CP-8861-3PCC.xml", "the name has $PN, use $PSN: 8861-3PCC.xml"},
		{"/000e08a00001/CP-8861-3PCC.xml", "the name has $PN, use $PSN: 000e08a00001/8861-3PCC.xml"},
		{"/phones/000e08a00001/8861-3PCC.xml", "the file is /000e08a00001/8861-3PCC.xml, without the folder before it"},
		{"/000e08a00001.xml", "that phone's file is 000e08a00001/8861-3PCC.xml; a rule that ends in /$MA/$PSN.xml asks for it"},
		{"/000e08ffffff/8861-3PCC.xml", "there is no phone 000e08ffffff in "},
		{"/8832-3PCC.xml", "a new 8832 asks for it, and no phone in "},
		{"/$MAconfig.xml", "$MAconfig is no macro and stays as text; write $(MA)config"},
		{"/$MA.xml", "$MA was not expanded"},
		{"/8861-3PC.xml", "the nearest name is 8861-3PCC.xml"},
		{"/firmware.loads", "there is no such file in "},
		{"/favicon.ico", "harmless: browsers ask for it"},
		{"/_/ca.crt", "harmless: doctor asks for it"},
		{"/Cisco/CP-8861-3PCC/000e08a00001.cfg", "harmless: the second name that a phone tries"},
		{"/SEP000E08A00001.cnf.xml", "harmless: a phone with enterprise firmware"},
	} {
		_, err := s.site.files(context.Background(), lab.Request{Path: c.path})
		if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.path, err, c.want)
		}
	}
}

// Many misses of one address raise an alarm and get no more answers, and a
// phone still gets its file.
func TestEnumerationRaisesAnAlarm(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	stream := s.listenFrom(t, "")
	for range 100 {
		if _, err := s.fetch(t, s.http+"/000e08ffffff.xml", ""); err == nil {
			t.Fatal("a file that is not there was sent")
		}
	}
	if e := stream.until(t, lab.Alarm); e.Level != "alarm" || !strings.Contains(e.Text, "someone may be guessing") {
		t.Errorf("got %+v", e)
	}
	if _, err := s.fetch(t, s.http+"/8861-3PCC.xml", frontDesk); err != nil {
		t.Errorf("a phone at the same address: %v", err)
	}
	if m := s.admin(t, "metrics"); !strings.Contains(m, "\nprofilegen_alarms_total 1\n") || !strings.Contains(m, `profilegen_transfers_total{protocol="http",outcome="refused"} `) {
		t.Errorf("the metrics do not show it:\n%s", m)
	}
}
