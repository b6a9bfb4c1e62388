package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"profilegen/resync"
)

// sipNotify answers SIP NOTIFY for a phone (g.2).
type sipNotify struct {
	*handset
	ctx context.Context

	nonces map[string]time.Time // given out and not used, until when they are good; the engine's goroutine alone has it
}

// nonceTime is how long a nonce is good; each is good once.
const nonceTime = 5 * time.Minute

// mostNonces bounds those given out.
const mostNonces = 1000

// sipAnswer is a response: its header is a challenge or what else belongs to
// the status.
type sipAnswer struct {
	status       int
	reason       string
	header, text string
}

// serveSIP answers at an address, by UDP and TCP, until ctx ends. Package lab has
// silenced the library's log.
func serveSIP(ctx context.Context, h *handset, address string, running *sync.WaitGroup) (at net.Addr, err error) {
	stream, datagrams, err := listenBoth(address)
	if err != nil {
		return nil, err
	}
	agent, err := sipgo.NewUA(sipgo.WithUserAgent(h.UserAgent()))
	if err == nil {
		var server *sipgo.Server
		if server, err = sipgo.NewServer(agent); err == nil {
			n := &sipNotify{handset: h, ctx: ctx, nonces: map[string]time.Time{}}
			server.OnNotify(n.respond)
			running.Go(func() { server.ServeUDP(datagrams) })
			running.Go(func() { server.ServeTCP(stream) })
		}
	}
	if err != nil {
		stream.Close()
		datagrams.Close()
		return nil, err
	}
	running.Go(func() {
		<-ctx.Done()
		datagrams.Close()
		stream.Close()
		agent.Close()
	})
	return datagrams.LocalAddr(), nil
}

// listenBoth opens the same port for TCP and UDP. With port 0 the system
// chooses one, which the other protocol may have in use: then another one.
func listenBoth(address string) (stream net.Listener, datagrams net.PacketConn, err error) {
	for range 10 {
		if stream, err = net.Listen("tcp", address); err != nil {
			return nil, nil, err
		}
		if datagrams, err = net.ListenPacket("udp", stream.Addr().String()); err == nil {
			return stream, datagrams, nil
		}
		stream.Close()
		if !strings.HasSuffix(address, ":0") {
			break
		}
	}
	return nil, nil, err
}

func (n *sipNotify) respond(r *sip.Request, tx sip.ServerTransaction) {
	answer := n.answer(r)
	response := sip.NewResponseFromRequest(r, answer.status, answer.reason, nil)
	if answer.header != "" {
		response.AppendHeader(sip.NewHeader(answer.header, answer.text))
	}
	tx.Respond(response) // who does not get it asks again
}

// answer asks the phone, which listens between two requests of its own.
func (n *sipNotify) answer(r *sip.Request) (answer sipAnswer) {
	ctx, cancel := context.WithTimeout(n.ctx, longestWait)
	defer cancel()
	err := n.do(ctx, func(p *resync.Phone, now time.Time) {
		answer = n.notified(p, now, r)
		if answer.status != 200 {
			n.refused(now, fmt.Sprintf("SIP NOTIFY from %s: answered %d %s", r.Source(), answer.status, answer.reason), "g.2")
		}
	})
	if err != nil {
		return sipAnswer{status: 503, reason: "Service Unavailable", header: "Retry-After", text: "10"}
	}
	return answer
}

// notified is what the phone answers to a NOTIFY, and does for it.
func (n *sipNotify) notified(p *resync.Phone, now time.Time, r *sip.Request) sipAnswer {
	line, ok := lineOf(p, r.Recipient.User)
	if !ok {
		return sipAnswer{status: 404, reason: "Not Found"}
	}
	if p.NotifyNeedsLogin(line) && !n.loggedIn(p, now, r, line) {
		return n.challenge(p, now)
	}
	event := ""
	if h := r.GetHeader("Event"); h != nil {
		event = h.Value()
	}
	if strings.EqualFold(strings.TrimSpace(event), "XML-Service") {
		return n.notifiedObject(p, now, r)
	}
	settings := resync.ReadSettings(p.Value, &p.Quirks)
	if !p.Notify(now, event) {
		return sipAnswer{status: 489, reason: "Bad Event", header: "Allow-Events", text: "resync, check-sync, report, reboot_now, restart_now"}
	}
	if asksForResync(event) && !(settings.FromSIP && settings.ProvisionEnable) {
		return sipAnswer{status: 403, reason: "Forbidden"}
	}
	return sipAnswer{status: 200, reason: "OK"}
}

