package gen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"profilegen/schema"
)

func value(name, text string) schema.Value { return schema.Value{Name: name, Text: text} }

// render makes d's profile the fast way, with the columns that others filled.
func renderWith(t interface{ Fatal(...any) }, lower *schema.Profile, columns []string, d *Device) ([]byte, bool) {
	tmpl, err := newTemplate(schema.Default(), lower, columns)
	if err != nil {
		t.Fatal(err)
	}
	if tmpl, err = tmpl.widen(schema.Default(), d); err != nil {
		t.Fatal(err)
	}
	filled, ok := tmpl.fill(nil, d)
	if !ok {
		t.Fatal("a value has no slot")
	}
	text, err := tmpl.append(nil, d, filled)
	if err != nil {
		t.Fatal(err)
	}
	return text, tmpl.holdsSecret(d, filled)
}

func TestTemplate(t *testing.T) {
	lower := profileOf(
		schema.Value{Name: "Time_Zone", Text: "GMT", UA: "na"},
		value("Text_Logo", "a & b"),
		schema.Value{Name: "Voice_Mail_Number", Empty: true, UA: "rw"},
		value("Display_Name_1_", "<base>"),
	)
	d := &Device{Values: []schema.Value{
		value("Password_1_", `a&b<c>"d'é€$MA|]`),
		value("Time_Zone", "GMT+01:00"),
		value("Proxy_2_", "b.example.com"),
		value("Proxy_1_", "a.example.com"),
		{Name: "Display_Name_1_", Text: "Zoë", UA: "ro", Preserve: true},
		value("Unknown_b", "2"), value("Unknown_a", "1"),
		value("Proxy_1_", "c.example.com"), // the last one counts (f.1)
	}}
	want := XMLHead + `<Time_Zone ua="na">GMT+01:00</Time_Zone>
<Text_Logo>a &amp; b</Text_Logo>
<Voice_Mail_Number ua="rw"/>
<Display_Name_1_ ua="ro" preserve-value="y">Zo&#235;</Display_Name_1_>
<Proxy_1_>c.example.com</Proxy_1_>
<Proxy_2_>b.example.com</Proxy_2_>
<Password_1_>a&amp;b&lt;c&gt;"d'&#233;&#8364;$MA|]</Password_1_>
<Unknown_a>1</Unknown_a>
<Unknown_b>2</Unknown_b>
` + XMLFoot
	got, secret := renderWith(t, lower, []string{"Text_Logo", "Dial_Plan_1_"}, d)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !secret {
		t.Error("the profile has a password and is not taken for a secret one")
	}
	if _, secret := renderWith(t, lower, nil, &Device{}); secret {
		t.Error("a profile without a password is taken for a secret one")
	}
}

func TestTemplateSecret(t *testing.T) {
	for _, tt := range []struct {
		v    schema.Value
		want bool
	}{
		{value("Password_1_", "x"), true},
		{value("Password_1_", ""), false},
		{value("Display_Name_1_", "--key"), false},
		{value("Profile_Rule", "[--key x] /$MA.xml"), true},
		{value("Profile_Rule", "/$MA.xml"), false},
		{value("Upgrade_Rule", "[--uid u --pwd p] http://h/x.loads"), true},
	} {
		if _, got := renderWith(t, profileOf(tt.v), nil, &Device{}); got != tt.want {
			t.Errorf("base with %s=%q: secret %v, want %v", tt.v.Name, tt.v.Text, got, tt.want)
		}
		if _, got := renderWith(t, profileOf(), nil, &Device{Values: []schema.Value{tt.v}}); got != tt.want {
			t.Errorf("device with %s=%q: secret %v, want %v", tt.v.Name, tt.v.Text, got, tt.want)
		}
	}
}

// elements to draw from: of several pages, indexed ones, one unknown.
var drawn = []string{"Time_Zone", "Proxy_1_", "Proxy_2_", "Proxy_10_", "Password_1_", "Text_Logo", "Profile_Rule", "GPP_A", "Unit_1_Key_2_", "Not_In_Catalog", "Station_Display_Name"}

