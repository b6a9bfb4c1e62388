package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
)

const profile = `<flat-profile><Resync_Periodic ua="na">3600</Resync_Periodic></flat-profile>` + "\n"

var sample = map[string][]byte{
	"000e08012345.xml":    []byte(profile),
	"Cisco/CP-8841/a.cfg": []byte("<html><script>alert(1)</script>"),
	"large.xml":           []byte("<x>" + strings.Repeat("abcdefgh", 10_000) + "</x>"),
	"firmware.loads":      pattern(100_000),
}

// do sends a request without following redirects or asking for gzip by itself.
func do(t *testing.T, method, url string, change func(*http.Request)) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return res, body
}

func httpURL(at netip.AddrPort, path string) string { return "http://" + at.String() + path }

func header(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for p := range slices.Chunk(pairs, 2) {
			r.Header.Set(p[0], p[1])
		}
	}
}

func TestHTTPFiles(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback})
	tests := []struct {
		name, method, path string
		header             []string
		status             int
		body               string
		check              map[string]string // response headers; "-": must not be there
	}{
		{"a profile", "GET", "/000e08012345.xml", nil, 200, profile, map[string]string{
			"Content-Type": "text/xml; charset=utf-8", "X-Content-Type-Options": "nosniff", "Content-Encoding": "-",
			"Content-Disposition": "attachment", "Content-Length": fmt.Sprint(len(profile)), "Accept-Ranges": "bytes", "Server": "-"}},
		{"what looks like HTML is not served as HTML", "GET", "/Cisco/CP-8841/a.cfg", nil, 200, "<html><script>alert(1)</script>",
			map[string]string{"Content-Type": "application/octet-stream", "Content-Security-Policy": "sandbox"}},
		{"firmware", "GET", "/firmware.loads", nil, 200, string(sample["firmware.loads"]), map[string]string{"Content-Type": "application/octet-stream"}},
		{"doubled slashes", "GET", "//000e08012345.xml", nil, 200, profile, nil},
		{"a query belongs to nobody", "GET", "/000e08012345.xml?password=secret", nil, 200, profile, nil},
		{"head", "HEAD", "/000e08012345.xml", nil, 200, "", map[string]string{"Content-Length": fmt.Sprint(len(profile))}},
		{"a range", "GET", "/000e08012345.xml", []string{"Range", "bytes=1-4"}, 206, "flat", map[string]string{"Content-Range": fmt.Sprintf("bytes 1-4/%d", len(profile))}},
		{"a range beyond the end", "GET", "/000e08012345.xml", []string{"Range", "bytes=9000-"}, 416, "invalid range: failed to overlap\n", nil},
		{"missing", "GET", "/none.xml", nil, 404, "Not Found\n", map[string]string{"X-Content-Type-Options": "nosniff"}},
		{"a folder", "GET", "/Cisco/", nil, 404, "Not Found\n", nil},
		{"the root", "GET", "/", nil, 404, "Not Found\n", nil},
		{"put", "PUT", "/new.xml", nil, 405, "Method Not Allowed\n", map[string]string{"Allow": "GET, HEAD"}},
		{"delete", "DELETE", "/000e08012345.xml", nil, 405, "Method Not Allowed\n", nil},
		{"post fetches (--post)", "POST", "/000e08012345.xml", nil, 200, profile, nil},
		{"any host name", "GET", "/000e08012345.xml", []string{"Host", "evil.test"}, 200, profile, nil},
		{"gzip with weight 0", "GET", "/large.xml", []string{"Accept-Encoding", "gzip;q=0"}, 200, string(sample["large.xml"]), map[string]string{"Content-Encoding": "-", "Vary": "Accept-Encoding"}},
		{"administration without any", "GET", "/_/events", nil, 404, "Not Found\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := do(t, tt.method, httpURL(s.HTTP[0], tt.path), header(tt.header...))
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if string(body) != tt.body {
				t.Errorf("body %q, want %q", body, tt.body)
			}
			for name, want := range tt.check {
				if got := res.Header.Get(name); got != strings.TrimPrefix(want, "-") {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestETag(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback})
	url := httpURL(s.HTTP[0], "/000e08012345.xml")
	first, _ := do(t, "GET", url, nil)
	tag := first.Header.Get("ETag")
	if len(tag) < 10 {
		t.Fatalf("ETag %q", tag)
	}
	again, body := do(t, "GET", url, header("If-None-Match", tag))
	if again.StatusCode != 304 || len(body) > 0 {
		t.Errorf("the same content again: status %d, %d bytes, want 304 and none", again.StatusCode, len(body))
	}
	other, _ := do(t, "GET", httpURL(s.HTTP[0], "/large.xml"), header("If-None-Match", tag))
	if other.StatusCode != 200 {
		t.Errorf("other content: status %d, want 200", other.StatusCode)
	}
}

func TestGzip(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback})
	url := httpURL(s.HTTP[0], "/large.xml")
	res, body := do(t, "GET", url, header("Accept-Encoding", "deflate, gzip"))
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Content-Length") != fmt.Sprint(len(body)) {
		t.Fatalf("headers %v", res.Header)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "unzipped", plain, sample["large.xml"])
	unzipped, _ := do(t, "GET", url, nil)
	if unzipped.Header.Get("ETag") == res.Header.Get("ETag") {
		t.Errorf("the zipped and the plain form have the same ETag")
	}
	if res, _ := do(t, "GET", httpURL(s.HTTP[0], "/firmware.loads"), header("Accept-Encoding", "gzip")); res.Header.Get("Content-Encoding") != "" {
		t.Errorf("firmware was compressed")
	}
}

