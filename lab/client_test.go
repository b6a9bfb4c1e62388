package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func parseURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Over TFTP a name went out with escapes that nobody had written, and ended at a "#".
func TestClientTFTPNames(t *testing.T) {
	asked := make(chan string, 1)
	s := start(t, &Server{TFTP: loopback, Files: func(_ context.Context, r Request) (File, error) {
		asked <- r.Path
		return File{Content: strings.NewReader("x")}, nil
	}})
	for _, name := range []string{"/a.xml", "/a#b.xml", "/ä b.xml", "/a%20b", "/%61", "/100%25", "/q?x=ä#y", "/q?", "/\"<>^`{|}"} {
		u := parseURL(t, "tftp://"+s.TFTP[0].String()+name)
		if _, err := new(Client).Do(t.Context(), Fetch{URL: u}); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if got := <-asked; got != name {
			t.Errorf("the server was asked for %q, want %q", got, name)
		}
	}
}

// TestClientFetches fetches over each protocol from our own server.
func TestClientFetches(t *testing.T) {
	authority, err := OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"a.xml": []byte(profile), "empty": {}, "blocks": pattern(1024), "large": pattern(3 << 20), "q.xml?x=1": []byte("query")}
	s := start(t, &Server{Files: memory(files), TFTP: loopback, HTTP: loopback, HTTPS: loopback, Authority: authority, AskCertificate: true,
		Auth: Auth{User: "u", Passwords: []string{"p w"}}})
	cert, err := authority.Issue(Phone{MAC: "00562b043615", Model: "CP-8841-3PCC"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Client{
		{UserAgent: "Cisco-CP-8841-3PCC/11.0 (00562b043615)", Roots: authority.Pool(), Certificate: &cert},
		{BlockSize: 1428, Roots: authority.Pool()},
	} {
		defer c.Close()
		for name, want := range files {
			for scheme, at := range map[string]netip.AddrPort{"tftp": s.TFTP[0], "http": s.HTTP[0], "https": s.HTTPS[0]} {
				if scheme != "tftp" && strings.Contains(name, "?") {
					continue
				}
				r, err := c.Do(t.Context(), Fetch{URL: parseURL(t, scheme+"://u:p%20w@"+at.String()+"/"+name)})
				if err != nil {
					t.Errorf("%s %s: %v", scheme, name, err)
					continue
				}
				sameBytes(t, scheme+" "+name, r.Body, want)
				if !r.Remote.IsLoopback() || r.Took <= 0 || scheme != "tftp" && (r.Status != 200 || r.Header.Get("ETag") == "") {
					t.Errorf("%s %s: reply %+v", scheme, name, r)
				}
			}
		}
		for _, where := range []string{"tftp://" + s.TFTP[0].String(), "http://u:p%20w@" + s.HTTP[0].String()} {
			if _, err := c.Do(t.Context(), Fetch{URL: parseURL(t, where+"/none.xml")}); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: a missing file: %v", where, err)
			}
			if _, err := c.Do(t.Context(), Fetch{URL: parseURL(t, where+"/a.xml"), Method: "PUT", Body: []byte("x")}); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: an upload that is not taken: %v", where, err)
			}
		}
	}
	e := s.await("a fetch by the phone", func(e Event) bool { return e.Protocol == "https" })
	if e.Phone.MAC != "00562b043615" {
		t.Errorf("event %v, want the phone", e)
	}
}

