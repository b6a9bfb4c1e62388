package app

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What profilegen serve tells of phones, as its pages for programs have it.
type (
	// labEntry is something that happened: a transfer, a log message of a phone,
	// a push.
	labEntry struct {
		Seq   uint64   `json:"seq"`
		Level string   `json:"level"` // good, bad, harmless, alarm or info
		Name  string   `json:"name"`  // of the phone in the fleet
		Text  string   `json:"text"`
		About uint64   `json:"about"` // of a message: the transfer it speaks of
		Event labEvent `json:"event"`

		says []labEntry // the messages about it
	}
	labEvent struct {
		Time      time.Time   `json:"time"`
		Protocol  string      `json:"protocol"`
		Method    string      `json:"method"`
		Remote    string      `json:"remote"`
		Phone     labIdentity `json:"phone"`
		Path      string      `json:"path"`
		Outcome   string      `json:"outcome"`
		Status    int         `json:"status"`
		TFTPError *int        `json:"tftp_error"`
		Bytes     int         `json:"bytes"`
		Resent    int         `json:"resent"`
		Took      float64     `json:"took_ms"`
		Reason    string      `json:"reason"`
		Note      string      `json:"note"`
		Fault     string      `json:"fault"`
		Message   *struct {
			Text string `json:"text"`
		} `json:"message"`
	}
	labIdentity struct {
		MAC      string `json:"mac"`
		Model    string `json:"model"`
		Firmware string `json:"firmware"`
	}
	// labPhone is how far a phone has come.
	labPhone struct {
		Key      string     `json:"key"` // MAC address, or network address as long as that is all that is known
		Name     string     `json:"name"`
		Place    string     `json:"place"` // in the fleet; "" when it is not there
		Model    string     `json:"model"`
		Firmware string     `json:"firmware"`
		Address  string     `json:"address"`
		Rungs    []labRung  `json:"rungs"`
		Missing  string     `json:"missing"`
		Report   *labReport `json:"report"`
		Events   []labEntry `json:"events"` // of the one phone that is looked at
	}
	labRung struct {
		Name string     `json:"name"`
		At   *time.Time `json:"at"`
		By   string     `json:"by"` // how it was seen
	}
	labReport struct {
		Time        time.Time `json:"time"`
		File        string    `json:"file"`
		Values      int       `json:"values"`
		Same        int       `json:"same"`
		Absent      int       `json:"absent"`
		More        int       `json:"more"`
		Problem     string    `json:"problem"`
		Differences []struct {
			Element  string `json:"element"`
			Sent     string `json:"sent"`
			Reported string `json:"reported"`
		} `json:"differences"`
	}
	labSummary struct {
		Source   string         `json:"source"`
		Contents string         `json:"contents"`
		Files    string         `json:"files"` // what a draft is served in place of
		Fleet    bool           `json:"fleet"` // it can be opened
		Loaded   time.Time      `json:"loaded"`
		Phones   int            `json:"phones"`
		States   map[string]int `json:"states"`
		Trouble  string         `json:"trouble"`
		Rule     string         `json:"rule"`
		Sample   labIdentity    `json:"sample"`
		Syslog   string         `json:"syslog"`
		Local    bool           `json:"local"`
		Kinds    []string       `json:"kinds"`
	}
	labFault struct {
		ID    int    `json:"id"`
		Kind  string `json:"kind"`
		Path  string `json:"path"`
		From  string `json:"from"`
		MAC   string `json:"mac"`
		Delay string `json:"delay"`
		After int    `json:"after"`
		Loss  int    `json:"loss"`
		Times int    `json:"times"`
	}
	// labOrder is what phones are asked to do, and labPush how far that is.
	labOrder struct {
		Phones    []string `json:"phones"`
		Address   string   `json:"address"`
		Act       string   `json:"act"`
		By        string   `json:"by"`
		Rule      string   `json:"rule"`
		User      string   `json:"user"`
		Password  string   `json:"password"`
		Extension string   `json:"extension"`
		EveryMS   int      `json:"every_ms"`
	}
	labPush struct {
		Act     string      `json:"act"`
		Total   int         `json:"total"`
		Asked   int         `json:"asked"`
		Took    int         `json:"took"`
		Running bool        `json:"running"`
		Stopped bool        `json:"stopped"`
		Left    int         `json:"left"` // that could not be asked
		Results []labPushed `json:"results"`
	}
	labPushed struct {
		Key     string `json:"key"`
		Address string `json:"address"`
		OK      bool   `json:"ok"`
		Text    string `json:"text"`
	}
	labDHCP struct {
		Server  string `json:"server"`
		Options []struct {
			Code  int    `json:"code"`
			Value string `json:"value"`
		} `json:"options"`
		Precedence []string `json:"precedence"`
		Asks       []string `json:"asks"`
		Servers    []struct {
			Name    string `json:"name"`
			Title   string `json:"title"`
			Text    string `json:"text"`
			Problem string `json:"problem"`
		} `json:"servers"`
	}
)

