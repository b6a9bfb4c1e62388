package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"profilegen/schema"
)

// dhcpServer is a DHCP server that the options can be printed for.
type dhcpServer struct {
	name   string
	write  func(io.Writer, *offer)
	cannot int // an option that it cannot send as it should be; 0: none
}

var dhcpServers = []dhcpServer{
	{"dnsmasq", writeDnsmasq, 0},
	{"isc", writeISC, 0},
	{"kea", writeKea, 159},
	{"mikrotik", writeMikroTik, 0},
	{"windows", writeWindows, 0},
	{"ios", writeIOS, 0},
	{"pfsense", writePfSense, 0},
	{"unifi", writeUniFi, 0},
}

func dhcpServerNames() []string {
	var names []string
	for _, s := range dhcpServers {
		names = append(names, s.name)
	}
	return names
}

// phonesClass is the name of the phones' class, where a server wants one. They are told by option 60, CP-8861-3PCC (h.4).
const phonesClass = "cisco-mpp"

// writeDnsmasq prints lines of dnsmasq.conf. The quotes make text of what looks like an address; on dnsmasq's command
// line they would be sent. A vendor class matches when it stands anywhere in option 60.
func writeDnsmasq(w io.Writer, o *offer) {
	fmt.Fprintln(w, "# dnsmasq: a file in /etc/dnsmasq.d. Check it with dnsmasq --test")
	tag := ""
	if !o.everyone {
		tag = "tag:" + phonesClass + ","
		fmt.Fprintf(w, "dhcp-vendorclass=set:%s,-3PCC\n", phonesClass)
	}
	for _, option := range o.options {
		format := "dhcp-option=%s%d,\"%s\"\n"
		if option.isAddress() {
			format = "dhcp-option=%s%d,%s\n"
		}
		fmt.Fprintf(w, format, tag, option.code, option.value)
	}
}

// writeISC prints lines of dhcpd.conf. dhcpd knows option 66 only.
func writeISC(w io.Writer, o *offer) {
	fmt.Fprintln(w, "# ISC dhcpd: in dhcpd.conf, outside of any subnet. Check it with dhcpd -t")
	for _, option := range o.options {
		switch {
		case option.isAddress():
			fmt.Fprintf(w, "option phones-%d code %d = array of ip-address;\n", option.code, option.code)
		case option.code != 66:
			fmt.Fprintf(w, "option phones-%d code %d = text;\n", option.code, option.code)
		}
	}
	indent := ""
	if !o.everyone {
		indent = "  "
		fmt.Fprintf(w, "class \"%s\" {\n  match if substring(option vendor-class-identifier, 7, 5) = \"-3PCC\";\n", phonesClass)
	}
	for _, option := range o.options {
		name, value := fmt.Sprintf("phones-%d", option.code), `"`+option.value+`"`
		if option.code == 66 {
			name = "tftp-server-name"
		}
		if option.isAddress() {
			value = option.value
		}
		fmt.Fprintf(w, "%soption %s %s;\n", indent, name, value)
	}
	if !o.everyone {
		fmt.Fprintln(w, "}")
	}
}

// The part of Kea's configuration that the options take.
type (
	keaConfig struct {
		DHCP4 keaDHCP4 `json:"Dhcp4"`
	}
	keaDHCP4 struct {
		Definitions []keaDefinition `json:"option-def,omitempty"`
		Options     []keaOption     `json:"option-data,omitempty"`
		Classes     []keaClass      `json:"client-classes,omitempty"`
	}
	keaDefinition struct {
		Name  string `json:"name"`
		Code  int    `json:"code"`
		Space string `json:"space"`
		Type  string `json:"type"`
		Array bool   `json:"array"`
	}
	keaOption struct {
		Name   string `json:"name,omitempty"`
		Code   int    `json:"code"`
		Format bool   `json:"csv-format"`
		Data   string `json:"data"`
	}
	keaClass struct {
		Name    string      `json:"name"`
		Test    string      `json:"test"`
		Options []keaOption `json:"option-data"`
	}
)

