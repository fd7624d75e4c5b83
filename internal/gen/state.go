// Package gen draws random directories and states for property tests. What it
// draws is small, so that coincidences are likely, and realistic in form.
package gen

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"ssosync/internal/identity"
)

// UserID returns the n-th id of a Google user.
func UserID(n int) string { return fmt.Sprintf("1%020d", n) }

// GroupID returns the n-th id of a Google group.
func GroupID(n int) string { return fmt.Sprintf("0%014d", n) }

// names are few, so that people swap them; some differ in case only.
func names(t *rapid.T, label string, n int, form string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(form, i)
	}
	all = rapid.Permutation(all).Draw(t, label)
	for i, name := range all {
		if rapid.IntRange(0, 9).Draw(t, "case") == 0 {
			all[i] = "A" + name[1:]
		}
	}
	return all
}

// State draws a state whose names are unique, as a target would have it.
func State(t *rapid.T) identity.State {
	s := identity.NewState()
	userNames, groupNames := names(t, "userNames", 8, "a%d@example.com"), names(t, "groupNames", 5, "a group %d")
	for i := range 6 {
		if rapid.IntRange(0, 3).Draw(t, "user") == 0 {
			continue
		}
		u := identity.User{
			ExternalID: UserID(i), UserName: userNames[i], Email: userNames[i], GivenName: "G", FamilyName: "F",
			DisplayName: rapid.SampledFrom([]string{"G F", "F, G"}).Draw(t, "displayName"),
			Title:       rapid.SampledFrom([]string{"", "Boss"}).Draw(t, "title"),
			Active:      rapid.Bool().Draw(t, "active"),
		}
		if m := rapid.IntRange(0, 11).Draw(t, "manager"); m < 6 {
			u.Manager = UserID(m)
		}
		s.Users[identity.Key(UserID(i))] = u
	}
	for k, u := range s.Users {
		if _, ok := s.Users[identity.Key(u.Manager)]; !ok || identity.Key(u.Manager) == k {
			u.Manager = ""
			s.Users[k] = u
		}
	}
	users := slices.Sorted(maps.Keys(s.Users))
	for i := range 4 {
		if rapid.IntRange(0, 3).Draw(t, "group") == 0 {
			continue
		}
		g := identity.Key(GroupID(i))
		s.Groups[g] = identity.Group{ExternalID: GroupID(i), Name: groupNames[i]}
		for _, u := range users {
			if rapid.Bool().Draw(t, "member") {
				s.Members[identity.Membership{Group: g, User: u}] = true
			}
		}
	}
	return s
}

// Held puts a state into a target's hands: each key stands for an id of the
// target's own.
func Held(s identity.State) identity.Held {
	held := identity.Held{State: s, Records: identity.NewHeld().Records}
	for k := range s.Users {
		held.Records.Users[k] = identity.Record{ID: "id-" + string(k)}
	}
	for k := range s.Groups {
		held.Records.Groups[k] = identity.Record{ID: "id-" + string(k)}
	}
	return held
}
