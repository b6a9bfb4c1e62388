package gen

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"profilegen/rule"
	"profilegen/schema"
)

// State is what a batch does to a file.
type State uint8

const (
	Unchanged State = iota // it stands there with the same bytes and is not touched
	Add                    // it is new
	Change                 // it stands there with other bytes
	Stale                  // the former batch made it, this one does not

	skipped // the phone gets no file
	pruned  // it was stale and is gone
)

func (s State) String() string {
	return [...]string{"unchanged", "add", "change", "stale", "skipped", "pruned"}[s]
}

// FileInfo is what is known of a file without its bytes: a line of the
// manifest.
type FileInfo struct {
	Name    string
	Size    int
	Sum     [32]byte // SHA-256
	MAC     rule.MAC // of its phone; zero for a bootstrap
	Product string   // of its phone, or of the phones it is for
	State   State
	Role    Role
	Content string // Content-Encoding that a server has to send with it; mostly empty
}

// files is the list of a batch's files, some 60 bytes each, so that a hundred
// thousand of them take no more than a few MiB.
type files struct {
	blocks   []*fileBlock
	count    int
	products []string
	order    []sortKey // the files by name; nil when not sorted
}

const filesInBlock = 2048

// fileBlock holds files in the order they came. What is left of their names
// without the phone's address is mostly the same, and kept once.
type fileBlock struct {
	rests   []byte
	recent  []nameRest // the first few rests that differ
	entries [filesInBlock]fileEntry
	zip     *[filesInBlock]zipEntry // of the files of an archive
}

type fileEntry struct {
	sum     [32]byte
	size    uint32
	number  uint32 // of its phone in the list of phones, or noPhone
	name    nameRest
	mac     rule.MAC
	product uint8
	state   State
	ours    bool // the former manifest lists it too
	dropped bool // it is no file of the batch any more
	secret  bool // in an archive: only its owner should read it
	marks   marks
}

// Role is what a file of a phone is for.
type Role string

const (
	OwnFile   Role = ""      // its profile; or a bootstrap, when it is of no phone
	FirstFile Role = "first" // for a phone without a key: gives it one and leads it to its own file
	OlderFile Role = "older" // the same for a phone with an older key
)

// marks are Role and Content of a file in one byte.
type marks uint8

const (
	markContent marks = 1 << iota
	markFirst
	markOlder
)

func marksOf(role Role, content string) (m marks) {
	if content != "" {
		m |= markContent
	}
	switch role {
	case FirstFile:
		m |= markFirst
	case OlderFile:
		m |= markOlder
	}
	return m
}

func (m marks) content() string {
	if m&markContent != 0 {
		return contentEncoding
	}
	return ""
}

func (m marks) role() Role {
	switch {
	case m&markFirst != 0:
		return FirstFile
	case m&markOlder != 0:
		return OlderFile
	}
	return OwnFile
}

// nameRest is a file name without the phone's address.
type nameRest struct {
	at     uint32 // where it begins in rests
	length uint8
	mac    uint8 // how much of it is before the address; noMAC when all is
	upper  bool  // the address is in upper case
}

const (
	noPhone = ^uint32(0)
	noMAC   = ^uint8(0)
)

// sortKey orders files by name: by eight bytes behind what their names have in
// common, and then by what comes after.
type sortKey struct {
	key   uint64
	index uint32
}

// add notes a file.
func (f *files) add(name []byte, e fileEntry) {
	if f.count%filesInBlock == 0 {
		f.blocks = append(f.blocks, &fileBlock{})
	}
	b := f.blocks[len(f.blocks)-1]
	e.name = b.addName(name, e.mac)
	b.entries[f.count%filesInBlock] = e
	f.count++
	f.order = nil
}

func (b *fileBlock) addName(name []byte, mac rule.MAC) nameRest {
	n := nameRest{mac: noMAC}
	var digits [2 * len(mac)]byte
	hex.Encode(digits[:], mac[:])
	at := bytes.Index(name, digits[:])
	if at < 0 {
		at = bytes.Index(name, bytes.ToUpper(digits[:]))
		n.upper = at >= 0
	}
	var whole [maxName]byte
	rest := append(whole[:0], name...)
	if at >= 0 {
		n.mac = uint8(at)
		rest = append(rest[:at], name[at+len(digits):]...)
	}
	const several = 16
	n.length = uint8(len(rest))
	for _, r := range b.recent {
		if r.mac == n.mac && r.upper == n.upper && string(b.rests[r.at:][:r.length]) == string(rest) {
			return r
		}
	}
	n.at = uint32(len(b.rests))
	b.rests = append(b.rests, rest...)
	if len(b.recent) < several {
		b.recent = append(b.recent, n)
	}
	return n
}

func (f *files) at(i int) *fileEntry { return &f.blocks[i/filesInBlock].entries[i%filesInBlock] }

// appendName appends the name of the i-th file.
func (f *files) appendName(dst []byte, i int) []byte {
	e := f.at(i)
	rest := f.blocks[i/filesInBlock].rests[e.name.at:][:e.name.length]
	if e.name.mac == noMAC {
		return append(dst, rest...)
	}
	dst = append(dst, rest[:e.name.mac]...)
	start := len(dst)
	dst = hex.AppendEncode(dst, e.mac[:])
	if e.name.upper {
		copy(dst[start:], bytes.ToUpper(dst[start:]))
	}
	return append(dst, rest[e.name.mac:]...)
}

