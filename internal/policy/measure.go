package policy

import (
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// measure counts what guards compare a plan with.
func (t *retainer) measure() {
	b := plan.Base{Source: t.w.Size, Members: map[identity.Key]int{}}
	filled := map[identity.Key]bool{}
	for key, u := range t.have.Users {
		if t.isManaged(identity.KindUser, key, u.ExternalID) {
			b.Managed.Users++
			if u.Active {
				b.Active++
			}
		}
		if want, ok := t.w.State.Users[key]; !ok || !want.Active && !t.r.Suspended {
			t.out.Mirror.Users++
		}
	}
	for key, g := range t.have.Groups {
		if t.isManaged(identity.KindGroup, key, g.ExternalID) {
			b.Managed.Groups++
		}
		if _, ok := t.w.State.Groups[key]; !ok {
			t.out.Mirror.Groups++
		}
	}
	for m := range t.have.Members {
		b.Members[m.Group]++
		if t.isManaged(identity.KindGroup, m.Group, t.have.Groups[m.Group].ExternalID) {
			b.Managed.Members++
			filled[m.Group] = true
		}
	}
	b.Filled = len(filled)
	t.out.Base = b
	if t.r.LeaveUnknownMembers {
		t.out.Mirror = plan.Size{} // that method never deleted what it did not know
	}
}

func (t *retainer) isManaged(kind identity.Kind, key identity.Key, ext string) bool {
	if kind == identity.KindUser {
		if _, ok := t.w.State.Users[key]; ok {
			return true
		}
	} else if _, ok := t.w.State.Groups[key]; ok {
		return true
	}
	return ext != "" && t.w.managed(kind, ext)
}

