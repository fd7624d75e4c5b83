package httpx

import (
	"context"
	"sync"
	"time"
)

// A Limit is how much of one operation may happen.
type Limit struct {
	PerSecond float64 // 0 is no limit
	Burst     int     // what may happen at once after a pause; at least 1
	InFlight  int     // requests without an answer; 0 is no limit
}

// A Pacer keeps each operation within its limit, and finds out when the limit
// is lower than we were told: additive increase, multiplicative decrease
// (AIMD), as TCP does (RFC 5681 §3.1). A throttled answer halves the rate and the
// number in flight, at most once per second and never for a request that began
// before the last cut, since that says nothing about the new rate. Every second
// without a throttle gives back one per second (a fortieth of the limit, if
// that is more), up to the limit. An answer that says when to come back pauses
// its operation for everybody.
//
// Who waits longest goes first. A nil Pacer lets everything through.
type Pacer struct {
	limits func(op string) Limit
	mu     sync.Mutex
	byOp   map[string]*bucket
}

// NewPacer returns a Pacer that asks limits about an operation when it first
// meets it. A nil func is no limit.
func NewPacer(limits func(op string) Limit) *Pacer {
	if limits == nil {
		limits = func(string) Limit { return Limit{} }
	}
	return &Pacer{limits: limits, byOp: map[string]*bucket{}}
}

func (p *Pacer) bucket(op string) *bucket {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.byOp[op]
	if b == nil {
		b = newBucket(p.limits(op))
		p.byOp[op] = b
	}
	return b
}

// Take waits until n may be spent from the bucket of op, which need not be a
// request: changes of memberships have a limit of their own beside the calls
// that carry them. More than the burst is spent in parts. It returns an error
// only if ctx ends first.
func (p *Pacer) Take(ctx context.Context, op string, n int) error {
	if p == nil {
		return ended(ctx)
	}
	return p.bucket(op).take(ctx, n, false)
}

// Throttled tells the Pacer that op was throttled, for those who learn it
// elsewhere than from an answer to a request of op.
func (p *Pacer) Throttled(op string) {
	if p == nil {
		return
	}
	now := time.Now()
	p.bucket(op).throttled(now, now)
}

// enter waits until a request of op may be sent. The caller calls leave when
// the answer is there.
func (p *Pacer) enter(ctx context.Context, op string) (leave func(), err error) {
	if p == nil {
		return func() {}, ended(ctx)
	}
	b := p.bucket(op)
	if err := b.take(ctx, 1, true); err != nil {
		return nil, err
	}
	return b.leave, nil
}

// slower is Throttled for a request that began at a known time.
func (p *Pacer) slower(op string, began time.Time) {
	if p != nil {
		p.bucket(op).throttled(time.Now(), began)
	}
}

// pause lets nothing of op begin for d from now.
func (p *Pacer) pause(op string, d time.Duration) {
	if p != nil {
		p.bucket(op).pause(time.Now().Add(d))
	}
}
