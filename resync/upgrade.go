package resync

import (
	"context"
	"path"
	"strings"
	"time"

	"profilegen/rule"
)

// upgrade is what the phone remembers of firmware upgrades (c.8, d.8).
type upgrade struct {
	look     bool      // Upgrade_Rule is looked at when the lines are idle
	last     time.Time // of the last attempt; zero: none since power-on
	tried    string    // rule text and URL of the last attempt
	failures int       // in a row
	err      string    // $UPGERR
	retryAt  time.Time // zero: no retry
}

// done notes the end of an attempt.
func (u *upgrade) done(now time.Time, version string, err error) {
	u.last, u.retryAt = now, time.Time{}
	if err == nil {
		u.failures, u.err = 0, version
		return
	}
	u.failures++
	u.err = err.Error()
}

// upgradeIfDue looks at Upgrade_Rule after a successful resync, at start-up and
// when a retry is due, as soon as the lines are idle (d.8).
func (p *Phone) upgradeIfDue(ctx context.Context) {
	retry := !p.upgrade.retryAt.IsZero() && !p.upgrade.retryAt.After(p.now)
	if p.busy || !p.upgrade.look && !retry {
		return
	}
	p.upgrade.look = false
	if retry {
		p.upgrade.retryAt = time.Time{}
	}
	text := p.Value("Upgrade_Rule")
	if !p.current().UpgradeEnable || strings.TrimSpace(text) == "" {
		return
	}
	view := p.view()
	parsed, err := rule.ParseUpgradeRule(rule.ExpandRule(text, view.Macro, view.Secret))
	var choice rule.Choice
	if err == nil {
		choice, err = parsed.Select()
	}
	if err != nil {
		p.emit(Event{Kind: RuleFailed, Parameter: "Upgrade_Rule", Err: err.Error(), Mark: "c.8"})
		return
	}
	if choice.Index < 0 || choice.URL == nil {
		return
	}
	if key := text + "\n" + choice.URL.String(); retry || p.upgrade.tried != key {
		p.upgrade.tried = key
		p.load(ctx, choice)
	}
}

// load asks for a firmware file, unless it is running already or too old.
func (p *Phone) load(ctx context.Context, choice rule.Choice) {
	u := choice.URL
	load := strings.TrimSuffix(path.Base(u.Path), ".loads")
	if why := p.loadRefused(load); why != "" {
		p.emit(Event{Kind: UpgradeSkipped, URL: u.String(), Text: why, Mark: "c.8"})
		return
	}
	p.takeInHand(u)
	p.upgrade.last = p.now
	p.message("Log_Upgrade_Request_Msg", "upgrade")
	p.emit(Event{Kind: UpgradeAsked, URL: u.String(), Mark: "d.8"})
	if p.Firmware == nil {
		return
	}
	r := Request{Method: "GET", URL: u.String(), UserAgent: p.userAgent()}
	if o := choice.Options; o != nil {
		p.keepSecret(o.Pwd)
		r.User, r.Password, r.Login = o.UID, o.Pwd, o.HasUID || o.HasPwd
	}
	version, err := p.Firmware(ctx, r)
	p.upgrade.done(p.now, version, err)
	p.attempts.err = p.upgrade.err
	if err != nil {
		p.emit(Event{Kind: UpgradeEnded, URL: u.String(), Err: err.Error(), Mark: "d.8"})
		p.message("Log_Upgrade_Failure_Msg", "upgrade")
		if d, on := p.current().UpgradeRetry.At(p.upgrade.failures - 1); on {
			p.upgrade.retryAt = p.now.Add(p.delay(d))
		}
		return
	}
	p.message("Log_Upgrade_Success_Msg", "upgrade")
	p.emit(Event{Kind: UpgradeEnded, URL: u.String(), Text: version, Mark: "d.8"})
	p.Software = version
	p.start(upgraded, ReasonUpgrade)
}

// loadRefused tells why a load is not asked for; "" when it is (c.8).
func (p *Phone) loadRefused(load string) string {
	if load == strings.TrimSuffix(p.Software, ".loads") {
		return load + " is running already"
	}
	limit := strings.TrimSpace(p.Value("Downgrade_Rev_Limit"))
	if order, err := rule.CompareVersions(load, limit); limit != "" && err == nil && order < 0 {
		return load + " is older than Downgrade_Rev_Limit " + limit
	}
	return ""
}
