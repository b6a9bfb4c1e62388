package resync

// Cause is what makes a resync due (d.1).
type Cause int

const (
	// Boot is a start-up by power-on, user, SIP or web reboot.
	Boot Cause = iota
	// AfterUpgrade is the start after new firmware.
	AfterUpgrade
	// Retry is the clock that a failure starts.
	Retry
	// SetTime is Resync_At.
	SetTime
	// Periodic is Resync_Periodic.
	Periodic

	// The causes above have a clock, those below are requests.

	// SIPNotify is a NOTIFY with Event: resync.
	SIPNotify
	// WebURL is the direct action URL /admin/resync.
	WebURL
	// Keypad is a rule entered at the phone.
	Keypad
	// XMLCommand is an ExecuteItem with Resync:.
	XMLCommand

	causes = int(XMLCommand) + 1
	timers = int(Periodic) + 1
)

var causeNames = [causes]string{
	Boot: "boot", AfterUpgrade: "after-upgrade", Retry: "retry", SetTime: "set-time", Periodic: "periodic",
	SIPNotify: "notify", WebURL: "web", Keypad: "keypad", XMLCommand: "xml",
}

// String is the name used in JSON and scenario files: "set-time".
func (c Cause) String() string {
	if c < 0 || int(c) >= causes {
		return "unknown"
	}
	return causeNames[c]
}

// Words is the cause as a sentence names it: "the set time (Resync_At__HHmm_)".
func (c Cause) Words() string {
	return [causes]string{
		Boot:         "the start-up",
		AfterUpgrade: "the start after new firmware",
		Retry:        "the retry after a failure (Resync_Error_Retry_Delay)",
		SetTime:      "the set time (Resync_At__HHmm_)",
		Periodic:     "the period (Resync_Periodic)",
		SIPNotify:    "a SIP NOTIFY",
		WebURL:       "the direct action URL",
		Keypad:       "the keypad",
		XMLCommand:   "an XML command",
	}[c]
}

// Request tells whether somebody asked for the resync, as against a clock of
// the phone's.
func (c Cause) Request() bool { return int(c) >= timers }

// state is the value of $PRVST while an attempt for this cause runs (a.2).
func (c Cause) state(q *Quirks) string {
	switch c {
	case Boot, AfterUpgrade:
		return "0"
	case Periodic:
		return "1"
	case SetTime:
		if q.SetTimeOnRequest {
			return "-1"
		}
		return "1"
	case Retry:
		return "2"
	}
	return "-1"
}

// Trigger is a request for a resync: what asks, and with which rule.
type Trigger struct {
	Cause Cause
	// Rule is used once instead of Profile_Rule to Profile_Rule_D and not
	// saved. Blank: the saved rules (d.1, g.1).
	Rule string
	// Host sent the request. A one-time rule without server leads there (g.1).
	Host string
}
