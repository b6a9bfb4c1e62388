package rule_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
)

func TestExplainSentence(t *testing.T) {
	const (
		who     = "CP-8851-3PCC 000e08012345"
		gated   = "resyncs not asked for by SIP NOTIFY or a direct action URL"
		profile = rule.PlaceProfileRule
		trigger = rule.PlaceTrigger
	)
	for _, test := range []struct {
		place rule.Place
		text  string
		want  string
	}{
		{profile, "http://h/$MA.xml", who + " fetches http://h/000e08012345.xml"},
		{profile, "h/x", who + " fetches tftp://h/x"},
		{profile, "($PRVST eq 0)? http://h/$MA.xml | /x", who + " fetches http://h/000e08012345.xml because $PRVST is 0"},
		{profile, "($PRVST eq 2)? http://h/a | https://h:443/b", who + " fetches https://h/b because $PRVST is 0"},
		{profile, `("$B" eq "5" and 1 eq 1)? http://h/a`, who + " fetches http://h/a because $B is 5 and 1 eq 1 is true"},
		{profile, `("$A" ne "")? http://h/a`, who + " fetches nothing because $A is empty"},
		{profile, "/$PSN.xml", who + " fetches /8851-3PCC.xml from the server that DHCP names"},
		{profile, `(a = "1"; Line_Enable_1_ = "No")! http://h/a`, who + " sets GPP_A, Line_Enable_1_ and fetches http://h/a"},
		{profile, `(a = "1")!`, who + " sets GPP_A and fetches nothing"},
		{profile, "[--post b] http://h/a", who + " posts GPP_B to and fetches http://h/a"},
		{profile, "gds://", who + " starts onboarding by activation code and fetches no profile"},
		{profile, "", who + " fetches nothing: the rule is empty"},
		{profile, "# x", who + " fetches nothing: the rule is a comment"},
		{profile, "http://h", who + ": the rule cannot be read, so the resync fails: the path is missing"},
		{profile, "($FOO eq 1)? http://h/a", who + `: the rule cannot be read, so the resync fails: "$FOO" is no macro the phone knows, so it stays as text`},
		{profile, "(1 eq 1)? http://h/a | ($FOO eq 1)? http://h/b", who + " fetches http://h/a because 1 eq 1 is true"},
		{profile, "$C", who + " fetches nothing because 1 eq 2 is false"},
		{profile, "http://$D", who + ": the rule cannot be read, so the resync fails: the path is missing, in the value of $D"},
		{rule.PlaceUpgradeRule, "http://h/x.loads", who + " loads firmware http://h/x.loads"},
		{rule.PlaceReportRule, "[--delta]http://h/a; tftp://h/b", who + " sends its changes to http://h/a and its whole configuration to tftp://h/b"},
		{rule.PlaceReportRule, "", who + " sends no report"},
		{trigger, "", who + ": the trigger is not set and holds nothing"},
		{trigger, "$PRVTMR ge 600", who + ": " + gated + " run because $PRVTMR is 1200"},
		{trigger, "$PRVTMR ge 3600 and $UPGTMR gt 300", who + ": " + gated + " are held until $PRVTMR ge 3600 and $UPGTMR gt 300; now $PRVTMR is 1200"},
		{trigger, "http://h/x", who + ": the trigger cannot be read and counts as false, so " + gated + " are held for good: a condition cannot hold a URL"},
		{rule.PlaceMessage, "$PN %s failed: $ERR", who + " sends: CP-8851-3PCC resync failed: "},
		{rule.PlaceMessage, "", who + " sends nothing"},
		{rule.PlaceText, "$(MA:6)", who + " reads: 012345"},
		{rule.PlaceDelays, "60,120,240,480,960,86400", "after 60 s, then 2 min, then 4 min, then 8 min, …, then every 24 h"},
		{rule.PlaceDelays, "60,120,86400", "after 60 s, then 2 min, then every 24 h"},
		{rule.PlaceDelays, "3600+600", "every 1 h plus up to 10 min"},
		{rule.PlaceDelays, "60,0", "after 60 s, then never again"},
		{rule.PlaceDelays, "0", "never"},
		{rule.PlaceDelays, "", "never"},
		{rule.PlaceDelays, "x", who + `: the list cannot be read, so it is off: "x" is no number of seconds`},
	} {
		if got := rule.Explain(test.place, test.text, phoneWith("B=5", "C=(1 eq 2)? /x", "D=a b/c")).Sentence; got != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}

func TestExplainShow(t *testing.T) {
	phone := phoneWith()
	phone.Secrets = [4]string{"anna", "geheim b", "geheim]c", `geheim"d`}
	for _, test := range []struct{ text, want string }{
		{`($PRVTMR ge 3600)? /x | ("$CCERT" eq "Installed" and $SWVER lt 11-1-0)? (c = "$MA";)! [--uid $SA --pwd "$SB" --key geheim] https://h:8443/$(MA:6:2)?x | /y`,
			`CP-8851-3PCC 000e08012345 sets GPP_C and fetches https://h:8443/01?x because $CCERT is Installed and $SWVER is sip88xx.11-0-1MPP-376
  $PRVTMR is 1200  (a.2)
  $CCERT is Installed  (a.2)
  $SWVER is sip88xx.11-0-1MPP-376  (a.2)
  $MA is 000e08012345  (a.2)
  $SA is not shown  (a.8)
  $SB is not shown  (a.8)
  $(MA:6:2) is 01  (a.4)
  $PRVTMR ge 3600: 1200 ge 3600 is false  (b.4)
  alternative 1 is not taken because $PRVTMR is 1200  (c.1)
  "$CCERT" eq "Installed": "Installed" eq "Installed" is true  (b.4)
  $SWVER lt 11-1-0: sip88xx.11-0-1MPP-376 lt 11-1-0 is true  (b.6)
  alternative 2 is taken  (c.1)
  GPP_C becomes "000e08012345"  (c.3)
  --key: the answer is decrypted with AES-256-CBC  (f.6)
  --uid: the phone logs in as *** when asked to  (c.4)
  --pwd: the password is not shown  (c.4)
  scheme https, server h, port 8443, file /01?x  (c.6)
`},
		{"[--key $SB] http://h/x", `CP-8851-3PCC 000e08012345: the rule cannot be read, so the resync fails: this word is no option, in the value of $SB
  $SB is not shown  (a.8)
error: this word is no option, in the value of $SB
   | [--key $SB] http://h/x
   | .......^^^
   expected: one of --key --uid --pwd --post --alias --srv
   hint: put an argument with blanks in quotes
`},
		{"http://$FOO/$$x", `CP-8851-3PCC 000e08012345: the rule cannot be read, so the resync fails: "$FOO" is no server name or address
  $FOO is not a macro here and stays as text  (a.6)
  $$ is a single $  (a.7)
error: "$FOO" is no server name or address
   | http://$FOO/$$x
   | .......^^^^
   expected: letters, digits, - . and _, or an IPv6 address in [ ]
   hint: a macro the phone does not know stays as text
`},
	} {
		got := rule.Explain(rule.PlaceProfileRule, test.text, phone).Show()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

// TestExplainRequest holds the parts a program uses.
func TestExplainRequest(t *testing.T) {
	phone := phoneWith()
	phone.Secrets[0] = "geheim"
	e := rule.Explain(rule.PlaceProfileRule, "[--uid anna --pwd geheim --post a] http://h/$MA", phone)
	if r := e.Request; r == nil || r.Method != "POST" || r.Post != "GPP_A" || r.User != "anna" || r.Key || r.URL.String() != "http://h/000e08012345" {
		t.Errorf("got the request %+v", r)
	}
	if want := "[--uid anna --pwd *** --post a] http://h/$MA"; e.Text != want {
		t.Errorf("the text is shown as %q, want %q", e.Text, want)
	}
	for _, s := range e.Steps {
		if s.Kind == rule.StepMacro && e.Text[s.Offset:s.Offset+s.Length] != "$MA" {
			t.Errorf("the step of $MA is at %q", e.Text[s.Offset:s.Offset+s.Length])
		}
	}
	if e = rule.Explain(rule.PlaceProfileRule, "[--uid $SA --key $SA] http://h/", phone); e.Request.User != "***" || !e.Request.Key {
		t.Errorf("got the request %+v", e.Request)
	}
}

// canaries are phones whose every secret holds the word canary, some of them
// with what breaks a rule.
var canaries = [4]string{"canary", `canary" canary`, "canary] canary", "--canary canary|canary/canary:canary@canary"}

// leaks lists what tells a secret in all that is said about a text.
func leaks(place rule.Place, text string, phone *rule.Phone) []string {
	var said []string
	e := rule.Explain(place, text, phone)
	said = append(said, e.Text, e.Expanded, e.Show())
	if e.Request != nil {
		said = append(said, e.Request.User)
	}
	for _, s := range e.Steps {
		said = append(said, s.Text, s.Value, s.Left, s.Right)
	}
	for _, f := range rule.Check(place, text, phone) {
		said = append(said, f.Summary, f.Hint, f.Fix)
	}
	var leaking []string
	for _, s := range said {
		if strings.Contains(s, "canary") {
			leaking = append(leaking, s)
		}
	}
	return leaking
}

func TestNoSecretIsShown(t *testing.T) {
	phone := phoneWith()
	phone.Secrets = canaries
	for _, text := range []string{
		"[--key $SA] /x", "[--key $SB] /x", "[--key $SC] /x", "[--key $SD] /x",
		`[--key "$SA"] /x`, `[--key "$SB"] /x`, `[--key "$SC"] /x`, `[--key "$SD"] /x`,
		"[--uid $SA] /x", "[--uid $SB] /x", "[--uid $SC] /x", "[--uid $SD] /x",
		"[--pwd $SC --uid $SD /x", `[--pwd "$SB --uid $SD] /x`, "[--pwd$SA] /x", "[--pwd $SA$SB$SC$SD] /x | /y",
		"[--key canary] /x", "[--key canary", `[--key "canary] /x`, `[--key "canary canary"canary] /x`, "[--keycanary] /x",
		"[--pwd canary canary] /x", "http://user:canary@h/x", "http://user:can/canary@h/x", "user:canary@h/x",
		"($FOO eq 1)? [--key canary] /x", "[--key canary] /x [--key canary] /y", `(GPP_SA = "canary")! /x`,
	} {
		for _, place := range []rule.Place{rule.PlaceProfileRule, rule.PlaceUpgradeRule, rule.PlaceReportRule} {
			for _, leak := range leaks(place, text, phone) {
				t.Errorf("%q in place %d: %q", text, place, leak)
			}
		}
	}
}
