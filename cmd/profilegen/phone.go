package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"profilegen/gen"
	"profilegen/resync"
	"profilegen/rule"
	"profilegen/schema"
)

var phoneCommand = &command{
	name:    "phone",
	summary: "is a phone, or a thousand, on the real network: fetches, applies and goes on by its timers",
	usage: `phone [-mac MAC] [-model MODEL] [-rule RULE] [-profile start.xml] [-set NAME=VALUE] [-once] [options]
phone -csv phones.csv [-rule RULE] [-dhcp66 SERVER] [-once] [options]
phone -quirk help`,
	about: `The phone starts with its factory values, over them those of -profile, -rule and
-set, and is powered on. From then on it does what a 7800 or 8800 does: it asks
the servers that its rules or DHCP (-dhcp66 and so on) name by TFTP, HTTP or
HTTPS, logs in when asked, follows redirects, decrypts, applies what it gets,
sends its log messages by syslog, and goes on by its timers until it is
interrupted. Firmware is not loaded.

One line is printed for each resync; -trace prints every step with its reason
and the rule of docs/behaviour.md that it follows, -json every step as one JSON
object. Secrets are shown as ***.

-once makes one resync, at once, prints what it changed and ends: exit status 0
when it succeeded, 1 when it did not.

-csv (or -fleet) makes one phone of each row: its MAC address and model, with
factory values and what -profile, -rule and -set say. What the rows set is for
the server to hand out. They start spread over Resync_Random_Delay, with -once
too. On a terminal a table shows how they are; otherwise every step is one JSON
object, as with -json. A process makes 128 requests at once, the others wait.

-listen answers the phone's own web paths: /admin/resync?RULE, /admin/reboot,
/admin/cfg.xml, /admin/status.xml. User "admin" and Admin_Password log in, by
Basic or as &xuser=admin&xpassword=…; without a password only this machine may
ask. Enable_Web_Server, Enable_Web_Admin_Access and Enable_Direct_Action_Url
are respected (403). The Host must be an address, localhost or the one listened
on, and requests that a browser sends for another site are refused. With
CISCO_XML_EXE_Enable, /CGI/Execute takes an XML object with ExecuteItem Resync:.

-sip answers NOTIFY over UDP and TCP, with Event: resync, check-sync, report,
reboot_now, restart_now or XML-Service. The line is the one whose User_ID the request names
(404 when there is none; line 1 when no line has one). It is challenged (401)
for Auth_ID or User_ID and Password of that line, unless its
Auth_Resync-Reboot is No; an account without a password is never accepted. Then
it is 200, 403 when Resync_From_SIP or Provision_Enable is No, 489 for another
event.

Replies are bounded: 4 MB, and -timeout for each request. Nothing is fetched
from link-local addresses and from those at which clouds tell secrets, unless
-link-local allows it.`,
	example: `profilegen phone -rule 'http://127.0.0.1:8080/$MA.xml' -once
profilegen phone -mac 000E08012345 -model 8861 -dhcp66 192.0.2.10 -once -trace
profilegen phone -rule 'tftp://127.0.0.1:6969/$PSN.xml' -save state.json -listen :8081 -sip :5060
profilegen phone -csv examples/phones.csv -dhcp160 'http://127.0.0.1:8080/$MA/$PSN.xml' -once`,
	define: definePhone,
}

// phoneRun is one run of the phone command.
type phoneRun struct {
	source  fleetFlags
	network networkFlags

	mac      string
	identity rule.Identity // what flags say of it; empty: the sample's

	profile, rule string
	set           settings
	dhcp          map[int]string
	quirks        quirkFlag
	seed          uint64

	once, trace, json bool
	save, listen, sip string
}

