package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/state"
)

const lease = root + "lock.json"

// die ends a lock as kill -9 does.
func die(l *Lock) {
	close(l.stop)
	<-l.done
}

func isLost(l *Lock) bool {
	synctest.Wait()
	select {
	case <-l.Lost():
		return true
	default:
		return false
	}
}

func TestALockHasOneHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		a, b := open(t, f), open(t, f)
		first, err := a.Lock(t.Context(), ada)
		must(t, err)
		_, err = b.Lock(t.Context(), state.Owner{Command: "ssosync plan"})
		h := held(t, err)
		if left := time.Until(h.Expires); h.Owner != ada || left <= 2*time.Minute || left > 2*time.Minute+leaseGrace {
			t.Errorf("held by %+v", h)
		}
		if err.Error() != h.Error() || !strings.Contains(err.Error(), "another run (ssosync sync, by ada@a.example.com, process 1, run 01JDKH) holds the lock") {
			t.Errorf("it reads: %v", err)
		}
		must(t, first.Release())
		must(t, first.Release())
		if got := f.keys(); len(got) != 0 {
			t.Errorf("there is %v", got)
		}
		second, err := b.Lock(t.Context(), state.Owner{})
		must(t, err)
		must(t, first.Release()) // does not release the second
		_, err = a.Lock(t.Context(), ada)
		held(t, err)
		must(t, second.Release())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Lock(ctx, ada); !errors.Is(err, context.Canceled) || f.count("DeleteObject") != 2 {
			t.Errorf("a context that has ended: %v", err)
		}
	})
}

// TestALeaseIsRenewed: the living keep it for as long as they want, the dead for
// as long as it lasts, whatever the clocks of both say.
func TestALeaseIsRenewed(t *testing.T) {
	for _, ahead := range []time.Duration{0, -3 * time.Hour, 26 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.ahead = ahead
			b, other := open(t, f), open(t, f)
			l, err := b.Lock(t.Context(), ada)
			must(t, err)
			puts := f.written()
			for range 60 {
				time.Sleep(61 * time.Second)
				_, err := other.Lock(t.Context(), state.Owner{})
				if h := held(t, err); h.Owner != ada {
					t.Fatalf("held by %+v", h)
				}
			}
			if isLost(l) || l.Err() != nil {
				t.Fatal("the lock was lost")
			}
			if n := f.written() - puts; n < 80 || n > 92 { // 61 minutes, one every 40 seconds
				t.Errorf("it was renewed %d times", n)
			}
			seen, err := b.find()
			must(t, err)
			die(l)
			time.Sleep(time.Until(seen.written.Add(-ahead+state.LeaseTTL+leaseGrace)) - time.Millisecond)
			_, err = other.Lock(t.Context(), state.Owner{})
			h := held(t, err)
			if d := h.Expires.Sub(time.Now().Add(ahead)); d <= 0 || d > time.Second {
				t.Errorf("free in %v", d)
			}
			time.Sleep(time.Second)
			l, err = other.Lock(t.Context(), state.Owner{})
			must(t, err)
			must(t, l.Release())
		})
	}
}

// TestALockIsLost in good time before anybody else can have it.
func TestALockIsLost(t *testing.T) {
	down := func(*http.Request, string, int) *fault { return &fault{status: 503, code: "SlowDown"} }
	hung := func(*http.Request, string, int) *fault { return &fault{hang: true} }
	for name, bad := range map[string]func(*http.Request, string, int) *fault{"down": down, "hung": hung} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				b := open(t, f)
				l, err := b.Lock(t.Context(), ada)
				must(t, err)
				began := time.Now()
				time.Sleep(100 * time.Second) // renewed at 40 and 80
				f.becomes(bad)
				<-l.Lost()
				if took := time.Since(began); took != 200*time.Second {
					t.Errorf("lost after %v", took)
				}
				if err := l.Err(); err == nil || !strings.Contains(err.Error(), "its lease has expired") {
					t.Errorf("lost: %v", err)
				}
				f.becomes(nil)
				_, err = b.Lock(t.Context(), ada)
				held(t, err) // for some seconds more
				time.Sleep(7 * time.Second)
				second, err := b.Lock(t.Context(), state.Owner{User: "bob"})
				must(t, err)
				must(t, l.Release())
				if isLost(second) {
					t.Error("the one who lost it gave it back")
				}
				must(t, second.Release())
			})
		})
	}
}

