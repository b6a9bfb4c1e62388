package rule_test

import (
	"testing"

	"profilegen/rule"
)

// TestRules holds details of the rules' grammar: what is taken, printed in the
// one form, "skipped", or "error".
func TestRules(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"($HWVER ge 2.0.1(b))? /x", "error"}, // the caller expands
		{"(2.0.6(b) ge 2.0.1)? /x", "/x"},
		{`("a)" eq "a)")? /x`, "/x"},
		{"(1 eq 1)?\n(a=\"1\";b = \"2\")!\n[ --srv ]\nhttp://h/x", `[--srv] http://h/x`},
		{"|", ""},
		{"| /x", ""},
		{"(1 eq 2)? /a | (1 eq 2)? /b", "skipped"},
		{"(1 eq 2)? /a | ()? /b", "error"},
		{"(1 eq 1)? /a | ()? /b", "/a"},
		{"(1 eq 1)? /a | ()! /b", "error"},
		{"(1 eq 1)? /a | http://h", "error"},
		{"  # (", "skipped"},
		{"/x # y", "error"},
		{"[--key a --key \"\"] /x", `[--key ""] /x`},
		{`[--uid a\042\135b --pwd "\042"] /x`, `[--uid a\042\135b --pwd "\042"] /x`},
		{`[--uid a\04 --pwd \351] /x`, `[--uid "a\04" --pwd "é"] /x`},
		{"[--uid] /x", "error"},
		{`[--uid "--x"] /x`, `[--uid "--x"] /x`},
		{"[--post p --alias a] /x", "[--post p --alias a] /x"},
		{"[--post ab] /x", "error"},
		{"[2001:db8::1]/x", "[2001:db8::1]/x"},
		{"[2001:db8::1]:70/x", "[2001:db8::1]:70/x"},
		{"[] [2001:db8::1]/x", "[] [2001:db8::1]/x"},
		{"http://[h]/x", "error"},
		{"HTTPS://h/x", "https://h/x"},
		{"http:///x", "http:///x"},
		{"http://:80/x", "error"},
		{"http://h:0/x", "error"},
		{"http://h:/x", "error"},
		{"h:8080/x", "h:8080/x"},
		{"h/redirect?u=http://x/y", "h/redirect?u=http://x/y"},
		{"http://h?x", "error"},
		{"http://h/x#y", "http://h/x#y"},
		{"http://h/x\x00", "http://h/x\x00"},
		{"\x00", "error"},
		{"gds://", "gds://"},
		{"GDS://1234-5678", "gds://1234-5678"},
		{"http://u@h/x", "error"},
		{"http://h/u@v:w", "http://h/u@v:w"},
	} {
		got := "error"
		r, err := rule.ParseProfileRule(test.text)
		if err == nil {
			var choice rule.Choice
			if choice, err = r.Select(); err == nil {
				got = "skipped"
				if choice.Index >= 0 {
					a := rule.Alternative{Options: choice.Options, URL: choice.URL}
					got = a.String()
				}
			}
		}
		if got != test.want {
			t.Errorf("%q: got %q (%v), want %q", test.text, got, err, test.want)
		}
	}
}

