package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/resync"
)

// patience is how long a test waits for what must happen. It is no
// expectation of how long that takes.
const patience = time.Minute

// files are what a test's server hands out, by path without the first slash.
type files map[string]string

// serve starts the lab's server until the test ends.
func (f files) serve(t testing.TB, change ...func(*lab.Server)) lab.Bound {
	t.Helper()
	server := &lab.Server{
		Files: func(_ context.Context, r lab.Request) (lab.File, error) {
			content, ok := f[r.Path[1:]]
			if !ok {
				return lab.File{}, fs.ErrNotExist
			}
			return lab.File{Content: strings.NewReader(content)}, nil
		},
		TFTP: []string{"127.0.0.1:0"}, HTTP: []string{"127.0.0.1:0"}, MissesPerMinute: 1000,
	}
	for _, c := range change {
		c(server)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan lab.Bound, 1), make(chan error, 1)
	go func() { ended <- server.Run(ctx, func(b lab.Bound) { ready <- b }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case bound := <-ready:
		return bound
	case err := <-ended:
		ended <- nil
		t.Fatalf("starting the server: %v", err)
	}
	panic("unreachable")
}

// once runs profilegen phone -once in this process.
func once(t testing.TB, args ...string) (status int, out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	status = run(t.Context(), p, append([]string{"phone", "-once"}, args...))
	return status, stdout.String() + stderr.String()
}

// wants checks an exit status and what is printed, each a regular expression.
func wants(t testing.TB, what string, status int, out string, wantStatus int, want ...string) {
	t.Helper()
	if status != wantStatus {
		t.Errorf("%s: exit status %d, want %d; it printed\n%s", what, status, wantStatus, out)
		return
	}
	for _, w := range want {
		if !regexp.MustCompile(w).MatchString(out) {
			t.Errorf("%s: nothing in this matches %q:\n%s", what, w, out)
		}
	}
}

// The scripts in testdata/phone run the program against a server of the test.
func TestPhoneScripts(t *testing.T) {
	content := files{
		"000e08a00001.xml": `<flat-profile/>`,
		"secret.xml":       string(gen.EncryptKey([]byte(`<flat-profile><GPP_A>decrypted</GPP_A></flat-profile>`), "sesame", [8]byte{1}, gen.SHA256)),
	}
	server := "http://" + content.serve(t).HTTP[0].String()
	content["8861-3PCC.xml"] = `<flat-profile>
		<Profile_Rule_B>[--key sesame]` + server + `/secret.xml</Profile_Rule_B>
		<Profile_Rule>` + server + `/$PSN.xml</Profile_Rule>
		<Password_1_>hunter2</Password_1_>
		<Resync_Periodic>600</Resync_Periodic>
	</flat-profile>`
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/phone",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("SERVER", server)
			return nil
		},
	})
}

// output is what a program prints, for tests that wait for it.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // has a value after each write
}

func newOutput() *output { return &output{more: make(chan struct{}, 1)} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the output matches, and gives the groups of the match.
func (o *output) await(t *testing.T, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	patient := time.After(patience)
	for {
		if found := want.FindStringSubmatch(o.String()); found != nil {
			return found
		}
		select {
		case <-o.more:
		case <-patient:
			t.Fatalf("nothing in this matches %q:\n%s", pattern, o)
		}
	}
}

// playing runs profilegen phone until the test ends or stop is called, which
// gives the exit status.
func playing(t *testing.T, args ...string) (out *output, stop func() int) {
	t.Helper()
	out = newOutput()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		p := &program{stdin: strings.NewReader(""), stdout: out, stderr: out}
		ended <- run(ctx, p, append([]string{"phone"}, args...))
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	return out, stop
}

// An interrupted phone has done what it was asked for: status 0, and its state
// is kept. An interrupted -once has not.
func TestPhoneInterrupted(t *testing.T) {
	server := files{"a.xml": `<flat-profile><GPP_A>kept</GPP_A></flat-profile>`}.serve(t)
	state := filepath.Join(t.TempDir(), "state.json")
	out, stop := playing(t, "-rule", "http://"+server.HTTP[0].String()+"/a.xml", "-set", "Resync_Random_Delay=0", "-save", state)
	out.await(t, `resync succeeded \(the start-up\): 1 file, 1 value changed`)
	out.await(t, `the next periodic resync is due at`)
	if status := stop(); status != 0 {
		t.Errorf("interrupted: status %d, want 0", status)
	}
	if kept, err := os.ReadFile(state); err != nil || !bytes.Contains(kept, []byte(`"kept"`)) {
		t.Errorf("the state after an interruption: %v\n%s", err, kept)
	}

	hung := hangingServer(t)
	out, stop = playing(t, "-once", "-trace", "-rule", "http://"+hung+"/a.xml")
	out.await(t, `GET http`)
	if status := stop(); status != 1 {
		t.Errorf("-once interrupted: status %d, want 1", status)
	}
	out.await(t, `interrupted before the resync had ended`)
	if strings.Contains(out.String(), "resync failed") {
		t.Errorf("the interruption is told as a failure of the phone's:\n%s", out)
	}
}

// hangingServer accepts connections and never answers.
func hangingServer(t *testing.T) (host string) {
	return answering(t, func(c net.Conn) { t.Cleanup(func() { c.Close() }) })
}

// answering listens, and hands each connection to answer.
func answering(t *testing.T, answer func(net.Conn)) (host string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
		}
	}()
	return l.Addr().String()
}

