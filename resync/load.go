package resync

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"profilegen/rule"
)

// Load is a fleet of phones with the same settings, and what befalls it. Plan
// tells what its servers are asked for.
//
// The fleet's days have 24 hours, its requests take no time, nobody is on the
// phone, and triggers are left aside. All phones have resynced before.
type Load struct {
	Phones   int
	Length   time.Duration // how long the fleet is watched; at most LongestLoad
	Settings Settings
	Quirks   Quirks
	Seed     uint64 // the same seed gives the same plan

	// Running watches a fleet in its usual life, the phones out of step; without
	// it the power comes back at second 0.
	Running bool
	// Stagger spreads the return of power evenly over so many seconds.
	Stagger int
	// Clock is the time of day at second 0, for Resync_At.
	Clock time.Duration
	// Requests is how many files a resync fetches; 0: one.
	Requests int
	// Capacity is how many requests the servers answer in a second; the others
	// are refused, which fails the resync. 0: no limit.
	Capacity int
	// Down are spans in which the servers answer nothing.
	Down []Outage
}

// Outage is a span of seconds from the start: From to before To.
type Outage struct{ From, To int }

// Bounds of a load plan.
const (
	LongestLoad = 31 * 24 * time.Hour
	MostPhones  = 10_000_000
)

// Plan is what a fleet asks for, second by second.
type Plan struct {
	Requests []uint32 // in each second, the refused ones too
	Refused  []uint32 // nil when none was

	Total        int
	TotalRefused int
	Peak         int // most requests in a second
	PeakAt       int // that second
	P99          int // requests in a second that 99 of 100 busy seconds do not exceed

	// Of a power cut: when 99 of 100 phones, and the last one, have resynced
	// for the first time; -1 when not within the plan.
	Done99, DoneAll int
	Undone          int // phones that have not resynced at the end
}

// Plan plays the fleet. Phones that do not influence each other are played one
// by one, which keeps all of a phone's state in registers. With a Capacity a
// refusal depends on who else asks in that second: the phones then go through a
// wheel of seconds, 12 bytes a phone.
func (l *Load) Plan() (*Plan, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	m := l.model()
	p := &Plan{Requests: make([]uint32, m.end)}
	if l.Capacity > 0 || len(l.Down) > 0 {
		p.Refused = make([]uint32, m.end)
	}
	done := make([]uint32, m.end)
	if l.Settings.ProvisionEnable {
		if l.Capacity > 0 {
			m.wheel(l.Phones, l.Capacity, p, done)
		} else if m.set || len(m.down) > 0 {
			m.stream(l.Phones, p, done)
		} else {
			m.steady(l.Phones, p, done)
		}
	}
	p.sum(l.Phones, done)
	return p, nil
}

func (l *Load) check() error {
	switch {
	case l.Phones < 1 || l.Phones > MostPhones:
		return fmt.Errorf("a fleet of %s phones: want 1 to %s", grouped(l.Phones), grouped(MostPhones))
	case l.Length < time.Second || l.Length > LongestLoad:
		return fmt.Errorf("a plan for %s: want a second to 31 days", inWords(int(l.Length/time.Second)))
	case l.Stagger < 0 || l.Stagger > int(LongestLoad/time.Second):
		return errors.New("the return of power is spread over 0 s to 31 days")
	case l.Requests < 0 || l.Requests > 1000:
		return fmt.Errorf("%d requests for a resync: want 1 to 1000", l.Requests)
	case l.Capacity < 0 || l.Capacity > 0 && l.Capacity < l.Requests:
		return fmt.Errorf("a capacity of %d requests a second is less than one resync makes", l.Capacity)
	}
	return nil
}

// model is the part of a phone that matters for load: its clocks, in seconds
// from the start.
type model struct {
	end       uint32 // of the plan
	requests  uint32 // of a resync
	periodic  []step32
	retry     []step32
	boot      bool
	spread    uint32 // of the boot resync
	stagger   uint32
	running   bool
	set       bool  // Resync_At
	setFirst  int64 // first opening of its window
	setLength uint32
	down      []Outage
	chance    pcg
}

// step32 is an element of a list of delays, each part at most longestStep.
type step32 struct{ seconds, random uint32 }

// longestStep keeps the sum of a second of the plan and both parts of a delay
// within 32 bits; no plan is that long.
const longestStep = 1 << 30

