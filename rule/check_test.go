package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
)

// phoneWith is the sample phone with GPPs: "A=…".
func phoneWith(gpps ...string) *rule.Phone {
	phone := rule.Sample("CP-8851-3PCC")
	for _, gpp := range gpps {
		phone.GPP[gpp[0]-'A'] = gpp[2:]
	}
	return phone
}

func TestCheck(t *testing.T) {
	const (
		profile = rule.PlaceProfileRule
		upgrade = rule.PlaceUpgradeRule
		report  = rule.PlaceReportRule
		trigger = rule.PlaceTrigger
		message = rule.PlaceMessage
		delays  = rule.PlaceDelays
		text    = rule.PlaceText
	)
	for _, test := range []struct {
		place rule.Place
		text  string
		want  []string // id at "piece"
		fix   string   // of the first that has one
	}{
		// Macros (a.5, a.6, a.8).
		{profile, "http://h/$MAconfig.cfg", []string{`unknown-macro at "$MAconfig"`}, "http://h/$(MA)config.cfg"},
		{profile, "http://h/$PN_$MA.cfg", []string{`unknown-macro at "$PN_"`}, "http://h/$(PN)_$MA.cfg"},
		{profile, "http://h/$mac.cfg", []string{`unknown-macro at "$mac"`}, ""},
		{profile, "http://h/$psn.cfg", []string{`unknown-macro at "$psn"`}, "http://h/$PSN.cfg"},
		{profile, "http://h/$GPP_A", []string{`unknown-macro at "$GPP_A"`}, "http://h/$A"},
		{profile, "http://h/$(GPP_A)x", []string{`unknown-macro at "$(GPP_A)"`}, ""},
		{profile, "http://h/$XYZZY", []string{`unknown-macro at "$XYZZY"`}, ""},
		{profile, "http://h/${MA}.cfg", []string{`brace-macro at "${MA}"`}, "http://h/$(MA).cfg"},
		{profile, "http://h/$(ma).cfg", []string{`malformed-macro at "$(ma)"`}, "http://h/$(MA).cfg"},
		{text, "$( MA )", []string{`malformed-macro at "$( MA )"`}, "$(MA)"},
		{profile, "http://h/$(MA:-4)", []string{`malformed-macro at "$(MA:-4)"`}, ""},
		{profile, "http://h/$MA(0:6)", []string{`substring-outside at "$MA(0:6)"`}, "http://h/$(MA:0:6)"},
		{profile, "http://h/$MA(-4)", []string{`substring-outside at "$MA(-4)"`}, ""},
		{profile, "http://h/$SA", []string{`secret-outside-option at "$SA"`}, ""},
		{profile, "http://h/$EMS/$DISPLAYNAME3", []string{`passive-macro at "$EMS"`, `passive-macro at "$DISPLAYNAME3"`}, ""},
		{profile, "http://h/$$MA/5$", nil, ""},
		{profile, "/$PSN.xml", nil, ""},
		{text, "$UID1 $UID2 $IP", nil, ""},
		{text, "$UID9", []string{`no-such-line at "$UID9"`}, ""},

		// Triggers (b.5, d.2).
		{trigger, "", nil, ""},
		{trigger, "$UPGTMR gt 300 and $PRVTMR ge 600", nil, ""},
		{trigger, "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg", []string{`url-in-condition at "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg"`}, ""},
		{trigger, "($PRVTMR ge 600)?", []string{`parentheses-in-trigger at "($PRVTMR"`}, "$PRVTMR ge 600"},
		{trigger, "$PRVST == 0", []string{`double-equal at "=="`}, "$PRVST eq 0"},
		{trigger, "$PRVST => 0", []string{`order-of-symbols at "=>"`}, "$PRVST >= 0"},
		{trigger, "$PRVST eq 0 && $PRVTMR ge 600", []string{`ampersands at "&&"`}, "$PRVST eq 0 and $PRVTMR ge 600"},
		{trigger, "$PRVST == 0 && $PRVTMR ge 600", []string{`double-equal at "=="`}, ""},
		{trigger, "$PRVST GE 0", []string{`case-of-operator at "GE"`}, "$PRVST ge 0"},
		{trigger, `"$CCERT" eq Installed`, []string{`unquoted-text at "Installed"`}, `"$CCERT" eq "Installed"`},
		{trigger, `“$A” eq “x”`, []string{`typographic-quote at "“$A”"`}, `"$A" eq "x"`},
		{trigger, `$A eq "x"`, []string{`missing-left at "$A"`}, `"$A" eq "x"`},
		{trigger, `"x" eq $A and 1 eq 1`, []string{`missing-right at "$A"`}, `"x" eq "$A" and 1 eq 1`},
		{trigger, "$mac eq 1", []string{`unknown-macro at "$mac"`}, ""},
		{trigger, "$B eq 1", []string{`unquoted-macro at "$B"`}, ""},
		{trigger, "$PRVST eq 0 and $PRVST eq 1", []string{`never-true at "$PRVST eq 0 and $PRVST eq 1"`}, ""},
		{trigger, "$PRVST eq 5", []string{`never-true at "$PRVST eq 5"`}, ""},
		{trigger, "5 eq $PRVST", []string{`never-true at "5 eq $PRVST"`}, ""},
		{trigger, "$PRVTMR lt 0", []string{`never-true at "$PRVTMR lt 0"`}, ""},
		{trigger, "$PRVTMR gt 300 and $UPGST eq 1 and 200 gt $PRVTMR", []string{`never-true at "$PRVTMR gt 300 and $UPGST eq 1 and 200 gt $PRVTMR"`}, ""},
		{trigger, "$PRVTMR gt 300 and $PRVTMR lt 302 and $PRVTMR ne 301", []string{`never-true at "$PRVTMR gt 300 and $PRVTMR lt 302 and $PRVTMR ne 301"`}, ""},
		{trigger, "$PRVTMR gt 300 and $PRVTMR lt 303 and $PRVTMR ne 301", nil, ""},
		{trigger, `"$CCERT" eq "installed"`, []string{`never-true at "\"$CCERT\" eq \"installed\""`}, ""},
		{trigger, `"$A" eq "x" and "$A" eq "y"`, []string{`never-true at "\"$A\" eq \"x\" and \"$A\" eq \"y\""`}, ""},
		{trigger, `"$A" ne "x" and "$A" ne "y"`, nil, ""},
		{trigger, "$SWVER ge 11-1-0 and $SWVER lt 11-0-0", []string{`never-true at "$SWVER ge 11-1-0 and $SWVER lt 11-0-0"`}, ""},
		{trigger, "$SWVER ge 11-1-0 and $SWVER lt 11-1-1", nil, ""},
		{trigger, `"$SWVER" eq "11-0-1MPP-376"`, []string{`quoted-version at "\"$SWVER\" eq \"11-0-1MPP-376\""`}, ""},
		{trigger, "1 eq 2", []string{`never-true at "1 eq 2"`}, ""},
		{trigger, "$PRVTMR ge 0", []string{`always-true at "$PRVTMR ge 0"`, `trigger-always-true at "$PRVTMR ge 0"`}, ""},

		// Rules (c.1 to c.7).
		{profile, "http://h/a | http://h/b | http://h/c", []string{`unreachable-alternative at "http://h/b | http://h/c"`}, ""},
		{profile, "(1 eq 1)? http://h/a | http://h/b", []string{`always-true at "1 eq 1"`, `unreachable-alternative at "http://h/b"`}, ""},
		{profile, "($PRVST eq 0)? http://h/a", []string{`rule-may-skip at "($PRVST eq 0)? http://h/a"`}, ""},
		{profile, "($PRVST eq 7)? http://h/a | http://h/b", []string{`never-true at "$PRVST eq 7"`}, ""},
		{profile, "($PRVST eq 0)? http://h/a | ($FOO eq 1)? /x | /y", []string{`unknown-macro at "$FOO"`}, ""},
		{profile, "# http://h/a", []string{`commented-out at "# http://h/a"`}, ""},
		{profile, "http://h/x$D/y", []string{`structure-from-macro at "$D"`, `unreachable-alternative at "/y"`}, ""},
		{profile, "[--key $SD] http://h/x", []string{`empty-secret at "$SD"`}, ""},
		{profile, "$C", nil, ""},
		{profile, "http://prov.telco.com", []string{`missing-path at ""`}, ""},
		{profile, "http:://h/x", []string{`unknown-scheme at "http:"`}, "http://h/x"},
		{profile, "http://h:443/x", []string{`port-of-other-scheme at "http://h:443/x"`}, ""},
		{profile, "https://h:80/x", []string{`port-of-other-scheme at "https://h:80/x"`}, ""},
		{profile, "h:80/x", []string{`port-of-other-scheme at "h:80/x"`}, ""},
		{profile, "https://h:8443/x", nil, ""},
		{profile, "[--uid u --pwd $SA] tftp://h/x", []string{`login-over-tftp at "u"`, `login-over-tftp at "$SA"`}, ""},
		{profile, "[--uid u --pwd $SA] http://h/x", []string{`password-in-clear at "$SA"`}, ""},
		{profile, "[--uid u --pwd $SA] https://h/x", nil, ""},
		{profile, "($PRVST eq 0)? https://h/x | [--uid u --pwd $SA] http://h/x", []string{`password-in-clear at "$SA"`}, ""},
		{profile, "[--key geheim] http://h/$MAx", []string{`key-in-rule at "geheim"`, `unknown-macro at "$MAx"`}, ""},
		{profile, "[--uid u --pwd geheim] https://h/x", []string{`password-in-rule at "geheim"`}, ""},
		{profile, `[--uid "a[b" --pwd $SA] https://h/x`, []string{`bracket-in-quotes at "a[b"`}, ""},
		{profile, "[--srv] tftp://h/x", []string{`srv-over-tftp at "tftp://h/x"`}, ""},
		{profile, "[--post a] h/x", []string{`post-over-tftp at "h/x"`}, ""},
		{profile, `(A = "1")! http://h/x`, []string{`assignment-letter at "A"`}, `(a = "1")! http://h/x`},
		{profile, "gds://", []string{`gds at "gds://"`}, ""},
		{profile, "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg", []string{`resync-url-in-rule at "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg"`}, "tftp://10.74.121.56:69/8861conf.cfg"},
		{profile, "http://h/ä", []string{`non-ascii at "ä"`}, ""},
		{profile, "http://h/\x01", []string{`control-character at "\x01"`}, "http://h/"},
		{upgrade, "($SWVER ne 11-0-1MPP-376)? http://h/sip88xx.11-0-1MPP-376.loads", nil, ""},
		{upgrade, "http://h/sip88xx.11-0-1MPP-376.bin", []string{`upgrade-not-loads at "http://h/sip88xx.11-0-1MPP-376.bin"`}, ""},
		{upgrade, "/x.loads", []string{`missing-server at "/x.loads"`}, ""},
		{report, "[--delta]http://h/a [--status]http://h/b;", nil, ""},
		{report, "[--delta --status] http://h/a", []string{`delta-and-status at "http://h/a"`}, ""},
		{report, "[--pwd $SA] tftp://h/a", []string{`login-over-tftp at "$SA"`}, ""},
		{report, "http://h/a | http://h/b", []string{`alternative-in-report at "|"`}, ""},

		// Messages (e.2).
		{message, "$PN $MAC -- Requesting %s $SCHEME://$SERVIP:$PORT$PATH", nil, ""},
		{message, "$SCHEME:://$SERVIP", []string{`double-colon at ":://"`}, "$SCHEME://$SERVIP"},
		{message, "%s %d 100%", []string{`percent at "%d"`}, ""},
		{message, "%S", []string{`percent at "%S"`}, "%s"},
		{message, "100%%", []string{`percent at "%%"`}, "100%"},
		{message, "%s $MA%s %s $MAx", []string{`unknown-macro at "$MA%s"`, `unknown-macro at "$MAx"`}, "%s $(MA)%s %s $MAx"},

		// Delays (d.3).
		{delays, "60,120,2400+30", nil, ""},
		{delays, "600,1200,300", nil, ""},
		{delays, " 60 , 120 ", nil, ""},
		{delays, "", nil, ""},
		{delays, "0", []string{`delays-off at "0"`}, ""},
		{delays, "60,0,5", []string{`delays-end at "60,0,5"`}, ""},
		{delays, "60,,5", []string{`empty-delay at ""`}, ""},
		{delays, "$A", []string{`delay-form at "$A"`}, ""},
	} {
		phone := phoneWith("B=5", "C=(1 eq 1)? /x | /y", "D=|")
		phone.Secrets = [4]string{"geheim-a", "geheim b", "geheim]c"}
		got := rule.Check(test.place, test.text, phone)
		var found []string
		fix := ""
		for _, f := range got {
			found = append(found, fmt.Sprintf("%s at %q", f.ID, test.text[f.Offset:f.Offset+f.Length]))
			if fix == "" {
				fix = f.Fix
			}
			if f.Summary == "" || f.Source == "" {
				t.Errorf("%q: %s says nothing or names no source: %+v", test.text, f.ID, f)
			}
			if strings.Contains(f.Summary+f.Hint+f.Fix, "geheim") {
				t.Errorf("%q: %s shows the secret: %+v", test.text, f.ID, f)
			}
		}
		if diff := cmp.Diff(test.want, found); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
		if fix != test.fix {
			t.Errorf("%q: the fix is %q, want %q", test.text, fix, test.fix)
		}
	}
}

