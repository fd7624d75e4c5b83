package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/target/memory"
)

const day = 24 * time.Hour

// A place is a target, a directory, and what is kept between runs.
type place struct {
	*testing.T
	tg   *memory.Target
	dir  directory.Snapshot
	disk *disk
	set  func(*reconcile.Reconciler) // nil: as it is
}

func newPlace(t *testing.T) *place {
	return &place{T: t, tg: &memory.Target{}, dir: town(), disk: newDisk()}
}

func (p *place) reconciler() *reconcile.Reconciler {
	r := reconciler(p.tg, p.dir, rules())
	r.Store, r.DeleteAfter = p.disk, 30*day
	r.Origin = reconcile.Origin{TargetID: "there", Scope: "all", Config: "cfg", Version: "test", By: "me@here"}
	if p.set != nil {
		p.set(r)
	}
	return r
}

func (p *place) run() (report.Report, error) {
	p.Helper()
	return p.reconciler().Run(p.Context())
}

// must runs, and nothing may go wrong.
func (p *place) must() report.Report {
	p.Helper()
	rep, err := p.run()
	if err != nil {
		p.Fatalf("%v: %+v", err, rep.Failed())
	}
	for _, w := range rep.Warnings {
		p.Errorf("warning: %s", w)
	}
	return rep
}

// gone takes a person out of the directory.
func (p *place) gone(n int) {
	id := gen.UserID(n)
	p.dir.Accounts = without(p.dir.Accounts, func(a directory.Account) bool { return a.ID == id })
	for g, ms := range p.dir.Members {
		p.dir.Members[g] = without(ms, func(m directory.Member) bool { return m.ID == id })
	}
}

func (p *place) verify() journal.Summary {
	p.Helper()
	sum, err := journal.Verify(bytes.NewReader(p.disk.files[reconcile.JournalFile]), journal.Head{})
	if err != nil {
		p.Errorf("the journal does not verify: %v", err)
	}
	return sum
}

// Who left is inactive at once and deleted after the grace; who comes back
// before that has everything as it was.
func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.must()
		before := worldOf(t, p.tg)
		ids := idsOf(t, p.tg)
		whole := p.dir
		p.dir = town()
		p.gone(4)
		p.dir.Groups = without(p.dir.Groups, func(g directory.Group) bool { return g.ID == gen.GroupID(2) })
		delete(p.dir.Members, gen.GroupID(2))
		start := time.Now()
		rep := p.must()
		want := []report.Waiting{
			{Kind: identity.KindUser, Name: "di@x", ID: ids["di@x"], Cause: plan.CauseGone, Since: start, Delete: start.Add(30 * day)},
			{Kind: identity.KindGroup, Name: "ops@x", ID: ids["ops@x"], Cause: plan.CauseGone, Since: start, Delete: start.Add(30 * day)},
		}
		if diff := cmp.Diff(want, rep.Waiting); diff != "" {
			t.Error("on the first day:", diff)
		}
		time.Sleep(30*day - time.Second)
		rep = p.must()
		if diff := cmp.Diff(want, rep.Waiting); diff != "" || !rep.Plan.Empty() {
			t.Errorf("just before the last day: %s %+v", diff, rep.Plan)
		}

		// They come back, with all that they had.
		p.dir = whole
		if rep = p.must(); len(rep.Waiting) > 0 {
			t.Errorf("they are back, and wait: %+v", rep.Waiting)
		}
		if diff := cmp.Diff(before, worldOf(t, p.tg)); diff != "" {
			t.Error("who came back has something else:", diff)
		}
		if diff := cmp.Diff(ids, idsOf(t, p.tg)); diff != "" {
			t.Error("who came back is another:", diff)
		}

		// They leave again: the clock begins anew, and this time it runs out.
		p.gone(4)
		p.dir.Groups = without(p.dir.Groups, func(g directory.Group) bool { return g.ID == gen.GroupID(2) })
		delete(p.dir.Members, gen.GroupID(2))
		p.must()
		time.Sleep(29 * day)
		if rep = p.must(); !rep.Plan.Empty() {
			t.Errorf("after 29 days: %+v", rep.Plan)
		}
		time.Sleep(day)
		rep = p.must()
		var deleted []string
		for _, c := range rep.Plan.Users {
			deleted = append(deleted, fmt.Sprint(c.Op, " ", c.Before.UserName, " ", c.Cause, " ", rep.Plan.Evidence[c.Key].Proof))
		}
		for _, c := range rep.Plan.Groups {
			deleted = append(deleted, fmt.Sprint(c.Op, " ", c.Before.Name, " ", c.Cause, " ", rep.Plan.Evidence[c.Key].Proof))
		}
		if diff := cmp.Diff([]string{"delete di@x expired gone", "delete ops@x expired gone"}, deleted); diff != "" {
			t.Error("after 30 days:", diff)
		}
		if len(rep.Waiting) > 0 {
			t.Errorf("what is deleted waits: %+v", rep.Waiting)
		}
		if rep = p.must(); !rep.Plan.Empty() || len(rep.Waiting) > 0 {
			t.Errorf("and then: %+v", rep)
		}
	})
}

