package apply_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// fill puts a state into a target, and returns it as the target holds it, but
// under the state's keys.
func fill(t interface{ Fatal(...any) }, tg *memory.Target, s identity.State) identity.Held {
	held := identity.NewHeld()
	held.State = s
	for _, k := range slices.Sorted(maps.Keys(s.Users)) {
		u := s.Users[k]
		u.Manager = ""
		id, err := tg.CreateUser(context.Background(), u)
		if err != nil {
			t.Fatal(err)
		}
		held.Records.Users[k] = identity.Record{ID: id}
	}
	for k, u := range s.Users {
		if u.Manager != "" {
			before, after := u, u
			before.Manager, after.Manager = "", held.Records.Users[identity.Key(u.Manager)].ID
			if err := tg.UpdateUser(context.Background(), held.Records.Users[k].ID, before, after); err != nil {
				t.Fatal(err)
			}
		}
	}
	for k, g := range s.Groups {
		var members []string
		for m := range s.Members {
			if m.Group == k {
				members = append(members, held.Records.Users[m.User].ID)
			}
		}
		id, err := tg.CreateGroup(context.Background(), g, members)
		if err != nil {
			t.Fatal(err)
		}
		held.Records.Groups[k] = identity.Record{ID: id}
	}
	return held
}

// byExternalID returns what a target holds in words that do not depend on its
// ids.
func byExternalID(t interface{ Fatal(...any) }, tg *memory.Target) identity.State {
	held, err := tg.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := identity.NewState()
	for _, u := range held.Users {
		if u.Manager != "" {
			u.Manager = held.Users[identity.Key(u.Manager)].ExternalID
		}
		s.Users[identity.Key(u.ExternalID)] = u
	}
	for _, g := range held.Groups {
		s.Groups[identity.Key(g.ExternalID)] = g
	}
	for m := range held.Members {
		s.Members[identity.Membership{Group: identity.Key(held.Groups[m.Group].ExternalID), User: identity.Key(held.Users[m.User].ExternalID)}] = true
	}
	return s
}

// Whatever the two states, with names that are swapped, passed on and freed,
// and people who manage each other: one run gives the wanted state, and each
// object keeps its id.
func TestRunGivesTheWantedState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		want, before := gen.State(t), gen.State(t)
		// A name that somebody gives up by being deleted is free only in the
		// next run: policy sees to that.
		for k, u := range before.Users {
			if _, ok := want.Users[k]; !ok {
				u.UserName, u.Email = "leaving-"+u.UserName, "leaving-"+u.UserName
				before.Users[k] = u
			}
		}
		for k, g := range before.Groups {
			if _, ok := want.Groups[k]; !ok {
				g.Name = "leaving " + g.Name
				before.Groups[k] = g
			}
		}
		have := fill(t, tg, before)
		p := plan.Build(want, have, nil)
		told := 0
		results := apply.Run(context.Background(), tg, p, apply.Options{Width: rapid.IntRange(1, 5).Draw(t, "width"), Done: func(apply.Result) { told++ }})
		if len(results) != p.Size() || told != p.Size() {
			t.Fatalf("%d results, told %d times, for %d changes", len(results), told, p.Size())
		}
		for _, r := range results {
			if r.Err != nil || r.Op == "" || r.Name == "" {
				t.Fatalf("%+v: %v", r, r.Err)
			}
		}
		if diff := cmp.Diff(want, byExternalID(t, tg)); diff != "" {
			t.Fatal(diff)
		}
		held, _ := tg.Read(context.Background())
		for k, rec := range have.Records.Users {
			if u, ok := held.Users[identity.Key(rec.ID)]; ok && u.ExternalID != string(k) {
				t.Errorf("%s became %s", k, u.ExternalID)
			}
		}
	})
}