func definePhone(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	r := &phoneRun{dhcp: map[int]string{}}
	flags.StringVar(&r.mac, "mac", "", "`MAC` address of the phone")
	flags.StringVar(&r.source.model, "model", "", "`MODEL` of the phone, or of those whose row names none, such as 8861")
	flags.StringVar(&r.identity.Serial, "serial", "", "`SERIAL` number of the phone ($SN)")
	flags.StringVar(&r.identity.IP, "ip", "", "`ADDRESS` that the phone takes for its own ($IP)")
	flags.StringVar(&r.identity.ExtIP, "extip", "", "`ADDRESS` that it takes for its outer one ($EXTIP)")
	flags.StringVar(&r.identity.Software, "software", "", "`VERSION` of its software ($SWVER), such as sip88xx.12-0-1MPP-1")
	flags.StringVar(&r.identity.Hardware, "hardware", "", "`VERSION` of its hardware ($HWVER)")
	flags.Var(&r.source.generation, "firmware", "`GENERATION` whose factory values it has: 10.4, 11 or 12")

	flags.StringVar(&r.source.csv, "csv", "", "`FILE` with a row for each phone; - is standard input")
	flags.StringVar(&r.source.file, "fleet", "", "`FILE` fleet.json, in place of -csv")

	flags.StringVar(&r.profile, "profile", "", "`FILE` with the values it holds at first, an XML profile")
	flags.StringVar(&r.rule, "rule", "", "`RULE` that it holds as Profile_Rule")
	flags.Var(&r.set, "set", "`NAME=VALUE`: a parameter's value; may be repeated")
	for _, option := range []int{66, 150, 159, 160} {
		name := strconv.Itoa(option)
		flags.Func("dhcp"+name, "`VALUE` of DHCP option "+name, func(value string) error {
			r.dhcp[option] = value
			return nil
		})
	}
	flags.Var(&r.quirks, "quirk", "`NAME=VALUE`: where phones may differ from what profilegen assumes;\nmay be repeated, and help lists them")
	flags.Uint64Var(&r.seed, "seed", 0, "`NUMBER` that the random times are drawn from; another number, other times")

	flags.BoolVar(&r.once, "once", false, "make one resync, print what it changed, and end")
	flags.BoolVar(&r.trace, "trace", false, "print every step")
	flags.BoolVar(&r.json, "json", false, "print every step as one JSON object")
	flags.StringVar(&r.save, "save", "", "`FILE` that keeps the phone's values, passwords too, and that it starts from again;\n"+
		"-profile and -rule count only while there is no such file")
	flags.StringVar(&r.listen, "listen", "", "`ADDRESS` to answer the phone's web paths at; :8080 is 127.0.0.1:8080")
	flags.StringVar(&r.sip, "sip", "", "`ADDRESS` to answer SIP NOTIFY at, by UDP and TCP; :5060 is 127.0.0.1:5060")
	flags.StringVar(&r.network.syslog, "syslog", "", "`HOST[:PORT]` that log messages go to, in place of Syslog_Server and Debug_Server")

	flags.StringVar(&r.network.ca, "ca", "", "`FILE` of the certification authorities that HTTPS servers are checked by (PEM)")
	flags.StringVar(&r.network.certificate, "cert", "", "`FILE` with the phone's own certificate (PEM), shown to servers that ask")
	flags.StringVar(&r.network.key, "key", "", "`FILE` with the key of -cert; without it -cert holds both")
	flags.IntVar(&r.network.blockSize, "blksize", 0, "`BYTES` of a TFTP block that are asked for; without it no option is sent")
	flags.DurationVar(&r.network.timeout, "timeout", 2*time.Minute, "`TIME` that a request may take as a whole")
	flags.BoolVar(&r.network.linkLocal, "link-local", false, "fetch from link-local and metadata addresses too")
	return r.run
}

