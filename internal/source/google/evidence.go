package google

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"ssosync/internal/directory"
)

var errNoID = errors.New("no id was given")

// Account reads one account by its immutable id, past every listing and
// search. It is not found only if the API says so (404 notFound); whatever else
// keeps it from being read is an error.
func (s *Source) Account(ctx context.Context, id string) (acc directory.Account, found bool, err error) {
	if id == "" {
		return directory.Account{}, false, fmt.Errorf("get user: %w", errNoID)
	}
	var u map[string]any
	if err = s.api.get(ctx, s.fields.get(id), &u); err == nil {
		acc, err = s.account(u)
	}
	return only(acc, err, "get user "+id)
}

// Group reads one group by its immutable id, likewise.
func (s *Source) Group(ctx context.Context, id string) (g directory.Group, found bool, err error) {
	if id == "" {
		return directory.Group{}, false, fmt.Errorf("get group: %w", errNoID)
	}
	var row groupRow
	c := call{op: opGroupsGet, path: []string{"groups", id}, query: url.Values{"fields": {groupFields}}}
	if err = s.api.get(ctx, c, &row); err == nil {
		g, err = row.group()
	}
	return only(g, err, "get group "+id)
}

// GroupMembers lists the direct members of one group once more, likewise.
func (s *Source) GroupMembers(ctx context.Context, id string) (members []directory.Member, found bool, err error) {
	if id == "" {
		return nil, false, fmt.Errorf("list members: %w", errNoID)
	}
	members, err = s.members(ctx, id)
	return only(members, err, "list members of "+id)
}

// only tells absence from other errors.
func only[T any](v T, err error, doing string) (T, bool, error) {
	var none T
	switch {
	case err == nil:
		return v, true, nil
	case absent(err):
		return none, false, nil
	}
	return none, false, fmt.Errorf("%s: %w", doing, err)
}
