package resync

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		what string
		load Load
		want string
	}{
		{"the guide's delay", Load{Phones: 100_000, Length: time.Hour},
			"Resync_Random_Delay 2 spreads 100,000 phones over 40 s: 2,500/s; with 90 it is 56/s"},
		{"no spread", Load{Phones: 500, Length: time.Hour, Settings: fleetSettings(t, "Resync_Random_Delay 0")},
			"Resync_Random_Delay 0 brings 500 phones in one second; with 90 it is 0.3/s"},
		{"a server's capacity", Load{Phones: 100_000, Length: time.Hour, Capacity: 500},
			"with 13 it is 385/s"},
		{"waves", Load{Phones: 100_000, Length: time.Hour},
			"Resync_Periodic 3600 makes 28/s on average, but in waves: phones that started together stay together; with 3600+1800 the waves flatten"},
		{"out of step", Load{Phones: 100_000, Length: time.Hour, Running: true}, "Resync_Periodic 3600 makes 28/s on average"},
		{"a window", Load{Phones: 6600, Length: time.Hour, Settings: fleetSettings(t, "Resync_At__HHmm_ 1800", "Resync_At_Random_Delay 666")},
			"Resync_At__HHmm_ 1800 brings all phones once a day within 11 min: 10/s"},
		{"refused", Load{Phones: 10_000, Length: 5 * time.Hour, Capacity: 100}, "sends the refused phones back in step; a random part spreads them: 3600+3600"},
		{"a trigger", Load{Phones: 1, Length: time.Hour, Settings: fleetSettings(t, "Resync_Trigger_1 1 eq 2")}, "leaves Resync_Trigger_1 and Resync_Trigger_2 aside"},
		{"no provisioning", Load{Phones: 1, Length: time.Hour, Settings: fleetSettings(t, "Provision_Enable No")}, "no phone resyncs"},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.load.Settings.ErrorRetry == nil && !c.load.Settings.ProvisionEnable && c.what != "no provisioning" {
				c.load.Settings = fleetSettings(t)
			}
			p := plan(t, c.load)
			if got := strings.Join(c.load.Advice(p), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("advice:\n%s\nwant in it: %s", got, c.want)
			}
		})
	}
}

func TestLoadReportGolden(t *testing.T) {
	l := Load{Phones: 100_000, Length: 4 * time.Hour, Settings: fleetSettings(t, "Resync_Error_Retry_Delay 60,120,240,480"), Capacity: 400, Seed: 1}
	golden(t, "testdata/capacity.load", l.AppendReport(nil, plan(t, l)))
}

// The table and the picture hold the plan's own figures.
func TestLoadTableAndPicture(t *testing.T) {
	l := Load{Phones: 5000, Length: 3 * time.Hour, Settings: fleetSettings(t), Capacity: 40}
	p := plan(t, l)
	for _, step := range []int{1, 7, 600} {
		rows, err := csv.NewReader(bytes.NewReader(p.AppendCSV(nil, step))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		total, refused := 0, 0
		for _, row := range rows[1:] {
			n, _ := strconv.Atoi(row[1])
			r, _ := strconv.Atoi(row[3])
			total, refused = total+n, refused+r
		}
		if want := (len(p.Requests) + step - 1) / step; len(rows)-1 != want || total != p.Total || refused != p.TotalRefused {
			t.Errorf("step %d: %d rows, %d requests, %d refused; want %d, %d, %d", step, len(rows)-1, total, refused, want, p.Total, p.TotalRefused)
		}
	}
	picture := p.AppendSVG(nil)
	classes := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "class" {
					classes[a.Value]++
				}
				if a.Name.Local == "style" {
					t.Error("a style attribute, which the page's policy forbids")
				}
			}
		}
	}
	for class, want := range map[string]int{"load-requests": 1, "load-refused": 1, "load-axis": 1, "load-chart": 1} {
		if classes[class] != want {
			t.Errorf("%d elements of class %s, want %d", classes[class], class, want)
		}
	}
}

// Who follows the advice gets what it promises.
func TestAdviceHelps(t *testing.T) {
	play := func(lines ...string) *Plan {
		return plan(t, Load{Phones: 100_000, Length: 12 * time.Hour, Settings: fleetSettings(t, lines...)})
	}
	last := func(p *Plan) (peak int) { // of the last two hours
		for _, n := range p.Requests[10*3600:] {
			peak = max(peak, int(n))
		}
		return peak
	}
	as := play()
	if as.Peak < 2400 || last(as) < 2400 {
		t.Errorf("peaks of %d/s and, hours later, %d/s; want some 2,500/s", as.Peak, last(as))
	}
	if spread := play("Resync_Random_Delay 90"); spread.Peak > 56+6*8 {
		t.Errorf("with Resync_Random_Delay 90 the peak is %d/s, want some 56/s", spread.Peak)
	}
	if flat := play("Resync_Periodic 3600+1800"); last(flat) > 200 {
		t.Errorf("with Resync_Periodic 3600+1800 the peak is %d/s hours later, want the waves gone", last(flat))
	}
}

// The longest delays there are do not run out of their numbers.
func TestLongestDelays(t *testing.T) {
	p := plan(t, Load{Phones: 10, Length: LongestLoad, Settings: fleetSettings(t, "Resync_Periodic 99999999999+99999999999", "Resync_Random_Delay 0")})
	if p.Total != 10 {
		t.Errorf("%d requests, want the 10 of the start-up", p.Total)
	}
}

// The report names what the formula gives for the busiest second, and a plan
// without a formula does not.
func TestReportFormula(t *testing.T) {
	for _, c := range []struct {
		load Load
		want string
	}{
		{Load{Phones: 100_000, Length: time.Hour, Settings: fleetSettings(t)}, "by formula            2,439/s on average"},
		{Load{Phones: 100_000, Length: time.Hour, Settings: fleetSettings(t), Capacity: 100}, ""},
	} {
		p := plan(t, c.load)
		report, summary := string(c.load.AppendReport(nil, p)), string(c.load.AppendSummary(nil, p))
		if strings.Contains(report, "by formula") != (c.want != "") || !strings.Contains(report, c.want) {
			t.Errorf("report:\n%s\nwant in it: %q", report, c.want)
		}
		if strings.Contains(summary, "█") || !strings.Contains(report, summary[strings.Index(summary, "\n- "):]) {
			t.Errorf("the summary is the report without its histogram; got\n%s", summary)
		}
	}
}
