package reconcile_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
)

// vandalise changes the target in every way that somebody else can.
func (p *place) vandalise() {
	p.Helper()
	ctx := p.Context()
	ids := idsOf(p.T, p.tg)
	held, err := p.tg.Read(ctx)
	do := func(e error) {
		if err == nil {
			err = e
		}
	}
	user := func(name string, change func(*identity.User)) {
		before := held.Users[identity.Key(ids[name])]
		after := before
		change(&after)
		do(p.tg.UpdateUser(ctx, ids[name], before, after))
	}
	user("ann@x", func(u *identity.User) { u.DisplayName, u.NickName = "Anna", "not ours to write" })
	user("bo@x", func(u *identity.User) { u.Active = false })
	name := "Operations"
	do(p.tg.UpdateGroup(ctx, ids["ops@x"], identity.GroupPatch{Name: &name}))
	do(p.tg.UpdateGroup(ctx, ids["dev@x"], identity.GroupPatch{Leave: []string{ids["ann@x"]}, Join: []string{ids["cy@x"]}}))
	stranger, e := p.tg.CreateUser(ctx, identity.User{UserName: "eve@else", Active: true})
	do(e)
	do(p.tg.UpdateGroup(ctx, ids["dev@x"], identity.GroupPatch{Join: []string{stranger}}))
	if err != nil {
		p.Fatal(err)
	}
}

func drifts(rep report.Report) []string {
	var all []string
	for _, d := range rep.Drift {
		all = append(all, fmt.Sprint(d.Kind, " ", d.Name, " ", d.Group, " ", d.What, " ", d.Before, ">", d.After, " kept:", d.Kept))
	}
	slices.SortFunc(all, cmp.Compare[string])
	return all
}

// What somebody else did in the target is noticed, told, and repaired; then it
// is over.
func TestDriftIsRepaired(t *testing.T) {
	p := newPlace(t)
	p.must()
	before := worldOf(t, p.tg)
	p.vandalise()
	rep := p.must()
	want := []string{
		"group ops@x  displayName ops@x>Operations kept:false",
		"user ann@x  displayName ann@x>Anna kept:false",
		"user ann@x dev@x left > kept:false",
		"user bo@x  deactivated > kept:false",
		"user cy@x dev@x joined > kept:false",
		"user eve@else dev@x joined > kept:false",
	}
	for i := range want {
		want[i] = fmt.Sprint(want[i])
	}
	got := drifts(rep)
	for i := range got { // the group is called what it is called now
		got[i] = replaceName(got[i])
	}
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	after := worldOf(t, p.tg)
	delete(after.Users, "eve@else")
	if diff := gocmp.Diff(before, after); diff != "" {
		t.Error("not repaired:", diff)
	}
	if rep = p.must(); len(rep.Drift) > 0 || !rep.Plan.Empty() {
		t.Errorf("told twice: %+v", rep.Drift)
	}
}

func replaceName(s string) string {
	if s == "group Operations  displayName ops@x>Operations kept:false" {
		return "group ops@x  displayName ops@x>Operations kept:false"
	}
	return s
}

// With --drift=report it stays, and is told of in each run; what is the
// source's own change is made all the same, and nobody is kept active who must
// not be.
func TestDriftIsKept(t *testing.T) {
	p := newPlace(t)
	p.must()
	p.vandalise()
	drifted := worldOf(t, p.tg)
	p.set = func(r *reconcile.Reconciler) { r.KeepDrift = true }
	for i := range 3 {
		rep := p.must()
		if len(rep.Drift) != 6 || !rep.Plan.Empty() {
			t.Fatalf("run %d: %q, %+v", i+1, drifts(rep), rep.Plan)
		}
		for _, d := range rep.Drift {
			if !d.Kept {
				t.Errorf("%+v", d)
			}
		}
	}
	if diff := gocmp.Diff(drifted, worldOf(t, p.tg)); diff != "" {
		t.Error(diff)
	}

	// Ann leaves: somebody makes her active by hand, and that is not kept.
	p.gone(1)
	p.must()
	ids := idsOf(t, p.tg)
	held, _ := p.tg.Read(t.Context())
	before := held.Users[identity.Key(ids["ann@x"])]
	after := before
	after.Active = true
	if before.Active {
		t.Fatal("ann has left, and is active")
	}
	if err := p.tg.UpdateUser(t.Context(), ids["ann@x"], before, after); err != nil {
		t.Fatal(err)
	}
	rep := p.must()
	if len(rep.Plan.Users) != 1 || !slices.ContainsFunc(rep.Drift, func(d report.Drift) bool { return d.What == "activated" && !d.Kept }) {
		t.Errorf("%q, %+v", drifts(rep), rep.Plan.Users)
	}

	// Then the operator has it repaired.
	p.set = nil
	rep = p.must()
	if rep.Plan.Empty() {
		t.Error("nothing is repaired")
	}
	if rep = p.must(); !rep.Plan.Empty() || len(rep.Drift) > 0 {
		t.Errorf("%q", drifts(rep))
	}
}

// What was deleted by hand is made again, or stays away.
func TestADeletedGroupAndUser(t *testing.T) {
	for _, keep := range []bool{false, true} {
		p := newPlace(t)
		p.set = func(r *reconcile.Reconciler) { r.KeepDrift = keep }
		p.must()
		ids := idsOf(t, p.tg)
		if err := p.tg.DeleteGroup(t.Context(), ids["dev@x"]); err != nil {
			t.Fatal(err)
		}
		if err := p.tg.DeleteUser(t.Context(), ids["di@x"]); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			rep := p.must()
			if got := drifts(rep); keep && !slices.Equal(got, []string{"group dev@x  deleted > kept:true", "user di@x  deleted > kept:true"}) {
				t.Errorf("kept: %q", got)
			}
		}
		w := worldOf(t, p.tg)
		_, user := w.Users[gen.UserID(4)]
		_, group := w.Members[gen.GroupID(1)]
		if user == keep || group == keep {
			t.Errorf("keep %v: user there %v, group there %v", keep, user, group)
		}
	}
}

// A killed run's own writes are nobody else's.
func TestAKilledRunIsNoDrift(t *testing.T) {
	synctest.Test(t, aKilledRun)
}

func aKilledRun(t *testing.T) {
	t.Helper()
	p := newPlace(t)
	p.must()
	ledger := slices.Clone(p.disk.files[reconcile.LedgerFile])
	p.gone(4)
	time.Sleep(time.Second) // runs of one millisecond have no order
	p.must()
	// It was killed before its end was written down.
	log := p.disk.files[reconcile.JournalFile]
	lines := slices.Collect(splitLines(log))
	p.disk.files[reconcile.JournalFile] = join(lines[:len(lines)-3])
	p.disk.files[reconcile.LedgerFile] = ledger
	p.dir = town() // she is back at once
	rep, err := p.run()
	if err != nil || rep.Plan.Empty() || len(rep.Drift) > 0 {
		t.Errorf("%v: %q, %+v", err, drifts(rep), rep.Plan)
	}
	if sum := p.verify(); len(sum.Killed) != 1 {
		t.Errorf("%+v", sum)
	}
}
