package resync

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"profilegen/rule"
	"profilegen/schema"
)

// Phone is the provisioning client of one phone. The exported fields are set
// before PowerOn; the zero value of each but Identity and Fetch will do.
//
// It is told the time and says when it wants to be told again: a driver calls
// Tick at Next, and the methods that stand for what happens outside (Notify,
// SetBusy, Set …) in between, each with the time at which it happens. It has no
// goroutine, timer or lock and is for one goroutine at a time. See [Run] and
// [Simulate].
type Phone struct {
	rule.Identity

	Catalog    *schema.Catalog   // nil: schema.Default()
	Generation schema.Generation // of the factory defaults
	Zone       *time.Location    // of the phone's clock; nil: UTC
	DHCP       map[int]string    // options the DHCP server gives
	Fetch      Fetcher
	Quirks     Quirks

	// Log gets every event, in order; nil is silence.
	Log func(Event)
	// Random draws a number from 0 to max, both included. nil draws from a
	// generator seeded by the MAC, so that phones differ and a run repeats.
	Random func(max int) int
	// Resolve gives the address of a host for $SERVIP before the request; nil,
	// or an empty answer, leaves the host as written.
	Resolve func(host string) string
	// NeedsRestart tells whether a changed element restarts the phone (d.7);
	// nil: NeedsRestart of this package.
	NeedsRestart func(element string) bool
	// Firmware loads a firmware file. It gives the version that then runs, or
	// the error. nil: upgrades are recorded and nothing is loaded (d.8).
	Firmware func(ctx context.Context, r Request) (version string, err error)

	parameters   map[string]parameter
	revision     int // counts changes of parameters
	settings     Settings
	settingsRead bool
	applied      map[string]fingerprint // by URL

	on      bool
	now     time.Time
	started time.Time
	clock   time.Duration // what the phone's clock is ahead of the true time
	busy    bool
	lost    [2]time.Time // when lines 1 and 2 lost their registration; zero: registered

	clocks       [timers]time.Time // when each falls due; zero: it stands
	drawn        Window            // that clocks[SetTime] was drawn for
	nextSetTime  date              // the day whose moment is drawn next
	periodicUses int               // expiries since start-up
	waiting      waiting
	askAt        time.Time // when the waiting resync is asked again; zero: after an input
	askNow       bool      // an input may have changed the answer

	attempts attempts
	restart  string // reason of a restart that waits for idle lines; "" none
	upgrade  upgrade
	report   reporting

	history       []Restart
	customisation Customisation

	secrets        []string // texts of the secret parameters, as of revision secretsOf
	secretsOf      int
	attemptSecrets []string // --key and --pwd of the attempt in hand
}

// attempts is what the phone remembers of them.
type attempts struct {
	running   bool
	state     string    // $PRVST of the last or running one
	last      time.Time // begin of the last one; zero: none since power-on
	timer     int       // $PRVTMR while one runs (a.2)
	failures  int       // in a row
	succeeded bool      // ever; survives power loss
	url       *rule.URL // in hand, for SCHEME to PATH; nil before the first request
	address   string    // $SERVIP
	err       string    // $ERR
	results   []Result
}

// waiting is the one resync that waits (d.2). A zero due means none.
type waiting struct {
	Trigger
	due  time.Time
	held Verdict // as last told
}

func (w *waiting) exists() bool { return !w.due.IsZero() }

// Restart is a line of the reboot history (d.7).
type Restart struct {
	Time   time.Time
	Reason string // "Provisioning"
}

// Reasons of a restart (d.7).
const (
	ReasonUpgrade      = "Upgrade"
	ReasonProvisioning = "Provisioning"
	ReasonSIP          = "SIP Triggered"
	ReasonUser         = "User Triggered"
)

// start is how the phone comes up.
type start int

const (
	powerOn      start = iota
	rebooted           // by the user, SIP or the web
	upgraded           // with new firmware
	provisioning       // for changed parameters
)