func TestHTTPEvents(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback})
	agent := header("User-Agent", "Cisco-CP-8841-3PCC/11.0.1 (00562b043615)", "Authorization", "Basic c2VjcmV0OnNlY3JldA==")
	do(t, "GET", httpURL(s.HTTP[0], "/000e08012345.xml?password=secret"), agent)
	do(t, "GET", httpURL(s.HTTP[0], "/000E08012345.xml"), agent)
	do(t, "DELETE", httpURL(s.HTTP[0], "/x"), agent)
	events := s.awaitN(3)
	phone := Phone{MAC: "00562b043615", Model: "CP-8841-3PCC", Firmware: "11.0.1"}
	want := []Event{
		{Method: "GET", Path: "/000e08012345.xml", Outcome: Sent, Status: 200, Bytes: int64(len(profile))},
		{Method: "GET", Path: "/000E08012345.xml", Outcome: NotFound, Status: 404, Reason: "file does not exist"},
		{Method: "DELETE", Path: "/x", Outcome: Refused, Status: 405, Reason: errMethod.Error()},
	}
	for i, e := range events {
		if e.Took <= 0 || e.Time.IsZero() || !e.Remote.Addr().IsLoopback() {
			t.Errorf("event %d: %+v lacks a time or address", i, e)
		}
		w := want[i]
		w.Time, w.Remote, w.Took, w.Protocol, w.Phone = e.Time, e.Remote, e.Took, "http", phone
		if e != w {
			t.Errorf("event %d:\n got %+v\nwant %+v", i, e, w)
		}
		if text := fmt.Sprint(e); strings.Contains(strings.ToLower(text), "secret") {
			t.Errorf("a secret in %q", text)
		}
	}
}

