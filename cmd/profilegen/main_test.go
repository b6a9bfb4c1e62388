package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the generated pages")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"profilegen": main})
}

// The scripts in testdata run the program as a user does: one topic each.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("SAMPLES", os.Getenv("PROFILEGEN_SAMPLES"))
			return os.CopyFS(filepath.Join(env.WorkDir, "examples"), os.DirFS(examples))
		},
		Condition: func(name string) (bool, error) {
			return name == "samples" && os.Getenv("PROFILEGEN_SAMPLES") != "", nil
		},
	})
}

// docs/cli.md is what the commands say of themselves.
func TestDocs(t *testing.T) {
	const page = "../../docs/cli.md"
	want := commandPage()
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; make docs writes it anew", page)
	}
}

func commandPage() []byte {
	var b bytes.Buffer
	b.WriteString("# The commands\n\nGenerated from the program's own help: `profilegen help COMMAND`.\n\n```\n")
	writeOverview(&b)
	b.WriteString("```\n")
	for _, c := range commands() {
		b.WriteString("\n## profilegen " + c.name + "\n\n```\n")
		c.writeManual(&b)
		b.WriteString("```\n")
	}
	return b.Bytes()
}

// Every option of every command says what it is for, and every example works
// on the sample fleet as far as its options go.
func TestManuals(t *testing.T) {
	for _, c := range commands() {
		if c.summary == "" || c.usage == "" || c.about == "" || c.example == "" {
			t.Errorf("%s: its manual page lacks a part", c.name)
		}
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.define(flags)
		flags.VisitAll(func(f *flag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s -%s: no usage", c.name, f.Name)
			}
		})
	}
}

// Whatever the arguments, a wrong use says so and points to the help.
func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"}, {"-nonsense"}, {"lint"}, {"lint", "-json", "-sarif", "x.xml"}, {"explain"},
		{"explain", "a", "b"}, {"schema", "phone"}, {"gen"}, {"gen", "-csv", "x.csv"},
		{"gen", "-csv", "x.csv", "-out", "a", "-zip", "b"}, {"version", "x"}, {"import"}, {"help", "nonsense"},
		{"lint", "-fail", "never", "x.xml"}, {"lint", "-transport", "ftp", "x.xml"}, {"lint", "x.doc"},
	} {
		var out, errs bytes.Buffer
		p := &program{stdin: bytes.NewReader(nil), stdout: &out, stderr: &errs}
		if status := run(context.Background(), p, args); status != 2 {
			t.Errorf("profilegen %q: status %d, want 2; it printed %s", args, status, &errs)
		}
		if !bytes.Contains(errs.Bytes(), []byte("profilegen: hint: see profilegen help")) {
			t.Errorf("profilegen %q: no hint in %s", args, &errs)
		}
	}
}
