package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"profilegen/resync"
	"profilegen/rule"
	"profilegen/schema"
)

var simulateCommand = &command{
	name:    "simulate",
	summary: "plays a phone through hours or days in an instant, or plans the load of a fleet",
	usage: `simulate -profile base.xml [-for 48h] [options]
simulate -csv phones.csv -phone MAC [-for 48h] [options]
simulate -scenario FILE [-profile base.xml] [options]
simulate -phones 100000 [-for 24h] [-profile base.xml] [options]`,
	about: `One phone: it holds the profile, is powered on at -start and lives for -for on
virtual time. Printed are first the timeline, which follows from the settings
alone: when it will resync, how its retries climb after failures, and what keeps
it from either; then the trace of what happens, step by step. The marks in
brackets are those of docs/behaviour.md. What goes just as before is counted, not
repeated (-all tells it).

Every request is answered with the profile the phone holds, unless -server or
-files says otherwise. -event makes things happen:

  at TIME             power-cut, power-off, power-on, user-reboot, factory-reset,
                      call-begin, call-end, notify resync, web /admin/resync,
                      keypad URL, set NAME VALUE, clock DATE TIME,
                      file URL from FILE, status URL 404, slow URL 20s
  from TIME to TIME   server-down, call, power-off, status URL 404

TIME is 18:00, the first after the start; 2026-03-03 02:00; or +90m after the
start. A scenario file has such lines and more (examples/scenarios). Alone it is
played as it stands; what is given beside it goes before what it says. What it
expects is checked: the exit status is 1 when something else happened.

A fleet (-phones): requests a second after a power cut, or in usual life
(-running), with the peak, the end, and advice. A phone's settings come from
-profile, the factory defaults without one.

The same arguments give the same output; -seed draws other random times.`,
	example: `profilegen simulate -profile examples/article.xml -for 48h
profilegen simulate -csv examples/phones.csv -phone 000E08A00001 -event 'from 01:00 to 05:00 server-down'
profilegen simulate -scenario examples/scenarios/server-outage.scenario
profilegen simulate -phones 100,000 -for 4h -delay 90 -capacity 500/s`,
	define: defineSimulate,
}

// simulation is one run of the simulate command.
type simulation struct {
	source             fleetFlags
	profile, scenario  string
	mac, phone         string
	start              time.Time     // zero: not given
	length             time.Duration // 0: not given
	seed               *uint64       // nil: not given
	events, quirks     repeated
	set, dhcp          repeated
	server, files      string
	asJSON, quiet, all bool
	load               loadOptions
	given              func(flag string) bool
}

// The defaults. The start is fixed, so that the same arguments give the same
// output; it is a Monday.
var standardStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

const (
	standardLength = 24 * time.Hour
	standardSeed   = 1
	standardServer = "192.0.2.10" // of documentation, RFC 5737
)

func defineSimulate(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	s := &simulation{given: func(name string) (found bool) {
		flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
		return found
	}}
	flags.StringVar(&s.profile, "profile", "", "`FILE` with the XML profile that the phone holds")
	flags.StringVar(&s.scenario, "scenario", "", "`FILE` with a scenario to play")
	flags.StringVar(&s.mac, "mac", "", "`MAC` address of the phone")
	flags.StringVar(&s.phone, "phone", "", "`MAC` of the phone of the fleet, which holds its own profile")
	s.source.define(flags)
	flags.Func("start", "`TIME` the phone is powered on: '2026-03-02 18:00' or '2026-03-02 18:00 Europe/Berlin'\n"+
		"(default 2026-03-02 08:00, UTC)", s.setStart)
	flags.Func("for", "`LENGTH` of time that is played: 90m, 48h, 7d (default 24h, or what the scenario says)", s.setLength)
	flags.Func("seed", "`NUMBER` that random times are drawn from (default 1)", s.setSeed)
	flags.Var(&s.events, "event", "`LINE` of a scenario: what happens when, such as 'at 18:00 power-cut',\n"+
		"'from 18:00 to 19:30 server-down', 'at +1h notify resync'; may be repeated")
	flags.Var(&s.set, "set", "`NAME=VALUE`: a parameter over the profile's; may be repeated")
	flags.Var(&s.quirks, "quirk", "`NAME=VALUE`: where phones may differ, such as boot-unit=1s; may be repeated,\nand help lists them")
	flags.Var(&s.dhcp, "dhcp", "`OPTION=VALUE` that DHCP gives (default 66="+standardServer+"); may be repeated")
	flags.StringVar(&s.server, "server", "", "`ANSWER` of all servers: same (the profile), down, or a status such as 404")
	flags.StringVar(&s.files, "files", "", "`FOLDER` whose files all servers serve, in place of -server")
	flags.BoolVar(&s.asJSON, "json", false, "print one JSON object a line for each event; of a load plan, its figures")
	flags.BoolVar(&s.quiet, "quiet", false, "print the timeline only, of a load plan the figures and the advice")
	flags.BoolVar(&s.all, "all", false, "tell every resync in full")
	s.load.define(flags)
	return s.run
}

