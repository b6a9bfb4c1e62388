package gen

import (
	"fmt"
	"strings"
	"testing"

	"profilegen/rule"
	"profilegen/schema"
)

const twoPhones = "mac,model\n000e08012345,8861\n000e0801abcd,8861\n"

// Each case is a fleet and what the proof says about it: "" when every phone
// gets its own file.
func TestProof(t *testing.T) {
	for _, tt := range []struct {
		title string
		batch Batch
		rule  string // Profile_Rule of the base
		more  []schema.Value
		csv   string
		want  string
	}{
		{title: "the default"},
		{title: "flat", batch: Batch{Name: "$MA.xml"}},
		{title: "upper case", batch: Batch{Name: "$MAU.cfg"}},
		{title: "the rule is the factory default's, as in a dump", rule: "/$PSN.xml"},
		{title: "own rule", rule: "/$MA/$PSN.xml"},
		{title: "own rule that names a server", rule: "http://192.0.2.1/$MA/$PSN.xml"},
		{title: "own rule, in a folder of a server", rule: "http://192.0.2.1:8080/prov/$MA/$PSN.xml"},
		{title: "own rule with a query", rule: "http://192.0.2.1/$MA/$PSN.xml?v=1"},
		{title: "own rule with conditions", rule: `($PRVST eq 2)? /retry.xml | ("$PSN" eq "8861-3PCC")? /$MA/$PSN.xml`},
		{title: "own rule in a GPP", rule: "$B", more: []schema.Value{value("GPP_B", "/$MA/$PSN.xml")}, want: "asks for /$MA/$PSN.xml"}, // one pass (a.7)
		{title: "folder in a GPP", rule: "$B/$MA/$PSN.xml", more: []schema.Value{value("GPP_B", "http://192.0.2.1/x")}},
		{title: "rule B leads there", rule: "# none", more: []schema.Value{value("Profile_Rule_B", "/$MA/$PSN.xml")}},
		{title: "delivered to a server", batch: Batch{Delivery: schema.Delivery{Scheme: "http", Server: "192.0.2.1", Path: "/prov"}}},
		{title: "delivered to a folder of DHCP's server", batch: Batch{Delivery: schema.Delivery{Path: "prov/"}}},
		{title: "one file for a model, and one phone", batch: Batch{Name: "$PSN.xml"}, csv: "mac,model\n000e08012345,8861\n"},
		{title: "the second path a phone tries with DHCP's server", batch: Batch{Name: "Cisco/$PN/$MA.cfg", NoBootstrap: true}},
		{title: "another entry", batch: Batch{Name: "$MA.xml", Entry: "/$MA.xml", NoBootstrap: true}},
		{title: "entry for all models", batch: Batch{Entry: "http://192.0.2.1/init.xml"}},
		{title: "a phone's own rule", csv: "mac,model,Profile_Rule\n000e08012345,8861,/$MA/$PSN.xml\n000e0801abcd,8861,\n"},

		{title: "no bootstrap", batch: Batch{NoBootstrap: true}, want: "phone 000e08012345 does not get its file 000e08012345/8861-3PCC.xml: it asks for /8861-3PCC.xml by its Profile_Rule, which is not among the files"},
		{title: "wrong case", batch: Batch{Name: "$MA.xml"}, rule: "/$MAU.xml",
			want: "gets 8861-3PCC.xml and asks for /000E08012345.xml by its Profile_Rule, which is not among the files; and so does another phone of this model|the nearest file is 000e08012345.xml: names tell upper and lower case apart; $MA is lower case"},
		{title: "wrong ending", batch: Batch{Name: "$MA.xml"}, rule: "/$MA.cfg", want: "of this model|the nearest file is 000e08012345.xml"},
		{title: "another server", batch: Batch{Delivery: schema.Delivery{Scheme: "http", Server: "192.0.2.1"}}, rule: "http://192.0.2.9/$MA/$PSN.xml",
			want: "goes to 192.0.2.9 by its Profile_Rule, which is not where this batch is delivered"},
		{title: "another port", batch: Batch{Delivery: schema.Delivery{Scheme: "http", Server: "192.0.2.1"}}, rule: "http://192.0.2.1:81/$MA/$PSN.xml", want: "not where this batch is delivered"},
		{title: "rule that cannot be read", rule: "/$MA/$PSN.xml x", want: "cannot read its Profile_Rule"},
		{title: "rule that never applies", rule: `("a" eq "b")? /$MA/$PSN.xml`, want: "gets 8861-3PCC.xml and has no rule that asks for a file"},
		{title: "the same file for all", rule: "/8861-3PCC.xml?x", want: "stays with 8861-3PCC.xml"},
		{title: "next resync goes astray", csv: "mac,model,Profile_Rule\n000e08012345,8861,/$MAU.xml\n",
			want: "gets its file 000e08012345/8861-3PCC.xml, but not again: at its next resync it asks for /000E08012345.xml"},
		{title: "an assignment", rule: `(C = "0")! /$MA/$PSN.xml`},
	} {
		base := &schema.Profile{}
		if tt.rule != "" {
			base.Set(value("Profile_Rule", tt.rule))
		}
		for _, v := range tt.more {
			base.Set(v)
		}
		if tt.csv == "" {
			tt.csv = twoPhones
		}
		tt.batch.Fleet = csvFleet(base, tt.csv)
		r, err := tt.batch.Run(t.Context(), newMemory())
		var got []string
		for _, p := range r.Problems {
			if p.ID == proofID || p.ID == stayID {
				got = append(got, p.Summary+"|"+p.Hint)
			}
		}
		if tt.want == "" {
			if len(got) > 0 || err != nil {
				t.Errorf("%s: %v\n%s\n%s", tt.title, err, strings.Join(got, "\n"), told(r.Problems))
			}
			continue
		}
		if text := strings.Join(got, "\n"); !strings.Contains(text, tt.want) {
			t.Errorf("%s: %v, got\n%s\nwant %s\n%s", tt.title, err, text, tt.want, told(r.Problems))
		}
	}
}

