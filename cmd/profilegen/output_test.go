package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/gen"
	"profilegen/schema"
)

// fleetOf has count phones of two models. Those of the 8861 have passwords.
func fleetOf(count int, note string) *gen.Fleet {
	var text strings.Builder
	text.WriteString("mac,model,Display_Name_1_,Password_1_\n")
	for i := range count {
		if i%2 == 0 {
			fmt.Fprintf(&text, "000e08%06x,8861,%s,secret-%d\n", i, note, i)
		} else {
			fmt.Fprintf(&text, "000e08%06x,7841,%s,\n", i, note)
		}
	}
	base := &schema.Profile{}
	base.Set(schema.Value{Name: "Dial_Plan_1_", Text: "(" + strings.Repeat("[2-9]xx|", 150) + "911)"})
	return &gen.Fleet{Base: base, Devices: gen.CSV("phones.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text.String())), nil
	})}
}

// withPlain is an output folder that is written by means every system has.
type withPlain struct{ *folder }

func (f withPlain) NewWriter() (gen.Writer, error) { return f.newPlainWriter(), nil }

// eachWriter runs a test with the means of this system and with those that
// every system has.
func eachWriter(t *testing.T, test func(t *testing.T, run func(b *gen.Batch, dir string, o outputOptions) (*gen.Result, error))) {
	t.Run("own", func(t *testing.T) {
		test(t, func(b *gen.Batch, dir string, o outputOptions) (*gen.Result, error) {
			return runBatch(t.Context(), b, dir, o)
		})
	})
	t.Run("plain", func(t *testing.T) {
		test(t, func(b *gen.Batch, dir string, o outputOptions) (*gen.Result, error) {
			f, err := openFolder(dir, o)
			if err != nil {
				return &gen.Result{}, err
			}
			defer f.close()
			return b.Run(t.Context(), withPlain{f})
		})
	})
}

// tree reads all files below dir; links and other things come with their type.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() {
			files[filepath.ToSlash(name)] = d.Type().String()
			return nil
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// stamps are the identities and times of all files and folders below dir.
func stamps(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found[path] = fmt.Sprintf("%s %s %v", info.Mode(), info.ModTime(), fileID(info))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOutput(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		dir := filepath.Join(t.TempDir(), "new", "dist")
		r, err := run(&gen.Batch{Fleet: fleetOf(20, "a")}, dir, outputOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Added != 22 || r.Phones != 20 {
			t.Errorf("first run: %+v", r)
		}
		first := tree(t, dir)
		if len(first) != 23 {
			t.Errorf("files: %v", slices.Sorted(maps.Keys(first)))
		}

		before := stamps(t, dir)
		if r, err = run(&gen.Batch{Fleet: fleetOf(20, "a")}, dir, outputOptions{}); err != nil || r.Unchanged != 22 || r.Added+r.Changed != 0 {
			t.Errorf("second run: %v, %+v", err, r)
		}
		if diff := cmp.Diff(before, stamps(t, dir)); diff != "" {
			t.Errorf("the second run touched something:\n%s", diff)
		}

		if r, err = run(&gen.Batch{Fleet: fleetOf(22, "b")}, dir, outputOptions{}); err != nil || r.Changed != 20 || r.Added != 2 || r.Unchanged != 2 {
			t.Errorf("third run: %v, %+v", err, r)
		}
		if r, err = run(&gen.Batch{Fleet: fleetOf(2, "b"), Prune: true}, dir, outputOptions{}); err != nil || r.Pruned != 20 {
			t.Errorf("prune: %v, %+v", err, r)
		}
		want := []string{"000e08000000/8861-3PCC.xml", "000e08000001/7841-3PCC.xml", "7841-3PCC.xml", "8861-3PCC.xml", "manifest.json"}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(tree(t, dir)))); diff != "" {
			t.Errorf("after prune (-want +got):\n%s", diff)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 5 {
			t.Errorf("folders are left: %v", left)
		}
	})
}

func TestPlanWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dist")
	r, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(4, "a")}, dir, outputOptions{plan: true})
	if err != nil || r.Phones != 4 {
		t.Errorf("%v, %+v", err, r)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plan made %s (%v)", dir, err)
	}
}

// A fleet with errors leaves nothing, neither a folder nor one beside it.
func TestOutputOfAFleetWithErrors(t *testing.T) {
	parent := t.TempDir()
	fleet := fleetOf(500, "a")
	fleet.Base.Set(schema.Value{Name: "Resync_Periodic", Text: "often"})
	if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleet}, filepath.Join(parent, "dist"), outputOptions{}); !errors.Is(err, gen.ErrProblems) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

// A folder with other things in it, such as the dist/ of this repository.
func TestOutputLeavesOtherFilesAlone(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "dist.go"), "package dist")
		write(t, filepath.Join(dir, "site", "index.html"), "<html>")
		if _, err := run(&gen.Batch{Fleet: fleetOf(2, "a"), Prune: true}, dir, outputOptions{}); err != nil {
			t.Fatal(err)
		}
		got := tree(t, dir)
		if got["dist.go"] != "package dist" || got["site/index.html"] != "<html>" || len(got) != 7 {
			t.Errorf("files: %v", slices.Sorted(maps.Keys(got)))
		}

		write(t, filepath.Join(dir, "000e08000002", "8861-3PCC.xml"), "mine")
		_, err := run(&gen.Batch{Fleet: fleetOf(3, "a")}, dir, outputOptions{})
		var foreign *gen.ForeignError
		if !errors.As(err, &foreign) || tree(t, dir)["000e08000002/8861-3PCC.xml"] != "mine" {
			t.Errorf("a file that no batch made: %v", err)
		}
		if _, err := run(&gen.Batch{Fleet: fleetOf(3, "a"), Overwrite: true}, dir, outputOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What a batch that was cut off left behind goes with the next one.
func TestOutputAfterACut(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, unfinished, "3"), "half a fi")
		write(t, filepath.Join(dir, "000e08000000", "8861-3PCC.xml"), "of the batch that was cut off, and whole")
		r, err := run(&gen.Batch{Fleet: fleetOf(2, "a")}, dir, outputOptions{})
		if err != nil || r.Changed != 1 || r.Added != 3 {
			t.Errorf("%v, %+v", err, r)
		}
		if got := tree(t, dir); len(got) != 5 {
			t.Errorf("files: %v", slices.Sorted(maps.Keys(got)))
		}
	})
}

func TestOutputErrorsNameTheFile(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "000e08000001"), "a file where a folder should be")
		_, err := run(&gen.Batch{Fleet: fleetOf(2, "a")}, dir, outputOptions{})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "000e08000001", "7841-3PCC.xml")) {
			t.Errorf("error %v", err)
		}
	})
}

func TestZipBatch(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "phones.zip")
	r, err := zipBatch(t.Context(), &gen.Batch{Fleet: fleetOf(4, "a")}, name, false, outputOptions{sync: true})
	if err != nil || r.Files != 6 {
		t.Fatalf("%v, %+v", err, r)
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	if z.Close(); len(z.File) != 7 {
		t.Errorf("%d files in the archive, want 7", len(z.File))
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := zipBatch(ctx, &gen.Batch{Fleet: fleetOf(4, "a")}, filepath.Join(dir, "other.zip"), false, outputOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("files: %v", slices.Sorted(maps.Keys(got)))
	}
}
