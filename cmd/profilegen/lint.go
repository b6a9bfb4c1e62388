package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

var lintCommand = &command{
	name:    "lint",
	summary: "says what is wrong with profiles, CSVs and fleet files, and the way out",
	usage:   "lint [options] FILE…",
	about: `Reads each FILE as a phone would and lists what is wrong with it: what the
phone refuses or ignores, what works against itself, and what is hardly meant.
A FILE is a profile (XML), a list of phones (CSV) or a fleet (fleet.json).

Each problem has its place, the way out, the name of the check and the source of
the behaviour. Errors are what the phone will not take; warnings are very likely
not meant; notes are good to know. The exit status is 1 when there are errors
or warnings, 0 otherwise; with -fail error warnings pass, too.

A list of phones is checked together with its base and model profiles, as
profilegen -csv does before it writes.`,
	example: `profilegen lint examples/base.xml
profilegen lint -model 8861 -transport tftp profile.xml
profilegen lint -sarif examples/phones.csv > lint.sarif`,
	define: defineLint,
}

func defineLint(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	asJSON := flags.Bool("json", false, "print the problems as a JSON list")
	asSARIF := flags.Bool("sarif", false, "print the problems as SARIF 2.1.0, which code hosts and editors show")
	fail := flags.String("fail", "warning", "`SEVERITY` from which on the exit status is 1: error, warning or note")
	transport := flags.String("transport", "", "`SCHEME` by which phones fetch the profile: tftp, http or https")
	var fleet fleetFlags
	fleet.define(flags)
	return func(ctx context.Context, p *program, args []string) error {
		format, err := lintFormat(*asJSON, *asSARIF)
		if err != nil {
			return err
		}
		from, err := severity(*fail)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"", "tftp", "http", "https"}, *transport) {
			return &usageError{"lint", fmt.Sprintf("-transport %q is not tftp, http or https", *transport)}
		}
		if fleet.given() {
			return &usageError{"lint", "name the files after the options, without -csv and -fleet"}
		}
		if len(args) == 0 {
			return &usageError{"lint", "there is no file to look at"}
		}
		l := linter{fleet: fleet, transport: *transport, stdin: p.stdin}
		var problems schema.Problems
		for _, file := range args {
			found, err := l.file(ctx, file)
			if err != nil {
				return err
			}
			problems = append(problems, found...)
		}
		if err := p.report(p.stdout, format, problems); err != nil {
			return err
		}
		p.note("%s in %s", summary(problems), plural(len(args), "file"))
		if worst, any := problems.Worst(); any && worst >= from {
			return errProblems
		}
		return nil
	}
}

func lintFormat(asJSON, asSARIF bool) (string, error) {
	switch {
	case asJSON && asSARIF:
		return "", &usageError{"lint", "-json and -sarif exclude each other"}
	case asJSON:
		return "json", nil
	case asSARIF:
		return "sarif", nil
	}
	return "text", nil
}

func severity(name string) (rule.Severity, error) {
	for s := rule.Note; s <= rule.Error; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, &usageError{"lint", fmt.Sprintf("-fail %q is not error, warning or note", name)}
}

// linter checks files of each kind.
type linter struct {
	fleet     fleetFlags
	transport string
	stdin     io.Reader
}

func (l *linter) file(ctx context.Context, file string) (schema.Problems, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".csv", ".tsv", ".txt":
		l.fleet.csv, l.fleet.file = file, ""
		return l.phones(ctx)
	case ".json":
		l.fleet.csv, l.fleet.file = "", file
		return l.phones(ctx)
	case ".xml", ".cfg", "":
		return l.profile(file)
	}
	return nil, &usageError{"lint", fmt.Sprintf("%s is not named .xml, .csv or .json, so it is not clear what it is", file)}
}

// profile checks one XML profile.
func (l *linter) profile(file string) (schema.Problems, error) {
	document, problems, err := readProfile(file)
	if bad := (*gen.XMLError)(nil); errors.As(err, &bad) {
		return append(problems, schema.Problem{
			ID: "xml", Severity: rule.Error, Origin: bad.Origin, Summary: bad.Message, Hint: bad.Hint,
			Source: "f.1, F7832",
		}), nil
	}
	if err != nil {
		return nil, err
	}
	view := schema.View{Generation: l.fleet.generation.Generation, Transport: l.transport}
	if l.fleet.model != "" {
		m, ok := schema.FindModel(l.fleet.model)
		if !ok {
			return nil, fmt.Errorf("-model %q is not a model of these phones; %s", l.fleet.model, modelNames())
		}
		view.Phone = rule.Sample(m.Product)
	}
	problems = append(problems, schema.Default().Check(document.Profile(), view)...)
	problems.Sort()
	return problems, nil
}

// phones checks a fleet as a batch does before it writes.
func (l *linter) phones(ctx context.Context) (schema.Problems, error) {
	fleet, problems, err := l.fleet.load(l.stdin)
	if errors.Is(err, errProblems) {
		return problems, nil
	}
	if err != nil {
		return nil, err
	}
	batch := fleet.batch(&l.fleet)
	standInKeys(batch)
	result, err := batch.Plan(ctx, nil)
	if err != nil && !errors.Is(err, gen.ErrProblems) {
		return nil, err
	}
	return append(problems, result.Problems...), nil
}
