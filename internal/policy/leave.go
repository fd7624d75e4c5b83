package policy

import (
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// leftAlone returns the members of groups that are left alone, because they are
// ignored, because only the lagging search index lacks them, or because nothing
// proves that they are gone. Such groups bring nobody into scope, and to
// deactivate their people would be to touch the group.
func (t *retainer) leftAlone() map[identity.Key]bool {
	users := map[identity.Key]bool{}
	for m := range t.have.Members {
		g := t.have.Groups[m.Group]
		ext := identity.Key(g.ExternalID)
		lags := t.lags(identity.KindGroup, ext) && !in(t.w.State.Groups, m.Group)
		if t.r.IgnoreGroups.Match(g.Name) || ext != "" && t.w.ignored[ext] || lags || t.past.Unproven[m.Group] || t.past.UnprovenMembers[m] {
			users[m.User] = true
		}
	}
	return users
}

// lags reports whether an object that is out of scope may be so only because
// the search index does not know it yet: it is in the source, and active.
func (t *retainer) lags(kind identity.Kind, ext identity.Key) bool {
	lagging := t.w.laggingGroups || kind == identity.KindUser && t.w.laggingUsers
	return lagging && t.w.present[ext]
}

// otherUsers decides what becomes of users that are not in scope.
func (t *retainer) otherUsers() {
	alone := t.leftAlone()
	for _, key := range slices.Sorted(maps.Keys(t.have.Users)) {
		if !in(t.out.Want.Users, key) {
			t.otherUser(key, alone[key])
		}
	}
}

// otherUser decides about one. Who is alone is a member of a group that is left
// alone.
func (t *retainer) otherUser(key identity.Key, alone bool) {
	u := t.have.Users[key]
	ext := identity.Key(u.ExternalID)
	managed := t.w.managed(identity.KindUser, u.ExternalID)
	switch {
	case t.handsOff(key, ext) || t.r.IgnoreUsers.Match(u.UserName):
		t.freezeUser(key, managed)
	case t.keepsUser(managed), alone && (!managed || !t.w.left(ext)):
		t.out.Want.Users[key] = u
	case t.lags(identity.KindUser, ext):
		t.out.Want.Users[key] = u
		t.lagging = append(t.lagging, u.UserName)
	default:
		t.userLeaves(key, ext, managed, alone)
	}
}

// userLeaves deactivates or deletes somebody. Who is suspended is known to have
// left; whether they are out of scope may be unclear, and then they are not
// deleted.
func (t *retainer) userLeaves(key, ext identity.Key, managed, alone bool) {
	cause := t.gone(ext, managed)
	t.out.Causes[key] = cause
	unclear := t.w.suspended[ext] && (alone || t.w.laggingUsers)
	switch {
	case unclear, t.r.DeprovisionUsers == Deactivate && cause.Proven():
		t.out.Want.Users[key] = t.leaver(ext, t.have.Users[key])
	case t.r.DeprovisionUsers == Deactivate && t.leave(identity.KindUser, key, cause):
		t.out.Want.Users[key] = t.leaver(ext, t.have.Users[key])
	}
}

// freezeUser leaves a user as they are, memberships included.
func (t *retainer) freezeUser(key identity.Key, managed bool) {
	u := t.have.Users[key]
	ext := identity.Key(u.ExternalID)
	if managed && t.w.unknown[ext] {
		t.out.Unseen = append(t.out.Unseen, key)
	}
	if managed && t.w.unknown[ext] && !t.w.known[ext] {
		t.note("%s is left as is: a group in Google names them, and Google does not list or show them", u.UserName)
	}
	t.frozenUsers[key] = true
	t.out.Want.Users[key] = u
}

// keepsUser reports whether the rules keep users who are not in scope.
func (t *retainer) keepsUser(managed bool) bool {
	return t.r.GroupsOnly || !managed && !t.r.DeleteUnmanaged || t.r.DeprovisionUsers == Keep
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
		if in(t.out.Want.Groups, key) {
			continue
		}
		g := t.have.Groups[key]
		ext := identity.Key(g.ExternalID)
		managed := t.w.managed(identity.KindGroup, g.ExternalID)
		lagging := t.lags(identity.KindGroup, ext)
		switch {
		case t.handsOff(key, ext), t.r.IgnoreGroups.Match(g.Name), !managed && !t.r.DeleteUnmanaged, t.r.DeprovisionGroups == Keep, lagging:
			t.frozenGroups[key] = true
			t.out.Want.Groups[key] = g
			if lagging {
				t.lagging = append(t.lagging, g.Name)
			}
		default:
			cause := t.gone(ext, managed)
			t.out.Causes[key] = cause
			if t.r.DeprovisionGroups == Empty && t.leave(identity.KindGroup, key, cause) {
				t.out.Want.Groups[key] = g
			}
		}
	}
}

// handsOff reports whether an object must not be touched in any way.
func (t *retainer) handsOff(key, ext identity.Key) bool {
	return t.reused[key] || t.m.Protected[key] || t.past.Unproven[key] || ext != "" && (t.w.ignored[ext] || t.w.unknown[ext])
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
