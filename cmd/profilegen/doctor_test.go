package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"profilegen/lab"
)

// fakeLab answers as profilegen serve does.
func fakeLab(t *testing.T, fleet fleetAnswer, phones []phoneAnswer) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_/fleet", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(fleet) })
	mux.HandleFunc("GET /_/phones", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(phones) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func closedServer() string {
	s := httptest.NewServer(nil)
	s.Close()
	return s.URL
}

// checkLines holds that each wanted line is there, by its beginning and a part of the rest.
func checkLines(t *testing.T, name, out string, want ...string) {
	t.Helper()
	for _, line := range want {
		begin, part, _ := strings.Cut(line, "…")
		found := false
		for got := range strings.Lines(out) {
			found = found || strings.HasPrefix(strings.Join(strings.Fields(got), " "), begin) && strings.Contains(got, part)
		}
		if !found {
			t.Errorf("%s: there is no line %q in\n%s", name, line, out)
		}
	}
}

// Each check says ok, or what is wrong and the way out; the exit status follows.
func TestDoctorServer(t *testing.T) {
	const profile = "<flat-profile><Resync_Periodic>3600</Resync_Periodic></flat-profile>"
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	good := serve(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, profile) })
	for _, c := range []struct {
		name, server string
		args         []string
		want         []string
	}{
		{"good", good, nil, []string{"problem address …no phone can ask there", "ok http …answers in", "ok clock …is that of this machine", "note serve …is not known"}},
		{"file", good + "/a.xml", nil, []string{"ok file …a.xml\" is a profile with 1 value, 68 bytes"}},
		{"no file", serve(http.NotFound), []string{"-file", "a.xml"}, []string{"ok http …answers", "problem file …is not there; profilegen gen makes it"}},
		{"login", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }), []string{"-file", "a.xml"}, []string{"note file …wants a login; the phones' rule needs [--uid"}},
		{"not readable", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }), []string{"-file", "a.xml"}, []string{"problem file …gen -mode 0640 helps"}},
		{"a page", serve(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }), []string{"-file", "a.xml"}, []string{"problem file …is no profile"}},
		{"encrypted", serve(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "Salted__x") }), []string{"-file", "a.xml"}, []string{"note file …it is compressed, encrypted or no profile"}},
		{"clock", serve(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "Mon, 02 Jan 2006 15:04:05 GMT") }), nil,
			[]string{"problem clock …set both by NTP"}},
		{"nobody", closedServer(), nil, []string{"problem http …connection refused; is it running, and does the firewall let"}},
		{"no name", "http://phones.invalid", []string{"-timeout", "1s"}, []string{"problem name …\"phones.invalid\" cannot be resolved here; the phones' DNS server has to know it"}},
		{"bare address", "127.0.0.1", []string{"-timeout", "300ms"}, []string{"… tftp ", "… http ", "… https "}},
	} {
		status, out, errs := runHere(t.Context(), append([]string{"doctor", "-server", c.server, "-lab", closedServer()}, c.args...)...)
		checkLines(t, c.name, out, c.want...)
		if status != 1 || !strings.Contains(errs, " found\n") { // loopback is a problem in all of them
			t.Errorf("%s: status %d, %s", c.name, status, errs)
		}
	}
	for _, args := range []string{"-server http://u:CANARY@192.0.2.10", "-server 192.0.2.10:8080", "-server ftp://192.0.2.10", "-phone x", "-phone 169.254.169.254", "-timeout 0s", "x"} {
		status, out, errs := runHere(t.Context(), append([]string{"doctor"}, strings.Fields(args)...)...)
		if status == 0 || out != "" || strings.Contains(errs, "CANARY") {
			t.Errorf("%s: status %d, %s%s, want a refusal", args, status, out, errs)
		}
	}
}

// certificate is one that a test's server shows.
func certificate(t *testing.T, from, until time.Time, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: until, BasicConstraintsValid: true, IsCA: true}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A certificate is judged by what a phone checks.
func TestDoctorCertificate(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		cert tls.Certificate
		want string
	}{
		"own authority": {certificate(t, now.Add(-time.Hour), now.Add(time.Hour), "127.0.0.1"), "note tls …Custom_CA_Rule"},
		"expired":       {certificate(t, now.Add(-time.Hour), now.Add(-time.Minute), "127.0.0.1"), "problem tls …was valid until"},
		"not yet":       {certificate(t, now.Add(time.Hour), now.Add(2*time.Hour), "127.0.0.1"), "problem tls …is this machine's clock right?"},
		"other name":    {certificate(t, now.Add(-time.Hour), now.Add(time.Hour), "files.example.com"), "problem tls …does not name 127.0.0.1"},
	} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}}
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		_, out, _ := runHere(t.Context(), "doctor", "-server", s.URL, "-lab", closedServer())
		checkLines(t, name, out, c.want)
		s.Close()
	}
}

