package google_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
	"ssosync/internal/source/google"
)

// nested is a directory in which amy is in inner, inner is in outer, outer is in
// inner, and bob is in nothing.
func nested() *server {
	return &server{
		users:  []map[string]any{user("u1", "amy@example.com", "aliases", []string{"amelia@example.com"}), user("u2", "bob@example.com")},
		groups: []map[string]any{group("g2", "outer@example.com"), group("g1", "inner@example.com")},
		members: map[string][]map[string]any{
			"g1": {member("USER", "u1", "amy@example.com"), member("GROUP", "g2", "outer@example.com")},
			"g2": {member("GROUP", "g1", "inner@example.com")},
		},
	}
}

// A question has an answer in words, so that all can be asked alike.
type question func(ctx context.Context, src *google.Source) (string, error)

func hasMember(group, user string) question {
	return func(ctx context.Context, src *google.Source) (string, error) {
		is, err := src.HasMember(ctx, group, user)
		return fmt.Sprint(is), err
	}
}

func groupsOf(user string) question {
	return func(ctx context.Context, src *google.Source) (string, error) {
		ids, err := src.GroupsOf(ctx, user)
		return strings.Join(ids, " "), err
	}
}

func byAddress(address string) question {
	return func(ctx context.Context, src *google.Source) (string, error) {
		a, found, err := src.AccountByAddress(ctx, address)
		return fmt.Sprintf("%s %v", a.ID, found), err
	}
}

func allGroups(ctx context.Context, src *google.Source) (string, error) {
	all, err := src.Groups(ctx)
	var ids []string
	for _, g := range all {
		ids = append(ids, g.ID)
	}
	return strings.Join(ids, " "), err
}

func TestQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		ask  question
		want string
		op   string
	}{
		"directly":           {hasMember("g1", "u1"), "true", "members.hasMember"},
		"through a group":    {hasMember("g2", "u1"), "true", "members.hasMember"},
		"no":                 {hasMember("g1", "u2"), "false", "members.hasMember"},
		"nobody":             {hasMember("g1", "u9"), "false", "members.hasMember"},
		"no group":           {hasMember("g9", "u1"), "false", "members.hasMember"},
		"direct groups":      {groupsOf("u1"), "g1", "groups.list"},
		"none":               {groupsOf("u2"), "", "groups.list"},
		"groups of nobody":   {groupsOf("u9"), "", "groups.list"},
		"address":            {byAddress("amy@example.com"), "u1 true", "users.get"},
		"in capitals":        {byAddress("AMY@example.com"), "u1 true", "users.get"},
		"alias":              {byAddress("amelia@example.com"), "u1 true", "users.get"},
		"no address":         {byAddress("zoe@example.com"), " false", "users.get"},
		"a group's address":  {byAddress("inner@example.com"), " false", "users.get"},
		"all groups, sorted": {allGroups, "g1 g2", "groups.list"},
	} {
		t.Run(name, func(t *testing.T) {
			s := nested()
			var meter httpx.Meter
			err := s.bubble(t, google.Options{Meter: &meter}, func(t *testing.T, src *google.Source) error {
				got, err := c.ask(t.Context(), src)
				if strings.TrimSpace(got) != strings.TrimSpace(c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]httpx.Count{{Op: c.op, Calls: 1}}, meter.Counts()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever is not an answer is an error, and so proves nothing.
func TestQuestionsWithoutAnAnswer(t *testing.T) {
	errorBody := func(reason, message string) string {
		return fmt.Sprintf(`{"error":{"message":%q,"errors":[{"message":%q,"reason":%q}]}}`, message, message, reason)
	}
	for name, ask := range map[string]question{
		"hasMember": hasMember("g1", "u2"), "groupsOf": groupsOf("u2"), "byAddress": byAddress("zoe@example.com"), "groups": allGroups,
	} {
		for _, c := range []struct {
			status int
			body   string
			but    string // the question that this does answer
		}{
			{200, `{"error":{}`, ""},
			{200, `[]`, ""},
			{200, `null`, ""},
			{200, `{"isMember":"true","groups":"x","id":7,"primaryEmail":true}`, ""},
			{200, `{"isMember":null,"groups":[{}],"id":"u2"}`, ""},
			{200, `{"isMember":1,"groups":[null],"primaryEmail":"zoe@example.com"}`, ""},
			{200, `{}`, "groupsOf"}, // an empty list has no key
			{204, ``, ""},
			{302, ``, ""},
			{400, errorBody("invalid", "Invalid Input: memberKey"), ""},
			{400, errorBody("badRequest", "Type not supported: userKey"), "byAddress"},
			{400, errorBody("badRequest", "Bad Request"), ""},
			{400, errorBody("notFound", "Resource Not Found: memberKey groupKey userKey"), ""},
			{403, errorBody("forbidden", notAuthorized), ""},
			{403, errorBody("notFound", "Resource Not Found: memberKey groupKey userKey"), ""},
			{404, errorBody("notFound", "Domain not found."), ""},
			{404, errorBody("notFound", "Not Found"), "byAddress"}, // of a single thing, that says it
			{404, errorBody("other", "Resource Not Found: memberKey groupKey userKey"), ""},
			{404, `<html>Resource Not Found: memberKey groupKey userKey, notFound</html>`, ""},
			{404, ``, ""},
			{404, errorBody("badRequest", "Type not supported: userKey"), ""},
			{410, errorBody("notFound", "Resource Not Found: memberKey groupKey userKey"), ""},
			{412, errorBody("conditionNotMet", "x"), ""},
			{500, errorBody("backendError", "x"), ""},
			{503, errorBody("notFound", "Resource Not Found: memberKey groupKey userKey"), ""},
			{429, errorBody("rateLimitExceeded", "x"), ""},
			{403, errorBody("quotaExceeded", "x"), ""},
			{401, errorBody("authError", "x"), ""},
		} {
			t.Run(fmt.Sprint(name, " ", c.status, " ", c.body), func(t *testing.T) {
				s := nested()
				s.fault = func(request, int) (*http.Response, error) { return respond(c.status, c.body), nil }
				var got string
				err := s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) (err error) {
					got, err = ask(t.Context(), src)
					return err
				})
				if c.but == name {
					if err != nil || strings.Contains(got, "true") {
						t.Errorf("%q, %v", got, err)
					}
					return
				}
				if err == nil || strings.ContainsAny(got, "123456789") || strings.Contains(got, "true") {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
	}
}

// What is passing is waited for, as it is when a directory is read.
func TestQuestionsAreAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		ask  question
		want string
	}{
		"hasMember": {hasMember("g2", "u1"), "true"}, "groupsOf": {groupsOf("u1"), "g1"},
		"byAddress": {byAddress("amy@example.com"), "u1 true"}, "groups": {allGroups, "g1 g2"},
	} {
		s := nested()
		s.fault = func(_ request, nth int) (*http.Response, error) {
			switch nth {
			case 1:
				return failure(http.StatusServiceUnavailable, "backendError", "x"), nil
			case 2:
				return failure(http.StatusForbidden, "quotaExceeded", "x"), nil
			case 3:
				return respond(http.StatusOK, `{"isMember":fal`), nil
			case 4:
				return failure(http.StatusBadRequest, "invalid", "A system error has occurred"), nil
			case 5:
				return nil, errReset
			}
			return nil, nil
		}
		if name == "byAddress" { // of people, that is said in other words
			s.fault = func(_ request, nth int) (*http.Response, error) {
				if nth <= 5 {
					return failure(http.StatusBadRequest, "failedPrecondition", "x"), nil
				}
				return nil, nil
			}
		}
		err := s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
			got, err := c.ask(t.Context(), src)
			if got != c.want || len(s.requests) != 6 {
				t.Errorf("%s: %q after %d", name, got, len(s.requests))
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Keys that would make a path of something else are not sent.
func TestKeysThatAreNone(t *testing.T) {
	s := nested()
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		for _, key := range []string{"", ".", ".."} {
			for _, ask := range []question{hasMember(key, "u1"), hasMember("g1", key), groupsOf(key), byAddress(key)} {
				if got, err := ask(t.Context(), src); err == nil {
					t.Errorf("%q: %q", key, got)
				}
			}
			_, _, err1 := src.Account(t.Context(), key)
			_, _, err2 := src.Group(t.Context(), key)
			_, _, err3 := src.GroupMembers(t.Context(), key)
			if err1 == nil || err2 == nil || err3 == nil {
				t.Errorf("%q: %v, %v, %v", key, err1, err2, err3)
			}
		}
		return nil
	})
	if len(s.requests) != 0 {
		t.Errorf("%v", s.requests)
	}
}

// An answer about somebody else says nothing about who was asked for.
func TestAnswersAboutOthers(t *testing.T) {
	s := nested()
	s.fault = func(request, int) (*http.Response, error) {
		return respond(http.StatusOK, `{"id":"x9","email":"x@example.com","primaryEmail":"x@example.com","suspended":true,"archived":false}`), nil
	}
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		if a, found, err := src.Account(t.Context(), "u1"); err == nil || found || a.ID != "" {
			t.Errorf("%+v, %v, %v", a, found, err)
		}
		if g, found, err := src.Group(t.Context(), "g1"); err == nil || found || g.ID != "" {
			t.Errorf("%+v, %v, %v", g, found, err)
		}
		return nil
	})
}

// An address of another organisation is refused like one that may not be read.
func TestARefusedAddressProvesNothing(t *testing.T) {
	s := nested()
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		_, found, err := src.AccountByAddress(t.Context(), "zoe@other.example")
		if found || err == nil || !strings.Contains(err.Error(), "another organisation, or") {
			t.Errorf("%v, %v", found, err)
		}
		return nil
	})
}

// Each question is a reading of its own: nothing is remembered.
func TestNothingIsRemembered(t *testing.T) {
	s := nested()
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		ask := func(want string) {
			t.Helper()
			rows, found, err := src.GroupMembers(t.Context(), "g1")
			is, err2 := src.HasMember(t.Context(), "g1", "u1")
			in, err3 := src.GroupsOf(t.Context(), "u1")
			all, err4 := src.Groups(t.Context())
			if got := fmt.Sprint(len(rows), found, is, len(in), len(all)); got != want || errors.Join(err, err2, err3, err4) != nil {
				t.Errorf("got %s, want %s; %v", got, want, errors.Join(err, err2, err3, err4))
			}
		}
		if _, err := src.Read(t.Context()); err != nil {
			return err
		}
		before := len(s.requests)
		ask("2 true true 1 2")
		s.members["g1"], s.groups = nil, append(s.groups, group("g3", "new@example.com"))
		s.members["g1"] = []map[string]any{}
		ask("0 true false 0 3")
		if n := len(s.requests) - before; n != 8 {
			t.Errorf("%d calls, want 8", n)
		}
		return nil
	})
}

