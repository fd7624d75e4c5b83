package iic

import (
	"math"
	"strings"
	"time"
)

// Limits are rates per second. Each is a token bucket that holds one second's worth.
type Limits struct {
	Write         float64 // of each SCIM operation that writes; default 25 (user guide: limits)
	Read          float64 // of each SCIM operation that reads; default 40 (user guide: limits)
	Membership    float64 // of single members added or removed over SCIM; AWS does not publish it; default 200
	IdentityStore float64 // of each Identity Store operation; default 20 (user guide: limits)
	Admin         float64 // of the SSO admin API in total; default 20 (user guide: limits)
}

func (l *Limits) fill() {
	set := func(p *float64, value float64) {
		if *p == 0 {
			*p = value
		}
	}
	set(&l.Write, 25)
	set(&l.Read, 40)
	set(&l.Membership, 200)
	set(&l.IdentityStore, 20)
	set(&l.Admin, 20)
}

type bucket struct {
	rate, size, level float64
	at                time.Time
}

// take removes n tokens, or says how long it would take until they are there.
func (b *bucket) take(now time.Time, n float64) time.Duration {
	if d := now.Sub(b.at); d > 0 {
		b.level = min(b.size, b.level+d.Seconds()*b.rate)
		b.at = now
	}
	if b.level >= n {
		b.level -= n
		return 0
	}
	return time.Duration(math.Ceil((n - b.level) / b.rate * float64(time.Second)))
}

// take draws from the bucket called name, which it makes full. least is the smallest size that lets every request through
// some time.
func (s *Server) take(now time.Time, name string, rate, least, n float64) error {
	if !s.options.Throttle {
		return nil
	}
	b := s.buckets[name]
	if b == nil {
		size := max(rate, least)
		b = &bucket{rate: rate, size: size, level: size, at: now}
		s.buckets[name] = b
	}
	if wait := b.take(now, n); wait > 0 {
		return &apiError{kind: throttlingException, detail: "Rate exceeded", public: "Rate exceeded", retryAfter: wait}
	}
	return nil
}

func (s *Server) throttle(q *request) error {
	l := s.options.Limits
	switch {
	case isAdmin(q.op):
		return s.take(q.now, "sso", l.Admin, 1, 1)
	case strings.HasPrefix(q.op, "identitystore:"):
		return s.take(q.now, q.op, l.IdentityStore, 1, 1)
	case writes(q.op):
		return s.take(q.now, q.op, l.Write, 1, 1)
	}
	return s.take(q.now, q.op, l.Read, 1, 1)
}

// throttleMembers is the second limit: every added or removed member counts (user guide: limits).
func (s *Server) throttleMembers(q *request, n int) error {
	return s.take(q.now, "members", s.options.Limits.Membership, maxMembers, float64(n))
}
