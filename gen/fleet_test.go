package gen

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
	"profilegen/schema"
)

const fleetJSON = `{
  "version": 1,
  "base": {"Time_Zone": {"value": "GMT", "ua": "na"}, "Resync_Periodic": "7200"},
  "models": {"8861": {"Time_Zone": "GMT+01:00", "Text_Logo": "big"}},
  "devices": [
    {"mac": "00:0E:08:01:23:45", "model": "8861", "serial": "ABC", "values": {"Time_Zone": "GMT-05:00"}},
    {"mac": "000e08012346", "model": "7841"},
    {"mac": "000e0801234", "model": "7841"},
    {"mac": "000e08012347", "model": "9999"}
  ]
}`

func readFleet(t *testing.T) *Fleet {
	t.Helper()
	file, _, err := schema.ReadFleet("fleet.json", []byte(fleetJSON))
	if err != nil {
		t.Fatal(err)
	}
	fleet, problems := NewFleet(file)
	if len(problems) > 0 {
		t.Fatal(told(problems))
	}
	return fleet
}

func TestLayers(t *testing.T) {
	fleet := readFleet(t)
	for _, tt := range []struct {
		mac, element string
		want         []string // lowest first
	}{
		{"000e08012345", "Time_Zone", []string{"factory default: GMT-08:00 at 0:0", "base: GMT at 3:12", "model: GMT+01:00 at 4:23", "device: GMT-05:00 at 6:79"}},
		{"000e08012346", "Time_Zone", []string{"factory default: GMT-08:00 at 0:0", "base: GMT at 3:12"}},
		{"000e08012345", "Text_Logo", []string{"factory default:  at 0:0", "model: big at 4:49"}},
		{"000e08012346", "Profile_Rule", []string{"factory default: /$PSN.xml at 0:0"}},
		{"000e08012346", "Not_In_Catalog", nil},
	} {
		mac, err := rule.ParseMAC(tt.mac)
		if err != nil {
			t.Fatal(err)
		}
		d, err := fleet.Find(mac)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range fleet.Layers(d, tt.element, schema.Firmware11) {
			got = append(got, fmt.Sprintf("%s: %s at %d:%d", l.Layer, l.Text, l.Origin.Row, l.Origin.Column))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", tt.element, tt.mac, diff)
		}
	}
	if _, err := fleet.Find(rule.MAC{1}); err == nil || !strings.Contains(err.Error(), "010000000000") {
		t.Errorf("a phone that is not there: %v", err)
	}
}

// A higher layer that says nothing about the user's access leaves the lower
// one's.
func TestLayersKeepAccess(t *testing.T) {
	lower := readFleet(t).lower("CP-8861-3PCC")
	v, _ := lower.Get("Time_Zone")
	if v.Text != "GMT+01:00" || v.UA != "na" {
		t.Errorf("got %q with ua %q, want GMT+01:00 with na", v.Text, v.UA)
	}
}

func TestFleetOfAFile(t *testing.T) {
	out := newMemory()
	r, err := (&Batch{Fleet: readFleet(t), KeepGoing: true, Name: "$SN$MA.xml"}).Run(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	want := "6: \n7: file-name\n8: bad-mac\n9: unknown-model\n"
	var got strings.Builder
	for row := 6; row <= 9; row++ {
		var ids []string
		for _, p := range r.Problems {
			if p.Origin.Row == row && p.Severity == rule.Error {
				ids = append(ids, p.ID)
			}
		}
		fmt.Fprintf(&got, "%d: %s\n", row, strings.Join(ids, " "))
	}
	if got.String() != want || r.Phones != 1 || r.Failed != 3 {
		t.Errorf("got\n%swant\n%s%+v\n%s", got.String(), want, r, told(r.Problems))
	}
	if text := out.files["ABC000e08012345.xml"]; !strings.Contains(text, `<Time_Zone ua="na">GMT-05:00</Time_Zone>`) {
		t.Errorf("the phone's file is\n%s", text)
	}
}

func TestAddModel(t *testing.T) {
	var f Fleet
	at := schema.Origin{File: "8861.xml"}
	if p := f.AddModel("8861", &schema.Profile{}, at); len(p) > 0 {
		t.Error(told(p))
	}
	if p := f.AddModel("cp8861", &schema.Profile{}, at); len(p) != 1 || p[0].ID != "duplicate-model" {
		t.Errorf("the same model again: %s", told(p))
	}
	if p := f.AddModel("9861", &schema.Profile{}, at); len(p) != 1 || p[0].ID != "unknown-model" {
		t.Errorf("a model that is none: %s", told(p))
	}
}

func TestModelOfPhonesThatDoNotSayTheirs(t *testing.T) {
	fleet := csvFleet(nil, "mac\n000e08012345\n")
	fleet.Model = "CP-8851-3PCC"
	out := newMemory()
	mustRun(t, &Batch{Fleet: fleet}, out)
	if _, ok := out.files["000e08012345/8851-3PCC.xml"]; !ok {
		t.Errorf("files: %v", out.names())
	}
}

// The profile that is listed is the file, value by value.
func TestProfileWithLayers(t *testing.T) {
	fleet := readFleet(t)
	for _, encoding := range []schema.Encoding{{}, {Encrypt: schema.EncryptKey}} {
		keys, err := NewKeys(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b := &Batch{Fleet: fleet, Encoding: encoding, Keys: keys}
		render, err := b.NewRenderer()
		if err != nil {
			t.Fatal(err)
		}
		reader, _, err := fleet.Devices()
		if err != nil {
			t.Fatal(err)
		}
		var d Device
		from := map[Layer]bool{}
		for {
			_, ok, err := reader.Next(&d)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			list, err := b.Profile(&d)
			if err != nil {
				t.Fatal(err)
			}
			p := new(schema.Profile)
			for _, l := range list {
				p.Set(l.Value)
				from[l.Layer] = true
			}
			got, err := AppendXML(nil, p)
			if err != nil {
				t.Fatal(err)
			}
			want, err := render.Profile(&d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(values(t, want), values(t, got)); diff != "" {
				t.Errorf("%s: the list is not the file:\n%s", d.MAC, diff)
			}
		}
		for _, l := range []Layer{LayerBase, LayerModel, LayerGenerated, LayerDevice} {
			if !from[l] {
				t.Errorf("encryption %q: no value is from layer %s", encoding.Encrypt, l)
			}
		}
	}
}

// values are names and texts of a profile, in order.
func values(t *testing.T, xml []byte) (list []string) {
	t.Helper()
	doc, _, err := ReadXML("profile.xml", xml)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Profile().Values() {
		list = append(list, v.Name+"="+v.Text)
	}
	return list
}
