package lab

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Push asks phones to act: by a direct action URL (g.1), a SIP NOTIFY (g.2) or an XML object (g.3). The zero value asks
// over HTTP without a login; its methods may be used by many goroutines at once.
//
// Nothing is sent to an address that CheckPhone refuses, nor with a line end in any part. An Answer tells what the phone
// said, which is not yet what it does.
type Push struct {
	User, Password string // of the phone's web page, for a NOTIFY of the extension
	// InURL sends the login unasked as &xuser=…&xpassword=… (g.1). Otherwise it answers a Basic or Digest challenge.
	InURL   bool
	TLS     *tls.Config   // not nil: HTTPS
	TCP     bool          // a NOTIFY goes by TCP, not by UDP
	Timeout time.Duration // for the whole of one request; 0: 10 s
}

// Answer is what a phone answered.
type Answer struct {
	Status int
	Reason string // of a SIP response; of an HTTP status its usual name
	Login  string // how the login was given: "Digest", "Basic", "words in the URL"; "": it was not
	Text   []byte // body of an HTTP response, 64 KiB at most
	Leads  string // Location of a redirect
}

// OK tells whether the phone took the request.
func (a Answer) OK() bool { return a.Status/100 == 2 }

// maxAnswer is how much of an answer's body is kept: it is read by a person.
const maxAnswer = 64 << 10

// CheckPhone says why nothing is sent to an address: it is no single machine's, or leads out of the phones' network.
func CheckPhone(a netip.Addr) error {
	a = a.Unmap()
	switch {
	case !a.IsValid():
		return errors.New("no address")
	case a.IsUnspecified(), a.Is4() && a.As4()[0] == 0:
		return fmt.Errorf("%s is no phone's address", a)
	case a.IsMulticast():
		return fmt.Errorf("%s is a multicast address; a phone is asked by its own", a)
	case a.IsLinkLocalUnicast():
		return fmt.Errorf("%s is a link-local address, where clouds hand out secrets; nothing is sent there", a)
	case a.Is4() && a.As4()[0] >= 240, isBroadcast(a):
		return fmt.Errorf("%s is a broadcast or reserved address; a phone is asked by its own", a)
	case !reachable(a):
		return fmt.Errorf("%s is an address where clouds hand out secrets; nothing is sent there", a)
	}
	return nil
}

// isBroadcast tells whether a is the broadcast address of a network that this machine is in.
func isBroadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, addr := range own {
		n, ok := addr.(*net.IPNet)
		if !ok || n.IP.To4() == nil || len(n.Mask) != net.IPv4len {
			continue
		}
		last, mask := n.IP.To4().Mask(n.Mask), n.Mask
		for i := range last {
			last[i] |= ^mask[i]
		}
		if ones, _ := mask.Size(); ones < 31 && a.As4() == [4]byte(last) {
			return true
		}
	}
	return false
}

// ActionURL is the direct action URL that has the phone do action ("resync", "upgrade", "reboot") with a rule, which may
// be empty. Port 0 is the scheme's own.
func ActionURL(scheme string, phone netip.AddrPort, action, rule string) *url.URL {
	return &url.URL{Scheme: scheme, Host: hostPort(phone), Path: "/admin/" + action, RawQuery: escapeRule(rule)}
}

func hostPort(a netip.AddrPort) string {
	if a.Port() != 0 {
		return a.String()
	}
	if a.Addr().Is6() {
		return "[" + a.Addr().String() + "]"
	}
	return a.Addr().String()
}

