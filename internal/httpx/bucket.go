package httpx

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// steps is how many seconds without a throttle lead from nothing to the
	// limit at the most, and one part in how many the least share is.
	steps = 40
	// calm is how long there must be no throttle before the rate goes up, and
	// how long a cut is given to show its effect.
	calm = time.Second
)

// A bucket is the pacer's memory of one operation.
type bucket struct {
	limit Limit
	turn  chan struct{} // held by the one who is next; channels are first come, first served
	freed chan struct{} // wakes the one who is next when a request has left

	mu       sync.Mutex
	tokens   *rate.Limiter
	share    float64   // of the limit that is in use now: (0,1]
	cutAt    time.Time // when share went down last
	calmFrom time.Time // when share last changed or a throttle was last seen
	paused   time.Time // nothing begins before
	inFlight int
}

func newBucket(l Limit) *bucket {
	l.Burst = max(l.Burst, 1)
	b := &bucket{limit: l, turn: make(chan struct{}, 1), freed: make(chan struct{}, 1), share: 1}
	b.tokens = rate.NewLimiter(b.rate(), l.Burst)
	return b
}

func (b *bucket) rate() rate.Limit {
	if b.limit.PerSecond <= 0 {
		return rate.Inf
	}
	return rate.Limit(b.limit.PerSecond * b.share)
}

// step is the share that a calm second gives back: one per second, or a
// fortieth of the limit if that is more.
func (b *bucket) step() float64 {
	if b.limit.PerSecond <= 0 {
		return 1.0 / steps
	}
	return 1 / min(max(b.limit.PerSecond, 1), steps)
}

// slots is how many requests may be in flight now.
func (b *bucket) slots() int { return max(1, int(float64(b.limit.InFlight)*b.share)) }

// take waits for n tokens, and for a slot if the caller sends a request.
func (b *bucket) take(ctx context.Context, n int, slot bool) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx)
	}
	defer func() { <-b.turn }()
	for n > 0 {
		part := n
		if b.limit.PerSecond > 0 {
			part = min(n, b.limit.Burst)
		}
		wait, full := b.try(time.Now(), part, slot)
		switch {
		case full:
			select {
			case <-b.freed:
			case <-ctx.Done():
				return ended(ctx)
			}
		case wait > 0:
			if err := sleep(ctx, wait); err != nil {
				return err
			}
		default:
			n -= part
		}
	}
	return nil
}

// try takes n tokens if they are there, or says how long to wait before trying
// again, or that all slots are taken. It reserves nothing ahead, so that a cut
// or a pause holds for everybody who is still waiting.
func (b *bucket) try(now time.Time, n int, slot bool) (wait time.Duration, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slot && b.limit.InFlight > 0 && b.inFlight >= b.slots() {
		return 0, true
	}
	if d := b.paused.Sub(now); d > 0 {
		return d, false
	}
	r := b.tokens.ReserveN(now, n)
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return d, false
	}
	if slot {
		b.inFlight++
	}
	if b.share < 1 && now.Sub(b.calmFrom) >= calm {
		b.set(now, b.share+b.step())
	}
	return 0, false
}

func (b *bucket) leave() {
	b.mu.Lock()
	b.inFlight--
	b.mu.Unlock()
	select {
	case b.freed <- struct{}{}:
	default: // somebody has been told already
	}
}

// throttled halves the share, unless the request began before the last cut or
// the last cut is less than a second old.
func (b *bucket) throttled(now, began time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cutAt.IsZero() || (began.After(b.cutAt) && now.Sub(b.cutAt) >= calm) {
		b.set(now, b.share/2)
		b.cutAt = now
	}
	b.calmFrom = later(b.calmFrom, now)
}

func (b *bucket) pause(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = later(b.paused, until)
	b.calmFrom = later(b.calmFrom, until) // silence that we kept is no proof of calm
}

func (b *bucket) set(now time.Time, share float64) {
	b.share = min(max(share, 1.0/steps), 1)
	b.calmFrom = now
	b.tokens.SetLimitAt(now, b.rate())
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}
