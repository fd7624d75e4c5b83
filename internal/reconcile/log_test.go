package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/target/memory"
)

// office is a target that Bob, who is suspended by now, and Zoe, who is gone,
// are in, and a directory that has Ann instead.
func office(t *testing.T) (*memory.Target, directory.Snapshot) {
	tg := &memory.Target{}
	var ids []string
	for i, name := range map[int]string{2: "bob", 9: "zoe"} {
		id, err := tg.CreateUser(t.Context(), identity.User{
			ExternalID: gen.UserID(i), UserName: name + "@example.com", Email: name + "@example.com", GivenName: name, FamilyName: "Doe", DisplayName: name, Active: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for i, name := range map[int]string{1: "Dave", 8: "Old"} {
		if _, err := tg.CreateGroup(t.Context(), identity.Group{ExternalID: gen.GroupID(i), Name: name}, ids); err != nil {
			t.Fatal(err)
		}
	}
	account := func(i int, name string) directory.Account {
		return directory.Account{ID: gen.UserID(i), PrimaryEmail: name + "@example.com", Values: map[string][]string{
			"name.givenName": {name}, "name.familyName": {"Doe"}, "name.fullName": {name},
		}}
	}
	dir := directory.Snapshot{
		CustomerID: gen.CustomerID, AllAccounts: true, Accounts: []directory.Account{account(1, "ann"), account(2, "bob")},
		Groups:  []directory.Group{{ID: gen.GroupID(1), Email: "dev@example.com", Name: "Dev"}},
		Members: map[string][]directory.Member{gen.GroupID(1): {{Kind: directory.MemberUser, ID: gen.UserID(1)}, {Kind: directory.MemberUser, ID: gen.UserID(2)}}},
	}
	dir.Accounts[1].Suspended = true
	return tg, dir
}

// logged runs and returns the log, sorted, without ids.
func logged(t *testing.T, r *reconcile.Reconciler) []string {
	t.Helper()
	var b bytes.Buffer
	r.Log = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch {
		case a.Key == "id" && len(a.Value.String()) == 2:
			return slog.String("id", "?")
		case a.Key == slog.TimeKey, a.Key == slog.LevelKey && a.Value.String() == "INFO":
			return slog.Attr{}
		}
		return a
	}}))
	_, _ = r.Run(t.Context())
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	slices.Sort(lines)
	return lines
}