// Lists are read to their end, whatever the pages, and none of groups is a
// mistake of the reading.
func TestListsOfGroupsAreWhole(t *testing.T) {
	for _, size := range []int{1, 7, 200} {
		s := &server{users: []map[string]any{user("u1", "amy@example.com")}, members: map[string][]map[string]any{}}
		for n := range 23 {
			id := fmt.Sprintf("g%02d", 22-n)
			s.groups = append(s.groups, group(id, id+"@example.com"))
			s.members[id] = []map[string]any{member("USER", "u1", "")}
		}
		s.pageSize = func(string, string, int) int { return size }
		s.bubble(t, google.Options{CustomerID: "C01example"}, func(t *testing.T, src *google.Source) error {
			ids, err := src.GroupsOf(t.Context(), "u1")
			all, err2 := src.Groups(t.Context())
			if err != nil || err2 != nil || len(ids) != 23 || len(all) != 23 || ids[0] != "g00" || all[22].ID != "g22" {
				t.Errorf("%v, %d, %v, %v", ids, len(all), err, err2)
			}
			if n, want := len(s.requests), 2*((23+size-1)/size); n != want {
				t.Errorf("%d calls, want %d", n, want)
			}
			return nil
		})
	}
	s := &server{}
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		if all, err := src.Groups(t.Context()); !errors.Is(err, google.ErrEmpty) || all != nil {
			t.Errorf("%v, %v", all, err)
		}
		return nil
	})
}

