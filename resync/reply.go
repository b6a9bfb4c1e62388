package resync

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"time"
)

// Fetcher asks a server for a file, or sends it one. It does one request and
// answers what came back: redirects, log-in and the search through DHCP's
// servers are the phone's (d.5, d.6). Time-outs are the Fetcher's (h.2, h.3).
type Fetcher interface {
	Fetch(ctx context.Context, r Request) Reply
}

// Request is one request of the phone's.
type Request struct {
	Method string // GET, POST or PUT; PUT to a tftp URL is a write
	URL    string // absolute, as the phone writes it: tftp://10.0.0.5/8851-3PCC.xml
	Body   []byte // of POST and PUT

	UserAgent       string // h.1
	AcceptEncoding  string // "aes128gcm" when key material is set (f.7)
	ContentType     string // of a body
	ContentEncoding string // of a body: "aes128gcm" for an encrypted report
	SRV             bool   // look the host up by DNS SRV (--srv)

	// Credentials of --uid and --pwd. They go out only in answer to a
	// challenge, which is then not empty: the WWW-Authenticate lines of the 401
	// or the Proxy-Authenticate lines of the 407 before.
	Login          bool
	User, Password string
	Challenge      []string
	Proxy          bool // the challenge is a proxy's, 407
}

// Reply is what came back. A TFTP transfer that ended well has Status 200.
type Reply struct {
	Status   int
	Body     []byte
	Encoding string   // Content-Encoding
	Location string   // of a redirect
	Login    []string // WWW-Authenticate or Proxy-Authenticate
	Address  string   // of the server, after name resolution; may be empty
	Took     time.Duration
	// Err tells why there is no reply: no connection, time-out, no address, a
	// TFTPError. One for which errors.Is(Err, fs.ErrNotExist) holds means that
	// there is no such file.
	Err error
}

// TFTPError is the code of a TFTP error packet (RFC 1350).
type TFTPError int

func (e TFTPError) Error() string { return "TFTP error " + strconv.Itoa(int(e)) }

// Is makes code 1 an fs.ErrNotExist.
func (e TFTPError) Is(target error) bool { return e == 1 && target == fs.ErrNotExist }

// Class is what the phone makes of a reply (d.5).
type Class int

const (
	ClassA        Class = iota // a profile
	ClassB                     // file not found
	ClassC                     // any other failure
	ClassRedirect              // asked again at Location
	ClassAuth                  // asked again with --uid and --pwd
)

// String is the letter or word of d.5.
func (c Class) String() string { return [...]string{"A", "B", "C", "redirect", "auth"}[c] }

// Classify sorts a reply (d.5).
func Classify(r *Reply, q *Quirks) Class {
	if r.Err != nil {
		var code TFTPError
		switch {
		case errors.Is(r.Err, fs.ErrNotExist):
			return ClassB
		case errors.As(r.Err, &code) && code == 2 && q.AccessIsNotFound:
			return ClassB
		}
		return ClassC
	}
	switch {
	case r.Status == 200:
		return ClassA
	case r.Status == 301, r.Status == 302:
		return ClassRedirect
	case r.Status == 401, r.Status == 407:
		return ClassAuth
	case r.Status == 404:
		return ClassB
	case r.Status/100 == 2 && q.Any2xxGood:
		return ClassA
	}
	return ClassC
}
