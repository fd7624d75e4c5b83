package google_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"ssosync/internal/httpx"
	"ssosync/internal/source/google"
)

const (
	retried   = "tried again"
	throttles = "tried again, more slowly"
	refuses   = "an error at once"
)

// Every row of what the API is known to answer, and what is done about it.
// (Directory API guides: handle errors; limits and quotas. Lines marked "field"
// are not in there.)
func TestWhatIsTriedAgain(t *testing.T) {
	body := func(domain, reason, message string) string {
		return fmt.Sprintf(`{"error":{"code":0,"message":%q,"errors":[{"message":%q,"domain":%q,"reason":%q}]}}`, message, message, domain, reason)
	}
	const both = "users.list groups.list groups.get members.list users.get"
	for _, c := range []struct {
		status int
		body   string
		ops    string // where it holds; elsewhere it is an error at once
		want   string
	}{
		{403, body("usageLimits", "userRateLimitExceeded", "x"), both, throttles},
		{403, body("usageLimits", "quotaExceeded", "x"), both, throttles},
		{403, body("usageLimits", "rateLimitExceeded", "Quota exceeded for quota metric 'Queries'"), both, throttles}, // field
		{403, body("usageLimits", "sharingRateLimitExceeded", "x"), both, throttles},
		{403, `{"error":{"code":403,"status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED"}]}}`, both, throttles},
		{429, body("usageLimits", "rateLimitExceeded", "x"), both, throttles},
		{429, `too many`, both, throttles},
		{403, "Request rate higher than configured.", both, throttles},                                 // field
		{503, "<html>Quota exceeded for the current request, try again later</html>", both, throttles}, // field
		{500, `oops`, both, retried},
		{502, `<html>`, both, retried},
		{503, body("global", "backendError", "Service unavailable. Please try again"), both, retried},
		{504, ``, both, retried},
		{400, body("global", "backendError", "x"), both, retried},
		{403, body("global", "badGateway", "x"), both, retried},
		{400, body("global", "gatewayTimeout", "x"), both, retried},
		{400, body("global", "internalError", "x"), both, retried},
		{409, body("global", "transientError", "x"), both, retried},
		{400, body("global", "invalid", "A system error has occurred"), "groups.list groups.get members.list", retried}, // field
		{400, body("global", "serviceNotAvailable", "x"), "groups.list groups.get members.list", retried},               // field
		{403, body("global", "unknownError", "x"), "users.list users.get", retried},                                     // field
		{412, body("global", "failedPrecondition", "x"), "users.list users.get", retried},                               // field
		{200, `<html>`, both, retried},
		{200, ``, both, retried},
		{200, `null`, both, retried},
		{200, `[]`, both, retried},
		{200, `{"users":[`, both, retried},
		{200, `{} {}`, both, retried},
		{403, body("usageLimits", "accessNotConfigured", "x"), both, refuses},
		{403, body("global", "forbidden", "Not Authorized to access this resource/api"), both, refuses},
		{403, body("global", "insufficientPermissions", "x"), both, refuses},
		{403, body("usageLimits", "domainCannotUseApis", "x"), both, refuses},
		{403, `<html>`, both, refuses},
		{404, body("global", "notFound", "Domain not found."), both, refuses},
		{404, body("global", "backendError", "x"), both, refuses},
		{400, body("global", "invalid", "Invalid Input"), both, refuses},
		{400, body("global", "badRequest", "Bad Request"), both, refuses},
		{501, `x`, both, refuses},
		{302, ``, both, refuses},
		{302, `{}`, both, refuses},
		{204, `{}`, both, refuses},
	} {
		for op := range strings.SplitSeq(both, " ") {
			want := c.want
			if !strings.Contains(c.ops, op) {
				want = refuses
			}
			t.Run(fmt.Sprint(op, " ", c.status, " ", c.body), func(t *testing.T) {
				if got := outcome(t, op, c.status, c.body); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		}
	}
}

// small is a directory in which one call of each operation is made by readAll.
func small() *server {
	return &server{
		users:   []map[string]any{user("u1", "amy@example.com"), user("u2", "bob@example.com")},
		groups:  []map[string]any{group("g1", "eng@example.com")},
		members: map[string][]map[string]any{"g1": {member("USER", "u2", "bob@example.com")}},
	}
}

func readAll(t *testing.T, s *server, o google.Options) error {
	t.Helper()
	return s.bubble(t, o, func(t *testing.T, src *google.Source) error {
		_, err := src.Read(t.Context())
		_, _, userErr := src.Account(t.Context(), "u1")
		_, _, groupErr := src.Group(t.Context(), "g1")
		return errors.Join(err, userErr, groupErr)
	})
}

// outcome lets the first answer of an operation be what it says.
func outcome(t *testing.T, op string, status int, body string) string {
	t.Helper()
	s := small()
	s.fault = func(r request, nth int) (*http.Response, error) {
		if r.op == op && nth == 1 {
			return respond(status, body), nil
		}
		return nil, nil
	}
	var meter httpx.Meter
	err := readAll(t, s, google.Options{Meter: &meter})
	for _, c := range meter.Counts() {
		switch {
		case c.Op != op:
		case c.Throttles == 1 && c.Retries == 1 && err == nil:
			return throttles
		case c.Throttles == 0 && c.Retries == 1 && err == nil:
			return retried
		case c.Throttles == 0 && c.Retries == 0 && err != nil:
			return refuses
		default:
			return fmt.Sprintf("%+v, %v", c, err)
		}
	}
	return "not counted"
}

func TestALostConnectionIsTriedAgain(t *testing.T) {
	s := small()
	s.fault = func(_ request, nth int) (*http.Response, error) {
		if nth <= 3 {
			return nil, errReset
		}
		return nil, nil
	}
	if err := readAll(t, s, google.Options{}); err != nil {
		t.Error(err)
	}
}

// An answer that stays null does not become an empty list.
func TestBrokenToTheEndIsAnError(t *testing.T) {
	for _, body := range []string{`null`, `[]`, ``, `<html>`} {
		for _, op := range []string{"users.list", "groups.list", "members.list"} {
			s := small()
			s.fault = func(r request, _ int) (*http.Response, error) {
				if r.op == op {
					return respond(http.StatusOK, body), nil
				}
				return nil, nil
			}
			if snap, err := s.read(t, google.Options{}); err == nil {
				t.Errorf("%s %q: %+v", op, body, snap)
			}
		}
	}
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		good   string // the token that is accepted
		wanted string
	}{
		"the second is good": {"token-2", ""},
		"none is good":       {"none", `401 authError: Invalid Credentials (the login was refused, a new token as well: `},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.fault = func(r request, _ int) (*http.Response, error) {
				if r.header.Get("Authorization") != "Bearer "+c.good {
					return failure(http.StatusUnauthorized, "authError", "Invalid Credentials"), nil
				}
				return nil, nil
			}
			logins := &tokens{}
			_, err := s.read(t, google.Options{Tokens: logins})
			if c.wanted == "" {
				if err != nil || logins.n != 2 {
					t.Errorf("%d logins, %v", logins.n, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.wanted) {
				t.Errorf("%v, want …%s", err, c.wanted)
			}
			tries := map[string]int{}
			for _, r := range s.requests {
				if tries[r.url.String()]++; tries[r.url.String()] > 2 {
					t.Errorf("%v was sent more than twice", r.url)
				}
			}
		})
	}
}

func TestErrorsNameTheRemedy(t *testing.T) {
	for _, c := range []struct {
		op      string
		status  int
		reason  string
		message string
		want    string
	}{
		{"users.list", 403, "accessNotConfigured", "Admin SDK API has not been used in project 1 before", "list users: 403 accessNotConfigured: Admin SDK API has not been used in project 1 before (enable the Admin SDK API"},
		{"users.list", 403, "insufficientPermissions", "Request had insufficient authentication scopes.", "grant the delegation the scopes"},
		{"groups.list", 403, "forbidden", "Not Authorized to access this resource/api", "list groups: 403 forbidden: Not Authorized to access this resource/api (name an administrator"},
		{"users.list", 404, "notFound", "Domain not found.", "check the customer id and the address"},
		{"users.list", 400, "invalid", "Invalid Input", "the customer id (C0…) in place of my_customer"},
		{"users.list", 400, "invalid", "Invalid Input: query", "check the query"},
		{"users.list", 400, "badRequest", "Bad Request", "is no domain name"},
		{"users.list", 403, "domainCannotUseApis", "domain cannot use apis", "allow API access"},
		{"users.list", 403, "x", "The API requires a quota project, which is not set", "service account"},
		{"members.list", 403, "forbidden", "Not Authorized to access this resource/api", `list members of "eng@example.com": 403 forbidden`},
		{"members.list", 418, "teapot", "short and stout", `list members of "eng@example.com": 418 teapot: short and stout`},
	} {
		s := small()
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op == c.op {
				return failure(c.status, c.reason, c.message), nil
			}
			return nil, nil
		}
		_, err := s.read(t, google.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "read Google directory: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if e, ok := errors.AsType[*google.Error](err); !ok || e.Status != c.status || e.Reason != c.reason {
			t.Errorf("%+v", e)
		}
	}
}

func TestErrorsQuoteABodyThatIsNoJSON(t *testing.T) {
	s := small()
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.op == "users.list" {
			return respond(http.StatusForbidden, "<html>\n  <b>blocked by proxy</b>"+strings.Repeat("é", 500)), nil
		}
		return nil, nil
	}
	_, err := s.read(t, google.Options{})
	if err == nil || !strings.Contains(err.Error(), "403: <html> <b>blocked by proxy</b>é") || len(err.Error()) > 400 {
		t.Error(err)
	}
}

func TestTheLogShowsOperationsAndNoToken(t *testing.T) {
	s := small()
	var log bytes.Buffer
	_, err := s.read(t, google.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"op=users.list", "op=groups.list", "op=members.list"} {
		if !strings.Contains(log.String(), op) {
			t.Errorf("%s is not in the log", op)
		}
	}
	if strings.Contains(log.String(), "token-1") {
		t.Error("the token is in the log")
	}
}
