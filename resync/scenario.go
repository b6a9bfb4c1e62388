package resync

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// Scenario is a story to be played: a phone, files on servers, what happens
// when, and what is expected. The package comment describes its text.
type Scenario struct {
	Name  string // of the file
	About string
	Start time.Time
	End   time.Time

	// The phone before its power comes on. The text fills them in; a caller may
	// change them before the scenario is played.
	Identity   rule.Identity
	Generation schema.Generation
	Quirks     Quirks
	Values     []schema.Value // of two with the same name the later one counts
	DHCP       map[int]string
	// Random makes the phone's source of chance, anew for each play; nil: that of
	// a phone without one.
	Random func() func(max int) int
	// Otherwise answers what the scenario's servers have no answer for; nil: it
	// is not there.
	Otherwise func(Request) Reply

	restarts []string // nil: NeedsRestart
	site     []func(*play)
	steps    []step
	wants    []want
}

// Expectations is the number of lines that begin with expect.
func (s *Scenario) Expectations() int { return len(s.wants) }

// step is something that happens at a time.
type step struct {
	at time.Time
	do func(*play)
}

// want is a line that begins with expect.
type want struct {
	file     string
	row      int
	at       time.Time
	till     time.Time // of expect nothing
	what     string    // get, ok, fail, reboot, … or nothing, value
	argument string
}

// ScenarioReader reads scenarios. The zero value knows no files and the zones
// of a small table.
type ScenarioReader struct {
	// Open gives the content of a file that the scenario names.
	Open func(name string) ([]byte, error)
	// Zones finds time zones that the table lacks, as time.LoadLocation does.
	Zones func(name string) (*time.Location, error)
	// Start, unless zero, takes the place of the text's own start.
	Start time.Time
}

// Bounds of a scenario's text, so that reading one takes bounded memory.
const (
	longestLine     = 1 << 20
	mostLines       = 100_000
	longestScenario = 10 * 366 * 24 * time.Hour
)

// Read reads a scenario. All problems of the text come at once; with an error
// among them the scenario is nil.
func (reader ScenarioReader) Read(name string, r io.Reader) (*Scenario, schema.Problems) {
	p := scenarioParser{reader: reader, name: name, zone: time.UTC, Scenario: &Scenario{
		Name:     name,
		Identity: rule.Sample("CP-8861-3PCC").Identity,
	}}
	if !reader.Start.IsZero() {
		p.Start, p.zone, p.started = reader.Start, reader.Start.Location(), true
	}
	p.read(r)
	p.finish()
	if worst, ok := p.problems.Worst(); ok && worst == rule.Error {
		return nil, p.problems
	}
	return p.Scenario, p.problems
}

// Extend adds lines to a scenario, such as those of a command line; a start
// among them is passed over. name is the place that their problems give; with an
// error among them the scenario is of no further use.
func (reader ScenarioReader) Extend(s *Scenario, name string, r io.Reader) schema.Problems {
	reader.Start = s.Start
	p := scenarioParser{reader: reader, name: name, Scenario: s, zone: s.Start.Location(), started: true, ended: true}
	p.read(r)
	p.finish()
	return p.problems
}

// read reads all lines.
func (p *scenarioParser) read(r io.Reader) {
	p.lines = bufio.NewScanner(r)
	p.lines.Buffer(nil, longestLine)
	for p.next() {
		known := len(p.problems)
		p.statement()
		if at := p.here(); at < len(p.line) && len(p.problems) == known {
			p.complain(at, fmt.Sprintf("%q follows what the line says", p.line[at:]), "a comment stands behind two blanks and #")
		}
	}
	if err := p.lines.Err(); err != nil {
		p.row++
		p.complain(0, err.Error(), "")
	}
}

// scenarioParser reads line by line. Its methods are the grammar.
type scenarioParser struct {
	*Scenario
	reader   ScenarioReader
	name     string // of the text
	lines    *bufio.Scanner
	zone     *time.Location
	row      int
	line     string
	at       int // read so far, in line
	started  bool
	ended    bool
	problems schema.Problems
}

// next goes to the next line that says something.
func (p *scenarioParser) next() bool {
	for p.row < mostLines && p.lines.Scan() {
		p.row++
		p.line, p.at = p.lines.Text(), 0
		if i := strings.Index(p.line, "  # "); i >= 0 {
			p.line = p.line[:i]
		}
		p.line = strings.TrimRight(p.line, " \t\r")
		p.skip()
		if p.at < len(p.line) && p.line[p.at] != '#' {
			return true
		}
	}
	return false
}