// Other people's metric filters look for these messages and keys.
func TestTheLogHasTheWordsOfOld(t *testing.T) {
	tg, dir := office(t)
	r := rules()
	r.DeprovisionGroups = policy.Delete
	got := logged(t, reconciler(tg, dir, r))
	want := []string{
		`msg="Change Summary: Group Members" group=Dev add=1 remove=1 unchanged=1`,
		`msg="Change Summary: Group Members" group=Old add=0 remove=2 unchanged=0`,
		`msg="Change Summary: Groups" unchanged=0 create=0 update=1 delete=1 retain=0`,
		`msg="Change Summary: users" unchanged=0 create=1 update=2 delete=0 retain=0`,
		`msg="adding user to group" group=Dev user=ann@example.com id=?`,
		`msg="creating user" user=ann@example.com id=?`,
		`msg="deactivating user" user=bob@example.com id=?`,
		`msg="deactivating user" user=zoe@example.com id=?`,
		`msg="deleting group" group=Old id=?`,
		`msg="read both sides" source_users=2 source_groups=1 target_users=2 target_groups=2 target_memberships=4`,
		`msg="removing user from group" group=Dev user=zoe@example.com id=?`,
		`msg="removing user from group" group=Old user=bob@example.com id=?`,
		`msg="removing user from group" group=Old user=zoe@example.com id=?`,
		`msg="sync completed"`,
		`msg="updating group" group=Dev id=?`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := logged(t, reconciler(tg, dir, r)); len(got) != 4 {
		t.Errorf("a run without changes logs %q", got)
	}
}

func TestTheLogOfFailures(t *testing.T) {
	tg, dir := office(t)
	tg.Fail = func(op, _ string) error {
		if op == "create user" || op == "delete user" {
			return errors.New("out of order")
		}
		return nil
	}
	r := rules()
	r.DeprovisionUsers = policy.Delete
	got := slices.DeleteFunc(logged(t, reconciler(tg, dir, r)), func(line string) bool {
		return !strings.Contains(line, "WARN") && !strings.Contains(line, "users")
	})
	want := []string{
		`level=WARN msg="creating user" user=ann@example.com err="out of order"`,
		`level=WARN msg="deleting user" user=zoe@example.com id=? err="out of order"`,
		`level=WARN msg="skipped join of user" group=Dev user=ann@example.com err="skipped: ann@example.com does not exist, because creating it did not work"`,
		`msg="Change Summary: users" unchanged=0 create=1 update=1 delete=1 retain=0`,
		`msg="read both sides" source_users=2 source_groups=1 target_users=2 target_groups=2 target_memberships=4`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADryRunSaysSo(t *testing.T) {
	tg, dir := office(t)
	n := len(tg.Writes())
	r := reconciler(tg, dir, rules())
	r.DryRun = true
	got := logged(t, r)
	const says = `msg="This is a DRY RUN - actions will *not* be actually performed"`
	if len(tg.Writes()) != n || !slices.Contains(got, says) || len(got) != 7 {
		t.Errorf("%q", got)
	}
	r.Accept, r.Limits = nil, map[string]guard.Limit{"leaves": {}}
	if _, err := r.Run(t.Context()); err == nil {
		t.Error("a dry run hides what a guard would refuse")
	}
	if got := logged(t, reconciler(tg, directory.Snapshot{}, rules())); strings.Contains(strings.Join(got, "\n"), "Summary") {
		t.Errorf("a run that failed logs %q", got)
	}
}

// How a run ends.
func TestVerdicts(t *testing.T) {
	fail := func(op string) func(string, string) error {
		return func(o, _ string) error {
			if o == op {
				return errors.New("out of order")
			}
			return nil
		}
	}
	for _, c := range []struct {
		name  string
		setup func(r *reconcile.Reconciler, tg *memory.Target, dir *directory.Snapshot)
		err   string
	}{
		{"well", func(*reconcile.Reconciler, *memory.Target, *directory.Snapshot) {}, "<nil>"},
		{"some fail", func(_ *reconcile.Reconciler, tg *memory.Target, _ *directory.Snapshot) { tg.Fail = fail("create user") }, "2 0 0"},
		{"a conflict", func(_ *reconcile.Reconciler, _ *memory.Target, dir *directory.Snapshot) {
			dir.Groups = append(dir.Groups, directory.Group{ID: gen.GroupID(2), Email: "x@example.com", Name: "dev"}, directory.Group{ID: gen.GroupID(3), Email: "y@example.com", Name: "Dave"})
			dir.Groups[0].Name = "Dave"
		}, "0 1 0"},
		{"a problem", func(r *reconcile.Reconciler, _ *memory.Target, _ *directory.Snapshot) {
			r.Rules.CanonicalGroup = func(g identity.Group) (identity.Group, []identity.Flaw) {
				return g, []identity.Flaw{{Attr: "displayName", Value: g.Name}}
			}
		}, "0 0 1"},
		{"a refusal is worse than a failure", func(r *reconcile.Reconciler, tg *memory.Target, _ *directory.Snapshot) {
			r.Accept, r.Limits, tg.Fail = nil, map[string]guard.Limit{"leaves": {}}, fail("create user")
		}, "leaves: 3 of 4 memberships would be removed, over 0% and 0"},
		{"a doubt", func(_ *reconcile.Reconciler, _ *memory.Target, dir *directory.Snapshot) {
			dir.Doubts = []string{"two pages disagree"}
		}, "doubt: the reading of the source contradicts itself (two pages disagree), so nothing that is absent from it counts as gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tg, dir := office(t)
			r := reconciler(tg, dir, rules())
			c.setup(r, tg, &dir)
			r.Source = source{dir}
			rep, err := r.Run(t.Context())
			got := fmt.Sprint(err)
			if partial, ok := errors.AsType[*report.PartialError](err); ok {
				got = fmt.Sprint(partial.Failed, partial.Conflicts, partial.Problems)
			}
			if !strings.HasSuffix(got, c.err) {
				t.Errorf("got %s, want %s", got, c.err)
			}
			if !errors.Is(rep.Err, err) || rep.Outcome != report.OutcomeOf(rep, err) || rep.Started.IsZero() || rep.Took <= 0 {
				t.Errorf("%+v", rep)
			}
			if len(rep.Warnings) != len(dir.Doubts) {
				t.Errorf("%q", rep.Warnings)
			}
		})
	}
}

func TestAnInterruptedRun(t *testing.T) {
	tg, dir := office(t)
	why := errors.New("somebody pressed a key")
	ctx, cancel := context.WithCancelCause(t.Context())
	tg.Fail = func(op, _ string) error {
		if op == "create user" {
			cancel(why)
		}
		return nil
	}
	_, err := reconciler(tg, dir, rules()).Run(ctx)
	if !errors.Is(err, report.ErrInterrupted) || !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	// With nothing left to do, nothing was interrupted.
	tg.Fail = nil
	run(t, reconciler(tg, dir, rules()))
	ctx, cancel = context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := reconciler(tg, dir, rules()).Run(ctx); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestTheReportSaysWhatThereIs(t *testing.T) {
	tg, dir := office(t)
	dir.Notes = []string{"a note"}
	if _, err := tg.CreateUser(t.Context(), identity.User{ExternalID: "okta-1", UserName: "ann@example.com", Active: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := tg.CreateGroup(t.Context(), identity.Group{Name: "QA"}, nil); err != nil {
		t.Fatal(err)
	}
	dir.Groups = append(dir.Groups, directory.Group{ID: gen.GroupID(2), Email: "qa@example.com", Name: "qa"})
	r := reconciler(tg, dir, rules())
	var progress [][2]int
	r.Progress = func(done, of int) { progress = append(progress, [2]int{done, of}) }
	r.Calls = func() []report.Call { return []report.Call{{}} }
	rep := run(t, r)
	var adopted []string
	for _, a := range rep.Plan.Adopted {
		adopted = append(adopted, string(a.Kind)+" "+a.Name)
	}
	if diff := cmp.Diff([]string{"user ann@example.com", "group QA"}, adopted); diff != "" {
		t.Error(diff)
	}
	causes := map[string]plan.Cause{}
	for _, c := range rep.Plan.Users {
		causes[c.Before.UserName] = c.Cause
	}
	if diff := cmp.Diff(map[string]plan.Cause{
		"ann@example.com": plan.CauseAdopted, "bob@example.com": plan.CauseSuspended, "zoe@example.com": plan.CauseGone,
	}, causes); diff != "" {
		t.Error(diff)
	}
	if len(rep.Warnings) != 1 || !strings.Contains(rep.Warnings[0], `user ann@example.com carries the external id "okta-1" of another provider`) {
		t.Errorf("%q", rep.Warnings)
	}
	if n := rep.Plan.Size(); len(progress) != n || progress[0] != [2]int{1, n} || progress[n-1] != [2]int{n, n} {
		t.Errorf("%v", progress)
	}
	if len(rep.Calls) != 1 || rep.Source.Members != 2 || rep.Target.Users != 3 || rep.Mirror.Users != 2 || rep.Plan.Base.Managed.Users != 3 ||
		!slices.Equal(rep.Notes, dir.Notes) || len(rep.Matches) != 1 {
		t.Errorf("%+v", rep)
	}
}

// lazy is a target that takes a second to create somebody.
type lazy struct{ *memory.Target }

func (l lazy) CreateUser(ctx context.Context, u identity.User) (string, error) {
	time.Sleep(time.Second)
	return l.Target.CreateUser(ctx, u)
}

func TestWidth(t *testing.T) {
	for width, want := range map[int]time.Duration{1: 3 * time.Second, 3: time.Second, 0: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			_, dir := office(t)
			dir.Accounts[1].Suspended = false
			dir.Accounts = append(dir.Accounts, directory.Account{ID: gen.UserID(3), PrimaryEmail: "cid@example.com"})
			dir.Members[gen.GroupID(1)] = append(dir.Members[gen.GroupID(1)], directory.Member{Kind: directory.MemberUser, ID: gen.UserID(3)})
			r := reconciler(lazy{&memory.Target{}}, dir, rules())
			r.Width = width
			if rep := run(t, r); rep.Took != want {
				t.Errorf("%d at a time: it took %v, want %v", width, rep.Took, want)
			}
		})
	}
}
