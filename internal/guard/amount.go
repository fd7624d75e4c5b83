package guard

import (
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

func (in *inspection) users(l Limit) {
	// Who is inactive already takes no part: else the leavers of years would
	// make room for those of today.
	n, sure, of := 0, 0, in.p.Base.Active
	for _, c := range in.p.Users {
		if !plan.Revokes(c) {
			continue
		}
		n++
		if !c.Before.Active {
			of++
		}
		if c.Op == plan.Update && in.sure.users[c.Key] {
			sure++
		}
	}
	if l.exceeded(n, of) {
		in.refuse(in.ofUsers(), "%d of %d users would be deactivated or deleted, over %s", n, of, l.words())
		in.absence.discredited = true
		in.absence.tooManyUsers = l.exceeded(sure, in.p.Base.Active)
	}
}

func (in *inspection) groups(l Limit) {
	n, of := len(in.p.Emptied), in.p.Base.Filled
	for _, c := range plan.Only(in.p.Groups, plan.Delete) {
		n++
		if in.p.Base.Members[c.Key] == 0 {
			of++
		}
	}
	sure := map[identity.Key]bool{} // those that would be emptied at least
	for _, m := range in.p.Leave {
		if in.sure.groups[m.Group] {
			sure[m.Group] = true
		}
	}
	if l.exceeded(n, of) {
		in.refuse(in.ofGroups(), "%d of %d groups would be emptied or deleted, over %s", n, of, l.words())
		in.absence.discredited = true
		in.absence.tooManyGroups = l.exceeded(len(sure), in.p.Base.Filled)
	}
}

func (in *inspection) leaves(l Limit) {
	n, sure, of := len(in.p.Leave), 0, in.p.Base.Managed.Members
	for _, m := range in.p.Leave {
		if in.sure.gone[m.User] || in.sure.groups[m.Group] {
			sure++
		}
	}
	if l.exceeded(n, of) {
		in.refuse(in.ofLeaves(every), "%d of %d memberships would be removed, over %s", n, of, l.words())
		in.absence.discredited = true
		in.absence.tooManyLeaves = l.exceeded(sure, of)
	}
}

// groupLeaves looks at each group that stays; one that goes as a whole counts
// for the guard of groups.
func (in *inspection) groupLeaves(l Limit) {
	lost := map[identity.Key][]plan.Move{}
	for _, m := range in.p.Leave {
		lost[m.Group] = append(lost[m.Group], m)
	}
	for _, key := range whole(in.p) {
		delete(lost, key)
	}
	joined := map[identity.Key]bool{}
	for _, m := range in.p.Join {
		joined[m.Group] = true
	}
	for _, m := range in.p.Leave {
		if moves, ok := lost[m.Group]; ok {
			in.groupLoses(l, m.Group, moves, joined[m.Group])
			delete(lost, m.Group)
		}
	}
}

// groupLoses looks at one group. Whoever is gone for good may leave, as long as
// these alone are not too many. Nobody else does if too many would, or if
// nobody would be left and that is not confirmed of each.
func (in *inspection) groupLoses(l Limit, group identity.Key, moves []plan.Move, joined bool) {
	n, of := len(moves), in.p.Base.Members[group]
	name := in.p.Subjects.Groups[group].Name
	these := func(m plan.Move) bool { return m.Group == group }
	over := func(n int) bool { return of > l.Floor && n*100 > of*l.Percent }
	unproven := slices.ContainsFunc(moves, func(m plan.Move) bool { return !in.sure.left(m) && !in.sure.users[m.User] })
	switch {
	case over(n):
		in.refuse(in.ofLeaves(these), "%d of the %d members of %q would be removed, over %d%%", n, of, name, l.Percent)
	case n >= of && of > 0 && !joined && unproven:
		in.refuse(in.ofLeaves(these), "all members of %q would be removed, %d, and that is not confirmed of each", name, n)
	default:
		return
	}
	gone := 0
	for _, m := range moves {
		if in.sure.gone[m.User] {
			gone++
		}
	}
	in.withholdLeaves(func(m plan.Move) bool { return m.Group == group && (!in.sure.gone[m.User] || over(gone)) })
}
