package resync

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilegen/schema"
)

// read reads a scenario that has to be right.
func read(t *testing.T, text string) *Scenario {
	t.Helper()
	s, problems := ScenarioReader{}.Read("test", strings.NewReader(text))
	for _, p := range problems {
		t.Errorf("%d:%d: %s (%s)", p.Origin.Row, p.Origin.Column, p.Summary, p.Hint)
	}
	if s == nil {
		t.FailNow()
	}
	return s
}

// play plays a scenario and gives its trace; what was expected has to happen.
func playThrough(t *testing.T, s *Scenario) (p *Phone, trace string) {
	t.Helper()
	var writer Trace
	var out []byte
	p, problems, err := s.Play(context.Background(), func(e Event) { out = writer.AppendTo(out, &e) })
	if err != nil {
		t.Fatal(err)
	}
	tell(t, problems, out)
	return p, string(out)
}

func tell(t *testing.T, problems schema.Problems, trace []byte) {
	t.Helper()
	for _, problem := range problems {
		t.Errorf("%s:%d: %s", problem.Origin.File, problem.Origin.Row, problem.Summary)
	}
	if len(problems) > 0 {
		t.Logf("trace:\n%s", trace)
	}
}

const examples = "../examples/scenarios"

func TestExampleScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*.scenario"))
	if err != nil || len(files) < 7 {
		t.Fatalf("%d examples (%v), want 7 at least", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := read(t, string(text))
			if s.About == "" || len(s.wants) < 5 {
				t.Errorf("an example says what it is about and expects something: %d lines", len(s.wants))
			}
			_, first := playThrough(t, s)
			if _, again := playThrough(t, s); again != first {
				t.Errorf("played again, the trace differs")
			}
			t.Logf("\n%s", first)
		})
	}
}

// A wrong expectation is told: what the examples show could not show otherwise.
func TestExpectationsCanFail(t *testing.T) {
	const story = `start 2026-03-02 08:00
end 09:30
random 0
set Profile_Rule http://10.0.0.5/a.xml
file http://10.0.0.5/a.xml <flat-profile><GPP_A>1</GPP_A></flat-profile>
`
	for _, c := range []struct{ lines, want string }{
		{"expect 08:00 get http://10.0.0.5/a.xml", "after all that was expected came 2026-03-02 08:00:00 ok"},
		{"expect 08:00 get http://10.0.0.5/b.xml\nexpect 08:00 ok", "got 2026-03-02 08:00:00 get http://10.0.0.5/a.xml"},
		{"expect nothing", "expected nothing, got 2026-03-02 08:00:00 get"},
		{"expect nothing from 08:30 to 09:10", "got 2026-03-02 09:00:00 get"},
		{"expect value GPP_A 2", `GPP_A is "1", want "2"`},
		{"expect 08:00 held periodic", "which did not happen"},
		{"expect 08:00 get http://10.0.0.5/a.xml\nexpect 08:00 ok", "after all that was expected came 2026-03-02 09:00:00 get"},
		{"expect 08:00 ok", "expected 2026-03-02 08:00:00 ok, got 2026-03-02 08:00:00 get"},
		{"expect 08:00:01 due", "which did not happen"},
	} {
		_, problems, err := read(t, story+c.lines+"\n").Play(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) == 0 || !strings.Contains(problems[0].Summary, c.want) {
			t.Errorf("%q: problems %v, want %q", c.lines, problems, c.want)
		}
	}
}

