package resync

import (
	"errors"
	"strconv"
	"strings"

	"profilegen/rule"
)

// The events that need more than their fields to be told. None of this is done
// when nobody listens.

// emitRule tells what the phone makes of a rule, and why.
func (p *Phone) emitRule(name, text string, view *rule.Phone, skipped bool) {
	if p.Log == nil {
		return
	}
	e := Event{Kind: RuleRead, Parameter: ruleName(name), Text: ruleInWords(rule.Explain(rule.PlaceProfileRule, text, view), view), Mark: "c.1"}
	if skipped {
		e.Kind = RuleSkipped
	}
	p.emit(e)
}

// ruleName is the name of a rule in events.
func ruleName(parameter string) string {
	if parameter == "" {
		return "one-time rule"
	}
	return parameter
}

// ruleInWords is what the phone makes of a rule, conditions first:
//
//	the condition ("$A" ne "Done") is true → fetches http://10.0.0.5/x.xml because $A is empty
func ruleInWords(x *rule.Explanation, view *rule.Phone) string {
	var b strings.Builder
	for _, step := range x.Steps {
		if step.Kind != rule.StepComparison || step.Offset < 0 {
			continue
		}
		b.WriteString("the condition (" + x.Text[step.Offset:step.Offset+step.Length] + ") is " + strconv.FormatBool(step.Result) + " → ")
	}
	b.WriteString(withoutName(x.Sentence, view))
	return b.String()
}

// withoutName takes the phone's name off the beginning of a sentence: a trace
// is of one phone.
func withoutName(sentence string, view *rule.Phone) string {
	rest := strings.TrimPrefix(sentence, view.Product+" "+view.MAC.String())
	return strings.TrimSpace(strings.TrimPrefix(rest, ":"))
}

// emitHeld tells what holds the waiting resync.
func (p *Phone) emitHeld(held Verdict, view *rule.Phone) {
	if p.Log == nil {
		return
	}
	e := Event{Kind: WasHeld, Cause: p.waiting.Cause, At: p.askAt, Mark: "d.2"}
	if held == HeldByCall {
		e.Text = "a line is in use"
		if p.current().ForcedDelay > 0 {
			e.Text += "; Forced_Resync_Delay lets it wait " + plural(p.current().ForcedDelay, "second")
		}
		p.emit(e)
		return
	}
	for i, text := range p.current().Triggers {
		result, err := AskTrigger(text, view.Macro)
		if result == TriggerUnset {
			continue
		}
		e.Parameter = triggerNames[i]
		e.Text = withoutName(rule.Explain(rule.PlaceTrigger, text, view).Sentence, view)
		if err != nil {
			e.Text = "counts as false, since " + unreadable(err)
		}
		p.emit(e)
	}
}

// unreadable tells why a trigger cannot be read, and the way out.
func unreadable(err error) string {
	var slip *rule.SyntaxError
	if !errors.As(err, &slip) {
		return err.Error()
	}
	if slip.Hint != "" {
		return slip.Message + "; " + slip.Hint
	}
	if slip.Expected != "" {
		return slip.Message + "; expected is " + slip.Expected
	}
	return slip.Message
}

// emitReply tells what came back.
func (p *Phone) emitReply(r *Reply, class Class) {
	e := Event{Kind: Replied, URL: p.attempts.url.String(), Status: r.Status, Class: class, Size: len(r.Body), Mark: "d.5"}
	if r.Err != nil {
		e.Err = r.Err.Error()
	}
	p.emit(e)
}

// plural is "1 second", "40 seconds", with commas from 1,000 on.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a number with commas between thousands: 100,000.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
