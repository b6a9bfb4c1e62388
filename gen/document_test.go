package gen

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"profilegen/schema"
)

// wrap is a profile with one line of content.
func wrap(content string) string {
	return "<flat-profile>\n" + content + "\n</flat-profile>\n"
}

func TestReadXMLValues(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", wrap(`<GPP_A>1</GPP_A>`), `GPP_A="1" 2:1`},
		{"in device", `<device><flat-profile><GPP_A>1</GPP_A></flat-profile></device>`, `GPP_A="1" 1:23`},
		{"deep inside", `<a><b><flat-profile x="1"><GPP_A>1</GPP_A></flat-profile></b></a>`, `GPP_A="1" 1:27`},
		{"declaration", "<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>\r\n<flat-profile><GPP_A>1</GPP_A></flat-profile>", `GPP_A="1" 2:15`},
		{"byte-order mark", "\uFEFF<flat-profile><GPP_A>1</GPP_A></flat-profile>", `GPP_A="1" 1:15`},
		{"attributes", wrap(`<A ua="na" preserve-value = 'y' um="y" group="x/y">1</A>`), `A="1" na keep 2:1`},
		{"unknown right", wrap(`<A ua="xx">1</A>`), `A="1" 2:1`},
		{"escapes", wrap(`<A>a&amp;b &lt;c&gt; &#39;d&apos; &quot;e&quot; &#40;&#x2e;&#X;</A>`), `error`},
		{"numbers", wrap(`<A>a&amp;b &lt;c&gt; &#39;d&apos; &quot;e&quot; &#40;&#x2e;&#128512;</A>`), `A="a&b <c> 'd' \"e\" (.😀" 2:1`},
		{"CDATA", wrap(`<A>x<![CDATA[<&]]>y</A>`), `A="x<&y" 2:1`},
		{"comment in a value", wrap(`<A>x<!-- no -->y</A>`), `A="xy" 2:1`},
		{"hidden in a comment", wrap(`<!-- <Admin_Password ua="na"/> --><A>1</A>`), `A="1" 2:35`},
		{"blanks and line ends", wrap("<A>\r\n  one  two \r\n\t three\rfour\n</A>"), `A="one  two three four" 2:1`},
		{"empty three ways", wrap("<A/><B />\n<C></C><D>\n </D>\n<E ua=\"rw\"/>"), `A="" tag 2:1|B="" tag 2:5|C="" 3:1|D="" 3:8|E="" rw tag 5:1`},
		{"quotes for empty stay", wrap(`<A>""</A>`), `A="\"\"" 2:1`},
		{"last of two counts", wrap("<A>1</A>\n<B>2</B>\n<A>3</A>"), `A="3" 4:1|B="2" 3:1`},
		{"macros stay", wrap(`<A>$MA</A>`), `A="$MA" 2:1`},
		{"outside is not read", `<device><X>0</X><flat-profile><A>1</A></flat-profile><B>2</B></device>`, `A="1" 1:31`},
		{"second profile", `<d><flat-profile><A>1</A></flat-profile><flat-profile><A>2</A></flat-profile></d>`, `A="1" 1:18`},
		{"nothing in it", `<flat-profile/>`, ``},
		{"other letters", "<flat-profile><Größe>Zoë</Größe><A>1</A></flat-profile>", `Größe="Zoë" 1:15|A="1" 1:33`},
		{"UTF-16", "\xFF\xFE" + utf16LE("<flat-profile><A>é</A>\n</flat-profile>"), `A="é" 1:15`},
		{"UTF-16 without a mark", utf16LE("<flat-profile><A>é</A>\n</flat-profile>"), `A="é" 1:15`},
		{"Latin-1 declared", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><flat-profile><A>Zo\xEB \x80</A></flat-profile>", `A="Zoë €" 1:58`},
		{"UTF-8 declared Latin-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><flat-profile><A>Zoë</A></flat-profile>", `A="Zoë" 1:58`},
		{"instruction", wrap(`<?x y?><A>1</A>`), `A="1" 2:8`},
		{"browser's sentence", "This XML file does not appear to have any style information associated with it. The document tree is shown below.\n<flat-profile>\n<A>1</A></flat-profile>", `A="1" 3:1`},
		{"browser's dashes", "  <?xml version=\"1.0\" encoding=\"UTF-8\" ?> \n- <flat-profile>\n- <!-- x -->\n  <A ua=\"na\">1</A>\n  </flat-profile>", `A="1" na 4:3`},
		{"empty line first", "\n\n<?xml version=\"1.0\"?>\n<flat-profile><A>1</A></flat-profile>", `A="1" 4:15`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, _, err := ReadXML("base.xml", []byte(tt.text))
			got := "error"
			if err == nil {
				got = describe(d.Profile())
			}
			if got != tt.want {
				t.Errorf("%q\ngot  %s (%v)\nwant %s", tt.text, got, err, tt.want)
			}
			if err == nil && !d.Mended() && string(d.Bytes()) != tt.text {
				t.Errorf("written back as %q", d.Bytes())
			}
		})
	}
}

