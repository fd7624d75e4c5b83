package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/target/memory"
)

// rules are the defaults of the product.
func rules() policy.Rules {
	mapping, err := policy.NewMapping(nil)
	if err != nil {
		panic(err)
	}
	attrs, err := mapping.ParseAttributes([]string{"core"})
	if err != nil {
		panic(err)
	}
	all, err := query.ParseGroups("*")
	if err != nil {
		panic(err)
	}
	name, err := policy.ParseGroupName("name")
	if err != nil {
		panic(err)
	}
	r := policy.Rules{
		GroupMatch: all, Mapping: mapping, Attributes: attrs, GroupName: name, NameConflict: policy.FailGroup,
		Adopt: match.AdoptAll, DeprovisionUsers: policy.Deactivate, DeprovisionGroups: policy.Empty,
	}
	if err := r.Protect("control-tower", "aws-reserved"); err != nil {
		panic(err)
	}
	return r
}

func reconciler(tg reconcile.Target, dir directory.Snapshot, r policy.Rules) *reconcile.Reconciler {
	return &reconcile.Reconciler{Source: source{dir}, Target: tg, Rules: r, Accept: guard.Names(), Width: 3, Log: slog.New(slog.DiscardHandler)}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// run does one run, whose only trouble may be conflicts.
func run(t fataler, r *reconcile.Reconciler) report.Report {
	t.Helper()
	rep, err := r.Run(context.Background())
	if _, partial := errors.AsType[*report.PartialError](err); err != nil && (!partial || len(rep.Failed()) > 0) {
		t.Fatalf("%v: %+v %+v", err, rep.Failed(), rep.Plan.Unproven)
	}
	return rep
}

// furnish puts objects into a target that are none of our business, and
// returns what they look like.
func furnish(t *rapid.T, tg *memory.Target) {
	ctx := context.Background()
	var ids []string
	for _, u := range []identity.User{
		{UserName: "breakglass@example.net", Active: true},
		{ExternalID: "okta-1", UserName: "okta@example.net", Active: true},
		{UserName: "Administrator", Active: true},
	} {
		id, err := tg.CreateUser(ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, g := range []identity.Group{{Name: "AWSControlTowerAdmins"}, {ExternalID: "okta-2", Name: "Okta"}, {Name: "Local"}} {
		if _, err := tg.CreateGroup(ctx, g, ids[:rapid.IntRange(0, len(ids)).Draw(t, "members")]); err != nil {
			t.Fatal(err)
		}
	}
}

// A world is what a target holds, in words without any id of its own.
type world struct {
	Users   map[string]string   // external id or name -> name, state
	Members map[string][]string // the group's external id or name -> users
}

func worldOf(t fataler, tg *memory.Target) world {
	held, err := tg.Read(context.Background())
	if err != nil {
		t.Fatalf("%v", err)
	}
	w := world{map[string]string{}, map[string][]string{}}
	name := func(ext, name string) string {
		if ext != "" {
			return ext
		}
		return name
	}
	for _, u := range held.Users {
		w.Users[name(u.ExternalID, u.UserName)] = fmt.Sprint(u.UserName, " ", u.Active)
	}
	for id, g := range held.Groups {
		w.Members[name(g.ExternalID, g.Name)] = []string{}
		for m := range held.Members {
			if m.Group == id {
				u := held.Users[m.User]
				w.Members[name(g.ExternalID, g.Name)] = append(w.Members[name(g.ExternalID, g.Name)], name(u.ExternalID, u.UserName))
			}
		}
		slices.Sort(w.Members[name(g.ExternalID, g.Name)])
	}
	return w
}

// left stands for a user who is out of scope and inactive.
const left = "left"

// expect says what should be after a run, from first principles: from the
// words of a directory as it was read before and is read now.
func expect(found world, dir directory.Snapshot, rep report.Report) world {
	w := world{maps.Clone(found.Users), maps.Clone(found.Members)}
	accounts := map[string]directory.Account{}
	for _, a := range dir.Accounts {
		accounts[a.ID] = a
	}
	stuck := map[string]bool{} // in a conflict: not looked at here
	for _, c := range rep.Plan.Conflicts {
		stuck[string(c.Want)], stuck[c.HaveExternalID] = true, true
	}
	inside := func(g string) map[string]bool {
		in, seen := map[string]bool{}, map[string]bool{}
		var walk func(string)
		walk = func(g string) {
			if seen[g] {
				return
			}
			seen[g] = true
			for _, m := range dir.Members[g] {
				switch {
				case m.Kind == directory.MemberEveryone:
					for id := range accounts {
						in[id] = true
					}
				case accounts[m.ID].ID != "":
					in[m.ID] = true
				default:
					walk(m.ID)
				}
			}
		}
		walk(g)
		for id := range in {
			if accounts[id].Guest {
				delete(in, id)
			}
		}
		return in
	}
	scope := map[string]bool{}
	for _, g := range dir.Groups {
		for id := range inside(g.ID) {
			scope[id] = true
		}
	}
	for id, a := range accounts {
		_, exists := found.Users[id]
		active := !a.Suspended && !a.Archived
		if scope[id] && (active || exists) {
			w.Users[id] = fmt.Sprint(a.PrimaryEmail, " ", active)
		}
	}
	for id := range found.Users {
		if directory.LooksLikeUserID(id) && !scope[id] {
			w.Users[id] = left // under whatever name is free
		}
	}
	for id := range found.Members {
		if directory.LooksLikeGroupID(id) {
			w.Members[id] = []string{}
		}
	}
	for _, g := range dir.Groups {
		w.Members[g.ID] = []string{}
		for id := range inside(g.ID) {
			if _, exists := w.Users[id]; exists {
				w.Members[g.ID] = append(w.Members[g.ID], id)
			}
		}
		slices.Sort(w.Members[g.ID])
	}
	for id := range stuck {
		delete(w.Users, id)
		delete(w.Members, id)
	}
	return w
}

// settled takes out of a world what a conflict is about.
func settled(w world, rep report.Report) world {
	for _, c := range rep.Plan.Conflicts {
		for _, id := range []string{string(c.Want), c.HaveExternalID} {
			delete(w.Users, id)
			delete(w.Members, id)
			for g, ms := range w.Members {
				w.Members[g] = slices.DeleteFunc(slices.Clone(ms), func(m string) bool { return m == id })
			}
		}
	}
	return w
}

// Whatever the directory was and is, one run makes the target what first
// principles say, and a second run writes nothing.
func TestOneRunConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		furnish(t, tg)
		run(t, reconciler(tg, gen.Snapshot(t), rules()))
		dir := gen.Snapshot(t)
		found := worldOf(t, tg)
		rep := run(t, reconciler(tg, dir, rules()))
		want, got := settled(expect(found, dir, rep), rep), settled(worldOf(t, tg), rep)
		for id, is := range got.Users {
			if want.Users[id] == left && strings.HasSuffix(is, " false") {
				got.Users[id] = left
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\nplan: %+v", diff, rep.Plan)
		}
		n := len(tg.Writes())
		again := run(t, reconciler(tg, dir, rules()))
		if more := tg.Writes()[n:]; len(more) > 0 || !again.Plan.Empty() {
			t.Fatalf("a second run writes %q", more)
		}
	})
}

// The same with every n-th write refused, after enough runs.
func TestRunsConvergeThroughFailures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg, smooth := &memory.Target{}, &memory.Target{}
		dir := gen.Snapshot(t)
		n, every := 0, rapid.IntRange(2, 4).Draw(t, "every")
		tg.Fail = func(string, string) error {
			if n++; n%every == 0 {
				return errors.New("out of order")
			}
			return nil
		}
		for range 40 {
			if rep, _ := reconciler(tg, dir, rules()).Run(context.Background()); rep.Plan.Empty() {
				break
			}
		}
		run(t, reconciler(smooth, dir, rules()))
		if diff := cmp.Diff(worldOf(t, smooth), worldOf(t, tg)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Killed after any number of writes, the next run completes the work.
func TestEveryPrefixOfARunIsCompletedByTheNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, dir := gen.Snapshot(t), gen.Snapshot(t)
		whole := &memory.Target{}
		run(t, reconciler(whole, before, rules()))
		run(t, reconciler(whole, dir, rules()))
		for limit := 0; ; limit++ {
			tg := &memory.Target{}
			run(t, reconciler(tg, before, rules()))
			n := 0
			tg.Fail = func(string, string) error {
				if n++; n > limit {
					return errors.New("killed")
				}
				return nil
			}
			_, _ = reconciler(tg, dir, rules()).Run(context.Background())
			tg.Fail = nil
			run(t, reconciler(tg, dir, rules()))
			if diff := cmp.Diff(worldOf(t, whole), worldOf(t, tg)); diff != "" {
				t.Fatalf("after %d writes: %s", limit, diff)
			}
			if n <= limit {
				return
			}
		}
	})
}

