package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A script is a server that answers the n-th request with the n-th line, and
// every further one with the last: a status, or one of the words below.
type script struct {
	lines  []string
	header http.Header
	takes  time.Duration

	mu     sync.Mutex
	at     []time.Time
	bodies []string
}

var errReset = errors.New("connection reset by peer")

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	line := s.lines[min(len(s.at), len(s.lines)-1)]
	s.at = append(s.at, time.Now())
	body := ""
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		body = string(b)
		_ = req.Body.Close()
	}
	s.bodies = append(s.bodies, body)
	s.mu.Unlock()
	if err := sleep(req.Context(), s.takes); err != nil {
		return nil, err
	}
	res := &http.Response{StatusCode: http.StatusOK, Header: s.header.Clone(), Request: req, ContentLength: -1}
	if res.Header == nil {
		res.Header = http.Header{}
	}
	text := strings.NewReader("answer " + line)
	res.Body = io.NopCloser(text)
	switch line {
	case "reset":
		return nil, errReset
	case "hang":
		<-req.Context().Done()
		return nil, req.Context().Err()
	case "cut":
		res.Body = io.NopCloser(io.MultiReader(text, iotest.ErrReader(io.ErrUnexpectedEOF)))
	case "drip":
		res.Body = io.NopCloser(io.MultiReader(text, readerFunc(func([]byte) (int, error) {
			<-req.Context().Done()
			return 0, req.Context().Err()
		})))
	default:
		if _, err := fmt.Sscan(line, &res.StatusCode); err != nil {
			panic(err)
		}
	}
	return res, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func get(ctx context.Context, rt http.RoundTripper) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(WithOp(ctx, "op"), http.MethodGet, "https://api.example.com/things", http.NoBody)
	if err != nil {
		return 0, "", err
	}
	return send(rt, req)
}

func send(rt http.RoundTripper, req *http.Request) (status int, body string, err error) {
	res, err := rt.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

func TestPersistence(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lines  string
		opt    Options
		status int
		err    error
		want   Count
	}{
		{"at once", "200", Options{}, 200, nil, Count{Calls: 1}},
		{"no such thing is an answer", "404", Options{}, 404, nil, Count{Calls: 1}},
		{"throttled", "429 429 200", Options{}, 200, nil, Count{Calls: 3, Retries: 2, Throttles: 2}},
		{"faults", "500 502 503 504 200", Options{}, 200, nil, Count{Calls: 5, Retries: 4}},
		{"lost connections", "reset reset 200", Options{}, 200, nil, Count{Calls: 3, Retries: 2}},
		{"answers that break off", "cut cut 200", Options{}, 200, nil, Count{Calls: 3, Retries: 2}},
		{"answers that never come", "hang 200", Options{}, 200, nil, Count{Calls: 2, Retries: 1}},
		{"answers that never end", "drip 200", Options{}, 200, nil, Count{Calls: 2, Retries: 1}},
		{"eight attempts, then what came last", "500 500 500 500 500 500 500 503 200", Options{}, 503, nil, Count{Calls: 8, Retries: 7}},
		{"eight attempts, then the error", "reset", Options{}, 0, errReset, Count{Calls: 8, Retries: 7}},
		{"eight attempts, then half an answer is none", "cut", Options{}, 0, io.ErrUnexpectedEOF, Count{Calls: 8, Retries: 7}},
		{"two attempts", "500 501", Options{Attempts: 2}, 501, nil, Count{Calls: 2, Retries: 1}},
		{"no budget", "500", Options{Budget: -1}, 500, nil, Count{Calls: 1}},
		{"what the vendor says counts", "404 200 500", Options{Classify: func(status int, body []byte, _ error) Verdict {
			if status == 404 && string(body) == "answer 404" {
				return Throttled
			}
			return OK
		}}, 200, nil, Count{Calls: 2, Retries: 1, Throttles: 1}},
		{"of errors too", "reset 200", Options{Classify: func(status int, body []byte, err error) Verdict {
			if status == 0 && body == nil && errors.Is(err, errReset) {
				return Fatal
			}
			return OK
		}}, 0, errReset, Count{Calls: 1}},
		{"but not of answers that broke off", "cut 200", Options{Classify: func(status int, _ []byte, _ error) Verdict {
			if status == 200 {
				return OK
			}
			return Fatal
		}}, 200, nil, Count{Calls: 2, Retries: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{lines: strings.Fields(tt.lines)}
				m := &Meter{}
				tt.opt.Meter = m
				status, body, err := get(t.Context(), Resilient(s, tt.opt))
				if status != tt.status || !errors.Is(err, tt.err) {
					t.Errorf("status %d and %v, want %d and %v", status, err, tt.status, tt.err)
				}
				if want := fmt.Sprintf("answer %d", tt.status); tt.err == nil && body != want {
					t.Errorf("body %q, want %q", body, want)
				}
				tt.want.Op = "op"
				got := m.Counts()
				got[0].Waited = 0
				if diff := cmp.Diff([]Count{tt.want}, got); diff != "" {
					t.Errorf("cost (-want +got):\n%s", diff)
				}
				if len(s.at) != tt.want.Calls {
					t.Errorf("%d calls, counted %d", len(s.at), tt.want.Calls)
				}
			})
		})
	}
}

