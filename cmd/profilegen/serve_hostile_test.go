package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"profilegen/lab"
)

// lonely is a serve command in a process of its own, on loopback, whose end does not end the test.
type lonely struct {
	process    *exec.Cmd
	out        *output
	http, tftp string // beginnings of URLs
}

// serveAlone starts it by a program such as prlimit, or directly.
func serveAlone(t *testing.T, by []string, args ...string) *lonely {
	t.Helper()
	foreign(t, "profilegen")
	words := slices.Concat(by, []string{"profilegen", "serve", "-http", ":0", "-tftp", ":0", "-syslog", ":0", "-https", "off"}, args)
	l := &lonely{process: exec.Command(words[0], words[1:]...)}
	l.out = running(t, l.process)
	l.out.await(t, "Ctrl-C ends it")
	l.http = l.out.await(t, `HTTP +(http://127\.0\.0\.1:\d+)/`)[1]
	l.tftp = l.out.await(t, `TFTP +(tftp://127\.0\.0\.1:\d+)/`)[1]
	return l
}

// held is what the process holds: descriptors, and goroutines as its metrics tell.
func (l *lonely) held(t *testing.T) (descriptors, goroutines int) {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", l.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go_goroutines (\d+)$`).FindStringSubmatch(l.get(t, "/_/metrics"))
	if found == nil {
		t.Fatal("the metrics do not tell the goroutines")
	}
	goroutines, _ = strconv.Atoi(found[1])
	return len(list), goroutines
}

func (l *lonely) get(t *testing.T, path string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Get(l.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", path, answer.StatusCode, err)
	}
	return string(body)
}

// returns waits until the process holds no more than it did.
func (l *lonely) returns(t *testing.T, descriptors, goroutines int) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	deadline := time.Now().Add(2 * patience)
	for {
		d, g := l.held(t)
		if d <= descriptors+2 && g <= goroutines+2 { // the question itself takes some
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it holds %d descriptors and %d goroutines, before it were %d and %d", d, g, descriptors, goroutines)
		}
		<-again.C
	}
}

// goodClient fetches as a phone does.
func goodClient(t *testing.T, address, want string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := &lab.Client{AnyAddress: true}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reply, err := client.Do(ctx, lab.Fetch{URL: u})
	if err != nil || string(reply.Body) != want {
		t.Errorf("a good client at %s got %d bytes of %d: %v", address, len(reply.Body), len(want), err)
	}
}

// 5,000 requests that nobody will acknowledge, against a process that may have 1,024 descriptors.
func TestFloodWithFewDescriptors(t *testing.T) {
	t.Parallel()
	foreign(t, "prlimit")
	content := strings.Repeat("0123456789abcdef", 1000)
	folder := files{}
	for i := range 10 {
		folder[fmt.Sprint("f", i)] = content
	}
	s := serveAlone(t, []string{"prlimit", "--nofile=1024:1024"}, "-dir", folder.folder(t))
	descriptors, goroutines := s.held(t)
	to, err := net.ResolveUDPAddr("udp", strings.TrimPrefix(s.tftp, "tftp://"))
	if err != nil {
		t.Fatal(err)
	}
	var silent []*net.UDPConn
	for i := range 500 {
		c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(i%200+1))}, to)
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, c)
	}
	for i := range 10 {
		for _, c := range silent {
			if _, err := fmt.Fprintf(c, "\x00\x01f%d\x00octet\x00", i); err != nil {
				t.Fatal(err)
			}
		}
	}
	var good sync.WaitGroup
	for i := range 20 {
		good.Go(func() { goodClient(t, fmt.Sprintf("%s/f%d", s.tftp, i%10), content) })
		good.Go(func() { goodClient(t, fmt.Sprintf("%s/f%d", s.http, i%10), content) })
	}
	good.Wait()
	for _, c := range silent {
		c.Close()
	}
	s.returns(t, descriptors, goroutines)
}

// Slow headers, slow bodies and overlapping ranges, by the hundred: who asks like everybody is served at once.
func TestSlowHTTP(t *testing.T) {
	for name, attack := range map[string][]string{
		"slow headers": {"-H", "-x", "24"},
		"slow bodies":  {"-B", "-s", "8192", "-t", "POST", "-x", "10"},
		"ranges":       {"-R", "-a", "10", "-b", "3000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			foreign(t, "slowhttptest")
			content := strings.Repeat("0123456789abcdef", 1000)
			s := serveAlone(t, nil, "-dir", files{"f": content}.folder(t))
			descriptors, goroutines := s.held(t)
			attacker := exec.Command("slowhttptest", append(attack, "-c", "300", "-i", "2", "-r", "100", "-p", "5", "-l", "12", "-u", s.http+"/f")...)
			said := running(t, attacker)
			said.await(t, "slow HTTP test status")
			for range 20 {
				goodClient(t, s.http+"/f", content)
				goodClient(t, s.tftp+"/f", content)
			}
			said.await(t, "Exit status")
			if regexp.MustCompile(`service available:\S* +\S*NO`).MatchString(said.String()) {
				t.Errorf("the attacker found the service down:\n%s", said)
			}
			s.returns(t, descriptors, goroutines)
		})
	}
}

