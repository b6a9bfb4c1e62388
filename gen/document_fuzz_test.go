package gen

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/beevik/etree"

	"profilegen/schema"
)

func FuzzReadXML(f *testing.F) {
	for _, text := range []string{
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<flat-profile>\n<A ua=\"na\">1</A>\n<B/>\n<!-- <C ua=\"na\"/> -->\n</flat-profile>\n",
		"<device><flat-profile><A ua='rw' preserve-value=\"y\"> a&amp;b&#233;<![CDATA[<]]>\r\n </A><A></A></flat-profile></device>",
		"This XML file does not appear to have any style information\n- <flat-profile>\n- <A/></flat-profile>",
		"\xFF\xFE<\x00f\x00l\x00a\x00t\x00-\x00p\x00r\x00o\x00f\x00i\x00l\x00e\x00/\x00>\x00",
		"<flat-profile><?pi x?><A>\n<b/></A>text</flat-profile>",
		"<?xml version='1.0' encoding='latin1'?><flat-profile><A>\xE9\x80</A></flat-profile>",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems, err := ReadXML("f.xml", data)
		if err != nil {
			return
		}
		for _, p := range problems {
			if p.Origin.Row < 1 || p.Origin.Column < 1 || p.Summary == "" {
				t.Errorf("%+v has no place or no text", p)
			}
		}
		if !d.Mended() && !bytes.Equal(d.Bytes(), data) {
			t.Fatalf("%q is written back as %q", data, d.Bytes())
		}
		if plainXML(data) {
			checkTree(t, data)
		}
		checkWritten(t, d.Profile())
		checkEdits(t, d)
	})
}

// plainXML tells texts that etree reads as we do: its names are of an older
// edition of XML, and it splits them at colons.
func plainXML(data []byte) bool {
	return isASCII(data) && !bytes.ContainsAny(data, ":\x00") && !bytes.Contains(data, []byte("<?"))
}

// checkWritten reads the profile in our form again.
func checkWritten(t *testing.T, p *schema.Profile) {
	text, err := AppendXML(nil, p)
	if err != nil {
		return // a name or a value no phone would read so
	}
	again, problems, err := ReadXML("again.xml", text)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v, %v in %q", err, problems, text)
	}
	want, got := p.Values(), again.Profile().Values()
	for i := range want {
		w, g := want[i], got[i]
		w.Origin, g.Origin = schema.Origin{}, schema.Origin{}
		w.Empty = w.Empty && w.Text == ""
		if w != g {
			t.Fatalf("got %+v, want %+v", g, w)
		}
	}
	if err := etree.NewDocument().ReadFromBytes(text); err != nil {
		t.Fatalf("etree: %v in %q", err, text)
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_]+$`)

// checkEdits changes the document in every way.
func checkEdits(t *testing.T, d *Document) {
	edits := []schema.Value{{Name: "New_1_", Text: "a&é", UA: "ro"}}
	for _, v := range d.Profile().Values() {
		edits = append(edits, schema.Value{Name: v.Name, Text: "x<y", UA: "rw", Preserve: true}, schema.Value{Name: v.Name, Empty: true})
	}
	for _, v := range edits[:min(len(edits), 5)] {
		if err := d.Set(v); err != nil {
			if plainName.MatchString(v.Name) {
				t.Fatalf("%+v: %v", v, err)
			}
			continue
		}
		got, _ := d.Profile().Get(v.Name)
		if got.Text != v.Text || got.Preserve != v.Preserve || v.UA != "" && got.UA != v.UA || got.Empty != v.Empty {
			t.Fatalf("set %+v, got %+v in %q", v, got, d.Bytes())
		}
		checkAgain(t, d)
	}
	for _, v := range edits[:min(len(edits), 5)] {
		d.Delete(v.Name)
		checkAgain(t, d)
	}
}

// checkAgain is checkConsistent, for documents that may have been mended.
func checkAgain(t *testing.T, d *Document) {
	again, _, err := XMLReader{MaxSize: 64 << 20}.Read("again.xml", d.Bytes())
	if err != nil {
		t.Fatalf("%v in %q", err, d.Bytes())
	}
	got, want := d.Profile().Values(), again.Profile().Values()
	if len(got) != len(want) {
		t.Fatalf("%d values, %d in %q", len(got), len(want), d.Bytes())
	}
	for i := range want {
		w, g := want[i], got[i]
		w.Origin, g.Origin = schema.Origin{}, schema.Origin{}
		if w != g {
			t.Fatalf("the document says %+v, its bytes %+v: %q", g, w, d.Bytes())
		}
	}
}
