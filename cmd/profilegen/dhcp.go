package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

var dhcpCommand = &command{
	name:    "dhcp",
	summary: "prints what a DHCP server has to say so that phones find their files",
	usage: `dhcp -server ADDRESS|URL [-for SERVER] [options]
dhcp -server 192.0.2.10 -for dnsmasq
dhcp -server http://192.0.2.10:8080`,
	about: `A phone whose rule names no server, such as a factory-new one with /$PSN.xml,
takes the server from a DHCP option: 66, 150, 159 or 160. Without -for the values
are printed, which of them a phone takes first, and what it then asks for. With
-for they are printed ready to paste, for these phones only: they are told apart
by option 60, which holds their model, such as CP-8861-3PCC.

Option 150 holds IPv4 addresses and leads to TFTP at its usual port; it is left
out when that is not what -server says. A value may hold macros, as in
http://192.0.2.10/$PSN.xml; the phone expands them.`,
	example: `profilegen dhcp -server 192.0.2.10
profilegen dhcp -server 192.0.2.10 -for dnsmasq
profilegen dhcp -server http://192.0.2.10:8080 -for kea -option 66
profilegen dhcp -server 192.0.2.10 -protocol https -for windows`,
	define: defineDHCP,
}

// profileOptions are the DHCP options that name a profile server (d.6).
var profileOptions = []int{66, 150, 159, 160}

func defineDHCP(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	var options repeated
	server := flags.String("server", "", "`ADDRESS` or URL that the phones shall ask")
	protocol := flags.String("protocol", "", "`PROTOCOL` to ask by: tftp, http or https (default tftp, or that of the URL)")
	printFor := flags.String("for", "", "`SERVER` to print for: "+strings.Join(dhcpServerNames(), ", "))
	flags.Var(&options, "option", "`NUMBER` of an option to print, 66, 150, 159 or 160; may be repeated (default all that can say it)")
	everyone := flags.Bool("everyone", false, "for all clients, not only for these phones")
	return func(_ context.Context, p *program, args []string) error {
		switch {
		case len(args) > 0:
			return &usageError{"dhcp", fmt.Sprintf("%q is not an option; the server is named by -server", args[0])}
		case *server == "":
			return &usageError{"dhcp", "-server has to say where the phones' files are"}
		}
		offer, err := newOffer(*server, *protocol, options)
		if err != nil {
			return err
		}
		offer.everyone = *everyone
		if *printFor == "" {
			offer.explain(p.stdout)
			return nil
		}
		for _, s := range dhcpServers {
			if s.name == *printFor {
				return s.print(p.stdout, offer)
			}
		}
		return &usageError{"dhcp", fmt.Sprintf("-for %q is none of %s", *printFor, strings.Join(dhcpServerNames(), ", "))}
	}
}

// offer is what a DHCP server tells the phones.
type offer struct {
	options  []dhcpOption
	everyone bool
}

// dhcpOption is one option. The value of 150 is an address, of the others text.
type dhcpOption struct {
	code  int
	value string
}

func (o dhcpOption) isAddress() bool { return o.code == 150 }

// newOffer finds the values for a server. They may hold what a path and a macro need and nothing that means something in
// a configuration file.
func newOffer(server, protocol string, options []string) (*offer, error) {
	if i := strings.IndexFunc(server, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_:/[]$()~%", r))
	}); i >= 0 {
		return nil, fmt.Errorf("-server %q: the character at %d cannot stand there; write an address such as 192.0.2.10, or a URL", server, i+1)
	}
	scheme, rest, isURL := strings.Cut(server, "://")
	if !isURL {
		scheme, rest = firstOf(protocol, "tftp"), server
		if a, err := netip.ParseAddr(server); err == nil && a.Is6() {
			rest = "[" + server + "]"
		}
	}
	scheme = strings.ToLower(scheme)
	if protocol != "" && protocol != scheme {
		return nil, fmt.Errorf("-server says %s and -protocol %s; leave -protocol out", scheme, protocol)
	}
	if !slices.Contains([]string{"tftp", "http", "https"}, scheme) {
		return nil, fmt.Errorf("%q is no protocol that the phones fetch with; there are tftp, http and https", scheme)
	}
	rest = strings.TrimSuffix(rest, "/")
	host, path, hasPath := strings.Cut(rest, "/")
	u, err := url.Parse("//" + host)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(host, "$()~%") {
		return nil, fmt.Errorf("-server %q: %q is no address or name of a server", server, host)
	}
	port, err := strconv.Atoi(firstOf(u.Port(), strconv.Itoa(standardPort[scheme])))
	if err != nil || port < 1 || port > 65535 {
		return nil, fmt.Errorf("-server %q: the port is not between 1 and 65535", server)
	}
	if port == standardPort[scheme] {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	whole := scheme + "://" + host
	if hasPath {
		whole += "/" + path
	}
	address, err := netip.ParseAddr(host)
	plain := scheme == "tftp" && port == 69 && !hasPath
	values := map[int]string{66: whole, 159: whole, 160: whole}
	if plain {
		values[66] = host
		if err == nil && address.Is4() {
			values[150] = host
		}
	}
	return pick(values, options)
}

