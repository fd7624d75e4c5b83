package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/target/memory"
)

// hide returns what a listing shows that lacks people, groups and members. Groups
// that have everybody in them are not hidden, nor the row that says so: of a new
// such group a person cannot be asked.
func hide(t *rapid.T, dir directory.Snapshot) directory.Snapshot {
	some := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	dir.Accounts, dir.Groups, dir.Members = slices.Clone(dir.Accounts), slices.Clone(dir.Groups), maps.Clone(dir.Members)
	dir.Accounts = slices.DeleteFunc(dir.Accounts, func(directory.Account) bool { return some("hide a person") })
	dir.Groups = slices.DeleteFunc(dir.Groups, func(g directory.Group) bool {
		everybody := slices.ContainsFunc(dir.Members[g.ID], func(m directory.Member) bool { return m.Kind == directory.MemberEveryone })
		gone := !everybody && some("hide a group")
		if gone {
			delete(dir.Members, g.ID)
		}
		return gone
	})
	for _, g := range dir.Groups {
		dir.Members[g.ID] = slices.DeleteFunc(slices.Clone(dir.Members[g.ID]), func(m directory.Member) bool {
			return m.Kind != directory.MemberEveryone && some("hide a member")
		})
	}
	return dir
}

// Whatever a listing lacks, nobody loses anything that is not true; and who is
// gone by the source's own word loses it in the same run.
func TestNothingIsRevokedWithoutProof(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		furnish(t, tg)
		run(t, reconciler(tg, gen.Snapshot(t), rules()))
		truth := gen.Snapshot(t)
		l := &liar{source: source{truth}, listed: hide(t, truth), stubborn: rapid.Bool().Draw(t, "stubborn"), strict: rapid.Bool().Draw(t, "strict")}
		if len(l.listed.Accounts) == 0 || len(l.listed.Groups) == 0 {
			t.Skip("an empty listing is an error: see TestAnEmptyReadingRevokesNothing")
		}
		if rapid.Bool().Draw(t, "deaf") {
			n := rapid.IntRange(2, 3).Draw(t, "every")
			asked := 0
			l.deaf = func(string, string) bool { asked++; return asked%n == 0 }
		}
		before := worldOf(t, tg)
		r := reconciler(tg, truth, rules())
		r.Source = l
		rep, err := r.Run(context.Background())
		if err != nil && rep.Outcome == report.Failed {
			t.Fatal(err)
		}
		after := worldOf(t, tg)
		want := expect(before, truth, rep)
		for id, is := range want.Users {
			if strings.HasSuffix(is, " true") && strings.HasSuffix(before.Users[id], " true") && !strings.HasSuffix(after.Users[id], " true") {
				t.Errorf("%s is %q, and should be %q\n%+v", id, after.Users[id], is, rep.Plan)
			}
		}
		for g, ms := range want.Members {
			for _, u := range ms {
				if slices.Contains(before.Members[g], u) && !slices.Contains(after.Members[g], u) {
					t.Errorf("%s lost %s without proof\n%+v", u, g, rep.Plan)
				}
			}
		}
		if l.deaf != nil {
			return
		}
		there := map[string]bool{}
		for _, a := range truth.Accounts {
			there[a.ID] = !a.Suspended && !a.Archived
		}
		for id, was := range before.Users {
			if directory.LooksLikeUserID(id) && strings.HasSuffix(was, " true") && !there[id] && strings.HasSuffix(after.Users[id], " true") && want.Users[id] != "" {
				t.Errorf("%s has left and is %q\n%+v", id, after.Users[id], rep)
			}
		}
	})
}

