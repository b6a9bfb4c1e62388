//go:build !linux

package lab

import (
	"io/fs"
	"time"
)

// changeTime is not known here, so that every file is read anew.
func changeTime(fs.FileInfo) (t time.Time, ok bool) { return time.Time{}, false }

func unchanged(_, _ fs.FileInfo) bool { return false }