func TestScenarioErrors(t *testing.T) {
	const start = "start 2026-03-02 08:00\n"
	for _, c := range []struct{ text, want string }{
		{"", "1:1: the scenario has no start"},
		{"start 2026-13-02 08:00", "1:7: \"2026-13-02 08:00\" is no date and time"},
		{"start 2026-03-02 08:00 Mars/Olympus", "1:7: time zone \"Mars/Olympus\" is not known here"},
		{"at 18:00 power-cut", "1:4: the start is not known yet"},
		{start + "begin", "2:1: \"begin\" begins no line of a scenario"},
		{start + "at 25:00 power-cut", "2:4: \"25:00\" is no time"},
		{start + "at 18:00 earthquake", "2:10: \"earthquake\" is nothing that can happen"},
		{start + "from 9:00 to 8:30 call", "2:11: the end is not after the beginning"},
		{start + "from 9:00 until 9:30 call", "2:11: the word to is missing"},
		{start + "set Resync_Periodc 60", "2:5: the phone has no parameter Resync_Periodc"},
		{start + "quirk boot-unit=3s", "2:7: quirk boot-unit: \"3s\" is not one of 20s, 1s"},
		{start + "status http://h/x 99", "2:19: \"99\" is no HTTP status"},
		{start + "file http://h/x <<END\n<flat-profile/>", "2:17: the text that begins here has no end"},
		{start + "file http://h/x from other.xml", "2:17: the file \"other.xml\" cannot be opened here"},
		{start + "expect 08:00 party", "2:14: \"party\" is no event"},
		{start + "random 2", "2:8: random wants a number from 0 to 1"},
		{start + "for 3weeks", "2:5: \"3weeks\" is no length of time"},
		{start + "random 1 2", "2:10: \"2\" follows what the line says"},
		{start + "phone model=CP-9999", "2:7: \"CP-9999\" is no phone of the 7800 and 8800 series"},
		{start + "dhcp server 10.0.0.5", "2:6: the option has no number"},
	} {
		s, problems := ScenarioReader{}.Read("test", strings.NewReader(c.text))
		got := ""
		if len(problems) > 0 {
			o := problems[0].Origin
			got = itoa(o.Row) + ":" + itoa(o.Column) + ": " + problems[0].Summary
		}
		if s != nil || !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// The trace of the PBX chain is one that a newcomer can follow: golden file.
func TestTraceGolden(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(examples, "public-pbx-chain.scenario"))
	if err != nil {
		t.Fatal(err)
	}
	_, trace := playThrough(t, read(t, string(text)))
	golden(t, "testdata/public-pbx-chain.trace", []byte(trace))
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s (-want +got):\n%s", file, diff(string(want), string(got)))
	}
}

// The outlook of each example, as `profilegen simulate` prints it: golden.
func TestOutlookGolden(t *testing.T) {
	for _, name := range []string{"first-boot", "server-outage", "nightly-window", "trigger-that-blocks", "article-settings"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(examples, name+".scenario"))
			if err != nil {
				t.Fatal(err)
			}
			s := read(t, string(text))
			p, _ := s.Phone()
			o := p.Outlook(s.Start, s.End.Sub(s.Start))
			golden(t, "testdata/"+name+".outlook", o.AppendText(nil))
		})
	}
}

// What the examples do not use of the language.
func TestScenarioLanguage(t *testing.T) {
	const text = `# a comment
about   Odds and
about   ends.
start   2026-03-02 08:00 CET-1CEST,M3.5.0,M10.5.0/3   # a rule as zone
for     1d30s
phone   model=7841 mac=00:0E:08:01:23:45 serial=S ip=192.0.2.9 extip=198.51.100.1 software=sip78xx.12-0-1MPP-1 hardware=3.0 firmware=12
seed    7
random  0
profile <<END
<flat-profile><Profile_Rule>http://10.0.0.5/$PSN-$SN-$HWVER.xml</Profile_Rule><Resync_Periodic>0</Resync_Periodic></flat-profile>
END
set     Profile_Rule_B <<END
($REGTMR1 gt 30)?
  http://10.0.0.5/lost.xml
END
set     Resync_Error_Retry_Delay
file    http://10.0.0.5/7841-3PCC-S-3.0.xml from 7841.xml
login   http://10.0.0.5/lost.xml user password
restarts GPP_B

at   +1h    unregistered 1
from 10:00  to 10:10 status http://10.0.0.5/7841-3PCC-S-3.0.xml 503
at   10:05  notify resync
at   10:15  keypad
at   11:00  registered 1
at   11:05  xml http://10.0.0.5/lost.xml
at   11:10  set Resync_At__HHmm_ 2000
at   11:15  clock 2026-03-02 19:50
from 12:00  to 12:30 power-off
at   12:15  notify resync
at   13:00  upgraded sip78xx.12-0-2MPP-1
at   2026-03-03 08:00 factory-reset

expect 08:00    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 08:00    ok
expect 10:05    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 10:05    fail
expect 10:15    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 10:15    get http://10.0.0.5/lost.xml
expect 10:15    fail
expect 11:05    get http://10.0.0.5/lost.xml
expect 11:05    fail
# The clock is 8 h 35 min ahead: it shows 20:00 at 11:25.
expect 11:25    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 11:25    ok
expect 12:30    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 12:30    ok
expect 13:00    restart Upgrade
expect 13:00    get http://10.0.0.5/7841-3PCC-S-3.0.xml
expect 13:00    ok
expect 2026-03-03 08:00 fail   # nothing is left of its rules
expect 2026-03-03 08:00 factory-reset
expect nothing from 12:00 to 12:30
expect value GPP_B
`
	reader := ScenarioReader{Open: func(name string) ([]byte, error) {
		if name != "7841.xml" {
			t.Errorf("the scenario opens %q", name)
		}
		return []byte("<flat-profile><GPP_A>1</GPP_A></flat-profile>"), nil
	}}
	s, problems := reader.Read("language", strings.NewReader(text))
	tell(t, problems, nil)
	if s == nil {
		t.FailNow()
	}
	if s.About != "Odds and ends." {
		t.Errorf("about %q", s.About)
	}
	p, trace := playThrough(t, s)
	if p.Software != "sip78xx.12-0-2MPP-1" || !strings.Contains(trace, "factory reset") {
		t.Errorf("software %s; trace:\n%s", p.Software, trace)
	}
}

