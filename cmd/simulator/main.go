//go:build !js

// Simulator is the phone that the builder plays, as WebAssembly: what cmd/site
// compiles into simulator.wasm, and web/boot.js starts when it is first wanted.
// Elsewhere it answers one request on its standard input.
package main

import (
	"fmt"
	"io"
	"os"

	"profilegen/app/simulator/engine"
)

func main() {
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulator: error:", err)
		os.Exit(1)
	}
	fmt.Printf("%s\n", engine.Answer(request))
}
