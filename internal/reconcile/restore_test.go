package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/match"
	"ssosync/internal/planfile"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/target/memory"
)

func (p *place) restore(scope journal.Scope) report.Report {
	p.Helper()
	rep, err := p.reconciler().Restore(p.Context(), scope)
	if err != nil {
		p.Fatal(err)
	}
	return rep
}

// Whatever a run took, restore gives back: memberships, names, activation.
func TestRestoreGivesBackWhatARunTook(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tg, d := &memory.Target{}, newDisk()
		on := func(dir directory.Snapshot) *reconcile.Reconciler {
			r := reconciler(tg, dir, rules())
			r.Store, r.DeleteAfter = d, 30*day
			r.Origin = reconcile.Origin{TargetID: "there", Scope: "all"}
			return r
		}
		run(rt, on(gen.Snapshot(rt)))
		before := worldOf(rt, tg)
		dir := gen.Snapshot(rt)
		rep := run(rt, on(dir))
		if rep.Plan.Empty() {
			return
		}
		_, err := on(dir).Restore(t.Context(), journal.Scope{Run: rep.Run})
		if err != nil && !errors.Is(err, reconcile.ErrNothingLost) {
			rt.Fatal(err)
		}
		after := worldOf(rt, tg)
		for id, was := range before.Users {
			if strings.HasSuffix(was, " true") && !strings.HasSuffix(after.Users[id], " true") {
				rt.Errorf("%s was %q and is %q", id, was, after.Users[id])
			}
		}
		for g, ms := range before.Members {
			for _, m := range ms {
				if !slices.Contains(after.Members[g], m) {
					rt.Errorf("%s is not in %s again", m, g)
				}
			}
		}
		if _, err := journal.Verify(strings.NewReader(string(d.files[reconcile.JournalFile])), journal.Head{}); err != nil {
			rt.Error(err)
		}
	})
}

// A group that was deleted in Google by mistake and made anew is linked to its
// old self: same id, everybody in it, who is new as well.
func TestRestoreOfAGroupThatWasMadeAnew(t *testing.T) {
	p := newPlace(t)
	p.must()
	ids := idsOf(t, p.tg)
	p.dir.Groups = without(p.dir.Groups, func(g directory.Group) bool { return g.ID == gen.GroupID(1) })
	delete(p.dir.Members, gen.GroupID(1))
	p.must()
	if w := worldOf(t, p.tg); len(w.Members[gen.GroupID(1)]) != 0 {
		t.Fatalf("%+v", w.Members)
	}
	p.dir.Groups = append(p.dir.Groups, directory.Group{ID: gen.GroupID(9), Email: "dev@x", Name: "dev@x", DirectUsers: -1})
	p.dir.Members[gen.GroupID(9)] = []directory.Member{
		{Kind: directory.MemberUser, ID: gen.UserID(1)}, {Kind: directory.MemberUser, ID: gen.UserID(2)}, {Kind: directory.MemberUser, ID: gen.UserID(3)},
	}
	if _, err := p.run(); err == nil {
		t.Fatal("a group that was made anew is no conflict")
	}
	p.restore(journal.Scope{Group: "DEV@x"})
	w := worldOf(t, p.tg)
	if got := w.Members[gen.GroupID(9)]; !slices.Equal(got, []string{gen.UserID(1), gen.UserID(2), gen.UserID(3)}) {
		t.Errorf("it has %q", got)
	}
	if now := idsOf(t, p.tg); now["dev@x"] != ids["dev@x"] {
		t.Error("it is another group")
	}
	if rep := p.must(); !rep.Plan.Empty() {
		t.Errorf("the next sync does %+v", rep.Plan)
	}
}

// What Google does not have is given back all the same, with a warning that it
// will not last; and it does not.
func TestRestoreOfAUser(t *testing.T) {
	p := newPlace(t)
	p.must()
	before := worldOf(t, p.tg)
	p.gone(4)
	p.must()
	rep := p.restore(journal.Scope{User: "di@x"})
	if diff := cmp.Diff(before, worldOf(t, p.tg)); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(strings.Join(rep.Notes, "\n"), "the next sync takes this away again"); n != 2 {
		t.Errorf("%q", rep.Notes)
	}
	if rep := p.must(); len(rep.Plan.Users) != 1 || len(rep.Drift) > 0 {
		t.Errorf("%+v, %+v", rep.Plan.Users, rep.Drift)
	}
	if _, err := p.reconciler().Restore(t.Context(), journal.Scope{User: "nobody@x"}); !errors.Is(err, reconcile.ErrNothingLost) {
		t.Errorf("got %v", err)
	}
}