// resyncs tells which resync a start leads to; ok is false when there is none,
// or its switch is off (d.1).
func (k start) resyncs(s *Settings, q *Quirks) (cause Cause, ok bool) {
	switch {
	case k == upgraded:
		return AfterUpgrade, s.AfterUpgrade
	case k == provisioning && !q.BootAfterChange:
		return Boot, false
	}
	return Boot, s.OnReset
}

// PowerOn starts the phone, or cuts its power for a moment when it was on.
func (p *Phone) PowerOn(now time.Time) {
	p.advance(now)
	p.on = true
	p.start(powerOn, "")
}

// PowerOff ends whatever the phone was doing.
func (p *Phone) PowerOff(now time.Time) {
	p.advance(now)
	if p.on {
		p.emit(Event{Kind: PoweredOff})
	}
	p.on = false
}

// Reboot restarts the phone for one of the reasons of d.7, as soon as the lines
// are idle (g.1, g.2).
func (p *Phone) Reboot(now time.Time, reason string) {
	p.advance(now)
	if !p.on {
		return
	}
	p.restart = reason
	if p.busy {
		p.emit(Event{Kind: RestartWaits, Text: reason, Mark: "g.2"})
		return
	}
	p.start(rebooted, reason)
}

// UserReboot restarts the phone at once: the user at the phone does not wait
// for the end of a call.
func (p *Phone) UserReboot(now time.Time) {
	p.advance(now)
	if p.on {
		p.start(rebooted, ReasonUser)
	}
}

// Upgraded tells that new firmware has been installed: the phone restarts with
// it. version may be empty when it is not known.
func (p *Phone) Upgraded(now time.Time, version string) {
	p.advance(now)
	if !p.on {
		return
	}
	p.upgrade.done(p.now, version, nil)
	if version != "" {
		p.Software = version
		p.attempts.err = version // ERR holds the new version (d.8)
	}
	p.start(upgraded, ReasonUpgrade)
}

// FactoryReset puts everything back and starts the phone for the first time
// (d.9).
func (p *Phone) FactoryReset(now time.Time) {
	p.advance(now)
	if !p.on {
		return
	}
	p.parameters, p.settingsRead = nil, false
	p.revision++
	p.attempts = attempts{}
	p.upgrade = upgrade{}
	p.report = reporting{}
	p.history = nil
	p.customisation = Open
	p.emit(Event{Kind: WasReset, Mark: "d.9"})
	p.start(powerOn, "")
}

// start brings the phone up and sets its clocks (d.1, d.7).
func (p *Phone) start(kind start, reason string) {
	s := p.current()
	retrying := p.waiting.exists() && p.waiting.Cause == Retry || !p.clocks[Retry].IsZero()
	p.waiting, p.restart, p.busy = waiting{}, "", false
	p.started = p.now
	p.periodicUses = 0
	for c := range p.clocks {
		if Cause(c) != SetTime {
			p.clocks[c] = time.Time{}
		}
	}
	if kind == powerOn {
		p.attempts.failures, p.attempts.last, p.upgrade.last = 0, time.Time{}, time.Time{}
		p.clocks[SetTime] = time.Time{}
		p.emit(Event{Kind: PoweredOn, Mark: "d.1"})
	} else {
		if p.Quirks.RestartForgets {
			p.attempts.failures = 0
		}
		p.history = append(p.history, Restart{p.now, reason})
		p.history = p.history[max(0, len(p.history)-5):]
		p.emit(Event{Kind: Restarted, Text: reason, Mark: "d.7"})
	}
	for _, n := range s.Notes {
		p.emit(Event{Kind: Remark, Parameter: n.Parameter, Text: n.Text, Mark: n.Mark})
	}
	p.tuneSetTime()

	switch cause, ok := kind.resyncs(s, &p.Quirks); {
	case ok:
		spread := 0
		if cause == Boot || p.Quirks.BootAfterUpgrade {
			spread = s.bootSpread(&p.Quirks)
		}
		p.setClock(cause, time.Duration(p.draw(spread))*time.Second, "")
	case kind == provisioning && retrying:
		p.startRetry()
	default:
		if name := s.refusal(cause); name != "" && kind != provisioning {
			p.emit(Event{Kind: WasDropped, Cause: cause, Parameter: name, Mark: "d.2"})
		}
		p.resumePeriodic()
	}
	p.upgrade.look = true
	p.report.atStart(s)
	p.askNow = true
}