func describe(p *schema.Profile) string {
	var lines []string
	for _, v := range p.Values() {
		line := fmt.Sprintf("%s=%q", v.Name, v.Text)
		if v.UA != "" {
			line += " " + v.UA
		}
		if v.Preserve {
			line += " keep"
		}
		if v.Empty {
			line += " tag"
		}
		lines = append(lines, fmt.Sprintf("%s %d:%d", line, v.Origin.Row, v.Origin.Column))
	}
	return strings.Join(lines, "|")
}

func utf16LE(text string) string { return string(encodingUTF16LE.encode(nil, []byte(text))) }

// What a phone would refuse, with the place and the way out.
func TestReadXMLErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "b.xml:1:1: the file is empty"},
		{"blank", " \n", "b.xml:2:1: no XML element here"},
		{"text only", "hello", "b.xml:1:6: no XML element here"},
		{"gzip", "\x1F\x8B\x08", "compressed with gzip"},
		{"encrypted", "Salted__12345678", "encrypted; decode it first, with the key"},
		{"no profile", "<config/>", "b.xml:1:1: no <flat-profile> in the file"},
		{"case of profile", "<Flat-Profile/>", "<Flat-Profile> is not <flat-profile>"},
		{"underscore", "<a><flat_profile/></a>", "no <flat-profile>"},
		{"enterprise", "<device><deviceProtocol>SIP</deviceProtocol></device>", "enterprise firmware"},
		{"web page", "<!DOCTYPE html><html>", "b.xml:1:1: this is a web page"},
		{"web page without type", "<html><body/></html>", "this is a web page"},
		{"not closed", "<flat-profile><GPP_A>1</GPP_A>", "b.xml:1:1: <flat-profile> is never closed"},
		{"cut in a tag", "<flat-profile><GPP_A ua=\"na\"", "b.xml:1:15: the tag <GPP_A> is not finished"},
		{"wrong end", wrap("<A>1</B>"), "b.xml:2:5: this end tag does not close <A> of line 2; </A> is missing before it"},
		{"case of end", wrap("<Gpp_A>1</GPP_A>"), "upper and lower case"},
		{"two roots", "<flat-profile></flat-profile>\n<flat-profile></flat-profile>", "b.xml:2:1: something follows the end"},
		{"text after", wrap("") + "end", "b.xml:4:1: something follows"},
		{"bare &", wrap("<A>a & b</A>"), `b.xml:2:6: "&" begins no escape here; write "&amp;"`},
		{"entity", wrap("<A>&nbsp;</A>"), `"&" begins no escape of XML here; write "&amp;"; XML knows only &amp;`},
		{"number beyond", wrap("<A>&#x110000;</A>"), `the number after "&#" is no character`},
		{"number of NUL", wrap("<A>&#0;</A>"), `the number after "&#" is no character`},
		{"huge number", wrap("<A>&#99999999999999;</A>"), "is no character"},
		{"bare <", wrap("<A>1 < 2</A>"), `b.xml:2:6: "<" begins no element here; in a value write "&lt;"`},
		{"]]>", wrap("<A>]]]></A>"), `b.xml:2:5: "]]>" in a text`},
		{"NUL", wrap("<A>\x00</A>"), "a NUL character cannot stand in XML"},
		{"control", wrap("<A>\x1b</A>"), "control character 0x1B"},
		{"NUL in a comment", wrap("<!--\x00-->"), "b.xml:2:5: a NUL character"},
		{"U+FFFE", wrap("<A>\uFFFE</A>"), "U+FFFE cannot stand in XML"},
		{"Latin-1 not declared", wrap("<A>Zo\xEB</A>"), "b.xml:2:6: byte 0xEB is not UTF-8; save the file as UTF-8"},
		{"cut UTF-16", utf16LE("<flat-profile>\n") + "x", "b.xml:2:1: the text is not whole UTF-16"},
		{"attribute twice", wrap(`<A ua="na" ua="rw">1</A>`), "the attribute ua stands twice in <A>"},
		{"attribute bare", wrap(`<A ua=na>1</A>`), `b.xml:2:7: the value of the attribute ua is not quoted; write ua="na"`},
		{"curly quotes", wrap(`<A ua=“na”>1</A>`), "straight quotes"},
		{"name with blank", wrap(`<GPP A>1</GPP A>`), `the attribute A has no value; an attribute is written ua="na"; the name of an element has no blanks`},
		{"attributes together", wrap(`<A ua="na"x="y">1</A>`), "no blank before the attribute x"},
		{"< in attribute", wrap(`<A ua="<">1</A>`), `"<" in the value of the attribute ua`},
		{"attribute open", wrap(`<A ua="na>1`), `"<" in the value`},
		{"attribute open at end", `<A ua="na`, "is not closed"},
		{"comment open", wrap(`<!-- x`), "b.xml:2:1: the comment is never closed"},
		{"dashes in comment", wrap(`<!-- x -- y -->`), `b.xml:2:8: "--" inside a comment`},
		{"comment ends with three", wrap(`<!-- x --->`), `"--" inside a comment`},
		{"CDATA open", wrap(`<A><![CDATA[x</A>`), "the CDATA section is never closed"},
		{"CDATA outside", `<![CDATA[x]]><flat-profile/>`, `"<" begins no element here`},
		{"late declaration", wrap(`<?xml version="1.0"?>`), "the XML declaration is not at the beginning"},
		{"declaration without version", `<?xml encoding="UTF-8"?><flat-profile/>`, `encoding="UTF-8" cannot stand here`},
		{"declaration 2.0", `<?xml version="2.0"?><flat-profile/>`, `version="2.0" cannot stand here in the XML declaration; write <?xml version="1.0"`},
		{"instruction open", wrap(`<?x `), "the processing instruction is never closed"},
		{"external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><flat-profile><A>&x;</A></flat-profile>`, "b.xml:1:1: a document type is not read"},
		{"deep", strings.Repeat("<a>", 100000), "b.xml:1:193: elements stand more than 64 deep"},
		{"many", "<flat-profile>" + strings.Repeat("<a/>", 70000), "more than 65536 elements"},
		{"many attributes", "<a" + strings.Repeat(` a="1"`, 2), "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, _, err := ReadXML("b.xml", []byte(tt.text))
			if err == nil {
				t.Fatalf("%.80q: got %s, want %s", tt.text, describe(d.Profile()), tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%.80q:\ngot  %v\nwant %s", tt.text, err, tt.want)
			}
			if xerr := (*XMLError)(nil); !errors.As(err, &xerr) || xerr.Origin.Row == 0 || xerr.Origin.File != "b.xml" {
				t.Errorf("%.80q: %#v has no place", tt.text, err)
			}
		})
	}
}