// After the fault has passed, the next run makes everything as it should be.
func TestAHeldPlanConvergesAfterwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg, plain := &memory.Target{}, &memory.Target{}
		first, truth := gen.Snapshot(t), gen.Snapshot(t)
		run(t, reconciler(tg, first, rules()))
		run(t, reconciler(plain, first, rules()))
		l := &liar{source: source{truth}, listed: hide(t, truth), deaf: func(_, id string) bool { return strings.Contains(id, "1") }}
		if len(l.listed.Accounts) == 0 || len(l.listed.Groups) == 0 {
			t.Skip("an empty listing is an error")
		}
		r := reconciler(tg, truth, rules())
		r.Source = l
		_, _ = r.Run(context.Background())
		run(t, reconciler(tg, truth, rules()))
		rep := run(t, reconciler(plain, truth, rules()))
		if diff := cmp.Diff(settled(worldOf(t, plain), rep), settled(worldOf(t, tg), rep)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// town is a small directory in which somebody is about to leave in each way.
func town() directory.Snapshot {
	user := func(n int, mail string) directory.Account {
		return directory.Account{ID: gen.UserID(n), PrimaryEmail: mail, OrgUnit: "/", Values: map[string][]string{"name.fullName": {mail}}}
	}
	group := func(n int, mail string) directory.Group {
		return directory.Group{ID: gen.GroupID(n), Email: mail, Name: mail, DirectUsers: -1}
	}
	is := func(n ...int) (ms []directory.Member) {
		for _, i := range n {
			ms = append(ms, directory.Member{Kind: directory.MemberUser, ID: gen.UserID(i)})
		}
		return ms
	}
	return directory.Snapshot{
		CustomerID: gen.CustomerID, AllAccounts: true,
		Accounts: []directory.Account{user(1, "ann@x"), user(2, "bo@x"), user(3, "cy@x"), user(4, "di@x")},
		Groups:   []directory.Group{group(1, "dev@x"), group(2, "ops@x"), group(3, "all@x")},
		Members:  map[string][]directory.Member{gen.GroupID(1): is(1, 2), gen.GroupID(2): is(3), gen.GroupID(3): is(1, 2, 3, 4)},
	}
}

func without[T any](all []T, which func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), which)
}

