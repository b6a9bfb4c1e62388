package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"profilegen/lab"
	"profilegen/rule"
)

// runHere runs the program in this process, with a password on standard input, and returns what it printed.
func runHere(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader("CANARY\n"), stdout: &out, stderr: &errs}
	status = run(ctx, p, args)
	return status, out.String(), errs.String()
}

// A webPage is the phone's: it asks for a login, takes resyncs, and forgets them.
func webPage(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case user != "admin" || password != "CANARY":
		w.Header().Set("WWW-Authenticate", `Basic realm="phone"`)
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path != "/admin/resync":
		w.WriteHeader(http.StatusNotFound)
	default:
		io.WriteString(w, "<html><body>Phone will  resync\x1b[31m\n soon</body></html>")
	}
}

// What the phone answered is shown in words that claim no more, and no password with it.
func TestPushAnswers(t *testing.T) {
	phone := httptest.NewServer(http.HandlerFunc(webPage))
	defer phone.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(webPage))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	leads := httptest.NewServer(http.RedirectHandler(secure.URL+"/admin/resync", http.StatusFound))
	defer leads.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		phone *httptest.Server
		args  string
		want  string // after the phone's address; without the status line's end
		fails bool
	}{
		{"login", phone, "-password-file -", `the phone answered 200 OK (login: Basic): "Phone will resync\x1b[31m soon"`, false},
		{"no login", phone, "", "the phone answered 401 Unauthorized; it wants a login, see -password-file", true},
		{"wrong user", phone, "-user root -password-file -", "the phone answered 401 Unauthorized (login: Basic); it does not take this login", true},
		{"off", phone, "-password-file - -reboot", "the phone answered 404 Not Found (login: Basic); its web page, direct action URLs or XML objects may be off", true},
		{"xml", phone, "-password-file - -xml", "the phone answered 404 Not Found (login: Basic); its web page", true},
		{"in the URL", leads, "-password-file - -login-in-url", `the phone answered 302 Found (login: words in the URL): "Found ."; it leads to "` + secure.URL + `/admin/resync", try -https`, true},
		{"https", secure, "-https -password-file -", "failed: tls: failed to verify certificate", true},
		{"https, any", secure, "-https -insecure -password-file -", "the phone answered 200 OK (login: Basic)", false},
		{"https, chain", secure, "-https -ca " + ca + " -password-file -", "the phone answered 200 OK (login: Basic)", false},
		{"nobody", gone, "", "failed: ", true},
	} {
		address := c.phone.Listener.Addr().String()
		status, out, errs := runHere(t.Context(), append([]string{"push", "-phone", address}, strings.Fields(c.args)...)...)
		if !strings.HasPrefix(out, address+": "+c.want) || (status != 0) != c.fails {
			t.Errorf("%s: status %d\n%s%s\nwant %s: %s", c.name, status, out, errs, address, c.want)
		}
		if strings.Contains(out+errs, "CANARY") || strings.Contains(out, "resynced") || strings.Contains(out, "\x1b") {
			t.Errorf("%s: it printed what it should not: %q", c.name, out+errs)
		}
	}
}

// Every rule comes through as it was written, whatever the login does to the URL.
func TestPushRuleArrives(t *testing.T) {
	for _, text := range []string{
		"/$PSN.xml", "[--key $SA --uid a&b] http://192.0.2.10:8080/$MA.xml?x=1&xuser=you", "($SWVER ge 11.0)? /a+b%20c.xml | /d.xml", "é#ü&xpassword=x",
	} {
		u := lab.ActionURL("http", netip.MustParseAddrPort("192.0.2.31:80"), "resync", text)
		for _, login := range []string{"", "&xuser=admin&xpassword=s%26t"} {
			got := rule.ParseAction(u.RequestURI() + login)
			if got.Name != "resync" || got.Rule != text || (got.User == "admin") != (login != "") {
				t.Errorf("%q: the phone reads %+v", text, got)
			}
		}
	}
}

// A rule of two lines would be two requests; -force does not change that.
func TestPushOneLine(t *testing.T) {
	phone := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the phone was asked") }))
	defer phone.Close()
	for _, how := range []string{"-force", "-xml", "-upgrade", "-dry-run"} {
		status, out, errs := runHere(t.Context(), "push", "-phone", phone.Listener.Addr().String(), how, "/a.xml\r\nX-Header: CANARY")
		if status != 1 || out != "" || !strings.Contains(errs, "the rule holds a line end") || strings.Contains(errs, "CANARY") {
			t.Errorf("%s: status %d, %s%s, want a refusal", how, status, out, errs)
		}
	}
}

