package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fleetText = `{
  "$schema": "fleet.schema.json",
  "version": 1,
  "name": "$MA/$PSN.xml",
  "entry": "/$PSN.xml",
  "delivery": {
    "scheme": "http",
    "server": "192.0.2.1",
    "port": 8080,
    "path": "/phones"
  },
  "encoding": {
    "gzip": true,
    "encrypt": "key",
    "digest": "sha256",
    "secret": "SB",
    "user": "$MA",
    "password": "SC",
    "first": "https://192.0.2.1/keys"
  },
  "base": {
    "Resync_Periodic": "7200+600",
    "Admin_Password": {
      "value": "a&b<c>\"d'é€$MA|]",
      "ua": "na",
      "preserve": true
    },
    "GPP_B": "",
    "GPP_C": {
      "value": "",
      "ua": "rw",
      "empty": true
    },
    "GPP_A": "second"
  },
  "models": {
    "8861": {
      "Back_Light_Timer": "5m"
    },
    "CP-7811-3PCC": {}
  },
  "devices": [
    {
      "mac": "000e08012345",
      "model": "8861",
      "encrypt": "key",
      "digest": "md5",
      "values": {
        "Display_Name_1_": "Zoë"
      }
    }
  ]
}
`

func TestFleetFileRoundTrip(t *testing.T) {
	f, problems, err := ReadFleet("fleet.json", []byte(fleetText))
	if err != nil || len(problems) > 0 {
		t.Fatalf("error %v, problems %+v", err, problems)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fleetText, b.String()); diff != "" {
		t.Errorf("written differs from read (-want +got):\n%s", diff)
	}
	v, _ := f.Base.Get("Admin_Password")
	want := Value{Name: "Admin_Password", Text: `a&b<c>"d'é€$MA|]`, UA: "na", Preserve: true, Origin: Origin{File: "fleet.json", Row: 23, Column: 5}}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("Admin_Password (-want +got):\n%s", diff)
	}
	if got := f.Devices[0].Origin; got.Row != 43 || got.Column != 5 {
		t.Errorf("the device stands at %d:%d, want 43:5", got.Row, got.Column)
	}
}

func TestProfileJSONKeepsOrder(t *testing.T) {
	const text = `{"Z":"1","A":"2","M":{"value":"","ua":"rw"}}`
	var p Profile
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(&p)
	if err != nil || string(got) != text {
		t.Errorf("%s, %v; want %s", got, err, text)
	}
	if err := json.Unmarshal([]byte(`{"Z":1}`), &p); err == nil {
		t.Error("a number was taken as a value")
	}
}

