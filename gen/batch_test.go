package gen

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
	"profilegen/schema"
)

// memory is an output folder in memory. It notes what was done to it.
type memory struct {
	mu       sync.Mutex
	files    map[string]string
	log      []string
	left     bool  // a batch was cut off here
	staged   bool  // what is written can be taken back
	fail     error // of writing
	finished bool
}

func newMemory() *memory { return &memory{files: map[string]string{}} }

func (m *memory) Empty() (bool, error)       { return len(m.files) == 0, nil }
func (m *memory) Unfinished() (bool, error)  { return m.left, nil }
func (m *memory) Staged() bool               { return m.staged }
func (m *memory) Discard() error             { clear(m.files); return nil }
func (m *memory) NewWriter() (Writer, error) { return m, nil }
func (m *memory) Close() error               { return nil }
func (m *memory) Finish(*Result) error       { m.finished = true; return nil }

func (m *memory) Manifest() (io.ReadCloser, error) {
	text, ok := m.files[ManifestName]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (m *memory) State(name, data []byte) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.files[string(name)]
	switch {
	case !ok:
		return Add, nil
	case old == string(data):
		return Unchanged, nil
	}
	return Change, nil
}

func (m *memory) Write(name, data []byte, secret bool, state State) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if _, ok := m.files[string(name)]; ok != (state == Change) {
		return fmt.Errorf("%s: written as %s", name, state)
	}
	m.files[string(name)] = string(data)
	m.log = append(m.log, state.String()+" "+string(name))
	return nil
}

func (m *memory) WriteManifest(write func(io.Writer) error) error {
	var b bytes.Buffer
	err := write(&b)
	m.files[ManifestName] = b.String()
	m.log = append(m.log, "manifest")
	return err
}

func (m *memory) Remove(info FileInfo) (bool, error) {
	if sha256.Sum256([]byte(m.files[info.Name])) != info.Sum {
		return false, nil
	}
	delete(m.files, info.Name)
	m.log = append(m.log, "remove "+info.Name)
	return true, nil
}

func (m *memory) names() []string { return slices.Sorted(maps.Keys(m.files)) }

// done is the log in an order that does not depend on the workers.
func (m *memory) done() []string {
	log := slices.Sorted(slices.Values(m.log))
	m.log = nil
	return log
}

func csvFleet(base *schema.Profile, text string) *Fleet {
	return &Fleet{Base: base, Devices: CSV("phones.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	})}
}

const phones = `mac,model,user,password,server
00:0E:08:00:00:01,8861,101,one,sip.example.com
00:0E:08:00:00:02,7841,102,two,sip.example.com
00:0E:08:00:00:03,8861,103,three,sip.example.com
`

func runBatch(t *testing.T, b *Batch, out Output) (*Result, error) {
	t.Helper()
	r, err := b.Run(context.Background(), out)
	if err == nil {
		for _, p := range r.Problems {
			if p.Severity == rule.Error && r.Failed == 0 {
				t.Errorf("no error, but the problem %s", p.Summary)
			}
		}
	}
	return r, err
}

func mustRun(t *testing.T, b *Batch, out Output) *Result {
	t.Helper()
	r, err := runBatch(t, b, out)
	if err != nil {
		t.Fatalf("%v\n%s", err, told(r.Problems))
	}
	return r
}

func told(problems schema.Problems) string {
	var text strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&text, "%d:%d %s %s\n", p.Origin.Row, p.Origin.Column, p.ID, p.Summary)
	}
	return text.String()
}

func TestBatch(t *testing.T)       { testBatch(t, newMemory()) }
func TestBatchStaged(t *testing.T) { testBatch(t, &memory{files: map[string]string{}, staged: true}) }

