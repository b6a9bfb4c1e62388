package app

import (
	"bytes"
	"strings"
	"testing"

	"profilegen/rule"
	"profilegen/schema"
)

// xml is the file of the phone in view.
func xml(t *testing.T, e *Editor) string {
	t.Helper()
	o := e.Output()
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	return string(o.Text)
}

func TestNewDocumentIsTheSectionAtItsDefaults(t *testing.T) {
	e := NewEditor()
	if !e.Fresh() || e.Changed() != 0 || len(e.Differences()) != 0 {
		t.Errorf("fresh %v, %d changed, differences %v", e.Fresh(), e.Changed(), e.Differences())
	}
	if len(e.Problems()) != 0 {
		t.Errorf("the factory values have problems: %v", e.Problems())
	}
	if n := strings.Count(xml(t, e), "\n"); n != 24+3 {
		t.Errorf("the file has %d lines, want one for each of 24 parameters, and 3", n)
	}
}

func TestSetResetLeave(t *testing.T) {
	e := NewEditor()
	e.Set(Layer{}, "Resync_Periodic", "7200")
	if v := e.Value("Resync_Periodic"); v.Text != "7200" || !v.Changed || v.Reset != "3600" || v.ResetFrom != "default" {
		t.Errorf("after Set: %+v", v)
	}
	e.Reset(Layer{}, "Resync_Periodic")
	if v := e.Value("Resync_Periodic"); v.Text != "3600" || v.Changed || !v.Set {
		t.Errorf("after Reset: %+v", v)
	}
	e.Leave(Layer{}, "Resync_Periodic")
	if v := e.Value("Resync_Periodic"); v.Set || v.Text != "3600" || v.From != "default" {
		t.Errorf("after Leave: %+v", v)
	}
	if strings.Contains(xml(t, e), "Resync_Periodic") {
		t.Error("what is left out stands in the file")
	}
}

func TestUndo(t *testing.T) {
	e := NewEditor()
	for _, text := range []string{"1", "12", "123"} {
		e.Set(Layer{}, "Resync_Periodic", text) // typed without a pause
	}
	e.Settle()
	e.Set(Layer{}, "Resync_Periodic", "1234")
	e.Settle()
	e.Set(Layer{}, "Forced_Resync_Delay", "60")
	want := []string{"60 1234", "14400 1234", "14400 123", "14400 3600"}
	state := func() string {
		return e.Value("Forced_Resync_Delay").Text + " " + e.Value("Resync_Periodic").Text
	}
	for i, w := range want {
		if got := state(); got != w {
			t.Errorf("after %d undos: %s, want %s", i, got, w)
		}
		if what := e.Undo(); (what == "") != (i == len(want)-1) {
			t.Errorf("undo %d: %q", i, what)
		}
	}
	for e.Redo() != "" {
	}
	if got := state(); got != want[0] {
		t.Errorf("after all redos: %s, want %s", got, want[0])
	}
	e.Undo()
	e.Set(Layer{}, "Resync_Periodic", "1")
	if e.RedoName() != "" {
		t.Error("a change leaves steps to redo")
	}
}

func TestHistoryIsBounded(t *testing.T) {
	e := NewEditor()
	for i := range historyLength + 50 {
		e.Set(Layer{}, "Resync_Periodic", itoa(i+1))
		e.Settle()
	}
	n := 0
	for e.Undo() != "" {
		n++
	}
	if n != historyLength {
		t.Errorf("%d steps, want %d", n, historyLength)
	}
}

// fleet is an Editor with two 8861 and a 7811.
func fleet(t *testing.T) *Editor {
	t.Helper()
	e := NewEditor()
	table := ReadTable("phones.csv", []byte("mac,model,user,password\n000e08000001,8861,101,s1\n000e08000002,8861,102,s2\n000e08000003,7811,103,s3\n"), nil)
	if table.Err != nil || len(table.Devices) != 3 || len(table.Problems) != 0 {
		t.Fatalf("%d phones, %v, %v", len(table.Devices), table.Err, table.Problems)
	}
	e.UseTable(table, false)
	return e
}

