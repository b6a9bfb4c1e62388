package resync

import (
	"slices"
	"strconv"
	"time"

	"profilegen/rule"
)

// Outlook is what a phone that starts now will do by itself: when it resyncs,
// how it comes back after failures, and what keeps it from either. It follows
// from the settings alone; files fetched meanwhile may change them.
type Outlook struct {
	From, To time.Time
	Spans    []Span // in the order of their beginnings, as many as mostSpans
	Ladder   []Rung // of failures in a row, until the waits repeat
	Notes    []Note // what is off, ignored or held, and why
}

// Span is a resync to come: some moment from From to To, both included.
type Span struct {
	From, To time.Time
	Cause    Cause
	Held     bool // it falls due then, and the triggers hold it
	Reason   string
	Mark     string // rule of docs/behaviour.md
}

// Rung is the wait after a number of failures in a row.
type Rung struct {
	Failure        int
	Least, Most    time.Duration // the wait
	SinceL, SinceM time.Duration // least and most since the first failure
	Repeats        bool          // all further waits are the same
}

// mostSpans bounds an outlook.
const mostSpans = 2000

// Outlook looks ahead from a start-up at from, with no call in progress and a
// server that answers.
func (p *Phone) Outlook(from time.Time, length time.Duration) Outlook {
	from = from.In(p.zone())
	s := p.current()
	o := Outlook{From: from, To: from.Add(length), Notes: append([]Note(nil), s.Notes...)}
	held, never := o.gates(p)
	if never {
		return o
	}
	o.boot(s, &p.Quirks, held)
	o.periodic(s, held)
	o.setTime(s, held)
	slices.SortStableFunc(o.Spans, func(a, b Span) int { return a.From.Compare(b.From) })
	o.Ladder = ladder(s.retry(&p.Quirks))
	if len(o.Ladder) == 0 {
		o.note("Resync_Error_Retry_Delay", "off: a failed resync is not repeated before the next one that is due", "d.3")
	}
	if len(o.Spans) == 0 {
		o.note("", "no clock runs: the phone resyncs only when it is asked to", "d.3")
	}
	return o
}

func (o *Outlook) note(parameter, text, mark string) {
	o.Notes = append(o.Notes, Note{parameter, text, mark})
}

// gates notes what stands before every resync (d.2).
func (o *Outlook) gates(p *Phone) (held, never bool) {
	s := p.current()
	if !s.ProvisionEnable {
		o.note("Provision_Enable", "No: there is no resync at all, not even on request", "d.2")
		return false, true
	}
	view := p.view()
	held = !triggersPass(s, view.Macro, &p.Quirks)
	if held {
		text := "no resync takes place on time: each one that falls due is held, and nothing the phone does by itself ends that"
		if s.wait(view.Macro, p.moving, &p.Quirks) > 0 {
			text = "each resync that falls due is held until a trigger is true"
		}
		o.note("", text+"; a SIP NOTIFY and the direct action URL still work", "d.2")
	}
	for i, text := range s.Triggers {
		result, err := AskTrigger(text, view.Macro)
		wait := waitFor(text, view.Macro, p.moving, &p.Quirks)
		switch {
		case err != nil:
			o.note(triggerNames[i], "is never true, since "+unreadable(err), "b.1")
		case result == TriggerFalse && wait > 0:
			o.note(triggerNames[i], "is false now; it turns true by itself in "+inWords(wait)+" at the earliest", "d.2")
		case result == TriggerFalse:
			o.note(triggerNames[i], "is false, and only a change of a parameter can make it true", "d.2")
		}
	}
	if s.ForcedDelay > 0 {
		o.note("Forced_Resync_Delay", "during a call a resync waits for the end, "+inWords(s.ForcedDelay)+" at most", "d.2")
	}
	return held, false
}

// boot adds the resync after start-up (d.1).
func (o *Outlook) boot(s *Settings, q *Quirks, held bool) {
	if !s.OnReset {
		o.note("Resync_On_Reset", "No: a start-up brings no resync", "d.1")
		return
	}
	spread := s.bootSpread(q)
	reason := "at once after power-on (Resync_Random_Delay 0)"
	if spread > 0 {
		reason = "0 to " + grouped(spread) + " s after power-on (Resync_Random_Delay " + strconv.Itoa(s.RandomDelay) + ")"
	}
	o.add(Span{From: o.From, To: o.From.Add(seconds(spread)), Cause: Boot, Held: held, Reason: reason, Mark: "d.1"})
}

