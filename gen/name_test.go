package gen

import (
	"path/filepath"
	"strings"
	"testing"

	"profilegen/rule"
)

func TestPattern(t *testing.T) {
	phone := rule.Sample("CP-8861-3PCC")
	phone.Serial = ""
	for _, tt := range []struct{ pattern, want, problem string }{
		{"$MA/$PSN.xml", "000e08012345/8861-3PCC.xml", ""},
		{"$MA.xml", "000e08012345.xml", ""},
		{"$(MA)config.xml", "000e08012345config.xml", ""},
		{"$(MAU:6).cfg", "012345.cfg", ""},
		{"Cisco/$PN/$MA.cfg", "Cisco/CP-8861-3PCC/000e08012345.cfg", ""},
		{"site~1/$MA+a=b,c@d.xml", "site~1/000e08012345+a=b,c@d.xml", ""},
		{"$IP.xml", "192.168.1.100.xml", ""},

		{"$MAC.xml", "", "write $MA"},
		{"$MAconfig.xml", "", "write $(MA)config"},
		{"$ma.xml", "", "upper case: $MA"},
		{"$A/$MA.xml", "", "not known to a phone without a profile"},
		{"$$MA.xml", "", `a "$" cannot stand in the name`},
		{"${MA}.xml", "", `begins no macro`},
		{"$SN.xml", "", "needs $SN, which this phone does not have"},
		{"", "", "it is empty"},
		{"/$MA.xml", "", "relative to the output folder"},
		{"../$MA.xml", "", `".." leaves the folder`},
		{"a/../$MA.xml", "", `".." leaves the folder`},
		{"./$MA.xml", "", "begins with a dot"},
		{".$MA.xml", "", "begins with a dot"},
		{"a//$MA.xml", "", `between two "/" is empty`},
		{"$MA/", "", `between two "/" is empty`},
		{"$MA.", "", "ends in a dot"},
		{`a\$MA.xml`, "", "on Windows"},
		{"C:$MA.xml", "", "on Windows"},
		{"$MA .xml", "", "a blank"},
		{"$MA\n.xml", "", "a control character"},
		{"ä/$MA.xml", "", "not ASCII"},
		{"$MA.xml?x", "", "something else in a rule or URL"},
		{"con/$MA.xml", "", "a device on Windows"},
		{"LPT1.$MA", "", "a device on Windows"},
		{"manifest.json", "", "the name of the manifest"},
		{"Manifest.JSON", "", "the name of the manifest"},
		{strings.Repeat("a", 200) + "$MA", "", "longer than 200"},
		{strings.Repeat("a", 190) + "$MA", "", "longer than 200"}, // only once it is expanded
	} {
		var got []byte
		p, err := ParsePattern(tt.pattern)
		if err == nil {
			got, err = p.AppendName(nil, phone.Macro)
		}
		switch {
		case tt.problem == "" && err != nil:
			t.Errorf("%q: %v", tt.pattern, err)
		case tt.problem == "" && string(got) != tt.want:
			t.Errorf("%q: got %q, want %q", tt.pattern, got, tt.want)
		case tt.problem != "" && err == nil:
			t.Errorf("%q: got %q, want an error with %q", tt.pattern, got, tt.problem)
		case tt.problem != "" && !strings.Contains(err.Error(), tt.problem):
			t.Errorf("%q: error %q, want one with %q", tt.pattern, err, tt.problem)
		}
	}
}

func TestPatternOfARuleAsksForThatFile(t *testing.T) {
	phone := rule.Sample("CP-7841-3PCC")
	p, err := ParsePattern("a/$(MAU:6)-$PN/$SWVER.xml")
	if err != nil {
		t.Fatal(err)
	}
	name, err := p.AppendName(nil, phone.Macro)
	if err != nil {
		t.Fatal(err)
	}
	u, err := rule.ParseURL(rule.Expand("/"+p.String(), phone.Macro))
	if err != nil || u.Path != "/"+string(name) {
		t.Errorf("the rule asks for %v (%v), the file is %q", u, err, name)
	}
}

// Whatever is in a row, no file lands outside the output folder.
func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"$MA/$PSN.xml", "$SN", "..", "a/$SN/../b"} {
		f.Add(seed, "CP-8861-3PCC", "../../etc/passwd")
	}
	f.Add("$PSN", "..", "x")
	f.Fuzz(func(t *testing.T, pattern, product, serial string) {
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		phone := rule.Phone{Identity: rule.Identity{Product: product, Serial: serial}}
		name, err := p.AppendName(nil, phone.Macro)
		if err != nil {
			return
		}
		if !filepath.IsLocal(string(name)) || strings.ContainsAny(string(name), "\\: \n\x00") || strings.HasPrefix(string(name), ".") {
			t.Errorf("%q of %q and %q is accepted", name, product, serial)
		}
	})
}
