package resync

import (
	"context"
	"time"
)

// Run plays a phone on real time until the context is done, whose error it
// returns. What happens from outside comes through inputs, which Run calls
// between two Ticks; a fetch in progress is not interrupted by them. Closing
// inputs leaves the phone to its clocks.
func Run(ctx context.Context, p *Phone, inputs <-chan func(p *Phone, now time.Time)) error {
	return RunUntil(ctx, p, inputs, func() bool { return false })
}

// RunUntil is Run up to the moment when done holds and the phone has nothing
// more to do at once; it then returns nil.
func RunUntil(ctx context.Context, p *Phone, inputs <-chan func(p *Phone, now time.Time), done func() bool) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		at, ok := p.Next()
		if done() && (!ok || at.After(time.Now())) {
			return nil
		}
		if ok {
			timer.Reset(time.Until(at))
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case do, open := <-inputs:
			if !open {
				inputs = nil
				continue
			}
			do(p, time.Now())
		case <-due:
		}
		p.Tick(ctx, time.Now())
	}
}