// What is not in the folder stays where it is, however it is asked for.
func TestTraversal(t *testing.T) {
	dir := files{"served/a.xml": "good", "served/sub/b.xml": "good", "served/.hidden": "CANARY", "secret": "CANARY", "served/c.xml.tmp": "CANARY"}.folder(t)
	served := filepath.Join(dir, "served")
	for name, to := range map[string]string{"out.xml": "../secret", "far.xml": filepath.Join(dir, "secret"), "up": "..", "etc": "/etc"} {
		if err := os.Symlink(to, filepath.Join(served, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := serveAlone(t, nil, "-dir", served)
	for _, name := range []string{
		"/../secret", "/..%2fsecret", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/..%5csecret", "/..\\secret", "/sub/../../secret", "/sub/..%2f..%2fsecret",
		"/./../secret", "//../secret", "/..;/secret", "/..%00/secret", "/..%c0%afsecret", "/%252e%252e/secret", "/out.xml", "/far.xml", "/up/secret", "/etc/passwd",
		"//etc/passwd", "/.hidden", "/sub/../.hidden", "/c.xml.tmp", "/a.xml/../../secret", "/out.xml/", "/", "/sub", "/sub/", "http://evil.test/../secret", "*",
		"/proc/self/environ", "/dev/zero", "/_/../../secret", "/_/%2e%2e/%2e%2e/secret", "/..%2f" + strings.Repeat("..%2f", 40) + "etc/passwd", "/" + strings.Repeat("a/", 3000),
	} {
		answer := rawGet(t, strings.TrimPrefix(s.http, "http://"), name)
		status, _, _ := strings.Cut(strings.TrimPrefix(answer, "HTTP/1.1 "), " ")
		if strings.HasPrefix(status, "2") || strings.Contains(answer, "CANARY") || strings.Contains(answer, "root:") || strings.Contains(answer, dir) {
			t.Errorf("GET %s is answered\n%s", name, answer)
		}
		plain, err := url.PathUnescape(name)
		if err != nil {
			plain = name
		}
		for _, asked := range []string{name, plain, strings.TrimPrefix(plain, "/")} {
			if len(asked) > 400 {
				continue // longer than a request of RFC 2347, and so not answered
			}
			if got := rawTFTP(t, strings.TrimPrefix(s.tftp, "tftp://"), asked); !bytes.HasPrefix(got, []byte("\x00\x05")) || bytes.Contains(got, []byte(dir)) {
				t.Errorf("TFTP %q is answered %q", asked, got)
			}
		}
	}
	goodClient(t, s.http+"/sub/b.xml", "good")
	goodClient(t, s.tftp+"/sub/b.xml", "good")
}

// rawGet sends a path as it is, which clients would clean, and returns the answer.
func rawGet(t *testing.T, host, path string) string {
	t.Helper()
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host)
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("GET %s: %v", path, err)
	}
	return string(answer)
}

// rawTFTP asks for a name and returns the first datagram of the answer.
func rawTFTP(t *testing.T, host, name string) []byte {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", host)
	if err != nil {
		t.Fatal(err)
	}
	// Misses are answered a few times a minute for each address only.
	from := &net.UDPAddr{IP: net.IPv4(127, byte(rand.IntN(256)), byte(rand.IntN(256)), byte(rand.IntN(254)+1))}
	c, err := net.ListenUDP("udp4", from)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(patience))
	c.WriteToUDP([]byte("\x00\x01"+name+"\x00octet\x00"), to)
	b := make([]byte, 2000)
	n, _, err := c.ReadFromUDP(b)
	if err != nil {
		t.Fatalf("TFTP %q: %v", name, err)
	}
	return b[:n]
}

