package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A run is a plan that is being carried out.
type run struct {
	target Target
	plan   plan.Plan
	done   func(Result)
	groups map[identity.Key]*roster // what is to do for each group; not changed after newRun

	mu    sync.Mutex
	ids   map[identity.Key]string        // the target's ids, as we know and learn them; "" if there is none yet
	now   map[identity.Key]identity.User // users that were written in part
	got   map[any]Result                 // by change: see the key types below
	order []any

	budget budget
}

// A roster is what is still to do for one group. Only one task at a time
// works on it.
type roster struct {
	key         identity.Key
	change      *plan.Change[identity.Group] // nil: none, or done
	join, leave []identity.Key
}

// The keys of results.
type (
	userKey  identity.Key
	groupKey identity.Key
	joinKey  identity.Membership
	leaveKey identity.Membership
)

func newRun(t Target, p plan.Plan, o Options) *run {
	r := &run{
		target: t, plan: p, done: o.Done, groups: map[identity.Key]*roster{},
		ids: map[identity.Key]string{}, now: map[identity.Key]identity.User{}, got: map[any]Result{},
	}
	for _, subjects := range []map[identity.Key]plan.Subject{p.Subjects.Users, p.Subjects.Groups} {
		for key, s := range subjects {
			r.ids[key] = s.ID
		}
	}
	for _, c := range p.Users {
		r.order = append(r.order, userKey(c.Key))
	}
	for _, c := range p.Groups {
		r.order = append(r.order, groupKey(c.Key))
		r.roster(c.Key).change = &c
	}
	for _, m := range p.Join {
		r.order = append(r.order, joinKey(m.Membership))
		r.roster(m.Group).join = append(r.roster(m.Group).join, m.User)
	}
	for _, m := range p.Leave {
		r.order = append(r.order, leaveKey(m.Membership))
		r.roster(m.Group).leave = append(r.roster(m.Group).leave, m.User)
	}
	return r
}

// roster returns what is to do for a group; only newRun makes new ones.
func (r *run) roster(group identity.Key) *roster {
	ro := r.groups[group]
	if ro == nil {
		ro = &roster{key: group}
		r.groups[group] = ro
	}
	return ro
}

// results returns what came of each change, in the plan's order.
func (r *run) results() []Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Result, 0, len(r.order))
	for _, k := range r.order {
		all = append(all, r.got[k])
	}
	return all
}

// report records what came of a change.
//
// A request that was never sent, because the run was stopped while it waited
// for its turn, is no failure.
func (r *run) report(k any, res Result) {
	if e, ok := errors.AsType[interface {
		error
		NotSent() bool
	}](res.Err); ok && e.NotSent() {
		res.Err = fmt.Errorf("%w: %w", ErrSkipped, ErrStopped)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[k] = res
	r.budget.count(k, res.Err)
	if r.done != nil {
		r.done(res)
	}
}

// id returns the target's id of a user or group, once there is one.
func (r *run) id(key identity.Key) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := r.ids[key]; id != "" {
		return id, nil
	}
	return "", fmt.Errorf("%w: %s does not exist, because creating it did not work", ErrSkipped, r.name(key))
}

func (r *run) learn(key identity.Key, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[key] = id
}

// name returns what people call a user or group of the plan.
func (r *run) name(key identity.Key) string {
	if s, ok := r.plan.Subjects.Users[key]; ok {
		return s.Name
	}
	return r.plan.Subjects.Groups[key].Name
}

// userTask is a step for a user, whose last one reports the change.
func (r *run) userTask(c plan.Change[identity.User], op Op, do func(ctx context.Context) error) *task {
	res := Result{Op: op, User: c.Key, Name: r.name(c.Key)}
	finish := func(err error) {
		r.mu.Lock()
		res.ID = r.ids[c.Key]
		r.mu.Unlock()
		res.Err = err
		r.report(userKey(c.Key), res)
	}
	in := map[Op]lane{Create: createUser, Delete: remove}
	l, ok := in[op]
	if !ok {
		l = patchUser
	}
	return &task{
		lane: l,
		do: func(ctx context.Context) error {
			err := do(ctx)
			finish(err)
			return err
		},
		skip: finish,
	}
}

// update writes a user from what they are now, with the manager's key turned
// into an id. A manager who could not be made is left as before, and is an
// error.
func (r *run) update(ctx context.Context, c plan.Change[identity.User], after identity.User) error {
	id, err := r.id(c.Key)
	if err != nil {
		return err
	}
	before := r.current(c)
	var missing error
	if after.Manager != before.Manager {
		if missing = r.manages(after.Manager); missing != nil {
			after.Manager = before.Manager
		}
	}
	from, to := before, after
	from.Manager, to.Manager = r.managerID(before.Manager), r.managerID(after.Manager)
	if from == to {
		return missing
	}
	if err := r.target.UpdateUser(ctx, id, from, to); err != nil {
		return errors.Join(err, missing)
	}
	r.mu.Lock()
	r.now[c.Key] = after
	r.mu.Unlock()
	return missing
}

