package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
)

var doctorCommand = &command{
	name:    "doctor",
	summary: "looks for what keeps a phone from its profile: addresses, ports, names, clock, firewall, files",
	usage: `doctor [-server ADDRESS|URL] [-phone IP|MAC] [options]
doctor -csv phones.csv -phone MAC [options]`,
	about: `One line for each check: ok, problem with the way out, or note for what could not be
told from here. The exit status is 1 when there is a problem.

Without -server it is the server that profilegen serve runs on this machine, and
what serve knows of the phones is told: who was seen, asked, was answered, said
success, reported, and why the next step may be missing.

A bare ADDRESS is tried as a phone does that has it from DHCP: by TFTP, HTTP and
HTTPS at their usual ports. The phone's own web page is asked for its status when
-phone is an address. Nothing is changed anywhere, and no login is sent.

Run it on the server, and once more on a machine in the phones' network: what is
open here may be closed on the way.`,
	example: `profilegen doctor
profilegen doctor -server http://192.0.2.10:8080 -phone 192.0.2.31
profilegen doctor -server 192.0.2.10 -csv examples/phones.csv -phone 000E08A00001`,
	define: defineDoctor,
}

// doctor is one run of the command.
type doctor struct {
	server, phone, labURL, file, ca string
	source                          fleetFlags
	timeout                         time.Duration

	program  *program
	problems int
	client   *lab.Client
	ip       netip.Addr // of the phone
	mac      rule.MAC
	hasMAC   bool
	device   *gen.Device // the phone of the fleet
	lab      *labState   // what profilegen serve knows; nil: none runs here
	now      func() time.Time
}

func defineDoctor(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	d := &doctor{now: time.Now}
	flags.StringVar(&d.server, "server", "", "`ADDRESS` or URL that the phones ask")
	flags.StringVar(&d.phone, "phone", "", "`IP` or MAC address of a phone")
	flags.StringVar(&d.file, "file", "", "`PATH` of a file that has to be on the server, such as /8861-3PCC.xml")
	flags.StringVar(&d.labURL, "lab", "http://127.0.0.1:8080", "`URL` of the profilegen serve to ask")
	flags.StringVar(&d.ca, "ca", "", "`FILE` with the certificates (PEM) that phones trust for HTTPS (Custom_CA_Rule)")
	flags.DurationVar(&d.timeout, "timeout", 3*time.Second, "`TIME` to wait for an answer")
	d.source.define(flags)
	return d.run
}

func (d *doctor) run(ctx context.Context, p *program, args []string) error {
	if len(args) > 0 {
		return &usageError{"doctor", fmt.Sprintf("%q is not an option; the server is named by -server", args[0])}
	}
	if d.timeout <= 0 {
		return &usageError{"doctor", "-timeout has to be above 0"}
	}
	d.program = p
	if err := d.prepare(p); err != nil {
		return err
	}
	defer d.client.Close()
	servers, guessed, err := d.named()
	if err != nil {
		return err
	}
	d.askLab(ctx)
	if d.server == "" && d.lab != nil {
		servers = d.lab.servers()
	}
	if len(servers) > 0 {
		d.checkName(ctx, servers[0])
		d.checkAddress(ctx, servers[0])
	}
	d.checkServers(ctx, servers, guessed)
	d.checkFirewall(ctx, servers)
	d.checkPhone(ctx)
	d.tellLadder()
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.problems > 0 {
		p.note("%s found", plural(d.problems, "problem"))
		return errProblems
	}
	p.note("no problem found")
	return nil
}

// prepare reads what the flags name.
func (d *doctor) prepare(p *program) error {
	// The same patience as for a phone, but for the time.
	d.client = &lab.Client{UserAgent: "profilegen doctor", Connect: d.timeout, Idle: d.timeout, Tries: 3, Wait: d.timeout / 3}
	if d.ca != "" {
		pem, err := os.ReadFile(d.ca)
		if err != nil {
			return err
		}
		d.client.Roots = x509.NewCertPool()
		if !d.client.Roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("-ca %s: there is no certificate in it", d.ca)
		}
	}
	if err := d.preparePhone(); err != nil {
		return err
	}
	if !d.source.given() {
		return nil
	}
	fleet, problems, err := d.source.load(p.stdin)
	if err != nil {
		for _, problem := range problems {
			p.problem(p.stderr, problem)
		}
		return err
	}
	if !d.hasMAC {
		return &usageError{"doctor", "with -csv or -fleet, -phone has to say which of the phones by its MAC address"}
	}
	if d.device, err = fleet.Find(d.mac); err != nil {
		return err
	}
	if d.device.IP != "" {
		if d.ip, err = netip.ParseAddr(d.device.IP); err != nil {
			return fmt.Errorf("%s: ip %q is not an address", d.device.Origin, d.device.IP)
		}
	}
	return nil
}

func (d *doctor) preparePhone() (err error) {
	if d.phone == "" {
		return nil
	}
	if d.mac, err = rule.ParseMAC(d.phone); err == nil {
		d.hasMAC = true
		return nil
	}
	if d.ip, err = netip.ParseAddr(d.phone); err != nil {
		return fmt.Errorf("-phone %q is neither an IP address nor a MAC address", d.phone)
	}
	return lab.CheckPhone(d.ip)
}

// named are the places to try, and whether they were guessed from a bare address, so that one good one is enough.
func (d *doctor) named() (list []*url.URL, guessed bool, err error) {
	if d.server == "" {
		return nil, false, nil
	}
	if strings.Contains(d.server, "://") {
		u, err := url.Parse(d.server)
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"tftp", "http", "https"}, u.Scheme) || u.User != nil {
			return nil, false, errors.New("-server is no URL such as http://192.0.2.10:8080; tftp, http and https are the protocols, and a login does not belong there")
		}
		return []*url.URL{u}, false, nil
	}
	host := d.server
	if a, err := netip.ParseAddr(host); err == nil {
		host = hostOf(a)
	}
	if strings.ContainsAny(host, "/?#@ ") || strings.Contains(strings.TrimSuffix(host, "]"), ":") && !strings.HasPrefix(host, "[") {
		return nil, false, fmt.Errorf("-server %q: an address with a port or a path needs its protocol, such as http://192.0.2.10:8080", d.server)
	}
	for _, scheme := range []string{"tftp", "http", "https"} {
		list = append(list, &url.URL{Scheme: scheme, Host: host})
	}
	return list, true, nil
}

// The three ways that a check ends.
const (
	stateOK      = "ok"
	stateNote    = "note" // cannot be told from here, or is only worth knowing
	stateProblem = "problem"
)

// tell prints one check. way is the way out of a problem.
func (d *doctor) tell(state, what, said, way string) {
	severity := rule.Note
	if state == stateProblem {
		severity = rule.Error
		d.problems++
	}
	word := fmt.Sprintf("%-8s", state)
	if state == stateProblem {
		word = d.program.paint(severity, word)
	}
	if way != "" {
		said += "; " + way
	}
	fmt.Fprintf(d.program.stdout, "%s %-9s %s\n", word, what, said)
}