func TestFleetFileProblems(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string // row:column id
	}{
		{`{}`, []string{"1:1 missing-member"}},
		{`{"version":2}`, []string{"1:12 unknown-version"}},
		{`{"version":"1"}`, []string{"1:12 wrong-type"}},
		{`{"version":1.5}`, []string{"1:12 bad-number"}},
		{`{"version":1,"devcies":[{"x":[1,2,{}]}]}`, []string{"1:14 unknown-member"}},
		{`{"version":1,"version":1}`, []string{"1:14 duplicate-member"}},
		{`[]`, []string{"1:1 wrong-type", "1:1 missing-member"}},
		{"{\"version\":1,\n \"base\":{\"GPP_A\":3600, \"GPP_B\":{\"value\":\"x\",\"ua\":\"all\",\"um\":\"y\"}}}",
			[]string{"2:18 wrong-type", "2:50 bad-access", "2:56 unknown-member"}},
		{`{"version":1,"base":{"GPP_A":"1","GPP_A":"2"}}`, []string{"1:34 duplicate-element"}},
		{`{"version":1,"delivery":{"scheme":"ftp","port":0,"server":5}}`, []string{"1:35 bad-scheme", "1:48 bad-port", "1:59 wrong-type"}},
		{`{"version":1,"encoding":{"encrypt":"aes","digest":"sha1","secret":"A","gzip":1}}`,
			[]string{"1:36 bad-encryption", "1:51 bad-digest", "1:67 bad-secret", "1:78 wrong-type"}},
		{`{"version":1,"models":{"9861":{},"8861":{},"8861":{}}}`, []string{"1:24 unknown-model", "1:44 duplicate-member"}},
		{`{"version":1,"devices":[{"mac":"00:0E:08:GG"},{"model":"1"},{"mac":"000e08012345","ip":"1.2.3"}]}`,
			[]string{"1:32 bad-mac", "1:56 unknown-model", "1:47 missing-member", "1:88 bad-ip"}},
		{`{"version":1,"devices":[{"mac":"000e08012345","encrypt":"aes","digest":"sha1"},{"mac":"000e08012346","encrypt":"none","digest":"md5"}]}`,
			[]string{"1:57 bad-encryption", "1:72 bad-digest"}},
		{`{"version":1,"base":{"GPP_A":{"preserve":"y"}}}`, []string{"1:42 wrong-type"}},
	} {
		_, problems, err := ReadFleet("f.json", []byte(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		var got []string
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d:%d %s", p.Origin.Row, p.Origin.Column, p.ID))
			if p.Origin.File != "f.json" || p.Summary == "" || p.Source == "" {
				t.Errorf("%s: file, summary or source is missing in %+v", tt.text, p)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestFleetFileSyntax(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{``, "f.json:1:1: this is not JSON"},
		{`{"version":1`, `f.json:1:13: "," or "}" is missing here`},
		{`{"version":1,}`, `f.json:1:14: a name in " " is missing here`},
		{`{"version" 1}`, `f.json:1:12: ":" is missing after the name "version"`},
		{"{\"name\":\"a\nb\"}", "f.json:1:11: a text cannot hold a line end"},
		{`{"name":"a`, "f.json:1:9: the closing quote of this text is missing"},
		{`{"name":"\x"}`, "f.json:1:9: the text has a bad escape"},
		{`{"version":1} x`, "f.json:1:15: there is text after the end"},
		{"{\n  \"name\": \"\xff\"}", "f.json:2:12: the text is not UTF-8"},
		{`{"devices":[{"mac":"000e08012345"} {}]}`, `f.json:1:36: "," or "]" is missing here`},
		{`{"devices":` + strings.Repeat("[", 100000), "f.json:1:"},
	} {
		_, _, err := ReadFleet("f.json", []byte(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.60s: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func FuzzReadFleet(f *testing.F) {
	f.Add([]byte(fleetText))
	f.Add([]byte(`{"version":1,"devices":[{"mac":"x"}],"base":{"A":{"ua":"rw"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fleet, problems, err := ReadFleet("f.json", data)
		if err != nil || len(problems) > 0 {
			return
		}
		var first, second bytes.Buffer
		if err := fleet.Write(&first); err != nil {
			t.Fatal(err)
		}
		again, problems, err := ReadFleet("f.json", first.Bytes())
		if err != nil || len(problems) > 0 {
			t.Fatalf("what was written is read with %v, %v:\n%s", problems, err, first.Bytes())
		}
		if err := again.Write(&second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Errorf("written again, it differs:\n%s", diff)
		}
	})
}

func BenchmarkReadFleet(b *testing.B) {
	fleet := &FleetFile{Version: 1, Base: &Profile{}}
	for i := range 1000 {
		values := &Profile{}
		for _, v := range deviceValues() {
			values.Set(v)
		}
		fleet.Devices = append(fleet.Devices, FleetDevice{MAC: fmt.Sprintf("000e08%06x", i), Model: "8861", Values: values})
	}
	var data bytes.Buffer
	if err := fleet.Write(&data); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, problems, err := ReadFleet("f.json", data.Bytes()); err != nil || len(problems) > 0 {
			b.Fatal(err, problems)
		}
	}
}
