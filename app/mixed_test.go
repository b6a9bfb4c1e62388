package app

import (
	"strings"
	"testing"

	"profilegen/gen"
	"profilegen/schema"
)

// What a list says about the encryption of single phones is kept, and decides
// about what is shown and made.
func TestPhonesOwnEncryption(t *testing.T) {
	const list = "mac,model,encrypt,digest,password\n" +
		"00:0e:08:00:00:01,8861,none,,s3cret-1\n00:0e:08:00:00:02,8861,key,sha256,s3cret-2\n00:0e:08:00:00:03,8861,,,s3cret-3\n"
	table := ReadTable("phones.csv", []byte(list), nil)
	if table.Err != nil || len(table.Problems) != 0 {
		t.Fatalf("%v, %v", table.Err, table.Problems)
	}
	e := NewEditor()
	e.UseTable(table, false)
	keys, err := gen.NewKeys(strings.NewReader(strings.Repeat("k", 64)))
	if err != nil {
		t.Fatal(err)
	}
	e.UseKeys("make keys", keys)
	if got := e.Command(toFolder); !strings.Contains(got, "-key-file") {
		t.Errorf("the command %q has no key file", got)
	}
	shown := func(want ...string) {
		t.Helper()
		for i, mac := range []string{"000e08000001", "000e08000002", "000e08000003"} {
			e.Look(mac, "")
			if o := e.Output(); o.Err != nil || o.Encoded != want[i] || strings.Contains(o.Name, "PCC-") != (want[i] != "") {
				t.Errorf("%s is %q with the name %s (%v), want %q", mac, o.Encoded, o.Name, o.Err, want[i])
			}
		}
	}
	shown("", "encrypted", "")
	e.Encode(schema.Encoding{Encrypt: schema.EncryptKey})
	shown("", "encrypted", "encrypted")

	var saved strings.Builder
	if err := e.doc.fleet().Write(&saved); err != nil {
		t.Fatal(err)
	}
	opened := NewEditor()
	if problems, err := opened.OpenFleet("fleet.json", []byte(saved.String())); err != nil || len(problems) != 0 {
		t.Fatal(err, problems)
	}
	var again strings.Builder
	if err := WriteCSV(&again, opened.doc.devices, nil); err != nil {
		t.Fatal(err)
	}
	want := "mac,model,encrypt,digest,Password_1_\n" + strings.ReplaceAll(list[strings.Index(list, "\n")+1:], "8861", "CP-8861-3PCC")
	if again.String() != want {
		t.Errorf("saved as fleet.json and then as CSV:\n%s\nwant\n%s", again.String(), want)
	}
}