func TestFilesFails(t *testing.T) {
	s := start(t, &Server{HTTP: loopback, TFTP: loopback, Files: func(_ context.Context, r Request) (File, error) {
		switch r.Path {
		case "/panic.xml":
			panic("secret detail")
		case "/forbidden.xml":
			return File{}, fs.ErrPermission
		}
		return File{}, errors.New("open /srv/secret: too many open files")
	}})
	for _, tt := range []struct {
		path         string
		status, code int
		outcome      Outcome
	}{
		{"/broken.xml", 500, codeUndefined, Failed},
		{"/panic.xml", 500, codeUndefined, Failed},
		{"/forbidden.xml", 403, codeAccess, Refused},
	} {
		res, body := do(t, "GET", httpURL(s.HTTP[0], tt.path), nil)
		if res.StatusCode != tt.status || strings.Contains(string(body), "secret") {
			t.Errorf("http %s: %d %q, want status %d and no detail", tt.path, res.StatusCode, body, tt.status)
		}
		c := newUDP(t)
		c.send(rrq(tt.path, "octet"), s.TFTP[0])
		if got, _ := c.read(); !bytes.Equal(got, errorPacket(tt.code)) {
			t.Errorf("tftp %s: %q, want %q", tt.path, got, errorPacket(tt.code))
		}
		for _, protocol := range []string{"http", "tftp"} {
			s.await(protocol+" "+tt.path, func(e Event) bool {
				return e.Protocol == protocol && e.Path == tt.path && e.Outcome == tt.outcome && e.Reason != ""
			})
		}
	}
}

func TestLogin(t *testing.T) {
	auth := Auth{User: "phone", Passwords: []string{"new-one", "old-one"}}
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, Auth: auth, MissesPerMinute: 1000})
	url := httpURL(s.HTTP[0], "/000e08012345.xml")
	login := func(user, password, algorithm string, change func(*digest.Credentials)) func(*http.Request) {
		return func(r *http.Request) {
			if algorithm == "" {
				r.SetBasicAuth(user, password)
				return
			}
			res, _ := do(t, "GET", url, nil)
			for _, h := range res.Header.Values("WWW-Authenticate") {
				if !strings.Contains(h, "algorithm="+algorithm) {
					continue
				}
				c, err := digest.ParseChallenge(h)
				if err != nil {
					t.Fatal(err)
				}
				cred, err := digest.Digest(c, digest.Options{Method: "GET", URI: r.URL.RequestURI(), Username: user, Password: password})
				if err != nil {
					t.Fatal(err)
				}
				if change != nil {
					change(cred)
				}
				r.Header.Set("Authorization", cred.String())
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"none", nil, 401},
		{"basic, new password", login("phone", "new-one", "", nil), 200},
		{"basic, old password", login("phone", "old-one", "", nil), 200},
		{"basic, wrong password", login("phone", "wrong", "", nil), 401},
		{"basic, empty password", login("phone", "", "", nil), 401},
		{"basic, wrong user", login("admin", "new-one", "", nil), 401},
		{"digest MD5, new password", login("phone", "new-one", "MD5", nil), 200},
		{"digest MD5, old password", login("phone", "old-one", "MD5", nil), 200},
		{"digest SHA-256, new password", login("phone", "new-one", "SHA-256", nil), 200},
		{"digest, wrong password", login("phone", "wrong", "MD5", nil), 401},
		{"digest, wrong user", login("admin", "new-one", "MD5", nil), 401},
		{"digest, another's nonce", login("phone", "new-one", "MD5", func(c *digest.Credentials) { c.Nonce = "5f000000-00" }), 401},
		{"digest, for another path", login("phone", "new-one", "MD5", func(c *digest.Credentials) { c.URI = "/" }), 401},
		{"something else", header("Authorization", "Bearer x"), 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := do(t, "GET", url, tt.change)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if tt.status == 401 && (strings.Contains(string(body), "flat-profile") || len(res.Header.Values("WWW-Authenticate")) != 3) {
				t.Errorf("a refusal with %q and challenges %q", body, res.Header.Values("WWW-Authenticate"))
			}
		})
	}
	for _, args := range [][]string{{"--digest"}, {"--basic"}, {"--anyauth"}} {
		t.Run("curl "+args[0], func(t *testing.T) {
			out, err := exec.Command(program(t, "curl"), append(args, "-sf", "-u", "phone:old-one", url)...).Output()
			if err != nil || string(out) != profile {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
	for _, e := range s.all() {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "-one") {
			t.Errorf("a password in %s", text)
		}
	}
}

func TestNonceAges(t *testing.T) {
	a := newAuthenticator(Auth{})
	now := time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)
	nonce := a.nonce(now)
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {nonceTime - time.Second, true}, {nonceTime, false}, {-time.Minute, false}} {
		if got := a.nonceGood(nonce, now.Add(tt.after)); got != tt.want {
			t.Errorf("after %s: %t, want %t", tt.after, got, tt.want)
		}
	}
	if newAuthenticator(Auth{}).nonceGood(nonce, now) {
		t.Errorf("a nonce of another server is good")
	}
}

