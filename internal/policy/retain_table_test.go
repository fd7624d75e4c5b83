package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
)

// town is a small directory: Ann and Bob are in Dev, Cid is in nothing.
func town() *world {
	account := func(i int, name string) directory.Account {
		return directory.Account{ID: gen.UserID(i), PrimaryEmail: name + "@example.com", Values: map[string][]string{
			"name.givenName": {name}, "name.familyName": {"Doe"}, "name.fullName": {name + " Doe"},
		}}
	}
	w := &world{rules: rules(), held: identity.NewHeld(), dir: directory.Snapshot{
		CustomerID: gen.CustomerID, AllAccounts: true,
		Accounts: []directory.Account{account(1, "ann"), account(2, "bob"), account(3, "cid")},
		Groups:   []directory.Group{{ID: gen.GroupID(1), Email: "dev@example.com", Name: "Dev"}},
		Members: map[string][]directory.Member{gen.GroupID(1): {
			{Kind: directory.MemberUser, ID: gen.UserID(1)}, {Kind: directory.MemberUser, ID: gen.UserID(2)},
		}},
	}}
	return w
}

// settle lets the target be what the policy says now.
func (w *world) settle() {
	w.decide()
	w.held = gen.Held(w.Want.Clone())
}

var (
	ann, bob, cid = identity.Key(gen.UserID(1)), identity.Key(gen.UserID(2)), identity.Key(gen.UserID(3))
	dev           = identity.Key(gen.GroupID(1))
)

func (w *world) summary() string {
	var lines []string
	for key, u := range w.Want.Users {
		lines = append(lines, fmt.Sprintf("%s %v %s", u.UserName, u.Active, w.Causes[key]))
	}
	for m := range w.Want.Members {
		lines = append(lines, w.Want.Users[m.User].UserName+" in "+w.Want.Groups[m.Group].Name)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (w *world) expect(t *testing.T, lines ...string) {
	t.Helper()
	w.decide()
	if diff := cmp.Diff(strings.Join(lines, "\n"), w.summary()); diff != "" {
		t.Error(diff)
	}
}

func (w *world) notes(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.Notes); diff != "" {
		t.Error(diff)
	}
}

// A group that the index does not know yet was not read, and nor were its
// people.
func TestAGroupThatTheIndexLacksKeepsItsPeople(t *testing.T) {
	w := town()
	w.settle()
	w.rules.GroupMatch = must(query.ParseGroups(lagging))
	w.dir.Answers.Groups = map[string][]string{lagging: {}}
	w.dir.Accounts, w.dir.Members, w.dir.AllAccounts = nil, nil, false
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com in Dev", "bob@example.com true ")
	w.notes(t, "1 object kept: the search index did not return them, which lags and is no evidence: Dev")
}

// A group that the index returns was read as a whole.
func TestAGroupThatTheIndexKnowsLosesPeople(t *testing.T) {
	w := town()
	w.settle()
	w.rules.GroupMatch = must(query.ParseGroups(lagging))
	w.dir.Answers.Groups = map[string][]string{lagging: {string(dev)}}
	w.dir.Members[string(dev)] = w.dir.Members[string(dev)][:1]
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com true ") // Bob may be in a group that is new
	w.dir.Accounts, w.dir.AllAccounts = w.dir.Accounts[:1], false
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com false gone")
}

// The index says nothing about those who are known to be gone or suspended.
func TestWhoIsGoneGoesInSpiteOfTheIndex(t *testing.T) {
	w := town()
	w.settle()
	w.rules.GroupMatch = must(query.ParseGroups(lagging))
	w.dir.Answers.Groups = map[string][]string{lagging: {}}
	w.dir.Accounts = w.dir.Accounts[:1]
	w.dir.Accounts[0].Suspended = true
	w.expect(t, "ann@example.com false suspended", "ann@example.com in Dev", "bob@example.com false gone", "bob@example.com in Dev")
}

func TestAnIgnoredGroupKeepsItsPeopleButNotTheSuspended(t *testing.T) {
	w := town()
	w.settle()
	w.rules.IgnoreGroups = policy.Globs{"dev@*"}
	w.dir.Accounts[1].Suspended = true
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com false suspended", "bob@example.com in Dev")
	w.dir.AllAccounts, w.dir.Accounts = false, nil
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com in Dev", "bob@example.com true ")
}

func TestAnUnknownStatusChangesNothing(t *testing.T) {
	w := town()
	w.settle()
	w.dir.Accounts[0].StatusUnknown, w.dir.Accounts[0].PrimaryEmail = true, "new@example.com"
	w.dir.Accounts[2].StatusUnknown = true
	w.dir.Members[string(dev)] = []directory.Member{{Kind: directory.MemberUser, ID: string(cid)}}
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com false out-of-scope")
	w.notes(t, "cid@example.com: the source did not say whether the account is active; not created")
	w.dir.Members[string(dev)] = []directory.Member{{Kind: directory.MemberUser, ID: string(ann)}}
	w.decide()
	w.notes(t, "new@example.com: the source did not say whether the account is active; left as it is")
}

func TestGroupsOnlySaysWhoIsMissing(t *testing.T) {
	w := town()
	w.rules.GroupsOnly = true
	w.dir.Accounts[1].Suspended = true
	w.expect(t, "")
	w.notes(t, "1 user in scope but not in Identity Center, where somebody else provisions users: ann@example.com")
}

// Somebody who left and is still in the source gives up the address that may
// be somebody else's by now; what the target would refuse stays as it is.
func TestLeaversAreKeptUpToDate(t *testing.T) {
	w := town()
	w.settle()
	w.dir.Members[string(dev)] = w.dir.Members[string(dev)][:1]
	w.dir.Accounts[1].PrimaryEmail = "robert@example.com"
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "robert@example.com false out-of-scope")
	w.rules.Canonical = func(u identity.User) (identity.User, []identity.Flaw) {
		return u, []identity.Flaw{{Attr: "userName", Value: u.UserName}}
	}
	w.expect(t, "ann@example.com in Dev", "ann@example.com true ", "bob@example.com false out-of-scope")
	// The manager is who it was: nobody looks for another one.
	w.rules.Attributes = append(slices.Clone(w.rules.Attributes), "manager")
	w.rules.Canonical = nil
	w.dir.Accounts[1].Values["relations[type=manager].value"] = []string{"cid@example.com"}
	was := w.held.Users[bob]
	was.Manager = string(ann)
	w.held.Users[bob] = was
	w.decide()
	if got := w.Want.Users[match.Unmatched(bob)].Manager; got != string(ann) {
		t.Errorf("the manager is %q", got)
	}
}

