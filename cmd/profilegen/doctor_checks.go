package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
)

// labState is what profilegen serve tells.
type labState struct {
	fleet  fleetAnswer
	phones []phoneAnswer
}

// servers are the places at which it answers.
func (l *labState) servers() (list []*url.URL) {
	for _, place := range l.fleet.Places {
		if u, err := url.Parse(place); err == nil {
			list = append(list, u)
		}
	}
	return list
}

// askLab asks the profilegen serve of this machine. It is no problem when there is none, but where another server is
// not named either.
func (d *doctor) askLab(ctx context.Context) {
	state := &labState{}
	err := errors.Join(d.askJSON(ctx, "/_/fleet", &state.fleet), d.askJSON(ctx, "/_/phones", &state.phones))
	if status := (*lab.StatusError)(nil); errors.As(err, &status) && status.Status == http.StatusForbidden {
		d.tell(stateNote, "serve", fmt.Sprintf("at %s answers but tells only its own machine about the phones", d.labURL), "run doctor there")
		return
	}
	switch {
	case err == nil:
		d.lab = state
		if state.fleet.Trouble != "" {
			d.tell(stateProblem, "serve", "an older state is served: "+printable(state.fleet.Trouble), "mend the file; it is read again by itself")
			return
		}
		d.tell(stateOK, "serve", fmt.Sprintf("%s served from %s", plural(state.fleet.Files, "file"), printable(state.fleet.Source)), "")
	case d.server == "":
		d.tell(stateProblem, "serve", "no profilegen serve answers at "+d.labURL, "start one, or name the server with -server")
	default:
		d.tell(stateNote, "serve", "no profilegen serve answers at "+d.labURL+", so who asked for what is not known", "")
	}
}

func (d *doctor) askJSON(ctx context.Context, path string, into any) error {
	u, err := url.Parse(strings.TrimSuffix(d.labURL, "/") + path)
	if err != nil {
		return err
	}
	r, err := d.fetch(ctx, u)
	if err != nil {
		return err
	}
	return json.Unmarshal(r.Body, into)
}

// fetch asks for a file; the whole of it may take twice the time of one answer.
func (d *doctor) fetch(ctx context.Context, u *url.URL) (lab.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*d.timeout)
	defer cancel()
	return d.client.Do(ctx, lab.Fetch{URL: u})
}

// checkName resolves the server's name as this machine does.
func (d *doctor) checkName(ctx context.Context, server *url.URL) {
	host := server.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return
	}
	addresses, err := d.lookup(ctx, host)
	if err != nil {
		d.tell(stateProblem, "name", fmt.Sprintf("%q cannot be resolved here", host), "the phones' DNS server has to know it, or write the address")
		return
	}
	d.tell(stateOK, "name", fmt.Sprintf("%s is %s here; the phones ask their own DNS server", host, joinAddresses(addresses)), "")
}

func (d *doctor) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func joinAddresses(list []netip.Addr) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.Unmap().String())
	}
	return strings.Join(texts, ", ")
}

// checkAddress tells where the server and the phone are as seen from here.
func (d *doctor) checkAddress(ctx context.Context, server *url.URL) {
	addresses, err := d.lookup(ctx, server.Hostname())
	if err != nil || len(addresses) == 0 {
		return // the name's problem
	}
	own, err := lab.Networks()
	if err != nil {
		d.tell(stateNote, "address", "the addresses of this machine cannot be read: "+err.Error(), "")
		return
	}
	address := addresses[0].Unmap()
	switch at, isOwn := networkOf(own, address); {
	case address.IsLoopback():
		d.tell(stateProblem, "address", fmt.Sprintf("%s is this machine's for itself; no phone can ask there", address), "serve on another, as in profilegen serve -listen "+example(own))
	case isOwn && at.Prefix.Addr() == address:
		d.tell(stateOK, "address", fmt.Sprintf("%s is this machine's, at %s in %s", address, at.Interface, at.Prefix.Masked()), "")
	case isOwn:
		d.tell(stateOK, "address", fmt.Sprintf("%s is another machine in the network of %s, %s", address, at.Interface, at.Prefix.Masked()), "")
	default:
		d.tell(stateNote, "address", fmt.Sprintf("%s is another machine behind a router", address), "")
	}
	if !d.ip.IsValid() {
		return
	}
	if at, isOwn := networkOf(own, d.ip); isOwn {
		d.tell(stateOK, "network", fmt.Sprintf("the phone %s is in the network of %s, %s", d.ip, at.Interface, at.Prefix.Masked()), "")
	} else {
		d.tell(stateNote, "network", fmt.Sprintf("the phone %s is behind a router, which has to let it through to the server, and the server's UDP ports above 1023 back to it for TFTP", d.ip), "")
	}
}

