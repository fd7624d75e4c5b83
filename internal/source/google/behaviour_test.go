package google_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

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

func TestOnlyGroupsInScopeAndInsideAreListed(t *testing.T) {
	scope := func(g directory.Group) bool { return g.ID == "g2" }
	for name, c := range map[string]struct {
		needs directory.Needs
		want  []string
	}{
		"everything":  {directory.Needs{}, []string{"g1", "g2", "g3", "g4"}},
		"scope":       {directory.Needs{Group: scope}, []string{"g1", "g2", "g4"}},
		"all members": {directory.Needs{Group: scope, AllMembers: true}, []string{"g1", "g2", "g3", "g4"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.groups = []map[string]any{group("g1", "1@example.com"), group("g2", "2@example.com"), group("g3", "3@example.com"), group("g4", "4@example.com")}
			s.members = map[string][]map[string]any{
				"g1": {member("GROUP", "g4", "")}, // known when g2 is listed
				"g2": {member("GROUP", "g1", ""), member("GROUP", "g2", "")},
				"g3": {}, "g4": {member("GROUP", "g1", "")}, // a cycle
			}
			snap := must(t)(s.read(t, google.Options{Needs: c.needs}))
			var got []string
			for id := range snap.Members {
				got = append(got, id)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" || s.calls["members.list"] != len(c.want) || len(snap.Groups) != 4 {
				t.Errorf("%v, %d groups\n%s", s.calls, len(snap.Groups), diff)
			}
		})
	}
}

// Members are listed while groups still are.
func TestMembersStartBeforeGroupsEnd(t *testing.T) {
	s := small()
	s.groups = append(s.groups, group("g2", "ops@example.com"))
	s.members["g2"] = []map[string]any{}
	s.pageSize = func(string, string, int) int { return 1 }
	s.delay = func(r request) time.Duration {
		if r.op == "groups.list" && r.token != "" {
			return 30 * time.Second // within the time of one attempt
		}
		return time.Second
	}
	must(t)(s.read(t, google.Options{}))
	var order []string
	for _, r := range s.answered {
		if r.op == "groups.list" || r.op == "members.list" {
			order = append(order, r.op+" "+r.id)
		}
	}
	if diff := cmp.Diff([]string{"groups.list ", "members.list g1", "groups.list ", "members.list g2"}, order); diff != "" {
		t.Error(diff)
	}
}

// slowly lets the pages of groups, of one each, come late: every other answer
// overtakes them.
func (s *server) slowly() *server {
	s.pageSize = func(op, _ string, _ int) int {
		if op == "groups.list" {
			return 1
		}
		return 200
	}
	s.delay = func(r request) time.Duration {
		if r.op == "groups.list" && r.token != "" {
			return 30 * time.Second
		}
		return time.Second
	}
	return s
}