// TestFullJitter looks at many first, second, … waits: none is above its
// ceiling, and they spread over everything below.
func TestFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 400
		ceilings := []int{500, 1000, 2000, 4000, 8000, 16000, 32000, 32000, 32000}
		waits := make([][]time.Duration, len(ceilings))
		m := &Meter{}
		for range runs {
			s := &script{lines: []string{"500"}}
			_, _, _ = get(t.Context(), Resilient(s, Options{Attempts: 10, Meter: m}))
			for i := range waits {
				waits[i] = append(waits[i], s.at[i+1].Sub(s.at[i]))
			}
		}
		var sum time.Duration
		for i, ms := range ceilings {
			ceiling := time.Duration(ms) * time.Millisecond
			lo, hi := slices.Min(waits[i]), slices.Max(waits[i])
			if hi > ceiling || hi < ceiling*9/10 || lo > ceiling/10 {
				t.Errorf("wait %d is between %v and %v, want all of 0 to %v", i+1, lo, hi, ceiling)
			}
			for _, w := range waits[i] {
				sum += w
			}
		}
		if got := m.Total().Waited; got != sum {
			t.Errorf("waited %v by the meter, %v by the clock", got, sum)
		}
	})
}

func TestServerSaysWhen(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when bubbles begin
	for _, tt := range []struct {
		name   string
		header http.Header
		least  time.Duration
		calls  int
	}{
		{"seconds", http.Header{"Retry-After": {"7"}}, 7 * time.Second, 2},
		{"padded seconds", http.Header{"Retry-After": {" 7 "}}, 7 * time.Second, 2},
		{"HTTP-date", http.Header{"Retry-After": {now.Add(9 * time.Second).Format(http.TimeFormat)}}, 9 * time.Second, 2},
		{"RFC 850 date", http.Header{"Retry-After": {now.Add(9 * time.Second).Format(time.RFC850)}}, 9 * time.Second, 2},
		{"HTTP-date by the server's clock", http.Header{
			"Date":        {now.Add(time.Hour).Format(http.TimeFormat)},
			"Retry-After": {now.Add(time.Hour + 11*time.Second).Format(http.TimeFormat)},
		}, 11 * time.Second, 2},
		{"a date that is past", http.Header{"Retry-After": {now.Add(-time.Hour).Format(http.TimeFormat)}}, 0, 2},
		{"milliseconds", http.Header{"X-Amz-Retry-After": {"2500"}}, 2500 * time.Millisecond, 2},
		{"both: the longer", http.Header{"X-Amz-Retry-After": {"2500"}, "Retry-After": {"3"}}, 3 * time.Second, 2},
		{"both: the longer, turned round", http.Header{"X-Amz-Retry-After": {"4000"}, "Retry-After": {"3"}}, 4 * time.Second, 2},
		{"milliseconds and a date that is past", http.Header{
			"X-Amz-Retry-After": {"2500"}, "Retry-After": {now.Add(-time.Hour).Format(http.TimeFormat)},
		}, 2500 * time.Millisecond, 2},
		{"negative", http.Header{"Retry-After": {"-5"}}, 0, 2},
		{"nonsense", http.Header{"Retry-After": {"soon"}}, 0, 2},
		{"as much as we bear", http.Header{"Retry-After": {"300"}}, 5 * time.Minute, 2},
		{"more than we bear", http.Header{"Retry-After": {"301"}}, 0, 1},
		{"for ever", http.Header{"Retry-After": {"99999999999999999999"}}, 0, 1},
		{"for nearly ever", http.Header{"Retry-After": {"9223372037"}}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{lines: []string{"503", "200"}, header: tt.header}
				_, _, err := get(t.Context(), Resilient(s, Options{}))
				if err != nil {
					t.Fatal(err)
				}
				if len(s.at) != tt.calls {
					t.Fatalf("%d calls, want %d", len(s.at), tt.calls)
				}
				took := s.at[len(s.at)-1].Sub(s.at[0])
				if most := max(tt.least, 500*time.Millisecond); took < tt.least || took > most {
					t.Errorf("came back after %v, want %v to %v", took, tt.least, most)
				}
			})
		})
	}
}

