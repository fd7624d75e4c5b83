package google_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/api/googleapi"

	"ssosync/internal/emulator/google"
)

// TestCannedErrors: every refusal in the vendor's tables, and in the reports
// from production, can be had.
func TestCannedErrors(t *testing.T) {
	for kind, want := range map[google.FaultKind]string{
		google.UserRateLimit:    "Forbidden: userRateLimitExceeded: User Rate Limit Exceeded.",
		google.QuotaExceeded:    "Forbidden: quotaExceeded: ",
		google.RateLimit403:     "Forbidden: rateLimitExceeded: Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'admin.googleapis.com' for consumer 'project_number:123456789012'.",
		google.SharingRateLimit: "Forbidden: sharingRateLimitExceeded: ",
		google.RateLimit429:     "Too Many Requests: rateLimitExceeded: ",
		google.BackendError:     "Service Unavailable: backendError: Service unavailable. Please try again",
		google.TransientError:   "Service Unavailable: transientError: ",
		google.InternalError:    "Internal Server Error: internalError: ",
		google.BadGateway:       "Bad Gateway: badGateway: ",
		google.GatewayTimeout:   "Gateway Timeout: gatewayTimeout: ",
		google.SystemError:      "Bad Request: invalid: A system error has occurred",
		google.NotAvailable:     "Bad Request: serviceNotAvailable: ",
		google.UnknownError:     "Bad Request: unknownError: ",
		google.Precondition:     "Bad Request: failedPrecondition: ",
		google.AuthError:        badCredentials,
		google.LoginRequired:    "Unauthorized: required: Login Required.",
		google.Forbidden:        notAuthorized,
		google.NotFound:         "Not Found: notFound: Resource Not Found: userKey",
		google.DomainNotFound:   noDomain,
		google.InvalidInput:     invalidInput,
		google.APIOff:           "Forbidden: accessNotConfigured: Admin SDK API has not been used in project 123456789012 before or it is disabled.",
		google.ScopeMissing:     "Forbidden: insufficientPermissions: Request had insufficient authentication scopes.",
		google.DomainBlocked:    "Forbidden: domainCannotUseApis: domain cannot use apis",
		google.QuotaProject:     "Forbidden: accessNotConfigured: Your application is authenticating by using local Application Default Credentials. The admin.googleapis.com API requires a quota project",
	} {
		srv := google.New(acme(t), google.Options{})
		end := srv.Inject(google.Fault{Kind: kind, Op: "users.list"})
		if got := refusal(t, get(t, srv, "users?customer=my_customer")); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		if w := get(t, srv, "groups?customer=my_customer"); w.Code != http.StatusOK {
			t.Errorf("%s on users.list hit groups.list: %d", kind, w.Code)
		}
		end()
		if w := get(t, srv, "users?customer=my_customer"); w.Code != http.StatusOK {
			t.Errorf("%s did not end: %d", kind, w.Code)
		}
	}
}

func TestCannedTexts(t *testing.T) {
	for kind, want := range map[google.FaultKind]struct {
		code       int
		kind, text string
	}{
		google.TextRateLimit:   {403, "text/plain", "Request rate higher than configured"},
		google.TextQuota:       {503, "text/plain", "quota exceeded for the current request"},
		google.HTMLUnavailable: {503, "text/html", "<title>Error 503"},
	} {
		srv := google.New(acme(t), google.Options{})
		srv.Inject(google.Fault{Kind: kind})
		w := get(t, srv, "users?customer=my_customer")
		if w.Code != want.code || !strings.HasPrefix(w.Header().Get("Content-Type"), want.kind) || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: %d %v %s", kind, w.Code, w.Header(), w.Body)
		}
		srv.ClearFaults()
		srv.Inject(google.Fault{Kind: google.Respond, Status: 418, Text: `{"any":"thing"}`})
		if w := get(t, srv, "users?customer=my_customer"); w.Code != 418 || w.Body.String() != `{"any":"thing"}` {
			t.Errorf("respond: %d %s", w.Code, w.Body)
		}
	}
	srv := google.New(acme(t), google.Options{})
	srv.Inject(google.Fault{Kind: google.OAuth, Op: "token", Code: "admin_policy_enforced", Text: "The client is blocked."})
	if got := oauthAnswer(t, postForm(t, srv, url.Values{})); got != "400 admin_policy_enforced: The client is blocked." {
		t.Error(got)
	}
}