// Nothing that is unmanaged or protected is ever written to, whatever happens
// to the directory, and with the harshest way to deprovision.
func TestWhatIsNotOursIsNeverTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		furnish(t, tg)
		before, _ := tg.Read(context.Background())
		r := rules()
		r.DeprovisionUsers, r.DeprovisionGroups = policy.Delete, policy.Delete
		for range 3 {
			run(t, reconciler(tg, gen.Snapshot(t), r))
		}
		after, _ := tg.Read(context.Background())
		for id, u := range before.Users {
			if after.Users[id] != u {
				t.Errorf("%+v became %+v", u, after.Users[id])
			}
		}
		for id, g := range before.Groups {
			if after.Groups[id] != g {
				t.Errorf("%+v became %+v", g, after.Groups[id])
			}
		}
		for m := range before.Members {
			if !after.Members[m] {
				t.Errorf("%+v is lost", m)
			}
		}
		for _, w := range tg.Writes() {
			for _, id := range slices.Concat(slices.Collect(maps.Keys(before.Records.Users)), slices.Collect(maps.Keys(before.Records.Groups))) {
				if strings.HasSuffix(w, " "+string(id)) {
					t.Errorf("%q", w)
				}
			}
		}
	})
}

// A reading without users or without groups is an error, and writes nothing.
func TestAnEmptyReadingRevokesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		dir := gen.Snapshot(t)
		run(t, reconciler(tg, dir, rules()))
		n := len(tg.Writes())
		if rapid.Bool().Draw(t, "no accounts") {
			dir.Accounts = nil
		} else {
			dir.Groups = nil
		}
		rep, err := reconciler(tg, dir, rules()).Run(context.Background())
		if !errors.Is(err, directory.ErrEmpty) || len(tg.Writes()) != n || rep.Outcome != report.Failed {
			t.Fatalf("%v, %s, %q", err, rep.Outcome, tg.Writes()[n:])
		}
	})
}

