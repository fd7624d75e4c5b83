package ledger

import (
	"cmp"
	"slices"

	"ssosync/internal/identity"
)

// What can become of an object besides that an attribute changes.
const (
	Deleted     = "deleted"
	Activated   = "activated"
	Deactivated = "deactivated"
	Joined      = "joined"
	Left        = "left"
)

// A Change is something that is not as we left it.
type Change struct {
	Kind  identity.Kind // of what ID names
	ID    identity.Key  // the target's
	Group identity.Key  // the target's id of the group that was joined or left, else ""
	// What is one of the words above, or the name of an attribute: a row of
	// identity.Attrs, or displayName or externalId of a group.
	What          string
	Before, After string // of an attribute
}

// Drift returns what differs in h, which has everything under the target's ids,
// from what is remembered: first of users, then group by group, each followed by
// its memberships. Whatever is new in the target is none, unless a new user is
// in a group that is remembered. Nor is what follows from a deletion, or what
// one of the two readings could not see.
func (l *Ledger) Drift(h identity.Held) []Change {
	var changes []Change
	attrs := l.left.visible(h.Blind)
	for _, u := range l.left.Users {
		changes = append(changes, u.drift(h, attrs)...)
	}
	moves := l.left.moves(h)
	for _, g := range l.left.Groups {
		now, ok := h.Groups[g.ID]
		if !ok {
			changes = append(changes, Change{Kind: identity.KindGroup, ID: g.ID, What: Deleted})
			continue
		}
		changes = append(changes, g.drift(now)...)
		changes = append(changes, moves[g.ID]...)
	}
	return changes
}

// visible are the attributes that both readings saw.
func (s left) visible(blind []string) []identity.Attr {
	return slices.DeleteFunc(slices.Clone(identity.Attrs), func(a identity.Attr) bool {
		return slices.Contains(blind, a.Path) || slices.Contains(s.Blind, a.Path)
	})
}

func (u leftUser) drift(h identity.Held, attrs []identity.Attr) []Change {
	before := *u.User
	after, ok := h.Users[u.ID]
	switch {
	case !ok:
		return []Change{{Kind: identity.KindUser, ID: u.ID, What: Deleted}}
	case before == after:
		return nil
	}
	var changes []Change
	for _, a := range attrs {
		if b, c := *a.Field(&before), *a.Field(&after); b != c {
			changes = append(changes, Change{Kind: identity.KindUser, ID: u.ID, What: a.Name, Before: b, After: c})
		}
	}
	switch {
	case after.Active && !before.Active:
		changes = append(changes, Change{Kind: identity.KindUser, ID: u.ID, What: Activated})
	case before.Active && !after.Active:
		changes = append(changes, Change{Kind: identity.KindUser, ID: u.ID, What: Deactivated})
	}
	return changes
}

func (g leftGroup) drift(now identity.Group) []Change {
	var changes []Change
	if g.ExternalID != now.ExternalID {
		changes = append(changes, Change{Kind: identity.KindGroup, ID: g.ID, What: "externalId", Before: g.ExternalID, After: now.ExternalID})
	}
	if g.Name != now.Name {
		changes = append(changes, Change{Kind: identity.KindGroup, ID: g.ID, What: "displayName", Before: g.Name, After: now.Name})
	}
	return changes
}

// moves returns who joined and who left each remembered group, sorted by user.
func (s left) moves(h identity.Held) map[identity.Key][]Change {
	moves := map[identity.Key][]Change{}
	move := func(group, user identity.Key, what string) {
		moves[group] = append(moves[group], Change{Kind: identity.KindUser, ID: user, Group: group, What: what})
	}
	then := make(map[identity.Key][]int, len(s.Groups))
	for _, g := range s.Groups {
		then[g.ID] = g.Members
		for _, place := range g.Members {
			user := s.Users[place].ID
			if _, there := h.Users[user]; there && !h.Members[identity.Membership{Group: g.ID, User: user}] {
				move(g.ID, user, Left)
			}
		}
	}
	places := make(map[identity.Key]int, len(s.Users))
	for i, u := range s.Users {
		places[u.ID] = i
	}
	for m, in := range h.Members {
		members, remembered := then[m.Group]
		if !in || !remembered || s.unsure(m.User) {
			continue
		}
		place, known := places[m.User]
		if _, was := slices.BinarySearch(members, place); !known || !was {
			move(m.Group, m.User, Joined)
		}
	}
	for _, ms := range moves {
		slices.SortFunc(ms, func(a, b Change) int { return cmp.Compare(a.ID, b.ID) })
	}
	return moves
}

func (s left) unsure(user identity.Key) bool {
	_, found := slices.BinarySearch(s.Unsure, user)
	return found
}