func (r *phoneRun) run(ctx context.Context, p *program, args []string) error {
	if r.quirks.help {
		printQuirks(p)
		return nil
	}
	if err := r.usage(args); err != nil {
		return err
	}
	phones, err := r.phones(p)
	if err != nil {
		return err
	}
	network, err := r.network.open()
	if err != nil {
		return err
	}
	defer network.close()
	for _, h := range phones {
		r.equip(h, network)
	}
	if err := r.give(p, phones); err != nil {
		return err
	}
	if r.source.given() {
		return r.runFleet(ctx, p, network, phones)
	}
	return r.runOne(ctx, p, network, phones[0])
}

// equip gives a phone what it is made of, before it holds any value.
func (r *phoneRun) equip(h *handset, n *network) {
	h.Fetch, h.Resolve = n, n.address
	h.Zone, h.Generation = time.Local, r.source.generation.Generation
	h.DHCP, h.Quirks = r.dhcp, r.quirks.Quirks
	h.chance = resync.Chance(r.seed ^ (uint64(h.MAC[3])<<16 | uint64(h.MAC[4])<<8 | uint64(h.MAC[5])))
	h.atOnce = r.once && !r.source.given()
	h.Random = h.draw
}

func (r *phoneRun) usage(args []string) error {
	wrong := func(format string, a ...any) error { return &usageError{"phone", fmt.Sprintf(format, a...)} }
	given := r.source.given()
	switch {
	case len(args) > 0:
		return wrong("%q is not an option; -rule names what to fetch", args[0])
	case given && (r.mac != "" || r.identity.Serial != "" || r.identity.IP != ""):
		return wrong("-mac, -serial and -ip are of one phone; with -csv each row is one")
	case given && (r.save != "" || r.listen != "" || r.sip != ""):
		return wrong("-save, -listen and -sip go with one phone, not with -csv")
	case r.once && (r.listen != "" || r.sip != ""):
		return wrong("-listen and -sip go without -once: the phone ends with its resync")
	case r.trace && r.json:
		return wrong("-trace and -json exclude each other")
	case r.network.key != "" && r.network.certificate == "":
		return wrong("-key goes with -cert")
	case r.network.timeout <= 0:
		return wrong("-timeout %s is no time", r.network.timeout)
	}
	return nil
}

// give gives phones the values that they hold when they start: those that
// -save has kept, or those of -profile and -rule, and over them those of -set.
func (r *phoneRun) give(p *program, phones []*handset) error {
	first, err := r.firstValues(p)
	if err != nil {
		return err
	}
	set, err := r.set.values()
	if err != nil {
		return err
	}
	saved, err := r.saved(&phones[0].Identity)
	if err != nil {
		return err
	}
	unknown := 0
	for _, h := range phones {
		if saved != nil {
			unknown = h.Restore(saved.State)
		} else {
			unknown = h.Preset(first...)
		}
		h.Preset(set...)
	}
	if unknown > 0 {
		p.note("%s that no parameter of the phone has the name of: ignored", plural(unknown, "value"))
	}
	return nil
}

// firstValues are those of -profile and -rule.
func (r *phoneRun) firstValues(p *program) ([]schema.Value, error) {
	var values []schema.Value
	if r.profile != "" {
		document, problems, err := readProfile(r.profile)
		tellProblems(p, problems)
		if err != nil {
			return nil, err
		}
		values = document.Profile().Values()
	}
	if r.rule != "" {
		values = append(values, schema.Value{Name: "Profile_Rule", Text: r.rule})
	}
	return values, nil
}

// values are the settings as parameters.
func (s settings) values() ([]schema.Value, error) {
	var values []schema.Value
	for _, set := range s {
		entry, ok := findParameter(set.name)
		if !ok {
			names := schema.Default().Suggest(set.name)
			return nil, fmt.Errorf("-set %s: there is no such parameter%s", set.name, suggestion(names[:min(3, len(names))]))
		}
		values = append(values, schema.Value{Name: entry.Name, Text: set.value})
	}
	return values, nil
}