func TestClientUploads(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	faults := new(Faults)
	s := start(t, &Server{Uploads: SaveTo(root), TFTP: loopback, HTTP: loopback, UploadLimit: 50_000, Faults: faults})
	c := &Client{Wait: 100 * time.Millisecond, Tries: 100}
	defer c.Close()
	for i, n := range []int{0, 512, 50_000} {
		for scheme, at := range map[string]netip.AddrPort{"tftp": s.TFTP[0], "http": s.HTTP[0]} {
			u := parseURL(t, fmt.Sprintf("%s://%s/%s-%d", scheme, at, scheme, i))
			r, err := c.Do(t.Context(), Fetch{URL: u, Method: "PUT", Body: pattern(n)})
			if err != nil || scheme == "http" && r.Status != 201 {
				t.Errorf("%s: %v (%+v)", u, err, r)
			}
			got, err := os.ReadFile(filepath.Join(dir, u.Path))
			if err != nil {
				t.Error(err)
			}
			sameBytes(t, u.Path, got, pattern(n))
		}
	}
	for path, want := range map[string]int{"tftp-1": codeExists, "too-large": codeFull, ".hidden": codeAccess} {
		_, err := c.Do(t.Context(), Fetch{URL: parseURL(t, "tftp://"+s.TFTP[0].String()+"/"+path), Method: "PUT", Body: pattern(50_001)})
		if te := (*TFTPError)(nil); !errors.As(err, &te) || te.Code != want {
			t.Errorf("%s: %v, want tftp error %d", path, err, want)
		}
	}
	id, err := faults.Add(Fault{Kind: FaultLostBlocks, Loss: 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), Fetch{URL: parseURL(t, "tftp://"+s.TFTP[0].String()+"/lossy"), Method: "PUT", Body: pattern(20_000)}); err != nil {
		t.Errorf("with lost acknowledgements: %v", err)
	}
	faults.Remove(id)
	got, err := root.ReadFile("lossy")
	if err != nil {
		t.Error(err)
	}
	sameBytes(t, "stored in spite of loss", got, pattern(20_000))
	stored, refused := 0, 0
	s.await("the last upload", func(e Event) bool { return e.Path == "/lossy" })
	for _, e := range s.transfers() {
		switch e.Outcome {
		case Stored:
			stored++
		case Refused:
			refused++
		}
	}
	if stored != 7 || refused != 3 {
		t.Errorf("%d stored and %d refused, want 7 and 3: %v", stored, refused, s.all())
	}
}

// TestForeignUploads has other programs write.
func TestForeignUploads(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := start(t, &Server{Uploads: SaveTo(root), TFTP: loopback})
	port := fmt.Sprint(s.TFTP[0].Port())
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, pattern(20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"tftp":    {"-m", "octet", "127.0.0.1", port, "-c", "put", in, "by-tftp"},
		"atftp":   {"--option", "blksize 1428", "-p", "-l", in, "-r", "by-atftp", "127.0.0.1", port},
		"curl":    {"-s", "-T", in, "tftp://127.0.0.1:" + port + "/by-curl"},
		"busybox": {"tftp", "-p", "-l", in, "-r", "by-busybox", "127.0.0.1", port},
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := exec.Command(program(t, name), args...).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
			got, err := root.ReadFile("by-" + name)
			if err != nil {
				t.Error(err)
			}
			sameBytes(t, "stored", got, pattern(20_000))
		})
	}
}

