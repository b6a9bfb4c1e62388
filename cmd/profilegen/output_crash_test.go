//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/gen"
)

// childPhones is the size of the fleet that the child writes, unless it is
// told another.
const childPhones = 40

// TestBatchChild is no test of its own: it is the program that the tests below
// start, kill, and deny things to.
func TestBatchChild(t *testing.T) {
	dir := os.Getenv("PROFILEGEN_BATCH_CHILD")
	if dir == "" {
		t.Skip("started by other tests")
	}
	count, err := strconv.Atoi(os.Getenv("PROFILEGEN_BATCH_PHONES"))
	if err != nil {
		t.Fatal(err)
	}
	b := &gen.Batch{Fleet: fleetOf(count, os.Getenv("PROFILEGEN_BATCH_NOTE"))}
	if _, err := runBatch(context.Background(), b, dir, outputOptions{}); err != nil {
		fmt.Fprintln(os.Stderr, "batch:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(t *testing.T, dir, note string, count int, wrapper ...string) *exec.Cmd {
	t.Helper()
	args := append(wrapper, os.Args[0], "-test.run=^TestBatchChild$")
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PROFILEGEN_BATCH_CHILD="+dir, "PROFILEGEN_BATCH_NOTE="+note, fmt.Sprint("PROFILEGEN_BATCH_PHONES=", count))
	return cmd
}

// clean is what the child writes when nothing comes in between.
func clean(t *testing.T, note string, count int) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dist")
	if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(count, note)}, dir, outputOptions{}); err != nil {
		t.Fatal(err)
	}
	return tree(t, dir)
}

// wholeOrAbsent fails the test when a file under a final name is neither the
// old nor the new one.
func wholeOrAbsent(t *testing.T, title, dir string, old, new map[string]string) (missing int) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		return len(new)
	}
	got := tree(t, dir)
	for name, text := range got {
		if strings.HasPrefix(name, unfinished+"/") {
			continue
		}
		if text != old[name] && text != new[name] {
			t.Errorf("%s: %s has %d bytes, and is neither the old nor the new file", title, name, len(text))
		}
	}
	for name := range new {
		if _, ok := got[name]; !ok {
			missing++
		}
	}
	return missing
}

// strace starts the child so that its system calls fail, or kill it, from the
// n-th on.
func strace(t *testing.T, inject string) []string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command(path, "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace does not work here: %v", err)
	}
	call, _, _ := strings.Cut(inject, ":")
	return []string{path, "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", "inject=" + inject}
}

// before is what a batch finds.
type before struct {
	name string
	make func(t *testing.T, dir string) (files map[string]string)
}

var befores = []before{
	{"no folder", func(*testing.T, string) map[string]string { return nil }},
	{"a folder with something else", func(t *testing.T, dir string) map[string]string {
		write(t, filepath.Join(dir, "README.md"), "mine")
		return map[string]string{"README.md": "mine"}
	}},
	{"other versions of the files", func(t *testing.T, dir string) map[string]string {
		if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(childPhones, "old")}, dir, outputOptions{}); err != nil {
			t.Fatal(err)
		}
		return tree(t, dir)
	}},
}

// completes fails the test unless another batch makes the folder what it
// should be.
func completes(t *testing.T, title, dir string, old, new map[string]string) {
	t.Helper()
	if r, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(childPhones, "new")}, dir, outputOptions{}); err != nil {
		t.Fatalf("%s: the next batch: %v, %+v", title, err, r)
	}
	want := maps.Clone(new)
	if text, ok := old["README.md"]; ok {
		want["README.md"] = text
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Fatalf("%s: after the next batch (-want +got):\n%s", title, diff)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); err != nil || left != nil {
		t.Fatalf("%s: %v is left (%v)", title, left, err)
	}
}

