package lab

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// relay carries the datagrams of one transfer between the library, which believes that its peer is on loopback, and
// the real peer. On the way they can be judged, changed or lost.
type relay struct {
	inner *net.UDPConn // towards the library
	outer *net.UDPConn // towards the peer

	// send passes a datagram of the library on to the peer.
	send func(b []byte) error
	// accept judges a datagram from the network; nil takes it as it is.
	accept func(b []byte, from netip.AddrPort) bool

	// linger is how long the last datagram is repeated for a peer that repeats its own: the last acknowledgement may
	// get lost, and nobody would answer the peer any more (RFC 1350, section 6).
	linger   time.Duration
	stopping context.Context // ends lingering

	library atomic.Pointer[netip.AddrPort] // where the library's datagrams come from
	last    atomic.Pointer[[]byte]         // the last of them
	done    atomic.Bool                    // the library will send nothing more
	ctx     context.Context
}

func newRelay(ctx context.Context, outer *net.UDPConn) (*relay, error) {
	inner, err := listenLoopback()
	if err != nil {
		outer.Close()
		return nil, err
	}
	return &relay{inner: inner, outer: outer, ctx: ctx}, nil
}

// listenLoopback opens a socket on a loopback address that nobody else uses, where the system has more than one. The
// library takes the first datagram from its peer's address for the peer's, whatever port it comes from; on 127.0.0.1
// that can be a late one, to a transfer that had the port before.
func listenLoopback() (*net.UDPConn, error) {
	own := net.IPv4(127, byte(1+rand.IntN(254)), byte(rand.IntN(256)), byte(1+rand.IntN(254)))
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: own})
	if err != nil {
		c, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	}
	return c, err
}

// libraryPeer is the address that the library takes for its peer's.
func (r *relay) libraryPeer() netip.AddrPort { return addrPort(r.inner.LocalAddr()) }

// run relays until the context ends or the transfer is finished; start runs a function beside it.
func (r *relay) run(start func(func())) {
	defer context.AfterFunc(r.ctx, r.close)()
	start(func() {
		defer r.close()
		r.outward()
		if r.linger > 0 {
			_ = sleep(r.stopping, r.linger)
		}
	})
	r.inward()
}

// finish says that the library will send nothing more. What it has sent is in the inner socket already, so a
// datagram to ourselves comes after it.
func (r *relay) finish() {
	r.done.Store(true)
	_ = r.inner.SetReadDeadline(time.Now().Add(time.Second)) // should there be no room for it
	_, _ = r.inner.WriteToUDPAddrPort(nil, r.libraryPeer())
}

// answerLibrary gives the library a datagram as if it came from the peer.
func (r *relay) answerLibrary(b []byte) {
	if lib := r.library.Load(); lib != nil {
		_, _ = r.inner.WriteToUDPAddrPort(b, *lib)
	}
}

func (r *relay) close() {
	r.inner.Close()
	r.outer.Close()
}

// outward passes on what the library sends, until it is done.
func (r *relay) outward() {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.inner.ReadFromUDPAddrPort(buf)
		if err != nil || unmap(from) == r.libraryPeer() {
			return
		}
		if lib := r.library.Load(); lib == nil {
			if r.accept != nil && (n < 2 || buf[1] != opRRQ && buf[1] != opWRQ) {
				continue // meant for whom this port was before
			}
			r.library.Store(&from)
		} else if *lib != from {
			continue
		}
		b := append([]byte(nil), buf[:n]...)
		r.last.Store(&b)
		_ = r.send(b) // lost like any datagram
	}
}

// inward passes on what the network sends. When the library is done, its last datagram is the answer to anything.
func (r *relay) inward() {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.outer.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || r.accept != nil && !r.accept(buf[:n], unmap(from)) {
			continue // an ICMP error, or nothing for us
		}
		if !r.done.Load() {
			r.answerLibrary(buf[:n])
		} else if b := r.last.Load(); b != nil {
			_ = r.send(*b)
		}
	}
}

// newRelay is the relay of a transfer to a client: it sends from the address that the client asked, loses what a
// fault wants lost, and puts the right code into the library's ERROR.
func (t *transfer) newRelay(fault Fault) (*relay, error) {
	outer, err := dialFrom(t.local, t.peer)
	if err != nil {
		return nil, err
	}
	r, err := newRelay(t.parent, outer) // it outlives the transfer a little
	if err != nil {
		return nil, err
	}
	if t.request.write {
		r.linger, r.stopping = 3*time.Second, t.service.serving
	}
	r.send = func(b []byte) error {
		if fault.Kind == FaultLostBlocks && rand.IntN(100) < fault.Loss {
			return nil
		}
		if len(b) > 1 && b[1] == opERROR {
			b = errorPacket(int(t.errorCode.Load()))
		}
		_, err := outer.Write(b)
		return err
	}
	return r, nil
}
