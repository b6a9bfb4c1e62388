package main

import (
	"fmt"
	"os"
	"strings"

	"profilegen/gen"
	"profilegen/resync"
	"profilegen/rule"
	"profilegen/schema"
)

// subject is the phone that is played, or whose settings a fleet has.
type subject struct {
	title    string // of its profile; empty: factory defaults
	identity rule.Identity
	values   []schema.Value
	document []byte // the profile as a server sends it
	quirks   resync.Quirks
	given    bool // a model or MAC was named
}

func (s *simulation) subject(p *program) (*subject, error) {
	who := &subject{document: []byte("<flat-profile></flat-profile>\n")}
	var err error
	if s.source.given() {
		err = s.fleetPhone(p, who)
	} else {
		err = s.plainPhone(p, who)
	}
	if err != nil {
		return nil, err
	}
	for _, text := range s.set {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &usageError{"simulate", fmt.Sprintf("-set %q has no =; write -set Resync_Periodic=600", text)}
		}
		e, known := findParameter(name)
		if !known {
			return nil, fmt.Errorf("-set: there is no parameter %q%s", name, suggestion(schema.Default().Suggest(name)))
		}
		who.values = append(who.values, schema.Value{Name: e.Name, Text: value})
	}
	for _, text := range s.quirks {
		if err := who.quirks.Set(text); err != nil {
			return nil, fmt.Errorf("-quirk: %w", err)
		}
	}
	return who, nil
}

// plainPhone is a phone by model and MAC, with the profile of -profile.
func (s *simulation) plainPhone(p *program, who *subject) error {
	sample, err := samplePhone(s.source.model, s.mac)
	if err != nil {
		return err
	}
	who.identity, who.given = sample.Identity, s.source.model != "" || s.mac != ""
	if s.profile == "" {
		return nil
	}
	data, err := os.ReadFile(s.profile)
	if err != nil {
		return err
	}
	document, problems, err := gen.ReadXML(s.profile, data)
	if err != nil {
		return err
	}
	tellProblems(p, problems)
	who.title, who.values, who.document = s.profile, document.Profile().Values(), data
	return nil
}

// fleetPhone is the phone of -phone with the profile that a batch makes for it.
func (s *simulation) fleetPhone(p *program, who *subject) error {
	address, err := rule.ParseMAC(s.phone)
	if err != nil {
		return fmt.Errorf("-phone: %w", err)
	}
	fleet, problems, err := s.source.load(p.stdin)
	tellProblems(p, problems)
	if err != nil {
		return err
	}
	device, err := fleet.Find(address)
	if err != nil {
		return err
	}
	batch := generation{source: s.source, name: gen.DefaultName, entry: gen.DefaultEntry, quiet: true}
	if err := batch.prepare(p, fleet); err != nil {
		return err
	}
	renderer, err := batch.batch.NewRenderer()
	if err != nil {
		return err
	}
	if who.document, err = renderer.Profile(device); err != nil {
		return err
	}
	document, _, err := gen.ReadXML(fleet.source, who.document)
	if err != nil {
		return err
	}
	who.title, who.given = "its profile of "+fleet.source, true
	who.identity, who.values = fleet.Phone(device).Identity, document.Profile().Values()
	return nil
}
