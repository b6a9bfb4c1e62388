package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

var importCommand = &command{
	name:    "import",
	summary: "turns a CSV and XML profiles into a fleet file, and a fleet file back",
	usage: `import -csv phones.csv [-base base.xml] [-out fleet.json]
import profile.xml [-out fleet.json]
import -fleet fleet.json -out FOLDER`,
	about: `The first form reads a list of phones with its base and model profiles and
writes one fleet file, which the builder opens and profilegen -fleet reads. The
second makes a fleet file whose base is that profile; no phone is in it yet. The
third goes the other way: phones.csv, base.xml and base-MODEL.xml come out.

What the phone ignores in an XML profile (comments, unknown attributes) is not
taken over and told. Nothing is overwritten without -overwrite. A fleet file
holds the passwords that were in the CSV and can be read by its owner only.`,
	example: `profilegen import -csv examples/phones.csv -out fleet.json
profilegen import -fleet fleet.json -out fleet/`,
	define: defineImport,
}

func defineImport(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	i := &importer{}
	i.source.define(flags)
	flags.StringVar(&i.out, "out", "", "`FILE` or folder to write; without it a fleet file goes to standard output")
	flags.BoolVar(&i.overwrite, "overwrite", false, "replace what is there")
	return i.run
}

type importer struct {
	source    fleetFlags
	out       string
	overwrite bool
}

func (i *importer) run(_ context.Context, p *program, args []string) error {
	if len(args) > 1 || len(args) == 1 && i.source.given() {
		return &usageError{"import", "one input at a time: -csv, -fleet or a profile"}
	}
	if len(args) == 1 {
		return i.profile(p, args[0])
	}
	if !i.source.given() {
		return &usageError{"import", "-csv, -fleet or a profile has to say what to read"}
	}
	fleet, problems, err := i.source.load(p.stdin)
	for _, problem := range problems {
		p.problem(p.stderr, problem)
	}
	if err != nil {
		return err
	}
	if fleet.file != nil {
		return i.export(p, fleet)
	}
	return i.phones(p, fleet)
}

// profile makes a fleet file whose base is an XML profile.
func (i *importer) profile(p *program, name string) error {
	document, problems, err := readProfile(name)
	if err != nil {
		return err
	}
	for _, problem := range problems {
		p.problem(p.stderr, problem)
	}
	return i.writeFleet(p, &schema.FleetFile{Version: schema.FleetVersion, Base: document.Profile()})
}

// phones makes a fleet file of a CSV and its profiles.
func (i *importer) phones(p *program, fleet *fleet) error {
	file, problems, err := fleet.Fleet.File()
	bad := false
	for _, problem := range problems {
		p.problem(p.stderr, problem)
		bad = bad || problem.Severity == rule.Error
	}
	switch {
	case err != nil:
		return err
	case bad:
		p.fail(fmt.Errorf("%s has rows that cannot be read; nothing was written", fleet.source))
		return errProblems
	}
	return i.writeFleet(p, file)
}

func (i *importer) writeFleet(p *program, file *schema.FleetFile) error {
	var text bytes.Buffer
	if err := file.Write(&text); err != nil {
		return err
	}
	if i.out == "" {
		_, err := p.stdout.Write(text.Bytes())
		return err
	}
	if err := i.write(i.out, text.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: %s, %s in the base\n", i.out, plural(len(file.Devices), "phone"), plural(file.Base.Len(), "value"))
	return nil
}

// export writes the parts of a fleet file into a folder.
func (i *importer) export(p *program, fleet *fleet) error {
	if i.out == "" {
		return &usageError{"import", "-out has to name the folder for phones.csv and base.xml"}
	}
	list, err := phonesCSV(fleet.Fleet)
	if err != nil {
		return err
	}
	files := []namedFile{{"phones.csv", list}}
	profiles := append(schema.ModelProfiles{{Profile: fleet.file.Base}}, fleet.file.Models...)
	for _, m := range profiles {
		if m.Profile.Len() == 0 {
			continue
		}
		xml, err := gen.AppendXML(nil, m.Profile)
		if err != nil {
			return err
		}
		name := "base.xml"
		if m.Model != "" {
			name = "base-" + m.Model + ".xml"
		}
		files = append(files, namedFile{name, xml})
	}
	if err := os.MkdirAll(i.out, 0o700); err != nil {
		return err
	}
	var names []string
	for _, f := range files {
		if err := i.write(filepath.Join(i.out, f.name), f.data); err != nil {
			return err
		}
		names = append(names, f.name)
	}
	fmt.Fprintf(p.stdout, "%s: %s with %s\n", i.out, strings.Join(names, ", "), plural(len(fleet.file.Devices), "phone"))
	return nil
}

// phonesCSV writes the phones of a fleet as a CSV. What cannot be read keeps
// it from being written: nothing is lost on the way.
func phonesCSV(fleet *gen.Fleet) ([]byte, error) {
	var (
		problems schema.Problems
		err      error
	)
	columns := gen.CSVColumns(func(yield func(*gen.Device) bool) {
		problems, err = fleet.Each(func(d *gen.Device) { yield(d) })
	})
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, errors.New(message(problems[0]))
	}
	csv := gen.AppendCSVHeader(nil, columns)
	_, err = fleet.Each(func(d *gen.Device) { csv = gen.AppendCSVDevice(csv, columns, d) })
	return csv, err
}

type namedFile struct {
	name string
	data []byte
}

// write makes a file appear as a whole, for its owner only, and not in the
// place of another unless that was asked for.
func (i *importer) write(name string, data []byte) error {
	if _, err := os.Lstat(name); err == nil && !i.overwrite {
		return fmt.Errorf("%s is there already; -overwrite replaces it", name)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeWhole(name, data, false)
}
