package resync

import (
	"bytes"
	"testing"
	"time"

	"profilegen/schema"
)

// Keys and passwords that a profile puts into rules, and into what a rule is
// made of, are in no event. The trace printed them once.
func TestSecretsOfNewRulesAreNotTold(t *testing.T) {
	const url = "http://10.0.0.5/a.xml"
	site := new(Site)
	site.Answer(url, Reply{Status: 200, Body: []byte(`<flat-profile>
		<Profile_Rule_B>[--key hunter22]http://10.0.0.5/b.xml</Profile_Rule_B>
		<Profile_Rule_C>[--uid a --pwd "hunter 33"]http://10.0.0.5/c.xml</Profile_Rule_C>
		<Report_Rule>[--key hunter44 --delta]http://10.0.0.5/report</Report_Rule>
		<Upgrade_Rule>[--uid b --pwd hunter55]http://10.0.0.5/x.loads</Upgrade_Rule>
		<GPP_A>[--key hunter66]http://10.0.0.5/d.xml</GPP_A>
		<GPP_B>[--uid c --pwd hunter77]</GPP_B>
		<Password_1_>hunter88</Password_1_>
		</flat-profile>`)})
	var out []byte
	p := &Phone{Fetch: site, Random: part(0), Log: func(e Event) { out = append(e.AppendJSON(e.AppendLine(out)), '\n') }}
	p.Preset(schema.Value{Name: "Profile_Rule", Text: url})
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	if err := Simulate(t.Context(), p, []Input{{At: start, Do: (*Phone).PowerOn}}, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte("hunter")) {
			t.Errorf("a secret is told: %s", line)
		}
	}
	if !bytes.Contains(out, []byte("Profile_Rule_B")) {
		t.Errorf("the change of Profile_Rule_B is not told at all")
	}
}
