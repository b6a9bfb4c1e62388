package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"profilegen/resync"
)

// loadOptions are the flags of a load plan.
type loadOptions struct {
	phones           int
	delay            int // -1: not given
	capacity         int
	cut              time.Duration // time of day; -1: not given
	running          bool
	stagger          time.Duration
	requests         int
	down             []resync.Outage
	step             time.Duration
	svg, csv         string
	overwrite, given bool
}

func (l *loadOptions) define(flags *flag.FlagSet) {
	l.delay, l.cut, l.step = -1, -1, time.Minute
	number := func(name, usage string, set func(int)) {
		flags.Func(name, usage, func(text string) error {
			n, err := parseCount(strings.TrimSuffix(text, "/s"))
			if err == nil {
				set(n)
				l.given = true
			}
			return err
		})
	}
	length := func(name, usage string, set func(time.Duration)) {
		flags.Func(name, usage, func(text string) error {
			d, err := parseLength(text)
			if err == nil {
				set(d)
				l.given = true
			}
			return err
		})
	}
	flags.Func("phones", "`NUMBER` of phones of a load plan, such as 100000, 100,000 or 1e5", func(text string) (err error) {
		if l.phones, err = parseCount(text); err == nil && l.phones == 0 {
			err = errors.New("one phone at least")
		}
		return err
	})
	number("delay", "Resync_Random_Delay of the plan, in `UNITS` of 20 s, in place of the profile's", func(n int) { l.delay = n })
	number("capacity", "`NUMBER` of requests that the servers answer in a second, such as 500/s; the others\nare refused, which fails those resyncs (default: no limit)",
		func(n int) { l.capacity = n })
	flags.Func("power-cut", "`TIME` of day at which the power comes back, 18:00 or 0, where the plan begins\n(default: that of -start, or 0)", l.setCut)
	flags.BoolVar(&l.running, "running", false, "plan the usual life, the phones out of step, without a power cut")
	length("stagger", "`LENGTH` of time over which the power comes back (default 0s)", func(d time.Duration) { l.stagger = d })
	number("requests", "`NUMBER` of files that a resync fetches (default 1)", func(n int) { l.requests = n })
	flags.Func("down", "`FROM-TO` since the beginning in which no server answers, such as 1h-90m; may be repeated", l.addDown)
	flags.StringVar(&l.svg, "svg", "", "`FILE` for a picture of the plan")
	flags.StringVar(&l.csv, "csv-out", "", "`FILE` for the plan as a table")
	length("step", "`LENGTH` of time of a row of -csv-out (default 1m)", func(d time.Duration) { l.step = d })
	flags.BoolVar(&l.overwrite, "overwrite", false, "replace the files of -svg and -csv-out when they are there")
}