// idsOf returns the target's ids by name.
func idsOf(t *testing.T, tg *memory.Target) map[string]string {
	t.Helper()
	held, err := tg.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for id, u := range held.Users {
		ids[u.UserName] = string(id)
	}
	for id, g := range held.Groups {
		ids[g.Name] = string(id)
	}
	return ids
}

// Nothing is deleted whose date nothing proves: without a store, with a new
// ledger, and never if it is to be kept.
func TestNoProofOfTheDateNoDeletion(t *testing.T) {
	for name, set := range map[string]func(*place){
		"never":        func(p *place) { p.set = func(r *reconcile.Reconciler) { r.Never = true } },
		"no store":     func(p *place) { p.set = func(r *reconcile.Reconciler) { r.Store = nil } },
		"a new ledger": func(p *place) { delete(p.disk.files, reconcile.LedgerFile) },
		"a damaged ledger": func(p *place) {
			p.disk.files[reconcile.LedgerFile] = p.disk.files[reconcile.LedgerFile][:20]
		},
		"an unreadable ledger": func(p *place) {
			p.disk.fail = func(op, name string) error {
				if op == "read" && name == reconcile.LedgerFile {
					return errDeaf
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlace(t)
				p.must()
				p.gone(4)
				p.must()
				time.Sleep(100 * day)
				set(p)
				rep, err := p.run()
				if err != nil || !rep.Plan.Empty() || len(rep.Waiting) != 1 {
					t.Errorf("%v: %+v, %+v", err, rep.Plan, rep.Waiting)
				}
				if w := rep.Waiting[0]; name == "never" != (!w.Since.IsZero() && w.Delete.IsZero()) {
					t.Errorf("%+v", w)
				}
			})
		})
	}
}

// Without a ledger the target's own date counts, for users who are inactive.
func TestTheTargetsOwnDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.tg.Clock = time.Now
		p.set = func(r *reconcile.Reconciler) { r.Store = nil }
		p.must()
		p.gone(4)
		p.must()
		time.Sleep(29 * day)
		if rep := p.must(); !rep.Plan.Empty() || time.Until(rep.Waiting[0].Delete) > day+time.Second {
			t.Errorf("%+v %+v", rep.Plan, rep.Waiting)
		}
		time.Sleep(day + time.Second)
		if rep := p.must(); len(plan.Only(rep.Plan.Users, plan.Delete)) != 1 {
			t.Errorf("%+v", rep.Plan)
		}
	})
}