// drop takes files out.
func (f *files) drop(which func(*fileEntry) bool) {
	for i := range f.count {
		if e := f.at(i); which(e) {
			e.dropped = true
			f.order = nil
		}
	}
}

// product is the number of a product name.
func (f *files) product(name string) uint8 {
	i := slices.Index(f.products, name)
	if i < 0 {
		i = len(f.products)
		f.products = append(f.products, name)
	}
	return uint8(i)
}

// each calls visit with the files in the order of their names. A name is only
// lent.
func (f *files) each(visit func(name []byte, e *fileEntry)) {
	f.sort()
	var name [maxName]byte
	for _, k := range f.order {
		visit(f.appendName(name[:0], int(k.index)), f.at(int(k.index)))
	}
}

func (f *files) info(name []byte, e *fileEntry) FileInfo {
	info := FileInfo{Name: string(name), Size: int(e.size), Sum: e.sum, MAC: e.mac, Product: f.products[e.product], State: e.state}
	info.Role, info.Content = e.marks.role(), e.marks.content()
	return info
}

func (f *files) sort() {
	if f.order != nil || f.count == 0 {
		return
	}
	f.order = make([]sortKey, 0, f.count)
	for i := range f.count {
		if !f.at(i).dropped {
			f.order = append(f.order, sortKey{index: uint32(i)})
		}
	}
	// Most names share their first eight bytes with many others: what goes on
	// from there is for two to do.
	var group sync.WaitGroup
	alike := make(chan []sortKey)
	for range 2 {
		group.Go(func() {
			for list := range alike {
				f.sortFrom(list, 8)
			}
		})
	}
	f.setKeys(f.order, 0)
	sortKeys(f.order, 56, func(list []sortKey) { alike <- list })
	close(alike)
	group.Wait()
}

// sortFrom sorts files whose names are alike up to the byte at start.
func (f *files) sortFrom(list []sortKey, start int) {
	f.setKeys(list, start)
	sortKeys(list, 56, func(alike []sortKey) {
		if next := start + 8; next < maxName {
			f.sortFrom(alike, next)
		}
	})
}

// setKeys makes the eight bytes of the names from start on the keys.
func (f *files) setKeys(list []sortKey, start int) {
	var buf [maxName]byte
	for i := range list {
		var key [8]byte
		if name := f.appendName(buf[:0], int(list[i].index)); len(name) > start {
			copy(key[:], name[start:])
		}
		list[i].key = binary.BigEndian.Uint64(key[:])
	}
}

// sortKeys sorts in place, byte by byte from the one at shift on: ten times as
// fast as by comparing, and nothing else goes on meanwhile. Files with the same
// key are left to rest.
func sortKeys(list []sortKey, shift int, rest func(alike []sortKey)) {
	const few = 48
	switch {
	case len(list) < 2:
	case shift < 0:
		rest(list)
	case len(list) < few:
		slices.SortFunc(list, func(a, b sortKey) int { return cmp.Compare(a.key, b.key) })
		for len(list) > 0 {
			n := 1
			for n < len(list) && list[n].key == list[0].key {
				n++
			}
			if n > 1 {
				rest(list[:n])
			}
			list = list[n:]
		}
	default:
		ends := sortByte(list, shift)
		start := 0
		for _, end := range ends {
			sortKeys(list[start:end], shift-8, rest)
			start = end
		}
	}
}

// sortByte puts the keys in the order of the byte at shift, and tells where
// those with each byte end.
func sortByte(list []sortKey, shift int) (end [256]int) {
	for _, k := range list {
		end[byte(k.key>>shift)]++
	}
	var next [256]int
	start := 0
	for b := range end {
		next[b] = start
		start += end[b]
		end[b] = start
	}
	for b := range end {
		for next[b] < end[b] {
			at := next[b]
			to := byte(list[at].key >> shift)
			if to != byte(b) {
				list[at], list[next[to]] = list[next[to]], list[at]
			}
			next[to]++
		}
	}
	return end
}

// find is the index of the file with that name.
func (f *files) find(name string) (int, bool) {
	f.sort()
	var buf [maxName]byte
	i, ok := slices.BinarySearchFunc(f.order, name, func(k sortKey, name string) int {
		return strings.Compare(string(f.appendName(buf[:0], int(k.index))), name)
	})
	if !ok {
		return 0, false
	}
	return int(f.order[i].index), true
}

// Result is what a batch did, or, of a plan, what it would do.
type Result struct {
	Phones int   // that got a file
	Failed int   // that did not
	Files  int   // with the bootstraps, without the manifest and what is stale
	Bytes  int64 // of them

	Added, Changed, Unchanged int
	Stale                     int // the former batch's that this one does not make and that still stand there
	Pruned                    int // of such files, those taken away

	Problems schema.Problems
	More     int // problems beyond those

	files files
}

// Each calls visit with every file, the stale ones too, in the order of names.
func (r *Result) Each(visit func(FileInfo)) {
	r.files.each(func(name []byte, e *fileEntry) { visit(r.files.info(name, e)) })
}

// count sums up the files.
func (r *Result) count() {
	r.Files, r.Bytes, r.Added, r.Changed, r.Unchanged, r.Stale = 0, 0, 0, 0, 0, 0
	for i := range r.files.count {
		e := r.files.at(i)
		if e.dropped {
			continue
		}
		switch e.state {
		case Add:
			r.Added++
		case Change:
			r.Changed++
		case Stale:
			r.Stale++
			continue
		default:
			r.Unchanged++
		}
		r.Files++
		r.Bytes += int64(e.size)
	}
}
