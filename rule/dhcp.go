package rule

import (
	"slices"
	"strconv"
	"strings"
)

// bootstrapPath is the second path asked for on a server DHCP names (d.6).
const bootstrapPath = "/Cisco/$PN/$MA.cfg"

// Candidates are the requests one DHCP value leads to, in order (d.6), when
// the rule chosen leads to u; none when u names a server itself. The value is
// one entry or several with ";" between; its macros are expanded here.
func Candidates(entry string, u *URL, macros Lookup) []*URL {
	if u.Server != "" || u.Scheme == "gds" {
		return nil
	}
	tails := []string{u.Path, Expand(bootstrapPath, macros)}
	var list []*URL
	for e := range strings.SplitSeq(Expand(entry, macros), ";") {
		for _, base := range bases(strings.Trim(e, blanks+"\x00")) {
			if u.HasScheme && u.Scheme != base.Scheme {
				continue
			}
			if base.Path != "" {
				list = append(list, base)
			}
			for _, tail := range tails {
				candidate := *base
				candidate.Path += tail
				list = append(list, &candidate)
			}
		}
	}
	return list
}

// bases are the URLs an entry stands for, the path empty when it has none: an
// address or name is tried with each scheme.
func bases(entry string) []*URL {
	if isIPv6(entry) {
		entry = "[" + entry + "]"
	}
	u, err := ParseURL(entry)
	if err != nil { // perhaps without a path
		u, err = ParseURL(entry + "/")
	}
	if err != nil || u.Server == "" || u.Scheme == "gds" {
		return nil
	}
	if u.Path == "/" {
		u.Path = ""
	}
	if u.HasScheme || u.Path != "" {
		u.HasScheme = true
		return []*URL{u}
	}
	var list []*URL
	for _, scheme := range []string{"tftp", "http", "https"} {
		base := *u
		base.Scheme, base.HasScheme = scheme, true
		if !u.HasPort {
			base.Port = defaultPorts[scheme]
		}
		list = append(list, &base)
	}
	return list
}

// DHCPOption is the value of one option as the server gave it.
type DHCPOption struct {
	Code  int
	Value string
}

// DHCPOrder picks the options that name a profile server, in the order of
// DHCP_Option_To_Use.
func DHCPOrder(toUse string, offered map[int]string) []DHCPOption {
	var order []DHCPOption
	for word := range strings.SplitSeq(toUse, ",") {
		code, err := strconv.Atoi(strings.Trim(word, blanks))
		if err != nil || slices.Contains(managementOptions, code) {
			continue
		}
		seen := func(o DHCPOption) bool { return o.Code == code }
		if value := offered[code]; strings.Trim(value, blanks+"\x00") != "" && !slices.ContainsFunc(order, seen) {
			order = append(order, DHCPOption{code, value})
		}
	}
	return order
}

// managementOptions belong to TR-069 and name no profile server (d.6).
var managementOptions = []int{43, 60, 125}
