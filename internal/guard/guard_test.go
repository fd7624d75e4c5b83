package guard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// a plan is described by what goes: how many users (and how many of them were
// suspended), how many groups are emptied and deleted, and who leaves.
type going struct {
	users, suspended, emptied, deleted, leaves int
	groupLeaves, groupSize                     int
	base                                       plan.Base
}

func (g going) plan() plan.Plan {
	p := plan.Plan{Base: g.base}
	p.Base.Members = map[identity.Key]int{"G": g.groupSize}
	for i := range g.deleted {
		p.Base.Members[identity.Key(fmt.Sprintf("d%d", i))] = 1
	}
	p.Subjects.Groups = map[identity.Key]plan.Subject{"G": {Name: "Big"}}
	for i := range g.users {
		c := plan.Change[identity.User]{Op: plan.Update, Key: identity.Key(fmt.Sprintf("u%d", i)), Before: identity.User{Active: true}, Cause: plan.CauseGone}
		if i < g.suspended {
			c.Cause = plan.CauseSuspended
		} else {
			p.Leave = append(p.Leave, leave("of leavers", c.Key))
		}
		p.Users = append(p.Users, c)
	}
	for i := range g.emptied {
		key := identity.Key(fmt.Sprintf("e%d", i))
		p.Emptied = append(p.Emptied, key)
		p.Leave = append(p.Leave, leave(key, "m"))
	}
	for i := range g.deleted {
		key := identity.Key(fmt.Sprintf("d%d", i))
		p.Groups = append(p.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: key})
		p.Leave = append(p.Leave, leave(key, "m"))
	}
	for i := range g.leaves {
		p.Leave = append(p.Leave, leave(identity.Key(fmt.Sprintf("s%d", i)), "m"))
	}
	for i := range g.groupLeaves {
		p.Leave = append(p.Leave, leave("G", identity.Key(fmt.Sprintf("m%d", i))))
	}
	return p
}

func leave(g, u identity.Key) plan.Move {
	return plan.Move{Membership: identity.Membership{Group: g, User: u}, Cause: plan.CauseLeft}
}

func roomy(users, groups, members int) plan.Base {
	s := plan.Size{Users: users, Groups: groups, Members: members}
	return plan.Base{Source: s, Managed: s, Active: users, Filled: groups}
}