// logBook keeps what happened, the oldest first: so much of all phones, and so
// much of each, that one that asks all the time does not push out the others.
type logBook struct {
	run     string // of the server: another one numbers anew
	entries []labEntry
}

const (
	bookLength = 1000
	bookEach   = 200
)

// take adds what the server tells; run names the server's run. It tells how
// many are new.
func (k *logBook) take(run, text string) (added int, err error) {
	var list []labEntry
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return 0, err
	}
	if run != k.run {
		k.run, k.entries = run, nil
	}
	for _, e := range list {
		if n := len(k.entries); n > 0 && e.Seq <= k.entries[n-1].Seq {
			continue // seen before the connection was lost
		}
		k.entries = append(k.entries, e)
		added++
		k.forget(e.key())
	}
	return added, nil
}

// forget drops the oldest entry when there are too many, of that phone or of
// all.
func (k *logBook) forget(key string) {
	each := 0
	for i := len(k.entries) - 1; i >= 0; i-- {
		if k.entries[i].key() != key {
			continue
		}
		if each++; each > bookEach {
			k.entries = slices.Delete(k.entries, i, i+1)
			break
		}
	}
	if len(k.entries) > bookLength {
		k.entries = slices.Delete(k.entries, 0, 1)
	}
}

// key is what the phone of an entry is known by.
func (e *labEntry) key() string {
	if e.Event.Phone.MAC != "" {
		return e.Event.Phone.MAC
	}
	return e.address()
}

// address is where the other side was, without its port.
func (e *labEntry) address() string {
	at := strings.LastIndexByte(e.Event.Remote, ':')
	if at < 0 {
		return e.Event.Remote
	}
	return strings.Trim(e.Event.Remote[:at], "[]")
}

