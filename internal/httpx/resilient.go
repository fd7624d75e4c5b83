package httpx

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options say how to persist. The zero value works.
type Options struct {
	Classify Classify // ByStatus if nil
	Pacer    *Pacer   // no pacing if nil
	Meter    *Meter   // no counting if nil
	Log      *slog.Logger
	// Attempts is how often a request is sent at the most: 8 if 0.
	Attempts int
	// Base and Max bound the back-off: before the n-th retry we wait a random
	// time of up to min(Max, Base·2^(n-1)) ("full jitter", AWS Architecture
	// Blog: exponential backoff and jitter). 0.5 s and 32 s if 0.
	Base, Max time.Duration
	// Timeout is how long one attempt may take, with its body and without the
	// wait before it: 60 s if 0.
	Timeout time.Duration
	// Budget is how many retries all requests together may make: 1000 if 0,
	// none if negative. Ten answers that are OK earn one back, up to Budget. So a
	// long run with the odd fault never runs out, however large the directory,
	// while a service that is down is left alone after some 140 requests have
	// tried in vain, instead of being hammered eight times by each of 50,000.
	Budget int
}

const (
	earnEvery = 10 // answers that are OK earn one retry
	// maxAfter is the longest that a server may make us wait. One that wants
	// more will not serve this run: better to say so now.
	maxAfter = 5 * time.Minute
	// maxBody is far above the largest page of either vendor (500 users).
	maxBody = 16 << 20
)

