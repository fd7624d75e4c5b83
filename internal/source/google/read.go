package google

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/directory"
)

// Read reads the directory: people and groups at the same time, and members
// while groups are still being listed. It returns all that the needs ask for,
// or an error; equal directories give equal snapshots, whatever the order in
// which answers come.
func (s *Source) Read(ctx context.Context) (directory.Snapshot, error) {
	d := newDemand()
	c, r := s.newCrawl(d), s.newRoster(d)
	found := directory.Answers{}
	work, inner := errgroup.WithContext(ctx)
	work.Go(func() error { return c.read(inner) })
	work.Go(func() error { return r.read(inner) })
	if len(s.needs.UserQueries) > 0 {
		work.Go(func() (err error) {
			found.Users, err = s.ask(inner)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return directory.Snapshot{}, fmt.Errorf("read Google directory: %w", err)
	}
	found.Groups = c.answers
	slices.Sort(c.notes)
	slices.Sort(c.doubts)
	snap := directory.Snapshot{
		Accounts: r.accounts(), AllAccounts: r.ended, Unread: slices.Sorted(slices.Values(r.refused)), Groups: c.groups(), Members: c.members,
		Answers: found, Notes: c.notes, Doubts: c.doubts,
	}
	snap.CustomerID = s.customerID(r.company, snap.Members)
	return snap, nil
}

// ask sends the queries about people that cannot be evaluated here.
func (s *Source) ask(ctx context.Context) (map[string][]string, error) {
	var answers map[string][]string
	for _, q := range s.needs.UserQueries {
		var ids []string
		call := listCall(opUsersList, usersPerPage, "nextPageToken,users(id)", "users")
		call.query.Set("customer", s.customer)
		call.query.Set("query", q)
		err := pages(ctx, s.api, call, func(p usersPage) error {
			for _, u := range p.Users {
				if str(u, "id") == "" {
					return errors.New("a user without id")
				}
				ids = append(ids, str(u, "id"))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list users that match %q: %w", q, err)
		}
		answers = answer(answers, q, ids)
	}
	return answers, nil
}

// customerID is what we were told, or what the accounts say, or the id of the
// member that stands for everybody.
func (s *Source) customerID(company string, members map[string][]directory.Member) string {
	if s.customer != MyCustomer {
		return s.customer
	}
	everyone := ""
	for _, id := range sortedKeys(members) {
		for _, m := range members[id] {
			if m.Kind == directory.MemberEveryone && everyone == "" {
				everyone = m.ID
			}
		}
	}
	return cmp.Or(company, everyone)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