// What looks like markup may be a piece of a password that was not escaped.
func TestReadXMLKeepsSecrets(t *testing.T) {
	for _, value := range []string{
		"a&SECRET;b", "a&#SECRET;", "a&SECRET", "a<SECRET", "a<SECRET>", "a<SECRET/>", "a<SECRET x>", "a<x SECRET>", "a<x SECRET='1' SECRET='2'>",
		"a<x SECRET=1>", "a<x SECRET='1", "a<x SECRET='<'>", "a</SECRET>", "a<x></SECRET>", "a<!SECRET", "a<?SECRET", "a<?SECRET?>", "a<![CDATA[SECRET", "a<!--SECRET", "a<y><SECRET",
	} {
		_, problems, err := ReadXML("b.xml", []byte(wrap("<Password_1_>"+value+"</Password_1_>")))
		message := fmt.Sprint(err, problems)
		if strings.Contains(message, "SECRET") {
			t.Errorf("%s: told in %s", value, message)
		}
		if err == nil && len(problems) == 0 {
			t.Errorf("%s: got neither error nor problem", value)
		}
	}
}

func TestXMLReaderBounds(t *testing.T) {
	big := []byte(wrap("<A>" + strings.Repeat("x", 5<<20) + "</A>"))
	if _, _, err := ReadXML("b.xml", big); err == nil || !strings.Contains(err.Error(), "more than 4194304") {
		t.Errorf("5 MB: got %v, want that it is more than 4 MB", err)
	}
	if _, _, err := (XMLReader{MaxSize: 8 << 20}).Read("b.xml", big); err != nil {
		t.Errorf("5 MB of 8: %v", err)
	}
	if _, _, err := (XMLReader{MaxDepth: 2}).Read("b.xml", []byte("<d><flat-profile><A/></flat-profile></d>")); err == nil {
		t.Error("three levels of two: got no error")
	}
	for _, text := range []string{"x <flat-profile/>", " <?xml version='1.0'?><flat-profile/>"} {
		if _, _, err := (XMLReader{AsPhone: true}).Read("b.xml", []byte(text)); err == nil {
			t.Errorf("%q as a phone reads it: got no error", text)
		}
		if d, _, err := ReadXML("b.xml", []byte(text)); err != nil || !d.Mended() {
			t.Errorf("%q: got %v, want it mended", text, err)
		}
	}
}

