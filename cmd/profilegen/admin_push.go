package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"profilegen/lab"
	"profilegen/rule"
)

// asked is the outcome of a push that the phone took: it says that it will act,
// which is not yet that it does.
const asked lab.Outcome = "asked"

// pushOrder is what the page asks for.
type pushOrder struct {
	Phones    []string `json:"phones"`            // keys, as in the list of phones
	Address   string   `json:"address,omitempty"` // of the one phone, in place of where it was seen
	Act       string   `json:"act"`               // resync, upgrade, reboot, restart or report
	By        string   `json:"by"`                // web, https, sip or xml
	Rule      string   `json:"rule,omitempty"`
	User      string   `json:"user,omitempty"`
	Password  string   `json:"password,omitempty"` // without it that of the phone's profile
	Extension string   `json:"extension,omitempty"`
	EveryMS   int      `json:"every_ms"`
}

// pushWays says which acts can be asked for by which way.
var pushWays = map[string][]string{
	"web":   {"resync", "upgrade", "reboot"},
	"https": {"resync", "upgrade", "reboot"},
	"sip":   {"resync", "report", "reboot", "restart"},
	"xml":   {"resync"},
}

// pushState is a push as far as it has come; there is one at a time.
type pushState struct {
	Act     string       `json:"act"` // "": there was none yet
	By      string       `json:"by"`
	Total   int          `json:"total"`
	Asked   int          `json:"asked"`
	Took    int          `json:"took"`
	Left    int          `json:"left"` // phones that could not be asked
	Running bool         `json:"running"`
	Stopped bool         `json:"stopped"`
	Results []pushResult `json:"results"` // the latest first
}

type pushResult struct {
	Key     string `json:"key"`
	Address string `json:"address,omitempty"`
	OK      bool   `json:"ok"`
	Text    string `json:"text"`
}

// pushResults is how many results a page is shown; the events have all.
const pushResults = 200

// pusher runs the pushes.
type pusher struct {
	mu       sync.Mutex
	state    pushState
	cancel   context.CancelFunc
	finished chan struct{} // closed when the last one ended; nil: there was none
}

func (p *pusher) copy() pushState {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.state
	state.Results = slices.Clone(p.state.Results)
	if state.Results == nil {
		state.Results = []pushResult{}
	}
	return state
}

func (p *pusher) add(r pushResult) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Asked++
	if r.OK {
		p.state.Took++
	}
	p.state.Results = slices.Insert(p.state.Results, 0, r)
	p.state.Results = p.state.Results[:min(len(p.state.Results), pushResults)]
	p.state.Running = p.state.Asked < p.state.Total
}

func (a *admin) pushShown(w http.ResponseWriter, _ *http.Request) error {
	return writeAnswer(w, a.pusher.copy())
}

// pushStop ends the push under way; phones that were asked already will act.
func (a *admin) pushStop(w http.ResponseWriter, r *http.Request) error {
	a.pusher.mu.Lock()
	cancel, finished := a.pusher.cancel, a.pusher.finished
	a.pusher.mu.Unlock()
	if finished != nil {
		cancel()
		select {
		case <-finished:
		case <-r.Context().Done():
		}
	}
	return a.pushShown(w, r)
}

// pushStart asks phones to act, one after the other.
func (a *admin) pushStart(w http.ResponseWriter, r *http.Request) error {
	var order pushOrder
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20))
	if err := d.Decode(&order); err != nil {
		return &statusError{http.StatusBadRequest, "the request is no such object: " + err.Error()}
	}
	c, err := order.push()
	if err != nil {
		return &statusError{http.StatusBadRequest, err.Error()}
	}
	targets, unknown, err := a.pushTargets(c, &order)
	if err != nil {
		return &statusError{http.StatusConflict, err.Error()}
	}
	var requests []request
	for _, t := range targets {
		one, err := c.request(t.target, order.Rule)
		if err != nil {
			return &statusError{http.StatusBadRequest, err.Error()}
		}
		one.key = t.key
		requests = append(requests, one)
	}
	p := &a.pusher
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.Running {
		return &statusError{http.StatusConflict, "a push is under way; stop it first"}
	}
	p.finished = make(chan struct{})
	p.state = pushState{Act: order.Act, By: order.By, Total: len(requests), Left: len(unknown), Running: true, Results: unknown}
	p.cancel = a.beside(func(ctx context.Context) { a.pushAll(ctx, c, requests, p.finished) })
	w.WriteHeader(http.StatusAccepted)
	return encode(w, p.state)
}

