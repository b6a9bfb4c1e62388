package resync

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"profilegen/rule"
)

// wait finds the very second at which asking each second would find it.
func TestWaitIsAskingEverySecond(t *testing.T) {
	const ahead = 400
	counter := rapid.SampledFrom([]string{"$PRVTMR", "$UPGTMR", "$(REGTMR1)", "$REGTMR2"})
	operand := rapid.OneOf(counter, counter,
		rapid.Map(rapid.IntRange(-20, 150), strconv.Itoa),
		rapid.SampledFrom([]string{"$A", "$B", `"$A"`, `""`, "1$PRVTMR", "$(PRVTMR:0:1)", `"$PRVTMR"`, `"60"`, "$STRANGE", "1-2-3", ""}))
	operator := rapid.SampledFrom([]string{"eq", "ne", "lt", "le", "gt", "ge", " = ", "<", "!="})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for i := range rapid.IntRange(1, 3).Draw(t, "comparisons") {
			if i > 0 {
				text += " and "
			}
			text += operand.Draw(t, "left") + " " + operator.Draw(t, "operator") + " " + operand.Draw(t, "right")
		}
		values := map[string]int{
			"PRVTMR": rapid.IntRange(0, 200).Draw(t, "PRVTMR"), "UPGTMR": rapid.IntRange(0, 200).Draw(t, "UPGTMR"),
			"REGTMR1": rapid.IntRange(0, 50).Draw(t, "REGTMR1"), "REGTMR2": 0,
		}
		moving := func(counter string) bool { return counter != "REGTMR2" }
		after := func(delay int) rule.Lookup {
			return func(name string) (string, bool) {
				if n, ok := values[name]; ok {
					if moving(name) {
						n += delay
					}
					return strconv.Itoa(n), true
				}
				switch name {
				case "A":
					return "60", true
				case "B":
					return "", true
				}
				return "", false
			}
		}
		s := &Settings{Triggers: [2]string{text, ""}}
		if triggersPass(s, after(0), &Quirks{}) {
			return // nothing to wait for
		}
		want := 0
		for delay := 1; delay <= ahead; delay++ {
			if triggersPass(s, after(delay), &Quirks{}) {
				want = delay
				break
			}
		}
		// wait may say 1, over and over, where the text is beyond it.
		got := 0
		for at := 0; at < ahead; {
			n := s.wait(after(at), moving, &Quirks{})
			if n == 0 {
				break
			}
			if at += n; triggersPass(s, after(at), &Quirks{}) {
				got = at
				break
			}
		}
		if got > ahead {
			got = 0
		}
		if got != want {
			t.Fatalf("trigger %q turns true after %d s, wait says %d", text, want, got)
		}
	})
}

func TestAskTrigger(t *testing.T) {
	macros := rule.Sample("CP-8861-3PCC").Macro
	for _, c := range []struct {
		text string
		want TriggerResult
	}{
		{"", TriggerUnset},
		{" \t\n", TriggerUnset},
		{"$A", TriggerUnreadable}, // set, and empty after expansion
		{`"$A" eq ""`, TriggerTrue},
		{"$PRVTMR ge 1200", TriggerTrue},
		{"$PRVTMR gt 1200", TriggerFalse},
		{"($PRVTMR ge 1200)", TriggerUnreadable},
		{"http://phone/admin/resync?tftp://10.0.0.5/x.cfg", TriggerUnreadable},
	} {
		if got, err := AskTrigger(c.text, macros); got != c.want || (err != nil) != (c.want == TriggerUnreadable) {
			t.Errorf("trigger %q is %v (%v), want %v", c.text, got, err, c.want)
		}
	}
}
