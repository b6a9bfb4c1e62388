//go:build !linux

package main

import (
	"io/fs"
	"os"
	"runtime"

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
	return syncFolder(dir)
}

// syncFolder makes sure that the names in a folder are on the disk. Windows
// offers that for files only.
func syncFolder(dir *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return dir.Sync()
}
