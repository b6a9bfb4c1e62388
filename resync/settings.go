package resync

import (
	"strconv"
	"strings"

	"profilegen/rule"
)

// Settings are the provisioning parameters as the phone reads them (d.0).
type Settings struct {
	ProvisionEnable bool
	OnReset         bool         // Resync_On_Reset
	RandomDelay     int          // Resync_Random_Delay, in units of 20 s; 0: none
	SetTime         Window       // Resync_At__HHmm_ and Resync_At_Random_Delay
	SetTimeOn       bool         // Resync_At__HHmm_ is valid; Periodic is then ignored
	Periodic        rule.Delays  // Resync_Periodic; nil: off
	ErrorRetry      rule.Delays  // Resync_Error_Retry_Delay; nil: off
	ForcedDelay     int          // Forced_Resync_Delay, seconds; 0: no waiting for idle lines
	FromSIP         bool         // Resync_From_SIP
	AfterUpgrade    bool         // Resync_After_Upgrade_Attempt
	Triggers        [2]string    // Resync_Trigger_1 and _2 as written
	FailsOnFNF      bool         // Resync_Fails_On_FNF
	DHCPOptions     string       // DHCP_Option_To_Use
	Domains         []string     // Restricted_Access_Domains; nil: no limit
	UserMenu        bool         // User_Configurable_Resync: the phone's menu shows the profile rule
	UpgradeEnable   bool         // Upgrade_Enable
	UpgradeRetry    rule.Delays  // Upgrade_Error_Retry_Delay; nil: off
	Report          ReportSender // Report_to_Server and its like

	// Notes tell of values that cannot be used, and what counts instead.
	Notes []Note
}

// Note is a remark on the value of a parameter.
type Note struct {
	Parameter string
	Text      string // "\"Yes\" is no time of day as HHmm: off"
	Mark      string // rule of docs/behaviour.md
}

// ReadSettings reads the parameters through value, which gives the text of an
// element. What cannot be read is off, with a note (d.3, choice).
func ReadSettings(value func(element string) string, q *Quirks) Settings {
	r := settingsReader{value: value}
	s := Settings{
		ProvisionEnable: r.yes("Provision_Enable"),
		OnReset:         r.yes("Resync_On_Reset"),
		RandomDelay:     r.number("Resync_Random_Delay"),
		Periodic:        r.delays("Resync_Periodic"),
		ErrorRetry:      r.delays("Resync_Error_Retry_Delay"),
		ForcedDelay:     r.number("Forced_Resync_Delay"),
		FromSIP:         r.yes("Resync_From_SIP"),
		AfterUpgrade:    r.yes("Resync_After_Upgrade_Attempt"),
		Triggers:        [2]string{value("Resync_Trigger_1"), value("Resync_Trigger_2")},
		FailsOnFNF:      r.yes("Resync_Fails_On_FNF"),
		DHCPOptions:     value("DHCP_Option_To_Use"),
		Domains:         words(value("Restricted_Access_Domains")),
		UserMenu:        r.yes("User_Configurable_Resync"),
		UpgradeEnable:   r.yes("Upgrade_Enable"),
		UpgradeRetry:    r.delays("Upgrade_Error_Retry_Delay"),
	}
	s.Report = r.report()
	at := value("Resync_At__HHmm_")
	s.SetTime, s.SetTimeOn = ParseWindow(at, value("Resync_At_Random_Delay"), q)
	switch {
	case s.SetTimeOn && len(s.Periodic) > 0:
		r.note("Resync_Periodic", "Resync_At__HHmm_ is set, which makes it ignored", "d.3")
	case !s.SetTimeOn && strings.TrimSpace(at) != "":
		r.note("Resync_At__HHmm_", strconv.Quote(at)+" is no time of day as HHmm: off", "d.3")
	}
	s.Notes = r.notes
	return s
}

// periodic is the list that counts: none while a set time is valid (d.3).
func (s *Settings) periodic() rule.Delays {
	if s.SetTimeOn {
		return nil
	}
	return s.Periodic
}

// retry is the list of Resync_Error_Retry_Delay as the quirks want it.
func (s *Settings) retry(q *Quirks) rule.Delays {
	if len(s.ErrorRetry) == 0 && q.ZeroRetryAtOnce {
		return rule.Delays{{Seconds: 1}}
	}
	return s.ErrorRetry
}

// bootSpread is the longest random time before a boot resync, in seconds (d.1).
func (s *Settings) bootSpread(q *Quirks) int {
	if q.BootInSeconds {
		return s.RandomDelay
	}
	return min(s.RandomDelay, longest/20) * 20
}

// words splits a list at commas, semicolons and blanks.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
	})
}

// settingsReader reads values and collects what is wrong with them.
type settingsReader struct {
	value func(element string) string
	notes []Note
}

func (r *settingsReader) note(parameter, text, mark string) {
	r.notes = append(r.notes, Note{parameter, text, mark})
}

// yes reads Yes or No. Anything else counts as No.
func (r *settingsReader) yes(element string) bool {
	switch text := strings.TrimSpace(r.value(element)); text {
	case "Yes":
		return true
	case "No", "":
	default:
		r.note(element, strconv.Quote(text)+" is neither Yes nor No: counts as No", "d.0")
	}
	return false
}

// number reads a number that is not negative. Anything else counts as 0.
func (r *settingsReader) number(element string) int {
	text := strings.TrimSpace(r.value(element))
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		r.note(element, strconv.Quote(text)+" is no number of 0 or more: counts as 0", "d.0")
		return 0
	}
	return min(n, longest)
}

// delays reads a list of delays. One that cannot be read is off (d.3).
func (r *settingsReader) delays(element string) rule.Delays {
	text := r.value(element)
	list, err := rule.ParseDelays(text)
	if err != nil {
		r.note(element, strconv.Quote(text)+" is no list of seconds such as 3600 or 60,120+30: off", "d.3")
		return nil
	}
	if _, on := list.At(0); !on {
		return nil
	}
	return list
}
