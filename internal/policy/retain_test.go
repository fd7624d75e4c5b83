package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// check draws worlds and judges them.
func check(t *testing.T, law func(t *rapid.T, w *world)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { law(t, drawWorld(t)) })
}

func (w *world) have() identity.Held { return w.matched.Have }

func (w *world) account(id string) (directory.Account, bool) {
	i := slices.IndexFunc(w.dir.Accounts, func(a directory.Account) bool { return a.ID == id && id != "" })
	if i < 0 {
		return directory.Account{}, false
	}
	return w.dir.Accounts[i], true
}

func (w *world) group(id string) (directory.Group, bool) {
	i := slices.IndexFunc(w.dir.Groups, func(g directory.Group) bool { return g.ID == id && id != "" })
	if i < 0 {
		return directory.Group{}, false
	}
	return w.dir.Groups[i], true
}

func one(globs policy.Globs, name string) bool {
	return len(globs) == 1 && strings.EqualFold(globs[0], name)
}

// disputed reports whether match could not say who somebody is.
func (w *world) disputed(key identity.Key) bool {
	return slices.ContainsFunc(w.matched.Conflicts, func(c match.Conflict) bool { return c.Have == key })
}

// untouchable says why nobody may touch a user: "" if somebody may.
func (w *world) untouchable(key identity.Key) string {
	u, exists := w.have().Users[key]
	a, known := w.account(u.ExternalID)
	if in(w.matched.Adopted, key) {
		a, known = w.account(string(key))
	}
	switch {
	case !exists:
		return ""
	case u.UserName == "Administrator":
		return "protected"
	case w.disputed(key):
		return "in a conflict"
	case known && a.StatusUnknown:
		return "of unknown status"
	case known && one(w.rules.IgnoreUsers, a.PrimaryEmail):
		return "ignored"
	case one(w.rules.IgnoreUsers, u.UserName) && !in(w.wanted.State.Users, key):
		return "ignored by name"
	}
	return ""
}

func (w *world) untouchableGroup(key identity.Key) string {
	g, exists := w.have().Groups[key]
	source, known := w.group(g.ExternalID)
	_, adopted := w.matched.Adopted[key]
	switch {
	case !exists:
		return ""
	case g.Name == "AWSControlTowerAdmins":
		return "protected"
	case w.disputed(key):
		return "in a conflict"
	case known && one(w.rules.IgnoreGroups, source.Email):
		return "ignored"
	case one(w.rules.IgnoreGroups, g.Name) && !in(w.wanted.State.Groups, key):
		return "ignored by name"
	case foreign(g.ExternalID) && !adopted && !w.rules.DeleteUnmanaged:
		return "not ours"
	case w.lags(g.ExternalID) && !in(w.wanted.State.Groups, key):
		return "not in the index yet"
	}
	return ""
}

func foreign(ext string) bool { return ext == "" || strings.HasPrefix(ext, "okta") }

// lags reports whether an object is there, and may be out of scope only because
// of a query that was answered by the index: groups by one about groups, users
// by any.
func (w *world) lags(ext string) bool {
	if _, group := w.group(ext); group {
		return len(w.dir.Answers.Groups) > 0
	}
	a, user := w.account(ext)
	return user && w.indexed() && (a.StatusUnknown || !a.Suspended && !a.Archived)
}

// indexed reports whether any query was answered by the index.
func (w *world) indexed() bool { return len(w.dir.Answers.Groups)+len(w.dir.Answers.Users) > 0 }

func in[T any](objects map[identity.Key]T, key identity.Key) bool {
	_, ok := objects[key]
	return ok
}

func TestTheUntouchableIsNotTouched(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for key, u := range w.have().Users {
			if why := w.untouchable(key); why != "" && w.Want.Users[key] != u {
				t.Errorf("%s is %s: %+v became %+v", key, why, u, w.Want.Users[key])
			}
			_, adopted := w.matched.Adopted[key]
			if foreign(u.ExternalID) && !adopted && !w.rules.DeleteUnmanaged && w.Want.Users[key] != u {
				t.Errorf("%s is not ours: %+v became %+v", key, u, w.Want.Users[key])
			}
		}
		for key, g := range w.have().Groups {
			if why := w.untouchableGroup(key); why != "" && w.Want.Groups[key] != g {
				t.Errorf("%s is %s: %+v became %+v", key, why, g, w.Want.Groups[key])
			}
		}
		for _, c := range w.matched.Conflicts {
			if in(w.Want.Users, c.Want) || in(w.Want.Groups, c.Want) {
				t.Errorf("%+v is made all the same", c)
			}
		}
		for m := range union(w.have().Members, w.Want.Members) {
			why := w.untouchable(m.User) + w.untouchableGroup(m.Group)
			stays := in(w.Want.Users, m.User) && in(w.Want.Groups, m.Group)
			if why != "" && stays && w.have().Members[m] != w.Want.Members[m] {
				t.Errorf("%v is %s: in the group before: %v, after: %v", m, why, w.have().Members[m], w.Want.Members[m])
			}
		}
	})
}

