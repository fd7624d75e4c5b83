package lambda

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/secret"
)

func TestMemoryLimit(t *testing.T) {
	for _, tt := range []struct {
		environ []string
		want    int64
	}{
		{nil, 0},
		{[]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"}, 96 << 20},
		{[]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=10240"}, 7680 << 20},
		{[]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "GOMEMLIMIT=50MiB"}, 0},
		{[]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=much"}, 0},
		{[]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=-1"}, 0},
	} {
		if got := memoryLimit(tt.environ); got != tt.want {
			t.Errorf("%q: %d", tt.environ, got)
		}
	}
}

func TestIsSCIM(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://scim.us-east-1.amazonaws.com/t/scim/v2":      true,
		"https://SCIM.cn-north-1.amazonaws.com.cn/t/scim/v2":  true,
		"https://scim.eusc-de-east-1.amazonaws.eu/t/scim/v2":  true,
		"https://scim.us-east-1.api.aws/t/scim/v2":            true,
		"http://127.0.0.1:9000/t/scim/v2":                     true,
		"https://scim.us-east-1.amazonaws.com.evil.example/t": false,
		"https://amazonaws.com/t":                             false,
		"https://evilamazonaws.com/t":                         false,
		"https://x.execute-api.us-east-1.amazonaws.com/prod":  false,
		"https://scim.x.us-east-1.amazonaws.com/t":            false,
		"https://scim.us-east-1.amazonaws.com:8443/t":         false,
		"https://evil.example/.amazonaws.com":                 false,
		"https://scim.us-east-1.amazonaws.com@evil.example/t": false,
		"https://127.0.0.1.evil.example/t":                    false,
		"https://evil.example?.amazonaws.com":                 false,
		"https://evil.example#.amazonaws.com":                 false,
		"":                                                    false,
		"://":                                                 false,
	} {
		if isSCIM(endpoint) != want {
			t.Errorf("%s: %v", endpoint, !want)
		}
	}
}

// A tenth of the time, up to five seconds, is kept for what comes after a run.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := within(t.Context(), time.Minute); got != time.Minute {
			t.Errorf("without a deadline: %v", got)
		}
		for _, tt := range []struct{ left, given, want time.Duration }{
			{900 * time.Second, 0, 895 * time.Second},
			{300 * time.Second, time.Hour, 295 * time.Second},
			{300 * time.Second, time.Minute, time.Minute},
			{10 * time.Second, 0, 9 * time.Second},
			{0, 0, 1}, // 0 would be for ever
			{-time.Second, time.Minute, 1},
		} {
			ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(tt.left))
			if got := within(ctx, tt.given); got != tt.want {
				t.Errorf("%v left, %v given: %v", tt.left, tt.given, got)
			}
			cancel()
		}
	})
}

// Whoever has many tenants does not fill the memory with their secrets.
func TestTheVaultIsBounded(t *testing.T) {
	var v vault
	for i := range 10 * kept {
		v.put(reference(i), fetched{at: time.Now()})
		if _, ok := v.get(reference(i), time.Now()); !ok || len(v.known) > kept {
			t.Fatalf("%d secrets, there: %v", len(v.known), ok)
		}
	}
}

// An event that has ended is not stopped later.
func TestNothingIsKeptOfAnEvent(t *testing.T) {
	f := New(Env{Stdout: io.Discard, Environ: []string{"SSOSYNC_CONFIG=none.yaml"}})
	if _, err := f.Invoke(t.Context(), []byte(`{"unknown":1}`)); err == nil || len(f.running) > 0 {
		t.Errorf("%d events are running, %v", len(f.running), err)
	}
}

func reference(i int) secret.Reference {
	return secret.Reference{Scheme: secret.SSM, Name: string(rune('a' + i))}
}