func TestAdmin(t *testing.T) {
	admin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "admin ", r.URL.Path) })
	s := start(t, &Server{Files: memory(sample), Admin: admin, AdminHosts: []string{"lab.example"}, HTTP: loopback})
	own := s.HTTP[0].String()
	for _, tt := range []struct {
		name, method, path, host string
		header                   []string
		status                   int
	}{
		{"address", "GET", "/_/events", own, nil, 200},
		{"localhost", "GET", "/_/events", "localhost:1", nil, 200},
		{"IPv6 address", "GET", "/_/events", "[::1]:8080", nil, 200},
		{"our name", "GET", "/_/events", "LAB.example", nil, 200},
		{"rebinding", "GET", "/_/events", "evil.test", nil, 421},
		{"rebinding, same origin for the browser", "POST", "/_/fault", "evil.test", []string{"Sec-Fetch-Site", "same-origin"}, 421},
		{"a name that begins like an address", "GET", "/_/events", "127.0.0.1.evil.test", nil, 421},
		{"post from our page", "POST", "/_/fault", own, []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"post by a program", "POST", "/_/fault", own, nil, 200},
		{"post from a foreign page", "POST", "/_/fault", own, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"post from a page on another port", "POST", "/_/fault", own, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"post with a foreign origin", "POST", "/_/fault", own, []string{"Origin", "http://evil.test"}, 403},
		{"delete from a foreign page", "DELETE", "/_/fault", own, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a phone may use any name", "GET", "/000e08012345.xml", "evil.test", nil, 200},
		{"a browser is led to the page", "GET", "/", own, []string{"Accept", "text/html,*/*"}, 302},
		{"something else is not", "GET", "/", own, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, body := do(t, tt.method, httpURL(s.HTTP[0], tt.path), func(r *http.Request) {
				r.Host = tt.host
				header(tt.header...)(r)
			})
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d (%q)", res.StatusCode, tt.status, body)
			}
		})
	}
}

func TestNetworks(t *testing.T) {
	s := start(t, &Server{
		Files: memory(sample), Admin: http.NotFoundHandler(), HTTP: loopback, TFTP: loopback,
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	})
	for _, path := range []string{"/000e08012345.xml", "/none", "/_/events"} {
		if res, _ := do(t, "GET", httpURL(s.HTTP[0], path), nil); res.StatusCode != 403 {
			t.Errorf("%s: status %d, want 403", path, res.StatusCode)
		}
	}
	c := newUDP(t)
	c.send(rrq("000e08012345.xml", "octet"), s.TFTP[0])
	if got, _ := c.read(); !bytes.Equal(got, errorPacket(codeAccess)) {
		t.Errorf("tftp: %q, want access denied", got)
	}
}