func union(a, b map[identity.Membership]bool) map[identity.Membership]bool {
	u := map[identity.Membership]bool{}
	for _, ms := range []map[identity.Membership]bool{a, b} {
		for m := range ms {
			u[m] = true
		}
	}
	return u
}

// sheltered reports whether somebody is in a group that is left alone because
// of its rule or the index, which brings nobody into scope.
func (w *world) sheltered(key identity.Key) bool {
	for m := range w.have().Members {
		g := w.have().Groups[m.Group]
		source, known := w.group(g.ExternalID)
		ignored := one(w.rules.IgnoreGroups, g.Name) || known && one(w.rules.IgnoreGroups, source.Email)
		if m.User == key && (ignored || w.lags(g.ExternalID) && !in(w.wanted.State.Groups, m.Group)) {
			return true
		}
	}
	return false
}

func TestLeavers(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for key, u := range w.have().Users {
			a, known := w.account(u.ExternalID)
			after, exists := w.Want.Users[key]
			inactive := known && (a.Suspended || a.Archived)
			switch {
			case in(w.wanted.State.Users, key) || w.untouchable(key) != "" || w.rules.GroupsOnly:
				continue
			case foreign(u.ExternalID) && !w.rules.DeleteUnmanaged, w.rules.DeprovisionUsers == policy.Keep, w.lags(u.ExternalID):
				if after != u {
					t.Errorf("%s stays: %+v became %+v", key, u, after)
				}
				continue
			case w.sheltered(key) && (foreign(u.ExternalID) || known && !inactive):
				if after != u {
					t.Errorf("%s is in a group that is left alone: %+v became %+v", key, u, after)
				}
				continue
			case inactive && (w.sheltered(key) || w.indexed()):
				if !exists || after.Active {
					t.Errorf("%s has left, and nobody knows whether the scope: %+v", key, after)
				}
			case w.rules.DeprovisionUsers == policy.Delete:
				if exists {
					t.Errorf("%s should be deleted", key)
				}
			case !exists || after.Active:
				t.Errorf("%s should be deactivated: %+v", key, after)
			}
			cause := plan.CauseGone
			switch {
			case foreign(u.ExternalID):
				cause = plan.CauseUnmanaged
			case known && a.Suspended:
				cause = plan.CauseSuspended
			case known && a.Archived:
				cause = plan.CauseArchived
			case known:
				cause = plan.CauseScope
			}
			if w.Causes[key] != cause {
				t.Errorf("%s goes because %q, not %q", key, w.Causes[key], cause)
			}
			for m := range w.Want.Members {
				if _, adopted := w.matched.Adopted[m.Group]; m.User == key && w.untouchableGroup(m.Group) == "" && !adopted &&
					(w.rules.DeprovisionGroups != policy.Keep || in(w.wanted.State.Groups, m.Group)) && (!foreign(u.ExternalID) || !w.rules.LeaveUnknownMembers) {
					t.Errorf("%s left, and is in %s", key, m.Group)
				}
			}
		}
	})
}

// stranger reports whether a user is left in their groups because the source
// does not know them: by id, or by address where the users are not ours.
func (w *world) stranger(key identity.Key) bool {
	u := w.have().Users[key]
	if !w.rules.LeaveUnknownMembers || in(w.matched.Adopted, key) || !foreign(u.ExternalID) {
		return false
	}
	for _, a := range w.dir.Accounts {
		if w.rules.GroupsOnly && slices.ContainsFunc(append([]string{a.PrimaryEmail}, a.Aliases...), func(s string) bool { return strings.EqualFold(s, u.UserName) }) {
			return false
		}
	}
	return true
}

