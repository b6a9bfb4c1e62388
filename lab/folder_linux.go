package lab

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime is when the file, its owner or its rights were last changed. Unlike the time of its content, nobody can
// set it.
func changeTime(info fs.FileInfo) (t time.Time, ok bool) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix()), true
	}
	return time.Time{}, false
}

// unchanged says whether two looks saw the same file in the same state.
func unchanged(before, now fs.FileInfo) bool {
	a, ok := before.Sys().(*syscall.Stat_t)
	b, ok2 := now.Sys().(*syscall.Stat_t)
	return ok && ok2 && a.Dev == b.Dev && a.Ino == b.Ino && a.Mode == b.Mode && a.Size == b.Size && a.Ctim == b.Ctim
}