func drawOverlay(t *rapid.T) schema.Value {
	v := schema.Value{
		Name: rapid.SampledFrom(drawn).Draw(t, "element"),
		Text: strings.TrimSpace(rapid.StringOf(rapid.RuneFrom([]rune(`ab&<>"'é€😀 $|]`))).Draw(t, "text")),
		UA:   rapid.SampledFrom([]string{"", "", "na", "rw"}).Draw(t, "ua"),
	}
	v.Preserve = rapid.Bool().Draw(t, "preserve")
	v.Empty = v.Text == "" && rapid.Bool().Draw(t, "empty")
	return v
}

// The compiled template writes what a tree would: AppendXML of the merged
// profile, and the same elements that etree reads and would write.
func TestTemplateIsTheTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lower := profileOf(rapid.SliceOfN(rapid.Custom(drawOverlay), 0, 8).Draw(t, "lower")...)
		d := &Device{Values: rapid.SliceOfN(rapid.Custom(drawOverlay), 0, 8).Draw(t, "device")}
		columns := rapid.SliceOfDistinct(rapid.SampledFrom(drawn), rapid.ID).Draw(t, "columns")
		got, _ := renderWith(t, lower, columns, d)

		tree := mergedTree(lower, d)
		want, err := AppendXML(nil, tree)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatalf("template and AppendXML differ (-want +got):\n%s", diff)
		}

		read := etree.NewDocument()
		if err := read.ReadFromBytes(got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(elements(etreeOf(tree)), elements(read)); diff != "" {
			t.Fatalf("template and etree differ (-want +got):\n%s", diff)
		}
	})
}

// mergedTree lays d over lower one value at a time.
func mergedTree(lower *schema.Profile, d *Device) *schema.Profile {
	p := lower.Clone()
	own := map[string]schema.Value{}
	for _, v := range d.Values {
		if below, ok := lower.Get(v.Name); ok {
			if v.UA == "" {
				v.UA = below.UA
			}
			v.Preserve = v.Preserve || below.Preserve
			p.Set(v)
			continue
		}
		own[v.Name] = v
	}
	for e := range schema.Default().Entries() {
		if v, ok := own[e.Name]; ok {
			p.Set(v)
			delete(own, e.Name)
		}
	}
	if v, ok := own["Not_In_Catalog"]; ok {
		p.Set(v)
	}
	return p
}

func etreeOf(p *schema.Profile) *etree.Document {
	doc := etree.NewDocument()
	root := doc.CreateElement("flat-profile")
	for _, v := range p.Values() {
		e := root.CreateElement(v.Name)
		if v.UA != "" {
			e.CreateAttr("ua", v.UA)
		}
		if v.Preserve {
			e.CreateAttr("preserve-value", "y")
		}
		e.SetText(v.Text)
	}
	return doc
}

func elements(doc *etree.Document) (list []string) {
	for _, e := range doc.Root().ChildElements() {
		list = append(list, fmt.Sprintf("%s %s %s %q", e.Tag, e.SelectAttrValue("ua", ""), e.SelectAttrValue("preserve-value", ""), e.Text()))
	}
	return list
}

func TestTemplateRefusesWhatXMLCannotHold(t *testing.T) {
	if _, err := newTemplate(schema.Default(), profileOf(value("GPP_A", "a\x00")), nil); err == nil {
		t.Error("a base with a NUL was compiled")
	}
	if _, err := newTemplate(schema.Default(), profileOf(), []string{"a b"}); err == nil {
		t.Error("a column with a blank in its element was compiled")
	}
}

func BenchmarkTemplate(b *testing.B) {
	d := &Device{}
	var columns []string
	for i := range 24 {
		name := fmt.Sprintf("Proxy_%d_", i%16+1)
		if i >= 16 {
			name = fmt.Sprintf("User_ID_%d_", i-15)
		}
		columns = append(columns, name)
		d.Values = append(d.Values, value(name, "edge4.example.com:5061"))
	}
	tmpl, err := newTemplate(schema.Default(), profileOf(value("Time_Zone", "GMT")), columns)
	if err != nil {
		b.Fatal(err)
	}
	filled, ok := tmpl.fill(nil, d)
	text, err := tmpl.append(nil, d, filled)
	if !ok || err != nil || !bytes.HasSuffix(text, []byte(XMLFoot)) {
		b.Fatal(ok, err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		filled, _ = tmpl.fill(filled, d)
		text, _ = tmpl.append(text[:0], d, filled)
	}
	if len(text) == 0 {
		b.Fatal("no profile")
	}
}
