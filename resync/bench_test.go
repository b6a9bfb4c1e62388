package resync

import (
	"context"
	"testing"
	"time"

	"profilegen/schema"
)

// A year of a phone with factory settings and a server that answers 200: 8,760
// resyncs, each of which reads its profile.
func BenchmarkYear(b *testing.B) {
	for _, c := range []struct {
		name string
		log  func(Event)
		body string
	}{
		{"silent", nil, emptyProfile},
		{"logged", func(Event) {}, emptyProfile},
		{"100 values", nil, profileOf100()},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				yearOf(b, c.log, c.body)
			}
		})
	}
}

func yearOf(b *testing.B, log func(Event), body string, lines ...schema.Value) {
	const url = "http://10.0.0.5/a.xml"
	site := new(Site)
	site.Answer(url, Reply{Status: 200, Body: []byte(body)})
	p := &Phone{Fetch: site, Log: log}
	p.Preset(schema.Value{Name: "Profile_Rule", Text: url})
	p.Preset(lines...)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := Simulate(context.Background(), p, []Input{{At: start, Do: (*Phone).PowerOn}}, start.AddDate(1, 0, 0)); err != nil {
		b.Fatal(err)
	}
}

func profileOf100() string {
	text := "<flat-profile>\n"
	for n := range 16 {
		for _, name := range []string{"User_ID_", "Password_", "Proxy_", "Display_Name_", "Auth_ID_", "Dial_Plan_"} {
			text += "<" + name + itoa(n+1) + "_>4081001141</" + name + itoa(n+1) + "_>\n"
		}
	}
	return text + "</flat-profile>"
}

// A year in which a trigger holds each resync: what is asked every second costs
// a few questions an attempt.
func BenchmarkYearHeld(b *testing.B) {
	for b.Loop() {
		yearOf(b, nil, emptyProfile, schema.Value{Name: "Resync_Trigger_1", Text: "$PRVTMR ge 86000 and $UPGTMR gt 300"})
	}
}

// 1,000,000 phones for a day after a power cut (performance.md, E): at most 1 s
// without a limit of the servers, 6 s with one.
func BenchmarkFleet(b *testing.B) {
	for _, c := range []struct {
		name     string
		capacity int
		lines    []string
	}{
		{"independent", 0, nil},
		{"capacity", 1000, []string{"Resync_Error_Retry_Delay 60+60,120+120,240+240,480+480,960+960"}},
		{"set time", 0, []string{"Resync_At__HHmm_ 0230"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			l := Load{Phones: 1_000_000, Length: 24 * time.Hour, Settings: fleetSettings(b, c.lines...), Capacity: c.capacity}
			b.ReportAllocs()
			total := 0
			for b.Loop() {
				total = plan(b, l).Total
			}
			b.ReportMetric(float64(total), "requests")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(total), "ns/request")
		})
	}
}
