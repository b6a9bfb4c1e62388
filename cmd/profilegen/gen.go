package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

var genCommand = &command{
	name:    "gen",
	summary: "makes one profile for each phone of a CSV, checks it and proves that the phone finds it",
	usage: `-csv phones.csv -out dist/ [options]
gen -csv phones.csv -out dist/ [options]
gen -fleet fleet.json -out dist/ [options]
gen -csv phones.csv -zip profiles.zip [options]`,
	about: `Each phone gets the values of its own row over those of its model's profile over
those of the base profile; what none of them names keeps the phone's own value.
The file's name is a macro string (-name), by default the phone's MAC address as
a folder and in it the name that its factory rule asks for:

  dist/000e08a00001/8861-3PCC.xml   the phone's profile
  dist/8861-3PCC.xml                what a factory-new 8861 asks for; it leads to the phone's own
  dist/manifest.json                all files with size and SHA-256

Everything is checked before anything is written: each value, each file name,
duplicates, and whether the rules in the files lead every phone from its factory
default (-entry) to its own file. With an error nothing is written and the exit
status is 1; -keep-going writes the phones without errors, and the status is
still 1.

With -encrypt each phone's file is encrypted with a key of its own: the value of
GPP_SA (for -encrypt ikm IKM_HTTP_Encrypt_Content) in its row, or one made from
the key file. Phones that cannot all read the same have columns encrypt (key, ikm
or none) and digest in the list, for what is not as the options say. The file's
name holds a mark of the key:

  dist/000e08a00001/8861-3PCC-3f2a9c10.xml   the phone's profile, encrypted
  dist/000e08a00001/8861-3PCC.xml            its first file, in clear: the key, and the rule for the above

A new phone learns its key from the first file, so that one has to travel in
safety: over https (-first), or in a network of its own. profilegen help keys
tells how phones get new keys. Before the run ends, each encrypted file has been
read back as its phone would.

A file with the right bytes is not touched. A file appears complete or not at
all, whatever interrupts the run; running again does the rest. Files that hold
passwords can be read by their owner only (-mode changes that).`,
	example: `profilegen -csv examples/phones.csv -out dist/
profilegen -csv examples/phones.csv -out dist/ -plan
profilegen -csv examples/phones.csv -out dist/ -name '$MA.xml' -server http://192.0.2.10:8080
profilegen -csv examples/phones.csv -zip profiles.zip
profilegen -csv examples/phones.csv -out dist/ -encrypt key -key-file keys.json -first https://prov.example.com`,
	define: defineGen,
}

func defineGen(flags *flag.FlagSet) func(context.Context, *program, []string) error {
	g := &generation{}
	g.source.define(flags)
	flags.StringVar(&g.out, "out", "", "`FOLDER` for the files; made when it is not there")
	flags.StringVar(&g.zip, "zip", "", "`FILE` to write all files into, in place of -out")
	flags.BoolVar(&g.deflate, "deflate", false, "compress the files in the archive of -zip (about a tenth of the size, a fifth of the speed)")
	flags.StringVar(&g.name, "name", gen.DefaultName, "`PATTERN` of the files' names, with the macros of a profile rule")
	flags.StringVar(&g.server, "server", "", "`URL` the files will be served at: tftp, http or https, host, port, folder\n"+
		"(without it phones take the server that DHCP names)")
	flags.StringVar(&g.entry, "entry", gen.DefaultEntry, "`RULE` that a new phone begins with; the proof starts there")
	g.encoding.define(flags)
	flags.BoolVar(&g.batch.NoBootstrap, "no-bootstrap", false, "write no files for factory-new phones, and add no Profile_Rule;\n"+
		"encrypted files then keep their names, and keys and rules are your own matter")
	flags.BoolVar(&g.output.plan, "plan", false, "print what would be added, changed, unchanged and stale; write nothing")
	flags.BoolVar(&g.batch.KeepGoing, "keep-going", false, "write the phones that have no errors")
	flags.BoolVar(&g.batch.Prune, "prune", false, "take away files that a former run made and this one does not")
	flags.BoolVar(&g.batch.Overwrite, "overwrite", false, "replace files that no former run made")
	flags.Var((*fileMode)(&g.output.mode), "mode", "`MODE` of the files, in octal. Without it files that hold passwords are 0600;\n"+
		"with 0640 the group of a TFTP or web server that runs as another user can read them")
	flags.BoolVar(&g.output.sync, "sync", false, "have the files on the disk before they appear, for power cuts; slower")
	flags.IntVar(&g.batch.Workers, "workers", 2, "`NUMBER` of workers")
	flags.BoolVar(&g.quiet, "quiet", false, "print no warnings and no summary")
	return g.run
}

