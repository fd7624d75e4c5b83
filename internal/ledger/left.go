package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ssosync/internal/identity"
)

// A left is what the target held when a run ended. Who is in a group is written
// as places in the list of users: a million memberships take some 7 MB, and
// would take 80 with their ids.
type left struct {
	Blind  []string        `json:"blind,omitempty"`  // paths of attributes that nobody saw, sorted
	Users  list[leftUser]  `json:"users,omitempty"`  // sorted by id
	Groups list[leftGroup] `json:"groups,omitempty"` // sorted by id
	// Unsure are users of whom nothing can be said: sorted ids. They are not
	// strangers for it.
	Unsure []identity.Key `json:"unsure,omitempty"`
}

type leftUser struct {
	ID   identity.Key   `json:"id"`
	User *identity.User `json:"user"` // never nil: that would be an entry without one
}

type leftGroup struct {
	ID         identity.Key `json:"id"`
	Name       string       `json:"name"`
	ExternalID string       `json:"externalId,omitempty"`
	Members    []int        `json:"members,omitempty"` // places in left.Users, ascending
}

// Remember replaces what is remembered of the target by h, which has everything
// under the target's ids, all of it valid UTF-8. Of what unsure is true, nothing
// is remembered: say so of what may have been written, and of a group whose
// memberships may have been. A nil unsure doubts nothing.
func (l *Ledger) Remember(h identity.Held, unsure func(kind identity.Kind, id identity.Key) bool) {
	if unsure == nil {
		unsure = func(identity.Kind, identity.Key) bool { return false }
	}
	now := left{Blind: set(h.Blind)}
	places := make(map[identity.Key]int, len(h.Users))
	for _, id := range slices.Sorted(maps.Keys(h.Users)) {
		if unsure(identity.KindUser, id) {
			now.Unsure = append(now.Unsure, id)
			continue
		}
		places[id] = len(now.Users)
		u := h.Users[id]
		now.Users = append(now.Users, leftUser{id, &u})
	}
	members := make(map[identity.Key][]int, len(h.Groups))
	for m, in := range h.Members {
		place, sure := places[m.User]
		switch {
		case !in:
		case sure:
			members[m.Group] = append(members[m.Group], place)
		default: // they came or went while the target was read
			now.Unsure = append(now.Unsure, m.User)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(h.Groups)) {
		if unsure(identity.KindGroup, id) {
			continue
		}
		slices.Sort(members[id])
		g := h.Groups[id]
		now.Groups = append(now.Groups, leftGroup{id, g.Name, g.ExternalID, members[id]})
	}
	now.Unsure = set(now.Unsure)
	l.left = now
}

// set returns what is in all, sorted and once each.
func set[T cmp.Ordered](all []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

func (leftUser) title() string { return "left: users" }

func (u leftUser) compare(v leftUser) int { return cmp.Compare(u.ID, v.ID) }

func (u leftUser) check() error {
	if u.User == nil {
		return errors.New("it has no attributes")
	}
	return nil
}

func (leftGroup) title() string { return "left: groups" }

func (g leftGroup) compare(h leftGroup) int { return cmp.Compare(g.ID, h.ID) }

func (g leftGroup) check() error {
	for i, place := range g.Members {
		if place < 0 || i > 0 && place <= g.Members[i-1] {
			return errors.New("its members are not in order")
		}
	}
	return nil
}

// check finds members that are no users; all else is checked entry by entry.
func (s left) check() error {
	for _, g := range s.Groups {
		if n := len(g.Members); n > 0 && g.Members[n-1] >= len(s.Users) {
			return fmt.Errorf("group %.140q has member %d of %d users", g.ID, g.Members[n-1], len(s.Users))
		}
	}
	if !ascending(s.Unsure) || !ascending(s.Blind) {
		return errors.New("what is not known is not in order")
	}
	return nil
}
