package resync

import (
	"context"
	"slices"
	"time"
)

// Input is something that happens to a phone from outside.
type Input struct {
	At time.Time
	Do func(p *Phone, now time.Time)
}

// Simulate plays a phone on virtual time up to until, included: it jumps from
// one moment at which something happens to the next. At one moment the inputs
// come first, in their order, then the phone's Tick. It ends early, with the
// context's error, when the context is done.
func Simulate(ctx context.Context, p *Phone, inputs []Input, until time.Time) error {
	inputs = slices.Clone(inputs)
	slices.SortStableFunc(inputs, func(a, b Input) int { return a.At.Compare(b.At) })
	for {
		at, due := p.Next()
		if len(inputs) > 0 && (!due || !inputs[0].At.After(at)) {
			at, due = inputs[0].At, true
		}
		if !due || at.After(until) {
			return nil
		}
		for len(inputs) > 0 && !inputs[0].At.After(at) {
			inputs[0].Do(p, at)
			inputs = inputs[1:]
		}
		p.Tick(ctx, at)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