// TestAMoment of weather costs no lock.
func TestAMomentOfWeather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		l, err := open(t, f).Lock(t.Context(), ada)
		must(t, err)
		for range 30 {
			f.becomes(weather(100, 1))
			time.Sleep(60 * time.Second)
			f.becomes(nil)
			time.Sleep(60 * time.Second)
		}
		if isLost(l) {
			t.Error(l.Err())
		}
		must(t, l.Release())
	})
}

func TestSomebodyElseHasIt(t *testing.T) {
	theirs, err := state.NewLease(state.Owner{User: "eve", Host: "e.example.com"}).Encode()
	must(t, err)
	for _, tt := range []struct {
		name string
		act  func(f *fake)
		lost string // "" if the lock is not
	}{
		{"taken over", func(f *fake) { f.set(lease, strings.Replace(string(theirs), "0001-01-01", "2030-01-01", 1)) }, "eve@e.example.com"},
		{"deleted by hand", func(f *fake) { f.del(lease) }, ""},
		{"garbage", func(f *fake) { f.set(lease, "\x00") }, "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				l, err := open(t, f).Lock(t.Context(), ada)
				must(t, err)
				tt.act(f)
				time.Sleep(3 * time.Minute)
				if isLost(l) != (tt.lost != "") || tt.lost != "" && !strings.Contains(l.Err().Error(), tt.lost) {
					t.Errorf("lost: %v", l.Err())
				}
				there := len(f.keys())
				must(t, l.Release())
				if left := len(f.keys()); tt.lost != "" && left != there || tt.lost == "" && left != 0 {
					t.Errorf("there is %v", f.keys())
				}
			})
		})
	}
}

// TestASleepingMachine wakes up after its lease has ended. Somebody may have had
// it since.
func TestASleepingMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		b := open(t, f)
		for _, tt := range []struct {
			act  func()
			lost bool
		}{{func() {}, false}, {func() { f.del(lease) }, true}, {func() { f.set(lease, "x") }, true}} {
			l, err := b.take(ada)
			must(t, err)
			l.from = l.from.Add(-10 * time.Minute) // the timer stood still
			go l.keep()
			tt.act()
			time.Sleep(leaseTick + time.Second)
			if isLost(l) != tt.lost {
				t.Errorf("lost: %v", l.Err())
			}
			must(t, l.Release())
			f.del(lease)
		}
	})
}

func TestGarbageAndStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		b := open(t, f)
		f.set(lease, "\x00garbage")
		_, err := b.Lock(t.Context(), ada)
		if h := held(t, err); h.Owner != (state.Owner{}) || h.Expires.IsZero() {
			t.Errorf("held by %+v", h)
		}
		time.Sleep(state.LeaseTTL + leaseGrace)
		l, err := b.Lock(t.Context(), state.Owner{Command: "sync\n\x1b[2J", Host: "\u202eevil"})
		must(t, err)
		_, err = b.Lock(t.Context(), ada)
		if strings.ContainsAny(err.Error(), "\n\x1b\u202e") {
			t.Errorf("it shows %q", err)
		}
		must(t, l.Release())
		f.dateless = true // then the holder's word is all there is
		l, err = b.Lock(t.Context(), ada)
		must(t, err)
		_, err = b.Lock(t.Context(), ada)
		held(t, err)
		die(l)
		time.Sleep(state.LeaseTTL + leaseGrace)
		l, err = b.Lock(t.Context(), ada)
		must(t, err)
		must(t, l.Release())
	})
}

// TestAServerWithoutConditions gives the lock to everybody, and is found out.
func TestAServerWithoutConditions(t *testing.T) {
	f := newFake()
	b, err := custom(t, f)
	must(t, err)
	l, err := b.Lock(t.Context(), ada)
	must(t, err)
	if _, err := b.Lock(t.Context(), ada); held(t, err).Owner != ada {
		t.Error(err)
	}
	must(t, l.Release())
	f.blind = true
	if _, err := b.Lock(t.Context(), ada); !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), "conditional writes") || len(f.keys()) != 0 {
		t.Errorf("%v, and %v is left", err, f.keys())
	}
	f.blind = false
	f.becomes(func(req *http.Request, _ string, _ int) *fault {
		if req.Header.Get("If-Match") == "" {
			return nil
		}
		f.blind = true // If-None-Match it knows, and If-Match not
		return nil
	})
	if _, err := b.Lock(t.Context(), ada); !errors.Is(err, ErrSetup) {
		t.Errorf("half of the conditions: %v", err)
	}
	f.blind = false
	f.becomes(only("PutObject", 1, fault{status: 501, code: "NotImplemented", detail: "A header you provided implies functionality that is not implemented"}))
	if _, err := b.Lock(t.Context(), ada); !errors.Is(err, ErrSetup) || !strings.Contains(err.Error(), "conditional writes") {
		t.Errorf("501: %v", err)
	}
	if f.hosts["s3.example.com"] != true || len(f.hosts) != 1 {
		t.Errorf("hosts: %v", f.hosts)
	}
}

