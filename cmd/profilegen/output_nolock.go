//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package main

import "os"

// lockFolder does nothing: these systems cannot lock a folder.
func lockFolder(*os.File) error { return nil }