// periodic adds the periodic resyncs that follow the first success (d.3).
func (o *Outlook) periodic(s *Settings, held bool) {
	if held || len(o.Spans) == 0 {
		return
	}
	list := s.periodic()
	first, last := o.Spans[0].From, o.Spans[0].To
	for k := 0; len(o.Spans) < mostSpans; k++ {
		d, on := list.At(k)
		if !on {
			return
		}
		wait := max(seconds(d.Seconds), time.Second)
		first, last = first.Add(wait), last.Add(wait+seconds(d.Random))
		if first.After(o.To) {
			return
		}
		reason := "Resync_Periodic " + d.String()
		if element := elementOf(list, k); element != "" {
			reason += " (" + element + ")"
		}
		o.add(Span{From: first, To: last, Cause: Periodic, Reason: reason, Mark: "d.3"})
	}
}

// setTime adds the windows of Resync_At (d.3).
func (o *Outlook) setTime(s *Settings, held bool) {
	if !s.SetTimeOn {
		return
	}
	for day := dateOf(o.From).add(-1); len(o.Spans) < mostSpans; day = day.next() {
		begin := s.SetTime.Begin(day.year, day.month, day.day, o.From.Location())
		end := begin.Add(seconds(s.SetTime.Length))
		if begin.After(o.To) {
			break
		}
		if end.Before(o.From) {
			continue
		}
		o.add(Span{From: begin, To: end, Cause: SetTime, Held: held, Mark: "d.3",
			Reason: "Resync_At__HHmm_ " + s.SetTime.clock() + ", a moment within " + plural(s.SetTime.Length/60, "minute")})
	}
}

func (o *Outlook) add(s Span) { o.Spans = append(o.Spans, s) }

// clock is the window's begin as HHmm.
func (w Window) clock() string {
	minutes := w.First / 60
	return twoDigits(minutes/60) + twoDigits(minutes%60)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// ladder lists the waits after failures until they repeat.
func ladder(list rule.Delays) []Rung {
	var rungs []Rung
	var least, most time.Duration
	for k := range list {
		d, on := list.At(k)
		if !on || k > 0 && d == (rule.Delay{}) {
			return rungs
		}
		r := Rung{Failure: k + 1, Least: max(seconds(d.Seconds), time.Second), Repeats: k == len(list)-1}
		r.Most = max(seconds(d.Seconds)+seconds(d.Random), r.Least)
		least, most = least+r.Least, most+r.Most
		r.SinceL, r.SinceM = least, most
		rungs = append(rungs, r)
		if next, on := list.At(k + 1); !on || next == d && k+1 >= len(list)-1 {
			rungs[k].Repeats = on
			return rungs
		}
	}
	return rungs
}

// AppendText appends the outlook as text.
func (o *Outlook) AppendText(dst []byte) []byte {
	dst = append(dst, "from "...)
	dst = o.From.AppendFormat(dst, "Monday 2006-01-02 15:04:05")
	dst = append(dst, " to "...)
	dst = o.To.AppendFormat(dst, "Monday 2006-01-02 15:04:05\n")
	for i, s := range o.Spans {
		const listed = 24
		if i == listed && len(o.Spans) > listed+1 {
			dst = append(dst, "  … and "+grouped(len(o.Spans)-listed)+" more\n"...)
			break
		}
		dst = append(dst, "  "+moment(s.From, o.From)...)
		if !s.To.Equal(s.From) {
			dst = append(dst, " … "+moment(s.To, s.From)...)
		}
		dst = append(dst, "  "+s.Reason...)
		if s.Held {
			dst = append(dst, "; held, see the notes"...)
		}
		dst = append(dst, "  ["+s.Mark+"]\n"...)
	}
	if len(o.Ladder) > 0 {
		dst = append(dst, "after failures in a row (Resync_Error_Retry_Delay)  [d.3]\n"...)
	}
	for _, r := range o.Ladder {
		dst = r.appendText(dst)
	}
	for i, n := range o.Notes {
		if i == 0 {
			dst = append(dst, "notes\n"...)
		}
		dst = append(dst, "  "+join(n.Parameter, n.Text)+"  ["+n.Mark+"]\n"...)
	}
	return dst
}

func (r *Rung) appendText(dst []byte) []byte {
	wait := inWords(int(r.Least / time.Second))
	if r.Most > r.Least {
		wait += " to " + inWords(int(r.Most/time.Second))
	}
	dst = append(dst, "  "+strconv.Itoa(r.Failure)+". retry after "+wait...)
	if r.Failure > 1 {
		dst = append(dst, ", "+inWords(int(r.SinceL/time.Second))+" after the first failure"...)
	}
	if r.Repeats {
		dst = append(dst, "; so on from there"...)
	}
	return append(dst, '\n')
}

// inWords is a length of time: 45 s, 10 min, 1 h 3 min.
func inWords(n int) string {
	text := ""
	for _, unit := range []struct {
		size int
		name string
	}{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}} {
		if count := n / unit.size; count > 0 || unit.size == 1 && text == "" {
			if text != "" {
				text += " "
			}
			text += strconv.Itoa(count) + unit.name
		}
		n %= unit.size
	}
	return text
}
