package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/schema"
)

var serveCommand = &command{
	name:    "serve",
	summary: "serves the profiles to phones by TFTP, HTTP and HTTPS, and shows what they make of them",
	usage: `serve [options]
serve -csv phones.csv [options]
serve -fleet fleet.json [options]
serve -dir dist/ [options]`,
	about: `The files of a fleet are made when a phone asks for them, with the bytes that gen
would write; the CSV or fleet file and the base profiles are watched and read
again when they change. A change with an error in it is told, and the last good
state stays. With -dir a folder is served as it is.

Without -csv, -fleet or -dir it is the folder dist when a run of gen has made
it, otherwise the sample fleet examples/phones.csv.

Without -listen only this machine can ask. -listen takes an address or the name
of a network interface. Whoever can reach the server can fetch the files, and
they may hold passwords: -allow, -user and -segment say who may.

A factory-new phone asks for /8861-3PCC.xml. It gets its own profile when it is
known by its User-Agent or address, otherwise the file that leads it there.

With -encrypt the phones' files are encrypted as they are asked for; reports that
phones encrypt are decrypted. Where -first names a server, first files, which
hold keys in clear, go by that protocol only.

Each transfer is one line, with the phone of the fleet, what was sent, or why
not and what the phone probably meant. Log messages of the phones (Syslog_Server)
are shown with the transfer they speak of, reports of their configuration
(Report_Rule) with how it differs from what they were sent. With -dhcp :67 it is
told, too, when a phone asks DHCP for an address, and which of the options that can
name a server it wants; only the DHCP server answers that.

The builder is at /_/, with the fleet that is served; its page Lab, /_/lab, shows
the same live, sets faults, has phones resync, serves what was edited, and prints
what DHCP has to say: for this machine, or with the token that is printed at the
start.`,
	example: `profilegen serve
profilegen serve -csv examples/phones.csv -listen 192.0.2.10
profilegen serve -csv examples/phones.csv -listen eth0 -server http://192.0.2.10:8080
profilegen serve -dir dist/ -http :8081 -tftp off -json`,
	define: defineServe,
}

func defineServe(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	s := &serving{}
	s.define(flags)
	return s.run
}

func (s *serving) define(flags *flag.FlagSet) {
	g := &s.generation
	g.quiet = true
	g.source.define(flags)
	flags.StringVar(&s.dir, "dir", "", "`FOLDER` with finished files, in place of -csv and -fleet")
	flags.StringVar(&g.name, "name", gen.DefaultName, "`PATTERN` of the files' names, as for gen")
	flags.StringVar(&g.server, "server", "", "`URL` that the files say they are served at, as for gen\n"+
		"(without it phones ask the server that DHCP names)")
	flags.StringVar(&g.entry, "entry", gen.DefaultEntry, "`RULE` that a new phone begins with")
	g.encoding.define(flags)
	flags.BoolVar(&g.batch.NoBootstrap, "no-bootstrap", false, "no files for factory-new phones, and no added Profile_Rule")
	flags.BoolVar(&g.batch.KeepGoing, "keep-going", false, "serve the phones that have no errors")

	flags.Var(&s.listen, "listen", "`ADDRESS` or interface that phones can reach: 192.0.2.10, eth0, or all;\n"+
		"may be repeated (without it 127.0.0.1, this machine only)")
	flags.StringVar(&s.http, "http", ":8080", "`PORT` for HTTP, as in :8080; off for none")
	flags.StringVar(&s.https, "https", ":8443", "`PORT` for HTTPS; off for none")
	flags.StringVar(&s.tftp, "tftp", "", "`PORT` for TFTP; off for none\n"+
		"(with -listen :69 when this is allowed, otherwise :6969)")
	flags.StringVar(&s.syslog, "syslog", ":5514", "`PORT` for the phones' log messages, UDP and TCP; off for none")
	flags.StringVar(&s.dhcp, "dhcp", "", "`PORT` at which to hear phones ask DHCP for an address, :67; nothing is answered\n"+
		"(by default they are not heard)")
	flags.StringVar(&s.keys, "keys", "", "`FOLDER` with the lab's certification authority, made when it is not there\n"+
		"(by default in the folder for this user's settings)")
	flags.BoolVar(&s.server.AskCertificate, "ask-certificate", false, "ask the phones for their own certificate (HTTPS)")

	flags.Var(&s.allow, "allow", "`NETWORK` whose phones may ask, such as 192.0.2.0/24; may be repeated (without it all)")
	flags.StringVar(&s.server.Auth.User, "user", "", "`NAME` that phones log in with over HTTP and HTTPS (--uid); needs -password-file")
	flags.StringVar(&s.passwordFile, "password-file", "", "`FILE` with the password (--pwd) in its first line;\n"+
		"one in the second line is good as well, while phones change from one to the other")
	flags.StringVar(&s.segment, "segment", "", "`TEXT` that all paths must begin with, since a MAC address is easily guessed;\n"+
		"random makes one up")
	flags.Var(&s.names, "host", "`NAME` by which browsers may call the pages under /_/, besides addresses and localhost;\n"+
		"may be repeated")
	flags.StringVar(&s.reports, "reports", "", "`FOLDER` for the configurations that phones report (Report_Rule)\n"+
		"(without it only how they differ is kept)")
	flags.BoolVar(&s.json, "json", false, "one JSON object a line to standard output, for programs")
}