// advance moves the phone's time on. It never goes back: an input that comes
// while an attempt takes its time happens after it.
func (p *Phone) advance(now time.Time) {
	if now.After(p.now) {
		p.now = now.In(p.zone())
	}
}

func (p *Phone) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// local is what the phone's clock shows.
func (p *Phone) local() time.Time { return p.now.Add(p.clock) }

// SetClock sets the phone's clock to a time of day and date, as a time server
// or a user does. The delays run on; the set time is looked up anew.
func (p *Phone) SetClock(now, shows time.Time) {
	p.advance(now)
	p.clock = shows.Sub(p.now)
	p.emit(Event{Kind: ClockWasSet, At: shows.In(p.zone())})
	p.clocks[SetTime] = time.Time{}
	p.tuneSetTime()
	p.askNow = true
}

// draw gives a random number from 0 to max.
func (p *Phone) draw(max int) int {
	if max <= 0 {
		return 0
	}
	if p.Random == nil {
		p.Random = Chance(uint64(p.MAC[3])<<16 | uint64(p.MAC[4])<<8 | uint64(p.MAC[5]))
	}
	return p.Random(max)
}

// Chance is a source for Phone.Random: the same seed gives the same draws.
func Chance(seed uint64) func(max int) int {
	r := rand.New(rand.NewPCG(seed, 0x70726f66696c6567))
	return func(max int) int { return r.IntN(max + 1) }
}

// Next tells when the phone next wants a Tick; ok is false when only an input
// can bring something about.
func (p *Phone) Next() (at time.Time, ok bool) {
	if !p.on {
		return at, false
	}
	if p.askNow {
		return p.now, true
	}
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, due := range p.clocks {
		sooner(due)
	}
	sooner(p.askAt)
	if !p.busy {
		sooner(p.upgrade.retryAt) // looked at when the lines are idle
	}
	sooner(p.report.due)
	return at, !at.IsZero()
}

// Tick does what is due at now: first the timers, then the waiting resync, then
// a waiting restart. An attempt it makes has ended when it returns.
func (p *Phone) Tick(ctx context.Context, now time.Time) {
	p.advance(now)
	if !p.on {
		return
	}
	p.askNow = false
	p.tuneSetTime()
	p.expire()
	p.askWaiting(ctx)
	p.restartIfIdle()
	p.upgradeIfDue(ctx)
	p.reportIfDue(ctx)
}

// expire turns the timers that are over into a waiting resync.
func (p *Phone) expire() {
	for c := range p.clocks {
		due := p.clocks[c]
		if due.IsZero() || due.After(p.now) {
			continue
		}
		p.clocks[c] = time.Time{}
		switch cause := Cause(c); cause {
		case SetTime:
			p.drawSetTime(p.nextSetTime)
			if p.Quirks.SetTimeAfterSuccess && !p.attempts.succeeded {
				continue
			}
		case Periodic:
			p.periodicUses++
			if p.current().SetTimeOn {
				continue // ignored while a set time is valid (d.3)
			}
		}
		p.fallDue(waiting{Trigger: Trigger{Cause: Cause(c)}, due: due})
	}
}

// Resync asks for a resync.
func (p *Phone) Resync(now time.Time, t Trigger) {
	p.advance(now)
	if p.on {
		p.fallDue(waiting{Trigger: t, due: p.now})
	}
}

