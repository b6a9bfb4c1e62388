package resync

import (
	"strconv"

	"profilegen/rule"
)

// The events that need more than their fields to be told. None of this is done
// when nobody listens.

// emitRule tells what the phone makes of a rule, and why.
func (p *Phone) emitRule(name, text string, view *rule.Phone, skipped bool) {
	if p.Log == nil {
		return
	}
	e := Event{Kind: RuleRead, Parameter: name, Text: rule.Explain(rule.PlaceProfileRule, text, view).Sentence, Mark: "c.1"}
	if skipped {
		e.Kind = RuleSkipped
	}
	p.emit(e)
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
		e.Text = "the trigger is false"
		if sentence := rule.Explain(rule.PlaceTrigger, text, view).Sentence; sentence != "" {
			e.Text = sentence
		}
		if err != nil {
			e.Text = "the trigger cannot be read and counts as false: " + err.Error()
		}
		p.emit(e)
	}
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
