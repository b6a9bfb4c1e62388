package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
)

// seedTexts are the guides' examples and the usual slips, for every parser.
var seedTexts = []string{
	"", " ", "$PSN.xml", "/$PSN.xml", "http://h/$(MAU:4:2)config.cfg?x=$$", "$STRANGE$MAU.cfg", "$(A", "${MA}",
	"($PRVTMR ge 600)? http://p.tel.com/has-reg.cfg\n| [--post a] http://p.tel.com/lost-reg?",
	`("$A" ne "Provisioned")? (Line_Enable_1_ = "No"; c = "")! https://p.tel.com/init-prov | https://p.tel.com/configs`,
	`[--uid a\042b --pwd "a]b" --key k --alias b --srv] http://[2001:db8::1]:8080/x`, "#x", "|", "(1 eq 1)? |", "[] gds://x",
	"[--delta --key test123]http://a/x; [--status]tftp://b/y;", "192.168.1.130/profiles/init.cfg", "HTTP:///x",
	`$REGTMR1 gt 300 and "$EXTIP" ne "" AND $SWVER>=sip88xx.11-0-1MPP-376.loads and 2.0.6(b)!=$HWVER`, `1==1`, `-1 lt 007`,
	"60,120,2400+30", " 1 , 0+5", "0", `--key "my secret phrase" --uid u`, `$A "$B"`, `"`, `$A$B = "$(A:1)x$$"`,
}

// fuzzValues are macro values a condition can meet.
func fuzzValues(a, b string) rule.Lookup {
	return func(name string) (string, bool) {
		switch name {
		case "A":
			return a, true
		case "B":
			return b, true
		case "PRVTMR":
			return "1200", true
		case "SWVER":
			return "sip88xx.11-0-1MPP-376", true
		}
		return "", false
	}
}

func FuzzExpand(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text, "$MA", "ä\xffx")
	}
	f.Fuzz(func(t *testing.T, text, a, b string) {
		macros := fuzzValues(a, b)
		want := rule.Expand(text, macros)
		if got := string(rule.Compile(text).AppendTo([]byte("x"), macros)); got != "x"+want {
			t.Errorf("%q: compiled gives %q, want %q", text, got, want)
		}
		if got := rule.ExpandRule(text, macros, func(string) (string, bool) { return "", false }); got != want {
			t.Errorf("%q: as a rule without secrets %q, want %q", text, got, want)
		}
		var whole strings.Builder
		for _, token := range rule.Tokens(text) {
			if token.Offset != whole.Len() {
				t.Errorf("%q: the token %q is at %d, not at %d", text, token.Text, token.Offset, whole.Len())
			}
			whole.WriteString(token.Text)
		}
		if whole.String() != text {
			t.Errorf("%q: the tokens make %q", text, whole.String())
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text, "5", `11-0-1MPP-376`)
	}
	f.Add(`"$A" eq "$B"`, `a" and "b`, "")
	f.Add(`$A $B 5 and "x$A" ne "xx"`, "5", "eq")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		macros := fuzzValues(a, b)
		c, err := rule.ParseCondition(rule.Expand(text, macros))
		got, gotErr := rule.CompileCondition(text).Eval(macros)
		if fmt.Sprint(gotErr) != fmt.Sprint(err) || err == nil && got != c.Eval() {
			t.Errorf("%q with %q, %q: compiled gives %v, %v; error wanted: %v", text, a, b, got, gotErr, err)
		}
		if err != nil {
			return
		}
		again, err := rule.ParseCondition(c.String())
		if err != nil || again.String() != c.String() || again.Eval() != c.Eval() {
			t.Errorf("%q is printed as %q, which is read as %q, %v", text, c, again, err)
		}
	})
}