// never is the time of a clock that stands.
const never = ^uint32(0)

func (l *Load) model() *model {
	s := &l.Settings
	m := &model{
		end:      uint32(l.Length / time.Second),
		requests: uint32(max(l.Requests, 1)),
		periodic: steps(s.periodic()), retry: steps(s.retry(&l.Quirks)),
		boot: s.OnReset, spread: uint32(s.bootSpread(&l.Quirks)), stagger: uint32(l.Stagger),
		running: l.Running, set: s.SetTimeOn, setLength: uint32(s.SetTime.Length), down: l.Down,
		chance: newPCG(l.Seed),
	}
	if m.set {
		const day = 86400
		m.setFirst = (int64(s.SetTime.First) - int64(l.Clock/time.Second)) % day
		if m.setFirst+int64(m.setLength) < 0 {
			m.setFirst += day
		} else if m.setFirst > int64(m.setLength) && m.setFirst-day+int64(m.setLength) >= 0 {
			m.setFirst -= day // yesterday's window is still open
		}
	}
	return m
}

// steps are the elements of a list, as far as it goes; the last one repeats.
func steps(list rule.Delays) []step32 {
	var out []step32
	for k := range min(len(list), 255) {
		d, on := list.At(k)
		if !on || list[k] == (rule.Delay{}) {
			return append(out, step32{}) // it ends here
		}
		out = append(out, step32{uint32(min(max(d.Seconds, 1), longestStep)), uint32(min(d.Random, longestStep))})
	}
	return out
}

// wait is the k-th delay of a list; ok is false when it is off or has ended.
func (m *model) wait(list []step32, k uint8) (seconds uint32, ok bool) {
	if len(list) == 0 {
		return 0, false
	}
	s := list[min(int(k), len(list)-1)]
	if s == (step32{}) {
		return 0, false
	}
	if s.random > 0 {
		s.seconds += m.chance.upTo(s.random)
	}
	return s.seconds, true
}

// later is at plus a wait, never when that is beyond the plan.
func (m *model) later(at, wait uint32) uint32 {
	if sum := uint64(at) + uint64(wait); sum < uint64(m.end) {
		return uint32(sum)
	}
	return never
}

// fleetPhone is what a phone remembers between two attempts.
type fleetPhone struct {
	failures uint8 // in a row
	uses     uint8 // of the periodic clock
	timer    bool  // the clock that runs is the periodic one
}

// begin is the phone's first clock: the boot resync, or the periodic one.
func (m *model) begin(ph *fleetPhone) uint32 {
	up := uint32(0)
	if m.stagger > 0 {
		up = m.chance.upTo(m.stagger)
	}
	switch {
	case m.running && len(m.periodic) > 0:
		// Long in step with nobody: somewhere within the element that repeats.
		ph.uses = uint8(len(m.periodic) - 1)
		ph.timer = true
		wait, ok := m.wait(m.periodic, ph.uses)
		if !ok {
			return never
		}
		return m.later(0, m.chance.upTo(wait-1))
	case m.running:
		return never
	case m.boot:
		return m.later(up, m.chance.upTo(m.spread))
	}
	return m.periodicFrom(ph, up)
}

// periodicFrom starts the periodic clock.
func (m *model) periodicFrom(ph *fleetPhone, at uint32) uint32 {
	wait, ok := m.wait(m.periodic, ph.uses)
	if !ok {
		return never
	}
	ph.timer = true
	return m.later(at, wait)
}

// after is the clock that an attempt starts (d.3). running is the clock that
// the attempt left running, never for none.
func (m *model) after(ph *fleetPhone, at, running uint32, ok bool) uint32 {
	if ok {
		ph.failures = 0
		return m.periodicFrom(ph, at)
	}
	wait, on := m.wait(m.retry, ph.failures)
	if ph.failures < 255 {
		ph.failures++
	}
	if on {
		ph.timer = false
		return m.later(at, wait)
	}
	if running != never {
		return running
	}
	return m.periodicFrom(ph, at)
}

// expired notes that the phone's clock, not the set time, has fallen due.
func (ph *fleetPhone) expired() {
	if ph.timer && ph.uses < 255 {
		ph.uses++
	}
	ph.timer = false
}

// firstSet is the phone's first moment at the set time.
func (m *model) firstSet() uint32 {
	if !m.set {
		return never
	}
	const day = 86400
	for first := m.setFirst; first < int64(m.end); first += day {
		if at := first + int64(m.chance.upTo(m.setLength)); at >= 0 {
			return m.later(0, uint32(min(at, int64(m.end))))
		}
	}
	return never
}