func TestGuards(t *testing.T) {
	wide := roomy(100000, 100000, 100000)
	for _, c := range []struct {
		name     string
		going    going
		accept   string
		guards   string // that speak
		text     string
		withheld string // users, groups, leaves
	}{
		{"nothing", going{base: wide}, "", "", "", "0 0 0"},
		{"5 users are always fine", going{users: 5, base: roomy(6, 9, 999)}, "", "", "", "0 0 0"},
		{"6 of 59 users", going{users: 6, base: roomy(59, 9, 999)}, "", "users", "6 of 59 users would be deactivated or deleted, over 10% and 5", "6 0 6"},
		{"6 of 60 users", going{users: 6, base: roomy(60, 9, 999)}, "", "", "", "0 0 0"},
		{"suspended people go all the same", going{users: 9, suspended: 4, base: roomy(50, 9, 999)}, "", "users", "9 of 50", "5 0 5"},
		{"too many suspended people do not", going{users: 9, suspended: 7, base: roomy(50, 9, 999)}, "", "users", "9 of 50", "9 0 2"},
		{"users accepted", going{users: 6, base: roomy(59, 9, 999)}, "users", "", "", "0 0 0"},
		{"2 groups are always fine", going{emptied: 1, deleted: 1, base: roomy(9, 3, 999)}, "", "", "", "0 0 0"},
		{"3 of 29 groups", going{emptied: 1, deleted: 2, base: roomy(9, 29, 999)}, "", "groups", "3 of 29 groups would be emptied or deleted", "0 2 3"},
		{"3 of 30 groups", going{emptied: 1, deleted: 2, base: roomy(9, 30, 999)}, "", "", "", "0 0 0"},
		{"another acceptance is none", going{emptied: 3, base: roomy(9, 29, 999)}, "users", "groups", "3 of 29", "0 0 3"},
		{"20 leaves are always fine", going{leaves: 20, base: roomy(9, 9, 21)}, "", "", "", "0 0 0"},
		{"21 of 104 leaves", going{leaves: 21, base: roomy(9, 9, 104)}, "", "leaves", "21 of 104 memberships would be removed, over 20% and 20", "0 0 21"},
		{"21 of 105 leaves", going{leaves: 21, base: roomy(9, 9, 105)}, "", "", "", "0 0 0"},
		{"and with the users goes all that rests on absence", going{users: 6, leaves: 2, deleted: 1, base: roomy(59, 99, 999)}, "", "users", "6 of 59", "6 1 9"},
		{"a group that would be deleted is not, while it keeps members", going{leaves: 20, deleted: 1, base: roomy(9, 9, 100)}, "", "leaves", "21 of 100", "0 1 21"},
		{"6 of a group of 10", going{groupLeaves: 6, groupSize: 10, leaves: 3, base: wide}, "", "group-leaves", `6 of the 10 members of "Big" would be removed, over 50%`, "0 0 6"},
		{"5 of a group of 10", going{groupLeaves: 5, groupSize: 10, base: wide}, "", "", "", "0 0 0"},
		{"8 of a group of 9", going{groupLeaves: 8, groupSize: 9, base: wide}, "", "", "", "0 0 0"},
		{"all of a group of 9", going{groupLeaves: 9, groupSize: 9, leaves: 3, base: wide}, "", "group-leaves", `all members of "Big" would be removed, 9, and that is not confirmed of each`, "0 0 9"},
		{"users shrink", going{users: 1, leaves: 1, emptied: 1, base: plan.Base{Active: 20, Source: plan.Size{Users: 13, Groups: 99, Members: 999}, Managed: plan.Size{Users: 999, Groups: 999}}}, "", "shrink", "there are 13 users in scope, where Identity Center holds 20: over 30% fewer", "1 0 3"},
		{"users shrink a little", going{users: 1, base: plan.Base{Active: 20, Source: plan.Size{Users: 14, Groups: 99, Members: 999}, Managed: plan.Size{Users: 999}}}, "", "", "", "0 0 0"},
		{"groups shrink to none", going{emptied: 1, base: plan.Base{Filled: 1, Source: plan.Size{Users: 1}, Managed: plan.Size{Users: 999, Groups: 999}}}, "", "shrink", "there are no groups in scope, where Identity Center holds 1", "0 0 1"},
		{"memberships shrink", going{leaves: 1, base: plan.Base{Source: plan.Size{Users: 1, Groups: 1, Members: 60}, Managed: plan.Size{Users: 9, Groups: 9, Members: 100}}}, "", "shrink", "there are 60 memberships in scope, where Identity Center holds 100", "0 0 1"},
		{"nothing is in scope and nothing is held", going{}, "", "", "", "0 0 0"},
		{"a few memberships shrink to none", going{leaves: 3, base: plan.Base{Source: plan.Size{Users: 1, Groups: 1}, Managed: plan.Size{Users: 9, Groups: 9, Members: 3}}}, "", "", "", "0 0 0"},
		{"shrink accepted", going{emptied: 1, base: plan.Base{Filled: 1, Source: plan.Size{Users: 1}, Managed: plan.Size{Users: 999, Groups: 999}}}, "shrink", "", "", "0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := guard.Check(c.going.plan(), guard.Context{Accept: strings.Fields(c.accept)})
			var spoke, texts []string
			for _, r := range v.Refusals {
				spoke, texts = append(spoke, r.Guard), append(texts, r.Text)
				if !r.Acceptable {
					t.Errorf("%s cannot be accepted", r.Guard)
				}
			}
			if got := strings.Join(spoke, " "); got != c.guards {
				t.Errorf("spoke: %q, want %q: %v", got, c.guards, texts)
			}
			if !strings.Contains(strings.Join(texts, "\n"), c.text) {
				t.Errorf("%q does not say %q", texts, c.text)
			}
			if got := fmt.Sprint(len(v.Withheld.Users), len(v.Withheld.Groups), len(v.Withheld.Leave)); got != c.withheld {
				t.Errorf("withheld %s, want %s", got, c.withheld)
			}
			if (v.Err() == nil) != (c.guards == "") {
				t.Errorf("err is %v", v.Err())
			}
		})
	}
}

