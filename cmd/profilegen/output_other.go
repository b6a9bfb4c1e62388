//go:build !linux

package main

import (
	"io/fs"

	"profilegen/gen"
)

func (f *folder) NewWriter() (gen.Writer, error) { return f.newPlainWriter(), nil }

// umask is not asked for on these systems: folders for all to read get what is
// usual.
func umask() fs.FileMode { return 0o022 }

func (f *folder) syncFolders() error {
	if !f.sync {
		return nil
	}
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
