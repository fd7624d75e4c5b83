package reconcile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// Evidence is the name of the refusal to revoke what the source does not
// confirm. It cannot be accepted.
const Evidence = "evidence"

// past adds what is held for want of evidence to what is known besides.
func (in *inquiry) past(p policy.Past, m match.Result) policy.Past {
	users, groups := keysByID(m.Have.Records.Users), keysByID(m.Have.Records.Groups)
	p.Unproven, p.UnprovenMembers = map[identity.Key]bool{}, map[identity.Membership]bool{}
	for at := range in.held {
		switch {
		case at.in != "":
			p.UnprovenMembers[identity.Membership{Group: groups[at.in], User: users[at.id]}] = true
		case at.kind == identity.KindUser:
			p.Unproven[users[at.id]] = true
		default:
			p.Unproven[groups[at.id]] = true
		}
	}
	return p
}

// keysByID returns our keys by the target's ids.
func keysByID(records map[identity.Key]identity.Record) map[string]identity.Key {
	keys := make(map[string]identity.Key, len(records))
	for key, rec := range records {
		keys[rec.ID] = key
	}
	return keys
}

// complete reports, as an error, what a plan takes away without evidence.
// There is no such thing; if there ever is, nothing is written at all.
func complete(p plan.Plan) error {
	for _, c := range p.Users {
		if plan.Revokes(c) && p.Evidence[c.Key].Proof == "" {
			return fmt.Errorf("decide: nothing proves that %s left", c.Before.UserName)
		}
	}
	for key := range removed(p) {
		if p.Evidence[key].Proof == "" {
			return fmt.Errorf("decide: nothing proves that the group %s left", p.Subjects.Groups[key].Name)
		}
	}
	for _, m := range p.Leave {
		if m.Evidence.Proof == "" {
			return fmt.Errorf("decide: nothing proves that %s left the group %s", p.Subjects.Users[m.User].Name, p.Subjects.Groups[m.Group].Name)
		}
	}
	return nil
}

// unasked is why there is no evidence yet. What guards withhold may stay so; all
// else is asked about.
const unasked = "the source was not asked"

// prove puts the evidence into a plan, and holds what is not so or cannot be
// confirmed. It reports whether nothing new is held; else it has to be decided
// again.
func (in *inquiry) prove(d *decision) (complete bool) {
	d.plan.Evidence = map[identity.Key]plan.Evidence{}
	before := len(in.held)
	note := func(key identity.Key, at place, e plan.Evidence, why string) {
		switch why {
		case "":
			d.plan.Evidence[key] = e
		case unasked:
		default:
			in.held[at] = why
		}
	}
	for _, c := range d.plan.Users {
		if plan.Revokes(c) {
			e, why := in.user(*d, c)
			note(c.Key, d.user(c.Key), e, why)
		}
	}
	gone := removed(d.plan)
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		e, why := in.group(*d, key)
		note(key, d.group(key), e, why)
	}
	for _, c := range plan.Only(d.plan.Users, plan.Delete) {
		gone[c.Key] = true
	}
	for i, m := range d.plan.Leave {
		e, why := in.leave(*d, m, gone)
		d.plan.Leave[i].Evidence = e
		if why != "" && why != unasked {
			in.held[d.member(m.Membership)] = why
		}
	}
	return len(in.held) == before
}

// user says how it is known that somebody left, or why it is not.
func (in *inquiry) user(d decision, c plan.Change[identity.User]) (e plan.Evidence, why string) {
	if c.Cause.Proven() {
		return plan.Evidence{Proof: plan.ProofFlag, Text: "Google shows the account as " + string(c.Cause)}, ""
	}
	id := d.userID(c.Key)
	if id == "" {
		return in.stranger(d, c.Key)
	}
	if e, why = in.account(d, id); why == "" && e.Proof == plan.ProofScope && d.wanted.Eligible(identity.Key(id)) {
		why = in.outside(d, id)
	}
	return e, why
}

// outside says why it is not certain that somebody is in no group in scope; ""
// if it is.
func (in *inquiry) outside(d decision, id string) string {
	for _, x := range in.above(d, id, false) {
		a, asked := in.answers[question{aboutGroupsOf, x, ""}]
		switch {
		case !asked:
			return unasked
		case a.err != nil && (x == id || !errors.Is(a.err, directory.ErrForeign)):
			return "groups.list could not say what groups they are in: " + a.err.Error()
		case x == id || in.lists(x):
			continue
		}
		switch g, asked := in.answers[question{aboutGroup, x, ""}]; {
		case !asked:
			return unasked
		case g.found:
			return "they are in " + g.group.Email + ", which the list of groups lacks"
		case g.err != nil && !errors.Is(g.err, directory.ErrForeign):
			return "groups.get could not say what the group " + x + " is that they are in: " + g.err.Error()
		}
	}
	return ""
}