func TestLayers(t *testing.T) {
	e := fleet(t)
	e.Set(Layer{}, "Forced_Resync_Delay", "100")
	e.Set(Layer{Model: "8861"}, "Forced_Resync_Delay", "200")
	e.Set(Layer{MAC: "000e08000002"}, "Forced_Resync_Delay", "300")
	for _, tt := range []struct{ mac, want, from string }{
		{"000e08000001", "200", "8861"},
		{"000e08000002", "300", "this phone"},
		{"000e08000003", "100", "all phones"},
	} {
		e.Look(tt.mac, "")
		if !strings.Contains(xml(t, e), ">"+tt.want+"</Forced_Resync_Delay>") {
			t.Errorf("%s: want %s in\n%s", tt.mac, tt.want, xml(t, e))
		}
		list, err := e.Resulting(tt.mac)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			if o.Value.Name == "Forced_Resync_Delay" && (o.Value.Text != tt.want || o.From != tt.from) {
				t.Errorf("%s gets %q from %q, want %q from %q", tt.mac, o.Value.Text, o.From, tt.want, tt.from)
			}
		}
	}
	e.Show(Layer{MAC: "000e08000002"})
	if v := e.Value("Forced_Resync_Delay"); v.Reset != "200" || v.ResetFrom != "8861" || !v.Own {
		t.Errorf("the phone's value: %+v", v)
	}
	e.Reset(e.Layer(), "Forced_Resync_Delay")
	if v := e.Value("Forced_Resync_Delay"); v.Text != "200" || v.Own {
		t.Errorf("after the reset: %+v", v)
	}
}

// The right of a value stays when a higher layer says nothing about it.
func TestRightsFromBelow(t *testing.T) {
	e := fleet(t)
	e.SetUA(Layer{}, "Resync_Periodic", "rw")
	e.Set(Layer{Model: "8861"}, "Resync_Periodic", "60")
	e.Look("000e08000001", "")
	if !strings.Contains(xml(t, e), `<Resync_Periodic ua="rw">60<`) {
		t.Errorf("the right is lost:\n%s", xml(t, e))
	}
}

// A fix goes to the layer that the wrong value comes from.
func TestFixGoesHome(t *testing.T) {
	e := fleet(t)
	e.Set(Layer{MAC: "000e08000001"}, "Resync_Trigger_1", "http://192.0.2.1/admin/resync")
	e.Look("000e08000001", "")
	var fix *schema.Fix
	for _, p := range e.Problems() {
		if p.Element == "Resync_Trigger_1" && p.Fix != nil {
			fix = p.Fix
		}
	}
	if fix == nil {
		t.Fatalf("no fix among %v", e.Problems())
	}
	e.Fix(fix)
	for _, p := range e.Problems() {
		if p.Element == "Resync_Trigger_1" {
			t.Errorf("still there: %s", p.Summary)
		}
	}
	if v, _ := e.own(Layer{}, "Resync_Trigger_1"); v.Text != "" {
		t.Errorf("the fix changed all phones: %+v", v)
	}
}

func TestPhoneGoesWithItsRow(t *testing.T) {
	e := fleet(t)
	e.Show(Layer{MAC: "000e08000002"})
	e.RemoveDevice("000e08000002")
	if dev, _ := e.Seen(); dev != nil || e.Layer() != (Layer{}) {
		t.Errorf("in view: %v, layer %v; want the sample phone and all phones", dev, e.Layer())
	}
	e.Undo()
	if e.doc.device("000e08000002") == nil {
		t.Error("Undo does not bring the phone back")
	}
	for _, mac := range []string{"000e08:GG", "000e08000001", "00:0E:08:00:00:01"} {
		if err := e.AddDevice(mac, "8861"); err == nil {
			t.Errorf("AddDevice(%q): no error", mac)
		}
	}
	if err := e.AddDevice("00:0E:08:00:00:09", "8861"); err != nil || e.doc.device("000e08000009") == nil {
		t.Errorf("AddDevice: %v", err)
	}
}

func TestTableBesideTheFleet(t *testing.T) {
	e := fleet(t)
	table := ReadTable("more.csv", []byte("mac,model,user\n000e08000002,8861,202\n000e08000009,8851,209\n"), nil)
	e.UseTable(table, true)
	if n := len(e.doc.devices); n != 4 {
		t.Errorf("%d phones, want 4", n)
	}
	if got := e.doc.device("000e08000002").Values.Text("User_ID_1_"); got != "202" {
		t.Errorf("the phone in both has user %q, want the table's", got)
	}
}

