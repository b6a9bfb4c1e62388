package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilegen/lab"
)

// phoneCertificate is one as a phone has it from the factory (f.8), and its key.
func phoneCertificate(t *testing.T, mac, model, serial string) (file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		Subject: pkix.Name{Province: []string{mac}, OrganizationalUnit: []string{model}, Locality: []string{serial}},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: private})
	file = filepath.Join(t.TempDir(), "phone.pem")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A phone whose User-Agent was changed is known by its certificate, if the server asks for that.
func TestPhoneShowsItsCertificate(t *testing.T) {
	keys := t.TempDir()
	s := serve(t, "-csv", sampleFleet(t), "-keys", keys, "-ask-certificate")
	authority, err := lab.OpenAuthority(keys)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, authority.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	certificate := phoneCertificate(t, "000E08A00001", "CP-8861-3PCC", "FCH2201D001")
	for _, c := range []struct {
		about string
		args  []string
		want  string // whom the server takes it for
	}{
		{"without", nil, ""}, // first: later the address would tell
		{"with its certificate", []string{"-cert", certificate}, "000e08a00001"},
	} {
		status, out := once(t, append([]string{"-ca", ca, "-set", "HTTP_User_Agent_Name=a phone", "-rule", s.https + "/8861-3PCC.xml"}, c.args...)...)
		if status != 0 {
			t.Fatalf("%s: status %d\n%s", c.about, status, out)
		}
		lines := strings.Split(strings.TrimSpace(s.admin(t, "events.jsonl")), "\n")
		var e entry
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event.Protocol != "https" || e.Event.Outcome != lab.Sent || e.Event.Phone.MAC != c.want {
			t.Errorf("%s: the event is %+v, want one of phone %q", c.about, e, c.want)
		}
	}
}
