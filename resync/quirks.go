package resync

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"profilegen/gen"
)

// Quirks are the points where the documents are silent or contradict each
// other and phones may differ. The zero value does what docs/behaviour.md
// chooses; a field departs from it, after a look at a real phone. [QuirkList]
// describes each of them.
type Quirks struct {
	// Decoding and applying (f).
	MD5First         bool // --key: derive with MD5 before SHA-256 (f.6)
	OneDigest        bool // --key: only the first digest is tried (f.6)
	EmptyTagKeeps    bool // <X/> changes nothing, as <X ua="rw"/> (f.3)
	EmptyTagEmpties  bool // <X ua="rw"/> empties, as <X/> (f.3)
	EmptyIsText      bool // an empty value is an empty text for every type (f.3)
	EmptyIsDefault   bool // an empty value is the default for every type (f.3)
	MissingUADefault bool // without ua the right goes back to the factory's (f.2)
	InvalidApplied   bool // values outside the catalog's range are taken (f.4)

	// What makes a resync due, and what stands before it (d.1 to d.3).
	BootInSeconds        bool // Resync_Random_Delay counts seconds, not 20 s (d.0)
	BootAfterUpgrade     bool // the resync after an upgrade waits as one at boot does (d.1)
	BootAfterChange      bool // a restart for changed parameters resyncs (d.1)
	SetTimeOnRequest     bool // $PRVST is -1 at the set time, not 1 (a.2)
	SetTimeAfterSuccess  bool // Resync_At needs an earlier success (d.3)
	ShortSetTimeSpread   bool // Resync_At_Random_Delay below 600 counts as it stands (d.3)
	TriggerDrops         bool // a resync without a true trigger is dropped, not held (d.2)
	BadTriggerTrue       bool // a trigger that cannot be read counts as true (b.1)
	RequestsPassTriggers bool // keypad and XML pass the triggers, as URL and NOTIFY do (d.2)
	ForcedZeroWaits      bool // Forced_Resync_Delay 0 waits for idle lines without end (d.2)
	ZeroRetryAtOnce      bool // Resync_Error_Retry_Delay 0 retries after a second (d.3)
	OneTimeRetries       bool // a one-time attempt sets the clocks as any other (d.1)
	BareURLIgnored       bool // /admin/resync without a rule does nothing (g.1)
	CheckSyncIgnored     bool // NOTIFY check-sync does nothing (g.2)

	// The attempt (d.4 to d.7).
	RulesReadAtStart     bool // B to D are read when the attempt begins, not in their turn (d.4)
	BadRuleSkipped       bool // a rule that cannot be read is skipped, not failed (d.4)
	DamagedIsNotFound    bool // a damaged profile is class B, file not found (d.5)
	AccessIsNotFound     bool // TFTP error 2, access violation, is class B (d.5)
	Any2xxGood           bool // every 2xx reply is a profile (d.5)
	RedirectLimit        int  // redirects followed; 0: 5, -1: none (d.5)
	LoginTries           int  // tries with --uid and --pwd after a challenge; 0: 2 (d.5)
	LocationVerbatim     bool // macros in Location are not expanded (d.5)
	LoginUnasked         bool // --uid and --pwd go out with the first request (d.5)
	NoSecondTail         bool // /Cisco/$PN/$MA.cfg is not tried (d.6)
	DHCPVerbatim         bool // macros in DHCP options are not expanded (a.9)
	NoServerSkips        bool // a rule without server and without DHCP is skipped, not failed (d.6)
	RestartAfterGoodOnly bool // changed parameters restart the phone only after a success (d.7)
	RestartForgets       bool // a restart forgets the number of failures, as power-on does (d.7)
	NoAcceptEncoding     bool // Accept-Encoding: aes128gcm is never sent (f.7)
}

// Quirk describes one field of Quirks.
type Quirk struct {
	Name    string   // "boot-unit"
	Values  []string // the first is the default; nil for a number
	Meaning string
	Mark    string // rule of docs/behaviour.md
	Default int    // of a number

	flag   func(*Quirks) *bool
	number func(*Quirks) *int
}

