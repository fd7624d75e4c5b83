package google

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ssosync/internal/directory"
)

var (
	errNoID  = errors.New("no id was given")
	errOther = errors.New("the answer is about another object than was asked for")
)

// Account reads one account by its immutable id, past every listing and
// search. It is not found only if the API says so (404 notFound); whatever else
// keeps it from being read is an error.
func (s *Source) Account(ctx context.Context, id string) (acc directory.Account, found bool, err error) {
	if err := usable(id); err != nil {
		return directory.Account{}, false, fmt.Errorf("get user: %w", err)
	}
	if acc, err = s.user(ctx, id); err == nil && acc.ID != id {
		err = errOther
	}
	return only(acc, err, "get user "+id)
}

// AccountByAddress reads one account by its primary address or an alias,
// likewise. That a group has the address says that no person has. A refusal
// (403) is what the API says of addresses of other organisations, and what it
// says to a login that may not read people: the error wraps
// [directory.ErrForeign], for whoever knows better.
func (s *Source) AccountByAddress(ctx context.Context, address string) (acc directory.Account, found bool, err error) {
	if err := usable(address); err != nil {
		return directory.Account{}, false, fmt.Errorf("get user by address: %w", err)
	}
	acc, err = s.user(ctx, address)
	if groupsAddress(err) {
		return directory.Account{}, false, nil
	}
	return only(acc, err, "get user by address "+said(address))
}

// user reads an account by any of its keys.
func (s *Source) user(ctx context.Context, key string) (directory.Account, error) {
	var u map[string]any
	if err := s.api.get(ctx, s.fields.get(key), &u); err != nil {
		return directory.Account{}, err
	}
	return s.account(u)
}

// Group reads one group by its immutable id, likewise.
func (s *Source) Group(ctx context.Context, id string) (g directory.Group, found bool, err error) {
	if err := usable(id); err != nil {
		return directory.Group{}, false, fmt.Errorf("get group: %w", err)
	}
	var row groupRow
	c := call{op: opGroupsGet, path: []string{"groups", id}, query: url.Values{"fields": {groupFields}}}
	if err = s.api.get(ctx, c, &row); err == nil {
		g, err = row.group()
	}
	if err == nil && g.ID != id {
		err = errOther
	}
	return only(g, err, "get group "+id)
}

// Groups lists all groups of the customer once more, by ascending id. None at
// all is [ErrEmpty].
func (s *Source) Groups(ctx context.Context) ([]directory.Group, error) {
	byID := map[string]directory.Group{}
	err := pages(ctx, s.api, s.groupsCall(), func(p groupsPage) error {
		for _, row := range p.Groups {
			g, err := row.group()
			if err != nil {
				return err
			}
			byID[g.ID] = g
		}
		return nil
	})
	if err == nil && len(byID) == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("list groups again: %w", err)
	}
	return sortedGroups(byID), nil
}

// GroupMembers lists the direct members of one group once more. The group is
// not found only if the API says so.
func (s *Source) GroupMembers(ctx context.Context, id string) (members []directory.Member, found bool, err error) {
	if err := usable(id); err != nil {
		return nil, false, fmt.Errorf("list members: %w", err)
	}
	members, err = s.members(ctx, id)
	return only(members, err, "list members of "+id)
}

// HasMember asks whether a person is in a group, directly or through other
// groups. Nobody is in a group that is gone, and who is gone is in none, if the
// API says which of the two it does not find. It does not compare a group with a
// person of another domain who is not directly in it: that is an error that
// wraps [directory.ErrOtherDomain]. An error is every other answer, too, that
// does not say yes or no (Directory API reference: members.hasMember).
func (s *Source) HasMember(ctx context.Context, groupID, userID string) (bool, error) {
	if err := usable(groupID, userID); err != nil {
		return false, fmt.Errorf("ask for a member: %w", err)
	}
	var answer struct {
		IsMember *bool `json:"isMember"`
	}
	c := call{op: opHasMember, path: []string{"groups", groupID, "hasMember", userID}}
	err := s.api.get(ctx, c, &answer)
	switch {
	case lacks(err, "groupKey"), lacks(err, "memberKey"):
		return false, nil
	case otherDomain(err):
		err = fmt.Errorf("%w: %w", directory.ErrOtherDomain, err)
	case err == nil && answer.IsMember == nil:
		err = errors.New("the answer says neither yes nor no")
	}
	if err != nil {
		return false, fmt.Errorf("ask whether user %s is in group %s: %w", userID, groupID, err)
	}
	return *answer.IsMember, nil
}

// GroupsOf lists the ids of the groups that a person is directly in, ascending;
// groups of other organisations may be among them. Who is gone is in none. The
// customer is not named: the API refuses it beside a person (Directory API
// reference: groups.list, userKey).
func (s *Source) GroupsOf(ctx context.Context, userID string) ([]string, error) {
	if err := usable(userID); err != nil {
		return nil, fmt.Errorf("list groups of a user: %w", err)
	}
	c := listCall(opGroupsList, groupsPerPage, "nextPageToken,groups(id,email)", "groups")
	c.query.Set("userKey", userID)
	var ids []string
	err := pages(ctx, s.api, c, func(p groupsPage) error {
		for _, row := range p.Groups {
			g, err := row.group()
			if err != nil {
				return err
			}
			ids = append(ids, g.ID)
		}
		return nil
	})
	switch {
	case lacks(err, "userKey"):
		return nil, nil
	case foreign(err):
		return nil, fmt.Errorf("list groups of %s: %w, or may not be read: %w", userID, directory.ErrForeign, err)
	case err != nil:
		return nil, fmt.Errorf("list groups of user %s: %w", userID, err)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// usable refuses keys that would make a path of another resource.
func usable(keys ...string) error {
	for _, k := range keys {
		switch k {
		case "":
			return errNoID
		case ".", "..":
			return fmt.Errorf("%q is no id", k)
		}
	}
	return nil
}

// lacks reports whether err is the API's word that what it was asked for under
// a parameter is gone. Of a question that names two things, and of a list,
// "not found" alone would not say what.
func lacks(err error, parameter string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && absent(err) && strings.Contains(strings.ToLower(e.Message), strings.ToLower(parameter))
}

// otherDomain reports whether err is what members.hasMember says of a person of
// another domain who is not directly in the group (Directory API reference:
// members.hasMember).
func otherDomain(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Message), "invalid input: memberkey")
}

// groupsAddress reports whether err is what users.get says of a group's key.
func groupsAddress(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusBadRequest && e.Reason == "badRequest" &&
		strings.Contains(strings.ToLower(e.Message), "type not supported: userkey")
}

// only tells absence from other errors.
func only[T any](v T, err error, doing string) (T, bool, error) {
	var none T
	switch {
	case err == nil:
		return v, true, nil
	case absent(err):
		return none, false, nil
	case foreign(err):
		err = fmt.Errorf("%w, or may not be read: %w", directory.ErrForeign, err)
	}
	return none, false, fmt.Errorf("%s: %w", doing, err)
}
