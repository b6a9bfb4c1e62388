package resync

import (
	"slices"
	"strconv"
	"strings"

	"profilegen/rule"
)

// triggerNames are the parameters of Settings.Triggers.
var triggerNames = [2]string{"Resync_Trigger_1", "Resync_Trigger_2"}

// TriggerResult is what became of one trigger.
type TriggerResult int

const (
	TriggerUnset TriggerResult = iota // blank: it has no say (b.5)
	TriggerTrue
	TriggerFalse
	TriggerUnreadable // counts as FALSE (b.1)
)

// AskTrigger evaluates the text of Resync_Trigger_1 or _2 (b.5). The error is
// not nil exactly when the trigger is unreadable.
func AskTrigger(text string, macros rule.Lookup) (TriggerResult, error) {
	if strings.TrimSpace(text) == "" {
		return TriggerUnset, nil
	}
	condition, err := rule.ParseCondition(rule.Expand(text, macros))
	if err != nil {
		return TriggerUnreadable, err
	}
	if condition.Eval() {
		return TriggerTrue, nil
	}
	return TriggerFalse, nil
}

// passes tells whether a result lets a resync through.
func (r TriggerResult) passes(q *Quirks) bool {
	return r == TriggerTrue || r == TriggerUnreadable && q.BadTriggerTrue
}

// triggersPass tells whether no trigger is set or one of them is true (d.2).
func triggersPass(s *Settings, macros rule.Lookup, q *Quirks) bool {
	set := false
	for _, text := range s.Triggers {
		result, _ := AskTrigger(text, macros)
		if result.passes(q) {
			return true
		}
		set = set || result != TriggerUnset
	}
	return !set
}

// counters are the macros that change by themselves: each counts seconds.
var counters = []string{"PRVTMR", "UPGTMR", "REGTMR1", "REGTMR2"}

// A held resync is asked again every second (d.2). Between two inputs only the
// counters change, so that most of these questions have the same answer; wait
// finds the next second that may bring another one.
//
// moving is by how much each counter grows in a second, 0 or 1. The answer is
// the number of seconds until any set trigger may turn true: 0 when none of
// them ever does by itself. It is exact for triggers that compare a counter, or
// a difference of two, with a number; for all others it is 1.
func (s *Settings) wait(macros rule.Lookup, moving func(counter string) bool, q *Quirks) int {
	soonest := 0
	for _, text := range s.Triggers {
		if n := waitFor(text, macros, moving, q); n > 0 && (soonest == 0 || n < soonest) {
			soonest = n
		}
	}
	return soonest
}

func waitFor(text string, macros rule.Lookup, moving func(string) bool, q *Quirks) int {
	used, whole := countersIn(text, moving)
	if len(used) == 0 {
		return 0 // only an input can change the answer
	}
	if !whole {
		return 1
	}
	now := make([]int, len(used))
	for i, name := range used {
		value, _ := macros(name)
		n, err := strconv.Atoi(value)
		if err != nil {
			return 1
		}
		now[i] = n
	}
	for _, delay := range turns(rule.Expand(text, macros), now) {
		later := func(name string) (string, bool) {
			for i, counter := range used {
				if counter == name {
					return strconv.Itoa(now[i] + delay), true
				}
			}
			return macros(name)
		}
		if result, _ := AskTrigger(text, later); result.passes(q) {
			return delay
		}
	}
	return 0
}

// countersIn lists the moving counters that text names. whole is false when
// one of them is part of a longer word, or of a quoted text.
func countersIn(text string, moving func(string) bool) (used []string, whole bool) {
	whole = true
	quoted := false
	tokens := rule.Tokens(text)
	for i, token := range tokens {
		if token.Kind != rule.MacroRef {
			quoted = quoted != (strings.Count(token.Text, `"`)%2 == 1)
			continue
		}
		for _, counter := range counters {
			if token.Name != counter || !moving(counter) {
				continue
			}
			used = append(used, counter)
			before, after := " ", " "
			if i > 0 {
				before = tokens[i-1].Text
			}
			if i+1 < len(tokens) {
				after = tokens[i+1].Text
			}
			whole = whole && !quoted && token.From == 0 && token.Length < 0 &&
				strings.ContainsAny(before[len(before)-1:], wordBorders) && strings.ContainsAny(after[:1], wordBorders)
		}
	}
	return used, whole
}

// wordBorders are the characters at which a word of a condition ends (b.1).
const wordBorders = " \t\r\n<>=!"

// turns lists the delays, in order, after which a comparison of a counter with
// a number of the text may give another result: one second around each.
func turns(expanded string, now []int) []int {
	var delays []int
	add := func(n int) {
		if n > 0 && n < longest {
			delays = append(delays, n)
		}
	}
	for i := 0; i < len(expanded); {
		end := i
		for end < len(expanded) && (expanded[end] >= '0' && expanded[end] <= '9' || end == i && expanded[end] == '-') {
			end++
		}
		if end == i {
			i++
			continue
		}
		if n, err := strconv.Atoi(expanded[i:end]); err == nil {
			for _, value := range now {
				for near := -1; near <= 1; near++ {
					add(n - value + near)
				}
			}
		}
		i = end
	}
	slices.Sort(delays)
	return delays
}
