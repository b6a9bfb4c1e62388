package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

var pushCommand = &command{
	name:    "push",
	summary: "asks phones to resync, upgrade, reboot or report, and shows what they answered",
	usage: `push -phone IP [-phone IP …] [options] [RULE]
push -phones FILE [options] [RULE]
push -csv phones.csv [-phone MAC …] [options] [RULE]`,
	about: `The phone is asked by its web page: /admin/resync, with RULE the one-time rule
/admin/resync?RULE. -sip sends a SIP NOTIFY, which also knows -restart and
-report; -xml posts a Cisco XML object. What the phone answered is shown. An
answer is no proof that the phone did it: profilegen serve shows what it fetches.

RULE is checked as lint would; with an error nothing is sent. The phone expands
its macros. Without a server in it the phone takes this machine's address.

Only phones named by -phone, -phones or the ip column of -csv are asked; never
link-local, multicast, broadcast and cloud metadata addresses. Many phones are
asked one after the other, -every apart; an interrupt stops that.

The password is that of the phone's web page, for -sip that of the extension. It
comes from -password-file, from the environment's PROFILEGEN_PASSWORD, from
-ask, or from the phone's profile with -csv. The web page's login answers the
phone's challenge, Digest or Basic; -login-in-url sends it as &xuser and
&xpassword, readable for everyone on the way. Which one was used is shown.

FILE of -phones has a line for each phone: its address, and for -sip its
extension. What follows a # is a comment.`,
	example: `profilegen push -phone 192.0.2.31 -password-file admin.txt
profilegen push -phone 192.0.2.31 -dry-run 'http://192.0.2.10:8080/$MA.xml'
profilegen push -sip -report -phone 192.0.2.31 -extension 4081001001
profilegen push -phones phones.txt -every 2s -at-once 4`,
	define: definePush,
}

// push is one run of the command.
type push struct {
	phones    repeated
	list      string
	source    fleetFlags
	extension string

	upgrade, reboot, restart, report bool
	sip, tcp, xml                    bool

	user, passwordFile string
	ask, inURL         bool
	https, insecure    bool
	ca                 string
	every, timeout     time.Duration
	atOnce             int
	force, dryRun      bool
	page               bool // asked for by the lab's page, not by flags

	tls *tls.Config
}

func definePush(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	c := &push{}
	flags.Var(&c.phones, "phone", "`IP` of a phone, or IP:PORT; may be repeated. With -csv also its MAC address")
	flags.StringVar(&c.list, "phones", "", "`FILE` with the phones' addresses")
	c.source.define(flags)
	flags.StringVar(&c.extension, "extension", "", "`EXTENSION` that a NOTIFY is for, where the list names none")
	flags.BoolVar(&c.upgrade, "upgrade", false, "have the phone upgrade its firmware; RULE is an upgrade rule")
	flags.BoolVar(&c.reboot, "reboot", false, "have the phone reboot")
	flags.BoolVar(&c.restart, "restart", false, "have the phone restart its software (-sip)")
	flags.BoolVar(&c.report, "report", false, "have the phone send its configuration report (-sip)")
	flags.BoolVar(&c.sip, "sip", false, "ask by a SIP NOTIFY with Event: resync, report, reboot_now or restart_now")
	flags.BoolVar(&c.tcp, "tcp", false, "send the NOTIFY by TCP, where a phone's SIP_Transport is TCP (-sip)")
	flags.BoolVar(&c.xml, "xml", false, "ask by a Cisco XML object posted to /CGI/Execute")
	flags.StringVar(&c.user, "user", "", "`NAME` of the login (default admin, for -sip the extension)")
	flags.StringVar(&c.passwordFile, "password-file", "", "`FILE` whose first line is the password; - is standard input")
	flags.BoolVar(&c.ask, "ask", false, "ask for the password")
	flags.BoolVar(&c.inURL, "login-in-url", false, "send the login as &xuser=…&xpassword=… in the URL")
	flags.BoolVar(&c.https, "https", false, "ask by HTTPS, the default of firmware 12 from 12.0(3) on")
	flags.StringVar(&c.ca, "ca", "", "`FILE` with the certificates (PEM) that have signed those of the phones")
	flags.BoolVar(&c.insecure, "insecure", false, "take any certificate")
	flags.DurationVar(&c.every, "every", 500*time.Millisecond, "`TIME` between one phone and the next")
	flags.IntVar(&c.atOnce, "at-once", 8, "`NUMBER` of phones that may be waited for at the same time")
	flags.DurationVar(&c.timeout, "timeout", 10*time.Second, "`TIME` to wait for a phone's answer")
	flags.BoolVar(&c.force, "force", false, "send a RULE with errors")
	flags.BoolVar(&c.dryRun, "dry-run", false, "print what would be sent; passwords are ***")
	return c.run
}

