package wire_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// generated makes a directory of a known size: users, and groups that have
// members of their own, every fourth group within the one before it.
func generated(users, groups, each int) *google.Directory {
	return google.Generate(google.Load{Users: users, Groups: groups, MembersPerGroup: each, NestEvery: 4})
}

// pages is how many pages n objects take; a listing costs one at least.
func pages(n, size int) int { return max(1, (n+size-1)/size) }

// formulas says how many calls a run without changes may take, for a directory
// of u accounts and the given groups.
func formulas(w *world, u int) (google, scim, store map[string]int) {
	groups := w.dir.Fixture().Groups
	google = map[string]int{"token": 1, "users.list": pages(u, 500), "groups.list": pages(len(groups), 200)}
	for _, g := range groups {
		google["members.list"] += pages(len(g.Members), 200)
	}
	st := w.aws.State()
	// Members of a group are users with a filter, so both are ListUsers.
	scim = map[string]int{"ListUsers": pages(len(st.Users), 100), "ListGroups": pages(len(st.Groups), 100)}
	store = map[string]int{"identitystore:ListUsers": pages(len(st.Users), 100), "identitystore:ListGroups": pages(len(st.Groups), 100)}
	for _, g := range st.Groups {
		scim["ListUsers"] += pages(len(g.Members), 100)
		store["identitystore:ListGroupMemberships"] += pages(len(g.Members), 100)
	}
	return google, scim, store
}

func TestCallsWithoutChanges(t *testing.T) {
	for _, c := range []struct{ users, groups, each int }{{60, 14, 5}, {499, 50, 40}, {500, 3, 101}, {1001, 201, 7}, {260, 4, 250}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, generated(c.users, c.groups, c.each), iic.Options{})
				w.mustSync()
				wantGoogle, wantSCIM, wantStore := formulas(w, c.users+1) // and the administrator
				for _, lane := range []struct {
					read string
					want map[string]int
				}{{"auto", wantSCIM}, {"scim", wantSCIM}, {"identitystore", wantStore}} {
					w.google.Reset()
					w.aws.ResetCalls()
					rep := w.mustSync("READ", lane.read, "IDENTITY_STORE_ID", "d-1234567890")
					if !rep.Plan.Empty() {
						t.Fatalf("%s: %+v", lane.read, rep.Plan)
					}
					if diff := cmp.Diff(wantGoogle, w.google.Calls()); diff != "" {
						t.Errorf("%s: Google: %s", lane.read, diff)
					}
					if diff := cmp.Diff(lane.want, w.aws.Calls()); diff != "" {
						t.Errorf("%s: AWS: %s", lane.read, diff)
					}
				}
			})
		})
	}
}

// The figures that the calls of other tools are compared with.
func TestGoldenCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, generated(499, 50, 40), iic.Options{})
		w.mustSync()
		w.google.Reset()
		w.aws.ResetCalls()
		w.mustSync()
		if diff := cmp.Diff(map[string]int{"token": 1, "users.list": 1, "groups.list": 1, "members.list": 50}, w.google.Calls()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{"ListUsers": 55, "ListGroups": 1}, w.aws.Calls()); diff != "" {
			t.Error(diff)
		}
	})
}

// The store is looked up once when its id is not given.
func TestTheStoreIsFoundWithOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, company(t), iic.Options{})
		w.mustSync()
		w.aws.ResetCalls()
		w.mustSync("READ", "identitystore")
		if n := w.aws.Calls()["sso:ListInstances"]; n != 1 {
			t.Errorf("got %v", w.aws.Calls())
		}
	})
}

// A directory of a hundred thousand costs nothing when three people are in scope.
func TestFewPeopleAreFetchedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, google.Generate(google.Load{Users: 9000, Groups: 2, MembersPerGroup: 3}), iic.Options{})
		w.google.Reset()
		w.mustSync("GROUP_MATCH", "email=group00000@example.com")
		calls := w.google.Calls()
		if list, get := calls["users.list"], calls["users.get"]; list > 3 || get > 3 {
			t.Errorf("%d pages of %d and %d single users: neither is what three people should cost", list, pages(9001, 500), get)
		}
		w.google.Reset()
		w.mustSync("GROUP_MATCH", "email=group00000@example.com", "USER_MATCH", "email:user0001*")
		if list := w.google.Calls()["users.list"]; list != pages(9001, 500) {
			t.Errorf("a user query was answered with %d pages of %d", list, pages(9001, 500))
		}
	})
}

