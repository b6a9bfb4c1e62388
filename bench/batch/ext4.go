package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// ext4 is a file system in a file, mounted on a folder.
type ext4 struct {
	image, dir string
	size       int64
	mounted    bool
}

// newExt4 finds out whether such a thing can be had here.
func newExt4(dir string, phones int) (*ext4, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("needs root")
	}
	for _, tool := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, err
		}
	}
	const perPhone = 60 << 10 // one inode for each 16 KiB, and a phone takes two
	e := &ext4{image: dir + "/ext4.img", dir: dir + "/ext4", size: 300<<20 + int64(phones)*perPhone}
	if err := os.Mkdir(e.dir, 0o755); err != nil {
		return nil, err
	}
	if err := e.fresh(); err != nil {
		return nil, errors.Join(err, e.unmount())
	}
	return e, nil
}

// fresh makes the file system anew.
func (e *ext4) fresh() error {
	if err := e.unmount(); err != nil {
		return err
	}
	file, err := os.Create(e.image)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(e.size), file.Close()); err != nil {
		return err
	}
	if err := command("mkfs.ext4", "-q", "-F", e.image); err != nil {
		return err
	}
	if err := command("mount", "-o", "loop", e.image, e.dir); err != nil {
		return err
	}
	e.mounted = true
	return nil
}

// unmount waits for whoever is still busy with the file system.
func (e *ext4) unmount() error {
	if !e.mounted {
		return nil
	}
	const tries = 50
	var err error
	for range tries {
		if err = command("umount", e.dir); err == nil {
			e.mounted = false
			return os.Remove(e.image)
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
