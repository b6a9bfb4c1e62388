package rule_test

import (
	"testing"

	"profilegen/rule"
)

func TestPlaceOf(t *testing.T) {
	for _, tt := range []struct {
		text string
		want rule.Place
	}{
		{"60,120,2400+30", rule.PlaceDelays},
		{"3600", rule.PlaceDelays},
		{"$UPGTMR gt 300 and $PRVTMR ge 600", rule.PlaceTrigger},
		{"$UPGTMR gt 300 or $PRVTMR ge 600", rule.PlaceTrigger},
		{"$PRVST == 0", rule.PlaceTrigger},
		{"/$PSN.xml", rule.PlaceProfileRule},
		{"http://192.0.2.1/$MA.xml", rule.PlaceProfileRule},
		{"($PRVST eq 0)? http://192.0.2.1/a.xml | /b.xml", rule.PlaceProfileRule},
		{"($PRVST eq 0)? http://192.0.2.1/a b.xml", rule.PlaceProfileRule},
		{"[--key x] /a.cfg", rule.PlaceProfileRule},
		{"http://192.0.2.1/sip88xx.11-0-1MPP-376.loads", rule.PlaceUpgradeRule},
		{"$PN $MAC -- Requesting resync $SCHEME://$SERVIP:$PORT$PATH", rule.PlaceText},
		{"$MA.xml", rule.PlaceText},
		{"hello", rule.PlaceText},
	} {
		if got := rule.PlaceOf(tt.text); got != tt.want {
			t.Errorf("PlaceOf(%q) = %v, want %v", tt.text, got, tt.want)
		}
	}
}
