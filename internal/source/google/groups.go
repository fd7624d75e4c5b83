package google

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/directory"
)

// A crawl lists all groups, and the direct members of those that are in scope
// and of those inside of these, breadth first. Members are listed from the
// moment that their group is known to be needed; each group is listed once,
// however often it is nested, so a cycle ends by itself.
type crawl struct {
	src    *Source
	demand *demand
	work   *errgroup.Group

	mu      sync.Mutex
	known   map[string]directory.Group // by the listing, so far
	whole   bool                       // the listing is complete
	wanted  map[string]string          // id → how to call the group in messages
	begun   map[string]bool            // their members are being listed
	gone    map[string]bool            // they were deleted since they were listed
	members map[string][]directory.Member
	answers map[string][]string // query → ids
	notes   []string
	doubts  []string
}

func (s *Source) newCrawl(d *demand) *crawl {
	return &crawl{
		src: s, demand: d, known: map[string]directory.Group{}, wanted: map[string]string{},
		begun: map[string]bool{}, gone: map[string]bool{}, members: map[string][]directory.Member{},
	}
}

// read lists everything and then tells the demand that it is complete.
func (c *crawl) read(ctx context.Context) error {
	var inner context.Context
	c.work, inner = errgroup.WithContext(ctx)
	c.work.Go(func() error { return c.listGroups(inner) })
	if len(c.src.needs.GroupQueries) > 0 {
		c.work.Go(func() error { return c.ask(inner) })
	}
	if err := c.work.Wait(); err != nil {
		return err
	}
	if len(c.known) == 0 {
		return fmt.Errorf("list groups: %w", ErrEmpty)
	}
	c.demand.finish()
	return nil
}

func (c *crawl) listGroups(ctx context.Context) error {
	err := pages(ctx, c.src.api, c.src.groupsCall(), func(p groupsPage) error {
		for _, row := range p.Groups {
			g, err := row.group()
			if err != nil {
				return err
			}
			c.arrive(ctx, g)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = true
	for id := range c.wanted {
		c.begin(ctx, id)
	}
	return nil
}

// groupsCall is the call that lists all groups of the customer.
func (s *Source) groupsCall() call {
	c := listCall(opGroupsList, groupsPerPage, groupsMask, "groups")
	c.query.Set("customer", s.customer)
	return c
}

// arrive notes a group of the listing.
func (c *crawl) arrive(ctx context.Context, g directory.Group) {
	needs := c.src.needs
	inScope := needs.AllMembers || needs.Group == nil || needs.Group(g)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone[g.ID] {
		return // it moved between two pages, and was deleted between them
	}
	c.known[g.ID] = g
	_, nested := c.wanted[g.ID]
	if inScope || nested {
		c.wanted[g.ID] = g.Email
		c.begin(ctx, g.ID)
	}
}

// want notes that a group's members are needed, because it is nested in such a
// group or because a query returned it. One that is not in the listing yet
// waits for it: only the whole listing tells own groups from those of others.
// The caller holds the lock.
func (c *crawl) want(ctx context.Context, id, name string) {
	if _, ok := c.wanted[id]; !ok {
		c.wanted[id] = name
	}
	if _, ok := c.known[id]; ok || c.whole {
		c.begin(ctx, id)
	}
}

// begin lists a group's members, unless that has begun. The caller holds the
// lock.
func (c *crawl) begin(ctx context.Context, id string) {
	if c.begun[id] {
		return
	}
	c.begun[id] = true
	c.work.Go(func() error { return c.list(ctx, id) })
}

// ask sends the queries that cannot be evaluated here, one after the other.
func (c *crawl) ask(ctx context.Context) error {
	for _, q := range c.src.needs.GroupQueries {
		var ids []string
		call := listCall(opGroupsList, groupsPerPage, "nextPageToken,groups(id,email)", "groups")
		call.query.Set("customer", c.src.customer)
		call.query.Set("query", q)
		err := pages(ctx, c.src.api, call, func(p groupsPage) error {
			for _, row := range p.Groups {
				g, err := row.group()
				if err != nil {
					return err
				}
				ids = append(ids, g.ID)
				c.mu.Lock()
				c.want(ctx, g.ID, g.Email)
				c.mu.Unlock()
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list groups that match %q: %w", q, err)
		}
		c.mu.Lock()
		c.answers = answer(c.answers, q, ids)
		c.mu.Unlock()
	}
	return nil
}

// answer notes what a query returned, in order and once each.
func answer(answers map[string][]string, query string, ids []string) map[string][]string {
	if answers == nil {
		answers = map[string][]string{}
	}
	slices.Sort(ids)
	answers[query] = slices.Compact(ids)
	return answers
}

// groups returns all groups, by id.
func (c *crawl) groups() []directory.Group { return sortedGroups(c.known) }

func sortedGroups(byID map[string]directory.Group) []directory.Group {
	var list []directory.Group
	for _, g := range byID {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b directory.Group) int { return strings.Compare(a.ID, b.ID) })
	return list
}
