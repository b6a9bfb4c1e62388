package lab

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// keptTree is a folder with a.xml, which has been read and, where the system tells enough of files, is kept.
func keptTree(t *testing.T) (root *os.Root, kept *keptFiles) {
	t.Helper()
	var err error
	if root, err = os.OpenRoot(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	write(t, root, "a.xml", "old")
	kept = &keptFiles{}
	kept.put("a.xml", readWhole(t, root, "a.xml"), time.Now().Add(time.Hour))
	if kept.get(root, "a.xml") == nil {
		t.Skip("nothing is kept on this system")
	}
	return root, kept
}

func write(t *testing.T, root *os.Root, name, text string) {
	t.Helper()
	if err := root.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readWhole(t *testing.T, root *os.Root, name string) *wholeFile {
	t.Helper()
	f, err := root.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	_, whole, err := regular(f)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// A file that is not what was read must be read again, whatever was done to hide that.
func TestKeptFileChanges(t *testing.T) {
	for name, change := range map[string]func(root *os.Root, dir string) error{
		"another length": func(root *os.Root, _ string) error { return root.WriteFile("a.xml", []byte("newer"), 0o644) },
		"the same length": func(root *os.Root, dir string) error {
			before, err := root.Stat("a.xml")
			for now := before; err == nil && unchanged(before, now); { // a file system's clock has steps
				if err = root.WriteFile("a.xml", []byte("new"), 0o644); err == nil {
					now, err = root.Stat("a.xml")
				}
			}
			return err
		},
		"the same length and time": func(root *os.Root, dir string) error {
			before, err := root.Stat("a.xml")
			for now := before; err == nil && unchanged(before, now); {
				if err = root.WriteFile("a.xml", []byte("new"), 0o644); err == nil {
					err = root.Chtimes("a.xml", before.ModTime(), before.ModTime())
				}
				if err == nil {
					now, err = root.Stat("a.xml")
				}
			}
			return err
		},
		"another file of the same length and time": func(root *os.Root, dir string) error {
			before, err := root.Stat("a.xml")
			if err == nil {
				err = root.WriteFile("b", []byte("new"), 0o644)
			}
			if err == nil {
				err = root.Chtimes("b", before.ModTime(), before.ModTime())
			}
			if err == nil {
				err = root.Rename("b", "a.xml")
			}
			return err
		},
		"not to be read any more": func(root *os.Root, _ string) error { return root.Chmod("a.xml", 0) },
		"gone":                    func(root *os.Root, _ string) error { return root.Remove("a.xml") },
		"a pipe": func(root *os.Root, dir string) error {
			if err := root.Remove("a.xml"); err != nil {
				return err
			}
			return makePipe(filepath.Join(dir, "a.xml"))
		},
		"a link that leads out": func(root *os.Root, dir string) error {
			// The same file, but reached by a way that leads out of the folder.
			outside := filepath.Join(filepath.Dir(dir), "outside.xml")
			if err := root.Rename("a.xml", "b"); err != nil {
				return err
			}
			if err := os.Link(filepath.Join(dir, "b"), outside); err != nil {
				return err
			}
			return os.Symlink(outside, filepath.Join(dir, "a.xml"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			root, kept := keptTree(t)
			if err := change(root, root.Name()); err != nil {
				t.Fatal(err)
			}
			if whole := kept.get(root, "a.xml"); whole != nil {
				t.Errorf("%q is still handed out", whole.data)
			}
		})
	}
}

func TestKeptFile(t *testing.T) {
	root, kept := keptTree(t)
	file := kept.get(root, "a.xml").file()
	data, err := io.ReadAll(file.Content)
	info, _ := root.Stat("a.xml")
	if err != nil || string(data) != "old" || !file.ModTime.Equal(info.ModTime()) {
		t.Errorf("got %q of %v, %v", data, file.ModTime, err)
	}
	tag, err := etagOf(File{Content: bytes.NewReader(data)}, int64(len(data)))
	if err != nil || file.ETag != tag {
		t.Errorf("ETag %s, want the content's: %s, %v", file.ETag, tag, err)
	}
}

// A change may not show when it follows another too soon.
func TestKeptFileSettles(t *testing.T) {
	root, _ := keptTree(t)
	whole, kept := readWhole(t, root, "a.xml"), &keptFiles{}
	changed, _ := changeTime(whole.info)
	kept.put("a.xml", whole, changed.Add(settleTime-1))
	if kept.get(root, "a.xml") != nil {
		t.Error("a file that was just changed is kept")
	}
	kept.put("a.xml", whole, changed.Add(settleTime))
	if kept.get(root, "a.xml") == nil {
		t.Error("a file that has been left alone is not kept")
	}
}

func TestKeptFilesBounded(t *testing.T) {
	root, kept := keptTree(t)
	info := readWhole(t, root, "a.xml").info
	later := time.Now().Add(time.Hour)
	kept.put("large", &wholeFile{info: info, data: make([]byte, keptEach+1)}, later)
	if kept.files["large"] != nil {
		t.Error("a large file is kept")
	}
	for i := range 3 * keptAll / keptEach {
		kept.put(string(rune('A'+i)), &wholeFile{info: info, data: make([]byte, keptEach)}, later)
	}
	sum := 0
	for _, whole := range kept.files {
		sum += whole.cost()
	}
	if sum != kept.cost || sum > keptAll || sum < keptAll-2*keptEach {
		t.Errorf("%d bytes are kept, counted as %d; at most %d may be", sum, kept.cost, keptAll)
	}
}
