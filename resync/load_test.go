package resync

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"profilegen/schema"
)

// fleetSettings are factory settings with some laid over: "Resync_Periodic 600".
func fleetSettings(t testing.TB, lines ...string) Settings {
	t.Helper()
	p := new(Phone)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		if p.Preset(schema.Value{Name: name, Text: value}) > 0 {
			t.Fatalf("no parameter %s", name)
		}
	}
	return *p.current()
}

func plan(t testing.TB, l Load) *Plan {
	t.Helper()
	p, err := l.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The closed form and the played fleet agree: each second within six standard
// deviations, the total within five.
func TestClosedFormAgrees(t *testing.T) {
	for _, c := range []struct {
		what string
		load Load
	}{
		{"power cut, factory settings", Load{Phones: 50_000, Length: 5 * time.Hour}},
		{"staggered return", Load{Phones: 40_000, Length: 3 * time.Hour, Stagger: 900}},
		{"no random delay", Load{Phones: 1000, Length: 3 * time.Hour, Settings: fleetSettings(t, "Resync_Random_Delay 0")}},
		{"long spread", Load{Phones: 40_000, Length: 3 * time.Hour, Settings: fleetSettings(t, "Resync_Random_Delay 90")}},
		{"a list of periods", Load{Phones: 50_000, Length: 3 * time.Hour, Settings: fleetSettings(t, "Resync_Periodic 600,1200,300")}},
		{"a list that ends", Load{Phones: 50_000, Length: 3 * time.Hour, Settings: fleetSettings(t, "Resync_Periodic 600,1200,0")}},
		{"no boot resync", Load{Phones: 50_000, Length: 3 * time.Hour, Stagger: 100, Settings: fleetSettings(t, "Resync_On_Reset No")}},
		{"no period", Load{Phones: 50_000, Length: 3 * time.Hour, Settings: fleetSettings(t, "Resync_Periodic 0")}},
		{"three files", Load{Phones: 20_000, Length: 2 * time.Hour, Requests: 3}},
		{"usual life", Load{Phones: 50_000, Length: 6 * time.Hour, Running: true}},
		{"usual life, random period", Load{Phones: 50_000, Length: 6 * time.Hour, Running: true, Settings: fleetSettings(t, "Resync_Periodic 1800+1800")}},
		{"set time", Load{Phones: 50_000, Length: 50 * time.Hour, Clock: 12 * time.Hour, Settings: fleetSettings(t, "Resync_At__HHmm_ 0230", "Resync_At_Random_Delay 3600")}},
		{"within the window", Load{Phones: 50_000, Length: 30 * time.Hour, Clock: 26 * time.Hour / 10, Running: true, Settings: fleetSettings(t, "Resync_At__HHmm_ 0230", "Resync_At_Random_Delay 3600")}},
		{"nothing", Load{Phones: 1000, Length: time.Hour, Settings: fleetSettings(t, "Provision_Enable No")}},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.load.Settings.Periodic == nil && !c.load.Settings.OnReset && c.load.Settings.ErrorRetry == nil {
				c.load.Settings = fleetSettings(t)
			}
			p := plan(t, c.load)
			sum := 0.0
			unit := float64(max(c.load.Requests, 1)) // they come together
			for at, got := range p.Requests {
				want, ok := c.load.Expected(at)
				if !ok {
					t.Fatalf("second %d has no closed form", at)
				}
				sum += want
				if off := math.Abs(float64(got) - want); off > 6*math.Sqrt(want*unit)+unit {
					t.Fatalf("second %d: %d requests, want %.1f", at, got, want)
				}
			}
			if off := math.Abs(float64(p.Total) - sum); off > 5*math.Sqrt(sum*unit)+unit {
				t.Errorf("%d requests in all, want %.0f", p.Total, sum)
			}
			if c.what != "nothing" && p.Total == 0 {
				t.Error("the fleet asks for nothing at all")
			}
		})
	}
}