// TestEverybodyIsTold has one request hear that it should wait, and another one
// of the same operation, that heard nothing, wait as well.
func TestEverybodyIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{lines: []string{"429", "200"}, header: http.Header{"Retry-After": {"20"}}}
		rt := Resilient(s, Options{Pacer: NewPacer(nil)})
		start := time.Now()
		var all sync.WaitGroup
		all.Go(func() { _, _, _ = get(t.Context(), rt) })
		time.Sleep(time.Second)
		all.Go(func() { _, _, _ = get(t.Context(), rt) })
		all.Wait()
		for _, at := range s.at[1:] {
			if d := at.Sub(start); d != 20*time.Second {
				t.Errorf("came after %v, want 20s", d)
			}
		}
		if len(s.at) != 3 {
			t.Errorf("%d calls, want 3", len(s.at))
		}
	})
}

// TestThrottledAnswersSlowDown goes through the front door: 429s halve the rate.
func TestThrottledAnswersSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 40, Burst: 1})
		s := &script{lines: []string{"429", "200"}}
		if _, _, err := get(t.Context(), Resilient(s, Options{Pacer: p})); err != nil {
			t.Fatal(err)
		}
		if got := p.bucket("op").share; got != 0.5 {
			t.Errorf("share %v, want 0.5", got)
		}
	})
}

func TestWaitsForATurnAreMetered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Meter{}
		rt := Resilient(&script{lines: []string{"200"}}, Options{Meter: m, Pacer: one(Limit{PerSecond: 1})})
		for range 4 {
			_, _, _ = get(t.Context(), rt)
		}
		if got := m.Total().Waited; got != 3*time.Second {
			t.Errorf("waited %v, want 3s", got)
		}
	})
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Meter{}
		s := &script{lines: []string{"500"}}
		rt := Resilient(s, Options{Budget: 20, Meter: m})
		for range 10 {
			_, _, _ = get(t.Context(), rt)
		}
		if got := m.Total(); got.Retries != 20 || got.Calls != 30 {
			t.Errorf("%+v, want 20 retries and 10 first calls", got)
		}
		s.lines = []string{"200"}
		for range 29 {
			_, _, _ = get(t.Context(), rt)
		}
		s.lines = []string{"500"}
		for range 2 {
			_, _, _ = get(t.Context(), rt)
		}
		if got := m.Total().Retries; got != 22 {
			t.Errorf("%d retries, want 2 more for 29 that went well", got)
		}
		s.lines = []string{"200"}
		for range 1000 {
			_, _, _ = get(t.Context(), rt)
		}
		s.lines = []string{"500"}
		for range 10 {
			_, _, _ = get(t.Context(), rt)
		}
		if got := m.Total().Retries; got != 42 {
			t.Errorf("%d retries, want 20 more: no more than a budget is earned", got)
		}
	})
}

func TestEndOfTheContext(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines string
		takes time.Duration
	}{
		{"in the back-off", "500", 0},
		{"in an attempt", "hang", 0},
		{"in a slow attempt", "200", time.Minute},
		{"in a body", "drip", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				s := &script{lines: []string{tt.lines}, takes: tt.takes}
				go func() {
					time.Sleep(3 * time.Second)
					cancel()
				}()
				start := time.Now()
				var err error
				for err == nil {
					_, _, err = get(ctx, Resilient(s, Options{Base: time.Minute, Max: time.Hour, Attempts: 100}))
				}
				if !errors.Is(err, context.Canceled) || time.Since(start) != 3*time.Second {
					t.Errorf("%v after %v, want canceled after 3s", err, time.Since(start))
				}
				n := len(s.at)
				time.Sleep(time.Hour)
				if len(s.at) != n {
					t.Error("went on after the end")
				}
			})
		})
	}
}

