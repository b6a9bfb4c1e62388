package main

import (
	"net/http"
	"strings"

	"profilegen/rule"
)

// dhcpAnswer is what a DHCP server has to say, in the words of the dhcp
// command.
type dhcpAnswer struct {
	Server     string           `json:"server"`
	Options    []dhcpValue      `json:"options"`
	Precedence []string         `json:"precedence"`
	Asks       []string         `json:"asks"` // by a factory-new phone
	Servers    []dhcpServerText `json:"servers"`
}

type dhcpValue struct {
	Code  int    `json:"code"`
	Value string `json:"value"`
}

// dhcpServerText is ready to paste.
type dhcpServerText struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Text    string `json:"text"`
	Problem string `json:"problem,omitempty"` // why there is no text
}

// dhcpTitles are the servers' full names.
var dhcpTitles = map[string]string{
	"isc": "ISC dhcpd", "kea": "Kea", "mikrotik": "MikroTik", "windows": "Windows Server", "ios": "Cisco IOS",
	"pfsense": "pfSense, OPNsense", "unifi": "UniFi",
}

// dhcp prints for ?server=ADDRESS or URL, without it for this server;
// &option=66 for that one, &everyone=yes for all clients.
func (a *admin) dhcp(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	server := firstOf(strings.TrimSpace(query.Get("server")), a.ownServer())
	var options []string
	if option := query.Get("option"); option != "" {
		options = []string{option}
	}
	all, err := newOffer(server, "", options)
	if err != nil {
		// The flag is the page's box.
		return &statusError{http.StatusBadRequest, strings.NewReplacer("-server ", "the server ", "-option ", "option ").Replace(err.Error())}
	}
	answer := dhcpAnswer{Server: server, Precedence: precedence(), Asks: candidates(all.options[0].value, rule.Sample("CP-8861-3PCC"))}
	for _, o := range all.options {
		answer.Options = append(answer.Options, dhcpValue{o.code, o.value})
	}
	for _, s := range dhcpServers {
		offer, _ := newOffer(server, "", options) // print takes away what the server cannot send
		offer.everyone = query.Get("everyone") == "yes"
		text := dhcpServerText{Name: s.name, Title: firstOf(dhcpTitles[s.name], s.name)}
		var b strings.Builder
		if err := s.print(&b, offer); err != nil {
			text.Problem = err.Error()
		}
		text.Text = b.String()
		answer.Servers = append(answer.Servers, text)
	}
	return writeAnswer(w, answer)
}

// ownServer is this server for DHCP, without the secret folder.
func (a *admin) ownServer() string {
	at, ok := a.find("http", "tftp")
	if !ok {
		return ""
	}
	if a.segment != "" {
		return at.String() + "/SEGMENT"
	}
	return at.String()
}
