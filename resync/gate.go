package resync

import (
	"time"

	"profilegen/rule"
)

// Verdict is what becomes of a resync that has fallen due (d.2).
type Verdict int

const (
	Passed     Verdict = iota
	Dropped            // for good
	HeldByRule         // stays due until a trigger is true
	HeldByCall         // stays due until all lines are idle or Forced_Resync_Delay is over
)

// Held tells whether the resync stays due.
func (v Verdict) Held() bool { return v == HeldByRule || v == HeldByCall }

// String is a word for messages: "held".
func (v Verdict) String() string {
	return [...]string{"run", "dropped", "held by the triggers", "held by a call"}[v]
}

// Gate decides about a resync for a cause, in the order of d.2. busy tells
// whether a line is in use, waited how long the resync has been due.
func Gate(s *Settings, cause Cause, macros rule.Lookup, busy bool, waited time.Duration, q *Quirks) Verdict {
	switch {
	case s.refusal(cause) != "":
		return Dropped
	case !q.passesTriggers(cause) && !triggersPass(s, macros, q):
		if q.TriggerDrops {
			return Dropped
		}
		return HeldByRule
	case busy && (s.ForcedDelay == 0 && q.ForcedZeroWaits || waited < seconds(s.ForcedDelay)):
		return HeldByCall
	}
	return Passed
}

// refusal names the switch that drops a resync for this cause; "" when none
// does (d.2, 1 and 2).
func (s *Settings) refusal(cause Cause) string {
	switch {
	case !s.ProvisionEnable:
		return "Provision_Enable"
	case cause == Boot && !s.OnReset:
		return "Resync_On_Reset"
	case cause == SIPNotify && !s.FromSIP:
		return "Resync_From_SIP"
	case cause == AfterUpgrade && !s.AfterUpgrade:
		return "Resync_After_Upgrade_Attempt"
	}
	return ""
}

// passesTriggers tells whether the triggers are not asked for this cause (d.2).
func (q *Quirks) passesTriggers(cause Cause) bool {
	switch cause {
	case WebURL, SIPNotify:
		return true
	case Keypad, XMLCommand:
		return q.RequestsPassTriggers
	}
	return false
}