// notifiedObject is the answer to an XML object in a NOTIFY (g.3).
func (n *sipNotify) notifiedObject(p *resync.Phone, now time.Time, r *sip.Request) sipAnswer {
	object, err := readObject(bytes.NewReader(r.Body()), "")
	from, _, _ := net.SplitHostPort(r.Source())
	switch {
	case p.Value("CISCO_XML_EXE_Enable") != "Yes":
		return sipAnswer{status: 403, reason: "Forbidden"}
	case err != nil, n.execute(p, now, object, from) > 0:
		return sipAnswer{status: 400, reason: "Bad Request"}
	}
	return sipAnswer{status: 200, reason: "OK"}
}

// asksForResync tells whether Resync_From_SIP is about an event.
func asksForResync(event string) bool {
	event, _, _ = strings.Cut(event, ";")
	event = strings.ToLower(strings.TrimSpace(event))
	return event == "resync" || event == "check-sync"
}

// mostLines is the number of lines of the largest model.
const mostLines = 16

// lineOf is the line whose User_ID a request names. A phone without any
// account takes it for line 1.
func lineOf(p *resync.Phone, user string) (line int, ok bool) {
	accounts := false
	for line := 1; line <= mostLines; line++ {
		switch p.Value(ofLine("User_ID", line)) {
		case "":
		case user:
			return line, true
		default:
			accounts = true
		}
	}
	return 1, !accounts || user == ""
}

func ofLine(name string, line int) string { return fmt.Sprintf("%s_%d_", name, line) }

// challenge asks for the log-in of the account.
func (n *sipNotify) challenge(p *resync.Phone, now time.Time) sipAnswer {
	c := digest.Challenge{Realm: p.Product, Nonce: n.newNonce(now), Algorithm: "MD5", QOP: []string{"auth"}}
	return sipAnswer{status: 401, reason: "Unauthorized", header: "WWW-Authenticate", text: c.String()}
}

// loggedIn tells whether a request carries the answer to a challenge.
func (n *sipNotify) loggedIn(p *resync.Phone, now time.Time, r *sip.Request, line int) bool {
	h := r.GetHeader("Authorization")
	password := p.Value(ofLine("Password", line))
	if h == nil || password == "" {
		return false
	}
	c, err := digest.ParseCredentials(h.Value())
	if err != nil || c.QOP != "" && (c.QOP != "auth" || c.Cnonce == "" || c.Nc == 0) {
		return false
	}
	user := firstOf(p.Value(ofLine("Auth_ID", line)), p.Value(ofLine("User_ID", line)))
	asked := &digest.Challenge{Realm: p.Product, Nonce: c.Nonce, Algorithm: "MD5"}
	if c.QOP != "" {
		asked.QOP = []string{"auth"}
	}
	want, err := digest.Digest(asked, digest.Options{
		Method: string(r.Method), URI: c.URI, Count: c.Nc, Username: user, Password: password, Cnonce: c.Cnonce,
	})
	good := err == nil && c.Username == user && c.Realm == p.Product && sameText(c.Response, want.Response) == 1
	return n.useNonce(c.Nonce, now) && good
}

// newNonce gives out a nonce. When too many are out, one of them is taken back.
func (n *sipNotify) newNonce(now time.Time) string {
	for nonce, until := range n.nonces {
		if len(n.nonces) >= mostNonces || now.After(until) {
			delete(n.nonces, nonce)
		}
	}
	nonce := rand.Text()
	n.nonces[nonce] = now.Add(nonceTime)
	return nonce
}

// useNonce tells whether a nonce is good, and takes it back.
func (n *sipNotify) useNonce(nonce string, now time.Time) bool {
	until, ok := n.nonces[nonce]
	delete(n.nonces, nonce)
	return ok && !now.After(until)
}