// Nothing is done that a person does not confirm.
func TestConfirm(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.gone(4)
	p.must()
	n := len(p.tg.Writes())
	no := errors.New("no")
	p.set = func(r *reconcile.Reconciler) {
		r.Confirm = func(_ context.Context, rep report.Report) error {
			if rep.Plan.Empty() || len(rep.Notes) == 0 {
				t.Errorf("asked about %+v", rep.Plan)
			}
			return no
		}
	}
	if _, err := p.reconciler().Restore(t.Context(), journal.Scope{Run: journal.Latest}); !errors.Is(err, no) || len(p.tg.Writes()) != n {
		t.Errorf("%v, %d writes", err, len(p.tg.Writes())-n)
	}
}

// An address that was given to somebody else: one person, or two.
func TestRelink(t *testing.T) {
	for _, separate := range []bool{false, true} {
		p := newPlace(t)
		p.must()
		ids := idsOf(t, p.tg)
		p.gone(4)
		p.dir.Accounts = append(p.dir.Accounts, directory.Account{ID: gen.UserID(9), PrimaryEmail: "di@x", OrgUnit: "/"})
		p.dir.Members[gen.GroupID(3)] = append(p.dir.Members[gen.GroupID(3)], directory.Member{Kind: directory.MemberUser, ID: gen.UserID(9)})
		rep, err := p.run()
		if err == nil || len(rep.Plan.Conflicts) != 1 || rep.Plan.Conflicts[0].Reason != match.ReusedName {
			t.Fatalf("%v: %+v", err, rep.Plan.Conflicts)
		}
		link := reconcile.Relink{Kind: identity.KindUser, Name: "DI@x", Separate: separate}
		if _, err := p.reconciler().Relink(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		p.must()
		w, now := worldOf(t, p.tg), idsOf(t, p.tg)
		if (now["di@x"] == ids["di@x"]) == separate || w.Users[gen.UserID(9)] != "di@x true" || !slices.Contains(w.Members[gen.GroupID(3)], gen.UserID(9)) {
			t.Errorf("separate %v: %+v", separate, w)
		}
		if was := w.Users[gen.UserID(4)]; separate != strings.HasSuffix(was, "@ssosync.invalid false") {
			t.Errorf("separate %v: the old one is %q", separate, was)
		}
		if rep := p.must(); !rep.Plan.Empty() {
			t.Errorf("separate %v: %+v", separate, rep.Plan)
		}
		_, err = p.reconciler().Relink(t.Context(), link)
		if _, none := errors.AsType[*reconcile.NoConflictError](err); !none {
			t.Errorf("settled twice: %v", err)
		}
	}
}

func TestRelinkOfAGroup(t *testing.T) {
	for _, separate := range []bool{false, true} {
		p := newPlace(t)
		p.must()
		ids := idsOf(t, p.tg)
		p.dir.Groups[1].ID = gen.GroupID(9)
		p.dir.Members[gen.GroupID(9)] = p.dir.Members[gen.GroupID(2)]
		delete(p.dir.Members, gen.GroupID(2))
		if _, err := p.run(); err == nil {
			t.Fatal("it is no conflict")
		}
		if _, err := p.reconciler().Relink(t.Context(), reconcile.Relink{Kind: identity.KindGroup, Name: "ops@x", Separate: separate}); err != nil {
			t.Fatal(err)
		}
		p.must()
		if now := idsOf(t, p.tg); (now["ops@x"] == ids["ops@x"]) == separate {
			t.Errorf("separate %v: %v, %v", separate, ids, now)
		}
		if w := worldOf(t, p.tg); !slices.Equal(w.Members[gen.GroupID(9)], []string{gen.UserID(3)}) {
			t.Errorf("separate %v: %+v", separate, w)
		}
	}
}

func (p *place) plan() planfile.File {
	p.Helper()
	r := p.reconciler()
	r.DryRun = true
	rep, err := r.Run(p.Context())
	if _, refused := errors.AsType[*guard.RefusedError](err); err != nil && !refused {
		p.Fatal(err)
	}
	f, err := r.NewFile(rep, day)
	if err != nil {
		p.Fatal(err)
	}
	data, err := f.Encode()
	if err == nil {
		f, err = planfile.Decode(data)
	}
	if err != nil {
		p.Fatal(err)
	}
	return f
}

// What a plan shows is what apply sends, whatever else has come since; what has
// changed makes it stale, and nothing is done.
func TestApplyDoesExactlyThePlan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tg, plain := &memory.Target{}, &memory.Target{}
		first, then := gen.Snapshot(rt), gen.Snapshot(rt)
		run(rt, reconciler(tg, first, rules()))
		run(rt, reconciler(plain, first, rules()))
		r := reconciler(tg, then, rules())
		r.DryRun = true
		rep, err := r.Run(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		f, err := r.NewFile(rep, day)
		if err != nil {
			rt.Fatal(err)
		}
		// Somebody comes who is no part of the plan.
		id := gen.UserID(50)
		later := then
		later.Accounts = append(slices.Clone(then.Accounts), directory.Account{ID: id, PrimaryEmail: "new@x"})
		r = reconciler(tg, later, rules())
		n := len(tg.Writes())
		_, err = r.Apply(t.Context(), f)
		if _, partial := errors.AsType[*report.PartialError](err); err != nil && !partial {
			rt.Fatal(err)
		}
		m := len(plain.Writes())
		run(rt, reconciler(plain, then, rules()))
		if diff := cmp.Diff(operations(plain.Writes()[m:]), operations(tg.Writes()[n:])); diff != "" {
			rt.Error(diff)
		}
		if diff := cmp.Diff(worldOf(rt, plain), worldOf(rt, tg)); diff != "" {
			rt.Error(diff)
		}
		if !rep.Plan.Empty() {
			if _, err := r.Apply(t.Context(), f); !isStale(err) {
				rt.Errorf("applied twice: %v", err)
			}
		}
	})
}

