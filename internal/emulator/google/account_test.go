package google_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/google"
)

func TestOperation(t *testing.T) {
	for request, want := range map[string]string{
		"GET /admin/directory/v1/users":                                      "users.list",
		"GET /admin/directory/v1/users?customer=my_customer&pageToken=x":     "users.list",
		"GET /admin/directory/v1/users/liz%40example.com":                    "users.get",
		"GET /prefix/admin/directory/v1/groups":                              "groups.list",
		"GET /admin/directory/v1/groups/a%2Fb":                               "groups.get",
		"GET /admin/directory/v1/groups/g/members":                           "members.list",
		"GET /admin/directory/v1/groups/g/members/m":                         "members.get",
		"GET /admin/directory/v1/groups/g/hasMember/m":                       "members.hasMember",
		"GET /admin/directory/v1/customer/my_customer/orgunits":              "orgunits.list",
		"GET /admin/directory/v1/customer/my_customer/orgunits/Eng/Platform": "orgunits.get",
		"GET /admin/directory/v1/customer/C0/schemas":                        "schemas.list",
		"GET /admin/directory/v1/customer/C0/schemas/AWS":                    "schemas.get",
		"GET /admin/directory/v1/customers/C0":                               "customers.get",
		"GET /admin/directory/v1/customer/C0/domains":                        "domains.list",
		"GET /admin/directory/v1/customer/C0/domains/example.com":            "domains.get",
		"GET /admin/directory/v1/customer/C0/roles":                          "roles.list",
		"GET /admin/directory/v1/customer/C0/roles/1":                        "roles.get",
		"GET /admin/directory/v1/customer/C0/roleassignments":                "roleAssignments.list",
		"POST /token":           "token",
		"POST /oauth2/v4/token": "token",
		"POST /v1/token":        "sts.token",
		"POST /v1/projects/-/serviceAccounts/a@b.c:signJwt":               "iam.signJwt",
		"POST /v1/projects/-/serviceAccounts/a%40b.c:generateAccessToken": "iam.generateAccessToken",
		"POST /admin/directory/v1/users":                                  "",
		"DELETE /admin/directory/v1/users/u":                              "",
		"GET /token":                                                      "",
		"GET /admin/directory/v1/groups/g/members/m/x":                    "",
		"GET /admin/directory/v1/groups//members":                         "",
		"GET /": "",
	} {
		method, target, _ := strings.Cut(request, " ")
		if got := google.Operation(httptest.NewRequestWithContext(t.Context(), method, target, nil)); got != want {
			t.Errorf("%s is %q, want %q", request, got, want)
		}
	}
	w := httptest.NewRecorder()
	google.New(acme(t), google.Options{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/admin/directory/v1/users/u", nil))
	if w.Code != http.StatusNotFound || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("no operation: %d %v", w.Code, w.Header())
	}
}

func TestAccounting(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 59, 0, time.UTC)
	srv := google.New(acme(t), google.Options{Clock: func() time.Time { return now }, JournalSize: 3})
	token := srv.Token(adminEmail, allScopes...)
	getAs(t, srv, token, "users?customer=my_customer&maxResults=3")
	getAs(t, srv, "", "users/x")
	now = now.Add(time.Second)
	getAs(t, srv, token, "groups/ops@example.com")
	getAs(t, srv, token, "groups/none@example.com/members?maxResults=7")
	if diff := cmp.Diff(map[string]int{"users.list": 1, "users.get": 1, "groups.get": 1, "members.list": 1}, srv.Calls()); diff != "" {
		t.Error(diff)
	}
	minute := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	want := []google.Units{{Principal: adminEmail, Minute: minute, Units: 1}, {Principal: adminEmail, Minute: minute.Add(time.Minute), Units: 2}}
	if diff := cmp.Diff(want, srv.Quota()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]google.Entry{
		{At: now.Add(-time.Second), Op: "users.get", Method: "GET", Path: "/admin/directory/v1/users/x", Query: map[string][]string{}, Status: 401, Page: 1},
		{At: now, Op: "groups.get", Method: "GET", Path: "/admin/directory/v1/groups/ops@example.com", Query: map[string][]string{}, Principal: adminEmail, Status: 200, Page: 1},
		{At: now, Op: "members.list", Method: "GET", Path: "/admin/directory/v1/groups/none@example.com/members", Query: map[string][]string{"maxResults": {"7"}}, Principal: adminEmail, Status: 404, Page: 1},
	}, srv.Journal()); diff != "" {
		t.Error(diff)
	}
	srv.Reset()
	if len(srv.Calls())+len(srv.Quota())+len(srv.Journal())+srv.PeakConcurrency() != 0 {
		t.Error("Reset forgot to forget")
	}
	next := decode(t, getAs(t, srv, token, "users?customer=my_customer&maxResults=3").Body)["nextPageToken"].(string)
	getAs(t, srv, token, "users?customer=my_customer&pageToken="+next)
	if j := srv.Journal(); j[0].Rows != 3 || j[0].Page != 1 || j[1].Rows != 1 || j[1].Page != 2 {
		t.Errorf("rows and pages: %+v", j)
	}
}

func TestQuotaPerMinute(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := acme(t)
	_, err := d.AddUser(google.User{PrimaryEmail: "second@example.com", IsAdmin: true})
	mustDo(t, err)
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }, QuotaPerMinute: 2})
	first, second := srv.Token(adminEmail, allScopes...), srv.Token("second@example.com", allScopes...)
	const path = "users?customer=my_customer"
	for i, want := range []string{"OK", "OK", "Forbidden: userRateLimitExceeded"} {
		if got := outcome(t, srv, first, path); !strings.HasPrefix(got, want) {
			t.Errorf("call %d: %s, want %s", i+1, got, want)
		}
	}
	if got := outcome(t, srv, second, path); got != "OK" {
		t.Errorf("another principal: %s", got)
	}
	srv.Configure(func(o *google.Options) { o.Strict.QuotaAsRateLimit = true })
	if got := outcome(t, srv, first, path); !strings.HasPrefix(got, "Forbidden: rateLimitExceeded: Quota exceeded for quota metric 'Queries'") {
		t.Error(got)
	}
	now = now.Add(time.Minute)
	if got := outcome(t, srv, first, path); got != "OK" {
		t.Errorf("the next minute: %s", got)
	}
}

// TestConcurrency runs five calls at once, in a bubble.
func TestConcurrency(t *testing.T) {
	for limit, refused := range map[int]int{0: 0, 5: 0, 3: 5} {
		synctest.Test(t, func(t *testing.T) {
			srv := google.New(acme(t), google.Options{Latency: time.Second, MaxConcurrent: limit})
			token := srv.Token(adminEmail, allScopes...)
			var wg sync.WaitGroup
			codes := make([]int, 5)
			for i := range codes {
				wg.Go(func() { codes[i] = getAs(t, srv, token, "users?customer=my_customer").Code })
			}
			wg.Wait()
			got := 0
			for _, c := range codes {
				if c == http.StatusTooManyRequests {
					got++
				}
			}
			if limit == 3 && (got < 2 || got > refused) || limit != 3 && got != refused {
				t.Errorf("limit %d: %d of 5 refused", limit, got)
			}
			if peak := srv.PeakConcurrency(); peak != 5 {
				t.Errorf("peak %d, want 5", peak)
			}
			if w := getAs(t, srv, token, "users?customer=my_customer"); w.Code != http.StatusOK {
				t.Errorf("alone: %d", w.Code)
			}
		})
	}
}
