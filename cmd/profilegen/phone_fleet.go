package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"profilegen/resync"
)

// runFleet plays many phones, each in a goroutine of its own.
func (r *phoneRun) runFleet(ctx context.Context, p *program, n *network, phones []*handset) error {
	var show func(*handset, *resync.Event)
	var table *fleetTable
	if screen := liveScreen(p.stdout); screen != nil && !r.trace && !r.json {
		table = &fleetTable{phones: phones, screen: screen}
		show = func(*handset, *resync.Event) {}
	} else {
		show = (&printer{w: p.stdout, form: r.fleetForm()}).print
	}
	ended := make(chan struct{})
	var drawing, playing sync.WaitGroup
	if table != nil {
		drawing.Go(func() { table.keepDrawing(ended) })
	}
	start := time.Now()
	for _, h := range phones {
		h.Log = h.listener(ctx, p, n, show)
		playing.Go(func() { h.play(ctx, r.once, func() error { return nil }) })
	}
	playing.Wait()
	close(ended)
	drawing.Wait()
	return r.summarise(p, phones, time.Since(start))
}

// fleetForm is how the events of many phones are printed.
func (r *phoneRun) fleetForm() eventForm {
	if r.trace {
		return fleetTraceForm
	}
	return jsonForm
}

// summarise tells how the fleet stands at the end.
func (r *phoneRun) summarise(p *program, phones []*handset, took time.Duration) error {
	count := map[verdict]int{}
	resyncs := 0
	for _, h := range phones {
		count[h.verdict]++
		resyncs += h.attempts
	}
	p.note("%s: %s succeeded, %s failed, %s without a resync; %s in %s", plural(len(phones), "phone"),
		group(count[succeeded]), group(count[failed]), group(count[undecided]), plural(resyncs, "resync attempt"), took.Round(time.Second/10))
	switch {
	case !r.once:
		return nil
	case count[undecided] > 0:
		return errors.New("interrupted before all resyncs had ended")
	case count[failed] > 0:
		return errProblems
	}
	return nil
}

// standing is how a phone stands, for the table.
type standing struct {
	word  string // "waits", "fetches", "held", "ok", "failed"
	text  string // what it fetches, or what the last resync came to
	since time.Time
	next  time.Time // of its clocks, the one set last
}

// follow takes in an event.
func (s *standing) follow(e *resync.Event) {
	become := func(word, text string) { s.word, s.text, s.since = word, text, e.Time }
	switch e.Kind {
	case resync.ClockStarted:
		s.next = e.At
		if s.word == "" {
			become("waits", e.Sentence())
		}
	case resync.Began:
		become("fetches", e.Cause.Words())
	case resync.Requested, resync.Redirected:
		s.text = e.URL
	case resync.Succeeded:
		become("ok", s.text)
	case resync.Failed:
		become("failed", strings.TrimPrefix(e.Sentence(), "resync failed: "))
	case resync.WasHeld:
		become("held", strings.TrimPrefix(e.Sentence(), "held: "))
	case resync.WasDropped:
		become("dropped", e.Sentence())
	}
}

// fleetTable is the live table of many phones: how many stand how, and those
// that are worth a look.
type fleetTable struct {
	phones []*handset
	screen screen
	drawn  int // lines on the screen
}

// screen is a terminal.
type screen interface {
	io.Writer
	size() (width, height int)
}

type terminal struct{ *os.File }

func (t terminal) size() (width, height int) {
	width, height, err := term.GetSize(int(t.Fd()))
	if err != nil {
		return 80, 24
	}
	return width, height
}

// liveScreen is the terminal that w is; nil when it is none, or one that
// cannot move its cursor.
func liveScreen(w io.Writer) screen {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		return terminal{file}
	}
	return nil
}

// redrawn is how often the table is drawn anew.
const redrawn = 200 * time.Millisecond

// keepDrawing draws the table until ended is closed, and once more then.
func (t *fleetTable) keepDrawing(ended <-chan struct{}) {
	ticks := time.NewTicker(redrawn)
	defer ticks.Stop()
	for {
		t.draw()
		select {
		case <-ticks.C:
		case <-ended:
			t.draw()
			return
		}
	}
}

// draw writes the table over the one before.
func (t *fleetTable) draw() {
	lines := t.lines(t.screen.size())
	var b strings.Builder
	if t.drawn > 0 {
		b.WriteString("\x1b[" + strconv.Itoa(t.drawn) + "A")
	}
	b.WriteString("\r\x1b[J")
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	t.drawn = len(lines)
	io.WriteString(t.screen, b.String())
}

// urgency orders states: what is wrong or going on stands at the top.
var urgency = []string{"failed", "dropped", "held", "fetches", "waits", "ok"}

// lines is the table as it fits into a screen.
func (t *fleetTable) lines(width, height int) []string {
	type row struct {
		standing
		h *handset
	}
	rows := make([]row, 0, len(t.phones))
	count := map[string]int{}
	for _, h := range t.phones {
		h.mu.Lock()
		rows = append(rows, row{h.state, h})
		h.mu.Unlock()
		count[h.state.word]++
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if by := slices.Index(urgency, a.word) - slices.Index(urgency, b.word); by != 0 {
			return by
		}
		return b.since.Compare(a.since) // the latest first
	})
	head := plural(len(rows), "phone")
	for _, word := range urgency {
		if count[word] > 0 {
			head += ", " + group(count[word]) + " " + word
		}
	}
	lines := []string{fitted(head, width)}
	for _, r := range rows[:min(len(rows), max(height-3, 1))] {
		line := r.h.MAC.String() + "  " + column(r.h.ShortName(), 14) + column(r.word, 9)
		if !r.since.IsZero() {
			line += r.since.Format("15:04:05") + "  "
		}
		line += r.text
		if (r.word == "ok" || r.word == "failed") && r.next.After(r.since) {
			line += "; next " + r.next.Format("15:04:05")
		}
		lines = append(lines, fitted(line, width))
	}
	return lines
}

func column(text string, width int) string {
	return text + strings.Repeat(" ", max(width-len([]rune(text)), 1))
}

// fitted shortens a line to a width.
func fitted(line string, width int) string {
	runes := []rune(printable(line))
	if width > 1 && len(runes) > width-1 {
		runes = append(runes[:width-2], '…')
	}
	return string(runes)
}
