//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
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
func wholeOrAbsent(t *testing.T, dir string, old, new map[string]string) (missing int) {
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
			t.Errorf("%s has %d bytes, and is neither the old nor the new file", name, len(text))
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

// A batch that is killed leaves whole files only, and the next one completes
// it: new files, and files that replace others.
func TestKill(t *testing.T) {
	old, new := clean(t, "old", childPhones), clean(t, "new", childPhones)
	interrupted := 0
	for _, call := range []string{"linkat", "write", "renameat", "mkdirat"} {
		for _, n := range []int{1, 2, 5, 11, 17, 31} {
			for _, update := range []bool{false, true} {
				dir := filepath.Join(t.TempDir(), "dist")
				before := map[string]string{}
				if update {
					if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(childPhones, "old")}, dir, outputOptions{}); err != nil {
						t.Fatal(err)
					}
					before = old
				}
				err := child(t, dir, "new", childPhones, strace(t, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))...).Run()
				if err != nil {
					interrupted++
				}
				wholeOrAbsent(t, dir, before, new)
				if r, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(childPhones, "new")}, dir, outputOptions{}); err != nil {
					t.Fatalf("after a kill at %s %d: %v, %+v", call, n, err, r)
				}
				if diff := cmp.Diff(new, tree(t, dir)); diff != "" {
					t.Fatalf("after a kill at %s %d and another run (-want +got):\n%s", call, n, diff)
				}
			}
		}
	}
	if interrupted < 16 {
		t.Errorf("only %d batches were killed", interrupted)
	}
}

// A system call that fails ends the batch with the name of the file, and
// nothing half-written stays.
func TestSystemCallsFail(t *testing.T) {
	new := clean(t, "new", childPhones)
	for _, inject := range []string{
		"linkat:error=ENOSPC:when=5", "write:error=ENOSPC:when=9+", "write:error=EIO:when=20+", "mkdirat:error=EACCES:when=7",
		"openat:error=EMFILE:when=30+", "linkat:error=EDQUOT:when=15", "renameat:error=EACCES:when=1", "fchmodat:error=EPERM:when=1",
	} {
		dir := filepath.Join(t.TempDir(), "dist")
		cmd := child(t, dir, "new", childPhones, strace(t, inject)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		missing := wholeOrAbsent(t, dir, nil, new)
		if missing > 0 && err == nil {
			t.Errorf("%s: status 0, and %d files are missing", inject, missing)
		}
		if err != nil && !strings.Contains(stderr.String(), dir) && !strings.Contains(stderr.String(), "PANIC") && strings.HasPrefix(stderr.String(), "batch:") {
			t.Errorf("%s: the message does not name the file: %s", inject, stderr.String())
		}
		if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleetOf(childPhones, "new")}, dir, outputOptions{}); err != nil {
			t.Errorf("%s: the next run: %v", inject, err)
		}
		if diff := cmp.Diff(new, tree(t, dir)); diff != "" {
			t.Errorf("%s: after the next run (-want +got):\n%s", inject, diff)
		}
	}
}

// The same without strace, at moments that are not planned.
func TestKillAnywhere(t *testing.T) {
	const count = 3000
	new := clean(t, "new", count)
	for _, enough := range []int{1, 300, 2000} {
		dir := filepath.Join(t.TempDir(), "dist")
		cmd := child(t, dir, "new", count)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for waiting := true; waiting; {
			entries, _ := os.ReadDir(dir)
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
		wholeOrAbsent(t, dir, nil, new)
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
		dir := filepath.Join(t.TempDir(), "dist")
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
