package rule_test

import (
	"errors"
	"strings"
	"testing"

	"profilegen/rule"
)

// syntaxError parses text in its place and gives what is wrong with it.
func syntaxError(t *testing.T, place rule.Place, text string) *rule.SyntaxError {
	t.Helper()
	var err error
	switch place {
	case rule.PlaceTrigger:
		_, err = rule.ParseCondition(text)
	case rule.PlaceUpgradeRule:
		_, err = rule.ParseUpgradeRule(text)
	case rule.PlaceReportRule:
		_, err = rule.ParseReportRule(text)
	case rule.PlaceDelays:
		_, err = rule.ParseDelays(text)
	default:
		var r *rule.ProfileRule
		if r, err = rule.ParseProfileRule(text); err == nil {
			_, err = r.Select()
		}
	}
	var e *rule.SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%q: got error %v, want a *SyntaxError", text, err)
	}
	return e
}

func TestSyntaxErrors(t *testing.T) {
	const (
		profile = rule.PlaceProfileRule
		trigger = rule.PlaceTrigger
	)
	for _, test := range []struct {
		place rule.Place
		text  string
		id    string
		at    string // the piece the marker is under
		says  string // a part of message, expectation or hint
	}{
		{trigger, "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg", "url-in-condition", "http://10.74.121.56/admin/resync?tftp://10.74.121.56:69/8861conf.cfg", "this is a resync URL, not a condition"},
		{trigger, "http://h/x", "url-in-condition", "http://h/x", "belong in Profile_Rule"},
		{trigger, "($PRVST eq 0)?", "parentheses-in-trigger", "($PRVST", "take ( and )? away"},
		{trigger, "(5 gt 3)", "parentheses-in-trigger", "(5", "without parentheses"},
		{trigger, "[--key k] http://h/x", "options-in-condition", "[--key", "no options"},
		{trigger, "1 eq 1 or 2 eq 2", "or", "or", "two alternatives"},
		{trigger, "1 eq 1 || 2 eq 2", "or", "||", "joined by and only"},
		{trigger, "1 eq 1 && 2 eq 2", "ampersands", "&&", "write and"},
		{trigger, "1 == 1", "double-equal", "==", "a single ="},
		{trigger, "1 <> 2", "not-equal", "<>", "write ne"},
		{trigger, "1 => 2", "order-of-symbols", "=>", "write <= or >="},
		{trigger, "! 1.0.33", "lone-exclamation", "!", "with ne between"},
		{trigger, "“$A” eq “x”", "typographic-quote", "“$A”", "straight quotes"},
		{trigger, "'a' eq 'b'", "single-quote", "'a'", "double quotes"},
		{trigger, "${MA} eq 1", "brace-macro", "${MA}", "round brackets"},
		{trigger, "$mac eq 1", "unknown-macro", "$mac", "no macro the phone knows"},
		{trigger, `Installed eq "Installed"`, "unquoted-text", "Installed", "double quotes"},
		{trigger, ` eq "x"`, "missing-left", "eq", "nothing stands before"},
		{trigger, "1 eq", "missing-right", "", "ends too early"},
		{trigger, "1 eq and 2 eq 2", "missing-right", "and", "in quotes"},
		{trigger, "1", "missing-operator", "", "compares two values"},
		{trigger, "1 GE 2", "case-of-operator", "GE", "lower case"},
		{trigger, "1 eq 1 And 2 eq 2", "case-of-and", "And", "write and"},
		{trigger, "1 eq 1 2 eq 2", "missing-and", "2", "write and"},
		{trigger, "1 is 1", "unknown-operator", "is", "write eq"},
		{trigger, `"a" lt "b"`, "order-of-texts", "lt", "eq or ne"},
		{trigger, `"1" eq 1`, "mixed-kinds", `"1" eq 1`, "write both in quotes or none"},
		{trigger, `11 lt 11-0-1MPP-1`, "mixed-kinds", `11 lt 11-0-1MPP-1`, "at least three parts"},
		{trigger, `"a eq 1`, "unpaired-quote", `"a eq 1`, "not closed"},
		{trigger, "1 eq 11-0", "version-form", "11-0", "three to five parts"},
		{trigger, "11-0-1 ge sip88xx.11-0-0MPP-BN", "version-placeholder", "sip88xx.11-0-0MPP-BN", "number of the build"},
		{trigger, "0x10 eq 16", "number-form", "0x10", "decimal digits"},
		{trigger, "+5 eq 5", "number-form", "+5", "decimal digits"},
		{trigger, " ", "empty-condition", " ", "a comparison"},

		{profile, "(1 eq 1 or 2 eq 2)? /x", "or", "or", "two alternatives"},
		{profile, "((1 eq 1))? /x", "parentheses-in-condition", "(1", "joined by and only"},
		{profile, "(1 eq 1 | 2 eq 2)? /x", "bar-in-parentheses", "|", "separates alternatives"},
		{profile, "(1 eq 1? http://h/a", "open-parenthesis", "(", "not closed"},
		{profile, "(1 eq 1) http://h/a", "loose-parentheses", "(1 eq 1)", "? after a condition"},
		{profile, "()? http://h/a", "empty-condition", "", "condition is empty"},
		{profile, "(1 eq 1)? (1 eq 1)? /x", "second-condition", "(1 eq 1)?", "and inside one pair"},
		{profile, `(a="1")!(1 eq 1)? /x`, "order-of-parts", "(1 eq 1)?", "the order is"},
		{profile, `(a="1")!(b="1")! /x`, "second-assignments", `(b="1")!`, "one pair of parentheses"},
		{profile, "()! /x", "assignment-name", "", "an assignment is missing"},
		{profile, "(c = 1;)! /x", "assignment-value", "1;", "double quotes"},
		{profile, `(c "1")! /x`, "assignment-sign", `"1"`, "behind the name"},
		{profile, `(c = "1" d = "2")! /x`, "missing-semicolon", "d", "; or )"},
		{profile, "http://prov.telco.com", "missing-path", "", "name a file"},
		{profile, "basic.txt", "missing-path", "", "a slash before it"},
		{profile, "ftp://h/x", "unknown-scheme", "ftp", "tftp, http or https"},
		{profile, "http:://h/x", "unknown-scheme", "http:", "one colon"},
		{profile, "http://h:99999/x", "port-form", "99999", "1 to 65535"},
		{profile, "http://2001:db8::1/x", "server-form", "2001:db8::1", "in brackets"},
		{profile, "http://$FOO/x", "server-form", "$FOO", "stays as text"},
		{profile, "http://h/a b", "blank-in-url", "b", "%20"},
		{profile, "http://h/a # spare", "blank-in-url", "#", "comment"},
		{profile, "http://h/a [--key k]", "order-of-parts", "[--key", "the order is"},
		{profile, "http://user:geheim@h/x", "user-in-url", "user:***", "--uid user"},
		{profile, "http://user:ge/heim@h/x", "user-in-url", "user:***", "--uid user"},
		{profile, "[--key k]", "options-without-url", "[--key ***]", "a URL behind ]"},
		{profile, "[--key k http://h/x", "open-bracket", "[", "not closed"},
		{profile, "[--key] /x", "missing-argument", "--key", "needs an argument"},
		{profile, "[--key --uid u] /x", "missing-argument", "--key", "in quotes"},
		{profile, "[--pwdGeheim1] /x", "unknown-option", "--pwd", "with a blank between"},
		{profile, "[--key my Geheim1 phrase] /x", "unknown-option", "***", "in quotes"},
		{profile, `[--pwd "Gehe"im1" --uid u] /x`, "open-bracket", "[", `\042`},
		{profile, "[--token x] /x", "unknown-option", "--token", "--key --uid"},
		{profile, "[--user x] /x", "unknown-option", "--user", "write --uid"},
		{profile, "[--delta] /x", "unknown-option", "--delta", "belongs in Report_Rule"},
		{profile, "[--post A] /x", "gpp-letter", "A", "--post a"},
		{profile, "[--post $A] /x", "gpp-letter", "$A", "--post a"},

		{rule.PlaceUpgradeRule, "[--key k] http://h/x.loads", "unknown-option", "--key", "upgrade rule does not know"},
		{rule.PlaceUpgradeRule, "/x.loads", "missing-server", "/x.loads", "DHCP names the server of profiles only"},
		{rule.PlaceReportRule, "http://a/x http://b/y http://c/z", "third-report", "http://c/z", "at most two"},
		{rule.PlaceReportRule, "(1 eq 1)? http://a/x", "alternative-in-report", "(", "no conditions"},
		{rule.PlaceReportRule, "http://a/x|http://b/y", "alternative-in-report", "|", "alternatives"},
		{rule.PlaceReportRule, "[--delta]http://a/x[--status]http://b/y", "missing-blank", "[--status]http://b/y", "a blank before ["},
		{rule.PlaceReportRule, "[--srv] http://a/x", "unknown-option", "--srv", "report rule does not know"},
		{rule.PlaceDelays, "60,,120", "empty-delay", "", "missing"},
		{rule.PlaceDelays, "-60", "delay-form", "-60", "negative"},
		{rule.PlaceDelays, "1h", "delay-form", "1h", "without a unit"},
		{rule.PlaceDelays, "60;120", "delay-form", "60;120", "commas"},
	} {
		e := syntaxError(t, test.place, test.text)
		if e.ID != test.id {
			t.Errorf("%q: got %s, want %s: %v", test.text, e.ID, test.id, e)
		}
		if at := e.Text[e.Offset : e.Offset+e.Length]; at != test.at {
			t.Errorf("%q: the marker is under %q, want %q", test.text, at, test.at)
		}
		if all := e.Message + "; " + e.Expected + "; " + e.Hint; !strings.Contains(all, test.says) {
			t.Errorf("%q: %q does not say %q", test.text, all, test.says)
		}
		if all := e.Error() + e.Show(); strings.Contains(all, "eheim") || strings.Contains(all, "Gehe") {
			t.Errorf("%q: the error shows the secret:\n%s", test.text, e.Show())
		}
	}
}

