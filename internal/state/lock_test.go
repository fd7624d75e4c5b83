package state

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

var ada = Owner{Run: "01JDKH", Command: "sync", User: "ada", Host: "a.example.com", PID: 1}

// on returns the directory as another machine sees it, which shares the files
// and not the locks on them.
func on(tb testing.TB, d *Dir, host string) (*Dir, Owner) {
	tb.Helper()
	other := *d
	elsewhere := tb.TempDir()
	other.lockFile = func(string) (func() error, error) { return lockFile(filepath.Join(elsewhere, "lock")) }
	return &other, Owner{Command: "apply", User: "bob", Host: host, PID: 2}
}

// lockless returns the directory as it is on a file system without file locks.
func lockless(d *Dir, why error) *Dir {
	other := *d
	other.lockFile = func(string) (func() error, error) { return nil, why }
	return &other
}

// die ends a lock as kill -9 does: nothing is done any more, and the operating
// system lets go of the file.
func die(tb testing.TB, l *Lock) {
	tb.Helper()
	close(l.stop)
	<-l.done
	l.expiry.Stop()
	if l.unlock != nil {
		must(tb, l.unlock())
	}
}

func held(tb testing.TB, err error) *HeldError {
	tb.Helper()
	var h *HeldError
	if !errors.As(err, &h) {
		tb.Fatalf("error %v, want one who holds it", err)
	}
	return h
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
	d := open(t)
	first, err := d.Lock(t.Context(), ada)
	must(t, err)
	_, err = d.Lock(t.Context(), Owner{Command: "plan"})
	if h := held(t, err); h.Owner != ada || time.Until(h.Expires) <= time.Minute || time.Until(h.Expires) > 2*time.Minute {
		t.Errorf("held by %+v", h)
	}
	must(t, os.WriteFile(filepath.Join(d.Path(), LeaseName), []byte("\x00garbage"), 0o600))
	_, err = d.Lock(t.Context(), Owner{})
	if h := held(t, err); h.Owner != (Owner{}) {
		t.Errorf("held by %+v", h)
	}
	must(t, os.Remove(filepath.Join(d.Path(), LeaseName)))
	_, err = d.Lock(t.Context(), Owner{})
	if h := held(t, err); *h != (HeldError{}) {
		t.Errorf("held by %+v", h)
	}
	if err := first.Err(); err != nil {
		t.Errorf("lost: %v", err)
	}
	must(t, first.Release())
	must(t, first.Release())
	second, err := d.Lock(t.Context(), Owner{})
	must(t, err)
	must(t, first.Release()) // does not release the second
	_, err = d.Lock(t.Context(), Owner{})
	held(t, err)
	must(t, second.Release())
	if got := strings.Join(names(t, d.Path()), " "); got != "lock" {
		t.Errorf("there is %s; the lock file must stay, and nothing else", got)
	}
}

func TestOwnersInErrorsAreClean(t *testing.T) {
	d := open(t)
	l, err := d.Lock(t.Context(), Owner{Command: "sync\n\x1b[2J", User: strings.Repeat("x", 9999), Host: "\u202eevil", PID: -4})
	must(t, err)
	defer l.Release()
	_, err = d.Lock(t.Context(), Owner{})
	shown(t, err)
	if held(t, err).Owner.PID != 0 {
		t.Error(err)
	}
}

func TestLockRefuses(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Lock(ctx, ada); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	must(t, os.Mkdir(filepath.Join(d.Path(), lockName), 0o700))
	if _, err := d.Lock(t.Context(), ada); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a directory in the lock's place: %v", err)
	}
	must(t, os.Remove(filepath.Join(d.Path(), lockName)))
	must(t, os.Mkdir(filepath.Join(d.Path(), LeaseName), 0o700))
	if _, err := d.Lock(t.Context(), ada); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a directory in the lease's place: %v", err)
	}
	must(t, os.Remove(filepath.Join(d.Path(), LeaseName)))
	l, err := d.Lock(t.Context(), ada) // the refusals kept nothing
	must(t, err)
	must(t, l.Release())
}