// fallDue drops the resync, lets the one that waits absorb it, or makes it the
// one that waits (d.2).
func (p *Phone) fallDue(w waiting) {
	if name := p.current().refusal(w.Cause); name != "" {
		p.emit(Event{Kind: WasDropped, Cause: w.Cause, Parameter: name, Mark: "d.2"})
		return
	}
	if p.waiting.exists() {
		if !w.Cause.Request() {
			p.emit(Event{Kind: Absorbed, Cause: w.Cause, By: p.waiting.Cause, Mark: "d.2"})
			return
		}
		p.emit(Event{Kind: Displaced, Cause: p.waiting.Cause, By: w.Cause, Mark: "d.2"})
	}
	p.emit(Event{Kind: FellDue, Cause: w.Cause, Mark: "d.1"})
	p.waiting = w
	p.askNow = true
}

// askWaiting asks what stands before the waiting resync, and runs it when
// nothing does.
func (p *Phone) askWaiting(ctx context.Context) {
	p.askAt = time.Time{}
	if !p.waiting.exists() {
		return
	}
	s, w := p.current(), &p.waiting
	view := p.view()
	switch verdict := Gate(s, w.Cause, view.Macro, p.busy, p.now.Sub(w.due), &p.Quirks); verdict {
	case Passed:
		due := *w
		p.waiting = waiting{}
		p.attempt(ctx, due)
	case Dropped:
		name := s.refusal(w.Cause)
		if name == "" {
			name = triggerNames[0]
		}
		p.emit(Event{Kind: WasDropped, Cause: w.Cause, Parameter: name, Mark: "d.2"})
		p.waiting = waiting{}
	default:
		p.scheduleAsk(verdict, view)
		if verdict != w.held {
			w.held = verdict
			p.emitHeld(verdict, view)
		}
	}
}

// scheduleAsk sets when the held resync is asked again.
func (p *Phone) scheduleAsk(held Verdict, view *rule.Phone) {
	s := p.current()
	if held == HeldByCall {
		if s.ForcedDelay > 0 {
			p.askAt = p.waiting.due.Add(seconds(s.ForcedDelay))
		}
		return
	}
	if n := s.wait(view.Macro, p.moving, &p.Quirks); n > 0 {
		p.askAt = p.now.Add(seconds(n))
	}
}

// restartIfIdle does the restart that waits (d.7).
func (p *Phone) restartIfIdle() {
	if p.restart == "" || p.busy {
		return
	}
	if p.restart == ReasonProvisioning {
		p.start(provisioning, p.restart)
	} else {
		p.start(rebooted, p.restart)
	}
}

// SetBusy tells that a call begins while all lines were idle, or that the last
// one has ended.
func (p *Phone) SetBusy(now time.Time, busy bool) {
	p.advance(now)
	if !p.on || p.busy == busy {
		return
	}
	p.busy = busy
	p.askNow = true
	kind := CallEnded
	if busy {
		kind = CallBegan
	}
	p.emit(Event{Kind: kind})
}

// SetRegistered tells whether line 1 or 2 is registered, for REGTMR1 and
// REGTMR2.
func (p *Phone) SetRegistered(now time.Time, line int, registered bool) {
	p.advance(now)
	if line < 1 || line > len(p.lost) {
		return
	}
	p.lost[line-1] = time.Time{}
	if !registered {
		p.lost[line-1] = p.now
	}
	p.askNow = true
}

// Set is a value that the user or administrator enters at the phone or on its
// web page.
func (p *Phone) Set(now time.Time, element, value string) {
	p.advance(now)
	if _, ok := p.catalog().Lookup(element); !ok {
		p.emit(Event{Kind: Remark, Parameter: element, Text: "no parameter of the phone has this name: ignored", Mark: "f.1"})
		return
	}
	old, changed := p.put(element, value)
	if !changed {
		return
	}
	p.emit(Event{Kind: WasEntered, Changes: []Change{p.change(element, old, value)}})
	p.tuneSetTime()
	p.report.changedByUser(p.current(), p.now)
	p.askNow = true
}

// Restarts is the reboot history: the last five, the newest first (d.7).
func (p *Phone) Restarts() []Restart {
	list := slices.Clone(p.history)
	slices.Reverse(list)
	return list
}
