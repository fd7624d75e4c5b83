package iic_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"ssosync/internal/identity"
)

// Whatever a service makes of members that are in, are not in, or are nobody: all
// that can be done is done, and what cannot is named.
func TestMembershipsUnderEveryReading(t *testing.T) {
	status := rapid.SampledFrom([]int{0, 400, 404, 409})
	rapid.Check(t, func(rt *rapid.T) {
		in := rapid.SliceOfNDistinct(rapid.IntRange(0, 19), 0, 20, rapid.ID).Draw(rt, "in")
		join := rapid.SliceOfNDistinct(rapid.IntRange(0, 24), 0, 20, rapid.ID).Draw(rt, "join") // 20 and up are nobody
		leave := rapid.SliceOfNDistinct(rapid.IntRange(0, 24), 0, 20, rapid.ID).Draw(rt, "leave")
		leave = slices.DeleteFunc(leave, func(i int) bool { return slices.Contains(join, i) })
		f := newFake(t)
		f.addExisting, f.removeMissing = status.Draw(rt, "add existing"), status.Draw(rt, "remove missing")
		f.unknownMember = rapid.SampledFrom([]int{400, 404}).Draw(rt, "unknown")
		f.partial, f.noMixed, f.emptyIs404 = rapid.Bool().Draw(rt, "partial"), rapid.Bool().Draw(rt, "no mixed"), rapid.Bool().Draw(rt, "empty")
		f.legacy = rapid.Bool().Draw(rt, "legacy")
		synctest.Test(t, func(t *testing.T) {
			ids := f.seed(20)
			for i := len(ids); i < 25; i++ {
				ids = append(ids, fmt.Sprint("nobody-", i))
			}
			pick := func(is []int) (out []string) {
				for _, i := range is {
					out = append(out, ids[i])
				}
				return out
			}
			f.group("g", "g", pick(in)...)
			want, refused := map[string]bool{}, map[string]bool{}
			for _, i := range in {
				want[ids[i]] = true
			}
			for _, i := range join {
				if i >= 20 {
					refused[ids[i]] = true
				} else {
					want[ids[i]] = true
				}
			}
			for _, i := range leave {
				delete(want, ids[i])
			}
			err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Join: pick(join), Leave: pick(leave)})
			diff(t, want, f.members["g"])
			me, ok := errors.AsType[*identity.MembersError](err)
			if (len(refused) > 0) != ok || !ok && err != nil {
				t.Fatalf("refused are %v, got %v", refused, err)
			}
			if ok {
				diff(t, refused, maps.Collect(func(yield func(string, bool) bool) {
					for id, err := range me.Refused {
						if !yield(id, err != nil) {
							return
						}
					}
				}))
			}
		})
	})
}

// A hundred additions whose answer was lost are refused whole when they are sent
// again. To find out takes one look at the group, not two hundred requests.
func TestALostMembershipPatchCostsLittle(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(150)
		f.group("g", "g", ids[:40]...)
		f.addExisting = 409
		f.after = lose("PATCH Groups", 599)
		if err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Join: ids[40:]}); err != nil {
			t.Fatal(err)
		}
		diff(t, ids, slices.Sorted(maps.Keys(f.members["g"])))
		diff(t, map[string]int{"PATCH Groups": 3, "GET Users": 2}, f.counts)
	})
}

func TestMixingIsTriedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(40)
		f.noMixed = true
		tg := f.target()
		for range 2 {
			f.group("g", "g", ids[:20]...)
			if err := tg.UpdateGroup(t.Context(), "g", identity.GroupPatch{Leave: ids[:20], Join: ids[20:]}); err != nil {
				t.Fatal(err)
			}
			diff(t, ids[20:], slices.Sorted(maps.Keys(f.members["g"])))
		}
		diff(t, 3+2, f.counts["PATCH Groups"])
	})
}

func TestAGroupThatIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		err := f.target().UpdateGroup(t.Context(), "gone", identity.GroupPatch{Name: new("x"), Join: f.seed(200)})
		if !errors.Is(err, identity.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		diff(t, map[string]int{"PATCH Groups": 1, "GET Groups/id": 1}, f.counts)
	})
}

// A name that is taken stops nobody from leaving, whatever status says so.
func TestARenameThatIsRefusedStopsNoMember(t *testing.T) {
	for _, status := range []int{400, 409} {
		bubble(t, func(t *testing.T, f *fake) {
			ids := f.seed(3)
			f.group("g", "g", ids...)
			f.group("h", "H")
			f.renameTaken = status
			err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Name: new("h"), ExternalID: new("G"), Leave: ids[:2]})
			if !errors.Is(err, identity.ErrConflict) || !strings.Contains(err.Error(), `group name "h" is taken by group h`) {
				t.Errorf("got %v", err)
			}
			diff(t, map[string]bool{ids[2]: true}, f.members["g"])
			diff(t, map[string]any{"id": "g", "displayName": "g", "externalId": "G"}, f.groups["g"])
		})
	}
}

// A rename whose answer was lost may be refused when it is sent again.
func TestARenameThatIsDoneIsDone(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.group("g", "new")
		f.before = lose("PATCH Groups", 409)
		if err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Name: new("new")}); err != nil {
			t.Error(err)
		}
	})
}

func TestWhetherAGroupIsThereIsAskedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.group("g", "g")
		err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Join: []string{"x", "y", "z"}})
		if me, ok := errors.AsType[*identity.MembersError](err); !ok || len(me.Refused) != 3 {
			t.Errorf("got %v", err)
		}
		diff(t, 1, f.counts["GET Groups/id"])
	})
}

func TestAnExternalIDGoes(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		f.group("g", "g")
		f.groups["g"]["externalId"] = "G"
		tg := f.target()
		if err := tg.UpdateGroup(t.Context(), "g", identity.GroupPatch{ExternalID: new("")}); err != nil {
			t.Fatal(err)
		}
		diff(t, map[string]any{"id": "g", "displayName": "g"}, f.groups["g"])
		if err := tg.UpdateGroup(t.Context(), "g", identity.GroupPatch{}); err != nil {
			t.Fatal(err)
		}
		diff(t, 1, len(f.ops))
	})
}

func TestAGroupIsMadeAlthoughAMemberIsRefused(t *testing.T) {
	for _, status := range []int{400, 404} {
		bubble(t, func(t *testing.T, f *fake) {
			ids := f.seed(120)
			f.unknownMember = status
			id, err := f.target().CreateGroup(t.Context(), identity.Group{Name: "g"}, append([]string{"nobody", ids[0]}, ids...))
			me, ok := errors.AsType[*identity.MembersError](err)
			if !ok || len(me.Refused) != 1 || me.Refused["nobody"] == nil {
				t.Errorf("got %v", err)
			}
			diff(t, ids, slices.Sorted(maps.Keys(f.members[id])))
		})
	}
}

// An outage in the middle is an error that says nothing of single members.
func TestAnOutageIsNoRefusal(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake) {
		ids := f.seed(150)
		f.group("g", "g")
		f.before = func(op string, n int) int {
			if op == "PATCH Groups" && n > 1 {
				return 503
			}
			return 0
		}
		err := f.target().UpdateGroup(t.Context(), "g", identity.GroupPatch{Join: ids})
		if _, ok := errors.AsType[*identity.MembersError](err); ok || err == nil || !strings.Contains(err.Error(), "scim:PatchGroup: 503 InternalServerException: before") {
			t.Errorf("got %v", err)
		}
		diff(t, 100, len(f.members["g"]))
	})
}