func (c *push) run(ctx context.Context, p *program, args []string) error {
	if err := c.usage(args); err != nil {
		return err
	}
	text := strings.Join(args, "")
	if err := c.check(p, text); err != nil {
		return err
	}
	if err := c.secure(); err != nil {
		return err
	}
	targets, err := c.targets(p)
	if err != nil {
		return err
	}
	requests := make([]request, len(targets))
	for i, target := range targets {
		if requests[i], err = c.request(target, text); err != nil {
			return err
		}
	}
	if c.dryRun {
		for _, r := range requests {
			fmt.Fprintln(p.stdout, r.shown)
		}
		return nil
	}
	return c.all(ctx, p, requests)
}

func (c *push) usage(args []string) error {
	wrong := func(format string, args ...any) error { return &usageError{"push", fmt.Sprintf(format, args...)} }
	acts := 0
	for _, set := range []bool{c.upgrade, c.reboot, c.restart, c.report} {
		if set {
			acts++
		}
	}
	switch {
	case len(c.phones) == 0 && c.list == "" && !c.source.given():
		return wrong("-phone, -phones or -csv has to name the phones")
	case len(args) > 1:
		return wrong("one rule at a time; put it between quotes")
	case acts > 1:
		return wrong("one of -upgrade, -reboot, -restart and -report at a time")
	case c.sip && c.xml:
		return wrong("-sip and -xml exclude each other")
	case (c.restart || c.report) && !c.sip:
		return wrong("the phone's web page knows no such request; add -sip")
	case c.upgrade && c.sip, c.xml && acts > 0:
		return wrong("only the phone's web page takes this request; leave -sip and -xml out")
	case len(args) == 1 && (c.sip || c.reboot):
		return wrong("this request carries no rule; leave it out")
	case c.inURL && (c.sip || c.xml):
		return wrong("-login-in-url is for the phone's web page; leave -sip and -xml out")
	case c.https && c.sip:
		return wrong("-https and -sip exclude each other")
	case (c.ca != "" || c.insecure) && !c.https:
		return wrong("-ca and -insecure go with -https")
	case c.tcp && !c.sip:
		return wrong("-tcp goes with -sip")
	case c.extension != "" && !c.sip:
		return wrong("-extension goes with -sip")
	case c.ask && c.passwordFile != "":
		return wrong("-ask and -password-file exclude each other")
	case c.atOnce < 1 || c.every < 0 || c.timeout <= 0:
		return wrong("-at-once and -timeout have to be above 0, -every not below")
	}
	return nil
}

// check holds the rule against the phone's grammar: what it would refuse is not sent.
func (c *push) check(p *program, text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("the rule holds a line end or another control character; nothing was sent")
	}
	if text == "" {
		return nil
	}
	worst := rule.Note
	for _, f := range rule.Check(c.place(), text, nil) {
		worst = max(worst, f.Severity)
		if f.Severity > rule.Note {
			p.problem(p.stderr, schema.Problem{ID: f.ID, Severity: f.Severity, Summary: f.Summary, Hint: f.Hint, Source: f.Source})
		}
	}
	if worst == rule.Error && !c.force {
		p.fail(errors.New("the rule has errors; nothing was sent"))
		p.hint("-force sends it all the same")
		return errProblems
	}
	return nil
}

