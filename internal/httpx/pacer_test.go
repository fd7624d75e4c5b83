package httpx

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func one(l Limit) *Pacer { return NewPacer(func(string) Limit { return l }) }

// TestPaceLaw holds any crowd to the rate: whatever it does, no window of a
// second sees more than a second's worth and one burst. And it holds the pacer
// to its use: nobody waits when nobody has to.
func TestPaceLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := Limit{
			PerSecond: float64(rapid.IntRange(1, 300).Draw(rt, "tenths")) / 10,
			Burst:     rapid.IntRange(1, 12).Draw(rt, "burst"),
		}
		gaps := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 900), 1, 12), 1, 6).Draw(rt, "gaps in ms")
		throttles := rapid.SliceOfN(rapid.IntRange(0, 5000), 0, 3).Draw(rt, "throttles at ms")
		var granted []time.Duration
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			start, p := time.Now(), one(limit)
			var crowd sync.WaitGroup
			for _, mine := range gaps {
				crowd.Go(func() {
					for _, ms := range mine {
						time.Sleep(time.Duration(ms) * time.Millisecond)
						if err := p.Take(t.Context(), "op", 1); err != nil {
							t.Error(err)
						}
						mu.Lock()
						granted = append(granted, time.Since(start))
						mu.Unlock()
					}
				})
			}
			for _, ms := range throttles {
				crowd.Go(func() {
					time.Sleep(time.Duration(ms) * time.Millisecond)
					p.Throttled("op")
				})
			}
			crowd.Wait()
		})
		most := int(limit.PerSecond) + limit.Burst
		for i, from := range granted {
			n := 0
			for _, at := range granted[i:] {
				if at < from+time.Second {
					n++
				}
			}
			if n > most {
				rt.Fatalf("%d in the second from %v, want at most %d: %v", n, from, most, granted)
			}
		}
		if len(throttles) > 0 {
			return
		}
		total := 0
		last := time.Duration(0)
		for _, mine := range gaps {
			sum := 0
			for _, ms := range mine {
				sum += ms
			}
			total += len(mine)
			last = max(last, time.Duration(sum)*time.Millisecond)
		}
		last += time.Duration(float64(total) / limit.PerSecond * float64(time.Second))
		if got := slices.Max(granted); got > last+time.Millisecond {
			rt.Fatalf("the last one went at %v, want at most %v", got, last)
		}
	})
}

// perSecond lets as much through as the pacer permits and returns how much that
// was in each second; at is called after each whole second.
func perSecond(t *testing.T, p *Pacer, seconds int, at func(second int)) []int {
	t.Helper()
	counts := make([]int, seconds)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second)
	defer cancel()
	start := time.Now()
	go func() {
		for s := range seconds {
			time.Sleep(time.Until(start.Add(time.Duration(s)*time.Second + time.Millisecond)))
			at(s)
		}
	}()
	for p.Take(ctx, "op", 1) == nil {
		counts[int(time.Since(start)/time.Second)]++
	}
	synctest.Wait()
	return counts
}

func TestHalveAndRecover(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit Limit
		at    []int // seconds at which a throttle is reported, twice
		want  []int
	}{
		{"one per second comes back", Limit{PerSecond: 10}, []int{2}, []int{10, 10, 5, 6, 7, 8, 9, 10, 10}},
		{"again and again", Limit{PerSecond: 16}, []int{1, 3, 4}, []int{16, 8, 9, 5, 2, 3, 4, 5, 6, 7, 8}},
		{"large limits come back in forty seconds", Limit{PerSecond: 400}, []int{1}, []int{400, 200, 210, 220, 230}},
		{"never to a standstill", Limit{PerSecond: 80}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, []int{80, 40, 21, 10, 5, 2, 2, 2, 2, 2, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := one(tt.limit)
				got := perSecond(t, p, len(tt.want), func(s int) {
					if slices.Contains(tt.at, s) {
						p.Throttled("op")
						p.Throttled("op")
					}
				})
				for i := range got {
					if d := got[i] - tt.want[i]; d < -1 || d > 1 {
						t.Fatalf("in each second: %v, want about %v", got, tt.want)
					}
				}
			})
		})
	}
}

// TestOldNewsIsNoNews throttles requests that all began before the first cut:
// what they learned, we know already, however late they say so.
func TestOldNewsIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 40})
		began := time.Now()
		for range 10 {
			time.Sleep(3 * time.Second)
			p.slower("op", began)
		}
		if got := p.bucket("op").share; got != 0.5 {
			t.Errorf("share %v after one storm, want 0.5", got)
		}
		p.slower("op", time.Now().Add(-time.Second))
		if got := p.bucket("op").share; got != 0.25 {
			t.Errorf("share %v after another, want 0.25", got)
		}
	})
}

// TestACutIsGivenASecond throttles requests that began after the first cut, but
// before it could show an effect.
func TestACutIsGivenASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 40})
		p.Throttled("op")
		for i, want := range []float64{0.5, 0.5, 0.25} {
			time.Sleep(400 * time.Millisecond)
			p.slower("op", time.Now().Add(-100*time.Millisecond))
			if got := p.bucket("op").share; got != want {
				t.Errorf("share %v after storm %d, want %v", got, i+1, want)
			}
		}
	})
}

