package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
)

// An Outcome is the state that should be, given what there is.
type Outcome struct {
	Want      identity.State
	Causes    map[identity.Key]plan.Cause
	Conflicts []match.Conflict
	Problems  []Problem
	Notes     []string
	Base      plan.Base
	// Left are the managed objects that are not wanted any more, in order: kept
	// without access, or deleted because they are due.
	Left []Leaver
	// Unseen are users who stay as they are because the listings do not say
	// enough of them.
	Unseen []identity.Key
	// Postponed is what failed lately and is not tried now.
	Postponed []Postponed
	// Mirror is what a tool that makes the target a plain mirror of the
	// source, as awslabs/ssosync does, would have deleted.
	Mirror plan.Size
}

// A Problem is a record that the target cannot take as it is.
type Problem struct {
	Kind  identity.Kind   `json:"kind"`
	Name  string          `json:"name"`
	Flaws []identity.Flaw `json:"flaws"`
	// Skipped says that the object was left out; otherwise only the flawed
	// attributes stay as they were.
	Skipped bool `json:"skipped"`
}

// MatchRules returns what matching has to know.
func (r Rules) MatchRules(w Wanted) match.Rules {
	return match.Rules{Adopt: r.Adopt, Managed: w.managed, Renamed: w.renamed, Protected: r.Protected}
}

// managed reports whether an external id is our source's: one that it knows,
// or one that looks like those it gives.
func (w Wanted) managed(kind identity.Kind, ext string) bool {
	switch {
	case ext == "":
		return false
	case w.known[identity.Key(ext)]:
		return true
	case kind == identity.KindUser:
		return directory.LooksLikeUserID(ext)
	}
	return directory.LooksLikeGroupID(ext)
}

// renamed reports whether the source knows an id, and by another name.
func (w Wanted) renamed(kind identity.Kind, ext, name string) bool {
	id := identity.Key(ext)
	if kind == identity.KindUser {
		a, ok := w.accounts[id]
		return ok && ext != "" && identity.Fold(a.PrimaryEmail) != identity.Fold(name)
	}
	now, ok := w.groupName[id]
	return ok && identity.Fold(now) != identity.Fold(name)
}

// left reports whether the source itself shows that somebody must not sign in,
// or that they are gone.
func (w Wanted) left(id identity.Key) bool {
	return w.suspended[id] || w.everybody && !w.known[id]
}

// Retain adds to what is wanted what exists and should stay, and takes out of
// it what cannot be. Every kind of hands-off is done here and in this way:
// what is wanted is never removed.
func Retain(w Wanted, m match.Result, r Rules, past Past) Outcome {
	t := &retainer{
		w: w, m: m, r: r, past: past, have: m.Have,
		out:         Outcome{Want: w.State.Clone(), Causes: maps.Clone(w.Causes), Conflicts: slices.Clone(m.Conflicts), Notes: slices.Clone(w.Notes)},
		frozenUsers: map[identity.Key]bool{}, frozenGroups: map[identity.Key]bool{},
		reused: map[identity.Key]bool{},
	}
	for _, c := range m.Conflicts {
		t.reused[c.Have] = true
		delete(t.out.Want.Users, c.Want)
		delete(t.out.Want.Groups, c.Want)
	}
	t.wantedUsers()
	t.wantedGroups()
	t.otherUsers()
	t.otherGroups()
	t.drift()
	t.pause()
	t.settleNames()
	t.members()
	t.managers()
	t.causes()
	t.measure()
	return t.out
}

type retainer struct {
	w    Wanted
	m    match.Result
	r    Rules
	past Past
	have identity.Held
	out  Outcome
	// frozen objects keep exactly the memberships that they have.
	frozenUsers, frozenGroups map[identity.Key]bool
	reused                    map[identity.Key]bool // what a conflict is about
	lagging, missing          []string
	busy                      map[identity.Key]bool // see occupied
}