func TestRetryAfter(t *testing.T) {
	at := time.Date(2026, 11, 20, 7, 1, 2, 0, time.UTC)
	for form, want := range map[google.RetryAfter]string{
		google.RetryAfterNone: "", google.RetryAfterSeconds: "2", google.RetryAfterDate: "Fri, 20 Nov 2026 07:01:04 GMT",
	} {
		srv := google.New(acme(t), google.Options{Clock: func() time.Time { return at }, Strict: google.Strict{RetryAfter: form}})
		for _, kind := range []google.FaultKind{google.RateLimit429, google.BackendError, google.TextQuota, google.HTMLUnavailable} {
			end := srv.Inject(google.Fault{Kind: kind})
			if got := get(t, srv, "users?customer=my_customer").Header().Get("Retry-After"); got != want {
				t.Errorf("%s with %q: %q, want %q", kind, form, got, want)
			}
			end()
		}
		srv.Inject(google.Fault{Kind: google.UserRateLimit})
		if got := get(t, srv, "users?customer=my_customer").Header().Get("Retry-After"); got != "" {
			t.Errorf("a 403 has Retry-After %q", got)
		}
	}
}

// TestWhichRequestsAreHit: after, every, times, page and key.
func TestWhichRequestsAreHit(t *testing.T) {
	d := google.Generate(google.Load{Users: 5, Groups: 2, MembersPerGroup: 5})
	const path = "users?customer=my_customer"
	for _, c := range []struct {
		fault google.Fault
		want  string // of eight requests, x is a hit
	}{
		{google.Fault{}, "xxxxxxxx"},
		{google.Fault{Times: 2}, "xx......"},
		{google.Fault{After: 3}, "...xxxxx"},
		{google.Fault{Every: 3}, "..x..x.."},
		{google.Fault{After: 1, Every: 2, Times: 2}, "..x.x..."},
		{google.Fault{Op: "groups.list"}, "........"},
		{google.Fault{Page: 2}, "........"},
		{google.Fault{Page: 1}, "xxxxxxxx"},
		{google.Fault{Key: "group00000@example.com"}, "........"},
	} {
		srv := google.New(d, google.Options{})
		c.fault.Kind = google.BackendError
		srv.Inject(c.fault)
		var got strings.Builder
		for range 8 {
			if get(t, srv, path).Code == http.StatusOK {
				got.WriteByte('.')
			} else {
				got.WriteByte('x')
			}
		}
		if got.String() != c.want {
			t.Errorf("%+v: %s, want %s", c.fault, got.String(), c.want)
		}
	}
	srv := google.New(d, google.Options{})
	next := decode(t, get(t, srv, path+"&maxResults=2").Body)["nextPageToken"].(string)
	srv.Inject(google.Fault{Kind: google.BackendError, Op: "users.list", Page: 2})
	srv.Inject(google.Fault{Kind: google.BackendError, Op: "members.list", Key: "group00000@example.com"})
	for path, want := range map[string]int{
		path + "&maxResults=2":                                       200,
		path + "&maxResults=2&pageToken=" + next:                     503,
		"groups/group00000@example.com/members":                      503,
		"groups/" + d.GroupID("group00000@example.com") + "/members": 503,
		"groups/group00001@example.com/members":                      200,
	} {
		if w := get(t, srv, path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// TestSpoiltLists: 200, and yet something is missing.
func TestSpoiltLists(t *testing.T) {
	d := google.Generate(google.Load{Users: 9}) // and the administrator
	const path = "users?customer=my_customer&maxResults=4&fields=nextPageToken,users(primaryEmail,suspended)"
	ask := func(f google.Fault) (rows []any, present, more bool) {
		srv := google.New(d, google.Options{})
		srv.Inject(f)
		body := decode(t, get(t, srv, path).Body)
		rows, present = body["users"].([]any)
		_, more = body["nextPageToken"]
		return rows, present, more
	}
	if _, present, more := ask(google.Fault{Kind: google.MissingKey}); present || !more {
		t.Errorf("missing key: present %v, more %v", present, more)
	}
	rows, _, more := ask(google.Fault{Kind: google.HalfRows})
	if len(rows) != 2 || !more || rows[1].(map[string]any)["primaryEmail"] != "user00001@example.com" {
		t.Errorf("half of the rows: %v, more %v", rows, more)
	}
	if _, present, more := ask(google.Fault{Kind: google.EmptyPage}); present || !more {
		t.Errorf("empty page: present %v, more %v", present, more)
	}
	if rows, _, more := ask(google.Fault{Kind: google.ShortPage}); len(rows) != 1 || !more {
		t.Errorf("short page: %v, more %v", rows, more)
	}
	rows, _, _ = ask(google.Fault{Kind: google.MissingField, Field: "suspended"})
	for _, r := range rows {
		if _, there := r.(map[string]any)["suspended"]; there {
			t.Error("suspended is there")
		}
	}
	srv := google.New(d, google.Options{})
	srv.Inject(google.Fault{Kind: google.HalfRows, Page: 1})
	if got, _ := collect(t, srv, "users?customer=my_customer", "users", "primaryEmail", "&maxResults=4"); len(got) != 8 {
		t.Errorf("half of the first page lost: %d of 10 users left, want 8", len(got))
	}
}

// TestBrokenConnections through a real one, as the vendor's client sees them.
func TestBrokenConnections(t *testing.T) {
	b := start(t, acme(t), google.Options{})
	svc := b.client(t)
	list := func() error {
		_, err := svc.Users.List().Customer("my_customer").Do()
		return err
	}
	mustDo(t, list())
	for kind, want := range map[google.FaultKind]string{
		google.Truncated: "unexpected EOF", google.CutJSON: "unexpected end of JSON input", google.Reset: "EOF",
	} {
		end := b.srv.Inject(google.Fault{Kind: kind, Op: "users.list"})
		if err := list(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", kind, err, want)
		}
		end()
		mustDo(t, list())
	}
	b.srv.Inject(google.Fault{Kind: google.NotFound, Op: "groups.get"})
	_, err := svc.Groups.Get("ops@example.com").Do()
	if e, ok := errors.AsType[*googleapi.Error](err); !ok || e.Error() != "googleapi: Error 404: Resource Not Found: groupKey, notFound" {
		t.Errorf("the client's text: %v", err)
	}
}

func TestVanishingGroup(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	srv.Inject(google.Fault{Kind: google.VanishGroup, Op: "members.list", Key: "ops@example.com"})
	if got := local(t, srv, "groups?customer=my_customer", "groups", "email"); !strings.Contains(got, "ops") {
		t.Fatalf("before: %s", got)
	}
	for _, path := range []string{"groups/ops@example.com/members", "groups/ops@example.com"} {
		if got := refusal(t, get(t, srv, path)); got != "Not Found: notFound: Resource Not Found: groupKey" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := local(t, srv, "groups/aws-dev@example.com/members?", "members", "email"); strings.Contains(got, "ops") {
		t.Errorf("still nested: %s", got)
	}
}

func TestRevokedHalfWay(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	srv.Inject(google.Fault{Kind: google.Revoke, Op: "users.list", After: 1, Times: 1})
	token := srv.Token(adminEmail, allScopes...)
	var got []string
	for range 3 {
		got = append(got, outcome(t, srv, token, "users?customer=my_customer"))
	}
	if want := []string{"OK", badCredentials, badCredentials}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := outcome(t, srv, srv.Token(adminEmail, allScopes...), "users?customer=my_customer"); got != "OK" {
		t.Errorf("a new token: %s", got)
	}
}

// TestSlow runs in a bubble: the emulator waits on timers alone.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := google.New(acme(t), google.Options{Latency: time.Second})
		srv.Inject(google.Fault{Kind: google.Slow, Op: "users.list", Delay: 10 * time.Second})
		begun := time.Now()
		if w := get(t, srv, "users?customer=my_customer"); w.Code != http.StatusOK {
			t.Errorf("%d", w.Code)
		}
		if took := time.Since(begun); took != 11*time.Second {
			t.Errorf("took %s, want 11s", took)
		}
		begun = time.Now()
		get(t, srv, "groups?customer=my_customer")
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %s, want 1s", took)
		}
	})
}
