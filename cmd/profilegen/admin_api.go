package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilegen/lab"
	"profilegen/rule"
)

// Events are numbered from 1 in each run of the server. The identifier of an
// event in the stream has the run before the number, so that a page which
// comes back after a restart is not told that it has missed nothing.

// heartbeat keeps proxies from closing a stream in which nothing happens.
const heartbeat = 20 * time.Second

// events is the stream of events (server-sent events): first those that the
// page has not seen yet, with ?last=500 no more than that, then each as it
// happens.
func (a *admin) events(w http.ResponseWriter, r *http.Request) error {
	after := a.afterOf(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")))
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return nil // what it would be, without waiting for it
	}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	kept, live, cancel := a.desk.history.Subscribe(after)
	defer cancel()
	if last, err := strconv.Atoi(r.URL.Query().Get("last")); err == nil && last >= 0 {
		kept = kept[max(0, len(kept)-last):]
	}
	stream := &stream{admin: a, w: w, last: after}
	fmt.Fprint(w, "retry: 2000\n\n")
	if err := stream.send(kept...); err != nil {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if err := control.Flush(); err != nil {
			return nil
		}
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case <-beat.C:
			_, err = fmt.Fprint(w, ": still here\n\n")
		case record := <-live:
			if record.Seq > stream.last+1 { // the channel was full
				err = stream.send(a.desk.history.Since(stream.last)...)
			} else {
				err = stream.send(record)
			}
		}
		if err != nil {
			return nil
		}
	}
}

// afterOf is the number in an identifier; 0 for one of another run.
func (a *admin) afterOf(id string) uint64 {
	run, number, ok := strings.Cut(id, "-")
	if !ok {
		run, number = a.runID(), id
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || run != a.runID() {
		return 0
	}
	return n
}

// runID tells this run of the server from others.
func (a *admin) runID() string { return strings.TrimPrefix(a.serving.site.ping, "/self-check-")[:8] }

// stream is a page that listens.
type stream struct {
	*admin
	w    http.ResponseWriter
	last uint64
}

func (s *stream) send(records ...lab.Record) error {
	for _, e := range s.desk.entries(records...) {
		if e.Seq <= s.last {
			continue
		}
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(s.w, "id: %s-%d\ndata: %s\n\n", s.runID(), e.Seq, data); err != nil {
			return err
		}
		s.last = e.Seq
	}
	return nil
}

// export is all events that are kept, one JSON object a line.
func (a *admin) export(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Content-Disposition", `attachment; filename="events.jsonl"`)
	out := json.NewEncoder(w)
	for _, e := range a.desk.entries(a.desk.history.Since(a.afterOf(r.URL.Query().Get("after")))...) {
		if err := out.Encode(e); err != nil {
			return nil // nobody listens any more
		}
	}
	return nil
}

// fleetAnswer is what is served.
type fleetAnswer struct {
	Source   string       `json:"source"`
	Pattern  string       `json:"pattern,omitempty"`
	Files    int          `json:"files"`
	Loaded   time.Time    `json:"loaded"`
	Trouble  string       `json:"trouble,omitempty"` // why it is not the latest
	Rule     string       `json:"rule"`              // to type on a phone
	Places   []string     `json:"places"`
	Phones   []fleetPhone `json:"phones"`
	Products []string     `json:"products"`
}

type fleetPhone struct {
	MAC   string `json:"mac"`
	Model string `json:"model"`
	Name  string `json:"name,omitempty"`
	Place string `json:"place"`
	File  string `json:"file"`
}

func (a *admin) fleet(w http.ResponseWriter, _ *http.Request) error {
	shelf := a.serving.site.current.Load()
	answer := fleetAnswer{
		Source: shelf.source, Pattern: shelf.pattern, Files: len(shelf.names), Loaded: shelf.loaded, Rule: a.shownRule(),
		Trouble: a.troubleText(), Places: a.placeNames(), Phones: []fleetPhone{}, Products: shelf.products(),
	}
	for _, p := range shelf.phones {
		answer.Phones = append(answer.Phones, fleetPhone{p.mac.String(), p.product, p.name, p.place, p.file.name})
	}
	return writeAnswer(w, answer)
}

// shownRule is the rule to type, without the secret folder.
func (a *admin) shownRule() string {
	if a.segment == "" {
		return a.profileRule()
	}
	return strings.ReplaceAll(a.profileRule(), "/"+a.segment+"/", "/SEGMENT/")
}

// phoneAnswer is how far a phone has come.
type phoneAnswer struct {
	Key     string      `json:"key"` // MAC address, or network address as long as that is all that is known
	Name    string      `json:"name,omitempty"`
	Place   string      `json:"place,omitempty"` // in the fleet
	Model   string      `json:"model,omitempty"`
	Version string      `json:"firmware,omitempty"`
	Address string      `json:"address,omitempty"`
	Rungs   []rung      `json:"rungs"`
	Missing string      `json:"missing,omitempty"` // why the first rung that is missing may be
	Report  *reportDiff `json:"report,omitempty"`
}

// rung is a step that a phone has taken or not.
type rung struct {
	Name string     `json:"name"`
	At   *time.Time `json:"at,omitempty"`
	By   string     `json:"by,omitempty"` // the way in which it was seen
}

// phones lists the phones of the fleet and those that nobody knows, the latest
// that did something first; ?limit=100 those 100, ?find=desk those whose name,
// address or model has that.
func (a *admin) phones(w http.ResponseWriter, r *http.Request) error {
	limit := math.MaxInt
	if text := r.URL.Query().Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 0 {
			return &statusError{http.StatusBadRequest, fmt.Sprintf("limit %q is no number", text)}
		}
	}
	find := strings.ToLower(r.URL.Query().Get("find"))
	return writeAnswer(w, a.ladders(limit, func(key string, p *servedPhone) bool {
		return strings.Contains(key, find) ||
			p != nil && (strings.Contains(strings.ToLower(p.name), find) || strings.Contains(strings.ToLower(p.product), find))
	}))
}

