package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/term"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// target is a phone to ask, and how it is logged in to.
type target struct {
	phone                     netip.AddrPort
	extension, user, password string
}

// targets are the phones, each once and in the order in which they were named.
func (c *push) targets(p *program) ([]target, error) {
	var list []target
	var macs []string
	for _, text := range c.phones {
		if _, err := rule.ParseMAC(text); err == nil && c.source.given() {
			macs = append(macs, text)
			continue
		}
		phone, err := parsePhone(text)
		if err != nil {
			return nil, fmt.Errorf("-phone %w", err)
		}
		list = append(list, target{phone: phone})
	}
	if c.list != "" {
		more, err := readPhones(c.list)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	if c.source.given() && (len(macs) > 0 || len(c.phones) == 0) {
		more, err := c.fromFleet(p, macs)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	password, err := c.password(p)
	if err != nil {
		return nil, err
	}
	seen := map[netip.AddrPort]bool{}
	once := list[:0]
	for _, t := range list {
		if seen[t.phone] {
			continue
		}
		seen[t.phone] = true
		t.password = cmp.Or(password, t.password)
		t.extension = cmp.Or(t.extension, c.extension)
		t.user = cmp.Or(c.user, t.user)
		if t.user == "" && t.password != "" {
			t.user = "admin"
			if c.sip {
				t.user = t.extension
			}
		}
		if c.sip && t.extension == "" {
			return nil, fmt.Errorf("a NOTIFY for %s needs the phone's extension; -extension names it, or the list behind the address", shownPhone(t.phone))
		}
		once = append(once, t)
	}
	if len(once) == 0 {
		return nil, errors.New("there is no phone to ask")
	}
	return once, nil
}

// parsePhone reads an address with or without a port. Names are not taken: a name can lead anywhere.
func parsePhone(text string) (netip.AddrPort, error) {
	phone, err := netip.ParseAddrPort(text)
	if err != nil {
		var address netip.Addr
		if address, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil {
			return netip.AddrPort{}, fmt.Errorf("%q is not the address of a phone; write 192.0.2.31 or 192.0.2.31:8080", text)
		}
		phone = netip.AddrPortFrom(address, 0)
	}
	phone = netip.AddrPortFrom(phone.Addr().Unmap(), phone.Port())
	return phone, lab.CheckPhone(phone.Addr())
}

func shownPhone(a netip.AddrPort) string {
	if a.Port() == 0 {
		return a.Addr().String()
	}
	return a.String()
}

// readPhones reads the file of -phones.
func readPhones(name string) ([]target, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []target
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) > 2 {
			return nil, fmt.Errorf("%s:%d: a line has an address and at most an extension", name, number)
		}
		phone, err := parsePhone(fields[0])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		list = append(list, target{phone: phone, extension: strings.Join(fields[1:], "")})
	}
	return list, nil
}

// fromFleet takes the phones that have an address, or those of macs, with the logins of their profiles.
func (c *push) fromFleet(p *program, macs []string) ([]target, error) {
	fleet, problems, err := c.source.load(p.stdin)
	if err != nil {
		for _, problem := range problems {
			p.problem(p.stderr, problem)
		}
		return nil, err
	}
	var list []target
	take := func(d *gen.Device) error {
		phone, err := parsePhone(d.IP)
		if err != nil {
			return fmt.Errorf("%s: phone %s: ip: %w", fleet.source, d.MAC, err)
		}
		list = append(list, c.fleetTarget(phone, fleet.Profile(d)))
		return nil
	}
	for _, text := range macs {
		mac, err := rule.ParseMAC(text)
		if err != nil {
			return nil, err
		}
		d, err := fleet.Find(mac)
		if err != nil {
			return nil, err
		}
		if err := take(d); err != nil {
			return nil, err
		}
	}
	if len(macs) > 0 {
		return list, nil
	}
	without, failed := 0, false
	problems, err = fleet.Each(func(d *gen.Device) {
		if d.IP == "" {
			without++
		} else if problem := take(d); problem != nil {
			p.fail(problem)
			failed = true
		}
	})
	for _, problem := range problems {
		if problem.Severity == rule.Error {
			p.problem(p.stderr, problem)
		}
	}
	if worst, ok := problems.Worst(); err == nil && (failed || ok && worst == rule.Error) {
		err = errProblems
	}
	if without > 0 {
		p.note("%s of %s without an ip are left out", plural(without, "phone"), fleet.source)
	}
	return list, err
}

func (c *push) fleetTarget(phone netip.AddrPort, profile *schema.Profile) target {
	if !c.sip {
		return target{phone: phone, password: profile.Text("Admin_Password")}
	}
	extension := profile.Text("User_ID_1_")
	return target{phone: phone, extension: extension, user: profile.Text("Auth_ID_1_"), password: profile.Text("Password_1_")}
}

// password is the one given for all phones; "" if none is.
func (c *push) password(p *program) (string, error) {
	switch {
	case c.passwordFile == "-":
		return firstLine(p.stdin)
	case c.passwordFile != "":
		f, err := os.Open(c.passwordFile)
		if err != nil {
			return "", err
		}
		defer f.Close()
		return firstLine(f)
	case c.ask:
		terminal, ok := p.stdin.(*os.File)
		if !ok || !term.IsTerminal(int(terminal.Fd())) {
			return "", errors.New("-ask needs a terminal; give the password by -password-file")
		}
		fmt.Fprint(p.stderr, "password: ")
		password, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(p.stderr)
		return string(password), err
	}
	return os.Getenv("PROFILEGEN_PASSWORD"), nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if line = strings.TrimRight(line, "\r\n"); line != "" {
		return line, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = errors.New("its first line is empty")
	}
	return "", fmt.Errorf("reading the password: %w", err)
}
