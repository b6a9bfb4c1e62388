package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// desk is where all events come together: it completes them, keeps them, joins
// what phones say to the transfers they speak of, and prints lines.
type desk struct {
	site    *site
	segment string // masked wherever a phone repeats it
	json    bool
	color   bool

	history lab.History

	out      io.Writer
	lines    chan []byte   // to be printed
	begin    chan struct{} // closed once the banner is shown
	stop     chan struct{}
	finished chan struct{}

	mu      sync.Mutex
	lost    int                    // lines for which there was no room
	phones  map[string]*phoneState // by Event.Key
	about   map[uint64]uint64      // from a message to the transfer it speaks of
	counter counter
}

func newDesk(s *site, out io.Writer) *desk {
	return &desk{
		site: s, out: out, lines: make(chan []byte, 4096),
		begin: make(chan struct{}), stop: make(chan struct{}), finished: make(chan struct{}),
		phones: map[string]*phoneState{}, about: map[uint64]uint64{}, counter: newCounter(),
	}
}

// Outcomes of the program's own events, besides those of the lab.
const (
	loaded lab.Outcome = "loaded" // the files served were read anew
	broken lab.Outcome = "broken" // they could not be; the former ones stay
)

// entry is an event as it is shown: with the phone of the fleet it is about
// and with what it means.
type entry struct {
	Seq   uint64    `json:"seq"`
	Level string    `json:"level"`           // good, bad, harmless, alarm or info
	Name  string    `json:"name,omitempty"`  // of the phone in the fleet
	Place string    `json:"place,omitempty"` // its row
	Text  string    `json:"text"`
	About uint64    `json:"about,omitempty"` // of a message: the transfer it speaks of
	Event lab.Event `json:"event"`
}

// log is the lab's Log.
func (d *desk) log(e lab.Event) {
	if e.Path == d.site.ping {
		return
	}
	e.Reason = strings.TrimPrefix(strings.TrimSuffix(e.Reason, ": "+fs.ErrNotExist.Error()), fs.ErrPermission.Error()+": ")
	shelf := d.site.current.Load()
	if e.DHCP != nil && !readDHCP(shelf, &e) {
		return
	}
	d.identify(shelf, &e)
	if e.Message != nil {
		e.Message = d.clean(e.Message)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var about *lab.Record
	if e.Message != nil {
		if about = d.transferOf(e); about != nil {
			e.Note = resultOf(about.Event)
		}
	}
	record := d.history.Add(e)
	if about != nil {
		if len(d.about) > 100_000 {
			clear(d.about)
		}
		d.about[record.Seq] = about.Seq
	}
	d.counter.add(e)
	d.note(shelf, e)
	d.print(d.entry(shelf, record))
}

// identify says which phone an event is about, as far as it is known here
// better than to the lab.
func (d *desk) identify(shelf *shelf, e *lab.Event) {
	if !e.Remote.IsValid() {
		return
	}
	phone := shelf.phone(e.Phone.MAC)
	if named := shelf.named(e.Path); named != nil && named != phone && (e.Phone.MAC == "" || e.Remote.Addr().IsLoopback()) {
		phone, e.Phone = named, lab.Phone{} // this machine is many phones
	}
	if phone == nil && e.Phone.MAC == "" {
		phone, _ = d.site.at(shelf, e.Remote.Addr())
	}
	if phone != nil {
		e.Phone.MAC, e.Phone.Model = phone.mac.String(), cmp.Or(e.Phone.Model, phone.product)
	}
}

var queries = regexp.MustCompile(`\?[^\s"]*`)

// clean takes out of a message what must not be seen: the secret folder and
// the query of the URL that the phone fetched.
func (d *desk) clean(m *lab.Message) *lab.Message {
	c := *m
	if strings.Contains(c.Text, "://") {
		c.Text = queries.ReplaceAllString(c.Text, "?…")
	}
	if d.segment != "" {
		c.Text = strings.ReplaceAll(c.Text, "/"+d.segment+"/", "/")
	}
	return &c
}

// joinTime is how long after a transfer a message may still speak of it.
const joinTime = 2 * time.Minute

// transferOf finds the transfer that a message speaks of: the latest of that
// phone, and of the path that the message names if it names one (e.2). One from
// before the phone was known is kept under its network address.
func (d *desk) transferOf(e lab.Event) *lab.Record {
	if isRequestMessage(e.Message.Text) {
		return nil // sent before the transfer
	}
	path := pathIn(e.Message.Text)
	for _, key := range []string{e.Key(), e.Remote.Addr().String()} {
		list := d.history.Of(key)
		for i := len(list) - 1; i >= 0; i-- {
			t := list[i].Event
			if t.Message == nil && t.Path != "" && (path == "" || path == t.Path) && e.Time.Sub(t.Time) < joinTime {
				return &list[i]
			}
		}
	}
	return nil
}

// The words by which a phone's messages can be told apart, with factory
// templates (e.2).
func isRequestMessage(text string) bool { return strings.Contains(text, "Requesting ") }
func isSuccessMessage(text string) bool { return strings.Contains(text, "Successful resync") }
func isFailureMessage(text string) bool { return strings.Contains(text, "failed") }

// pathIn is the path of the URL in a message; "" when there is none.
func pathIn(text string) string {
	_, rest, ok := strings.Cut(text, "://")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, " ")
	_, path, ok := strings.Cut(rest, "/")
	if !ok {
		return ""
	}
	path, _, _ = strings.Cut(path, "?")
	return "/" + path
}

