package policy

import (
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// measure counts what guards compare a plan with.
func (t *retainer) measure() {
	b := plan.Base{Source: t.w.Size, Members: map[identity.Key]int{}}
	for key, u := range t.have.Users {
		if t.w.managed(identity.KindUser, u.ExternalID) || in(t.w.State.Users, key) {
			b.Managed.Users++
			if u.Active {
				b.Active++
			}
		}
	}
	ours := map[identity.Key]bool{}
	for key, g := range t.have.Groups {
		if t.w.managed(identity.KindGroup, g.ExternalID) || in(t.w.State.Groups, key) {
			b.Managed.Groups++
			ours[key] = true
		}
	}
	for m := range t.have.Members {
		b.Members[m.Group]++
		if ours[m.Group] {
			b.Managed.Members++
		}
	}
	for key := range b.Members {
		if ours[key] {
			b.Filled++
		}
	}
	t.out.Base = b
	t.out.Mirror = t.mirror()
}

// mirror counts what a plain mirror would delete. The method that leaves
// unknown members alone never deleted what it did not know.
func (t *retainer) mirror() plan.Size {
	var n plan.Size
	if t.r.LeaveUnknownMembers {
		return n
	}
	for key := range t.have.Users {
		if want, ok := t.w.State.Users[key]; !ok || !want.Active && !t.r.Suspended {
			n.Users++
		}
	}
	for key := range t.have.Groups {
		if !in(t.w.State.Groups, key) {
			n.Groups++
		}
	}
	return n
}

func in[T any](objects map[identity.Key]T, key identity.Key) bool {
	_, ok := objects[key]
	return ok
}
