//go:build !linux

package main

import (
	"net/netip"

	"profilegen/rule"
)

// Other systems tell their neighbours in ways of their own; phones are then
// known by what they say only.
func neighborTable() map[netip.Addr]rule.MAC { return nil }
