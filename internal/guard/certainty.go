package guard

import (
	"fmt"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A certainty is what of a plan the source itself confirmed, object by object:
// that holds whatever else in the same reading may be wrong.
type certainty struct {
	users  map[identity.Key]bool // revoked, and suspended, archived or gone
	gone   map[identity.Key]bool // of these, deactivated and gone: they are in no group any more
	groups map[identity.Key]bool // emptied or deleted, and gone
}

func certain(p plan.Plan) certainty {
	s := certainty{users: map[identity.Key]bool{}, gone: map[identity.Key]bool{}, groups: map[identity.Key]bool{}}
	for _, c := range p.Users {
		e := p.Evidence[c.Key]
		if plan.Revokes(c) && (c.Cause.Proven() || e.Conclusive()) {
			s.users[c.Key] = true
			s.gone[c.Key] = c.Op == plan.Update && e.Proof == plan.ProofGone
		}
	}
	for _, key := range whole(p) {
		s.groups[key] = p.Evidence[key].Proof == plan.ProofGone
	}
	return s
}

// whole returns the groups that go as a whole: those that are emptied, and
// those that are deleted.
func whole(p plan.Plan) []identity.Key {
	keys := append([]identity.Key{}, p.Emptied...)
	for _, c := range plan.Only(p.Groups, plan.Delete) {
		keys = append(keys, c.Key)
	}
	return keys
}

// left reports whether a membership is confirmed to have ended: the group was
// asked for the member and has none, or one of the two is gone. (In a group
// that goes as a whole, the evidence is the group's.)
func (s certainty) left(m plan.Move) bool {
	return m.Evidence.Proof == plan.ProofLeft || m.Evidence.Proof == plan.ProofGone || s.gone[m.User]
}

// ofUsers says how many of the users that would go are confirmed to have left.
func (in *inspection) ofUsers() string {
	n := 0
	for _, c := range in.p.Users {
		if plan.Revokes(c) {
			n++
		}
	}
	return confirmed(len(in.sure.users), n, "user", "suspended or deleted")
}

// ofGroups says the same of groups.
func (in *inspection) ofGroups() string {
	k, going := 0, whole(in.p)
	for _, key := range going {
		if in.sure.groups[key] {
			k++
		}
	}
	return confirmed(k, len(going), "group", "to be gone in Google")
}

// ofLeaves says the same of some memberships.
func (in *inspection) ofLeaves(which func(plan.Move) bool) string {
	k, n := 0, 0
	for _, m := range in.p.Leave {
		if !which(m) {
			continue
		}
		n++
		if in.sure.left(m) {
			k++
		}
	}
	return confirmed(k, n, "membership", "to have ended")
}

func every(plan.Move) bool { return true }

// ofAll says all of it.
func (in *inspection) ofAll() string {
	var texts []string
	for _, text := range []string{in.ofUsers(), in.ofGroups(), in.ofLeaves(every)} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

// confirmed puts k of n into words.
func confirmed(k, n int, what, state string) string {
	switch {
	case n == 0:
		return ""
	case n == 1 && k == 0:
		return fmt.Sprintf("the %s is not confirmed %s", what, state)
	case n == 1:
		return fmt.Sprintf("the %s is confirmed %s", what, state)
	case k == n:
		return fmt.Sprintf("all %d %ss are confirmed %s", n, what, state)
	}
	return fmt.Sprintf("%d of %d %ss are confirmed %s", k, n, what, state)
}