// What is asked, and what it proves: one row for each way to leave.
func TestEvidence(t *testing.T) {
	person := func(n int) func(directory.Account) bool {
		return func(a directory.Account) bool { return a.ID == gen.UserID(n) }
	}
	team := func(n int) func(directory.Group) bool {
		return func(g directory.Group) bool { return g.ID == gen.GroupID(n) }
	}
	quit := func(d *directory.Snapshot, group, user int) {
		d.Members[gen.GroupID(group)] = without(d.Members[gen.GroupID(group)], func(m directory.Member) bool { return m.ID == gen.UserID(user) })
	}
	for name, c := range map[string]struct {
		truth    func(*directory.Snapshot) // what became true
		listed   func(*directory.Snapshot) // what is listed besides
		deaf     string
		strict   bool
		evidence []string
		unproven []string
		asked    map[string]int
	}{
		"nothing is asked where nothing goes": {},
		"a person is gone": {
			truth:    func(d *directory.Snapshot) { d.Accounts = without(d.Accounts, person(4)); quit(d, 3, 4) },
			evidence: []string{"user di@x: users.get: 404 notFound", "di@x in all@x: users.get: 404 notFound"},
			asked:    map[string]int{"users.get": 1, "members.list": 1},
		},
		"a person is suspended": {
			truth:    func(d *directory.Snapshot) { d.Accounts[3].Suspended = true },
			evidence: []string{"user di@x: Google shows the account as suspended"},
		},
		"a person leaves a group": {
			truth:    func(d *directory.Snapshot) { quit(d, 1, 2) },
			evidence: []string{"bo@x in dev@x: members.list, read twice, and members.hasMember do not have them"},
			asked:    map[string]int{"members.list": 1, "members.hasMember": 1},
		},
		"a person of another domain leaves a group": {
			truth:    func(d *directory.Snapshot) { quit(d, 1, 2) },
			strict:   true,
			evidence: []string{"bo@x in dev@x: members.list, read twice, and groups.list of their groups do not have them"},
			asked:    map[string]int{"members.list": 1, "members.hasMember": 1, "groups.list?userKey": 2},
		},
		"and their groups are not told": {
			truth:    func(d *directory.Snapshot) { quit(d, 1, 2) },
			strict:   true,
			deaf:     "groups.list?userKey",
			unproven: []string{"bo@x in dev@x: members.hasMember cannot say, being of another domain, and groups.list could not: groups.list?userKey 100000000000000000002: 503 backendError: try again"},
			asked:    map[string]int{"members.list": 1, "members.hasMember": 1, "groups.list?userKey": 1},
		},
		"a person leaves the last group": {
			truth: func(d *directory.Snapshot) { quit(d, 3, 4) },
			evidence: []string{
				"user di@x: users.get: active; in no group in scope",
				"di@x in all@x: members.list, read twice, and members.hasMember do not have them",
			},
			asked: map[string]int{"users.get": 1, "groups.list?userKey": 1, "members.list": 1, "members.hasMember": 1},
		},
		"a group is gone": {
			truth: func(d *directory.Snapshot) {
				d.Groups = without(d.Groups, team(2))
				delete(d.Members, gen.GroupID(2))
			},
			evidence: []string{"group ops@x: groups.get: 404 notFound", "cy@x in ops@x: groups.get: 404 notFound"},
			asked:    map[string]int{"groups.get": 1},
		},
		"a list lacks a person": {
			listed:   func(d *directory.Snapshot) { d.Accounts = without(d.Accounts, person(4)); quit(d, 3, 4) },
			unproven: []string{"user di@x: users.get returns the account"},
			asked:    map[string]int{"users.get": 1, "members.list": 1},
		},
		"a list lacks a group": {
			listed: func(d *directory.Snapshot) {
				d.Groups = without(d.Groups, team(2))
				delete(d.Members, gen.GroupID(2))
			},
			unproven: []string{"group ops@x: groups.get returns it, though the list of groups did not"},
			asked:    map[string]int{"groups.get": 1},
		},
		"a list lacks a member": {
			listed:   func(d *directory.Snapshot) { quit(d, 1, 2) },
			unproven: []string{"bo@x in dev@x: asked again, Google has them in the group"},
			asked:    map[string]int{"members.list": 1},
		},
		"the source does not say": {
			truth:    func(d *directory.Snapshot) { d.Accounts = without(d.Accounts, person(4)); quit(d, 3, 4) },
			deaf:     "users.get",
			unproven: []string{"user di@x: users.get could not say whether they are gone: users.get 100000000000000000004: 503 backendError: try again"},
			asked:    map[string]int{"users.get": 1, "members.list": 1},
		},
		"the source does not say of a group": {
			truth: func(d *directory.Snapshot) {
				d.Groups = without(d.Groups, team(2))
				delete(d.Members, gen.GroupID(2))
			},
			deaf:     "groups.get",
			unproven: []string{"group ops@x: groups.get could not say whether it is gone: groups.get 000000000000002: 503 backendError: try again"},
			asked:    map[string]int{"groups.get": 1},
		},
		"the group cannot be listed again": {
			truth:    func(d *directory.Snapshot) { quit(d, 1, 2) },
			deaf:     "members.list",
			unproven: []string{"bo@x in dev@x: members.list could not be read again: members.list 000000000000001: 503 backendError: try again"},
			asked:    map[string]int{"members.list": 1},
		},
		"the group does not say": {
			truth:    func(d *directory.Snapshot) { quit(d, 1, 2) },
			deaf:     "members.hasMember",
			unproven: []string{"bo@x in dev@x: members.hasMember could not say: members.hasMember 000000000000001 100000000000000000002: 503 backendError: try again"},
			asked:    map[string]int{"members.list": 1, "members.hasMember": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tg := &memory.Target{}
			run(t, reconciler(tg, town(), rules()))
			truth, listed := town(), town()
			for _, change := range []func(*directory.Snapshot){c.truth} {
				if change != nil {
					change(&truth)
					change(&listed)
				}
			}
			if c.listed != nil {
				c.listed(&listed)
			}
			l := &liar{source: source{truth}, listed: listed, strict: c.strict, deaf: func(op, _ string) bool { return op == c.deaf }}
			r := reconciler(tg, truth, rules())
			r.Source = l
			rep, err := r.Run(t.Context())
			if refused, ok := errors.AsType[*guard.RefusedError](err); ok != (len(c.unproven) > 0) || ok && refused.Refusals[len(refused.Refusals)-1].Guard != reconcile.Evidence {
				t.Errorf("the run ends with %v", err)
			}
			if diff := cmp.Diff(c.evidence, evidenceOf(rep.Plan)); diff != "" {
				t.Error("evidence:", diff)
			}
			var unproven []string
			for _, u := range rep.Plan.Unproven {
				what := string(u.Kind) + " " + u.Name
				if u.Group != "" {
					what = u.Name + " in " + u.Group
				}
				unproven = append(unproven, what+": "+u.Why)
			}
			if diff := cmp.Diff(c.unproven, unproven); diff != "" {
				t.Error("unproven:", diff)
			}
			if diff := cmp.Diff(c.asked, l.asked); diff != "" {
				t.Error("asked:", diff)
			}
		})
	}
}

// evidenceOf returns the evidence of a plan, users before groups.
func evidenceOf(p plan.Plan) []string {
	var all []string
	for _, c := range p.Users {
		if plan.Revokes(c) {
			all = append(all, "user "+c.Before.UserName+": "+p.Evidence[c.Key].Text)
		}
	}
	for _, key := range p.Emptied {
		all = append(all, "group "+p.Subjects.Groups[key].Name+": "+p.Evidence[key].Text)
	}
	for _, m := range p.Leave {
		all = append(all, p.Subjects.Users[m.User].Name+" in "+p.Subjects.Groups[m.Group].Name+": "+m.Evidence.Text)
	}
	return all
}

