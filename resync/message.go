package resync

import (
	"strings"
	"time"

	"profilegen/rule"
)

// message sends a log message of a fetch (e): nothing when its parameter is
// empty.
func (p *Phone) message(parameter, operation string) {
	if p.Log == nil {
		return
	}
	view := p.view()
	text, ok := rule.ExpandMessage(p.Value(parameter), operation, view.Macro)
	if !ok {
		return
	}
	identifier := p.Value("Syslog_Identifier")
	if identifier == "None" {
		identifier = ""
	}
	e := Event{Kind: MessageSent, Parameter: parameter, Text: text, Mark: "e.2"}
	e.Wire = Syslog(p.local(), rule.Expand(identifier, view.Macro), text)
	for _, server := range []string{p.Value("Syslog_Server"), p.Value("Debug_Server")} {
		if server = strings.TrimSpace(server); server != "" {
			e.Hosts = append(e.Hosts, server)
		}
	}
	p.emit(e)
}

// Syslog is a log message as it goes to UDP port 514 (e.4): RFC 3164, with the
// identifier, which may be empty, after the time stamp.
func Syslog(at time.Time, identifier, message string) string {
	line := "<134>" + at.Format("Jan _2 15:04:05") + " "
	if identifier != "" {
		line += identifier + " "
	}
	return line + oneLine(message)
}
