package policy

import (
	"cmp"
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Past is what earlier runs and second questions say of objects, beside both
// readings: what is not to be concluded, not to be tried yet, or may go for
// good. The zero value says nothing. Keys are those that match gives.
type Past struct {
	// Unproven are users and groups whose absence the source did not confirm:
	// they stay as they are. UnprovenMembers are such memberships.
	Unproven        map[identity.Key]bool
	UnprovenMembers map[identity.Membership]bool
	// Due reports whether something that left has been gone for as long as it
	// is kept; id is the target's. nil: nothing has.
	Due func(kind identity.Kind, id string) bool
	// Paused reports whether writing this value failed lately, so that it is
	// too early to try again. A membership has a group and no value. nil:
	// nothing is.
	Paused func(kind identity.Kind, key, group identity.Key, value any) bool
	// Drifted are the attributes of users, by name, that somebody else changed
	// in the target and that stay so; of a group it is the name.
	Drifted       map[identity.Key][]string
	DriftedGroups map[identity.Key]bool
	// DriftedAway are users and groups that somebody else deleted.
	DriftedAway map[identity.Key]bool
	// DriftedMembers were put in (true) or taken out (false) by somebody else,
	// and stay so.
	DriftedMembers map[identity.Membership]bool
}

// A Leaver is a user or a group that left, and is kept without access for now.
type Leaver struct {
	Kind  identity.Kind
	Key   identity.Key
	Cause plan.Cause
}

// A Postponed is a change that is not tried in this run, because it failed
// lately.
type Postponed struct {
	Kind  identity.Kind
	Key   identity.Key
	Group identity.Key // of a membership
}

// due reports whether a leaver is to be deleted now. It takes two runs at
// least: what still has access, or is in a group, was not gone before.
func (t *retainer) due(kind identity.Kind, key identity.Key) bool {
	if t.past.Due == nil || t.occupied()[key] {
		return false
	}
	if kind == identity.KindUser {
		return !t.have.Users[key].Active && t.past.Due(kind, t.have.Records.Users[key].ID)
	}
	return t.past.Due(kind, t.have.Records.Groups[key].ID)
}

// occupied returns the users that are in some group, and the groups that have
// somebody.
func (t *retainer) occupied() map[identity.Key]bool {
	if t.busy == nil {
		t.busy = map[identity.Key]bool{}
		for m := range t.have.Members {
			t.busy[m.User], t.busy[m.Group] = true, true
		}
	}
	return t.busy
}

// leave takes down that something left and is kept, or lets it go for good.
func (t *retainer) leave(kind identity.Kind, key identity.Key, cause plan.Cause) (kept bool) {
	t.out.Left = append(t.out.Left, Leaver{kind, key, cause})
	if t.due(kind, key) {
		t.out.Causes[key] = plan.CauseExpired
		return false
	}
	return true
}

// drift keeps what somebody else changed in the target, where the operator
// wants to be told and no more. It never keeps anybody active: access is the
// source's to give.
func (t *retainer) drift() {
	for key, attrs := range t.past.Drifted {
		u, wanted := t.out.Want.Users[key]
		if before, held := t.have.Users[key]; wanted && held {
			t.out.Want.Users[key] = drifted(u, before, attrs)
		}
	}
	for key := range t.past.DriftedAway {
		if !in(t.have.Users, key) {
			delete(t.out.Want.Users, key)
		}
		if !in(t.have.Groups, key) {
			delete(t.out.Want.Groups, key)
		}
	}
	for key := range t.past.DriftedGroups {
		if g, wanted := t.out.Want.Groups[key]; wanted && in(t.have.Groups, key) {
			g.Name = t.have.Groups[key].Name
			t.out.Want.Groups[key] = g
		}
	}
}

// drifted returns a user with attributes as they are in the target.
func drifted(u, before identity.User, attrs []string) identity.User {
	for _, a := range identity.Attrs {
		if slices.Contains(attrs, a.Name) && a.Name != "externalId" {
			*a.Field(&u) = *a.Field(&before)
		}
	}
	if slices.Contains(attrs, "active") {
		u.Active = u.Active && before.Active
	}
	return u
}

// pause takes back what failed lately and is not to be tried yet. What takes
// access away is always tried.
func (t *retainer) pause() {
	if t.past.Paused == nil {
		return
	}
	for _, key := range sortedKeys(t.out.Want.Users) {
		u := t.out.Want.Users[key]
		before, held := t.have.Users[key]
		if held && (u == before || before.Active && !u.Active) || !t.past.Paused(identity.KindUser, key, "", u) {
			continue
		}
		t.out.Postponed = append(t.out.Postponed, Postponed{Kind: identity.KindUser, Key: key})
		put(t.out.Want.Users, key, before, held)
	}
	for _, key := range sortedKeys(t.out.Want.Groups) {
		g := t.out.Want.Groups[key]
		before, held := t.have.Groups[key]
		if held && g == before || !t.past.Paused(identity.KindGroup, key, "", g) {
			continue
		}
		t.out.Postponed = append(t.out.Postponed, Postponed{Kind: identity.KindGroup, Key: key})
		put(t.out.Want.Groups, key, before, held)
	}
}

// put makes an object what it was, or not there.
func put[T any](objects map[identity.Key]T, key identity.Key, before T, held bool) {
	if held {
		objects[key] = before
	} else {
		delete(objects, key)
	}
}

// heldMembers lets memberships stay as they are, in or out, that are not
// proven to have ended, that somebody else changed, or that failed lately.
func (t *retainer) heldMembers(want map[identity.Membership]bool) {
	for m := range t.past.UnprovenMembers {
		if t.have.Members[m] {
			want[m] = true
		}
	}
	for m, joined := range t.past.DriftedMembers {
		switch {
		case !joined && !t.have.Members[m]:
			delete(want, m)
		case joined && t.have.Members[m] && t.out.Causes[m.User] == "" && t.out.Causes[m.Group] == "":
			want[m] = true
		}
	}
	t.pauseMembers(want)
}

// pauseMembers leaves out who could not be put into a group lately.
func (t *retainer) pauseMembers(want map[identity.Membership]bool) {
	if t.past.Paused == nil {
		return
	}
	for m := range want {
		if !t.have.Members[m] && t.past.Paused(identity.KindUser, m.User, m.Group, nil) {
			delete(want, m)
			t.out.Postponed = append(t.out.Postponed, Postponed{identity.KindUser, m.User, m.Group})
		}
	}
	slices.SortFunc(t.out.Postponed, comparePostponed)
}

func comparePostponed(a, b Postponed) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Group, b.Group))
}

func sortedKeys[T any](objects map[identity.Key]T) []identity.Key {
	return slices.Sorted(maps.Keys(objects))
}