// Over HTTPS the server has to be one of the authority's; the phone shows its
// certificate, logs in, and says who it is.
func TestPhoneHTTPS(t *testing.T) {
	dir := t.TempDir()
	authority, err := lab.OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(dir, "lab-ca.pem")
	if err := os.WriteFile(ca, authority.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen []lab.Event
	server := files{"a.xml": `<flat-profile><GPP_A>secure</GPP_A></flat-profile>`}.serve(t, func(s *lab.Server) {
		s.HTTPS, s.Authority, s.AskCertificate = []string{"127.0.0.1:0"}, authority, true
		s.Auth = lab.Auth{User: "alice", Passwords: []string{"hunter2"}, Digest: true}
		s.Log = func(e lab.Event) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, e)
		}
	})
	rule := "[--uid alice --pwd hunter2]https://" + server.HTTPS[0].String() + "/a.xml"

	status, out := once(t, "-ca", ca, "-rule", rule)
	wants(t, "with the authority", status, out, 0, `GPP_A: "" → "secure"`)
	if strings.Contains(out, "hunter2") {
		t.Errorf("the password is printed:\n%s", out)
	}
	status, out = once(t, "-rule", rule)
	wants(t, "without the authority", status, out, 1, `https_get failed .*unknown authority`)
	status, out = once(t, "-ca", ca, "-rule", strings.ReplaceAll(rule, "hunter2", "hunter3"))
	wants(t, "with a wrong password", status, out, 1, `https_get failed: the server does not accept --uid and --pwd`)

	mu.Lock()
	defer mu.Unlock()
	requests := 0
	for _, e := range seen {
		if e.Path == "/a.xml" {
			requests++
		}
		if e.Phone.MAC != "" && e.Phone.MAC != "000e08012345" {
			t.Errorf("the server took the phone for %q, want 000e08012345", e.Phone.MAC)
		}
	}
	// Two for the good one (asked, then logged in), three for the wrong password (two tries).
	if requests != 2+3 {
		t.Errorf("the server saw %d requests, want 5: %v", requests, seen)
	}
}

// Log messages go out as they are traced.
func TestPhoneSyslog(t *testing.T) {
	listener, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server := files{"a.xml": `<flat-profile/>`}.serve(t)
	host := server.HTTP[0].String()
	want := []string{
		`^<134>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 000e08012345 CP-8861-3PCC 00:0e:08:01:23:45 -- Requesting resync http://` + host + `/a.xml$`,
		`-- Successful resync http://` + host + `/a.xml$`,
	}
	for _, to := range [][]string{
		{"-set", "Syslog_Server=" + listener.LocalAddr().String()},
		{"-set", "Syslog_Server=127.0.0.1:1", "-syslog", listener.LocalAddr().String()},
	} {
		status, out := once(t, append(to, "-set", "Syslog_Identifier=$MA", "-rule", "http://"+host+"/a.xml")...)
		wants(t, fmt.Sprint(to), status, out, 0)
		listener.SetReadDeadline(time.Now().Add(patience))
		buffer := make([]byte, 2000)
		for _, w := range want {
			n, _, err := listener.ReadFrom(buffer)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(w).Match(buffer[:n]) {
				t.Errorf("%v: sent %q, want %q", to, buffer[:n], w)
			}
		}
	}
	status, out := once(t, "-syslog", "169.254.1.1", "-rule", "http://"+host+"/a.xml")
	wants(t, "a link-local log server", status, out, 0, `sending a log message to "169.254.1.1"`)
}

