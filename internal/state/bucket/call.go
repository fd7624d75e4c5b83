package bucket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ssosync/internal/awsid"
	"ssosync/internal/httpx"
)

const (
	// within is how long a request may take with all its attempts, and eachWithin
	// one of these; lookWithin is for looking what came of it. It is a second more
	// for each MiB that is carried.
	within     = 24 * time.Second
	eachWithin = 10 * time.Second
	lookWithin = 6 * time.Second
	// attempts is how often a request is sent at the most.
	attempts = 5
	// pause bounds the first back-off; each is up to twice the one before.
	pause = 250 * time.Millisecond
)

// carry is how much longer it takes to carry so many bytes.
func carry(size int) time.Duration { return time.Duration(size>>20) * time.Second }

// try sends a request until S3 has answered it, one way or the other. size is
// about how many bytes it carries.
//
// Whatever write is sent again has a condition: if the one before was carried
// out although no answer came, the condition does not hold any more, and the
// caller looks.
func (b *Bucket) try(ctx context.Context, op, key string, size int, f func(ctx context.Context) error) error {
	extra := carry(size)
	ctx, cancel := context.WithTimeout(ctx, within+extra)
	defer cancel()
	for n := 1; ; n++ {
		err := b.once(ctx, op, key, n, eachWithin+extra, f)
		if err == nil || n == attempts || ctx.Err() != nil {
			return err
		}
		at, again := b.verdict(err, n)
		if !again || at > 0 && wait(ctx, rand.N(at)) != nil { //nolint:gosec // Jitter is no secret.
			return err
		}
	}
}

// verdict says whether a request that failed for the n-th time is worth another
// attempt, and after what time at the most.
func (b *Bucket) verdict(err error, n int) (after time.Duration, again bool) {
	e, answered := errors.AsType[*APIError](err)
	switch {
	case !answered:
		return pause << (n - 1), errors.Is(err, ErrUnavailable)
	case e.region != "" && b.move(e.region):
		return 0, true
	case e.kind() == skewed:
		return 0, n == 1 // the SDK has taken the time from the answer
	default:
		return pause << (n - 1), e.kind() == passing
	}
}

// once sends a request.
func (b *Bucket) once(whole context.Context, op, key string, n int, most time.Duration, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(whole, most)
	defer cancel()
	began := time.Now()
	if _, err := b.credentials.Retrieve(ctx); err != nil {
		return withoutKeys(whole, ctx, err)
	}
	err := f(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = fmt.Errorf("%s %s: %w", op, b.url(key), cut(whole, time.Since(began)))
	default:
		err = b.judge(op, key, err)
	}
	status, id := 200, ""
	if e, ok := errors.AsType[*APIError](err); ok {
		status, id = e.Status, e.RequestID
	} else if err != nil {
		status = 0
	}
	b.o.Log.DebugContext(whole, "request", "op", op, "key", key, "status", status, "took", time.Since(began), "attempt", n, "request_id", id)
	return err
}

// cut says why there was no answer: the caller's time is up, or this attempt's.
func cut(whole context.Context, took time.Duration) error {
	if errors.Is(whole.Err(), context.Canceled) {
		return whole.Err()
	}
	return &unavailableError{fmt.Sprintf("no answer within %v", took.Round(time.Second))}
}

// judge puts an error of the SDK in our words.
func (b *Bucket) judge(op, key string, err error) error {
	res, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !answered || res.Response == nil || res.HTTPStatusCode() == 0 || res.HTTPStatusCode() == 200 {
		return fmt.Errorf("%s %s: %w", op, b.url(key), unanswered(err))
	}
	e := &APIError{Op: op, Place: b.url(key), Status: res.HTTPStatusCode(), region: res.Response.Header.Get("X-Amz-Bucket-Region")}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		e.Code, e.Detail = httpx.ID(api.ErrorCode()), said(api.ErrorMessage())
	}
	e.RequestID = httpx.ID(res.Response.Header.Get("X-Amz-Request-Id"))
	b.explain(e)
	return e
}

// unanswered is about a request that got no answer, or half of one.
func unanswered(err error) error {
	switch {
	case errors.Is(err, errOdd):
		return err
	case errors.Is(err, errPlain):
		return &setupError{errPlain}
	}
	text := said(inner(err).Error())
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	dns, name := errors.AsType[*net.DNSError](err)
	if cert || authority || name && dns.IsNotFound {
		return &setupError{errors.New(text + "; are AWS_REGION and AWS_ENDPOINT_URL_S3 right?")}
	}
	return &unavailableError{text}
}

// inner returns what happened on the wire, without the SDK's way to say so.
func inner(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	if s, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return s.Err
	}
	if o, ok := errors.AsType[*smithy.OperationError](err); ok {
		return o.Err
	}
	return err
}

// withoutKeys is about credentials that could not be renewed. If they come over
// the wire, they may in a moment.
func withoutKeys(whole, ctx context.Context, err error) error {
	switch {
	case errors.Is(whole.Err(), context.Canceled):
		return whole.Err()
	case ctx.Err() != nil:
		return &unavailableError{"AWS credentials: the look-up takes too long"}
	}
	if _, wire := errors.AsType[net.Error](err); wire {
		return &unavailableError{"AWS credentials: " + awsid.Unquoted(err).Error()}
	}
	return &setupError{errors.New("AWS credentials: " + awsid.Unquoted(err).Error() + "; " + remedyKeys)}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
