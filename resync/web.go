package resync

import (
	"strconv"
	"strings"
	"time"

	"profilegen/rule"
)

// Web does what a direct action URL asks for (g.1): a resync or a reboot. The
// rest, such as cfg.xml, is the web server's to answer. target is path and
// query, host the one that sent the request; the sender is logged in.
func (p *Phone) Web(now time.Time, target, host string) rule.Action {
	p.advance(now)
	action := rule.ParseAction(target)
	if !p.on {
		return action
	}
	p.emit(Event{Kind: WasAsked, Text: "web request from " + orUnknown(host) + ": " + actionText(action), Mark: "g.1"})
	switch action.Name {
	case "resync":
		if action.Rule == "" && p.Quirks.BareURLIgnored {
			break
		}
		p.Resync(now, Trigger{Cause: WebURL, Rule: action.Rule, Host: host})
	case "reboot":
		p.Reboot(now, ReasonUser)
	}
	return action
}

// actionText is the action without what may be secret in its rule.
func actionText(a rule.Action) string {
	if a.Name == "" {
		return "an unknown path"
	}
	if a.Rule == "" {
		return a.Name
	}
	return a.Name + " with a one-time rule"
}

func orUnknown(host string) string {
	if host == "" {
		return "somewhere"
	}
	return host
}

// NotifyNeedsLogin tells whether a NOTIFY on a line is challenged (g.2).
func (p *Phone) NotifyNeedsLogin(line int) bool {
	return p.Value("Auth_Resync-Reboot_"+strconv.Itoa(line)+"_") != "No"
}

// Notify does what a SIP NOTIFY with this Event header asks for (g.2). The
// sender has given the account's password where NotifyNeedsLogin wants it. ok
// is false for an event that does nothing.
func (p *Phone) Notify(now time.Time, event string) (ok bool) {
	p.advance(now)
	if !p.on {
		return false
	}
	event, _, _ = strings.Cut(event, ";")
	event = strings.ToLower(strings.TrimSpace(event))
	p.emit(Event{Kind: WasAsked, Text: "SIP NOTIFY, Event: " + event, Mark: "g.2"})
	switch event {
	case "check-sync":
		if p.Quirks.CheckSyncIgnored {
			return false
		}
		fallthrough
	case "resync":
		p.Resync(now, Trigger{Cause: SIPNotify})
	case "reboot_now", "restart_now":
		p.Reboot(now, ReasonSIP)
	case "report":
		p.report.now, p.askNow = true, true
	default:
		return false
	}
	return true
}