// TFTP, with the block size that is asked for, and the limit of 4 MB.
func TestPhoneTFTP(t *testing.T) {
	server := files{
		"8861-3PCC.xml": `<flat-profile><GPP_A>` + strings.Repeat("x", 1000) + `</GPP_A><GPP_B>end</GPP_B></flat-profile>`,
		"large.xml":     `<flat-profile><GPP_A>` + strings.Repeat("x", 5<<20) + `</GPP_A></flat-profile>`,
	}.serve(t)
	at := server.TFTP[0].String()
	for _, args := range [][]string{{}, {"-blksize", "1428"}} {
		status, out := once(t, append(args, "-rule", "tftp://"+at+"/$PSN.xml")...)
		wants(t, fmt.Sprint(args), status, out, 0, `GPP_B: "" → "end"`)
	}
	status, out := once(t, "-dhcp66", "tftp://"+at+"/", "-trace")
	wants(t, "by DHCP", status, out, 0, `the server that DHCP names`, `GPP_B: "" → "end"`)
	for _, scheme := range []string{"tftp://" + at, "http://" + server.HTTP[0].String()} {
		status, out = once(t, "-rule", scheme+"/large.xml")
		wants(t, scheme+": 5 MB", status, out, 1, `longer than is taken: 4,194,304 bytes`)
	}
	status, out = once(t, "-rule", "tftp://"+at+"/none.xml")
	wants(t, "no such file", status, out, 1, `Profile_Rule: file not found`, `TFTP error 1`)
	status, out = once(t, "-rule", "tftp://"+at+"/none.xml", "-set", "Resync_Fails_On_FNF=No")
	wants(t, "no such file, which is no failure", status, out, 0)
}

// --srv asks DNS for the server's services.
func TestPhoneSRV(t *testing.T) {
	network := &network{service: func(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
		switch name {
		case "example.test":
			return "", []*net.SRV{{Target: "files.example.test.", Port: 8080}, {Target: "second.example.test."}}, nil
		case "none.test":
			return "", nil, &net.DNSError{IsNotFound: true}
		}
		return "", nil, &net.DNSError{Err: "no answer from the name server"}
	}}
	for _, c := range []struct{ url, want string }{
		{"http://example.test/a.xml?b", "http://files.example.test:8080/a.xml?b"},
		{"https://none.test/a.xml", "https://none.test/a.xml"},
		{"https://other.test/a.xml", "error"},
	} {
		ask, err := network.ask(t.Context(), resync.Request{Method: "GET", URL: c.url, SRV: true})
		got := "error"
		if err == nil {
			got = ask.URL.String()
		}
		if got != c.want {
			t.Errorf("%s leads to %s, want %s (%v)", c.url, got, c.want, err)
		}
	}
}

// The path goes out as the rule writes it.
func TestPhoneURLsAreAsWritten(t *testing.T) {
	for _, c := range []struct{ url, host, path string }{
		{"http://h/a%20b/$MA.xml?x=1&y=/", "h", "/a%20b/$MA.xml?x=1&y=/"},
		{"http://h:8080/a//b/../c.xml", "h:8080", "/a//b/../c.xml"},
		{"http://h:80/%zz", "h", "/%25zz"},
		{"tftp://[2001:db8::1]:6969/Cisco/CP-8861-3PCC/000e08012345.cfg", "[2001:db8::1]:6969", "/Cisco/CP-8861-3PCC/000e08012345.cfg"},
		{"http://h/q?", "h", "/q?"},
	} {
		ask, err := new(network).ask(t.Context(), resync.Request{Method: "GET", URL: c.url})
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if ask.URL.Host != c.host || ask.URL.RequestURI() != c.path {
			t.Errorf("%s asks %s for %s, want %s for %s", c.url, ask.URL.Host, ask.URL.RequestURI(), c.host, c.path)
		}
	}
}