// networkOf is the network that an address is in; of several that in which it is this machine's own, or the closest.
func networkOf(own []lab.Own, a netip.Addr) (found lab.Own, ok bool) {
	for _, o := range own {
		switch {
		case o.Prefix.Addr() == a:
			return o, true
		case o.Prefix.Masked().Contains(a) && (!ok || o.Prefix.Bits() > found.Prefix.Bits()):
			found, ok = o, true
		}
	}
	return found, ok
}

// example is an address of this machine that phones may reach.
func example(own []lab.Own) string {
	for _, o := range own {
		if a := o.Prefix.Addr(); a.Is4() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			return a.String()
		}
	}
	return "ADDRESS"
}

// probed is what came of asking one server.
type probed struct {
	server *url.URL
	reply  lab.Reply
	err    error // why there was no answer at all
	missed error // it answered that it does not have the file, or does not give it
}

// checkServers asks each server for a file and tells what came of it. Of guessed ones a good one is enough.
func (d *doctor) checkServers(ctx context.Context, servers []*url.URL, guessed bool) {
	path, wanted := d.path(servers)
	var results []probed
	good := -1
	for _, server := range servers {
		if server.Scheme == "https" {
			d.checkCertificate(ctx, server)
		}
		p := d.probe(ctx, server, path)
		if p.err == nil && good < 0 {
			good = len(results)
		}
		results = append(results, p)
	}
	for _, p := range results {
		what := p.server.Scheme
		switch {
		case p.err == nil:
			d.tell(stateOK, what, fmt.Sprintf("%s answers in %s", base(p.server), max(p.reply.Took.Round(time.Millisecond), time.Millisecond)), "")
		case guessed && good >= 0:
			d.tell(stateNote, what, fmt.Sprintf("%s does not answer: %s", base(p.server), causeOf(p.err)), "")
		default:
			d.tell(stateProblem, what, fmt.Sprintf("%s does not answer: %s", base(p.server), causeOf(p.err)), d.startHint(p.server))
		}
	}
	if good < 0 {
		return
	}
	d.checkClock(results[good].reply)
	if wanted {
		d.checkFile(results[good], path)
	}
}

// base is a server without path and login.
func base(u *url.URL) string { return u.Scheme + "://" + u.Host }

// causeOf is the cause of an error, without the operation and the address, which are told already.
func causeOf(err error) string {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return err.Error()
}

func (d *doctor) startHint(server *url.URL) string {
	return fmt.Sprintf("is it running, and does the firewall let %s through?", portOf(server))
}

// portOf is the port as firewalls write it: 69/udp.
func portOf(u *url.URL) string {
	port := firstOf(u.Port(), fmt.Sprint(standardPort[u.Scheme]))
	if u.Scheme == "tftp" {
		return port + "/udp"
	}
	return port + "/tcp"
}

// path is the file to ask for, and whether it has to be there. A phone's file is not asked for on our own server, which
// would take this machine for the phone; what it has is in its list. Nothing under /_/ is a phone's.
func (d *doctor) path(servers []*url.URL) (path string, wanted bool) {
	phone := rule.Sample("CP-8861-3PCC")
	if d.device != nil {
		phone = &rule.Phone{Identity: d.device.Identity}
	}
	switch {
	case d.file != "":
		return "/" + strings.TrimPrefix(d.file, "/"), true
	case len(servers) == 1 && strings.Trim(servers[0].Path, "/") != "":
		return rule.Expand(servers[0].Path, phone.Macro), true
	case d.lab != nil && d.server == "":
		return "/_/ca.crt", false
	case d.device != nil:
		return rule.Expand(gen.DefaultEntry, phone.Macro), true
	}
	return rule.Expand(gen.DefaultEntry, phone.Macro), false
}

