package apply

import (
	"context"

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
	creates := plan.Only(r.plan.Users, plan.Create)
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
		made[c.Key] = &task{
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