// TestAtMostOne has a crowd go for one lock, on one machine with file locks, on
// many without, and on many that do not share them; at first nobody has it, then
// somebody dead. In each round one gets it, and the others learn who.
func TestAtMostOne(t *testing.T) {
	const crowd = 12
	d := open(t)
	for _, tt := range []struct {
		name string
		see  func(i int) (*Dir, Owner)
		next time.Duration // how old the dead one's lease has to be
	}{
		{"one machine", func(int) (*Dir, Owner) { return d, ada }, 0},
		{"machines without file locks", func(int) (*Dir, Owner) { return lockless(d, syscall.ENOLCK), ada }, LeaseTTL},
		{"machines with file locks of their own", func(i int) (*Dir, Owner) { return on(t, d, string(rune('a'+i))) }, LeaseTTL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for round := range 8 {
					var mu sync.Mutex
					var winners []*Lock
					var all sync.WaitGroup
					for i := range crowd {
						dir, o := tt.see(i)
						all.Go(func() {
							l, err := dir.Lock(t.Context(), o)
							mu.Lock()
							defer mu.Unlock()
							if err == nil {
								winners = append(winners, l)
							} else if h := (*HeldError)(nil); !errors.As(err, &h) {
								t.Error(err)
							}
						})
					}
					all.Wait()
					if len(winners) != 1 {
						t.Fatalf("round %d: %d have the lock", round, len(winners))
					}
					if round%2 == 0 {
						die(t, winners[0])
						time.Sleep(tt.next)
					} else {
						must(t, winners[0].Release())
					}
				}
			})
		})
	}
}

// TestHoldersExclude has many take and give back the lock for as long as they
// get it, and sees that they are never two.
func TestHoldersExclude(t *testing.T) {
	d := open(t)
	var inside sync.Mutex
	var all sync.WaitGroup
	var mu sync.Mutex
	times := 0
	for i := range 8 {
		dir, o := on(t, d, string(rune('a'+i)))
		all.Go(func() {
			for range 10 {
				l, err := dir.Lock(t.Context(), o)
				if err != nil {
					continue
				}
				if !inside.TryLock() {
					t.Error("two have the lock")
					return
				}
				mu.Lock()
				times++
				mu.Unlock()
				inside.Unlock()
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if times == 0 {
		t.Error("nobody got the lock")
	}
}

// TestALeaseOfAnotherHost: the living keep it for as long as they want, the dead
// for as long as it lasts.
func TestALeaseOfAnotherHost(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		bobs, bob := on(t, d, "b.example.com")
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		for range 50 { // most of an hour
			_, err := bobs.Lock(t.Context(), bob)
			if h := held(t, err); h.Owner != ada || time.Until(h.Expires) < LeaseTTL/2 || time.Until(h.Expires) > LeaseTTL {
				t.Fatalf("held by %+v at %v", h, time.Now())
			}
			time.Sleep(71 * time.Second)
			synctest.Wait()
		}
		if isLost(l) {
			t.Fatal("the lock was lost")
		}
		seen, err := d.find(LeaseName)
		must(t, err)
		die(t, l)
		time.Sleep(time.Until(seen.lease.Expires) - time.Nanosecond)
		_, err = bobs.Lock(t.Context(), bob)
		held(t, err)
		time.Sleep(time.Nanosecond)
		l, err = bobs.Lock(t.Context(), bob)
		must(t, err)
		_, err = d.Lock(t.Context(), ada)
		if h := held(t, err); h.Owner != bob {
			t.Errorf("held by %+v", h)
		}
		must(t, l.Release())
	})
}

// TestADeadProcessOfThisHostIsTakenOverAtOnce, if file locks prove that it is
// dead.
func TestADeadProcessOfThisHostIsTakenOverAtOnce(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		nameless := ada
		nameless.Host = ""
		for _, tt := range []struct {
			name        string
			dead, alive Owner
			dir         *Dir
			ok          bool
		}{
			{"this host", ada, Owner{Host: ada.Host, PID: 9}, d, true},
			{"without file locks", ada, ada, lockless(d, syscall.ENOLCK), false},
			{"unsupported", ada, ada, lockless(d, syscall.ENOTSUP), false},
			{"another host", ada, Owner{Host: "b.example.com"}, d, false},
			{"hosts without names", nameless, nameless, d, false},
		} {
			l, err := tt.dir.Lock(t.Context(), tt.dead)
			must(t, err)
			die(t, l)
			l, err = tt.dir.Lock(t.Context(), tt.alive)
			if (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.name, err)
			}
			if err == nil {
				must(t, l.Release())
			}
			time.Sleep(LeaseTTL)
		}
	})
}

// TestWhoDiesOnGuard keeps nobody of this host out, and others for a moment.
func TestWhoDiesOnGuard(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		guard := func() {
			data, err := Lease{Version: 1, Token: "dead", Owner: ada, Expires: time.Now().Add(LeaseTTL).UTC()}.Encode()
			must(t, err)
			must(t, d.place(guardName, data))
		}
		guard()
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		must(t, l.Release())
		guard()
		began := time.Now()
		bobs, bob := on(t, d, "b.example.com")
		_, err = bobs.Lock(t.Context(), bob)
		if held(t, err); time.Since(began) > 5*time.Second {
			t.Errorf("waited for %v", time.Since(began))
		}
		time.Sleep(LeaseTTL)
		l, err = bobs.Lock(t.Context(), bob)
		must(t, err)
		must(t, l.Release())
	})
}

