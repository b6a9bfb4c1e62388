package resync

import "time"

// Trace writes events as the lines a person reads, under a line for each day.
// The zero value is ready.
type Trace struct {
	day date
	any bool
}

// AppendTo appends the event.
func (t *Trace) AppendTo(dst []byte, e *Event) []byte {
	if day := dateOf(e.Time); !t.any || day != t.day {
		t.day, t.any = day, true
		dst = e.Time.AppendFormat(dst, "Monday "+time.DateOnly)
		dst = append(dst, '\n')
	}
	return e.AppendLine(dst)
}
