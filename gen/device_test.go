package gen

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"profilegen/rule"
	"profilegen/schema"
)

var update = flag.Bool("update", false, "rewrite generated files")

// readTable is all a CSV gives: a line for each problem and device.
func readTable(name string, in io.Reader) string {
	var out strings.Builder
	tell := func(problems schema.Problems) {
		for _, p := range problems {
			severity := [...]string{"note", "warning", "error"}[p.Severity]
			fmt.Fprintf(&out, "%d:%d %s %s", p.Origin.Row, p.Origin.Column, severity, p.ID)
			if p.Element != "" {
				fmt.Fprintf(&out, " %s", p.Element)
			}
			fmt.Fprintf(&out, ": %s\n\t%s\n", p.Summary, p.Hint)
		}
	}
	t, problems, err := OpenTable(name, in)
	tell(problems)
	if err != nil {
		fmt.Fprintf(&out, "cannot be read: %v\n", err)
		return out.String()
	}
	var d Device
	for {
		problems, ok, err := t.Next(&d)
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			fmt.Fprintf(&out, "stops: %v\n", err)
			return out.String()
		}
		tell(problems)
		if !ok {
			continue
		}
		fmt.Fprintf(&out, "%d: %s", d.Origin.Row, d.MAC)
		for _, text := range []string{d.Product, d.Serial, d.IP, d.ExtIP, d.Software, d.Hardware} {
			if text != "" {
				fmt.Fprintf(&out, " %s", text)
			}
		}
		for _, v := range d.Values {
			fmt.Fprintf(&out, " | %s=%q %d:%d", v.Name, v.Text, v.Origin.Row, v.Origin.Column)
		}
		out.WriteByte('\n')
	}
}