// serving is one run of the serve command.
type serving struct {
	generation generation // what is served, as gen would make it
	dir        string

	listen                    repeated
	http, https, tftp, syslog string
	dhcp                      string
	keys                      string
	allow, names              repeated
	passwordFile, segment     string
	reports                   string
	json                      bool

	server    lab.Server
	addresses []netip.Addr
	site      *site
	desk      *desk
	token     string
	places    atomic.Pointer[[]place] // once it runs
	syslogAt  atomic.Pointer[string]  // where log messages are taken, once it runs
	hints     []string                // what the banner should say about flags
	trouble   atomic.Pointer[string]  // why the files that are served are not the latest
	ready     func(lab.Bound)         // called when everything answers; for tests

	// beside runs work of the admin's pages until it is done or stopped, by
	// stop or with the server.
	beside func(work func(context.Context)) (stop context.CancelFunc)

	swap  sync.Mutex // held while what is served is replaced
	files *shelf     // of the named files, while a draft of the builder is served in their place
}

func (s *serving) run(ctx context.Context, p *program, args []string) error {
	if err := s.usage(args); err != nil {
		return err
	}
	if err := s.chooseFiles(); err != nil {
		return err
	}
	if s.segment == "random" {
		s.segment = randomName()[:12]
	}
	first, err := s.load(ctx, p)
	if err != nil {
		return err
	}
	s.site = newSite(first)
	s.desk = newDesk(s.site, p.stdout)
	s.desk.json, s.desk.color = s.json, p.color
	if err := s.prepare(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go s.desk.show()
	var beside sync.WaitGroup
	s.beside = func(work func(context.Context)) context.CancelFunc {
		ctx, stop := context.WithCancel(ctx)
		beside.Go(func() { defer stop(); work(ctx) })
		return stop
	}
	beside.Go(func() { s.watch(ctx, p) })
	err = s.server.Run(ctx, func(b lab.Bound) { beside.Go(func() { s.announce(ctx, p, b) }) })
	stop()
	beside.Wait()
	s.desk.end()
	return s.explain(p, err)
}

func (s *serving) usage(args []string) error {
	given := 0
	for _, name := range []string{s.generation.source.csv, s.generation.source.file, s.dir} {
		if name != "" {
			given++
		}
	}
	switch {
	case len(args) > 0:
		return &usageError{"serve", fmt.Sprintf("%q is not an option; what is served is named by -csv, -fleet or -dir", args[0])}
	case given > 1:
		return &usageError{"serve", "-csv, -fleet and -dir exclude each other"}
	case (s.server.Auth.User == "") != (s.passwordFile == ""):
		return &usageError{"serve", "-user and -password-file go together"}
	case strings.ContainsAny(s.segment, "/?#% $"):
		return &usageError{"serve", "-segment is one part of a path: letters, digits, - and _"}
	}
	return nil
}

// chooseFiles finds something to serve when nothing is named.
func (s *serving) chooseFiles() error {
	if s.generation.source.given() || s.dir != "" {
		return nil
	}
	if existing(filepath.Join("dist", gen.ManifestName)) != "" {
		s.dir = "dist"
		return nil
	}
	if sample := existing(filepath.Join("examples", "phones.csv")); sample != "" {
		s.generation.source.csv = sample
		return nil
	}
	return &usageError{"serve", "there is no dist/ and no examples/phones.csv here; name what to serve by -csv, -fleet or -dir"}
}

// load reads what is to be served. Problems are told; errProblems means that
// one of them is an error, and has the first ones.
func (s *serving) load(ctx context.Context, p *program) (*shelf, error) {
	if s.dir != "" {
		return folderShelf(s.dir)
	}
	g := s.generation
	loaded, problems, err := g.source.load(p.stdin)
	g.tell(p, problems)
	if errors.Is(err, errProblems) {
		return nil, fmt.Errorf("%w: %s", err, firstErrors(problems))
	}
	if err != nil {
		return nil, err
	}
	shelf, problems, err := s.shelve(ctx, p, loaded)
	g.tell(p, problems)
	if errors.Is(err, gen.ErrProblems) {
		p.fail(fmt.Errorf("%s in %s", summary(problems), loaded.source))
		return nil, fmt.Errorf("%w: %s", errProblems, firstErrors(problems))
	}
	return shelf, err
}

// shelve makes what is handed out of a fleet.
func (s *serving) shelve(ctx context.Context, p *program, loaded *fleet) (*shelf, schema.Problems, error) {
	g := s.generation
	if err := g.prepare(p, loaded); err != nil {
		return nil, nil, err
	}
	if s.segment != "" && g.batch.Delivery.Path == "" {
		g.batch.Delivery.Path = "/" + s.segment
	}
	shelf, result, err := fleetShelf(ctx, &g.batch, loaded.source)
	return shelf, result.Problems, err
}

// prepare fills in the lab server.
func (s *serving) prepare() error {
	server := &s.server
	server.Files, server.Log = s.site.files, s.desk.log
	server.Faults = &lab.Faults{}
	server.AdminHosts = s.names
	uploads := &reports{site: s.site, desk: s.desk}
	server.Uploads = uploads.take
	if s.reports != "" {
		if err := os.MkdirAll(s.reports, 0o700); err != nil {
			return err
		}
		var err error
		if uploads.root, err = os.OpenRoot(s.reports); err != nil {
			return err
		}
	}
	for _, step := range []func() error{s.prepareAccess, s.prepareAddresses, s.prepareHTTPS} {
		if err := step(); err != nil {
			return err
		}
	}
	s.token = randomName()
	server.Admin = newAdmin(s)
	return nil
}

// prepareAccess says which phones may ask.
func (s *serving) prepareAccess() error {
	for _, text := range s.allow {
		network, err := netip.ParsePrefix(text)
		if addr, e := netip.ParseAddr(text); e == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return fmt.Errorf("-allow %q is no network such as 192.0.2.0/24", text)
		}
		s.server.Networks = append(s.server.Networks, network.Masked())
	}
	if s.passwordFile != "" {
		data, err := os.ReadFile(s.passwordFile)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				s.server.Auth.Passwords = append(s.server.Auth.Passwords, line)
			}
		}
		if n := len(s.server.Auth.Passwords); n < 1 || n > 2 {
			return fmt.Errorf("%s: one or two lines with a password are needed, there are %d", s.passwordFile, n)
		}
	}
	s.server.Segment, s.desk.segment = s.segment, s.segment
	return nil
}

