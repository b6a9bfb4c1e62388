package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pin/tftp/v3"
)

const (
	// How often one datagram is sent in all: the first, any other, and the last block, after which a client that has
	// it all goes away, whether its acknowledgement arrives or not. A wire that loses 30 % each way can lose ten in a
	// row, so that patience with a client that was there is longer, while nobody waits for its place. While somebody
	// does, who may not be there or may be gone keeps it for 0.4 s: one datagram lost on each way is not the end.
	sendsFirst     = 8
	sendsOther     = 15
	sendsLast      = 8
	sendsBusy      = 6
	sendsBusyMaybe = 3

	// A transfer may take transferTime and what the file takes at transferRate; after that it goes on only while
	// nobody waits for its place, and ends when it has taken maxTimes as long.
	transferTime = 90 * time.Second
	transferRate = 16 << 10 // bytes a second
	maxTimes     = 5
)

var (
	errNoAck    = errors.New("the client did not answer")
	errSilent   = errors.New("the client stopped answering")
	errNoLast   = errors.New("the client did not acknowledge the last block; it may have all of it")
	errBusy     = errors.New("the client did not answer, and others waited")
	errTooSlow  = errors.New("the transfer took too long")
	errFaultCut = errors.New("fault on purpose: cut off")
	errReplaced = errors.New("the client asked again from the same port")
)

// transfer is one request on its way. The library gets a server of its own for each, which reads that one request
// and ends with it. So the waits, the retries and the hook belong to the transfer: a client that has never answered
// is given up sooner than one that has, repetitions are counted, and the end of the server is noticed in every wait.
//
// The library answers each error with code 1, "file not found", and the error's text. To a phone that is a verdict
// about the file (d.5), so a download that fails half-way must end in silence instead. The only way out that the
// library leaves is a panic in its hook or its backoff function; both run inside the handler, which recovers it, and
// the library's deferred calls close the socket.
type transfer struct {
	service *tftpService
	request tftpRequest
	peer    netip.AddrPort // the client
	local   netip.Addr     // our address that it asked; invalid: not known
	start   time.Time
	parent  context.Context // of all transfers of the service
	ctx     context.Context
	cancel  context.CancelCauseFunc

	allowed   time.Duration // how long it may take
	inHandler bool
	acked     atomic.Bool // the client has acknowledged something
	unacked   int         // what maySend has counted for this transfer
	resent    int
	size      int64        // of the content
	bytes     int64        // of it, handed to the library
	err       error        // why it ended early
	errorCode atomic.Int32 // what the relay makes of the library's ERROR
}

// stopped is what the hook and the backoff function panic with.
type stopped struct{ err error }

func (t *transfer) run() {
	req := Request{Time: t.start, Protocol: "tftp", Method: "RRQ", Path: t.request.name, Remote: t.peer}
	req.Phone = t.service.neighbors.at(t.peer.Addr())
	t.service.locate(&req)
	if t.request.write {
		req.Method = "WRQ"
	}
	switch {
	case t.ctx.Err() != nil:
	case t.request.badMode:
		t.refuse(req, errMode, Fault{})
	case t.request.write:
		t.receive(req)
	default:
		t.send(req)
	}
}

// refuse answers ERROR and logs why.
func (t *transfer) refuse(req Request, err error, fault Fault) {
	code := tftpCode(err)
	e := req.event()
	e.Outcome, e.Reason, e.Fault = outcome(err), err.Error(), fault.Kind
	if code == codeNotFound && !t.service.missAllowed(req, err) {
		e.Outcome, e.Reason = Refused, errTooMany.Error()
		t.service.log(e)
		return
	}
	if conn, derr := dialFrom(t.local, t.peer); derr == nil {
		_, derr = conn.Write(errorPacket(code))
		conn.Close()
		if derr == nil {
			e.TFTPError = &code
		}
	}
	t.service.log(e)
}

// send serves a read request.
func (t *transfer) send(req Request) {
	file, fault, err := t.service.open(t.ctx, req)
	if err != nil {
		if t.ctx.Err() == nil {
			t.refuse(req, err, fault)
		}
		return
	}
	defer closeFile(file)
	size, err := sizeOf(file.Content)
	if err != nil {
		t.refuse(req, fmt.Errorf("reading the file: %w", err), fault)
		return
	}
	e := req.event()
	e.Options, e.Note, e.Fault = t.request.options(size), file.Note, fault.Kind
	t.size, t.allowed = size, transferTime+time.Duration(size)*time.Second/transferRate
	if !t.maySend(false) {
		e.Outcome, e.Reason = Refused, "too much was sent to this address without an answer"
		t.service.log(e)
		return
	}

	content := &blocks{t: t, r: file.Content, end: size}
	content.oack = t.request.blksize > 0 || t.request.tellsSize(size)
	if fault.Kind == FaultCut && fault.After < size {
		content.end, content.cut = fault.After, true
	}
	t.serve(fault, tftp.NewServer(func(_ string, to io.ReaderFrom) error {
		return t.handle(func() error {
			if t.request.tellsSize(size) {
				to.(tftp.OutgoingTransfer).SetSize(size)
			}
			_, err := to.ReadFrom(content)
			return err
		})
	}, nil))

	e.Resent, e.Bytes, e.Outcome = t.resent, t.bytes, Sent
	if t.err != nil {
		e.Outcome, e.Reason = endOf(t.err), t.err.Error()
	}
	t.service.log(e)
}

