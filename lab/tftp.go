package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// tftpService takes the requests of one listening port, orders the waiting ones and runs the transfers.
type tftpService struct {
	*running
	conn  *net.UDPConn
	local netip.Addr // the address listened on; unspecified: each datagram tells where it went

	// unanswered bounds what is sent to an address from which no acknowledgement has come: anybody can put somebody
	// else's address into a request. Acknowledged datagrams are given back.
	unanswered *allowance

	serving context.Context // ends when the server shall end; transfers have their own
	junk    junkCount       // of the reading goroutine

	mu      sync.Mutex
	live    map[netip.AddrPort]*transfer // by peer: active and waiting
	active  int
	silent  map[netip.Addr]int         // of the active ones, those whose client has not acknowledged anything, by address
	each    map[netip.Addr]int         // active, by address
	waiting map[netip.Addr][]*transfer // oldest first
	waits   int                        // how many wait in all
	turn    []netip.Addr               // addresses with waiting requests; the first is next

	full atomic.Bool // requests wait because all places are taken
	wg   sync.WaitGroup
}

const (
	// maxWaiting bounds the requests that wait, in all and of one address. A burst of 500 phones fits even when a
	// router shows them all under one address.
	maxWaiting     = 4096
	maxWaitingEach = 1024

	// sameRequest is how long a request that comes again, before any acknowledgement, is the client's repetition.
	// After that, a transfer from the same port is one that the client has forgotten.
	sameRequest = 5 * time.Second

	// receiveBuffer holds a burst of some thousand requests.
	receiveBuffer = 4 << 20
)

func (r *running) listenTFTP(ctx context.Context, addr string) error {
	pc, err := new(net.ListenConfig).ListenPacket(ctx, "udp", addr)
	if err != nil {
		return err
	}
	conn := pc.(*net.UDPConn)
	r.closers = append(r.closers, conn)
	at := addrPort(conn.LocalAddr())
	r.bound.TFTP = append(r.bound.TFTP, at)
	if got := growReceiveBuffer(conn, receiveBuffer); got < receiveBuffer {
		r.bound.Warnings = append(r.bound.Warnings, fmt.Sprintf("tftp on %s: the receive buffer is held at %s bytes; "+
			"when many phones start at once some requests may have to be repeated (sysctl net.core.rmem_max=%d lifts it)", at, thousands(int64(got)), receiveBuffer))
	}
	s := &tftpService{
		running:    r,
		conn:       conn,
		local:      at.Addr(),
		unanswered: newAllowance(40, 40.0/60),
		live:       make(map[netip.AddrPort]*transfer),
		silent:     make(map[netip.Addr]int),
		each:       make(map[netip.Addr]int),
		waiting:    make(map[netip.Addr][]*transfer),
	}
	if s.local.IsUnspecified() {
		// One of the two fits the socket. Without either (some systems), the system picks the source address.
		if ipv6.NewPacketConn(conn).SetControlMessage(ipv6.FlagDst, true) != nil {
			_ = ipv4.NewPacketConn(conn).SetControlMessage(ipv4.FlagDst, true)
		}
	}
	r.services = append(r.services, s.serve)
	return nil
}

// serve reads requests until ctx ends, then lets the transfers finish for a while.
func (s *tftpService) serve(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	s.serving = ctx
	transfers, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	err := s.read(ctx, transfers)
	if err != nil {
		s.conn.Close()
		cut(err)
	}
	s.dropWaiting()
	timer := time.AfterFunc(shutdownTime, func() { cut(errShutdown) })
	defer timer.Stop()
	s.wg.Wait()
	return err
}

var errShutdown = errors.New("the server is shutting down")

// read is the loop around the listening socket. It never waits for anything else: a burst must not stay in the
// socket's buffer.
func (s *tftpService) read(ctx, transfers context.Context) error {
	buf, oob := make([]byte, 2048), make([]byte, 128)
	for failures := 0; ; {
		n, oobn, _, from, err := s.conn.ReadMsgUDPAddrPort(buf, oob)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			// Some systems report here that an earlier answer could not be delivered. A dead socket fails always.
			if failures++; failures > 100 || errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("reading tftp requests: %w", err)
			}
			continue
		}
		failures = 0
		s.datagram(transfers, buf[:n], unmap(from), s.arrivedAt(oob[:oobn]))
	}
}

// arrivedAt is our address that a datagram was sent to; zero if it is not known.
func (s *tftpService) arrivedAt(oob []byte) netip.Addr {
	if !s.local.IsUnspecified() {
		return s.local
	}
	var dst net.IP
	var v6 ipv6.ControlMessage
	var v4 ipv4.ControlMessage
	if v6.Parse(oob) == nil && v6.Dst != nil {
		dst = v6.Dst
	} else if v4.Parse(oob) == nil {
		dst = v4.Dst
	}
	a, _ := netip.AddrFromSlice(dst)
	return a.Unmap()
}

