package resync

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilegen/schema"
)

// On real time the phone does what it does on virtual time. The bubble's clock
// stands for real time.
func TestRunIsSimulate(t *testing.T) {
	const url = "http://10.0.0.5/a.xml"
	phone := func(log *[]byte) *Phone {
		site := new(Site)
		site.Answer(url, Reply{Status: 500}, Reply{Status: 200, Body: []byte(emptyProfile)})
		p := &Phone{Fetch: site, Random: part(0.5), Log: func(e Event) { *log = e.AppendLine(*log) }}
		p.Preset(schema.Value{Name: "Profile_Rule", Text: url}, schema.Value{Name: "Resync_Trigger_1", Text: "$PRVTMR ge 60"})
		return p
	}
	type input struct {
		after time.Duration
		do    func(p *Phone, now time.Time)
	}
	inputs := []input{
		{0, (*Phone).PowerOn},
		{90 * time.Minute, func(p *Phone, now time.Time) { p.SetBusy(now, true) }},
		{3 * time.Hour, func(p *Phone, now time.Time) { p.SetBusy(now, false) }},
		{4*time.Hour + 17*time.Second, func(p *Phone, now time.Time) { p.Notify(now, "resync") }},
	}
	const length = 9 * time.Hour

	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var virtual, real []byte
		var list []Input
		for _, in := range inputs {
			list = append(list, Input{At: start.Add(in.after), Do: in.do})
		}
		if err := Simulate(t.Context(), phone(&virtual), list, start.Add(length)); err != nil {
			t.Fatal(err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		feed := make(chan func(*Phone, time.Time))
		go func() {
			for _, in := range inputs {
				time.Sleep(time.Until(start.Add(in.after)))
				feed <- in.do
			}
			close(feed)
		}()
		if err := Run(ctx, phone(&real), feed); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Run ended with %v", err)
		}
		if diff := cmp.Diff(string(virtual), string(real)); diff != "" {
			t.Errorf("on real time the phone differs (-virtual +real):\n%s", diff)
		}
		if len(virtual) == 0 {
			t.Error("nothing happened")
		}
	})
}

// A run with an end goes on until the phone has done what follows at once: the
// restart for what the profile changed, and the report.
func TestRunUntilTheRestartIsOver(t *testing.T) {
	const url = "http://10.0.0.5/a.xml"
	synctest.Test(t, func(t *testing.T) {
		site := new(Site)
		site.Answer(url, Reply{Status: 200, Body: []byte(`<flat-profile><User_ID_1_>101</User_ID_1_></flat-profile>`)})
		site.Answer("http://10.0.0.5/report", Reply{Status: 200})
		var told []Kind
		resynced := false
		p := &Phone{Fetch: site, Random: part(0), Log: func(e Event) {
			resynced = resynced || e.Kind == Succeeded
			if e.Kind == Succeeded || e.Kind == Restarted || e.Kind == ReportSent {
				told = append(told, e.Kind)
			}
		}}
		p.Preset(schema.Value{Name: "Profile_Rule", Text: url}, schema.Value{Name: "Report_Rule", Text: "http://10.0.0.5/report"})
		p.PowerOn(time.Now())
		if err := RunUntil(t.Context(), p, nil, func() bool { return resynced }); err != nil {
			t.Fatalf("the run ended with %v", err)
		}
		want := []Kind{Succeeded, Restarted, ReportSent}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}