// The phone's own web paths.
func TestPhoneWebPages(t *testing.T) {
	server := files{
		"a.xml":    `<flat-profile><GPP_A>a</GPP_A></flat-profile>`,
		"push.xml": `<flat-profile><GPP_B>pushed</GPP_B></flat-profile>`,
		"off.xml":  `<flat-profile><Enable_Direct_Action_Url>No</Enable_Direct_Action_Url></flat-profile>`,
	}.serve(t)
	files := "http://" + server.HTTP[0].String()
	out, _ := playing(t, "-rule", files+"/a.xml", "-set", "Resync_Random_Delay=0", "-set", "Admin_Password=hunter2", "-set", "Password_1_=hunter3", "-listen", ":0", "-trace")
	at := out.await(t, `http://(127\.0\.0\.1:\d+)/admin/status.xml`)[1]
	out.await(t, `resync succeeded`)

	get := func(path string, change ...func(*http.Request)) (status int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range change {
			c(r)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var b bytes.Buffer
		b.ReadFrom(response.Body)
		return response.StatusCode, b.String()
	}
	admin := func(r *http.Request) { r.SetBasicAuth("admin", "hunter2") }
	for _, c := range []struct {
		what, path string
		change     []func(*http.Request)
		status     int
		body       string
	}{
		{"no log-in", "/admin/status.xml", nil, 401, "log in"},
		{"a wrong password", "/admin/status.xml", []func(*http.Request){func(r *http.Request) { r.SetBasicAuth("admin", "x") }}, 401, "log in"},
		{"the status", "/admin/status.xml", []func(*http.Request){admin}, 200, "<MAC_Address>000E08012345</MAC_Address>"},
		{"log-in in the query", "/admin/cfg.xml?xuser=admin&xpassword=hunter2", nil, 200, "<GPP_A"},
		{"an unknown path", "/admin/nothing", []func(*http.Request){admin}, 404, ""},
		{"what it cannot do", "/admin/screendump.bmp", []func(*http.Request){admin}, 501, ""},
		{"another site's name", "/admin/reboot", []func(*http.Request){admin, func(r *http.Request) { r.Host = "evil.test" }}, 421, ""},
		{"a page of another site", "/admin/reboot", []func(*http.Request){admin, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }}, 403, ""},
		{"a POST", "/admin/reboot", []func(*http.Request){admin, func(r *http.Request) { r.Method = "POST" }}, 405, ""},
	} {
		status, body := get(c.path, c.change...)
		if status != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s: %d %q, want %d with %q", c.what, status, body, c.status, c.body)
		}
	}
	if _, body := get("/admin/cfg.xml", admin); strings.Contains(body, "hunter") {
		t.Error("cfg.xml holds a password")
	}
	if status, _ := get("/admin/resync?"+files+"/push.xml", admin); status != 200 {
		t.Errorf("a resync with a rule of its own: %d, want 200", status)
	}
	out.await(t, `GPP_B = "pushed"`)
	if status, _ := get("/admin/reboot", admin); status != 200 {
		t.Errorf("a reboot: %d, want 200", status)
	}
	out.await(t, `restart \(User Triggered\)`)
	get("/admin/resync?"+files+"/off.xml", admin)
	out.await(t, `Enable_Direct_Action_Url = "No"`)
	if status, body := get("/admin/status.xml", admin); status != 403 || !strings.Contains(body, "Enable_Direct_Action_Url is No") {
		t.Errorf("direct action URLs forbidden: %d %q, want 403", status, body)
	}
	if strings.Contains(out.String(), "hunter") {
		t.Errorf("a password is printed:\n%s", out)
	}
}

