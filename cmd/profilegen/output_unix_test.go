//go:build unix

package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"profilegen/gen"
)

// fileID tells files of the same name and time apart.
func fileID(info fs.FileInfo) any {
	return info.Sys().(*syscall.Stat_t).Ino
}

func TestOutputModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		for _, tt := range []struct {
			mode                  fs.FileMode
			top, secret, open, in fs.FileMode
		}{
			{0, 0o700, 0o600, 0o644, 0o755},
			{0o640, 0o750, 0o640, 0o640, 0o750},
			{0o644, 0o755, 0o644, 0o644, 0o755},
		} {
			dir := filepath.Join(t.TempDir(), "dist")
			if _, err := run(&gen.Batch{Fleet: fleetOf(2, "a")}, dir, outputOptions{mode: tt.mode}); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]fs.FileMode{
				".": tt.top, "000e08000000/8861-3PCC.xml": tt.secret, "000e08000001/7841-3PCC.xml": tt.open,
				"000e08000001": tt.in, "8861-3PCC.xml": tt.open, "manifest.json": tt.open,
			} {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if got := info.Mode().Perm(); got != want {
					t.Errorf("-mode %o: %s has mode %o, want %o", tt.mode, name, got, want)
				}
			}
		}
	})
}

// A folder without any secret is for everyone to read.
func TestOutputWithoutSecrets(t *testing.T) {
	fleet := &gen.Fleet{Devices: gen.CSV("phones.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("mac,model\n000e08012345,8861\n")), nil
	})}
	dir := filepath.Join(t.TempDir(), "dist")
	if _, err := runBatch(t.Context(), &gen.Batch{Fleet: fleet}, dir, outputOptions{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755&^umask() {
		t.Errorf("the folder has mode %v (%v)", info.Mode(), err)
	}
}

// Nothing that stands in the folder leads out of it.
func TestOutputFollowsNoLinks(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		for _, link := range []string{"000e08000000", "000e08000000/8861-3PCC.xml", "8861-3PCC.xml", unfinished} {
			dir, outside := t.TempDir(), t.TempDir()
			write(t, filepath.Join(dir, "something"), "so that the folder is not empty")
			place := filepath.Join(dir, link)
			if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
				t.Fatal(err)
			}
			target := outside
			if strings.HasSuffix(link, ".xml") {
				target = filepath.Join(outside, "victim")
				write(t, target, "precious")
			}
			if err := os.Symlink(target, place); err != nil {
				t.Fatal(err)
			}
			_, err := run(&gen.Batch{Fleet: fleetOf(2, "a")}, dir, outputOptions{})
			if err == nil && link != unfinished {
				t.Errorf("%s is a link, and that is no error", link)
			}
			for name, text := range tree(t, outside) {
				if name != "victim" || text != "precious" {
					t.Errorf("%s is a link: outside stands %s with %q", link, name, text)
				}
			}
		}
	})
}

// Opening a pipe without a reader would wait for ever.
func TestOutputMeetsAPipe(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		dir := t.TempDir()
		for _, name := range []string{"8861-3PCC.xml", "manifest.json"} {
			if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
				t.Skip(err)
			}
			if _, err := run(&gen.Batch{Fleet: fleetOf(2, "a")}, dir, outputOptions{}); err == nil || !strings.Contains(err.Error(), "no regular file") {
				t.Errorf("%s is a pipe: error %v", name, err)
			}
			os.Remove(filepath.Join(dir, name))
		}
	})
}

func TestOutputLock(t *testing.T) {
	dir := t.TempDir()
	f, err := openFolder(dir, outputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir, outputOptions{}); err == nil || !strings.Contains(err.Error(), "another batch") {
		t.Errorf("a second batch in the folder: %v", err)
	}
	if other, err := openFolder(dir, outputOptions{plan: true}); err != nil {
		t.Errorf("a plan meanwhile: %v", err)
	} else {
		other.close()
	}
	f.close()
	f, err = openFolder(dir, outputOptions{})
	if err != nil {
		t.Errorf("a batch afterwards: %v", err)
	}
	f.close()
}

func TestOutputSync(t *testing.T) {
	eachWriter(t, func(t *testing.T, run func(*gen.Batch, string, outputOptions) (*gen.Result, error)) {
		r, err := run(&gen.Batch{Fleet: fleetOf(4, "a")}, filepath.Join(t.TempDir(), "dist"), outputOptions{sync: true})
		if err != nil || r.Added != 6 {
			t.Errorf("%v, %+v", err, r)
		}
	})
}