// A group that is nested is listed as soon as both are known: that it is
// needed, and that it is ours.
func TestNestedGroupsStartBeforeGroupsEnd(t *testing.T) {
	s := small()
	scope := func(g directory.Group) bool { return g.ID == "g2" }
	s.groups = []map[string]any{group("g1", "1@example.com"), group("g2", "2@example.com"), group("g3", "3@example.com"), group("g4", "4@example.com")}
	s.members = map[string][]map[string]any{
		"g1": {}, "g2": {member("GROUP", "g1", ""), member("GROUP", "g3", "")}, "g3": {}, "g4": {},
	}
	must(t)(s.slowly().read(t, google.Options{Needs: directory.Needs{Group: scope}}))
	var order []string
	for _, r := range s.answered {
		if r.op == "groups.list" || r.op == "members.list" {
			order = append(order, r.op+" "+r.id)
		}
	}
	want := []string{
		"groups.list ", "groups.list ", "members.list g2", "members.list g1", "groups.list ", "members.list g3", "groups.list ",
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsOfOthersAreSkipped(t *testing.T) {
	for _, slow := range []bool{false, true} {
		s := small()
		s.groups = append(s.groups, group("g2", "ops@example.com"))
		s.members["g2"] = []map[string]any{}
		s.delay = func(r request) time.Duration {
			if r.id == "x1" {
				return 2 * time.Second // the notes come in another order
			}
			return 0
		}
		if slow { // it is found before the listing could tell that it is not ours
			s.slowly()
		}
		s.members["g1"] = append(s.members["g1"], member("GROUP", "x2", "more@other.example"), member("GROUP", "x1", "theirs@other.example"))
		s.refuse("members.list", "x1", http.StatusForbidden, "forbidden", notAuthorized)
		s.refuse("members.list", "x2", http.StatusForbidden, "forbidden", notAuthorized)
		snap := must(t)(s.read(t, google.Options{}))
		want := []string{
			"more@other.example is a group of another organisation: its members cannot be read and get nothing through it",
			"theirs@other.example is a group of another organisation: its members cannot be read and get nothing through it",
		}
		if diff := cmp.Diff(want, snap.Notes); diff != "" || len(snap.Members) != 2 || len(snap.Groups) != 2 || len(snap.Doubts) != 0 {
			t.Errorf("%+v %s", snap, diff)
		}
		if s.calls["groups.get"] != 0 {
			t.Error("it was asked for")
		}
	}
}

// A refusal means "of another organisation" only where it can.
func TestRefusedGroupsOfOursAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		id, reason string
		nested     bool
	}{
		"in scope":                    {"g1", "forbidden", false},
		"nested":                      {"g2", "forbidden", true},
		"unknown, for another reason": {"x1", "insufficientPermissions", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.groups = append(s.groups, group("g2", "ops@example.com"))
			s.members["g2"] = []map[string]any{}
			if c.nested {
				s.members["g1"] = []map[string]any{member("GROUP", c.id, "nested@example.com")}
			}
			s.refuse("members.list", c.id, http.StatusForbidden, c.reason, notAuthorized)
			needs := directory.Needs{Group: func(g directory.Group) bool { return g.ID == "g1" }}
			if snap, err := s.read(t, google.Options{Needs: needs}); err == nil {
				t.Errorf("%+v", snap)
			}
		})
	}
}

func TestAGroupOfOthersThatCanBeListedIsStillTheirs(t *testing.T) {
	s := small()
	s.members["g1"] = append(s.members["g1"], member("GROUP", "x1", "theirs@other.example"))
	s.members["x1"] = []map[string]any{member("USER", "u1", "amy@example.com"), member("GROUP", "x2", "")}
	s.refuse("groups.get", "x1", http.StatusForbidden, "forbidden", notAuthorized)
	snap := must(t)(s.read(t, google.Options{}))
	if _, ok := snap.Members["x1"]; ok || len(snap.Groups) != 1 || len(snap.Notes) != 1 || s.calls["members.list"] != 2 {
		t.Errorf("%+v", snap)
	}
}

// late lets a group be there for everything but the listing.
func late() *server {
	s := small()
	s.members["g1"] = append(s.members["g1"], member("GROUP", "g2", "new@example.com"))
	s.members["g2"] = []map[string]any{member("USER", "u1", "amy@example.com")}
	s.groups = append(s.groups, group("g2", "new@example.com"))
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.op == "groups.list" {
			return success(obj{"groups": s.groups[:1]}), nil
		}
		return nil, nil
	}
	return s
}

func TestAGroupThatIsCreatedMeanwhileIsRead(t *testing.T) {
	s := late()
	snap := must(t)(s.read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1", "g2"}) || len(snap.Members["g2"]) != 1 || len(snap.Notes) != 0 {
		t.Errorf("%+v", snap)
	}
}

func TestAnUnlistedGroupThatCannotBeReadIsAnError(t *testing.T) {
	s := late()
	s.refuse("groups.get", "g2", http.StatusBadRequest, "invalid", "Invalid Input")
	if snap, err := s.read(t, google.Options{}); err == nil {
		t.Errorf("%+v", snap)
	}
	s = late()
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	if snap := must(t)(s.read(t, google.Options{})); len(snap.Groups) != 1 || len(snap.Members) != 1 || len(snap.Notes) != 1 {
		t.Errorf("%+v", snap)
	}
}