// Groups that go as a whole are the business of the guard of groups, however
// many members they have.
func TestAGroupThatGoesDoesNotCountForItsMembers(t *testing.T) {
	p := plan.Plan{Base: roomy(999, 999, 999), Emptied: []identity.Key{"hollow"}}
	p.Base.Members = map[identity.Key]int{"hollow": 10, "dead": 10}
	p.Groups = []plan.Change[identity.Group]{{Op: plan.Delete, Key: "dead"}}
	for i := range 10 {
		u := identity.Key(fmt.Sprint("u", i))
		p.Leave = append(p.Leave, leave("hollow", u), leave("dead", u))
	}
	if v := guard.Check(p, guard.Context{}); v.Err() != nil {
		t.Error(v.Err())
	}
}

// What has no members goes, or stays, by itself; what keeps members is neither
// deleted nor said to be empty.
func TestWhatIsWithheldWithMembers(t *testing.T) {
	p := plan.Plan{Base: roomy(999, 9, 999), Emptied: []identity.Key{"hollow"}, Leave: []plan.Move{leave("hollow", "u")}}
	for _, k := range []identity.Key{"d1", "d2", "d3"} {
		p.Groups = append(p.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: k})
	}
	v := guard.Check(p, guard.Context{})
	if len(v.Withheld.Groups) != 3 || len(v.Withheld.Emptied) != 1 || len(v.Allowed.Emptied) != 0 {
		t.Errorf("%+v", v)
	}

	p = plan.Plan{Base: roomy(999, 999, 999)}
	p.Base.Members = map[identity.Key]int{"G": 10}
	for i := range 10 {
		u := identity.Key(fmt.Sprint("u", i))
		p.Leave = append(p.Leave, leave("G", u))
		p.Users = append(p.Users, plan.Change[identity.User]{Op: []plan.Op{plan.Delete, plan.Update}[i%2], Key: u, Before: identity.User{Active: true}})
	}
	v = guard.Check(p, guard.Context{Accept: []string{"users"}})
	if len(v.Allowed.Users) != 5 || slices.ContainsFunc(v.Allowed.Users, func(c plan.Change[identity.User]) bool { return c.Op == plan.Delete }) {
		t.Errorf("users who keep memberships may be deactivated, and not deleted: %+v", v.Allowed.Users)
	}
}

func TestAllGuardsSpeakAtOnce(t *testing.T) {
	p := going{users: 6, emptied: 3, leaves: 21, groupLeaves: 6, groupSize: 10, base: plan.Base{
		Active: 20, Filled: 20, Source: plan.Size{Users: 1, Groups: 1, Members: 1}, Managed: plan.Size{Users: 20, Groups: 20, Members: 40},
	}}.plan()
	have := identity.NewState()
	have.Users["u1"] = identity.User{UserName: "boss@example.com", Active: true}
	v := guard.Check(p, guard.Context{
		Doubts: []string{"two pages disagree"}, Have: have, Protect: []guard.Invariant{{Kind: identity.KindUser, Name: "boss@example.com"}},
		Matches: []guard.Found{{Kind: identity.KindGroup, Query: "name:aws-*"}},
		Last:    &guard.Last{Source: plan.Size{Users: 20}, Matches: []guard.Found{{Kind: identity.KindGroup, Query: "name:aws-*", Found: 3}}},
	})
	var spoke []string
	for _, r := range v.Refusals {
		if !slices.Contains(spoke, r.Guard) {
			spoke = append(spoke, r.Guard)
		}
	}
	want := []string{"users", "groups", "leaves", "group-leaves", "shrink", "query", "protected", "doubt"}
	if diff := cmp.Diff(want, spoke); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, append(guard.Names(), guard.Doubt)); diff != "" {
		t.Error(diff)
	}
	for _, name := range spoke {
		if !strings.Contains(v.Err().Error(), name+": ") {
			t.Errorf("%q is not in %q", name, v.Err())
		}
	}
}

