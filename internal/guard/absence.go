package guard

import (
	"slices"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An absence is what is to be believed of things that are absent from the
// reading. Once one count is implausible, none of them is, and there remains
// what the source confirmed of each object by itself, as far as that much is
// plausible too.
type absence struct {
	discredited bool
	// contradicted says that the reading contradicts itself: then a group that
	// is gone is not enough to take its members out.
	contradicted bool
	// What is confirmed is too much by itself.
	tooManyUsers, tooManyGroups, tooManyLeaves bool
}

// userRests reports whether a change takes access away and rests on an absence.
// That somebody left is no proof that they may be deleted.
func (in *inspection) userRests(c plan.Change[identity.User]) bool {
	return plan.Revokes(c) && (c.Op == plan.Delete || !in.sure.users[c.Key] || in.absence.tooManyUsers)
}

// leaveRests reports the same of a membership. It does not if it goes with a
// user or a group that is gone.
func (in *inspection) leaveRests(m plan.Move) bool {
	user := in.sure.gone[m.User] && !in.absence.tooManyUsers
	group := in.sure.groups[m.Group] && !in.absence.tooManyGroups && !in.absence.contradicted
	return !user && !group || in.absence.tooManyLeaves
}

// doubt refuses to conclude anything from an absence, if there is a doubt and
// something would be concluded.
func (in *inspection) doubt() {
	if len(in.c.Doubts) == 0 {
		return
	}
	in.absence.discredited, in.absence.contradicted = true, true
	if slices.ContainsFunc(in.p.Users, in.userRests) || len(plan.Only(in.p.Groups, plan.Delete)) > 0 || slices.ContainsFunc(in.p.Leave, in.leaveRests) {
		in.refuse(in.ofAll(), "the reading of the source contradicts itself (%s), so nothing that is absent from it counts as gone", strings.Join(in.c.Doubts, "; "))
	}
}