// operations counts writes by what they do: ids depend on which came first.
func operations(writes []string) map[string]int {
	n := map[string]int{}
	for _, w := range writes {
		n[strings.Join(strings.Fields(w)[:2], " ")]++
	}
	return n
}

func isStale(err error) bool {
	_, stale := errors.AsType[*planfile.StaleError](err)
	return stale
}

func TestAStalePlanDoesNothing(t *testing.T) {
	for name, change := range map[string]func(*place){
		"a person is back":        func(p *place) { p.dir = town() },
		"somebody wrote to AWS":   func(p *place) { p.vandalise() },
		"another configuration":   func(p *place) { p.set = func(r *reconcile.Reconciler) { r.Config = "other" } },
		"another target":          func(p *place) { p.set = func(r *reconcile.Reconciler) { r.TargetID = "elsewhere" } },
		"the person is suspended": func(p *place) { p.dir = town(); p.dir.Accounts[3].Suspended = true },
		"what it does is done":    func(p *place) { p.must() },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.must()
			p.dir.Accounts[0].Values = map[string][]string{"name.fullName": {"Ann Archer"}}
			p.gone(4)
			f := p.plan()
			change(p)
			n := len(p.tg.Writes())
			_, err := p.reconciler().Apply(t.Context(), f)
			if !isStale(err) || len(p.tg.Writes()) != n {
				t.Errorf("%v, and %d writes", err, len(p.tg.Writes())-n)
			}
		})
	}
	p := newPlace(t)
	p.must()
	p.gone(4)
	f := p.plan()
	f.Expires = time.Now().Add(-time.Second)
	if _, err := p.reconciler().Apply(t.Context(), f); !isStale(err) {
		t.Errorf("expired: %v", err)
	}
}

// An approval lifts the guards for its own plan; without one, what they hold
// back is not done.
func TestApproval(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.gone(4)
	p.set = func(r *reconcile.Reconciler) {
		r.Accept, r.Limits = nil, map[string]guard.Limit{"leaves": {}, "shrink": {Percent: 100}}
	}
	p.dir.Members[gen.GroupID(3)] = without(p.dir.Members[gen.GroupID(3)], func(m directory.Member) bool { return m.ID == gen.UserID(1) })
	f := p.plan()
	if len(f.Refusals) == 0 {
		t.Fatal("nothing is refused")
	}
	if rep, err := p.reconciler().Apply(t.Context(), f); err == nil || len(rep.Withheld.Leave) == 0 {
		t.Errorf("%v: %+v", err, rep.Withheld)
	}
	f = p.plan()
	if err := f.Approve("kim", "they told me so", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.reconciler().Apply(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if w := worldOf(t, p.tg); slices.Contains(w.Members[gen.GroupID(3)], gen.UserID(1)) {
		t.Errorf("%+v", w.Members)
	}
	record, err := journal.Show(strings.NewReader(string(p.disk.files[reconcile.JournalFile])), journal.Latest)
	if err != nil || record.Approval == nil || record.Approval.By != "kim" || record.Approval.Reason != "they told me so" || record.Plan != f.ID {
		t.Errorf("%v: %+v", err, record)
	}
}