// With writes failing at random, every change has a result, those that did not
// fail are done, and doing it again a few times gives the wanted state.
func TestFailuresStopOnlyWhatRestsOnThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		want, before := gen.State(t), identity.NewState()
		have := fill(t, tg, before)
		told := 0
		var mu sync.Mutex
		n, every := 0, rapid.IntRange(2, 5).Draw(t, "every")
		tg.Fail = func(string, string) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n%every == 0 {
				return errors.New("out of order")
			}
			return nil
		}
		results := apply.Run(context.Background(), tg, plan.Build(want, have, nil), apply.Options{Width: 3, Done: func(apply.Result) { told++ }})
		got := byExternalID(t, tg)
		if told != len(results) {
			t.Errorf("told %d times of %d results", told, len(results))
		}
		for _, r := range results {
			var done bool
			switch {
			case r.Op == apply.Join:
				done = got.Members[identity.Membership{Group: r.Group, User: r.User}]
			case r.User != "":
				_, done = got.Users[r.User]
			default:
				_, done = got.Groups[r.Group]
			}
			switch {
			case r.Err == nil && !done:
				t.Errorf("%+v is not done", r)
			case errors.Is(r.Err, apply.ErrSkipped) && r.Op != apply.Join && r.Op != apply.Create:
				t.Errorf("%+v rests on nothing", r)
			}
		}
	})
}

// One user who cannot be created costs nobody else anything.
func TestOneRejectedUser(t *testing.T) {
	tg := &memory.Target{Fail: func(op, object string) error {
		if op == "create user" && object == "b@example.com" {
			return identity.ErrRejected
		}
		return nil
	}}
	want := identity.NewState()
	for _, k := range []identity.Key{"a", "b", "c"} {
		want.Users[k] = identity.User{ExternalID: string(k), UserName: string(k) + "@example.com", Manager: "b"}
		want.Members[identity.Membership{Group: "g", User: k}] = true
	}
	b := want.Users["b"]
	b.Manager = ""
	want.Users["b"] = b
	want.Groups["g"] = identity.Group{ExternalID: "g", Name: "G"}
	results := apply.Run(t.Context(), tg, plan.Build(want, identity.NewHeld(), nil), apply.Options{})
	got := map[string]string{}
	for _, r := range results {
		got[string(r.Op)+" "+r.Name] = fmt.Sprint(r.Err)
	}
	if diff := cmp.Diff(map[string]string{
		"create a@example.com": "set manager: skipped: b@example.com does not exist, because creating it did not work",
		"create b@example.com": "rejected",
		"create c@example.com": "set manager: skipped: b@example.com does not exist, because creating it did not work",
		"create G":             "<nil>", "join a@example.com": "<nil>", "join c@example.com": "<nil>",
		"join b@example.com": "skipped: b@example.com does not exist, because creating it did not work",
	}, got); diff != "" {
		t.Error(diff)
	}
	if s := byExternalID(t, tg); len(s.Users) != 2 || len(s.Members) != 2 {
		t.Errorf("got %+v", s)
	}
}

// Deactivations and leaves come before everything else, deletions after.
func TestAccessIsTakenBeforeItIsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		want, before := gen.State(t), gen.State(t)
		have := fill(t, tg, before)
		p := plan.Build(want, have, nil)
		var ops []apply.Result
		apply.Run(context.Background(), tg, p, apply.Options{Width: 1, Done: func(r apply.Result) { ops = append(ops, r) }})
		granted, deleted := false, false
		renames := map[identity.Key]bool{}
		for _, c := range p.Users {
			renames[c.Key] = c.Before.UserName != c.After.UserName || c.Before.Manager != c.After.Manager // deactivated first, reported last
		}
		losing := map[identity.Key]bool{}
		for _, m := range p.Leave {
			losing[m.Group] = true
		}
		for _, r := range ops {
			switch {
			case r.Op == apply.Leave || r.Op == apply.Deactivate && !renames[r.User]:
				if granted || deleted {
					t.Fatalf("%+v comes after something was given: %+v", r, ops)
				}
			case r.Op == apply.Delete:
				deleted = true
			case r.Op == apply.Deactivate, losing[r.Group]: // rides along with those who leave
			default:
				granted = true
				if deleted {
					t.Fatalf("%+v comes after something was deleted", r)
				}
			}
		}
	})
}