// tell makes an event of something that the program itself did.
func (d *desk) tell(outcome lab.Outcome, format string, args ...any) {
	d.log(lab.Event{Time: time.Now(), Protocol: "fleet", Outcome: outcome, Reason: fmt.Sprintf(format, args...)})
}

// entry is a record as it is shown.
func (d *desk) entry(shelf *shelf, r lab.Record) entry {
	e := entry{Seq: r.Seq, Event: r.Event, Level: levelOf(r.Event), About: d.about[r.Seq], Text: summaryOf(r.Event)}
	if p := shelf.phone(r.Event.Phone.MAC); p != nil {
		e.Name, e.Place = p.name, p.place
	}
	return e
}

// entries are records as they are shown.
func (d *desk) entries(records ...lab.Record) []entry {
	shelf := d.site.current.Load()
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]entry, 0, len(records))
	for _, r := range records {
		list = append(list, d.entry(shelf, r))
	}
	return list
}

func levelOf(e lab.Event) string {
	switch e.Outcome {
	case lab.Sent, lab.Stored, asked:
		return "good"
	case lab.NotFound:
		if strings.HasPrefix(e.Reason, harmless) {
			return "harmless"
		}
		return "bad"
	case lab.Alarm:
		return "alarm"
	case loaded, lab.Seen:
		return "info"
	case lab.Refused:
		if e.Status == http.StatusUnauthorized && e.Fault == "" {
			return "info" // a phone logs in only when it is asked to (d.5)
		}
	case lab.Received:
		switch {
		case e.Message == nil:
		case isFailureMessage(e.Message.Text):
			return "bad"
		case isSuccessMessage(e.Message.Text):
			return "good"
		}
		return "info"
	}
	return "bad"
}

// summaryOf says what happened, without who and when.
func summaryOf(e lab.Event) string {
	if e.Message != nil {
		said := "the phone says: " + show(e.Message.Text)
		if e.Note != "" {
			said = e.Note + "; " + said
		}
		return said
	}
	text := resultOf(e)
	if e.Path != "" {
		text = show(e.Path) + " " + text
	}
	for _, more := range []string{e.Note, e.Reason} {
		if more != "" {
			text += ": " + show(more)
		}
	}
	return text
}