// TestClientHTTP holds the client against a server that is not ours.
func TestClientHTTP(t *testing.T) {
	var asked []string
	mux := http.NewServeMux()
	handle := func(path string, f http.HandlerFunc) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, fmt.Sprintf("%s %s auth=%t agent=%q enc=%q", r.Method, r.URL.Path, r.Header.Get("Authorization")+r.Header.Get("Proxy-Authorization") != "", r.UserAgent(), r.Header.Get("Accept-Encoding")))
			f(w, r)
		})
	}
	handle("/plain", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "body") })
	handle("/moved", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://u:geheim@other.example/x")
		w.WriteHeader(302)
	})
	handle("/partial", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(206) })
	handle("/gone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(410) })
	handle("/long", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, io.LimitReader(zeros{}, 5<<20)) })
	handle("/short", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
	})
	handle("/post", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Header.Get("Content-Type"), body)
	})
	handle("/proxy", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") == "" {
			w.Header().Set("Proxy-Authenticate", `Basic realm="x"`)
			w.WriteHeader(407)
			return
		}
		fmt.Fprint(w, r.Header.Get("Proxy-Authorization"))
	})
	stale := 0
	handle("/stale", func(w http.ResponseWriter, r *http.Request) {
		if stale++; stale < 3 {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm="x", nonce="n%d", qop="auth", stale=%t`, stale, stale == 2))
			w.WriteHeader(401)
			return
		}
		fmt.Fprint(w, strings.Contains(r.Header.Get("Authorization"), `nonce="n2"`))
	})
	handle("/never", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(401)
	})
	handle("/odd", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Negotiate`)
		w.WriteHeader(401)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")

	for _, tt := range []struct {
		name  string
		fetch Fetch
		body  string
		err   string
		asked []string
	}{
		{"plain", Fetch{URL: parseURL(t, "http://"+host+"/plain")}, "body", "", []string{`GET /plain auth=false agent="phone" enc=""`}},
		{"a login is not sent unasked", Fetch{URL: parseURL(t, "http://u:p@"+host+"/plain")}, "body", "", []string{`GET /plain auth=false agent="phone" enc=""`}},
		{"encoding", Fetch{URL: parseURL(t, "http://"+host+"/plain"), AcceptEncoding: "aes128gcm"}, "body", "", []string{`GET /plain auth=false agent="phone" enc="aes128gcm"`}},
		{"redirects are not followed", Fetch{URL: parseURL(t, "http://"+host+"/moved")}, "", `the server answered 302 Found to "http://u:xxxxx@other.example/x"`, []string{`GET /moved auth=false agent="phone" enc=""`}},
		{"other 2xx", Fetch{URL: parseURL(t, "http://"+host+"/partial")}, "", `the server answered 206 Partial Content`, nil},
		{"gone is not the same as missing", Fetch{URL: parseURL(t, "http://"+host+"/gone")}, "", `the server answered 410 Gone`, nil},
		{"too long", Fetch{URL: parseURL(t, "http://"+host+"/long")}, "", `the reply is longer than is taken: 4,194,304 bytes`, nil},
		{"broken off", Fetch{URL: parseURL(t, "http://"+host+"/short")}, "half", `the reply broke off after 4 bytes: unexpected EOF`, nil},
		{"post", Fetch{URL: parseURL(t, "http://"+host+"/post"), Body: []byte("x=1")}, "text/plain x=1", "", nil},
		{"proxy login", Fetch{URL: parseURL(t, "http://u:p@"+host+"/proxy")}, "Basic dTpw", "", nil},
		{"a nonce too old", Fetch{URL: parseURL(t, "http://u:p@"+host+"/stale")}, "true", "", nil},
		{"a wrong login is tried once", Fetch{URL: parseURL(t, "http://u:p@"+host+"/never")}, "", "the server answered 401 Unauthorized",
			[]string{`GET /never auth=false agent="phone" enc=""`, `GET /never auth=true agent="phone" enc=""`}},
		{"no login to answer with", Fetch{URL: parseURL(t, "http://"+host+"/never")}, "", "the server answered 401 Unauthorized", []string{`GET /never auth=false agent="phone" enc=""`}},
		{"unknown scheme of login", Fetch{URL: parseURL(t, "http://u:p@"+host+"/odd")}, "", "the server answered 401 Unauthorized", []string{`GET /odd auth=false agent="phone" enc=""`}},
		{"unknown scheme", Fetch{URL: parseURL(t, "ftp://"+host+"/x")}, "", `scheme "ftp" is none of tftp, http, https`, []string{}},
		{"port 0", Fetch{URL: parseURL(t, "http://127.0.0.1:0/x")}, "", `port "0" is not between 1 and 65535`, []string{}},
		{"link-local", Fetch{URL: parseURL(t, "http://169.254.169.254/x")}, "", `"169.254.169.254" is at 169.254.169.254, a link-local or special address; nothing is fetched from there`, []string{}},
		{"link-local in IPv6 clothes", Fetch{URL: parseURL(t, "http://[::ffff:169.254.169.254]/x")}, "", `"::ffff:169.254.169.254" is at 169.254.169.254, a link-local or special address; nothing is fetched from there`, []string{}},
		{"link-local over tftp", Fetch{URL: parseURL(t, "tftp://169.254.1.1/x")}, "", `"169.254.1.1" is at 169.254.1.1, a link-local or special address; nothing is fetched from there`, []string{}},
		{"a path too long for tftp", Fetch{URL: parseURL(t, "tftp://127.0.0.1/"+strings.Repeat("a", 255))}, "", `a path of 256 characters; tftp takes 255 at most`, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			c := &Client{UserAgent: "phone"}
			defer c.Close()
			r, err := c.Do(t.Context(), tt.fetch)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if text != tt.err {
				t.Errorf("error %q, want %q", text, tt.err)
			}
			if string(r.Body) != tt.body {
				t.Errorf("body %.100q, want %q", r.Body, tt.body)
			}
			if errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v counts as not there", err)
			}
			if tt.asked != nil && fmt.Sprint(asked) != fmt.Sprint(tt.asked) {
				t.Errorf("the server was asked\n     %q\nwant %q", asked, tt.asked)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestClientTriesEachAddress(t *testing.T) {
	s := start(t, &Server{Files: memory(sample), TFTP: loopback, HTTP: loopback})
	c := &Client{Tries: 2, Wait: 20 * time.Millisecond, Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
		if host != "lab.example" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		return []netip.Addr{netip.MustParseAddr("169.254.0.1"), netip.MustParseAddr("127.0.0.77"), netip.MustParseAddr("127.0.0.1")}, nil
	}}
	defer c.Close()
	for scheme, at := range map[string]netip.AddrPort{"tftp": s.TFTP[0], "http": s.HTTP[0]} {
		r, err := c.Do(t.Context(), Fetch{URL: parseURL(t, fmt.Sprintf("%s://lab.example:%d/000e08012345.xml", scheme, at.Port()))})
		if err != nil || string(r.Body) != profile || r.Remote.String() != "127.0.0.1" {
			t.Errorf("%s: %v, %+v", scheme, err, r)
		}
		if _, err := c.Do(t.Context(), Fetch{URL: parseURL(t, scheme+"://none.example/x")}); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: an unknown host: %v", scheme, err)
		}
	}
}

func TestClientDoesNotTrustAnyCA(t *testing.T) {
	a, err := OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, &Server{Files: memory(sample), HTTPS: loopback, Authority: a})
	c := &Client{Roots: b.Pool()}
	defer c.Close()
	if _, err := c.Do(t.Context(), Fetch{URL: parseURL(t, "https://"+s.HTTPS[0].String()+"/000e08012345.xml")}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server of another authority: %v", err)
	}
}

// hostile is a TFTP server that says what it is told to.
func hostile(t *testing.T, answer func(u udp, request []byte, client netip.AddrPort)) *url.URL {
	t.Helper()
	u := newUDP(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 65536)
		for {
			n, from, err := u.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			answer(u, b[:n], unmap(from))
		}
	}()
	t.Cleanup(func() { u.Close(); <-done })
	return &url.URL{Scheme: "tftp", Host: u.LocalAddr().String(), Path: "/f"}
}