// joined puts the messages of phones to the transfers they speak of, the
// latest entry first. The server says which transfer a message is about; one
// that announces a request goes to that request.
func joined(entries []labEntry) []labEntry {
	const soon = 5 * time.Second
	at := make(map[uint64]int, len(entries))  // by number
	last := make(map[string]int)              // a phone's last transfer
	announced := make(map[string]labEntry)    // what a phone said before it
	list := make([]labEntry, 0, len(entries)) // what went elsewhere has no number
	for _, e := range entries {
		key := e.key()
		if e.Event.Message == nil {
			if a, ok := announced[key]; ok && a.announces(&e) {
				list[at[a.Seq]].Seq = 0
				e.says = append(e.says, a)
				delete(announced, key)
			}
			last[key] = len(list)
		} else {
			i, ok := at[e.About]
			if !ok || e.About == 0 {
				i, ok = last[key]
				ok = ok && e.announces(&list[i]) && e.Event.Time.Sub(list[i].Event.Time) < soon
			}
			if ok {
				list[i].says = append(list[i].says, e)
				continue
			}
			announced[key] = e
		}
		at[e.Seq] = len(list)
		list = append(list, e)
	}
	var kept []labEntry
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Seq != 0 {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// announces tells whether a message is about the request that became a
// transfer.
func (e *labEntry) announces(transfer *labEntry) bool {
	text := e.Event.Message.Text
	return transfer.Event.Path != "" && strings.Contains(text, "Requesting ") && strings.Contains(text, transfer.Event.Path)
}

// level is the worst of a transfer and of what the phone said about it.
func (e *labEntry) level() string {
	for i := range e.says {
		if e.says[i].Level == "bad" {
			return "bad"
		}
	}
	return e.Level
}

func (e *labEntry) isTrouble() bool { return e.level() == "bad" || e.level() == "alarm" }

// matches tells whether a search finds the entry; text is in lower case.
func (e *labEntry) matches(text string) bool {
	if text == "" {
		return true
	}
	for _, part := range []string{e.Name, e.Text, e.Event.Phone.MAC, e.Event.Phone.Model, e.Event.Remote, e.Event.Protocol} {
		if strings.Contains(strings.ToLower(part), text) {
			return true
		}
	}
	return slices.ContainsFunc(e.says, func(s labEntry) bool { return s.matches(text) })
}

// result is how it ended, in a few words.
func (e *labEntry) result() string {
	v := &e.Event
	text := v.Outcome
	switch {
	case v.Status != 0:
		text += " " + strconv.Itoa(v.Status)
	case v.TFTPError != nil:
		text += ", TFTP error " + strconv.Itoa(*v.TFTPError)
	}
	switch v.Outcome {
	case "sent", "stored", "cut":
		text += ", " + grouped(v.Bytes) + " bytes in " + strconv.FormatFloat(v.Took, 'f', -1, 64) + " ms"
	}
	if v.Resent > 0 {
		text += ", " + plural(v.Resent, "block", "blocks") + " sent again"
	}
	if v.Fault != "" {
		text += ", by the fault " + faultTitle(v.Fault)
	}
	return text
}

// grouped is a number with commas.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// by is who asked, and how.
func (e *labEntry) by() string {
	if e.Event.Remote == "" {
		return ""
	}
	if e.address() == "0.0.0.0" { // who asks DHCP for an address has none
		return e.Event.Protocol
	}
	return e.Event.Protocol + " " + e.address()
}

// why is what the server has to add.
func (e *labEntry) why() string {
	note, reason := e.Event.Note, e.Event.Reason
	if note != "" && reason != "" {
		return note + "; " + reason
	}
	return note + reason
}

// come counts the rungs that a phone has taken in a row from the first.
func (p *labPhone) come() int {
	for i, r := range p.Rungs {
		if r.At == nil {
			return i
		}
	}
	return len(p.Rungs)
}

// inOrder keeps phones where they stand while they are looked at, so that no
// other one comes under the mouse. New ones come first.
func inOrder(before, now []labPhone) []labPhone {
	at := make(map[string]int, len(before))
	for i, p := range before {
		at[p.Key] = i + 1 // 0: it is new
	}
	slices.SortStableFunc(now, func(a, b labPhone) int { return at[a.Key] - at[b.Key] })
	return now
}

// title is what people call the phone.
func (p *labPhone) title() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Key
}

// model is that of a product's name.
func (i labIdentity) model() string { return modelName(i.Model) }

func modelName(product string) string {
	return strings.TrimSuffix(strings.TrimPrefix(product, "CP-"), "-3PCC")
}

// clock is a time of today; older ones have their day.
func clock(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05")
	}
	return t.Format("2 Jan 15:04")
}

// labAct is what phones can be asked to do, and by which ways.
type labAct struct {
	act, title string
	many       string // begins the button for several phones
	ways       []string
}

var labActs = []labAct{
	{"resync", "Resync", "Resync ", []string{"web", "https", "sip", "xml"}},
	{"report", "Send its report", "Have reports from ", []string{"sip"}},
	{"upgrade", "Upgrade its firmware", "Upgrade ", []string{"web", "https"}},
	{"restart", "Restart", "Restart ", []string{"sip"}},
	{"reboot", "Reboot", "Reboot ", []string{"web", "https", "sip"}},
}

