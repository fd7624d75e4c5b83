package apply_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// A moody target refuses to create some users.
type moody struct {
	apply.Target
	refuses func(n int) bool

	mu    sync.Mutex
	tried int
}

var errMood = errors.New("not today")

func (m *moody) CreateUser(ctx context.Context, u identity.User) (string, error) {
	m.mu.Lock()
	m.tried++
	n := m.tried
	m.mu.Unlock()
	if m.refuses(n) {
		return "", errMood
	}
	return m.Target.CreateUser(ctx, u)
}

func creations(n int) plan.Plan {
	want := identity.NewState()
	for i := range n {
		name := fmt.Sprintf("u%03d@example.com", i)
		want.Users[identity.Key(name)] = identity.User{ExternalID: name, UserName: name, Active: true}
	}
	return plan.Build(want, identity.NewHeld(), nil)
}

func TestARunInWhichEverythingFailsEnds(t *testing.T) {
	for name, c := range map[string]struct {
		refuses func(n int) bool
		budget  int
		tried   int
	}{
		"everything fails":            {func(int) bool { return true }, 0, 20},
		"a budget of its own":         {func(int) bool { return true }, 5, 5},
		"no budget":                   {func(int) bool { return true }, -1, 100},
		"nothing fails":               {func(int) bool { return false }, 5, 100},
		"one of two is done":          {func(n int) bool { return n%2 == 0 }, 5, 100},
		"the first ones fail":         {func(n int) bool { return n <= 4 }, 5, 100},
		"one of nine is done":         {func(n int) bool { return n%9 != 1 }, 5, 100},
		"nine of ten fail, from some": {func(n int) bool { return n != 1 }, 5, 10},
	} {
		t.Run(name, func(t *testing.T) {
			tg := &moody{Target: &memory.Target{}, refuses: c.refuses}
			results := apply.Run(t.Context(), tg, creations(100), apply.Options{Width: 1, Budget: c.budget})
			if tg.tried != c.tried {
				t.Errorf("%d were tried, want %d", tg.tried, c.tried)
			}
			skipped := 0
			for _, r := range results {
				if errors.Is(r.Err, apply.ErrSkipped) {
					skipped++
					if !errors.Is(r.Err, apply.ErrBudget) || errors.Is(r.Err, apply.ErrStopped) {
						t.Errorf("%s is skipped for another reason: %v", r.Name, r.Err)
					}
				}
			}
			if skipped != 100-c.tried {
				t.Errorf("%d are skipped, of %d that were not tried", skipped, 100-c.tried)
			}
		})
	}
}

// A group that cannot be written is one failure, however many leave it: the
// others still lose their access.
func TestAGroupIsOneFailure(t *testing.T) {
	tg := &memory.Target{}
	want := identity.NewState()
	add := func(group string, n int) (id string) {
		g, err := tg.CreateGroup(t.Context(), identity.Group{Name: group}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			u, err := tg.CreateUser(t.Context(), identity.User{UserName: fmt.Sprint(group, i), Active: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := tg.UpdateGroup(t.Context(), g, identity.GroupPatch{Join: []string{u}}); err != nil {
				t.Fatal(err)
			}
		}
		return g
	}
	bad := add("a", 60)
	add("b", 3)
	held, err := tg.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want.Users, want.Groups = held.Users, held.Groups
	p := plan.Build(want, held, nil)
	tg.Fail = func(_, object string) error {
		if object == bad {
			return errMood
		}
		return nil
	}
	failed := 0
	for _, r := range apply.Run(t.Context(), tg, p, apply.Options{Width: 1}) {
		if errors.Is(r.Err, apply.ErrSkipped) {
			t.Fatalf("%s was not tried: %v", r.Name, r.Err)
		}
		if r.Err != nil {
			failed++
		}
	}
	if failed != 60 {
		t.Errorf("%d failed", failed)
	}
}

// What takes access away is tried to the last one, whatever fails.
func TestTheBudgetStopsNoRevocation(t *testing.T) {
	tg := &memory.Target{}
	held, want := identity.NewHeld(), identity.NewState()
	for i := range 60 {
		key := identity.Key(fmt.Sprintf("u%02d", i))
		u := identity.User{UserName: string(key), Active: true}
		id, err := tg.CreateUser(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		held.Users[key], held.Records.Users[key] = u, identity.Record{ID: id}
		u.Active = false
		want.Users[key] = u
	}
	n := 0
	tg.Fail = func(string, string) error {
		if n++; n <= 40 {
			return errMood
		}
		return nil
	}
	done := 0
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, held, nil), apply.Options{Width: 1}) {
		if r.Err == nil {
			done++
		}
	}
	if done != 20 {
		t.Errorf("%d of 20 lost their access", done)
	}
}