// A phone without a password listens to its own machine alone.
func TestPhoneWithoutPassword(t *testing.T) {
	phone := newHandset(samplePhoneIdentity(t)).Phone
	for from, want := range map[string]int{"127.0.0.1:4711": 200, "[::1]:4711": 200, "192.0.2.7:4711": 403} {
		r, err := http.NewRequest(http.MethodGet, "http://192.0.2.1/admin/status.xml", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = from
		if got := webAnswer(phone, time.Now(), r).status; got != want {
			t.Errorf("asked from %s: %d, want %d", from, got, want)
		}
	}
}

// A file encrypted by RFC 8188 is read with the key material that an earlier
// profile has set, which is what the phone then says it can.
func TestPhoneReadsEncryptedContent(t *testing.T) {
	const material = "yqdlZ-tYemfogSmv7Ws5PQ"
	body, err := gen.EncryptContent([]byte(`<flat-profile><GPP_A>decrypted</GPP_A></flat-profile>`), material, [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "aes128gcm" {
			http.Error(w, "no", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", "aes128gcm")
		w.Write(body)
	}))
	defer server.Close()
	rule := server.URL + "/a.xml"
	status, out := once(t, "-rule", rule, "-set", "IKM_HTTP_Encrypt_Content="+material)
	wants(t, "with key material", status, out, 0, `GPP_A: "" → "decrypted"`)
	if strings.Contains(out, material) {
		t.Errorf("the key material is printed:\n%s", out)
	}
	status, out = once(t, "-rule", rule)
	wants(t, "without key material", status, out, 1, `status 406 \(class C\)`)
	status, out = once(t, "-rule", rule, "-set", "IKM_HTTP_Encrypt_Content="+strings.Repeat("A", 22))
	wants(t, "with other key material", status, out, 1, `corrupt file`)
}

// The program's own push and its own phone understand each other.
func TestPhoneIsPushed(t *testing.T) {
	server := files{"a.xml": someProfile}.serve(t)
	out, _ := playing(t, "-rule", "http://"+server.HTTP[0].String()+"/a.xml", "-set", "Resync_On_Reset=No", "-listen", ":0", "-sip", ":0",
		"-set", "Admin_Password=Hunter2!", "-set", "User_ID_1_=101", "-set", "Password_1_=hunter3")
	web := out.await(t, `http://(127\.0\.0\.1:\d+)/`)[1]
	sip := out.await(t, `SIP NOTIFY at (127\.0\.0\.1:\d+)`)[1]
	for _, c := range []struct {
		password string
		args     []string
		status   int
		told     string
	}{
		{"Hunter2!", []string{"-phone", web}, 0, `resync succeeded \(the direct action URL\)`},
		{"Hunter3!", []string{"-phone", web}, 1, `web request from .*: answered 401`},
		{"hunter3", []string{"-sip", "-phone", sip, "-extension", "101"}, 0, `resync succeeded \(a SIP NOTIFY\)`},
		{"hunter4", []string{"-sip", "-phone", sip, "-extension", "101"}, 1, `SIP NOTIFY from .*: answered 401`},
	} {
		t.Setenv("PROFILEGEN_PASSWORD", c.password)
		var said bytes.Buffer
		p := &program{stdin: strings.NewReader(""), stdout: &said, stderr: &said}
		if status := run(t.Context(), p, append([]string{"push"}, c.args...)); status != c.status {
			t.Errorf("push %q: status %d, want %d: %s", c.args, status, c.status, &said)
		}
		out.await(t, c.told)
	}
}

// An XML object has a phone resync where it takes objects, from whom it takes them.
func TestPhoneTakesXMLObjects(t *testing.T) {
	server := files{"a.xml": someProfile}.serve(t)
	rule := "http://" + server.HTTP[0].String() + "/a.xml"
	for _, c := range []struct {
		about, set string
		password   string
		want       string // what push tells
		told       string // what the phone tells
	}{
		{"off", "No Trusted", "", "the phone answered 403 Forbidden", `answered 403, CISCO_XML_EXE_Enable is not Yes`},
		{"for everybody", "Yes Trusted", "", "the phone answered 200 OK", `resync succeeded \(an XML`},
		{"for the administrator", "Yes Local Credential", "Hunter2!", "the phone answered 200 OK", `resync succeeded \(an XML`},
		{"for the account", "Yes Remote Credential", "hunter3", "the phone answered 200 OK", `resync succeeded \(an XML`},
		{"a wrong password", "Yes Local Credential", "hunter3", "the phone answered 401 Unauthorized", `answered 401`},
	} {
		enable, mode, _ := strings.Cut(c.set, " ")
		out, stop := playing(t, "-set", "Resync_On_Reset=No", "-listen", ":0", "-set", "Admin_Password=Hunter2!", "-set", "User_ID_1_=admin",
			"-set", "Password_1_=hunter3", "-set", "CISCO_XML_EXE_Enable="+enable, "-set", "CISCO_XML_EXE_Auth_Mode="+mode)
		web := out.await(t, `http://(127\.0\.0\.1:\d+)/`)[1]
		t.Setenv("PROFILEGEN_PASSWORD", c.password)
		if _, said, errs := runHere(t.Context(), "push", "-xml", "-phone", web, rule); !strings.Contains(said, c.want) {
			t.Errorf("%s: push says %s%s, want %s", c.about, said, errs, c.want)
		}
		out.await(t, c.told)
		stop()
	}
}

// A value that another generation of firmware has from the factory is held all
// the same. It was compared with the defaults of firmware 11 once.
func TestPhoneOfAnotherGeneration(t *testing.T) {
	server := files{"a.xml": `<flat-profile><Web_Server_Port>443</Web_Server_Port><Enable_Protocol>Http</Enable_Protocol></flat-profile>`}.serve(t)
	rule := "http://" + server.HTTP[0].String() + "/a.xml"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-firmware", "11"}, `1 value changed\n.*\n?  Web_Server_Port: "80" → "443"`},
		{[]string{"-firmware", "12"}, `1 value changed\n.*\n?  Enable_Protocol: "Https" → "Http"`},
		{[]string{"-firmware", "12", "-set", "Enable_Protocol=Http"}, `0 values changed`},
	} {
		status, out := once(t, append(c.args, "-rule", rule)...)
		wants(t, fmt.Sprint(c.args), status, out, 0, c.want)
	}
}
