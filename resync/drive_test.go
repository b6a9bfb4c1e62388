package resync

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"profilegen/schema"
)

// Whatever the settings and the inputs, time goes on: the phone never asks
// again and again for the same moment, nor for one that has gone.
func TestTimeGoesOn(t *testing.T) {
	values := map[string][]string{
		"Provision_Enable":             {"Yes", "Yes", "Yes", "No"},
		"Resync_On_Reset":              {"Yes", "No", "maybe"},
		"Resync_Random_Delay":          {"0", "2", "65535"},
		"Resync_Periodic":              {"", "0", "0+5", "1", "600,0", "3600+60", "x"},
		"Resync_Error_Retry_Delay":     {"", "0", "0+1", "60,120", "30"},
		"Resync_At__HHmm_":             {"", "0000", "1200", "2400", "Yes"},
		"Resync_At_Random_Delay":       {"0", "600", "65535"},
		"Forced_Resync_Delay":          {"0", "60", "14400"},
		"Resync_Trigger_1":             {"", "1 eq 2", "$PRVTMR ge 600", `"$A" eq "go"`, "$UPGTMR lt 60", "http://x/"},
		"Upgrade_Rule":                 {"", "http://10.0.0.1/x.loads", "nonsense"},
		"Upgrade_Error_Retry_Delay":    {"0", "60"},
		"Report_Rule":                  {"", "", "", "", "http://10.0.0.1/r.xml"},
		"Report_to_Server":             {"On Request", "On Local Change", "Periodically"},
		"Profile_Rule":                 {"", a, "/x.xml", `(a = "go")!`, "([", "http://10.0.0.1/b.xml"},
		"Resync_After_Upgrade_Attempt": {"Yes", "No"},
	}
	names := slices.Sorted(maps.Keys(values))
	berlin := zone(t, "Europe/Berlin")
	inputs := []func(*Phone, time.Time){
		(*Phone).PowerOn, (*Phone).PowerOff, (*Phone).UserReboot, (*Phone).FactoryReset,
		func(p *Phone, now time.Time) { p.SetBusy(now, true) },
		func(p *Phone, now time.Time) { p.SetBusy(now, false) },
		func(p *Phone, now time.Time) { p.Notify(now, "resync") },
		func(p *Phone, now time.Time) { p.Notify(now, "reboot_now") },
		func(p *Phone, now time.Time) { p.Notify(now, "report") },
		func(p *Phone, now time.Time) { p.Web(now, "/admin/resync?"+a, "10.0.0.9") },
		func(p *Phone, now time.Time) { p.Resync(now, Trigger{Cause: Keypad}) },
		func(p *Phone, now time.Time) { p.Set(now, "GPP_A", "go") },
		func(p *Phone, now time.Time) { p.Set(now, "Resync_At__HHmm_", "0600") },
		func(p *Phone, now time.Time) { p.SetClock(now, now.Add(-7*time.Hour)) },
		func(p *Phone, now time.Time) { p.Upgraded(now, "sip88xx.12-0-1MPP-1") },
	}
	rapid.Check(t, func(t *rapid.T) {
		site := new(Site)
		site.Answer(a, Reply{Status: 200, Body: []byte("<flat-profile><Proxy_1_>x</Proxy_1_></flat-profile>")}, Reply{Status: 500}, Reply{Status: 200, Body: []byte(emptyProfile)})
		site.Slow("http://10.0.0.1/b.xml", 90*time.Second)
		p := &Phone{Fetch: site, Zone: berlin, Random: part(rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "random"))}
		p.Quirks.ZeroRetryAtOnce = rapid.Bool().Draw(t, "zero-retry")
		p.Quirks.ForcedZeroWaits = rapid.Bool().Draw(t, "forced-zero")
		for _, name := range names {
			p.Preset(schema.Value{Name: name, Text: rapid.SampledFrom(values[name]).Draw(t, name)})
		}
		now := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
		p.PowerOn(now)
		last, same := now, 0
		for range 150 {
			at, ok := p.Next()
			if !ok || rapid.IntRange(0, 9).Draw(t, "input") == 0 {
				at = now.Add(time.Duration(rapid.IntRange(1, 7200).Draw(t, "later")) * time.Second)
				if next, ok := p.Next(); ok && next.Before(at) {
					at = next
				}
				rapid.SampledFrom(inputs).Draw(t, "what")(p, at)
				same = 0
			}
			if at.Before(now) && !at.Equal(p.now) {
				t.Fatalf("the phone asks for %v at %v", at, now)
			}
			now = at
			p.Tick(context.Background(), now)
			if same++; !p.now.Equal(last) {
				same = 0
			}
			if last = p.now; same > 5 {
				t.Fatalf("time stands at %v: %+v", now, p.Status())
			}
		}
	})
}
