package resync

import (
	"strconv"
	"time"

	"profilegen/rule"
	"profilegen/schema"
)

// view is the phone as a text with macros sees it at this moment (a.2).
func (p *Phone) view() *rule.Phone {
	v := &rule.Phone{Identity: p.Identity, UserIDs: make([]string, p.lines())}
	for i := range v.GPP {
		v.GPP[i] = p.Value(gppNames[i])
	}
	for i := range v.Secrets {
		v.Secrets[i] = p.Value(secretNames[i])
	}
	for i := range v.UserIDs {
		v.UserIDs[i] = p.Value(userIDNames[i])
	}
	v.State = p.macros()
	return v
}

// Names that are read for every rule.
var (
	gppNames    = elementNames(16, func(i int) string { return "GPP_" + string(rune('A'+i)) })
	secretNames = elementNames(4, func(i int) string { return "GPP_S" + string(rune('A'+i)) })
	userIDNames = elementNames(16, func(i int) string { return "User_ID_" + strconv.Itoa(i+1) + "_" })
)

func elementNames(n int, name func(i int) string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = name(i)
	}
	return list
}

// lines is the number of the phone's lines, for UID1 and so on.
func (p *Phone) lines() int {
	if m, ok := schema.FindModel(p.Product); ok {
		return m.Lines
	}
	return len(userIDNames)
}

// macros are the values that the engine knows and that change (a.2).
func (p *Phone) macros() map[string]string {
	a := &p.attempts
	state := a.state
	if p.waiting.exists() && !a.running {
		state = p.waiting.Cause.state(&p.Quirks)
	}
	if state == "" {
		state = "0"
	}
	timer := a.timer
	if !a.running {
		timer = p.since(a.last)
	}
	m := map[string]string{
		"PRVST":  state,
		"PRVTMR": strconv.Itoa(timer),
		"UPGTMR": strconv.Itoa(p.since(p.upgrade.last)),
		"UPGERR": p.upgrade.err,
		"ERR":    a.err,
		"ISCUST": p.customisation.macro(),
	}
	if p.upgrade.failures > 0 {
		m["UPGST"] = "2"
	}
	for i, name := range [...]string{"REGTMR1", "REGTMR2"} {
		if !p.lost[i].IsZero() {
			m[name] = strconv.Itoa(p.secondsSince(p.lost[i]))
		}
	}
	if u := a.url; u != nil {
		m["SCHEME"], m["SERV"], m["SERVIP"] = u.Scheme, u.Server, a.address
		m["PORT"], m["PATH"] = strconv.Itoa(u.Port), u.Path
	}
	return m
}

// since counts the seconds since t, or since the start-up when there was none.
func (p *Phone) since(t time.Time) int {
	if t.IsZero() {
		t = p.started
	}
	return p.secondsSince(t)
}

func (p *Phone) secondsSince(t time.Time) int { return int(p.now.Sub(t) / time.Second) }

// moving tells whether a counter grows by itself.
func (p *Phone) moving(counter string) bool {
	switch counter {
	case "REGTMR1":
		return !p.lost[0].IsZero()
	case "REGTMR2":
		return !p.lost[1].IsZero()
	}
	return true
}