var labWays = map[string]string{
	"web": "its web page", "https": "its web page, HTTPS", "sip": "SIP NOTIFY", "xml": "Cisco XML object",
}

// act sets what is asked, and a way that knows it.
func (o *labOrder) act(act string) {
	o.Act = act
	for _, a := range labActs {
		if a.act == act && !slices.Contains(a.ways, o.By) {
			o.By = a.ways[0]
		}
	}
}

// takesRule tells whether the request can carry a rule.
func (o *labOrder) takesRule() bool {
	return o.By != "sip" && (o.Act == "resync" || o.Act == "upgrade")
}

// to is the order with the phones, and without what it does not carry.
func (o labOrder) to(phones []string) labOrder {
	o.Phones = phones
	if len(phones) > 1 {
		o.Address, o.Extension = "", ""
	}
	if !o.takesRule() {
		o.Rule = ""
	}
	if o.By != "sip" {
		o.Extension = ""
	}
	return o
}

// progress is how far a push is, in words.
func (p *labPush) progress() string {
	text := strconv.Itoa(p.Asked) + " of " + plural(p.Total, "phone", "phones") + " asked"
	if p.Asked > 0 {
		text += ": " + strconv.Itoa(p.Took) + " took it"
	}
	if failed := p.Asked - p.Took; failed > 0 {
		text += ", " + strconv.Itoa(failed) + " did not"
	}
	if p.Left > 0 {
		text += "; " + itoa(p.Left) + " could not be asked"
	}
	if p.Stopped {
		text += "; stopped"
	}
	return text + "."
}

// faultTitles are the kinds of faults as an admin would call them.
var faultTitles = map[string]string{
	"not-found": "file not found", "unauthorized": "login refused", "server-error": "server error", "delay": "late answer",
	"cut": "cut off", "wrong-bytes": "wrong bytes", "lost-blocks": "lost TFTP blocks",
}

func faultTitle(kind string) string {
	if title, ok := faultTitles[kind]; ok {
		return title
	}
	return kind
}

// scope says what a fault is for.
func (f *labFault) scope() string {
	text := "of all files"
	if f.Path != "" {
		text = "of " + f.Path
	}
	if f.MAC != "" {
		text += ", of phone " + f.MAC
	}
	if f.From != "" {
		text += ", from " + f.From
	}
	if f.Delay != "" {
		text += ", after " + f.Delay
	}
	switch f.Kind {
	case "cut":
		text += ", after " + plural(f.After, "byte", "bytes")
	case "lost-blocks":
		text += ", " + strconv.Itoa(f.Loss) + " %"
	}
	if f.Times > 0 {
		text += ", " + plural(f.Times, "time", "times")
	}
	return text
}

// faultBook keeps the faults that this page knows: those in force, and those
// that are not any more, to be switched on again.
type faultBook struct {
	on, off []labFault
}

// take learns which are in force now; the others are off: switched off, or used
// up.
func (k *faultBook) take(list []labFault) {
	in := func(list []labFault, id int) bool {
		return slices.ContainsFunc(list, func(f labFault) bool { return f.ID == id })
	}
	for _, f := range k.on {
		if !in(list, f.ID) && !in(k.off, f.ID) {
			k.off = append(k.off, f)
		}
	}
	for i := range list {
		for _, was := range k.on { // how often it was for in the beginning
			if was.ID == list[i].ID {
				list[i].Times = was.Times
			}
		}
	}
	k.on = list
}

// drop forgets one that is off.
func (k *faultBook) drop(id int) {
	k.off = slices.DeleteFunc(k.off, func(f labFault) bool { return f.ID == id })
	k.on = slices.DeleteFunc(k.on, func(f labFault) bool { return f.ID == id })
}
