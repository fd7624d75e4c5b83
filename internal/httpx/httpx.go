// Package httpx holds the layers between an API's client and the wire: pace,
// retry, measure, authorize, log; each is an [http.RoundTripper] around
// another. It knows no vendor and decodes no body: what an answer means is told
// to it by a [Classify], and what it writes to a log never comes from a header
// or a body.
package httpx

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// A Layer puts something around a RoundTripper.
type Layer func(http.RoundTripper) http.RoundTripper

// Func is a function that is an [http.RoundTripper].
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f Func) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Chain puts layers around base, the first one outermost.
func Chain(base http.RoundTripper, layers ...Layer) http.RoundTripper {
	for _, around := range slices.Backward(layers) {
		base = around(base)
	}
	return base
}

type opKey struct{}

// Unnamed is the operation of requests that nobody named.
const Unnamed = "other"

// WithOp names the vendor's operation that requests made with the context
// carry out, such as "users.list" or "scim:PatchGroup". Limits, counts and logs
// go by it.
func WithOp(ctx context.Context, op string) context.Context {
	return context.WithValue(ctx, opKey{}, op)
}

// Op returns what [WithOp] said last, or [Unnamed].
func Op(ctx context.Context) string {
	if op, ok := ctx.Value(opKey{}).(string); ok && op != "" {
		return op
	}
	return Unnamed
}

// Authorize sends each request with the bearer token that token returns (RFC
// 6750 §2.1). It is asked once per attempt, so a token may be renewed between
// two of them; it caches nothing. A redirect to another host goes without the
// token, as [http.Client] itself does with headers that the caller set.
func Authorize(token func(ctx context.Context) (string, error)) Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(req *http.Request) (*http.Response, error) {
			if strayed(req) {
				return next.RoundTrip(req)
			}
			t, err := token(req.Context())
			if err != nil {
				closeBody(req)
				return nil, &tokenError{op: Op(req.Context()), err: err}
			}
			req = req.Clone(req.Context())
			req.Header.Set("Authorization", "Bearer "+t)
			return next.RoundTrip(req)
		})
	}
}

// A tokenError is a request that was not sent for want of a token.
type tokenError struct {
	op  string
	err error
}

func (e *tokenError) Error() string { return fmt.Sprintf("get a token for %s: %v", e.op, e.err) }
func (e *tokenError) Unwrap() error { return e.err }

// UserAgent sends each request with s as its User-Agent (RFC 9110 §10.1.5).
func UserAgent(s string) Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			req.Header.Set("User-Agent", s)
			return next.RoundTrip(req)
		})
	}
}

// strayed reports whether the request follows a redirect away from the scheme
// and host that the first request was meant for.
func strayed(req *http.Request) bool {
	first := req
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return first.URL.Host != req.URL.Host || first.URL.Scheme != req.URL.Scheme
}

// closeBody does what a RoundTripper owes a request that it does not send.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing was sent: there is nothing to lose
	}
}

// ended says why ctx is over: its error, and the cause where there is another.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}
