package guard_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An opinion is what the laws below know of a world, from the fates alone.
type opinion struct {
	world
	accepted func(string) bool
}

func (o opinion) over(name string, n, of int) bool {
	l := o.c.Limits[name]
	return !o.accepted(name) && n > l.Floor && float64(n) > float64(of)*float64(l.Percent)/100
}

// left reports whether the source itself said that a user left, who is
// deactivated for that.
func (o opinion) left(user identity.Key) bool {
	f := o.users[user]
	return f.was && f.after && !f.is && (f.cause == plan.CauseSuspended || f.cause == plan.CauseArchived || f.proof == plan.ProofGone)
}

func (o opinion) gone(user identity.Key) bool {
	return o.left(user) && o.users[user].proof == plan.ProofGone
}

func (o opinion) dead(group identity.Key) bool { return o.groups[group].proof == plan.ProofGone }

// tooMany counts what is confirmed, with the limits.
func (o opinion) tooMany() (users, groups, leaves bool) {
	n, active, gone, filled := 0, 0, map[identity.Key]bool{}, map[identity.Key]bool{}
	for key, u := range o.have.Users {
		if u.Active {
			active++
		}
		if o.left(key) {
			n++
		}
	}
	ending := 0
	for m := range o.have.Members {
		filled[m.Group] = true
		if o.dead(m.Group) {
			gone[m.Group] = true
		}
		if (o.dead(m.Group) || o.gone(m.User)) && !o.want.Members[m] {
			ending++
		}
	}
	return o.over("users", n, active), o.over("groups", len(gone), len(filled)), o.over("leaves", ending, len(o.have.Members))
}

// tooManyOf is the same for one group that stays.
func (o opinion) tooManyOf(group identity.Key) bool {
	n, of, l := 0, 0, o.c.Limits["group-leaves"]
	for m := range o.have.Members {
		if m.Group == group {
			of++
			if o.gone(m.User) && !o.want.Members[m] {
				n++
			}
		}
	}
	return !o.accepted("group-leaves") && of > l.Floor && float64(n) > float64(of)*float64(l.Percent)/100
}

func opine(w world) opinion {
	return opinion{w, func(name string) bool { return slices.Contains(w.c.Accept, name) }}
}

// What the source said of each by itself is done whatever is refused, as long
// as it is below the limits by itself.
func TestWhatIsConfirmedIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		w.c.Accept = append(slices.Clone(w.c.Accept), "protected")
		o, v := opine(w), guard.Check(w.p, w.c)
		users, groups, leaves := o.tooMany()
		for _, c := range v.Withheld.Users {
			if o.left(c.Key) && !users {
				t.Errorf("%s left (%s), and keeps access: %v", c.Key, w.users[c.Key].name, v.Refusals)
			}
		}
		for _, m := range v.Withheld.Leave {
			if o.gone(m.User) && !users && !leaves && (o.groups[m.Group].proof != "" || !o.tooManyOf(m.Group)) {
				t.Errorf("%s is gone, and stays in %s: %v", m.User, m.Group, v.Refusals)
			}
			if o.dead(m.Group) && !groups && !leaves && w.c.Doubts == nil {
				t.Errorf("%s is gone, and %s stays in it: %v", m.Group, m.User, v.Refusals)
			}
		}
	})
}

// After a refusal that discredits absence, nothing happens that rests on it.
func TestNothingElseIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		o, v := opine(w), guard.Check(w.p, w.c)
		discredited, doubted := false, false
		for _, r := range v.Refusals {
			discredited = discredited || r.Guard != "group-leaves" && r.Guard != "protected"
			doubted = doubted || r.Guard == guard.Doubt
		}
		if !discredited {
			return
		}
		users, groups, leaves := o.tooMany()
		for _, c := range v.Allowed.Users {
			revokes := c.Op == plan.Delete || c.Before.Active && !c.After.Active
			if revokes && (!o.left(c.Key) || users) {
				t.Errorf("%s: %s, and loses access all the same: %v", c.Key, w.users[c.Key].name, v.Refusals)
			}
		}
		for _, c := range v.Allowed.Groups {
			if c.Op == plan.Delete {
				t.Errorf("%s is deleted", c.Key)
			}
		}
		for _, m := range v.Allowed.Leave {
			withUser, withGroup := o.gone(m.User) && !users, o.dead(m.Group) && !groups && !doubted
			if !withUser && !withGroup || leaves {
				t.Errorf("%s leaves %s: %v", m.User, m.Group, v.Refusals)
			}
		}
	})
}

// The guards that count speak exactly if there is too much.
func TestWhoSpeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		w.c.Accept = nil
		o, v := opine(w), guard.Check(w.p, w.c)
		users, active, groups, filled, leaves := 0, 0, 0, map[identity.Key]bool{}, 0
		for key, u := range w.have.Users {
			f := w.users[key]
			if u.Active || !f.after {
				active++
			}
			if !f.after || f.was && !f.is {
				users++
			}
		}
		for m := range w.have.Members {
			filled[m.Group] = true
			if !w.want.Members[m] {
				leaves++
			}
		}
		of := len(filled)
		for key := range w.have.Groups {
			f := w.groups[key]
			if !f.after || !f.is && filled[key] {
				groups++
			}
			if !f.after && !filled[key] {
				of++
			}
		}
		query := w.c.Last != nil && w.c.Last.Matches[0].Found > 0 && w.c.Matches[0].Found == 0
		want := map[string]bool{
			"users": o.over("users", users, active), "groups": o.over("groups", groups, of),
			"leaves": o.over("leaves", leaves, len(w.have.Members)), "query": query,
		}
		got := map[string]bool{}
		for name := range want {
			got[name] = slices.ContainsFunc(v.Refusals, func(r guard.Refusal) bool { return r.Guard == name })
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%v", diff, v.Refusals)
		}
	})
}
