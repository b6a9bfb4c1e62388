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

	library  atomic.Pointer[netip.AddrPort] // where the library's datagrams come from
	finished chan struct{}                  // closed when the library is done
	ctx      context.Context
}

// lingerTime is how long the last datagram is repeated for a peer that repeats its own: the last acknowledgement of
// an upload may get lost, and nobody would answer the client any more (RFC 1350, section 6).
const lingerTime = 3 * time.Second

func newRelay(ctx context.Context, outer *net.UDPConn) (*relay, error) {
	inner, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		outer.Close()
		return nil, err
	}
	return &relay{inner: inner, outer: outer, finished: make(chan struct{}), ctx: ctx}, nil
}

// libraryPeer is the address that the library takes for its peer's.
func (r *relay) libraryPeer() netip.AddrPort { return addrPort(r.inner.LocalAddr()) }

// run relays until the context ends or the transfer is finished; start runs a function beside it.
func (r *relay) run(start func(func())) {
	stop := context.AfterFunc(r.ctx, r.close)
	defer stop()
	var last atomic.Pointer[[]byte]
	start(func() {
		r.outward(&last)
		r.linger(&last)
		r.close()
	})
	r.inward(&last)
}

// finish says that the library will send nothing more.
func (r *relay) finish() {
	close(r.finished)
	// What it has sent is in the inner socket already.
	r.inner.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
}

func (r *relay) close() {
	r.inner.Close()
	r.outer.Close()
}

// outward passes on what the library sends, until it is done.
func (r *relay) outward(last *atomic.Pointer[[]byte]) {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.inner.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if lib := r.library.Load(); lib == nil {
			r.library.Store(&from)
		} else if *lib != from {
			continue
		}
		b := append([]byte(nil), buf[:n]...)
		last.Store(&b)
		_ = r.send(b) // lost like any datagram
	}
}

// inward passes on what the network sends. When the library is done, the last datagram is the answer to anything.
func (r *relay) inward(last *atomic.Pointer[[]byte]) {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.outer.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || r.accept != nil && !r.accept(buf[:n], unmap(from)) {
			continue // an ICMP error, or nothing for us
		}
		lib := r.library.Load()
		select {
		case <-r.finished:
			if b := last.Load(); b != nil {
				_ = r.send(*b)
			}
		default:
			if lib != nil {
				_, _ = r.inner.WriteToUDPAddrPort(buf[:n], *lib)
			}
		}
	}
}

// linger waits for repetitions if the last datagram was an acknowledgement.
func (r *relay) linger(last *atomic.Pointer[[]byte]) {
	if b := last.Load(); b != nil && len(*b) == 4 && (*b)[1] == opACK {
		_ = sleep(r.ctx, lingerTime)
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