// TFTP is read as a phone reads it.
func TestDoctorTFTP(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan lab.Bound, 1), make(chan error, 1)
	server := &lab.Server{TFTP: []string{"127.0.0.1:0"}}
	go func() { ended <- server.Run(ctx, func(b lab.Bound) { ready <- b }) }()
	at := (<-ready).TFTP[0]
	_, out, _ := runHere(t.Context(), "doctor", "-server", "tftp://"+at.String(), "-file", "/8861-3PCC.xml", "-lab", closedServer())
	checkLines(t, "tftp", out, "ok tftp …answers in", "problem file …8861-3PCC.xml\" is not there")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_, out, _ = runHere(t.Context(), "doctor", "-server", "tftp://"+at.String(), "-timeout", "300ms", "-lab", closedServer())
	checkLines(t, "nobody", out, "problem tftp …does not answer: no answer from")
}

// The ladder of a phone ends at the first step that is missing, which is explained.
func TestDoctorLadder(t *testing.T) {
	now := time.Now()
	rungs := func(n int) (list []rung) {
		for i, name := range []string{"seen", "asked", "answered", "said success", "reported"} {
			r := rung{Name: name}
			if i < n {
				r.At = &now
			}
			list = append(list, r)
		}
		return list
	}
	at := fakeLab(t, fleetAnswer{Source: "phones.csv", Files: 3}, []phoneAnswer{
		{Key: "000e08a00001", Name: "Front Desk", Address: "127.0.0.31", Rungs: rungs(2), Missing: "it asked, but got nothing: no such\x1b file"},
		{Key: "000e08a00002", Rungs: rungs(3), Missing: "set Syslog_Server"},
		{Key: "000e08a00003", Rungs: rungs(5)},
		{Key: "000e08a00004", Rungs: rungs(0), Missing: "nothing was heard of it"},
	})
	for phone, want := range map[string]string{
		"":                  "ok ladder 4 phones: 3 seen, 3 asked, 2 answered, 1 said success, 1 reported; -phone",
		"000e08a00001":      "problem ladder 000e08a00001 (Front Desk): seen …, not answered; it asked, but got nothing: no such  file",
		"127.0.0.31":        "problem ladder 000e08a00001 (Front Desk): seen …, not answered",
		"00:0E:08:A0:00:02": "note ladder 000e08a00002: seen …, not said success; set Syslog_Server",
		"000e08a00003":      "ok ladder 000e08a00003: seen …, reported ",
		"000e08a00004":      "problem ladder 000e08a00004: not seen; nothing was heard of it",
		"000e08a000ff":      "problem ladder serve knows nothing of 000e08a000ff; …does its Profile Rule",
	} {
		args := []string{"doctor", "-lab", at, "-timeout", "1s"}
		if phone != "" {
			args = append(args, "-phone", phone)
		}
		status, out, _ := runHere(t.Context(), args...)
		checkLines(t, phone, out, "ok serve 3 files served from phones.csv", want)
		if (status != 0) != strings.Contains(out, "problem") {
			t.Errorf("%s: status %d of\n%s", phone, status, out)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s: text from the network steers the terminal: %q", phone, out)
		}
	}
	_, out, _ := runHere(t.Context(), "doctor", "-lab", closedServer())
	checkLines(t, "no serve", out, "problem serve …start one, or name the server with -server")
	_, out, _ = runHere(t.Context(), "doctor", "-lab", fakeLab(t, fleetAnswer{Trouble: "phones.csv:3: bad"}, nil))
	checkLines(t, "trouble", out, "problem serve an older state is served: phones.csv:3: bad;")
}

// A phone's own page tells its status, or wants a login for it.
func TestDoctorAsksThePhone(t *testing.T) {
	asRoot(t, "a phone answers at port 80")
	for address, c := range map[string]struct{ password, want string }{
		"127.0.0.80": {"", "ok phone 127.0.0.80 tells its status"},
		"127.0.0.81": {"CANARY", "ok phone 127.0.0.81 answers, and wants a login for its status"},
	} {
		out, _ := playing(t, "-listen", address+":80", "-set", "Resync_On_Reset=No", "-set", "Admin_Password="+c.password)
		out.await(t, "the phone's web page is")
		_, said, _ := runHere(t.Context(), "doctor", "-phone", address, "-lab", closedServer(), "-server", closedServer())
		checkLines(t, address, said, c.want)
	}
	_, said, _ := runHere(t.Context(), "doctor", "-phone", "127.0.0.82", "-lab", closedServer(), "-server", closedServer())
	checkLines(t, "nobody", said, "problem phone 127.0.0.82 does not answer at port 80: …connection refused; is it on?")
}