// phone is one of them, with its events.
func (a *admin) phone(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("mac")
	if mac, err := rule.ParseMAC(key); err == nil {
		key = mac.String()
	}
	for _, p := range a.ladders(1, func(k string, _ *servedPhone) bool { return k == key }) {
		return writeAnswer(w, struct {
			phoneAnswer
			Events []entry `json:"events"`
		}{p, a.desk.entries(a.desk.history.Of(key)...)})
	}
	return &statusError{http.StatusNotFound, "there is no such phone"}
}

// ladders are those of the phones that are wanted, limit of them at most.
func (a *admin) ladders(limit int, wanted func(key string, p *servedPhone) bool) []phoneAnswer {
	shelf := a.serving.site.current.Load()
	near := a.serving.site.nearby()
	a.desk.mu.Lock()
	defer a.desk.mu.Unlock()
	a.desk.meet(shelf, near, time.Now())
	type climber struct {
		key   string
		state *phoneState
		phone *servedPhone // nil when the fleet does not have it
	}
	var list []climber
	for _, p := range shelf.phones {
		if key := p.mac.String(); wanted(key, p) {
			list = append(list, climber{key, cmp.Or(a.desk.phones[key], &phoneState{}), p})
		}
	}
	for key, state := range a.desk.phones {
		if shelf.phone(key) == nil && wanted(key, nil) {
			list = append(list, climber{key, state, nil})
		}
	}
	slices.SortStableFunc(list, func(a, b climber) int { return b.state.seen.Compare(a.state.seen) })
	answers := []phoneAnswer{}
	for _, c := range list[:min(len(list), limit)] {
		mac, _ := rule.ParseMAC(c.key)
		answer := a.ladder(c.state, near[mac])
		answer.Key = c.key
		if c.phone != nil {
			answer.Name, answer.Place, answer.Model = c.phone.name, c.phone.place, cmp.Or(answer.Model, c.phone.product)
			if answer.Missing == a.silentLog() {
				answer.Missing += a.otherSyslog(shelf, c.phone)
			}
		}
		answers = append(answers, answer)
	}
	return answers
}

// summaryAnswer is the fleet in a few numbers, and what to set on phones.
type summaryAnswer struct {
	Source   string          `json:"source"`
	Contents string          `json:"contents"`
	Files    string          `json:"files,omitempty"` // what a draft of the builder is served in place of
	Fleet    bool            `json:"fleet"`           // fleet.json has it
	Loaded   time.Time       `json:"loaded"`
	Phones   int             `json:"phones"`
	States   map[string]int  `json:"states"` // silent, asked, answered, succeeded
	Trouble  string          `json:"trouble,omitempty"`
	Rule     string          `json:"rule"`
	Places   []string        `json:"places"`
	Sample   *fleetPhone     `json:"sample,omitempty"` // a phone of the fleet, to try it with
	Syslog   string          `json:"syslog,omitempty"`
	Local    bool            `json:"local"` // only this machine can ask
	Kinds    []lab.FaultKind `json:"kinds"` // of faults
	Version  string          `json:"version"`
}

