//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// load is many phones that fetch by TFTP: one thread around epoll, so that it
// takes as little as possible from the server beside it. Each transfer has a
// socket and so a port of its own (RFC 1350), and its content is compared.
type load struct {
	port      int
	files     []file        // asked for in turn
	atOnce    int           // phones
	transfers int           // ends after so many; 0: after the time
	time      time.Duration // no transfer begins after it
	blockSize int           // option blksize; 0: none is asked for
	loss      float64       // share of the blocks that get lost on their way to the phone
	lossBack  float64       // share of the acknowledgements that get lost on their way to the server
	patience  time.Duration // before a phone sends again

	epoll    int
	slots    []transfer
	begun    int
	active   int
	deadline time.Time
	buf      [2048]byte
	chance   *rand.Rand
	result   loadResult
}

type loadResult struct {
	took     []time.Duration // of each good transfer
	failed   int
	repeated int // datagrams that the phones sent again
	seconds  float64
	inTime   int // transfers that ended within load.time
}

// rate is in transfers a second.
func (r loadResult) rate() float64 { return float64(r.inTime) / r.seconds }

// transfer is one phone's.
type transfer struct {
	fd    int // -1: none
	file  *file
	block int // size in force
	known bool
	next  uint16 // block number
	got   int    // bytes
	out   []byte // the last datagram sent
	tries int
	start time.Time
	sent  time.Time
}

const maxTries = 5

func (l *load) run(ctx context.Context) (loadResult, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return l.result, err
	}
	defer syscall.Close(l.epoll)
	l.chance = rand.New(rand.NewPCG(1, 2))
	l.slots = make([]transfer, l.atOnce)
	start := time.Now()
	l.deadline = start.Add(l.time)
	defer l.closeAll()
	for i := range l.slots {
		if err := l.begin(i); err != nil {
			return l.result, err
		}
	}
	events := make([]syscall.EpollEvent, 256)
	for swept := start; l.active > 0; {
		if ctx.Err() != nil {
			return l.result, ctx.Err()
		}
		n, err := syscall.EpollWait(l.epoll, events, 10)
		if err != nil && err != syscall.EINTR {
			return l.result, err
		}
		for _, e := range events[:max(n, 0)] {
			if err := l.receive(int(e.Fd)); err != nil {
				return l.result, err
			}
		}
		if now := time.Now(); now.Sub(swept) > 10*time.Millisecond {
			swept = now
			if err := l.repeat(now); err != nil {
				return l.result, err
			}
		}
	}
	l.result.seconds = time.Since(start).Seconds()
	if l.transfers == 0 {
		l.result.seconds = l.time.Seconds()
	}
	return l.result, nil
}

func (l *load) closeAll() {
	for i := range l.slots {
		if t := &l.slots[i]; t.fd >= 0 {
			syscall.Close(t.fd)
		}
	}
}

// begin starts a transfer, unless there have been enough.
func (l *load) begin(slot int) error {
	t := &l.slots[slot]
	*t = transfer{fd: -1, out: t.out[:0]}
	if l.transfers > 0 && l.begun >= l.transfers || l.transfers == 0 && time.Now().After(l.deadline) {
		return nil
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	t.fd, t.file, t.block, t.next = fd, &l.files[l.begun%len(l.files)], 512, 1
	l.begun++
	l.active++
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(slot)}); err != nil {
		return err
	}
	t.out = append(t.out, 0, 1)
	t.out = append(t.out, t.file.name...)
	t.out = append(t.out, "\x00octet\x00"...)
	if l.blockSize > 0 {
		t.out = append(t.out, "blksize\x00"...)
		t.out = strconv.AppendInt(t.out, int64(l.blockSize), 10)
		t.out = append(t.out, 0)
	}
	t.start = time.Now()
	return l.send(t)
}

// send sends t.out, to where the transfer is by now.
func (l *load) send(t *transfer) error {
	t.sent = time.Now()
	var err error
	if t.known {
		_, err = syscall.Write(t.fd, t.out)
	} else {
		err = syscall.Sendto(t.fd, t.out, 0, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: l.port})
	}
	if err == syscall.ECONNREFUSED || err == syscall.EAGAIN {
		return nil // as good as lost
	}
	return err
}