// What the phone ignores, or we mended.
func TestReadXMLProblems(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing wrong", wrap(`<!-- c --><A ua="na">1</A><B group="x"/>`), ``},
		{"twice", wrap("<A>1</A>\n<A>2</A>\n<A>3</A>"), "3:1 duplicate-element A: A stands here and in row 2; the phone takes the last one|4:1 duplicate-element A: A stands here and in row 3; the phone takes the last one"},
		{"text between", wrap("- <A/>\nx\n<![CDATA[y]]>"), "2:1 xml-text-between : text between the elements is ignored, here and at 2 more places"},
		{"right", wrap(`<A ua="RW"/><B ua=""/>`), `2:8 xml-attribute A: ua="RW" is no access right and is not taken over|2:20 xml-attribute B: ua="" is no access right and is not taken over`},
		{"preserve", wrap(`<A ua="rw" preserve-value="yes"/>`), `2:28 xml-attribute A: preserve-value="yes" does nothing`},
		{"single quotes", wrap(`<A ua='rw'/>`), `2:8 xml-attribute A: the value of ua is in single quotes; the guide wants double ones`},
		{"nested", wrap(`<A>1<b>2</b></A>`), "2:5 xml-inside-value A: an element stands inside the value of A and is left out"},
		{"outside", "<device>\n<X/><flat-profile/></device>", "2:1 xml-outside-profile : <X> stands outside <flat-profile> and is ignored"},
		{"second", "<d><flat-profile/>\n<flat-profile/></d>", "2:1 xml-outside-profile : a second <flat-profile>; only the first is read here, and what a phone does is not known"},
		{"instruction", wrap("<?php x?>"), "2:1 xml-instruction : the phone ignores processing instructions, <? … ?>"},
		{"junk", "x\n<flat-profile/>", "1:1 xml-text-before : text before the XML is left out; a phone would refuse the file"},
		{"UTF-16", utf16LE("<flat-profile/>"), "1:1 xml-encoding : the file is in UTF-16; a phone expects ASCII or UTF-8"},
		{"Latin-1", "<?xml version=\"1.0\" encoding=\"latin1\"?><flat-profile><A>\xEB</A></flat-profile>", "1:1 xml-encoding : the file is in Windows-1252; a phone expects ASCII or UTF-8"},
		{"declared wrongly", "<?xml version=\"1.0\" encoding=\"latin1\"?><flat-profile><A>ë</A></flat-profile>", "1:1 xml-encoding : the declaration says latin1, but the file is in UTF-8; the phone ignores the declaration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems, err := ReadXML("b.xml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%d:%d %s %s: %s", p.Origin.Row, p.Origin.Column, p.ID, p.Element, p.Summary))
				if p.Hint == "" && p.ID != "xml-instruction" {
					t.Errorf("%s has no hint", p.ID)
				}
			}
			if got := strings.Join(got, "|"); got != tt.want {
				t.Errorf("%q\ngot  %s\nwant %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestReadXMLListsProblemsToABound(t *testing.T) {
	_, problems, err := ReadXML("b.xml", []byte(wrap(strings.Repeat("<A/>", 5000))))
	if err != nil || len(problems) != maxAlike {
		t.Errorf("5,000 of one name: got %d problems and %v, want %d", len(problems), err, maxAlike)
	}
}

func TestSet(t *testing.T) {
	type value = schema.Value
	tests := []struct {
		name, text string
		set        value
		want       string
	}{
		{"text", `<A ua='na' >1</A >`, value{Name: "A", Text: "2"}, `<A ua='na' >2</A >`},
		{"same text", `<A>&#49;</A>`, value{Name: "A", Text: "1"}, `<A>&#49;</A>`},
		{"escapes", `<A>1</A>`, value{Name: "A", Text: `a&b<é"`}, `<A>a&amp;b&lt;&#233;"</A>`},
		{"blanks round it stay", "<A>\r\n  1\r\n</A>", value{Name: "A", Text: "2"}, "<A>\r\n  2\r\n</A>"},
		{"CDATA", `<A><![CDATA[1]]></A>`, value{Name: "A", Text: "2"}, `<A>2</A>`},
		{"to empty", `<A>1</A>`, value{Name: "A"}, `<A></A>`},
		{"to empty tag", `<A ua="na">1</A>`, value{Name: "A", Empty: true}, `<A ua="na"/>`},
		{"from empty tag", `<A ua="na" />`, value{Name: "A", Text: "1"}, `<A ua="na">1</A>`},
		{"from short tag", `<A/>`, value{Name: "A", Text: "1"}, `<A>1</A>`},
		{"empty tag to empty", `<A />`, value{Name: "A"}, `<A></A>`},
		{"empty tag stays", `<A />`, value{Name: "A", Empty: true}, `<A />`},
		{"empty to value", "<A>\n</A>", value{Name: "A", Text: "1"}, "<A>1</A>"},
		{"right", `<A  ua = 'na' x="y">1</A>`, value{Name: "A", Text: "1", UA: "rw"}, `<A  ua = 'rw' x="y">1</A>`},
		{"new right", `<A x="y"/>`, value{Name: "A", UA: "rw", Empty: true}, `<A ua="rw" x="y"/>`},
		{"preserve", `<A ua="rw">1</A>`, value{Name: "A", Text: "1", Preserve: true}, `<A preserve-value="y" ua="rw">1</A>`},
		{"preserve no more", `<A preserve-value="y" ua="rw">1</A>`, value{Name: "A", Text: "1"}, `<A ua="rw">1</A>`},
		{"preserve written wrongly", `<A preserve-value="yes">1</A>`, value{Name: "A", Text: "1", Preserve: true}, `<A preserve-value="y">1</A>`},
		{"last of two", `<A>1</A><A>2</A>`, value{Name: "A", Text: "3"}, `<A>1</A><A>3</A>`},
		{"new on the same line", `<A>1</A>`, value{Name: "B", Text: "2", UA: "na"}, "<A>1</A>\n" + `<B ua="na">2</B>`},
		{"new with indentation", "\t<A>1</A>\r\n  <!-- x -->", value{Name: "B", Text: "2"}, "\t<A>1</A>\r\n  <!-- x -->\n\t<B>2</B>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, _, err := ReadXML("b.xml", []byte(wrap(tt.text)))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Set(tt.set); err != nil {
				t.Fatal(err)
			}
			if got, want := string(d.Bytes()), wrap(tt.want); got != want {
				t.Errorf("%q\ngot  %q\nwant %q", tt.text, got, want)
			}
			checkConsistent(t, d)
		})
	}
}

