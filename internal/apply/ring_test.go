package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// org returns people and who manages them, such as "a:b b:a".
func org(managers string) identity.State {
	s := identity.NewState()
	for pair := range strings.FieldsSeq(managers) {
		who, boss, _ := strings.Cut(pair, ":")
		s.Users[identity.Key(who)] = identity.User{ExternalID: who, UserName: who, Manager: boss}
	}
	return s
}

func TestManagers(t *testing.T) {
	for _, c := range []struct {
		name, before, want string
		writes             int
	}{
		{"a chain", "", "a:b b:c c:", 3},
		{"two who manage each other", "", "a:b b:a", 4},
		{"a ring, those below it, and others", "", "a:b b:c c:a d:a e:d f:", 9},
		{"two rings", "", "a:b b:a c:d d:c e:c", 9},
		{"a new manager of somebody", "a:", "a:b b:", 2},
		{"a new manager below somebody", "a:", "a: b:a", 1},
		{"old people in a ring", "a: b:", "a:b b:a", 2},
		{"a ring of old and new", "a:", "a:b b:a", 2},
		{"a manager who goes", "a:b b:", "a:", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			tg := &memory.Target{}
			have := fill(t, tg, org(c.before))
			n := len(tg.Writes())
			results := apply.Run(t.Context(), tg, plan.Build(org(c.want), have, nil), apply.Options{Width: 2})
			for _, r := range results {
				if r.Err != nil || r.ID == "" {
					t.Errorf("%+v", r)
				}
			}
			if got := len(tg.Writes()) - n; got != c.writes {
				t.Errorf("%d writes, want %d: %q", got, c.writes, tg.Writes()[n:])
			}
			got := byExternalID(t, tg).Users
			for key, u := range org(c.want).Users {
				if got[key] != u {
					t.Errorf("%s is %+v", key, got[key])
				}
			}
		})
	}
}

// lazy is a target whose user writes take a second each.
type lazy struct{ *memory.Target }

func (l lazy) CreateUser(ctx context.Context, u identity.User) (string, error) {
	time.Sleep(time.Second)
	return l.Target.CreateUser(ctx, u)
}

func (l lazy) UpdateUser(ctx context.Context, id string, before, after identity.User) error {
	time.Sleep(time.Second)
	return l.Target.UpdateUser(ctx, id, before, after)
}

// The managers in a ring are set as soon as the ring exists, at the pace of
// updates: others are still being created.
func TestARingWaitsForItselfOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tg := lazy{&memory.Target{}}
		start := time.Now()
		for _, r := range apply.Run(t.Context(), tg, plan.Build(org("a:b b:a c: d: e: f:"), identity.NewHeld(), nil), apply.Options{Width: 1}) {
			if r.Err != nil {
				t.Errorf("%+v", r)
			}
		}
		if took := time.Since(start); took != 6*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Sixteen at a time, unless told otherwise; and what is under way has most of a
// second to end.
func TestDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var managers strings.Builder
		for i := range 33 {
			fmt.Fprintf(&managers, "u%02d: ", i)
		}
		start := time.Now()
		p := plan.Build(org(managers.String()), identity.NewHeld(), nil)
		apply.Run(t.Context(), lazy{&memory.Target{}}, p, apply.Options{})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		for rest, cut := range map[time.Duration]int{850 * time.Millisecond: 0, 950 * time.Millisecond: 16} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second-rest)
			tg := &slow{Target: &memory.Target{}}
			apply.Run(ctx, tg, p, apply.Options{})
			cancel()
			if tg.cut != cut {
				t.Errorf("%d are cut, want %d", tg.cut, cut)
			}
		}
	})
}

// Somebody in a ring who cannot be created is reported once, with the reason;
// the others are made, and lack a manager.
func TestARingWithARejectedOne(t *testing.T) {
	tg := &memory.Target{Fail: func(op, object string) error {
		if op == "create user" && object == "b" {
			return identity.ErrRejected
		}
		return nil
	}}
	told := 0
	results := apply.Run(t.Context(), tg, plan.Build(org("a:b b:c c:a"), identity.NewHeld(), nil), apply.Options{Done: func(apply.Result) { told++ }})
	if told != 3 {
		t.Errorf("told %d times", told)
	}
	for _, r := range results {
		want := map[identity.Key]string{
			"a": "set manager: skipped: b does not exist, because creating it did not work", "b": "rejected", "c": "<nil>",
		}[r.User]
		if got := fmt.Sprint(r.Err); got != want || r.User == "b" && !errors.Is(r.Err, identity.ErrRejected) {
			t.Errorf("%s: %s, want %s", r.User, got, want)
		}
	}
	held, _ := tg.Read(t.Context())
	for _, u := range held.Users {
		if _, ok := held.Users[identity.Key(u.Manager)]; u.Manager != "" && !ok {
			t.Errorf("%s is managed by %q, which is nobody's id", u.UserName, u.Manager)
		}
	}
	if got := byExternalID(t, tg).Users; len(got) != 2 || got["c"].Manager != "a" || got["a"].Manager != "" {
		t.Errorf("%+v", got)
	}
}

