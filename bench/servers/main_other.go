//go:build !linux

// Command servers measures "profilegen serve" against other servers, on Linux
// only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: servers are compared on Linux only: skipped")
}
