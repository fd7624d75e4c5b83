package bucket

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
)

// firstLoad is the plan of so many users, in groups of fifty, each in five.
func firstLoad(users int) plan.Plan {
	want := identity.NewState()
	for u := range users {
		key := identity.Key(fmt.Sprintf("%021d", u))
		name := fmt.Sprintf("user.%05d@example.com", u)
		want.Users[key] = identity.User{UserName: name, Active: true, Email: name, DisplayName: "User Number " + fmt.Sprint(u), GivenName: "User", FamilyName: "Number " + fmt.Sprint(u)}
		for g := range 5 {
			group := identity.Key(fmt.Sprintf("group-%05d", (u/50+g)%(users/10)))
			want.Groups[group] = identity.Group{Name: string(group)}
			want.Members[identity.Membership{Group: group, User: key}] = true
		}
	}
	return plan.Build(want, identity.Held{}, nil)
}

// write writes down a run as the journal does: intentions first, then a result
// for each request, of which there are twenty a second, fifty memberships in one.
func write(t *testing.T, b *Bucket, p plan.Plan, at time.Time) journal.Head {
	t.Helper()
	log, err := b.OpenLog(journalName)
	must(t, err)
	existing, err := b.ReadLog(journalName)
	must(t, err)
	w, err := journal.Open(log, existing)
	must(t, err)
	must(t, existing.Close())
	id, err := journal.NewID(at)
	must(t, err)
	must(t, w.Begin(journal.Run{ID: id, Kind: journal.Sync, Changes: p.Size()}))
	if !p.Empty() {
		must(t, w.Intend(p))
	}
	for _, c := range p.Users {
		must(t, w.Result(apply.Result{Op: apply.Op(c.Op), User: c.Key, ID: "11111111-2222-3333-4444-555555555555"}))
		time.Sleep(50 * time.Millisecond)
	}
	for _, c := range p.Groups {
		must(t, w.Result(apply.Result{Op: apply.Op(c.Op), Group: c.Key, ID: "11111111-2222-3333-4444-555555555555"}))
		time.Sleep(50 * time.Millisecond)
	}
	for i, m := range p.Join {
		must(t, w.Result(apply.Result{Op: apply.Join, User: m.User, Group: m.Group}))
		if i%50 == 0 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	must(t, w.End(journal.End{Outcome: "done"}))
	head := w.Head()
	must(t, w.Close())
	return head
}

// TestWhatAJournalCosts counts the writes of a first load of 1,000 users with
// 5,000 memberships, and of runs without changes after it.
func TestWhatAJournalCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		b := open(t, f)
		p := firstLoad(1000)
		began := time.Now()
		head := write(t, b, p, began)
		took := time.Since(began).Round(time.Second)
		size := 0
		for _, key := range f.keys() {
			size += len(f.get(t, key))
		}
		t.Logf("%d changes in %v: %d writes, %d segments, %d bytes", p.Size(), took, f.written(), len(f.keys()), size)
		if most := 6 + int(took/time.Second); f.written() > most {
			t.Errorf("%d writes, more than %d", f.written(), most)
		}
		puts := f.written()
		for range 10 {
			time.Sleep(15 * time.Minute)
			head = write(t, b, plan.Plan{}, time.Now())
		}
		if f.written()-puts != 10 {
			t.Errorf("ten runs without changes cost %d writes", f.written()-puts)
		}
		r, err := b.ReadLog(journalName)
		must(t, err)
		sum, err := journal.Verify(r, head)
		if err != nil || sum.Head != head || sum.Runs != 11 || len(sum.Killed) != 0 {
			t.Errorf("%+v, %v, want %+v", sum, err, head)
		}
		must(t, r.Close())
	})
}
