package lab

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCheckPhone is the table of the addresses that nothing is ever sent to.
func TestCheckPhone(t *testing.T) {
	for _, c := range []struct {
		address, want string // part of the error; "": it may be asked
	}{
		{"192.0.2.31", ""},
		{"127.0.0.1", ""},
		{"10.1.2.3", ""},
		{"2001:db8::31", ""},
		{"fd12::31", ""},
		{"::1", ""},
		{"0.0.0.0", "no phone's address"},
		{"0.1.2.3", "no phone's address"},
		{"::", "no phone's address"},
		{"169.254.169.254", "link-local"},
		{"169.254.0.1", "link-local"},
		{"::ffff:169.254.169.254", "link-local"},
		{"fe80::1", "link-local"},
		{"fe80::1%eth0", "link-local"},
		{"224.0.1.75", "multicast"},
		{"ff02::1", "multicast"},
		{"255.255.255.255", "broadcast"},
		{"127.255.255.255", "broadcast"}, // of lo's own network
		{"240.0.0.1", "reserved"},
		{"fd00:ec2::254", "secrets"},
		{"100.100.100.200", "secrets"},
	} {
		phone := netip.MustParseAddr(c.address)
		err := CheckPhone(phone)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v, want no error", c.address, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %q", c.address, err, c.want)
		}
		for name, ask := range everyWay(t.Context(), &Push{}, netip.AddrPortFrom(phone, 9), "101", "x") {
			if got := ask(); got == nil || err != nil && !strings.Contains(got.Error(), err.Error()) {
				t.Errorf("%s %s: %v, want %v", name, c.address, got, err)
			}
		}
	}
	if err := CheckPhone(netip.Addr{}); err == nil {
		t.Error("no address at all may be asked")
	}
}

// everyWay are the three ways to ask a phone for the same.
func everyWay(ctx context.Context, p *Push, phone netip.AddrPort, extension, rule string) map[string]func() error {
	return map[string]func() error{
		"action": func() error { _, err := p.Action(ctx, phone, "resync", rule); return err },
		"xml":    func() error { _, err := p.Execute(ctx, phone, "Resync:"+rule); return err },
		"notify": func() error { _, err := p.Notify(ctx, phone, extension, "resync"+rule); return err },
	}
}

// TestPushOneLine holds that no part of a request can begin a line of its own, and that the phone then hears nothing.
func TestPushOneLine(t *testing.T) {
	phone := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the phone was asked for %s", r.URL) }))
	defer phone.Close()
	ear, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	for _, bad := range []string{"\r\nX: y", "a\nb", "a\rb", "a\x00b", "\x7f"} {
		for name, ask := range everyWay(t.Context(), &Push{}, addressOf(t, phone), "101", "/a.xml"+bad) {
			if err := ask(); err == nil || !strings.Contains(err.Error(), "control character") {
				t.Errorf("%s with %q: %v, want a refusal", name, bad, err)
			}
		}
		for _, push := range []func() error{
			func() error {
				_, err := (&Push{}).Notify(t.Context(), addrPort(ear.LocalAddr()), "101"+bad, "resync")
				return err
			},
			func() error {
				_, err := (&Push{User: "u" + bad}).Notify(t.Context(), addrPort(ear.LocalAddr()), "101", "resync")
				return err
			},
		} {
			if err := push(); err == nil {
				t.Errorf("NOTIFY with %q was sent", bad)
			}
		}
	}
	for _, extension := range []string{"101@192.0.2.1", "101 ", "<101>", "101;x", "1?a=b", "1\"", "é"} {
		if _, err := (&Push{}).Notify(t.Context(), addrPort(ear.LocalAddr()), extension, "resync"); err == nil || !strings.Contains(err.Error(), "SIP address") {
			t.Errorf("extension %q: %v, want a refusal", extension, err)
		}
	}
	if err := ear.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, _, err := ear.ReadFrom(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the phone heard %d bytes (%v), want nothing", n, err)
	}
}

