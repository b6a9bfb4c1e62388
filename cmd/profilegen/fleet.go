package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// fleetFlags are the flags that name a fleet; several commands have them.
type fleetFlags struct {
	csv, file  string
	base       string
	models     repeated
	model      string
	generation firmware
}

func (f *fleetFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&f.csv, "csv", "", "`FILE` with a row for each phone; - is standard input\n"+
		"(columns: see docs/csv.md)")
	flags.StringVar(&f.file, "fleet", "", "`FILE` fleet.json, in place of -csv")
	flags.StringVar(&f.base, "base", "", "`FILE` with the values of all phones, an XML profile\n"+
		"(base.xml beside the CSV is taken without being named; -base none leaves it out)")
	flags.Var(&f.models, "model-base", "`MODEL=FILE`: values of all phones of a model, over those of -base;\n"+
		"may be repeated (base-MODEL.xml beside the CSV is taken without being named)")
	flags.StringVar(&f.model, "model", "", "`MODEL` of the phones whose row names none, such as 8861")
	flags.Var(&f.generation, "firmware", "`GENERATION` of the phones' firmware, for defaults and checks: 10.4, 11 or 12")
}

// given tells whether a fleet is named at all.
func (f *fleetFlags) given() bool { return f.csv != "" || f.file != "" }

// fleet is a fleet with the files it was read from.
type fleet struct {
	*gen.Fleet
	file     *schema.FleetFile // nil for a CSV
	profiles []string          // base and model profiles, as named in messages
	source   string            // the CSV or fleet file
}

// load reads the fleet's files, without the rows of a CSV. err is
// errProblems when the problems hold an error.
func (f *fleetFlags) load(stdin io.Reader) (*fleet, schema.Problems, error) {
	switch {
	case f.csv != "" && f.file != "":
		return nil, nil, errors.New("-csv and -fleet both name the phones; give one of them")
	case f.file != "" && (f.base != "" || len(f.models) > 0):
		return nil, nil, errors.New("-base and -model-base go with -csv; a fleet file holds its own profiles")
	}
	var (
		loaded   *fleet
		problems schema.Problems
		err      error
	)
	if f.file != "" {
		loaded, problems, err = f.loadFile()
	} else {
		loaded, problems, err = f.loadCSV(stdin)
	}
	if err != nil {
		return nil, problems, err
	}
	if f.model != "" {
		m, ok := schema.FindModel(f.model)
		if !ok {
			return nil, nil, fmt.Errorf("-model %q is not a model of these phones; %s", f.model, modelNames())
		}
		loaded.Model = m.Product
	}
	if worst, ok := problems.Worst(); ok && worst == rule.Error {
		return nil, problems, errProblems
	}
	return loaded, problems, nil
}

// batch makes the fleet's files as its file says; a CSV says nothing of it.
func (f *fleet) batch(flags *fleetFlags) *gen.Batch {
	b := &gen.Batch{Fleet: f.Fleet, Firmware: flags.generation.Generation}
	if f.file == nil {
		return b
	}
	b.Name, b.Entry = f.file.Name, f.file.Entry
	if f.file.Encoding != nil {
		b.Encoding = *f.file.Encoding
	}
	if f.file.Delivery != nil {
		b.Delivery = *f.file.Delivery
	}
	return b
}

func (f *fleetFlags) loadFile() (*fleet, schema.Problems, error) {
	data, err := os.ReadFile(f.file)
	if err != nil {
		return nil, nil, err
	}
	file, problems, err := schema.ReadFleet(f.file, data)
	if err != nil {
		return nil, problems, err
	}
	phones, more := gen.NewFleet(file)
	return &fleet{Fleet: phones, file: file, source: f.file}, append(problems, more...), nil
}

func (f *fleetFlags) loadCSV(stdin io.Reader) (*fleet, schema.Problems, error) {
	open, name, err := openTwice(f.csv, stdin)
	if err != nil {
		return nil, nil, err
	}
	loaded := &fleet{Fleet: &gen.Fleet{Devices: gen.CSV(name, open)}, source: name}
	beside := ""
	if f.csv != "-" {
		beside = filepath.Dir(f.csv)
	}
	base, models := f.base, slices.Clone(f.models)
	if beside != "" && base == "" {
		base = existing(filepath.Join(beside, "base.xml"))
	}
	if base == "none" {
		base = ""
	}
	if beside != "" && f.base != "none" && len(models) == 0 {
		found, err := filepath.Glob(filepath.Join(beside, "base-*.xml"))
		if err != nil {
			return nil, nil, err
		}
		for _, file := range found {
			model := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "base-"), ".xml")
			models = append(models, model+"="+file)
		}
	}
	var problems schema.Problems
	read := func(file string) (*schema.Profile, error) {
		document, more, err := readProfile(file)
		problems = append(problems, more...)
		if err != nil {
			return nil, err
		}
		loaded.profiles = append(loaded.profiles, file)
		return document.Profile(), nil
	}
	if base != "" {
		if loaded.Base, err = read(base); err != nil {
			return nil, problems, err
		}
	}
	for _, pair := range models {
		model, file, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, nil, fmt.Errorf("-model-base %q has no =; write -model-base 8861=FILE", pair)
		}
		profile, err := read(file)
		if err != nil {
			return nil, problems, err
		}
		problems = append(problems, loaded.AddModel(model, profile, schema.Origin{File: file})...)
	}
	return loaded, problems, nil
}

// openTwice opens a file for each pass of a batch. Standard input comes but
// once, so it is kept.
func openTwice(name string, stdin io.Reader) (open func() (io.ReadCloser, error), shown string, err error) {
	if name != "-" {
		return func() (io.ReadCloser, error) { return os.Open(name) }, name, nil
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxInput+1))
	if err != nil {
		return nil, "", fmt.Errorf("reading standard input: %w", err)
	}
	if len(data) > maxInput {
		return nil, "", fmt.Errorf("standard input is larger than %d MB; name a file instead", maxInput>>20)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(data))), nil }, "standard input", nil
}

const maxInput = 64 << 20 // of standard input, which is kept in memory

// readProfile reads an XML profile.
func readProfile(file string) (*gen.Document, schema.Problems, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	return gen.ReadXML(file, data)
}

func existing(file string) string {
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
		return file
	}
	return ""
}

func modelNames() string {
	var names []string
	for _, m := range schema.Models() {
		names = append(names, m.Name())
	}
	return strings.Join(names, ", ")
}

// repeated is a flag that may be given more than once.
type repeated []string

func (r *repeated) String() string     { return strings.Join(*r, " ") }
func (r *repeated) Set(v string) error { *r = append(*r, v); return nil }

// firmware is a flag that takes a generation of firmware.
type firmware struct{ schema.Generation }

func (f *firmware) Set(text string) error {
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		if text == g.String() {
			f.Generation = g
			return nil
		}
	}
	return errors.New("10.4, 11 or 12")
}