// nextSet is the moment of the day after the one that was at.
func (m *model) nextSet(at uint32) uint32 {
	const day = 86400
	opened := m.setFirst + (int64(at)-m.setFirst)/day*day
	next := opened + day + int64(m.chance.upTo(m.setLength))
	if next >= int64(m.end) {
		return never
	}
	return uint32(next)
}

func (m *model) isDown(at uint32) bool {
	for _, o := range m.down {
		if int64(at) >= int64(o.From) && int64(at) < int64(o.To) {
			return true
		}
	}
	return false
}

// stream plays phones that do not influence each other, one after the other.
func (m *model) stream(phones int, p *Plan, done []uint32) {
	for range phones {
		var ph fleetPhone
		clock, set := m.begin(&ph), m.firstSet()
		undone := true
		for {
			at := min(clock, set)
			if at == never {
				break
			}
			running := never
			if set <= clock {
				set = m.nextSet(at)
				if clock > at {
					running = clock // the set time leaves it alone until the result
				} else {
					ph.expired()
				}
			} else {
				ph.expired()
			}
			ok := !m.isDown(at)
			if ok {
				p.Requests[at] += m.requests
			} else {
				p.Requests[at]++
				p.Refused[at]++
			}
			if ok && undone {
				undone = false
				done[at]++
			}
			clock = m.after(&ph, at, running, ok)
		}
	}
}

// steady plays phones that never fail and know no set time: one clock, whose
// last element repeats to the end. It is stream for the commonest case, and
// several times as fast. What the innermost loop needs stands in variables:
// fields of m would be read for each request.
func (m *model) steady(phones int, p *Plan, done []uint32) {
	var last step32
	if n := len(m.periodic); n > 0 {
		last = m.periodic[n-1]
	}
	counts, requests := p.Requests, m.requests
	for range phones {
		var ph fleetPhone
		at := m.begin(&ph)
		if at != never {
			done[at]++
		}
		for at != never { // up to the element that repeats
			counts[at] += requests
			ph.expired()
			at = m.periodicFrom(&ph, at)
			if int(ph.uses) >= len(m.periodic)-1 {
				break
			}
		}
		if last.random == 0 {
			for at, step := uint(at), uint(last.seconds); at < uint(len(counts)); at += step {
				counts[at] += requests
			}
			continue
		}
		for ; at < m.end; at += last.seconds + m.chance.upTo(last.random) {
			counts[at] += requests
		}
	}
}

// wheelPhone is a phone on the wheel: 12 bytes, in one line of the cache.
type wheelPhone struct {
	fleetPhone
	undone bool
	link   uint32 // the next phone due in the same second
	other  uint32 // the later of its two clocks
}

// setFirst marks, in a link, a phone whose earlier clock is the set time.
// Phones are fewer than its value.
const (
	setFirst = 1 << 31
	linkMask = setFirst - 1
	noLink   = linkMask
)

// wheel is a list of phones for each second.
type wheel struct {
	phones []wheelPhone
	heads  []uint32
}

// put lists phone i under the earlier of its clocks.
func (w *wheel) put(i, clock, set uint32) {
	ph := &w.phones[i]
	at, mark := clock, uint32(0)
	ph.other = set
	if set <= clock {
		at, mark = set, setFirst
		ph.other = clock
	}
	if at != never {
		ph.link = w.heads[at] | mark
		w.heads[at] = i
	}
}

// wheel plays phones that compete for the servers: in each second the first
// ones are answered, up to the capacity, and the others refused.
func (m *model) wheel(phones, capacity int, p *Plan, done []uint32) {
	w := wheel{phones: make([]wheelPhone, phones), heads: make([]uint32, m.end)}
	for at := range w.heads {
		w.heads[at] = noLink
	}
	for i := range w.phones {
		w.phones[i].undone = true
		clock := m.begin(&w.phones[i].fleetPhone)
		w.put(uint32(i), clock, m.firstSet())
	}
	for at := range m.end {
		room := capacity
		if m.isDown(at) {
			room = 0
		}
		asked, refused := uint32(0), uint32(0)
		for i := w.heads[at]; i != noLink; {
			ph := &w.phones[i]
			set, running := ph.other, never
			link := ph.link
			if link&setFirst != 0 {
				running, set = ph.other, m.nextSet(at)
			}
			if running == at || link&setFirst == 0 {
				running = never
				ph.expired()
			}
			ok := room >= int(m.requests)
			if ok {
				room -= int(m.requests)
				asked += m.requests
				if ph.undone {
					ph.undone = false
					done[at]++
				}
			} else {
				asked++
				refused++
			}
			w.put(i, m.after(&ph.fleetPhone, at, running, ok), set)
			i = link & linkMask
		}
		p.Requests[at], p.Refused[at] = asked, refused
	}
}

