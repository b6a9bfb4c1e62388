package app

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilegen/gen"
	"profilegen/schema"
)

const canary = "CANARYx7Q2"

// secretive is an Editor with a secret in every kind of place.
func secretive(t *testing.T) *Editor {
	t.Helper()
	e := fleet(t)
	data := "<flat-profile><Password_1_>" + canary + "</Password_1_><Profile_Rule>[--key " + canary + "] https://h/$MA.xml</Profile_Rule></flat-profile>"
	if _, err := e.ImportXML("base.xml", []byte(data)); err != nil {
		t.Fatal(err)
	}
	for entry := range e.catalog.Entries() {
		if entry.Secret() && entry.N <= 1 && entry.U <= 1 {
			for _, l := range []Layer{{}, {Model: "8861"}, {MAC: "000e08000001"}} {
				e.Set(l, entry.Name, canary)
			}
		}
	}
	for _, name := range []string{"Profile_Rule_B", "Upgrade_Rule", "Report_Rule"} {
		e.Set(Layer{}, name, "[--uid u --pwd "+canary+" --key "+canary+"] https://h/x.xml")
	}
	return e
}

// The keys of the phones are kept with the passwords, or not at all.
func TestKeysInDraftAndLink(t *testing.T) {
	e := fleet(t)
	keys, err := gen.NewKeys(strings.NewReader(strings.Repeat("k", 100)))
	if err != nil {
		t.Fatal(err)
	}
	e.Encode(schema.Encoding{Gzip: true, Encrypt: schema.EncryptKey})
	e.UseKeys("make keys", keys)
	if err := e.RotateKeys(strings.NewReader(strings.Repeat("n", 100))); err != nil {
		t.Fatal(err)
	}
	if keys.Older() != 0 || e.doc.keys.Older() != 1 {
		t.Errorf("%d and %d older keys, want 0 before and 1 now", keys.Older(), e.doc.keys.Older())
	}
	file := string(e.doc.keys.Bytes())
	secret := strings.Split(file[strings.Index(file, "secrets"):], `"`)[2]

	kept, _ := e.Draft(true, nil)
	again := NewEditor()
	if _, err := again.Restore(kept); err != nil || again.doc.keys == nil || string(again.doc.keys.Bytes()) != file {
		t.Errorf("a draft with secrets brings other keys back: %v", err)
	}
	if again.doc.encoding != e.doc.encoding {
		t.Errorf("the draft brings the encoding %+v", again.doc.encoding)
	}
	bare, _ := e.Draft(false, nil)
	omitted, err := again.Restore(bare)
	if err != nil || again.doc.keys != nil || !slices.Contains(omitted, keyFileName) {
		t.Errorf("a draft without secrets: keys %v, left out %q, %v", again.doc.keys, omitted, err)
	}
	link, omitted, _ := e.Share()
	if err := again.OpenShare(link); err != nil || again.doc.keys != nil || again.doc.encoding != e.doc.encoding || !slices.Contains(omitted, keyFileName) {
		t.Errorf("a link: keys %v, encoding %+v, left out %q, %v", again.doc.keys, again.doc.encoding, omitted, err)
	}
	fleetFile, _ := e.FleetFile()
	for what, text := range map[string]string{"draft": bare, "link": link, "fleet file": string(fleetFile)} {
		if strings.Contains(text, secret) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(secret))[:20]) {
			t.Errorf("the secret of the keys is in the %s", what)
		}
	}
	if err := e.ForgetKeys(); err != nil || e.doc.keys.Older() != 0 {
		t.Errorf("forget the older keys: %v", err)
	}
	if KindOf([]byte(file)) != FileKeys || KindOf(fleetFile) != FileFleet {
		t.Error("a key file and a fleet file are not told apart")
	}
}

