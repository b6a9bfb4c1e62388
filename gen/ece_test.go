package gen

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// missing skips a test whose tool is not there; where all tools have to be,
// it fails.
func missing(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("CI") == "true" && runtime.GOOS != "js" {
		t.Fatalf("%s is missing; make test-tools installs it", tool)
	}
	t.Skip("no " + tool + " here")
}

// What we encrypt by RFC 8188 an independent implementation decrypts, and the
// other way round.
func TestHTTPECE(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node")
	}
	if _, err := os.Stat(filepath.Join("testdata", "http_ece", "node_modules", "http_ece")); err != nil {
		missing(t, "http_ece (npm ci in gen/testdata/http_ece)")
	}
	type job struct {
		Encrypt bool   `json:"encrypt"`
		IKM     string `json:"ikm"`
		Body    []byte `json:"body"`
		RS      int    `json:"rs,omitempty"`
	}
	const ikm = "yqdlZ-tYemfogSmv7Ws5PQ"
	var jobs []job
	var profiles [][]byte
	for _, size := range []int{1, 7, 4078, 4079, 4080, 8158, 8159, 30000} {
		profile := append([]byte("<"), bytes.Repeat([]byte("profile "), size/8+1)...)[:size]
		salt, err := SaltContent(profile, ikm)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := EncryptContent(profile, ikm, salt)
		if err != nil {
			t.Fatal(err)
		}
		for _, rs := range []int{18, 25, 4096, 1 << 20} {
			if size/(rs-17) > 5000 {
				continue
			}
			jobs = append(jobs, job{true, ikm, profile, rs}, job{false, ikm, ours, 0})
			profiles = append(profiles, profile, profile)
		}
	}
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "ece.js")
	cmd.Dir, cmd.Stdin = filepath.Join("testdata", "http_ece"), bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("http_ece: %v", err)
	}
	var results [][]byte
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(jobs) {
		t.Fatalf("%d results of %d, %v", len(results), len(jobs), err)
	}
	for i, j := range jobs {
		got, what := results[i], "what we encrypt, as http_ece decrypts it"
		if j.Encrypt {
			what = "what http_ece encrypts, as we decrypt it"
			if got, err = Decode(got, Decoding{ContentEncoding: "aes128gcm", IKM: ikm}); err != nil {
				t.Fatalf("%s, %d bytes, record size %d: %v", what, len(profiles[i]), j.RS, err)
			}
		}
		if !bytes.Equal(got, profiles[i]) {
			t.Errorf("%s: %d bytes come back as %d others", what, len(profiles[i]), len(got))
		}
	}
}