var standardPort = map[string]int{"tftp": 69, "http": 80, "https": 443}

// pick takes the options that were asked for, or all that have a value.
func pick(values map[int]string, options []string) (*offer, error) {
	o := &offer{}
	var codes []int
	for _, text := range options {
		code, err := strconv.Atoi(text)
		switch {
		case err != nil || !slices.Contains(profileOptions, code):
			return nil, fmt.Errorf("-option %q: the options that name a profile server are 66, 150, 159 and 160", text)
		case values[code] == "":
			return nil, fmt.Errorf("-option 150 holds IPv4 addresses for TFTP at port 69; it cannot say %s", values[160])
		}
		codes = append(codes, code)
	}
	for _, code := range profileOptions {
		if value := values[code]; value != "" && (len(codes) == 0 || slices.Contains(codes, code)) {
			o.options = append(o.options, dhcpOption{code, value})
		}
	}
	return o, nil
}

// print writes what the server can say.
func (s *dhcpServer) print(w io.Writer, o *offer) error {
	o.options = slices.DeleteFunc(o.options, func(option dhcpOption) bool { return option.code == s.cannot })
	if len(o.options) == 0 {
		return fmt.Errorf("%s cannot send option %d; take -option 66 or -option 160", s.name, s.cannot)
	}
	s.write(w, o)
	return nil
}

// explain prints the values, which one wins, and where that leads.
func (o *offer) explain(w io.Writer) {
	fmt.Fprintln(w, "What the options hold:")
	for _, option := range o.options {
		note := ""
		if option.isAddress() {
			note = "  (an address, 4 bytes)"
		}
		fmt.Fprintf(w, "  %-4d %s%s\n", option.code, option.value, note)
	}
	fmt.Fprintln(w, "\nA phone takes the first that it is given, in the order of DHCP_Option_To_Use:")
	for _, line := range precedence() {
		fmt.Fprintln(w, "  "+line)
	}
	fmt.Fprintln(w, "60, 43 and 125 name no profile server. All the values above lead to the same place, so one\noption is enough; 66 is in both lists, but other devices than these phones use it, too.")
	fmt.Fprintln(w, "\nA factory-new 8861, whose rule is /$PSN.xml, then asks for, until a file is there:")
	phone := rule.Sample("CP-8861-3PCC")
	for _, u := range candidates(o.options[0].value, phone) {
		fmt.Fprintln(w, "  "+u)
	}
	fmt.Fprintln(w, "A rule that names a server itself asks no DHCP option.")
	fmt.Fprintf(w, "\n-for prints this ready to paste: %s\n", strings.Join(dhcpServerNames(), ", "))
}

// precedence is the default of DHCP_Option_To_Use, a line for the generations that share one.
func precedence() []string {
	e, _ := schema.Default().Lookup("DHCP_Option_To_Use")
	var lines, orders []string
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		order, _ := e.DefaultValue(g)
		if n := len(orders); n > 0 && orders[n-1] == order {
			lines[n-1] += " and " + g.String()
			continue
		}
		orders = append(orders, order)
		lines = append(lines, "firmware "+g.String())
	}
	for i := range lines {
		lines[i] = fmt.Sprintf("%-19s  %s", lines[i], strings.ReplaceAll(orders[i], ",", ", "))
	}
	return lines
}

// candidates is what a phone with the factory rule asks for, given an option's value.
func candidates(value string, phone *rule.Phone) []string {
	factory, err := rule.ParseURL(rule.Expand("/$PSN.xml", phone.Macro))
	if err != nil {
		panic(err) // a constant
	}
	var list []string
	for _, u := range rule.Candidates(value, factory, phone.Macro) {
		list = append(list, u.Complete().String())
	}
	return list
}