func TestGroupsThatGo(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for key, g := range w.have().Groups {
			after, exists := w.Want.Groups[key]
			_, known := w.group(g.ExternalID)
			switch {
			case in(w.wanted.State.Groups, key) || w.untouchableGroup(key) != "":
				continue
			case w.rules.DeprovisionGroups == policy.Delete:
				if exists {
					t.Errorf("%s should be deleted", key)
				}
			case after != g:
				t.Errorf("%s stays: %+v became %+v", key, g, after)
			}
			if cause := map[bool]plan.Cause{true: plan.CauseScope, false: plan.CauseGone}[known]; w.rules.DeprovisionGroups != policy.Keep && !foreign(g.ExternalID) && w.Causes[key] != cause {
				t.Errorf("%s goes because %q, not %q", key, w.Causes[key], cause)
			}
			for m := range union(w.have().Members, w.Want.Members) {
				adopted := in(w.matched.Adopted, m.User)
				spared := w.untouchable(m.User) != "" || adopted && !w.rules.GroupsOnly || w.stranger(m.User)
				if keep := w.have().Members[m] && (w.rules.DeprovisionGroups == policy.Keep || spared) && exists && in(w.Want.Users, m.User); m.Group == key && w.Want.Members[m] != keep {
					t.Errorf("%v: in the group: %v, want %v", m, w.Want.Members[m], keep)
				}
			}
		}
	})
}

func TestWhoIsInScope(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		lost := map[identity.Key]bool{}
		for _, c := range w.Conflicts {
			lost[c.Want] = true
		}
		for key, u := range w.wanted.State.Users {
			before, exists := w.have().Users[key]
			after, wanted := w.Want.Users[key]
			a, _ := w.account(string(key))
			creatable := !w.rules.GroupsOnly && !a.StatusUnknown && (w.rules.Suspended || !a.Suspended && !a.Archived)
			switch {
			case lost[key] || w.untouchable(key) != "":
			case !exists && wanted != creatable:
				t.Errorf("%s is created: %v, want %v", key, wanted, creatable)
			case exists && w.rules.GroupsOnly && after != before:
				t.Errorf("%s is not ours to write", key)
			case exists && !w.rules.GroupsOnly && (after.Active != (!a.Suspended && !a.Archived) || after.UserName != a.PrimaryEmail || after.DisplayName != u.DisplayName):
				t.Errorf("%s is %+v, and should be as %+v", key, after, u)
			}
		}
		for key, g := range w.wanted.State.Groups {
			after, wanted := w.Want.Groups[key]
			if !lost[key] && (!wanted || after.ExternalID != g.ExternalID || !strings.HasPrefix(after.Name, g.Name)) {
				t.Errorf("%s is %+v, and should be %+v", key, after, g)
			}
		}
		for m := range w.wanted.State.Members {
			if in(w.Want.Users, m.User) && in(w.Want.Groups, m.Group) && w.untouchable(m.User)+w.untouchableGroup(m.Group) == "" && !w.Want.Members[m] {
				t.Errorf("%v is lost", m)
			}
		}
	})
}

func TestGroupsOnlyWritesNoUser(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		if !w.rules.GroupsOnly {
			w.rules.GroupsOnly = true
			w.decide()
		}
		if diff := cmp.Diff(w.have().Users, w.Want.Users); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Adopted objects lose nothing in their first run; nor do members that the
// source does not know, where they are left.
func TestWhatIsNotTakenAwayYet(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for m := range w.have().Members {
			user := in(w.matched.Adopted, m.User) && !w.rules.GroupsOnly
			group := in(w.matched.Adopted, m.Group)
			unknown := w.stranger(m.User)
			if (user || group || unknown) && in(w.Want.Users, m.User) && in(w.Want.Groups, m.Group) && !w.Want.Members[m] {
				t.Errorf("%v is taken away", m)
			}
		}
	})
}

// What the search index does not return is no evidence.
func TestTheIndexRevokesNothing(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for key, u := range w.have().Users {
			a, known := w.account(u.ExternalID)
			if w.lags(u.ExternalID) && known && u.Active && !w.Want.Users[key].Active {
				t.Errorf("%s is deactivated, though %+v", key, a)
			}
		}
		for key, g := range w.have().Groups {
			for m := range w.have().Members {
				if m.Group == key && w.lags(g.ExternalID) && !in(w.wanted.State.Groups, key) && in(w.Want.Users, m.User) && !w.Want.Members[m] {
					t.Errorf("%v is lost", m)
				}
			}
		}
	})
}