// Many phones are asked one after the other, each once; the end counts them.
func TestPushMany(t *testing.T) {
	var asked, atOnce, most atomic.Int32
	var phones []string
	for i := range 12 {
		phone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			for now := atOnce.Add(1); ; {
				seen := most.Load()
				if now <= seen || most.CompareAndSwap(seen, now) {
					break
				}
			}
			defer atOnce.Add(-1)
			if i == 5 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		defer phone.Close()
		phones = append(phones, phone.Listener.Addr().String())
	}
	list := filepath.Join(t.TempDir(), "phones.txt")
	if err := os.WriteFile(list, []byte(strings.Join(append(phones, phones[0]), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runHere(t.Context(), "push", "-phones", list, "-every", "1ms", "-at-once", "3")
	if status != 1 || asked.Load() != 12 || strings.Count(out, "the phone answered 200 OK") != 11 || !strings.Contains(out, phones[5]+": the phone answered 503") {
		t.Errorf("status %d, %d asked\n%s%s", status, asked.Load(), out, errs)
	}
	if want := "profilegen: 12 phones: 11 took the request, 1 failed\n"; errs != want {
		t.Errorf("it ended with %q, want %q", errs, want)
	}
	if most.Load() > 3 {
		t.Errorf("%d phones were asked at once, want at most 3", most.Load())
	}
}

// An interrupt stops: who was not asked is not asked any more, and the end says so.
func TestPushStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	hold := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel(); <-release })
	first, second := httptest.NewServer(hold), httptest.NewServer(hold)
	defer first.Close()
	defer second.Close()
	defer close(release)
	status, out, errs := runHere(ctx, "push", "-phone", first.Listener.Addr().String(), "-phone", second.Listener.Addr().String(), "-every", "1h")
	if status != 1 || !strings.Contains(out, "stopped while waiting for its answer") || !strings.Contains(errs, "stopped before the other 1") {
		t.Errorf("status %d\n%s%s\nwant a stop after the first phone", status, out, errs)
	}
}

// A phone that is deaf, dumb or busy is reported for what it is.
func TestPushNotify(t *testing.T) {
	for line, want := range map[string]string{
		"200 OK":            "the phone answered 200 OK (it asked for no login)\n",
		"486 Busy Here":     "the phone answered 486 Busy Here (it asked for no login)\n",
		"489 Bad Event":     "the phone answered 489 Bad Event (it asked for no login); it does not know this event\n",
		"404 Not \x1bFound": "the phone answered 404 Not  Found (it asked for no login); it does not know this extension\n",
		"":                  "failed: no answer within 300ms\n",
	} {
		phone, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var answering sync.WaitGroup
		answering.Go(func() { answerNotify(phone, line) })
		args := []string{"push", "-sip", "-phone", phone.LocalAddr().String(), "-extension", "101", "-password-file", "-"}
		if line == "" {
			args = append(args, "-timeout", "300ms")
		}
		status, out, errs := runHere(t.Context(), args...)
		phone.Close()
		answering.Wait()
		if out != fmt.Sprintf("%s: %s", phone.LocalAddr(), want) || (status == 0) != (line == "200 OK") || strings.Contains(out+errs, "CANARY") {
			t.Errorf("%q: status %d, %s%s\nwant %s", line, status, out, errs, want)
		}
	}
}

// By TCP the request reaches a phone that listens there, and its challenge is answered by the same way.
func TestPushNotifyByTCP(t *testing.T) {
	out, host := phoneForNotify(t, "-set", "Auth_ID_1_=101", "-set", "Password_1_=CANARY")
	for _, c := range []struct {
		args string
		want string
		ok   bool
	}{
		{"-tcp -password-file -", "the phone answered 200 OK (login: Digest)\n", true},
		{"-tcp", "the phone answered 401 Unauthorized; it wants a login, see -password-file\n", false},
		{"-password-file -", "the phone answered 200 OK (login: Digest)\n", true},
	} {
		status, said, errs := runHere(t.Context(), append([]string{"push", "-sip", "-phone", host, "-extension", "101"}, strings.Fields(c.args)...)...)
		if !strings.HasSuffix(said, ": "+c.want) || (status == 0) != c.ok {
			t.Errorf("%s: status %d, %s%s\nwant %s", c.args, status, said, errs, c.want)
		}
	}
	out.await(t, "resync")
	// What listens by UDP only is not there.
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	status, said, _ := runHere(t.Context(), "push", "-sip", "-tcp", "-timeout", "5s", "-phone", deaf.LocalAddr().String(), "-extension", "101")
	if status != 1 || !strings.Contains(said, "failed: ") {
		t.Errorf("nobody by TCP: status %d, %s", status, said)
	}
}

// answerNotify answers what comes in until the connection is closed.
func answerNotify(phone net.PacketConn, line string) {
	b := make([]byte, 2000)
	for {
		n, from, err := phone.ReadFrom(b)
		if err != nil {
			return
		}
		answer := "SIP/2.0 " + line + "\r\n"
		for header := range strings.SplitSeq(string(b[:n]), "\r\n") {
			if name, _, _ := strings.Cut(header, ":"); strings.Contains("Via From To Call-ID CSeq", name) && name != "" {
				answer += header + "\r\n"
			}
		}
		if line != "" {
			phone.WriteTo([]byte(answer+"Content-Length: 0\r\n\r\n"), from)
		}
	}
}
