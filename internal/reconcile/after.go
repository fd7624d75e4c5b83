package reconcile

import (
	"errors"
	"maps"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An aftermath is what a target holds after a run, by its own ids, as far as
// that is known without reading it again.
type aftermath struct {
	held identity.Held
	// unsure are users and groups of which a write failed, so that it may have
	// happened or not.
	unsure map[place]bool

	ids map[identity.Key]string
}

// after works out what there is, from what there was and what came of each
// change.
func after(before identity.Held, p plan.Plan, results []apply.Result) aftermath {
	a := aftermath{held: before, unsure: map[place]bool{}, ids: map[identity.Key]string{}}
	a.held.State = before.Clone()
	for _, subjects := range []map[identity.Key]plan.Subject{p.Subjects.Users, p.Subjects.Groups} {
		for key, s := range subjects {
			a.ids[key] = s.ID
		}
	}
	became := map[any]apply.Result{}
	for _, res := range results {
		became[slotOf(res)] = res
		if res.ID != "" && res.User == "" {
			a.ids[res.Group] = res.ID
		} else if res.ID != "" {
			a.ids[res.User] = res.ID
		}
	}
	for _, c := range p.Users {
		a.user(c, became[userSlot(c.Key)])
	}
	for _, c := range p.Groups {
		a.group(c, became[groupSlot(c.Key)])
	}
	for _, m := range p.Join {
		a.move(m, became[joinSlot(m.Membership)], true)
	}
	for _, m := range p.Leave {
		a.move(m, became[leaveSlot(m.Membership)], false)
	}
	return a
}

// The keys of results.
type (
	userSlot  identity.Key
	groupSlot identity.Key
	joinSlot  identity.Membership
	leaveSlot identity.Membership
)

func slotOf(r apply.Result) any {
	m := identity.Membership{Group: r.Group, User: r.User}
	switch {
	case r.Op == apply.Join:
		return joinSlot(m)
	case r.Op == apply.Leave:
		return leaveSlot(m)
	case r.User != "":
		return userSlot(r.User)
	}
	return groupSlot(r.Group)
}

// done reports whether a change was made, and marks its object if that is not
// known.
func (a *aftermath) done(res apply.Result, at place) bool {
	switch {
	case res.Op == "" || errors.Is(res.Err, apply.ErrSkipped):
		return false
	case res.Err != nil:
		a.unsure[at] = true
		return false
	}
	return true
}

func (a *aftermath) user(c plan.Change[identity.User], res apply.Result) {
	id := identity.Key(a.ids[c.Key])
	if !a.done(res, place{kind: identity.KindUser, id: string(id)}) || id == "" {
		return
	}
	if c.Op == plan.Delete {
		delete(a.held.Users, id)
		maps.DeleteFunc(a.held.Members, func(m identity.Membership, _ bool) bool { return m.User == id })
		return
	}
	u := c.After
	if manager := a.ids[identity.Key(u.Manager)]; manager != "" {
		u.Manager = manager
	}
	a.held.Users[id] = u
}

func (a *aftermath) group(c plan.Change[identity.Group], res apply.Result) {
	id := identity.Key(a.ids[c.Key])
	if !a.done(res, place{kind: identity.KindGroup, id: string(id)}) || id == "" {
		return
	}
	if c.Op == plan.Delete {
		delete(a.held.Groups, id)
		maps.DeleteFunc(a.held.Members, func(m identity.Membership, _ bool) bool { return m.Group == id })
		return
	}
	a.held.Groups[id] = c.After
}

func (a *aftermath) move(m plan.Move, res apply.Result, in bool) {
	group, user := identity.Key(a.ids[m.Group]), identity.Key(a.ids[m.User])
	if !a.done(res, place{kind: identity.KindGroup, id: string(group)}) || group == "" || user == "" {
		return
	}
	if held := (identity.Membership{Group: group, User: user}); in {
		a.held.Members[held] = true
	} else {
		delete(a.held.Members, held)
	}
}
