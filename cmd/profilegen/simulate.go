package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"profilegen/gen"
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
	flags.Var(&s.quirks, "quirk", "`NAME=VALUE`: where phones may differ, such as boot-unit=1s; may be repeated\n(-quirk list lists them)")
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
	if len(s.quirks) == 1 && s.quirks[0] == "list" {
		listQuirks(p)
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
	one := s.phone != "" || s.profile != "" || s.scenario != "" || len(s.set) > 0 || len(s.events) > 0
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
	return s.load.usage()
}

// subject is the phone that is played, or whose settings a fleet has.
type subject struct {
	title    string // of its profile; empty: factory defaults
	identity rule.Identity
	values   []schema.Value
	document []byte // the profile as a server sends it
	quirks   resync.Quirks
	given    bool // a model or MAC was named
}

func (s *simulation) subject(p *program) (*subject, error) {
	who := &subject{document: []byte("<flat-profile></flat-profile>\n")}
	var err error
	if s.source.given() {
		err = s.fleetPhone(p, who)
	} else {
		err = s.plainPhone(p, who)
	}
	if err != nil {
		return nil, err
	}
	for _, text := range s.set {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &usageError{"simulate", fmt.Sprintf("-set %q has no =; write -set Resync_Periodic=600", text)}
		}
		e, known := findParameter(name)
		if !known {
			return nil, fmt.Errorf("-set: there is no parameter %q%s", name, suggestion(schema.Default().Suggest(name)))
		}
		who.values = append(who.values, schema.Value{Name: e.Name, Text: value})
	}
	for _, text := range s.quirks {
		if err := who.quirks.Set(text); err != nil {
			return nil, fmt.Errorf("-quirk: %w", err)
		}
	}
	return who, nil
}

// plainPhone is a phone by model and MAC, with the profile of -profile.
func (s *simulation) plainPhone(p *program, who *subject) error {
	sample, err := samplePhone(s.source.model, s.mac)
	if err != nil {
		return err
	}
	who.identity, who.given = sample.Identity, s.source.model != "" || s.mac != ""
	if s.profile == "" {
		return nil
	}
	data, err := os.ReadFile(s.profile)
	if err != nil {
		return err
	}
	document, problems, err := gen.ReadXML(s.profile, data)
	if err != nil {
		return err
	}
	tellProblems(p, problems)
	who.title, who.values, who.document = s.profile, document.Profile().Values(), data
	return nil
}

// fleetPhone is the phone of -phone with its own profile.
func (s *simulation) fleetPhone(p *program, who *subject) error {
	address, err := rule.ParseMAC(s.phone)
	if err != nil {
		return fmt.Errorf("-phone: %w", err)
	}
	fleet, problems, err := s.source.load(p.stdin)
	tellProblems(p, problems)
	if err != nil {
		return err
	}
	device, err := fleet.Find(address)
	if err != nil {
		return err
	}
	profile := fleet.Profile(device)
	who.title, who.given = "its profile of "+fleet.source, true
	who.identity, who.values = fleet.Phone(device).Identity, profile.Values()
	who.document, err = gen.AppendXML(nil, profile)
	return err
}

// tellProblems prints errors and warnings; notes are for lint.
func tellProblems(p *program, problems schema.Problems) {
	for _, problem := range problems {
		if problem.Severity >= rule.Warning {
			p.problem(p.stderr, problem)
		}
	}
}

// story makes the scenario that is played: the one of the file, or an empty
// one, and over it what the command line says.
func (s *simulation) story(p *program, who *subject) (*resync.Scenario, error) {
	reader := resync.ScenarioReader{Open: s.beside, Zones: time.LoadLocation, Start: s.start}
	story := &resync.Scenario{Start: standardStart, Identity: who.identity, Quirks: who.quirks}
	var problems schema.Problems
	if s.scenario != "" {
		text, err := os.Open(s.scenario)
		if err != nil {
			return nil, err
		}
		defer text.Close()
		if story, problems = reader.Read(s.scenario, text); story == nil {
			tellProblems(p, problems)
			return nil, errProblems
		}
		if err := s.override(story, who); err != nil {
			return nil, err
		}
	} else {
		if !s.start.IsZero() {
			story.Start = s.start
		}
		story.End = story.Start.Add(standardLength)
		s.setChance(story, standardSeed)
	}
	if s.length > 0 {
		story.End = story.Start.Add(s.length)
	}
	if s.seed != nil {
		s.setChance(story, *s.seed)
	}
	if s.given("firmware") || s.scenario == "" {
		story.Generation = s.source.generation.Generation
	}
	story.Values = append(story.Values, who.values...)
	for _, line := range s.events {
		problems = append(problems, reader.Extend(story, "-event", strings.NewReader(line))...)
	}
	tellProblems(p, problems)
	if worst, ok := problems.Worst(); ok && worst == rule.Error {
		return nil, errProblems
	}
	return story, s.network(story, who)
}

