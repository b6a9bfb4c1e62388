// Package vectors holds the test vectors of the phone's behaviour, for the
// tests of rule, gen and resync. What a vector says is described in its file,
// under "form"; the rule it rests on, in docs/behaviour.md.
//
// With PROFILEGEN_VECTORS=DIR in the environment the files of that folder are
// run instead of the built-in ones.
package vectors

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

//go:embed *.json
var builtIn embed.FS

// File is one vector file.
type File struct {
	Contexts map[string]map[string]string // macro values by name of the table
	Defaults map[string]string            // parameters a sequence starts from
	Vectors  []Vector
}

// Vector is one case. Its other members depend on the file and the kind.
type Vector struct {
	ID     string
	Kind   string
	Ref    string
	Note   string
	Choice bool

	text json.RawMessage
}

func (v *Vector) UnmarshalJSON(text []byte) error {
	type head Vector // without this method
	if err := json.Unmarshal(text, (*head)(v)); err != nil {
		return err
	}
	v.text = bytes.Clone(text)
	return nil
}

// Load reads a vector file by its name, such as "macros.json". A folder named
// by PROFILEGEN_VECTORS need not hold every file: the test skips those it lacks.
func Load(tb testing.TB, name string) File {
	tb.Helper()
	text, err := read(name)
	if os.IsNotExist(err) {
		tb.Skipf("PROFILEGEN_VECTORS has no %s", name)
	}
	if err != nil {
		tb.Fatal(err)
	}
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	if len(f.Vectors) == 0 {
		tb.Fatalf("%s holds no vectors", name)
	}
	return f
}

func read(name string) ([]byte, error) {
	if dir := os.Getenv("PROFILEGEN_VECTORS"); dir != "" {
		return os.ReadFile(filepath.Join(dir, name))
	}
	return builtIn.ReadFile(name)
}

// Run runs test on each vector of the given kinds as a subtest named by the
// vector's id; without kinds, on all. It fails when there is none of a kind in
// the built-in files.
func (f File) Run(t *testing.T, test func(t *testing.T, v Vector), kinds ...string) {
	t.Helper()
	ran := map[string]bool{}
	for _, v := range f.Vectors {
		if len(kinds) > 0 && !slices.Contains(kinds, v.Kind) {
			continue
		}
		ran[v.Kind] = true
		t.Run(v.ID, func(t *testing.T) { test(t, v) })
	}
	if os.Getenv("PROFILEGEN_VECTORS") != "" {
		return
	}
	for _, kind := range kinds {
		if !ran[kind] {
			t.Errorf("no vector of kind %q", kind)
		}
	}
}

// Decode reads the members of v into a struct of the test's own. A name of
// the vector's that the struct lacks is left aside.
func (v Vector) Decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(v.text, into); err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
}

// Macros is a Lookup over a context with values laid over it.
func (f File) Macros(t *testing.T, context string, set map[string]string) func(name string) (string, bool) {
	t.Helper()
	table, ok := f.Contexts[context]
	if !ok {
		t.Fatalf("no context %q", context)
	}
	return func(name string) (string, bool) {
		if v, ok := set[name]; ok {
			return v, true
		}
		v, ok := table[name]
		return v, ok
	}
}

// Expected tells what the member "expected" holds: a word such as "error" or
// "skip" comes back as word, anything else is read into value.
func (v Vector) Expected(t *testing.T, value any) (word string) {
	t.Helper()
	var m struct{ Expected json.RawMessage }
	v.Decode(t, &m)
	if json.Unmarshal(m.Expected, &word) == nil {
		return word
	}
	if err := json.Unmarshal(m.Expected, value); err != nil {
		t.Fatal(fmt.Errorf("%s: expected: %w", v.ID, err))
	}
	return ""
}