func TestAGroupThatVanishesIsDroppedIfItIsGone(t *testing.T) {
	const gone = "Resource Not Found: groupKey"
	two := func() *server {
		s := small()
		s.groups = append(s.groups, group("g2", "ops@example.com"))
		s.refuse("members.list", "g2", http.StatusNotFound, "notFound", gone)
		return s
	}
	s := two()
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", gone)
	snap := must(t)(s.read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1"}) || len(snap.Members) != 1 || len(snap.Notes) != 1 ||
		!strings.Contains(snap.Notes[0], "ops@example.com was deleted") {
		t.Errorf("%+v", snap)
	}
	s.refuse("members.list", "g1", http.StatusNotFound, "notFound", gone)
	s.refuse("groups.get", "g1", http.StatusNotFound, "notFound", gone)
	if _, err := s.read(t, google.Options{}); !errors.Is(err, google.ErrEmpty) {
		t.Error("all groups vanished:", err)
	}
	s = two() // groups.get finds it
	if _, err := s.read(t, google.Options{}); err == nil || !strings.Contains(err.Error(), "although the group is there") {
		t.Error(err)
	}
	for _, c := range []struct {
		status          int
		reason, message string
	}{
		{403, "forbidden", notAuthorized},
		{404, "notFound", "Domain not found."},
		{404, "other", gone},
		{410, "notFound", gone},
	} {
		s = two()
		s.refuse("groups.get", "g2", c.status, c.reason, c.message)
		if snap, err := s.read(t, google.Options{}); err == nil {
			t.Errorf("%+v: %+v", c, snap)
		}
	}
}

// A group that is gone does not come back because a later page repeats it.
func TestAGroupThatVanishedStaysSo(t *testing.T) {
	s := small()
	g2 := group("g2", "ops@example.com")
	s.groups = []map[string]any{g2, s.groups[0], g2}
	s.refuse("members.list", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	snap := must(t)(s.slowly().read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1"}) {
		t.Errorf("%+v", snap)
	}
}

// More users announced than members listed is a doubt, unless the number was
// old; anything else is not.
func TestCountsThatDisagree(t *testing.T) {
	for name, c := range map[string]struct {
		announced, now any
		doubts         int
		gets           int
	}{
		"as listed":     {"2", "2", 0, 0},
		"fewer":         {"0", "0", 0, 0},
		"not said":      {nil, nil, 0, 0},
		"more":          {"3", "3", 1, 1},
		"more, but old": {"3", "2", 0, 1},
		"a number":      {3, 2, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.members["g1"] = []map[string]any{member("USER", "u1", ""), member("GROUP", "g1", "")}
			with(s.groups[0], []any{"directMembersCount", c.announced})
			if c.announced == nil {
				delete(s.groups[0], "directMembersCount")
			}
			s.fault = func(r request, _ int) (*http.Response, error) {
				if r.op == "groups.get" {
					s.mu.Lock()
					s.calls[r.op]++
					s.mu.Unlock()
					return success(group("g1", "eng@example.com", "directMembersCount", c.now)), nil
				}
				return nil, nil
			}
			snap := must(t)(s.read(t, google.Options{}))
			if len(snap.Doubts) != c.doubts || s.calls["groups.get"] != c.gets {
				t.Errorf("%v, %v", snap.Doubts, s.calls)
			}
			if c.doubts == 1 && snap.Doubts[0] != "eng@example.com announces 3 users, but only 2 members were listed" {
				t.Error(snap.Doubts)
			}
		})
	}
}

func TestDoubtsAreInOrder(t *testing.T) {
	s := small()
	s.groups = []map[string]any{
		group("g1", "z@example.com", "directMembersCount", "9"), group("g2", "a@example.com", "directMembersCount", "9"),
	}
	s.members["g2"] = []map[string]any{}
	s.delay = func(r request) time.Duration {
		if r.id == "g2" {
			return 2 * time.Second
		}
		return time.Second
	}
	snap := must(t)(s.read(t, google.Options{}))
	if len(snap.Doubts) != 2 || !slices.IsSorted(snap.Doubts) {
		t.Error(snap.Doubts)
	}
}

func TestACountThatCannotBeReadAgain(t *testing.T) {
	s := small()
	s.groups[0]["directMembersCount"] = "9"
	s.refuse("groups.get", "g1", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	if snap := must(t)(s.read(t, google.Options{})); len(snap.Doubts) != 1 {
		t.Errorf("%+v", snap)
	}
	s.refuse("groups.get", "g1", http.StatusForbidden, "forbidden", notAuthorized)
	if snap, err := s.read(t, google.Options{}); err == nil {
		t.Errorf("%+v", snap)
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

func TestEvidence(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *google.Source, string) (string, bool, error){
		"users.get": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			a, found, err := src.Account(ctx, strings.Replace(id, "g", "u", 1))
			return strings.Replace(a.ID, "u", "g", 1), found, err
		},
		"groups.get": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			g, found, err := src.Group(ctx, id)
			return g.ID, found, err
		},
		"members.list": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			m, found, err := src.GroupMembers(ctx, id)
			if len(m) != 1 {
				return "", found, err
			}
			return id, found, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
				if id, found, err := ask(t.Context(), src, "g1"); id != "g1" || !found || err != nil {
					t.Errorf("present: %q, %v, %v", id, found, err)
				}
				if n := len(s.requests); n != 1 || s.requests[0].op != name {
					t.Errorf("%d calls, the first is %s", n, s.requests[0].op)
				}
				if id, found, err := ask(t.Context(), src, "g9"); id != "" || found || err != nil {
					t.Errorf("absent: %q, %v, %v", id, found, err)
				}
				if id, found, err := ask(t.Context(), src, ""); id != "" || found || err == nil {
					t.Errorf("no id: %q, %v, %v", id, found, err)
				}
				for _, c := range []struct {
					status          int
					reason, message string
				}{
					{403, "forbidden", notAuthorized},
					{404, "notFound", "Domain not found."},
					{404, "other", "x"},
					{503, "notFound", "x"},
					{400, "invalid", "x"},
				} {
					s.fault = func(request, int) (*http.Response, error) { return failure(c.status, c.reason, c.message), nil }
					if id, found, err := ask(t.Context(), src, "g1"); id != "" || found || err == nil {
						t.Errorf("%+v: %q, %v, %v", c, id, found, err)
					}
				}
				s.fault = func(request, int) (*http.Response, error) { return respond(404, "<html>not found</html>"), nil }
				if _, found, err := ask(t.Context(), src, "g1"); found || err == nil {
					t.Errorf("a page: %v, %v", found, err)
				}
				s.fault = func(request, int) (*http.Response, error) { return nil, errReset }
				if _, found, err := ask(t.Context(), src, "g1"); found || !errors.Is(err, errReset) {
					t.Errorf("no answer: %v, %v", found, err)
				}
				s.fault = func(request, int) (*http.Response, error) { return respond(200, `{"members":[{}]}`), nil }
				if _, found, err := ask(t.Context(), src, "g1"); found || err == nil {
					t.Errorf("without identity: %v, %v", found, err)
				}
				return nil
			})
		})
	}
}