// writeKea prints an object to merge into kea-dhcp4.conf. Text in single quotes is taken as bytes. 159 is another option
// in Kea's own tables (RFC 7618), which may not be defined anew: it would send the first 4 bytes.
func writeKea(w io.Writer, o *offer) {
	fmt.Fprintln(w, "// Kea: merge this into kea-dhcp4.conf. Check it with kea-dhcp4 -t FILE")
	fmt.Fprintln(w, "// Option 159 is left out: Kea holds it for another one and would cut the value to 4 bytes.")
	if !o.everyone {
		fmt.Fprintln(w, "// An option that a subnet or pool sets itself goes before that of a class.")
	}
	var c keaDHCP4
	var options []keaOption
	for _, option := range o.options {
		data := keaOption{Code: option.code, Data: "'" + option.value + "'"}
		switch option.code {
		case 150:
			c.Definitions = append(c.Definitions, keaDefinition{"phones-150", 150, "dhcp4", "ipv4-address", true})
			data = keaOption{Name: "phones-150", Code: 150, Format: true, Data: option.value}
		case 160:
			c.Definitions = append(c.Definitions, keaDefinition{"phones-160", 160, "dhcp4", "string", false})
		}
		options = append(options, data)
	}
	if o.everyone {
		c.Options = options
	} else {
		c.Classes = []keaClass{{phonesClass, "substring(option[60].text,7,5) == '-3PCC'", options}}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(keaConfig{c}) // strings and numbers
}

// writeMikroTik prints RouterOS commands. s'…' is text even where it looks like an address; "$" begins a variable.
func writeMikroTik(w io.Writer, o *offer) {
	var names []string
	fmt.Fprintln(w, "# MikroTik RouterOS: paste into a terminal")
	for _, option := range o.options {
		name := fmt.Sprintf("%s-%d", phonesClass, option.code)
		value := "s'" + strings.ReplaceAll(option.value, "$", `\$`) + "'"
		if option.isAddress() {
			value = "'" + option.value + "'"
		}
		names = append(names, name)
		fmt.Fprintf(w, "/ip dhcp-server option add name=%s code=%d value=\"%s\"\n", name, option.code, value)
	}
	fmt.Fprintf(w, "/ip dhcp-server option sets add name=%s options=%s\n", phonesClass, strings.Join(names, ","))
	if o.everyone {
		fmt.Fprintf(w, "/ip dhcp-server set [find] dhcp-option-set=%s\n", phonesClass)
		return
	}
	fmt.Fprintln(w, "# version 7 tells the phones by option 60; version 6 cannot, use -everyone in the phones' own network")
	fmt.Fprintf(w, "/ip dhcp-server matcher add name=%s server=[/ip dhcp-server get 0 name] code=60 matching-type=substring value=\"-3PCC\" option-set=%s\n", phonesClass, phonesClass)
}

// writeWindows prints PowerShell. In its single quotes nothing is expanded.
func writeWindows(w io.Writer, o *offer) {
	fmt.Fprintln(w, "# Windows Server: in PowerShell, as an administrator, on the DHCP server")
	for _, option := range o.options {
		switch {
		case option.isAddress():
			fmt.Fprintf(w, "Add-DhcpServerv4OptionDefinition -OptionId %d -Name 'Cisco MPP %d' -Type IPv4Address -MultiValued\n", option.code, option.code)
		case option.code != 66: // it is there as "Boot Server Host Name"
			fmt.Fprintf(w, "Add-DhcpServerv4OptionDefinition -OptionId %d -Name 'Cisco MPP %d' -Type String\n", option.code, option.code)
		}
	}
	policy := ""
	if !o.everyone {
		policy = " -PolicyName 'Cisco MPP'"
		var models []string
		for _, m := range schema.Models() {
			models = append(models, "'"+m.Product+"'")
		}
		fmt.Fprintf(w, "$models = %s\n", strings.Join(models, ", "))
		fmt.Fprintln(w, "foreach ($model in $models) { Add-DhcpServerv4Class -Name $model -Type Vendor -Data $model }")
		fmt.Fprintln(w, "Add-DhcpServerv4Policy -Name 'Cisco MPP' -Condition Or -VendorClass (@('EQ') + $models)")
	}
	for _, option := range o.options {
		fmt.Fprintf(w, "Set-DhcpServerv4OptionValue%s -OptionId %d -Value '%s'\n", policy, option.code, option.value)
	}
}

func writeIOS(w io.Writer, o *offer) {
	fmt.Fprintln(w, "! Cisco IOS: in configuration mode. Put your pool's name in place of PHONES.")
	if !o.everyone {
		fmt.Fprintln(w, "! A pool tells its options to all its clients, so the phones want a network of their own.")
	}
	fmt.Fprintln(w, "ip dhcp pool PHONES")
	for _, option := range o.options {
		if option.isAddress() {
			fmt.Fprintf(w, " option %d ip %s\n", option.code, option.value)
		} else {
			fmt.Fprintf(w, " option %d ascii \"%s\"\n", option.code, option.value)
		}
	}
}

func writePfSense(w io.Writer, o *offer) {
	fmt.Fprintln(w, "pfSense, and OPNsense with ISC DHCP: Services > DHCP Server > the phones' interface,")
	fmt.Fprintln(w, "Additional BOOTP/DHCP Options (OPNsense: Additional Options). Add, without quotes:")
	writeFields(w, o, "IP address or host", "Text")
	ownNetwork(w, o)
}

func writeUniFi(w io.Writer, o *offer) {
	fmt.Fprintln(w, "UniFi: Settings > Networks > the phones' network > DHCP > Custom DHCP Options.")
	fmt.Fprintln(w, "Option 66 has a field of its own, TFTP Server. Add, without quotes:")
	writeFields(w, o, "IP address", "Text")
	ownNetwork(w, o)
}

// writeFields prints the options for those who fill in a form.
func writeFields(w io.Writer, o *offer, address, text string) {
	for _, option := range o.options {
		kind := text
		if option.isAddress() {
			kind = address
		}
		fmt.Fprintf(w, "  number %-4d type %-19s value %s\n", option.code, kind, option.value)
	}
}

func ownNetwork(w io.Writer, o *offer) {
	if !o.everyone {
		fmt.Fprintln(w, "The form cannot tell the phones by option 60: all clients of the network are told, so give the phones their own.")
	}
}