// sum fills in the figures that follow from the seconds.
func (p *Plan) sum(phones int, done []uint32) {
	var busy []uint32
	for at, n := range p.Requests {
		if n == 0 {
			continue
		}
		busy = append(busy, n)
		p.Total += int(n)
		if int(n) > p.Peak {
			p.Peak, p.PeakAt = int(n), at
		}
	}
	for _, n := range p.Refused {
		p.TotalRefused += int(n)
	}
	if p.TotalRefused == 0 {
		p.Refused = nil
	}
	if len(busy) > 0 {
		slices.Sort(busy)
		p.P99 = int(busy[(len(busy)*99+99)/100-1])
	}
	p.Done99, p.DoneAll = -1, -1
	sum := 0
	for at, n := range done {
		sum += int(n)
		if p.Done99 < 0 && sum >= (phones*99+99)/100 {
			p.Done99 = at
		}
		if p.DoneAll < 0 && sum == phones {
			p.DoneAll = at
		}
	}
	p.Undone = phones - sum
}

// Expected is the closed form of Plan: how many requests a second brings on
// average. ok is false where there is none: with a Capacity, with outages, or
// when a random part of Resync_Periodic blurs the waves of a power cut.
func (l *Load) Expected(second int) (requests float64, ok bool) {
	s := &l.Settings
	n := float64(l.Phones) * float64(max(l.Requests, 1))
	switch {
	case l.Capacity > 0 || len(l.Down) > 0:
		return 0, false
	case !s.ProvisionEnable || second < 0 || second >= int(l.Length/time.Second):
		return 0, true
	}
	m := l.model()
	if m.set {
		const day = 86400
		if since := (int64(second) - m.setFirst) % day; since >= 0 && since <= int64(m.setLength) {
			requests += n / float64(m.setLength+1)
		}
	}
	last := len(m.periodic) - 1
	if m.running {
		if last >= 0 && m.periodic[last] != (step32{}) {
			e := m.periodic[last]
			requests += n / (float64(e.seconds) + float64(e.random)/2)
		}
		return requests, true
	}
	for k, since := 0, int64(second); ; k++ {
		if k > 0 || m.boot {
			requests += n * m.startShare(since)
		}
		if last < 0 || m.periodic[min(k, last)] == (step32{}) {
			return requests, true
		}
		e := m.periodic[min(k, last)]
		if e.random > 0 {
			return requests, since < int64(e.seconds)
		}
		if since -= int64(e.seconds); since < 0 {
			return requests, true
		}
	}
}

// startShare is the share of the fleet whose boot resync is due in a second:
// the sum of two numbers drawn evenly, from 0 to stagger and from 0 to spread.
func (m *model) startShare(second int64) float64 {
	a, b := int64(m.stagger), int64(m.spread)
	if !m.boot {
		b = 0
	}
	ways := min(second, a, b, a+b-second) + 1
	if second < 0 || ways <= 0 {
		return 0
	}
	return float64(ways) / (float64(a+1) * float64(b+1))
}

// pcg draws numbers: a 64-bit linear congruential generator with its high
// bits mixed (PCG RXS-M-XS), inlined into the hot loops.
type pcg struct{ state uint64 }

func newPCG(seed uint64) pcg {
	r := pcg{seed ^ 0x9e3779b97f4a7c15}
	r.next()
	return r
}

func (r *pcg) next() uint64 {
	r.state = r.state*6364136223846793005 + 1442695040888963407
	x := (r.state >> (r.state>>59 + 5)) ^ r.state
	x *= 12605985483714917081
	return x>>43 ^ x
}

// upTo draws a number from 0 to max, both included.
func (r *pcg) upTo(max uint32) uint32 {
	return uint32(r.next() >> 32 * (uint64(max) + 1) >> 32)
}