// statements are the lines by their first word.
var statements = map[string]func(*scenarioParser){
	"about":    func(p *scenarioParser) { p.About = strings.TrimSpace(p.About + " " + p.rest()) },
	"start":    (*scenarioParser).start,
	"end":      func(p *scenarioParser) { p.End, p.ended = p.time(), true },
	"for":      func(p *scenarioParser) { p.End, p.ended = p.Start.Add(p.duration()), true },
	"phone":    (*scenarioParser).phone,
	"seed":     (*scenarioParser).seed,
	"random":   (*scenarioParser).fixed,
	"quirk":    (*scenarioParser).quirk,
	"set":      (*scenarioParser).set,
	"profile":  (*scenarioParser).profile,
	"dhcp":     (*scenarioParser).option,
	"restarts": func(p *scenarioParser) { p.restarts = append(p.restarts, strings.Fields(p.rest())...) },
	"at":       (*scenarioParser).atTime,
	"from":     (*scenarioParser).span,
	"expect":   (*scenarioParser).expect,
}

func (p *scenarioParser) statement() {
	begin := p.here()
	word := p.word()
	if read, ok := statements[word]; ok {
		read(p)
		return
	}
	p.at = begin
	if do, ok := p.action(serverActions); ok {
		p.site = append(p.site, do)
		return
	}
	p.complain(begin, fmt.Sprintf("%q begins no line of a scenario", word), "lines begin with start, phone, set, file, at, from, expect …")
}

// finish checks what the lines are together.
func (p *scenarioParser) finish() {
	switch {
	case !p.started:
		p.row, p.line = 1, ""
		p.complain(0, "the scenario has no start", "write start 2026-03-02 08:00 Europe/Berlin")
	case !p.ended:
		p.End = p.Start.Add(24 * time.Hour)
	case p.End.Before(p.Start) || p.End.Sub(p.Start) > longestScenario:
		p.complain(0, "the end lies before the start, or ten years behind it", "")
	}
}

// complain notes an error at a byte of the line in hand.
func (p *scenarioParser) complain(at int, summary, hint string) {
	p.problems = append(p.problems, schema.Problem{
		ID: "scenario", Severity: rule.Error, Summary: summary, Hint: hint,
		Origin: schema.Origin{File: p.name, Row: p.row, Column: at + 1},
	})
}

func (p *scenarioParser) skip() {
	for p.at < len(p.line) && (p.line[p.at] == ' ' || p.line[p.at] == '\t') {
		p.at++
	}
}

// here is where the next word begins.
func (p *scenarioParser) here() int {
	p.skip()
	return p.at
}

// word is the next word; "" at the end of the line.
func (p *scenarioParser) word() string {
	begin := p.here()
	for p.at < len(p.line) && p.line[p.at] != ' ' && p.line[p.at] != '\t' {
		p.at++
	}
	return p.line[begin:p.at]
}

// peek is the next word without taking it.
func (p *scenarioParser) peek() string {
	at := p.at
	word := p.word()
	p.at = at
	return word
}

// must takes the next word, which what names; a missing one is an error.
func (p *scenarioParser) must(what string) string {
	word := p.word()
	if word == "" {
		p.complain(len(p.line), what+" is missing", "")
	}
	return word
}

// rest is the remainder of the line.
func (p *scenarioParser) rest() string {
	p.skip()
	text := p.line[p.at:]
	p.at = len(p.line)
	return text
}

// text is the remainder of the line, the lines up to END when it is <<END, or
// the content of a file when it is from and a name.
func (p *scenarioParser) text() string {
	begin := p.here()
	text := p.rest()
	if name, ok := strings.CutPrefix(text, "from "); ok {
		return string(p.open(begin, strings.TrimSpace(name)))
	}
	end, ok := strings.CutPrefix(text, "<<")
	if !ok || end == "" {
		return text
	}
	row := p.row
	var b strings.Builder
	for p.lines.Scan() {
		p.row++
		if strings.TrimSpace(p.lines.Text()) == end {
			return b.String()
		}
		b.WriteString(p.lines.Text())
		b.WriteByte('\n')
	}
	p.row = row
	p.complain(begin, "the text that begins here has no end", "write "+end+" on a line of its own")
	return ""
}

func (p *scenarioParser) open(at int, name string) []byte {
	if p.reader.Open == nil {
		p.complain(at, fmt.Sprintf("the file %q cannot be opened here", name), "write its text between <<END and END")
		return nil
	}
	data, err := p.reader.Open(name)
	if err != nil {
		p.complain(at, err.Error(), "")
	}
	return data
}