// What was found out for one phone of a model is taken for all; that must not
// hide a phone for which it does not hold.
func TestProofOfOnePhoneIsNotTakenForAnother(t *testing.T) {
	for _, tt := range []struct{ rule, csv, want string }{
		{`("$SN" eq "A")? /$MA.xml | /no.xml`, "mac,model,serial\n000e08000001,8861,A\n000e08000002,8861,B\n", "phone 000e08000002 does not get"},
		{`("$MA" eq "000e08000002")? /no.xml | /$MA.xml`, "mac,model\n000e08000001,8861\n000e08000002,8861\n", "phone 000e08000002 does not get"},
		{"/$MA.xml", "mac,model,Profile_Rule\n000e08000001,8861,\n000e08000002,8861,/no.xml\n", "000e08000002.xml, but not again"},
		{"/$C$MA.xml", "mac,model,GPP_C\n000e08000001,8861,\n000e08000002,8861,x\n", "000e08000002.xml, but not again"},
		{"/$MA.xml", "mac,model\n000e08000001,8861\n000e08000002,7841\n", ""},
	} {
		for workers := 1; workers < 3; workers++ {
			base := profileOf(value("Profile_Rule", tt.rule))
			b := Batch{Fleet: csvFleet(base, tt.csv), Name: "$MA.xml", Workers: workers}
			r, _ := b.Plan(t.Context(), newMemory())
			if got := told(r.Problems); !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, proofID) {
				t.Errorf("%s:\n%swant %s", tt.rule, got, tt.want)
			}
		}
	}
}

// Of the phones that one wrong rule leads astray the first stands for all.
func TestProofIsToldOnceForAModel(t *testing.T) {
	var text strings.Builder
	text.WriteString("mac,model\n")
	for i := range 200 {
		fmt.Fprintf(&text, "000e08%06x,%s\n", i, []string{"8861", "7841"}[i%2])
	}
	b := Batch{Fleet: csvFleet(nil, text.String()), NoBootstrap: true}
	r, err := b.Run(t.Context(), newMemory())
	if err == nil || r.Failed != 200 {
		t.Errorf("error %v, %d failed", err, r.Failed)
	}
	if len(r.Problems) != 2 || !strings.Contains(r.Problems[0].Summary, "phone 000e08000000") ||
		!strings.HasSuffix(r.Problems[0].Summary, "and so do 99 more phones of this model") {
		t.Errorf("told:\n%s", told(r.Problems))
	}
}

func TestDelivery(t *testing.T) {
	for _, tt := range []struct{ text, url, problem string }{
		{"192.0.2.1", "tftp://192.0.2.1", ""},
		{"http://prov.example.com", "http://prov.example.com", ""},
		{"http://prov.example.com:8080/phones/", "http://prov.example.com:8080/phones", ""},
		{"https://[2001:db8::1]/a/b", "https://[2001:db8::1]/a/b", ""},
		{"tftp://192.0.2.1:69", "tftp://192.0.2.1:69", ""},
		{"/phones", "/phones", ""},
		{"ftp://192.0.2.1", "", "scheme"},
		{"http://user:pw@192.0.2.1", "", "user and password"},
	} {
		d, err := ParseDelivery(tt.text)
		switch {
		case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)):
			t.Errorf("%q: error %v, want one with %q", tt.text, err, tt.problem)
		case tt.problem == "" && (err != nil || deliveryURL(&d) != tt.url):
			t.Errorf("%q: got %q, %v; want %q", tt.text, deliveryURL(&d), err, tt.url)
		}
	}
}

func BenchmarkProof(b *testing.B) {
	r, err := (&Batch{Fleet: csvFleet(nil, twoPhones)}).start(b.Context(), newMemory())
	if err != nil {
		b.Fatal(err)
	}
	w, err := r.newWorker()
	if err != nil {
		b.Fatal(err)
	}
	p := &jobPhone{Device: Device{Identity: rule.Identity{Product: "CP-8861-3PCC"}}}
	for range 24 {
		p.Values = append(p.Values, value("Proxy_1_", "x"))
	}
	m := w.model(&p.Device)
	w.phone.Identity = p.Identity
	b.ReportAllocs()
	for b.Loop() {
		w.prove(m, p, []byte("000000000000/8861-3PCC.xml"))
	}
	if len(p.problems) > 0 {
		b.Fatal(p.problems[0].Summary)
	}
}