// TestEndInTheLastAttempt tells the end of the caller's time from the end of the
// attempt's.
func TestEndInTheLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := get(ctx, Resilient(&script{lines: []string{"drip"}}, Options{Attempts: 1}))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the caller's deadline", err)
		}
	})
}

func TestBackOffErrorNamesTheFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for line, want := range map[string]string{"503": "status 503", "reset": errReset.Error()} {
			ctx, cancel := context.WithCancel(t.Context())
			rt := Resilient(&script{lines: []string{line}}, Options{Base: time.Hour, Max: 24 * time.Hour})
			go func() {
				synctest.Wait()
				cancel()
			}()
			_, _, err := get(ctx, rt)
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	})
}

// TestNoTimeForAnother has the server ask for more time than there is: the
// caller gets the answer at once, rather than the end of its context later.
func TestNoTimeForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s := &script{lines: []string{"429"}, header: http.Header{"Retry-After": {"60"}}}
		start := time.Now()
		status, _, err := get(ctx, Resilient(s, Options{Pacer: NewPacer(nil)}))
		if status != 429 || err != nil || time.Since(start) != 0 {
			t.Errorf("%d, %v after %v; want 429 at once", status, err, time.Since(start))
		}
	})
}

func TestAttemptDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 0.01, Burst: 1}) // the wait for a turn does not count
		s := &script{lines: []string{"hang", "hang", "hang", "200"}}
		rt := Resilient(s, Options{Timeout: 5 * time.Second, Attempts: 3, Pacer: p})
		_, _, err := get(t.Context(), rt)
		var slow interface{ Timeout() bool }
		if !errors.As(err, &slow) || !slow.Timeout() || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want a timeout that is not the caller's", err)
		}
		if want := "no answer to op within 5s"; err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
		if _, _, err := get(t.Context(), rt); err != nil {
			t.Error(err)
		}
	})
}

// TestSlotIsFreeInTheBackOff has a request in back-off let another one pass.
func TestSlotIsFreeInTheBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{lines: []string{"500", "200"}}
		rt := Resilient(s, Options{Base: time.Hour, Max: time.Hour, Pacer: one(Limit{InFlight: 1})})
		go func() { _, _, _ = get(t.Context(), rt) }()
		synctest.Wait()
		start := time.Now()
		if _, _, err := get(t.Context(), rt); err != nil || time.Since(start) != 0 {
			t.Errorf("%v after %v, want at once", err, time.Since(start))
		}
		time.Sleep(2 * time.Hour)
	})
}

type closeSpy struct {
	io.Reader
	closed *int
}

func (c closeSpy) Close() error { *c.closed++; return nil }

func TestRewind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{lines: []string{"500", "reset", "cut", "201"}}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com", strings.NewReader("hello"))
		before := req.Clone(t.Context())
		status, _, err := send(Resilient(s, Options{}), req)
		if status != 201 || err != nil {
			t.Fatal(status, err)
		}
		if diff := cmp.Diff([]string{"hello", "hello", "hello", "hello"}, s.bodies); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(before.Header, req.Header); diff != "" {
			t.Error("changed the request: ", diff)
		}

		s = &script{lines: []string{"500", "201"}}
		opened, closed := 0, 0
		req.Body = closeSpy{strings.NewReader("x"), &closed}
		opened++
		req.GetBody = func() (io.ReadCloser, error) {
			opened++
			return closeSpy{strings.NewReader("x"), &closed}, nil
		}
		if _, _, err := send(Resilient(s, Options{}), req); err != nil || opened != closed || opened != 2 {
			t.Errorf("%v; opened %d, closed %d", err, opened, closed)
		}
	})
}