// TestCheckFixes applies each Fix and looks whether that finding has gone.
func TestCheckFixes(t *testing.T) {
	for _, text := range []string{"$PRVST == 0", "($PRVTMR ge 600)?", "$PRVST GE 1", `$A eq "x"`} {
		for _, f := range rule.Check(rule.PlaceTrigger, text, phoneWith()) {
			after := rule.Check(rule.PlaceTrigger, f.Fix, phoneWith())
			if f.Fix == "" || slices.ContainsFunc(after, func(g rule.Finding) bool { return g.Severity == rule.Error }) {
				t.Errorf("%q: %s with the fix %q leaves %v", text, f.ID, f.Fix, after)
			}
		}
	}
}

func TestSuggestMacro(t *testing.T) {
	for name, want := range map[string][]string{
		"mac": {"$MAC", "$MA"}, "ma": {"$MA"}, "GPP_A": {"$A"}, "gpp_p": {"$P"}, "MAconfig": {"$(MA)config"},
		"MAC_": {"$(MAC)_"}, "MACADDR": {"$MAC", "$MA"}, "PRVTIMER": nil, "PVRST": {"$PRVST"}, "SWVERS": {"$(SWVER)S", "$SWVER"},
		"Android": {"$(A)ndroid"}, "A_x": {"$(A)_x"}, "UID": {"$UID1"}, "XYZZY": nil, "SERIAL": {"$SN"},
	} {
		if got := rule.SuggestMacro(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
