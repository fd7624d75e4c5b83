package report

import (
	"errors"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A roster is what happens to one group that stays or comes.
type roster struct {
	name        string
	changed     *entry // nil: only its members change
	join, leave []phrase
}

// rosters gathers what happens to each group, in the order of the plan.
func (d digest) rosters() []*roster {
	var all []*roster
	at := map[identity.Key]*roster{}
	for i, e := range d.entries {
		if e.group == "" || !e.on() || e.kind != "" && e.action.revokes() {
			continue
		}
		r := at[e.group]
		if r == nil {
			r = &roster{}
			at[e.group], all = r, append(all, r)
		}
		switch {
		case e.kind != "":
			r.changed = &d.entries[i]
		case e.action == doJoin:
			r.join, r.name = append(r.join, say(span{name, e.name})), e.in
		default:
			r.leave, r.name = append(r.leave, say(span{name, e.name})), e.in
		}
	}
	return all
}

// groups are the groups that come, change, or get other members.
func (d digest) groups(l limits) []item {
	var items []item
	for _, r := range d.rosters() {
		// Who only leaves has been told of under what is taken away.
		if r.changed == nil && len(r.join) == 0 {
			continue
		}
		items = append(items, d.group(r, l))
	}
	return items
}

func (d digest) group(r *roster, l limits) item {
	it := item{mark: changes(), about: say(span{name, r.name})}
	if e := r.changed; e != nil && e.action == doCreate {
		it = item{mark: adds(), about: say(span{name, e.name}), text: say(d.verb(doCreate))}
	} else if e != nil {
		it = e.updated()
	}
	for _, moves := range []struct {
		sign string
		who  []phrase
	}{{"+ ", r.join}, {"− ", r.leave}} {
		if len(moves.who) == 0 {
			continue
		}
		if len(it.text) > 0 {
			it.text = append(it.text, say(span{gap, "  "})...)
		}
		it.text = append(it.text, append(say(span{glue, moves.sign}), l.list(moves.who)...)...)
	}
	return it
}

// hint says what becomes of a change that failed. Where there is a memory of
// failures, that says when it is tried again.
func (d digest) hint(err error) string {
	switch {
	case errors.Is(err, identity.ErrRejected):
		return "AWS will not take this until it is changed in Google."
	case errors.Is(err, identity.ErrConflict):
		return "Something else in AWS has this name, address or id; rename or delete it, or change it in Google."
	case errors.Is(err, identity.ErrNotFound):
		return "It is gone from AWS meanwhile; the next run reads again and makes what is missing."
	case len(d.Failing) > 0:
		return ""
	}
	return "The next run tries again."
}

// users are the changes of users that take nothing away: newcomers in one
// line, everybody else in a line of their own.
func (d digest) users(l limits) []item {
	var items []item
	var created []phrase
	for _, e := range d.entries {
		if e.kind != identity.KindUser || !e.on() || e.action.revokes() {
			continue
		}
		if e.action == doCreate {
			created = append(created, say(span{name, e.name}))
			continue
		}
		items = append(items, e.updated())
	}
	if len(created) > 0 {
		first := item{mark: adds(), text: append(say(count(len(created), "user")+" "+d.verb(doCreate)+": "), l.list(created)...)}
		items = append([]item{first}, items...)
	}
	return items
}

// updated describes an update or an adoption.
func (e entry) updated() item {
	it := item{mark: changes(), about: say(span{name, e.name}), text: say()}
	var parts []phrase
	if e.action == doAdopt {
		it.mark = adoptions()
		what := "adopted by name"
		if e.foreign != "" {
			what += ", was another provider's"
		}
		parts = append(parts, say(what))
	}
	if e.cause == plan.CauseReturned {
		parts = append(parts, say("active again"))
	}
	for _, f := range e.fields {
		switch {
		case f.Attr == "active", f.Attr == "externalId" && e.action == doAdopt:
		case f.Attr == "userName" || f.Attr == "displayName" && e.kind == identity.KindGroup:
			it.about = say(span{name, f.Before}, " → ", span{name, f.After})
			parts = append(parts, say("renamed"))
		default:
			parts = append(parts, say(f.Attr+" ", short(f.Before), " → ", short(f.After)))
		}
	}
	it.text = list(parts)
	return it
}

// short is a value of an attribute, cut if it is long.
func short(v string) span {
	const most = 40
	if r := []rune(v); len(r) > most {
		v = string(r[:most-1]) + "…"
	}
	return span{name, v}
}
