package main

import (
	"net/netip"
	"os"
	"strings"

	"profilegen/rule"
)

// neighborTable is the hardware addresses of the machines in the same network,
// as the kernel knows them.
func neighborTable() map[netip.Addr]rule.MAC {
	text, err := os.ReadFile("/proc/net/arp")
	if err != nil {
		return nil
	}
	table := map[netip.Addr]rule.MAC{}
	for line := range strings.Lines(string(text)) {
		// IP address, HW type, Flags, HW address, Mask, Device
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[2] == "0x0" { // not complete
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		if mac, err := rule.ParseMAC(fields[3]); err == nil && mac != (rule.MAC{}) {
			table[addr] = mac
		}
	}
	return table
}