func addressOf(t *testing.T, s *httptest.Server) netip.AddrPort {
	t.Helper()
	u := parseURL(t, s.URL)
	a, err := netip.ParseAddrPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAction plays the phone's web server.
func TestAction(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:p w&d"))
	var asked []string
	answer := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the phone will resync") }
	phone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI)
		answer(w, r)
	}))
	defer phone.Close()
	needsLogin := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != basic {
			w.Header().Set("WWW-Authenticate", `Basic realm="phone"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	led := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://user:CANARY@192.0.2.1/admin", http.StatusMovedPermanently)
	}
	for _, c := range []struct {
		name   string
		phone  http.HandlerFunc
		push   Push
		rule   string
		status int
		login  string
		leads  string
		asked  string
	}{
		{"saved rules", answer, Push{}, "", 200, "", "", "GET /admin/resync"},
		{"own rule", answer, Push{}, "[--key k] http://192.0.2.1/$MA.xml?a=b&c + %20#é", 200, "", "",
			"GET /admin/resync?%5B--key%20k%5D%20http://192.0.2.1/$MA.xml?a%3Db%26c%20%2B%20%2520%23%C3%A9"},
		{"login unasked for", answer, Push{User: "admin", Password: "p w&d"}, "", 200, "", "", "GET /admin/resync"},
		{"basic", needsLogin, Push{User: "admin", Password: "p w&d"}, "", 200, "Basic", "", "GET /admin/resync, GET /admin/resync"},
		{"wrong password", needsLogin, Push{User: "admin", Password: "x"}, "", 401, "Basic", "", "GET /admin/resync, GET /admin/resync"},
		{"no password", needsLogin, Push{}, "", 401, "", "", "GET /admin/resync"},
		{"words", answer, Push{User: "admin", Password: "p w&d", InURL: true}, "/a.xml", 200, "words in the URL", "",
			"GET /admin/resync?/a.xml&xuser=admin&xpassword=p+w%26d"},
		{"words alone", answer, Push{User: "admin", Password: "p", InURL: true}, "", 200, "words in the URL", "",
			"GET /admin/resync?xuser=admin&xpassword=p"},
		{"redirect", led, Push{}, "", 301, "", "https://user:xxxxx@192.0.2.1/admin", "GET /admin/resync"},
	} {
		asked = nil
		saved := answer
		answer = c.phone
		got, err := c.push.Action(t.Context(), addressOf(t, phone), "resync", c.rule)
		answer = saved
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got.Status != c.status || got.Login != c.login || got.Leads != c.leads || got.OK() != (c.status == 200) {
			t.Errorf("%s: answer %+v, want status %d, login %q, redirect %q", c.name, got, c.status, c.login, c.leads)
		}
		if text := strings.Join(asked, ", "); text != c.asked {
			t.Errorf("%s: the phone was asked\n%s, want\n%s", c.name, text, c.asked)
		}
	}
}

// TestActionDigest lets our own server be the phone, which asks for a digest before Basic.
func TestActionDigest(t *testing.T) {
	s := start(t, &Server{Files: memory(map[string][]byte{"admin/resync": []byte("ok")}), HTTP: loopback, Auth: Auth{User: "admin", Passwords: []string{"right"}}})
	for password, want := range map[string]int{"right": 200, "wrong": 401} {
		got, err := (&Push{User: "admin", Password: password}).Action(t.Context(), s.HTTP[0], "resync", "")
		if err != nil || got.Status != want || got.Login != "Digest" {
			t.Errorf("password %q: %+v, %v; want %d after a digest", password, got, err, want)
		}
	}
}

func TestExecute(t *testing.T) {
	phone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want := `<CiscoIPPhoneExecute><ExecuteItem URL="Resync:http://h/a?b=&quot;1&quot;&amp;c&lt;d"/></CiscoIPPhoneExecute>`
		if got := r.PostFormValue("XML"); r.Method != "POST" || r.URL.Path != "/CGI/Execute" || got != want {
			t.Errorf("the phone got %s %s with\n%s, want\n%s", r.Method, r.URL, got, want)
		}
		io.WriteString(w, strings.Repeat("x", maxAnswer+1))
	}))
	defer phone.Close()
	got, err := (&Push{}).Execute(t.Context(), addressOf(t, phone), `Resync:http://h/a?b="1"&c<d`)
	if err != nil || !got.OK() || got.Text != nil {
		t.Errorf("answer %+v, %v; want 200 without its text, which is too long", got, err)
	}
}

// TestPushUnanswered has phones that do not answer in time, or not at all. No error holds the password.
func TestPushUnanswered(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	for name, c := range map[string]struct {
		phone *httptest.Server
		push  Push
		want  string
	}{
		"slow":              {slow, Push{Timeout: 50 * time.Millisecond}, "no answer within 50ms"},
		"closed port":       {gone, Push{}, "connection refused"},
		"own certificate":   {secure, Push{TLS: &tls.Config{}}, "certificate"},
		"plain to a secure": {secure, Push{}, ""}, // Go's server answers 400
	} {
		c.push.User, c.push.Password, c.push.InURL = "admin", "CANARY", true
		got, err := c.push.Action(t.Context(), addressOf(t, c.phone), "resync", "")
		if c.want == "" {
			if err != nil || got.Status != 400 {
				t.Errorf("%s: %+v, %v; want 400", name, got, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, want an error about %q without the password", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range everyWay(ctx, &Push{}, addressOf(t, slow), "101", "") {
		if err := ask(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the end: %v, want context.Canceled", name, err)
		}
	}
}

func TestActionURL(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.31:0":          "http://192.0.2.31/admin/reboot",
		"192.0.2.31:8080":       "http://192.0.2.31:8080/admin/reboot",
		"[2001:db8::31]:0":      "http://[2001:db8::31]/admin/reboot",
		"[2001:db8::31]:80":     "http://[2001:db8::31]:80/admin/reboot",
		"[::ffff:192.0.2.31]:0": "http://[::ffff:192.0.2.31]/admin/reboot",
	} {
		got := ActionURL("http", netip.MustParseAddrPort(address), "reboot", "").String()
		if _, err := url.Parse(got); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", address, got, err, want)
		}
	}
}

// sippPhone is a phone played by sipp.
type sippPhone struct {
	at  netip.AddrPort
	end func() error // waits for its calls to end
}

// startSipp lets sipp play a scenario. It needs no signal that it is ready: a NOTIFY is sent again until it is.
func startSipp(t *testing.T, scenario string, args ...string) sippPhone {
	t.Helper()
	sipp := program(t, "sipp")
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := addrPort(free.LocalAddr())
	free.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "phone.xml")
	text := `<?xml version="1.0" encoding="ISO-8859-1"?>` + "\n<scenario name=\"phone\">\n" + scenario + "</scenario>\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, sipp, append([]string{"-sf", file, "-i", "127.0.0.1", "-p", strconv.Itoa(int(at.Port())),
		"-timeout", "60s", "-timeout_error", "-nostdin", "-trace_err", "-error_file", filepath.Join(dir, "errors")}, args...)...)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceValue(cmd.Wait)
	t.Cleanup(func() {
		cancel()
		_ = end() // killed, if it had not ended
		if errs, err := os.ReadFile(filepath.Join(dir, "errors")); err == nil && t.Failed() {
			t.Logf("sipp: %s", errs)
		}
	})
	return sippPhone{at, end}
}