// parseCount reads a number as people write it: 100000, 100,000 or 1e5.
func parseCount(text string) (int, error) {
	plain := strings.NewReplacer(",", "", "_", "", "'", "", " ", "").Replace(text)
	n, err := strconv.ParseFloat(plain, 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n > math.MaxInt32 {
		return 0, errors.New("a whole number such as 100000, 100,000 or 1e5")
	}
	return int(n), nil
}

func (l *loadOptions) setCut(text string) error {
	l.given = true
	if hour, err := strconv.ParseUint(text, 10, 8); err == nil && hour < 24 {
		l.cut = time.Duration(hour) * time.Hour
		return nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return errors.New("a time of day such as 18:00, or 0")
	}
	l.cut = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	return nil
}

func (l *loadOptions) addDown(text string) error {
	l.given = true
	first, last, _ := strings.Cut(text, "-")
	from, ok := resync.ParseLength(first)
	to, ok2 := resync.ParseLength(last)
	if !ok || !ok2 || to <= from {
		return errors.New("two lengths of time since the beginning, such as 1h-90m")
	}
	l.down = append(l.down, resync.Outage{From: int(from / time.Second), To: int(to / time.Second)})
	return nil
}

func (l *loadOptions) usage() error {
	switch {
	case l.phones == 0 && (l.given || l.running || l.svg != "" || l.csv != ""):
		return &usageError{"simulate", "-delay, -capacity, -power-cut, -running, -stagger, -requests, -down, -step, -svg and -csv-out are of a load plan; " +
			"-phones has to say how many phones"}
	case l.running && (l.cut >= 0 || l.stagger > 0):
		return &usageError{"simulate", "-running plans without a power cut; -power-cut and -stagger exclude it"}
	case l.step < time.Second:
		return &usageError{"simulate", "-step is a second at least"}
	}
	return nil
}

// plan prints the load plan of a fleet.
func (s *simulation) plan(p *program, who *subject) error {
	phone := &resync.Phone{Identity: who.identity, Generation: s.source.generation.Generation, Quirks: who.quirks}
	phone.Preset(who.values()...)
	load := resync.Load{
		Phones: s.load.phones, Length: standardLength, Settings: resync.ReadSettings(phone.Value, &who.quirks), Quirks: who.quirks,
		Seed: standardSeed, Running: s.load.running, Stagger: int(s.load.stagger / time.Second), Clock: s.clock(),
		Requests: s.load.requests, Capacity: s.load.capacity, Down: s.load.down,
	}
	if s.length > 0 {
		load.Length = s.length
	}
	if s.seed != nil {
		load.Seed = *s.seed
	}
	if s.load.delay >= 0 {
		load.Settings.RandomDelay = s.load.delay
	}
	plan, err := load.Plan()
	if err != nil {
		return err
	}
	if err := s.load.write(plan); err != nil {
		return err
	}
	switch {
	case s.asJSON:
		return encode(p.stdout, figuresOf(&load, plan))
	case s.quiet:
		p.stdout.Write(load.AppendSummary(nil, plan))
	default:
		p.stdout.Write(load.AppendReport(nil, plan))
	}
	return nil
}

// clock is the time of day at which the plan begins.
func (s *simulation) clock() time.Duration {
	if s.load.cut >= 0 {
		return s.load.cut
	}
	at := s.start
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
}

// write writes picture and table.
func (l *loadOptions) write(plan *resync.Plan) error {
	if l.svg != "" {
		if err := l.writeFile(l.svg, styled(plan.AppendSVG(nil))); err != nil {
			return err
		}
	}
	if l.csv == "" {
		return nil
	}
	return l.writeFile(l.csv, plan.AppendCSV(nil, int(l.step/time.Second)))
}

func (l *loadOptions) writeFile(name string, data []byte) error {
	if _, err := os.Lstat(name); err == nil && !l.overwrite {
		return fmt.Errorf("%s is there already; -overwrite replaces it", name)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(filepath.Clean(name), data, 0o644)
}

// styled gives a picture the looks that the builder's page gives it otherwise.
func styled(picture []byte) []byte {
	const looks = "<style>.load-requests{fill:#2a6fb0}.load-refused{fill:#c0392b}.load-axis{fill:none;stroke:#777}" +
		".load-label{font:11px sans-serif;fill:#444}</style>\n<title>"
	return bytes.Replace(picture, []byte("<title>"), []byte(looks), 1)
}

// planFigures is a load plan in JSON; done99 and doneAll are seconds, null when
// not within the plan or without a power cut.
type planFigures struct {
	Phones   int      `json:"phones"`
	Seconds  int      `json:"seconds"`
	Requests int      `json:"requests"`
	Refused  int      `json:"refused"`
	Peak     int      `json:"peak"`
	PeakAt   int      `json:"peakAt"`
	P99      int      `json:"p99"`
	Done99   *int     `json:"done99"`
	DoneAll  *int     `json:"doneAll"`
	Undone   int      `json:"undone"`
	Advice   []string `json:"advice"`
}

func figuresOf(load *resync.Load, plan *resync.Plan) planFigures {
	within := func(second int) *int {
		if second < 0 {
			return nil
		}
		return &second
	}
	return planFigures{
		Phones: load.Phones, Seconds: len(plan.Requests), Requests: plan.Total, Refused: plan.TotalRefused,
		Peak: plan.Peak, PeakAt: plan.PeakAt, P99: plan.P99, Undone: plan.Undone,
		Done99: within(plan.Done99), DoneAll: within(plan.DoneAll), Advice: load.Advice(plan),
	}
}
