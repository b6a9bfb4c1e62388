package app

import (
	"strings"
	"time"

	"profilegen/app/simulator"
	"profilegen/rule"
)

// Question is a Request about the phone in view and its profile.
func (e *Editor) Question(ask simulator.Ask) *simulator.Request {
	q := &simulator.Request{
		Ask: ask, Identity: e.Phone().Identity, Generation: e.doc.generation, Profile: e.Profile(),
		Phones: max(1, len(e.doc.devices)),
	}
	if ask == simulator.AskPlay {
		q.File = e.Output().Text
	}
	return q
}

// scenarioTime is how scenarios write a time.
const scenarioTime = "2006-01-02 15:04"

// Story is a scenario of the phone in view: its servers answer each rule with
// the phone's own file. events are lines of the scenario language.
func (e *Editor) Story(start time.Time, length time.Duration, events string) string {
	phone := e.Phone()
	var b strings.Builder
	b.WriteString("start    " + start.Format(scenarioTime) + "\n")
	b.WriteString("end      " + start.Add(length).Format(scenarioTime) + "\n")
	b.WriteString("phone    model=" + phone.Product + " mac=" + phone.MAC.String() + " firmware=" + e.doc.generation.String() + "\n")
	b.WriteString("profile  " + simulator.ProfileName + "\n")
	asked := e.requests()
	for _, u := range asked {
		if u.Server == "" {
			b.WriteString("dhcp     66 " + labServer + "\n")
			break
		}
	}
	seen := make(map[string]bool)
	for _, u := range asked {
		if u.Server == "" {
			u = &rule.URL{Scheme: "tftp", HasScheme: true, Server: labServer, Port: 69, Path: u.Path}
		}
		if url := u.String(); !seen[url] {
			seen[url] = true
			b.WriteString("file     " + url + " from " + simulator.ProfileName + "\n")
		}
	}
	if events = strings.TrimSpace(events); events != "" {
		b.WriteString(events + "\n")
	}
	return b.String()
}

// labServer is the server of a story in which DHCP names one.
const labServer = "192.0.2.10"

// requests are the URLs that the profile rules lead to, as the phone stands.
func (e *Editor) requests() []*rule.URL {
	var list []*rule.URL
	for _, name := range []string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"} {
		text := e.Profile().Text(name)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if x := rule.Explain(rule.PlaceProfileRule, text, e.Phone()); x.Request != nil && x.Request.URL != nil {
			list = append(list, x.Request.URL)
		}
	}
	return list
}