// What fails is tried again after growing pauses, is listed until it passes,
// and stops nobody else; who corrects the record is served at once.
func TestFailuresAreRetriedWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		bad := errors.New("400 familyName is empty")
		p.tg.Fail = func(op, object string) error {
			if op == "create user" && strings.Contains(object, "cy") {
				return bad
			}
			return nil
		}
		tries := 0
		try := func() report.Report {
			t.Helper()
			rep, err := p.run()
			if e, ok := errors.AsType[*report.PartialError](err); !ok || e.Failed+e.Failing == 0 {
				t.Fatalf("got %v", err)
			}
			if len(rep.Failing) == 0 || rep.Failing[0].Name != "cy@x" {
				t.Fatalf("failing: %+v", rep.Failing)
			}
			if slices.ContainsFunc(rep.Failed(), func(res apply.Result) bool { return errors.Is(res.Err, bad) }) {
				tries++
			}
			return rep
		}
		for i, pause := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, day, day} {
			rep := try()
			if f := rep.Failing[0]; tries != i+1 || f.Tries != i+1 || f.Postponed || time.Until(f.Next) > pause || !strings.Contains(f.Err, "familyName") {
				t.Fatalf("try %d (%d were made): %+v", i+1, tries, f)
			}
			time.Sleep(pause - time.Second)
			if rep = try(); tries != i+1 || !rep.Failing[0].Postponed || !rep.Plan.Empty() {
				t.Fatalf("too early after try %d: %d, %+v", i+1, tries, rep.Plan)
			}
			time.Sleep(time.Second)
		}
		if got := worldOf(t, p.tg); len(got.Users) != 3 || len(got.Members[gen.GroupID(3)]) != 3 {
			t.Errorf("the others: %+v", got)
		}

		// Somebody corrects the record: it is tried at once, fails again, and then passes.
		try()
		p.dir.Accounts[2].Values = map[string][]string{"name.fullName": {"Cy Cole"}, "name.familyName": {"Cole"}}
		n := tries
		if try(); tries != n+1 {
			t.Error("a corrected record is not tried at once")
		}
		p.tg.Fail = nil
		time.Sleep(day)
		if rep := p.must(); len(rep.Failing) > 0 {
			t.Errorf("it passed, and is listed: %+v", rep.Failing)
		}
	})
}

// What takes access away is never put off.
func TestRevocationsAreNeverPostponed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.must()
		p.gone(4)
		p.tg.Fail = func(op, object string) error {
			if op == "update user" {
				return errDeaf
			}
			return nil
		}
		for i := range 3 {
			if rep, _ := p.run(); len(rep.Failed()) != 1 || rep.Failing[0].Tries != i+1 {
				t.Fatalf("try %d: %+v", i+1, rep.Failing)
			}
		}
		p.tg.Fail = nil
		p.must()
		if w := worldOf(t, p.tg); !strings.HasSuffix(w.Users[gen.UserID(4)], " false") {
			t.Errorf("%+v", w)
		}
	})
}

// A run whose lock is somebody else's does nothing; one that loses it stops.
func TestTheLock(t *testing.T) {
	p := newPlace(t)
	p.disk.held = true
	if rep, err := p.run(); !errors.Is(err, errHeld) || rep.Outcome != report.Failed || len(p.tg.Writes()) > 0 {
		t.Errorf("%v, %s", err, rep.Outcome)
	}
	p.set = func(r *reconcile.Reconciler) { r.DryRun = true }
	if _, err := p.run(); err != nil {
		t.Errorf("a dry run needs no lock: %v", err)
	}
	p.set, p.disk.held = nil, false
	p.tg.Fail = func(op, _ string) error {
		if p.disk.lost != nil {
			close(p.disk.lost)
			p.disk.lost = nil
			time.Sleep(10 * time.Millisecond) // for the one who watches it to see it
		}
		return nil
	}
	p.disk.lost = make(chan struct{})
	rep, err := p.run()
	if !errors.Is(err, reconcile.ErrLockLost) || len(rep.Failed()) == 0 {
		t.Errorf("%v: %d of %d failed", err, len(rep.Failed()), len(rep.Results))
	}
	if p.disk.held {
		t.Error("the lock is not given back")
	}
}

