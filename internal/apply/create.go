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
	var after []*task
	for _, c := range creates {
		if !inRing(boss, c.Key) {
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
		after = append(after, manage)
	}
	for _, c := range creates {
		if m := made[boss[c.Key]]; m != nil && !inRing(boss, c.Key) {
			made[c.Key].after = append(made[c.Key].after, m)
		}
	}
	for _, manage := range after {
		for _, t := range tasks {
			manage.after = append(manage.after, t)
		}
	}
	return made, append(tasks, after...)
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

// inRing reports whether somebody is above themselves.
func inRing(boss map[identity.Key]identity.Key, key identity.Key) bool {
	seen := map[identity.Key]bool{}
	for k := boss[key]; k != "" && !seen[k]; k = boss[k] {
		if k == key {
			return true
		}
		seen[k] = true
	}
	return false
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