func TestListsOfGroupsEnd(t *testing.T) {
	for name, ask := range map[string]question{"groupsOf": groupsOf("u1"), "groups": allGroups} {
		s := nested()
		s.fault = func(request, int) (*http.Response, error) {
			return respond(http.StatusOK, `{"groups":[{"id":"g1","email":"x@example.com"}],"nextPageToken":"t"}`), nil
		}
		s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
			if got, err := ask(t.Context(), src); err == nil || !strings.Contains(err.Error(), "never ends") || got != "" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			return nil
		})
	}
}

// A page may repeat what moved between two pages.
func TestAGroupOnTwoPagesIsOne(t *testing.T) {
	s := nested()
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.token == "" {
			return respond(http.StatusOK, `{"groups":[{"id":"g2","email":"b@example.com"},{"id":"g1","email":"a@example.com"}],"nextPageToken":"t"}`), nil
		}
		return respond(http.StatusOK, `{"groups":[{"id":"g2","email":"c@example.com"}]}`), nil
	}
	s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
		ids, err := src.GroupsOf(t.Context(), "u1")
		all, err2 := src.Groups(t.Context())
		want := []directory.Group{{ID: "g1", Email: "a@example.com", DirectUsers: -1}, {ID: "g2", Email: "c@example.com", DirectUsers: -1}}
		if diff := cmp.Diff([]string{"g1", "g2"}, ids) + cmp.Diff(want, all); diff != "" || err != nil || err2 != nil {
			t.Errorf("%s, %v, %v", diff, err, err2)
		}
		return nil
	})
}

// Whatever an answer holds, yes is said only if it was.
func FuzzQuestions(f *testing.F) {
	for _, body := range []string{
		`{"isMember":true}`, `{"isMember":false}`, `{"ismember":{}}`, `{"groups":[{"id":"g1","email":"a@example.com"}],"nextPageToken":"x"}`,
		`{"id":"u1","primaryEmail":"amy@example.com","suspended":false}`, `{"groups":[null]}`, ``,
		`{"error":{"message":"Resource Not Found: userKey","errors":[{"reason":"notFound"}]}}`,
	} {
		f.Add(200, body)
		f.Add(404, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		s := nested()
		s.fault = func(request, int) (*http.Response, error) { return respond(status, body), nil }
		synctest.Test(t, func(t *testing.T) {
			src := s.source(t, google.Options{})
			if is, err := src.HasMember(t.Context(), "g1", "u1"); is && (err != nil || status != 200 || !strings.Contains(body, "true")) {
				t.Errorf("%v, %v", is, err)
			}
			if ids, err := src.GroupsOf(t.Context(), "u1"); len(ids) > 0 && (err != nil || status != 200) {
				t.Errorf("%v, %v", ids, err)
			}
			if all, err := src.Groups(t.Context()); (err == nil) != (len(all) > 0) {
				t.Errorf("%v, %v", all, err)
			}
			if a, found, err := src.AccountByAddress(t.Context(), "amy@example.com"); found && (err != nil || status != 200 || a.ID == "" || a.PrimaryEmail == "") {
				t.Errorf("%+v, %v", a, err)
			}
		})
	})
}