// account says what the source said of one of its people.
func (in *inquiry) account(d decision, id string) (e plan.Evidence, why string) {
	a, asked := in.answers[question{aboutUser, id, ""}]
	key := identity.Key(id)
	switch {
	case !asked:
		return e, unasked
	case a.err != nil:
		return e, "users.get could not say whether they are gone: " + a.err.Error()
	case !a.found:
		return plan.Evidence{Proof: plan.ProofGone, Text: "users.get: 404 notFound"}, ""
	}
	rule := d.wanted.WhyUser(key, in.rules)
	if rule == "" {
		return e, "users.get returns the account, and it is in scope"
	}
	return plan.Evidence{Proof: plan.ProofScope, Text: "users.get: active; " + rule}, ""
}

// stranger says what is known of a user who carries no id of the source.
func (in *inquiry) stranger(d decision, key identity.Key) (e plan.Evidence, why string) {
	address := d.matched.Have.Users[key].UserName
	a, asked := in.answers[question{aboutAddress, address, ""}]
	switch {
	case !asked && strings.Contains(address, "@"):
		return e, unasked
	case errors.Is(a.err, directory.ErrForeign): // and people may be read, or there were no list of them
		return plan.Evidence{Proof: plan.ProofUnknown, Text: "Google says that the address is of another organisation"}, ""
	case a.err != nil:
		return e, "users.get could not say whether there is such an address: " + a.err.Error()
	case a.found:
		return e, "users.get returns an account of that address"
	}
	return plan.Evidence{Proof: plan.ProofUnknown, Text: "Google has nobody of that name"}, ""
}

// group says how it is known that a group went, or why it is not.
func (in *inquiry) group(d decision, key identity.Key) (e plan.Evidence, why string) {
	id := d.groupID(key)
	if id == "" {
		return in.strangers(d, key)
	}
	a, asked := in.answers[question{aboutGroup, id, ""}]
	switch {
	case !asked:
		return e, unasked
	case a.err != nil:
		return e, "groups.get could not say whether it is gone: " + a.err.Error()
	case !a.found:
		return plan.Evidence{Proof: plan.ProofGone, Text: "groups.get: 404 notFound"}, ""
	}
	rule := d.wanted.WhyGroup(identity.Key(id), in.rules)
	if rule == "" {
		return e, "groups.get returns it, though the list of groups did not"
	}
	return plan.Evidence{Proof: plan.ProofScope, Text: "groups.get returns it; " + rule}, ""
}

// strangers says whether the source has a group of the name of one that
// carries no id of the source.
func (in *inquiry) strangers(d decision, key identity.Key) (e plan.Evidence, why string) {
	a, asked := in.answers[question{aboutNames, "", ""}]
	if !asked {
		return e, unasked
	}
	if a.err != nil {
		return e, "groups.list could not be read again: " + a.err.Error()
	}
	name := identity.Fold(d.matched.Have.Groups[key].Name)
	for _, g := range a.groups {
		want := identity.Group{Name: in.rules.GroupName(g)}
		if in.rules.CanonicalGroup != nil {
			want, _ = in.rules.CanonicalGroup(want)
		}
		if identity.Fold(want.Name) == name && d.wanted.WhyGroup(identity.Key(g.ID), in.rules) == "" {
			return e, "groups.list, read again, has a group of that name"
		}
	}
	return plan.Evidence{Proof: plan.ProofUnknown, Text: "Google has no such group in scope, listed twice"}, ""
}

