package resync

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an Event tells of.
type Kind int

const (
	Remark         Kind = iota // Parameter, Text: something worth knowing
	PoweredOn                  // start-up with cold memory
	PoweredOff                 //
	Restarted                  // Text: the reason (d.7)
	RestartWaits               // Text: the reason; lines are in use
	WasReset                   // factory reset (d.9)
	ClockStarted               // Cause: the clock; At: when it falls due; Text: the element of a list
	ClockWasSet                // At: what the phone's clock shows now
	CallBegan                  //
	CallEnded                  //
	WasEntered                 // Changes: values entered at the phone or on its web page
	WasAsked                   // Text: a NOTIFY or web request that came in
	FellDue                    // Cause (d.1)
	Absorbed                   // Cause: a timer; By: the resync that waits already (d.2)
	Displaced                  // Cause: the resync that waited; By: the request that takes its place (d.2)
	WasDropped                 // Cause; Parameter: the switch that forbids it (d.2)
	WasHeld                    // Cause; Parameter, Text: why; At: when it is asked again, zero: after an input
	Began                      // Cause: an attempt begins (d.4)
	RuleRead                   // Parameter; Text: what the phone makes of the rule
	RuleSkipped                // Parameter; Text: why (c.1, c.2)
	RuleFailed                 // Parameter; Err: why it cannot be read or leads nowhere
	Assigned                   // Parameter; Changes (c.3)
	Requested                  // Parameter, Method, URL: a request goes out
	Replied                    // URL, Status or Err, Class, Size: what came back (d.5)
	Redirected                 // URL: where to; Text: the Location (d.5)
	Damaged                    // URL; Err: why the file is no profile (f)
	Applied                    // URL; Changes: what the profile changed
	Succeeded                  // Cause: the attempt is over (d.4)
	Failed                     // Cause, Parameter, Err
	MessageSent                // Text: a log message; Wire: as syslog; Hosts (e)
	UpgradeAsked               // URL: firmware the phone would load (d.8)
	UpgradeSkipped             // URL; Text: why not
	UpgradeEnded               // URL; Text: the version, or Err
	ReportSent                 // Method, URL; Text: full, delta or status; Status or Err (g.4)
	CustomChanged              // Text: the new customisation state (d.9)

	kinds = int(CustomChanged) + 1
)

var kindNames = [kinds]string{
	"note", "power-on", "power-off", "restart", "restart-waits", "factory-reset", "clock", "clock-set",
	"call-begin", "call-end", "entered", "asked", "due", "absorbed", "displaced", "dropped", "held",
	"begin", "rule", "skipped", "rule-failed", "assigned", "get", "reply", "redirect", "damaged", "applied",
	"ok", "fail", "message", "upgrade", "upgrade-skipped", "upgrade-end", "report", "customisation",
}

// String is the name used in JSON and scenario files: "get", "ok".
func (k Kind) String() string {
	if k < 0 || int(k) >= kinds {
		return "unknown"
	}
	return kindNames[k]
}

// Event is one step of a phone's life. Which fields are set depends on the
// Kind. Secrets do not stand in it.
type Event struct {
	Time      time.Time // true time, in the phone's zone
	Kind      Kind
	Cause     Cause
	By        Cause
	Parameter string // element, or "one-time rule"
	Mark      string // rule of docs/behaviour.md
	Method    string
	URL       string
	Status    int
	Class     Class
	Size      int
	At        time.Time
	Text      string
	Err       string
	Changes   []Change
	Wire      string
	Hosts     []string
}

// Change is a value or right that a profile, a rule or the user changed.
type Change struct {
	Element  string
	Old, New string // empty when Secret
	Secret   bool
	UA       string // the new right, when that changed too
	Restart  bool   // the phone restarts for it (d.7)
}

// emit gives an event to the log.
func (p *Phone) emit(e Event) {
	if p.Log == nil {
		return
	}
	e.Time = p.now
	for _, secret := range p.secretTexts() {
		e.Text, e.Err = hide(e.Text, secret), hide(e.Err, secret)
		e.URL, e.Wire = hide(e.URL, secret), hide(e.Wire, secret)
	}
	p.Log(e)
}

// shortestHidden is the length from which a secret's text is looked for in
// events: a shorter one would stain ordinary words.
const shortestHidden = 4