// receive serves a write request: the body is collected in memory, because it is short and must not be stored by
// halves.
func (t *transfer) receive(req Request) {
	store, fault, err := t.service.upload(t.ctx, req, t.request.announce)
	if err != nil {
		if t.ctx.Err() == nil {
			t.refuse(req, err, fault)
		}
		return
	}
	t.allowed = transferTime
	body := &limitedBuffer{limit: t.service.UploadLimit, tooLarge: errTooLarge, stop: t.mustStop}
	t.serve(fault, tftp.NewServer(nil, func(_ string, from io.WriterTo) error {
		return t.handle(func() error {
			_, err := from.WriteTo(body)
			if err == nil {
				err = store(body.Bytes())
			}
			t.errorCode.Store(int32(tftpCode(err)))
			return err
		})
	}))
	e := req.event()
	e.Fault, e.Resent, e.Bytes, e.Outcome = fault.Kind, t.resent, int64(body.Len()), Stored
	if t.err != nil {
		e.Outcome, e.Reason = endOf(t.err), t.err.Error()
	}
	t.service.log(e)
}

// endOf is the outcome of a transfer that has begun and ended with err.
func endOf(err error) Outcome {
	switch {
	case isAny(err, errTooSlow, errFaultCut, errShutdown, errBusy, errReplaced):
		return Cut
	case errors.Is(err, errTooLarge), isExist(err):
		return Refused
	}
	return Failed
}

// handle runs a library handler's body and turns its end, also by panic, into t.err. It always returns an error
// when t.err is set, so that the library closes its socket.
func (t *transfer) handle(body func() error) (err error) {
	t.inHandler = true
	defer func() {
		t.inHandler = false
		switch p := recover().(type) {
		case nil:
		case stopped:
			err = p.err
		default:
			err = fmt.Errorf("internal error: %v", p)
		}
		if err == nil {
			t.acknowledged() // the library asks for no second block of a file that has only one
		}
		t.err = err
	}()
	return body()
}

// serve has the library serve the one request and returns when the transfer has ended.
func (t *transfer) serve(fault Fault, server *tftp.Server) {
	client := t.peer
	if relayed, err := t.needsRelay(fault); err != nil {
		t.err = err
		return
	} else if relayed {
		relay, err := t.newRelay(fault)
		if err != nil {
			t.err = err
			return
		}
		client = relay.libraryPeer()
		t.service.wg.Go(func() { relay.run(t.service.wg.Go) })
		defer relay.finish()
	}
	t.err = errors.New("the transfer could not begin")
	server.SetTimeout(t.service.Retransmit)
	server.SetRetries(math.MaxInt) // backoff counts
	server.SetBackoff(t.backoff)
	server.SetBlockSizeNegotiation(false)
	server.SetBlockSize(maxBlockSize)
	server.SetHook(t)
	_ = server.Serve(&oneRequest{datagram: t.request.encode(), peer: client, done: server.Shutdown})
}

// needsRelay says whether the library's socket will not do: it cannot lose blocks on purpose, knows one error code,
// and sends from the address that the system picks for the client, which on a host with several need not be the one
// that the client asked and listens to.
func (t *transfer) needsRelay(fault Fault) (bool, error) {
	if fault.Kind == FaultLostBlocks || t.request.write {
		return true, nil
	}
	if !t.local.IsValid() || t.local == t.peer.Addr() {
		return false, nil // not known, or this host talks to itself
	}
	source, err := sourceFor(t.peer)
	return err == nil && source != t.local, err
}

// backoff is called by the library each time a datagram was not acknowledged in time; n counts from 0 for each
// datagram. It waits, and the library sends again.
func (t *transfer) backoff(n int) time.Duration {
	first := t.service.Retransmit
	limit, busy, err := sendsOther, sendsBusy, errSilent
	switch {
	case !t.acked.Load():
		limit, busy, err = sendsFirst, sendsBusyMaybe, errNoAck
	case t.bytes == t.size && !t.request.write:
		limit, busy, err = sendsLast, sendsBusyMaybe, errNoLast
	}
	if t.service.full.Load() {
		limit = busy
		if err != errNoLast {
			err = errBusy
		}
	}
	if err := t.mustStop(); err != nil {
		panic(stopped{err})
	}
	switch {
	case n+1 >= limit:
		panic(stopped{err})
	case !t.acked.Load() && !t.maySend(true):
		panic(stopped{err})
	}
	if sleep(t.ctx, timeout(first, n)-first) != nil { // the library has waited the first time already
		panic(stopped{context.Cause(t.ctx)})
	}
	t.resent++
	return 0
}