// When somebody is renamed and deactivated at once, they are deactivated first.
func TestDeactivationDoesNotWaitForARename(t *testing.T) {
	tg := &memory.Target{}
	before := identity.State{Users: map[identity.Key]identity.User{"a": {ExternalID: "a", UserName: "a", Active: true}}}
	have := fill(t, tg, before)
	want := identity.State{Users: map[identity.Key]identity.User{"a": {ExternalID: "a", UserName: "z"}, "b": {ExternalID: "b", UserName: "b"}}}
	writes := len(tg.Writes())
	apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{Width: 1})
	got := tg.Writes()[writes:]
	if len(got) != 3 || got[0] != "update user U1" {
		t.Errorf("got %q", got)
	}
	if s := byExternalID(t, tg); s.Users["a"].Active || s.Users["a"].UserName != "z" {
		t.Errorf("got %+v", s)
	}
}

// A swap takes one request more than there are names; a chain takes none.
func TestRequestsForRenames(t *testing.T) {
	for _, c := range []struct {
		from, to string
		writes   int
	}{{"abc", "bcd", 3}, {"ab", "ba", 3}, {"abc", "bca", 4}, {"abcd", "badc", 6}, {"ab", "AB", 2}} {
		tg := &memory.Target{}
		before, want := identity.NewState(), identity.NewState()
		for i := range c.from {
			k := identity.Key(fmt.Sprint("k", i))
			before.Groups[k] = identity.Group{ExternalID: string(k), Name: "g" + c.from[i:i+1]}
			want.Groups[k] = identity.Group{ExternalID: string(k), Name: "g" + c.to[i:i+1]}
		}
		have := fill(t, tg, before)
		n := len(tg.Writes())
		for _, r := range apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{}) {
			if r.Err != nil {
				t.Errorf("%s to %s: %v", c.from, c.to, r.Err)
			}
		}
		if got := len(tg.Writes()) - n; got != c.writes {
			t.Errorf("%s to %s: %d writes, want %d", c.from, c.to, got, c.writes)
		}
		if diff := cmp.Diff(want, byExternalID(t, tg)); diff != "" {
			t.Error(diff)
		}
	}
}

// One request for each group, whatever happens to it.
func TestRequestsForGroups(t *testing.T) {
	tg := &memory.Target{}
	before := identity.NewState()
	for i := range 4 {
		k := identity.Key(fmt.Sprint("u", i))
		before.Users[k] = identity.User{ExternalID: string(k), UserName: string(k)}
	}
	before.Groups["g"] = identity.Group{ExternalID: "g", Name: "old"}
	before.Members[identity.Membership{Group: "g", User: "u0"}] = true
	want := before.Clone()
	want.Groups["g"] = identity.Group{ExternalID: "g", Name: "new"}
	want.Groups["h"] = identity.Group{ExternalID: "h", Name: "made"}
	delete(want.Members, identity.Membership{Group: "g", User: "u0"})
	for _, m := range []identity.Membership{{Group: "g", User: "u1"}, {Group: "g", User: "u2"}, {Group: "h", User: "u3"}} {
		want.Members[m] = true
	}
	have := fill(t, tg, before)
	n := len(tg.Writes())
	apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{})
	if got := tg.Writes()[n:]; len(got) != 2 {
		t.Errorf("got %q, want one request for each group", got)
	}
	if diff := cmp.Diff(want, byExternalID(t, tg)); diff != "" {
		t.Error(diff)
	}
}

// slow is a target whose writes take a second each.
type slow struct {
	*memory.Target
	mu         sync.Mutex
	begun, cut int
}

func (s *slow) CreateUser(ctx context.Context, u identity.User) (string, error) {
	s.mu.Lock()
	s.begun++
	s.mu.Unlock()
	select {
	case <-time.After(time.Second):
		return s.Target.CreateUser(ctx, u)
	case <-ctx.Done():
		s.mu.Lock()
		s.cut++
		s.mu.Unlock()
		return "", ctx.Err()
	}
}