// What carries no id of Google's is looked for by name before it goes.
func TestEvidenceOfWhatWasNeverOurs(t *testing.T) {
	for name, c := range map[string]struct {
		hidden   bool // Google has them, and does not list them
		unproven int
	}{"Google does not have them": {false, 0}, "a list lacks them": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			tg := &memory.Target{}
			id, err := tg.CreateUser(t.Context(), identity.User{UserName: "Eve@x", Active: true})
			if err == nil {
				_, err = tg.CreateGroup(t.Context(), identity.Group{Name: "Old"}, []string{id})
			}
			if err != nil {
				t.Fatal(err)
			}
			truth := town()
			if c.hidden {
				truth.Accounts = append(truth.Accounts, directory.Account{ID: gen.UserID(9), PrimaryEmail: "eve@x"})
				truth.Groups = append(truth.Groups, directory.Group{ID: gen.GroupID(9), Email: "old@x", Name: "old"})
				truth.Members[gen.GroupID(9)] = []directory.Member{{Kind: directory.MemberUser, ID: gen.UserID(9)}}
			}
			r := reconciler(tg, truth, rules())
			r.Rules.DeleteUnmanaged = true
			r.Rules.DeprovisionUsers, r.Rules.DeprovisionGroups = policy.Delete, policy.Delete
			r.Source = &liar{source: source{truth}, listed: town()}
			rep, _ := r.Run(t.Context())
			if n := len(rep.Plan.Unproven); n != c.unproven {
				t.Errorf("%d are unproven: %+v", n, rep.Plan.Unproven)
			}
			w := worldOf(t, tg)
			_, user := w.Users["Eve@x"]
			_, group := w.Members["Old"]
			if user != c.hidden || group != c.hidden {
				t.Errorf("user there: %v, group there: %v", user, group)
			}
		})
	}
}

// Where somebody else provisions users, they carry no ids of Google's: those
// whom no list shows are looked for by their addresses.
func TestEvidenceWhereUsersAreSomebodyElses(t *testing.T) {
	for name, c := range map[string]struct {
		truth, stays bool // whether Google has them in the group
	}{"lists lack them": {true, true}, "they left the group": {false, false}} {
		t.Run(name, func(t *testing.T) {
			tg := &memory.Target{}
			for _, a := range town().Accounts {
				if _, err := tg.CreateUser(t.Context(), identity.User{ExternalID: "other-" + a.ID, UserName: a.PrimaryEmail, Active: true}); err != nil {
					t.Fatal(err)
				}
			}
			r := reconciler(tg, town(), rules())
			r.Rules.GroupsOnly = true
			run(t, r)
			truth, listed := town(), town()
			is := func(m directory.Member) bool { return m.ID == gen.UserID(4) }
			listed.Accounts = without(listed.Accounts, func(a directory.Account) bool { return a.ID == gen.UserID(4) })
			listed.Members[gen.GroupID(3)] = without(listed.Members[gen.GroupID(3)], is)
			if !c.truth {
				truth.Members[gen.GroupID(3)] = without(truth.Members[gen.GroupID(3)], is)
				listed.Accounts = truth.Accounts
			}
			r.Source = &liar{source: source{truth}, listed: listed, stubborn: true}
			rep, _ := r.Run(t.Context())
			if got := slices.Contains(worldOf(t, tg).Members[gen.GroupID(3)], "other-"+gen.UserID(4)); got != c.stays {
				t.Errorf("in the group: %v; %+v", got, rep.Plan)
			}
		})
	}
}

