package iic_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/identity"
)

var ann = identity.User{
	ExternalID: "g1", UserName: "ann@example.com", GivenName: "Ann", FamilyName: "Lee", DisplayName: "Ann Lee", Email: "ann@example.com", Active: true,
	Title: "Boss", Phone: "555", Department: "R&D", Locality: "Rome", MiddleName: "B.", Manager: "m-1", Role: "dev",
}

func person(i int) identity.User {
	return identity.User{
		ExternalID: fmt.Sprint("g", i), UserName: fmt.Sprintf("u%d@example.com", i), Email: fmt.Sprintf("u%d@example.com", i),
		GivenName: "U", FamilyName: fmt.Sprint(i), DisplayName: fmt.Sprint("U ", i), Active: i%2 == 0,
	}
}

// seed puts people straight into the fake.
func (f *fake) seed(n int) (ids []string) {
	for i := range n {
		u := person(i)
		id := fmt.Sprintf("%08d-0000-4000-8000-00000000000a", i)
		f.users[id] = map[string]any{
			"id": id, "externalId": u.ExternalID, "userName": u.UserName, "displayName": u.DisplayName, "active": u.Active,
			"name":   map[string]any{"givenName": u.GivenName, "familyName": u.FamilyName},
			"emails": []any{map[string]any{"value": u.Email, "type": "work", "primary": true}},
		}
		ids = append(ids, id)
	}
	return ids
}

func (f *fake) group(id, name string, members ...string) {
	f.groups[id] = map[string]any{"id": id, "displayName": name}
	f.members[id] = map[string]bool{}
	for _, m := range members {
		f.members[id][m] = true
	}
}

// bubble runs test with virtual time.
func bubble(t *testing.T, test func(t *testing.T, f *fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		test(t, newFake(t))
	})
}

func TestReadsBackWhatItWrote(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		tg := f.target()
		id, err := tg.CreateUser(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		gid, err := tg.CreateGroup(t.Context(), identity.Group{ExternalID: "G", Name: "eng"}, []string{id})
		if err != nil {
			t.Fatal(err)
		}
		held, err := tg.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k, gk := identity.Key(id), identity.Key(gid)
		diff(t, map[identity.Key]identity.User{k: ann}, held.Users)
		diff(t, map[identity.Key]identity.Group{gk: {ExternalID: "G", Name: "eng"}}, held.Groups)
		diff(t, map[identity.Membership]bool{{Group: gk, User: k}: true}, held.Members)
		rec := identity.Record{ID: id, Revision: "2020-04-03T06:02:47Z", UpdatedAt: "2020-04-03T06:02:47Z"}
		diff(t, rec, held.Records.Users[k])
		diff(t, []string{"profileUrl"}, held.Blind)
	})
}

// The number of calls is what users feel.
func TestReadTakesNoMoreCallsThanItMust(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(250)
		f.group("ga", "all", ids...)
		f.group("gb", "few", ids[:3]...)
		f.group("gc", "none")
		held, err := f.target().Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 250, len(held.Users))
		diff(t, 253, len(held.Members))
		diff(t, map[string]int{"GET Users": 3 + 3 + 1 + 1, "GET Groups": 1}, f.counts)
	})
}

func TestUpdateIsOnePatchOfWhatDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		tg := f.target()
		id, err := tg.CreateUser(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		after := ann
		after.UserName, after.FamilyName, after.Title, after.Active = "ann.ray@example.com", "Ray", "", false
		after.Department, after.Manager = "Sales", ""
		if err := tg.UpdateUser(t.Context(), id, ann, after); err != nil {
			t.Fatal(err)
		}
		diff(t, 1, f.counts["PATCH Users"])
		diff(t, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+
			`{"op":"replace","path":"userName","value":"ann.ray@example.com"},{"op":"replace","path":"name.familyName","value":"Ray"},`+
			`{"op":"remove","path":"title"},`+
			`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Sales"},`+
			`{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"},`+
			`{"op":"replace","path":"active","value":false}]}`, f.bodies[len(f.bodies)-1])
		if err := tg.UpdateUser(t.Context(), id, after, after); err != nil {
			t.Fatal(err)
		}
		diff(t, 1, f.counts["PATCH Users"])
	})
}

