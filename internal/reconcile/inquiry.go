package reconcile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// An inquiry has each revocation that rests on something being absent confirmed
// by the source. It completes the reading with what it is told, so that who was
// only missing from a list is decided about like everybody else, and holds what
// nobody confirms.
type inquiry struct {
	rules   policy.Rules
	dir     directory.Snapshot // the reading, completed
	answers map[question]answer
	held    map[place]string // not proven, and why
	gone    map[string]bool  // people who are in groups no more: see sweep
	// changed says that the reading is not what it was when it was decided
	// about.
	changed bool
}

func newInquiry(dir directory.Snapshot, rules policy.Rules) *inquiry {
	dir.Accounts, dir.Groups = slices.Clone(dir.Accounts), slices.Clone(dir.Groups)
	dir.Members, dir.Doubts = maps.Clone(dir.Members), slices.Clone(dir.Doubts)
	return &inquiry{rules: rules, dir: dir, answers: map[question]answer{}, held: map[place]string{}, gone: map[string]bool{}}
}

// questions returns what has to be asked, and was not yet, before a part of what
// was decided may be taken away.
func (in *inquiry) questions(d decision, part plan.Plan) []question {
	d.plan = part
	var open []question
	seen := map[question]bool{}
	need := func(about subject, a, b string) {
		q := question{about, a, b}
		if _, answered := in.answers[q]; !answered && !seen[q] {
			seen[q] = true
			open = append(open, q)
		}
	}
	gone := removed(d.plan)
	for _, c := range d.plan.Users {
		if plan.Revokes(c) && !c.Cause.Proven() {
			in.aboutRevoked(d, c, need)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		if id := d.groupID(key); id != "" {
			need(aboutGroup, id, "")
		} else {
			need(aboutNames, "", "")
		}
	}
	in.aboutMembers(d, gone, need)
	// Whoever a group names and no list shows may have left all the same.
	for _, key := range d.outcome.Unseen {
		if id := d.userID(key); id != "" && d.matched.Have.Users[key].Active {
			need(aboutUser, id, "")
		}
	}
	return open
}

// aboutMembers asks about memberships that end. What is gone are groups that go
// as a whole; who is deleted leaves everything.
func (in *inquiry) aboutMembers(d decision, gone map[identity.Key]bool, need func(subject, string, string)) {
	for _, c := range plan.Only(d.plan.Users, plan.Delete) {
		gone[c.Key] = true
	}
	for _, m := range d.plan.Leave {
		if !gone[m.Group] && !gone[m.User] {
			in.aboutLeave(d, m, need)
		}
	}
}

// aboutRevoked asks about somebody who is to lose everything: whether they are
// there, and then, if no rule keeps them out by itself, what groups they are in,
// and what groups those are in.
func (in *inquiry) aboutRevoked(d decision, c plan.Change[identity.User], need func(subject, string, string)) {
	id := d.userID(c.Key)
	if id == "" {
		if strings.Contains(c.Before.UserName, "@") {
			need(aboutAddress, c.Before.UserName, "")
		}
		return
	}
	need(aboutUser, id, "")
	if a := in.answers[question{aboutUser, id, ""}]; !a.found || !d.wanted.Eligible(identity.Key(id)) {
		return
	}
	for _, group := range in.above(d, id, false) {
		need(aboutGroupsOf, group, "")
		if !in.lists(group) && group != id {
			need(aboutGroup, group, "")
		}
	}
}

// above returns a person, the groups that they are said to be in, and those
// that these are in, as far as that is known; not all, but up to the groups that
// are in scope. All of them begins with the groups that have everybody, too,
// which no person is said to be in.
func (in *inquiry) above(d decision, id string, all bool) []string {
	ids := []string{id}
	if all {
		ids = append(ids, in.everybodys()...)
	}
	seen := map[string]bool{}
	for _, x := range ids {
		seen[x] = true
	}
	for i := 0; i < len(ids); i++ {
		for _, group := range in.answers[question{aboutGroupsOf, ids[i], ""}].ids {
			_, scope := d.wanted.State.Groups[identity.Key(group)]
			if (all || !scope) && !seen[group] {
				seen[group] = true
				ids = append(ids, group)
			}
		}
	}
	return ids
}

// everybodys returns the groups that have everybody in the customer.
func (in *inquiry) everybodys() []string {
	var ids []string
	for group, rows := range in.dir.Members {
		if slices.ContainsFunc(rows, func(m directory.Member) bool { return m.Kind == directory.MemberEveryone }) {
			ids = append(ids, group)
		}
	}
	slices.Sort(ids)
	return ids
}

// incomparable reports whether the source does not say whether a person is in a
// group, because they are of different domains.
func (in *inquiry) incomparable(group, user string) bool {
	return errors.Is(in.answers[question{aboutMember, group, user}].err, directory.ErrOtherDomain)
}

// lists reports whether the list of groups has one.
func (in *inquiry) lists(group string) bool {
	_, listed := slices.BinarySearchFunc(in.dir.Groups, group, func(g directory.Group, id string) int { return strings.Compare(g.ID, id) })
	return listed
}

// aboutLeave asks about somebody who leaves a group that stays: first for the
// group's members once more, and then, if they are still missing, for this one.
func (in *inquiry) aboutLeave(d decision, m plan.Move, need func(subject, string, string)) {
	group, user := d.groupID(m.Group), d.userID(m.User)
	need(aboutMembers, group, "")
	a, read := in.answers[question{aboutMembers, group, ""}]
	switch {
	case !read:
	case a.err == nil && !a.found:
		need(aboutGroup, group, "")
	case user == "":
		in.aboutStranger(d, m, group, need)
	case d.wanted.Eligible(identity.Key(user)):
		in.aboutOne(d, group, user, need)
	default:
		need(aboutUser, user, "")
	}
}

// aboutStranger asks about a member who carries no id of the source: whether it
// has somebody of that address, and whether that one is in the group.
func (in *inquiry) aboutStranger(d decision, m plan.Move, group string, need func(subject, string, string)) {
	address := d.matched.Have.Users[m.User].UserName
	if !strings.Contains(address, "@") {
		return
	}
	need(aboutAddress, address, "")
	if a := in.answers[question{aboutAddress, address, ""}]; a.found {
		in.aboutOne(d, group, a.account.ID, need)
	}
}

// aboutOne asks whether a person is in a group, from the group's side, or from
// theirs if they are of different domains.
func (in *inquiry) aboutOne(d decision, group, user string, need func(subject, string, string)) {
	need(aboutMember, group, user)
	if in.incomparable(group, user) {
		for _, id := range in.above(d, user, true) {
			need(aboutGroupsOf, id, "")
		}
	}
}

// learn completes the reading with an answer.
func (in *inquiry) learn(q question, a answer) {
	in.answers[q] = a
	if a.err != nil {
		return
	}
	switch q.about {
	case aboutUser, aboutAddress:
		in.learnAccount(q, a)
	case aboutGroup:
		in.learnGroup(q.a, a)
	case aboutMembers:
		in.join(q.a, a.members...)
	case aboutMember:
		if a.found {
			in.join(q.a, directory.Member{Kind: directory.MemberUser, ID: q.b})
		}
	case aboutGroupsOf:
		kind := directory.MemberUser
		if in.lists(q.a) {
			kind = directory.MemberGroup
		}
		for _, group := range a.ids {
			if _, read := in.dir.Members[group]; read {
				in.join(group, directory.Member{Kind: kind, ID: q.a})
			}
		}
	case aboutNames:
	}
}

func (in *inquiry) learnAccount(q question, a answer) {
	id := q.a
	if q.about == aboutAddress {
		if id = a.account.ID; !a.found {
			return
		}
	}
	i, listed := slices.BinarySearchFunc(in.dir.Accounts, id, func(x directory.Account, id string) int { return strings.Compare(x.ID, id) })
	switch {
	case !a.found && listed:
		in.dir.Accounts, in.changed = slices.Delete(in.dir.Accounts, i, i+1), true
		in.gone[id] = true
	case !a.found:
		in.gone[id] = true
	case !listed:
		in.dir.Accounts, in.changed = slices.Insert(in.dir.Accounts, i, a.account), true
		if in.dir.AllAccounts {
			in.doubt("the list of people lacks %s, whom users.get returns", a.account.PrimaryEmail)
		}
	case !sameAccount(in.dir.Accounts[i], a.account):
		in.dir.Accounts[i], in.changed = a.account, true
	}
}

func (in *inquiry) learnGroup(id string, a answer) {
	i, listed := slices.BinarySearchFunc(in.dir.Groups, id, func(x directory.Group, id string) int { return strings.Compare(x.ID, id) })
	switch {
	case !a.found && listed:
		in.dir.Groups, in.changed = slices.Delete(in.dir.Groups, i, i+1), true
		delete(in.dir.Members, id)
	case !a.found:
	case !listed:
		in.doubt("the list of groups lacks %s, which groups.get returns", a.group.Email)
	case !sameGroup(in.dir.Groups[i], a.group):
		in.dir.Groups[i], in.changed = a.group, true
	}
}

// join adds members to a group, as far as they were not listed.
func (in *inquiry) join(group string, more ...directory.Member) {
	rows, ids := in.dir.Members[group], map[string]bool{}
	for _, m := range rows {
		ids[m.ID] = true
	}
	for _, m := range more {
		if !ids[m.ID] {
			rows, in.changed = append(slices.Clip(rows), m), true
			ids[m.ID] = true
		}
	}
	in.dir.Members[group] = rows
}

// sweep takes people who are gone out of all groups that still name them.
func (in *inquiry) sweep() {
	if len(in.gone) == 0 {
		return
	}
	is := func(m directory.Member) bool { return in.gone[m.ID] }
	for group, rows := range in.dir.Members {
		if slices.ContainsFunc(rows, is) {
			in.dir.Members[group], in.changed = slices.DeleteFunc(slices.Clone(rows), is), true
		}
	}
	clear(in.gone)
}

func (in *inquiry) doubt(format string, name string) {
	if text := fmt.Sprintf(format, name); !slices.Contains(in.dir.Doubts, text) {
		in.dir.Doubts = append(in.dir.Doubts, text)
	}
}

// rows returns the addresses of the members of a group at any depth, folded.
func (in *inquiry) rows(group string) map[string]bool {
	names, seen := map[string]bool{}, map[string]bool{}
	for todo := []string{group}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[next] {
			continue
		}
		seen[next] = true
		for _, m := range in.dir.Members[next] {
			if m.Kind == directory.MemberGroup {
				todo = append(todo, m.ID)
			}
			names[identity.Fold(m.Email)] = true
		}
	}
	return names
}

func sameAccount(a, b directory.Account) bool {
	return a.PrimaryEmail == b.PrimaryEmail && a.Suspended == b.Suspended && a.Archived == b.Archived && a.Guest == b.Guest &&
		a.StatusUnknown == b.StatusUnknown && a.OrgUnit == b.OrgUnit && slices.Equal(a.Aliases, b.Aliases) &&
		maps.EqualFunc(a.Values, b.Values, slices.Equal[[]string])
}

func sameGroup(a, b directory.Group) bool {
	return a.Name == b.Name && a.Email == b.Email && a.Description == b.Description && slices.Equal(a.Aliases, b.Aliases)
}
