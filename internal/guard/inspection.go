package guard

import (
	"fmt"
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// An inspection gathers what the guards refuse.
type inspection struct {
	p        plan.Plan
	c        Context
	sure     certainty
	guard    string
	refusals []Refusal
	warnings []string
	absence  absence

	heldUsers  map[identity.Key]bool // changes of users that are withheld by themselves
	heldGroups map[identity.Key]bool // changes of groups
	heldLeaves map[identity.Membership]bool
}

func inspect(p plan.Plan, c Context) *inspection {
	return &inspection{
		p: p, c: c, sure: certain(p),
		heldUsers: map[identity.Key]bool{}, heldGroups: map[identity.Key]bool{}, heldLeaves: map[identity.Membership]bool{},
	}
}

// refuse takes down a refusal. Evidence may be "".
func (in *inspection) refuse(evidence, format string, args ...any) {
	in.refusals = append(in.refusals, Refusal{
		Guard: in.guard, Text: fmt.Sprintf(format, args...), Evidence: evidence, Acceptable: in.guard != Doubt,
	})
}

func (in *inspection) warn(format string, args ...any) {
	in.warnings = append(in.warnings, fmt.Sprintf(format, args...))
}

func (in *inspection) withholdLeaves(which func(plan.Move) bool) {
	for _, m := range in.p.Leave {
		if which(m) {
			in.heldLeaves[m.Membership] = true
		}
	}
}

// verdict splits the plan. Users who keep memberships for now are not deleted
// either, for that would remove them all the same; nor are groups that keep
// members, and they are not said to be emptied.
func (in *inspection) verdict() Verdict {
	if in.absence.discredited {
		in.withholdLeaves(in.leaveRests)
	}
	keepUser, keepGroup := map[identity.Key]bool{}, map[identity.Key]bool{}
	for m := range in.heldLeaves {
		keepUser[m.User], keepGroup[m.Group] = true, true
	}
	v := Verdict{Allowed: in.p, Refusals: in.refusals, Warnings: in.warnings}
	v.Withheld = plan.Plan{Subjects: in.p.Subjects, Base: in.p.Base}
	v.Allowed.Users, v.Withheld.Users = split(in.p.Users, func(c plan.Change[identity.User]) bool {
		rests := in.absence.discredited && in.userRests(c)
		return plan.Revokes(c) && (rests || in.heldUsers[c.Key] || c.Op == plan.Delete && keepUser[c.Key])
	})
	v.Allowed.Groups, v.Withheld.Groups = split(in.p.Groups, func(c plan.Change[identity.Group]) bool {
		return c.Op == plan.Delete && (in.absence.discredited || in.heldGroups[c.Key] || keepGroup[c.Key])
	})
	v.Allowed.Leave, v.Withheld.Leave = split(in.p.Leave, func(m plan.Move) bool { return in.heldLeaves[m.Membership] })
	v.Allowed.Emptied, v.Withheld.Emptied = split(in.p.Emptied, func(k identity.Key) bool { return keepGroup[k] })
	v.Allowed.Evidence, v.Withheld.Evidence = share(in.p.Evidence, v.Withheld)
	return v
}

func split[T any](all []T, withhold func(T) bool) (allowed, withheld []T) {
	for _, x := range all {
		if withhold(x) {
			withheld = append(withheld, x)
		} else {
			allowed = append(allowed, x)
		}
	}
	return allowed, withheld
}

// share gives to what is withheld the evidence of it, and leaves all other with
// what is allowed.
func share(all map[identity.Key]plan.Evidence, withheld plan.Plan) (allowed, held map[identity.Key]plan.Evidence) {
	mine := slices.Clone(withheld.Emptied)
	for _, c := range withheld.Users {
		mine = append(mine, c.Key)
	}
	for _, c := range withheld.Groups {
		mine = append(mine, c.Key)
	}
	if len(mine) == 0 {
		return all, nil
	}
	allowed, held = maps.Clone(all), map[identity.Key]plan.Evidence{}
	for _, key := range mine {
		if e, ok := all[key]; ok {
			held[key] = e
			delete(allowed, key)
		}
	}
	return allowed, held
}