func TestSyntaxErrorShow(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"1 eq 1\n\tor 2 eq 2", `"or": comparisons are joined by and only
 | 	or 2 eq 2
 | 	^^
 expected: and
 hint: for or, write two alternatives, (A)? url | (B)? url, or use both Resync_Trigger_1 and _2`},
		{`"äö" eq x`, `"x" is not in quotes
 | "äö" eq x
 | ........^
 expected: a number, a "text" or a version
 hint: write texts in double quotes: "Installed"`},
		{strings.Repeat(`"a" eq "a" and `, 10) + "1 eq 1 1" + strings.Repeat(" and 2 eq 2", 20), `"1" stands after a whole comparison
 | …"a" and "a" eq "a" and "a" eq "a" and "a" eq "a" and 1 eq 1 1 and 2 eq 2 and 2 eq 2 and 2 eq 2 and 2 eq 2 and 2 eq 2 and …
 | .............................................................^
 expected: and, or the end
 hint: write and between two comparisons`},
	} {
		if got := syntaxError(t, rule.PlaceTrigger, test.text).Show(); got != test.want {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
	}
	if got, want := syntaxError(t, rule.PlaceDelays, "60, x").Error(), `offset 4: "x" is no number of seconds, expected seconds such as 3600 or 2400+30 (the phone takes a list it cannot read as off)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