// datagram judges one datagram and queues the request in it.
func (s *tftpService) datagram(ctx context.Context, b []byte, peer netip.AddrPort, local netip.Addr) {
	now := time.Now()
	q, junk := parseRequest(b)
	switch {
	case junk != "":
	case peer.Port() == 0 || peer.Addr().IsMulticast() || peer.Addr().IsUnspecified():
		junk = "from an impossible address"
	case local.IsMulticast() || local == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		junk = "sent to everybody" // RFC 1123, 4.2.3.4
	default:
		junk = s.enqueue(ctx, &transfer{service: s, request: q, peer: peer, local: local, start: now})
	}
	if junk == "" {
		return
	}
	if summary := s.junk.add(junk, now); summary != "" {
		s.log(Event{Time: now, Protocol: "tftp", Remote: peer, Outcome: Refused, Reason: "datagrams without an answer: " + summary})
	}
}

// enqueue takes a request up, unless it is a repetition or too many wait already.
func (s *tftpService) enqueue(ctx context.Context, t *transfer) (junk string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.live[t.peer]; old != nil {
		switch recent := t.start.Sub(old.start) < sameRequest; {
		case recent && !old.acked.Load() && old.request.name == t.request.name:
			return "repetitions of a request"
		case !recent:
			old.cancel(errReplaced)
		}
		// Otherwise the old one ends by itself: its last acknowledgement may be on its way, or this is a late copy
		// of its request, which the client will not answer.
	}
	addr := t.peer.Addr()
	if s.waits >= maxWaiting || len(s.waiting[addr]) >= maxWaitingEach {
		return "too many waiting requests"
	}
	t.parent = ctx
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	s.live[t.peer] = t
	if len(s.waiting[addr]) == 0 {
		s.turn = append(s.turn, addr)
	}
	s.waiting[addr] = append(s.waiting[addr], t)
	s.waits++
	s.dispatch()
	return ""
}

// dispatch starts waiting requests while there is room, one of each address in turn. s.mu is held.
func (s *tftpService) dispatch() {
	defer func() { s.full.Store(s.waits > 0 && s.active >= s.Transfers) }()
	for tried := 0; s.active < s.Transfers && tried < len(s.turn); {
		addr := s.turn[0]
		s.turn = s.turn[1:]
		if !s.mayStart(addr) {
			s.turn = append(s.turn, addr)
			tried++
			continue
		}
		t := s.waiting[addr][0]
		if rest := s.waiting[addr][1:]; len(rest) > 0 {
			s.waiting[addr] = rest
			s.turn = append(s.turn, addr)
		} else {
			delete(s.waiting, addr)
		}
		s.waits--
		s.active++
		s.silent[addr]++
		s.each[addr]++
		tried = 0
		s.wg.Go(func() {
			defer s.finished(t)
			t.run()
		})
	}
}

// mayStart applies the limits of one address. A client that acknowledges is real; the others may be somebody's
// invention and get fewer places. Loopback is no address of one phone. s.mu is held.
func (s *tftpService) mayStart(addr netip.Addr) bool {
	return addr.IsLoopback() ||
		s.silent[addr] < s.TransfersEach && s.each[addr] < max(s.Transfers/4, s.TransfersEach)
}

// acknowledged notes the first acknowledgement of a transfer.
func (s *tftpService) acknowledged(t *transfer) {
	s.unanswered.give(t.peer.Addr(), t.unacked)
	s.mu.Lock()
	defer s.mu.Unlock()
	decrement(s.silent, t.peer.Addr())
	s.dispatch()
}

func decrement(m map[netip.Addr]int, a netip.Addr) {
	if m[a]--; m[a] == 0 {
		delete(m, a)
	}
}

func (s *tftpService) finished(t *transfer) {
	t.cancel(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live[t.peer] == t {
		delete(s.live, t.peer)
	}
	s.active--
	decrement(s.each, t.peer.Addr())
	if !t.acked.Load() {
		decrement(s.silent, t.peer.Addr())
	}
	s.dispatch()
}

// dropWaiting forgets the requests that have not begun.
func (s *tftpService) dropWaiting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.waiting {
		for _, t := range list {
			t.cancel(nil)
			delete(s.live, t.peer)
		}
	}
	clear(s.waiting)
	s.turn = nil
	s.waits = 0
}

// sourceFor is the address from which the system would send to peer.
func sourceFor(peer netip.AddrPort) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(peer))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return addrPort(c.LocalAddr()).Addr(), nil
}

// dialFrom opens a socket for peer that sends from the given address and from a port of its own, which is the
// transfer identifier of RFC 1350.
func dialFrom(local netip.Addr, peer netip.AddrPort) (*net.UDPConn, error) {
	var from *net.UDPAddr
	if local.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return net.DialUDP("udp", from, net.UDPAddrFromAddrPort(peer))
}