// A guard that does not measure has no limit that somebody could set in vain.
func TestWhichGuardsAreLimited(t *testing.T) {
	for _, g := range guard.All {
		if want := g.Name != "query" && g.Name != "protected"; g.Limited() != want || g.Doc == "" {
			t.Errorf("%+v", g)
		}
	}
}

func TestLimitsReplaceDefaults(t *testing.T) {
	p := going{users: 6, base: roomy(59, 9, 999)}.plan()
	if v := guard.Check(p, guard.Context{Limits: map[string]guard.Limit{"users": {Percent: 50, Floor: 1}}}); v.Err() != nil {
		t.Error(v.Err())
	}
	if v := guard.Check(p, guard.Context{Limits: map[string]guard.Limit{"users": {Percent: 1, Floor: 6}}}); v.Err() != nil {
		t.Error(v.Err())
	}
}

func TestDoubtLetsOnlyProofPass(t *testing.T) {
	p := going{users: 3, suspended: 1, emptied: 1, leaves: 1, base: roomy(999, 999, 999)}.plan()
	v := guard.Check(p, guard.Context{Accept: guard.Names(), Doubts: []string{"the counts disagree"}})
	if len(v.Refusals) != 1 || v.Refusals[0].Acceptable || v.Refusals[0].Guard != guard.Doubt || !strings.Contains(v.Refusals[0].Text, "the counts disagree") {
		t.Errorf("got %+v", v.Refusals)
	}
	if len(v.Allowed.Users) != 1 || v.Allowed.Users[0].Cause != plan.CauseSuspended || len(v.Allowed.Leave) != 0 {
		t.Errorf("allowed: %+v", v.Allowed)
	}
	quiet := plan.Plan{Join: []plan.Move{leave("g", "u")}, Base: roomy(9, 9, 9)}
	if v := guard.Check(quiet, guard.Context{Doubts: []string{"the counts disagree"}}); v.Err() != nil || len(v.Allowed.Join) != 1 {
		t.Errorf("a doubt must not stop what gives access: %+v", v)
	}
}

func TestParseLimit(t *testing.T) {
	for _, text := range []string{"10%/5", "0%/0", "100%/999999"} {
		l, err := guard.ParseLimit(text)
		if err != nil || l.String() != text {
			t.Errorf("%s: %v, %v", text, l, err)
		}
	}
	for _, text := range []string{"", "10", "10%", "10/5", "101%/5", "-1%/5", "10%/5 ", "10%/x"} {
		if _, err := guard.ParseLimit(text); err == nil {
			t.Errorf("%q is no limit", text)
		}
	}
}

// The leavers of years do not make room for those of today.
func TestOnlyWhatIsAliveCounts(t *testing.T) {
	base := roomy(400, 400, 9999)
	base.Active, base.Filled = 59, 29
	if v := guard.Check(going{users: 6, base: base}.plan(), guard.Context{}); v.Err() == nil {
		t.Error("6 of 59 active users went, because 341 are inactive")
	}
	if v := guard.Check(going{emptied: 3, base: base}.plan(), guard.Context{}); v.Err() == nil {
		t.Error("3 of 29 groups with members went, because 371 are empty")
	}
	// Deleting those who were inactive is measured with them.
	p := plan.Plan{Base: base}
	for i := range 60 {
		key := identity.Key(fmt.Sprintf("x%d", i))
		if i < 6 {
			p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Delete, Key: key})
		}
		if i < 3 {
			p.Groups = append(p.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: key})
		}
	}
	if v := guard.Check(p, guard.Context{}); v.Err() != nil {
		t.Errorf("6 of 65 users and 3 of 32 groups: %v", v.Err())
	}
}

// To be suspended is proof that somebody must not sign in, not that they may
// be deleted.
func TestASuspensionIsNoReasonToDelete(t *testing.T) {
	p := going{users: 6, base: roomy(59, 9, 999)}.plan()
	p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Delete, Key: "s", Before: identity.User{Active: true}, Cause: plan.CauseSuspended})
	if v := guard.Check(p, guard.Context{}); len(v.Allowed.Users) > 0 {
		t.Errorf("allowed: %+v", v.Allowed.Users)
	}
}