// The journal tells what each run did; a disk that fails costs the journal and
// the ledger, and keeps nobody's access.
func TestTheJournal(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.gone(4)
	p.must()
	if rep := p.must(); rep.Run == "" {
		t.Error("the run has no id")
	}
	if sum := p.verify(); sum.Runs != 3 || len(sum.Killed) > 0 {
		t.Errorf("%+v", sum)
	}
	runs, err := journal.History(bytes.NewReader(p.disk.files[reconcile.JournalFile]))
	if err != nil || len(runs) != 3 {
		t.Fatalf("%v: %+v", err, runs)
	}
	if c := runs[1].Counts; c[apply.Deactivate].Done != 1 || c[apply.Leave].Done != 1 || runs[1].Outcome != "done" || runs[1].By != "me@here" || runs[1].Config != "cfg" {
		t.Errorf("%+v", runs[1])
	}

	for _, op := range []string{"open", "append", "sync", "write"} {
		q := newPlace(t)
		q.must()
		q.gone(4)
		q.disk.fail = func(o, _ string) error {
			if o == op {
				return errors.New("no space left on device")
			}
			return nil
		}
		rep, err := q.run()
		if err != nil || len(rep.Warnings) == 0 || !strings.Contains(strings.Join(rep.Warnings, " "), "no space left") {
			t.Errorf("%s fails: %v, %q", op, err, rep.Warnings)
		}
		if w := worldOf(t, q.tg); !strings.HasSuffix(w.Users[gen.UserID(4)], " false") {
			t.Errorf("%s fails, and who left is active", op)
		}
	}

	// A damaged journal is set aside, and the new one says so.
	data := p.disk.files[reconcile.JournalFile]
	data[len(data)/2] ^= 1
	rep, err := p.run()
	if err != nil || len(rep.Warnings) != 1 || !strings.Contains(rep.Warnings[0], "damaged") || len(p.disk.aside) != 1 {
		t.Errorf("%v, %q, %q", err, rep.Warnings, p.disk.aside)
	}
	if sum := p.verify(); len(sum.Recovered) != 1 || sum.Recovered[0].Aside != p.disk.aside[0] {
		t.Errorf("%+v", sum)
	}
}

// A dry run leaves nothing behind.
func TestADryRunKeepsNothing(t *testing.T) {
	p := newPlace(t)
	p.set = func(r *reconcile.Reconciler) { r.DryRun = true }
	p.must()
	if len(p.disk.files) > 0 {
		t.Errorf("it left %d files", len(p.disk.files))
	}
}

// A slow target takes its time to create users.
type slow struct {
	*memory.Target
	takes time.Duration
}

func (s slow) CreateUser(ctx context.Context, u identity.User) (string, error) {
	time.Sleep(s.takes)
	return s.Target.CreateUser(ctx, u)
}

// The time for a run is over: what is under way ends, the rest waits, and the
// next run does it.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.set = func(r *reconcile.Reconciler) {
			r.Timeout, r.Width, r.Target = 10*time.Second, 1, slow{p.tg, 4 * time.Second}
		}
		rep, err := p.run()
		if !errors.Is(err, report.ErrIncomplete) || rep.Outcome != report.Interrupted {
			t.Fatalf("%v, %s", err, rep.Outcome)
		}
		done := len(rep.Results) - len(rep.Failed())
		if done == 0 || len(rep.Failed()) == 0 || rep.Took > 14*time.Second {
			t.Errorf("%d done of %d in %v", done, len(rep.Results), rep.Took)
		}
		for _, f := range rep.Failed() {
			if !errors.Is(f.Err, apply.ErrSkipped) {
				t.Errorf("%s failed: %v", f.Name, f.Err)
			}
		}
		p.set = nil
		p.must()
		p.verify()
		if rep := p.must(); !rep.Plan.Empty() {
			t.Errorf("%+v", rep.Plan)
		}
	})
}

// An Assigned of a few.
type assigned map[string]identity.Access