// checkConsistent reads a document's bytes again: they say what it says.
func checkConsistent(t *testing.T, d *Document) {
	t.Helper()
	again, _, err := ReadXML(d.name, d.Bytes())
	if err != nil {
		t.Fatalf("%v in %q", err, d.Bytes())
	}
	if got, want := describe(d.Profile()), describe(again.Profile()); got != want {
		t.Errorf("the document says\n%s\nits bytes say\n%s", got, want)
	}
	var got, want []string
	for _, e := range d.profile.ChildElements() {
		got = append(got, e.FullTag()+"="+e.Text())
	}
	for _, e := range again.profile.ChildElements() {
		want = append(want, e.FullTag()+"="+e.Text())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tree (-of the bytes +of the document):\n%s", diff)
	}
}

func TestSetInEveryShape(t *testing.T) {
	tests := []struct{ text, want string }{
		{"<flat-profile/>", "<flat-profile>\n<B>2</B>\n</flat-profile>"},
		{"<device>\r\n<flat-profile x='y' />\r\n</device>", "<device>\r\n<flat-profile x='y'>\r\n<B>2</B>\r\n</flat-profile>\r\n</device>"},
		{"<flat-profile></flat-profile>", "<flat-profile><B>2</B></flat-profile>"},
		{"<flat-profile>\n</flat-profile>", "<flat-profile>\n<B>2</B>\n</flat-profile>"},
		{"<d>\n  <flat-profile>\n    <A/>\n  </flat-profile>\n</d>", "<d>\n  <flat-profile>\n    <A/>\n    <B>2</B>\n  </flat-profile>\n</d>"},
		{"<flat-profile><A/></flat-profile>", "<flat-profile><A/><B>2</B></flat-profile>"},
		{"x\n<flat-profile>\n</flat-profile>", "<flat-profile>\n<B>2</B>\n</flat-profile>"},
		{"x\n<flat-profile/>", "<flat-profile>\n<B>2</B>\n</flat-profile>"},
	}
	for _, tt := range tests {
		d, _, err := ReadXML("b.xml", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Set(schema.Value{Name: "B", Text: "2"}); err != nil {
			t.Fatal(err)
		}
		if got := string(d.Bytes()); got != tt.want {
			t.Errorf("%q\ngot  %q\nwant %q", tt.text, got, tt.want)
		}
		if !d.Mended() {
			checkConsistent(t, d)
		}
	}
}

func TestSetKeepsTheEncoding(t *testing.T) {
	for _, text := range []string{
		"\xFF\xFE" + utf16LE("<flat-profile><A>é</A></flat-profile>"),
		"\uFEFF<flat-profile><A>é</A></flat-profile>",
		"<?xml version='1.0' encoding='latin1'?><flat-profile><A>\xE9</A></flat-profile>",
	} {
		d, _, err := ReadXML("b.xml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Set(schema.Value{Name: "B", Text: "€"}); err != nil {
			t.Fatal(err)
		}
		d, _, err = ReadXML("b.xml", d.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		p := d.Profile()
		if p.Text("A") != "é" || p.Text("B") != "€" {
			t.Errorf("%q: got %q and %q", text, p.Text("A"), p.Text("B"))
		}
	}
}

func TestSetRefuses(t *testing.T) {
	d, _, err := ReadXML("b.xml", []byte(wrap("<A>1</A>")))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []schema.Value{{Name: "B C"}, {Name: "A", Text: " x"}, {Name: "A", UA: "x"}, {Name: "B", Text: "\x00"}} {
		if err := d.Set(v); err == nil {
			t.Errorf("%q=%q: got no error", v.Name, v.Text)
		}
	}
	if got := string(d.Bytes()); got != wrap("<A>1</A>") {
		t.Errorf("a refused edit left %q", got)
	}
}

func TestDelete(t *testing.T) {
	tests := []struct{ text, delete, want string }{
		{"<flat-profile>\n  <A/>\n  <B/>\n</flat-profile>", "A", "<flat-profile>\n  <B/>\n</flat-profile>"},
		{"<flat-profile>\r\n  <A/>\r\n  <B/>\r\n</flat-profile>", "B", "<flat-profile>\r\n  <A/>\r\n</flat-profile>"},
		{"<flat-profile><A/><B/></flat-profile>", "A", "<flat-profile><B/></flat-profile>"},
		{"<flat-profile>\n<A/> <!-- a -->\n<B/></flat-profile>", "A", "<flat-profile>\n <!-- a -->\n<B/></flat-profile>"},
		{"<flat-profile>\n<A/>\n<B/>\n<A/>\n</flat-profile>", "A", "<flat-profile>\n<B/>\n</flat-profile>"},
		{"<flat-profile>\n<A/>\n</flat-profile>", "X", "<flat-profile>\n<A/>\n</flat-profile>"},
		{"<flat-profile>\n<A/>\n</flat-profile>", "A", "<flat-profile>\n</flat-profile>"},
	}
	for _, tt := range tests {
		d, _, err := ReadXML("b.xml", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		d.Delete(tt.delete)
		if got := string(d.Bytes()); got != tt.want {
			t.Errorf("%q without %s\ngot  %q\nwant %q", tt.text, tt.delete, got, tt.want)
		}
		checkConsistent(t, d)
		if err := d.Set(schema.Value{Name: "New", Text: "1"}); err != nil {
			t.Fatal(err)
		}
		checkConsistent(t, d)
	}
}

// sample reads the factory configuration of an 8861 when it is at hand.
func sample(tb testing.TB) []byte {
	tb.Helper()
	dir := os.Getenv("PROFILEGEN_SAMPLES")
	if dir == "" {
		tb.Skip("PROFILEGEN_SAMPLES is not set")
	}
	data, err := os.ReadFile(filepath.Join(dir, "8861-factory-cfg.xml"))
	if err != nil {
		tb.Skip(err)
	}
	return data
}

func TestFactorySample(t *testing.T) {
	data := sample(t)
	d, problems, err := ReadXML("8861-factory-cfg.xml", data)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%d: %s", p.Origin.Row, p.Summary)
	}
	if !bytes.Equal(d.Bytes(), data) {
		t.Error("the untouched sample is not written back byte for byte")
	}
	if n := d.Profile().Len(); n < 1400 {
		t.Errorf("got %d values, want all of some 1,450", n)
	}
	if err := d.Set(schema.Value{Name: "Resync_Periodic", Text: "7200"}); err != nil {
		t.Fatal(err)
	}
	before, after := bytes.Split(data, []byte("\n")), bytes.Split(d.Bytes(), []byte("\n"))
	if len(before) != len(after) {
		t.Fatalf("%d lines became %d", len(before), len(after))
	}
	var changed []string
	for i := range before {
		if !bytes.Equal(before[i], after[i]) {
			changed = append(changed, string(after[i]))
		}
	}
	if len(changed) != 1 || changed[0] != `<Resync_Periodic ua="na">7200</Resync_Periodic>` {
		t.Errorf("one edit changed the lines %q", changed)
	}
}

// etree's own reader builds the same tree of what ours takes.
func TestTreeEqualsEtree(t *testing.T) {
	texts := []string{
		wrap(`<A ua="na" b:c='&lt;&#10;'>x&amp;y<![CDATA[<z>]]></A><!-- c --><B/>`),
		"<?xml version=\"1.0\"?>\r\n<device x=\"1\"><flat-profile>\r\n<A>é\r\n</A>\r</flat-profile><?pi data ?></device>\n",
	}
	if os.Getenv("PROFILEGEN_SAMPLES") != "" {
		texts = append(texts, string(sample(t)))
	}
	for _, text := range texts {
		checkTree(t, []byte(text))
	}
}

// checkTree compares our tree of text with etree's, when we take it.
func checkTree(t *testing.T, text []byte) {
	t.Helper()
	d, _, err := XMLReader{AsPhone: true}.Read("b.xml", text)
	if err != nil {
		return
	}
	theirs := etree.NewDocument()
	theirs.ReadSettings.PreserveCData = true
	if err := theirs.ReadFromBytes(text); err != nil {
		t.Fatalf("etree refuses what we take: %v in %q", err, text)
	}
	got, err := d.Tree().WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	want, err := theirs.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tree (-etree's +ours):\n%s", diff)
	}
}

// A second reader takes every form of document we write.
func TestXMLLint(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("no xmllint here")
	}
	made, err := AppendXML(nil, profileOf(
		schema.Value{Name: "A", Text: `a&b<c>"d'é€😀$MA|]]>`, UA: "rw", Preserve: true},
		schema.Value{Name: "Enable_LLDP-MED", Empty: true}, schema.Value{Name: "G722.2_Enable_1_"},
	))
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := ReadXML("b.xml", []byte("junk <d><flat-profile/></d>"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Set(schema.Value{Name: "A", Text: "é&", UA: "na"}); err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{made, d.Bytes()} {
		cmd := exec.Command(xmllint, "--noout", "--nonet", "-")
		cmd.Stdin = bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("xmllint: %v\n%s\nin %s", err, out, text)
		}
	}
}

func BenchmarkReadXML(b *testing.B) {
	data := sample(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ReadXML("8861-factory-cfg.xml", data); err != nil {
			b.Fatal(err)
		}
	}
}
