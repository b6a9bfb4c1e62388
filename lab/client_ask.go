package lab

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Ask is one request as it stands, for a caller that follows redirects and answers challenges itself, as the phone's
// engine does (d.5).
type Ask struct {
	Fetch                  // its URL has no login
	UserAgent       string // "": the client's
	ContentEncoding string // of Body: "aes128gcm" for an encrypted report (g.4)

	// Login goes out when Challenge asks for it: the WWW-Authenticate lines of the answer before, or with Proxy its
	// Proxy-Authenticate lines. Without a challenge it goes out unasked, by Basic.
	Login     *url.Userinfo
	Challenge []string
	Proxy     bool
}

// Ask sends one request. Every HTTP status is an answer and no error; TFTP's errors are errors.
func (c *Client) Ask(ctx context.Context, a Ask) (r Reply, err error) {
	if strings.EqualFold(a.URL.Scheme, "tftp") {
		return c.Do(ctx, a.Fetch)
	}
	start := time.Now()
	defer func() { r.Took = time.Since(start) }()
	if _, err := port(a.URL); err != nil {
		return r, err
	}
	req, err := a.Fetch.request(ctx, cmp.Or(a.UserAgent, c.UserAgent))
	if err != nil {
		return r, err
	}
	if a.ContentEncoding != "" {
		req.Header.Set("Content-Encoding", a.ContentEncoding)
	}
	if name, value := a.login(); value != "" {
		req.Header.Set(name, value)
	}
	err = c.roundTrip(req, &r)
	return r, err
}

// login is the header that carries the login; its value is "" when there is none, or no scheme that we know is asked
// for.
func (a *Ask) login() (name, value string) {
	status, name, asked := http.StatusUnauthorized, "Authorization", "Www-Authenticate"
	if a.Proxy {
		status, name, asked = http.StatusProxyAuthRequired, "Proxy-Authorization", "Proxy-Authenticate"
	}
	if a.Login == nil {
		return name, ""
	}
	challenge := a.Challenge
	if len(challenge) == 0 {
		challenge = []string{"Basic"}
	}
	f := a.Fetch
	u := *a.URL
	u.User, f.URL = a.Login, &u
	value, _ = f.login(Reply{Status: status, Header: http.Header{asked: challenge}})
	return name, value
}

// Addresses gives those addresses of a host to which the client would go, IPv4 first.
func (c *Client) Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	return c.addresses(ctx, host)
}
