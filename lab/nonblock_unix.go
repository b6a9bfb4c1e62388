//go:build unix

package lab

import "syscall"

const openNonblock = syscall.O_NONBLOCK