func (a assigned) Access(_ context.Context, kind identity.Kind, id string) (identity.Access, error) {
	if x, ok := a[string(kind)+" "+id]; ok {
		return x, nil
	}
	if a == nil {
		return identity.Access{}, errDeaf
	}
	return identity.Access{}, nil
}

// What stands behind groups and users that go is asked for them alone.
func TestImpact(t *testing.T) {
	p := newPlace(t)
	p.must()
	ids := idsOf(t, p.tg)
	p.gone(4)
	p.dir.Groups = without(p.dir.Groups, func(g directory.Group) bool { return g.ID == gen.GroupID(1) })
	delete(p.dir.Members, gen.GroupID(1))
	admin := identity.Access{Assignments: []identity.Assignment{{PermissionSet: "Admin", Account: "111122223333"}}}
	known := assigned{"group " + ids["dev@x"]: admin, "group " + ids["ops@x"]: admin}
	p.set = func(r *reconcile.Reconciler) { r.Assigned, r.DryRun = known, true }
	rep := p.must()
	want := report.Impact{Lost: []report.Loss{{Kind: identity.KindGroup, Name: "dev@x", ID: ids["dev@x"], People: 2, Access: admin}}}
	if diff := cmp.Diff(want, rep.Impact); diff != "" {
		t.Error(diff)
	}
	p.set = func(r *reconcile.Reconciler) { r.Assigned = assigned(nil) }
	if rep = p.must(); rep.Impact.Unknown == "" || len(rep.Impact.Lost) > 0 || len(rep.Failed()) > 0 {
		t.Errorf("%+v", rep.Impact)
	}
	p.set = func(r *reconcile.Reconciler) { r.Assigned = assigned(nil) }
	if rep = p.must(); rep.Impact.Unknown != "" {
		t.Errorf("nothing goes, and somebody is asked: %+v", rep.Impact)
	}
}

// The last good run is what a shrunken directory is compared with, if the
// scope is the same; a refused run is none.
func TestShrinkAgainstTheLedger(t *testing.T) {
	p := newPlace(t)
	for i := 5; i < 30; i++ {
		id := gen.UserID(i)
		p.dir.Accounts = append(p.dir.Accounts, directory.Account{ID: id, PrimaryEmail: fmt.Sprintf("p%d@x", i)})
		p.dir.Members[gen.GroupID(3)] = append(p.dir.Members[gen.GroupID(3)], directory.Member{Kind: directory.MemberUser, ID: id})
	}
	strict := func(r *reconcile.Reconciler) { r.Accept = nil }
	p.set = strict
	p.must()
	for i := 8; i < 30; i++ {
		p.gone(i)
	}
	refused := func() []string {
		rep, err := p.run()
		if _, ok := errors.AsType[*guard.RefusedError](err); !ok {
			t.Fatalf("got %v", err)
		}
		var names []string
		for _, r := range rep.Refusals {
			names = append(names, r.Guard)
		}
		return names
	}
	for range 2 {
		if got := refused(); !slices.Contains(got, "shrink") {
			t.Errorf("refused by %q", got)
		}
	}
	// In another scope the numbers mean nothing: the target is what there is to
	// compare with.
	p.set = func(r *reconcile.Reconciler) { strict(r); r.Scope = "other" }
	if got := refused(); !slices.Contains(got, "users") {
		t.Errorf("refused by %q", got)
	}
	p.set = nil // all are accepted
	p.must()
	p.set = strict
	p.must()
}

// A ledger from a backup, older than the journal, proves no date.
func TestAnOldLedgerDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t)
		p.must()
		p.gone(4)
		p.must()
		old := slices.Clone(p.disk.files[reconcile.LedgerFile])
		time.Sleep(day)
		p.dir = town()
		p.must() // she is back
		time.Sleep(40 * day)
		p.gone(4)
		p.must() // and leaves again
		p.disk.files[reconcile.LedgerFile] = old
		time.Sleep(time.Hour)
		rep, err := p.run()
		if err != nil || !rep.Plan.Empty() {
			t.Errorf("%v: %+v", err, rep.Plan)
		}
		time.Sleep(29 * day)
		if rep, err = p.run(); err != nil || !rep.Plan.Empty() || len(rep.Waiting) != 1 {
			t.Errorf("%v: %+v", err, rep.Plan)
		}
		time.Sleep(day)
		if rep, err = p.run(); err != nil || len(rep.Plan.Users) != 1 {
			t.Errorf("%v: %+v", err, rep.Plan)
		}
	})
}