// TestTheLeaseIsTaken: whoever finds it somebody else's has lost the lock, and
// leaves it to him.
func TestTheLeaseIsTaken(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		theirs, err := Lease{Version: 1, Token: "theirs", Owner: Owner{User: "eve"}, Expires: time.Now().Add(time.Hour)}.Encode()
		must(t, err)
		must(t, d.replace(LeaseName, theirs))
		time.Sleep(LeaseTTL/3 - time.Nanosecond)
		if isLost(l) || l.Err() != nil {
			t.Errorf("lost too early: %v", l.Err())
		}
		time.Sleep(time.Nanosecond)
		if !isLost(l) || held(t, l.Err()).Owner.User != "eve" || !strings.Contains(l.Err().Error(), d.Path()) {
			t.Errorf("lost to %v", l.Err())
		}
		time.Sleep(time.Hour) // once lost, always lost
		must(t, l.Release())
		if seen, err := d.find(LeaseName); err != nil || !bytes.Equal(seen.data, theirs) {
			t.Errorf("the lease is %q now, %v", seen.data, err)
		}
		if err := l.Err(); held(t, err).Owner.User != "eve" {
			t.Error(err)
		}
	})
}

// TestRenewalsThatCannotBeWritten are no loss until the lease has expired.
func TestRenewalsThatCannotBeWritten(t *testing.T) {
	d := open(t)
	path := filepath.Join(d.Path(), LeaseName)
	fail := func() (mend func()) {
		good, err := os.ReadFile(path)
		must(t, err)
		must(t, os.Remove(path))
		must(t, os.Mkdir(path, 0o700)) // can neither be read nor replaced
		return func() {
			must(t, os.Remove(path))
			must(t, os.WriteFile(path, good, 0o600))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		time.Sleep(10 * LeaseTTL) // and one renewal
		synctest.Wait()
		mend := fail()
		time.Sleep(LeaseTTL - time.Nanosecond)
		if isLost(l) || l.Err() != nil {
			t.Fatalf("lost too early: %v", l.Err())
		}
		time.Sleep(time.Nanosecond)
		if !isLost(l) || l.Err() == nil || !strings.Contains(l.Err().Error(), "could not be renewed: ") || !strings.Contains(l.Err().Error(), "is not a file") {
			t.Errorf("error %v", l.Err())
		}
		if err := l.Release(); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Errorf("Release: %v", err)
		} else if again := l.Release(); again != err { //nolint:errorlint // the very same
			t.Errorf("Release: %v, and %v", err, again)
		}
		mend()

		l, err = d.Lock(t.Context(), ada) // the file lock was given back
		must(t, err)
		for range 5 {
			mend = fail()
			time.Sleep(LeaseTTL - leaseRetry - time.Second)
			synctest.Wait()
			mend()
			time.Sleep(time.Second) // until it is tried again
			if isLost(l) {
				t.Fatalf("lost, though it could be renewed at last: %v", l.Err())
			}
			l.mu.Lock()
			if l.why != nil {
				t.Errorf("still remembers %v", l.why)
			}
			l.mu.Unlock()
		}
		must(t, l.Release())
	})
}

func TestAReleasedLockIsNotLost(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		must(t, l.Release())
		time.Sleep(2 * LeaseTTL)
		if isLost(l) || l.Err() != nil {
			t.Errorf("lost: %v", l.Err())
		}
	})
}

func TestRenewalsThatHang(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		close(l.stop) // hanging for good
		<-l.done
		time.Sleep(LeaseTTL - time.Nanosecond)
		if isLost(l) {
			t.Error("lost too early")
		}
		time.Sleep(time.Nanosecond)
		if !isLost(l) || !strings.Contains(l.Err().Error(), "takes too long") {
			t.Errorf("error %v", l.Err())
		}
		must(t, l.unlock())
	})
}

