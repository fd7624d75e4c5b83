package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/emulator/fault"
	"ssosync/internal/emulator/inproc"
)

// counting is a handler that says how often it was called.
type counting struct {
	mu sync.Mutex
	n  int
}

func (c *counting) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	c.n++
	n := c.n
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"call":%d,"padding":"0123456789"}`, n)
}

func byPath(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }

type outcome struct {
	status int
	body   string
	err    error // of RoundTrip or of reading
	header http.Header
}

func get(ctx context.Context, h http.Handler, path string) outcome {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://example.com/"+path, http.NoBody)
	res, err := inproc.Transport(h).RoundTrip(req)
	if err != nil {
		return outcome{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return outcome{status: res.StatusCode, body: string(b), err: err, header: res.Header}
}

func TestKinds(t *testing.T) {
	const whole = `{"call":1,"padding":"0123456789"}`
	tests := []struct {
		name   string
		do     fault.Fault
		status int
		body   string
		err    error
		calls  int
	}{
		{"status", fault.Status(fault.Answer{Code: 503, Body: "busy"}), 503, "busy", nil, 0},
		{"reset", fault.Reset(), 0, "", syscall.ECONNRESET, 0},
		{"truncate", fault.Truncate(), 201, whole[:len(whole)/2], io.ErrUnexpectedEOF, 1},
		{"truncate and abort", fault.TruncateAbort(), 201, whole[:len(whole)/2], io.ErrUnexpectedEOF, 1},
		{"lost answer, 429", fault.LostAnswer(fault.Status(fault.Answer{Code: 429})), 429, "", nil, 1},
		{"lost answer, reset", fault.LostAnswer(fault.Reset()), 0, "", syscall.ECONNRESET, 1},
		{"empty", fault.EmptyBody(), 201, "", nil, 1},
		{"delay", fault.Delay(time.Nanosecond), 201, whole, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &counting{}
			rule := &fault.Rule{Do: tt.do}
			got := get(t.Context(), fault.Wrap(c, nil, rule), "x")
			if got.status != tt.status || got.body != tt.body || !errors.Is(got.err, tt.err) || c.n != tt.calls {
				t.Errorf("got %+v after %d calls", got, c.n)
			}
			if rule.Fired() != 1 || rule.Matched() != 1 {
				t.Errorf("fired %d of %d", rule.Fired(), rule.Matched())
			}
		})
	}
}

func TestNotJSON(t *testing.T) {
	c := &counting{}
	got := get(t.Context(), fault.Wrap(c, nil, &fault.Rule{Do: fault.NotJSON()}), "x")
	if got.status != 200 || !strings.HasPrefix(got.body, "<!DOCTYPE html>") || got.header.Get("Content-Type") != "text/html; charset=utf-8" || c.n != 0 {
		t.Errorf("%+v", got)
	}
}

// Cutting an answer that has no body leaves it whole.
func TestTruncateNothing(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, do := range []fault.Fault{fault.Truncate(), fault.TruncateAbort()} {
		if got := get(t.Context(), fault.Wrap(h, nil, &fault.Rule{Do: do}), "x"); got.status != 204 || got.err != nil {
			t.Errorf("%+v", got)
		}
	}
}

// A length that the handler declared does not outlive the body.
func TestDeclaredLength(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "body")
	})
	if got := get(t.Context(), fault.Wrap(h, nil, &fault.Rule{Do: fault.EmptyBody()}), "x"); got.status != 200 || got.body != "" || got.err != nil {
		t.Errorf("empty: %+v", got)
	}
	if got := get(t.Context(), fault.Wrap(h, nil, &fault.Rule{Do: fault.TruncateAbort()}), "x"); got.header.Get("Content-Length") != "" || got.body != "bo" {
		t.Errorf("aborted: %+v", got)
	}
	if got := get(t.Context(), fault.Wrap(h, nil, &fault.Rule{Do: fault.Truncate()}), "x"); got.header.Get("Content-Length") != "4" || got.body != "bo" {
		t.Errorf("cut: %+v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock starts at 2000-01-01T00:00:00Z
		tests := []struct {
			answer fault.Answer
			want   string
		}{
			{fault.Answer{Code: 429}, ""},
			{fault.Answer{Code: 429, RetryAfter: 2 * time.Second}, "2"},
			{fault.Answer{Code: 429, RetryAfter: 1500 * time.Millisecond}, "2"},
			{fault.Answer{Code: 429, RetryAfter: 2 * time.Second, AsDate: true}, "Sat, 01 Jan 2000 00:00:02 GMT"},
			{fault.Answer{Code: 429, RetryAfter: 1500 * time.Millisecond, AsDate: true}, "Sat, 01 Jan 2000 00:00:02 GMT"},
			{fault.Answer{Code: 429, Header: http.Header{"Retry-After": {"soon"}}}, "soon"},
		}
		for _, tt := range tests {
			if got := get(t.Context(), fault.Wrap(&counting{}, nil, &fault.Rule{Do: fault.Status(tt.answer)}), "x"); got.header.Get("Retry-After") != tt.want {
				t.Errorf("%+v: %q, want %q", tt.answer, got.header.Get("Retry-After"), tt.want)
			}
		}
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		h := fault.Wrap(c, nil, &fault.Rule{Do: fault.Delay(time.Minute)})
		start := time.Now()
		if got := get(t.Context(), h, "x"); got.status != 201 || time.Since(start) != time.Minute {
			t.Errorf("%+v after %v", got, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := get(ctx, h, "x"); !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("%+v", got)
		}
		synctest.Wait()
		if c.n != 1 {
			t.Errorf("the handler ran %d times: a client that went away was served", c.n)
		}
	})
}

func TestSelection(t *testing.T) {
	down := fault.Status(fault.Answer{Code: 500})
	tests := []struct {
		name  string
		rule  *fault.Rule
		calls string // paths, one letter each
		want  string // "." passes, "x" is struck
	}{
		{"all", &fault.Rule{}, "aaa", "xxx"},
		{"operation", &fault.Rule{Op: "a"}, "aba", "x.x"},
		{"glob", &fault.Rule{Op: "[a-b]"}, "abc", "xx."},
		{"predicate", &fault.Rule{Match: func(r *http.Request) bool { return r.URL.Path == "/b" }}, "aba", ".x."},
		{"nth of its kind", &fault.Rule{Op: "a", Nth: 2}, "abaa", "..x."},
		{"every", &fault.Rule{Every: 2}, "aaaaa", ".x.x."},
		{"times", &fault.Rule{Times: 2}, "aaaa", "xx.."},
		{"every and times", &fault.Rule{Every: 2, Times: 1}, "aaaa", ".x.."},
		{"certain", &fault.Rule{Probability: 1}, "aaa", "xxx"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rule := tt.rule
			rule.Do = down
			h := fault.Wrap(&counting{}, byPath, rule)
			var got strings.Builder
			for _, c := range tt.calls {
				if get(t.Context(), h, string(c)).status == 500 {
					got.WriteString("x")
				} else {
					got.WriteString(".")
				}
			}
			if got.String() != tt.want || rule.Fired() != strings.Count(tt.want, "x") {
				t.Errorf("got %s, want %s, fired %d", got.String(), tt.want, rule.Fired())
			}
		})
	}
}

// The same seed gives the same faults; the rate is about what was asked for.
func TestProbability(t *testing.T) {
	pattern := func(seed uint64, p float64) string {
		h := fault.Wrap(&counting{}, nil, &fault.Rule{Probability: p, Seed: seed, Do: fault.Status(fault.Answer{Code: 500})})
		var b strings.Builder
		for range 400 {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			b.WriteString(map[bool]string{true: "x", false: "."}[rec.Code == 500])
		}
		return b.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		one := pattern(seed, 0.25)
		if one != pattern(seed, 0.25) {
			t.Fatal("not repeatable")
		}
		if n := strings.Count(one, "x"); n < 50 || n > 160 { // eight standard deviations would be 31 … 169
			t.Fatalf("%d of 400 at p = 0.25", n)
		}
	})
	if pattern(1, 0.5) == pattern(2, 0.5) {
		t.Error("the seed does not matter")
	}
}

// Rules surround each other in order; what an earlier one answers, a later one never sees.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fault.Rule{Do: fault.Delay(time.Second)}
		once := &fault.Rule{Times: 1, Do: fault.Status(fault.Answer{Code: 500})}
		last := &fault.Rule{Do: fault.Status(fault.Answer{Code: 418})}
		h := fault.Wrap(&counting{}, nil, slow, once, last)
		start := time.Now()
		if a, b := get(t.Context(), h, "x"), get(t.Context(), h, "x"); a.status != 500 || b.status != 418 {
			t.Errorf("%+v %+v", a, b)
		}
		if time.Since(start) != 2*time.Second || last.Matched() != 1 || once.Matched() != 2 {
			t.Errorf("%v; last saw %d, once saw %d", time.Since(start), last.Matched(), once.Matched())
		}
	})
}

func TestRulesComeAndGo(t *testing.T) {
	h := fault.Wrap(&counting{}, nil)
	a := &fault.Rule{Do: fault.Status(fault.Answer{Code: 500})}
	b := &fault.Rule{Do: fault.Status(fault.Answer{Code: 503})}
	status := func() int { return get(t.Context(), h, "x").status }
	if status() != 201 {
		t.Error("a wrapper without rules changed the answer")
	}
	h.Add(a)
	h.Add(b)
	if status() != 500 {
		t.Error("the first rule did not strike")
	}
	h.Remove(a)
	if status() != 503 {
		t.Error("the second rule did not strike once the first was gone")
	}
	h.Clear()
	if status() != 201 {
		t.Error("a rule outlived Clear")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				h.Add(a)
				_ = status()
				h.Remove(a)
			}
		})
	}
	wg.Wait()
	if status() != 201 {
		t.Error("a rule outlived Remove")
	}
}

func TestBadRulesPanic(t *testing.T) {
	for name, rule := range map[string]*fault.Rule{"no fault": {}, "bad glob": {Op: "[", Do: fault.Reset()}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			fault.Wrap(&counting{}, nil, rule)
		})
	}
}