// What a caller adds to a scenario: another start, more lines, a phone with
// other values, and servers that have an answer for whatever is asked.
func TestScenarioOfACaller(t *testing.T) {
	const story = `start 2026-03-02 08:00
random 0
set Resync_Periodic 1800
file http://10.0.0.5/a.xml <flat-profile><GPP_A>story</GPP_A></flat-profile>
`
	start := time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC)
	reader := ScenarioReader{Start: start}
	s, problems := reader.Read("story", strings.NewReader(story))
	tell(t, problems, nil)
	s.Values = append(s.Values, schema.Value{Name: "Resync_Periodic", Text: "600"}, schema.Value{Name: "Profile_Rule", Text: "http://10.0.0.5/a.xml"})
	s.End = s.Start.Add(2 * time.Hour)
	s.Otherwise = func(r Request) Reply {
		return Reply{Status: 200, Body: []byte("<flat-profile><GPP_B>" + r.URL + "</GPP_B></flat-profile>")}
	}
	tell(t, reader.Extend(s, "more", strings.NewReader(`at 06:05 set Profile_Rule http://10.0.0.6/b.xml
from 06:15 to 06:25 status http://10.0.0.6/b.xml 503
expect 06:00 get http://10.0.0.5/a.xml
expect 06:00 ok
expect 06:10 get http://10.0.0.6/b.xml
expect 06:10 ok
expect 06:20 get http://10.0.0.6/b.xml
expect 06:20 fail
expect 07:20 get http://10.0.0.6/b.xml
expect 07:20 ok
expect 07:30 get http://10.0.0.6/b.xml
`)), nil)
	if want := 9; s.Expectations() != want {
		t.Errorf("%d expectations, want %d", s.Expectations(), want)
	}
	p, problems, err := s.Play(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || problems[0].Origin.File != "more" || !strings.Contains(problems[0].Summary, "after all that was expected came 2026-07-01 07:30:00 ok") {
		t.Errorf("problems %v, want the one that the last ok is not expected, in more", problems)
	}
	if a, b := p.Value("GPP_A"), p.Value("GPP_B"); a != "story" || b != "http://10.0.0.6/b.xml" {
		t.Errorf("GPP_A %q, GPP_B %q", a, b)
	}
	if problems := reader.Extend(s, "more", strings.NewReader("at 06:00 earthquake")); len(problems) != 1 || problems[0].Origin.File != "more" {
		t.Errorf("problems %v, want one of more", problems)
	}
}

func TestParseStart(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"2026-03-02 08:00", "2026-03-02T08:00:00Z"},
		{"2026-03-02", "2026-03-02T00:00:00Z"},
		{"2026-03-02 18:00:30 Europe/Berlin", "2026-03-02T18:00:30+01:00"},
		{"2026-07-02 18:00 Europe/Berlin", "2026-07-02T18:00:00+02:00"},
		{"", ""}, {"18:00", ""}, {"tomorrow", ""}, {"2026-02-30 08:00", ""},
		{"2026-03-02 08:00 Mars/Olympus", ""}, {"2026-03-02 08:00 UTC again", ""},
	} {
		at, err := ParseStart(c.text, nil)
		got := ""
		if err == nil {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}

func TestParseLength(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "2d": 48 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0,
	} {
		if got, ok := ParseLength(text); !ok || got != want {
			t.Errorf("%q: %s %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "d", "-1h", "1d-1h", "3weeks", "4000d", "9999999h", "1.5d"} {
		if got, ok := ParseLength(text); ok {
			t.Errorf("%q: %s, want none", text, got)
		}
	}
}
