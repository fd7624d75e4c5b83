package report

import (
	"cmp"
	"errors"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An action is what is done to a user, a group or a membership, in the words
// of people: an update is an adoption or a deactivation, if it is one.
type action string

const (
	doCreate     action = "create"
	doAdopt      action = "adopt"
	doUpdate     action = "update"
	doDeactivate action = "deactivate"
	doEmpty      action = "empty"
	doDelete     action = "delete"
	doJoin       action = "join"
	doLeave      action = "leave"
)

// revokes reports whether the action takes access away.
func (a action) revokes() bool {
	return a == doDeactivate || a == doEmpty || a == doDelete || a == doLeave
}

// A status is what became of one change.
type status string

const (
	statusPlanned  status = "planned" // on a dry run
	statusDone     status = "done"
	statusFailed   status = "failed"
	statusSkipped  status = "skipped" // not tried
	statusWithheld status = "withheld"
)

// An entry is one change and what became of it. All writers work from entries,
// so that their counts agree.
type entry struct {
	action      action
	kind        identity.Kind // "" for a membership
	user, group identity.Key
	name, in    string // of the user or group; of the group that a user joins or leaves
	id          string // the target's, of what name names
	cause       plan.Cause
	evidence    plan.Evidence // of what takes access away
	fields      []plan.Field
	foreign     string // of an adoption: another provider's external id
	status      status
	err         error
}

// on reports whether the change is done, or would be on a dry run.
func (e entry) on() bool { return e.status == statusDone || e.status == statusPlanned }

// A slot is where a result belongs: a user, a group, or a user's coming or
// going.
type slot struct {
	move        apply.Op
	user, group identity.Key
}

// A digest is a report put in the order of its entries.
type digest struct {
	Report
	entries  []entry // of the plan
	withheld []entry
	losses   map[string]Loss // by kind and the target's id
}

func newDigest(r Report) digest {
	results := make(map[slot]apply.Result, len(r.Results))
	for _, res := range r.Results {
		s := slot{user: res.User, group: res.Group}
		if res.User != "" && res.Group != "" {
			s.move = res.Op
		}
		results[s] = res
	}
	d := digest{Report: r, losses: make(map[string]Loss, len(r.Impact.Lost))}
	for _, l := range r.Impact.Lost {
		d.losses[string(l.Kind)+l.ID] = l
	}
	became := func(s slot) (status, error) {
		res, known := results[s]
		switch {
		case r.DryRun:
			return statusPlanned, nil
		case !known:
			return statusSkipped, nil
		case errors.Is(res.Err, apply.ErrSkipped):
			return statusSkipped, res.Err
		case res.Err != nil:
			return statusFailed, res.Err
		}
		return statusDone, nil
	}
	d.entries = enter(r.Plan, became)
	d.withheld = enter(r.Withheld, func(slot) (status, error) { return statusWithheld, nil })
	return d
}

// enter makes entries of a plan, in its order; a group that is emptied comes
// after the groups that are changed.
func enter(p plan.Plan, became func(slot) (status, error)) []entry {
	foreign := map[string]string{}
	adopted := map[string]bool{}
	for _, a := range p.Adopted {
		adopted[string(a.Kind)+a.ID], foreign[string(a.Kind)+a.ID] = true, a.Foreign
	}
	es := make([]entry, 0, p.Size()+len(p.Emptied))
	for _, c := range p.Users {
		e := entry{kind: identity.KindUser, user: c.Key, cause: c.Cause, evidence: p.Evidence[c.Key], fields: fieldsOf(p, c.Fields)}
		e.name, e.id = subject(p.Subjects.Users, c.Key, cmp.Or(c.After.UserName, c.Before.UserName))
		who := string(e.kind) + e.id
		e.action, e.foreign = actionOf(c.Op, plan.Revokes(c), adopted[who] || c.Cause == plan.CauseAdopted), foreign[who]
		e.status, e.err = became(slot{user: c.Key})
		es = append(es, e)
	}
	for _, c := range p.Groups {
		e := entry{kind: identity.KindGroup, group: c.Key, cause: c.Cause, evidence: p.Evidence[c.Key], fields: c.Fields}
		e.name, e.id = subject(p.Subjects.Groups, c.Key, cmp.Or(c.After.Name, c.Before.Name))
		who := string(e.kind) + e.id
		e.action, e.foreign = actionOf(c.Op, false, adopted[who] || c.Cause == plan.CauseAdopted), foreign[who]
		e.status, e.err = became(slot{group: c.Key})
		es = append(es, e)
	}
	es = append(es, emptied(p, became)...)
	es = append(es, moves(p, p.Join, doJoin, apply.Join, became)...)
	return append(es, moves(p, p.Leave, doLeave, apply.Leave, became)...)
}

// emptied makes an entry of each group that loses all members, which is done
// when all of them have left.
func emptied(p plan.Plan, became func(slot) (status, error)) []entry {
	at := make(map[identity.Key]int, len(p.Emptied))
	es := make([]entry, 0, len(p.Emptied))
	for _, key := range p.Emptied {
		at[key] = len(es)
		e := entry{action: doEmpty, kind: identity.KindGroup, group: key, evidence: p.Evidence[key]}
		e.name, e.id = subject(p.Subjects.Groups, key, "")
		e.status, _ = became(slot{})
		es = append(es, e)
	}
	for _, m := range p.Leave {
		i, ok := at[m.Group]
		if !ok {
			continue
		}
		e := &es[i]
		st, err := became(slot{apply.Leave, m.User, m.Group})
		if e.cause == "" {
			e.cause, e.status = m.Cause, st
			e.evidence = cmp.Or(e.evidence, m.Evidence)
		}
		if st == statusFailed || st == statusSkipped && e.status != statusFailed {
			e.status, e.err = st, err
		}
	}
	return es
}

func moves(p plan.Plan, of []plan.Move, a action, op apply.Op, became func(slot) (status, error)) []entry {
	es := make([]entry, 0, len(of))
	for _, m := range of {
		e := entry{action: a, user: m.User, group: m.Group, cause: m.Cause, evidence: m.Evidence}
		e.name, e.id = subject(p.Subjects.Users, m.User, "")
		e.in, _ = subject(p.Subjects.Groups, m.Group, "")
		e.status, e.err = became(slot{op, m.User, m.Group})
		es = append(es, e)
	}
	return es
}

// subject returns what an object is called, by its key if nothing else is
// known.
func subject(of map[identity.Key]plan.Subject, key identity.Key, otherwise string) (called, id string) {
	s := of[key]
	return cmp.Or(s.Name, otherwise, string(key)), s.ID
}

func actionOf(op plan.Op, revokes, adopted bool) action {
	switch {
	case op == plan.Create:
		return doCreate
	case op == plan.Delete:
		return doDelete
	case revokes:
		return doDeactivate
	case adopted:
		return doAdopt
	}
	return doUpdate
}

// fieldsOf puts people's names in the place of managers' keys.
func fieldsOf(p plan.Plan, fields []plan.Field) []plan.Field {
	out := make([]plan.Field, len(fields))
	for i, f := range fields {
		if f.Attr == "manager" {
			for _, v := range []*string{&f.Before, &f.After} {
				if *v != "" {
					*v, _ = subject(p.Subjects.Users, identity.Key(*v), "")
				}
			}
		}
		out[i] = f
	}
	return out
}

// A tally counts entries of one kind.
type tally struct {
	by                        map[action]int // done, or to be done on a dry run
	failed, skipped, withheld int
	unproven                  int // struck from the plan
	kept                      int // in the target, not managed, left alone
}

// tallies count the users, the groups and the memberships. A group that is
// emptied is counted by action only: what is done are its members' leaves.
func (d digest) tallies() (users, groups, members tally) {
	users, groups, members = tally{by: map[action]int{}}, tally{by: map[action]int{}}, tally{by: map[action]int{}}
	of := map[identity.Kind]*tally{identity.KindUser: &users, identity.KindGroup: &groups, "": &members}
	managed := d.Plan.Base.Managed
	users.kept, groups.kept, members.kept = d.Target.Users-managed.Users, d.Target.Groups-managed.Groups, d.Target.Members-managed.Members
	for _, e := range d.entries {
		t := of[e.kind]
		switch {
		case e.on():
			t.by[e.action]++
			if e.cause == plan.CauseUnmanaged {
				t.kept--
			}
		case e.action == doEmpty:
		case e.status == statusFailed:
			t.failed++
		default:
			t.skipped++
		}
	}
	for _, e := range d.withheld {
		if e.action != doEmpty {
			of[e.kind].withheld++
		}
	}
	for _, u := range d.Plan.Unproven {
		kind := u.Kind
		if u.Group != "" {
			kind = ""
		}
		if t := of[kind]; t != nil {
			t.unproven++
		}
	}
	users.kept, groups.kept, members.kept = max(0, users.kept), max(0, groups.kept), max(0, members.kept)
	return users, groups, members
}

// calls counts the requests to both vendors.
func (r Report) calls() (calls, retries, throttles int) {
	for _, c := range r.Calls {
		calls, retries, throttles = calls+c.Calls, retries+c.Retries, throttles+c.Throttles
	}
	return calls, retries, throttles
}
