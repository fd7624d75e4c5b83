package guard_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

func encode(t *rapid.T, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// dealt reports whether a and b, each in order, make up all.
func dealt[T any](t *rapid.T, what string, all, a, b []T) {
	for _, x := range all {
		switch {
		case len(a) > 0 && encode(t, a[0]) == encode(t, x):
			a = a[1:]
		case len(b) > 0 && encode(t, b[0]) == encode(t, x):
			b = b[1:]
		default:
			t.Fatalf("%s: %+v is lost", what, x)
		}
	}
	if len(a)+len(b) > 0 {
		t.Fatalf("%s: %+v, %+v are too much", what, a, b)
	}
}

// Whatever the plan: what is allowed and what is withheld make up the plan, in
// order, and nothing that gives access is withheld.
func TestGuardsOnlySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		before := encode(t, w.p)
		v := guard.Check(w.p, w.c)
		if diff := cmp.Diff(before, encode(t, w.p)); diff != "" {
			t.Fatal("the plan was changed:", diff)
		}
		dealt(t, "users", w.p.Users, v.Allowed.Users, v.Withheld.Users)
		dealt(t, "groups", w.p.Groups, v.Allowed.Groups, v.Withheld.Groups)
		dealt(t, "leave", w.p.Leave, v.Allowed.Leave, v.Withheld.Leave)
		dealt(t, "join", w.p.Join, v.Allowed.Join, nil)
		dealt(t, "emptied", w.p.Emptied, v.Allowed.Emptied, v.Withheld.Emptied)
		rest := v.Allowed
		rest.Users, rest.Groups, rest.Leave, rest.Emptied, rest.Evidence = w.p.Users, w.p.Groups, w.p.Leave, w.p.Emptied, w.p.Evidence
		if diff := cmp.Diff(w.p, rest); diff != "" {
			t.Error("what is allowed lacks something:", diff)
		}
		h := v.Withheld
		if diff := cmp.Diff(plan.Plan{Users: h.Users, Groups: h.Groups, Leave: h.Leave, Emptied: h.Emptied, Evidence: h.Evidence, Subjects: w.p.Subjects, Base: w.p.Base}, h); diff != "" {
			t.Error("what is withheld cannot be told:", diff)
		}
		for _, c := range h.Users {
			if !c.Before.Active && c.Op != plan.Delete || c.After.Active {
				t.Errorf("%+v takes nothing away, and was withheld", c)
			}
		}
		for _, c := range h.Groups {
			if c.Op != plan.Delete {
				t.Errorf("%+v takes nothing away, and was withheld", c)
			}
		}
		if h.Size() > 0 && v.Err() == nil {
			t.Errorf("something is withheld, and nobody says why: %+v", h)
		}
		evidenceIsShared(t, w.p, v)
	})
}

// evidenceIsShared judges that each piece of evidence is with the change that
// it is for.
func evidenceIsShared(t *rapid.T, p plan.Plan, v guard.Verdict) {
	if len(v.Allowed.Evidence)+len(v.Withheld.Evidence) != len(p.Evidence) {
		t.Errorf("%v is not %v and %v", p.Evidence, v.Allowed.Evidence, v.Withheld.Evidence)
	}
	for _, part := range []plan.Plan{v.Allowed, v.Withheld} {
		keys := slices.Clone(part.Emptied)
		for _, c := range part.Users {
			keys = append(keys, c.Key)
		}
		for _, c := range plan.Only(part.Groups, plan.Delete) {
			keys = append(keys, c.Key)
		}
		for _, key := range keys {
			if part.Evidence[key] != p.Evidence[key] {
				t.Errorf("the evidence of %s is lost: %v", key, part.Evidence)
			}
		}
	}
}

// Who keeps memberships for now is not deleted, and what keeps members is
// neither deleted nor called empty.
func TestNothingIsRemovedInAnotherWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		v := guard.Check(w.p, w.c)
		kept := map[identity.Key]bool{}
		for _, m := range v.Withheld.Leave {
			kept[m.User], kept[m.Group] = true, true
		}
		for _, c := range v.Allowed.Users {
			if c.Op == plan.Delete && kept[c.Key] {
				t.Errorf("%s is deleted with memberships that are withheld", c.Key)
			}
		}
		for _, c := range v.Allowed.Groups {
			if c.Op == plan.Delete && kept[c.Key] {
				t.Errorf("%s is deleted with the members that it should keep", c.Key)
			}
		}
		for _, key := range v.Allowed.Emptied {
			if kept[key] {
				t.Errorf("%s is called empty, and keeps members", key)
			}
		}
		for _, key := range v.Withheld.Emptied {
			if !kept[key] {
				t.Errorf("%s is not called empty, and keeps nobody", key)
			}
		}
	})
}

// takes returns all that a plan takes away, one text for each.
func takes(t *rapid.T, p plan.Plan) []string {
	var all []string
	for _, c := range p.Users {
		all = append(all, encode(t, c))
	}
	for _, c := range p.Groups {
		all = append(all, encode(t, c))
	}
	for _, m := range p.Leave {
		all = append(all, encode(t, m))
	}
	return all
}

// To accept one guard more never withholds more, and silences no other.
func TestToAcceptMoreNeverWithholdsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		less := guard.Check(w.p, w.c)
		another := rapid.SampledFrom(guard.Names()).Draw(t, "another")
		w.c.Accept = append(slices.Clone(w.c.Accept), another)
		more := guard.Check(w.p, w.c)
		held := takes(t, less.Withheld)
		for _, x := range takes(t, more.Withheld) {
			if !slices.Contains(held, x) {
				t.Errorf("%s is withheld once %s is accepted", x, another)
			}
		}
		var want, got []string
		for _, r := range less.Refusals {
			if r.Guard != another && r.Guard != guard.Doubt {
				want = append(want, r.Guard+r.Text+r.Evidence)
			}
		}
		for _, r := range more.Refusals {
			if r.Guard != guard.Doubt {
				got = append(got, r.Guard+r.Text+r.Evidence)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
