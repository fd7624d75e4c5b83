package guard

import (
	"fmt"
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// protected holds the plan against the invariants. What is broken already, and
// is not made worse, is worth a warning.
func (in *inspection) protected(Limit) {
	if len(in.c.Protect) == 0 {
		return
	}
	before, after := survey(in.c.Have), survey(in.after())
	for _, inv := range in.c.Protect {
		if inv.Kind == identity.KindUser {
			in.protectUser(inv, before, after)
		} else {
			in.protectGroup(inv, before, after)
		}
	}
}

// after returns the state that there would be, were all of the plan done.
func (in *inspection) after() identity.State {
	s := identity.NewState()
	maps.Copy(s.Users, in.c.Have.Users)
	maps.Copy(s.Groups, in.c.Have.Groups)
	maps.Copy(s.Members, in.c.Have.Members)
	change(s.Users, in.p.Users)
	change(s.Groups, in.p.Groups)
	for _, m := range in.p.Leave {
		delete(s.Members, m.Membership)
	}
	for _, m := range in.p.Join {
		s.Members[m.Membership] = true
	}
	return s
}

func change[T any](objects map[identity.Key]T, changes []plan.Change[T]) {
	for _, c := range changes {
		if c.Op == plan.Delete {
			delete(objects, c.Key)
		} else {
			objects[c.Key] = c.After
		}
	}
}

// A view is a state, with the numbers of members of each group.
type view struct {
	identity.State
	members, active map[identity.Key]int
}

func survey(s identity.State) view {
	v := view{s, map[identity.Key]int{}, map[identity.Key]int{}}
	for m := range s.Members {
		if u, exists := s.Users[m.User]; exists {
			v.members[m.Group]++
			if u.Active {
				v.active[m.Group]++
			}
		}
	}
	return v
}

// named returns the keys of what has a name, before or after: a rename takes
// nothing away.
func named[T any](before, after map[identity.Key]T, name string, get func(T) string) []identity.Key {
	keys := map[identity.Key]bool{}
	folded := identity.Fold(name)
	for _, objects := range []map[identity.Key]T{before, after} {
		for key, x := range objects {
			if identity.Fold(get(x)) == folded {
				keys[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func (in *inspection) protectUser(inv Invariant, before, after view) {
	breached, exist, active := false, false, false
	for _, key := range named(before.Users, after.Users, inv.Name, func(u identity.User) string { return u.UserName }) {
		was := before.Users[key]
		is, exists := after.Users[key]
		exist, active = exist || exists, active || is.Active
		fate := "deactivated"
		if !exists {
			fate = "deleted"
		}
		if !exists || was.Active && !is.Active {
			breached = true
			in.refuse(confirmed(among(in.sure.users, key), 1, "user", "suspended or deleted"), "user %q must stay, and would be %s", inv.Name, fate)
			in.heldUsers[key] = true
			in.withholdLeaves(func(m plan.Move) bool { return m.User == key })
		}
	}
	switch {
	case breached || active:
	case exist:
		in.warn("user %q must stay active, and is inactive", inv.Name)
	default:
		in.warn("user %q must stay, and is not there", inv.Name)
	}
}

func (in *inspection) protectGroup(inv Invariant, before, after view) {
	breached, exist, most := false, false, 0
	for _, key := range named(before.Groups, after.Groups, inv.Name, func(g identity.Group) string { return g.Name }) {
		_, exists := after.Groups[key]
		if exists {
			exist, most = true, max(most, after.active[key])
		}
		if in.groupBreaks(inv, key, exists, before, after) {
			breached = true
			in.holdGroup(key)
		}
	}
	switch {
	case breached || exist && most >= inv.Least:
	case exist:
		in.warn("group %q must keep %s, and has %d", inv.Name, actives(inv.Least), most)
	default:
		in.warn("group %q must stay, and is not there", inv.Name)
	}
}

// groupBreaks reports whether an invariant is broken by what would become of a
// group, and refuses that.
func (in *inspection) groupBreaks(inv Invariant, key identity.Key, exists bool, before, after view) bool {
	least := max(inv.Least, 1)
	was, is := before.active[key], after.active[key]
	touches := func(m plan.Move) bool { return m.Group == key }
	switch {
	case !exists:
		in.refuse(confirmed(among(in.sure.groups, key), 1, "group", "to be gone in Google"), "group %q must stay, and would be deleted", inv.Name)
	case is < was && is < least:
		in.refuse(in.ofLeaves(touches), "group %q must keep %s, and would have %d of %d", inv.Name, actives(least), is, was)
	case before.members[key] > 0 && after.members[key] == 0:
		in.refuse(in.ofLeaves(touches), "group %q must keep members, and would be emptied", inv.Name)
	default:
		return false
	}
	return true
}

// holdGroup withholds whatever takes a group or somebody in it away.
func (in *inspection) holdGroup(key identity.Key) {
	in.heldGroups[key] = true
	in.withholdLeaves(func(m plan.Move) bool { return m.Group == key })
	for m := range in.c.Have.Members {
		if m.Group == key {
			in.heldUsers[m.User] = true
		}
	}
}

func actives(n int) string {
	if n == 1 {
		return "an active member"
	}
	return fmt.Sprintf("%d active members", n)
}

func among(keys map[identity.Key]bool, key identity.Key) int {
	if keys[key] {
		return 1
	}
	return 0
}
