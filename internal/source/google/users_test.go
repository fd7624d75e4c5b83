package google_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestStatusThatIsNotSaidIsUnknown(t *testing.T) {
	s := small()
	s.users = []map[string]any{user("u1", "1@example.com"), user("u2", "2@example.com"), user("u3", "3@example.com"), user("u4", "4@example.com")}
	delete(s.users[1], "suspended")
	delete(s.users[2], "archived")
	s.users[3]["suspended"] = "false"
	var got []bool
	for _, a := range must(t)(s.read(t, google.Options{})).Accounts {
		got = append(got, a.StatusUnknown)
	}
	if diff := cmp.Diff([]bool{false, true, true, true}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreLookedUpInTheRecord(t *testing.T) {
	s := small()
	s.users[0]["organizations"] = []obj{{"title": "No"}, {"title": "Engineer", "primary": true}}
	s.users[0]["customSchemas"] = obj{"AWS": obj{"costCenter": 9007199254740993, "roles": []obj{{"value": "a"}, {"value": "b"}}}}
	s.users[0]["name"] = obj{"givenName": "Amy", "familyName": "Example"}
	paths := []string{"organizations[primary].title", "customSchemas.AWS.costCenter", "customSchemas.AWS.roles", "name.givenName", "phones[].value"}
	snap := must(t)(s.read(t, google.Options{Needs: directory.Needs{Paths: paths}}))
	want := map[string][]string{
		"organizations[primary].title": {"Engineer"}, "customSchemas.AWS.costCenter": {"9007199254740993"},
		"customSchemas.AWS.roles": {"a", "b"}, "name.givenName": {"Amy"},
	}
	if diff := cmp.Diff(want, snap.Accounts[0].Values); diff != "" {
		t.Error(diff)
	}
	if snap.Accounts[1].Values != nil {
		t.Error(snap.Accounts[1].Values)
	}
}

// many is a directory of pages of one, whose only group has the members given.
func many(people int, members ...map[string]any) *server {
	s := &server{groups: []map[string]any{group("g1", "eng@example.com")}, members: map[string][]map[string]any{"g1": members}}
	for n := range people {
		s.users = append(s.users, user(fmt.Sprintf("u%d", n), fmt.Sprintf("u%d@example.com", n)))
	}
	s.pageSize = func(op, _ string, _ int) int {
		if op == "users.list" {
			return 1
		}
		return 200
	}
	return s
}

func TestMembersWhoCannotBeReadStayUnknown(t *testing.T) {
	for _, c := range []struct {
		status          int
		reason, message string
		fine            bool
	}{
		{404, "notFound", "Resource Not Found: userKey", true},
		{403, "forbidden", notAuthorized, true},
		{404, "notFound", "Domain not found.", false},
		{403, "insufficientPermissions", "x", false},
		{400, "badRequest", "Type not supported: userKey", false},
	} {
		s := many(9, member("USER", "u8", "u8@example.com"))
		s.refuse("users.get", "u8", c.status, c.reason, c.message)
		snap, err := s.read(t, google.Options{})
		if (err == nil) != c.fine || len(snap.Accounts) != 0 || snap.AllAccounts || s.calls["users.list"] != 1 {
			t.Errorf("%+v: %+v, %v", c, snap, err)
		}
	}
}

func TestServiceAccountsAreNotAskedFor(t *testing.T) {
	s := many(9, member("USER", "s1", "sync@sync-example.iam.GserviceAccount.com"))
	snap := must(t)(s.read(t, google.Options{}))
	if s.calls["users.get"] != 0 || len(snap.Members["g1"]) != 1 {
		t.Errorf("%v", s.calls)
	}
}

func TestWhoNeedsEverybodyGetsEverybody(t *testing.T) {
	for name, c := range map[string]struct {
		needs  directory.Needs
		member map[string]any
		all    bool
	}{
		"few members":  {directory.Needs{}, member("USER", "u0", ""), false},
		"all accounts": {directory.Needs{AllAccounts: true}, member("USER", "u0", ""), true},
		"queries":      {directory.Needs{UserQueries: []string{"isAdmin=true"}}, member("USER", "u0", ""), true},
		"everybody":    {directory.Needs{}, member("CUSTOMER", "C01example", ""), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := many(9, c.member)
			s.search = func(string, map[string]any) bool { return false }
			snap := must(t)(s.read(t, google.Options{Needs: c.needs}))
			want := 1
			if c.all {
				want = 9
			}
			if snap.AllAccounts != c.all || len(snap.Accounts) != want {
				t.Errorf("%v, %d accounts", snap.AllAccounts, len(snap.Accounts))
			}
		})
	}
}
