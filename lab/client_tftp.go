package lab

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pin/tftp/v3"
)

// doTFTP fetches or writes a file, from the first of the host's addresses that answers.
func (c *Client) doTFTP(ctx context.Context, f Fetch) (Reply, error) {
	var r Reply
	name := written(f.URL)
	switch {
	case len(name) > 255: // longer ones do not fit the library's packet
		return r, fmt.Errorf("a path of %d characters; tftp takes 255 at most", len(name))
	case strings.ContainsRune(name, 0):
		return r, errors.New("a path with a NUL character")
	case c.BlockSize != 0 && (c.BlockSize < blockSize || c.BlockSize > 65464):
		return r, fmt.Errorf("block size %d is not between 512 and 65464", c.BlockSize)
	}
	p, err := port(f.URL)
	if err != nil {
		return r, err
	}
	addrs, err := c.addresses(ctx, f.URL.Hostname())
	if err != nil {
		return r, err
	}
	for _, a := range addrs {
		r, err = c.transferTFTP(ctx, f, name, netip.AddrPortFrom(a, p))
		if !errors.Is(err, errNoAnswer) {
			break
		}
	}
	return r, err
}

// written is all that follows the host in a URL, byte by byte as it was written: it is a file's name here, in which
// nothing needs to be escaped and nothing begins a fragment (h.3).
func written(u *url.URL) string {
	name := cmp.Or(u.RawPath, u.EscapedPath()) // RawPath is empty when the other is the same
	if u.RawQuery != "" || u.ForceQuery {
		name += "?" + u.RawQuery
	}
	if u.Fragment != "" {
		name += "#" + cmp.Or(u.RawFragment, u.EscapedFragment())
	}
	return name
}

var errNoAnswer = errors.New("no answer")

// clientTransfer is a transfer of the library's client. A relay stands between the two ends: the library takes one
// stray packet for the end of the transfer, a packet that is too long for a good one, tells an ERROR as text only,
// and cannot be interrupted.
type clientTransfer struct {
	*relay
	ctx    context.Context
	peer   atomic.Pointer[netip.AddrPort] // the server's address, and from its first answer on its port for this transfer
	known  bool                           // that answer has come
	write  bool
	asked  int        // the block size asked for; 0: none
	block  int        // the block size in force
	said   *TFTPError // the server's ERROR
	resent atomic.Int32
	latest atomic.Pointer[[]byte] // the latest datagram that went to the server, to count repetitions
}

func (c *Client) transferTFTP(ctx context.Context, f Fetch, name string, server netip.AddrPort) (Reply, error) {
	r := Reply{Remote: server.Addr()}
	outer, err := net.ListenUDP("udp", nil)
	if err != nil {
		return r, err
	}
	relay, err := newRelay(context.WithoutCancel(ctx), outer)
	if err != nil {
		return r, err
	}
	t := &clientTransfer{relay: relay, ctx: ctx, write: f.method() != http.MethodGet, asked: c.BlockSize, block: blockSize}
	t.peer.Store(&server)
	relay.send, relay.accept = t.toServer, t.fromServer
	defer context.AfterFunc(ctx, t.interrupt)()

	library, err := tftp.NewClient(relay.libraryPeer().String())
	if err != nil {
		relay.close()
		return r, err
	}
	tries, wait := cmp.Or(c.Tries, 5), cmp.Or(c.Wait, 4*time.Second)
	library.SetTimeout(wait)
	library.SetRetries(tries - 1)
	library.SetBackoff(func(int) time.Duration { return 0 })
	library.SetBlockSize(c.BlockSize)

	var wg sync.WaitGroup
	wg.Go(func() { relay.run(wg.Go) })
	if t.write {
		err = send(library, name, f.Body)
	} else {
		r.Body, err = receive(library, name, c.maxBytes())
	}
	relay.finish()
	wg.Wait()
	r.Resent = int(t.resent.Load())
	switch {
	case err == nil:
		return r, nil
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	case t.said != nil:
		return r, t.said
	case errors.Is(err, errTooLong):
		return r, fmt.Errorf("%w: %s bytes", errTooLong, thousands(c.maxBytes()))
	case !t.known:
		return r, fmt.Errorf("%w from %s in %d tries", errNoAnswer, server, tries)
	}
	return r, fmt.Errorf("the server stopped answering in the middle of the transfer")
}

func receive(library *tftp.Client, name string, limit int64) ([]byte, error) {
	from, err := library.Receive(name, "octet")
	if err != nil {
		return nil, err
	}
	body := &limitedBuffer{limit: limit, tooLarge: errTooLong}
	if _, err := from.WriteTo(body); err != nil {
		return nil, err
	}
	return append([]byte{}, body.Bytes()...), nil
}

func send(library *tftp.Client, name string, body []byte) error {
	to, err := library.Send(name, "octet")
	if err != nil {
		return err
	}
	_, err = to.ReadFrom(struct{ io.Reader }{bytes.NewReader(body)})
	return err
}

// interrupt ends the library's wait when the context has ended.
func (t *clientTransfer) interrupt() { t.answerLibrary(errorPacket(codeUndefined)) }

// toServer passes on a datagram of the library.
func (t *clientTransfer) toServer(b []byte) error {
	if t.ctx.Err() != nil {
		t.interrupt()
		return nil
	}
	if binary.BigEndian.Uint16(b) == opERROR {
		b = []byte("\x00\x05\x00\x00given up\x00") // the library tells its own addresses
	}
	if before := t.latest.Swap(&b); before != nil && bytes.Equal(b, *before) {
		t.resent.Add(1)
	}
	_, err := t.outer.WriteToUDPAddrPort(b, *t.peer.Load())
	return err
}

// fromServer judges a datagram from the network.
func (t *clientTransfer) fromServer(b []byte, from netip.AddrPort) bool {
	server := *t.peer.Load()
	if from.Addr() != server.Addr() || t.known && from != server || len(b) < 4 {
		return false
	}
	switch op, number := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]); {
	case op == opERROR:
		text, _, _ := bytes.Cut(b[4:], []byte{0})
		t.said = &TFTPError{Code: int(number), Message: string(text)}
	case op == opOACK && t.asked > 0:
		size, ok := oackBlockSize(b)
		if !ok || size > t.asked || size < blockSize {
			return false
		}
		t.block = size
	case !t.known && (op == opDATA && number != 1 || op == opACK && number != 0):
		return false // of an earlier transfer of a port that is ours now
	case op == opDATA && !t.write && t.acknowledged(b):
		return false
	case op == opDATA && !t.write && len(b) <= 4+t.block:
	case op == opACK && t.write && len(b) == 4:
	default:
		return false
	}
	t.known = true
	t.peer.Store(&from)
	return true
}

// acknowledged tells whether a block has been acknowledged already. Then that was lost, and it is sent again: the library
// would leave the server to wait until its own time is over.
func (t *clientTransfer) acknowledged(block []byte) bool {
	last := t.relay.last.Load()
	if last == nil || len(*last) != 4 || (*last)[1] != opACK || !bytes.Equal((*last)[2:], block[2:4]) {
		return false
	}
	t.resent.Add(1)
	_, _ = t.outer.WriteToUDPAddrPort(*last, *t.peer.Load())
	return true
}

// oackBlockSize reads the one option that we ask for.
func oackBlockSize(b []byte) (size int, ok bool) {
	fields := bytes.Split(bytes.TrimSuffix(b[2:], []byte{0}), []byte{0})
	if len(fields) != 2 || !strings.EqualFold(string(fields[0]), "blksize") {
		return 0, false
	}
	size, err := strconv.Atoi(string(fields[1]))
	return size, err == nil
}