// start reads 2026-03-02 08:00 Europe/Berlin.
func (p *scenarioParser) start() {
	begin := p.here()
	at, err := ParseStart(p.rest(), p.reader.Zones)
	switch {
	case err != nil:
		p.complain(begin, err.Error(), "")
	case p.reader.Start.IsZero():
		p.Start, p.zone, p.started = at, at.Location(), true
	}
}

// ParseStart reads a date, a time of day and a zone: 2026-03-02 08:00
// Europe/Berlin. Without zone it is UTC, without time of day midnight. zones
// finds time zones as for Zone.
func ParseStart(text string, zones func(name string) (*time.Location, error)) (time.Time, error) {
	fields := strings.Fields(text)
	for len(fields) < 2 {
		fields = append(fields, "00:00")
	}
	zone := time.UTC
	if len(fields) == 3 {
		var err error
		if zone, err = Zone(fields[2], zones); err != nil {
			return time.Time{}, err
		}
	}
	at, ok := parseDayAndClock(fields[0], fields[1], zone)
	if !ok || len(fields) > 3 {
		return time.Time{}, fmt.Errorf("%q is no date and time; want one such as 2026-03-02 08:00 or 2026-03-02 08:00 Europe/Berlin", text)
	}
	return at, nil
}

func parseDayAndClock(day, clock string, zone *time.Location) (time.Time, bool) {
	d, err := time.Parse(time.DateOnly, day)
	seconds, ok := parseClock(clock)
	if err != nil || !ok || d.Year() < 1970 || d.Year() > 2100 {
		return time.Time{}, false
	}
	return Window{First: seconds}.Begin(d.Year(), d.Month(), d.Day(), zone), true
}

// parseClock reads 8:05 or 08:05:30 as seconds after midnight.
func parseClock(text string) (seconds int, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	for i, limit := range []int{24, 60, 60}[:len(parts)] {
		n, err := strconv.ParseUint(parts[i], 10, 8)
		if err != nil || int(n) >= limit || len(parts[i]) > 2 || i > 0 && len(parts[i]) != 2 {
			return 0, false
		}
		seconds = seconds*60 + int(n)
	}
	if len(parts) == 2 {
		seconds *= 60
	}
	return seconds, true
}

// time reads a moment: 18:00 (the first after the start), 2026-03-03 02:00, or
// +90s (after the start).
func (p *scenarioParser) time() time.Time {
	if !p.started {
		p.complain(p.here(), "the start is not known yet", "write start 2026-03-02 08:00 before it")
		p.started, p.Start = true, time.Unix(0, 0).In(p.zone)
	}
	begin := p.here()
	word := p.must("the time")
	if strings.HasPrefix(word, "+") {
		p.at = begin
		return p.Start.Add(p.duration())
	}
	if seconds, ok := parseClock(word); ok {
		day := dateOf(p.Start)
		at := Window{First: seconds}.Begin(day.year, day.month, day.day, p.zone)
		if at.Before(p.Start) {
			day = day.next()
			at = Window{First: seconds}.Begin(day.year, day.month, day.day, p.zone)
		}
		return at
	}
	at, ok := parseDayAndClock(word, p.peek(), p.zone)
	if !ok {
		p.complain(begin, fmt.Sprintf("%q is no time", word), "such as 18:00, 2026-03-03 02:00 or +90s")
		return p.Start
	}
	p.word()
	return at
}

// duration reads a length of time, with a + before it or not.
func (p *scenarioParser) duration() time.Duration {
	begin := p.here()
	total, ok := ParseLength(strings.TrimPrefix(p.must("the length of time"), "+"))
	if !ok {
		p.complain(begin, fmt.Sprintf("%q is no length of time", p.line[begin:p.at]), "such as 90s, 1h30m, 48h or 2d")
	}
	return total
}

// ParseLength reads a length of time, at most ten years: 48h, 90s, 2d or
// 1d12h.
func ParseLength(text string) (length time.Duration, ok bool) {
	days, rest, hasDays := strings.Cut(text, "d")
	if hasDays {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, false
		}
		length, text = time.Duration(n)*24*time.Hour, rest
	}
	if text != "" || !hasDays {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > longestScenario {
			return 0, false
		}
		length += d
	}
	return length, length <= longestScenario
}

