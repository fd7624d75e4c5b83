// Package targettest tests that a target keeps the promises that package apply
// relies upon. Every target runs it; it knows nothing of any of them.
package targettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
)

// A Target can be read as well as written.
type Target interface {
	apply.Target
	Read(ctx context.Context) (identity.Held, error)
}

// Ann is a user with a value for every attribute that every reader can see.
func Ann() identity.User {
	return identity.User{
		ExternalID: "100000000000000000001", UserName: "ann@example.com", GivenName: "Ann", FamilyName: "Ash",
		DisplayName: "Ann Ash", Email: "ann@example.com", Active: true, FormattedName: "Dr. Ann B. Ash Jr.",
		MiddleName: "B.", HonorificPrefix: "Dr.", HonorificSuffix: "Jr.", NickName: "Annie", Title: "Boss",
		UserType: "Employee", PreferredLanguage: "en-GB", Locale: "en-GB", Timezone: "Europe/London",
		Phone: "+44 20 7946 0000", AddressFormatted: "1 High St, London", StreetAddress: "1 High St",
		Locality: "London", Region: "Greater London", PostalCode: "N1", Country: "GB", Role: "Lead",
		EmployeeNumber: "701", CostCenter: "4130", Organization: "Example", Division: "North", Department: "R&D",
	}
}

// Bo is a user with nothing but what everybody must have.
func Bo() identity.User {
	return identity.User{
		ExternalID: "100000000000000000002", UserName: "bo@example.com", GivenName: "Bo", FamilyName: "Bell",
		DisplayName: "Bo Bell", Email: "bo@example.com", Active: true,
	}
}

// Run tests the empty targets that open makes. Each promise is tested in a
// bubble, where a target's pace costs no time.
func Run(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	t.Run("users", func(t *testing.T) { users(t, open) })
	t.Run("groups", func(t *testing.T) { groups(t, open) })
	t.Run("members", func(t *testing.T) { members(t, open) })
}

// promise tests one promise.
func promise(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func users(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	promise(t, "reads back what was written", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Ann())
		if diff := cmp.Diff(Ann(), read(t, tg).Users[id]); diff != "" {
			t.Error(diff)
		}
		wantRecord(t, read(t, tg).Records.Users[id], id)
	})
	promise(t, "keeps an inactive user", func(t *testing.T) {
		tg := open(t)
		bo := Bo()
		bo.Active = false
		if id := createUser(t, tg, bo); read(t, tg).Users[id] != bo {
			t.Errorf("got %+v", read(t, tg).Users[id])
		}
	})
	promise(t, "creating twice under one external id updates", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Bo())
		bo := Bo()
		bo.Title = "Chief"
		if again := createUser(t, tg, bo); again != id || read(t, tg).Users[id] != bo || len(read(t, tg).Users) != 1 {
			t.Errorf("got %s and then %s: %+v", id, again, read(t, tg).Users)
		}
	})
	promise(t, "refuses a name that another has", func(t *testing.T) {
		tg := open(t)
		createUser(t, tg, Ann())
		id := createUser(t, tg, Bo())
		after := Bo()
		after.UserName, after.Email = Ann().UserName, Ann().Email
		if err := tg.UpdateUser(t.Context(), string(id), Bo(), after); err == nil {
			t.Error("two users have one name")
		}
		if read(t, tg).Users[id] != Bo() {
			t.Errorf("a refused update was done in part: %+v", read(t, tg).Users[id])
		}
	})
	promise(t, "writes only what differs", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Ann())
		before, after := Bo(), Bo()
		after.Title = "Chief"
		if err := tg.UpdateUser(t.Context(), string(id), before, after); err != nil {
			t.Fatal(err)
		}
		want := Ann()
		want.Title = "Chief"
		if diff := cmp.Diff(want, read(t, tg).Users[id]); diff != "" {
			t.Error(diff)
		}
	})
	promise(t, "updates each attribute, to another value and to none", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Ann())
		for _, value := range []string{"Another 1", ""} {
			for _, a := range identity.Attrs {
				before := read(t, tg).Users[id]
				if a.Final || *a.Field(&before) == "" || value == "" && slices.Contains([]string{"externalId", "userName", "givenName", "familyName", "displayName", "email"}, a.Name) {
					continue // profileUrl and manager; and nobody is without a name
				}
				after := before
				*a.Field(&after) = value
				switch a.Name {
				case "userName":
					after.UserName = "another@example.com"
				case "email":
					after.Email = "other@example.com"
				case "externalId":
					after.ExternalID = "100000000000000000009"
				}
				if err := tg.UpdateUser(t.Context(), string(id), before, after); err != nil {
					t.Fatalf("%s to %q: %v", a.Name, value, err)
				}
				if diff := cmp.Diff(after, read(t, tg).Users[id]); diff != "" {
					t.Errorf("%s to %q: %s", a.Name, value, diff)
				}
			}
		}
	})
	promise(t, "gains every attribute in one update", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Bo())
		want := Ann()
		for _, a := range identity.Attrs {
			if a.Final {
				*a.Field(&want) = ""
			}
		}
		if err := tg.UpdateUser(t.Context(), string(id), Bo(), want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read(t, tg).Users[id]); diff != "" {
			t.Error(diff)
		}
	})
	promise(t, "activates and deactivates, has and loses a manager", func(t *testing.T) {
		tg := open(t)
		boss, id := createUser(t, tg, Ann()), createUser(t, tg, Bo())
		state := Bo()
		for _, manager := range []string{string(boss), ""} {
			after := state
			after.Manager, after.Active = manager, !state.Active
			if err := tg.UpdateUser(t.Context(), string(id), state, after); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(after, read(t, tg).Users[id]); diff != "" {
				t.Error(diff)
			}
			state = after
		}
	})
	promise(t, "deletes what is gone", func(t *testing.T) {
		tg := open(t)
		id := createUser(t, tg, Ann())
		for range 2 {
			if err := tg.DeleteUser(t.Context(), string(id)); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(read(t, tg).Users); n != 0 {
			t.Errorf("%d users are left", n)
		}
		if err := tg.UpdateUser(t.Context(), string(id), Ann(), Bo()); !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("updating what is gone: got %v, want ErrNotFound", err)
		}
	})
}