// What doctor asks serve for is nobody's file, so that this machine is not taken for a phone.
func TestDoctorIsNoPhone(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t))
	_, out, errs := runHere(t.Context(), "doctor", "-lab", s.http)
	checkLines(t, "serve", out, "ok serve …served from", "ok http …answers in", "ok tftp …answers in", "ok ladder …0 seen, 0 asked")
	if phones := s.admin(t, "phones"); strings.Contains(phones, "127.0.0.1") {
		t.Errorf("after doctor serve knows these phones:\n%s\n%s%s", phones, out, errs)
	}
}

// What firewalls print, and what that means for two ports.
func TestDoctorFirewall(t *testing.T) {
	const nftHead = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; "
	for _, c := range []struct {
		name, firewall, said string
		closed, opens        bool // 69/udp
	}{
		{"inactive", "ufw", "Status: inactive\n", false, false},
		{"port", "ufw", "Status: active\n\nTo   Action  From\n--   ------  ----\n69/udp     ALLOW       Anywhere\n", true, true},
		{"number", "ufw", "Status: active\n69     ALLOW   192.0.2.0/24\n", true, true},
		{"denied", "ufw", "Status: active\n69/udp     DENY       Anywhere\n", true, false},
		{"other", "ufw", "Status: active\n169/udp     ALLOW       Anywhere\n22/tcp   ALLOW  Anywhere\n", true, false},
		{"service", "firewall-cmd", "public (active)\n  target: default\n  services: ssh tftp\n  ports: \n", true, true},
		{"port", "firewall-cmd", "public (active)\n  target: default\n  services: ssh\n  ports: 69/udp 8080/tcp\n", true, true},
		{"neither", "firewall-cmd", "public (active)\n  target: default\n  services: ssh\n  ports: 8080/tcp\n", true, false},
		{"open zone", "firewall-cmd", "trusted (active)\n  target: ACCEPT\n  services:\n  ports:\n", false, false},
		{"accept", "nft", nftHead + "policy accept;\n\t}\n}\n", false, false},
		{"drop", "nft", nftHead + "policy drop;\n\t\ttcp dport 22 accept\n\t}\n}\n", true, false},
		{"port", "nft", nftHead + "policy drop;\n\t\tudp dport 69 accept\n\t}\n}\n", true, true},
		{"set", "nft", nftHead + "policy drop;\n\t\tudp dport { 53, 69 } counter packets 0 bytes 0 accept\n\t}\n}\n", true, true},
		{"last rule", "nft", nftHead + "policy accept;\n\t\tudp dport 690 accept\n\t\treject with icmpx admin-prohibited\n\t}\n}\n", true, false},
		{"output only", "nft", "table ip x {\n\tchain out {\n\t\ttype filter hook output priority filter; policy drop;\n\t}\n}\n", false, false},
	} {
		for _, f := range firewalls {
			if f.name != c.firewall {
				continue
			}
			closed, known := f.closed(c.said)
			if closed != c.closed || !known || closed && f.opens(c.said, "69/udp") != c.opens {
				t.Errorf("%s, %s: closed %v, opens 69/udp %v; want %v, %v", f.name, c.name, closed, f.opens(c.said, "69/udp"), c.closed, c.opens)
			}
		}
	}
}

// The kernel's own rules, in a namespace: they are read, and the command proposed opens the port.
func TestDoctorNFT(t *testing.T) {
	namespaces(t)
	foreign(t, "nft", "profilegen")
	const script = `set -e
ip link set lo up
nft add table inet filter
nft 'add chain inet filter input { type filter hook input priority 0; policy drop; }'
profilegen doctor -server tftp://127.0.0.1:6969 -lab http://127.0.0.1:1 -timeout 200ms || true
nft insert rule inet filter input udp dport 6969 accept
profilegen doctor -server tftp://127.0.0.1:6969 -lab http://127.0.0.1:1 -timeout 200ms || true
`
	out, err := exec.Command("unshare", "-nm", "sh", "-c", script).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, after, _ := strings.Cut(string(out), "insert rule inet filter input udp dport 6969 accept")
	checkLines(t, "closed", before, "note firewall nft is in force, and no rule was found that opens 6969/udp; for instance nft")
	checkLines(t, "opened", after, "ok firewall nft is in force and opens the ports")
}
