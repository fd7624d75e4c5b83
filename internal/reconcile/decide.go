package reconcile

import (
	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// A decision is everything that follows from two readings. It is a value:
// equal readings give equal decisions.
type decision struct {
	dir     directory.Snapshot
	wanted  policy.Wanted
	matched match.Result
	outcome policy.Outcome
	plan    plan.Plan
}

// decide is the pure part of a run. What is known beside the readings is put
// under the keys that match has found.
func decide(dir directory.Snapshot, held identity.Held, rules policy.Rules, past func(match.Result) policy.Past) decision {
	d := decision{dir: dir}
	d.wanted = policy.Desired(dir, rules)
	d.matched = match.Match(d.wanted.State, held, rules.MatchRules(d.wanted))
	d.outcome = policy.Retain(d.wanted, d.matched, rules, past(d.matched))
	d.plan = plan.Build(d.outcome.Want, d.matched.Have, d.outcome.Causes)
	d.plan.Base = d.outcome.Base
	return d
}

// userID returns the source's id of a user, "" if they carry none.
func (d decision) userID(key identity.Key) string {
	if _, wanted := d.wanted.State.Users[key]; wanted {
		return string(key)
	}
	if ext := d.matched.Have.Users[key].ExternalID; d.wanted.Managed(identity.KindUser, ext) {
		return ext
	}
	return ""
}

// groupID returns the source's id of a group, likewise.
func (d decision) groupID(key identity.Key) string {
	if _, wanted := d.wanted.State.Groups[key]; wanted {
		return string(key)
	}
	if ext := d.matched.Have.Groups[key].ExternalID; d.wanted.Managed(identity.KindGroup, ext) {
		return ext
	}
	return ""
}

// A place is a user, a group, or a membership of the target, by its own ids.
type place struct {
	kind identity.Kind
	id   string
	in   string // the group's id, of a membership
}

func (d decision) user(key identity.Key) place {
	return place{kind: identity.KindUser, id: d.matched.Have.Records.Users[key].ID}
}

func (d decision) group(key identity.Key) place {
	return place{kind: identity.KindGroup, id: d.matched.Have.Records.Groups[key].ID}
}

func (d decision) member(m identity.Membership) place {
	return place{identity.KindUser, d.user(m.User).id, d.group(m.Group).id}
}

// removed returns the groups that lose all their members or go.
func removed(p plan.Plan) map[identity.Key]bool {
	gone := map[identity.Key]bool{}
	for _, key := range p.Emptied {
		gone[key] = true
	}
	for _, c := range plan.Only(p.Groups, plan.Delete) {
		gone[c.Key] = true
	}
	return gone
}