func TestOnlyWhatIsMappedAndSeenIsWritten(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for key, before := range w.have().Users {
			after, stays := w.Want.Users[key]
			for _, a := range identity.Attrs {
				if stays && *a.Field(&before) != *a.Field(&after) && (!slices.Contains(w.rules.Attributes, a.Name) || slices.Contains(w.held.Blind, a.Path)) && a.Name != "manager" {
					t.Errorf("%s: %s is not ours to write", key, a.Name)
				}
			}
			if after.Manager != before.Manager && stays && !slices.Contains(w.rules.Attributes, "manager") {
				t.Errorf("%s: the manager is not ours to write", key)
			}
		}
	})
}

func TestWhatIsWantedIsSound(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		for m := range w.Want.Members {
			if !in(w.Want.Users, m.User) || !in(w.Want.Groups, m.Group) {
				t.Errorf("%v lacks an end", m)
			}
		}
		for key, u := range w.Want.Users {
			if u.Manager != "" && !in(w.Want.Users, identity.Key(u.Manager)) && u.Manager != w.have().Users[key].Manager {
				t.Errorf("%s is managed by nobody: %q", key, u.Manager)
			}
			if u.Manager == string(key) && w.have().Users[key].Manager != u.Manager {
				t.Errorf("%s manages themselves", key)
			}
			if a, known := w.account(string(key)); known && a.Guest {
				t.Errorf("%s is a guest", key)
			}
		}
		names := map[string]identity.Key{}
		claim := func(sort, name string, key identity.Key, had string) {
			name = sort + strings.ToLower(name)
			if other, taken := names[name]; taken && name != sort && !strings.EqualFold(name, sort+had) {
				t.Errorf("%s and %s want %q", other, key, name)
			}
			names[name] = key
		}
		for key, u := range w.have().Users {
			if !in(w.Want.Users, key) {
				claim("user ", u.UserName, key, u.UserName)
				claim("mail ", u.Email, key, u.Email)
			}
		}
		for key, u := range w.Want.Users {
			claim("user ", u.UserName, key, "")
			claim("mail ", u.Email, key, "")
		}
		for key, g := range w.have().Groups {
			if !in(w.Want.Groups, key) {
				claim("group ", g.Name, key, g.Name)
			}
		}
		for key, g := range w.Want.Groups {
			claim("group ", g.Name, key, "")
		}
	})
}

func TestRetainIsDeterministicAndChangesNothing(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		first, before := w.Outcome, policy.Desired(w.dir, w.rules)
		again := policy.Retain(w.wanted, w.matched, w.rules, w.past)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]any{before.State, before.Causes, before.Notes}, []any{w.wanted.State, w.wanted.Causes, w.wanted.Notes}); diff != "" {
			t.Error(diff)
		}
		w.decide()
		if diff := cmp.Diff(first, w.Outcome); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMeasures(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		var base plan.Base
		var mirror plan.Size
		members := map[identity.Key]int{}
		for m := range w.have().Members {
			members[m.Group]++
		}
		for key, u := range w.have().Users {
			if !foreign(u.ExternalID) || in(w.wanted.State.Users, key) {
				base.Managed.Users++
				if u.Active {
					base.Active++
				}
			}
			if a, _ := w.account(string(key)); !in(w.wanted.State.Users, key) || (a.Suspended || a.Archived) && !w.rules.Suspended {
				mirror.Users++
			}
		}
		for key, g := range w.have().Groups {
			if !foreign(g.ExternalID) || in(w.wanted.State.Groups, key) {
				base.Managed.Groups++
				base.Managed.Members += members[key]
				if members[key] > 0 {
					base.Filled++
				}
			}
			if !in(w.wanted.State.Groups, key) {
				mirror.Groups++
			}
		}
		if w.rules.LeaveUnknownMembers {
			mirror = plan.Size{}
		}
		s := w.wanted.State
		base.Source, base.Members = plan.Size{Users: len(s.Users), Groups: len(s.Groups), Members: len(s.Members)}, members
		if diff := cmp.Diff(base, w.Base); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(mirror, w.Mirror); diff != "" {
			t.Error(diff)
		}
	})
}