// Each file of testdata/csv shows one fault, or one thing that is none. Its
// .golden lists the problems, each with its hint, and the phones that are good.
func TestCSVFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/csv/*.csv")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files in testdata/csv, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := readTable(name, bytes.NewReader(data))
			golden := strings.TrimSuffix(file, ".csv") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if byByte := readTable(name, iotest.OneByteReader(bytes.NewReader(data))); byByte != got {
				t.Errorf("read byte by byte it differs:\n%s", cmp.Diff(got, byByte))
			}
		})
	}
}

func TestHeader(t *testing.T) {
	tests := []struct{ header, want string }{
		{"Proxy_1_", "Proxy_1_"},
		{"Resync At (HHmm)", "Resync_At__HHmm_"},
		{"resync periodic", "Resync_Periodic"},
		{"Proxy[2]", "Proxy_2_"},
		{"user", "User_ID_1_"},
		{"User ID", "User_ID_1_"},
		{"ext", "User_ID_1_"},
		{"Extension 2", "User_ID_2_"},
		{"user2", "User_ID_2_"},
		{"user_12", "User_ID_12_"},
		{"ext2_user", "User_ID_2_"},
		{"EXT 2 Password", "Password_2_"},
		{"line3_server", "Proxy_3_"},
		{"line 3: server", "Proxy_3_"},
		{"password2", "Password_2_"},
		{"password_1_", "password_1_"}, // an element of the catalog: Wi-Fi (old)
		{"auth_user", "Auth_ID_1_"},
		{"name", "Display_Name_1_"},
		{"ext1_display-name", "Display_Name_1_"},
		{"label4", "Short_Name_4_"},
		{"Short_Name_4_", "Short_Name_4_"},
		{"outbound proxy", "Outbound_Proxy_1_"},
		{"station name", "Station_Name"},
		{"rule", "Profile_Rule"},
		{"\u00A0user\u200B", "User_ID_1_"},
		{"Model", "model"},
		{"S/N", ""},
		{"SN", "serial"},
		{"IP address", "ip"},
		{"SWVER", "firmware"},
		{"hwver", "hardware"},
		{"#user", ""},
		{"Notes", ""},
		{"user17", ""},
		{"ext0_user", ""},
		{"Label", "Short_Name_1_"},
	}
	for _, tt := range tests {
		table, problems, err := OpenTable("t.csv", strings.NewReader("mac,\""+tt.header+"\"\n"))
		if err != nil {
			t.Errorf("%q: %v", tt.header, err)
			continue
		}
		c := table.Columns()[1]
		if got := c.Element + c.Identity; got != tt.want {
			t.Errorf("%q: got %q, want %q; %v", tt.header, got, tt.want, problems)
		}
	}
}

func TestExtensionBesideUser(t *testing.T) {
	table, problems, err := OpenTable("t.csv", strings.NewReader("mac,ext,user,ext2,ext2_password\n"))
	if err != nil || problems != nil {
		t.Fatal(err, problems)
	}
	var got []string
	for _, c := range table.Columns() {
		got = append(got, c.Element)
	}
	want := []string{"", "Short_Name_1_", "User_ID_1_", "User_ID_2_", "Password_2_"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every short name leads to an element of the catalog on each of the lines.
func TestAliasesAreInTheCatalog(t *testing.T) {
	for name, a := range aliases() {
		if a.element == "" {
			continue
		}
		for _, line := range []string{"1", "16"} {
			element := strings.Replace(a.element, "{n}", line, 1)
			if _, ok := schema.Default().Lookup(element); !ok {
				t.Errorf("%s: the catalog has no %s", name, element)
			}
		}
		if short := shortName(name); short != name {
			t.Errorf("%s is never found: headers are read as %s", name, short)
		}
	}
	if _, ok := schema.Default().Lookup(strings.Replace(extensionLabel, "{n}", "1", 1)); !ok {
		t.Errorf("the catalog has no %s", extensionLabel)
	}
}

// A short name hides no label that means something else.
func TestAliasesHideNoLabel(t *testing.T) {
	meant := map[string]string{ // short name: what it stands for, though a label is written so too
		"extension":  "the number; the label is of the line key's choice of a line, Extension_1_",
		"user_id":    "the line's; the label is XMPP's too",
		"userid":     "the line's",
		"username":   "the line's; the label is LDAP's and the HTTP proxy's",
		"user_name":  "the line's",
		"password":   "the line's; the label is LDAP's and others' too",
		"server":     "the line's; the label is LDAP's and others'",
		"short_name": "the line key's; the label is of key expansion modules too",
	}
	for name, a := range aliases() {
		for _, e := range schema.Default().ByLabel(strings.ReplaceAll(name, "_", " ")) {
			if a.element != e.Element && meant[name] == "" {
				t.Errorf("%s stands for %q; the label %q is %s", name, a.element, e.Label, e.Name)
			}
		}
	}
}

func TestModels(t *testing.T) {
	tests := []struct{ text, want, problem string }{
		{"8861", "CP-8861-3PCC", ""},
		{"CP-8861", "CP-8861-3PCC", ""},
		{"8861-3PCC", "CP-8861-3PCC", ""},
		{"CP-8861-3PCC", "CP-8861-3PCC", ""},
		{"cp-8861-3pcc-k9=", "CP-8861-3PCC", ""},
		{"CP-8861-K9", "CP-8861-3PCC", ""},
		{"CP-8861-K9=", "CP-8861-3PCC", ""},
		{"Cisco IP Phone 8861", "CP-8861-3PCC", ""},
		{"8861 3PCC", "CP-8861-3PCC", ""},
		{"CP-9861-3PCC", "CP-9861-3PCC", "CP-9861-3PCC is no model this program knows"},
		{"8816", "", "did you mean one of these: 8811, 8861?"},
		{"886l", "", "did you mean one of these: 8861, 8865?"},
		{"9861", "", "did you mean one of these: 7861, 8861?"},
		{"SPA504G", "", "models: 7811"},
		{"8861.0", "", "no model"},
	}
	for _, tt := range tests {
		var d Device
		err := setModel(&d, tt.text)
		got := ""
		if err != nil {
			got = err.summary + "; " + err.hint
		}
		if d.Product != tt.want || (tt.problem == "") != (err == nil) || !strings.Contains(got, tt.problem) {
			t.Errorf("%q: got %q (%s), want %q (%s)", tt.text, d.Product, got, tt.want, tt.problem)
		}
	}
	for _, m := range schema.Models() {
		for _, form := range []string{"%s", "CP-%s", "%s-3PCC", "CP-%s-3PCC", "CP-%s-3PCC-K9=", "CP-%s-K9"} {
			var d Device
			if err := setModel(&d, fmt.Sprintf(form, m.Name())); err != nil || d.Product != m.Product {
				t.Errorf(form+": got %q", m.Name(), d.Product)
			}
		}
	}
}

// A password is in no message, whatever is wrong with it or round it.
func TestSecretsAreNotTold(t *testing.T) {
	for _, secret := range []string{" SECRET", "SECRET ", "=SECRET", "“SECRET”", "SEC\x00SECRET", "SECRET\nSECRET", "\tSECRET", "SECRET\xFF\x00"} {
		text := "mac,password,user\n000e08012345,\"" + secret + "\",101\n000e08012346,\"" + secret + "\"SECRET,101\n000e08012347,\"" + secret + "SECRET,101\n"
		if got := readTable("t.csv", strings.NewReader(text)); problemLines(got) == "" || strings.Contains(problemLines(got), "SECRET") {
			t.Errorf("%q: told in\n%s", secret, got)
		}
	}
}

// problemLines are the lines of readTable that are no device.
func problemLines(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, " | ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func TestReadErrorIsTold(t *testing.T) {
	broken := errors.New("disk on fire")
	in := io.MultiReader(strings.NewReader("mac\n000e08012345\n"), iotest.ErrReader(broken))
	table, _, err := OpenTable("t.csv", in)
	if err != nil {
		t.Fatal(err)
	}
	var d Device
	if _, ok, err := table.Next(&d); !ok || err != nil {
		t.Errorf("first row: got %v, %v", ok, err)
	}
	if _, _, err := table.Next(&d); !errors.Is(err, broken) {
		t.Errorf("got %v, want that the disk is on fire", err)
	}
	if _, _, err := OpenTable("t.csv", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want that the disk is on fire", err)
	}
}

// What is exported is read back as it was, whatever the values are.
func TestCSVRoundTrip(t *testing.T) {
	elements := []string{"User_ID_1_", "Password_1_", "Display_Name_1_", "Dial_Plan_1_", "Profile_Rule", "GPP_A"}
	rapid.Check(t, func(t *rapid.T) {
		var devices []*Device
		for i := range rapid.IntRange(1, 5).Draw(t, "devices") {
			d := &Device{Identity: rule.Identity{MAC: rule.MAC{0, 0x0E, 8, 1, 0x23, byte(i)}}}
			d.Product = rapid.SampledFrom([]string{"", "CP-8861-3PCC", "CP-7811-3PCC"}).Draw(t, "model")
			d.Serial = rapid.SampledFrom([]string{"", "FCH1234ABCD", "-1"}).Draw(t, "serial")
			d.IP = rapid.SampledFrom([]string{"", "192.0.2.7"}).Draw(t, "ip")
			for _, name := range elements {
				if rapid.Bool().Draw(t, "set") {
					text := rapid.OneOf(rapid.StringMatching(`['"=+@\-]{0,3}[a-c,;]{0,2}`), rapid.String()).Filter(plainEnough).Draw(t, "text")
					d.Values = append(d.Values, schema.Value{Name: name, Text: text})
				}
			}
			devices = append(devices, d)
		}
		columns := CSVColumns(slices.Values(devices))
		text := AppendCSVHeader(nil, columns)
		for _, d := range devices {
			text = AppendCSVDevice(text, columns, d)
		}
		table, problems, err := OpenTable("t.csv", bytes.NewReader(text))
		if err != nil || problems != nil {
			t.Fatalf("%v %v in\n%s", err, problems, text)
		}
		for _, want := range devices {
			var got Device
			if problems, ok, err := table.Next(&got); !ok || err != nil {
				t.Fatalf("%v %v in\n%s", err, problems, text)
			}
			got.Origin = schema.Origin{}
			values := map[string]string{}
			for _, v := range want.Values {
				values[v.Name] = v.Text
			}
			if got.Identity != want.Identity || len(got.Values) != len(want.Values) {
				t.Fatalf("got %v, want %v in\n%s", got, want, text)
			}
			for _, v := range got.Values {
				if want, ok := values[v.Name]; !ok || v.Text != want {
					t.Fatalf("%s: got %q, want %q in\n%s", v.Name, v.Text, want, text)
				}
			}
		}
		var d Device
		if _, _, err := table.Next(&d); err != io.EOF {
			t.Fatalf("got %v at the end", err)
		}
	})
}

// plainEnough tells texts that a cell can hold without a word: not what looks
// like a spreadsheet's doing.
func plainEnough(text string) bool {
	if CheckText(text) != nil || strings.ContainsAny(text, invisible) {
		return false
	}
	return text == "" || text == emptyMark || damageOf(text) == undamaged || text[0] == '='
}

// A spreadsheet runs what begins so.
func TestExportGuardsFormulas(t *testing.T) {
	d := &Device{Values: []schema.Value{{Name: "Display_Name_1_", Text: `=cmd|'/c calc'!A1`}, {Name: "User_ID_1_", Text: "+4930123"}, {Name: "GPP_A", Text: "@x"}, {Name: "GPP_B", Text: "-1"}, {Name: "GPP_C", Text: "'-1"}, {Name: "GPP_D", Text: "O'Brien"}, {Name: "GPP_E"}}}
	columns := CSVColumns(slices.Values([]*Device{d}))
	want := `,'=cmd|'/c calc'!A1,'+4930123,'@x,'-1,''-1,O'Brien,""""""` + "\n"
	if got := string(AppendCSVDevice(nil, columns, d)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Memory grows neither with the rows nor with a quote that is never closed.
func TestTableMemory(t *testing.T) {
	for name, row := range map[string]string{"rows": benchmarkRow, "open quote": "000e08012345,\"x\n" + strings.Repeat("y\n", 1000)} {
		rows := io.LimitReader(&repeater{text: row}, 64<<20)
		table, _, err := OpenTable("t.csv", io.MultiReader(strings.NewReader(benchmarkHeader), rows))
		if err != nil {
			t.Fatal(err)
		}
		var d Device
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := 0; n < 20000; n++ {
			if _, _, err := table.Next(&d); err == io.EOF {
				break
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
			t.Errorf("%s: the heap grew by %d KB", name, grown>>10)
		}
		runtime.KeepAlive(table)
	}
}

// A file in which every line opens a quote is read in time that grows with its
// size, not with its square.
func TestOpenQuotesAreCheap(t *testing.T) {
	const lines = 1 << 17
	in := strings.NewReader("mac,user\n" + strings.Repeat("000e08012345,\"a\n", lines))
	table, _, err := OpenTable("t.csv", in)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for d := new(Device); ; rows++ {
		problems, ok, err := table.Next(d)
		if err == io.EOF {
			break
		}
		if ok || problems[0].ID != "csv-quote" {
			t.Fatalf("row %d: got %v", rows, problems)
		}
	}
	if rows != lines {
		t.Errorf("got %d rows, want %d", rows, lines)
	}
}

// repeater gives a text again and again.
type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// 26 columns, some 400 bytes a row.
const benchmarkHeader = "mac,model,serial,ip,name,ext,user,password,auth,server,outbound,GPP_D,user2,password2,server2,label2,GPP_A,GPP_B,GPP_C,Station_Name,Resync_Periodic,Time_Zone,Syslog_Server,Dial_Plan_1_,Display_Name_2_,#room\n"

const benchmarkRow = "00:0E:08:01:23:45,8861,FCH1234ABCD,192.0.2.10,Alice Archer,101,alice101,s3cret-pass-0001,alice-auth-101,sip.example.com,proxy.example.com:5060,Alice 101,102,another-s3cret-2,sip2.example.com,Second line,some text for A,some text for B,some text for C,Reception desk,3600,GMT+01:00,192.0.2.1,\"(*xx|[3469]11|0|00|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)\",Alice second,Room 12 on the third floor\n"

// The yardstick: the same text through encoding/csv.
func BenchmarkEncodingCSV(b *testing.B) {
	r := csv.NewReader(&repeater{text: benchmarkRow})
	r.ReuseRecord = true
	b.SetBytes(int64(len(benchmarkRow)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	table, problems, err := OpenTable("t.csv", io.MultiReader(strings.NewReader(benchmarkHeader), &repeater{text: benchmarkRow}))
	if err != nil || problems != nil {
		b.Fatal(err, problems)
	}
	var d Device
	b.SetBytes(int64(len(benchmarkRow)))
	b.ReportAllocs()
	for b.Loop() {
		if problems, ok, err := table.Next(&d); !ok || err != nil || problems != nil {
			b.Fatal(problems, err)
		}
	}
	if len(d.Values) != 21 {
		b.Fatalf("%d values", len(d.Values))
	}
}
