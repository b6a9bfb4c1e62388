package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"profilegen/gen"
	"profilegen/rule"
)

// programOf runs the program in this process.
func programOf(t testing.TB, args ...string) (status int, out string) {
	t.Helper()
	var both bytes.Buffer
	status = run(t.Context(), &program{stdin: strings.NewReader(""), stdout: &both, stderr: &both}, args)
	return status, both.String()
}

// newKeyFile makes a key file for a test.
func newKeyFile(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "keys.json")
	if status, out := programOf(t, "keys", "new", name); status != 0 {
		t.Fatal(out)
	}
	return name
}

// A phone from the factory comes by bootstrap and first file to its own,
// encrypted file, with each form, by each protocol, out of the fleet and out of
// a folder, and stays with it.
func TestPhoneFetchesEncryptedFiles(t *testing.T) {
	csv, keys := sampleFleet(t), newKeyFile(t)
	for _, form := range []string{
		"-gzip",
		"-encrypt key",
		"-encrypt key -gzip -digest sha256 -key-macro SD",
		"-encrypt ikm",
		"-encrypt ikm -gzip",
	} {
		flags := strings.Fields(form)
		if strings.Contains(form, "-encrypt") {
			flags = append(flags, "-key-file", keys)
		}
		dir := filepath.Join(t.TempDir(), "dist")
		if status, out := programOf(t, append([]string{"-csv", csv, "-out", dir}, flags...)...); status != 0 {
			t.Fatal(out)
		}
		for _, source := range [][]string{append([]string{"-csv", csv}, flags...), {"-dir", dir}} {
			s := serve(t, source...)
			for _, server := range []string{s.tftp, s.http} {
				what := fmt.Sprintf("%s by %s out of %s", form, server[:4], source[0])
				t.Run(what, func(t *testing.T) {
					if strings.HasPrefix(server, "tftp") && strings.Contains(form, "ikm") {
						checkTFTPRefuses(t, server)
						return
					}
					checkPhoneArrives(t, server)
				})
			}
		}
	}
}

// resyncOf has a phone of the sample fleet make one resync. state is a file
// that keeps what it knows.
func resyncOf(t *testing.T, state, server string) (status int, out string) {
	return once(t, "-mac", "000e08a00001", "-model", "8861", "-dhcp66", server, "-save", state, "-syslog", "127.0.0.1:9")
}

func checkPhoneArrives(t *testing.T, server string) {
	const password = "Kx7-mnpQ-42vw"
	state := filepath.Join(t.TempDir(), "phone.json")
	for n := 1; ; n++ {
		status, out := resyncOf(t, state, server)
		if status != 0 {
			t.Fatalf("resync %d: %s", n, out)
		}
		if strings.Contains(out, password) {
			t.Errorf("the password is printed:\n%s", out)
		}
		held, err := os.ReadFile(state)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(held, []byte(password)) {
			break
		}
		if n == 3 {
			t.Fatalf("after %d resyncs the phone has no profile:\n%s", n, out)
		}
	}
	status, out := resyncOf(t, state, server)
	wants(t, "the next resync", status, out, 0, `0 values changed`)
}

// checkTFTPRefuses tries to fetch what TFTP cannot say is encrypted: the
// phone gets its key, and then no file that it would take for damaged.
func checkTFTPRefuses(t *testing.T, server string) {
	state := filepath.Join(t.TempDir(), "phone.json")
	for range 2 {
		if status, out := resyncOf(t, state, server); status != 0 {
			t.Fatal(out)
		}
	}
	status, out := resyncOf(t, state, server)
	if status != 1 || strings.Contains(out, "corrupt") {
		t.Errorf("status %d, want the file refused:\n%s", status, out)
	}
}

// Phones that were served in clear go over to encrypted files by themselves.
// While phones get new keys, one that was off through the first step comes over,
// and one with the new key is not disturbed.
func TestPhoneGoesThroughARotation(t *testing.T) {
	csv, keys := sampleFleet(t), newKeyFile(t)
	flags := []string{"-csv", csv}
	states := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	step := func(what string, phones ...int) {
		t.Helper()
		s := serve(t, flags...)
		for _, i := range phones {
			for range 3 {
				if status, out := resyncOf(t, states[i], s.tftp); status != 0 {
					t.Fatalf("%s, phone %d: %s", what, i, out)
				}
			}
		}
	}
	step("in clear", 0, 1)
	flags = append(flags, "-encrypt", "key", "-key-file", keys)
	step("with the first keys", 0, 1)
	for _, state := range states {
		if held, err := os.ReadFile(state); err != nil || !bytes.Contains(held, []byte("--key")) {
			t.Errorf("%v, or the phone still fetches its file in clear:\n%s", err, held)
		}
	}
	if status, out := programOf(t, "keys", "rotate", keys); status != 0 {
		t.Fatal(out)
	}
	step("after the rotation", 0)
	step("later", 0, 1)
	if status, out := programOf(t, "keys", "finish", keys); status != 0 {
		t.Fatal(out)
	}
	step("in the end", 0, 1)
}

// Where first files have a way of their own, they go no other.
func TestServeKeepsKeysToTheirWay(t *testing.T) {
	s := serve(t, "-csv", sampleFleet(t), "-encrypt", "key", "-key-file", newKeyFile(t), "-first", "https://127.0.0.1:8443", "-keys", t.TempDir())
	const first = "/000e08a00001/8861-3PCC.xml"
	for _, base := range []string{s.http, s.tftp} {
		if _, err := s.fetch(t, base+first, frontDesk); err == nil {
			t.Errorf("%s hands out a key", base)
		}
	}
	if text, err := s.fetch(t, s.https+first, frontDesk); err != nil || !bytes.Contains(text, []byte("<GPP_SA>")) {
		t.Errorf("by HTTPS: %v, %s", err, text)
	}
	if text, err := s.fetch(t, s.http+"/8861-3PCC.xml", frontDesk); err != nil || !bytes.Contains(text, []byte("https://127.0.0.1:8443/$MA/$PSN.xml")) {
		t.Errorf("the file for new phones does not lead there: %v, %s", err, text)
	}
}