// prepareHTTPS opens the lab's certification authority.
func (s *serving) prepareHTTPS() error {
	if len(s.server.HTTPS) == 0 {
		return nil
	}
	dir := s.keys
	if dir == "" {
		settings, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("there is no folder for this user's settings (%w); name one for the keys by -keys, or serve with -https off", err)
		}
		dir = filepath.Join(settings, "profilegen", "lab")
	}
	var err error
	if s.server.Authority, err = lab.OpenAuthority(dir); err != nil {
		return fmt.Errorf("opening the keys for HTTPS: %w", err)
	}
	return nil
}

// prepareAddresses works out where to listen.
func (s *serving) prepareAddresses() error {
	var err error
	if s.addresses, err = listenAddresses(s.listen); err != nil {
		return err
	}
	tftp := s.tftp
	if tftp == "" {
		tftp = s.chooseTFTP()
	}
	for _, l := range []struct {
		flag, text string
		to         *[]string
	}{{"-http", s.http, &s.server.HTTP}, {"-https", s.https, &s.server.HTTPS}, {"-tftp", tftp, &s.server.TFTP}, {"-syslog", s.syslog, &s.server.Syslog}} {
		if *l.to, err = hostPorts(s.addresses, l.text); err != nil {
			return fmt.Errorf("%s %q: %w", l.flag, l.text, err)
		}
	}
	// Who asks for an address has none, and asks all.
	if s.server.DHCP, err = hostPorts([]netip.Addr{netip.MustParseAddr(lab.DHCPHost)}, s.dhcp); err != nil {
		return fmt.Errorf("-dhcp %q: %w", s.dhcp, err)
	}
	return nil
}

// loopback tells whether only this machine can ask.
func (s *serving) loopback() bool {
	return !slices.ContainsFunc(s.addresses, func(a netip.Addr) bool { return !a.IsLoopback() })
}