// Who is missing in a small group is created before who is missing in a big
// one, and those in no group come last.
func TestGroupsAreCompletedSoon(t *testing.T) {
	tg := &memory.Target{}
	want := org("a: b: c: d: e: f: z:")
	for g, members := range map[identity.Key]string{"g1": "b c d", "g2": "z e", "g3": "f"} {
		want.Groups[g] = identity.Group{ExternalID: string(g), Name: string(g)}
		for u := range strings.FieldsSeq(members) {
			want.Members[identity.Membership{Group: g, User: identity.Key(u)}] = true
		}
	}
	apply.Run(t.Context(), tg, plan.Build(want, identity.NewHeld(), nil), apply.Options{Width: 1})
	var order []string
	for _, w := range tg.Writes() {
		if name, ok := strings.CutPrefix(w, "create user "); ok {
			order = append(order, name)
		}
	}
	if got, want := strings.Join(order, " "), "f e z b c d a"; got != want {
		t.Errorf("created in the order %s, want %s", got, want)
	}
}

// Nobody is made under a manager who does not exist.
func TestAManagerWhoIsNotMade(t *testing.T) {
	tg := &memory.Target{Fail: func(_, object string) error {
		if object == "boss" {
			return identity.ErrRejected
		}
		return nil
	}}
	apply.Run(t.Context(), tg, plan.Build(org("a:boss boss:"), identity.NewHeld(), nil), apply.Options{})
	held, _ := tg.Read(t.Context())
	if len(held.Users) != 1 || held.Users["U1"].Manager != "" {
		t.Errorf("%+v", held.Users)
	}
	// Who had a manager keeps them instead.
	tg = &memory.Target{Fail: tg.Fail}
	have := fill(t, tg, org("a:b b:"))
	want := org("a:boss b: boss:")
	a := want.Users["a"]
	a.Title = "Boss"
	want.Users["a"] = a
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{}) {
		if r.Err == nil {
			t.Errorf("%+v", r)
		}
	}
	if a := byExternalID(t, tg).Users["a"]; a.Manager != "b" || a.Title != "Boss" {
		t.Errorf("%+v", a)
	}
	// Where nothing else changes, there is nothing to write.
	have = fill(t, &memory.Target{}, org("a:b b:"))
	tg = &memory.Target{Fail: tg.Fail}
	apply.Run(t.Context(), tg, plan.Build(org("a:boss b: boss:"), have, nil), apply.Options{})
	if got := tg.Writes(); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	// Where something else fails too, both are told.
	for _, r := range apply.Run(t.Context(), &memory.Target{Fail: tg.Fail}, plan.Build(want, have, nil), apply.Options{}) {
		if r.User == "a" && (!errors.Is(r.Err, identity.ErrNotFound) || !errors.Is(r.Err, apply.ErrSkipped)) {
			t.Errorf("%+v", r)
		}
	}
}

// A manager whom nobody knows any more is no reason not to write the rest.
func TestAManagerOfOldIsLeftAlone(t *testing.T) {
	tg := &memory.Target{}
	have := fill(t, tg, org("a:"))
	u := have.Users["a"]
	u.Manager = "ghost"
	have.Users["a"] = u
	u.Title = "Boss"
	want := identity.State{Users: map[identity.Key]identity.User{"a": u}}
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{}) {
		if r.Err != nil {
			t.Errorf("%+v", r)
		}
	}
	held, _ := tg.Read(t.Context())
	if got := held.Users["U1"]; got.Title != "Boss" || got.Manager != "" {
		t.Errorf("%+v", got)
	}
}

// Who gets a new manager, and more, is written once.
func TestANewManagerRidesAlong(t *testing.T) {
	tg := &memory.Target{}
	have := fill(t, tg, org("a:"))
	want := org("a:b b:")
	a := want.Users["a"]
	a.Title = "Boss"
	want.Users["a"] = a
	apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{})
	if got := strings.Join(tg.Writes(), ", "); got != "create user a, create user b, update user U1" {
		t.Errorf("got %s", got)
	}
	// Who is deactivated does not wait for a manager, but gets them.
	tg = &memory.Target{}
	before := org("a:")
	a.Active, a.Title = true, ""
	a.Manager = ""
	before.Users["a"] = a
	for _, r := range apply.Run(t.Context(), tg, plan.Build(org("a:b b:"), fill(t, tg, before), nil), apply.Options{}) {
		if r.Err != nil {
			t.Errorf("%+v", r)
		}
	}
	if got := byExternalID(t, tg).Users["a"]; got.Active || got.Manager != "b" || tg.Writes()[1] != "update user U1" {
		t.Errorf("%+v, %q", got, tg.Writes())
	}
}
