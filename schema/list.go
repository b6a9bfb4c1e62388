package schema

import (
	"slices"
	"strconv"
	"strings"

	"profilegen/rule"
)

// checkList looks at each item of a list, and at the list as a whole.
func (p *Parameter) checkList(text string) *fault {
	if l := &p.limits; l.hasMax && len(text) > int(l.max) {
		return tooLong(text, int(l.max), "")
	}
	separator := strings.TrimPrefix(p.Unit, "sep ")
	check := listItems[p.Element]
	offset := 0
	var seen [16]string
	count := 0
	for item, rest, more := strings.Cut(text, separator); ; item, rest, more = strings.Cut(rest, separator) {
		trimmed := strings.TrimSpace(item)
		switch {
		case trimmed == "":
			if more || offset == 0 { // one separator at the end is common
				return &fault{
					id: "empty-item", severity: rule.Warning, offset: offset, length: len(item),
					summary: "an item of the list is empty", hint: "take out one " + strconv.Quote(separator), source: p.Source,
				}
			}
		case slices.Contains(seen[:count], trimmed):
			return &fault{
				id: "duplicate-item", severity: rule.Warning, offset: offset, length: len(item),
				summary: trimmed + " stands twice in the list", hint: "the first one counts; take the other out",
			}
		case check != nil:
			if f := check(trimmed, separator); f != nil {
				f.offset, f.length = offset, len(item)
				return f
			}
		}
		if count < len(seen) {
			seen[count] = trimmed
			count++
		}
		if !more {
			return nil
		}
		offset += len(item) + len(separator)
	}
}

// listItems checks the items of the lists whose items are known.
var listItems = map[string]func(item, separator string) *fault{
	"DHCP_Option_To_Use":          dhcpOption([]int{66, 160, 159, 150, 60, 43, 125}, 254),
	"DHCPv6_Option_To_Use":        dhcpOption([]int{17, 160, 159}, 65535),
	"Try_Backup_RSC":              responseCode,
	"Retry_Reg_RSC":               responseCode,
	"Emergency_Number_{n}_":       emergencyNumber,
	"Referral_Services_Codes":     serviceCode,
	"Feature_Dial_Services_Codes": serviceCode,
	"Work_Days":                   workDay,
	"Restricted_Access_Domains":   accessDomain,
	"Firewall_Config":             firewallOption,
}

// badItem is the fault of an item that is not what the list holds.
func badItem(item, separator, what, hint string) *fault {
	f := &fault{id: "bad-item", severity: rule.Error, summary: strconv.Quote(item) + " is not " + what, hint: hint}
	if separator != "," && strings.Contains(item, ",") || separator == "," && strings.ContainsAny(item, ";| ") {
		f.hint = "the separator of this list is " + strconv.Quote(separator)
	}
	return f
}

// dhcpOption checks the number of a DHCP option; known are those the phones
// look at by default.
func dhcpOption(known []int, highest int) func(item, separator string) *fault {
	return func(item, separator string) *fault {
		n, ok := wholeNumber(item)
		if !ok || !plainDigits(item) || n < 1 || n > highest {
			return badItem(item, separator, "the number of a DHCP option", "1 to "+strconv.Itoa(highest)+", separated by commas")
		}
		if !slices.Contains(known, n) {
			return &fault{
				id: "unknown-dhcp-option", severity: rule.Warning,
				summary: "no guide names DHCP option " + item + " for these phones",
				hint:    "the factory list is " + joinInts(known), source: "d.6, W7800",
			}
		}
		return nil
	}
}

func joinInts(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// responseCode takes a SIP response code with "?" for any digit.
func responseCode(item, separator string) *fault {
	if len(item) == 3 && item[0] >= '1' && item[0] <= '6' {
		if strings.Trim(item[1:], "0123456789?") == "" {
			return nil
		}
	}
	return badItem(item, separator, "a SIP response code", "three digits, ? for any digit, such as 503 or 5??")
}

func emergencyNumber(item, separator string) *fault {
	if strings.Trim(item, "+*#0123456789") == "" {
		return nil
	}
	return badItem(item, separator, "a number to dial", "digits, separated by commas, such as 112,911")
}

// serviceCode takes a star code with an optional letter for the tone.
func serviceCode(item, separator string) *fault {
	code := item
	if i := strings.IndexByte(item, '`'); i > 0 { // *72`c`: which tone follows
		code = item[:i]
	}
	if code != "" && strings.Trim(code, "*#0123456789") == "" {
		return nil
	}
	return badItem(item, separator, "an activation code", "such as *98 or *67")
}

func workDay(item, separator string) *fault {
	days := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	if slices.Contains(days, item) {
		return nil
	}
	return badItem(item, separator, "a day of the week", "such as Monday|Tuesday")
}

func accessDomain(item, separator string) *fault {
	if host, _, ok := splitHost(strings.TrimPrefix(item, "*.")); ok && isHost(host) {
		return nil
	}
	return badItem(item, separator, "a domain", "names separated by commas, such as example.com,sip.example.com")
}

func firewallOption(item, separator string) *fault {
	switch item {
	case "NO_ICMP_PING", "NO_ICMP_UNREACHABLE", "NO_CISCO_TFTP":
		return nil
	}
	protocol, ports, _ := strings.Cut(item, ":")
	from, to, ranged := strings.Cut(ports, ":")
	if (protocol == "UDP" || protocol == "TCP") && isPort(from) && (!ranged || isPort(to)) {
		return nil
	}
	return badItem(item, separator, "an option of the firewall", "NO_ICMP_PING, NO_ICMP_UNREACHABLE, NO_CISCO_TFTP, UDP:5060 or TCP:8000:8010")
}