// generation is one run of the gen command.
type generation struct {
	source       fleetFlags
	encoding     encodingFlags
	out, zip     string
	deflate      bool
	name, server string
	entry        string
	quiet        bool
	output       outputOptions
	batch        gen.Batch
}

func (g *generation) run(ctx context.Context, p *program, args []string) error {
	if err := g.usage(args); err != nil {
		return err
	}
	fleet, problems, err := g.source.load(p.stdin)
	g.tell(p, problems)
	if err != nil {
		return err
	}
	if err := g.prepare(p, fleet); err != nil {
		return err
	}
	result, err := g.write(ctx)
	g.tell(p, result.Problems)
	if result.More > 0 {
		p.note("%s more like these", plural(result.More, "problem"))
	}
	switch {
	case errors.Is(err, gen.ErrProblems):
		p.fail(fmt.Errorf("%s in %s; nothing was written", summary(result.Problems), fleet.source))
		if result.Failed > 0 && result.Phones > 0 {
			p.hint("-keep-going writes the other %s", plural(result.Phones, "phone"))
		}
		return errProblems
	case err != nil:
		return err
	}
	g.summarise(p, result)
	if result.Failed > 0 {
		return errProblems
	}
	return nil
}

func (g *generation) usage(args []string) error {
	switch {
	case len(args) > 0:
		return &usageError{"gen", fmt.Sprintf("%q is not an option; files are named by -csv, -fleet and -base", args[0])}
	case !g.source.given():
		return &usageError{"gen", "-csv or -fleet has to name the phones"}
	case g.out == "" && g.zip == "":
		return &usageError{"gen", "-out or -zip has to say where the files go"}
	case g.out != "" && g.zip != "":
		return &usageError{"gen", "-out and -zip exclude each other"}
	case g.out != "" && keyFileOutside(g.encoding.keyFile, g.out) != nil:
		return keyFileOutside(g.encoding.keyFile, g.out)
	case g.zip != "" && (g.output.plan || g.batch.Prune || g.batch.Overwrite):
		return &usageError{"gen", "-plan, -prune and -overwrite go with -out; an archive is written as a whole"}
	}
	return nil
}

// prepare makes the batch of flags and fleet.
func (g *generation) prepare(p *program, fleet *fleet) error {
	b, described := &g.batch, fleet.batch(&g.source)
	b.Fleet, b.Firmware, b.Delivery = fleet.Fleet, described.Firmware, described.Delivery
	b.Name = firstOf(given(g.name, gen.DefaultName), described.Name) // a flag wins over the file
	b.Entry = firstOf(given(g.entry, gen.DefaultEntry), described.Entry)
	b.Tool = "profilegen " + version()
	if g.server != "" {
		delivery, err := gen.ParseDelivery(g.server)
		if err != nil {
			return fmt.Errorf("-server %q: %w", g.server, err)
		}
		b.Delivery = delivery
	}
	if err := g.encoding.apply(p, b, &described.Encoding, g.writes() && !g.output.plan, g.out); err != nil {
		return err
	}
	if p.terminal && !g.quiet {
		b.Progress = progress(p)
	}
	return nil
}

// writes tells that files are made, not only looked at.
func (g *generation) writes() bool { return g.out != "" || g.zip != "" }