func TestSegment(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, TFTP: loopback, Segment: "k3x9"})
	for path, status := range map[string]int{
		"/k3x9/000e08012345.xml": 200, "/000e08012345.xml": 404, "/k3x9": 404, "/k3x/000e08012345.xml": 404, "/k3x9/../000e08012345.xml": 404,
	} {
		if res, _ := do(t, "GET", httpURL(s.HTTP[0], path), nil); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, status)
		}
	}
	c := newUDP(t)
	c.send(rrq("/k3x9/000e08012345.xml", "octet"), s.TFTP[0])
	got, from := c.read()
	if string(got) != "\x00\x03\x00\x01"+profile {
		t.Errorf("tftp: %q", got)
	}
	c.send([]byte("\x00\x04\x00\x01"), from)
	e := s.await("the good tftp request", func(e Event) bool { return e.Protocol == "tftp" })
	if e.Path != "/000e08012345.xml" {
		t.Errorf("the event tells the path %q", e.Path)
	}
}

// Events of requests that were refused before anybody looked for the file told the segment.
func TestSegmentInNoEvent(t *testing.T) {
	const segment = "k3x9"
	common := Server{Files: memory(sample), HTTP: loopback, TFTP: loopback, Segment: segment, MissesPerMinute: 1000}
	login, barred := common, common
	login.Auth = Auth{User: "u", Passwords: []string{"p"}}
	barred.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, server := range []*testServer{start(t, &login), start(t, &barred)} {
		sent := 0
		for _, path := range []string{"/k3x9/a.xml", "/k3x9", "//k3x9//a.xml", "/k3x9/../a.xml", "/x/k3x9/a.xml", "/" + strings.Repeat("k3x9/", 60)} {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				do(t, method, httpURL(server.HTTP[0], path), nil)
				sent++
			}
			for _, mode := range []string{"octet", "mail"} {
				c := newUDP(t)
				c.send(rrq(path, mode), server.TFTP[0])
				c.read()
				sent++
			}
		}
		seen := map[string]int{}
		for _, e := range server.awaitN(sent) {
			seen[e.Path]++
			if text := fmt.Sprintf("%+v %s", e, e); strings.Contains(text, segment) {
				t.Errorf("an event tells the segment: %s", text)
			}
		}
		if seen["/"] != 5 || seen["/a.xml"] != 10 {
			t.Errorf("the events tell the paths %v, want / 5 times and /a.xml 10 times", seen)
		}
	}
}

func TestUploads(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := start(t, &Server{Uploads: SaveTo(root), HTTP: loopback, UploadLimit: 1000})
	body := func(n int) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(pattern(n))), int64(n)
		}
	}
	chunked := func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(pattern(1001))), -1 }
	for _, tt := range []struct {
		name, method, path string
		change             func(*http.Request)
		status             int
	}{
		{"put", "PUT", "/reports/a.xml", body(1000), 201},
		{"post", "POST", "/reports/b.xml", body(10), 201},
		{"the name is taken", "PUT", "/reports/a.xml", body(5), 409},
		{"too large", "PUT", "/reports/c.xml", body(1001), 413},
		{"too large, not announced", "PUT", "/reports/c.xml", chunked, 413},
		{"a dot file", "PUT", "/.ssh/authorized_keys", body(5), 403},
		{"out of the folder", "PUT", "/reports/../../c.xml", body(5), 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, text := do(t, tt.method, httpURL(s.HTTP[0], tt.path), tt.change)
			if res.StatusCode != tt.status {
				t.Errorf("status %d %q, want %d", res.StatusCode, text, tt.status)
			}
		})
	}
	got, err := os.ReadFile(filepath.Join(dir, "reports", "a.xml"))
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "the stored report", got, pattern(1000))
	files, err := os.ReadDir(filepath.Join(dir, "reports"))
	if err != nil || len(files) != 2 {
		t.Errorf("files %v, %v: want a.xml and b.xml", files, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "reports", "a.xml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a report has mode %v, %v, want 0600", info.Mode(), err)
	}
}

