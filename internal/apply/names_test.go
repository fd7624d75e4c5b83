package apply_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// named returns people from words such as "ann/a@example.com".
func named(words string) identity.State {
	s := identity.NewState()
	for i, w := range strings.Fields(words) {
		if name, mail, _ := strings.Cut(w, "/"); name != "-" {
			k := fmt.Sprint("k", i)
			s.Users[identity.Key(k)] = identity.User{ExternalID: k, UserName: name, Email: mail}
		}
	}
	return s
}

// Names and addresses are unique each for themselves, in any letter case.
func TestNamesOfUsers(t *testing.T) {
	for _, c := range []struct {
		name, before, want string
		writes             int
	}{
		{"addresses are swapped", "a/x b/y", "a/y b/x", 3},
		{"names are swapped", "a/x b/y", "b/x a/y", 3},
		{"an address goes to a newcomer", "a/x", "a/z b/x", 2},
		{"the name of one becomes the address of another", "a/x b/y", "c/x b/a", 2},
		{"name and address go different ways", "a/x b/y c/z", "b/z c/x a/y", 5},
		{"in other letters", "a/x b/y", "B/Y A/X", 3},
		{"an address is given up for none", "a/x b/y", "a/ b/x", 2},
		{"one is taken by who had none", "a/ b/y", "a/y b/", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			tg := &memory.Target{}
			have := fill(t, tg, named(c.before))
			n := len(tg.Writes())
			for _, r := range apply.Run(t.Context(), tg, plan.Build(named(c.want), have, nil), apply.Options{Width: 4}) {
				if r.Err != nil {
					t.Errorf("%+v", r)
				}
			}
			if got := len(tg.Writes()) - n; got > c.writes {
				t.Errorf("%d writes, want %d: %q", got, c.writes, tg.Writes()[n:])
			}
			if diff := cmp.Diff(named(c.want), byExternalID(t, tg)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who waits for a name does not get it when it is not given up; who waits for
// none is not kept from anything.
func TestANameThatIsNotGivenUp(t *testing.T) {
	tg := &memory.Target{}
	have := fill(t, tg, named("a/x b/y c/z d/"))
	stuck := have.Records.Users["k0"].ID
	tg.Fail = func(_, object string) error {
		if object == stuck {
			return identity.ErrRejected
		}
		return nil
	}
	got := map[identity.Key]string{}
	for _, r := range apply.Run(t.Context(), tg, plan.Build(named("e/w a/y c/ d/z"), have, nil), apply.Options{}) {
		got[r.User] = fmt.Sprint(r.Err)
		if r.User == "k1" && (!errors.Is(r.Err, apply.ErrSkipped) || !errors.Is(r.Err, identity.ErrRejected)) {
			t.Errorf("%+v", r)
		}
	}
	want := map[identity.Key]string{
		"k0": "rejected", "k1": "skipped: it has to wait for something that failed: rejected", "k2": "<nil>", "k3": "<nil>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A newcomer who has no address waits for nobody, nor does anybody for them.
func TestNoAddressIsNobodys(t *testing.T) {
	tg := &memory.Target{}
	have := fill(t, tg, named("a/x b/"))
	stuck := have.Records.Users["k1"].ID
	tg.Fail = func(_, object string) error {
		if object == stuck {
			return identity.ErrRejected
		}
		return nil
	}
	for _, r := range apply.Run(t.Context(), tg, plan.Build(named("a/ b/y c/"), have, nil), apply.Options{}) {
		if (r.Err == nil) != (r.User != "k1") {
			t.Errorf("%+v", r)
		}
	}
}

// Those who are deactivated are so at once, and get an address that is not free
// yet afterwards; those who are deleted are not written to before.
func TestRevocationsAndNames(t *testing.T) {
	tg := &memory.Target{}
	before, want := named("a/x b/y c/z"), named("a/y b/w")
	for s, active := range map[*identity.State]bool{&before: true, &want: false} {
		u := s.Users["k0"]
		u.Active = active
		s.Users["k0"] = u
	}
	leaver := before.Users["k2"]
	leaver.Active = true
	before.Users["k2"] = leaver
	have := fill(t, tg, before)
	n := len(tg.Writes())
	ops := map[identity.Key]apply.Op{"k0": apply.Deactivate, "k1": apply.Update, "k2": apply.Delete}
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{Width: 1}) {
		if r.Err != nil || r.Op != ops[r.User] {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff([]string{"update user U1", "update user U2", "update user U1", "delete user U3"}, tg.Writes()[n:]); diff != "" {
		t.Error(diff)
	}
}
