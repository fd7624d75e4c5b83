package guard_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// carry does what is allowed, by hand.
func carry(have identity.State, p plan.Plan) identity.State {
	s := have.Clone()
	for _, m := range p.Leave {
		delete(s.Members, m.Membership)
	}
	for _, c := range p.Users {
		if s.Users[c.Key] = c.After; c.Op == plan.Delete {
			delete(s.Users, c.Key)
		}
	}
	for _, c := range p.Groups {
		if s.Groups[c.Key] = c.After; c.Op == plan.Delete {
			delete(s.Groups, c.Key)
		}
	}
	for _, m := range p.Join {
		s.Members[m.Membership] = true
	}
	maps.DeleteFunc(s.Members, func(m identity.Membership, _ bool) bool {
		_, user := s.Users[m.User]
		_, group := s.Groups[m.Group]
		return !user || !group
	})
	return s
}

func crew(s identity.State, group identity.Key) (all, active int) {
	for m := range s.Members {
		if m.Group == group {
			all++
			if s.Users[m.User].Active {
				active++
			}
		}
	}
	return all, active
}

// What must stay does, if it was so before; and if it was not, it is not made
// worse.
func TestInvariantsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		w.c.Accept = slices.DeleteFunc(w.c.Accept, func(name string) bool { return name == "protected" })
		after := carry(w.have, guard.Check(w.p, w.c).Allowed)
		for _, inv := range w.c.Protect {
			for key, before := range w.have.Users {
				u, is := after.Users[key]
				if inv.Kind == identity.KindUser && strings.EqualFold(before.UserName, inv.Name) && (!is || before.Active && !u.Active) {
					t.Errorf("%s is broken: %+v", inv, u)
				}
			}
			for key, before := range w.have.Groups {
				if inv.Kind != identity.KindGroup || !strings.EqualFold(before.Name, inv.Name) {
					continue
				}
				_, is := after.Groups[key]
				all, active := crew(w.have, key)
				allAfter, activeAfter := crew(after, key)
				if !is || activeAfter < active && activeAfter < inv.Least || active > 0 && activeAfter == 0 || all > 0 && allAfter == 0 {
					t.Errorf("%s is broken: it had %d members, %d of them active, and has %d, %d", inv, all, active, allAfter, activeAfter)
				}
			}
		}
	})
}

// The guard of what must stay holds nothing else.
func TestProtectionHoldsNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		w.c.Accept, w.c.Doubts = slices.DeleteFunc(guard.Names(), func(name string) bool { return name == "protected" }), nil
		v := guard.Check(w.p, w.c)
		var names []string
		for _, inv := range w.c.Protect {
			names = append(names, strings.ToLower(inv.Name))
		}
		isNamed := func(before, after string) bool {
			return slices.Contains(names, strings.ToLower(before)) || slices.Contains(names, strings.ToLower(after))
		}
		user := func(key identity.Key) bool { return isNamed(w.have.Users[key].UserName, w.want.Users[key].UserName) }
		group := func(key identity.Key) bool { return isNamed(w.have.Groups[key].Name, w.want.Groups[key].Name) }
		for _, m := range v.Withheld.Leave {
			if !user(m.User) && !group(m.Group) {
				t.Errorf("%+v is withheld for nothing", m)
			}
		}
		for _, c := range v.Withheld.Users {
			in := false
			for m := range w.have.Members {
				in = in || m.User == c.Key && group(m.Group)
			}
			kept := slices.ContainsFunc(v.Withheld.Leave, func(m plan.Move) bool { return m.User == c.Key })
			if !user(c.Key) && !in && (!kept || c.Op != plan.Delete) {
				t.Errorf("%+v is withheld for nothing", c)
			}
		}
	})
}
