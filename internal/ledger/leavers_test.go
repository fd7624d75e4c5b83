package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
)

func TestLeaversLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		l := ledger.New(target, now)
		passed := now // what has passed for sure
		model := map[[2]string]time.Time{}
		for range rapid.IntRange(1, 8).Draw(t, "runs") {
			now = later(t, now)
			if rapid.IntRange(0, 3).Draw(t, "good") == 0 {
				l.Good = &ledger.Good{At: now}
				passed = noon
				if now.After(noon) {
					passed = now
				}
			}
			gone := objects(t)
			l.Observe(now, gone)
			next := map[[2]string]time.Time{}
			names := map[[2]string]string{}
			for _, o := range gone {
				at := [2]string{string(o.Kind), o.ID}
				names[at] = o.Name
				if since, before := model[at]; before {
					next[at] = since
				} else if next[at] = now; now.Before(passed) {
					next[at] = passed
				}
			}
			model = next
			l = again(t, l)

			for _, kind := range kinds {
				for _, id := range []string{"a", "b", "ç", "<d>", "nobody"} {
					want, gone := model[[2]string{string(kind), id}]
					if got, ok := l.Since(kind, id); ok != gone || !got.Equal(want) {
						t.Fatalf("%s %s: gone since %s, %t; want %s, %t", kind, id, got, ok, want, gone)
					}
				}
			}
			all := l.Leavers()
			if len(all) != len(model) {
				t.Fatalf("%d leavers, want %d", len(all), len(model))
			}
			for i, o := range all {
				at := [2]string{string(o.Kind), o.ID}
				if !o.Since.Equal(model[at]) || o.Name != names[at] {
					t.Errorf("%+v, want %s since %s", o, names[at], model[at])
				}
				if i > 0 && (all[i-1].Kind > o.Kind || all[i-1].Kind == o.Kind && all[i-1].ID >= o.ID) {
					t.Errorf("%+v stands before %+v", all[i-1], o)
				}
			}
		}
	})
}

// A clock that was set back for one run must not make anybody look gone for
// years.
func TestAClockSetBackProvesNothing(t *testing.T) {
	l := ledger.New(target, noon)
	l.Observe(noon.AddDate(-10, 0, 0), []ledger.Object{{Kind: identity.KindUser, ID: "a"}})
	if since, _ := l.Since(identity.KindUser, "a"); !since.Equal(noon) {
		t.Errorf("gone since %s", since)
	}
	l.Good = &ledger.Good{At: noon.AddDate(0, 1, 0)}
	l.Observe(noon, []ledger.Object{{Kind: identity.KindUser, ID: "a"}, {Kind: identity.KindUser, ID: "b"}})
	if since, _ := l.Since(identity.KindUser, "b"); !since.Equal(noon.AddDate(0, 1, 0)) {
		t.Errorf("gone since %s", since)
	}
	if since, _ := l.Since(identity.KindUser, "a"); !since.Equal(noon) {
		t.Errorf("gone since %s", since)
	}
}

func TestTimesAreKeptInUTC(t *testing.T) {
	l := full()
	times := []time.Time{l.Born, l.Leavers()[0].Since, l.Failing()[0].Since, l.Failing()[0].Next, again(t, l).Good.At}
	for _, at := range times {
		if at.Location() != time.UTC || at.Sub(noon).Abs() > time.Hour {
			t.Errorf("%s", at)
		}
	}
}

// Whoever needs no ledger may use an empty one.
func TestTheZeroLedger(t *testing.T) {
	var l ledger.Ledger
	thing := ledger.Thing{Kind: identity.KindUser, Key: "k"}
	if _, ok := l.Since(identity.KindUser, "u"); ok || l.Paused(noon, thing, "") || len(l.Drift(identity.NewHeld()))+len(l.Failing())+len(l.Leavers()) > 0 {
		t.Error("it remembers something")
	}
	l.Passed(thing)
	l.Keep(func(ledger.Thing) bool { return true })
	l.Failed(noon, ledger.Attempt{Thing: thing})
	l.Observe(noon, []ledger.Object{{Kind: identity.KindUser, ID: "u", Name: "Ann"}})
	want := []ledger.Leaver{{Object: ledger.Object{Kind: identity.KindUser, ID: "u", Name: "Ann"}, Since: noon.UTC()}}
	if diff := cmp.Diff(want, l.Leavers()); diff != "" || len(l.Failing()) != 1 {
		t.Errorf("%d failing\n%s", len(l.Failing()), diff)
	}
}