// A batch that is killed leaves whole files only, and the next one completes
// it.
func TestKill(t *testing.T) {
	new := clean(t, "new", childPhones)
	for _, b := range befores {
		interrupted := 0
		for _, call := range []string{"linkat", "write", "openat", "renameat", "mkdirat", "unlinkat"} {
			for _, n := range []int{1, 5, 17} {
				title := fmt.Sprintf("%s, killed at %s %d", b.name, call, n)
				dir := filepath.Join(t.TempDir(), "dist")
				old := b.make(t, dir)
				if child(t, dir, "new", childPhones, strace(t, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))...).Run() != nil {
					interrupted++
				}
				wholeOrAbsent(t, title, dir, old, new)
				completes(t, title, dir, old, new)
			}
		}
		if interrupted < 8 {
			t.Errorf("%s: only %d batches were killed", b.name, interrupted)
		}
	}
}

// A system call that fails ends the batch with the name of the file, and
// nothing half-written stays.
func TestSystemCallsFail(t *testing.T) {
	new := clean(t, "new", childPhones)
	for _, b := range befores {
		for _, inject := range []string{
			"linkat:error=ENOSPC:when=5", "write:error=ENOSPC:when=9+", "write:error=EIO:when=20+", "mkdirat:error=EACCES:when=7",
			"openat:error=EMFILE:when=30+", "linkat:error=EDQUOT:when=15", "renameat:error=EACCES:when=1", "unlinkat:error=EPERM:when=1",
		} {
			title := b.name + ", " + inject
			dir := filepath.Join(t.TempDir(), "dist")
			old := b.make(t, dir)
			cmd := child(t, dir, "new", childPhones, strace(t, inject)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			if missing := wholeOrAbsent(t, title, dir, old, new); missing > 0 && err == nil {
				t.Errorf("%s: status 0, and %d files are missing", title, missing)
			}
			if message, ok := strings.CutPrefix(stderr.String(), "batch: "); ok && !strings.Contains(message, "dist") {
				t.Errorf("%s: the message does not name the file: %s", title, message)
			}
			completes(t, title, dir, old, new)
		}
	}
}

// The same without strace, at moments that are not planned.
func TestKillAnywhere(t *testing.T) {
	const count = 3000
	new := clean(t, "new", count)
	for _, enough := range []int{1, 300, 2000} {
		dir := filepath.Join(t.TempDir(), "dist")
		place := (&folder{path: dir, staged: true}).place()
		cmd := child(t, dir, "new", count)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for waiting := true; waiting; {
			entries, _ := os.ReadDir(place)
			select {
			case <-ended:
				waiting = false
			default:
				if len(entries) >= enough {
					cmd.Process.Kill()
					<-ended
					waiting = false
				}
			}
		}
		wholeOrAbsent(t, "killed", dir, nil, new)
		if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(count, "new")}, dir, outputOptions{}); err != nil {
			t.Fatalf("killed after %d files: %v", enough, err)
		}
		if diff := cmp.Diff(new, tree(t, dir)); diff != "" {
			t.Fatalf("killed after %d files, and another run (-want +got):\n%s", enough, diff)
		}
	}
}

// Where files cannot be made without a name, or linked by their descriptor
// alone, other ways lead to the same.
func TestWaysToMakeAFile(t *testing.T) {
	new := clean(t, "new", childPhones)
	for name, set := range map[string]func(*fastWriter){
		"by way of /proc":       func(w *fastWriter) { w.proc = true },
		"with a temporary name": func(w *fastWriter) { w.nameless = false },
		"on a slow file system": func(w *fastWriter) { w.slow = true },
	} {
		dir := t.TempDir()
		f, err := openFolder(dir, outputOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := (&gen.Batch{Fleet: fleetOf(childPhones, "new")}).Run(t.Context(), withWriter{f, set})
		f.close()
		if err != nil || r.Phones != childPhones {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
		if diff := cmp.Diff(new, tree(t, dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// withWriter is an output folder on a system that differs from this one.
type withWriter struct {
	*folder
	set func(*fastWriter)
}

func (f withWriter) NewWriter() (gen.Writer, error) {
	w, err := f.folder.NewWriter()
	if err == nil {
		f.set(w.(*fastWriter))
	}
	return w, err
}
