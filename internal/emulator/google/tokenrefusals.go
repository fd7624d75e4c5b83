package google

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// tokenRefusals are those of the token endpoint (OAuth 2.0 for server to server
// applications: JWT error codes; OAuth 2.0 for native applications:
// authorization errors).
func tokenRefusals() []Refusal {
	row := func(name string, status int, code, message string, install func(*Server) func()) Refusal {
		if install == nil {
			install = answered(Fault{Kind: OAuth, Status: status, Code: code, Text: message}, "token")
		}
		return Refusal{Name: name, Table: TableToken, Where: "token", Status: status, Code: code, Message: message, Install: install}
	}
	const (
		bad, unauthorized = http.StatusBadRequest, http.StatusUnauthorized
		policy            = "The Google Account is unable to authorize one or more scopes requested due to the policies of their Google Workspace administrator."
	)
	return []Refusal{
		row("not delegated", unauthorized, "unauthorized_client", notDelegated, eachAccount(func(sa *ServiceAccount) { sa.DelegatedScopes = nil })),
		row("partly unauthorized", unauthorized, "unauthorized_client", "Unauthorized client or scope in request.", nil),
		row("scope not delegated", bad, "access_denied", "Requested client not authorized", eachAccount(withoutGroups)),
		row("subject suspended", bad, "access_denied", "Account restricted", eachAdmin(func(u *User) { u.Suspended = true })),
		row("policy enforced", bad, "admin_policy_enforced", policy, nil),
		row("subject unknown", bad, "invalid_grant", "Invalid email or User ID", withoutAdmins(false)),
		row("subject malformed", bad, "invalid_grant", "Not a valid email", nil),
		row("account deleted", bad, "invalid_grant", "Invalid grant: account not found", eachAccount(func(sa *ServiceAccount) { sa.Deleted = true })),
		row("subject deleted", bad, "invalid_grant", "The account has been deleted", withoutAdmins(true)),
		row("key disabled", bad, "invalid_grant", "Invalid JWT Signature.", eachAccount(withoutKeys)),
		row("clock wrong", bad, "invalid_grant", badTimes, skewed(2*time.Hour)),
		row("token audience wrong", bad, "invalid_grant", "Invalid JWT: Failed audience check.", nil),
		row("issuer unknown", bad, "invalid_grant", "Invalid JWT: No valid verifier found for issuer.", nil),
		row("login again", bad, "invalid_grant", reauthText, nil),
		row("refresh token revoked", bad, "invalid_grant", revokedText, nil),
		row("scope unknown", bad, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", nil),
		row("client unknown", unauthorized, "invalid_client", "The OAuth client was not found.", nil),
		row("client deleted", unauthorized, "deleted_client", "The OAuth client was deleted.", nil),
		row("account disabled", unauthorized, "disabled_client", "The OAuth client was disabled.", eachAccount(func(sa *ServiceAccount) { sa.Disabled = true })),
		row("client internal", http.StatusForbidden, "org_internal", "This client is restricted to users within its organization.", nil),
		row("subject not allowed", bad, "invalid_request", "Invalid impersonation prn email address.", nil),
		row("internal failure", http.StatusInternalServerError, "internal_failure", "Backend Error", nil),
	}
}

// withoutGroups takes the scopes about groups out of a delegation.
func withoutGroups(sa *ServiceAccount) {
	sa.DelegatedScopes = slices.DeleteFunc(sa.DelegatedScopes, func(s string) bool {
		return strings.HasPrefix(s, scopePrefix+"admin.directory.group")
	})
}

func withoutKeys(sa *ServiceAccount) {
	for i := range sa.Keys {
		sa.Keys[i].Disabled = true
	}
}

// withoutAdmins has no administrator any more, remembered as deleted or not.
func withoutAdmins(remembered bool) func(*Server) func() {
	return edited(func(f *Fixture) {
		for _, u := range f.Users {
			if remembered && u.administers() {
				f.DeletedUsers = append(f.DeletedUsers, u)
			}
		}
		f.Users = slices.DeleteFunc(f.Users, User.administers)
	})
}