// override puts what was given over what the scenario file says.
func (s *simulation) override(story *resync.Scenario, who *subject) error {
	if who.given {
		story.Identity = who.identity
	}
	for _, text := range s.quirks {
		if err := story.Quirks.Set(text); err != nil {
			return fmt.Errorf("-quirk: %w", err)
		}
	}
	return nil
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

// network says what servers and DHCP answer.
func (s *simulation) network(story *resync.Scenario, who *subject) error {
	if story.DHCP == nil {
		story.DHCP = map[int]string{}
	}
	for _, text := range s.dhcp {
		option, value, _ := strings.Cut(text, "=")
		code, err := strconv.ParseUint(option, 10, 8)
		if err != nil || value == "" {
			return &usageError{"simulate", fmt.Sprintf("-dhcp %q is not OPTION=VALUE; write -dhcp 66=%s", text, standardServer)}
		}
		story.DHCP[int(code)] = value
	}
	alone := s.scenario != "" && who.title == "" && len(s.events) == 0 // the file says it all
	if len(story.DHCP) == 0 && !alone {
		story.DHCP[66] = standardServer
	}
	var err error
	switch {
	case s.files != "":
		story.Otherwise, err = folderServer(s.files)
	case s.server != "":
		story.Otherwise, err = who.server(s.server)
	case !alone:
		story.Otherwise = answer(resync.Reply{Status: 200, Body: who.document})
	}
	return err
}

func answer(r resync.Reply) func(resync.Request) resync.Reply {
	return func(resync.Request) resync.Reply { return r }
}

// server gives every request the answer that -server names.
func (who *subject) server(what string) (func(resync.Request) resync.Reply, error) {
	switch what {
	case "same":
		return answer(resync.Reply{Status: 200, Body: who.document}), nil
	case "down":
		return answer(resync.Reply{Err: resync.ErrNoAnswer}), nil
	}
	status, err := strconv.Atoi(what)
	if err != nil || status < 100 || status > 599 {
		return nil, &usageError{"simulate", fmt.Sprintf("-server %q is not same, down or a status from 100 to 599", what)}
	}
	return func(r resync.Request) resync.Reply {
		switch {
		case status == 200:
			return resync.Reply{Status: 200, Body: who.document}
		case strings.HasPrefix(r.URL, "tftp:") && status == 404:
			return resync.Reply{Err: resync.TFTPError(1)}
		case strings.HasPrefix(r.URL, "tftp:"):
			return resync.Reply{Err: resync.TFTPError(0)}
		}
		return resync.Reply{Status: status}
	}, nil
}

// folderServer serves the files of a folder under their paths.
func folderServer(name string) (func(resync.Request) resync.Reply, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("-files: %w", err)
	}
	files := root.FS()
	return func(r resync.Request) resync.Reply {
		u, err := url.Parse(r.URL)
		if err != nil {
			return resync.Reply{Err: err}
		}
		data, err := fs.ReadFile(files, strings.TrimPrefix(u.Path, "/"))
		switch {
		case err == nil:
			return resync.Reply{Status: 200, Body: data}
		case u.Scheme == "tftp":
			return resync.Reply{Err: resync.TFTPError(1)}
		}
		return resync.Reply{Status: 404}
	}, nil
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
	default:
		fmt.Fprint(&b, " with factory settings\n")
	}
	if story.About != "" {
		fmt.Fprintf(&b, "%s\n", story.About)
	}
	if text := s.answers(story); text != "" {
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

// answers says in words what servers and DHCP answer.
func (s *simulation) answers(story *resync.Scenario) string {
	text := ""
	switch {
	case story.Otherwise == nil:
		return ""
	case s.files != "":
		text = "every server serves the files of " + s.files
	case s.server == "" || s.server == "same":
		text = "every server answers every request with that profile"
	case s.server == "down":
		text = "no server answers"
	default:
		text = "every server answers every request with status " + s.server
	}
	if name, ok := story.DHCP[66]; ok && len(story.DHCP) == 1 {
		text += "; DHCP option 66 names " + name
	}
	return text
}

func listQuirks(p *program) {
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