func (s *simulation) setStart(text string) (err error) {
	s.start, err = resync.ParseStart(text, time.LoadLocation)
	return err
}

func (s *simulation) setLength(text string) (err error) {
	s.length, err = parseLength(text)
	if err == nil && s.length < time.Second {
		err = errors.New("a second at least")
	}
	return err
}

func parseLength(text string) (time.Duration, error) {
	length, ok := resync.ParseLength(text)
	if !ok {
		return 0, errors.New("write 90s, 1h30m, 48h or 2d; ten years at most")
	}
	return length, nil
}

func (s *simulation) setSeed(text string) error {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return errors.New("a number of 0 or more")
	}
	s.seed = &n
	return nil
}

func (s *simulation) run(ctx context.Context, p *program, args []string) error {
	if len(s.quirks) == 1 && s.quirks[0] == "help" {
		printQuirks(p)
		return nil
	}
	if err := s.usage(args); err != nil {
		return err
	}
	who, err := s.subject(p)
	if err != nil {
		return err
	}
	if s.load.phones > 0 {
		return s.plan(p, who)
	}
	return s.play(ctx, p, who)
}

func (s *simulation) usage(args []string) error {
	wrong := func(text string) error { return &usageError{"simulate", text} }
	if err := s.load.usage(); err != nil {
		return err
	}
	one := s.phone != "" || s.mac != "" || s.source.model != "" || s.profile != "" || s.scenario != "" || len(s.set) > 0 || len(s.events) > 0
	switch {
	case len(args) > 0:
		return wrong(fmt.Sprintf("%q is not an option; profiles are named by -profile, scenarios by -scenario", args[0]))
	case s.phone != "" && !s.source.given():
		return wrong("-phone needs -csv or -fleet; for a phone outside of a fleet write -mac")
	case s.source.given() && s.profile != "":
		return wrong("-profile and a fleet both say what the phone holds; give one of them")
	case s.source.given() && s.mac != "":
		return wrong("the phones of a fleet have their MAC; -phone picks one")
	case s.source.given() && s.phone == "":
		return wrong("-phone has to say which phone of the fleet is meant")
	case !one && s.load.phones == 0:
		return wrong("there is nothing to play; name a -profile, a fleet and its -phone, a -scenario, or a number of -phones")
	case s.files != "" && s.server != "":
		return wrong("-files and -server both say what servers answer; give one of them")
	case s.load.phones > 0 && (s.scenario != "" || len(s.events) > 0):
		return wrong("-scenario and -event are about one phone; a load plan has -power-cut, -stagger, -down and -capacity")
	case s.load.phones > 0 && (s.server != "" || s.files != "" || len(s.dhcp) > 0):
		return wrong("-server, -files and -dhcp are about one phone; the servers of a load plan answer, but for -down and -capacity")
	}
	return nil
}

// tellProblems prints errors and warnings; notes are for lint.
func tellProblems(p *program, problems schema.Problems) {
	for _, problem := range problems {
		if problem.Severity >= rule.Warning {
			p.problem(p.stderr, problem)
		}
	}
}

// story makes the scenario that is played: that of the file, or an empty one,
// and over it what the command line says.
func (s *simulation) story(p *program, who *subject) (*resync.Scenario, error) {
	reader := resync.ScenarioReader{Open: s.beside, Zones: time.LoadLocation, Start: s.start}
	story := s.emptyStory(who)
	var problems schema.Problems
	if s.scenario != "" {
		var err error
		if story, problems, err = s.readStory(reader, who); err != nil {
			tellProblems(p, problems)
			return nil, err
		}
	}
	if s.length > 0 {
		story.End = story.Start.Add(s.length)
	}
	if s.seed != nil {
		s.setChance(story, *s.seed)
	}
	story.Values = append(story.Values, who.values()...)
	for _, line := range s.events {
		problems = append(problems, reader.Extend(story, "-event", strings.NewReader(line))...)
	}
	tellProblems(p, problems)
	if worst, ok := problems.Worst(); ok && worst == rule.Error {
		return nil, errProblems
	}
	return story, s.network(story, who)
}