// A report that a phone encrypted is decrypted, stored and compared.
func TestServeReadsEncryptedReports(t *testing.T) {
	csv, keys, dir := sampleFleet(t), newKeyFile(t), t.TempDir()
	data, err := os.ReadFile(keys)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := gen.ReadKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	mac, _ := rule.ParseMAC("000e08a00001")
	const report = `<flat-profile><Proxy_1_>sip.other.com</Proxy_1_></flat-profile>`
	for _, c := range []struct {
		way, encoding string
		body          func() ([]byte, error)
		read          bool
	}{
		{"key", "", func() ([]byte, error) {
			return gen.EncryptKey([]byte(report), secret.Key(mac), [8]byte{1}, gen.MD5), nil
		}, true},
		{"key", "", func() ([]byte, error) { return gen.EncryptKey([]byte(report), "another", [8]byte{1}, gen.MD5), nil }, false},
		{"ikm", "aes128gcm", func() ([]byte, error) { return gen.EncryptContent([]byte(report), secret.IKM(mac), [16]byte{1}) }, true},
	} {
		s := serve(t, "-csv", csv, "-encrypt", c.way, "-key-file", keys, "-reports", dir)
		body, err := c.body()
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.http+"/report.xml", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", frontDesk)
		if c.encoding != "" {
			r.Header.Set("Content-Encoding", c.encoding)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		var phone phoneAnswer
		if err := json.Unmarshal([]byte(s.admin(t, "phones/000e08a00001")), &phone); err != nil {
			t.Fatal(err)
		}
		if phone.Report == nil || (phone.Report.Problem == "") != c.read {
			t.Fatalf("%s: the report is %+v, want it read: %v", c.way, phone.Report, c.read)
		}
		if c.read && (len(phone.Report.Differences) != 1 || phone.Report.Differences[0].Reported != "sip.other.com") {
			t.Errorf("%s: differences %+v", c.way, phone.Report.Differences)
		}
		stored, err := os.ReadFile(filepath.Join(dir, phone.Report.File))
		if err != nil || (string(stored) == report) != c.read {
			t.Errorf("%s: stored is %q, %v", c.way, stored, err)
		}
	}
}

// Making an encrypted fleet of a thousand phones again touches no file.
func TestEncryptedBatchIsStable(t *testing.T) {
	folder, keys := t.TempDir(), newKeyFile(t)
	var list strings.Builder
	list.WriteString("mac,model,user,password\n")
	for i := range 1000 {
		fmt.Fprintf(&list, "000e08%06x,8861,%d,secret-%d\n", i+1, 1000+i, i)
	}
	csv := filepath.Join(folder, "phones.csv")
	if err := os.WriteFile(csv, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"-encrypt key -gzip", "-encrypt ikm"} {
		dist := filepath.Join(folder, strings.Fields(form)[1])
		args := append([]string{"-csv", csv, "-out", dist, "-key-file", keys, "-server", "https://prov.example.com"}, strings.Fields(form)...)
		if status, out := programOf(t, args...); status != 0 || !strings.Contains(out, "1,000 phones, 2,001 files") {
			t.Fatalf("status %d: %s", status, out)
		}
		before := stampsOf(t, dist)
		if len(before) != 2002 {
			t.Fatalf("%d files", len(before))
		}
		if status, out := programOf(t, args...); status != 0 || !strings.Contains(out, "2,001 unchanged") {
			t.Errorf("status %d: %s", status, out)
		}
		for name, was := range before {
			if is, err := os.Stat(name); err != nil || !os.SameFile(is, was) || !is.ModTime().Equal(was.ModTime()) {
				t.Fatalf("%s was touched: %v", name, err)
			}
		}
	}
}

func stampsOf(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	list := map[string]fs.FileInfo{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		list[name], err = d.Info()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What the manifest of an encrypted batch says of keys: nothing.
func TestManifestOfAnEncryptedBatch(t *testing.T) {
	dist, keys := filepath.Join(t.TempDir(), "dist"), newKeyFile(t)
	if status, out := programOf(t, "-csv", sampleFleet(t), "-out", dist, "-encrypt", "ikm", "-key-file", keys, "-server", "https://h"); status != 0 {
		t.Fatal(out)
	}
	text, err := os.ReadFile(filepath.Join(dist, gen.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^{"name":"000e08a00001/8861-3PCC-[0-9a-f]{8}\.xml",.*"content-encoding":"aes128gcm"}`)
	first := regexp.MustCompile(`(?m)^{"name":"000e08a00001/8861-3PCC\.xml",.*"role":"first"}`)
	if !own.Match(text) || !first.Match(text) {
		t.Errorf("the manifest does not tell what the files are:\n%s", text)
	}
	_, listed := programOf(t, "keys", "list", "-as", "ikm", "-csv", sampleFleet(t), keys)
	for _, key := range regexp.MustCompile(`,(\S{22})\n`).FindAllStringSubmatch(listed, -1) {
		if bytes.Contains(text, []byte(key[1])) {
			t.Fatal("the manifest shows a key")
		}
	}
	if n := strings.Count(listed, "\n"); n != 13 {
		t.Errorf("keys list prints %d lines, want 13", n)
	}
}