// wantedUsers brings the users that are in scope to what is possible now.
func (t *retainer) wantedUsers() {
	for _, key := range slices.Sorted(maps.Keys(t.out.Want.Users)) {
		u := t.out.Want.Users[key]
		before, matched := t.have.Users[key]
		switch {
		case !matched:
			if !t.creates(key, u) {
				delete(t.out.Want.Users, key)
			}
		case t.w.unknown[key]:
			t.out.Want.Users[key], t.frozenUsers[key] = before, true
			t.out.Unseen = append(t.out.Unseen, key)
			t.note("%s: the source did not say whether the account is active; left as it is", u.UserName)
		case t.r.GroupsOnly:
			t.out.Want.Users[key] = before
		default:
			t.out.Want.Users[key] = t.keepUnsynced(key, u, before)
		}
	}
	t.noteFilled()
	if len(t.missing) > 0 {
		t.note("%s in scope but not in Identity Center, where somebody else provisions users: %s", count(len(t.missing), "user"), some(t.missing))
	}
}

// creates reports whether a user who does not exist yet is to be made.
func (t *retainer) creates(key identity.Key, u identity.User) bool {
	switch {
	case t.r.GroupsOnly:
		if u.Active {
			t.missing = append(t.missing, u.UserName)
		}
		return false
	case t.w.unknown[key]:
		t.note("%s: the source did not say whether the account is active; not created", u.UserName)
		return false
	case t.w.suspended[key] && !t.r.Suspended:
		return false
	}
	return !t.flawed(identity.KindUser, key, u.UserName, required)
}

// keepUnsynced copies what we do not write from what there is: attributes that
// are not mapped, not seen or not changeable, and those that the target would
// refuse.
func (t *retainer) keepUnsynced(key identity.Key, u, before identity.User) identity.User {
	t.flawed(identity.KindUser, key, u.UserName, func(string) bool { return false })
	for _, a := range identity.Attrs {
		keep := a.Final || !slices.Contains(t.r.Attributes, a.Name) || slices.Contains(t.have.Blind, a.Path) ||
			slices.ContainsFunc(t.w.Flaws[key], func(f identity.Flaw) bool {
				// What we made up must not replace what somebody has.
				return f.Attr == a.Name && (!f.Filled || f.Value == "" && *a.Field(&before) != "")
			})
		if keep {
			*a.Field(&u) = *a.Field(&before)
		}
	}
	return u
}

// flawed records what the target cannot take of an object, and reports
// whether that makes it impossible.
func (t *retainer) flawed(kind identity.Kind, key identity.Key, name string, fatal func(attr string) bool) (skip bool) {
	var bad []identity.Flaw
	for _, f := range t.w.Flaws[key] {
		if !f.Filled {
			bad = append(bad, f)
			skip = skip || fatal(f.Attr)
		}
	}
	if len(bad) > 0 {
		name = cmp.Or(name, t.w.accounts[key].PrimaryEmail, string(key))
		t.out.Problems = append(t.out.Problems, Problem{Kind: kind, Name: name, Flaws: bad, Skipped: skip})
	}
	return skip
}

// noteFilled tells of values that stand in for what the target would not take.
func (t *retainer) noteFilled() {
	var filled []string
	for _, key := range slices.Sorted(maps.Keys(t.out.Want.Users)) {
		for _, f := range t.w.Flaws[key] {
			if f.Filled {
				u := t.out.Want.Users[key]
				filled = append(filled, fmt.Sprintf("%s of %s %s", f.Attr, u.UserName, f.Why))
			}
		}
	}
	if len(filled) > 0 {
		t.note("%s written as Identity Center can take it: %s", count(len(filled), "value"), some(filled))
	}
}

func (t *retainer) wantedGroups() {
	for _, key := range slices.Sorted(maps.Keys(t.out.Want.Groups)) {
		g := t.out.Want.Groups[key]
		before, matched := t.have.Groups[key]
		name := t.w.groupMail[key]
		if t.flawed(identity.KindGroup, key, name, func(string) bool { return !matched }) {
			delete(t.out.Want.Groups, key)
		} else if matched && (g.Name == "" || t.w.nameless[key]) {
			g.Name = before.Name
			t.out.Want.Groups[key] = g
		}
	}
}