// emptyStory is a phone to which nothing happens.
func (s *simulation) emptyStory(who *subject) *resync.Scenario {
	story := &resync.Scenario{Start: standardStart, Identity: who.identity, Generation: s.source.generation.Generation, Quirks: who.quirks}
	if !s.start.IsZero() {
		story.Start = s.start
	}
	story.End = story.Start.Add(standardLength)
	s.setChance(story, standardSeed)
	return story
}

// readStory reads the scenario file, and puts the phone that was given over the
// file's.
func (s *simulation) readStory(reader resync.ScenarioReader, who *subject) (*resync.Scenario, schema.Problems, error) {
	text, err := os.Open(s.scenario)
	if err != nil {
		return nil, nil, err
	}
	defer text.Close()
	story, problems := reader.Read(s.scenario, text)
	if story == nil {
		return nil, problems, errProblems
	}
	if who.given {
		story.Identity = who.identity
	}
	if s.given("firmware") {
		story.Generation = s.source.generation.Generation
	}
	for _, text := range s.quirks {
		if err := story.Quirks.Set(text); err != nil {
			return nil, problems, fmt.Errorf("-quirk: %w", err)
		}
	}
	return story, problems, nil
}

func (s *simulation) setChance(story *resync.Scenario, seed uint64) {
	story.Random = func() func(int) int { return resync.Chance(seed) }
}

// beside opens a file that the scenario names, from the scenario's folder.
func (s *simulation) beside(name string) ([]byte, error) {
	if s.scenario != "" && !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(s.scenario), name)
	}
	return os.ReadFile(name)
}

// play plays one phone and prints timeline and trace.
func (s *simulation) play(ctx context.Context, p *program, who *subject) error {
	story, err := s.story(p, who)
	if err != nil {
		return err
	}
	var t teller = &traceTeller{w: p.stdout, all: s.all}
	switch {
	case s.asJSON:
		t = &jsonTeller{w: p.stdout}
	default:
		s.introduce(p, story, who)
		if s.quiet {
			t = nothing{}
		}
	}
	phone, problems, err := story.Play(ctx, t.tell)
	if err != nil {
		return err
	}
	t.end(phone)
	for _, problem := range problems {
		p.problem(p.stderr, problem)
	}
	switch count := story.Expectations(); {
	case len(problems) > 0:
		p.fail(fmt.Errorf("%s of %s not met", plural(len(problems), "expectation"), group(count)))
		return errProblems
	case count > 0 && !s.asJSON:
		fmt.Fprintf(p.stdout, "%s met\n", plural(count, "expectation"))
	}
	return nil
}

// introduce prints who is played, who answers, and the timeline.
func (s *simulation) introduce(p *program, story *resync.Scenario, who *subject) {
	phone, _ := story.Phone()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s", story.Identity.Product, story.Identity.MAC)
	switch {
	case who.title != "":
		fmt.Fprintf(&b, " holds %s\n", who.title)
	case s.scenario != "":
		fmt.Fprintf(&b, " of %s\n", s.scenario)
	case len(s.set) > 0:
		fmt.Fprint(&b, " with factory settings but for -set\n")
	default:
		fmt.Fprint(&b, " with factory settings\n")
	}
	if story.About != "" {
		fmt.Fprintf(&b, "%s\n", story.About)
	}
	if text := s.answers(story, who); text != "" {
		fmt.Fprintf(&b, "%s\n", text)
	}
	if text := story.Quirks.String(); text != "" {
		fmt.Fprintf(&b, "quirks: %s\n", text)
	}
	b.WriteString("\nTimeline, ")
	outlook := phone.Outlook(story.Start, story.End.Sub(story.Start))
	b.Write(outlook.AppendText(nil))
	p.stdout.Write(b.Bytes())
}

func printQuirks(p *program) {
	var q resync.Quirks
	for _, k := range resync.QuirkList() {
		value, _ := k.Value(&q)
		choice := strings.Join(k.Values, " or ")
		if k.Values == nil {
			choice = "a number"
		}
		fmt.Fprintf(p.stdout, "%s=%s  [%s]\n    %s; %s\n", k.Name, value, k.Mark, k.Meaning, choice)
	}
}
