package apply

import (
	"context"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// revocations are the tasks that take access away: deactivations, and
// memberships that end. What else can be written in the same request without
// regard to others rides along.
func (r *run) revocations() []*task {
	var tasks []*task
	for _, c := range r.plan.Users {
		if c.Op == plan.Delete || !plan.Revokes(c) {
			continue
		}
		if r.free(c) {
			tasks = append(tasks, r.userTask(c, Deactivate, func(ctx context.Context) error { return r.update(ctx, c, c.After) }))
			continue
		}
		inactive := c.Before
		inactive.Active = false
		tasks = append(tasks, &task{
			lane: patchUser,
			// If this fails, the update later on tries again and reports.
			do:   func(ctx context.Context) error { return r.update(ctx, c, inactive) },
			skip: func(error) {},
		})
	}
	vacated := map[string]bool{}
	for _, c := range r.plan.Groups {
		if c.Op == plan.Update {
			vacated[identity.Fold(c.Before.Name)] = true
		}
	}
	for _, key := range r.groupOrder() {
		ro := r.groups[key]
		if len(ro.leave) == 0 {
			continue
		}
		free := ro.change != nil && ro.change.Op == plan.Update &&
			(identity.Fold(ro.change.Before.Name) == identity.Fold(ro.change.After.Name) || !vacated[identity.Fold(ro.change.After.Name)])
		tasks = append(tasks, r.patchTask(ro, free))
	}
	return tasks
}

// renamed reports whether a change takes or gives up something unique that can
// go from one to another, so that the order matters.
func renamed(c plan.Change[identity.User]) bool {
	return c.Before.UserName != c.After.UserName || c.Before.Email != c.After.Email
}

// free reports whether an update can be made at any time.
func (r *run) free(c plan.Change[identity.User]) bool {
	return !renamed(c) && r.manages(c.After.Manager) == nil
}

// groupOrder returns the groups that something is to do for, in the order of
// the plan's results.
func (r *run) groupOrder() []identity.Key {
	var keys []identity.Key
	seen := map[identity.Key]bool{}
	for _, k := range r.order {
		var g identity.Key
		switch k := k.(type) {
		case groupKey:
			g = identity.Key(k)
		case joinKey:
			g = k.Group
		case leaveKey:
			g = k.Group
		}
		if g != "" && !seen[g] {
			seen[g] = true
			keys = append(keys, g)
		}
	}
	return keys
}

// patchTask brings a group to where it should be, as far as that can be done.
func (r *run) patchTask(ro *roster, names bool) *task {
	return &task{
		lane: patchGroup,
		do: func(ctx context.Context) error {
			id, err := r.id(ro.key)
			if err != nil {
				r.skipGroup(ro, err)
				return err
			}
			var op Op
			if names && ro.change != nil {
				op = Update
			}
			p, members := r.patch(ro, names)
			if p.Empty() {
				return nil
			}
			return r.settle(ro.key, op, members, r.target.UpdateGroup(ctx, id, p))
		},
		// What is not done now is still on the roster, and is reported when
		// grants come to it.
		skip: func(error) {},
	}
}

// grants are the tasks that give access, and all other updates: users, in an
// order that lets names go from one to another, then groups, each as soon as
// its members exist.
func (r *run) grants() []*task {
	created, users := r.creations()
	var claims []*claim
	for _, c := range r.plan.Users {
		switch {
		case c.Op == plan.Create:
			t := created[c.Key]
			claims = append(claims, &claim{before: []string{"", ""}, after: fold(c.After.UserName, c.After.Email), task: t})
		case c.Op == plan.Update && (!plan.Revokes(c) || !r.free(c)):
			t, more := r.updateUser(c, created[identity.Key(c.After.Manager)])
			users = append(append(users, t), more...)
			claims = append(claims, &claim{
				before: fold(c.Before.UserName, c.Before.Email), after: fold(c.After.UserName, c.After.Email), task: t,
				aside: func() *task { return r.userAside(c) },
			})
		}
	}
	groups, groupClaims := r.groupGrants(created)
	tasks := sequence(claims)
	tasks = append(tasks, users...)
	tasks = append(tasks, sequence(groupClaims)...)
	return append(tasks, groups...)
}

// updateUser writes a user's change once their manager exists. Somebody who
// is renamed does not wait for that: others may wait for the name, and the
// manager for theirs. They get the manager in a task of its own.
func (r *run) updateUser(c plan.Change[identity.User], manager *task) (t *task, more []*task) {
	op := Update
	if plan.Revokes(c) {
		op = Deactivate
	}
	whole := r.userTask(c, op, func(ctx context.Context) error { return r.update(ctx, c, c.After) })
	if manager == nil {
		return whole, nil
	}
	whole.after = append(whole.after, manager)
	if !renamed(c) {
		return whole, nil
	}
	rest := c.After
	rest.Manager = c.Before.Manager
	t = &task{
		lane: patchUser,
		do:   func(ctx context.Context) error { return r.update(ctx, c, rest) },
		skip: func(error) {},
	}
	whole.parts = append(whole.parts, t)
	return t, []*task{whole}
}

// userAside gives a user a name and an address that nobody has.
func (r *run) userAside(c plan.Change[identity.User]) *task {
	return &task{
		lane: patchUser,
		do: func(ctx context.Context) error {
			u := r.current(c)
			u.ExternalID = c.After.ExternalID // else the next run could not tell who this is
			u.UserName = "renaming-" + string(c.Key) + "@ssosync.invalid"
			if u.Email != "" {
				u.Email = u.UserName
			}
			return r.update(ctx, c, u)
		},
		skip: func(error) {},
	}
}

// groupGrants are the tasks that create and rename groups, and add members.
func (r *run) groupGrants(created map[identity.Key]*task) (tasks []*task, claims []*claim) {
	for _, key := range r.groupOrder() {
		ro := r.groups[key]
		c := ro.change
		if c != nil && c.Op == plan.Delete || c == nil && len(ro.join)+len(ro.leave) == 0 {
			continue
		}
		var t *task
		switch {
		case c == nil:
			t = r.finishGroup(ro)
		case c.Op == plan.Create:
			t = r.createGroup(ro)
			claims = append(claims, &claim{before: []string{""}, after: fold(c.After.Name), task: t})
		default:
			t = r.finishGroup(ro)
			claims = append(claims, &claim{
				before: fold(c.Before.Name), after: fold(c.After.Name), task: t,
				aside: func() *task { return r.groupAside(ro) },
			})
		}
		for _, user := range ro.join {
			if made := created[user]; made != nil {
				t.after = append(t.after, made)
			}
		}
		tasks = append(tasks, t)
	}
	return tasks, claims
}

// finishGroup does all that is left to do for a group that exists.
func (r *run) finishGroup(ro *roster) *task {
	t := r.patchTask(ro, true)
	patch := t.do
	t.do = func(ctx context.Context) error {
		err := patch(ctx)
		r.reportMissing(ro)
		return err
	}
	t.skip = func(why error) { r.skipGroup(ro, why) }
	return t
}

func (r *run) createGroup(ro *roster) *task {
	return &task{
		lane: createGroup,
		do: func(ctx context.Context) error {
			c := ro.change
			p, members := r.patch(ro, false)
			ro.change = nil
			id, err := r.target.CreateGroup(ctx, c.After, p.Join)
			if id != "" {
				r.learn(ro.key, id)
			}
			err = r.settle(ro.key, Create, members, err)
			r.reportMissing(ro)
			return err
		},
		skip: func(why error) { r.skipGroup(ro, why) },
	}
}

// reportMissing reports the members that could not join because they do not
// exist.
func (r *run) reportMissing(ro *roster) {
	for _, user := range ro.join {
		_, err := r.id(user)
		r.moved(joinKey{Group: ro.key, User: user}, err)
	}
	ro.join = nil
}

// groupAside gives a group a name that nobody has.
func (r *run) groupAside(ro *roster) *task {
	return &task{
		lane: patchGroup,
		do: func(ctx context.Context) error {
			id, err := r.id(ro.key)
			if err != nil {
				return err
			}
			name := "ssosync is renaming " + string(ro.key)
			return r.target.UpdateGroup(ctx, id, identity.GroupPatch{Name: &name})
		},
		skip: func(error) {},
	}
}

// deletions are the tasks that delete, groups before users.
func (r *run) deletions() []*task {
	var tasks []*task
	for _, c := range plan.Only(r.plan.Groups, plan.Delete) {
		ro := r.groups[c.Key]
		tasks = append(tasks, &task{
			lane: remove,
			do: func(ctx context.Context) error {
				id, err := r.id(c.Key)
				if err == nil {
					err = r.target.DeleteGroup(ctx, id)
				}
				r.reportGroup(c.Key, Delete, err)
				return err
			},
			skip: func(why error) {
				r.skipGroup(ro, why)
				r.reportGroup(c.Key, Delete, why)
			},
		})
	}
	for _, c := range plan.Only(r.plan.Users, plan.Delete) {
		tasks = append(tasks, r.userTask(c, Delete, func(ctx context.Context) error {
			id, err := r.id(c.Key)
			if err != nil {
				return err
			}
			return r.target.DeleteUser(ctx, id)
		}))
	}
	return tasks
}
