package resync

import (
	"strconv"
	"time"

	"profilegen/rule"
)

// tuneSetTime draws the set time's moment when there is none, or when the
// window has changed.
func (p *Phone) tuneSetTime() {
	s := p.current()
	if !s.SetTimeOn {
		if !p.clocks[SetTime].IsZero() {
			p.clocks[SetTime] = time.Time{}
			p.resumePeriodic()
		}
		return
	}
	if p.clocks[SetTime].IsZero() || s.SetTime != p.drawn {
		p.drawSetTime(dateOf(p.local()).add(-1)) // yesterday's window may still be open
	}
}

// drawSetTime sets the clock for the first moment from the given day on.
func (p *Phone) drawSetTime(from date) {
	s := p.current()
	if !s.SetTimeOn {
		return
	}
	at, next := s.SetTime.next(p.local(), from, p.draw)
	p.drawn, p.nextSetTime = s.SetTime, next
	p.clocks[SetTime] = at.Add(-p.clock)
	p.emit(Event{Kind: ClockStarted, Cause: SetTime, At: p.clocks[SetTime], Mark: "d.3"})
}

// setClock starts a clock that runs for a time.
func (p *Phone) setClock(cause Cause, delay time.Duration, element string) {
	p.clocks[cause] = p.now.Add(delay)
	mark := "d.3"
	if cause == Boot || cause == AfterUpgrade {
		mark = "d.1"
	}
	p.emit(Event{Kind: ClockStarted, Cause: cause, At: p.clocks[cause], Text: element, Mark: mark})
}

// startPeriodic starts the periodic clock with the element in turn (d.3).
func (p *Phone) startPeriodic() {
	list := p.current().periodic()
	if d, on := list.At(p.periodicUses); on {
		p.setClock(Periodic, p.delay(d), elementOf(list, p.periodicUses))
	}
}

// resumePeriodic starts the periodic clock if it stands and a resync has ever
// succeeded.
func (p *Phone) resumePeriodic() {
	if p.clocks[Periodic].IsZero() && p.attempts.succeeded {
		p.startPeriodic()
	}
}

// startRetry starts the retry clock with the element of the last failure. It
// tells whether there is one.
func (p *Phone) startRetry() bool {
	k := max(p.attempts.failures-1, 0)
	list := p.current().retry(&p.Quirks)
	d, on := list.At(k)
	if on {
		p.setClock(Retry, p.delay(d), elementOf(list, k))
	}
	return on
}

// delay draws the random part of an element. A second at least passes, so that
// 0+r cannot make attempts without end at one moment.
func (p *Phone) delay(d rule.Delay) time.Duration {
	return max(seconds(d.Seconds)+seconds(p.draw(min(d.Random, longest))), time.Second)
}

// elementOf tells which element of a list of delays is used; "" when there is
// only one.
func elementOf(list rule.Delays, k int) string {
	if len(list) < 2 {
		return ""
	}
	return "element " + strconv.Itoa(min(k, len(list)-1)+1) + " of " + strconv.Itoa(len(list))
}

// succeed and fail set the clocks after an attempt (d.3).
func (p *Phone) succeed() {
	p.attempts.failures = 0
	p.attempts.succeeded = true
	p.clocks[Retry] = time.Time{}
	p.clocks[Periodic] = time.Time{}
	p.startPeriodic()
}

func (p *Phone) fail() {
	p.attempts.failures++
	p.clocks[Retry] = time.Time{}
	if p.startRetry() {
		p.clocks[Periodic] = time.Time{}
		return
	}
	p.resumePeriodic()
	if _, ok := p.Next(); !ok {
		p.emit(Event{Kind: Remark, Parameter: "Resync_Error_Retry_Delay", Mark: "d.3",
			Text: "no retry and no other clock: the phone does not resync by itself any more"})
	}
}
