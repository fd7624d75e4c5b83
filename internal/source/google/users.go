package google

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
)

// A roster reads accounts in whichever way is cheaper: all of them in pages of
// 500, or one by one those that are members of some group.
//
// The better way is known only when all members are known, and waiting for
// that would put the two longest parts of a run one after the other. So it
// rents before it buys: after p pages, another page is read only while more
// than p members are known. When all members are known and there are p or
// fewer of them, those who were on no page are read one by one. Pages are paid
// for only as members turn up that would have cost as much, so that this never
// takes more than twice the calls of the better way, plus the first page; and
// where there are as many members as pages it takes the ⌈U/500⌉ pages and
// nothing else. What it takes does not depend on which answer comes first: a
// page is read on the strength of some of the members only if it would be on
// that of all.
type roster struct {
	src    *Source
	demand *demand
	all    bool // everybody is needed, whoever is in which group

	pages   int
	ended   bool // the listing was read to its end
	wanted  map[string]bool
	unseen  map[string]bool // those wanted whose accounts are not read
	mu      sync.Mutex      // for the accounts, while they are read one by one
	seen    map[string]directory.Account
	company string // the customer's id, if accounts tell it
	refused []string
}

func (s *Source) newRoster(d *demand) *roster {
	return &roster{
		src: s, demand: d, all: s.needs.AllAccounts || len(s.needs.UserQueries) > 0,
		wanted: map[string]bool{}, unseen: map[string]bool{}, seen: map[string]directory.Account{},
	}
}

// read reads the accounts, beginning with the first page at once.
func (r *roster) read(ctx context.Context) error {
	list := r.src.fields.list(r.src.customer)
	var listing httpx.Listing
	for token := ""; ; {
		var page usersPage
		next, err := r.src.api.page(ctx, list, token, &page)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for _, u := range page.Users {
			if err := r.add(u); err != nil {
				return fmt.Errorf("list users: %w", err)
			}
		}
		r.pages++
		if next == "" {
			r.ended = true
			break
		}
		if err := listing.Page(next, page.ids()...); err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		more, err := r.another(ctx)
		if err != nil {
			return err
		}
		if !more {
			return r.each(ctx)
		}
		token = next
	}
	if len(r.seen) == 0 {
		return fmt.Errorf("list users: %w", ErrEmpty)
	}
	return nil
}

func (r *roster) add(u map[string]any) error {
	a, err := r.src.account(u)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[a.ID] = a
	delete(r.unseen, a.ID)
	if r.company == "" {
		r.company = str(u, "customerId")
	}
	return nil
}

// another reports whether the next page is worth its call. It waits for more
// members to become known, if that may change the answer.
func (r *roster) another(ctx context.Context) (bool, error) {
	for {
		fresh, everyone, complete := r.demand.take()
		for _, id := range fresh {
			r.wanted[id] = true
			if _, ok := r.seen[id]; !ok {
				r.unseen[id] = true
			}
		}
		switch {
		case r.all, everyone, len(r.seen) == 0, len(r.wanted) > r.pages:
			return true, nil
		case complete:
			return false, nil
		}
		select {
		case <-r.demand.news:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// each reads those who are left one by one. People of other organisations
// cannot be read, and those who were deleted meanwhile are gone: both stay
// unknown (Directory API reference: users.get).
func (r *roster) each(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	for _, id := range sortedKeys(r.unseen) {
		work.Go(func() error {
			var u map[string]any
			err := r.src.api.get(ctx, r.src.fields.get(id), &u)
			switch {
			case absent(err):
				return nil
			case foreign(err):
				r.mu.Lock()
				defer r.mu.Unlock()
				r.refused = append(r.refused, id)
				return nil
			}
			if err == nil {
				err = r.add(u)
			}
			if err != nil {
				return fmt.Errorf("get user %s: %w", id, err)
			}
			return nil
		})
	}
	return work.Wait()
}

// accounts returns, by id, everybody if the listing was read to its end, and
// otherwise the members of groups only, so that it does not depend on who
// happened to be on a page.
func (r *roster) accounts() []directory.Account {
	var list []directory.Account
	for id, a := range r.seen {
		if r.ended || r.wanted[id] {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b directory.Account) int { return strings.Compare(a.ID, b.ID) })
	return list
}