// leave says how it is known that somebody is in a group no more, or why it is
// not. What is gone are groups and users that go as a whole.
func (in *inquiry) leave(d decision, m plan.Move, gone map[identity.Key]bool) (e plan.Evidence, why string) {
	switch {
	case gone[m.Group]:
		return d.plan.Evidence[m.Group], in.held[d.group(m.Group)]
	case gone[m.User]: // whoever is deleted leaves everything
		return d.plan.Evidence[m.User], in.held[d.user(m.User)]
	}
	group, user := d.groupID(m.Group), d.userID(m.User)
	again, read := in.answers[question{aboutMembers, group, ""}]
	member, asked := in.answers[question{aboutMember, group, user}]
	switch {
	case !read:
		return e, unasked
	case again.err != nil:
		return e, "members.list could not be read again: " + again.err.Error()
	case user == "":
		return in.strangerLeaves(d, m, group)
	case !d.wanted.Eligible(identity.Key(user)):
		return in.account(d, user)
	case !asked:
		return e, unasked
	case in.incomparable(group, user):
		return in.apart(d, group, user)
	case member.err != nil:
		return e, "members.hasMember could not say: " + member.err.Error()
	case member.found:
		return e, "members.hasMember says that they are a member"
	}
	return plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read twice, and members.hasMember do not have them"}, ""
}

// apart is leave for somebody of another domain than the group: whether they are
// in it is seen from their side, group by group upwards.
func (in *inquiry) apart(d decision, group, user string) (e plan.Evidence, why string) {
	for _, x := range in.above(d, user, true) {
		switch a, asked := in.answers[question{aboutGroupsOf, x, ""}]; {
		case x == group:
			return e, "groups.list says that they are in the group"
		case !asked:
			return e, unasked
		case a.err != nil && (x == user || !errors.Is(a.err, directory.ErrForeign)):
			return e, "members.hasMember cannot say, being of another domain, and groups.list could not: " + a.err.Error()
		}
	}
	return plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read twice, and groups.list of their groups do not have them"}, ""
}

// strangerLeaves is leave for a user who carries no id of the source.
func (in *inquiry) strangerLeaves(d decision, m plan.Move, group string) (e plan.Evidence, why string) {
	address := d.matched.Have.Users[m.User].UserName
	if in.rows(group)[identity.Fold(address)] {
		return e, "members.list has a member of that address"
	}
	a := in.answers[question{aboutAddress, address, ""}]
	if !a.found {
		if e, why = in.stranger(d, m.User); why == "" {
			e = plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read twice, has nobody of that name"}
		}
		return e, why
	}
	switch is, asked := in.answers[question{aboutMember, group, a.account.ID}]; {
	case !asked:
		return e, unasked
	case in.incomparable(group, a.account.ID):
		return in.apart(d, group, a.account.ID)
	case is.err != nil:
		return e, "members.hasMember could not say: " + is.err.Error()
	case is.found:
		return e, "members.hasMember says that they are a member"
	}
	return plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read twice, and members.hasMember do not have them"}, ""
}

// unproven tells what the listings alone would have taken away, and the plan
// does not, because it is not so or nobody confirms it.
func (in *inquiry) unproven(first, last decision) []plan.Unproven {
	still := revoked(last)
	var all []plan.Unproven
	was := revoked(first)
	gone := removed(first.plan)
	for _, c := range first.plan.Users {
		if at := first.user(c.Key); plan.Revokes(c) && !still[at] {
			all = append(all, plan.Unproven{
				Kind: identity.KindUser, Name: c.Before.UserName, ID: at.id, Cause: c.Cause, Why: in.why(at, "users.get returns the account"),
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		if at := first.group(key); !still[at] {
			all = append(all, plan.Unproven{
				Kind: identity.KindGroup, Name: first.plan.Subjects.Groups[key].Name, ID: at.id, Cause: first.outcome.Causes[key],
				Why: in.why(at, "groups.get returns it"),
			})
		}
	}
	for _, m := range first.plan.Leave {
		at := first.member(m.Membership)
		user, group := first.user(m.User), first.group(m.Group)
		if still[at] || was[user] && !still[user] || was[group] && !still[group] {
			continue // told of with the user or the group
		}
		all = append(all, plan.Unproven{
			Kind: identity.KindUser, Name: first.plan.Subjects.Users[m.User].Name, Group: first.plan.Subjects.Groups[m.Group].Name,
			ID: at.id, Cause: m.Cause, Why: in.why(at, "asked again, Google has them in the group"),
		})
	}
	return all
}

func (in *inquiry) why(at place, otherwise string) string {
	if why, held := in.held[at]; held {
		return why
	}
	return otherwise
}

// revoked returns what a plan takes away.
func revoked(d decision) map[place]bool {
	all := map[place]bool{}
	for _, c := range d.plan.Users {
		if plan.Revokes(c) {
			all[d.user(c.Key)] = true
		}
	}
	for key := range removed(d.plan) {
		all[d.group(key)] = true
	}
	for _, m := range d.plan.Leave {
		all[d.member(m.Membership)] = true
	}
	return all
}
