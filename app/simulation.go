package app

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"profilegen/resync"
	"profilegen/rule"
	"profilegen/schema"
)

// Outlook is what the phone in view will do by itself in the time after a
// start-up.
func (e *Editor) Outlook(from time.Time, length time.Duration) resync.Outlook {
	dev, product := e.Seen()
	p := &resync.Phone{
		Identity:   e.doc.phone(dev, product, e.layer).Identity,
		Generation: e.doc.generation, Fetch: new(resync.Site), Zone: from.Location(),
	}
	p.Preset(e.Profile().Values()...)
	return p.Outlook(from, length)
}

// profileName is the file that a scenario of the Editor's begins with.
const profileName = "profile.xml"

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
	b.WriteString("profile  " + profileName + "\n")
	asked := e.requests()
	for _, u := range asked {
		if u.Server == "" {
			b.WriteString("dhcp     66 " + labServer + "\n")
			break
		}
	}
	seen := make(map[string]bool)
	for _, u := range asked {
		if at := *u; !seen[u.String()] {
			seen[u.String()] = true
			if at.Server == "" {
				at = rule.URL{Scheme: "tftp", HasScheme: true, Server: labServer, Port: 69, Path: u.Path}
			}
			b.WriteString("file     " + at.String() + " from " + profileName + "\n")
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

// Played is a scenario that was played.
type Played struct {
	Events   []resync.Event
	More     int // events beyond those
	Problems schema.Problems
	Err      error
}

// mostEvents bounds what is kept of a play.
const mostEvents = 2000

// Play plays a story with the file of the phone in view.
func (e *Editor) Play(story string) *Played {
	played := new(Played)
	file := e.Output()
	reader := resync.ScenarioReader{Open: func(name string) ([]byte, error) {
		if name != profileName {
			return nil, errors.New("the builder knows one file, " + profileName + ": the one beside the form")
		}
		return file.Text, file.Err
	}}
	scenario, problems := reader.Read("story", strings.NewReader(story))
	if played.Problems = problems; scenario == nil {
		return played
	}
	_, problems, played.Err = scenario.Play(context.Background(), func(event resync.Event) {
		if len(played.Events) == mostEvents {
			played.More++
			return
		}
		played.Events = append(played.Events, event)
	})
	played.Problems = append(played.Problems, problems...)
	return played
}

// Load is the fleet with the settings of the profile in view.
func (e *Editor) Load() resync.Load {
	profile := e.Profile()
	load := resync.Load{Phones: max(1, len(e.doc.devices)), Length: time.Hour, Seed: 1}
	load.Settings = resync.ReadSettings(func(element string) string {
		if v, ok := profile.Get(element); ok {
			return v.Text
		}
		if entry, ok := e.catalog.Lookup(element); ok {
			text, _ := entry.DefaultValue(e.doc.generation)
			return text
		}
		return ""
	}, &load.Quirks)
	for _, name := range []string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"} {
		if strings.TrimSpace(profile.Text(name)) != "" {
			load.Requests++
		}
	}
	return load
}

// wait is a wait in words: the shortest and the longest.
func wait(least, most time.Duration) string {
	if least == most {
		return inWords(least)
	}
	return inWords(least) + " to " + inWords(most)
}

// inWords is a length of time: "1 h 30 min".
func inWords(d time.Duration) string {
	text := ""
	for _, part := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, " d"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}} {
		if n := d / part.unit; n > 0 {
			if text != "" {
				text += " "
			}
			text += strconv.Itoa(int(n)) + part.name
			d -= n * part.unit
		}
	}
	return orElse(text, "0 s")
}