// end notes how a transfer ended, and begins the next.
func (l *load) end(slot int, good bool) error {
	t := &l.slots[slot]
	now := time.Now()
	if good {
		l.result.took = append(l.result.took, now.Sub(t.start))
		if l.transfers > 0 || now.Before(l.deadline) {
			l.result.inTime++
		}
	} else {
		l.result.failed++
	}
	syscall.Close(t.fd)
	l.active--
	return l.begin(slot)
}

// repeat sends again what has had no answer for too long.
func (l *load) repeat(now time.Time) error {
	for i := range l.slots {
		t := &l.slots[i]
		if t.fd < 0 || now.Sub(t.sent) < l.patience {
			continue
		}
		if t.tries++; t.tries >= maxTries {
			if err := l.end(i, false); err != nil {
				return err
			}
			continue
		}
		l.result.repeated++
		if err := l.send(t); err != nil {
			return err
		}
	}
	return nil
}

// receive takes all that has come for a phone.
func (l *load) receive(slot int) error {
	for t := &l.slots[slot]; ; {
		n, err := l.read(t)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			return nil
		}
		if err == syscall.ECONNREFUSED {
			return l.end(slot, false)
		}
		if err != nil {
			return err
		}
		if over, good, err := l.datagram(t, l.buf[:n]); err != nil || over {
			if err != nil {
				return err
			}
			return l.end(slot, good)
		}
	}
}

// read takes one datagram. The first tells the server's port for this transfer.
func (l *load) read(t *transfer) (int, error) {
	if t.known {
		return syscall.Read(t.fd, l.buf[:])
	}
	n, from, err := syscall.Recvfrom(t.fd, l.buf[:], 0)
	if err != nil || n < 4 || l.buf[1] == 3 && binary.BigEndian.Uint16(l.buf[2:]) != 1 {
		return 0, err // a late block of a transfer that had this port before
	}
	t.known = true
	return n, syscall.Connect(t.fd, from)
}

// datagram answers one of the server's. The transfer is over with a block that
// is not full, or with an error.
func (l *load) datagram(t *transfer, b []byte) (over, good bool, err error) {
	if len(b) < 4 {
		return false, false, nil
	}
	switch op, number := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]); op {
	case 3:
		if l.lost(l.loss) {
			return false, false, nil
		}
		if number != t.next {
			if number == t.next-1 { // so its acknowledgement was lost
				err = l.acknowledge(t, number)
			}
			return false, false, err
		}
		data := b[4:]
		if len(data) > t.block || !bytes.HasPrefix(t.file.content[min(t.got, len(t.file.content)):], data) {
			return true, false, nil
		}
		t.got += len(data)
		t.next++
		err = l.acknowledge(t, number)
		return len(data) < t.block, t.got == len(t.file.content), err
	case 5:
		return true, false, nil
	case 6:
		if t.next == 1 && t.got == 0 {
			if t.block, err = blockSizeIn(b[2:]); err == nil {
				err = l.acknowledge(t, 0)
			}
			return false, false, err
		}
	}
	return false, false, nil
}

func (l *load) acknowledge(t *transfer, number uint16) error {
	t.out = binary.BigEndian.AppendUint16(append(t.out[:0], 0, 4), number)
	t.tries = 0
	if l.lost(l.lossBack) {
		t.sent = time.Now()
		return nil
	}
	return l.send(t)
}

// lost says whether the next datagram gets lost.
func (l *load) lost(share float64) bool { return share > 0 && l.chance.Float64() < share }

// blockSizeIn reads an OACK, in which nothing else was asked for.
func blockSizeIn(options []byte) (int, error) {
	fields := strings.Split(string(options), "\x00")
	if len(fields) != 3 || !strings.EqualFold(fields[0], "blksize") {
		return 0, fmt.Errorf("options %q were not asked for", options)
	}
	return strconv.Atoi(fields[1])
}

// quantile is how long the share q of the transfers took at most.
func (r loadResult) quantile(q float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(r.took))
	return sorted[int(float64(len(sorted)-1)*q)]
}
