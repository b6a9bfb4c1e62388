package lab

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operation codes and error codes of RFC 1350 and RFC 2347.
const (
	opRRQ   = 1
	opWRQ   = 2
	opDATA  = 3
	opACK   = 4
	opERROR = 5
	opOACK  = 6

	codeUndefined = 0
	codeNotFound  = 1
	codeAccess    = 2
	codeFull      = 3
	codeIllegal   = 4
	codeExists    = 6
	codeOptions   = 8
)

// The sizes of a data block: without the blksize option, the smallest that the library negotiates, and the largest
// that we agree to: an Ethernet frame with some room for tunnels.
const (
	blockSize    = 512
	maxBlockSize = 1428
)

// maxRequest is the longest request of RFC 2347.
const maxRequest = 512

// tftpRequest is a read or write request.
type tftpRequest struct {
	write    bool
	name     string
	badMode  bool // neither octet nor netascii; nothing after the mode has been read
	netascii bool
	blksize  int   // what we answer to the blksize option; 0: not asked, or a value that we leave out (RFC 2347)
	tsize    bool  // the tsize option was there
	announce int64 // its value in a write request
}

// parseRequest reads a datagram that came to the listening port. junk says why it gets no answer at all: whatever is
// not a request, because an answer to a stray packet can start a loop and would go to an address that anybody can
// have put there.
func parseRequest(b []byte) (req tftpRequest, junk string) {
	if len(b) < 4 || len(b) > maxRequest {
		return req, "too short or too long"
	}
	op := binary.BigEndian.Uint16(b)
	if op != opRRQ && op != opWRQ {
		return req, "not a request"
	}
	if b[len(b)-1] != 0 {
		return req, "not terminated"
	}
	fields := strings.Split(string(b[2:len(b)-1]), "\x00")
	if len(fields) < 2 {
		return req, "no mode"
	}
	req.write, req.name = op == opWRQ, fields[0]
	switch strings.ToLower(fields[1]) {
	case "octet":
	case "netascii":
		req.netascii = true
	default: // "mail" is obsolete, others never were
		req.badMode = true
		return req, ""
	}
	req.readOptions(fields[2:])
	return req, ""
}

// readOptions takes the options that we know; names count in any case and once (RFC 2347).
//
// The timeout option (RFC 2349) is left out of our answer, as the RFC allows: curl asks for 6 s in every request,
// and a server bound by that waits so long for each lost block. RFC 7440's windowsize is not the library's.
func (req *tftpRequest) readOptions(fields []string) {
	var seen []string
	for pair := range slices.Chunk(fields, 2) {
		if len(pair) < 2 {
			return
		}
		name := strings.ToLower(pair[0])
		if slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		n, err := strconv.ParseUint(pair[1], 10, 63)
		switch {
		case name == "blksize" && err == nil && n >= blockSize && n <= 65464:
			req.blksize = int(min(n, maxBlockSize))
		case name == "tsize" && req.write && err == nil:
			req.tsize, req.announce = true, int64(n)
		case name == "tsize" && !req.write: // whatever its value: RFC 2349 says 0
			req.tsize = true
		}
	}
}

// encode writes the request as the library may see it: known options only, in lower case, with values that fit the
// answer it makes of them.
func (req tftpRequest) encode() []byte {
	var b bytes.Buffer
	b.Write([]byte{0, opRRQ})
	if req.write {
		b.Bytes()[1] = opWRQ
	}
	field := func(s string) { b.WriteString(s); b.WriteByte(0) }
	field("file") // the name is of no use to the library
	if req.netascii {
		field("netascii")
	} else {
		field("octet")
	}
	if req.blksize > 0 {
		field("blksize")
		field(strconv.Itoa(req.blksize))
	}
	if req.tsize && !req.write {
		field("tsize")
		field("0")
	}
	return b.Bytes()
}

// options are those in force for a file of that size, as an event tells them.
func (req tftpRequest) options(size int64) string {
	var list []string
	if req.blksize > 0 {
		list = append(list, fmt.Sprintf("blksize=%d", req.blksize))
	}
	if req.tellsSize(size) {
		list = append(list, fmt.Sprintf("tsize=%d", size))
	}
	return strings.Join(list, " ")
}

// tellsSize says whether the answer holds the file's size. The library leaves it out for an empty file (and curl
// fails when it gets 0) and cannot know it when line ends are converted.
func (req tftpRequest) tellsSize(size int64) bool {
	return req.tsize && !req.write && !req.netascii && size > 0
}

// errorPacket is a TFTP ERROR. Its text is fixed for each code: an error's own text can hold paths.
func errorPacket(code int) []byte {
	text := map[int]string{
		codeUndefined: "try again later",
		codeNotFound:  "file not found",
		codeAccess:    "access denied",
		codeFull:      "too large",
		codeIllegal:   "illegal operation",
		codeExists:    "file exists",
	}[code]
	return slices.Concat([]byte{0, opERROR, 0, byte(code)}, []byte(text), []byte{0})
}

// junkCount counts datagrams that got no answer, by kind, so that a flood of them costs one event a second and not
// one each.
type junkCount struct {
	counts map[string]int
	since  time.Time
}

// add counts one and returns a summary when a second has passed since the last.
func (j *junkCount) add(kind string, now time.Time) (summary string) {
	if j.counts == nil {
		j.counts = make(map[string]int)
		j.since = now.Add(-time.Second)
	}
	j.counts[kind]++
	if now.Sub(j.since) < time.Second {
		return ""
	}
	var parts []string
	for kind, n := range j.counts {
		parts = append(parts, strconv.Itoa(n)+" "+kind)
	}
	slices.Sort(parts)
	clear(j.counts)
	j.since = now
	return strings.Join(parts, ", ")
}