// checked is what sipp holds against a NOTIFY before it answers.
const checked = `<action>
  <ereg regexp="^ *resync *$" search_in="hdr" header="Event:" check_it="true" assign_to="event"/>
  <ereg regexp="^ *terminated" search_in="hdr" header="Subscription-State:" check_it="true" assign_to="state"/>
  <ereg regexp="sip:101@127.0.0.1" search_in="hdr" header="To:" check_it="true" assign_to="to"/>
  <ereg regexp="SIP/2.0/UDP 127.0.0.1:[0-9]+;.*branch=z9hG4bK" search_in="hdr" header="Via:" check_it="true" assign_to="via"/>
  <ereg regexp="sip:.*@127.0.0.1" search_in="hdr" header="Contact:" check_it="true" assign_to="contact"/>
  <ereg regexp="^ *0 *$" search_in="hdr" header="Content-Length:" check_it="true" assign_to="length"/>
</action>`

const seen = `<Reference variables="event,state,to,via,contact,length"/>` + "\n"

// says is a response of sipp.
func says(line, headers string) string {
	return "<send><![CDATA[\nSIP/2.0 " + line + "\n[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n" +
		headers + "Content-Length: 0\n\n]]></send>\n"
}

func takes(attributes, actions string) string {
	return `<recv request="NOTIFY" ` + attributes + ">" + actions + "</recv>\n"
}

const challenge = `WWW-Authenticate: Digest realm="phone", nonce="47364c23432d2e131a5fb210812c", qop="auth", algorithm=MD5` + "\n"

func verified(password string) string {
	return `<action><verifyauth assign_to="authvalid" username="101" password="` + password + `"/></action>`
}

