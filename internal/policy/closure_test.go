package policy

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
)

// drawNesting draws groups within groups, in rings too, some with everybody in
// them and some with people and groups of which nothing is known.
func drawNesting(t *rapid.T) (directory.Snapshot, map[identity.Key]directory.Account) {
	dir := directory.Snapshot{Members: map[string][]directory.Member{}}
	accounts := map[identity.Key]directory.Account{}
	for i := range 4 {
		a := directory.Account{ID: fmt.Sprint("u", i), Guest: rapid.IntRange(0, 3).Draw(t, "guest") == 0}
		dir.Accounts = append(dir.Accounts, a)
		accounts[identity.Key(a.ID)] = a
	}
	for i := range 5 {
		id := fmt.Sprint("g", i)
		// Not every group whose members are known is in the listing.
		if rapid.IntRange(0, 4).Draw(t, "listed") > 0 {
			dir.Groups = append(dir.Groups, directory.Group{ID: id})
		}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			m := rapid.SampledFrom([]directory.Member{
				{Kind: directory.MemberUser, ID: "u0"},
				{Kind: directory.MemberUser, ID: "u1"},
				{Kind: directory.MemberUser, ID: "u2"},
				{Kind: directory.MemberGroup, ID: "g0"},
				{Kind: directory.MemberGroup, ID: "g1"},
				{Kind: directory.MemberGroup, ID: "g2"},
				{Kind: directory.MemberGroup, ID: "g3"},
				{Kind: directory.MemberGroup, ID: "g4"},
				{Kind: directory.MemberEveryone, ID: "C1"},
				{Kind: directory.MemberUser, ID: "stranger"},
				{Kind: directory.MemberGroup, ID: "strangers"},
			}).Draw(t, "member")
			dir.Members[id] = append(dir.Members[id], m)
		}
	}
	return dir, accounts
}

// TestClosure compares with the slowest way: to hand on what is inside of each
// group to those that it is in, until nothing changes.
func TestClosure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, accounts := drawNesting(t)
		there := map[string]bool{}
		for _, g := range dir.Groups {
			there[g.ID] = true
		}
		inside := map[string]map[string]bool{}
		for i := range 5 {
			inside[fmt.Sprint("g", i)] = map[string]bool{}
		}
		for range 10 { // more than there are groups
			for id, in := range inside {
				for _, m := range dir.Members[id] {
					switch {
					case m.Kind == directory.MemberEveryone:
						for _, a := range dir.Accounts {
							if !a.Guest {
								in[a.ID] = true
							}
						}
					case m.Kind == directory.MemberGroup && (there[m.ID] || len(dir.Members[m.ID]) > 0):
						maps.Copy(in, inside[m.ID])
					default:
						in[m.ID] = true
					}
				}
			}
		}
		c := newClosure(dir, accounts)
		for id, want := range inside {
			got, external := c.of(id)
			if !slices.IsSorted(got) {
				t.Errorf("%v is not sorted", got)
			}
			for _, who := range got {
				if accounts[identity.Key(who)].ID == "" {
					t.Errorf("%s is no account", who)
				}
			}
			for _, who := range external {
				if accounts[identity.Key(who)].ID != "" {
					t.Errorf("%s is an account", who)
				}
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(slices.Values(slices.Concat(got, external)))); diff != "" {
				t.Fatalf("%s: %s", id, diff)
			}
		}
	})
}
