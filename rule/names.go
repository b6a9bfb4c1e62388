package rule

import "slices"

// Macro describes one name of the phone's table (a.2).
type Macro struct {
	Name    string // "MA"; families are listed once: "UID1"
	Meaning string // "MAC address, 12 lower-case hex digits"
	Example string // "000e08012345"
	Source  string // "P7800 C7800"
	Secret  bool   // known inside the arguments of --key, --uid and --pwd only (a.8)
	// Passive marks a name that the resync engine leaves as text: it belongs
	// to calls, mobility or XML services.
	Passive bool
}

// Macros lists the names of a.2 in the order of that table.
func Macros() []Macro { return slices.Clone(macroTable) }

// macroTable is all of them; activeMacros the names that are not passive.
var (
	macroTable   = makeMacroTable()
	activeMacros = func() map[string]bool {
		names := map[string]bool{}
		for _, m := range macroTable {
			names[m.Name] = !m.Passive
		}
		return names
	}()
)

func makeMacroTable() []Macro {
	list := make([]Macro, 0, 16+4+len(namedMacros))
	for c := byte('A'); c <= 'P'; c++ {
		list = append(list, Macro{Name: string(c), Meaning: "content of GPP_" + string(c), Source: "F7832 L69"})
	}
	for c := byte('A'); c <= 'D'; c++ {
		list = append(list, Macro{Name: "S" + string(c), Secret: true, Source: "F7832 L69",
			Meaning: "content of GPP_S" + string(c) + ", in the argument of --key, --uid or --pwd"})
	}
	return append(list, namedMacros...)
}

var namedMacros = []Macro{
	{Name: "MA", Meaning: "MAC address, 12 lower-case hex digits", Example: "000e08012345", Source: "P7800 C7800"},
	{Name: "MAU", Meaning: "MAC address, 12 upper-case hex digits", Example: "000E08012345", Source: "P7800 C7800"},
	{Name: "MAC", Meaning: "MAC address, lower case with colons", Example: "00:0e:08:01:23:45", Source: "P7800 C7800"},
	{Name: "PN", Meaning: "product name", Example: "CP-8851-3PCC", Source: "P7800 C7800"},
	{Name: "PSN", Meaning: "product name without CP-", Example: "8851-3PCC", Source: "MIG P6800"},
	{Name: "SN", Meaning: "serial number", Example: "88012BA01234", Source: "P7800 C7800"},
	{Name: "CCERT", Meaning: "customer certificate: Installed or Not Installed", Example: "Installed", Source: "P7800 C7800"},
	{Name: "IP", Meaning: "address of the phone in its network", Example: "192.168.1.100", Source: "P7800 C7800"},
	{Name: "EXTIP", Meaning: "address of the phone as seen from outside; empty when not learnt", Example: "66.43.16.52", Source: "C7800 L70"},
	{Name: "SWVER", Meaning: "software version", Example: "sip88xx.11-0-1MPP-376", Source: "P7800 C7800"},
	{Name: "HWVER", Meaning: "hardware version", Example: "2.0.1", Source: "P7800 C7800"},
	{Name: "PRVST", Meaning: "why this resync: -1 on request, 0 power-up, 1 periodic, 2 retry after a failure", Example: "0", Source: "P7800 C7800 L70"},
	{Name: "UPGST", Meaning: "upgrade state: 1 first attempt, 2 retry after a failure", Example: "1", Source: "P7800 C7800 L70"},
	{Name: "UPGERR", Meaning: "result of the last upgrade attempt; empty before one", Source: "C7800 L70"},
	{Name: "PRVTMR", Meaning: "seconds since the last resync attempt", Example: "1200", Source: "C7800 L70"},
	{Name: "UPGTMR", Meaning: "seconds since the last upgrade attempt", Example: "4000", Source: "C7800 L70"},
	{Name: "REGTMR1", Meaning: "seconds since line 1 lost its registration; 0 while registered", Example: "0", Source: "C7800 L44 L70"},
	{Name: "REGTMR2", Meaning: "seconds since line 2 lost its registration; 0 while registered", Example: "45", Source: "C7800 L44 L70"},
	{Name: "UPGCOND", Meaning: "legacy; true", Example: "true", Source: "C7800 L70"},
	{Name: "SCHEME", Meaning: "tftp, http or https of the URL in hand", Example: "tftp", Source: "C7800 SIP05 PAP2"},
	{Name: "METH", Meaning: "old name of SCHEME", Example: "tftp", Source: "C7800"},
	{Name: "SERV", Meaning: "host of the URL in hand, as written", Example: "prov.example.com", Source: "P7800 C7800"},
	{Name: "SERVIP", Meaning: "address of that host", Example: "192.168.1.200", Source: "P7800 C7800"},
	{Name: "PORT", Meaning: "port of the URL in hand, the default one too", Example: "69", Source: "P7800 C7800"},
	{Name: "PATH", Meaning: "path and query of the URL in hand", Example: "/basic.txt", Source: "P7800 C7800"},
	{Name: "ERR", Meaning: "result of the last resync or upgrade attempt", Example: "file not found", Source: "C7800 L70"},
	{Name: "UID1", Meaning: "User_ID_1_ of line 1; UID2 is that of line 2, and so on", Example: "4081001141", Source: "C7800"},
	{Name: "ISCUST", Meaning: "1 when customised, otherwise 0", Example: "0", Source: "C7800"},
	{Name: "INCOMINGNAME", Meaning: "name of the caller, for XML services", Source: "C7800", Passive: true},
	{Name: "REMOTENUMBER", Meaning: "number of the other side, for XML services", Source: "C7800", Passive: true},
	{Name: "DISPLAYNAME1", Meaning: "Display_Name_1_ of line 1, and so on, in service URLs", Source: "C7800", Passive: true},
	{Name: "AUTHID1", Meaning: "Auth_ID_1_ of line 1, and so on, in service URLs", Source: "C7800", Passive: true},
	{Name: "PROXY1", Meaning: "Proxy_1_ of line 1, and so on, in service URLs", Source: "C7800", Passive: true},
	{Name: "SERIAL_NUMBER", Meaning: "serial number, in service URLs", Source: "C7800", Passive: true},
	{Name: "XML_User_Name", Meaning: "XML_User_Name, in service URLs", Source: "C7800", Passive: true},
	{Name: "EMS", Meaning: "extension mobility state", Source: "P7800 C7800", Passive: true},
	{Name: "MUID", Meaning: "extension mobility user", Source: "P7800 C7800", Passive: true},
	{Name: "MPWD", Meaning: "extension mobility password", Source: "P7800 C7800", Passive: true},
	{Name: "ORIGTYPE", Meaning: "kind of the call's origin", Source: "C7800", Passive: true},
	{Name: "AUTHSTATUS", Meaning: "state of the log-in", Source: "C7800", Passive: true},
}
