package policy

import (
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// ofIgnoredGroups returns the members of groups that are left alone. To
// deactivate them would be to touch the group.
func (t *retainer) ofIgnoredGroups() map[identity.Key]bool {
	users := map[identity.Key]bool{}
	for m := range t.have.Members {
		g := t.have.Groups[m.Group]
		if t.r.IgnoreGroups.Match(g.Name) || g.ExternalID != "" && t.w.ignored[identity.Key(g.ExternalID)] {
			users[m.User] = true
		}
	}
	return users
}

// otherUsers decides what becomes of users that are not in scope.
func (t *retainer) otherUsers() {
	ignored := t.ofIgnoredGroups()
	for _, key := range slices.Sorted(maps.Keys(t.have.Users)) {
		if _, ok := t.out.Want.Users[key]; ok {
			continue
		}
		u := t.have.Users[key]
		ext := identity.Key(u.ExternalID)
		managed := t.w.managed(identity.KindUser, u.ExternalID) && u.ExternalID != ""
		switch {
		case t.handsOff(key, ext) || t.r.IgnoreUsers.Match(u.UserName):
			t.frozenUsers[key] = true
			t.out.Want.Users[key] = u
		case ignored[key]:
			t.out.Want.Users[key] = u
		case t.r.GroupsOnly, !managed && !t.r.DeleteUnmanaged, t.r.DeprovisionUsers == Keep:
			t.out.Want.Users[key] = u
		case t.w.lagging && t.w.present[ext]:
			t.out.Want.Users[key] = u
			t.lagging = append(t.lagging, u.UserName)
		default:
			t.out.Causes[key] = t.gone(ext, managed)
			if t.r.DeprovisionUsers == Deactivate {
				t.out.Want.Users[key] = t.leaver(ext, u)
			}
		}
	}
}

// leaver returns what becomes of somebody who left. Who is still in the source
// is kept up to date all the same: the address that they had may be somebody
// else's by now.
func (t *retainer) leaver(ext identity.Key, before identity.User) identity.User {
	u := before
	if a, ok := t.w.accounts[ext]; ok && ext != "" {
		current, flaws := t.r.user(a)
		current.Manager = before.Manager
		if len(flaws) == 0 {
			u = t.keepUnsynced(ext, current, before)
		}
	}
	u.Active = false
	return u
}

// otherGroups decides what becomes of groups that are not in scope.
func (t *retainer) otherGroups() {
	for _, key := range slices.Sorted(maps.Keys(t.have.Groups)) {
		if _, ok := t.out.Want.Groups[key]; ok {
			continue
		}
		g := t.have.Groups[key]
		ext := identity.Key(g.ExternalID)
		managed := t.w.managed(identity.KindGroup, g.ExternalID) && g.ExternalID != ""
		lagging := t.w.lagging && t.w.present[ext]
		switch {
		case t.handsOff(key, ext), t.r.IgnoreGroups.Match(g.Name), !managed && !t.r.DeleteUnmanaged, t.r.DeprovisionGroups == Keep, lagging:
			t.frozenGroups[key] = true
			t.out.Want.Groups[key] = g
			if lagging && managed {
				t.lagging = append(t.lagging, g.Name)
			}
		default:
			t.out.Causes[key] = t.gone(ext, managed)
			if t.r.DeprovisionGroups == Empty {
				t.out.Want.Groups[key] = g
			}
		}
	}
}

// handsOff reports whether an object must not be touched in any way.
func (t *retainer) handsOff(key, ext identity.Key) bool {
	return t.reused[key] || t.m.Protected[key] || ext != "" && (t.w.ignored[ext] || t.w.unknown[ext])
}

// gone says why something is not in scope any more.
func (t *retainer) gone(ext identity.Key, managed bool) plan.Cause {
	switch {
	case !managed:
		return plan.CauseUnmanaged
	case !t.w.known[ext]:
		return plan.CauseGone
	case t.w.present[ext]:
		return plan.CauseScope
	}
	return t.w.Causes[ext]
}