// after has sipp go on where a variable is true.
const after = `<nop next="good" test="authvalid"/>` + "\n"

func TestNotify(t *testing.T) {
	login := Push{User: "101", Password: "right"}
	digest := takes("", checked) + says("401 Unauthorized", challenge) + takes("", verified("right")) + after +
		says("403 Forbidden", "") + `<nop next="end"/>` + "\n" + `<label id="good"/>` + "\n" + says("200 OK", "") + `<label id="end"/>` + "\n" + seen
	for _, c := range []struct {
		name, scenario string
		push           Push
		status         int
		reason, login  string
		err            string
	}{
		{"plain", takes("", checked) + says("200 OK", "") + seen, Push{}, 200, "OK", "", ""},
		{"accepted", takes("", checked) + says("202 Accepted", "") + seen, Push{}, 202, "Accepted", "", ""},
		{"provisional first", takes("", "") + says("100 Trying", "") + says("200 OK", ""), Push{}, 200, "OK", "", ""},
		{"digest", digest, login, 200, "OK", "Digest", ""},
		{"user by extension", digest, Push{Password: "right"}, 200, "OK", "Digest", ""},
		{"wrong password", digest, Push{User: "101", Password: "wrong"}, 403, "Forbidden", "Digest", ""},
		{"no password", takes("", checked) + says("401 Unauthorized", challenge) + seen, Push{}, 401, "Unauthorized", "", ""},
		{"refused twice", takes("", "") + says("401 Unauthorized", challenge) + takes("", "") + says("401 Unauthorized", challenge), login, 401, "Unauthorized", "Digest", ""},
		{"busy", takes("", checked) + says("486 Busy Here", "") + seen, Push{}, 486, "Busy Here", "", ""},
		{"event unknown", takes("", checked) + says("489 Bad Event", "") + seen, Push{}, 489, "Bad Event", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			phone := startSipp(t, c.scenario, "-m", "1")
			c.push.Timeout = patience
			got, err := c.push.Notify(t.Context(), phone.at, "101", "resync")
			if err != nil || got.Status != c.status || got.Reason != c.reason || got.Login != c.login {
				t.Errorf("answer %+v, %v; want %d %s, login %q", got, err, c.status, c.reason, c.login)
			}
			if err := phone.end(); err != nil {
				t.Errorf("sipp: %v", err)
			}
		})
	}
}

// TestNotifyUnanswered has a phone that says nothing.
func TestNotifyUnanswered(t *testing.T) {
	ear, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	_, err = (&Push{Timeout: 700 * time.Millisecond}).Notify(t.Context(), addrPort(ear.LocalAddr()), "101", "resync")
	if err == nil || err.Error() != "no answer within 700ms" {
		t.Errorf("%v, want no answer within 700ms", err)
	}
	var sent [2]string
	for i := range sent { // the second after T1
		b := make([]byte, 2000)
		if err := ear.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, _, err := ear.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		sent[i] = string(b[:n])
	}
	if sent[0] != sent[1] || !strings.HasPrefix(sent[0], "NOTIFY sip:101@127.0.0.1:") || strings.Count(sent[0], "\r\n\r\n") != 1 {
		t.Errorf("sent\n%s, then\n%s; want the same well-formed NOTIFY twice", sent[0], sent[1])
	}
}

// TestNotifyLoss loses 60 % of the requests on their way: each is answered after being sent again, or reported.
func TestNotifyLoss(t *testing.T) {
	runs := 20
	if os.Getenv("CI") == "true" {
		runs = 100
	}
	phone := startSipp(t, takes(`lost="60"`, "")+says("200 OK", ""))
	var wg sync.WaitGroup
	var mu sync.Mutex
	answered, unanswered := 0, 0
	for range runs {
		wg.Go(func() {
			a, err := (&Push{Timeout: 8 * time.Second}).Notify(t.Context(), phone.at, "101", "resync")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && a.Status == 200:
				answered++
			case err != nil && strings.HasPrefix(err.Error(), "no answer within"):
				unanswered++
			default:
				t.Errorf("answer %+v, %v; want 200, or that there was none", a, err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d answered, %d reported as not answered", answered, unanswered)
	if answered+unanswered != runs || answered <= runs/2 { // of 5 sends all get lost in 8 % of the runs
		t.Errorf("%d of %d answered; the request is not sent again as it should be", answered, runs)
	}
}
