package policy_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// rules are those of a plain command line.
func rules() policy.Rules {
	mapping := must(policy.NewMapping(nil))
	return policy.Rules{
		GroupMatch: must(query.ParseGroups("*")), Mapping: mapping, Attributes: must(mapping.ParseAttributes([]string{"core"})),
		GroupName: must(policy.ParseGroupName("name")), NameConflict: policy.FailGroup, Adopt: match.AdoptAll,
		DeprovisionUsers: policy.Deactivate, DeprovisionGroups: policy.Empty,
	}
}

// A world is all that goes into a policy, and what comes out.
type world struct {
	dir     directory.Snapshot
	rules   policy.Rules
	held    identity.Held
	wanted  policy.Wanted
	matched match.Result
	past    policy.Past
	policy.Outcome
}

func (w *world) decide() {
	w.wanted = policy.Desired(w.dir, w.rules)
	w.matched = match.Match(w.wanted.State, w.held, w.rules.MatchRules(w.wanted))
	w.Outcome = policy.Retain(w.wanted, w.matched, w.rules, w.past)
}

const lagging = "unheardof:x" // a query that only the server can answer

// drawWorld draws a directory, a target that has some of it and much else, and
// an operator's choices.
func drawWorld(t *rapid.T) *world {
	w := &world{dir: gen.Snapshot(t), rules: drawRules(t), held: drawHeld(t)}
	for i := range w.dir.Accounts {
		a := &w.dir.Accounts[i]
		a.StatusUnknown = rapid.IntRange(0, 9).Draw(t, "status unknown") == 0
		if rapid.IntRange(0, 2).Draw(t, "has a manager") == 0 {
			boss := rapid.SampledFrom(w.dir.Accounts).Draw(t, "manager")
			if a.Values == nil {
				a.Values = map[string][]string{}
			}
			a.Values["relations[type=manager].value"] = []string{boss.PrimaryEmail}
		}
	}
	w.answer(t)
	w.decide()
	return w
}

// answer lets the search index know some of the groups and people.
func (w *world) answer(t *rapid.T) {
	some := func(ids []string) map[string][]string {
		return map[string][]string{lagging: slices.DeleteFunc(ids, func(string) bool { return rapid.Bool().Draw(t, "not indexed") })}
	}
	if !query.Set.All(w.rules.GroupMatch) && !w.rules.GroupMatch.Empty() && !w.rules.GroupMatch.Queries()[0].Local() {
		var ids []string
		for _, g := range w.dir.Groups {
			ids = append(ids, g.ID)
		}
		w.dir.Answers.Groups = some(ids)
	}
	if !w.rules.UserMatch.Empty() && !w.rules.UserMatch.Queries()[0].Local() {
		var ids []string
		for _, a := range w.dir.Accounts {
			ids = append(ids, a.ID)
		}
		w.dir.Answers.Users = some(ids)
	}
}

func drawRules(t *rapid.T) policy.Rules {
	r := rules()
	text := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "choice") }
	r.GroupMatch = must(query.ParseGroups(text("*", "*", "email:g1*", lagging)))
	r.UserMatch = must(query.ParseUsers(text("", "", "*", "email:a1*", lagging)))
	r.IgnoreUsers = globs(text("", "", "a2@example.com"))
	r.IgnoreGroups = globs(text("", "", "g2@example.com", "a group 2"))
	r.IncludeGroups = globs(text("", "", "g[0]@example.com", "g*1@example.com"))
	r.NameConflict = policy.NameConflict(text("fail-group", "suffix-email"))
	r.Adopt = match.Adopt(text("all", "unowned", "none"))
	r.DeprovisionUsers = policy.Deprovision(text("deactivate", "delete", "keep"))
	r.DeprovisionGroups = policy.Deprovision(text("empty", "delete", "keep"))
	odd := func() bool { return rapid.IntRange(0, 3).Draw(t, "switch") == 0 }
	r.DeleteUnmanaged, r.Suspended, r.GroupsOnly, r.LeaveUnknownMembers = odd(), odd(), odd(), odd()
	if odd() {
		r.Attributes = append(slices.Clone(r.Attributes), "manager")
	}
	if err := r.Protect("aws-reserved", "control-tower"); err != nil {
		t.Fatal(err)
	}
	return r
}

func globs(s string) policy.Globs {
	if s == "" {
		return nil
	}
	return policy.Globs{s}
}

// drawHeld draws a target in which the source's objects, other providers' and
// nobody's have names that coincide with those of a directory at times.
func drawHeld(t *rapid.T) identity.Held {
	held := identity.NewHeld()
	owner := func(ours string, i int) string {
		return rapid.SampledFrom([]string{ours, ours, ours, "", fmt.Sprint("okta-", i)}).Draw(t, "owner")
	}
	names := func(form string, n int, others ...string) []string {
		for i := range n {
			others = append(others, fmt.Sprintf(form, i))
		}
		return rapid.Permutation(others).Draw(t, "names")
	}
	mails := names("a%d@example.com", 9, "Administrator", "B@example.com", "c@example.net")
	for i, name := range mails[:9] {
		if rapid.IntRange(0, 2).Draw(t, "exists") == 0 {
			continue
		}
		id := identity.Key(fmt.Sprint("U", i))
		held.Users[id] = identity.User{
			ExternalID: owner(gen.UserID(i), i), UserName: name, Email: name, Title: "Boss", DisplayName: "Given Family",
			Active: rapid.IntRange(0, 3).Draw(t, "active") > 0, Manager: rapid.SampledFrom([]string{"", "U1", "U2", "nobody"}).Draw(t, "boss"),
		}
		held.Records.Users[id] = identity.Record{ID: string(id)}
	}
	for i, name := range names("a group %d", 5, "AWSControlTowerAdmins", "Other")[:6] {
		if rapid.IntRange(0, 2).Draw(t, "exists") == 0 {
			continue
		}
		id := identity.Key(fmt.Sprint("G", i))
		held.Groups[id] = identity.Group{ExternalID: owner(gen.GroupID(i), i), Name: name}
		held.Records.Groups[id] = identity.Record{ID: string(id)}
		for _, u := range slices.Sorted(maps.Keys(held.Users)) {
			if rapid.Bool().Draw(t, "member") {
				held.Members[identity.Membership{Group: id, User: u}] = true
			}
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "blind") == 0 {
		held.Blind = []string{identity.Enterprise + ":manager.value", "name.givenName"}
	}
	return held
}