func TestNoSecretInDraftAndLink(t *testing.T) {
	e := secretive(t)
	draft, err := e.Draft(false, nil)
	if err != nil {
		t.Fatal(err)
	}
	hash, omitted, err := e.Share()
	if err != nil {
		t.Fatal(err)
	}
	if len(omitted) < 5 {
		t.Errorf("left out: %q", omitted)
	}
	opened := NewEditor()
	if err := opened.OpenShare(hash); err != nil {
		t.Fatal(err)
	}
	shared, err := opened.Draft(true, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"draft": draft, "link": hash, "what the link brings": shared} {
		if strings.Contains(text, canary) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(canary))[:10]) {
			t.Errorf("a secret is in the %s", what)
		}
	}
	if strings.Contains(shared, "000e08") {
		t.Error("phones are in the link")
	}
	if !strings.Contains(opened.Value("Profile_Rule").Text, "https://h/$MA.xml") {
		t.Errorf("the rule came as %q", opened.Value("Profile_Rule").Text)
	}
}

func TestDraftRoundTrip(t *testing.T) {
	e := fleet(t)
	if _, err := e.ImportXML("lobby.xml", []byte(foreign)); err != nil {
		t.Fatal(err)
	}
	e.Set(Layer{}, "GPP_SA", canary)
	e.Set(Layer{Model: "7811"}, "Resync_Periodic", "60")
	e.NameFiles("$MA.xml")
	e.Deliver(schema.Delivery{Scheme: "https", Server: "prov.example.com"})
	e.Look("000e08000001", "")
	want, err := e.Draft(true, nil)
	if err != nil {
		t.Fatal(err)
	}
	again := NewEditor()
	omitted, err := again.Restore(want)
	if err != nil || len(omitted) != 0 {
		t.Fatal(err, omitted)
	}
	again.Look("000e08000001", "")
	if got, _ := again.Draft(true, nil); got != want {
		t.Errorf("the draft changed:\n%s\nwant\n%s", got, want)
	}
	if xml(t, again) != xml(t, e) {
		t.Error("the file changed")
	}
	again.Look("", "8861")
	e.Look("", "8861")
	if xml(t, again) != xml(t, e) {
		t.Error("the imported file changed")
	}
}

func TestBadDrafts(t *testing.T) {
	e := NewEditor()
	e.Set(Layer{}, "Resync_Periodic", "7200")
	good, _ := e.Draft(false, nil)
	for name, text := range map[string]string{
		"empty": "", "cut": good[:len(good)-3], "changed": strings.Replace(good, "7200", "7201", 1), "no head": "{}",
	} {
		again := NewEditor()
		if _, err := again.Restore(text); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !again.Fresh() {
			t.Errorf("%s: it left something", name)
		}
	}
}

func TestBadLinks(t *testing.T) {
	e := NewEditor()
	hash, _, err := e.Share()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"d=", "d=!!", "d=AAAA", hash[:len(hash)-4], "d=" + base64.RawURLEncoding.EncodeToString([]byte("hello"))} {
		if err := e.OpenShare(bad); err == nil {
			t.Errorf("%.20s: no error", bad)
		}
	}
	if len(e.past) != 0 {
		t.Error("a bad link left a step")
	}
	if !IsShare("#"+hash) || IsShare("#page") || IsShare("") {
		t.Error("IsShare does not tell links from other hashes")
	}
}

func FuzzOpenShare(f *testing.F) {
	hash, _, _ := NewEditor().Share()
	f.Add(hash)
	f.Add("d=")
	f.Fuzz(func(t *testing.T, hash string) {
		e := NewEditor()
		if e.OpenShare(hash) == nil {
			e.Output()
		}
	})
}

func FuzzRestore(f *testing.F) {
	draft, _ := NewEditor().Draft(false, nil)
	f.Add(draft)
	f.Fuzz(func(t *testing.T, text string) {
		e := NewEditor()
		if _, err := e.Restore(text); err == nil {
			e.Output()
		}
	})
}