func TestTableFaults(t *testing.T) {
	table := ReadTable("phones.csv", []byte("mac,model,usr\n000e08000001,8861,1\nx,8861,2\n000e08000001,8861,3\n"), nil)
	if len(table.Devices) != 1 || table.Bad != 2 {
		t.Errorf("%d good, %d bad, want 1 and 2", len(table.Devices), table.Bad)
	}
	rows := make(map[int]bool)
	for _, p := range table.Problems {
		rows[p.Origin.Row] = true
	}
	for _, row := range []int{1, 3, 4} {
		if !rows[row] {
			t.Errorf("nothing said about row %d: %v", row, table.Problems)
		}
	}
	if table := ReadTable("x.csv", []byte("hello"), nil); table.Err == nil {
		t.Error("no list of phones, no error")
	}
}

func TestColumnsByHand(t *testing.T) {
	table := ReadTable("phones.csv", []byte("Adresse,Typ,Nebenstelle,Raum\n000e08000001,8861,101,B12\n"), nil)
	if table.Err == nil || len(table.Columns) != 4 || len(table.First) != 0 {
		t.Fatalf("before: error %v, %d columns, rows %q", table.Err, len(table.Columns), table.First)
	}
	table = table.As(map[int]string{0: "mac", 1: "model", 2: "user", 3: leftOut}, nil)
	if table.Err != nil || len(table.Problems) != 0 || len(table.Devices) != 1 {
		t.Fatalf("after: %v, %v, %d phones", table.Err, table.Problems, len(table.Devices))
	}
	if got := table.Devices[0].Values.Text("User_ID_1_"); got != "101" {
		t.Errorf("the user is %q", got)
	}
}

// Every row is in the corrected file, which can be read again as it is.
func TestCorrectedTable(t *testing.T) {
	const text = "mac;model;user;Raum;Resync_Periodic\n" +
		"000E.0800.0001; 8861;101;B12;600\n" +
		"000e08:GG;8861;102;\"B;13\";600\n" +
		"000e08000001;8851;103;;x\n"
	table := ReadTable("phones.csv", []byte(text), nil).As(map[int]string{3: leftOut}, nil)
	var b strings.Builder
	if err := table.Corrected(&b, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"\ufeffmac,model,user,# Raum,Resync_Periodic,# problems",
		"00:0e:08:00:00:01,8861,101,B12,600,",
		`000e08:GG,8861,102,"B;13",600,"Error: `,
		"00:0e:08:00:00:01,8851,103,,x,Error: 000e08000001 stands in row 2 already",
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), b.String())
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d is\n%s\nwant\n%s", i+1, lines[i], want[i])
		}
	}
	again := ReadTable("again.csv", []byte(b.String()), nil)
	if again.Err != nil || len(again.Devices) != 1 || again.Bad != 2 {
		t.Errorf("read again: %v, %d phones, %d bad rows", again.Err, len(again.Devices), again.Bad)
	}
	var second strings.Builder
	if err := again.Corrected(&second, nil); err != nil {
		t.Fatal(err)
	}
	if second.String() != b.String() {
		t.Errorf("corrected again:\n%s\nwant\n%s", second.String(), b.String())
	}
}