func TestHTTPS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	authority, err := OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{caKeyFile, serverKeyFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", name, info, err)
		}
	}
	again, err := OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Fingerprint != authority.Fingerprint || len(again.Fingerprint) != 95 {
		t.Errorf("fingerprints %q and, read again, %q", authority.Fingerprint, again.Fingerprint)
	}
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, HTTPS: loopback, Authority: again, AskCertificate: true, AdminHosts: []string{"lab.example"}, Admin: http.NotFoundHandler()})

	// As a phone does: the CA certificate over HTTP, then the profile over HTTPS.
	res, ca := do(t, "GET", httpURL(s.HTTP[0], caPath), func(r *http.Request) { r.Host = "phone-sees-any.name" })
	if res.StatusCode != 200 || !bytes.Equal(ca, authority.Certificate) {
		t.Fatalf("the CA certificate: status %d, %q", res.StatusCode, ca)
	}
	phone := Phone{MAC: "00562b043615", Model: "CP-8841-3PCC", Serial: "FCH12345678"}
	cert, err := authority.Issue(phone)
	if err != nil {
		t.Fatal(err)
	}
	get := func(config *tls.Config) error {
		transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
		res, err := (&http.Client{Transport: transport}).Get("https://" + s.HTTPS[0].String() + "/000e08012345.xml")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if string(body) != profile {
			t.Errorf("body %q", body)
		}
		return err
	}
	if err := get(&tls.Config{RootCAs: authority.Pool(), Certificates: []tls.Certificate{cert}}); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	e := s.await("the fetch with a certificate", func(e Event) bool { return e.Protocol == "https" })
	if e.Phone != phone || e.Outcome != Sent {
		t.Errorf("event %+v, want phone %+v", e, phone)
	}
	if err := get(&tls.Config{RootCAs: authority.Pool(), ServerName: "lab.example"}); err != nil {
		t.Errorf("by name: %v", err)
	}
	if err := get(&tls.Config{RootCAs: authority.Pool(), ServerName: "other.example"}); err == nil {
		t.Errorf("the certificate is good for a foreign name")
	}
	if err := get(&tls.Config{RootCAs: authority.Pool(), MaxVersion: tls.VersionTLS11}); err == nil {
		t.Errorf("TLS 1.1 is accepted")
	}
	if err := get(&tls.Config{}); err == nil {
		t.Errorf("trusted without the CA")
	}
	s.await("a client that does not trust us", func(e Event) bool {
		return e.Outcome == Failed && strings.Contains(e.Reason, "tls: remote error") && e.Remote.Addr().IsLoopback()
	})
}

func TestAuthorityRefusesForeignKey(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		if _, err := OpenAuthority(d); err != nil {
			t.Fatal(err)
		}
	}
	key, err := os.ReadFile(filepath.Join(other, caKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, caKeyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAuthority(dir); err == nil || !strings.Contains(err.Error(), "does not belong") {
		t.Errorf("a certificate with another's key: %v", err)
	}
}

func TestMisses(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, TFTP: loopback, MissesPerMinute: 5})
	count := map[int]int{}
	for i := range 40 {
		res, _ := do(t, "GET", httpURL(s.HTTP[0], fmt.Sprintf("/000e0801%04x.xml", i)), nil)
		count[res.StatusCode]++
	}
	if count[404] < 5 || count[404] > 8 || count[404]+count[429] != 40 {
		t.Errorf("answers %v, want about 5 of 404 and the rest 429", count)
	}
	if res, _ := do(t, "GET", httpURL(s.HTTP[0], "/000e08012345.xml"), nil); res.StatusCode != 200 {
		t.Errorf("a file that is there: status %d, want 200", res.StatusCode)
	}
	s.await("an alarm", func(e Event) bool { return e.Outcome == Alarm })
	c := newUDP(t)
	c.send(rrq("none.xml", "octet"), s.TFTP[0])
	e := s.await("a tftp miss", func(e Event) bool { return e.Protocol == "tftp" })
	if e.Outcome != Refused || e.TFTPError != nil {
		t.Errorf("the tftp miss: %v, want no answer", e)
	}
}

