package main

import (
	"syscall/js"

	"profilegen/app/simulator/engine"
)

func main() {
	answer := js.FuncOf(func(_ js.Value, args []js.Value) any {
		return string(engine.Answer([]byte(args[0].String())))
	})
	js.Global().Call("profilegenSimulatorReady", answer)
	select {} // the page calls answer from now on
}