func TestWithoutRewind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{lines: []string{"500", "201"}}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com", io.MultiReader(strings.NewReader("once")))
		if status, _, err := send(Resilient(s, Options{}), req); status != 500 || err != nil {
			t.Errorf("%d, %v; want the first answer", status, err)
		}

		req.Body, req.GetBody = io.NopCloser(strings.NewReader("")), func() (io.ReadCloser, error) { return nil, errReset }
		s = &script{lines: []string{"500", "201"}}
		if _, _, err := send(Resilient(s, Options{}), req); !errors.Is(err, errReset) || !strings.Contains(err.Error(), "rewind the body of other") {
			t.Errorf("%v, want the body's error", err)
		}

		closed := 0
		req.Body = closeSpy{strings.NewReader("x"), &closed}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := send(Resilient(s, Options{}), req.WithContext(ctx)); !errors.Is(err, context.Canceled) || closed != 1 {
			t.Errorf("%v, closed %d times; want canceled and once", err, closed)
		}
	})
}

func TestAnswerIsUnchanged(t *testing.T) {
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com", http.NoBody)
	want := &http.Response{
		Status: "418 I'm a teapot", StatusCode: http.StatusTeapot, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: 5,
		Header: http.Header{"X-A": {"1", "2"}}, Trailer: http.Header{"X-T": {"3"}},
	}
	closed := 0
	base := Authorize(func(context.Context) (string, error) { return "t", nil })(Func(func(r *http.Request) (*http.Response, error) {
		res := *want
		res.Body = closeSpy{strings.NewReader("short"), &closed}
		res.Request = r
		return &res, nil
	}))
	got, err := Resilient(base, Options{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got.Request != req || closed != 1 {
		t.Errorf("the answer belongs to %p, want %p; its body was closed %d times", got.Request, req, closed)
	}
	defer got.Body.Close()
	b, _ := io.ReadAll(got.Body)
	if string(b) != "short" {
		t.Errorf("body %q", b)
	}
	got.Body, got.Request = nil, nil
	if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)); diff != "" {
		t.Error(diff)
	}
}

func TestEndlessAnswer(t *testing.T) {
	calls := 0
	base := Func(func(*http.Request) (*http.Response, error) {
		calls++
		endless := readerFunc(func(p []byte) (int, error) { return len(p), nil })
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bufferedZeros{endless})}, nil
	})
	_, _, err := get(t.Context(), Resilient(base, Options{Classify: func(int, []byte, error) Verdict { return Fatal }}))
	if !errors.Is(err, errTooLarge) || calls != 1 {
		t.Errorf("%v after %d calls, want %v", err, calls, errTooLarge)
	}
}

type bufferedZeros struct{ io.Reader }

func TestPanicsLeaveNoSlotTaken(t *testing.T) {
	p := one(Limit{InFlight: 1})
	func() {
		defer func() { _ = recover() }()
		_, _, _ = get(t.Context(), Resilient(Func(func(*http.Request) (*http.Response, error) { panic(1) }), Options{Pacer: p}))
	}()
	if _, _, err := get(t.Context(), Resilient(&script{lines: []string{"200"}}, Options{Pacer: p})); err != nil {
		t.Fatal(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Meter{}
		flaky := &flaky{}
		rt := Resilient(flaky, Options{Meter: m, Pacer: one(Limit{PerSecond: 100, Burst: 5, InFlight: 3})})
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				if status, body, err := get(t.Context(), rt); status != 200 || body != "fine" || err != nil {
					t.Errorf("%d %q %v", status, body, err)
				}
			})
		}
		all.Wait()
		if got := m.Total(); got.Calls != 200+got.Retries || got.Calls != flaky.n || got.Retries == 0 || got.Throttles == 0 {
			t.Errorf("%+v for %d calls", got, flaky.n)
		}
		if flaky.peak != 3 {
			t.Errorf("up to %d in flight, want 3", flaky.peak)
		}
	})
}

// flaky throttles every seventh request, breaks every eleventh, and takes its time.
type flaky struct {
	mu     sync.Mutex
	n      int
	inside int
	peak   int
}

func (f *flaky) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.n++
	n := f.n
	f.inside++
	f.peak = max(f.peak, f.inside)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.inside--
		f.mu.Unlock()
	}()
	if err := sleep(req.Context(), 50*time.Millisecond); err != nil {
		return nil, err
	}
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte("fine")))}
	switch {
	case n%7 == 0:
		res.StatusCode = 429
	case n%11 == 0:
		return nil, errReset
	}
	return res, nil
}
