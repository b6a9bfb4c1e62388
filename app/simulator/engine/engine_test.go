package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"profilegen/app/simulator"
	"profilegen/rule"
	"profilegen/schema"
)

func request(ask simulator.Ask, values ...string) *simulator.Request {
	q := &simulator.Request{
		Ask: ask, Identity: rule.Sample("CP-8861-3PCC").Identity, Profile: new(schema.Profile),
		Start: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Hours: 24, Phones: 100,
	}
	for i := 0; i < len(values); i += 2 {
		q.Profile.Set(schema.Value{Name: values[i], Text: values[i+1]})
	}
	return q
}

func answer(t *testing.T, q *simulator.Request) *simulator.Reply {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	var r simulator.Reply
	if err := json.Unmarshal(Answer(text), &r); err != nil {
		t.Fatal(err)
	}
	if r.Err != "" {
		t.Fatal(r.Err)
	}
	return &r
}

func TestOutlook(t *testing.T) {
	o := answer(t, request(simulator.AskOutlook, "Resync_At__HHmm_", "0200", "Resync_At_Random_Delay", "7200", "Resync_Error_Retry_Delay", "600,1800")).Outlook
	if len(o.Spans) != 2 {
		t.Fatalf("%d resyncs in a day, want the one at power-on and the one at night: %+v", len(o.Spans), o.Spans)
	}
	night := o.Spans[1]
	if got := night.From.Format("15:04") + "-" + night.To.Format("15:04"); got != "02:00-04:00" {
		t.Errorf("the window is %s, want 02:00-04:00", got)
	}
	want := []string{"1. retry after 10 min", "2. retry after 30 min, 40 min after the first failure; so on from there"}
	if strings.Join(o.Ladder, "|") != strings.Join(want, "|") {
		t.Errorf("ladder %q, want %q", o.Ladder, want)
	}
}

func TestPlay(t *testing.T) {
	q := request(simulator.AskPlay)
	q.File = []byte("<flat-profile><Profile_Rule>http://192.0.2.10/a.xml</Profile_Rule></flat-profile>")
	q.Story = `start    2026-03-02 08:00
end      2026-03-02 12:00
phone    model=CP-8861-3PCC mac=000e08012345
profile  profile.xml
file     http://192.0.2.10/a.xml from profile.xml
from +50m to +70m server-down
`
	p := answer(t, q).Played
	if len(p.Problems) > 0 {
		t.Fatal(p.Problems)
	}
	moods := make(map[simulator.Mood]int)
	for _, e := range p.Events {
		moods[e.Mood]++
	}
	if moods[simulator.Good] == 0 || moods[simulator.Bad] == 0 {
		t.Errorf("good and bad events: %v, want both", moods)
	}

	q.Story += "at noon power-cut\n"
	if p := answer(t, q).Played; len(p.Problems) != 1 || p.Problems[0].Origin.Row != 7 {
		t.Errorf("problems of a bad line: %+v, want one in line 7", p.Problems)
	}
}

func TestLoad(t *testing.T) {
	l := answer(t, request(simulator.AskLoad, "Profile_Rule", "/$PSN.xml")).Load
	if !strings.HasPrefix(l.Chart, "<svg") || !strings.Contains(l.Figures, "100 phones") || strings.Contains(l.Figures, "\n- ") {
		t.Errorf("chart %.40q, figures %q", l.Chart, l.Figures)
	}
}

func TestBadRequest(t *testing.T) {
	for _, text := range []string{"", "{", `{"Ask":2,"Phones":-1}`} {
		var r simulator.Reply
		if err := json.Unmarshal(Answer([]byte(text)), &r); err != nil || r.Err == "" {
			t.Errorf("%q: %v, %+v; want an error in the reply", text, err, r)
		}
	}
}