// settleNames lets each name go to at most one object.
func (t *retainer) settleNames() {
	groups := names[identity.Group]{
		kind: identity.KindGroup, want: t.out.Want.Groups, have: t.have.Groups,
		get: func(g identity.Group) string { return g.Name },
		set: func(g identity.Group, name string) identity.Group { g.Name = name; return g },
	}
	if t.r.NameConflict == SuffixEmail {
		groups.suffix = func(key identity.Key) string {
			g := t.out.Want.Groups[key]
			g.Name += " (" + t.w.groupMail[key] + ")"
			if t.r.CanonicalGroup != nil {
				g, _ = t.r.CanonicalGroup(g)
			}
			return g.Name
		}
	}
	found := groups.settle()
	users := names[identity.User]{
		kind: identity.KindUser, want: t.out.Want.Users, have: t.have.Users,
		get: func(u identity.User) string { return u.UserName },
		set: func(u identity.User, name string) identity.User { u.UserName = name; return u },
	}
	found = append(found, users.settle()...)
	users.get = func(u identity.User) string { return u.Email }
	users.set = func(u identity.User, mail string) identity.User { u.Email = mail; return u }
	found = append(found, users.settle()...)
	told := map[identity.Key]bool{}
	for _, c := range t.out.Conflicts {
		told[c.Want] = true
	}
	for _, l := range found {
		if l.Have != "" {
			l.HaveID, l.HaveExternalID = t.holder(l.Kind, l.Have)
		}
		if l.Kind == identity.KindUser && !in(t.w.State.Users, l.Want) {
			continue // somebody who left keeps the name that they had
		}
		if !told[l.Want] {
			told[l.Want] = true
			t.out.Conflicts = append(t.out.Conflicts, l)
		}
	}
}

func (t *retainer) holder(kind identity.Kind, key identity.Key) (id, ext string) {
	if kind == identity.KindUser {
		return t.have.Records.Users[key].ID, t.have.Users[key].ExternalID
	}
	return t.have.Records.Groups[key].ID, t.have.Groups[key].ExternalID
}

// members keeps the memberships of what is frozen or was adopted just now,
// and drops those that lack a user or a group. Users who are not ours to write
// are never adopted for good, so that this would spare them for ever.
func (t *retainer) members() {
	want := t.out.Want.Members
	maps.DeleteFunc(want, func(m identity.Membership, _ bool) bool {
		return t.frozenUsers[m.User]
	})
	for m := range t.have.Members {
		adopted := in(t.m.Adopted, m.User) && !t.r.GroupsOnly || in(t.m.Adopted, m.Group)
		unknown := t.r.LeaveUnknownMembers && t.stranger(m.User)
		if t.frozenUsers[m.User] || t.frozenGroups[m.Group] || adopted || unknown {
			want[m] = true
		}
	}
	t.heldMembers(want)
	maps.DeleteFunc(want, func(m identity.Membership, _ bool) bool {
		return !in(t.out.Want.Users, m.User) || !in(t.out.Want.Groups, m.Group)
	})
}

// stranger reports whether a user is nobody whom the source knows. Where users
// are somebody else's, they do not carry our ids: then the address tells.
func (t *retainer) stranger(key identity.Key) bool {
	u := t.have.Users[key]
	return !in(t.w.State.Users, key) && !t.w.managed(identity.KindUser, u.ExternalID) &&
		(!t.r.GroupsOnly || t.w.emails[identity.Fold(u.UserName)] == "")
}

// managers clears the managers that will not exist.
func (t *retainer) managers() {
	for key, u := range t.out.Want.Users {
		if !in(t.out.Want.Users, identity.Key(u.Manager)) && u.Manager != t.have.Users[key].Manager {
			u.Manager = ""
			t.out.Want.Users[key] = u
		}
	}
}

// causes explains changes of objects that were adopted.
func (t *retainer) causes() {
	for key := range t.m.Adopted {
		if t.out.Causes[key] == "" {
			t.out.Causes[key] = plan.CauseAdopted
		}
	}
	if len(t.lagging) > 0 {
		slices.Sort(t.lagging)
		t.note("%s kept: the search index did not return them, which lags and is no evidence: %s", count(len(t.lagging), "object"), some(t.lagging))
	}
}

func (t *retainer) note(format string, args ...any) {
	t.out.Notes = append(t.out.Notes, fmt.Sprintf(format, args...))
}
