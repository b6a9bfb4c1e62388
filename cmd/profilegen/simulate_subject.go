package main

import (
	"fmt"
	"os"
	"slices"
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
	document *gen.Document                                      // the profile it holds, which servers send, too
	encode   func(profile []byte) (data []byte, content string) // as servers send it; nil: as it is
	quirks   resync.Quirks
	given    bool // a model or MAC was named
}

func (s *simulation) subject(p *program) (*subject, error) {
	who := new(subject)
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
		if err := who.document.Set(schema.Value{Name: e.Name, Text: value}); err != nil {
			return nil, fmt.Errorf("-set %s: %w", name, err)
		}
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
	data := []byte("<flat-profile></flat-profile>\n")
	if s.profile != "" {
		if data, err = os.ReadFile(s.profile); err != nil {
			return err
		}
	}
	document, problems, err := gen.ReadXML(s.profile, data)
	if err != nil {
		return err
	}
	tellProblems(p, problems)
	who.title, who.document = s.profile, document
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
	standInKeys(&batch.batch)
	renderer, err := batch.batch.NewRenderer()
	if err != nil {
		return err
	}
	data, err := renderer.Profile(device)
	if err != nil {
		return err
	}
	if batch.batch.Encoding.Gzip || batch.batch.Encrypts() {
		who.encode = func(profile []byte) ([]byte, string) { return renderer.Encode(device, profile) }
	}
	who.title, who.given = "its profile of "+fleet.source, true
	who.identity = fleet.Phone(device).Identity
	who.document, _, err = gen.ReadXML(fleet.source, slices.Clone(data))
	return err
}

// values are those of the profile.
func (who *subject) values() []schema.Value { return who.document.Profile().Values() }