// TestRenew is the table of what a renewal may find, in time and, as after a
// machine slept, too late.
func TestRenew(t *testing.T) {
	d := open(t)
	l, err := d.Lock(t.Context(), ada)
	must(t, err)
	close(l.stop)
	<-l.done
	l.expiry.Stop()
	write := func(owner, token string, left time.Duration) func() {
		return func() {
			data, err := Lease{Version: 1, Token: token, Owner: Owner{Host: owner}, Expires: time.Now().Add(left).UTC()}.Encode()
			must(t, err)
			must(t, d.replace(LeaseName, data))
		}
	}
	none := func() { must(t, os.Remove(filepath.Join(d.Path(), LeaseName))) }
	const ok, gone, failed = "", "lost", "failed"
	for _, tt := range []struct {
		name string
		left time.Duration
		find func()
		want string
	}{
		{"ours", time.Minute, write(ada.Host, l.mine.Token, time.Minute), ok},
		{"ours, too late", -time.Hour, write(ada.Host, l.mine.Token, -time.Hour), ok},
		{"nothing", time.Minute, none, ok},
		{"nothing, too late", 0, none, gone},
		{"another's", time.Minute, write("b", "T", time.Minute), gone},
		{"another's that has expired", time.Minute, write("b", "T", -time.Minute), gone},
		{"another's, too late", -time.Hour, write("b", "T", time.Minute), gone},
		{"another's of this host", time.Minute, write(ada.Host, "T", time.Minute), gone},
		{"garbage", time.Minute, func() { must(t, d.replace(LeaseName, []byte("{"))) }, failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.find()
			before, err := d.find(LeaseName)
			must(t, err)
			l.mine.Expires = time.Now().Add(tt.left)
			err = l.renew()
			got := ok
			if h := (*HeldError)(nil); errors.As(err, &h) {
				got = gone
			} else if err != nil {
				got = failed
			}
			if got != tt.want {
				t.Errorf("%q: %v", got, err)
			}
			after, err := d.find(LeaseName)
			must(t, err)
			switch {
			case tt.want == ok && (after.lease != l.mine || time.Until(after.lease.Expires) < LeaseTTL-time.Minute):
				t.Errorf("wrote %+v", after)
			case tt.want != ok && !bytes.Equal(after.data, before.data):
				t.Errorf("%q became %q", before.data, after.data)
			}
			must(t, d.replace(LeaseName, nil))
		})
	}
	must(t, l.unlock())
}

// TestALateRenewalQueues: a lease that has expired may be about to be taken, and
// is not written over then.
func TestALateRenewalQueues(t *testing.T) {
	d := open(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := d.Lock(t.Context(), ada)
		must(t, err)
		close(l.stop)
		<-l.done
		l.expiry.Stop()
		before, err := d.find(LeaseName)
		must(t, err)
		time.Sleep(LeaseTTL)
		guard, err := Lease{Version: 1, Token: "T", Owner: Owner{Host: "b.example.com"}, Expires: time.Now().Add(LeaseTTL)}.Encode()
		must(t, err)
		must(t, d.place(guardName, guard))
		held(t, l.renew())
		if after, err := d.find(LeaseName); err != nil || !bytes.Equal(after.data, before.data) {
			t.Errorf("wrote %s, %v", after.data, err)
		}
		must(t, l.unlock())
	})
}

// TestGarbageForALease keeps everybody out for as long as a lease lasts, since
// it may be one that is just being written, and no longer.
func TestGarbageForALease(t *testing.T) {
	d := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		garbage := rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 50),
			rapid.Map(rapid.StringMatching(`\{"version":[01],"token":"x","owner":\{"host":"a.example.com"\},"expir`), func(s string) []byte { return []byte(s) }),
			rapid.Map(rapid.IntRange(MaxLease, MaxLease+9), func(n int) []byte { return []byte(strings.Repeat("x", n)) }),
		).Draw(rt, "garbage")
		age := rapid.SampledFrom([]time.Duration{-LeaseTTL - time.Minute, 0, LeaseTTL - time.Minute, LeaseTTL, time.Hour}).Draw(rt, "age")
		path := filepath.Join(d.Path(), LeaseName)
		must(t, os.WriteFile(path, garbage, 0o600))
		must(t, os.Chtimes(path, time.Now().Add(-age), time.Now().Add(-age)))
		l, err := d.Lock(t.Context(), ada)
		if age >= 0 && age < LeaseTTL {
			if h := held(t, err); h.Owner != (Owner{}) || h.Expires.IsZero() {
				rt.Fatalf("held by %+v", h)
			}
			return
		}
		must(t, err)
		must(t, l.Release())
	})
}

func TestFileLocksThatFail(t *testing.T) {
	d := open(t)
	if _, err := lockless(d, syscall.EIO).Lock(t.Context(), ada); !errors.Is(err, syscall.EIO) {
		t.Errorf("error %v", err)
	}
	if got := names(t, d.Path()); len(got) > 0 {
		t.Errorf("there is %q", got)
	}
}
