package file

import (
	"context"
	"slices"
	"strings"

	"ssosync/internal/directory"
)

// Account returns the account with the id. Not to be in the file is not to be.
func (s *Source) Account(ctx context.Context, id string) (acc directory.Account, found bool, err error) {
	return s.account(ctx, func(a directory.Account) bool { return a.ID == id })
}

// AccountByAddress returns the account with the address, primary or alias, in
// any case of its letters, likewise.
func (s *Source) AccountByAddress(ctx context.Context, address string) (acc directory.Account, found bool, err error) {
	return s.account(ctx, func(a directory.Account) bool {
		same := func(mine string) bool { return strings.EqualFold(mine, address) }
		return same(a.PrimaryEmail) || slices.ContainsFunc(a.Aliases, same)
	})
}

func (s *Source) account(ctx context.Context, is func(directory.Account) bool) (acc directory.Account, found bool, err error) {
	snap, err := s.Read(ctx)
	if i := slices.IndexFunc(snap.Accounts, is); i >= 0 {
		return snap.Accounts[i], true, nil
	}
	return directory.Account{}, false, err
}

// Group returns the group with the id, likewise.
func (s *Source) Group(ctx context.Context, id string) (g directory.Group, found bool, err error) {
	snap, err := s.Read(ctx)
	for _, g := range snap.Groups {
		if g.ID == id {
			return g, true, nil
		}
	}
	return directory.Group{}, false, err
}

// Groups returns all groups. None at all is [ErrEmpty].
func (s *Source) Groups(ctx context.Context) ([]directory.Group, error) {
	snap, err := s.Read(ctx)
	return snap.Groups, err
}

// GroupMembers returns the direct members of the group with the id.
func (s *Source) GroupMembers(ctx context.Context, id string) (members []directory.Member, found bool, err error) {
	snap, err := s.Read(ctx)
	members, found = snap.Members[id]
	return members, found, err
}

// HasMember reports whether a person is in a group: named there, or in a group
// inside of it, or as one of everybody.
func (s *Source) HasMember(ctx context.Context, groupID, userID string) (bool, error) {
	snap, err := s.Read(ctx)
	ours := slices.ContainsFunc(snap.Accounts, func(a directory.Account) bool { return a.ID == userID })
	seen := map[string]bool{}
	for todo := []string{groupID}; len(todo) > 0; {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		for _, m := range snap.Members[id] {
			switch {
			case m.Kind == directory.MemberGroup:
				todo = append(todo, m.ID)
			case m.ID == userID, m.Kind == directory.MemberEveryone && ours:
				return true, nil
			}
		}
	}
	return false, err
}

// GroupsOf returns the ids of the groups that name a person as a member,
// ascending.
func (s *Source) GroupsOf(ctx context.Context, userID string) ([]string, error) {
	snap, err := s.Read(ctx)
	var ids []string
	for _, g := range snap.Groups {
		if slices.ContainsFunc(snap.Members[g.ID], func(m directory.Member) bool {
			return m.Kind == directory.MemberUser && m.ID == userID
		}) {
			ids = append(ids, g.ID)
		}
	}
	return ids, err
}
