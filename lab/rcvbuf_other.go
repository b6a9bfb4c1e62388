//go:build !linux

package lab

import "net"

// growReceiveBuffer asks for a receive buffer of size bytes; what the system gives cannot be told here.
func growReceiveBuffer(conn *net.UDPConn, size int) (got int) {
	_ = conn.SetReadBuffer(size)
	return size
}