func FuzzVersions(f *testing.F) {
	f.Add("sip88xx.11-0-1MPP-376", "11-3-2MPP0001-609.loads", "1-0129-18-0356dev")
	f.Add("2.0.1", "2.0.6(b)", "2.0")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, err := rule.CompareVersions(a, b)
		if err != nil {
			return
		}
		if ba, err := rule.CompareVersions(b, a); err != nil || ab != -ba {
			t.Errorf("%q against %q is %d, the other way round %d, %v", a, b, ab, ba, err)
		}
		if aa, err := rule.CompareVersions(a, a); err != nil || aa != 0 {
			t.Errorf("%q against itself is %d, %v", a, aa, err)
		}
		// With builds on all three or none, the order is one.
		bc, errBC := rule.CompareVersions(b, c)
		ac, errAC := rule.CompareVersions(a, c)
		if errBC == nil && errAC == nil && ab > 0 && bc > 0 && ac < 0 {
			t.Errorf("%q > %q > %q, but the first is less than the last", a, b, c)
		}
	})
}

func FuzzRule(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (*rule.ProfileRule, error){rule.ParseProfileRule, rule.ParseUpgradeRule} {
			r, err := parse(text)
			if err != nil {
				continue
			}
			again, err := parse(r.String())
			if err != nil || again.String() != r.String() || len(again.Alternatives) != len(r.Alternatives) {
				t.Fatalf("%q is printed as %q, which is read as %q, %v", text, r, again, err)
			}
			choice, err := r.Select()
			choiceAgain, errAgain := again.Select()
			if choice.Index != choiceAgain.Index || (err == nil) != (errAgain == nil) {
				t.Fatalf("%q takes %d, %v, but printed as %q takes %d, %v", text, choice.Index, err, r, choiceAgain.Index, errAgain)
			}
			for i, a := range r.Alternatives {
				b := again.Alternatives[i]
				if diff := cmp.Diff(a.URL, b.URL) + cmp.Diff(a.Options, b.Options); diff != "" {
					t.Errorf("%q printed as %q:\n%s", text, r, diff)
				}
			}
		}
		reports, err := rule.ParseReportRule(text)
		if err != nil {
			return
		}
		var printed []string
		for _, r := range reports {
			printed = append(printed, r.String())
		}
		again, err := rule.ParseReportRule(strings.Join(printed, " "))
		if err != nil || len(again) != len(reports) {
			t.Fatalf("%q is printed as %q, which is read as %v, %v", text, printed, again, err)
		}
		for i := range reports {
			if again[i].String() != printed[i] || again[i].Content() != reports[i].Content() {
				t.Errorf("%q: %q is read as %q", text, printed[i], again[i].String())
			}
		}
	})
}

func FuzzOptions(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, place := range []rule.Place{rule.PlaceProfileRule, rule.PlaceUpgradeRule, rule.PlaceReportRule} {
			o, err := rule.ParseOptions(text, place)
			if err != nil {
				continue
			}
			again, err := rule.ParseOptions(o.String(), place)
			if err != nil {
				t.Fatalf("%q is printed as %q, which is an error: %v", text, o, err)
			}
			if diff := cmp.Diff(o, again); diff != "" {
				t.Errorf("%q is printed as %q:\n%s", text, o, diff)
			}
		}
	})
}

func FuzzURL(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := rule.ParseURL(text)
		if err != nil {
			return
		}
		again, err := rule.ParseURL(u.String())
		if diff := cmp.Diff(u, again); err != nil || diff != "" {
			t.Errorf("%q is printed as %q: %v\n%s", text, u, err, diff)
		}
		complete, err := rule.ParseURL(u.Complete().String())
		if err != nil || complete.Server != u.Server || complete.Port != u.Port || complete.Path != u.Path || complete.Scheme != u.Scheme {
			t.Errorf("%q is completed as %q: %+v, %v", text, u.Complete(), complete, err)
		}
		for _, candidate := range rule.Candidates(text, &rule.URL{Scheme: "tftp", Port: 69, Path: "/x"}, fuzzValues("", "")) {
			if _, err := rule.ParseURL(candidate.String()); err != nil {
				t.Errorf("%q leads to %q: %v", text, candidate, err)
			}
		}
	})
}

