package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"profilegen/resync"
)

// eventForm appends what is printed of an event, often nothing.
type eventForm func(dst []byte, h *handset, e *resync.Event) []byte

// printer prints the events of any number of phones.
type printer struct {
	form eventForm
	w    io.Writer

	mu     sync.Mutex
	buffer []byte
}

func (p *printer) print(h *handset, e *resync.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buffer = p.form(p.buffer[:0], h, e)
	if len(p.buffer) > 0 {
		p.w.Write(p.buffer)
	}
}

// jsonForm is one JSON object for each event, its phone first.
func jsonForm(dst []byte, h *handset, e *resync.Event) []byte {
	dst = append(dst, `{"phone":"`+h.MAC.String()+`",`...)
	at := len(dst)
	dst = e.AppendJSON(dst)
	dst = append(dst[:at], dst[at+1:]...) // its brace
	return append(dst, '\n')
}

// traceForm is the trace of one phone.
type traceForm struct{ trace resync.Trace }

func (t *traceForm) append(dst []byte, _ *handset, e *resync.Event) []byte {
	return t.trace.AppendTo(dst, e)
}

// fleetTraceForm is the trace of many phones, each line with its phone.
func fleetTraceForm(dst []byte, h *handset, e *resync.Event) []byte {
	return e.AppendLine(append(dst, h.MAC.String()+"  "...))
}

// briefForm is one line for each resync, and for what comes in its place.
func briefForm(dst []byte, h *handset, e *resync.Event) []byte {
	switch e.Kind {
	case resync.Succeeded:
		return fmt.Appendf(dst, "%s  resync succeeded (%s): %s, %s changed\n", e.Time.Format("15:04:05"), e.Cause.Words(),
			plural(h.files, "file"), plural(h.changes.count, "value"))
	case resync.Failed:
		dst = fmt.Appendf(dst, "%s  resync failed (%s): %s: %s", e.Time.Format("15:04:05"), e.Cause.Words(), e.Parameter, e.Err)
		if h.trouble != "" {
			dst = append(dst, " ("+printable(h.trouble)+")"...)
		}
		return append(dst, '\n')
	case resync.ClockStarted:
		if h.atOnce {
			return dst // it ends before that
		}
	case resync.WasDropped, resync.WasHeld, resync.WasAsked, resync.Restarted, resync.ReportSent:
	default:
		return dst
	}
	return e.AppendLine(dst)
}

// printable takes out what could steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || 0x7f <= r && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

// changeList gathers what a phone's values were at first and are now.
type changeList struct {
	order []string
	by    map[string]*resync.Change
	count int // of the attempt in hand
}

func (l *changeList) add(changes []resync.Change) {
	l.count += len(changes)
	for _, c := range changes {
		known, ok := l.by[c.Element]
		if !ok {
			if l.by == nil {
				l.by = map[string]*resync.Change{}
			}
			l.order = append(l.order, c.Element)
			l.by[c.Element] = &c
			continue
		}
		known.New = c.New
		if c.UA != "" {
			known.UA = c.UA
		}
	}
}

// print lists the changes in the order in which they came.
func (l *changeList) print(w io.Writer) {
	for _, name := range l.order {
		c := l.by[name]
		old, new := shortened(c.Old), shortened(c.New)
		if c.Secret {
			old, new = "***", "***"
		}
		line := name + ": " + old + " → " + new
		if c.UA != "" {
			line += ", ua=" + c.UA
		}
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// longestShown is how much of a value a list of changes shows.
const longestShown = 200

// shortened is a value between quotes, a long one without its end.
func shortened(value string) string {
	if runes := []rune(value); len(runes) > longestShown {
		return fmt.Sprintf("%q… (%s characters)", string(runes[:longestShown]), group(len(runes)))
	}
	return fmt.Sprintf("%q", value)
}
