package iic_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"ssosync/internal/identity"
)

// Whatever paths the service takes, a user becomes what was wanted, and the
// second user in as few requests as there can be.
func TestUpdateTurnsBeforeIntoAfter(t *testing.T) {
	value := rapid.SampledFrom([]string{"", "", "a", "b", "c"})
	required := rapid.SampledFrom([]string{"a", "b", "c"})
	rapid.Check(t, func(rt *rapid.T) {
		before, after := anyUser(value).Draw(rt, "before"), anyUser(value).Draw(rt, "after")
		for _, u := range []*identity.User{&before, &after} {
			u.UserName, u.GivenName, u.FamilyName, u.DisplayName = required.Draw(rt, "u"), required.Draw(rt, "g"), required.Draw(rt, "f"), required.Draw(rt, "d")
			u.ProfileURL = ""
		}
		dotted, listed, urn := rapid.Bool().Draw(rt, "no dotted"), rapid.Bool().Draw(rt, "no whole list"), rapid.IntRange(0, 2).Draw(rt, "no urn")
		merge := rapid.Bool().Draw(rt, "merge")
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.merge = merge
			f.refusePath = func(path string, value any) bool {
				_, list := value.([]any)
				isURN := strings.HasPrefix(path, "urn:")
				return dotted && strings.HasPrefix(path, "name.") || listed && list ||
					urn == 1 && isURN && !strings.HasSuffix(path, ":User") || urn == 2 && isURN
			}
			tg := f.target()
			id, err := tg.CreateUser(t.Context(), before)
			if err != nil {
				t.Fatal(err)
			}
			twin := before
			twin.ExternalID, twin.UserName, twin.Email = before.ExternalID+"2", before.UserName+"2", ""
			twinID, err := tg.CreateUser(t.Context(), twin)
			if err != nil {
				t.Fatal(err)
			}
			if err := tg.UpdateUser(t.Context(), id, before, after); err != nil {
				t.Fatal(err)
			}
			held, err := tg.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			diff(t, after, held.Users[identity.Key(id)])
			if merge || urn != 0 {
				return // a removal may need another form than the last one that worked
			}
			n := f.counts["PATCH Users"]
			then := after
			then.ExternalID, then.UserName, then.Email = twin.ExternalID, twin.UserName, twin.Email
			if err := tg.UpdateUser(t.Context(), twinID, twin, then); err != nil {
				t.Fatal(err)
			}
			want := n + 1
			if then == twin {
				want = n
			}
			diff(t, want, f.counts["PATCH Users"])
		})
	})
}

func TestAFormThatWorkedIsRemembered(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.refusePath = func(path string, _ any) bool { return strings.HasPrefix(path, "name.") }
		ids := f.seed(2)
		tg := f.target()
		rename := func(i int) int {
			n := f.counts["PATCH Users"]
			after := person(i)
			after.FamilyName, after.Title = "New", "Boss"
			if err := tg.UpdateUser(t.Context(), ids[i], person(i), after); err != nil {
				t.Fatal(err)
			}
			return f.counts["PATCH Users"] - n
		}
		diff(t, 4, rename(0)) // both, the name, its other form, the title
		diff(t, 1, rename(1))
		diff(t, "New", f.users[ids[1]]["name"].(map[string]any)["familyName"])
		diff(t, "U", f.users[ids[1]]["name"].(map[string]any)["givenName"])
	})
}

// One attribute that the service will not have must not keep a leaver active.
func TestARefusedPartStopsNoOther(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.refusePath = func(path string, _ any) bool { return path == "locale" }
		f.ignorePath = func(path string) bool { return strings.HasPrefix(path, "roles") }
		ids := f.seed(2)
		after := person(0)
		after.Active, after.Locale, after.Title, after.Role = false, "xx", "Boss", "dev"
		err := f.target().UpdateUser(t.Context(), ids[0], person(0), after)
		if !errors.Is(err, identity.ErrRejected) || !strings.Contains(err.Error(), "locale: scim:PatchUser: 400 ValidationException") ||
			!strings.Contains(err.Error(), "roles: scim:PatchUser: the service answered well, but did not change it") {
			t.Errorf("got %v", err)
		}
		diff(t, false, f.users[ids[0]]["active"].(bool))
		diff(t, "Boss", f.users[ids[0]]["title"].(string))
		n := f.counts["PATCH Users"]
		after = person(1)
		after.Locale = "xx"
		if err := f.target().UpdateUser(t.Context(), ids[1], person(1), after); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v", err)
		}
		diff(t, 1, f.counts["PATCH Users"]-n) // there is no other form to try
	})
}

func TestANameThatIsTakenIsNamedAndStopsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(2)
		tg := f.target()
		if _, err := tg.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := person(0)
		after.UserName, after.Active = "U1@Example.com", false
		err := tg.UpdateUser(t.Context(), ids[0], person(0), after)
		if !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), `user name "U1@Example.com" is taken by user `+ids[1]) {
			t.Errorf("got %v", err)
		}
		diff(t, false, f.users[ids[0]]["active"].(bool))
		n := f.counts["PATCH Users"]
		after = person(0)
		after.Email = "u1@example.com"
		err = tg.UpdateUser(t.Context(), ids[0], person(0), after)
		if !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), `e-mail address "u1@example.com" is taken by user `+ids[1]) {
			t.Errorf("got %v", err)
		}
		diff(t, 1, f.counts["PATCH Users"]-n)
	})
}

// A PATCH whose answer was lost is sent again, and a service may then refuse to
// remove what is not there.
func TestALostPatchConverges(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		tg := f.target()
		id, err := tg.CreateUser(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		f.after = func(op string, n int) int {
			if op == "PATCH Users" && n == 1 {
				return 599
			}
			return 0
		}
		f.before = func(op string, n int) int {
			if op == "PATCH Users" && n > 1 {
				return 400
			}
			return 0
		}
		after := ann
		after.Title = ""
		if err := tg.UpdateUser(t.Context(), id, ann, after); err != nil {
			t.Error(err)
		}
		diff(t, nil, f.users[id]["title"])
	})
}

func TestWhatCannotBeUpdated(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		tg := f.target()
		if err := tg.UpdateUser(t.Context(), "gone", ann, person(1)); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		diff(t, 1, len(f.ops))
		if err := tg.UpdateUser(t.Context(), "x", ann, identity.User{}); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v, want ErrRejected", err)
		}
		if _, err := tg.CreateUser(t.Context(), identity.User{}); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v, want ErrRejected", err)
		}
		if _, err := tg.CreateGroup(t.Context(), identity.Group{}, nil); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v, want ErrRejected", err)
		}
		if err := tg.UpdateGroup(t.Context(), "x", identity.GroupPatch{Name: new("")}); !errors.Is(err, identity.ErrRejected) {
			t.Errorf("got %v, want ErrRejected", err)
		}
		diff(t, 1, len(f.ops))
	})
}
