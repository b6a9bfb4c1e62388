package lab

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// Auth is the login that phones need for files over HTTP and HTTPS (--uid, --pwd). There is no default password.
type Auth struct {
	User string
	// Passwords are all valid. Two of them carry a fleet over a change: phones that have fetched the new one use it,
	// the others can still fetch it with the old one. Empty: no login is asked for.
	Passwords []string
	Realm     string // "" is "profilegen"
	// Basic and Digest are the schemes offered; neither set: both. Basic shows the password to whoever listens on
	// plain HTTP.
	Basic, Digest bool
}

// nonceTime is how long a Digest nonce is good for.
const nonceTime = 5 * time.Minute

// authenticator checks logins. Nonces carry their time and a signature, so none need be remembered.
type authenticator struct {
	Auth
	key [32]byte
}

func newAuthenticator(a Auth) *authenticator {
	if a.Realm == "" {
		a.Realm = "profilegen"
	}
	if !a.Basic && !a.Digest {
		a.Basic, a.Digest = true, true
	}
	out := &authenticator{Auth: a}
	rand.Read(out.key[:])
	return out
}

func (a *authenticator) check(r *http.Request) bool {
	if len(a.Passwords) == 0 {
		return true
	}
	if user, password, ok := r.BasicAuth(); ok {
		return a.Basic && a.checkBasic(user, password)
	}
	credentials, err := digest.ParseCredentials(r.Header.Get("Authorization"))
	return err == nil && a.Digest && a.checkDigest(r, credentials)
}

func (a *authenticator) checkBasic(user, password string) bool {
	good := 0
	for _, p := range a.Passwords {
		good |= sameText(password, p)
	}
	return good&sameText(user, a.User) == 1
}

// checkDigest computes the answer that each valid password would give (RFC 7616; without qop RFC 2069).
func (a *authenticator) checkDigest(r *http.Request, c *digest.Credentials) bool {
	if c.Username != a.User || c.Realm != a.Realm || c.URI != r.RequestURI || !a.nonceGood(c.Nonce, time.Now()) {
		return false
	}
	challenge := &digest.Challenge{Realm: a.Realm, Nonce: c.Nonce, Algorithm: c.Algorithm}
	if c.QOP != "" {
		challenge.QOP = []string{"auth"}
	}
	good := 0
	for _, p := range a.Passwords {
		want, err := digest.Digest(challenge, digest.Options{
			Method: r.Method, URI: c.URI, Count: c.Nc, Username: a.User, Password: p, Cnonce: c.Cnonce,
		})
		if err != nil || c.QOP != "" && (c.QOP != "auth" || c.Nc == 0 || c.Cnonce == "") {
			return false
		}
		good |= sameText(c.Response, want.Response)
	}
	return good == 1
}

// challenge asks for a login, the stronger schemes first.
func (a *authenticator) challenge(h http.Header) {
	if a.Digest {
		for _, algorithm := range []string{"SHA-256", "MD5"} {
			c := digest.Challenge{Realm: a.Realm, Nonce: a.nonce(time.Now()), Algorithm: algorithm, QOP: []string{"auth"}}
			h.Add("WWW-Authenticate", c.String())
		}
	}
	if a.Basic {
		h.Add("WWW-Authenticate", "Basic realm="+strconv.Quote(a.Realm)+`, charset="UTF-8"`)
	}
}

func (a *authenticator) nonce(now time.Time) string {
	stamp := strconv.FormatInt(now.Unix(), 16)
	mac := hmac.New(sha256.New, a.key[:])
	mac.Write([]byte(stamp))
	return stamp + "-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

func (a *authenticator) nonceGood(nonce string, now time.Time) bool {
	stamp, _, _ := strings.Cut(nonce, "-")
	sec, err := strconv.ParseInt(stamp, 16, 64)
	if err != nil {
		return false
	}
	made := time.Unix(sec, 0)
	return sameText(nonce, a.nonce(made)) == 1 && now.Sub(made) < nonceTime && now.After(made.Add(-time.Second))
}

// sameText compares without telling by its time where a difference is, or which text is longer.
func sameText(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
