package identity_test

import (
	"reflect"
	"testing"

	"ssosync/internal/identity"
)

// A string field that no row of Attrs reaches would silently never be synced.
func TestAttrsReachEveryField(t *testing.T) {
	var u identity.User
	for _, a := range identity.Attrs {
		*a.Field(&u) = a.Path
	}
	reached := map[string]bool{}
	v := reflect.ValueOf(u)
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case f.Kind() == reflect.Bool:
			if name != "Active" {
				t.Errorf("User.%s is not textual, and nothing compares it by name", name)
			}
		case f.String() == "":
			t.Errorf("User.%s has no row in Attrs", name)
		case reached[f.String()]:
			t.Errorf("two fields share %s", f.String())
		default:
			reached[f.String()] = true
		}
	}
}

func TestAttrsHaveDistinctNames(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range identity.Attrs {
		if a.Name == "" || a.Path == "" || a.Max == 0 || seen[a.Name] {
			t.Errorf("row %+v is incomplete, or its name is taken", a)
		}
		seen[a.Name] = true
	}
}

func TestMembersErrorSaysWho(t *testing.T) {
	one := &identity.MembersError{Refused: map[string]error{"u1": identity.ErrNotFound}}
	if got, want := one.Error(), "member u1: not found"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	two := &identity.MembersError{Refused: map[string]error{"u1": identity.ErrNotFound, "u2": identity.ErrNotFound}}
	if got, want := two.Error(), "2 members were refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	s := identity.NewState()
	m := identity.Membership{Group: "g", User: "u"}
	s.Users["u"], s.Groups["g"], s.Members[m] = identity.User{UserName: "u"}, identity.Group{Name: "g"}, true
	c := s.Clone()
	if len(c.Users) != 1 || len(c.Groups) != 1 || len(c.Members) != 1 {
		t.Fatalf("%+v", c)
	}
	clear(c.Users)
	clear(c.Groups)
	clear(c.Members)
	if len(s.Users) != 1 || len(s.Groups) != 1 || len(s.Members) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAnEmptyPatch(t *testing.T) {
	name := ""
	if !(identity.GroupPatch{Join: []string{}}).Empty() {
		t.Error("there is nothing to do")
	}
	for _, p := range []identity.GroupPatch{{Name: &name}, {ExternalID: &name}, {Join: []string{"a"}}, {Leave: []string{"a"}}} {
		if p.Empty() {
			t.Errorf("%+v does something", p)
		}
	}
}