// adminRoutes are the patterns in the source, so that a new one is held to the same.
func adminRoutes(t *testing.T) (routes [][2]string) {
	t.Helper()
	sources, err := filepath.Glob("admin*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		for _, m := range regexp.MustCompile(`"(GET|POST|PUT|PATCH|DELETE) (/_/[^"]*)"`).FindAllStringSubmatch(readText(t, name), -1) {
			path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(m[2], "1")
			routes = append(routes, [2]string{m[1], strings.ReplaceAll(path, "{file...}", "index.html")})
		}
	}
	if len(routes) < 10 {
		t.Fatalf("only %v were found", routes)
	}
	return routes
}

// No page under /_/ can be reached by a foreign site, nor changed by what a browser sends unasked.
func TestEveryAdminRouteRefusesForeignSites(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t), "-host", "lab.example.com")
	port := s.http[strings.LastIndex(s.http, ":"):]
	type row struct {
		about, host string
		header      [2]string
		read, write int // status; 0: not refused
	}
	rows := []row{
		{"a name of its own", "evil.test", [2]string{}, 421, 421},
		{"a name of its own, same-origin", "evil.test", [2]string{"Sec-Fetch-Site", "same-origin"}, 421, 421},
		{"a name of its own with our port", "evil.test" + port, [2]string{"Origin", "http://evil.test" + port}, 421, 421},
		{"a name that begins like ours", "lab.example.com.evil.test", [2]string{}, 421, 421},
		{"a name that ends like ours", "evil-lab.example.com", [2]string{}, 421, 421},
		{"localhost as a part", "localhost.evil.test", [2]string{}, 421, 421},
		{"an address as a part", "127.0.0.1.evil.test", [2]string{}, 421, 421},
		{"another site", "", [2]string{"Sec-Fetch-Site", "cross-site"}, 0, 403},
		{"a neighbour site", "", [2]string{"Sec-Fetch-Site", "same-site"}, 0, 403},
		{"another origin", "", [2]string{"Origin", "http://evil.test"}, 0, 403},
		{"another port of this machine", "", [2]string{"Origin", "http://127.0.0.1:1"}, 0, 403},
		{"no origin", "", [2]string{"Origin", "null"}, 0, 403},
	}
	if _, err := s.server.Faults.Add(lab.Fault{Kind: lab.FaultNotFound, Path: "/kept"}); err != nil {
		t.Fatal(err)
	}
	for _, route := range adminRoutes(t) {
		for _, row := range rows {
			want := row.write
			if route[0] == http.MethodGet {
				want = row.read
			}
			answer := browse(t, route[0], s.http+route[1], row.host, row.header)
			if want != 0 && answer.StatusCode != want {
				t.Errorf("%s %s from %s: status %d, want %d", route[0], route[1], row.about, answer.StatusCode, want)
			}
			for name := range answer.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s from %s: it lets others read: %s", route[0], route[1], row.about, name)
				}
			}
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			browse(t, method, s.http+route[1], "", [2]string{"Sec-Fetch-Site", "cross-site"})
		}
	}
	if list := s.server.Faults.List(); len(list) != 1 || list[0].Path != "/kept" {
		t.Errorf("the faults are %v, want the one that was set", list)
	}
}

// browse sends what a page of another site can have a browser send, and returns the head of the answer.
func browse(t *testing.T, method, address, host string, header [2]string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // the stream of events has no end
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(`{"kind":"not-found"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Close = host, true
	r.Header.Set("Content-Type", "text/plain") // goes across sites without a question before
	if header[0] != "" {
		r.Header.Set(header[0], header[1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// An interrupt ends the program within five seconds, whoever still hangs on it.
func TestInterruptWithSlowClients(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 2_000_000)
	dir := files{"large": large}.folder(t)
	var took []time.Duration
	for range 3 { // on a machine that is busy with other things the first may be late
		s := serveAlone(t, nil, "-dir", dir)
		hangOn(t, s)
		began := time.Now()
		if err := s.process.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		killed := time.AfterFunc(patience, func() { s.process.Process.Kill() })
		if err := s.process.Wait(); err != nil {
			t.Errorf("the program ended with %v:\n%s", err, s.out)
		}
		killed.Stop()
		took = append(took, time.Since(began).Round(time.Millisecond))
		if took[len(took)-1] <= 5*time.Second {
			t.Logf("ended after %v", took)
			return
		}
	}
	t.Errorf("the program took %v to end, want at most 5s", took)
}

// hangOn has clients of every kind begin something and not go on.
func hangOn(t *testing.T, s *lonely) {
	t.Helper()
	syslog := s.out.await(t, `Syslog +(127\.0\.0\.1:\d+)`)[1]
	web := strings.TrimPrefix(s.http, "http://")
	for range 4 {
		for at, words := range map[string][]string{
			web:    {"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", "GET /large HTTP/1.1\r\nHost: x\r\nX-Slow: ", "PUT /report HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow", "GET /_/events HTTP/1.1\r\nHost: localhost\r\n\r\n"},
			syslog: {"1000 <13>half", "<13>half"},
		} {
			for _, said := range words {
				c, err := net.Dial("tcp", at)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				io.WriteString(c, said)
				if strings.HasPrefix(said, "GET") && strings.HasSuffix(said, "\r\n\r\n") {
					if _, err := bufio.NewReaderSize(c, 16).ReadByte(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		to, err := net.ResolveUDPAddr("udp", strings.TrimPrefix(s.tftp, "tftp://"))
		if err != nil {
			t.Fatal(err)
		}
		c.WriteToUDP([]byte("\x00\x01large\x00octet\x00"), to)
		c.SetReadDeadline(time.Now().Add(patience))
		_, from, err := c.ReadFromUDP(make([]byte, 600))
		if err != nil {
			t.Fatal(err)
		}
		c.WriteToUDP([]byte("\x00\x04\x00\x01"), from)
	}
}