func TestLinkIsShort(t *testing.T) {
	e := NewEditor()
	for i, name := range []string{"Resync_Periodic", "Resync_Random_Delay", "Forced_Resync_Delay", "Resync_At_Random_Delay", "Resync_Error_Retry_Delay"} {
		e.Set(Layer{}, name, itoa(700+i))
	}
	e.Leave(Layer{}, "Report_Rule")
	hash, _, err := e.Share()
	if err != nil {
		t.Fatal(err)
	}
	if len(hash) > 400 {
		t.Errorf("5 changes make %d characters", len(hash))
	}
}

const foreign = "<?xml version=\"1.0\"?>\r\n<!-- kept -->\r\n<flat-profile>\r\n  <Resync_Periodic ua=\"na\">3600</Resync_Periodic>\r\n  <Vendor_Thing a='1'>kept &amp; whole</Vendor_Thing>\r\n  <GPP_A/>\r\n</flat-profile>\r\n"

func TestImportedFileStaysAsItWas(t *testing.T) {
	e := NewEditor()
	if _, err := e.ImportXML("lobby.xml", []byte(foreign)); err != nil {
		t.Fatal(err)
	}
	if got := xml(t, e); got != foreign {
		t.Errorf("untouched, the file became\n%q", got)
	}
	if u := e.Unknown(); len(u) != 1 || u[0] != "Vendor_Thing" {
		t.Errorf("not in the catalog: %q", u)
	}
	e.Set(Layer{}, "Resync_Periodic", "60")
	if got, want := xml(t, e), strings.Replace(foreign, "3600", "60", 1); got != want {
		t.Errorf("one value edited:\n%q\nwant\n%q", got, want)
	}
	if d := e.Differences(); len(d) != 1 || d[0].Was != "3600" || d[0].Is != "60" {
		t.Errorf("differences %+v", d)
	}
	e.Undo()
	if got := xml(t, e); got != foreign {
		t.Errorf("after the undo\n%q", got)
	}
	e.Leave(Layer{}, "Vendor_Thing")
	if got := xml(t, e); strings.Contains(got, "Vendor") || !strings.Contains(got, "<!-- kept -->") {
		t.Errorf("an element left out:\n%q", got)
	}
}

// The factory configuration of a real phone comes back byte for byte.
func TestFactoryFile(t *testing.T) {
	folder := os.Getenv("PROFILEGEN_SAMPLES")
	if folder == "" {
		t.Skip("PROFILEGEN_SAMPLES names no folder")
	}
	data, err := os.ReadFile(filepath.Join(folder, "8861-factory-cfg.xml"))
	if err != nil {
		t.Skip(err)
	}
	e := NewEditor()
	if _, err := e.ImportXML("cfg.xml", data); err != nil {
		t.Fatal(err)
	}
	if xml(t, e) != string(data) {
		t.Error("the file changed")
	}
	if worst, any := e.Problems().Worst(); any && worst == 2 {
		t.Errorf("errors in a factory file: %v", e.Problems())
	}
}

func TestFleetFileRoundTrip(t *testing.T) {
	e := fleet(t)
	e.Set(Layer{Model: "8861"}, "Resync_Periodic", "60")
	data, err := e.FleetFile()
	if err != nil {
		t.Fatal(err)
	}
	again := NewEditor()
	if problems, err := again.OpenFleet("fleet.json", data); err != nil || len(problems) != 0 {
		t.Fatal(err, problems)
	}
	if got, _ := again.FleetFile(); string(got) != string(data) {
		t.Errorf("read and written again:\n%s\nwant\n%s", got, data)
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]FileKind{
		"<flat-profile/>": FileXML, "\ufeff  <?xml?><flat-profile/>": FileXML, "This XML file\n<flat-profile/>": FileXML,
		"{\"version\":1}": FileFleet, "profilegen draft 00000000\n{}": FileDraft, "mac,model\n": FileCSV, "": FileCSV, "\xff\xfe<\x00": FileXML,
	} {
		if got := KindOf([]byte(text)); got != want {
			t.Errorf("KindOf(%q) = %v, want %v", text, got, want)
		}
	}
}