func (a *admin) summary(w http.ResponseWriter, _ *http.Request) error {
	shelf := a.serving.site.current.Load()
	a.desk.mu.Lock()
	states := a.desk.states(shelf)
	a.desk.mu.Unlock()
	answer := summaryAnswer{
		Source: shelf.source, Contents: contentsOf(shelf), Fleet: shelf.whole != nil, Loaded: shelf.loaded,
		Phones: len(shelf.phones), States: states, Trouble: a.troubleText(),
		Rule: a.shownRule(), Places: a.placeNames(), Syslog: a.syslogAddress(), Local: a.loopback(), Kinds: lab.FaultKinds, Version: version(),
	}
	if len(shelf.phones) > 0 {
		p := shelf.phones[0]
		answer.Sample = &fleetPhone{p.mac.String(), p.product, p.name, p.place, p.file.name}
	}
	if shelf.draft {
		answer.Files = a.ofFiles().source
	}
	return writeAnswer(w, answer)
}

// placeNames are the addresses that the server answers at.
func (a *admin) placeNames() []string {
	list := []string{}
	for _, l := range a.answering() {
		list = append(list, l.String())
	}
	return list
}

// troubleText is why what is served is not the latest; "" when it is.
func (a *admin) troubleText() string {
	if text := a.trouble.Load(); text != nil {
		return *text
	}
	return ""
}