// Names that are harmless to miss have a limit of their own, and using it up is an alarm as well.
func TestHarmlessMisses(t *testing.T) {
	s := start(t, &Server{HTTP: loopback, MissesPerMinute: 5, Files: func(_ context.Context, r Request) (File, error) {
		if strings.HasPrefix(r.Path, "/Cisco/") {
			return File{}, fmt.Errorf("%w: %w", ErrHarmless, fs.ErrNotExist)
		}
		return File{}, fs.ErrNotExist
	}})
	count := map[string]map[int]int{"/Cisco/": {}, "/": {}}
	ask := func(folder string, n int) {
		for i := range n {
			res, _ := do(t, "GET", httpURL(s.HTTP[0], fmt.Sprintf("%s%04x.cfg", folder, i)), nil)
			count[folder][res.StatusCode]++
		}
	}
	alarms := func() (n int) {
		for _, e := range s.all() {
			if e.Outcome == Alarm {
				n++
			}
		}
		return n
	}
	const many = 5 * harmlessMisses
	ask("/Cisco/", many)
	if count["/Cisco/"][404] != many || alarms() != 0 {
		t.Errorf("harmless misses: answers %v and %d alarms, want %d of 404", count, alarms(), many)
	}
	ask("/", 40) // which have not been used up
	if n := count["/"][404]; n < 5 || n == 40 || alarms() != 1 {
		t.Errorf("other misses: answers %v and %d alarms, want about 5 of 404 and an alarm", count, alarms())
	}
	for alarms() < 2 && count["/Cisco/"][429] == 0 {
		ask("/Cisco/", many)
	}
	if alarms() != 2 {
		t.Errorf("%d alarms after %v answers, want one for harmless names, too", alarms(), count)
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), HTTP: loopback, Connections: 2})
	var open []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", s.HTTP[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		// One request shows that the connection has been accepted.
		fmt.Fprintf(c, "HEAD /000e08012345.xml HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := c.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	third, err := net.Dial("tcp", s.HTTP[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	third.SetReadDeadline(time.Now().Add(patience))
	if n, err := third.Read(make([]byte, 1)); n > 0 || os.IsTimeout(err) {
		t.Errorf("the connection beyond the cap is held: %v", err)
	}
	open[0].Close()
	for range 1000 { // the server notices the end in its own time
		if res, err := http.Head(httpURL(s.HTTP[0], "/000e08012345.xml")); err == nil {
			res.Body.Close()
			http.DefaultClient.CloseIdleConnections()
			return
		}
	}
	t.Errorf("no connection after one has ended")
}

func TestShutdownWithSlowClients(t *testing.T) {
	s := start(t, &Server{Files: memory(map[string][]byte{"big": pattern(20_000_000)}), HTTP: loopback, TFTP: loopback})
	for range 4 {
		c, err := net.Dial("tcp", s.HTTP[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := c.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err) // and then it reads no more
		}
		u := newUDP(t)
		u.send(rrq("big", "octet"), s.TFTP[0])
		_, from := u.read()
		u.send([]byte{0, opACK, 0, 1}, from)
		u.read() // and acknowledges no more
	}
	began := time.Now()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the end took %s", took)
	}
	cut := 0
	for _, e := range s.all() {
		if e.Protocol == "tftp" && e.Outcome == Cut || e.Protocol == "http" && e.Outcome == Failed {
			cut++
		}
	}
	if cut != 8 {
		t.Errorf("%d of 8 transfers were reported as cut: %v", cut, s.all())
	}
}

func TestListensAllOrNothing(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	s := &Server{TFTP: loopback, HTTP: []string{addr, taken.Listener.Addr().String()}}
	if err := s.Run(t.Context(), func(Bound) { t.Error("ready is called") }); err == nil || !strings.Contains(err.Error(), "listening for http") {
		t.Errorf("error %v", err)
	}
	again, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the listener that could be opened is still open: %v", err)
	}
	again.Close()
}