func dataBlock(n int, content string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, opDATA}, uint16(n))
	return append(b, content...)
}

func TestClientAgainstHostileTFTP(t *testing.T) {
	full := strings.Repeat("x", 512)
	isRequest := func(b []byte) bool { return b[1] == opRRQ }
	for _, tt := range []struct {
		name   string
		client *Client
		answer func(u udp, b []byte, from netip.AddrPort)
		body   string
		err    string
	}{
		{"junk before the file", &Client{}, func(u udp, b []byte, from netip.AddrPort) {
			for _, junk := range []string{"", "\x00", "\x00\x09ab", "\x00\x06blksize\x008\x00", "\x00\x01a\x00octet\x00", "\x00\x04\x00\x01"} {
				u.WriteToUDPAddrPort([]byte(junk), from)
			}
			u.WriteToUDPAddrPort(dataBlock(1, "good"), from)
		}, "good", ""},
		{"a block larger than agreed", &Client{}, func(u udp, b []byte, from netip.AddrPort) {
			u.WriteToUDPAddrPort(dataBlock(1, full+"more"), from)
		}, "", "no answer from SERVER in 2 tries"},
		{"silence", &Client{}, func(udp, []byte, netip.AddrPort) {}, "", "no answer from SERVER in 2 tries"},
		{"silence after the first block", &Client{}, func(u udp, b []byte, from netip.AddrPort) {
			if isRequest(b) {
				u.WriteToUDPAddrPort(dataBlock(1, full), from)
			}
		}, "", "the server stopped answering in the middle of the transfer"},
		{"an error with steering characters", &Client{}, func(u udp, b []byte, from netip.AddrPort) {
			u.WriteToUDPAddrPort([]byte("\x00\x05\x00\x02\x1b[2Jno\x00junk"), from)
		}, "", `the server answered tftp error 2: "\x1b[2Jno"`},
		{"an endless file", &Client{MaxBytes: 10_000}, func(u udp, b []byte, from netip.AddrPort) {
			if isRequest(b) {
				u.WriteToUDPAddrPort(dataBlock(1, full), from)
			} else if b[1] == opACK {
				u.WriteToUDPAddrPort(dataBlock(int(binary.BigEndian.Uint16(b[2:]))+1, full), from)
			}
		}, "", "the reply is longer than is taken: 10,000 bytes"},
		{"more than was asked for in an option", &Client{BlockSize: 1024}, func(u udp, b []byte, from netip.AddrPort) {
			u.WriteToUDPAddrPort([]byte("\x00\x06blksize\x001428\x00"), from)
		}, "", "no answer from SERVER in 2 tries"},
		{"an option that was not asked for", &Client{BlockSize: 1024}, func(u udp, b []byte, from netip.AddrPort) {
			u.WriteToUDPAddrPort([]byte("\x00\x06blksize\x001024\x00windowsize\x008\x00"), from)
		}, "", "no answer from SERVER in 2 tries"},
		{"a server that knows no options", &Client{BlockSize: 1024}, func(u udp, b []byte, from netip.AddrPort) {
			if isRequest(b) {
				u.WriteToUDPAddrPort(dataBlock(1, full), from)
			} else {
				u.WriteToUDPAddrPort(dataBlock(2, "end"), from)
			}
		}, full + "end", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.client
			c.Tries, c.Wait = 2, 50*time.Millisecond
			u := hostile(t, tt.answer)
			r, err := c.Do(t.Context(), Fetch{URL: u})
			text := ""
			if err != nil {
				text = strings.ReplaceAll(err.Error(), u.Host, "SERVER")
			}
			if text != tt.err || string(r.Body) != tt.body {
				t.Errorf("got %.50q, %q\nwant %.50q, %q", r.Body, text, tt.body, tt.err)
			}
		})
	}
	t.Run("another host's packets", func(t *testing.T) {
		stranger := newUDP(t)
		u := hostile(t, func(u udp, b []byte, from netip.AddrPort) {
			if b[1] == opRRQ {
				u.WriteToUDPAddrPort(dataBlock(1, full), from)
				stranger.WriteToUDPAddrPort(dataBlock(2, "forged"), from)
			} else if b[3] == 1 {
				u.WriteToUDPAddrPort(dataBlock(2, "good"), from)
			}
		})
		c := &Client{Tries: 2, Wait: 50 * time.Millisecond}
		if r, err := c.Do(t.Context(), Fetch{URL: u}); err != nil || string(r.Body) != full+"good" {
			t.Errorf("got %.600q, %v", r.Body, err)
		}
	})
}

func TestClientStops(t *testing.T) {
	asked := make(chan struct{}, 10)
	u := hostile(t, func(udp, []byte, netip.AddrPort) { asked <- struct{}{} })
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-asked; cancel(errors.New("the phone restarts")) }()
	began := time.Now()
	if _, err := new(Client).Do(ctx, Fetch{URL: u}); err == nil || err.Error() != "the phone restarts" {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to stop", took) // 20 s is what five tries take
	}
}
