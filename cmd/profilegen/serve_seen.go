package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// arp is the way in which a phone was seen that stands in this machine's table
// of neighbours.
const arp = "arp"

// nearby has the addresses of this machine's neighbours, of several the first.
func (s *site) nearby() map[rule.MAC]netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	near := make(map[rule.MAC]netip.Addr, len(s.neighbors))
	for addr, mac := range s.neighborsNow() {
		if other, ok := near[mac]; !ok || addr.Less(other) {
			near[mac] = addr
		}
	}
	return near
}

// meet notes which phones of the fleet are in this machine's network. An entry
// of the table may be old, so it never takes the place of what was heard since.
// d.mu is held.
func (d *desk) meet(shelf *shelf, near map[rule.MAC]netip.Addr, now time.Time) {
	for mac := range near {
		phone := shelf.own[mac]
		if phone == nil {
			continue
		}
		key := mac.String()
		p := d.phones[key]
		if p == nil {
			p = &phoneState{}
			d.phones[key] = p
		}
		if p.seen.IsZero() {
			p.seen, p.seenBy = now, arp
		}
	}
}

// way is how a phone was seen last: "ARP: 192.0.2.17", "DHCP REQUEST: 192.0.2.17".
func (p *phoneState) way(near netip.Addr) string {
	by, address := strings.ToUpper(p.seenBy), p.address
	switch {
	case p.dhcp != nil:
		by, address = by+" "+p.dhcp.Kind, p.dhcp.Wants
		if !address.IsValid() {
			address = p.dhcp.Has
		}
	case p.seenBy == arp:
		address = near
	}
	if address.IsValid() {
		by += ": " + address.String()
	}
	return by
}

// readDHCP completes the event of a DHCP request. ok is false when it is not of
// a phone: neither of the fleet, nor of one of these models, which option 60
// names. The network has many others, which are nobody's business here.
func readDHCP(shelf *shelf, e *lab.Event) (ok bool) {
	model, known := schema.FindModel(e.DHCP.Vendor)
	if known {
		e.Phone.Model = model.Product
	}
	e.Reason = wishesOf(e.DHCP)
	return known || shelf.phone(e.DHCP.MAC) != nil
}

// wishesOf says what a phone wants of DHCP, and which of the options that could
// lead it to this server are among that.
func wishesOf(d *lab.DHCPRequest) string {
	text := "it looks for a DHCP server"
	switch {
	case d.Kind == "INFORM":
		text = "it asked DHCP for options"
	case d.Kind == "REQUEST" && d.Wants.IsValid():
		text = fmt.Sprintf("it asked DHCP for the address %s", d.Wants)
	case d.Kind == "REQUEST":
		text = "it asked DHCP for its address again"
	}
	if d.Vendor != "" {
		text += " as " + show(d.Vendor)
	}
	switch wanted := wantedOptions(d); len(wanted) {
	case 0:
		return text + ", and wants none of the options 66, 160, 159, 150 that could name this server"
	case 1:
		return text + ", and wants option " + wanted[0]
	default:
		return text + ", and wants the options " + strings.Join(wanted, ", ")
	}
}

// wantedOptions are those that can name this server, in the order in which the
// phone has them.
func wantedOptions(d *lab.DHCPRequest) (list []string) {
	for _, code := range d.Options {
		if slices.Contains(profileOptions, code) {
			list = append(list, strconv.Itoa(code))
		}
	}
	return list
}
