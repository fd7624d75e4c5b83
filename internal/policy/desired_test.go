package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
)

// Who is in scope, from first principles.
func TestDesired(t *testing.T) {
	check(t, func(t *rapid.T, w *world) {
		ignoredUser := func(a directory.Account) bool { return one(w.rules.IgnoreUsers, a.PrimaryEmail) }
		asked := func(set query.Set, id, mail, prefix string, answers map[string][]string) bool {
			if set.Empty() {
				return false
			}
			switch set.Queries()[0].Text {
			case "*":
				return true
			case lagging:
				return slices.Contains(answers[lagging], id)
			}
			return strings.HasPrefix(strings.ToLower(mail), prefix)
		}
		inside := func(group string) map[string]bool {
			in := map[string]bool{}
			var walk func(string, map[string]bool)
			walk = func(g string, path map[string]bool) {
				if path[g] {
					return
				}
				path[g] = true
				for _, m := range w.dir.Members[g] {
					if m.Kind == directory.MemberEveryone {
						for _, a := range w.dir.Accounts {
							in[a.ID] = true
						}
					}
					in[m.ID] = true
					walk(m.ID, path)
				}
			}
			walk(group, map[string]bool{})
			return in
		}
		users, groups, members := map[identity.Key]bool{}, map[identity.Key]bool{}, map[identity.Membership]bool{}
		for _, g := range w.dir.Groups {
			included := len(w.rules.IncludeGroups) == 0 || w.rules.IncludeGroups[0] == "g*1@example.com" && g.Email == "g1@example.com"
			if one(w.rules.IgnoreGroups, g.Email) || !included || !asked(w.rules.GroupMatch, g.ID, g.Email, "g1", w.dir.Answers.Groups) {
				continue
			}
			groups[identity.Key(g.ID)] = true
			in := inside(g.ID)
			for _, a := range w.dir.Accounts {
				if in[a.ID] && !a.Guest && !ignoredUser(a) {
					users[identity.Key(a.ID)] = true
					members[identity.Membership{Group: identity.Key(g.ID), User: identity.Key(a.ID)}] = true
				}
			}
		}
		for _, a := range w.dir.Accounts {
			if !a.Guest && !ignoredUser(a) && asked(w.rules.UserMatch, a.ID, a.PrimaryEmail, "a1", w.dir.Answers.Users) {
				users[identity.Key(a.ID)] = true
			}
		}
		if diff := cmp.Diff(users, keySet(w.wanted.State.Users)); diff != "" {
			t.Error("users:", diff)
		}
		if diff := cmp.Diff(groups, keySet(w.wanted.State.Groups)); diff != "" {
			t.Error("groups:", diff)
		}
		if diff := cmp.Diff(members, w.wanted.State.Members); diff != "" {
			t.Error("members:", diff)
		}
	})
}

func keySet[T any](m map[identity.Key]T) map[identity.Key]bool {
	set := map[identity.Key]bool{}
	for k := range m {
		set[k] = true
	}
	return set
}

