//go:build !unix

package lab

const openNonblock = 0 // no pipes in folders here
