package guard

import "ssosync/internal/identity"

// shrink compares what is in scope with what was at the last good run. Where
// none is known, what the target holds tells the most about it.
func (in *inspection) shrink(l Limit) {
	b := in.p.Base
	const held, last = "Identity Center holds", "the last good run had"
	for _, k := range []struct {
		kind      string
		now, held int
		last      func(Last) int
		mustExist bool
		evidence  func() string
	}{
		{"users", b.Source.Users, b.Active, func(r Last) int { return r.Source.Users }, true, in.ofUsers},
		{"groups", b.Source.Groups, b.Filled, func(r Last) int { return r.Source.Groups }, true, in.ofGroups},
		{"memberships", b.Source.Members, b.Managed.Members, func(r Last) int { return r.Source.Members }, false, func() string { return in.ofLeaves(every) }},
	} {
		before, where := k.held, held
		if in.c.Last != nil {
			// Where there was nothing at the last run either, it must still be
			// told from what the target holds that there should be something.
			if n := k.last(*in.c.Last); n > 0 || k.now > 0 || !k.mustExist {
				before, where = n, last
			}
		}
		switch {
		case before > 0 && k.now == 0 && k.mustExist:
			in.refuse(k.evidence(), "there are no %s in scope, where %s %d", k.kind, where, before)
		case l.exceeded(before-k.now, before):
			in.refuse(k.evidence(), "there are %d %s in scope, where %s %d: over %d%% fewer", k.now, k.kind, where, before, l.Percent)
		default:
			continue
		}
		in.absence.discredited = true
	}
}

// query compares what each part of the queries found with what the same part
// did at the last good run: who asks for something else has another scope.
func (in *inspection) query(Limit) {
	if in.c.Last == nil {
		return
	}
	before, now := tally(in.c.Last.Matches), tally(in.c.Matches)
	for _, m := range in.c.Matches {
		at := part{m.Kind, m.Query}
		if before[at] == 0 || now[at] > 0 {
			continue
		}
		evidence := in.ofUsers()
		if m.Kind == identity.KindGroup {
			evidence = in.ofGroups()
		}
		in.refuse(evidence, "the part %q of the query for %ss matched %d at the last good run, and matches nothing now", m.Query, m.Kind, before[at])
		in.absence.discredited = true
		delete(before, at) // it may be written twice
	}
}

// A part is one of those that a query consists of.
type part struct {
	kind  identity.Kind
	query string
}

func tally(matches []Found) map[part]int {
	found := map[part]int{}
	for _, m := range matches {
		at := part{m.Kind, m.Query}
		found[at] = max(found[at], m.Found)
	}
	return found
}