// current returns what a user is by now.
func (r *run) current(c plan.Change[identity.User]) identity.User {
	r.mu.Lock()
	defer r.mu.Unlock()
	if u, ok := r.now[c.Key]; ok {
		return u
	}
	return c.Before
}

// manages reports why somebody cannot be made a manager, if so.
func (r *run) manages(key string) error {
	if key == "" {
		return nil
	}
	if _, err := r.id(identity.Key(key)); err != nil {
		return fmt.Errorf("set manager: %w", err)
	}
	return nil
}

// managerID turns a manager's key into the target's id. One that we know
// nothing of has to be somebody who was deleted: its text is as good as any,
// since it is only ever compared.
func (r *run) managerID(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id := r.ids[identity.Key(key)]; id != "" {
		return id
	}
	return key
}

// patch returns what can be done for a group now, and takes it off the
// roster. The members' ids lead to the keys of their results.
func (r *run) patch(ro *roster, names bool) (identity.GroupPatch, map[string]any) {
	var p identity.GroupPatch
	if c := ro.change; c != nil && names {
		if c.Before.Name != c.After.Name {
			p.Name = &c.After.Name
		}
		if c.Before.ExternalID != c.After.ExternalID {
			p.ExternalID = &c.After.ExternalID
		}
		ro.change = nil
	}
	keys := map[string]any{}
	for _, user := range ro.leave {
		id, err := r.id(user)
		if err != nil {
			r.moved(leaveKey{Group: ro.key, User: user}, err)
			continue
		}
		p.Leave = append(p.Leave, id)
		keys[id] = leaveKey{Group: ro.key, User: user}
	}
	ro.leave = nil
	var later []identity.Key
	for _, user := range ro.join {
		id, err := r.id(user)
		if err != nil {
			later = append(later, user)
			continue
		}
		p.Join = append(p.Join, id)
		keys[id] = joinKey{Group: ro.key, User: user}
	}
	ro.join = later
	return p, keys
}

// settle reports what came of a patch, or of a creation: of the whole if op
// is given, and of each member in it.
func (r *run) settle(group identity.Key, op Op, members map[string]any, err error) error {
	refused, whole := refusals(err)
	_, unmade := r.id(group)
	for id, k := range members {
		switch {
		case refused == nil && unmade != nil:
			r.moved(k, fmt.Errorf("%w: the group could not be created", ErrSkipped))
		case refused == nil:
			r.moved(k, whole)
		default:
			r.moved(k, refused[id])
		}
	}
	if op != "" {
		r.reportGroup(group, op, whole)
	}
	return whole
}

// refusals splits an error into the members that were refused, nil if it does
// not speak of single members, and what else there is to it.
func refusals(err error) (refused map[string]error, rest error) {
	partial, ok := errors.AsType[*identity.MembersError](err)
	if !ok {
		return nil, err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if _, ok := errors.AsType[*identity.MembersError](e); !ok {
				rest = errors.Join(rest, e)
			}
		}
	}
	return partial.Refused, rest
}

func (r *run) reportGroup(group identity.Key, op Op, err error) {
	r.mu.Lock()
	id := r.ids[group]
	r.mu.Unlock()
	r.report(groupKey(group), Result{Op: op, Group: group, Name: r.plan.Subjects.Groups[group].Name, ID: id, Err: err})
}

// moved reports what came of a membership.
func (r *run) moved(k any, err error) {
	var res Result
	switch m := k.(type) {
	case joinKey:
		res = Result{Op: Join, User: m.User, Group: m.Group}
	case leaveKey:
		res = Result{Op: Leave, User: m.User, Group: m.Group}
	}
	res.Name, res.In, res.Err = r.plan.Subjects.Users[res.User].Name, r.plan.Subjects.Groups[res.Group].Name, err
	r.mu.Lock()
	res.ID = r.ids[res.User]
	r.mu.Unlock()
	r.report(k, res)
}

// skipGroup reports everything that is still to do for a group as not tried.
func (r *run) skipGroup(ro *roster, why error) {
	for _, user := range ro.leave {
		r.moved(leaveKey{Group: ro.key, User: user}, why)
	}
	for _, user := range ro.join {
		r.moved(joinKey{Group: ro.key, User: user}, why)
	}
	ro.leave, ro.join = nil, nil
	if c := ro.change; c != nil && c.Op != plan.Delete {
		ro.change = nil
		r.reportGroup(ro.key, Op(c.Op), why)
	}
}