// The list that is saved is the list that was read.
func TestCSVRoundTrip(t *testing.T) {
	e := fleet(t)
	write := func(list []*schema.FleetDevice) []byte {
		var b bytes.Buffer
		if err := WriteCSV(&b, list, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	data := write(e.doc.devices)
	table := ReadTable("again.csv", data, nil)
	if len(table.Problems) != 0 || len(table.Devices) != 3 {
		t.Fatalf("%v\n%s", table.Problems, data)
	}
	if again := write(table.Devices); string(again) != string(data) {
		t.Errorf("read and written again:\n%s\nwant\n%s", again, data)
	}
}

func TestGenerationTakesDefaultsAlong(t *testing.T) {
	e := NewEditor()
	e.Set(Layer{}, "Resync_Periodic", "7200")
	e.SetGeneration(schema.Firmware104)
	if v := e.Value("DHCP_Option_To_Use"); v.Text != "160,159,66,150" || v.Changed {
		t.Errorf("DHCP options: %+v, want the default of 10.4", v)
	}
	if v := e.Value("Resync_Periodic"); v.Text != "7200" {
		t.Errorf("the user's own value became %q", v.Text)
	}
}

func TestPresets(t *testing.T) {
	for i := range presets {
		p := &presets[i]
		e := NewEditor()
		e.Use(p)
		worst, any := e.Problems().Worst()
		if p.name == "Article example" {
			kinds := make(map[string]bool)
			for _, problem := range e.Problems() {
				if problem.Hint == "" || problem.Source == "" {
					t.Errorf("%s: no hint or no source", problem.Summary)
				}
				kinds[problem.ID] = true
			}
			if len(kinds) < 6 {
				t.Errorf("the article has findings %v, want at least six", kinds)
			}
			continue
		}
		if any && worst > rule.Note {
			t.Errorf("%s: %v", p.name, e.Problems())
		}
		for _, v := range p.set {
			if _, ok := e.catalog.Lookup(v.Name); !ok {
				t.Errorf("%s sets %s, which is not in the catalog", p.name, v.Name)
			}
		}
	}
}

// The rules of a starting point lead each phone to its own file.
func TestPresetsDeliver(t *testing.T) {
	for i := range presets {
		e := fleet(t)
		e.Use(&presets[i])
		for _, dev := range e.doc.devices {
			_, _, problems, err := e.doc.phoneFile(dev)
			if worst, any := problems.Worst(); (err != nil || any && worst == rule.Error) != (i == 0) {
				t.Errorf("%s, %s: %v, %v", presets[i].name, dev.MAC, err, problems)
			}
		}
	}
}

func TestEveryParameterHasItsScreen(t *testing.T) {
	e := NewEditor()
	shown := make(map[string]bool)
	for p := range pageSections {
		for _, s := range sections(e.catalog, p) {
			for _, name := range s.names {
				if shown[name] {
					t.Errorf("%s is shown twice", name)
				}
				shown[name] = true
			}
		}
	}
	for _, c := range chapters(e.catalog) {
		for u := min(1, c.units); u <= c.units; u++ {
			for n := c.from; n <= c.to; n++ {
				for _, name := range chapterNames(e.catalog, c, n, u) {
					shown[name] = true
				}
			}
		}
	}
	for entry := range e.catalog.Entries() {
		if !shown[entry.Name] {
			t.Errorf("%s is on no screen", entry.Name)
		}
	}
}

// Passwords are found wherever a file has them.
func TestHiddenInTheFile(t *testing.T) {
	e := NewEditor()
	for _, test := range []struct{ file, want string }{
		{"<Password_1_>x</Password_1_>", "<Password_1_>•</Password_1_>"},
		{"<A>1</A><Password_1_ ua=\"na\">x</Password_1_><A>2</A>", "<A>1</A><Password_1_ ua=\"na\">•</Password_1_><A>2</A>"},
		{"<Password_1_>\n  x\n  y\n</Password_1_>\nz", "<Password_1_>\n•\n•\n</Password_1_>\nz"},
		{"<!-- <Password_1_>x</Password_1_> z -->", "<!-- <Password_1_>•</Password_1_> z -->"},
		{"<Password_1_><![CDATA[x]]></Password_1_>", "<Password_1_><![CDATA[•</Password_1_>"},
		{"<Password_1_/>z", "<Password_1_/>z"},
		{"<Password_1_ ua='na'></Password_1_>", "<Password_1_ ua='na'></Password_1_>"},
		{"a > b", "a > b"},
	} {
		hide := hider{secret: e.secret}
		var lines []string
		for _, line := range strings.Split(test.file, "\n") {
			shown, at := "", 0
			for _, s := range hide.line(line) {
				shown += line[at:s.from] + "•"
				at = s.to
			}
			lines = append(lines, shown+line[at:])
		}
		if got := strings.Join(lines, "\n"); got != test.want {
			t.Errorf("%q is shown as %q, want %q", test.file, got, test.want)
		}
	}
}