// TestScopeOfSecrets holds where $SA is a macro (a.8).
func TestScopeOfSecrets(t *testing.T) {
	phone := rule.Phone{Secrets: [4]string{"s", "", "a]b", `c"d`}}
	for _, test := range []struct{ text, want string }{
		{"[--key $SA --alias $SA] http://$SA/x", "[--key s --alias $SA] http://$SA/x"},
		{"(1 eq 1)? (a=\"$SA\")! [--pwd \"x$(SA)y\"] /x | [--uid $SA] /y", "(1 eq 1)? (a=\"$SA\")! [--pwd \"xsy\"] /x | [--uid s] /y"},
		{`("--key $SA" eq "")? /x`, `("--key $SA" eq "")? /x`},
		{"http://h/[--key $SA]", "http://h/[--key $SA]"},
		{"http://[2001:db8::1]/--key $SA", "http://[2001:db8::1]/--key $SA"},
		{"[--delta --key $SA]http://h/x; [--status --pwd $SA]http://h/y", "[--delta --key s]http://h/x; [--status --pwd s]http://h/y"},
		{"[--key $SC --uid $SA] /x", "[--key a]b --uid s] /x"},
		{`[--key "$SD" --uid "$SA"] /x`, `[--key "c"d" --uid "s"] /x`},
		{"[--key k --x $SA] /x", "[--key k --x $SA] /x"},
		{"[--key $$SA $SA] /x", "[--key $SA $SA] /x"},
	} {
		if got := rule.ExpandRule(test.text, phone.Macro, phone.Secret); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

func TestCandidates(t *testing.T) {
	macros := rule.Sample("CP-8851-3PCC").Macro
	u := func(text string) *rule.URL {
		parsed, err := rule.ParseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, test := range []struct {
		entry, rule string
		want        string // first candidate and their number
		count       int
	}{
		{"h", "/x", "tftp://h/x", 6},
		{"h/", "/x", "tftp://h/x", 6},
		{"h:99", "/x", "tftp://h:99/x", 6},
		{"2001:db8::1", "/x", "tftp://[2001:db8::1]/x", 6},
		{"https://h:99/", "/x", "https://h:99/x", 2},
		{"h/p", "/x", "tftp://h/p", 3},
		{"h; ;http://i/p", "http:///x", "http://h/x", 5},
		{"https://h", "http:///x", "", 0},
		{"ftp://h;a b;gds://", "/x", "", 0},
		{"h", "http://i/x", "", 0},
		{"h\x00", "/x", "tftp://h/x", 6},
	} {
		got := rule.Candidates(test.entry, u(test.rule), macros)
		first := ""
		if len(got) > 0 {
			first = got[0].String()
		}
		if first != test.want || len(got) != test.count {
			t.Errorf("%q for %s: %d candidates from %q on, want %d from %q", test.entry, test.rule, len(got), first, test.count, test.want)
		}
	}
}

func TestParseAction(t *testing.T) {
	for target, want := range map[string]rule.Action{
		"/admin/resync?%5B--uid+u%5D%20http://h/%24MA%2": {Name: "resync", Rule: "[--uid u] http://h/$MA%2"},
		"/admin/resync?xuser=a&xpassword=b%26c":          {Name: "resync", User: "a", Password: "b&c"},
		"/admin/resync?/x?a=1&b=2&xuser=a":               {Name: "resync", Rule: "/x?a=1&b=2", User: "a"},
		"/admin/reboot":                                  {Name: "reboot"},
		"/admin/":                                        {},
		"/resync":                                        {},
	} {
		if got := rule.ParseAction(target); got != want {
			t.Errorf("%q: got %+v, want %+v", target, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for text, want := range map[string]string{
		"000E08012345": "000e08012345", "00:0e:08:01:23:45": "000e08012345", "00-0E-08-01-23-45": "000e08012345", "000e.0801.2345": "000e08012345",
		"000e0801234": "", "000e08:012345": "", "00:0e-08:01:23:45": "", "000e0801234g": "", "": "",
	} {
		mac, err := rule.ParseMAC(text)
		if got := mac.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %s, %v, want %q", text, got, err, want)
		}
	}
	phone := rule.Sample("CP-7841-3PCC")
	phone.GPP[15], phone.Secrets[0] = "p", "s"
	phone.State["SCHEME"] = "http"
	for name, want := range map[string]string{"PSN": "7841-3PCC", "SWVER": "sip78xx.11-0-1MPP-376", "P": "p", "METH": "http", "UID2": "4081001142", "PRVST": "0"} {
		if got, ok := phone.Macro(name); !ok || got != want {
			t.Errorf("$%s: got %q, %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"SA", "UID3", "UID0", "UID01", "UID", "REGTMR3", "Q", "ma", "EMS", ""} {
		if got, ok := phone.Macro(name); ok {
			t.Errorf("$%s is known: %q", name, got)
		}
	}
	for _, m := range rule.Macros() {
		_, known := phone.Macro(m.Name)
		_, secret := phone.Secret(m.Name)
		if known == (m.Secret || m.Passive) || secret != m.Secret || m.Meaning == "" || m.Source == "" {
			t.Errorf("%+v: known to the phone %v, as a secret %v", m, known, secret)
		}
	}
}
