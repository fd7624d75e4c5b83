package policy

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/match"
)

// folded says which of the drawn names are one name, without asking Fold.
var folded = map[string]string{"": "", "a": "a", "A": "a", "b": "b", "B": "b", "c": "c", "d": "d", "straße": "s", "STRASSE": "s"}

// drawNames draws what some keys are called; "" is no name. What is held is not
// always unique by our lights, for the target may fold less than we do.
func drawNames(t *rapid.T, label string) map[identity.Key]string {
	some := map[identity.Key]string{}
	for _, k := range []identity.Key{"1", "2", "3", "4", "5"} {
		if rapid.Bool().Draw(t, label+" exists") {
			some[k] = rapid.SampledFrom(slices.Sorted(maps.Keys(folded))).Draw(t, label)
		}
	}
	return some
}

func settle(want, have map[identity.Key]string, suffix func(identity.Key) string) (after map[identity.Key]string, lost []match.Conflict) {
	after = maps.Clone(want)
	n := names[string]{
		kind: identity.KindUser, want: after, have: have, suffix: suffix,
		get: func(s string) string { return s }, set: func(_, name string) string { return name },
	}
	return after, n.settle()
}

func TestANameIsGivenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := drawNames(t, "want"), drawNames(t, "have")
		var suffix func(identity.Key) string
		if rapid.Bool().Draw(t, "suffix") {
			suffixes := drawNames(t, "suffix")
			suffix = func(k identity.Key) string { return suffixes[k] }
		}
		after, lost := settle(want, have, suffix)
		holders := map[string][]identity.Key{}
		for k, name := range after {
			holders[folded[name]] = append(holders[folded[name]], k)
		}
		for k, name := range have {
			if _, stays := after[k]; !stays {
				holders[folded[name]] = append(holders[folded[name]], k)
			}
		}
		delete(holders, "")
		for name, ks := range holders {
			for _, k := range ks {
				if len(ks) > 1 && folded[have[k]] != name {
					t.Errorf("%q goes to %v, though %s did not have it", name, ks, k)
				}
			}
		}
		told := map[identity.Key]bool{}
		for _, l := range lost {
			told[l.Want] = true
		}
		for k, name := range want {
			got, exists := after[k]
			before, existed := have[k]
			switch {
			case existed && name != "" && folded[name] == folded[before]:
				if got != name || told[k] {
					t.Errorf("%s has %q, and may not keep it: %q", k, name, got)
				}
			case told[k] && existed && got != before:
				t.Errorf("%s lost %q and is called %q, not %q as before", k, name, got, before)
			case told[k] && !existed && exists:
				t.Errorf("%s lost %q, and is made as %q", k, name, got)
			case !told[k] && suffix == nil && (!exists || got != name):
				t.Errorf("%s lost %q in silence", k, name)
			}
		}
	})
}

// Who loses does so for a reason, and nobody is preferred to another newcomer.
func TestNamesAreLostForAReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := drawNames(t, "want"), drawNames(t, "have")
		after, lost := settle(want, have, nil)
		told := map[identity.Key]bool{}
		for _, l := range lost {
			told[l.Want] = true
			name := folded[want[l.Want]]
			if l.Name != want[l.Want] || l.Kind != identity.KindUser {
				t.Errorf("%+v is not about %q", l, want[l.Want])
			}
			switch l.Reason {
			case match.TakenName:
				h, stays := after[l.Have]
				if l.Have == l.Want || folded[have[l.Have]] != name || stays && folded[h] != name {
					t.Errorf("%+v: %s is not in the way", l, l.Have)
				}
			case match.AmbiguousName:
				rivals := 0
				for _, other := range want {
					if folded[other] == name {
						rivals++
					}
				}
				if rivals < 2 || l.Have != "" {
					t.Errorf("%+v: there are no rivals in %v", l, want)
				}
			default:
				t.Errorf("%+v has no reason", l)
			}
		}
		for k, name := range want {
			for rival, other := range want {
				if k != rival && name != "" && folded[name] == folded[other] && folded[have[k]] != folded[name] && !told[k] {
					t.Errorf("%s was preferred to %s for %q", k, rival, name)
				}
			}
		}
	})
}

func TestSettlingIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := drawNames(t, "want"), drawNames(t, "have")
		a, lostA := settle(want, have, nil)
		b, lostB := settle(maps.Clone(want), maps.Clone(have), nil)
		if diff := cmp.Diff([]any{a, lostA}, []any{b, lostB}); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSettle(t *testing.T) {
	type m = map[identity.Key]string
	for _, c := range []struct {
		name             string
		want, have, then m
		lost             int
	}{
		{"a swap", m{"1": "b", "2": "a"}, m{"1": "a", "2": "b"}, m{"1": "b", "2": "a"}, 0},
		{"a name that is given up", m{"1": "b", "2": "a"}, m{"1": "a"}, m{"1": "b", "2": "a"}, 0},
		{"a name whose holder is deleted", m{"2": "a"}, m{"1": "a"}, m{}, 1},
		{"a chain with a blocked end", m{"1": "b", "2": "c", "3": "d"}, m{"1": "a", "2": "b", "3": "c", "4": "d"}, m{"1": "a", "2": "b", "3": "c"}, 3},
		{"who has it keeps it", m{"1": "a", "2": "A"}, m{"2": "a"}, m{"2": "A"}, 1},
		{"two newcomers", m{"1": "a", "2": "A"}, m{}, m{}, 2},
		{"two newcomers, one of whom exists", m{"1": "a", "2": "A"}, m{"1": "b"}, m{"1": "b"}, 2},
		{"two that are one only to us", m{"1": "straße", "2": "STRASSE"}, m{"1": "straße", "2": "STRASSE"}, m{"1": "straße", "2": "STRASSE"}, 0},
		{"no name", m{"1": "", "2": ""}, m{}, m{"1": "", "2": ""}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, lost := settle(c.want, c.have, nil)
			if diff := cmp.Diff(c.then, after); diff != "" || len(lost) != c.lost {
				t.Errorf("%d lost, want %d: %s", len(lost), c.lost, diff)
			}
		})
	}
}

func TestASuffixIsTriedOnce(t *testing.T) {
	suffixes := map[identity.Key]string{"1": "c", "2": "c", "3": "d"}
	after, lost := settle(map[identity.Key]string{"1": "a", "2": "a", "3": "a"}, nil, func(k identity.Key) string { return suffixes[k] })
	if diff := cmp.Diff(map[identity.Key]string{"3": "d"}, after); diff != "" || len(lost) != 2 {
		t.Errorf("%d lost: %s", len(lost), diff)
	}
}