func TestGroupsOfAnySize(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(250)
		tg := f.target()
		id, err := tg.CreateGroup(t.Context(), identity.Group{Name: "all"}, ids)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, ids, slices.Sorted(maps.Keys(f.members[id])))
		diff(t, map[string]int{"POST Groups": 1, "PATCH Groups": 2}, f.counts)
		name := "everybody"
		err = tg.UpdateGroup(t.Context(), id, identity.GroupPatch{Name: &name, Leave: ids[:101]})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, ids[101:], slices.Sorted(maps.Keys(f.members[id])))
		diff(t, 4, f.counts["PATCH Groups"])
		diff(t, "everybody", f.groups[id]["displayName"])
		err = tg.UpdateGroup(t.Context(), id, identity.GroupPatch{Join: ids[:50], Leave: ids[101:151]})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, 5, f.counts["PATCH Groups"])
		diff(t, append(slices.Clone(ids[:50]), ids[151:]...), slices.Sorted(maps.Keys(f.members[id])))
	})
}

// The documented request (SCIM guide: CreateUser), with what we have.
func TestTheBodyOfACreate(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		if _, err := f.target().CreateUser(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		diff(t, `{"active":true,"addresses":[{"locality":"Rome","primary":true,"type":"work"}],"displayName":"Ann Lee",`+
			`"emails":[{"primary":true,"type":"work","value":"ann@example.com"}],"externalId":"g1",`+
			`"name":{"familyName":"Lee","givenName":"Ann","middleName":"B."},"phoneNumbers":[{"type":"work","value":"555"}],`+
			`"roles":[{"primary":true,"type":"work","value":"dev"}],`+
			`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"title":"Boss",`+
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R\u0026D","manager":{"value":"m-1"}},"userName":"ann@example.com"}`, f.bodies[0])
		if _, err := f.target().CreateGroup(t.Context(), identity.Group{ExternalID: "G", Name: "eng"}, []string{"00000001-0000-4000-8000-000000000000", "00000001-0000-4000-8000-000000000000"}); err != nil {
			t.Fatal(err)
		}
		diff(t, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"G","displayName":"eng",`+
			`"members":[{"value":"00000001-0000-4000-8000-000000000000"}]}`, f.bodies[1])
	})
}

// Writes have quotas by operation, and changes of memberships one of their own.
func TestWritesKeepTheirPace(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		tg := f.target()
		took := func(do func()) time.Duration {
			start := time.Now()
			do()
			return time.Since(start).Round(time.Second)
		}
		diff(t, 5*time.Second, took(func() {
			var g errgroup.Group
			for i := range 22*5 + 3 {
				g.Go(func() error {
					_, err := tg.CreateUser(t.Context(), person(i))
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Error(err)
			}
		}))
		ids := slices.Sorted(maps.Keys(f.users))
		for i := range 13 {
			f.group(fmt.Sprint("g", i), fmt.Sprint("g", i))
		}
		join := func(i int) {
			if err := tg.UpdateGroup(t.Context(), fmt.Sprint("g", i), identity.GroupPatch{Join: ids[:100]}); err != nil {
				t.Error(err)
			}
		}
		diff(t, 4*time.Second, took(func() { // a thousand, less a burst of two hundred
			for i := range 10 {
				join(i)
			}
		}))
		time.Sleep(time.Minute)
		f.before = func(op string, n int) int {
			if op == "PATCH Groups" && n == 11 {
				return 429
			}
			return 0
		}
		join(10)
		if d := took(func() { join(11); join(12) }); d < time.Second {
			t.Errorf("after a throttle: 200 changes took %v", d)
		}
	})
}

func TestDeletingWhatIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(1)
		f.group("g", "g")
		tg := f.target()
		for range 2 {
			if err := tg.DeleteUser(t.Context(), ids[0]); err != nil {
				t.Error(err)
			}
			if err := tg.DeleteGroup(t.Context(), "g"); err != nil {
				t.Error(err)
			}
		}
		diff(t, 0, len(f.users)+len(f.groups))
	})
}