// After the context ends nothing is begun, what is under way may end within
// the grace, and what is not done says so.
func TestStopping(t *testing.T) {
	for _, c := range []struct {
		grace time.Duration
		cut   int
	}{{2 * time.Second, 0}, {100 * time.Millisecond, 2}} {
		synctest.Test(t, func(t *testing.T) {
			want := identity.NewState()
			for i := range 10 {
				k := identity.Key(fmt.Sprint("u", i))
				want.Users[k] = identity.User{ExternalID: string(k), UserName: string(k)}
				want.Members[identity.Membership{Group: "g", User: k}] = true
			}
			want.Groups["g"] = identity.Group{ExternalID: "g", Name: "g"}
			tg := &slow{Target: &memory.Target{}}
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			start := time.Now()
			results := apply.Run(ctx, tg, plan.Build(want, identity.NewHeld(), nil), apply.Options{Width: 2, Grace: c.grace})
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("it took %v to stop", took)
			}
			skippedOnes := 0
			for _, r := range results {
				if errors.Is(r.Err, apply.ErrSkipped) && strings.Contains(r.Err.Error(), "the run was stopped") {
					skippedOnes++
				}
			}
			if tg.begun != 4 || tg.cut != c.cut || skippedOnes != len(results)-4 {
				t.Errorf("grace %v: %d begun, %d cut, %d of %d skipped", c.grace, tg.begun, tg.cut, skippedOnes, len(results))
			}
		})
	}
}

// Nothing is begun when the context has ended before, and every change says so.
func TestNothingIsBegunAfterTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		want, before := gen.State(t), gen.State(t)
		p := plan.Build(want, fill(t, tg, before), nil)
		n := len(tg.Writes())
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		told := 0
		results := apply.Run(ctx, tg, p, apply.Options{Done: func(apply.Result) { told++ }})
		if len(tg.Writes()) != n || told != p.Size() || len(results) != told {
			t.Errorf("%d results, told %d times, %q", len(results), told, tg.Writes()[n:])
		}
		for i, r := range results {
			if !errors.Is(r.Err, apply.ErrSkipped) || !errors.Is(r.Err, apply.ErrStopped) || r.Name == "" || r.Op == "" {
				t.Errorf("%+v", r)
			}
			if i < len(p.Users) && r.User != p.Users[i].Key {
				t.Errorf("result %d is about %s, not %s", i, r.User, p.Users[i].Key)
			}
		}
	})
}

// stubborn keeps its groups' names, and takes no ghosts.
type stubborn struct{ *memory.Target }

func (s stubborn) UpdateGroup(ctx context.Context, id string, p identity.GroupPatch) error {
	p.Name = nil
	return errors.Join(identity.ErrConflict, s.Target.UpdateGroup(ctx, id, p))
}

// A group that cannot be renamed still gets its members, and each failure is
// told where it belongs.
func TestARefusedNameDoesNotHideRefusedMembers(t *testing.T) {
	tg := &memory.Target{}
	before := identity.NewState()
	before.Groups["g"] = identity.Group{ExternalID: "g", Name: "old"}
	before.Users["a"], before.Users["b"] = identity.User{ExternalID: "a", UserName: "a"}, identity.User{ExternalID: "b", UserName: "b"}
	have := fill(t, tg, before)
	if err := tg.DeleteUser(t.Context(), have.Records.Users["b"].ID); err != nil {
		t.Fatal(err)
	}
	want := before.Clone()
	want.Groups["g"] = identity.Group{ExternalID: "g", Name: "new"}
	want.Members[identity.Membership{Group: "g", User: "a"}] = true
	want.Members[identity.Membership{Group: "g", User: "b"}] = true
	got := map[string]string{}
	for _, r := range apply.Run(t.Context(), stubborn{tg}, plan.Build(want, have, nil), apply.Options{}) {
		got[string(r.Op)+" "+r.Name] = fmt.Sprint(r.Err)
	}
	if diff := cmp.Diff(map[string]string{"update new": "conflict", "join a": "<nil>", "join b": "not found"}, got); diff != "" {
		t.Error(diff)
	}
}
