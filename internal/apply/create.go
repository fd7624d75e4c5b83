package apply

import (
	"cmp"
	"context"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// creations are the tasks that create users, managers before those whom they
// manage. It also returns the one task of each user after which they exist.
//
// People who manage each other in a ring cannot all be created after their
// managers, so their managers are set afterwards.
func (r *run) creations() (made map[identity.Key]*task, tasks []*task) {
	made = map[identity.Key]*task{}
	boss := map[identity.Key]identity.Key{}
	creates := r.byGroups(plan.Only(r.plan.Users, plan.Create))
	for _, c := range creates {
		boss[c.Key] = identity.Key(c.After.Manager)
	}
	ringed, managed := inRings(boss), map[identity.Key]*task{}
	for _, c := range creates {
		if !ringed[c.Key] {
			made[c.Key] = r.userTask(c, Create, func(ctx context.Context) error { return r.create(ctx, c, c.After.Manager) })
			tasks = append(tasks, made[c.Key])
			continue
		}
		manage := r.userTask(c, Create, func(ctx context.Context) error {
			alone := c.After
			alone.Manager = ""
			return r.update(ctx, plan.Change[identity.User]{Key: c.Key, Before: alone}, c.After)
		})
		manage.lane = patchUser
		made[c.Key] = &task{
			lane: createUser,
			do:   func(ctx context.Context) error { return r.create(ctx, c, "") },
			skip: func(error) {},
		}
		manage.parts = append(manage.parts, made[c.Key])
		tasks = append(tasks, made[c.Key])
		managed[c.Key] = manage
	}
	for _, c := range creates {
		m := made[boss[c.Key]]
		if manage := managed[c.Key]; manage != nil {
			manage.after = append(manage.after, m)
			tasks = append(tasks, manage)
		} else if m != nil {
			made[c.Key].after = append(made[c.Key].after, m)
		}
	}
	return made, tasks
}

// byGroups puts those first who complete a group soonest, smallest groups
// first: a group can be made while other people are still being created, and
// memberships have a pace of their own.
func (r *run) byGroups(creates []plan.Change[identity.User]) []plan.Change[identity.User] {
	isNew := map[identity.Key]bool{}
	for _, c := range creates {
		isNew[c.Key] = true
	}
	missing := map[identity.Key]int{}
	groups := r.groupOrder()
	for _, g := range groups {
		for _, user := range r.groups[g].join {
			if isNew[user] {
				missing[g]++
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b identity.Key) int { return cmp.Compare(missing[a], missing[b]) })
	rank := map[identity.Key]int{}
	for _, g := range groups {
		for _, user := range r.groups[g].join {
			if _, ok := rank[user]; !ok {
				rank[user] = len(rank)
			}
		}
	}
	last := len(rank)
	at := func(c plan.Change[identity.User]) int {
		if n, ok := rank[c.Key]; ok {
			return n
		}
		return last
	}
	slices.SortStableFunc(creates, func(a, b plan.Change[identity.User]) int { return cmp.Compare(at(a), at(b)) })
	return creates
}

// inRings returns those who are above themselves.
func inRings(boss map[identity.Key]identity.Key) map[identity.Key]bool {
	rings := map[identity.Key]bool{}
	passed := map[identity.Key]identity.Key{} // by whose way up
	for from := range boss {
		k := from
		for k != "" && passed[k] == "" {
			passed[k] = from
			k = boss[k]
		}
		if passed[k] != from {
			continue // at the top, or on a way that was gone before
		}
		for ; !rings[k]; k = boss[k] {
			rings[k] = true
		}
	}
	return rings
}

// create makes a user under a manager, or without one if they do not exist,
// which is an error but no reason to go without the user.
func (r *run) create(ctx context.Context, c plan.Change[identity.User], manager string) error {
	u := c.After
	u.Manager = manager
	missing := r.manages(manager)
	if missing != nil {
		u.Manager = ""
	}
	u.Manager = r.managerID(u.Manager)
	id, err := r.target.CreateUser(ctx, u)
	if err != nil {
		return err
	}
	r.learn(c.Key, id)
	return missing
}
