//go:build unix

package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file that the manifest lists held its requests up.
func TestServeFolderWithPipe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dist")
	var out bytes.Buffer
	if status := run(t.Context(), &program{stdout: &out, stderr: &out}, []string{"-csv", sampleFleet(t), "-out", dir}); status != 0 {
		t.Fatalf("gen: status %d\n%s", status, &out)
	}
	s := serve(t, "-dir", dir)
	name := "000e08a0000a/7811-3PCC.xml"
	if err := errors.Join(os.Remove(filepath.Join(dir, name)), syscall.Mkfifo(filepath.Join(dir, name), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.fetch(t, s.http+"/"+name, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("fetching a pipe: %v, want that it is not there", err)
	}
	if printed := s.printed(t); !strings.Contains(printed, "lists it, but it is gone") {
		t.Errorf("the event does not say why:\n%s", printed)
	}
}
