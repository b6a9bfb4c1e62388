package lab

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Each Ask is one request: what the server sees is what was asked for.
func TestAskIsOneRequest(t *testing.T) {
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r)
		w.Header().Set("WWW-Authenticate", `Digest realm="files", nonce="1", algorithm=MD5, qop="auth"`)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(map[string]int{"/login": 401, "/moved": 302}[r.URL.Path])
	}))
	defer server.Close()
	client := &Client{UserAgent: "Cisco-CP-8841-3PCC/11.0 (00562b043615)"}
	defer client.Close()

	at := func(path string) *url.URL {
		u, err := url.Parse(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	digest := []string{`Digest realm="files", nonce="1", algorithm=MD5, qop="auth"`}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("alice:secret"))
	for _, c := range []struct {
		what   string
		ask    Ask
		status int
		header string // that the server sees
		begins string
	}{
		{"a redirect is not followed", Ask{Fetch: Fetch{URL: at("/moved")}}, 302, "Authorization", ""},
		{"a challenge is not answered", Ask{Fetch: Fetch{URL: at("/login")}}, 401, "Authorization", ""},
		{"digest answers digest", Ask{Fetch: Fetch{URL: at("/login")}, Login: url.UserPassword("alice", "secret"), Challenge: digest}, 401, "Authorization", `Digest username="alice"`},
		{"basic answers basic", Ask{Fetch: Fetch{URL: at("/login")}, Login: url.UserPassword("alice", "secret"), Challenge: []string{`Basic realm="files"`}}, 401, "Authorization", basic},
		{"a login nobody asked for", Ask{Fetch: Fetch{URL: at("/login")}, Login: url.UserPassword("alice", "secret")}, 401, "Authorization", basic},
		{"a proxy's challenge", Ask{Fetch: Fetch{URL: at("/login")}, Login: url.UserPassword("alice", "secret"), Challenge: []string{`Basic realm="files"`}, Proxy: true}, 401, "Proxy-Authorization", basic},
		{"the client's user agent", Ask{Fetch: Fetch{URL: at("/moved")}}, 302, "User-Agent", client.UserAgent},
		{"a user agent of its own", Ask{Fetch: Fetch{URL: at("/moved")}, UserAgent: "Cisco-CP-7841-3PCC/12.0 (000e08012345)"}, 302, "User-Agent", "Cisco-CP-7841-3PCC/12.0 (000e08012345)"},
		{"an encrypted report", Ask{Fetch: Fetch{URL: at("/moved"), Method: "PUT", Body: []byte("x")}, ContentEncoding: "aes128gcm"}, 302, "Content-Encoding", "aes128gcm"},
	} {
		seen = nil
		r, err := client.Ask(t.Context(), c.ask)
		if err != nil || r.Status != c.status {
			t.Errorf("%s: status %d, error %v; want status %d", c.what, r.Status, err, c.status)
		}
		if len(seen) != 1 {
			t.Fatalf("%s: the server saw %d requests, want 1", c.what, len(seen))
		}
		if got := seen[0].Header.Get(c.header); !strings.HasPrefix(got, c.begins) || c.begins == "" && got != "" {
			t.Errorf("%s: the server saw %s %q, want %q", c.what, c.header, got, c.begins)
		}
		if r.Remote.String() != "127.0.0.1" {
			t.Errorf("%s: answered by %s, want 127.0.0.1", c.what, r.Remote)
		}
	}
}
