package lab

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// tree is a folder with everything that must not be handed out, and a secret beside it.
func tree(t *testing.T) *os.Root {
	t.Helper()
	base := t.TempDir()
	dir := filepath.Join(base, "dist")
	for _, d := range []string{"dist/sub", "dist/.git"} {
		if err := os.MkdirAll(filepath.Join(base, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"secret": "secret", "dist/a.xml": "A", "dist/sub/b.cfg": "B", "dist/.hidden": "secret", "dist/.git/config": "secret",
		"dist/a.xml~": "secret", "dist/a.xml.tmp": "secret", "dist/a.part": "secret", "dist/#a.xml#": "secret", "dist/a.swp": "secret",
	} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"out": "../secret", "absolute": filepath.Join(base, "secret"), "outdir": "..", "in": "a.xml", "loop": "loop", "dangling": "none",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := makePipe(filepath.Join(dir, "fifo")); err != nil {
		t.Fatal(err)
	}
	large, err := os.Create(filepath.Join(dir, "large.loads"))
	if err == nil {
		_, err = large.Write(pattern(inMemory + 1))
		large.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestFolder(t *testing.T) {
	files := Folder(tree(t))
	for path, want := range map[string]string{ // "": not there
		"/a.xml": "A", "a.xml": "A", "//a.xml": "A", "/./a.xml": "A", "/sub/b.cfg": "B", "/in": "A",

		"/": "", "/sub": "", "/sub/": "", "/none": "", "/a.xml/": "", "/a.xml/x": "", "/.hidden": "", "/.git/config": "", "/sub/../.hidden": "",
		"/a.xml~": "", "/a.xml.tmp": "", "/a.part": "", "/#a.xml#": "", "/a.swp": "",
		"/out": "", "/absolute": "", "/outdir/secret": "", "/loop": "", "/dangling": "", "/fifo": "",
		"/../secret": "", "/..": "", "/sub/../../secret": "", "../secret": "", "/sub/..": "", "..\\secret": "", "/\\..\\secret": "",
		"/a.xml\x00": "", "/\x00": "", "/etc/passwd": "", "/dev/null": "", "/proc/self/environ": "", "/sub//../a.xml": "",
		"/" + strings.Repeat("a", 254): "", "/" + strings.Repeat("a", 4000): "", "/" + strings.Repeat("a/", 100) + "x": "",
	} {
		s := newRunning(&Server{Files: files})
		r := Request{Path: path}
		s.locate(&r)
		f, _, err := s.open(t.Context(), r)
		if want == "" {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q: %v, want not there", path, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		got, err := io.ReadAll(f.Content)
		if string(got) != want || err != nil || f.ModTime.IsZero() {
			t.Errorf("%q: %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestFolderLargeFile(t *testing.T) {
	f, err := Folder(tree(t))(t.Context(), Request{Path: "/large.loads"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f.Content)
	if err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "a file that is not held in memory", got, pattern(inMemory+1))
	closeFile(f)
	if _, err := f.Content.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("the file is open after the transfer: %v", err)
	}
}

// A healthy file must not look as if it were not there when the process has run out of descriptors.
func TestNotThere(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{fs.ErrNotExist, true},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.ENOENT}, true},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.ENOTDIR}, true},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.ELOOP}, true},
		{&fs.PathError{Op: "openat", Path: "x", Err: errors.New("path escapes from parent")}, true},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.EMFILE}, false},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.EIO}, false},
		{&fs.PathError{Op: "openat", Path: "x", Err: syscall.EACCES}, false},
		{&fs.PathError{Op: "openat", Path: "x", Err: fs.ErrClosed}, false},
	} {
		if got := errors.Is(notThere(tt.err), fs.ErrNotExist); got != tt.want {
			t.Errorf("%v: not there %t, want %t", tt.err, got, tt.want)
		}
	}
}

func TestFS(t *testing.T) {
	files := FS(fstest.MapFS{"a.xml": {Data: []byte("A")}, "sub/b.xml": {Data: []byte("B")}, ".x": {Data: []byte("secret")}})
	for path, want := range map[string]string{"/a.xml": "A", "/sub/b.xml": "B", "/sub": "", "/.x": "", "/none": ""} {
		f, err := files(t.Context(), Request{Path: path})
		if want == "" {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q: %v, want not there", path, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		if got, err := io.ReadAll(f.Content); string(got) != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", path, got, err, want)
		}
	}
}

func TestSaveTo(t *testing.T) {
	root := tree(t)
	save := SaveTo(root)
	for path, want := range map[string]error{
		"/reports/a.xml": nil, "/a.xml": fs.ErrExist, "/in": fs.ErrExist, "/out": fs.ErrExist, "/.ssh/keys": fs.ErrPermission,
		"/": fs.ErrPermission, "/outdir/new": nil, // refused when it is stored: the folder leads out
	} {
		store, err := save(context.Background(), Request{Path: path})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
		if err == nil {
			if serr := store([]byte("X")); (serr == nil) != (path == "/reports/a.xml") {
				t.Errorf("storing %s: %v", path, serr)
			}
		}
	}
	store, err := save(context.Background(), Request{Path: "/race.xml"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := store([]byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a name taken meanwhile: %v, want that it exists", err)
	}
	if got, err := root.ReadFile("race.xml"); string(got) != "first" || err != nil {
		t.Errorf("stored %q, %v", got, err)
	}
}