// Groups that no query finds are asked about as well: one that is gone by now
// has no say any more, and one that only a list lacked is a reason for doubt.
func TestEvidenceOfGroups(t *testing.T) {
	scope := func(text string) policy.Rules {
		r := rules()
		q, err := query.ParseGroups(text)
		if err != nil {
			t.Fatal(err)
		}
		r.GroupMatch = q
		return r
	}
	tg := &memory.Target{}
	run(t, reconciler(tg, town(), scope("*")))
	truth := town()
	truth.Groups = without(truth.Groups, func(g directory.Group) bool { return g.ID == gen.GroupID(2) })
	delete(truth.Members, gen.GroupID(2))
	r := reconciler(tg, town(), scope("email:dev*,email:all*"))
	r.Source = &liar{source: source{truth}, listed: town()}
	rep := run(t, r)
	if diff := cmp.Diff([]string{"group ops@x: groups.get: 404 notFound", "cy@x in ops@x: groups.get: 404 notFound"}, evidenceOf(rep.Plan)); diff != "" {
		t.Error("gone since it was listed:", diff)
	}

	tg = &memory.Target{}
	run(t, reconciler(tg, town(), scope("*")))
	r = reconciler(tg, town(), scope("*"))
	r.Source = &liar{source: source{town()}, listed: truth}
	rep, err := r.Run(t.Context())
	if err == nil || len(rep.Warnings) != 1 || !strings.Contains(rep.Warnings[0], "the list of groups lacks ops@x, which groups.get returns") {
		t.Errorf("%v: %q", err, rep.Warnings)
	}

	tg = &memory.Target{}
	run(t, reconciler(tg, town(), scope("*")))
	rep = run(t, reconciler(tg, town(), scope("email:dev*,email:all*")))
	want := `group ops@x: groups.get returns it; --group-match "email:dev*,email:all*" does not find it`
	if got := evidenceOf(rep.Plan); len(got) != 2 || got[0] != want {
		t.Errorf("out of scope: %q", got)
	}
}

// Of what guards withhold only a sample is asked about, unless somebody may
// approve it, and nothing of it is done: the guards see all of it. What they
// allow is asked about to the last one.
func TestWhatIsWithheldIsAskedAboutBySample(t *testing.T) {
	big := town()
	for i := 10; i < 700; i++ {
		id := gen.UserID(i)
		big.Accounts = append(big.Accounts, directory.Account{ID: id, PrimaryEmail: id + "@x"})
		big.Members[gen.GroupID(3)] = append(big.Members[gen.GroupID(3)], directory.Member{Kind: directory.MemberUser, ID: id})
	}
	for _, c := range []struct {
		accept   []string
		thorough bool
		asked    int
	}{{nil, false, 500}, {nil, true, 691}, {guard.Names(), false, 691}} {
		tg := &memory.Target{}
		run(t, reconciler(tg, big, rules()))
		truth := town()
		truth.Members[gen.GroupID(1)] = truth.Members[gen.GroupID(1)][:1] // bo leaves dev as well
		l := &liar{source: source{truth}, listed: truth}
		r := reconciler(tg, truth, rules())
		r.Source, r.Accept, r.Thorough = l, c.accept, c.thorough
		for range 2 {
			l.asked = nil
			rep, err := r.Run(t.Context())
			refused, _ := errors.AsType[*guard.RefusedError](err)
			total := 0
			for _, n := range l.asked {
				total += n
			}
			if c.accept == nil {
				if refused == nil || !slices.ContainsFunc(refused.Refusals, func(x guard.Refusal) bool { return x.Guard == "users" }) ||
					len(rep.Plan.Users) > 0 || len(rep.Withheld.Users) != 690 || len(rep.Whole.Unproven) > 0 {
					t.Errorf("thorough %v: %v, %d are deactivated, %d withheld", c.thorough, err, len(rep.Plan.Users), len(rep.Withheld.Users))
				}
			}
			if total < c.asked || total > c.asked+3 && c.accept == nil {
				t.Errorf("accept %q, thorough %v: %d questions, %v", c.accept, c.thorough, total, l.asked)
			}
			if c.accept != nil {
				if err != nil || len(rep.Plan.Users) != 690 {
					t.Errorf("accepted: %v, %d are deactivated", err, len(rep.Plan.Users))
				}
				break
			}
		}
	}
}

// A group that loses too many holds nobody else's removal up.
func TestOneRefusedGroupStarvesNobody(t *testing.T) {
	big := town()
	crowd := gen.GroupID(0)
	big.Groups = append([]directory.Group{{ID: crowd, Email: "crowd@x", Name: "crowd@x", DirectUsers: -1}}, big.Groups...)
	for i := 10; i < 3000; i++ {
		id := gen.UserID(i)
		big.Accounts = append(big.Accounts, directory.Account{ID: id, PrimaryEmail: id + "@x"})
		big.Members[gen.GroupID(3)] = append(big.Members[gen.GroupID(3)], directory.Member{Kind: directory.MemberUser, ID: id})
		if i < 810 {
			big.Members[crowd] = append(big.Members[crowd], directory.Member{Kind: directory.MemberUser, ID: id})
		}
	}
	tg := &memory.Target{}
	run(t, reconciler(tg, big, rules()))
	truth := big
	truth.Members = maps.Clone(big.Members)
	truth.Members[crowd] = truth.Members[crowd][:200]                 // 600 of 800
	truth.Members[gen.GroupID(1)] = truth.Members[gen.GroupID(1)][:1] // and bo leaves dev
	r := reconciler(tg, truth, rules())
	r.Accept = nil
	rep, err := r.Run(t.Context())
	if err == nil || len(rep.Plan.Leave) != 1 || len(rep.Withheld.Leave) != 600 {
		t.Errorf("%v: %d leave, %d are withheld", err, len(rep.Plan.Leave), len(rep.Withheld.Leave))
	}
}

