package memory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/identity"
	"ssosync/internal/target/memory"
	"ssosync/internal/target/targettest"
)

func TestTarget(t *testing.T) {
	targettest.Run(t, func(*testing.T) targettest.Target { return &memory.Target{} })
	targettest.Run(t, func(*testing.T) targettest.Target { return &memory.Target{Clock: time.Now} })
}

// What is assigned is what the test says, of what is there.
func TestAccess(t *testing.T) {
	tg := &memory.Target{}
	ann, err := tg.CreateUser(t.Context(), targettest.Ann())
	if err != nil {
		t.Fatal(err)
	}
	eng, err := tg.CreateGroup(t.Context(), identity.Group{Name: "Eng"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := tg.Access(t.Context(), identity.KindGroup, eng); err != nil || a.Assignments != nil || a.Applications != nil {
		t.Errorf("nothing was seeded: %+v, %v", a, err)
	}
	admin := identity.Access{Assignments: []identity.Assignment{{PermissionSet: "Admin", Account: "111122223333"}}}
	broken := errors.New("broken")
	tg.Behind = func(kind identity.Kind, id string) (identity.Access, error) {
		if kind == identity.KindGroup && id == eng {
			return admin, nil
		}
		return identity.Access{}, broken
	}
	got, err := tg.Access(t.Context(), identity.KindGroup, eng)
	if diff := cmp.Diff(admin, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if _, err := tg.Access(t.Context(), identity.KindUser, ann); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for id, kind := range map[string]identity.Kind{"U9": identity.KindUser, ann: identity.KindGroup, eng: identity.KindUser} {
		if _, err := tg.Access(t.Context(), kind, id); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("%s %s: got %v", kind, id, err)
		}
	}
}

// The clock is asked about attributes, and not about who is in a group: AWS does
// not document that it would be.
func TestWhenSomethingChanged(t *testing.T) {
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.FixedZone("", 2*60*60))
	tg := &memory.Target{Clock: func() time.Time {
		now = now.Add(time.Minute)
		return now
	}}
	ann, err := tg.CreateUser(t.Context(), targettest.Ann())
	if err != nil {
		t.Fatal(err)
	}
	eng, err := tg.CreateGroup(t.Context(), identity.Group{Name: "Eng"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, user, group string) {
		t.Helper()
		held, err := tg.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		u, g := held.Records.Users[identity.Key(ann)], held.Records.Groups[identity.Key(eng)]
		if u.UpdatedAt != user || g.UpdatedAt != group || u.ID != ann || g.ID != eng {
			t.Errorf("%s: %+v, %+v", what, u, g)
		}
	}
	check("made", "2026-03-01T00:01:00Z", "2026-03-01T00:02:00Z")
	name := "Engineers"
	for _, p := range []identity.GroupPatch{{Join: []string{ann}}, {Name: &name, Leave: []string{ann}}} {
		if err := tg.UpdateGroup(t.Context(), eng, p); err != nil {
			t.Fatal(err)
		}
	}
	check("renamed once", "2026-03-01T00:01:00Z", "2026-03-01T00:03:00Z")
	after := targettest.Ann()
	after.Title = "Chief"
	if err := tg.UpdateUser(t.Context(), ann, targettest.Ann(), after); err != nil {
		t.Fatal(err)
	}
	check("promoted", "2026-03-01T00:04:00Z", "2026-03-01T00:03:00Z")
}