// probe asks one server. "Not there" is an answer, too.
func (d *doctor) probe(ctx context.Context, server *url.URL, path string) probed {
	u := *server
	u.Path, u.RawQuery = path, ""
	reply, err := d.fetch(ctx, &u)
	p := probed{server: server, reply: reply}
	var tftp *lab.TFTPError
	var status *lab.StatusError
	if errors.As(err, &tftp) || errors.As(err, &status) {
		p.missed = err
	} else {
		p.err = err
	}
	return p
}

// checkFile tells whether a phone could use what the server gave.
func (d *doctor) checkFile(p probed, path string) {
	u := base(p.server) + path
	var status *lab.StatusError
	switch {
	case errors.Is(p.missed, fs.ErrNotExist):
		d.tell(stateProblem, "file", fmt.Sprintf("%q is not there", u), "profilegen gen makes it; names are as in the rule, in lower case for $MA")
		return
	case errors.As(p.missed, &status) && status.Status == http.StatusUnauthorized:
		d.tell(stateNote, "file", fmt.Sprintf("%q wants a login", u), "the phones' rule needs [--uid USER --pwd PASSWORD]")
		return
	case p.missed != nil:
		d.tell(stateProblem, "file", fmt.Sprintf("%q: %v", u, p.missed), "can the server's user read it? profilegen gen -mode 0640 helps")
		return
	}
	document, _, err := gen.ReadXML(path, p.reply.Body) // what lint would find is not the question here
	switch {
	case err != nil && bytes.HasPrefix(bytes.TrimSpace(p.reply.Body), []byte("<")):
		d.tell(stateProblem, "file", fmt.Sprintf("%q is no profile", u), "profilegen lint says where")
	case err != nil:
		d.tell(stateNote, "file", fmt.Sprintf("%q is there, %s; it is compressed, encrypted or no profile", u, size(int64(len(p.reply.Body)))), "")
	default:
		d.tell(stateOK, "file", fmt.Sprintf("%q is a profile with %s, %s", u, plural(document.Profile().Len(), "value"), size(int64(len(p.reply.Body)))), "")
	}
}

// checkClock compares the server's clock with that of this machine. Phones check certificates by their own (NTP).
func (d *doctor) checkClock(r lab.Reply) {
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return
	}
	off := date.Sub(d.now()).Round(time.Second)
	if off.Abs() > time.Minute {
		d.tell(stateProblem, "clock", fmt.Sprintf("the server's clock and that of this machine differ by %s", off.Abs()), "set both by NTP; phones check certificates and set times by theirs")
		return
	}
	d.tell(stateOK, "clock", "the server's clock is that of this machine, "+date.UTC().Format("2006-01-02 15:04 MST"), "")
}