func TestAUserIsWhatTheMappingSays(t *testing.T) {
	w := town()
	w.rules.Mapping = must(policy.NewMapping(map[string]string{"department": "orgUnitPath", "title": "customSchemas.HR.title"}))
	w.rules.Attributes = must(w.rules.Mapping.ParseAttributes([]string{"core", "department"}))
	w.dir.Accounts[0].OrgUnit = "/Sales"
	w.dir.Accounts[0].Values["customSchemas.HR.title"] = []string{"Boss"}
	w.dir.Accounts[0].Values["name.givenName"] = []string{"Ann", "Anna"}
	w.dir.Accounts[1].Archived, w.dir.Accounts[2].Suspended = true, true
	w.dir.Members[string(dev)] = append(w.dir.Members[string(dev)], directory.Member{Kind: directory.MemberEveryone, ID: gen.CustomerID})
	w.rules.Canonical = func(u identity.User) (identity.User, []identity.Flaw) {
		u.DisplayName = strings.ToUpper(u.DisplayName)
		return u, []identity.Flaw{{Attr: "nickName", Filled: true}}
	}
	w.rules.CanonicalGroup = func(g identity.Group) (identity.Group, []identity.Flaw) {
		g.Name += "!"
		return g, nil
	}
	got := policy.Desired(w.dir, w.rules)
	user := func(id identity.Key, name string, active bool) identity.User {
		return identity.User{
			ExternalID: string(id), UserName: name + "@example.com", Email: name + "@example.com", GivenName: name, FamilyName: "Doe",
			DisplayName: strings.ToUpper(name + " Doe"), Active: active,
		}
	}
	first := user(ann, "ann", true)
	first.GivenName, first.Department = "Ann", "/Sales"
	if diff := cmp.Diff(map[identity.Key]identity.User{ann: first, bob: user(bob, "bob", false), cid: user(cid, "cid", false)}, got.State.Users); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[identity.Key]identity.Group{dev: {ExternalID: string(dev), Name: "Dev!"}}, got.State.Groups); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[identity.Key]plan.Cause{bob: plan.CauseArchived, cid: plan.CauseSuspended}, got.Causes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(plan.Size{Users: 3, Groups: 1, Members: 3}, got.Size); diff != "" || len(got.Flaws[ann]) != 1 {
		t.Error(diff, got.Flaws)
	}
}

// Who is who does not depend on what is mapped.
func TestTheExternalIDIsAlwaysTheSources(t *testing.T) {
	w := town()
	w.rules.Mapping = nil
	for key, u := range policy.Desired(w.dir, w.rules).State.Users {
		if u.ExternalID != string(key) {
			t.Errorf("%s has the external id %q", key, u.ExternalID)
		}
	}
}

func TestMatchesAreCounted(t *testing.T) {
	w := town()
	w.rules.GroupMatch = must(query.ParseGroups("name:Dev*, email:x*, " + lagging))
	w.rules.UserMatch = must(query.ParseUsers("email:a*, " + lagging + ", *"))
	w.dir.Answers = directory.Answers{Users: map[string][]string{lagging: {string(ann), string(cid)}}, Groups: map[string][]string{lagging: {string(dev)}}}
	got := policy.Desired(w.dir, w.rules).Matches
	if diff := cmp.Diff([]policy.Match{
		{Kind: identity.KindGroup, Query: "name:Dev*", Found: 1},
		{Kind: identity.KindGroup, Query: "email:x*", Found: 0},
		{Kind: identity.KindGroup, Query: lagging, Found: 1},
		{Kind: identity.KindUser, Query: "email:a*", Found: 1},
		{Kind: identity.KindUser, Query: lagging, Found: 2},
		{Kind: identity.KindUser, Query: "*", Found: 3},
	}, got); diff != "" {
		t.Error(diff)
	}
}

// A member is found under an alias as well as under the primary address.
func TestMemberKeyIsAnyAddress(t *testing.T) {
	for _, key := range []string{"bob@example.com", "Bobby@example.com", "sub@example.com", "under@example.com"} {
		w := town()
		w.dir.Accounts[1].Aliases = []string{"bobby@example.com"}
		w.dir.Groups = append(w.dir.Groups, directory.Group{ID: gen.GroupID(2), Email: "sub@example.com", Aliases: []string{"under@example.com"}})
		w.dir.Members[string(dev)] = append(w.dir.Members[string(dev)], directory.Member{Kind: directory.MemberGroup, ID: gen.GroupID(2)})
		w.rules.GroupMatch = must(query.ParseGroups("memberKey=" + key))
		if got := policy.Desired(w.dir, w.rules).State.Groups; len(got) != 1 {
			t.Errorf("%s: %v", key, got)
		}
	}
}