// ladder is how far a phone has come, with the first missing rung explained.
// near is its address in the table of neighbours.
func (a *admin) ladder(p *phoneState, near netip.Addr) phoneAnswer {
	answer := phoneAnswer{Model: p.model, Version: p.firmware, Report: p.report}
	address := p.address
	if !address.IsValid() {
		address = near
	}
	if address.IsValid() {
		answer.Address = address.String()
	}
	answer.Rungs = []rung{
		{Name: "seen", At: at(p.seen), By: p.way(near)}, {Name: "asked", At: at(p.asked)}, {Name: "answered", At: at(p.answered)},
		{Name: "said success", At: at(p.succeeded)}, {Name: "reported", At: at(p.reported)},
	}
	answer.Missing = a.missing(p, near)
	return answer
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// missing explains the first rung that a phone has not taken, or what went
// wrong since.
func (a *admin) missing(p *phoneState, near netip.Addr) string {
	switch {
	case p.seen.IsZero():
		return "nothing was heard of it: is it on, in this network, and does its Profile Rule or DHCP name this server?" + a.unheardDHCP()
	case p.asked.IsZero() && p.dhcp != nil:
		text := fmt.Sprintf("%s; it has asked this server for nothing: type the Profile Rule %s", wishesOf(p.dhcp), a.shownRule())
		if len(wantedOptions(p.dhcp)) > 0 {
			text += ", or have DHCP name this server"
		}
		return text
	case p.asked.IsZero() && near.IsValid() && p.seenBy != "syslog":
		return fmt.Sprintf("it is in this network (%s) but has asked for nothing: type the Profile Rule %s, or have DHCP name this server", near, a.shownRule())
	case p.asked.IsZero() && p.seenBy != "syslog":
		return fmt.Sprintf("it was seen but has asked for nothing: type the Profile Rule %s, or have DHCP name this server", a.shownRule())
	case p.asked.IsZero():
		return "it sends log messages but has asked for no file: its Profile Rule leads elsewhere"
	case p.answered.IsZero():
		return "it asked, but got nothing: " + p.missed
	case p.missedAt.After(p.answered):
		return "the latest it asked for it did not get: " + p.missed
	case p.saidAt.After(p.answered) && p.saidAt.After(p.succeeded):
		return "it got its file, but says: " + show(p.said)
	case p.succeeded.IsZero():
		return a.silentLog()
	case p.reported.IsZero():
		return "it has its profile; to see what it made of it, set Report_Rule to " + a.reportRule()
	}
	return ""
}

// unheardDHCP tells how to learn whether a silent phone is there at all.
func (a *admin) unheardDHCP() string {
	if a.loopback() || len(a.server.DHCP) > 0 {
		return ""
	}
	return " With -dhcp :67, serve hears whether it asks for an address"
}

// silentLog explains why nothing is known of what a phone made of its file.
func (a *admin) silentLog() string {
	return "it got its file; whether it took it is told by its log messages: set Syslog_Server to " +
		firstOf(a.syslogAddress(), "this server, and let -syslog be on")
}

// otherSyslog tells where a phone's profile has its log messages go instead.
func (a *admin) otherSyslog(shelf *shelf, p *servedPhone) string {
	profile, err := shelf.profileOf(p)
	if err != nil {
		return ""
	}
	if text := profile.Text("Syslog_Server"); text != "" && text != a.syslogAddress() {
		return fmt.Sprintf(" (its profile says %q)", text)
	}
	return ""
}

// syslogAddress is where phones shall send their log messages; "" when they
// are not taken.
func (s *serving) syslogAddress() string {
	if at := s.syslogAt.Load(); at != nil {
		return *at
	}
	return ""
}

func (a *admin) reportRule() string {
	at, ok := a.find("http", "https", "tftp")
	if !ok {
		return "this server"
	}
	segment := ""
	if a.segment != "" {
		segment = "/SEGMENT"
	}
	return at.String() + segment + "/reports/$MA.xml"
}

// faultAnswer is a fault as it is told and taken; a delay is written 2s.
type faultAnswer struct {
	ID    int           `json:"id"`
	Path  string        `json:"path"`
	From  string        `json:"from"`
	MAC   string        `json:"mac"`
	Kind  lab.FaultKind `json:"kind"`
	Delay string        `json:"delay"`
	After int64         `json:"after"`
	Loss  int           `json:"loss"`
	Times int           `json:"times"`
}

func (a *admin) listFaults(w http.ResponseWriter, _ *http.Request) error {
	list := []faultAnswer{}
	for _, f := range a.server.Faults.List() {
		answer := faultAnswer{ID: f.ID, Path: f.Path, MAC: f.MAC, Kind: f.Kind, After: f.After, Loss: f.Loss, Times: f.Times}
		if f.From.IsValid() {
			answer.From = f.From.String()
		}
		if f.Delay > 0 {
			answer.Delay = f.Delay.String()
		}
		list = append(list, answer)
	}
	return writeAnswer(w, list)
}

// addFault takes an object, or the fields of a form.
func (a *admin) addFault(w http.ResponseWriter, r *http.Request) error {
	asked, err := readFault(w, r)
	if err != nil {
		return err
	}
	fault := lab.Fault{Path: asked.Path, Kind: asked.Kind, After: asked.After, Loss: asked.Loss, Times: asked.Times}
	if asked.Delay != "" {
		if fault.Delay, err = time.ParseDuration(asked.Delay); err != nil {
			return &statusError{http.StatusBadRequest, fmt.Sprintf("delay %q is no time such as 2s or 500ms", asked.Delay)}
		}
	}
	if asked.MAC != "" {
		mac, err := rule.ParseMAC(asked.MAC)
		if err != nil {
			return &statusError{http.StatusBadRequest, err.Error()}
		}
		fault.MAC = mac.String()
	}
	if asked.From != "" {
		addr, err := netip.ParseAddr(asked.From)
		if err == nil {
			fault.From = netip.PrefixFrom(addr, addr.BitLen())
		} else if fault.From, err = netip.ParsePrefix(asked.From); err != nil {
			return &statusError{http.StatusBadRequest, fmt.Sprintf("from %q is no address or network", asked.From)}
		}
	}
	if fault.Kind == lab.FaultDelay && fault.Delay == 0 {
		return &statusError{http.StatusBadRequest, "how long is the delay? such as 2s"}
	}
	id, err := a.server.Faults.Add(fault)
	if err != nil {
		return &statusError{http.StatusBadRequest, err.Error()}
	}
	w.Header().Set("Location", fmt.Sprintf("/_/faults/%d", id))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	asked.ID = id
	return encode(w, asked)
}

func readFault(w http.ResponseWriter, r *http.Request) (faultAnswer, error) {
	var f faultAnswer
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return f, readJSON(w, r, &f)
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return f, &statusError{http.StatusBadRequest, "the form cannot be read"}
	}
	f.Path, f.From, f.MAC = r.PostForm.Get("path"), r.PostForm.Get("from"), r.PostForm.Get("mac")
	f.Kind, f.Delay = lab.FaultKind(r.PostForm.Get("kind")), r.PostForm.Get("delay")
	for name, to := range map[string]func(int){
		"after": func(n int) { f.After = int64(n) }, "loss": func(n int) { f.Loss = n }, "times": func(n int) { f.Times = n },
	} {
		text := r.PostForm.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return f, &statusError{http.StatusBadRequest, fmt.Sprintf("%s %q is no number", name, text)}
		}
		to(n)
	}
	return f, nil
}

func (a *admin) removeFault(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !a.server.Faults.Remove(id) {
		return &statusError{http.StatusNotFound, "there is no such fault"}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
