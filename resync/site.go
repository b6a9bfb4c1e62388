package resync

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Site is a Fetcher without a network: the answers of all servers by URL, for
// the browser, simulations and tests. What it has no answer for is not there:
// HTTP 404 or TFTP error 1, unless Otherwise has one.
type Site struct {
	// Otherwise answers requests for URLs without an answer of their own.
	Otherwise func(Request) Reply

	answers map[string]*answers
	down    map[string]bool // hosts; "" is all of them
}

// answers are the replies to one URL in turn; the last one stays.
type answers struct {
	replies        []Reply
	user, password string // wanted when login is set
	login          bool
	took           time.Duration
	override       []Reply // in place of replies, for a while
}

// Answer sets the replies to a URL, one after the other, the last one for ever.
// The URL is as the phone writes it.
func (s *Site) Answer(url string, replies ...Reply) {
	s.at(url).replies = replies
}

// Login makes a URL ask for a user and password.
func (s *Site) Login(url, user, password string) {
	a := s.at(url)
	a.user, a.password, a.login = user, password, true
}

// Slow makes a URL take its time.
func (s *Site) Slow(url string, took time.Duration) { s.at(url).took = took }

// Down takes a host off the network, or puts it back; "" stands for all.
func (s *Site) Down(host string, down bool) {
	if s.down == nil {
		s.down = map[string]bool{}
	}
	s.down[host] = down
}

// override has a URL answer otherwise until it is called with nil.
func (s *Site) override(url string, replies []Reply) { s.at(url).override = replies }

func (s *Site) at(url string) *answers {
	if s.answers == nil {
		s.answers = map[string]*answers{}
	}
	a := s.answers[url]
	if a == nil {
		a = new(answers)
		s.answers[url] = a
	}
	return a
}

// ErrNoAnswer is the error of a host that is down.
var ErrNoAnswer = errors.New("no answer from the server")

// Fetch answers a request.
func (s *Site) Fetch(_ context.Context, r Request) Reply {
	if s.down[""] || s.down[hostOf(r.URL)] {
		return Reply{Err: ErrNoAnswer}
	}
	a := s.answers[r.URL]
	if a == nil {
		return s.otherwise(r)
	}
	if a.login && !(r.Login && r.User == a.user && r.Password == a.password) {
		return Reply{Status: 401, Login: []string{`Basic realm="files"`}, Took: a.took}
	}
	reply, ok := a.next()
	if !ok {
		reply = s.otherwise(r)
	}
	reply.Took += a.took
	return reply
}

// otherwise is the answer to a URL that has none of its own.
func (s *Site) otherwise(r Request) Reply {
	if s.Otherwise != nil {
		return s.Otherwise(r)
	}
	return missing(r.URL)
}

// next is the reply in turn.
func (a *answers) next() (reply Reply, ok bool) {
	turn := &a.replies
	if a.override != nil {
		turn = &a.override
	}
	if len(*turn) == 0 {
		return reply, false
	}
	reply = (*turn)[0]
	if len(*turn) > 1 {
		*turn = (*turn)[1:]
	}
	return reply, true
}

// missing is the answer for a file that is not there.
func missing(url string) Reply {
	if strings.HasPrefix(url, "tftp:") {
		return Reply{Err: TFTPError(1)}
	}
	return Reply{Status: 404}
}

// hostOf is the host of an absolute URL, without its port.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.Trim(host, "[]")
}