// maySend says whether a datagram may go to an address that has not acknowledged anything in this transfer. What
// goes to loopback reaches nobody else, so only repetitions are counted there.
func (t *transfer) maySend(again bool) bool {
	addr := t.peer.Addr()
	if addr.IsLoopback() && !again {
		return true
	}
	ok, _ := t.service.unanswered.take(addr, time.Now())
	if ok {
		t.unacked++
	}
	return ok
}

// timeout is the wait after the send with number n, counted from 0: first is short, because at 1 % loss each way one in
// a hundred transfers of 60 KB loses four of its datagrams and shall still take no more than 0.6 s. The second is the same,
// each further one twice the last. From the sixth on, with the default 6 s, it is longer than the 5 s after which
// common clients repeat their acknowledgement: some acknowledge a repeated block once and then only by that timer,
// which each block that arrives sets back, so repeating faster forever would lock both ends up (RFC 1123, 4.2.3.2).
func timeout(first time.Duration, n int) time.Duration {
	if n > 4 {
		return 60 * first
	}
	return first << max(0, n-1)
}

// mustStop is the reason for which the transfer may not go on; nil: it may.
func (t *transfer) mustStop() error {
	if t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	if !t.acked.Load() && t.service.serving.Err() != nil {
		return errShutdown // nobody is there to finish for
	}
	if took := time.Since(t.start); took > t.allowed && (t.service.full.Load() || took > maxTimes*t.allowed) {
		return errTooSlow
	}
	return nil
}

// acknowledged notes that the client is there.
func (t *transfer) acknowledged() {
	if !t.acked.Swap(true) {
		t.service.acknowledged(t)
	}
}

// OnSuccess is the library's hook.
func (t *transfer) OnSuccess(tftp.TransferStats) {}

// OnFailure is the library's hook, called before it sends its ERROR.
func (t *transfer) OnFailure(_ tftp.TransferStats, err error) {
	if t.inHandler && !t.request.write {
		panic(stopped{clientError(err)})
	}
}

// clientError makes the library's text of an ERROR from the client readable.
func clientError(err error) error {
	if said, ok := strings.CutPrefix(err.Error(), "sending block "); ok {
		return fmt.Errorf("the client ended it at block %s", strings.TrimRight(said, "\x00"))
	}
	return err
}

// blocks is the content as the library reads it, block by block.
type blocks struct {
	t    *transfer
	r    io.Reader
	oack bool  // an option acknowledgement goes before the first block
	end  int64 // where the content ends
	cut  bool  // the transfer ends there, too
}

func (b *blocks) Read(p []byte) (int, error) {
	t := b.t
	// The library reads the second block when the first has been acknowledged.
	if b.oack || t.bytes >= blockSize {
		t.acknowledged()
	}
	if err := t.mustStop(); err != nil {
		return 0, err
	}
	switch {
	case t.bytes >= b.end && b.cut:
		return 0, errFaultCut
	case t.bytes >= b.end:
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.end-t.bytes)])
	t.bytes += int64(n)
	if err == io.EOF && t.bytes < b.end {
		err = io.ErrUnexpectedEOF // shortened meanwhile: a part must not look like the whole
	} else if err == io.EOF {
		err = nil // the library's netascii reader loses bytes that come with the end
	}
	if err != nil {
		return n, fmt.Errorf("reading the file: %w", err)
	}
	return n, nil
}

// oneRequest is the net.PacketConn from which the library reads the request. The second read waits for the transfer
// to end and with it the library's loop.
type oneRequest struct {
	datagram []byte
	peer     netip.AddrPort
	done     func()
}

func (c *oneRequest) ReadFrom(p []byte) (int, net.Addr, error) {
	if c.datagram == nil {
		c.done()
		return 0, nil, net.ErrClosed
	}
	n := copy(p, c.datagram)
	c.datagram = nil
	return n, net.UDPAddrFromAddrPort(c.peer), nil
}

func (c *oneRequest) WriteTo([]byte, net.Addr) (int, error) { return 0, net.ErrClosed }
func (c *oneRequest) LocalAddr() net.Addr                   { return net.UDPAddrFromAddrPort(c.peer) }
func (c *oneRequest) Close() error                          { return nil }
func (c *oneRequest) SetDeadline(time.Time) error           { return nil }
func (c *oneRequest) SetReadDeadline(time.Time) error       { return nil }
func (c *oneRequest) SetWriteDeadline(time.Time) error      { return nil }

// limitedBuffer collects what comes in.
type limitedBuffer struct {
	bytes.Buffer
	limit    int64
	tooLarge error        // what is beyond it
	stop     func() error // why no more may be taken now; nil: nothing speaks against it
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.stop != nil {
		if err := b.stop(); err != nil {
			return 0, err
		}
	}
	if int64(b.Len()+len(p)) > b.limit {
		return 0, b.tooLarge
	}
	return b.Buffer.Write(p)
}

// sizeOf is the length of the content, which is left at its start.
func sizeOf(s io.Seeker) (int64, error) {
	size, err := s.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = s.Seek(0, io.SeekStart)
	}
	return size, err
}