// escapeRule writes a rule as the query of a URL. Readable are the characters that mean nothing in a query; "+", which a
// phone reads as a blank, and "&", before its login words, are not among them (g.1).
func escapeRule(rule string) string {
	var b strings.Builder
	for i := range len(rule) {
		c := rule[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/:$()?!*,;@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Action calls a direct action URL.
func (p *Push) Action(ctx context.Context, phone netip.AddrPort, action, rule string) (Answer, error) {
	if err := errors.Join(oneLine("the action", action), oneLine("the rule", rule)); err != nil {
		return Answer{}, err
	}
	u := ActionURL(p.scheme(), phone, action, rule)
	if p.InURL {
		words := "xuser=" + url.QueryEscape(p.User) + "&xpassword=" + url.QueryEscape(p.Password)
		if u.RawQuery != "" {
			words = "&" + words
		}
		u.RawQuery += words
	}
	return p.http(ctx, phone, Fetch{URL: u})
}

// ExecuteURL is where a phone takes XML objects.
func ExecuteURL(scheme string, phone netip.AddrPort) *url.URL {
	return &url.URL{Scheme: scheme, Host: hostPort(phone), Path: "/CGI/Execute"}
}

// ExecuteXML is the XML object that has the phone do item, such as "Resync:tftp://192.0.2.1/$MA.xml" (g.3).
func ExecuteXML(item string) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	return `<CiscoIPPhoneExecute><ExecuteItem URL="` + escape.Replace(item) + `"/></CiscoIPPhoneExecute>`
}

// Execute posts an XML object to the phone's /CGI/Execute, as the form field XML. assumed: no document of these phones
// shows the request's body; that field is what Cisco's other phones document.
func (p *Push) Execute(ctx context.Context, phone netip.AddrPort, item string) (Answer, error) {
	if err := oneLine("the item", item); err != nil {
		return Answer{}, err
	}
	return p.http(ctx, phone, Fetch{
		URL:         ExecuteURL(p.scheme(), phone),
		Body:        []byte(url.Values{"XML": {ExecuteXML(item)}}.Encode()),
		ContentType: "application/x-www-form-urlencoded",
	})
}

func (p *Push) scheme() string {
	if p.TLS != nil {
		return "https"
	}
	return "http"
}

func (p *Push) http(ctx context.Context, phone netip.AddrPort, f Fetch) (Answer, error) {
	if err := CheckPhone(phone.Addr()); err != nil {
		return Answer{}, err
	}
	var a Answer
	if p.InURL {
		a.Login = "words in the URL"
	} else if p.User != "" {
		f.URL.User = url.UserPassword(p.User, p.Password)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout())
	defer cancel()
	client := &Client{UserAgent: "profilegen", MaxBytes: maxAnswer}
	if p.TLS != nil {
		client.http().TLSClientConfig = p.TLS
	}
	defer client.Close()
	trace := &httptrace.ClientTrace{WroteHeaderField: func(key string, value []string) {
		if key == "Authorization" {
			a.Login, _, _ = strings.Cut(value[0], " ")
		}
	}}
	r, err := client.Do(httptrace.WithClientTrace(ctx, trace), f)
	a.Status, a.Text = r.Status, r.Body
	a.Reason = http.StatusText(r.Status)
	a.Leads = redacted(r.Header.Get("Location"))
	if r.Status != 0 { // whatever it answered, it answered
		return a, nil
	}
	return a, p.unanswered(ctx, withoutURL(err))
}

// withoutURL is the error without the URL: it can hold the login.
func withoutURL(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (p *Push) timeout() time.Duration { return cmp.Or(p.Timeout, 10*time.Second) }

// unanswered says in plain words that the time is over.
func (p *Push) unanswered(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", p.timeout())
	}
	return err
}

// The SIP library would tell a program's users about its connections. What matters to them is an error here.
func init() { sip.SetDefaultLogger(slog.New(slog.DiscardHandler)) }

// Notify sends a SIP NOTIFY with an Event header, "resync", "report", "reboot_now" or "restart_now" (g.2). Over UDP it
// is sent again after T1 = 0.5 s, doubling up to T2 = 4 s (RFC 3261, 17.1.2), until the phone answers or the time is
// over. A challenge is answered with Push's login.
func (p *Push) Notify(ctx context.Context, phone netip.AddrPort, extension, event string) (_ Answer, err error) {
	if err := errors.Join(CheckPhone(phone.Addr()), checkUser(extension), oneLine("the event", event), oneLine("the user", p.User)); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout())
	defer cancel()
	local, err := localFor(ctx, phone.Addr())
	if err != nil {
		return Answer{}, err
	}
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("profilegen"), sipgo.WithUserAgentHostname(local.String()))
	if err != nil {
		return Answer{}, err
	}
	defer func() { err = errors.Join(err, ua.Close()) }()
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientConnectionAddr(netip.AddrPortFrom(local, 0).String()))
	if err != nil {
		return Answer{}, err
	}
	request := notify(netip.AddrPortFrom(phone.Addr().Unmap(), cmp.Or(phone.Port(), 5060)), local, extension, event)
	if p.TCP {
		request.SetTransport("TCP")
	}
	response, err := client.Do(ctx, request)
	if err != nil {
		return Answer{}, p.unanswered(ctx, err)
	}
	a := Answer{}
	for range 2 { // the second time with a new nonce, if the first was too old
		challenge := response.GetHeader("WWW-Authenticate")
		if response.StatusCode != sip.StatusUnauthorized || challenge == nil || p.Password == "" ||
			a.Login != "" && !strings.Contains(strings.ToLower(challenge.Value()), "stale=true") {
			break
		}
		a.Login = "Digest"
		response, err = client.DoDigestAuth(ctx, request, response, sipgo.DigestAuth{Username: cmp.Or(p.User, extension), Password: p.Password})
		if err != nil {
			return a, p.unanswered(ctx, err)
		}
	}
	a.Status, a.Reason = response.StatusCode, response.Reason
	return a, nil
}

// notify makes the request. It belongs to no subscription, which is what "terminated" says.
func notify(phone netip.AddrPort, local netip.Addr, extension, event string) *sip.Request {
	request := sip.NewRequest(sip.NOTIFY, sip.Uri{Scheme: "sip", User: extension, Host: phone.Addr().String(), Port: int(phone.Port())})
	request.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "profilegen", Host: local.String()}})
	request.AppendHeader(sip.NewHeader("Event", event))
	request.AppendHeader(sip.NewHeader("Subscription-State", "terminated"))
	request.AppendHeader(sip.NewHeader("User-Agent", "profilegen"))
	return request
}

// localFor is this machine's address on the way to a phone. Nothing is sent for it.
func localFor(ctx context.Context, phone netip.Addr) (netip.Addr, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", netip.AddrPortFrom(phone, 5060).String())
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr().Unmap(), nil
}

// checkUser refuses what would end the user part of a SIP address (RFC 3261, 25.1) or its line.
func checkUser(user string) error {
	for i := range len(user) {
		if c := user[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,%", c) >= 0) {
			return fmt.Errorf("extension %s has a %s in it, which cannot stand in a SIP address", shortQuote(user), shortQuote(user[i:i+1]))
		}
	}
	return nil
}

// oneLine refuses control characters: a line end would begin a header of somebody else's making.
func oneLine(what, text string) error {
	if bytes.ContainsFunc([]byte(text), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%s holds a control character", what)
	}
	return nil
}
