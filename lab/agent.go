package lab

import (
	"net/netip"
	"strings"
	"sync"
)

// Phone is who a request comes from, as far as it can be told.
type Phone struct {
	MAC      string `json:"mac,omitempty"`      // 12 lower-case hex digits
	Model    string `json:"model,omitempty"`    // $PN, as in "CP-8841-3PCC"
	Firmware string `json:"firmware,omitempty"` // as in "11.0.1"
	Serial   string `json:"serial,omitempty"`
}

// ParseUserAgent reads the header by which a phone presents itself (h.1):
//
//	Cisco-CP-8841-3PCC/11.0.1 (00562b043615)
//	Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK)
//
// ok is false when the text has neither form; HTTP_User_Agent_Name lets an administrator change it.
func ParseUserAgent(text string) (p Phone, ok bool) {
	head, rest, ok := strings.Cut(text, " (")
	if !ok {
		return Phone{}, false
	}
	mac, rest, _ := strings.Cut(rest, ")")
	if p.MAC, ok = parseMAC(mac); !ok {
		return Phone{}, false
	}
	if serial, ok := strings.CutPrefix(rest, "("); ok {
		p.Serial, _ = strings.CutSuffix(serial, ")")
	}
	if spa, ok := strings.CutPrefix(head, "Cisco/"); ok {
		p.Model, p.Firmware, _ = strings.Cut(spa, "-")
	} else if cp, ok := strings.CutPrefix(head, "Cisco-"); ok {
		p.Model, p.Firmware, _ = strings.Cut(cp, "/")
	}
	if !isWord(p.Model) || !isWord(p.Firmware) || p.Serial != "" && !isWord(p.Serial) {
		return Phone{}, false
	}
	return p, true
}

// parseMAC accepts exactly 12 hex digits.
func parseMAC(s string) (string, bool) {
	if len(s) != 12 || !isHex(s) {
		return "", false
	}
	return strings.ToLower(s), true
}

// isWord says whether s can stand in an event without quotes: letters, digits, dots, dashes, underscores.
func isWord(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// neighbors remembers which phone was seen at which address, so that a TFTP request, which does not say who asks,
// can be told to belong to the phone that asked by HTTP before. An address that two phones share (NAT, virtual
// phones) tells nothing.
type neighbors struct {
	mu     sync.Mutex
	phones map[netip.Addr]Phone
}

const maxNeighbors = 10_000

func newNeighbors() *neighbors { return &neighbors{phones: make(map[netip.Addr]Phone)} }

func (n *neighbors) saw(a netip.Addr, p Phone) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if old, ok := n.phones[a]; ok && old.MAC != p.MAC {
		p = Phone{}
	}
	if len(n.phones) >= maxNeighbors {
		clear(n.phones)
	}
	n.phones[a] = p
}

func (n *neighbors) at(a netip.Addr) Phone {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.phones[a]
}