func TestFlaws(t *testing.T) {
	flaw := func(attr string, filled bool) func(identity.User) (identity.User, []identity.Flaw) {
		return func(u identity.User) (identity.User, []identity.Flaw) {
			if !strings.HasPrefix(u.UserName, "ann") {
				return u, nil
			}
			for _, a := range identity.Attrs {
				if a.Name == attr {
					*a.Field(&u) = map[bool]string{true: "filler"}[filled]
				}
			}
			return u, []identity.Flaw{{Attr: attr, Value: "x", Filled: filled}, {Attr: "nickName", Filled: true}}
		}
	}
	for _, c := range []struct {
		name      string
		exists    bool
		canonical func(identity.User) (identity.User, []identity.Flaw)
		want      string // Ann's family name and title
		skipped   bool
		problems  int
	}{
		{"a new user lacks what everybody needs", false, flaw("familyName", false), "", true, 1},
		{"a new user lacks something else", false, flaw("title", false), "Doe ", false, 1},
		{"a filler stands in", false, flaw("familyName", true), "filler Boss", false, 0},
		{"what is there stays, and the rest is written", true, flaw("familyName", false), "Doe Chief", false, 1},
		{"a filler replaces what is there", true, flaw("familyName", true), "filler Chief", false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := town()
			w.rules.Attributes = must(w.rules.Mapping.ParseAttributes([]string{"core", "title"}))
			w.dir.Accounts[0].Values["organizations[primary].title"] = []string{"Boss"}
			if c.exists {
				w.settle()
				w.dir.Accounts[0].Values["organizations[primary].title"] = []string{"Chief"}
			}
			w.rules.Canonical = c.canonical
			w.decide()
			got := ""
			if u, ok := w.Want.Users[ann]; ok {
				got = u.FamilyName + " " + u.Title
			}
			if got != c.want || len(w.Problems) != c.problems || len(w.Want.Users) != 2-strings.Count(fmt.Sprint(c.skipped), "true") {
				t.Errorf("Ann is %q, want %q; %+v", got, c.want, w.Problems)
			}
			for _, p := range w.Problems {
				if p.Skipped != c.skipped || p.Name != "ann@example.com" || p.Kind != identity.KindUser || len(p.Flaws) != 1 {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// One thing that everybody needs is enough; and who has no name is called by
// the address that the source knows.
func TestSeveralFlaws(t *testing.T) {
	w := town()
	w.rules.Canonical = func(u identity.User) (identity.User, []identity.Flaw) {
		u.UserName, u.Title = "", ""
		return u, []identity.Flaw{{Attr: "userName"}, {Attr: "title"}}
	}
	w.decide()
	if len(w.Want.Users) != 0 || len(w.Problems) != 2 {
		t.Fatalf("%+v, %+v", w.Want.Users, w.Problems)
	}
	for i, name := range []string{"ann@example.com", "bob@example.com"} {
		if p := w.Problems[i]; p.Name != name || !p.Skipped || len(p.Flaws) != 2 {
			t.Errorf("%+v", p)
		}
	}
}

func TestFlawedGroups(t *testing.T) {
	w := town()
	w.rules.CanonicalGroup = func(g identity.Group) (identity.Group, []identity.Flaw) {
		g.Name = ""
		return g, []identity.Flaw{{Attr: "displayName", Value: "x"}}
	}
	w.decide()
	if len(w.Want.Groups) != 0 || len(w.Problems) != 1 || !w.Problems[0].Skipped || w.Problems[0].Name != "dev@example.com" {
		t.Errorf("%+v, %+v", w.Want.Groups, w.Problems)
	}
	canonical := w.rules.CanonicalGroup
	w.rules.CanonicalGroup = nil
	w.settle()
	w.rules.CanonicalGroup = canonical
	w.decide()
	if w.Want.Groups[dev].Name != "Dev" || len(w.Want.Members) != 2 || len(w.Problems) != 1 || w.Problems[0].Skipped {
		t.Errorf("%+v, %+v", w.Want.Groups, w.Problems)
	}
}

func TestSuffixEmail(t *testing.T) {
	w := town()
	w.settle()
	two := identity.Key(gen.GroupID(2))
	w.dir.Groups = append(w.dir.Groups, directory.Group{ID: string(two), Email: "dev2@example.com", Name: "dev"})
	w.decide()
	if in(w.Want.Groups, two) || len(w.Conflicts) != 1 {
		t.Fatalf("%+v", w.Want.Groups)
	}
	want := match.Conflict{Kind: identity.KindGroup, Reason: match.TakenName, Name: "dev", Want: two, Have: dev, HaveID: "id-" + string(dev), HaveExternalID: string(dev)}
	if diff := cmp.Diff(want, w.Conflicts[0]); diff != "" {
		t.Error(diff)
	}
	w.rules.NameConflict = policy.SuffixEmail
	w.rules.CanonicalGroup = func(g identity.Group) (identity.Group, []identity.Flaw) {
		g.Name = strings.ReplaceAll(g.Name, "(", "[")
		return g, nil
	}
	w.decide()
	if got := w.Want.Groups[two].Name; got != "dev [dev2@example.com)" || len(w.Conflicts) != 0 || w.Want.Groups[dev].Name != "Dev" {
		t.Errorf("%q, %+v", got, w.Conflicts)
	}
}

func TestATakenAddressIsToldOnce(t *testing.T) {
	w := town()
	w.settle()
	other := identity.User{ExternalID: "okta-1", UserName: "robert@example.com", Email: "robert@example.com", Active: true}
	w.held.Users["U9"], w.held.Records.Users["U9"] = other, identity.Record{ID: "U9"}
	w.dir.Accounts[1].PrimaryEmail = "robert@example.com"
	w.decide()
	want := []match.Conflict{{
		Kind: identity.KindUser, Reason: match.TakenName, Name: "robert@example.com", Want: bob, Have: match.Unmatched("U9"), HaveID: "U9", HaveExternalID: "okta-1",
	}}
	if diff := cmp.Diff(want, w.Conflicts); diff != "" {
		t.Error(diff)
	}
	// Somebody who left just keeps their name: nobody has to settle that.
	w.dir.Members[string(dev)] = w.dir.Members[string(dev)][:1]
	w.decide()
	if bobs := w.Want.Users[match.Unmatched(bob)]; len(w.Conflicts) != 0 || bobs.UserName != "bob@example.com" || bobs.Active {
		t.Errorf("%+v, %+v", w.Conflicts, bobs)
	}
}

func TestAdoptedObjectsSayWhy(t *testing.T) {
	w := town()
	w.held.Users["U1"], w.held.Records.Users["U1"] = identity.User{UserName: "ANN@example.com"}, identity.Record{ID: "U1"}
	w.decide()
	if w.Causes[ann] != plan.CauseAdopted || w.Causes[bob] != "" {
		t.Errorf("%v", w.Causes)
	}
	w.dir.Accounts[0].Suspended = true
	w.decide()
	if w.Causes[ann] != plan.CauseSuspended {
		t.Errorf("%v", w.Causes)
	}
}

// Somebody whose manager cannot be made has none.
func TestAManagerWhoIsNotMade(t *testing.T) {
	w := town()
	w.rules.Attributes = append(slices.Clone(w.rules.Attributes), "manager")
	w.dir.Accounts[0].Values["relations[type=manager].value"] = []string{"BOB@example.com"}
	w.decide()
	if got := w.Want.Users[ann].Manager; got != string(bob) {
		t.Errorf("Ann's manager is %q", got)
	}
	w.dir.Accounts[1].Suspended = true
	w.decide()
	if got, made := w.Want.Users[bob], in(w.Want.Users, bob); w.Want.Users[ann].Manager != "" || made {
		t.Errorf("Ann's manager is %+v", got)
	}
}

// Users who are somebody else's are matched by name in every run, for nobody
// writes our id to them: that is no first run that would spare them.
func TestGroupsOnlyTakesMembersOut(t *testing.T) {
	w := town()
	w.settle()
	w.rules.GroupsOnly = true
	for key, u := range w.held.Users {
		u.ExternalID = ""
		w.held.Users[key] = u
	}
	w.dir.Members[string(dev)] = w.dir.Members[string(dev)][:1]
	w.dir.Members[gen.GroupID(2)] = []directory.Member{{Kind: directory.MemberUser, ID: string(bob)}}
	w.dir.Groups = append(w.dir.Groups, directory.Group{ID: gen.GroupID(2), Email: "ops@example.com", Name: "Ops"})
	w.expect(t, "ann@example.com in Dev", "ann@example.com true adopted", "bob@example.com in Ops", "bob@example.com true adopted")
	w.rules.LeaveUnknownMembers = true // but these are known
	w.expect(t, "ann@example.com in Dev", "ann@example.com true adopted", "bob@example.com in Ops", "bob@example.com true adopted")
}

// A source whose ids look like nobody's still manages those whom it knows.
func TestIDsOfAnotherLook(t *testing.T) {
	w := town()
	w.dir.Accounts[1].ID, w.dir.Groups[0].ID = "bob", "devs"
	w.dir.Members = map[string][]directory.Member{"devs": {{Kind: directory.MemberUser, ID: "bob"}}}
	w.settle()
	w.dir.Members = nil
	w.expect(t, "bob@example.com false out-of-scope")
	w.rules.GroupMatch = query.Set{}
	w.decide()
	if got := w.Causes[match.Unmatched("devs")]; got != plan.CauseScope {
		t.Errorf("the group goes because %q", got)
	}
}
