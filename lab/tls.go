package lab

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Authority is the lab's own certification authority. Phones trust it after fetching Certificate by Custom_CA_Rule.
type Authority struct {
	Certificate []byte // PEM
	Fingerprint string // SHA-256 of the certificate, as in "AB:CD:…", to compare by eye

	cert      *x509.Certificate
	key       crypto.Signer
	serverKey crypto.Signer
}

// The files of an authority. RSA, because older firmware knows nothing else for certain.
const (
	caFile        = "ca.crt"
	caKeyFile     = "ca.key"
	serverKeyFile = "server.key"
	keyBits       = 2048
)

// OpenAuthority reads the authority kept in dir, or makes one there the first time: a certificate for ten years
// and keys that only their owner can read.
func OpenAuthority(dir string) (*Authority, error) {
	a := new(Authority)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if a.key, err = openKey(filepath.Join(dir, caKeyFile)); err != nil {
		return nil, err
	}
	if a.serverKey, err = openKey(filepath.Join(dir, serverKeyFile)); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, caFile)
	a.Certificate, err = os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if a.Certificate, err = newCA(a.key, time.Now()); err == nil {
			err = writeFresh(name, a.Certificate, 0o644)
		}
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(a.Certificate)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM certificate in it; remove the folder %q to start anew", name, dir)
	}
	if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if public, ok := a.key.Public().(*rsa.PublicKey); !ok || !public.Equal(a.cert.PublicKey) {
		return nil, fmt.Errorf("%s does not belong to %s; remove the folder %q to start anew", name, caKeyFile, dir)
	}
	a.Fingerprint = fingerprint(block.Bytes)
	return a, nil
}

// Pool is a pool with the authority in it, for a Client.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Issue makes a certificate for a client, with the fields that a phone's own has (f.8): OU = model, S = MAC,
// L = serial. The private key exists in memory only.
func (a *Authority) Issue(p Phone) (tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return tls.Certificate{}, err
	}
	return a.sign(key, &x509.Certificate{
		Subject: pkix.Name{
			CommonName: p.MAC, OrganizationalUnit: []string{p.Model}, Province: []string{p.MAC}, Locality: []string{p.Serial},
		},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}

// certificatePhone reads a phone's own certificate.
func certificatePhone(c *x509.Certificate) (p Phone, ok bool) {
	first := func(list []string) string {
		if len(list) == 0 || !isWord(list[0]) {
			return ""
		}
		return list[0]
	}
	p.MAC, ok = parseMAC(first(c.Subject.Province))
	p.Model, p.Serial = first(c.Subject.OrganizationalUnit), first(c.Subject.Locality)
	return p, ok
}

// file is the certificate as a File, for caPath.
func (a *Authority) file() File {
	return File{Content: bytes.NewReader(a.Certificate), Type: "application/x-x509-ca-cert", Note: "the lab's CA certificate"}
}

// serverCertificate is good for the addresses that the server answers at, and for its names.
func (a *Authority) serverCertificate(bound []netip.AddrPort, names []string) (tls.Certificate, error) {
	t := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "profilegen lab"},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
	}
	for _, n := range names {
		if addr, err := netip.ParseAddr(n); err == nil {
			t.IPAddresses = append(t.IPAddresses, addr.AsSlice())
		} else if !slices.Contains(t.DNSNames, n) {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	if host, err := os.Hostname(); err == nil && host != "" && !slices.Contains(t.DNSNames, host) {
		t.DNSNames = append(t.DNSNames, host)
	}
	for _, b := range bound {
		if !b.Addr().IsUnspecified() {
			t.IPAddresses = append(t.IPAddresses, b.Addr().AsSlice())
			continue
		}
		all, err := net.InterfaceAddrs()
		if err != nil {
			return tls.Certificate{}, err
		}
		for _, i := range all {
			if n, ok := i.(*net.IPNet); ok {
				t.IPAddresses = append(t.IPAddresses, n.IP)
			}
		}
	}
	return a.sign(a.serverKey, t)
}

// sign completes and signs a certificate for a year.
func (a *Authority) sign(key crypto.Signer, t *x509.Certificate) (tls.Certificate, error) {
	now := time.Now()
	t.NotBefore, t.NotAfter = now.Add(-24*time.Hour), now.AddDate(1, 0, 0) // a phone's clock may be late
	t.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("signing a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}

func newCA(key crypto.Signer, now time.Time) ([]byte, error) {
	t := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "profilegen lab CA " + now.UTC().Format("2006-01-02 15:04")},
		NotBefore:             now.Add(-24 * time.Hour),
		NotAfter:              now.AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the CA certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// openKey reads a private key or makes one.
func openKey(name string) (crypto.Signer, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(name)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM key in it", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: a key that cannot sign", name)
	}
	return signer, nil
}

func newKey(name string) (crypto.Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeFresh(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// writeFresh writes a file that is not there yet, completely or not at all.
func writeFresh(name string, data []byte, mode fs.FileMode) error {
	tmp := name + ".tmp-" + rand.Text()
	defer os.Remove(tmp)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	var b strings.Builder
	for i, c := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", c)
	}
	return b.String()
}
