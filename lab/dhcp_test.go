package lab

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"
)

// dhcpPacket is a client's message with these options, given as "code: bytes in hex".
func dhcpPacket(mac, has string, options ...string) []byte {
	b := make([]byte, dhcpFixed, 600)
	copy(b, []byte{1, 1, 6, 0, 0xca, 0xfe, 0xba, 0xbe})
	if has != "" {
		copy(b[12:], netip.MustParseAddr(has).AsSlice())
	}
	address, _ := hex.DecodeString(mac)
	copy(b[28:], address)
	copy(b[236:], []byte{0x63, 0x82, 0x53, 0x63})
	for _, o := range options {
		var code byte
		var text string
		fmt.Sscanf(o, "%d:%s", &code, &text)
		value, err := hex.DecodeString(text)
		if err != nil {
			panic(o)
		}
		b = append(append(b, code, byte(len(value))), value...)
	}
	return append(b, dhcpEnd)
}

const (
	dhcpPhone = "000e08a00001"
	cp8861    = "60: 43502d383836312d33504343" // CP-8861-3PCC
)

func TestParseDHCP(t *testing.T) {
	good := dhcpPacket(dhcpPhone, "", "53: 01", cp8861, "55: 01420fa09f9603")
	with := func(at int, value byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = value
		return b
	}
	for _, c := range []struct {
		name   string
		packet []byte
		want   string // as String writes it, with the MAC address before; "" when it is none
	}{
		{"a phone looks for a server", good, "000e08a00001 DISCOVER CP-8861-3PCC options 1 66 15 160 159 150 3"},
		{"it asks for an address", dhcpPacket(dhcpPhone, "", "53: 03", "50: c0000211", "54: c0000201", cp8861, "55: 42"),
			"000e08a00001 REQUEST wants 192.0.2.17 CP-8861-3PCC options 66"},
		{"it renews", dhcpPacket(dhcpPhone, "192.0.2.17", "53: 03"), "000e08a00001 REQUEST has 192.0.2.17"},
		{"it wants options only", dhcpPacket(dhcpPhone, "192.0.2.17", "53: 08", "55: 96"), "000e08a00001 INFORM has 192.0.2.17 options 150"},
		{"padding", dhcpPacket(dhcpPhone, "", "0:", "53: 01"), "000e08a00001 DISCOVER"},
		{"a list in two parts", dhcpPacket(dhcpPhone, "", "53: 01", "55: 42", "55: a0"), "000e08a00001 DISCOVER options 66 160"},
		{"a value that could steer a terminal", dhcpPacket(dhcpPhone, "", "53: 01", "60: 1b5b324a"), `000e08a00001 DISCOVER "\x1b[2J"`},
		{"no text", dhcpPacket(dhcpPhone, "", "53: 01", "60: ff00"), "000e08a00001 DISCOVER \ufffd"},
		{"cut off in an option", good[:len(good)-4], "000e08a00001 DISCOVER CP-8861-3PCC"},
		{"cut off before its length", append(good[:len(good)-1:len(good)-1], 12), "000e08a00001 DISCOVER CP-8861-3PCC options 1 66 15 160 159 150 3"},
		{"a server's answer", with(0, 2), ""},
		{"another kind of network", with(1, 6), ""},
		{"a longer address", with(2, 16), ""},
		{"another protocol", with(239, 0), ""},
		{"no kind", dhcpPacket(dhcpPhone, "", cp8861), ""},
		{"a release", dhcpPacket(dhcpPhone, "192.0.2.17", "53: 07"), ""},
		{"no hardware address", dhcpPacket("000000000000", "", "53: 01"), ""},
		{"too short", good[:dhcpFixed-1], ""},
		{"nothing", nil, ""},
	} {
		d, ok := ParseDHCP(c.packet)
		got := ""
		if ok {
			got = d.MAC + " " + d.String()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzParseDHCP(f *testing.F) {
	f.Add(dhcpPacket(dhcpPhone, "", "53: 01", cp8861, "55: 42a09f96"))
	f.Add(dhcpPacket(dhcpPhone, "192.0.2.17", "53: 03", "50: c0000211", "12: 534550"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := ParseDHCP(b)
		if !ok {
			return
		}
		if _, isMAC := parseMAC(d.MAC); !isMAC || d.Kind == "" {
			t.Errorf("taken without an address or a kind: %+v", d)
		}
		if len(d.Options) > maxDHCPOptions || len(d.Vendor) > 3*255 || len(d.HostName) > 3*255 || !utf8.ValidString(d.Vendor+d.HostName) {
			t.Errorf("out of bounds: %+v", d)
		}
		if line := d.String(); strings.ContainsAny(line, "\n\r\x1b\x00") {
			t.Errorf("the line is %q", line)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
	})
}

// DHCP clients are heard, and nothing is said to them, nor to other datagrams.
func TestDHCPIsHeard(t *testing.T) {
	s := start(t, &Server{DHCP: loopback, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	c := newUDP(t)
	c.send([]byte("stray"), s.DHCP[0])
	c.send(dhcpPacket(dhcpPhone, "", "53: 01", cp8861, "55: 42a0"), s.DHCP[0])
	e := s.await("a DHCP request", func(e Event) bool { return e.Protocol == "dhcp" })
	if e.Outcome != Seen || e.Method != "DISCOVER" || e.Phone.MAC != dhcpPhone || e.DHCP == nil || e.DHCP.Vendor != "CP-8861-3PCC" {
		t.Errorf("the event is %+v", e)
	}
	if want := "dhcp 127.0.0.1 000e08a00001 DISCOVER CP-8861-3PCC options 66 160"; !strings.HasSuffix(e.String(), want) {
		t.Errorf("the line is %q, want the end %q", e, want)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	newUDP(t).send([]byte("the first"), unmap(c.LocalAddr().(*net.UDPAddr).AddrPort()))
	if got, from := c.read(); string(got) != "the first" {
		t.Errorf("%s answered %q", from, got)
	}
}

// Too many requests raise one alarm.
func TestDHCPFlood(t *testing.T) {
	var events []Event
	r := newRunning(&Server{Log: func(e Event) { events = append(events, e) }})
	s := &dhcpService{running: r, allowance: newAllowance(3, 1e-9)}
	from := netip.AddrPortFrom(netip.IPv4Unspecified(), 68)
	for range 10 {
		s.message(dhcpPacket(dhcpPhone, "", "53: 01"), from)
	}
	if len(events) != 4 || events[3].Outcome != Alarm || events[3].DHCP != nil {
		t.Errorf("got %v, want three requests and an alarm", events)
	}
	// One that has an address has to be of an allowed network.
	r.Networks, s.allowance = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, newAllowance(3, 1)
	events = nil
	s.message(dhcpPacket(dhcpPhone, "198.51.100.7", "53: 08"), netip.MustParseAddrPort("198.51.100.7:68"))
	s.message(dhcpPacket(dhcpPhone, "192.0.2.7", "53: 08"), netip.MustParseAddrPort("192.0.2.7:68"))
	if len(events) != 1 || events[0].DHCP.Has != netip.MustParseAddr("192.0.2.7") {
		t.Errorf("got %v, want the request of the allowed network", events)
	}
}