func (c *push) place() rule.Place {
	if c.upgrade {
		return rule.PlaceUpgradeRule
	}
	return rule.PlaceProfileRule
}

// secure makes the settings of HTTPS. A phone's certificate names its MAC address and not its IP address, so with -ca
// the chain counts and the name does not.
func (c *push) secure() error {
	if !c.https {
		return nil
	}
	c.tls = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.insecure}
	if c.ca == "" {
		return nil
	}
	pem, err := os.ReadFile(c.ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("-ca %s: there is no certificate in it", c.ca)
	}
	c.tls.InsecureSkipVerify = true // in favour of the check below
	c.tls.VerifyConnection = func(s tls.ConnectionState) error {
		between := x509.NewCertPool()
		for _, cert := range s.PeerCertificates[1:] {
			between.AddCert(cert)
		}
		_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		return err
	}
	return nil
}

// request is what one phone is asked.
type request struct {
	key    string // of the phone, in the lab
	remote netip.AddrPort
	phone  string
	shown  string // for -dry-run, without secrets
	login  bool   // one was given
	ask    func(context.Context) (lab.Answer, error)
}

// request says what a target would be asked for.
func (c *push) request(t target, text string) (request, error) {
	sender := &lab.Push{User: t.user, Password: t.password, InURL: c.inURL, TLS: c.tls, TCP: c.tcp, Timeout: c.timeout}
	if c.inURL && t.password == "" {
		return request{}, fmt.Errorf("-login-in-url needs a password for %s; give it by -password-file", shownPhone(t.phone))
	}
	masked := ""
	if text != "" {
		masked = rule.Explain(c.place(), text, nil).Text
	}
	r := request{remote: t.phone, phone: shownPhone(t.phone), login: t.password != ""}
	switch {
	case c.sip:
		event := c.event()
		r.shown = fmt.Sprintf("NOTIFY sip:%s@%s Event: %s", t.extension, r.phone, event)
		if c.tcp {
			r.shown += " by TCP"
		}
		r.ask = func(ctx context.Context) (lab.Answer, error) { return sender.Notify(ctx, t.phone, t.extension, event) }
	case c.xml:
		r.shown = fmt.Sprintf("POST %s XML=%s", lab.ExecuteURL(c.scheme(), t.phone), lab.ExecuteXML("Resync:"+masked))
		r.ask = func(ctx context.Context) (lab.Answer, error) { return sender.Execute(ctx, t.phone, "Resync:"+text) }
	default:
		r.shown = "GET " + lab.ActionURL(c.scheme(), t.phone, c.action(), masked).String()
		if c.inURL {
			separator := "&"
			if masked == "" {
				separator = "?"
			}
			r.shown += separator + "xuser=" + t.user + "&xpassword=***"
		}
		r.ask = func(ctx context.Context) (lab.Answer, error) { return sender.Action(ctx, t.phone, c.action(), text) }
	}
	if r.login && !c.inURL {
		r.shown += fmt.Sprintf(" (asked for a login: %s, ***)", t.user)
	}
	return r, nil
}

func (c *push) scheme() string {
	if c.https {
		return "https"
	}
	return "http"
}

// shownAct is what the phone is asked for, in a word.
func (c *push) shownAct() string {
	if c.sip {
		return c.event()
	}
	return c.action()
}

func (c *push) action() string {
	switch {
	case c.upgrade:
		return "upgrade"
	case c.reboot:
		return "reboot"
	}
	return "resync"
}

func (c *push) event() string {
	switch {
	case c.report:
		return "report"
	case c.reboot:
		return "reboot_now"
	case c.restart:
		return "restart_now"
	}
	return "resync"
}
