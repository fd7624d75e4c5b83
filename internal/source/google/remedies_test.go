package google_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"ssosync/internal/source/google"
)

// Every row of what the Directory API answers, as it prints it (Directory API
// guide: handle errors), ends in a message that says what to do.
func TestEveryAnswerIsExplained(t *testing.T) {
	const off = `Admin SDK API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=123456789012 then retry.`
	for _, c := range []struct {
		name            string
		status          int
		reason, message string
		acts            bool
		says            string
	}{
		{"API off", 403, "accessNotConfigured", off, true, "gcloud services enable admin.googleapis.com --project=123456789012, or https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project=123456789012"},
		{"API off, of a project that is none", 403, "SERVICE_DISABLED", "has not been used in project 12;rm before", true, "--project=12,"},
		{"API off, of no project", 403, "SERVICE_DISABLED", "disabled", true, "--project=PROJECT"},
		{"scope", 403, "insufficientPermissions", "Request had insufficient authentication scopes.", true, "https://www.googleapis.com/auth/admin.directory.user.readonly,https://www.googleapis.com/auth/admin.directory.group.readonly"},
		{"scope, in the newer form", 403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "Request had insufficient authentication scopes.", true, "Manage domain-wide delegation"},
		{"role", 403, "forbidden", "Not Authorized to access this resource/api", true, "Users > Read and Groups > Read"},
		{"domain", 404, "notFound", "Domain not found.", true, "--google-admin is a person"},
		{"group gone", 404, "notFound", "Resource Not Found: groupKey", false, "the next run reads anew"},
		{"user gone", 404, "notFound", "Resource Not Found: userKey", false, "the next run reads anew"},
		{"my_customer", 400, "invalid", "Invalid Input", true, "the customer id (C0…) in place of my_customer"},
		{"domain as customer", 400, "badRequest", "Bad Request", true, "begins with C and is no domain name"},
		{"query", 400, "invalid", "Invalid Input: query", true, "a value with spaces goes in quotes"},
		{"group's key", 400, "badRequest", "Type not supported: userKey", true, "name a person"},
		{"no APIs", 403, "domainCannotUseApis", "domain cannot use apis", true, "API controls"},
		{"token", 401, "authError", "Invalid Credentials", true, "give a new access token"},
		{"no token", 401, "required", "Login Required.", true, "give a new access token"},
		{"quota project", 403, "accessNotConfigured", "The admin.googleapis.com API requires a quota project, which is not set by default.", true, "set-quota-project"},
		{"too fast", 429, "rateLimitExceeded", "Quota exceeded", false, "try again later"},
		{"fault", 500, "backendError", "Backend Error", false, "try again later"},
		{"gateway", 502, "", "", false, "try again later"},
		{"unavailable", 503, "backendError", "", false, "try again later"},
		{"timeout", 504, "", "", false, "try again later"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := small()
				s.fault = func(request, int) (*http.Response, error) { return failure(c.status, c.reason, c.message), nil }
				_, err := s.source(t, google.Options{}).FirstUser(t.Context())
				e, ok := errors.AsType[*google.Error](err)
				if !ok || !strings.Contains(err.Error(), c.says) || (e.Remedy != "") != c.acts || (e.Advice != "") == c.acts {
					t.Fatalf("%+v", e)
				}
				if c.acts && e.Cause == "" || strings.ContainsAny(e.Cause+e.Remedy+e.Advice, "{}") {
					t.Errorf("%+v", e)
				}
			})
		})
	}
}
