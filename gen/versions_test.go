package gen

import (
	"context"
	"strings"
	"testing"

	"profilegen/schema"
)

// A rule that asks for the version is no error only because the list of phones
// has no column for it.
func TestVersionsNotInList(t *testing.T) {
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		base := &schema.Profile{}
		base.Set(schema.Value{Name: "Profile_Rule", Text: `($SWVER lt sip88xx.9-0-1MPP-1 and $HWVER ge 1.0)? /old.xml | /$MA/$PSN.xml`})
		f := &schema.FleetFile{Version: schema.FleetVersion, Base: base, Devices: []schema.FleetDevice{{MAC: "000e08a00001", Model: "8861"}}}
		fleet, problems := NewFleet(f)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		result, err := (&Batch{Fleet: fleet, Firmware: g}).Plan(context.Background(), nil)
		if err != nil || result.Phones != 1 {
			t.Errorf("firmware %s: %v %v", g, err, result.Problems)
		}
		// In a file name nothing is assumed.
		_, err = (&Batch{Fleet: fleet, Firmware: g, Name: "$MA-$SWVER.xml"}).Plan(context.Background(), nil)
		if err == nil || !strings.Contains(err.Error(), "error") {
			t.Errorf("firmware %s: a name made of an unknown version passed: %v", g, err)
		}
	}
}
