package reconcile

import (
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// notice finds what somebody else changed in the target since the last run.
// What a killed run of ours may have written is not among it.
func (m *memory) notice(held identity.Held) {
	if m.ledger == nil {
		return
	}
	for _, c := range m.ledger.Drift(held) {
		at, group := place{kind: c.Kind, id: string(c.ID)}, place{kind: identity.KindGroup, id: string(c.Group)}
		if !m.unsure[at] && !m.unsure[group] {
			m.drift = append(m.drift, c)
		}
	}
}

// A compass finds our keys of what has drifted.
type compass struct {
	users, groups map[string]identity.Key
	was           identity.State // as it was left, by the target's ids
}

func (m *memory) compass(matched match.Result) compass {
	return compass{keysByID(matched.Have.Records.Users), keysByID(matched.Have.Records.Groups), m.recall()}
}

// recall is what was left in the target, worked out once.
func (m *memory) recall() identity.State {
	if m.was == nil {
		was := m.ledger.Recall()
		m.was = &was
	}
	return *m.was
}

// key returns the key of the object that a change is about. What was deleted
// is known by the external id that it had.
func (c compass) key(d ledger.Change) identity.Key {
	switch {
	case d.Kind == identity.KindUser && d.What == ledger.Deleted:
		return identity.Key(c.was.Users[d.ID].ExternalID)
	case d.Kind == identity.KindUser:
		return c.users[string(d.ID)]
	case d.What == ledger.Deleted:
		return identity.Key(c.was.Groups[d.ID].ExternalID)
	}
	return c.groups[string(d.ID)]
}

func (c compass) member(d ledger.Change) identity.Membership {
	return identity.Membership{Group: c.groups[string(d.Group)], User: c.users[string(d.ID)]}
}

// keepDrift has policy leave what somebody else changed.
func (m *memory) keepDrift(p *policy.Past, matched match.Result) {
	c := m.compass(matched)
	p.Drifted, p.DriftedGroups = map[identity.Key][]string{}, map[identity.Key]bool{}
	p.DriftedMembers, p.DriftedAway = map[identity.Membership]bool{}, map[identity.Key]bool{}
	for _, d := range m.drift {
		switch key := c.key(d); {
		case d.Group != "":
			p.DriftedMembers[c.member(d)] = d.What == ledger.Joined
		case d.What == ledger.Deleted && key != "":
			p.DriftedAway[key] = true
		case d.What == ledger.Activated, d.What == ledger.Deactivated:
			p.Drifted[key] = append(p.Drifted[key], "active")
		case d.Kind == identity.KindUser:
			p.Drifted[key] = append(p.Drifted[key], d.What)
		default:
			p.DriftedGroups[key] = true
		}
	}
}

// tellDrift puts into the report what the plan repairs, and what is kept though
// the source says otherwise.
func (m *memory) tellDrift(d decision) {
	if len(m.drift) == 0 {
		return
	}
	c := m.compass(d.matched)
	repairs := repairsOf(d.plan)
	var kept []ledger.Change
	for _, x := range m.drift {
		fate := drifted{x, c.key(x), identity.Membership{}}
		if x.Group != "" {
			fate.member = c.member(x)
		}
		repaired := repairs[fate.slot()]
		if !repaired && (!m.r.KeepDrift || !fate.matters(d) || !m.r.writes(x)) {
			continue // it is as it should be
		}
		if !repaired {
			kept = append(kept, x)
		}
		rec := d.matched.Have.Records.Users[fate.key]
		if x.Kind == identity.KindGroup {
			rec = d.matched.Have.Records.Groups[fate.key]
		}
		if x.Group != "" {
			rec = identity.Record{} // who changed the group last may have done something else
		}
		m.rep.Drift = append(m.rep.Drift, report.Drift{
			Kind: x.Kind, Name: c.name(x, d), Group: c.group(x, d), What: x.What, Before: x.Before, After: x.After,
			By: rec.UpdatedBy, At: rec.UpdatedAt, Kept: !repaired,
		})
	}
	m.drift = kept
}

func (c compass) name(x ledger.Change, d decision) string {
	if x.Kind == identity.KindUser {
		if u, ok := d.matched.Have.Users[c.users[string(x.ID)]]; ok {
			return u.UserName
		}
		return c.was.Users[x.ID].UserName
	}
	if g, ok := d.matched.Have.Groups[c.groups[string(x.ID)]]; ok {
		return g.Name
	}
	return c.was.Groups[x.ID].Name
}

func (c compass) group(x ledger.Change, d decision) string {
	if x.Group == "" {
		return ""
	}
	return d.matched.Have.Groups[c.groups[string(x.Group)]].Name
}

// A drifted change, under our keys.
type drifted struct {
	ledger.Change
	key    identity.Key
	member identity.Membership
}

// A repair is what a plan does about a change by somebody else.
type repair struct {
	key    identity.Key
	member identity.Membership
	what   string
}

func (x drifted) slot() repair {
	if x.Group != "" {
		return repair{member: x.member, what: x.What}
	}
	return repair{key: x.key, what: x.What}
}

// repairsOf returns all that a plan sets right, in the words of what it undoes.
func repairsOf(p plan.Plan) map[repair]bool {
	all := map[repair]bool{}
	for _, c := range p.Users {
		if c.Op == plan.Create {
			all[repair{key: c.Key, what: ledger.Deleted}] = true
		}
		for _, f := range c.Fields {
			all[repair{key: c.Key, what: undoes(f)}] = true
		}
	}
	for _, c := range p.Groups {
		if c.Op == plan.Create {
			all[repair{key: c.Key, what: ledger.Deleted}] = true
		}
		for _, f := range c.Fields {
			all[repair{key: c.Key, what: f.Attr}] = true
		}
	}
	for _, m := range p.Leave {
		all[repair{member: m.Membership, what: ledger.Joined}] = true
	}
	for _, m := range p.Join {
		all[repair{member: m.Membership, what: ledger.Left}] = true
	}
	return all
}

// writes reports whether what has changed is ours to write at all.
func (r *Reconciler) writes(x ledger.Change) bool {
	attr := slices.ContainsFunc(identity.Attrs, func(a identity.Attr) bool { return a.Name == x.What })
	return x.Kind != identity.KindUser || !attr || slices.Contains(r.Rules.Attributes, x.What)
}

// undoes is the word for what a change of an attribute takes back.
func undoes(f plan.Field) string {
	switch {
	case f.Attr == "active" && f.After == "false":
		return ledger.Activated
	case f.Attr == "active":
		return ledger.Deactivated
	}
	return f.Attr
}

// matters reports whether the source says otherwise.
func (x drifted) matters(d decision) bool {
	want := d.wanted.State
	switch {
	case x.What == ledger.Joined:
		_, ours := want.Groups[x.member.Group]
		return ours && !want.Members[x.member]
	case x.Group != "":
		return want.Members[x.member]
	case x.Kind == identity.KindUser:
		u, wanted := want.Users[x.key]
		return wanted && x.ofUser(u)
	}
	g, wanted := want.Groups[x.key]
	return wanted && (x.What == ledger.Deleted || x.What == "displayName" && g.Name != x.After)
}

// ofUser reports whether the user whom the source wants is another one.
func (x drifted) ofUser(u identity.User) bool {
	switch x.What {
	case ledger.Deleted:
		return true
	case ledger.Activated:
		return !u.Active
	case ledger.Deactivated:
		return u.Active
	}
	return slices.ContainsFunc(identity.Attrs, func(a identity.Attr) bool { return a.Name == x.What && *a.Field(&u) != x.After })
}

// asLeft returns a state in which all that is kept of others' changes is as it
// was before them: else the next run would take it for ours, and repair it.
func (m *memory) asLeft(held identity.Held) identity.Held {
	if len(m.drift) == 0 || !m.r.KeepDrift {
		return held
	}
	was := m.recall()
	for _, x := range m.drift {
		member := identity.Membership{Group: x.Group, User: x.ID}
		switch {
		case x.What == ledger.Joined:
			delete(held.Members, member)
		case x.Group != "":
			held.Members[member] = true
		case x.Kind == identity.KindUser:
			held.Users[x.ID] = was.Users[x.ID]
		default:
			held.Groups[x.ID] = was.Groups[x.ID]
		}
		if x.What == ledger.Deleted {
			for w := range was.Members {
				if w.User == x.ID || w.Group == x.ID {
					held.Members[w] = true
				}
			}
		}
	}
	return held
}
