package google_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestReadsADirectory(t *testing.T) {
	s := &server{
		users: []map[string]any{
			user("u2", "bob@example.com", "archived", true, "isGuestUser", true),
			user("u1", "amy@example.com", "suspended", true, "aliases", []string{"a@example.com"},
				"nonEditableAliases", []string{"amy@example.com.test-google-a.com"}, "orgUnitPath", "/Eng",
				"name", map[string]any{"givenName": "Amy"}),
		},
		groups: []map[string]any{
			group("g2", "all@example.com"),
			group("g1", "eng@example.com", "directMembersCount", "1", "description", "Engineers", "aliases", []string{"dev@example.com"}),
		},
		members: map[string][]map[string]any{
			"g1": {member("USER", "u1", "amy@example.com"), member("GROUP", "g2", "all@example.com")},
			"g2": {member("CUSTOMER", "C01example", "")},
		},
	}
	src := s.source(t, google.Options{Needs: directory.Needs{Paths: []string{"name.givenName"}}})
	got, err := src.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Snapshot{
		CustomerID:  "C01example",
		AllAccounts: true,
		Accounts: []directory.Account{
			{
				ID: "u1", PrimaryEmail: "amy@example.com", Aliases: []string{"a@example.com", "amy@example.com.test-google-a.com"},
				Suspended: true, OrgUnit: "/Eng", Values: map[string][]string{"name.givenName": {"Amy"}},
			},
			{ID: "u2", PrimaryEmail: "bob@example.com", Archived: true, Guest: true, OrgUnit: "/"},
		},
		Groups: []directory.Group{
			{ID: "g1", Email: "eng@example.com", Name: "eng@example.com", Description: "Engineers", Aliases: []string{"dev@example.com"}, DirectUsers: 1},
			{ID: "g2", Email: "all@example.com", Name: "all@example.com", DirectUsers: -1},
		},
		Members: map[string][]directory.Member{
			"g1": {{Kind: directory.MemberUser, ID: "u1", Email: "amy@example.com"}, {Kind: directory.MemberGroup, ID: "g2", Email: "all@example.com"}},
			"g2": {{Kind: directory.MemberEveryone, ID: "C01example"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type obj = map[string]any

func must(t *testing.T) func(directory.Snapshot, error) directory.Snapshot {
	t.Helper()
	return func(snap directory.Snapshot, err error) directory.Snapshot {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return snap
	}
}

func ids(snap directory.Snapshot) (accounts, groups []string) {
	for _, a := range snap.Accounts {
		accounts = append(accounts, a.ID)
	}
	for _, g := range snap.Groups {
		groups = append(groups, g.ID)
	}
	return accounts, groups
}

func (s *server) refuse(op, id string, status int, reason, message string) {
	before := s.fault
	s.fault = func(r request, nth int) (*http.Response, error) {
		if r.op == op && (id == "" || r.id == id) {
			return failure(status, reason, message), nil
		}
		if before != nil {
			return before(r, nth)
		}
		return nil, nil
	}
}

const notAuthorized = "Not Authorized to access this resource/api"

func TestEmptyListsAreErrors(t *testing.T) {
	for _, key := range []string{"users", "groups"} {
		s := small()
		if key == "users" {
			s.users = nil
		} else {
			s.groups = nil
		}
		_, err := s.read(t, google.Options{})
		if !errors.Is(err, google.ErrEmpty) || !strings.Contains(err.Error(), "list "+key) {
			t.Errorf("no %s: %v", key, err)
		}
	}
}

// An empty page that has a next one is not the end, and does not make a
// directory empty.
func TestEmptyPagesAreReadOver(t *testing.T) {
	s := small()
	s.fault = func(r request, _ int) (*http.Response, error) {
		if strings.HasSuffix(r.op, ".list") && r.token == "" {
			return respond(http.StatusOK, `{"nextPageToken":"after-0"}`), nil
		}
		return nil, nil
	}
	snap := must(t)(s.read(t, google.Options{}))
	accounts, groups := ids(snap)
	if len(accounts) != 2 || len(groups) != 1 || len(snap.Members["g1"]) != 1 {
		t.Errorf("%+v", snap)
	}
}

func TestAListThatNeverEndsIsAnError(t *testing.T) {
	for _, op := range []string{"users.list", "groups.list", "members.list"} {
		s := small()
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op == op && r.token != "" {
				return respond(http.StatusOK, fmt.Sprintf(`{"nextPageToken":%q}`, r.token)), nil
			}
			if r.op == op {
				return respond(http.StatusOK, `{"users":[],"nextPageToken":"again"}`), nil
			}
			return nil, nil
		}
		if _, err := s.read(t, google.Options{Needs: directory.Needs{AllAccounts: true}}); err == nil || len(s.requests) > 10 {
			t.Errorf("%s: %d calls, %v", op, len(s.requests), err)
		}
	}
}

func TestRowsWithoutIdentityAreErrors(t *testing.T) {
	for what, change := range map[string]func(*server){
		"a user without id":        func(s *server) { delete(s.users[0], "id") },
		"a user without address":   func(s *server) { delete(s.users[0], "primaryEmail") },
		"a group without id":       func(s *server) { delete(s.groups[0], "id") },
		"a group without address":  func(s *server) { delete(s.groups[0], "email") },
		"a member without id":      func(s *server) { delete(s.members["g1"][0], "id") },
		"a member without type":    func(s *server) { delete(s.members["g1"][0], "type") },
		"a count that is no count": func(s *server) { s.groups[0]["directMembersCount"] = "many" },
		"a negative count":         func(s *server) { s.groups[0]["directMembersCount"] = "-1" },
		"a user that is null":      func(s *server) { s.users[0] = nil },
	} {
		s := small()
		change(s)
		if snap, err := s.read(t, google.Options{}); err == nil {
			t.Errorf("%s: %+v", what, snap)
		}
	}
}

// A row that was shown on two pages, because the list moved, is one.
func TestRowsThatMoveBetweenPagesAreOne(t *testing.T) {
	s := small()
	s.users = append(s.users, s.users[0])
	s.groups = append(s.groups, s.groups[0])
	s.members["g1"] = append(s.members["g1"], member("USER", "u1", ""), member("USER", "u2", ""))
	snap := must(t)(s.read(t, google.Options{}))
	if len(snap.Accounts) != 2 || len(snap.Groups) != 1 || len(snap.Members["g1"]) != 2 || s.calls["members.list"] != 1 {
		t.Errorf("%+v, %v", snap, s.calls)
	}
}

func TestQueriesGoToTheServer(t *testing.T) {
	s := small()
	s.groups = append(s.groups, group("g2", "ops@example.com"), group("g3", "web@example.com"))
	s.members["g2"] = []map[string]any{}
	s.members["g3"] = []map[string]any{}
	s.search = func(query string, e map[string]any) bool {
		switch query {
		case "email:o*":
			return e["id"] == "g2"
		case "isAdmin=true":
			return true
		}
		return false
	}
	s.pageSize = func(string, string, int) int { return 1 }
	slices.Reverse(s.users)
	snap := must(t)(s.read(t, google.Options{Needs: directory.Needs{
		Group:       func(g directory.Group) bool { return g.ID == "g1" },
		UserQueries: []string{"isAdmin=true", "isAdmin=false"}, GroupQueries: []string{"email:o*", "name=x"},
	}}))
	want := directory.Answers{
		Users:  map[string][]string{"isAdmin=true": {"u1", "u2"}, "isAdmin=false": nil},
		Groups: map[string][]string{"email:o*": {"g2"}, "name=x": nil},
	}
	if diff := cmp.Diff(want, snap.Answers); diff != "" {
		t.Error(diff)
	}
	if _, ok := snap.Members["g2"]; !ok || len(snap.Members) != 2 || len(snap.Accounts) != 2 || len(snap.Groups) != 3 {
		t.Errorf("%+v", snap)
	}
	if snap := must(t)(s.read(t, google.Options{})); snap.Answers.Users != nil || snap.Answers.Groups != nil {
		t.Errorf("%+v", snap.Answers)
	}
}

func TestAQueryThatIsRefusedNamesItself(t *testing.T) {
	for _, needs := range []directory.Needs{{UserQueries: []string{"foo=bar"}}, {GroupQueries: []string{"foo=bar"}}} {
		s := small()
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.url.Query().Get("query") != "" {
				return failure(http.StatusBadRequest, "invalid", "Invalid Input: query"), nil
			}
			return nil, nil
		}
		if _, err := s.read(t, google.Options{Needs: needs}); err == nil || !strings.Contains(err.Error(), `that match "foo=bar": 400 invalid`) {
			t.Error(err)
		}
	}
}

func TestTheCustomer(t *testing.T) {
	everybody := member("CUSTOMER", "C02example", "")
	for name, c := range map[string]struct {
		option string
		silent bool // accounts do not tell
		want   string
	}{
		"told":              {"C03example", false, "C03example"},
		"from accounts":     {"", false, "C01example"},
		"from a member":     {"my_customer", true, "C02example"},
		"told, not tracked": {"C03example", true, "C03example"},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.members["g1"] = append(s.members["g1"], everybody)
			for _, u := range s.users {
				if c.silent {
					delete(u, "customerId")
				}
			}
			snap := must(t)(s.read(t, google.Options{CustomerID: c.option}))
			if snap.CustomerID != c.want {
				t.Errorf("%q, want %q", snap.CustomerID, c.want)
			}
			for _, r := range s.requests {
				if q := r.url.Query(); r.op != "members.list" && q.Get("customer") != cmpOr(c.option, "my_customer") {
					t.Errorf("asked with %q", q.Get("customer"))
				}
			}
		})
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
