// Webapp is the builder as WebAssembly: what cmd/site compiles into app.wasm.
// It is a program of its own because a main that also serves would double the
// download.
package main

import "profilegen/app"

func main() { app.Run() }