// Resilient returns a RoundTripper that waits its turn, sends the request, reads
// the whole answer, and sends the request again while the answer is passing, or
// broke off. A request with a body is repeated only if it has GetBody. What
// comes back when attempts, budget or time are used up is the last answer, or
// the last error, unchanged, so that the caller can read the vendor's detail.
//
// Only when the request's context ends is the error the context's. A request
// whose answer was lost may have been carried out: callers of operations that
// are not idempotent must be ready to find their work done.
func Resilient(base http.RoundTripper, o Options) http.RoundTripper {
	if o.Classify == nil {
		o.Classify = ByStatus
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Attempts = cmp.Or(o.Attempts, 8)
	o.Base = cmp.Or(o.Base, 500*time.Millisecond)
	o.Max = cmp.Or(o.Max, 32*time.Second)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.Budget = cmp.Or(o.Budget, 1000)
	r := &resilient{base: base, o: o, budget: budget{left: max(o.Budget, 0), most: max(o.Budget, 0)}}
	return Func(r.roundTrip)
}

type resilient struct {
	base   http.RoundTripper
	o      Options
	budget budget
}

// An answer is what one attempt brought.
type answer struct {
	res     *http.Response // nil if err is not; its body is read
	body    []byte
	err     error
	verdict Verdict
	after   time.Duration // as the server asks
}

func (r *resilient) roundTrip(req *http.Request) (*http.Response, error) {
	for n := 1; ; n++ {
		a, err := r.attempt(req, n)
		if err != nil {
			return nil, err
		}
		wait, again := r.next(req, a, n)
		if !again {
			return a.unwrap(req)
		}
		if err := r.backOff(req.Context(), a, wait); err != nil {
			return nil, err
		}
	}
}

// attempt sends the request for the n-th time. The error is for what kept us
// from sending it.
func (r *resilient) attempt(req *http.Request, n int) (*answer, error) {
	ctx, op := req.Context(), Op(req.Context())
	queued := time.Now()
	leave, err := r.o.Pacer.enter(ctx, op)
	r.o.Meter.add(Count{Op: op, Waited: time.Since(queued)})
	if err != nil {
		if n == 1 {
			closeBody(req)
		}
		return nil, &notSentError{op: op, again: n > 1, err: err}
	}
	defer leave()
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	out := req.Clone(ctx)
	if n > 1 && req.GetBody != nil {
		if out.Body, err = req.GetBody(); err != nil {
			return nil, fmt.Errorf("rewind the body of %s: %w", op, err)
		}
	}
	a := r.send(req.Context(), out)
	r.account(op, n, began, a)
	r.log(req, n, time.Since(began), a)
	return a, nil
}

// send does one attempt and judges it. The caller's context is whole; that of out
// has the attempt's deadline as well.
func (r *resilient) send(whole context.Context, out *http.Request) *answer {
	a := &answer{}
	a.res, a.err = r.base.RoundTrip(out) //nolint:bodyclose // readAll does.
	broke := false
	if a.err == nil {
		a.after = retryAfter(a.res.Header, time.Now())
		a.body, a.err = readAll(a.res.Body)
		broke = a.err != nil && !errors.Is(a.err, errTooLarge)
	}
	switch {
	case a.err == nil:
		a.verdict = r.o.Classify(a.res.StatusCode, a.body, nil)
	case whole.Err() != nil:
		a.err, a.verdict = ended(whole), Fatal
	case out.Context().Err() != nil:
		a.err, a.verdict = &timeoutError{op: Op(whole), after: r.o.Timeout}, Transient
	case broke:
		a.err, a.verdict = fmt.Errorf("read the answer to %s: %w", Op(whole), a.err), Transient
	default:
		a.verdict = r.o.Classify(0, nil, a.err)
	}
	return a
}

func (r *resilient) account(op string, n int, began time.Time, a *answer) {
	c := Count{Op: op, Calls: 1}
	if n > 1 {
		c.Retries = 1
	}
	switch a.verdict {
	case Throttled:
		c.Throttles = 1
		r.o.Pacer.slower(op, began)
	case OK:
		r.budget.earn()
	case Transient, Fatal:
	}
	r.o.Meter.add(c)
}

// next says whether to try again, and after what time.
func (r *resilient) next(req *http.Request, a *answer, n int) (wait time.Duration, again bool) {
	if a.verdict == OK || a.verdict == Fatal || a.after > maxAfter {
		return 0, false
	}
	if a.after > 0 {
		r.o.Pacer.pause(Op(req.Context()), a.after)
	}
	if n >= r.o.Attempts || (req.Body != nil && req.Body != http.NoBody && req.GetBody == nil) {
		return 0, false
	}
	wait = max(a.after, r.jitter(n))
	if end, ok := req.Context().Deadline(); ok && time.Until(end) <= wait {
		return 0, false // we would wait only to find that time is up
	}
	return wait, r.budget.spend()
}

func (r *resilient) jitter(n int) time.Duration {
	ceiling := r.o.Max
	if shift := n - 1; shift < 32 && r.o.Base<<shift > 0 {
		ceiling = min(r.o.Max, r.o.Base<<shift)
	}
	return rand.N(ceiling + 1) //nolint:gosec // Jitter is no secret.
}

func (r *resilient) backOff(ctx context.Context, a *answer, wait time.Duration) error {
	began, op := time.Now(), Op(ctx)
	err := sleep(ctx, wait)
	r.o.Meter.add(Count{Op: op, Waited: time.Since(began)})
	switch {
	case err == nil:
		return nil
	case a.err != nil:
		return fmt.Errorf("wait to repeat %s after %w: %w", op, a.err, err)
	}
	return fmt.Errorf("wait to repeat %s after status %d: %w", op, a.res.StatusCode, err)
}

// unwrap gives the caller what the wire gave us.
func (a *answer) unwrap(req *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	a.res.Body = io.NopCloser(bytes.NewReader(a.body))
	a.res.Request = req
	return a.res, nil
}

var errTooLarge = errors.New("answer is too large to be one")

func readAll(body io.ReadCloser) ([]byte, error) {
	defer body.Close() //nolint:errcheck // All that we want of it is read, or lost.
	b, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errTooLarge
	}
	return b, err
}

// A timeoutError is an attempt that took too long. It is not
// [context.DeadlineExceeded]: the caller's time is not up.
type timeoutError struct {
	op    string
	after time.Duration
}

func (e *timeoutError) Error() string   { return fmt.Sprintf("no answer to %s within %v", e.op, e.after) }
func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// A budget is retries that all requests share.
type budget struct {
	mu         sync.Mutex
	left, most int
	good       int // answers since the last retry was earned
}

func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.good++; b.good == earnEvery {
		b.good = 0
		b.left = min(b.left+1, b.most)
	}
}

// A notSentError is a request whose turn did not come before its context ended.
type notSentError struct {
	op    string
	again bool // an earlier attempt was sent
	err   error
}

func (e *notSentError) Error() string {
	return fmt.Sprintf("wait for a turn to send %s: %v", e.op, e.err)
}
func (e *notSentError) Unwrap() error { return e.err }

// NotSent reports that nothing has reached the server: there is no doubt about
// what came of the request. Callers look for this method.
func (e *notSentError) NotSent() bool { return !e.again }
