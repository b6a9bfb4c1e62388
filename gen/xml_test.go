package gen

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/beevik/etree"
	"pgregory.net/rapid"

	"profilegen/schema"
)

func profileOf(values ...schema.Value) *schema.Profile {
	p := new(schema.Profile)
	for _, v := range values {
		p.Set(v)
	}
	return p
}

func TestAppendXML(t *testing.T) {
	got, err := AppendXML(nil, profileOf(
		schema.Value{Name: "User_ID_1_", Text: "101", UA: "na"},
		schema.Value{Name: "Password_1_", Text: `a&b<c>"d'é€$MA|]]>`},
		schema.Value{Name: "Display_Name_1_", Text: "Zoë 😀", UA: "rw", Preserve: true},
		schema.Value{Name: "Proxy_2_"},
		schema.Value{Name: "Profile_Rule_B", Empty: true},
		schema.Value{Name: "Enable_802.1X_Authentication", Text: "No"},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<flat-profile>
<User_ID_1_ ua="na">101</User_ID_1_>
<Password_1_>a&amp;b&lt;c&gt;"d'&#233;&#8364;$MA|]]&gt;</Password_1_>
<Display_Name_1_ ua="rw" preserve-value="y">Zo&#235; &#128512;</Display_Name_1_>
<Proxy_2_></Proxy_2_>
<Profile_Rule_B/>
<Enable_802.1X_Authentication>No</Enable_802.1X_Authentication>
</flat-profile>
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Both XML writers of Go change such values without a word; ours refuses.
func TestAppendXMLRefuses(t *testing.T) {
	tests := []struct {
		value schema.Value
		want  string
	}{
		{schema.Value{Name: "", Text: "1"}, "an element needs a name"},
		{schema.Value{Name: "GPP A"}, `"GPP A" cannot be the name`},
		{schema.Value{Name: "1_A"}, `"1_A" cannot be the name`},
		{schema.Value{Name: "A><B"}, "cannot be the name"},
		{schema.Value{Name: "a:b"}, "cannot be the name"},
		{schema.Value{Name: "Größe"}, "cannot be the name"},
		{schema.Value{Name: "GPP_A", UA: `rw" x="`}, "GPP_A: ua"},
		{schema.Value{Name: "GPP_A", Text: " SECRET"}, "GPP_A: the value begins with a blank"},
		{schema.Value{Name: "GPP_A", Text: "SECRET "}, "GPP_A: the value ends with a blank"},
		{schema.Value{Name: "GPP_A", Text: "SEC\rRET"}, "GPP_A: a line end at character 4"},
		{schema.Value{Name: "GPP_A", Text: "SÉC\nRET"}, "GPP_A: a line end at character 4"},
		{schema.Value{Name: "GPP_A", Text: "SEC\tRET"}, "GPP_A: a tab at character 4"},
		{schema.Value{Name: "GPP_A", Text: "SEC\x00RET"}, "GPP_A: a NUL character at character 4"},
		{schema.Value{Name: "GPP_A", Text: "SEC\x1bRET"}, "GPP_A: control character 0x1B at character 4"},
		{schema.Value{Name: "GPP_A", Text: "SEC\xffRET"}, "GPP_A: byte 0xFF at character 4 is not UTF-8"},
		{schema.Value{Name: "GPP_A", Text: "SEC\xed\xa0\x80RET"}, "GPP_A: byte 0xED"},
		{schema.Value{Name: "GPP_A", Text: "SEC\uFFFERET"}, "GPP_A: character U+FFFE at character 4"},
	}
	for _, tt := range tests {
		_, err := AppendXML(nil, profileOf(tt.value))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q: got %v, want %s", tt.value.Name, tt.value.Text, err, tt.want)
		} else if strings.Contains(err.Error(), "SEC") || strings.Contains(err.Error(), "RET") {
			t.Errorf("%v shows the value", err)
		}
	}
}

// The tree of etree, written in its canonical form, says the same as our form.
func TestAppendXMLEqualsEtree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfDistinct(rapid.Custom(drawValue), func(v schema.Value) string { return v.Name }).Draw(t, "values")
		ours, err := AppendXML(nil, profileOf(values...))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := normalForm(t, ours), normalForm(t, treeOf(t, values)); got != want {
			t.Fatalf("AppendXML:\n%s\netree:\n%s", got, want)
		}
	})
}

// treeOf writes values by way of an etree.
func treeOf(t *rapid.T, values []schema.Value) []byte {
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.CreateText("\n")
	root := doc.CreateElement("flat-profile")
	root.CreateText("\n")
	for _, v := range values {
		e := root.CreateElement(v.Name)
		if v.UA != "" {
			e.CreateAttr("ua", v.UA)
		}
		if v.Preserve {
			e.CreateAttr("preserve-value", "y")
		}
		if v.Text != "" {
			e.SetText(v.Text)
		}
		root.CreateText("\n")
	}
	doc.CreateText("\n")
	text, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// normalForm is a document without the freedoms of form: references that need
// not be, <X/> for <X></X>.
func normalForm(t *rapid.T, text []byte) string {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	doc.WriteSettings.CanonicalEndTags = true
	doc.WriteSettings.CanonicalText = true
	normal, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return normal
}

func drawValue(t *rapid.T) schema.Value {
	text := rapid.String().Filter(func(s string) bool { return CheckText(s) == nil }).Draw(t, "text")
	return schema.Value{
		Name:     rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_.-]{0,12}`).Draw(t, "name"),
		Text:     text,
		UA:       rapid.SampledFrom([]string{"", "na", "ro", "rw"}).Draw(t, "ua"),
		Preserve: rapid.Bool().Draw(t, "preserve"),
		Empty:    text == "" && rapid.Bool().Draw(t, "empty"),
	}
}

func TestCheckTextIsWhatAppendTextKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		out := AppendText(nil, text)
		for _, c := range out {
			if c >= utf8.RuneSelf || c < ' ' || c == '<' || c == '>' {
				t.Fatalf("%q is written as %q", text, out)
			}
		}
		doc := etree.NewDocument()
		if err := doc.ReadFromString("<X>" + string(out) + "</X>"); err != nil {
			t.Fatalf("%q is written as %q: %v", text, out, err)
		}
		if CheckText(text) == nil && doc.Root().Text() != text {
			t.Fatalf("%q is read back as %q", text, doc.Root().Text())
		}
	})
}

func BenchmarkAppendText(b *testing.B) {
	values := []string{"Alice Archer", "101", "sip.example.com", "s3cret&pass", "Yes", "(*xx|[3469]11|0|00|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)", "Zoë"}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = dst[:0]
		for _, v := range values {
			dst = AppendText(dst, v)
		}
	}
}