func groups(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	dev := identity.Group{ExternalID: "0aaaaaaaaaaaaa1", Name: `Dev "A" and B \ o'C`}
	promise(t, "reads back what was written", func(t *testing.T) {
		tg := open(t)
		id := createGroup(t, tg, dev)
		got := read(t, tg)
		if got.Groups[id] != dev || len(got.Members) != 0 {
			t.Errorf("got %+v", got)
		}
		wantRecord(t, got.Records.Groups[id], id)
	})
	promise(t, "creating twice under one external id updates", func(t *testing.T) {
		tg := open(t)
		id := createGroup(t, tg, dev)
		ann := createUser(t, tg, Ann())
		again := createGroup(t, tg, dev, ann)
		if got := read(t, tg); again != id || !got.Members[identity.Membership{Group: id, User: ann}] || len(got.Groups) != 1 {
			t.Errorf("got %s and then %s: %+v", id, again, got)
		}
	})
	promise(t, "renames, and takes another external id", func(t *testing.T) {
		tg := open(t)
		ann := createUser(t, tg, Ann())
		id := createGroup(t, tg, dev, ann)
		name, ext := "Ops", "0aaaaaaaaaaaaa2"
		if err := tg.UpdateGroup(t.Context(), string(id), identity.GroupPatch{Name: &name, ExternalID: &ext}); err != nil {
			t.Fatal(err)
		}
		got := read(t, tg)
		if want := (identity.Group{ExternalID: ext, Name: name}); got.Groups[id] != want || len(got.Members) != 1 {
			t.Errorf("got %+v", got.State)
		}
	})
	promise(t, "refuses a name that another has", func(t *testing.T) {
		tg := open(t)
		createGroup(t, tg, dev)
		id := createGroup(t, tg, identity.Group{ExternalID: "0aaaaaaaaaaaaa2", Name: "Ops"})
		if err := tg.UpdateGroup(t.Context(), string(id), identity.GroupPatch{Name: &dev.Name}); err == nil {
			t.Error("two groups have one name")
		}
		if _, err := tg.CreateGroup(t.Context(), identity.Group{ExternalID: "0aaaaaaaaaaaaa3", Name: "OPS"}, nil); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("got %v, want ErrConflict", err)
		}
	})
	promise(t, "deletes what is gone", func(t *testing.T) {
		tg := open(t)
		id := createGroup(t, tg, dev, createUser(t, tg, Ann()))
		for range 2 {
			if err := tg.DeleteGroup(t.Context(), string(id)); err != nil {
				t.Fatal(err)
			}
		}
		if got := read(t, tg); len(got.Groups)+len(got.Members) != 0 || len(got.Users) != 1 {
			t.Errorf("got %+v", got.State)
		}
	})
}