func TestIgnoredByAlias(t *testing.T) {
	w := town()
	w.dir.Accounts[1].Aliases = []string{"bobby@example.com"}
	w.rules.IgnoreUsers = policy.Globs{"bobby@*"}
	w.dir.Groups = append(w.dir.Groups, directory.Group{ID: gen.GroupID(2), Email: "g@example.com", Aliases: []string{"old@example.com"}})
	w.rules.IgnoreGroups = policy.Globs{"old@*"}
	got := policy.Desired(w.dir, w.rules).State
	if len(got.Users) != 1 || len(got.Groups) != 1 {
		t.Errorf("%+v", got)
	}
	w.rules.IgnoreGroups, w.rules.IncludeGroups = nil, policy.Globs{"old@*"}
	if got := policy.Desired(w.dir, w.rules).State; len(got.Groups) != 1 || got.Groups[dev].Name != "" {
		t.Errorf("%+v", got)
	}
}

func TestManagers(t *testing.T) {
	w := town()
	w.rules.Attributes = append(slices.Clone(w.rules.Attributes), "manager")
	manage := func(i int, by string) { w.dir.Accounts[i].Values["relations[type=manager].value"] = []string{by} }
	w.dir.Accounts[1].Aliases = []string{"CHIEF@example.com"}
	manage(0, "Chief@example.com")
	manage(1, "bob@example.com") // himself
	w.rules.UserMatch = must(query.ParseUsers("*"))
	manage(2, "nobody@example.com")
	w.rules.Canonical = func(u identity.User) (identity.User, []identity.Flaw) {
		if u.Manager != "" {
			return u, []identity.Flaw{{Attr: "manager"}}
		}
		return u, nil
	}
	got := policy.Desired(w.dir, w.rules)
	for key, want := range map[identity.Key]identity.Key{ann: bob, bob: "", cid: ""} {
		if m := got.State.Users[key].Manager; m != string(want) || len(got.Flaws[key]) > 0 {
			t.Errorf("%s is managed by %q, want %q", key, m, want)
		}
	}
	w.rules.UserMatch = must(query.ParseUsers("email:ann*"))
	w.dir.Members = nil // Bob is not in scope any more
	if m := policy.Desired(w.dir, w.rules).State.Users[ann].Manager; m != "" {
		t.Errorf("Ann is managed by %q, who is not in scope", m)
	}
}

func TestNotesSayWhoWasLeftOut(t *testing.T) {
	w := town()
	w.dir.Notes = []string{"from the reading"}
	w.dir.Accounts[2].Guest = true
	for _, m := range []string{"a", "b", "c", "d", "e", "f"} {
		w.dir.Members[string(dev)] = append(w.dir.Members[string(dev)], directory.Member{Kind: directory.MemberUser, ID: m, Email: m + "@example.org"})
	}
	if got := policy.Desired(w.dir, w.rules).Notes; !strings.HasSuffix(got[2], "6 members of another organisation: not synced: a@example.org, b@example.org, c@example.org, d@example.org, e@example.org and 1 more") {
		t.Errorf("%q", got)
	}
	five := town()
	five.dir.Members[string(dev)] = slices.Clone(w.dir.Members[string(dev)][:7])
	if got := policy.Desired(five.dir, five.rules).Notes; !strings.HasSuffix(got[0], "d@example.org, e@example.org") {
		t.Errorf("%q", got)
	}
	w.dir.Members[string(dev)] = append(w.dir.Members[string(dev)], directory.Member{Kind: directory.MemberGroup, ID: "z"}, directory.Member{Kind: directory.MemberUser, ID: "a", Email: "a@example.org"})
	got := policy.Desired(w.dir, w.rules).Notes
	if diff := cmp.Diff([]string{
		"from the reading", "1 guest account of the directory: not synced",
		"7 members of another organisation: not synced: a@example.org, b@example.org, c@example.org, d@example.org, e@example.org and 2 more",
	}, got); diff != "" {
		t.Error(diff)
	}
}
