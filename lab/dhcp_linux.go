package lab

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// DHCPHost is the address to hear DHCP clients at. On Linux it is that of the broadcasts: a listener at it gets nothing
// that is meant for a DHCP server of the same machine, such as the renewals that clients send to it alone.
const DHCPHost = "255.255.255.255"

// shareAddress lets a DHCP server of this machine that does the same have the port as well: broadcasts reach both.
func shareAddress(_, _ string, c syscall.RawConn) error {
	var err error
	if failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}); failed != nil {
		return failed
	}
	return err
}
