package bucket

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.uber.org/goleak"

	"ssosync/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	target = "scim.us-east-1.amazonaws.com-0123456789ab"
	root   = "ssosync/" + target + "/"
	hidden = "wJalrXUtnFEMI/K7MDENG"
)

var ada = state.Owner{Run: "01JDKH", Command: "ssosync sync", User: "ada", Host: "a.example.com", PID: 1}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func keyed(region string) func(context.Context) (aws.Config, error) {
	return func(context.Context) (aws.Config, error) {
		return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", hidden, "session-"+hidden)}, nil
	}
}

func options(f *fake) Options {
	return Options{Bucket: f.bucket, Prefix: "ssosync", Target: target, AWS: keyed(f.region), Base: f}
}

func open(tb testing.TB, f *fake) *Bucket {
	tb.Helper()
	b, err := Open(tb.Context(), options(f))
	must(tb, err)
	return b
}

// custom is like open, for a server that is not AWS's.
func custom(tb testing.TB, f *fake) (*Bucket, error) {
	tb.Helper()
	o := options(f)
	o.AWS = func(ctx context.Context) (aws.Config, error) {
		cfg, err := keyed(f.region)(ctx)
		cfg.BaseEndpoint = aws.String("https://s3.example.com")
		return cfg, err
	}
	return Open(tb.Context(), o)
}

func held(tb testing.TB, err error) *state.HeldError {
	tb.Helper()
	var h *state.HeldError
	if !errors.As(err, &h) {
		tb.Fatalf("error %v, want one who holds it", err)
	}
	return h
}

// weather breaks so many percent of all requests, in every way.
func weather(percent int, seed uint64) func(*http.Request, string, int) *fault {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, 1))
	return func(*http.Request, string, int) *fault {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(100) >= percent {
			return nil
		}
		kinds := []fault{
			{status: 500, code: "InternalError"},
			{status: 500, code: "InternalError", done: true},
			{status: 503, code: "SlowDown"},
			{cut: true},
			{cut: true, done: true},
			{hang: true},
			{hang: true, done: true},
			{status: 409, code: "ConditionalRequestConflict"},
		}
		return &kinds[r.IntN(len(kinds))]
	}
}

// only breaks the first so many requests of an operation.
func only(op string, times int, bad fault) func(*http.Request, string, int) *fault {
	var mu sync.Mutex
	return func(_ *http.Request, what string, _ int) *fault {
		mu.Lock()
		defer mu.Unlock()
		if what != op || times == 0 {
			return nil
		}
		times--
		return &bad
	}
}
