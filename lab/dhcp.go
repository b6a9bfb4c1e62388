package lab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// DHCPRequest is what a DHCP client says of itself (RFC 2131).
type DHCPRequest struct {
	Kind     string     `json:"kind"` // DISCOVER, REQUEST or INFORM
	MAC      string     `json:"mac"`  // chaddr, 12 lower-case hex digits
	Has      netip.Addr `json:"has,omitzero"`
	Wants    netip.Addr `json:"wants,omitzero"`     // the address it asks for, option 50
	Vendor   string     `json:"vendor,omitempty"`   // option 60
	HostName string     `json:"hostname,omitempty"` // option 12
	Options  []int      `json:"options,omitempty"`  // that it wants to be told, in its order, option 55
}

// String is the request for a person, in one line.
func (d *DHCPRequest) String() string {
	var b strings.Builder
	b.WriteString(d.Kind)
	for _, part := range []struct {
		name string
		addr netip.Addr
	}{{"has", d.Has}, {"wants", d.Wants}} {
		if part.addr.IsValid() {
			fmt.Fprintf(&b, " %s %s", part.name, part.addr)
		}
	}
	if d.Vendor != "" {
		b.WriteString(" " + printable(d.Vendor))
	}
	if len(d.Options) > 0 {
		b.WriteString(" options " + strings.Trim(fmt.Sprint(d.Options), "[]"))
	}
	return b.String()
}

// The parts of a DHCP message, and the codes of options (RFC 2132).
const (
	dhcpFixed  = 240 // up to the options, the magic number included
	dhcpMagic  = 0x63825363
	bootAsk    = 1
	ethernet   = 1
	dhcpPad    = 0
	dhcpEnd    = 255
	dhcpHost   = 12
	dhcpWanted = 50
	dhcpKind   = 53
	dhcpList   = 55
	dhcpVendor = 60
)

var dhcpKinds = map[byte]string{1: "DISCOVER", 3: "REQUEST", 8: "INFORM"}

// ParseDHCP reads a message of a client on Ethernet that asks for an address or for options; ok is false for any other
// datagram. An option that is cut off ends the reading: what stands before it counts.
func ParseDHCP(b []byte) (d DHCPRequest, ok bool) {
	if len(b) < dhcpFixed || b[0] != bootAsk || b[1] != ethernet || b[2] != 6 || binary.BigEndian.Uint32(b[236:]) != dhcpMagic {
		return DHCPRequest{}, false
	}
	if d.MAC = fmt.Sprintf("%x", b[28:34]); d.MAC == "000000000000" {
		return DHCPRequest{}, false
	}
	d.Has = addressIn(b[12:16])
	for rest := b[dhcpFixed:]; len(rest) > 0 && rest[0] != dhcpEnd; {
		if rest[0] == dhcpPad {
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			break
		}
		d.take(rest[0], rest[2:2+rest[1]])
		rest = rest[2+int(rest[1]):]
	}
	return d, d.Kind != ""
}

// maxDHCPOptions bounds the list: it may come in parts (RFC 3396), and no code needs to stand in it twice.
const maxDHCPOptions = 255

func (d *DHCPRequest) take(code byte, value []byte) {
	switch code {
	case dhcpKind:
		if len(value) == 1 {
			d.Kind = dhcpKinds[value[0]]
		}
	case dhcpWanted:
		d.Wants = addressIn(value)
	case dhcpHost:
		d.HostName = cleanText(strings.TrimRight(string(value), "\x00"))
	case dhcpVendor:
		d.Vendor = cleanText(strings.TrimRight(string(value), "\x00"))
	case dhcpList:
		for _, wanted := range value[:min(len(value), maxDHCPOptions-len(d.Options))] {
			d.Options = append(d.Options, int(wanted))
		}
	}
}

// addressIn is an IPv4 address, the zero Addr for none.
func addressIn(b []byte) netip.Addr {
	if a, ok := netip.AddrFromSlice(b); ok && a.Is4() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

const (
	dhcpBurst     = 2000 // messages at once: each phone sends two when the power comes back
	dhcpPerSecond = 200  // and then
)

// dhcpService hears what DHCP clients of the network broadcast. It never sends anything.
type dhcpService struct {
	*running
	allowance *allowance
}

func (r *running) listenDHCP(ctx context.Context, addr string) error {
	config := net.ListenConfig{Control: shareAddress}
	pc, err := config.ListenPacket(ctx, "udp4", addr)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, pc)
	r.bound.DHCP = append(r.bound.DHCP, addrPort(pc.LocalAddr()))
	s := &dhcpService{running: r, allowance: newAllowance(dhcpBurst, dhcpPerSecond)}
	r.services = append(r.services, func(ctx context.Context) error {
		return readDatagrams(ctx, pc.(*net.UDPConn), "DHCP requests", s.message)
	})
	return nil
}

// message makes an event of what a client says, unless there are too many of them: without an address of their own,
// clients cannot be told apart by it.
func (s *dhcpService) message(b []byte, remote netip.AddrPort) {
	if !remote.Addr().IsUnspecified() && !s.running.allowed(remote.Addr()) {
		return
	}
	d, ok := ParseDHCP(b)
	if !ok {
		return
	}
	now := time.Now()
	e := Event{Time: now, Protocol: "dhcp", Method: d.Kind, Remote: remote, Outcome: Seen, DHCP: &d}
	if ok, first := s.allowance.take(remote.Addr(), now); !ok {
		if first {
			e.Method, e.DHCP, e.Outcome, e.Reason = "", nil, Alarm, "so many DHCP requests come that some are dropped"
			s.log(e)
		}
		return
	}
	e.Phone.MAC = d.MAC
	s.log(e)
}