// What a guard refuses is not sent, what it allows is; and what the dry run
// shows is what the run then does.
func TestARefusedPlanSendsNoRevocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		run(t, reconciler(tg, gen.Snapshot(t), rules()))
		before := worldOf(t, tg)
		r := reconciler(tg, gen.Snapshot(t), rules())
		r.Accept = nil
		r.Limits = map[string]guard.Limit{"users": {}, "groups": {}, "leaves": {}, "group-leaves": {}, "shrink": {Percent: 100}}
		r.DryRun = true
		shown, dryErr := r.Run(context.Background())
		if n := len(tg.Writes()); len(shown.Results) > 0 || n != len(tg.Writes()) {
			t.Fatal("a dry run writes")
		}
		r.DryRun = false
		rep, err := r.Run(context.Background())
		if _, refused := errors.AsType[*guard.RefusedError](err); refused != (rep.Withheld.Size() > 0) {
			t.Fatalf("%v with %+v withheld", err, rep.Withheld)
		}
		if (dryErr == nil) != (err == nil) {
			if _, partial := errors.AsType[*report.PartialError](err); !partial {
				t.Errorf("the dry run said %v, the run %v", dryErr, err)
			}
		}
		if diff := cmp.Diff(shown.Plan, rep.Plan); diff != "" {
			t.Error("shown and done differ:", diff)
		}
		after := worldOf(t, tg)
		for g, ms := range before.Members {
			for _, u := range ms {
				if !slices.Contains(after.Members[g], u) {
					t.Errorf("%s left %s though no leave is allowed", u, g)
				}
			}
		}
		for _, c := range rep.Withheld.Users {
			if strings.HasSuffix(before.Users[string(c.Key)], " true") && !strings.HasSuffix(after.Users[string(c.Key)], " true") {
				t.Errorf("%s was withheld, and is inactive", c.Key)
			}
		}
	})
}

// A doubt about the reading leaves only what gives access, and what the source
// itself says of those who left.
func TestADoubtfulReadingRevokesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		run(t, reconciler(tg, gen.Snapshot(t), rules()))
		before := worldOf(t, tg)
		dir := gen.Snapshot(t)
		dir.Doubts = []string{"the counts disagree"}
		_, _ = reconciler(tg, dir, rules()).Run(context.Background())
		after := worldOf(t, tg)
		there, inactive := map[string]bool{}, map[string]bool{}
		for _, a := range dir.Accounts {
			there[a.ID], inactive[a.ID] = true, a.Suspended || a.Archived
		}
		for id, was := range before.Users {
			if strings.HasSuffix(was, " true") && strings.HasSuffix(after.Users[id], " false") && !inactive[id] && there[id] {
				t.Errorf("%s was deactivated in doubt", id)
			}
		}
		for g, ms := range before.Members {
			for _, u := range ms {
				if !slices.Contains(after.Members[g], u) && there[u] {
					t.Errorf("%s left %s in doubt", u, g)
				}
			}
		}
	})
}

// Two readings, each failing on one side.
func TestAReadingThatFailsChangesNothing(t *testing.T) {
	dir := directory.Snapshot{Accounts: []directory.Account{{ID: gen.UserID(1)}}, Groups: []directory.Group{{ID: gen.GroupID(1), Name: "g"}}}
	broken := errors.New("503")
	for _, r := range []*reconcile.Reconciler{
		{Source: failing{err: broken}, Target: &memory.Target{}},
		{Source: source{dir}, Target: unreadable{err: broken}},
	} {
		r.Rules, r.Log = rules(), slog.New(slog.DiscardHandler)
		rep, err := r.Run(t.Context())
		if !errors.Is(err, broken) || rep.Outcome != report.Failed || !strings.HasPrefix(err.Error(), "read ") {
			t.Errorf("%v, %s", err, rep.Outcome)
		}
	}
}

type failing struct {
	reconcile.Witness
	err error
}

func (f failing) Read(context.Context) (directory.Snapshot, error) {
	return directory.Snapshot{}, f.err
}

type unreadable struct {
	apply.Target
	err error
}

func (u unreadable) Read(context.Context) (identity.Held, error) { return identity.Held{}, u.err }