// TestAPauseIsNotCalm keeps the rate down after a pause: nothing was asked, so
// nothing was learned.
func TestAPauseIsNotCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 40, Burst: 5})
		p.Throttled("op")
		p.pause("op", 10*time.Second)
		for _, want := range []float64{0.5, 0.5 + 1.0/40} {
			if err := p.Take(t.Context(), "op", 1); err != nil {
				t.Fatal(err)
			}
			if got := p.bucket("op").share; got != want {
				t.Errorf("share %v, want %v", got, want)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestThrottlesKeepTheRateDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 40, Burst: 40})
		began := time.Now()
		for range 20 { // old news, but no calm either
			p.slower("op", began)
			time.Sleep(500 * time.Millisecond)
			if err := p.Take(t.Context(), "op", 1); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.bucket("op").share; got != 0.5 {
			t.Errorf("share %v, want 0.5: there was never a second of calm", got)
		}
	})
}

func TestBucketsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]int{}
		p := NewPacer(func(op string) Limit {
			asked[op]++
			return Limit{PerSecond: 1}
		})
		p.pause("a", time.Hour)
		start := time.Now()
		for range 3 {
			if err := p.Take(t.Context(), "b", 1); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("b waited %v, want 2s", took)
		}
		if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, asked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPauseHoldsEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 2, Burst: 1})
		start := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				_ = p.Take(t.Context(), "op", 1)
				if took := time.Since(start); took > 0 && took < 7*time.Second {
					t.Errorf("began after %v, in the pause", took)
				}
			})
		}
		time.Sleep(100 * time.Millisecond) // the first has gone, the others wait already
		p.pause("op", 6900*time.Millisecond)
		p.pause("op", time.Second) // a shorter one changes nothing
		all.Wait()
	})
}

func TestSpendInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 100, Burst: 50})
		start := time.Now()
		for range 3 {
			if err := p.Take(t.Context(), "memberships", 100); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2500*time.Millisecond {
			t.Errorf("300 at 100/s with a burst of 50 took %v, want 2.5s", took)
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := one(Limit{PerSecond: 1})
		var mu sync.Mutex
		var order []int
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				_ = p.Take(t.Context(), "op", 1+i%3)
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			})
			synctest.Wait()
		}
		all.Wait()
		if !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestNobodyWaitsPastTheEnd(t *testing.T) {
	errWhy := errors.New("the margin before the deadline")
	for _, tt := range []struct {
		name string
		prep func(*Pacer)
	}{
		{"for a token", func(p *Pacer) { _ = p.Take(context.Background(), "op", 1) }},
		{"for the end of a pause", func(p *Pacer) { p.pause("op", time.Hour) }},
		{"for a slot", func(p *Pacer) { _, _ = p.enter(context.Background(), "op") }},
		{"behind another", func(p *Pacer) { go func() { _ = p.Take(context.Background(), "op", 2) }() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := one(Limit{PerSecond: 0.1, Burst: 1, InFlight: 1})
				tt.prep(p)
				synctest.Wait()
				ctx, cancel := context.WithCancelCause(t.Context())
				go func() {
					time.Sleep(time.Second)
					cancel(errWhy)
				}()
				start := time.Now()
				_, err := p.enter(ctx, "op")
				if !errors.Is(err, context.Canceled) || !errors.Is(err, errWhy) || time.Since(start) != time.Second {
					t.Errorf("%v after %v, want canceled after 1s", err, time.Since(start))
				}
				if err := p.Take(ctx, "op", 1); !errors.Is(err, context.Canceled) {
					t.Errorf("took a token after the end: %v", err)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestNilPacer(t *testing.T) {
	var p *Pacer
	p.Throttled("op")
	p.pause("op", time.Hour)
	p.slower("op", time.Now())
	if err := p.Take(t.Context(), "op", 1); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Take(ctx, "op", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
	if err := NewPacer(nil).Take(t.Context(), "op", 1_000_000); err != nil {
		t.Error(err)
	}
}

// TestInFlightLaw lets requests of any length through and counts who is inside.
func TestInFlightLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(1, 8).Draw(rt, "in flight")
		lengths := rapid.SliceOfN(rapid.IntRange(1, 2000), 1, 60).Draw(rt, "lengths in ms")
		throttled := rapid.Bool().Draw(rt, "throttled")
		peak := 0
		synctest.Test(t, func(t *testing.T) {
			p := one(Limit{InFlight: most})
			if throttled {
				p.Throttled("op")
			}
			var mu sync.Mutex
			inside := 0
			var all sync.WaitGroup
			for _, ms := range lengths {
				all.Go(func() {
					leave, err := p.enter(t.Context(), "op")
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					inside++
					peak = max(peak, inside)
					mu.Unlock()
					time.Sleep(time.Duration(ms) * time.Millisecond)
					mu.Lock()
					inside--
					mu.Unlock()
					leave()
				})
			}
			if throttled { // look before a second of calm has passed
				time.Sleep(900 * time.Millisecond)
				mu.Lock()
				if inside > max(1, most/2) {
					t.Errorf("%d in flight after a throttle, of %d", inside, most)
				}
				mu.Unlock()
			}
			all.Wait()
		})
		if want := min(most, len(lengths)); peak > want || (!throttled && peak < want) {
			rt.Fatalf("up to %d in flight, want %d", peak, want)
		}
	})
}
