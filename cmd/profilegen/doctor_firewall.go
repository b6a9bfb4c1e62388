package main

import (
	"context"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
)

// firewall is one that may stand before this machine, and how it is asked. What it says is read for hints only: rules can
// say anything.
type firewall struct {
	name string
	args []string
	// closed tells whether it drops what no rule lets in; known is false when it does not say.
	closed func(said string) (closed, known bool)
	opens  func(said, port string) bool // port as in 69/udp
	open   string                       // the command that opens a port, with PORT for 69 and PROTOCOL for udp
}

var firewalls = []firewall{
	{"ufw", []string{"status"},
		func(said string) (bool, bool) {
			return strings.Contains(said, "Status: active"), strings.Contains(said, "Status:")
		},
		opensUFW, "ufw allow PORT/PROTOCOL"},
	{"firewall-cmd", []string{"--list-all"},
		func(said string) (bool, bool) {
			return !strings.Contains(said, "target: ACCEPT"), strings.Contains(said, "ports:")
		},
		opensFirewalld, "firewall-cmd --add-port=PORT/PROTOCOL"},
	{"nft", []string{"list", "ruleset"},
		func(said string) (bool, bool) { return dropsInput.MatchString(said), true },
		opensNFT, "nft insert rule inet filter input PROTOCOL dport PORT accept"},
}

// dropsInput finds a chain before this machine that drops by its policy or by its last rule.
var dropsInput = regexp.MustCompile(`hook input [^}]*(policy drop|(drop|reject( with [^\n]*)?)\s*\})`)

func opensUFW(said, port string) bool {
	number, _, _ := strings.Cut(port, "/")
	for line := range strings.Lines(said) {
		to, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(rest, "ALLOW") && (to == port || to == number || to == "Anywhere") {
			return true
		}
	}
	return false
}

// opensFirewalld reads the line of ports and that of services.
func opensFirewalld(said, port string) bool {
	service := map[string]string{"69/udp": "tftp", "80/tcp": "http", "443/tcp": "https"}[port]
	for line := range strings.Lines(said) {
		name, list, _ := strings.Cut(strings.TrimSpace(line), ":")
		for _, word := range strings.Fields(list) {
			if name == "ports" && word == port || name == "services" && word == service && service != "" {
				return true
			}
		}
	}
	return false
}

// opensNFT finds a rule that accepts the port, alone or in a set.
func opensNFT(said, port string) bool {
	number, protocol, _ := strings.Cut(port, "/")
	accepts := regexp.MustCompile(`(?m)\b` + protocol + ` dport (\{[^}\n]*\b` + number + `\b[^}\n]*\}|` + number + `\b)[^\n]*accept`)
	return accepts.MatchString(said)
}

// checkFirewall looks at the firewalls of this machine, as far as it may.
func (d *doctor) checkFirewall(ctx context.Context, servers []*url.URL) {
	found := false
	for _, f := range firewalls {
		path, err := exec.LookPath(f.name)
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, d.timeout)
		said, err := exec.CommandContext(ctx, path, f.args...).CombinedOutput()
		cancel()
		if err != nil {
			if f.name == "nft" || strings.Contains(string(said), "root") {
				found = true
				d.tell(stateNote, "firewall", f.name+" is there, but its rules cannot be read", "root may: sudo profilegen doctor")
			}
			continue // not running
		}
		found = d.judgeFirewall(f, string(said), servers) || found
	}
	if !found {
		d.tell(stateOK, "firewall", "none is in force on this machine", "")
	}
}

// judgeFirewall tells what a firewall's words mean for the servers' ports, unless it is not in force.
func (d *doctor) judgeFirewall(f firewall, said string, servers []*url.URL) bool {
	closed, known := f.closed(said)
	if !known || !closed {
		return false
	}
	var shut []string
	for _, server := range servers {
		if port := portOf(server); !f.opens(said, port) {
			shut = append(shut, port)
		}
	}
	if len(shut) == 0 {
		d.tell(stateOK, "firewall", f.name+" is in force and opens the ports", "")
		return true
	}
	port, protocol, _ := strings.Cut(shut[0], "/")
	way := strings.NewReplacer("PORT", port, "PROTOCOL", protocol).Replace(f.open)
	d.tell(stateNote, "firewall", f.name+" is in force, and no rule was found that opens "+strings.Join(shut, ", "), "for instance "+way)
	return true
}