func FuzzDelays(f *testing.F) {
	for _, text := range seedTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := rule.ParseDelays(text)
		if err != nil {
			return
		}
		again, err := rule.ParseDelays(d.String())
		if diff := cmp.Diff(d, again); err != nil || diff != "" {
			t.Errorf("%q is printed as %q: %v\n%s", text, d, err, diff)
		}
		ended := false
		for k := range len(d) + 2 {
			delay, ok := d.At(k)
			if ok && (ended || delay == rule.Delay{}) {
				t.Errorf("%q gives %v for use %d", text, delay, k)
			}
			ended = !ok
		}
	})
}

func FuzzAction(f *testing.F) {
	f.Add("/admin/resync?tftp://h/x&xuser=a&xpassword=b")
	f.Add("/admin/upgrade?%5b--uid+u%5d%2")
	f.Fuzz(func(t *testing.T, target string) {
		if a := rule.ParseAction(target); a.Name == "" && a != (rule.Action{}) {
			t.Errorf("%q: %+v", target, a)
		}
	})
}

// FuzzExplain holds for every place: places lie in the text, and no secret of
// the phone is told.
func FuzzExplain(f *testing.F) {
	for i, text := range seedTexts {
		f.Add(i%7, text, "5")
	}
	f.Add(0, `[--key $SA --uid "$SB" --pwd $SC] http://$SD/$A`, "|")
	f.Add(0, `$A[--key $SB`, `("`)
	f.Fuzz(func(t *testing.T, place int, text, a string) {
		if place < 0 || place > int(rule.PlaceText) || strings.Contains(text+a, "anary") {
			return
		}
		phone := phoneWith("A=" + a)
		phone.Secrets = canaries
		e := rule.Explain(rule.Place(place), text, phone)
		for _, s := range e.Steps {
			if s.Offset >= 0 && s.Offset+s.Length > len(e.Text) || s.Length < 0 || s.Text == "" {
				t.Errorf("%q: the step %+v is outside of %q", text, s, e.Text)
			}
		}
		if e.Err != nil && (e.Err.Offset < 0 || e.Err.Length < 0 || e.Err.Offset+e.Err.Length > len(e.Err.Text)) {
			t.Errorf("%q: the error %+v is outside of its text", text, e.Err)
		}
		for _, finding := range rule.Check(rule.Place(place), text, phone) {
			if finding.Offset < 0 || finding.Length < 0 || finding.Offset+finding.Length > len(text) {
				t.Errorf("%q: the finding %+v is outside of it", text, finding)
			}
		}
		for _, leak := range leaks(rule.Place(place), text, phone) {
			t.Errorf("%q: a secret is told: %q", text, leak)
		}
	})
}

// TestLongTexts reads much of what each parser could stumble over, and tells
// about a part of it. Work that grew with the square of the length would
// not end before the test's time is over.
func TestLongTexts(t *testing.T) {
	const size, told = 1 << 18, 1 << 14
	phone := phoneWith("A=x")
	phone.Secrets = canaries
	for _, piece := range []string{
		"(", ")", "[", "]", `"`, "|", "$", "$(", "$(A", "$(A:", "$A", "${A}", "$X", "%s", "%s$A", "<", "=", "!", "-", "--key ", "[--key ", "[--key a]", "[--key a] /x|", "[--key a",
		"(1 eq 1)?", "(x)?|", "(1 eq x)? /x |", `(a="1";`, `("`, `GPP_SA="(`, " ", "\n", "@", ":@/ ", "http://a:b@c/ ", "a", "1 eq 1 and ", "1-", "1.", "1,", "1+", ":", "://", "[]", "[::1]", "ä", "“",
	} {
		text := strings.Repeat(piece, size/len(piece)+1)
		macros := fuzzValues("5", "x")
		rule.Expand(text, macros)
		rule.ExpandRule(text, macros, macros)
		rule.Compile(text)
		rule.CompileCondition(text).Eval(macros)
		rule.ParseURL(text)
		rule.ParseProfileRule(text)
		rule.ParseReportRule(text)
		rule.ParseDelays(text)
		for place := rule.PlaceProfileRule; place <= rule.PlaceText; place++ {
			rule.ParseOptions(text, place)
			rule.Check(place, text[:told], phone)
			rule.Explain(place, text[:told], phone).Show()
		}
	}
}