// pushAll asks them, unless ctx ends before; what each answers is an event.
func (a *admin) pushAll(ctx context.Context, c *push, requests []request, finished chan struct{}) {
	defer close(finished)
	for r := range stagger(ctx, requests, c.every, c.atOnce) {
		text, ok := c.told(r.request, r.Answer, r.err), r.err == nil && r.OK()
		if errors.Is(r.err, syscall.ECONNREFUSED) {
			text = "failed: it is there, but its web page is off, or at another port or by HTTPS"
		}
		a.pusher.add(pushResult{Key: r.key, Address: r.phone, OK: ok, Text: text})
		e := lab.Event{Time: time.Now(), Protocol: "push", Method: c.shownAct(), Remote: r.remote, Outcome: lab.Failed, Reason: strings.TrimPrefix(text, "failed: ")}
		if mac, err := rule.ParseMAC(r.key); err == nil {
			e.Phone.MAC = mac.String()
		}
		if ok {
			e.Outcome, e.Reason, e.Note = asked, "", text
		}
		a.desk.log(e)
	}
	a.pusher.mu.Lock()
	defer a.pusher.mu.Unlock()
	a.pusher.state.Running, a.pusher.state.Stopped = false, a.pusher.state.Asked < a.pusher.state.Total
}

// push is the order as the command would have it.
func (o *pushOrder) push() (*push, error) {
	if !slices.Contains(pushWays[o.By], o.Act) {
		return nil, fmt.Errorf("%q cannot be asked for by %q", o.Act, o.By)
	}
	if o.EveryMS < 0 {
		return nil, errors.New("the time between two phones cannot be negative")
	}
	c := &push{
		upgrade: o.Act == "upgrade", reboot: o.Act == "reboot", restart: o.Act == "restart", report: o.Act == "report",
		sip: o.By == "sip", xml: o.By == "xml", https: o.By == "https", insecure: o.By == "https",
		every: time.Duration(o.EveryMS) * time.Millisecond, atOnce: 8, timeout: 10 * time.Second, page: true,
	}
	if o.Rule != "" && (c.sip || c.reboot) {
		return nil, errors.New("this request carries no rule; leave it out")
	}
	for _, f := range rule.Check(c.place(), o.Rule, nil) {
		if o.Rule != "" && f.Severity == rule.Error {
			return nil, errors.New("the rule has an error, and nothing was sent: " + f.Summary)
		}
	}
	return c, c.secure()
}

// pushTarget is a phone to be asked, and under which key it is known.
type pushTarget struct {
	target
	key string
}

// pushTargets finds where the phones are. Nothing is sent to an address that
// was not typed, here or in the fleet's list, or seen.
func (a *admin) pushTargets(c *push, o *pushOrder) (list []pushTarget, unknown []pushResult, err error) {
	var typed netip.AddrPort
	if o.Address != "" {
		if len(o.Phones) > 1 {
			return nil, nil, errors.New("an address is for one phone")
		}
		if typed, err = parsePhone(o.Address); err != nil {
			return nil, nil, err
		}
		if len(o.Phones) == 0 {
			o.Phones = []string{typed.Addr().String()}
		}
	}
	shelf := a.serving.site.current.Load()
	for _, key := range o.Phones {
		at := typed
		if !at.IsValid() {
			at = netip.AddrPortFrom(a.addressOf(shelf, key), 0)
		}
		err := lab.CheckPhone(at.Addr())
		if !at.Addr().IsValid() {
			err = errors.New("not asked: its address is not known yet. It is, once it asks for a file; or type it")
		}
		if err != nil {
			unknown = append(unknown, pushResult{Key: key, Text: err.Error()})
			continue
		}
		t := target{phone: at}
		if phone := shelf.phone(key); phone != nil {
			if profile, err := shelf.profileOf(phone); err == nil {
				t = c.fleetTarget(at, profile)
			}
		}
		if o.Password != "" {
			t.password, t.user = o.Password, o.User
		}
		t.extension = firstOf(o.Extension, t.extension)
		if t.user == "" && t.password != "" {
			t.user = "admin"
			if c.sip {
				t.user = t.extension
			}
		}
		if c.sip && t.extension == "" {
			unknown = append(unknown, pushResult{Key: key, Address: shownPhone(at), Text: "not asked: a NOTIFY needs the phone's extension"})
			continue
		}
		list = append(list, pushTarget{t, key})
	}
	if len(list) == 0 && len(unknown) > 0 {
		return nil, nil, errors.New(unknown[0].Text)
	}
	if len(list) == 0 {
		return nil, nil, errors.New("there is no phone to ask")
	}
	return list, unknown, nil
}

// addressOf is where a phone was seen last, or where the list says it is.
func (a *admin) addressOf(shelf *shelf, key string) netip.Addr {
	if at := a.desk.lastSeen(key); at.IsValid() {
		return at
	}
	mac, err := rule.ParseMAC(key)
	if err != nil {
		return netip.Addr{}
	}
	for addr, of := range shelf.fixed {
		if of.mac == mac {
			return addr
		}
	}
	return a.serving.site.nearby()[mac]
}