// phones makes the phones that the flags name.
func (r *phoneRun) phones(p *program) ([]*handset, error) {
	if !r.source.given() {
		phone, err := samplePhone(r.source.model, r.mac)
		if err != nil {
			return nil, err
		}
		return []*handset{newHandset(r.completed(phone.Identity))}, nil
	}
	if r.source.csv != "" {
		r.source.base = "none" // what the phones get is the server's business
	}
	fleet, problems, err := r.source.load(p.stdin)
	var phones []*handset
	if err == nil {
		var more schema.Problems
		more, err = fleet.Each(func(d *gen.Device) {
			phones = append(phones, newHandset(r.completed(fleet.Phone(d).Identity)))
		})
		problems = append(problems, more...)
	}
	tellProblems(p, problems)
	switch {
	case err != nil:
		return nil, err
	case len(phones) == 0:
		return nil, fmt.Errorf("%s names no phone", fleet.source)
	}
	return phones, nil
}

// completed is an identity with what flags say of it. Strings are copied: a
// fleet uses its memory again.
func (r *phoneRun) completed(id rule.Identity) rule.Identity {
	sample := rule.Sample(id.Product).Identity
	choose := func(texts ...string) string { return strings.Clone(firstOf(texts...)) }
	id.Product = strings.Clone(id.Product)
	id.Serial = choose(r.identity.Serial, id.Serial, sample.Serial)
	id.IP = choose(r.identity.IP, id.IP, sample.IP)
	id.ExtIP = choose(r.identity.ExtIP, id.ExtIP, sample.ExtIP)
	id.Software = choose(r.identity.Software, id.Software, sample.Software)
	id.Hardware = choose(r.identity.Hardware, id.Hardware, sample.Hardware)
	return id
}

// runOne plays one phone.
func (r *phoneRun) runOne(ctx context.Context, p *program, n *network, h *handset) error {
	ctx, stop := context.WithCancel(ctx)
	var services sync.WaitGroup
	defer services.Wait()
	defer stop()
	if err := r.serve(ctx, p, h, &services); err != nil {
		return err
	}
	out := &printer{w: p.stdout, form: r.form()}
	h.Log = h.listener(ctx, p, n, out.print)
	err := h.play(ctx, r.once, func() error { return r.keep(h) })
	if r.once && !r.json {
		h.changes.print(p.stdout)
	}
	return r.end(h, err)
}

// form is how one phone's events are printed.
func (r *phoneRun) form() eventForm {
	switch {
	case r.json:
		return jsonForm
	case r.trace:
		return new(traceForm).append
	}
	return briefForm
}

// end makes the end of a phone's play the program's.
func (r *phoneRun) end(h *handset, err error) error {
	switch {
	case errors.Is(err, context.Canceled) && !r.once:
		return nil // interrupted, as it has to be
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted before the resync had ended")
	case err != nil:
		return err
	case h.verdict != succeeded:
		return errProblems // the resync's line has told
	}
	return nil
}

// serve opens what the phone answers at.
func (r *phoneRun) serve(ctx context.Context, p *program, h *handset, services *sync.WaitGroup) error {
	if r.listen != "" {
		at, err := serveWeb(ctx, h, onLoopback(r.listen), services)
		if err != nil {
			return fmt.Errorf("-listen: %w", err)
		}
		p.note("the phone's web page is http://%s/admin/status.xml", at)
	}
	if r.sip != "" {
		at, err := serveSIP(ctx, h, onLoopback(r.sip), services)
		if err != nil {
			return fmt.Errorf("-sip: %w", err)
		}
		p.note("the phone answers SIP NOTIFY at %s, by UDP and TCP", at)
	}
	return nil
}

// onLoopback is an address to listen on, that of this machine alone when it
// names no host.
func onLoopback(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && host == "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// quirkFlag takes -quirk NAME=VALUE.
type quirkFlag struct {
	resync.Quirks
	help bool
}

func (q *quirkFlag) String() string { return "" }

func (q *quirkFlag) Set(text string) error {
	if text == "help" {
		q.help = true
		return nil
	}
	return q.Quirks.Set(text)
}