// resultOf says how a transfer ended: "sent 200, 4,312 bytes in 3ms".
func resultOf(e lab.Event) string {
	var b strings.Builder
	b.WriteString(string(e.Outcome))
	switch {
	case e.Status != 0:
		b.WriteString(" " + strconv.Itoa(e.Status))
	case e.TFTPError != nil:
		fmt.Fprintf(&b, " with TFTP error %d", *e.TFTPError)
	}
	switch e.Outcome {
	case lab.Sent, lab.Stored, lab.Cut:
		b.WriteString(", " + group(int(e.Bytes)) + " bytes in " + shortTime(e.Took))
	}
	if e.Resent > 0 {
		fmt.Fprintf(&b, ", %s sent again", plural(e.Resent, "block"))
	}
	if e.Fault != "" {
		b.WriteString(", by the fault " + string(e.Fault))
	}
	return b.String()
}

func shortTime(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// show is a text for a terminal: as it is, or quoted when it holds what cannot
// be seen or could steer the terminal.
func show(text string) string {
	for _, r := range text {
		if !strconv.IsPrint(r) {
			return strconv.Quote(text)
		}
	}
	return text
}

// line is an entry for a person.
func (e entry) line(color bool) []byte {
	var b strings.Builder
	b.WriteString(e.Event.Time.Local().Format("15:04:05 "))
	mark, code := markOf(e.Level)
	if color {
		mark = "\x1b[" + code + "m" + mark + "\x1b[0m"
	}
	b.WriteString(mark + " ")
	if e.Event.Remote.IsValid() {
		fmt.Fprintf(&b, "%-6s ", e.Event.Protocol)
	}
	if e.Event.Remote.Addr().IsValid() && !e.Event.Remote.Addr().IsUnspecified() {
		b.WriteString(e.Event.Remote.Addr().String() + " ")
	}
	for _, part := range []string{e.Event.Phone.MAC, strings.TrimSuffix(strings.TrimPrefix(e.Event.Phone.Model, "CP-"), "-3PCC"), e.Name} {
		if part != "" {
			b.WriteString(show(part) + " ")
		}
	}
	if e.Event.Method != "" && e.Event.Method != "GET" && e.Event.Method != "RRQ" {
		b.WriteString(show(e.Event.Method) + " ")
	}
	b.WriteString(e.Text)
	b.WriteByte('\n')
	return []byte(b.String())
}

// markOf is the sign before a line and its colour.
func markOf(level string) (mark, color string) {
	switch level {
	case "good":
		return "+", "32"
	case "bad":
		return "-", "31"
	case "alarm":
		return "!", "1;31"
	case "harmless":
		return "~", "2"
	}
	return ".", "36"
}

// print has an entry printed. A terminal that somebody holds still must not
// hold up the phones, so that lines beyond what fits are lost; the history has
// them. d.mu is held.
func (d *desk) print(e entry) {
	line := e.line(d.color)
	if d.json {
		line, _ = json.Marshal(e)
		line = append(line, '\n')
	}
	select {
	case d.lines <- line:
	default:
		d.lost++
	}
}

// printPause is how long lines wait for others: thousands of phones at once
// would otherwise pay for a write each.
const printPause = 2 * time.Millisecond

// show prints the lines, once the banner is shown, until end.
func (d *desk) show() {
	defer close(d.finished)
	select {
	case <-d.begin:
	case <-d.stop:
		return
	}
	for stopped := false; !stopped; time.Sleep(printPause) {
		var first []byte
		select {
		case first = <-d.lines:
		case <-d.stop:
			stopped = true
		}
		if text := d.waiting(first); len(text) > 0 {
			d.out.Write(text)
		}
		d.tellLost()
	}
}

// waiting is a line and all that wait to be printed after it.
func (d *desk) waiting(text []byte) []byte {
	for {
		select {
		case line := <-d.lines:
			text = append(text, line...)
		default:
			return text
		}
	}
}

func (d *desk) tellLost() {
	d.mu.Lock()
	lost := d.lost
	d.lost = 0
	d.mu.Unlock()
	if lost > 0 && !d.json {
		fmt.Fprintf(d.out, "… and %s that there was no time to print\n", plural(lost, "event"))
	}
}

// end waits until everything is printed, but not for ever.
func (d *desk) end() {
	close(d.stop)
	select {
	case <-d.finished:
	case <-time.After(time.Second):
	}
}

// phoneState is what is known of a phone since the server was started.
type phoneState struct {
	seen, asked, answered, succeeded, reported time.Time

	seenBy   string           // the protocol of the latest that was heard of it, or arp
	dhcp     *lab.DHCPRequest // what it said, when that is the way
	address  netip.Addr
	model    string
	firmware string
	missed   string // why it did not get the latest file that it did not get
	missedAt time.Time
	said     string // its latest message about a failure
	saidAt   time.Time
	report   *reportDiff
}

// maxPhones bounds the states that are kept of phones that nobody knows.
const maxPhones = 5_000

// note brings the state of the event's phone up to date. d.mu is held.
func (d *desk) note(shelf *shelf, e lab.Event) {
	if !e.Remote.IsValid() || e.Outcome == lab.Alarm || strings.HasPrefix(e.Path, "/_/") {
		return
	}
	if e.Protocol == "push" && e.Outcome != asked {
		return // nobody answered
	}
	p := d.phones[e.Key()]
	if p == nil {
		if len(d.phones) >= maxPhones+len(shelf.phones) {
			return
		}
		p = &phoneState{}
		d.phones[e.Key()] = p
	}
	p.seen, p.seenBy, p.dhcp = e.Time, e.Protocol, e.DHCP
	if !e.Remote.Addr().IsUnspecified() { // it has one
		p.address = e.Remote.Addr()
	}
	if e.Phone.Model != "" {
		p.model = e.Phone.Model
	}
	if e.Phone.Firmware != "" {
		p.firmware = e.Phone.Firmware
	}
	switch {
	case e.Message != nil:
		switch {
		case isSuccessMessage(e.Message.Text):
			p.succeeded = e.Time
		case isFailureMessage(e.Message.Text):
			p.said, p.saidAt = e.Message.Text, e.Time
		}
	case e.Outcome == lab.Stored:
		p.reported = e.Time
	case e.Path != "":
		p.asked = e.Time
		if e.Outcome == lab.Sent {
			p.answered = e.Time
		} else if levelOf(e) != "harmless" {
			p.missed, p.missedAt = summaryOf(e), e.Time
		}
	}
}

// lastSeen is the network address of a phone; the zero address when nothing
// was heard of it.
func (d *desk) lastSeen(key string) netip.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.phones[key]; p != nil {
		return p.address
	}
	return netip.Addr{}
}

// reportedBy notes what a phone said of its configuration.
func (d *desk) reportedBy(key string, diff *reportDiff) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.phones[key]
	if p == nil {
		p = &phoneState{}
		d.phones[key] = p
	}
	p.report, p.reported = diff, time.Now()
}

// masked is a value for people: what is secret in it is not shown.
func masked(v schema.Value) string {
	entry, ok := schema.Default().Lookup(v.Name)
	switch {
	case v.Text == "":
		return ""
	case !ok && secretName.MatchString(v.Name):
		return secretMark
	case !ok:
		return v.Text
	case entry.Secret():
		return secretMark
	}
	if place, ok := entry.Place(); ok && place != rule.PlaceDelays {
		return rule.Explain(place, v.Text, nil).Text
	}
	return v.Text
}

// secretName is what elements are called that the catalog does not know and
// that may hold a secret.
var secretName = regexp.MustCompile(`(?i)passw|secret|key|pin`)

const secretMark = "••••••"