// Evidence about a person comes with all that a reading has.
func TestEvidenceHasValues(t *testing.T) {
	s := small()
	s.users[0]["customSchemas"] = obj{"AWS": obj{"costCenter": "42"}}
	s.bubble(t, google.Options{Needs: directory.Needs{Paths: []string{"customSchemas.AWS.costCenter"}}}, func(t *testing.T, src *google.Source) error {
		a, _, err := src.Account(t.Context(), "u1")
		if err != nil || !slices.Equal(a.Values["customSchemas.AWS.costCenter"], []string{"42"}) {
			t.Errorf("%+v, %v", a, err)
		}
		if q := s.requests[0].url.Query(); q.Get("projection") != "custom" || q.Get("customFieldMask") != "AWS" {
			t.Errorf("%v", q)
		}
		return nil
	})
}

func TestReadEndsWithItsContext(t *testing.T) {
	for _, op := range []string{"users.list", "groups.list", "members.list", "users.get"} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := many(9, member("USER", "u8", "u8@example.com"))
				s.delay = func(r request) time.Duration {
					if r.op == op {
						return 50 * time.Second
					}
					return 0
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				began := time.Now()
				snap, err := s.source(t, google.Options{}).Read(ctx)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				if diff := cmp.Diff(directory.Snapshot{}, snap); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// One failure ends the reading at once, whatever else is under way.
func TestReadEndsWithItsFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := many(9, member("USER", "u8", "u8@example.com"))
		s.delay = func(r request) time.Duration {
			if r.op == "members.list" {
				return 50 * time.Second
			}
			return time.Second
		}
		s.refuse("users.list", "", http.StatusBadRequest, "badRequest", "Bad Request")
		began := time.Now()
		if _, err := s.source(t, google.Options{}).Read(t.Context()); err == nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A login that fails is told as it is.
func TestALoginThatFails(t *testing.T) {
	broken := errors.New("no such administrator")
	s := small()
	_, err := s.read(t, google.Options{Tokens: failing{broken}})
	if !errors.Is(err, broken) || len(s.requests) != 0 {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
}

type failing struct{ err error }

func (f failing) Token(context.Context, string) (string, error) { return "", f.err }
