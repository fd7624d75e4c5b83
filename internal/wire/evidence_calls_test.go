package wire_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/google"
	"ssosync/internal/emulator/iic"
)

// department is twenty people, of whom p00 to p11 are in Big, p00 to p03 in
// Small, p12 alone in Single, and p13 in no group, but in the unit /Eng.
func department(t *testing.T) *google.Directory {
	t.Helper()
	d := google.Company("example.com")
	d.Update(func(f *google.Fixture) {
		f.OrgUnits = append(f.OrgUnits, google.OrgUnit{Path: "/Eng"})
		var all []string
		for i := range 20 {
			u := person(fmt.Sprintf("p%02d@example.com", i), "P", fmt.Sprint(i))
			if i == 13 {
				u.OrgUnitPath = "/Eng"
			}
			f.Users, all = append(f.Users, u), append(all, u.PrimaryEmail)
		}
		for name, some := range map[string][]string{"Big": all[:12], "Small": all[:4], "Single": all[12:13]} {
			f.Groups = append(f.Groups, google.Group{Email: name + "@example.com", Name: name, Members: members(some...)})
		}
	})
	return d
}

// What evidence costs: nothing, unless somebody loses something, and then as
// many calls as it takes to be sure, and no more.
func TestCallsOfEvidence(t *testing.T) {
	remove := func(group string, from, to int) func(w *world) {
		return func(w *world) {
			for i := from; i < to; i++ {
				must(w, w.dir.RemoveMember(group, fmt.Sprintf("p%02d@example.com", i)))
			}
		}
	}
	for _, c := range []struct {
		name   string
		change func(w *world)
		extra  map[string]int // beside what a run without changes takes
	}{
		{"nothing", func(*world) {}, nil},
		{"somebody joins", func(w *world) { must(w, w.dir.AddMember("small@example.com", google.Member{Email: "p05@example.com"})) }, nil},
		{"one person is suspended", func(w *world) { must(w, w.dir.Suspend("p05@example.com", true)) }, nil},
		// The account once, and each group once more that still had them in AWS.
		{"one person is deleted", func(w *world) { must(w, w.dir.DeleteUser("p05@example.com")) }, map[string]int{"users.get": 1, "members.list": 1}},
		{"one person in two groups is deleted", func(w *world) { must(w, w.dir.DeleteUser("p00@example.com")) }, map[string]int{"users.get": 1, "members.list": 2}},
		// The group once more for all, and one question for each who left it; who is
		// in no group any more is asked for by id, and for the groups that they are in.
		{"one leaves one of two groups", remove("small@example.com", 0, 1), map[string]int{"members.list": 1, "members.hasMember": 1}},
		{"one leaves the last group", remove("big@example.com", 5, 6), map[string]int{"members.list": 1, "members.hasMember": 1, "users.get": 1, "groups.list": 1}},
		{"ten leave one group", remove("big@example.com", 2, 12), map[string]int{"members.list": 1, "members.hasMember": 10, "users.get": 8, "groups.list": 8}},
		// The group by id, and not its members: it goes as a whole.
		{"one group is deleted", func(w *world) { must(w, w.dir.DeleteGroup("small@example.com")) }, map[string]int{"groups.get": 1}},
		{"one group is deleted, and its only member is in no other", func(w *world) { must(w, w.dir.DeleteGroup("single@example.com")) }, map[string]int{"groups.get": 1, "users.get": 1, "groups.list": 1}},
		{"one leaves the scope of the query", func(w *world) { must(w, w.dir.MoveUser("p13@example.com", "/")) }, map[string]int{"users.get": 1, "groups.list": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings := []string{"USER_MATCH", "orgUnitPath=/Eng", "GUARD", "users=100%/0,leaves=100%/0,group-leaves=100%/1,groups=100%/0,shrink=100%/100"}
				w := newWorld(t, department(t), iic.Options{})
				w.mustSync(settings...)
				c.change(w)
				want, _, _ := formulas(w, len(w.dir.Fixture().Users))
				for op, n := range c.extra {
					want[op] += n
				}
				w.google.Reset()
				rep := w.mustSync(settings...)
				if diff := cmp.Diff(want, w.google.Calls()); diff != "" {
					t.Error(diff)
				}
				if len(rep.Plan.Unproven) > 0 {
					t.Errorf("not proven: %+v", rep.Plan.Unproven)
				}
				// Once is enough: what is gone is not asked for again.
				want, _, _ = formulas(w, len(w.dir.Fixture().Users))
				w.google.Reset()
				w.quiet(settings...)
				if diff := cmp.Diff(want, w.google.Calls()); diff != "" {
					t.Errorf("and then: %s", diff)
				}
			})
		})
	}
}
