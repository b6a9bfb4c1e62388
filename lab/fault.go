package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is a trouble that a tester can ask for.
type FaultKind string

const (
	FaultNotFound     FaultKind = "not-found"    // 404, TFTP error 1
	FaultUnauthorized FaultKind = "unauthorized" // 401, TFTP error 2
	FaultServerError  FaultKind = "server-error" // 500, TFTP error 0
	FaultDelay        FaultKind = "delay"        // nothing but Fault.Delay
	FaultCut          FaultKind = "cut"          // the transfer ends after Fault.After bytes
	FaultWrongBytes   FaultKind = "wrong-bytes"  // some bytes of the content are changed, its length is not
	FaultLostBlocks   FaultKind = "lost-blocks"  // TFTP: Fault.Loss percent of what is sent gets lost; over HTTP nothing does, TCP would repair it
)

// FaultKinds lists the kinds there are.
var FaultKinds = []FaultKind{FaultNotFound, FaultUnauthorized, FaultServerError, FaultDelay, FaultCut, FaultWrongBytes, FaultLostBlocks}

// Fault is a trouble and the requests that it is for.
type Fault struct {
	ID   int          `json:"id"`   // given by Faults.Add
	Path string       `json:"path"` // pattern as in path.Match, of the whole path when it has a "/", else of the file's name; "": all
	From netip.Prefix `json:"from"` // addresses; zero: all
	MAC  string       `json:"mac"`  // phone; "": all

	Kind  FaultKind     `json:"kind"`
	Delay time.Duration `json:"delay"` // waited before the answer, with every kind
	After int64         `json:"after"` // FaultCut: bytes of content that still arrive
	Loss  int           `json:"loss"`  // FaultLostBlocks: percent, 1 to 99
	Times int           `json:"times"` // how many requests it is for; 0: all until it is removed
}

// Faults is the set of faults in force. It may be changed while the server runs; a nil *Faults has none.
type Faults struct {
	mu   sync.Mutex
	last int
	list []Fault
}

// Add puts a fault in force, after those already there, and returns its ID.
func (f *Faults) Add(fault Fault) (int, error) {
	if _, err := path.Match(fault.Path, ""); err != nil {
		return 0, fmt.Errorf("fault: path pattern %q: %w", fault.Path, err)
	}
	if !slices.Contains(FaultKinds, fault.Kind) {
		return 0, fmt.Errorf("fault: kind %q is none of %v", fault.Kind, FaultKinds)
	}
	if fault.Kind == FaultLostBlocks && (fault.Loss < 1 || fault.Loss > 99) {
		return 0, fmt.Errorf("fault: loss of %d percent is not between 1 and 99", fault.Loss)
	}
	if fault.Delay < 0 || fault.After < 0 || fault.Times < 0 {
		return 0, fmt.Errorf("fault: delay, after and times cannot be negative")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	fault.ID = f.last
	f.list = append(f.list, fault)
	return fault.ID, nil
}

// Remove ends a fault; ok is false when there is none with that ID.
func (f *Faults) Remove(id int) (ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.list)
	f.list = slices.DeleteFunc(f.list, func(x Fault) bool { return x.ID == id })
	return len(f.list) < n
}

// List returns the faults in force, oldest first.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// match returns the first fault for the request and counts it; the zero Fault is no trouble.
func (f *Faults) match(r Request) Fault {
	if f == nil {
		return Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(x Fault) bool { return x.isFor(r) })
	if i < 0 {
		return Fault{}
	}
	fault := f.list[i]
	switch fault.Times {
	case 0:
	case 1:
		f.list = slices.Delete(f.list, i, i+1)
	default:
		f.list[i].Times--
	}
	return fault
}

func (f Fault) isFor(r Request) bool {
	if f.From.IsValid() && !f.From.Contains(r.Remote.Addr()) || f.MAC != "" && !strings.EqualFold(f.MAC, r.Phone.MAC) {
		return false
	}
	subject := r.Path
	if !strings.Contains(f.Path, "/") {
		subject = path.Base(r.Path)
	}
	ok, _ := path.Match(cmp.Or(f.Path, "*"), subject)
	return ok
}

var (
	errFaultNotFound = fmt.Errorf("fault on purpose: %w", fs.ErrNotExist)
	errFaultAuth     = errors.New("fault on purpose: unauthorized")
	errFaultServer   = errors.New("fault on purpose: server error")
)

// refusal is the answer of the faults that need no content.
func (f Fault) refusal() error {
	switch f.Kind {
	case FaultNotFound:
		return errFaultNotFound
	case FaultUnauthorized:
		return errFaultAuth
	case FaultServerError:
		return errFaultServer
	}
	return nil
}

// wrongBytes inverts every 64th byte.
type wrongBytes struct {
	io.ReadSeeker
	pos int64
}

func (w *wrongBytes) Read(p []byte) (int, error) {
	n, err := w.ReadSeeker.Read(p)
	for i := range p[:n] {
		if (w.pos+int64(i))%64 == 0 {
			p[i] ^= 0xff
		}
	}
	w.pos += int64(n)
	return n, err
}

func (w *wrongBytes) Seek(offset int64, whence int) (int64, error) {
	pos, err := w.ReadSeeker.Seek(offset, whence)
	w.pos = pos
	return pos, err
}

func (w *wrongBytes) Close() error {
	if c, ok := w.ReadSeeker.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