// TestAtMostOne has a crowd go for one lock in any weather, again and again: free,
// given back, and of somebody dead. In no moment two have it, and everybody else
// learns who has, or that S3 is away. With good weather somebody always gets it.
func TestAtMostOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		percent := rapid.SampledFrom([]int{0, 0, 10, 40}).Draw(rt, "percent")
		seed := rapid.Uint64().Draw(rt, "seed")
		crowd := rapid.IntRange(2, 8).Draw(rt, "crowd")
		killed := rapid.SliceOfN(rapid.Bool(), 3, 3).Draw(rt, "killed")
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			all := make([]*Bucket, crowd)
			for i := range all {
				all[i] = open(t, f)
			}
			f.becomes(weather(percent, seed))
			for round, kill := range killed {
				winners, errs := race(t, all)
				for _, err := range errs {
					if h := (*state.HeldError)(nil); !errors.As(err, &h) && !errors.Is(err, ErrUnavailable) {
						rt.Errorf("round %d: %v", round, err)
						return
					}
				}
				if len(winners) > 1 || percent == 0 && len(winners) != 1 {
					rt.Errorf("round %d: %d have the lock", round, len(winners))
					return
				}
				for _, l := range winners {
					if kill {
						die(l)
					} else if err := l.Release(); err != nil && !errors.Is(err, ErrUnavailable) {
						rt.Error(err)
						return
					}
				}
				if kill || percent > 0 {
					time.Sleep(state.LeaseTTL + leaseGrace + time.Second)
				}
			}
		})
	})
}

func race(t *testing.T, all []*Bucket) (winners []*Lock, errs []error) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	for i, b := range all {
		wait.Go(func() {
			l, err := b.Lock(t.Context(), state.Owner{User: fmt.Sprint("u", i)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners = append(winners, l)
			} else {
				errs = append(errs, err)
			}
		})
	}
	wait.Wait()
	return winners, errs
}

// TestALostAnswerIsOurOwnLock, and nobody else's.
func TestALostAnswerIsOurOwnLock(t *testing.T) {
	for _, bad := range []fault{{status: 500, code: "InternalError", done: true}, {cut: true, done: true}, {hang: true, done: true}} {
		for _, expired := range []bool{false, true} {
			for times := 1; times <= 2; times++ {
				synctest.Test(t, func(t *testing.T) {
					f := newFake()
					b := open(t, f)
					if expired {
						f.set(lease, "old")
						time.Sleep(time.Hour)
					}
					f.becomes(only("PutObject", times, bad))
					l, err := b.Lock(t.Context(), ada)
					must(t, err)
					time.Sleep(10 * time.Minute)
					if isLost(l) {
						t.Error(l.Err())
					}
					f.becomes(only("DeleteObject", times, bad))
					must(t, l.Release())
					if len(f.keys()) != 0 {
						t.Errorf("there is %v", f.keys())
					}
				})
			}
		}
	}
}

// TestTheLeaseRunsFromBeforeTheRequest, which may have been carried out at once and
// answered late; and one that is ours already is ours still.
func TestTheLeaseRunsFromBeforeTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		b := open(t, f)
		f.becomes(only("PutObject", 1, fault{hang: true, done: true}))
		began := time.Now()
		l, err := b.take(ada)
		must(t, err)
		if time.Since(began) < eachWithin || !l.from.Equal(began) {
			t.Errorf("it runs from %v, after %v", l.from.Sub(began), time.Since(began))
		}
		time.Sleep(time.Second)
		must(t, l.claim())
		go l.keep()
		must(t, l.Release())
	})
}