// chooseTFTP takes the port that phones use when it may be had. On loopback
// no phone can ask, so the high port will do.
func (s *serving) chooseTFTP() string {
	const high = ":6969"
	if s.loopback() {
		return high
	}
	for _, a := range s.addresses {
		c, err := net.ListenPacket("udp", netip.AddrPortFrom(a, 69).String())
		if err == nil {
			c.Close()
			continue
		}
		switch {
		case errors.Is(err, fs.ErrPermission):
			s.hints = append(s.hints, "TFTP: port 69 is not allowed, so it is 6969, which phones take in a rule only: tftp://"+
				netip.AddrPortFrom(a, 6969).String()+"/…", "To allow port 69: "+setcap())
		case errors.Is(err, syscall.EADDRINUSE):
			s.hints = append(s.hints, "TFTP: port 69 is taken by another program, so it is 6969; phones take that in a rule only")
		default:
			s.hints = append(s.hints, fmt.Sprintf("TFTP: port 69 cannot be had (%v), so it is 6969", err))
		}
		return high
	}
	return ":69"
}

// setcap is the command that lets this program have port 69.
func setcap() string {
	name, err := os.Executable()
	if err != nil {
		name = "profilegen"
	}
	return "sudo setcap cap_net_bind_service=+ep " + name
}

// listenAddresses are the addresses of -listen.
func listenAddresses(listen []string) ([]netip.Addr, error) {
	if len(listen) == 0 {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	}
	var list []netip.Addr
	for _, text := range listen {
		if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
			list = append(list, addr)
			continue
		}
		if text == "all" {
			return []netip.Addr{netip.IPv6Unspecified()}, nil
		}
		found, err := interfaceAddresses(text)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// interfaceAddresses are those of a network interface that others can use
// without naming theirs.
func interfaceAddresses(name string) ([]netip.Addr, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("-listen %q is neither an address nor an interface; there are %s", name, interfaceNames())
	}
	all, err := i.Addrs()
	if err != nil {
		return nil, err
	}
	var list []netip.Addr
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(n.IP); ok && !addr.Unmap().IsLinkLocalUnicast() {
				list = append(list, addr.Unmap())
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("-listen %s: the interface has no address", name)
	}
	return list, nil
}

// interfaceNames are the interfaces that phones may be behind, each with an
// address: "eth0 (192.0.2.2)".
func interfaceNames() string {
	all, err := net.Interfaces()
	if err != nil {
		return "none to be seen"
	}
	var names []string
	for _, i := range all {
		if list, err := interfaceAddresses(i.Name); err == nil && !list[0].IsLoopback() {
			names = append(names, fmt.Sprintf("%s (%s)", i.Name, list[0]))
		}
	}
	if names == nil {
		return "none but this machine's own"
	}
	return strings.Join(names, ", ")
}

// hostPorts puts a port to each address. A text with a host of its own stands
// for itself.
func hostPorts(addresses []netip.Addr, text string) ([]string, error) {
	if text == "off" || text == "" {
		return nil, nil
	}
	if !strings.Contains(text, ":") {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return nil, errors.New("a port such as :8080 is needed, or off")
	}
	if _, err := net.LookupPort("udp", port); err != nil {
		return nil, errors.New("a port is a number from 0 to 65535")
	}
	if host != "" {
		return []string{text}, nil
	}
	var list []string
	for _, a := range addresses {
		host := a.String()
		if a.IsUnspecified() {
			host = "" // both families, as far as there are two
		}
		list = append(list, net.JoinHostPort(host, port))
	}
	return list, nil
}

// explain adds the way out to an error of the listeners.
func (s *serving) explain(p *program, err error) error {
	if err == nil {
		return nil
	}
	p.fail(err)
	op := (*net.OpError)(nil)
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && errors.As(err, &op) && op.Addr != nil && slices.Contains(s.server.DHCP, op.Addr.String()):
		p.hint("a DHCP server of this machine has that port for itself, and its own log tells which phones ask; dnsmasq shares it when its configuration says bind-interfaces; or leave -dhcp out")
	case errors.Is(err, syscall.EADDRINUSE):
		p.hint("another program has that port; choose another one, such as -http :8090, or stop the other program")
	case errors.Is(err, fs.ErrPermission):
		p.hint("ports below 1024 need a right: %s", setcap())
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		p.hint("this machine does not have that address; there are %s", interfaceNames())
	}
	return errProblems
}

// randomName is a name that nobody can guess.
func randomName() string { return strings.ToLower(rand.Text()) }

// clientFor fetches from the server as the self-check does.
func (s *serving) clientFor() *lab.Client {
	c := &lab.Client{AnyAddress: true, Connect: 5 * time.Second, Idle: 5 * time.Second, Tries: 3, Wait: 2 * time.Second}
	if s.server.Authority != nil {
		c.Roots = s.server.Authority.Pool()
	}
	return c
}