// phone reads model=CP-8861-3PCC mac=000e08012345 and so on.
func (p *scenarioParser) phone() {
	id := &p.Identity
	for {
		begin := p.here()
		word := p.word()
		if word == "" {
			return
		}
		key, value, _ := strings.Cut(word, "=")
		var err error
		switch key {
		case "model":
			model, ok := schema.FindModel(value)
			if !ok {
				err = fmt.Errorf("%q is no phone of the 7800 and 8800 series", value)
				break
			}
			id.Product = model.Product
			id.Software = rule.Sample(model.Product).Software
		case "mac":
			id.MAC, err = rule.ParseMAC(value)
		case "serial":
			id.Serial = value
		case "ip":
			id.IP = value
		case "extip":
			id.ExtIP = value
		case "software":
			id.Software = value
		case "hardware":
			id.Hardware = value
		case "firmware":
			err = p.setGeneration(value)
		default:
			err = fmt.Errorf("%q is no property of a phone: want model, mac, serial, ip, extip, software, hardware, firmware", key)
		}
		if err != nil {
			p.complain(begin, err.Error(), "")
		}
	}
}

func (p *scenarioParser) setGeneration(name string) error {
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		if g.String() == name {
			p.Generation = g
			return nil
		}
	}
	return fmt.Errorf("firmware %q is not known: want 10.4, 11 or 12", name)
}

// seed reads the number that chance begins with.
func (p *scenarioParser) seed() {
	begin := p.here()
	n, err := strconv.ParseUint(p.must("the seed"), 10, 64)
	if err != nil {
		p.complain(begin, "the seed is no number", "such as seed 1")
	}
	p.Random = func() func(int) int { return Chance(n) }
}

// fixed reads which part of every random time is drawn, from 0 to 1.
func (p *scenarioParser) fixed() {
	begin := p.here()
	part, err := strconv.ParseFloat(p.must("a number from 0 to 1"), 64)
	if err != nil || !(part >= 0 && part <= 1) {
		p.complain(begin, "random wants a number from 0 to 1", "0 draws the least, 1 the most")
		return
	}
	p.Random = func() func(int) int { return func(max int) int { return int(float64(max) * part) } }
}

func (p *scenarioParser) quirk() {
	begin := p.here()
	if err := p.Quirks.Set(p.rest()); err != nil {
		p.complain(begin, err.Error(), "")
	}
}

// set reads a parameter's name and value.
func (p *scenarioParser) set() {
	v := p.value()
	p.Values = append(p.Values, v)
}

// value reads NAME VALUE, and checks the name.
func (p *scenarioParser) value() schema.Value {
	begin := p.here()
	name := p.must("the parameter")
	if _, ok := schema.Default().Lookup(name); !ok && name != "" {
		hint := ""
		if near := schema.Default().Suggest(name); len(near) > 0 {
			hint = "did you mean " + near[0] + "?"
		}
		p.complain(begin, "the phone has no parameter "+name, hint)
	}
	return schema.Value{Name: name, Text: strings.TrimSpace(p.text())}
}

// profile reads a profile that the phone holds at the start.
func (p *scenarioParser) profile() {
	begin, row := p.here(), p.row
	text := ""
	if name := p.peek(); strings.HasPrefix(name, "<<") {
		text = p.text()
	} else {
		text = string(p.open(begin, p.must("the name of the profile")))
	}
	doc, _, err := gen.ReadXML(p.name, []byte(text))
	if err != nil {
		p.row = row
		p.complain(begin, err.Error(), "")
		return
	}
	p.Values = append(p.Values, doc.Profile().Values()...)
}

// option reads a DHCP option: its number and value.
func (p *scenarioParser) option() {
	begin := p.here()
	code, err := strconv.ParseUint(p.must("the number of the option"), 10, 8)
	if err != nil {
		p.complain(begin, "the option has no number", "such as dhcp 66 10.0.0.5")
	}
	if p.DHCP == nil {
		p.DHCP = map[int]string{}
	}
	p.DHCP[int(code)] = p.rest()
}

// atTime reads at TIME ACTION.
func (p *scenarioParser) atTime() {
	at := p.time()
	if do, ok := p.action(serverActions, phoneActions); ok {
		p.steps = append(p.steps, step{at, do})
		return
	}
	p.complain(p.here(), fmt.Sprintf("%q is nothing that can happen", p.peek()), "such as power-cut, call-begin, notify resync, status URL 404")
}

// span reads from TIME to TIME WHAT.
func (p *scenarioParser) span() {
	from := p.time()
	begin := p.here()
	if p.word() != "to" {
		p.complain(begin, "the word to is missing", "from 9:00 to 9:20 call")
		return
	}
	to := p.time()
	if !to.After(from) {
		p.complain(begin, "the end is not after the beginning", "write the date with a time of the next day")
	}
	begin = p.here()
	word := p.word()
	read, ok := spans[word]
	if !ok {
		p.complain(begin, fmt.Sprintf("%q is nothing that lasts", word), "such as call, server-down, power-off")
		return
	}
	do, undo := read(p)
	p.steps = append(p.steps, step{from, do}, step{to, undo})
}