// secretTexts are the values that may not show up in an event, wherever they
// come from.
func (p *Phone) secretTexts() []string {
	if p.secretsOf != p.revision || p.secrets == nil {
		p.secrets, p.secretsOf = []string{}, p.revision
		for name, v := range p.parameters {
			if len(v.value) >= shortestHidden && p.secret(name) {
				p.secrets = append(p.secrets, v.value)
			}
		}
		// The longest first, so that none leaves part of another behind.
		slices.SortFunc(p.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	}
	return append(p.secrets[:len(p.secrets):len(p.secrets)], p.attemptSecrets...)
}

const masked = "••••"

func hide(text, secret string) string {
	if text == "" || !strings.Contains(text, secret) {
		return text
	}
	return strings.ReplaceAll(text, secret, masked)
}

// Sentence tells the event in plain words, without its time.
func (e *Event) Sentence() string {
	switch e.Kind {
	case Remark:
		return join(e.Parameter, e.Text)
	case PoweredOn:
		return "power on"
	case PoweredOff:
		return "power off"
	case Restarted:
		return "restart (" + e.Text + ")"
	case RestartWaits:
		return "the restart (" + e.Text + ") waits for idle lines"
	case WasReset:
		return "factory reset: every parameter is back to its default"
	case ClockStarted:
		return e.clockSentence()
	case ClockWasSet:
		return "the phone's clock is set to " + e.At.Format("2006-01-02 15:04:05")
	case CallBegan:
		return "a call begins"
	case CallEnded:
		return "the lines are idle"
	case WasEntered:
		return "entered at the phone: " + changeList(e.Changes)
	case WasAsked:
		return e.Text
	case FellDue:
		return "resync due: " + e.Cause.Words()
	case Absorbed:
		return "resync due: " + e.Cause.Words() + "; one waits already (" + e.By.Words() + "), which serves both"
	case Displaced:
		return "the resync that waited (" + e.Cause.Words() + ") gives way to " + e.By.Words()
	case WasDropped:
		return "no resync for " + e.Cause.Words() + ": " + e.Parameter + " forbids it"
	case WasHeld:
		return e.heldSentence()
	case Began:
		return "resync begins: " + e.Cause.Words()
	case RuleRead, RuleSkipped:
		return join(e.Parameter, e.Text)
	case RuleFailed:
		return join(e.Parameter, "fails: "+e.Err)
	case Assigned:
		return join(e.Parameter, "sets "+changeList(e.Changes))
	case Requested:
		return join(e.Parameter, e.Method+" "+e.URL)
	case Replied:
		return e.replySentence()
	case Redirected:
		return "redirected to " + e.URL
	case Damaged:
		return "not a profile: " + e.Err + "; nothing of it is applied"
	case Applied:
		if len(e.Changes) == 0 {
			return "applied: nothing changes"
		}
		return "applied: " + changeList(e.Changes)
	case Succeeded:
		return "resync succeeded"
	case Failed:
		return "resync failed: " + join(e.Parameter, e.Err)
	case MessageSent:
		return "log message: " + e.Text
	case UpgradeAsked:
		return "firmware: the phone would load " + e.URL
	case UpgradeSkipped:
		return "firmware: " + e.Text
	case UpgradeEnded:
		if e.Err != "" {
			return "firmware: " + e.URL + " failed: " + e.Err
		}
		return "firmware: " + e.Text + " installed"
	case ReportSent:
		return e.reportSentence()
	case CustomChanged:
		return "customisation state: " + e.Text
	}
	return e.Text
}

func (e *Event) clockSentence() string {
	text := map[Cause]string{
		Boot:         "the boot resync",
		AfterUpgrade: "the resync after the upgrade",
		Retry:        "the retry",
		SetTime:      "the next resync at the set time",
		Periodic:     "the next periodic resync",
	}[e.Cause] + " is due at " + moment(e.At, e.Time)
	if e.Text != "" {
		text += " (" + e.Text + ")"
	}
	return text
}

func (e *Event) heldSentence() string {
	text := "held: " + join(e.Parameter, e.Text)
	switch {
	case !e.At.IsZero():
		text += "; asked again at " + moment(e.At, e.Time)
	case e.Parameter != "":
		text += "; nothing but a change from outside can alter that"
	}
	return text
}

func (e *Event) replySentence() string {
	text := e.Err
	if text == "" {
		text = "status " + strconv.Itoa(e.Status)
	}
	switch e.Class {
	case ClassA:
		return "received " + plural(e.Size, "byte")
	case ClassB:
		return errNotFound + ": " + text + " (class B)"
	case ClassC:
		return text + " (class C)"
	}
	return text
}

func (e *Event) reportSentence() string {
	text := e.Method + " " + e.URL + " (" + e.Text + " report): "
	if e.Err != "" {
		return text + e.Err
	}
	return text + "status " + strconv.Itoa(e.Status)
}

// join puts a parameter's name before a text.
func join(parameter, text string) string {
	if parameter == "" {
		return text
	}
	return parameter + ": " + text
}

// moment is the time of day, with the date when that is another day's.
func moment(at, now time.Time) string {
	at = at.In(now.Location())
	if dateOf(at) == dateOf(now) {
		return at.Format("15:04:05")
	}
	return at.Format("2006-01-02 15:04:05")
}

func changeList(changes []Change) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}

// String is the change in words, a secret's without its value.
func (c Change) String() string {
	text := c.Element
	switch {
	case c.Secret:
		text += " (secret)"
	case c.Old != c.New:
		text += " = " + strconv.Quote(c.New)
	}
	if c.UA != "" {
		text += " ua=" + c.UA
	}
	if c.Restart {
		text += " (needs a restart)"
	}
	return text
}

// AppendLine appends the event as a line of the trace a person reads: time of
// day, sentence, and the rule it follows.
func (e *Event) AppendLine(dst []byte) []byte {
	dst = e.Time.AppendFormat(dst, "15:04:05")
	dst = append(dst, "  "...)
	if e.Kind.Detail() {
		dst = append(dst, "  "...)
	}
	dst = append(dst, oneLine(e.Sentence())...)
	if e.Mark != "" {
		dst = append(dst, "  ["...)
		dst = append(dst, e.Mark...)
		dst = append(dst, ']')
	}
	return append(dst, '\n')
}

// Detail tells whether events of a kind are steps within an attempt, which the
// trace sets in.
func (k Kind) Detail() bool { return RuleRead <= k && k <= Applied || k == MessageSent }

// oneLine keeps what came from outside from breaking a line.
func oneLine(text string) string {
	if strings.IndexFunc(text, isControl) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

func isControl(r rune) bool { return r < ' ' || 0x7F <= r && r < 0xA0 }