// quirks are in the order of the fields.
var quirks = []Quirk{
	{Name: "key-digest", Values: []string{"sha256", "md5"}, Mark: "f.6",
		Meaning: "the digest tried first when --key becomes key and IV",
		flag:    func(q *Quirks) *bool { return &q.MD5First }},
	{Name: "other-digest", Values: []string{"tried", "no"}, Mark: "f.6",
		Meaning: "whether the other digest is tried when the first one fails",
		flag:    func(q *Quirks) *bool { return &q.OneDigest }},
	{Name: "empty-tag", Values: []string{"empties", "keeps"}, Mark: "f.3",
		Meaning: `what <X/> without ua="rw" does to the value`,
		flag:    func(q *Quirks) *bool { return &q.EmptyTagKeeps }},
	{Name: "empty-tag-rw", Values: []string{"keeps", "empties"}, Mark: "f.3",
		Meaning: `what <X ua="rw"/> does to the value`,
		flag:    func(q *Quirks) *bool { return &q.EmptyTagEmpties }},
	{Name: "empty-number", Values: []string{"default", "empty"}, Mark: "f.3",
		Meaning: "what an empty value means for numbers, times and choices",
		flag:    func(q *Quirks) *bool { return &q.EmptyIsText }},
	{Name: "empty-text", Values: []string{"empty", "default"}, Mark: "f.3",
		Meaning: "what an empty value means for texts",
		flag:    func(q *Quirks) *bool { return &q.EmptyIsDefault }},
	{Name: "missing-ua", Values: []string{"keeps", "default"}, Mark: "f.2",
		Meaning: "the user's right to a parameter that a profile sets without ua",
		flag:    func(q *Quirks) *bool { return &q.MissingUADefault }},
	{Name: "invalid-value", Values: []string{"ignored", "applied"}, Mark: "f.4",
		Meaning: "a value outside its type or range",
		flag:    func(q *Quirks) *bool { return &q.InvalidApplied }},
	{Name: "boot-unit", Values: []string{"20s", "1s"}, Mark: "d.0",
		Meaning: "the unit of Resync_Random_Delay",
		flag:    func(q *Quirks) *bool { return &q.BootInSeconds }},
	{Name: "after-upgrade", Values: []string{"at-once", "random"}, Mark: "d.1",
		Meaning: "when the resync after an upgrade runs",
		flag:    func(q *Quirks) *bool { return &q.BootAfterUpgrade }},
	{Name: "after-change", Values: []string{"no-resync", "resync"}, Mark: "d.1",
		Meaning: "what a restart for changed parameters leads to",
		flag:    func(q *Quirks) *bool { return &q.BootAfterChange }},
	{Name: "set-time-prvst", Values: []string{"1", "-1"}, Mark: "a.2",
		Meaning: "$PRVST during a resync at the set time",
		flag:    func(q *Quirks) *bool { return &q.SetTimeOnRequest }},
	{Name: "set-time-first", Values: []string{"yes", "no"}, Mark: "d.3",
		Meaning: "whether Resync_At may be the first resync of all",
		flag:    func(q *Quirks) *bool { return &q.SetTimeAfterSuccess }},
	{Name: "set-time-spread", Values: []string{"600", "as-set"}, Mark: "d.3",
		Meaning: "what a Resync_At_Random_Delay below 600 counts as",
		flag:    func(q *Quirks) *bool { return &q.ShortSetTimeSpread }},
	{Name: "trigger-false", Values: []string{"held", "dropped"}, Mark: "d.2",
		Meaning: "a due resync while no set trigger is true",
		flag:    func(q *Quirks) *bool { return &q.TriggerDrops }},
	{Name: "bad-trigger", Values: []string{"false", "true"}, Mark: "b.1",
		Meaning: "a trigger that cannot be read",
		flag:    func(q *Quirks) *bool { return &q.BadTriggerTrue }},
	{Name: "trigger-keypad", Values: []string{"asked", "passed"}, Mark: "d.2",
		Meaning: "whether keypad and XML requests are held by triggers",
		flag:    func(q *Quirks) *bool { return &q.RequestsPassTriggers }},
	{Name: "forced-zero", Values: []string{"no-waiting", "waits"}, Mark: "d.2",
		Meaning: "Forced_Resync_Delay 0 while a line is in use",
		flag:    func(q *Quirks) *bool { return &q.ForcedZeroWaits }},
	{Name: "zero-retry", Values: []string{"off", "at-once"}, Mark: "d.3",
		Meaning: "Resync_Error_Retry_Delay 0",
		flag:    func(q *Quirks) *bool { return &q.ZeroRetryAtOnce }},
	{Name: "one-time", Values: []string{"no-clocks", "clocks"}, Mark: "d.1",
		Meaning: "whether a one-time rule starts the clocks as a saved one does",
		flag:    func(q *Quirks) *bool { return &q.OneTimeRetries }},
	{Name: "bare-url", Values: []string{"saved-rules", "ignored"}, Mark: "g.1",
		Meaning: "/admin/resync without a rule",
		flag:    func(q *Quirks) *bool { return &q.BareURLIgnored }},
	{Name: "check-sync", Values: []string{"resync", "ignored"}, Mark: "g.2",
		Meaning: "NOTIFY with Event: check-sync",
		flag:    func(q *Quirks) *bool { return &q.CheckSyncIgnored }},
	{Name: "rules-read", Values: []string{"in-turn", "at-start"}, Mark: "d.4",
		Meaning: "when Profile_Rule_B to Profile_Rule_D are read",
		flag:    func(q *Quirks) *bool { return &q.RulesReadAtStart }},
	{Name: "bad-rule", Values: []string{"fails", "skipped"}, Mark: "d.4",
		Meaning: "a rule or condition that cannot be read",
		flag:    func(q *Quirks) *bool { return &q.BadRuleSkipped }},
	{Name: "damaged", Values: []string{"fails", "not-found"}, Mark: "d.5",
		Meaning: "a damaged profile: a failure in any case, or one that Resync_Fails_On_FNF decides",
		flag:    func(q *Quirks) *bool { return &q.DamagedIsNotFound }},
	{Name: "tftp-access", Values: []string{"C", "B"}, Mark: "d.5",
		Meaning: "the class of TFTP error 2, access violation",
		flag:    func(q *Quirks) *bool { return &q.AccessIsNotFound }},
	{Name: "other-2xx", Values: []string{"C", "A"}, Mark: "d.5",
		Meaning: "the class of 2xx replies other than 200",
		flag:    func(q *Quirks) *bool { return &q.Any2xxGood }},
	{Name: "redirects", Mark: "d.5", Default: 5,
		Meaning: "how many redirects are followed",
		number:  func(q *Quirks) *int { return &q.RedirectLimit }},
	{Name: "login-tries", Mark: "d.5", Default: 2,
		Meaning: "how often --uid and --pwd are tried",
		number:  func(q *Quirks) *int { return &q.LoginTries }},
	{Name: "location", Values: []string{"expanded", "verbatim"}, Mark: "d.5",
		Meaning: "macros in the Location of a redirect",
		flag:    func(q *Quirks) *bool { return &q.LocationVerbatim }},
	{Name: "login", Values: []string{"asked", "unasked"}, Mark: "d.5",
		Meaning: "when --uid and --pwd are sent",
		flag:    func(q *Quirks) *bool { return &q.LoginUnasked }},
	{Name: "second-tail", Values: []string{"tried", "no"}, Mark: "d.6",
		Meaning: "/Cisco/$PN/$MA.cfg at the server that DHCP names",
		flag:    func(q *Quirks) *bool { return &q.NoSecondTail }},
	{Name: "dhcp-text", Values: []string{"expanded", "verbatim"}, Mark: "a.9",
		Meaning: "macros in DHCP options",
		flag:    func(q *Quirks) *bool { return &q.DHCPVerbatim }},
	{Name: "no-server", Values: []string{"fails", "skipped"}, Mark: "d.6",
		Meaning: "a rule without server when DHCP names none",
		flag:    func(q *Quirks) *bool { return &q.NoServerSkips }},
	{Name: "restart-after", Values: []string{"any", "success"}, Mark: "d.7",
		Meaning: "after which attempts changed parameters restart the phone",
		flag:    func(q *Quirks) *bool { return &q.RestartAfterGoodOnly }},
	{Name: "restart-failures", Values: []string{"kept", "forgotten"}, Mark: "d.7",
		Meaning: "the number of failures in a row over a restart",
		flag:    func(q *Quirks) *bool { return &q.RestartForgets }},
	{Name: "accept-encoding", Values: []string{"sent", "no"}, Mark: "f.7",
		Meaning: "Accept-Encoding: aes128gcm when key material is set",
		flag:    func(q *Quirks) *bool { return &q.NoAcceptEncoding }},
}