// A fleet of real phones and its model make the same requests.
func TestFleetIsPhones(t *testing.T) {
	const url = "http://10.0.0.5/a.xml"
	for _, c := range []struct {
		what  string
		lines []string
		down  []Outage
		exact bool // nothing is drawn
	}{
		{what: "one phone's clocks", lines: []string{"Resync_Random_Delay 0", "Resync_Periodic 600,1200,300"}, exact: true},
		{what: "an outage and the ladder", lines: []string{"Resync_Random_Delay 0", "Resync_Periodic 1800", "Resync_Error_Retry_Delay 60,120,240"},
			down: []Outage{{1700, 9000}}, exact: true},
		{what: "an outage and no retry", lines: []string{"Resync_Random_Delay 0", "Resync_Periodic 1800", "Resync_Error_Retry_Delay 0"},
			down: []Outage{{1700, 9000}}, exact: true},
		{what: "a ladder that ends", lines: []string{"Resync_Random_Delay 0", "Resync_Periodic 3600", "Resync_Error_Retry_Delay 60,120,0"},
			down: []Outage{{0, 9000}}, exact: true},
		{what: "spread out", lines: []string{"Resync_Periodic 1800+900", "Resync_Error_Retry_Delay 60+60"}, down: []Outage{{2000, 6000}}},
		{what: "set time", lines: []string{"Resync_At__HHmm_ 0100", "Resync_At_Random_Delay 1800", "Resync_Error_Retry_Delay 600+60"}, down: []Outage{{3600, 5000}}},
	} {
		t.Run(c.what, func(t *testing.T) {
			const phones, length = 400, 8 * 3600
			real := make([]int, length)
			start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
			for i := range phones {
				site := new(Site)
				site.Answer(url, Reply{Status: 200, Body: []byte(emptyProfile)})
				p := &Phone{Random: Chance(uint64(i))}
				p.Fetch = fetchFunc(func(ctx context.Context, r Request) Reply {
					real[int(p.now.Sub(start)/time.Second)]++
					return site.Fetch(ctx, r)
				})
				p.Preset(schema.Value{Name: "Profile_Rule", Text: url})
				for _, line := range c.lines {
					name, value, _ := strings.Cut(line, " ")
					p.Preset(schema.Value{Name: name, Text: value})
				}
				p.attempts.succeeded = true
				inputs := []Input{{At: start, Do: (*Phone).PowerOn}}
				for _, o := range c.down {
					for _, edge := range []struct {
						at   int
						down bool
					}{{o.From, true}, {o.To, false}} {
						inputs = append(inputs, Input{At: start.Add(seconds(edge.at)), Do: func(*Phone, time.Time) { site.Down("", edge.down) }})
					}
				}
				if err := Simulate(context.Background(), p, inputs, start.Add((length-1)*time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			p := plan(t, Load{Phones: phones, Length: length * time.Second, Settings: fleetSettings(t, c.lines...), Down: c.down})
			if c.exact {
				for at := range real {
					if real[at] != int(p.Requests[at]) {
						t.Fatalf("second %d: phones make %d requests, the model %d", at, real[at], p.Requests[at])
					}
				}
				return
			}
			for at := 0; at < length; at += 600 { // ten minutes at a time
				a, b := 0, 0
				for i := at; i < min(at+600, length); i++ {
					a += real[i]
					b += int(p.Requests[i])
				}
				if off := math.Abs(float64(a - b)); off > 6*math.Sqrt(float64(a+b))+3 {
					t.Errorf("minute %d to %d: phones make %d requests, the model %d", at/60, at/60+10, a, b)
				}
			}
		})
	}
}

// With room for everybody the wheel plays what the stream plays; with little,
// no second answers more than the capacity and everybody is served in the end.
func TestCapacity(t *testing.T) {
	settings := fleetSettings(t, "Resync_Error_Retry_Delay 60+60,120+120,240+240")
	wide := plan(t, Load{Phones: 20_000, Length: 4 * time.Hour, Settings: settings, Capacity: 1_000_000})
	free := plan(t, Load{Phones: 20_000, Length: 4 * time.Hour, Settings: settings})
	if wide.TotalRefused != 0 || wide.Total != free.Total || math.Abs(float64(wide.Peak-free.Peak)) > 100 {
		t.Errorf("with room for all: %d requests, %d refused, peak %d; want %d, 0, about %d", wide.Total, wide.TotalRefused, wide.Peak, free.Total, free.Peak)
	}
	const capacity = 50
	tight := plan(t, Load{Phones: 20_000, Length: 4 * time.Hour, Settings: settings, Capacity: capacity})
	for at, n := range tight.Requests {
		if served := int(n - tight.Refused[at]); served > capacity {
			t.Fatalf("second %d: %d served, the capacity is %d", at, served, capacity)
		}
	}
	if tight.DoneAll <= free.DoneAll || tight.Undone != 0 || tight.TotalRefused == 0 {
		t.Errorf("20,000 phones, 50 a second: all done after %d s (%d not), %d refused; want more than %d s, 0, some",
			tight.DoneAll, tight.Undone, tight.TotalRefused, free.DoneAll)
	}
	if least := 20_000 / capacity; tight.DoneAll < least {
		t.Errorf("all done after %d s, which is less than 20,000/50", tight.DoneAll)
	}
}

func TestLoadErrors(t *testing.T) {
	for _, l := range []Load{
		{}, {Phones: 10}, {Phones: MostPhones + 1, Length: time.Hour}, {Phones: 1, Length: LongestLoad + time.Second},
		{Phones: 1, Length: time.Hour, Stagger: -1}, {Phones: 1, Length: time.Hour, Requests: 5, Capacity: 3},
	} {
		if _, err := l.Plan(); err == nil {
			t.Errorf("%+v: no error", l)
		}
	}
}
