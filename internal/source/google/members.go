package google

import (
	"cmp"
	"context"
	"fmt"

	"ssosync/internal/directory"
)

// list lists a group's direct members.
func (c *crawl) list(ctx context.Context, id string) error {
	name, listed := c.look(id)
	rows, err := c.src.members(ctx, id)
	switch {
	case absent(err):
		return c.vanished(ctx, id, name)
	case foreign(err) && !listed:
		c.note("%s is a group of another organisation: its members cannot be read and get nothing through it", name)
		return nil
	case err != nil:
		return fmt.Errorf("list members of %q: %w", name, err)
	}
	if listed {
		err = c.count(ctx, id, name, len(rows))
	} else {
		listed, err = c.late(ctx, id, name)
	}
	if err != nil || !listed {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[id] = rows
	for _, m := range rows {
		if m.Kind == directory.MemberGroup {
			c.want(ctx, m.ID, m.Email)
		}
	}
	c.demand.add(rows)
	return nil
}

// look returns the name of a group, and whether it is in the listing.
func (c *crawl) look(id string) (name string, listed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, listed = c.known[id]
	return cmp.Or(c.wanted[id], id), listed
}

// vanished decides about a group whose members are not found. Only a second
// witness makes it gone.
func (c *crawl) vanished(ctx context.Context, id, name string) error {
	_, found, err := c.src.Group(ctx, id)
	switch {
	case err != nil:
		return err
	case found:
		return fmt.Errorf("list members of %q: not found, although the group is there", name)
	}
	c.mu.Lock()
	delete(c.known, id)
	c.gone[id] = true
	c.mu.Unlock()
	c.note("%s was deleted while the directory was read", name)
	return nil
}

// late reads a group that is nested in one of ours and readable, but was not
// in the listing: it was created meanwhile.
func (c *crawl) late(ctx context.Context, id, name string) (found bool, err error) {
	g, found, err := c.src.Group(ctx, id)
	switch {
	case foreign(err):
		c.note("%s is a group of another organisation: its members get nothing through it", name)
		return false, nil
	case err != nil:
		return false, err
	case !found:
		c.note("%s was deleted while the directory was read", name)
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[id] = g
	return true, nil
}

// count compares the members that were listed with the number that the listing
// of groups announced. Google says that the number is of users only, and shows
// "0" for some groups that nest others; so more members than announced are
// nothing, and fewer of any kind than the users announced are a reason for
// doubt. The number may be older than the members, so it is read again first.
func (c *crawl) count(ctx context.Context, id, name string, listed int) error {
	c.mu.Lock()
	announced := c.known[id].DirectUsers
	c.mu.Unlock()
	if announced <= listed {
		return nil
	}
	g, found, err := c.src.Group(ctx, id)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !found || g.DirectUsers > listed {
		c.doubts = append(c.doubts, fmt.Sprintf("%s announces %d users, but only %d members were listed", name, announced, listed))
	}
	return nil
}

func (c *crawl) note(format string, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, fmt.Sprintf(format, name))
}

// members lists the direct members of a group, each once, in the API's order.
func (s *Source) members(ctx context.Context, id string) ([]directory.Member, error) {
	rows := []directory.Member{}
	have := map[string]bool{}
	call := listCall(opMembersList, membersPerPage, membersMask, "groups", id, "members")
	err := pages(ctx, s.api, call, func(p membersPage) error {
		for _, row := range p.Members {
			m, err := row.member()
			if err != nil {
				return err
			}
			if !have[m.ID] { // one that moved between two pages
				have[m.ID] = true
				rows = append(rows, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}