// A group of another organisation that says nothing holds nobody's leaving up;
// that nothing is said of the person themselves does.
func TestForeignGroups(t *testing.T) {
	for _, own := range []bool{false, true} {
		tg := &memory.Target{}
		run(t, reconciler(tg, town(), rules()))
		truth := town()
		truth.Members[gen.GroupID(3)] = truth.Members[gen.GroupID(3)][:3]
		truth.Members["elsewhere"] = []directory.Member{{Kind: directory.MemberUser, ID: gen.UserID(4)}}
		r := reconciler(tg, truth, rules())
		r.Source = abroad{source{truth}, own}
		rep, err := r.Run(t.Context())
		if held := err != nil; held != own || own == (len(rep.Plan.Users) > 0) {
			t.Errorf("their own groups are refused: %v: %v, %+v", own, err, rep.Plan.Users)
		}
	}
}

// abroad refuses to speak of groups of others, and of people if own.
type abroad struct {
	source
	own bool
}

func (a abroad) Group(ctx context.Context, id string) (directory.Group, bool, error) {
	if id == "elsewhere" {
		return directory.Group{}, false, fmt.Errorf("403: %w", directory.ErrForeign)
	}
	return a.source.Group(ctx, id)
}

func (a abroad) GroupsOf(ctx context.Context, id string) ([]string, error) {
	if id == "elsewhere" || a.own {
		return nil, fmt.Errorf("403: %w", directory.ErrForeign)
	}
	return a.source.GroupsOf(ctx, id)
}

// An answer that does not come holds only whom it is about.
func TestASlowAnswerHoldsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := &memory.Target{}
		run(t, reconciler(tg, town(), rules()))
		truth := town()
		truth.Accounts = truth.Accounts[:3]
		truth.Accounts[0].Suspended = true
		truth.Members[gen.GroupID(3)] = truth.Members[gen.GroupID(3)][:3]
		r := reconciler(tg, truth, rules())
		r.Source, r.Timeout = mute{source{truth}}, time.Minute
		rep, err := r.Run(t.Context())
		if _, refused := errors.AsType[*guard.RefusedError](err); !refused || len(rep.Plan.Users) != 1 || len(rep.Plan.Unproven) == 0 {
			t.Errorf("%v: %+v", err, rep.Plan.Users)
		}
		if w := worldOf(t, tg); !strings.HasSuffix(w.Users[gen.UserID(1)], " false") || !strings.HasSuffix(w.Users[gen.UserID(4)], " true") {
			t.Errorf("%+v", w.Users)
		}
	})
}

// mute never says anything about people.
type mute struct{ source }

func (mute) Account(ctx context.Context, _ string) (directory.Account, bool, error) {
	<-ctx.Done()
	return directory.Account{}, false, ctx.Err()
}

// Who is in a group of ours that Google neither lists nor shows keeps access:
// that the group is refused proves nothing, though groups of others are refused
// in the same words.
func TestARefusedGroupOfOursIsNotAForeignOne(t *testing.T) {
	tg := &memory.Target{}
	run(t, reconciler(tg, town(), rules()))
	before := worldOf(t, tg)
	listed := town()
	listed.Groups = listed.Groups[:2]
	delete(listed.Members, gen.GroupID(3))
	r := reconciler(tg, town(), rules())
	r.Source = refusing{&liar{source: source{town()}, listed: listed}}
	if _, err := r.Run(t.Context()); err == nil {
		t.Error("nothing is refused")
	}
	if diff := cmp.Diff(before, worldOf(t, tg)); diff != "" {
		t.Error(diff)
	}
}

// refusing refuses to show any group.
type refusing struct{ *liar }

func (refusing) Group(context.Context, string) (directory.Group, bool, error) {
	return directory.Group{}, false, fmt.Errorf("403: %w", directory.ErrForeign)
}