// What is protected stays so against a person's word as well.
func TestRelinkLeavesWhatIsProtected(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.gone(4)
	p.dir.Accounts = append(p.dir.Accounts, directory.Account{ID: gen.UserID(9), PrimaryEmail: "di@x", OrgUnit: "/"})
	p.dir.Members[gen.GroupID(3)] = append(p.dir.Members[gen.GroupID(3)], directory.Member{Kind: directory.MemberUser, ID: gen.UserID(9)})
	p.set = func(r *reconcile.Reconciler) {
		r.Accept, r.Protect = nil, []guard.Invariant{{Kind: identity.KindUser, Name: "di@x"}}
	}
	link := reconcile.Relink{Kind: identity.KindUser, Name: "di@x", Separate: true}
	if _, err := p.reconciler().Relink(t.Context(), link); err == nil {
		t.Error("nothing is refused")
	}
	if w := worldOf(t, p.tg); w.Users[gen.UserID(4)] != "di@x true" {
		t.Errorf("%+v", w.Users)
	}
}

// A run that has lost its lock leaves ledger and journal to whoever has it.
func TestALostLockWritesNothing(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.gone(4)
	var ledger, log []byte
	p.tg.Fail = func(string, string) error {
		if ledger == nil {
			close(p.disk.lost)
			p.disk.mu.Lock()
			ledger, log = slices.Clone(p.disk.files[reconcile.LedgerFile]), slices.Clone(p.disk.files[reconcile.JournalFile])
			p.disk.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}
	_, _ = p.run()
	if !bytes.Equal(p.disk.files[reconcile.LedgerFile], ledger) || !bytes.Equal(p.disk.files[reconcile.JournalFile], log) {
		t.Error("it has written")
	}
}

// Who was given access by hand meanwhile loses that first, and is not deleted
// in the same run, whatever the date says.
func TestWhoHasAccessIsNotDeleted(t *testing.T) {
	for name, hand := range map[string]func(*place, string, identity.User) error{
		"made active": func(p *place, id string, u identity.User) error {
			active := u
			active.Active = true
			return p.tg.UpdateUser(p.Context(), id, u, active)
		},
		"put into a group": func(p *place, id string, _ identity.User) error {
			return p.tg.UpdateGroup(p.Context(), idsOf(p.T, p.tg)["dev@x"], identity.GroupPatch{Join: []string{id}})
		},
	} {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprint(name, keep), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlace(t)
					p.set = func(r *reconcile.Reconciler) { r.KeepDrift = keep }
					p.must()
					p.gone(4)
					p.must()
					time.Sleep(31 * day)
					id := idsOf(t, p.tg)["di@x"]
					held, err := p.tg.Read(t.Context())
					if err == nil {
						err = hand(p, id, held.Users[identity.Key(id)])
					}
					if err != nil {
						t.Fatal(err)
					}
					rep := p.must()
					if len(plan.Only(rep.Plan.Users, plan.Delete)) > 0 || rep.Plan.Size() != 1 {
						t.Errorf("%+v", rep.Plan)
					}
					w := worldOf(t, p.tg)
					if !strings.HasSuffix(w.Users[gen.UserID(4)], " false") || slices.Contains(w.Members[gen.GroupID(1)], gen.UserID(4)) {
						t.Errorf("%+v", w)
					}
					if rep = p.must(); len(plan.Only(rep.Plan.Users, plan.Delete)) != 1 {
						t.Errorf("and then: %+v", rep.Plan)
					}
				})
			})
		}
	}
}