// given is a flag's value, "" when it is the default.
func given(value, standard string) string {
	if value == standard {
		return ""
	}
	return value
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (g *generation) write(ctx context.Context) (*gen.Result, error) {
	if g.zip != "" {
		return zipBatch(ctx, &g.batch, g.zip, g.deflate, g.output)
	}
	return runBatch(ctx, &g.batch, g.out, g.output)
}

// tell prints errors and, unless -quiet, warnings. Notes are for lint.
func (g *generation) tell(p *program, problems schema.Problems) {
	from := rule.Warning
	if g.quiet {
		from = rule.Error
	}
	for _, problem := range problems {
		if problem.Severity >= from {
			p.problem(p.stderr, problem)
		}
	}
}

// summarise prints the one line that says what was done, or, of a plan, the
// files and that line.
func (g *generation) summarise(p *program, r *gen.Result) {
	if g.output.plan {
		r.Each(func(f gen.FileInfo) {
			if f.State != gen.Unchanged {
				fmt.Fprintf(p.stdout, "%-9s %s\n", f.State, filepath.Join(g.out, filepath.FromSlash(f.Name)))
			}
		})
	}
	if !g.quiet {
		fmt.Fprintln(p.stdout, g.line(r))
	}
	if r.Stale > 0 && !g.quiet && !g.output.plan {
		p.note("%s of a former run %s of no use now%s", plural(r.Stale, "file"), isAre(r.Stale), g.staleHint())
	}
}

func (g *generation) staleHint() string {
	if g.batch.Prune {
		return ", but edited since; they stay"
	}
	return "; -prune takes away those that were not edited since"
}

func (g *generation) line(r *gen.Result) string {
	place := g.out
	if g.zip != "" {
		place = g.zip
	}
	text := fmt.Sprintf("%s, %s (%s) in %s", plural(r.Phones, "phone"), plural(r.Files, "file"), size(r.Bytes), place)
	var parts []string
	for _, part := range []struct {
		count int
		word  string
	}{{r.Added, "added"}, {r.Changed, "changed"}, {r.Unchanged, "unchanged"}, {r.Pruned, "taken away"}, {r.Failed, "phones left out"}} {
		if part.count > 0 {
			parts = append(parts, group(part.count)+" "+part.word)
		}
	}
	if g.output.plan {
		if r.Stale > 0 {
			parts = append(parts, group(r.Stale)+" stale")
		}
		return text + ", planned: " + strings.Join(parts, ", ")
	}
	return text + ": " + strings.Join(parts, ", ")
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// size is a number of bytes for people: 312 bytes, 26.1 KB, 1.2 GB.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	value := float64(n)
	for _, unit := range []string{"KB", "MB", "GB"} {
		if value /= 1000; value < 1000 {
			return fmt.Sprintf("%.1f %s", value, unit)
		}
	}
	return fmt.Sprintf("%.1f TB", value/1000)
}

// progress shows a bar on standard error while a batch runs: first for the
// check, whose end is not known, then for the writing.
func progress(p *program) func(done, total int) {
	var bar *progressbar.ProgressBar
	shown := -1
	return func(done, total int) {
		if total != shown {
			shown = total
			limit, what := -1, "checking"
			if total > 0 {
				limit, what = total, "writing "
			}
			bar = progressbar.NewOptions(limit,
				progressbar.OptionSetWriter(p.stderr),
				progressbar.OptionSetDescription(what),
				progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionSetElapsedTime(false),
				progressbar.OptionShowCount(),
				progressbar.OptionClearOnFinish())
		}
		bar.Set(done)
		if total > 0 && done >= total {
			bar.Finish()
		}
	}
}

// fileMode is a flag that takes permissions in octal.
type fileMode fs.FileMode

func (m *fileMode) String() string {
	if *m == 0 {
		return ""
	}
	return fmt.Sprintf("%#o", uint32(*m))
}

func (m *fileMode) Set(text string) error {
	bits, err := strconv.ParseUint(text, 8, 32)
	if err != nil || bits > 0o777 {
		return errors.New("three octal digits such as 640")
	}
	if bits&0o400 == 0 {
		return errors.New("the owner has to be able to read the files")
	}
	if bits&0o022 != 0 {
		return errors.New("others must not be able to write the files")
	}
	*m = fileMode(bits)
	return nil
}
