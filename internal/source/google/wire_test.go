package google_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/option"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
	"ssosync/internal/source/google"
)

const (
	userMask  = "id,primaryEmail,aliases,nonEditableAliases,suspended,archived,isGuestUser,orgUnitPath"
	groupMask = "id,email,name,description,directMembersCount,aliases"
)

// We send what Google's own client sends, byte for byte.
func TestRequestsAreThoseOfTheOfficialClient(t *testing.T) {
	s := &server{
		users:   []map[string]any{user("u1", "amy@example.com"), user("u2", "bob@example.com")},
		groups:  []map[string]any{group("g 1/ü+@", "eng@example.com"), group("g2", "ops@example.com")},
		members: map[string][]map[string]any{"g 1/ü+@": {member("USER", "u1", ""), member("USER", "u2", "")}, "g2": {}},
		search:  func(string, map[string]any) bool { return true },
	}
	s.pageSize = func(string, string, int) int { return 1 }
	err := readAllOf(t, s, google.Options{
		Endpoint: "https://admin.example.com/some/prefix", CustomerID: "C01example",
		Needs: directory.Needs{
			AllAccounts: true, Paths: []string{"customSchemas.AWS.costCenter", "name.givenName"},
			UserQueries: []string{"orgUnitPath='/My OU' isSuspended=false"}, GroupQueries: []string{"email:aws-*"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, r := range s.requests {
		got[r.url.String()] = true
	}
	want := officialRequests(t)
	for _, u := range want {
		if !got[u] {
			t.Errorf("not sent: %s", u)
		}
		delete(got, u)
	}
	for u := range got {
		t.Errorf("sent: %s", u)
	}
}

func readAllOf(t *testing.T, s *server, o google.Options) error {
	t.Helper()
	return s.bubble(t, o, func(t *testing.T, src *google.Source) error {
		if _, err := src.Read(t.Context()); err != nil {
			return err
		}
		if _, _, err := src.Account(t.Context(), "u1"); err != nil {
			return err
		}
		_, _, err := src.Group(t.Context(), "g2")
		return err
	})
}

// officialRequests has google.golang.org/api make the requests of the test.
func officialRequests(t *testing.T) []string {
	t.Helper()
	var urls []string
	record := httpx.Func(func(req *http.Request) (*http.Response, error) {
		urls = append(urls, req.URL.String())
		return respond(http.StatusOK, "{}"), nil
	})
	svc, err := admin.NewService(t.Context(), option.WithEndpoint("https://admin.example.com/some/prefix/"),
		option.WithHTTPClient(&http.Client{Transport: record}))
	if err != nil {
		t.Fatal(err)
	}
	const users = "nextPageToken,users(" + userMask + ",customSchemas,name/givenName)"
	const groups = "nextPageToken,groups(" + groupMask + ")"
	for _, token := range []string{"", "after-1"} {
		list := svc.Users.List().Customer("C01example").MaxResults(500).Projection("custom").CustomFieldMask("AWS").Fields(users)
		found := svc.Users.List().Customer("C01example").MaxResults(500).Query("orgUnitPath='/My OU' isSuspended=false").Fields("nextPageToken,users(id)")
		all := svc.Groups.List().Customer("C01example").MaxResults(200).Fields(groups)
		some := svc.Groups.List().Customer("C01example").MaxResults(200).Query("email:aws-*").Fields("nextPageToken,groups(id,email)")
		in := svc.Members.List("g 1/ü+@").MaxResults(200).Fields("nextPageToken,members(id,email,type)")
		if token != "" {
			list, found, all, some, in = list.PageToken(token), found.PageToken(token), all.PageToken(token), some.PageToken(token), in.PageToken(token)
		}
		_, err1 := list.Do()
		_, err2 := found.Do()
		_, err3 := all.Do()
		_, err4 := some.Do()
		_, err5 := in.Do()
		for _, err := range []error{err1, err2, err3, err4, err5} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := svc.Members.List("g2").MaxResults(200).Fields("nextPageToken,members(id,email,type)").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Users.Get("u1").Projection("custom").CustomFieldMask("AWS").Fields(userMask + ",customSchemas,name/givenName").Do(); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Groups.Get("g2").Fields(groupMask).Do(); err != nil {
		t.Fatal(err)
	}
	return urls
}

func TestTheMaskAsksForWhatIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		customer               string
		paths                  []string
		mask, projection, only string
	}{
		"nothing more":           {"C01example", nil, userMask, "", ""},
		"the customer":           {"", nil, userMask + ",customerId", "", ""},
		"fields":                 {"C01example", []string{"phones[type=work].value", "name.givenName", "name.familyName"}, userMask + ",name/familyName,name/givenName,phones", "", ""},
		"once":                   {"C01example", []string{"name.givenName", "name", "primaryEmail", "aliases[]"}, userMask + ",name", "", ""},
		"names that begin alike": {"C01example", []string{"ims", "ims2.x"}, userMask + ",ims,ims2/x", "", ""},
		"schemas":                {"C01example", []string{"customSchemas.B.x", "customSchemas.A.x", "customSchemas.B.y"}, userMask + ",customSchemas", "custom", "A,B"},
		"all schemas":            {"C01example", []string{"customSchemas", "customSchemas.A.x"}, userMask + ",customSchemas", "full", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			must(t)(s.read(t, google.Options{CustomerID: c.customer, Needs: directory.Needs{Paths: c.paths}}))
			for _, r := range s.requests {
				if r.op != "users.list" {
					continue
				}
				q := r.url.Query()
				got := []string{q.Get("fields"), q.Get("projection"), q.Get("customFieldMask")}
				if diff := cmp.Diff([]string{"nextPageToken,users(" + c.mask + ")", c.projection, c.only}, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for want, o := range map[string]google.Options{
		"no login": {},
		`endpoint "admin.googleapis.com" is not an address`: {Tokens: &tokens{}, Endpoint: "admin.googleapis.com"},
		"endpoint \"\\x7f\"": {Tokens: &tokens{}, Endpoint: "\x7f"},
		`path "name..x"`:     {Tokens: &tokens{}, Needs: directory.Needs{Paths: []string{"name..x"}}},
	} {
		if _, err := google.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Everything but the login has a default.
	if _, err := google.New(google.Options{Tokens: &tokens{}}); err != nil {
		t.Error(err)
	}
}

func TestWeNameOurselves(t *testing.T) {
	for name, want := range map[string]string{
		"": "ssosync (gzip)", "ssosync/1.2": "ssosync/1.2 (gzip)", "ssosync/1.2 (gzip)": "ssosync/1.2 (gzip)",
	} {
		s := small()
		must(t)(s.read(t, google.Options{UserAgent: name}))
		for _, r := range s.requests {
			if got := r.header.Get("User-Agent"); got != want || r.url.Host != "admin.googleapis.com" {
				t.Errorf("%q to %s, want %q", got, r.url.Host, want)
			}
		}
	}
}

// busy is a directory of many groups and many pages of people.
func busy(groups int) *server {
	s := &server{members: map[string][]map[string]any{}}
	for n := range 20 {
		s.users = append(s.users, user(fmt.Sprintf("u%02d", n), fmt.Sprintf("u%02d@example.com", n)))
	}
	for n := range groups {
		id := fmt.Sprintf("g%04d", n)
		s.groups = append(s.groups, group(id, id+"@example.com"))
		s.members[id] = []map[string]any{}
	}
	s.pageSize = func(op, _ string, _ int) int {
		if op == "users.list" {
			return 1
		}
		return 200
	}
	return s
}

// starts has the server note when each request comes in.
func starts(s *server, took time.Duration) *[]time.Time {
	var at []time.Time
	s.delay = func(request) time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		at = append(at, time.Now())
		return took
	}
	return &at
}

func TestTheQuotaIsKept(t *testing.T) {
	for _, c := range []struct {
		perSecond float64
		perMinute int
		groups    int
		within    time.Duration
		slowest   time.Duration
	}{
		{0, 2400, 5000, time.Minute, 150 * time.Second}, // 35/s
		{10, 640, 1000, time.Minute, 105 * time.Second},
	} {
		s := busy(c.groups)
		at := starts(s, 50*time.Millisecond)
		var took time.Duration
		err := s.bubble(t, google.Options{PerSecond: c.perSecond, Needs: directory.Needs{AllAccounts: true}}, func(t *testing.T, src *google.Source) error {
			began := time.Now()
			_, err := src.Read(t.Context())
			took = time.Since(began)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(*at, time.Time.Compare)
		for i, from := range *at {
			n, _ := slices.BinarySearchFunc(*at, from.Add(c.within), time.Time.Compare)
			if n-i > c.perMinute {
				t.Fatalf("%d requests in a minute", n-i)
			}
		}
		if took > c.slowest {
			t.Errorf("%d requests took %v", len(*at), took)
		}
	}
}

func TestNoMoreInFlightThanAllowed(t *testing.T) {
	for option, want := range map[int]int{0: 16, 5: 5} {
		s := busy(100)
		starts(s, time.Second)
		must(t)(s.read(t, google.Options{InFlight: option, Needs: directory.Needs{AllAccounts: true}}))
		if s.most > want || s.most < want-2 {
			t.Errorf("%d in flight, want %d", s.most, want)
		}
	}
}

// The pages of people are not held up by the groups that wait for their turn:
// both chains take as long as the longer one. Nor do they wait to learn whose
// accounts will be needed.
func TestListingsGoBesideMembers(t *testing.T) {
	for _, all := range []bool{true, false} {
		s := busy(280)
		for n, u := range s.users { // everybody is in the first groups
			id := s.groups[n]["id"].(string)
			s.members[id] = []map[string]any{member("USER", u["id"].(string), "")}
		}
		starts(s, time.Second) // 20 pages of people; 2 of groups and 280/14 rounds of members
		var took time.Duration
		err := s.bubble(t, google.Options{Needs: directory.Needs{AllAccounts: all}}, func(t *testing.T, src *google.Source) error {
			began := time.Now()
			_, err := src.Read(t.Context())
			took = time.Since(began)
			return err
		})
		if err != nil || took > 24*time.Second {
			t.Errorf("%v, %v", took, err)
		}
	}
}

// One throttled operation slows down all of them.
func TestAThrottleIsForEverybody(t *testing.T) {
	s := busy(600)
	at := starts(s, 10*time.Millisecond)
	began := false
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.op == "users.list" && !began {
			began = true
			return failure(http.StatusForbidden, "userRateLimitExceeded", "slow down"), nil
		}
		return nil, nil
	}
	must(t)(s.read(t, google.Options{PerSecond: 10, Needs: directory.Needs{AllAccounts: true}}))
	n := 0
	for _, when := range *at {
		if d := when.Sub((*at)[0]); d > time.Second && d < 4*time.Second {
			n++
		}
	}
	if n > 25 { // 10/s were halved, and come back by 1/s
		t.Errorf("%d requests in the three seconds after the throttle", n)
	}
}

// The server's word on when to come back is heard.
func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := small()
		s.fault = func(r request, nth int) (*http.Response, error) {
			if r.op == "users.list" && nth == 1 {
				resp := failure(http.StatusServiceUnavailable, "backendError", "x")
				resp.Header.Set("Retry-After", "100")
				return resp, nil
			}
			return nil, nil
		}
		began := time.Now()
		if _, err := s.source(t, google.Options{}).Read(t.Context()); err != nil || time.Since(began) < 100*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestCountsGoByOperation(t *testing.T) {
	s := small()
	var meter httpx.Meter
	if err := readAll(t, s, google.Options{Meter: &meter}); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, c := range meter.Counts() {
		got[c.Op] = c.Calls
	}
	want := map[string]int{"users.list": 1, "groups.list": 1, "members.list": 1, "users.get": 1, "groups.get": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever an answer holds, it is a snapshot with identities, or an error.
func FuzzAnswers(f *testing.F) {
	ops := []string{"users.list", "groups.list", "members.list", "users.get"}
	f.Add(0, `{"users":[{"id":"u1","primaryEmail":"amy@example.com","suspended":false}]}`)
	f.Add(1, `{"groups":[{"id":"g1","email":"eng@example.com","directMembersCount":"1"}]}`)
	f.Add(2, `{"members":[{"id":"u1","type":"USER"},{"id":"x","type":"GROUP"}]}`)
	f.Add(2, `{"members":[{"id":1}],"nextPageToken":"x"}`)
	f.Add(3, `{"id":"u8"}`)
	f.Add(0, `{"users":[null,7]}`)
	f.Fuzz(func(t *testing.T, op int, body string) {
		s := many(3, member("USER", "u2", ""))
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op == ops[uint(op)%4] {
				return respond(http.StatusOK, body), nil
			}
			return nil, nil
		}
		synctest.Test(t, func(t *testing.T) {
			snap, err := s.source(t, google.Options{Needs: directory.Needs{Paths: []string{"name.givenName"}}}).Read(t.Context())
			if err != nil {
				return
			}
			if len(snap.Groups) == 0 {
				t.Error("no groups")
			}
			for _, a := range snap.Accounts {
				if a.ID == "" || a.PrimaryEmail == "" {
					t.Errorf("%+v", a)
				}
			}
			for _, rows := range snap.Members {
				for _, m := range rows {
					if m.ID == "" || m.Kind == "" {
						t.Errorf("%+v", m)
					}
				}
			}
		})
	})
}