// TestWritesOfAFirstLoad: one call for each user and each group of up to a
// hundred members, and a PATCH for each hundred beyond.
func TestWritesOfAFirstLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := google.Generate(google.Load{Users: 300, Groups: 0})
		d.Update(func(f *google.Fixture) {
			for _, n := range []int{0, 1, 100, 101, 250} {
				var ms []google.Member
				for i := range n {
					ms = append(ms, google.Member{Email: fmt.Sprintf("user%05d@example.com", i)})
				}
				f.Groups = append(f.Groups, google.Group{Email: fmt.Sprintf("g%d@example.com", n), Name: fmt.Sprint("G", n), Members: ms})
			}
		})
		w := newWorld(t, d, iic.Options{})
		w.mustSync()
		if diff := cmp.Diff(map[string]int{"CreateUser": 250, "CreateGroup": 5, "PatchGroup": 1 + 2}, w.writes()); diff != "" {
			t.Error(diff)
		}
		w.quiet()

		// 250 join a group that exists: 3 calls. 101 leave another: 2.
		var ms []google.Member
		for i := range 250 {
			ms = append(ms, google.Member{Email: fmt.Sprintf("user%05d@example.com", i)})
		}
		must(t, d.EditGroup("g0@example.com", func(g *google.Group) { g.Members = ms }))
		must(t, d.EditGroup("g250@example.com", func(g *google.Group) { g.Members = g.Members[:149] }))
		w.aws.ResetCalls()
		w.mustSync("GUARD", "leaves=100%/0")
		if diff := cmp.Diff(map[string]int{"PatchGroup": 3 + 2}, w.writes()); diff != "" {
			t.Error(diff)
		}
		w.quiet()
	})
}

// At 40 ms a call and with AWS's quotas in force, a first load of 500 users is
// held up by nothing but the quota of CreateUser, and a run without changes
// takes less than five seconds. Time is virtual, so this is no benchmark.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, google.Generate(google.Load{Users: 500, Groups: 50, MembersPerGroup: 40}), iic.Options{Throttle: true, Latency: 40 * time.Millisecond})
		w.google.Configure(func(o *google.Options) { o.Latency, o.QuotaPerMinute = 40*time.Millisecond, 2400 })
		start := time.Now()
		rep := w.mustSync("USER_MATCH", "*")
		first := time.Since(start)
		calls, throttles := map[string]int{}, 0
		for _, c := range rep.Calls {
			calls[c.Op] += c.Calls
			throttles += c.Throttles
		}
		start = time.Now()
		w.mustSync("USER_MATCH", "*")
		second := time.Since(start)
		t.Logf("first load %v, %d throttles; no change %v", first, throttles, second)
		if created := w.writes()["CreateUser"]; created != 501 {
			t.Fatalf("%d users were created", created)
		}
		if most := 501/22.0 + 8; first.Seconds() > most {
			t.Errorf("the first load took %v, which is more than %.0f s: %v", first, most, calls)
		}
		if second > 5*time.Second {
			t.Errorf("a run without changes took %v", second)
		}
		if peak := w.aws.PeakConcurrency(); peak > 100 {
			t.Errorf("%d requests at once", peak)
		}
	})
}

// A second run makes no write, for directories of many shapes and with names
// that the target cannot take as they are.
func TestSecondRunWritesNothing(t *testing.T) {
	for seed := range uint64(8) {
		for _, settings := range [][]string{{}, {"ATTRIBUTES", "all"}, {"USER_MATCH", "*", "SYNC_SUSPENDED", "true"}, {"SYNC_METHOD", "users_groups"}} {
			synctest.Test(t, func(t *testing.T) {
				d := google.Generate(google.Load{
					Seed: seed, Users: int(20 + seed*7), Groups: int(seed), MembersPerGroup: int(seed * 2), NestEvery: int(seed % 3), SuspendEvery: int(seed % 5),
				})
				d.Update(func(f *google.Fixture) {
					for i, n := range []google.Name{
						{GivenName: "\u200b", FamilyName: "Mono"},
						{GivenName: "Zoë\u00a0Ann", FamilyName: "O'Brien"},
						{GivenName: "👩\u200d💻", FamilyName: " "},
						{GivenName: "e\u0301", FamilyName: "\u202eTrick"},
					} {
						f.Users = append(f.Users, google.User{PrimaryEmail: fmt.Sprintf("Odd%d@example.com", i), Name: n})
					}
					f.Groups = append(f.Groups, google.Group{
						Email: "odd@example.com", Name: "Odd \u200d group\u00a0\t!",
						Members: members("odd0@example.com", "odd1@example.com", "odd2@example.com", "odd3@example.com"),
					})
				})
				w := newWorld(t, d, iic.Options{})
				w.mustSync(settings...)
				if n := len(w.ids()); n < 5 {
					t.Errorf("only %d objects were synced", n)
				}
				w.quiet(settings...)
			})
		}
	}
}
