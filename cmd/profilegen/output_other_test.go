//go:build !unix

package main

import "io/fs"

// fileID has nothing to go by here.
func fileID(fs.FileInfo) any { return nil }
