package resync

import (
	"strconv"
	"strings"
	"time"
)

// Window is the span of the day in which Resync_At falls: a moment in it is
// drawn anew each day (d.3).
type Window struct {
	First  int // second after midnight
	Length int // seconds; the moment is First to First+Length, both included
}

// shortestSpread is the smallest Resync_At_Random_Delay that counts.
const shortestSpread = 600

// ParseWindow reads Resync_At__HHmm_ and Resync_At_Random_Delay. ok is false
// when the time is off: empty, or not exactly four digits from 0000 to 2400.
func ParseWindow(at, spread string, q *Quirks) (w Window, ok bool) {
	at = strings.TrimSpace(at)
	if len(at) != 4 {
		return w, false
	}
	for i := range len(at) {
		if at[i] < '0' || at[i] > '9' {
			return w, false
		}
	}
	hour := int(at[0]-'0')*10 + int(at[1]-'0')
	minute := int(at[2]-'0')*10 + int(at[3]-'0')
	if minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return w, false
	}
	delay, err := strconv.Atoi(strings.TrimSpace(spread))
	if err != nil || delay < 0 {
		delay = 0
	}
	delay = min(delay, longest)
	if delay < shortestSpread && !q.ShortSetTimeSpread {
		delay = shortestSpread
	}
	return Window{First: hour%24*3600 + minute*60, Length: (delay + 30) / 60 * 60}, true
}

// Begin is the moment the window opens on the day of a date in its zone.
//
// On the days of a change to or from summer time: a time of day that the clock
// skips begins where the clock jumps (it then first shows as much or more); of
// one that comes twice the first counts. Assumed: a phone that compares its
// clock with HHmm each minute does so.
func (w Window) Begin(year int, month time.Month, day int, zone *time.Location) time.Time {
	wall := time.Date(year, month, day, 0, 0, w.First, 0, time.UTC).Unix()
	offset := func(at int64) int64 {
		_, seconds := time.Unix(at, 0).In(zone).Zone()
		return int64(seconds)
	}
	const day24 = 24 * 3600
	before, after := offset(wall-day24), offset(wall+day24)
	if before == after {
		return time.Unix(wall-before, 0).In(zone)
	}
	_, change := time.Unix(wall-day24, 0).In(zone).ZoneBounds()
	if first := time.Unix(wall-before, 0); first.Before(change) {
		return first.In(zone)
	}
	if second := time.Unix(wall-after, 0); !second.Before(change) {
		return second.In(zone)
	}
	return change.In(zone)
}

// next draws the moment of each day, from the given day on, until one is not
// before now. It gives that moment and the day after it, where the next search
// begins.
func (w Window) next(now time.Time, from date, draw func(max int) int) (at time.Time, then date) {
	for day := from; ; day = day.next() {
		at = w.Begin(day.year, day.month, day.day, now.Location()).Add(time.Duration(draw(w.Length)) * time.Second)
		if !at.Before(now) {
			return at, day.next()
		}
	}
}

// date is a day of the calendar.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

func (d date) next() date { return d.add(1) }

func (d date) add(days int) date {
	return dateOf(time.Date(d.year, d.month, d.day+days, 12, 0, 0, 0, time.UTC))
}

// longest bounds the seconds of a delay, some 68 years, so that sums of times
// stay in range whatever a profile says.
const longest = 1<<31 - 1

// seconds is a duration of n seconds, at most the longest.
func seconds(n int) time.Duration { return time.Duration(min(n, longest)) * time.Second }
