// Package engine answers the builder's questions with the phone of package
// resync.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"profilegen/app/simulator"
	"profilegen/resync"
	"profilegen/rule"
	"profilegen/schema"
)

// Answer answers a Request in JSON by a Reply in JSON. A fault of the engine is
// an error in it.
func Answer(request []byte) (reply []byte) {
	defer func() {
		if r := recover(); r != nil {
			reply = encode(&simulator.Reply{Err: fmt.Sprintf("the simulator has a fault: %v", r)})
		}
	}()
	var q simulator.Request
	if err := json.Unmarshal(request, &q); err != nil {
		return encode(&simulator.Reply{Err: err.Error()})
	}
	if q.Profile == nil {
		q.Profile = new(schema.Profile)
	}
	switch q.Ask {
	case simulator.AskOutlook:
		return encode(&simulator.Reply{Outlook: Outlook(&q)})
	case simulator.AskPlay:
		return encode(&simulator.Reply{Played: Play(&q)})
	default:
		load, err := Load(&q)
		if err != nil {
			return encode(&simulator.Reply{Err: err.Error()})
		}
		return encode(&simulator.Reply{Load: load})
	}
}

func encode(r *simulator.Reply) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		return []byte(`{"Err":` + strconv.Quote(err.Error()) + `}`)
	}
	return text
}

// Outlook says what the phone does by itself after a start-up.
func Outlook(q *simulator.Request) *simulator.Outlook {
	p := &resync.Phone{Identity: q.Identity, Generation: q.Generation, Fetch: new(resync.Site), Zone: q.Start.Location()}
	p.Preset(q.Profile.Values()...)
	o := p.Outlook(q.Start, time.Duration(q.Hours)*time.Hour)
	out := &simulator.Outlook{From: o.From, To: o.To}
	for _, s := range o.Spans {
		out.Spans = append(out.Spans, simulator.Span{From: s.From, To: s.To, Held: s.Held, Reason: s.Reason, Mark: s.Mark})
	}
	for _, r := range o.Ladder {
		out.Ladder = append(out.Ladder, rung(&r))
	}
	for _, n := range o.Notes {
		out.Notes = append(out.Notes, simulator.Note(n))
	}
	return out
}

// rung is a wait in words.
func rung(r *resync.Rung) string {
	text := strconv.Itoa(r.Failure) + ". retry after " + between(r.Least, r.Most)
	if r.Failure > 1 {
		text += ", " + between(r.SinceL, r.SinceM) + " after the first failure"
	}
	if r.Repeats {
		text += "; so on from there"
	}
	return text
}

func between(least, most time.Duration) string {
	if least == most {
		return inWords(least)
	}
	return inWords(least) + " to " + inWords(most)
}

// inWords is a length of time: "1 h 30 min".
func inWords(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			parts = append(parts, strconv.Itoa(int(n))+" "+unit.name)
			d -= n * unit.length
		}
	}
	if parts == nil {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// mostEvents bounds what is kept of a play.
const mostEvents = 2000

// Play plays a story.
func Play(q *simulator.Request) *simulator.Played {
	played := new(simulator.Played)
	reader := resync.ScenarioReader{Open: func(name string) ([]byte, error) {
		if name != simulator.ProfileName {
			return nil, errors.New("the builder knows one file, " + simulator.ProfileName + ": the one beside the form")
		}
		return q.File, nil
	}}
	scenario, problems := reader.Read("story", strings.NewReader(q.Story))
	played.Problems = problems
	if scenario == nil {
		return played
	}
	_, problems, err := scenario.Play(context.Background(), func(e resync.Event) {
		if len(played.Events) == mostEvents {
			played.More++
			return
		}
		played.Events = append(played.Events, simulator.Event{Time: e.Time, Sentence: e.Sentence(), Mark: e.Mark, Mood: mood(e.Kind)})
	})
	played.Problems = append(played.Problems, problems...)
	if err != nil {
		played.Problems = append(played.Problems, schema.Problem{ID: "story", Severity: rule.Error, Summary: err.Error()})
	}
	return played
}

func mood(k resync.Kind) simulator.Mood {
	switch k {
	case resync.Succeeded:
		return simulator.Good
	case resync.Failed, resync.RuleFailed, resync.Damaged, resync.WasDropped:
		return simulator.Bad
	case resync.WasHeld:
		return simulator.Held
	}
	return simulator.Plain
}

// Load plans for a fleet of phones with the profile's settings.
func Load(q *simulator.Request) (*simulator.Load, error) {
	load := resync.Load{
		Phones: q.Phones, Stagger: q.Stagger, Capacity: q.Capacity, Running: q.Running, Seed: 1,
		Length: time.Hour, Clock: time.Duration(q.Start.Hour()) * time.Hour,
	}
	if q.Running {
		load.Length = 24 * time.Hour
	}
	load.Settings = resync.ReadSettings(func(element string) string { return value(q, element) }, &load.Quirks)
	for _, element := range []string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"} {
		if strings.TrimSpace(value(q, element)) != "" {
			load.Requests++
		}
	}
	plan, err := load.Plan()
	if err != nil {
		return nil, err
	}
	// The advice ends the summary, a line each; it is a list of its own here.
	figures, _, _ := strings.Cut(string(load.AppendSummary(nil, plan)), "\n- ")
	return &simulator.Load{
		Chart: string(plan.AppendSVG(nil)), Figures: strings.TrimSpace(figures), Advice: load.Advice(plan),
	}, nil
}

// value is what the phone holds: the profile's, or else the factory's.
func value(q *simulator.Request, element string) string {
	if v, ok := q.Profile.Get(element); ok {
		return v.Text
	}
	if entry, ok := schema.Default().Lookup(element); ok {
		text, _ := entry.DefaultValue(q.Generation)
		return text
	}
	return ""
}
