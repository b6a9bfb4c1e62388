package lab

import (
	"net/netip"
	"sync"
	"time"
)

// allowance is a token bucket for each address. It remembers a bounded number of addresses: the ones it forgets
// have been silent longest and are full again or nearly so.
type allowance struct {
	burst, perSecond float64

	mu      sync.Mutex
	buckets map[netip.Addr]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
	empty  bool // a refusal has been given since it was last full
}

const maxBuckets = 10_000

func newAllowance(burst, perSecond float64) *allowance {
	return &allowance{burst: burst, perSecond: perSecond, buckets: make(map[netip.Addr]*bucket)}
}

// take asks for one token. first is set with the first refusal after the bucket was full.
func (a *allowance) take(addr netip.Addr, now time.Time) (ok, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.buckets[addr]
	if b == nil {
		if len(a.buckets) >= maxBuckets {
			a.forget(now)
		}
		b = &bucket{tokens: a.burst, at: now}
		a.buckets[addr] = b
	}
	b.tokens = min(a.burst, b.tokens+a.perSecond*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.tokens >= a.burst {
		b.empty = false
	}
	if b.tokens < 1 {
		first = !b.empty
		b.empty = true
		return false, first
	}
	b.tokens--
	return true, false
}

// give puts tokens back.
func (a *allowance) give(addr netip.Addr, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if b := a.buckets[addr]; b != nil {
		b.tokens = min(a.burst, b.tokens+float64(n))
	}
}

// forget drops the buckets that have had time to fill up, or all when there is none: a flood from more addresses
// than we remember must not cost memory.
func (a *allowance) forget(now time.Time) {
	full := time.Duration(a.burst / a.perSecond * float64(time.Second))
	for addr, b := range a.buckets {
		if now.Sub(b.at) > full {
			delete(a.buckets, addr)
		}
	}
	if len(a.buckets) >= maxBuckets {
		clear(a.buckets)
	}
}