// checkCertificate tells what a phone would find wrong with the server's certificate. It is then trusted for the rest of
// the checks.
func (d *doctor) checkCertificate(ctx context.Context, server *url.URL) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	chain, err := d.client.Certificates(ctx, server)
	if err != nil || len(chain) == 0 {
		return // the port's problem
	}
	own, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	now := d.now()
	_, trust := own.Verify(x509.VerifyOptions{Roots: d.client.Roots, Intermediates: between, CurrentTime: now})
	switch wrongName := own.VerifyHostname(server.Hostname()); {
	case now.Before(own.NotBefore):
		d.tell(stateProblem, "tls", "the certificate is valid from "+day(own.NotBefore)+" on", "is this machine's clock right?")
	case now.After(own.NotAfter):
		d.tell(stateProblem, "tls", "the certificate was valid until "+day(own.NotAfter), "renew it")
	case wrongName != nil:
		d.tell(stateProblem, "tls", fmt.Sprintf("the certificate does not name %s", server.Hostname()), "phones compare it with the rule's server; issue one that does")
	case trust != nil:
		d.tell(stateNote, "tls", "the certificate, valid until "+day(own.NotAfter)+", is signed by nobody that this machine knows", "phones need its authority by Custom_CA_Rule; -ca tries it")
	default:
		d.tell(stateOK, "tls", "the certificate names the server and is valid until "+day(own.NotAfter), "")
	}
	trusted := x509.NewCertPool()
	for _, c := range chain {
		trusted.AddCert(c)
	}
	d.client.Close()
	d.client = &lab.Client{UserAgent: d.client.UserAgent, Connect: d.timeout, Idle: d.timeout, Tries: d.client.Tries, Wait: d.client.Wait, Roots: trusted}
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// checkPhone asks the phone's own web page, if its address was typed.
func (d *doctor) checkPhone(ctx context.Context) {
	if !d.ip.IsValid() || d.hasMAC && d.device == nil {
		return
	}
	push := &lab.Push{Timeout: d.timeout}
	a, err := push.Action(ctx, netip.AddrPortFrom(d.ip, 0), "status.xml", "")
	switch {
	case err != nil:
		d.tell(stateProblem, "phone", fmt.Sprintf("%s does not answer at port 80: %s", d.ip, causeOf(err)), "is it on? Its web page may be off (Enable_Web_Server), or at 443 from firmware 12.0(3) on")
	case a.Status == http.StatusUnauthorized:
		d.tell(stateOK, "phone", fmt.Sprintf("%s answers, and wants a login for its status", d.ip), "")
	case a.OK():
		d.tell(stateOK, "phone", fmt.Sprintf("%s tells its status", d.ip), "")
	default:
		d.tell(stateNote, "phone", fmt.Sprintf("%s answers %d to /admin/status.xml", d.ip, a.Status), "")
	}
}

// tellLadder tells how far the phones have come, as serve has seen it.
func (d *doctor) tellLadder() {
	if d.lab == nil {
		return
	}
	if d.phone == "" {
		d.tellAll()
		return
	}
	for _, p := range d.lab.phones {
		if d.hasMAC && p.Key == d.mac.String() || d.ip.IsValid() && p.Address == d.ip.String() {
			d.tellRungs(p)
			return
		}
	}
	d.tell(stateProblem, "ladder", fmt.Sprintf("serve knows nothing of %s", d.phone), "it is not in the fleet and has asked for nothing; does its Profile Rule or DHCP name this server?")
}

// tellRungs tells a phone's steps, and explains the first that is missing.
func (d *doctor) tellRungs(p phoneAnswer) {
	name := p.Key
	if p.Name != "" {
		name += " (" + printable(p.Name) + ")"
	}
	var steps []string
	answered := false
	for _, r := range p.Rungs {
		if r.At == nil {
			steps = append(steps, "not "+r.Name)
			break
		}
		answered = answered || r.Name == "answered"
		step := r.Name + " " + r.At.Local().Format("15:04:05")
		if r.By != "" {
			step += " (" + printable(r.By) + ")"
		}
		steps = append(steps, step)
	}
	state := stateOK
	switch {
	case !answered:
		state = stateProblem
	case p.Missing != "":
		state = stateNote
	}
	d.tell(state, "ladder", name+": "+strings.Join(steps, ", "), printable(p.Missing))
}

// tellAll counts the phones at each step.
func (d *doctor) tellAll() {
	var names []string
	count := map[string]int{}
	for _, p := range d.lab.phones {
		for _, r := range p.Rungs {
			if _, known := count[r.Name]; !known {
				names = append(names, r.Name)
				count[r.Name] = 0
			}
			if r.At != nil {
				count[r.Name]++
			}
		}
	}
	var steps []string
	for _, name := range names {
		steps = append(steps, group(count[name])+" "+name)
	}
	d.tell(stateOK, "ladder", plural(len(d.lab.phones), "phone")+": "+strings.Join(steps, ", "), "-phone MAC explains one of them")
}