func members(t *testing.T, open func(t *testing.T) Target) {
	t.Helper()
	promise(t, "takes more members than one request may hold", func(t *testing.T) {
		tg := open(t)
		var ids []string
		for i := range 250 {
			u := Bo()
			u.ExternalID, u.UserName = fmt.Sprintf("1%020d", i), fmt.Sprintf("u%d@example.com", i)
			u.Email = u.UserName
			ids = append(ids, string(createUser(t, tg, u)))
		}
		g, err := tg.CreateGroup(t.Context(), identity.Group{ExternalID: "0aaaaaaaaaaaaa1", Name: "All"}, ids[:240])
		if err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, tg).Members); n != 240 {
			t.Errorf("%d members were created, want 240", n)
		}
		if err := tg.UpdateGroup(t.Context(), g, identity.GroupPatch{Join: ids[240:], Leave: ids[:230]}); err != nil {
			t.Fatal(err)
		}
		want := map[identity.Membership]bool{}
		for _, id := range ids[230:] {
			want[identity.Membership{Group: identity.Key(g), User: identity.Key(id)}] = true
		}
		if diff := cmp.Diff(want, read(t, tg).Members); diff != "" {
			t.Error(diff)
		}
	})
	promise(t, "joining twice and leaving twice is no error", func(t *testing.T) {
		tg := open(t)
		ann := string(createUser(t, tg, Ann()))
		g := string(createGroup(t, tg, identity.Group{ExternalID: "0aaaaaaaaaaaaa1", Name: "All"}))
		for _, p := range []identity.GroupPatch{{Join: []string{ann}}, {Join: []string{ann}}, {Leave: []string{ann}}, {Leave: []string{ann}}} {
			if err := tg.UpdateGroup(t.Context(), g, p); err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			if got, want := len(read(t, tg).Members), len(p.Join); got != want {
				t.Errorf("%+v: %d members, want %d", p, got, want)
			}
		}
	})
	promise(t, "names the members that it will not take, and takes the others", func(t *testing.T) {
		tg := open(t)
		ann, bo := createUser(t, tg, Ann()), createUser(t, tg, Bo())
		gone := Bo()
		gone.ExternalID, gone.UserName, gone.Email = "100000000000000000003", "gone@example.com", "gone@example.com"
		ghost := string(createUser(t, tg, gone))
		if err := tg.DeleteUser(t.Context(), ghost); err != nil {
			t.Fatal(err)
		}
		all := []string{string(ann), ghost, string(bo)}
		g, err := tg.CreateGroup(t.Context(), identity.Group{ExternalID: "0aaaaaaaaaaaaa1", Name: "All"}, all)
		wantRefused(t, err, ghost)
		h := createGroup(t, tg, identity.Group{ExternalID: "0aaaaaaaaaaaaa2", Name: "Half"})
		wantRefused(t, tg.UpdateGroup(t.Context(), string(h), identity.GroupPatch{Join: all}), ghost)
		want := map[identity.Membership]bool{}
		for _, group := range []identity.Key{identity.Key(g), h} {
			want[identity.Membership{Group: group, User: ann}], want[identity.Membership{Group: group, User: bo}] = true, true
		}
		if diff := cmp.Diff(want, read(t, tg).Members); diff != "" {
			t.Error(diff)
		}
	})
}

func wantRefused(t *testing.T, err error, id string) {
	t.Helper()
	partial, ok := errors.AsType[*identity.MembersError](err)
	if !ok || len(partial.Refused) != 1 || partial.Refused[id] == nil {
		t.Errorf("got %v, want only %s refused", err, id)
	}
}

// wantRecord wants the record of an object, and times that can be compared: UTC,
// in whole seconds.
func wantRecord(t *testing.T, rec identity.Record, id identity.Key) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, rec.UpdatedAt)
	if rec.ID != string(id) || rec.UpdatedAt != "" && (err != nil || at.UTC().Format(time.RFC3339) != rec.UpdatedAt) {
		t.Errorf("the record of %s is %+v", id, rec)
	}
}

func createUser(t *testing.T, tg Target, u identity.User) identity.Key {
	t.Helper()
	id, err := tg.CreateUser(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Key(id)
}

func createGroup(t *testing.T, tg Target, g identity.Group, members ...identity.Key) identity.Key {
	t.Helper()
	var ids []string
	for _, m := range members {
		ids = append(ids, string(m))
	}
	id, err := tg.CreateGroup(t.Context(), g, ids)
	if err != nil {
		t.Fatal(err)
	}
	return identity.Key(id)
}

func read(t *testing.T, tg Target) identity.Held {
	t.Helper()
	held, err := tg.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}