// QuirkList describes all fields of Quirks.
func QuirkList() []Quirk { return quirks }

// Set reads "name=value".
func (q *Quirks) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok {
		return fmt.Errorf("quirk %q: want name=value, such as %s=%s", text, quirks[0].Name, quirks[0].Values[1])
	}
	for i := range quirks {
		if k := &quirks[i]; k.Name == name {
			return k.set(q, value)
		}
	}
	names := make([]string, len(quirks))
	for i, k := range quirks {
		names[i] = k.Name
	}
	return fmt.Errorf("no quirk %q: the names are %s", name, strings.Join(names, ", "))
}

func (k *Quirk) set(q *Quirks, value string) error {
	if k.number != nil {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1000 {
			return fmt.Errorf("quirk %s: %q is not a number from 0 to 1000", k.Name, value)
		}
		switch n {
		case 0:
			n = -1
		case k.Default:
			n = 0
		}
		*k.number(q) = n
		return nil
	}
	for i, v := range k.Values {
		if v == value {
			*k.flag(q) = i == 1
			return nil
		}
	}
	return fmt.Errorf("quirk %s: %q is not one of %s", k.Name, value, strings.Join(k.Values, ", "))
}

// Value is the quirk as q has it; isDefault tells whether that is the zero
// value's.
func (k Quirk) Value(q *Quirks) (value string, isDefault bool) {
	if k.number != nil {
		n := k.count(q)
		return strconv.Itoa(n), n == k.Default
	}
	if *k.flag(q) {
		return k.Values[1], false
	}
	return k.Values[0], true
}

// count is the value of a numeric quirk.
func (k Quirk) count(q *Quirks) int {
	n := *k.number(q)
	switch {
	case n == 0:
		return k.Default
	case n < 0:
		return 0
	}
	return n
}

// String lists what departs from the default: "boot-unit=1s redirects=3".
func (q *Quirks) String() string {
	var b strings.Builder
	for _, k := range quirks {
		if v, isDefault := k.Value(q); !isDefault {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(k.Name + "=" + v)
		}
	}
	return b.String()
}

// redirects and loginTries are the limits of d.5.
func (q *Quirks) redirects() int  { return limit(q.RedirectLimit, 5) }
func (q *Quirks) loginTries() int { return limit(q.LoginTries, 2) }

// digests are those tried for --key, in order (f.6).
func (q *Quirks) digests() []gen.Digest {
	list := []gen.Digest{gen.SHA256, gen.MD5}
	if q.MD5First {
		slices.Reverse(list)
	}
	if q.OneDigest {
		list = list[:1]
	}
	return list
}

// limit is n, the default for 0, and none for a negative number.
func limit(n, byDefault int) int {
	if n == 0 {
		return byDefault
	}
	return max(n, 0)
}