func testBatch(t *testing.T, out *memory) {
	b := &Batch{Fleet: csvFleet(profileOf(value("Time_Zone", "GMT")), phones), Tool: "profilegen test"}
	r := mustRun(t, b, out)

	want := []string{
		"000e08000001/8861-3PCC.xml", "000e08000002/7841-3PCC.xml", "000e08000003/8861-3PCC.xml",
		"7841-3PCC.xml", "8861-3PCC.xml", "manifest.json",
	}
	if diff := cmp.Diff(want, out.names()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if r.Phones != 3 || r.Files != 5 || r.Added != 5 || r.Failed != 0 || !out.finished {
		t.Errorf("%+v", r)
	}
	wantFile := XMLHead + `<Time_Zone>GMT</Time_Zone>
<Profile_Rule>/$MA/$PSN.xml</Profile_Rule>
<Resync_Periodic>3600</Resync_Periodic>
<Proxy_1_>sip.example.com</Proxy_1_>
<User_ID_1_>102</User_ID_1_>
<Password_1_>two</Password_1_>
` + XMLFoot
	if diff := cmp.Diff(wantFile, out.files["000e08000002/7841-3PCC.xml"]); diff != "" {
		t.Errorf("a phone's file (-want +got):\n%s", diff)
	}
	wantBootstrap := XMLHead + `<Resync_Periodic>60</Resync_Periodic>
<Profile_Rule>/$MA/$PSN.xml</Profile_Rule>
` + XMLFoot
	if diff := cmp.Diff(wantBootstrap, out.files["8861-3PCC.xml"]); diff != "" {
		t.Errorf("a bootstrap (-want +got):\n%s", diff)
	}

	out.done()
	r = mustRun(t, b, out)
	if r.Unchanged != 5 || r.Added+r.Changed+r.Stale != 0 || len(out.log) != 0 {
		t.Errorf("the second run: %+v, did %v", r, out.log)
	}
}

func TestRenderer(t *testing.T) {
	b := &Batch{Fleet: csvFleet(profileOf(value("Time_Zone", "GMT")), phones)}
	out := newMemory()
	mustRun(t, b, out)
	r, err := b.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Fleet.Each(func(d *Device) {
		data, err := r.Profile(d)
		if err != nil {
			t.Error(err)
		}
		name := d.MAC.String() + "/" + d.ShortName() + ".xml"
		if diff := cmp.Diff(out.files[name], string(data)); diff != "" {
			t.Errorf("%s: batch and renderer differ (-want +got):\n%s", name, diff)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBatchIsTheSameWithAnyNumberOfWorkers(t *testing.T) {
	var text strings.Builder
	text.WriteString("mac,model,user\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "000e08%06x,%s,%d\n", i*7919%0xffffff, []string{"8861", "7841", "8851"}[i%3], 1000+i)
	}
	one, many, staged := newMemory(), newMemory(), newMemory()
	staged.staged = true
	mustRun(t, &Batch{Fleet: csvFleet(nil, text.String()), Workers: 1}, one)
	mustRun(t, &Batch{Fleet: csvFleet(nil, text.String()), Workers: 7}, many)
	mustRun(t, &Batch{Fleet: csvFleet(nil, text.String()), Workers: 3}, staged)
	if diff := cmp.Diff(one.files, staged.files); diff != "" {
		t.Errorf("two passes and one differ:\n%s", diff)
	}
	if diff := cmp.Diff(one.files, many.files); diff != "" {
		t.Errorf("one worker and seven differ:\n%s", diff)
	}
	if len(one.files) != 1004 {
		t.Errorf("%d files, want 1004", len(one.files))
	}
}

func TestPlanAndUpdate(t *testing.T) {
	out := newMemory()
	mustRun(t, &Batch{Fleet: csvFleet(nil, phones)}, out)
	out.done()

	changed := strings.Replace(phones, "103,three", "104,four", 1)
	changed = strings.Replace(changed, "00:0E:08:00:00:02", "00:0E:08:00:00:04", 1)
	b := &Batch{Fleet: csvFleet(nil, changed)}
	plan, err := b.Plan(context.Background(), out)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	plan.Each(func(f FileInfo) { got = append(got, f.State.String()+" "+f.Name) })
	want := []string{
		"unchanged 000e08000001/8861-3PCC.xml", "stale 000e08000002/7841-3PCC.xml", "change 000e08000003/8861-3PCC.xml",
		"add 000e08000004/7841-3PCC.xml", "unchanged 7841-3PCC.xml", "unchanged 8861-3PCC.xml",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if len(out.log) > 0 {
		t.Errorf("the plan did %v", out.log)
	}

	r := mustRun(t, b, out)
	if diff := cmp.Diff([]string{"add 000e08000004/7841-3PCC.xml", "change 000e08000003/8861-3PCC.xml", "manifest"}, out.done()); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	if r.Stale != 1 || r.Pruned != 0 {
		t.Errorf("%+v", r)
	}

	// What is stale is not forgotten, and goes on request.
	r = mustRun(t, b, out)
	if r.Stale != 1 || len(out.log) != 0 {
		t.Errorf("a run later: %d stale, did %v", r.Stale, out.log)
	}
	b.Prune = true
	r = mustRun(t, b, out)
	if diff := cmp.Diff([]string{"manifest", "remove 000e08000002/7841-3PCC.xml"}, out.done()); diff != "" || r.Pruned != 1 || r.Stale != 0 {
		t.Errorf("prune: %+v (-want +got):\n%s", r, diff)
	}
}

func TestPruneKeepsWhatWasEdited(t *testing.T) {
	out := newMemory()
	mustRun(t, &Batch{Fleet: csvFleet(nil, phones)}, out)
	const edited = "000e08000002/7841-3PCC.xml"
	out.files[edited] += "<!-- mine -->"
	fewer := strings.Replace(phones, "00:0E:08:00:00:02,7841", "00:0E:08:00:00:05,7841", 1)
	r := mustRun(t, &Batch{Fleet: csvFleet(nil, fewer), Prune: true}, out)
	if _, ok := out.files[edited]; !ok || r.Stale != 1 || r.Pruned != 0 {
		t.Errorf("the edited file is there: %v; %+v", ok, r)
	}
}

func TestPruneSparesPhonesThatFailed(t *testing.T) {
	out := newMemory()
	mustRun(t, &Batch{Fleet: csvFleet(nil, phones)}, out)
	broken := strings.Replace(phones, "00:0E:08:00:00:02,7841", "00:0E:08:00:00:02,9999", 1)
	r := mustRun(t, &Batch{Fleet: csvFleet(nil, broken), Prune: true, KeepGoing: true}, out)
	if _, ok := out.files["000e08000002/7841-3PCC.xml"]; !ok || r.Failed != 1 || r.Phones != 2 {
		t.Errorf("the failed phone's file is there: %v; %+v", ok, r)
	}
}

func TestForeignFiles(t *testing.T) {
	const name = "000e08000001/8861-3PCC.xml"
	out := newMemory()
	out.files[name] = "mine"
	b := &Batch{Fleet: csvFleet(nil, phones)}
	_, err := runBatch(t, b, out)
	var foreign *ForeignError
	if !errors.As(err, &foreign) || foreign.Name != name || foreign.Count != 1 {
		t.Errorf("error %v, want one about %s", err, name)
	}
	if out.files[name] != "mine" || len(out.files) != 1 {
		t.Errorf("files: %v", out.names())
	}

	// After a batch that was cut off such a file may well be of that batch.
	out.left = true
	mustRun(t, b, out)
	if out.files[name] == "mine" {
		t.Error("the file of the batch that was cut off was not replaced")
	}

	out = newMemory()
	out.files[name] = "mine"
	b.Overwrite = true
	mustRun(t, b, out)
	if out.files[name] == "mine" {
		t.Error("the file was not replaced with Overwrite")
	}
}

func TestProblemsOfABatch(t *testing.T) { testProblems(t, newMemory()) }
func TestProblemsOfAStagedBatch(t *testing.T) {
	testProblems(t, &memory{files: map[string]string{}, staged: true})
}

func testProblems(t *testing.T, out *memory) {
	const text = `mac,model,user,server,Resync_Periodic,Share_Ext_1_
000e08000001,8861,101,sip.example.com,3600,
000e08000002,,102,sip.example.com,3600,
000e08000003,8861,103,sip.example.com,often,
000e08000001,8861,104,sip.example.com,3600,
000e08000005,8861,101,sip.example.com,3600,
000e08000006,8861,101,other.example.com,3600,
000e08000007,8861,101,sip.example.com,3600,Yes
`
	b := &Batch{Fleet: csvFleet(nil, text)}
	r, err := runBatch(t, b, out)
	if !errors.Is(err, ErrProblems) || len(out.files) != 0 {
		t.Errorf("error %v, files %v", err, out.names())
	}
	want := []string{"3:1 error no-model", "4:39 error delay-form", "5:1 error duplicate-mac", "6:19 warning duplicate-extension"}
	var got []string
	for _, p := range r.Problems {
		if p.Severity > rule.Note {
			got = append(got, fmt.Sprintf("%d:%d %s %s", p.Origin.Row, p.Origin.Column, p.Severity, p.ID))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, told(r.Problems))
	}
	if r.Phones != 4 || r.Failed != 3 {
		t.Errorf("%d phones and %d failed, want 4 and 3", r.Phones, r.Failed)
	}
	for _, p := range r.Problems {
		if p.ID == "duplicate-mac" && !strings.Contains(p.Summary, "phones.csv:2") {
			t.Errorf("%q does not name the other row", p.Summary)
		}
	}

	b.KeepGoing = true
	r, err = runBatch(t, b, out)
	if err != nil || r.Failed != 3 || r.Phones != 4 || len(out.files) != 4+1+1 {
		t.Errorf("%v, %+v, files %v", err, r, out.names())
	}
}

func TestDuplicateFileNames(t *testing.T) {
	const text = "mac,model,serial\n000e08000001,8861,ABC\n000e08000002,8861,abc\n000e08000003,8861,8861-3pcc\n"
	r, err := runBatch(t, &Batch{Fleet: csvFleet(nil, text), Name: "$SN.xml"}, &memory{files: map[string]string{}, staged: true})
	if !errors.Is(err, ErrProblems) {
		t.Fatal(err)
	}
	got := told(r.Problems)
	for _, want := range []string{
		`3:1 duplicate-file file name "abc.xml" is also that of phones.csv:2:1`,
		`4:1 duplicate-file file name "8861-3pcc.xml" is that of the file which leads new phones`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swant %s", got, want)
		}
	}
}

// A bootstrap's name can only be a phone's when the entry rule has it in full.
func TestBootstrapInTheWay(t *testing.T) {
	for _, staged := range []bool{false, true} {
		out := newMemory()
		out.staged = staged
		b := &Batch{Fleet: csvFleet(nil, phones), Name: "$MA.xml", Entry: "/000e08000002.xml", KeepGoing: true}
		r, err := runBatch(t, b, out)
		if !strings.Contains(told(r.Problems), "3:1 duplicate-file") || err != nil || r.Failed != 1 {
			t.Errorf("staged %v: %v\n%s", staged, err, told(r.Problems))
		}
	}
}

func TestUniqueNames(t *testing.T) {
	for pattern, want := range map[string]bool{
		"$MA.xml": true, "$MA/$PSN.xml": true, "$PN-$(MAU).cfg": true, "$SN$MA.xml": true, "$MA$SN.xml": true,
		"$SN-$MA-$IP.xml": false, "$PSN.xml": false, "$(MA:6).xml": false, "$(MA:0:6)$(MA:6).xml": false, "$SN.xml": false,
	} {
		if p, err := ParsePattern(pattern); err != nil || p.unique != want {
			t.Errorf("%s: unique %v (%v), want %v", pattern, p.unique, err, want)
		}
	}
}

func TestMACTable(t *testing.T) {
	var table macTable
	for pass := range 2 {
		for i := range 5000 {
			mac := rule.MAC{0, 0x0e, 8, byte(i >> 8), byte(i), byte(i * 7)}
			row, again := table.add(mac, i+2)
			if again != (pass == 1) || again && row != i+2 {
				t.Fatalf("pass %d: %s was in row %d, %v; want row %d", pass, mac, row, again, i+2)
			}
		}
	}
	if _, again := table.add(rule.MAC{}, 1); again {
		t.Error("the address 0 was there before")
	}
}

// The secret of the acceptance text is in no message, whatever is wrong.
func TestSecretsStayOutOfProblems(t *testing.T) {
	const secret = `a&b<c>"d'é€$MA|]`
	quoted := strings.ReplaceAll(secret, `"`, `""`)
	text := "mac,model,user,password,Profile_Rule\n000e08000001,8861,101,\" x" + quoted + "\x01\",\"[--key " + quoted + " /$MAU.xml\"\n"
	r, err := runBatch(t, &Batch{Fleet: csvFleet(nil, text)}, newMemory())
	if err == nil {
		t.Fatal("a password with a control character was accepted")
	}
	for _, p := range r.Problems {
		if strings.Contains(p.Summary+p.Hint, `c>"d`) || strings.Contains(p.Summary+p.Hint, `c>\"d`) {
			t.Errorf("%s shows the secret: %s (%s)", p.ID, p.Summary, p.Hint)
		}
	}
}

func TestRepeatedWarningsAreCounted(t *testing.T) {
	var text strings.Builder
	text.WriteString("mac,model,Display_Name_1_\n")
	for i := range 300 {
		fmt.Fprintf(&text, "000e08%06x,8861,Zoë\n", i)
	}
	r := mustRun(t, &Batch{Fleet: csvFleet(nil, text.String())}, newMemory())
	if len(r.Problems) != mostAlike || r.More != 300-mostAlike {
		t.Errorf("%d problems and %d more, want %d and %d", len(r.Problems), r.More, mostAlike, 300-mostAlike)
	}
}

func TestListThatChangesMeanwhile(t *testing.T) {
	pass := 0
	fleet := &Fleet{Devices: CSV("phones.csv", func() (io.ReadCloser, error) {
		pass++
		text := phones
		if pass > 1 {
			text = strings.Replace(phones, "three", "eerht", 1)
		}
		return io.NopCloser(strings.NewReader(text)), nil
	})}
	_, err := runBatch(t, &Batch{Fleet: fleet}, newMemory())
	if err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("error %v", err)
	}
}

func TestWriteError(t *testing.T) {
	out := newMemory()
	out.fail = errors.New("no space left on device")
	_, err := runBatch(t, &Batch{Fleet: csvFleet(nil, phones), Workers: 3}, out)
	if !errors.Is(err, out.fail) || out.finished {
		t.Errorf("error %v, finished %v", err, out.finished)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := &Batch{Fleet: csvFleet(nil, phones), Progress: func(int, int) { cancel() }}
	if _, err := b.Run(ctx, newMemory()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestManifest(t *testing.T) {
	out := newMemory()
	mustRun(t, &Batch{Fleet: csvFleet(nil, phones), Tool: `tool "1"`}, out)
	var got []FileInfo
	if err := ReadManifest(strings.NewReader(out.files[ManifestName]), func(f FileInfo) error {
		got = append(got, f)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var want []FileInfo
	for _, name := range out.names() {
		if name == ManifestName {
			continue
		}
		text := out.files[name]
		info := FileInfo{Name: name, Size: len(text), Sum: sha256.Sum256([]byte(text)), Product: "CP-" + strings.TrimSuffix(name[strings.Index(name, "/")+1:], ".xml")}
		if mac, _, ok := strings.Cut(name, "/"); ok {
			info.MAC, _ = rule.ParseMAC(mac)
		}
		want = append(want, info)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !strings.HasPrefix(out.files[ManifestName], `{"version":1,"tool":"tool \"1\"","name":"$MA/$PSN.xml","files":[`+"\n") {
		t.Errorf("the manifest begins %.100q", out.files[ManifestName])
	}
}

func TestBadManifest(t *testing.T) {
	const sum = `"sha256":"0000000000000000000000000000000000000000000000000000000000000000"`
	for _, tt := range []struct{ text, want string }{
		{"", "unexpected EOF"},
		{"[]", `"{" is missing`},
		{`{"version":2,"files":[]}`, "a newer program wrote it"},
		{`{"files":[{"name":"../x",` + sum + `}]}`, `leaves the folder`},
		{`{"files":[{"name":"/etc/passwd",` + sum + `}]}`, "relative to the output folder"},
		{`{"files":[{"name":"x","sha256":"00"}]}`, "has no SHA-256"},
		{`{"files":[{"name":"x",` + strings.ReplaceAll(sum, "00", "zz") + `}]}`, "invalid byte"},
		{`{"files":[{"name":"x",` + sum + `,"mac":"1"}]}`, "not a MAC address"},
		{`{"files":[`, "unexpected EOF"},
	} {
		err := ReadManifest(strings.NewReader(tt.text), func(FileInfo) error { return nil })
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40s: error %v, want one with %q", tt.text, err, tt.want)
		}
	}
	if err := ReadManifest(strings.NewReader(`{"version":1,"more":{"a":[1]},"files":[]}`), nil); err != nil {
		t.Errorf("a member that is not known: %v", err)
	}
}

func TestFilesInOrder(t *testing.T) {
	f := &files{}
	product := f.product("")
	names := []string{"a", "ab", "aa/x", "aa", "aaaaaaaaaaa2", "aaaaaaaaaaa1", "aaaaaaaaaaa10"}
	for i := range 5000 {
		names = append(names, fmt.Sprintf("b%07d", i*7919%100003))
	}
	mac := rule.MAC{0, 0x0e, 8, 0xab, 0xcd, 0xef}
	names = append(names, mac.String(), mac.Upper()+".xml", "a/"+mac.String()+"/b", "000E08abcdef", mac.String()+mac.Upper())
	for _, name := range names {
		f.add([]byte(name), fileEntry{product: product, mac: mac})
	}
	f.drop(func(e *fileEntry) bool { return e == f.at(2) })
	var got []string
	f.each(func(name []byte, _ *fileEntry) { got = append(got, string(name)) })
	want := slices.DeleteFunc(slices.Sorted(slices.Values(names)), func(name string) bool { return name == "aa/x" })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i, name := range names {
		if at, ok := f.find(name); ok == (name == "aa/x") || ok && at != i {
			t.Errorf("%s: found at %d, %v", name, at, ok)
		}
	}
}
