package lab

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestCertificates(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	c := &Client{}
	defer c.Close()
	chain, err := c.Certificates(t.Context(), parseURL(t, secure.URL))
	if err != nil || len(chain) != 1 || !chain[0].Equal(secure.Certificate()) {
		t.Errorf("%d certificates, %v; want the server's own", len(chain), err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for _, bad := range []string{plain.URL, "https://169.254.169.254"} {
		if chain, err := c.Certificates(t.Context(), parseURL(t, bad)); err == nil || chain != nil {
			t.Errorf("%s: %d certificates, want an error", bad, len(chain))
		}
	}
}

func TestOwnNetworks(t *testing.T) {
	own, err := Networks()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range own {
		if o.Prefix.Addr() == netip.MustParseAddr("127.0.0.1") && o.Interface != "" && o.Prefix.Bits() == 8 {
			return
		}
	}
	t.Errorf("%v; want 127.0.0.1/8 among them", own)
}
