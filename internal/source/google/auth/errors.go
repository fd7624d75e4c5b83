package auth

import (
	"fmt"
	"strings"

	"ssosync/internal/httpx"
)

// An Error is a refusal by the token endpoint, explained.
type Error struct {
	Status      int    // of HTTP
	Code        string // the OAuth error, such as invalid_grant; "" if the answer had none
	Description string // Google's own words
	Cause       string // what most likely is wrong
	Remedy      string // what to do about it
}

// Error says all of it in one line.
func (e *Error) Error() string {
	said := e.Code
	if said == "" {
		said = fmt.Sprintf("HTTP status %d", e.Status)
	}
	if e.Description != "" {
		said += fmt.Sprintf(" (%s)", strings.TrimSuffix(e.Description, "."))
	}
	return fmt.Sprintf("get a token from Google: %s: %s; %s", said, e.Cause, e.Remedy)
}

// A refusal is one row of what Google's token endpoint says and what it means.
// Its texts may name {account}, {client}, {scopes}, {subject}, {key}, {uri}.
type refusal struct {
	code     string
	contains string // in the description, in any case; "" fits all
	cause    string
	remedy   string
}

const (
	causeGrant = "the service account is not granted domain-wide delegation for these scopes, or the grant has not taken effect, " +
		"or it was entered with the account's address instead of its number, or {subject} is a group"
	remedyGrant = "in the Admin console under Security > Access and data control > API controls > Manage domain-wide delegation, " +
		"add the client id {client} with exactly these scopes: {scopes} (it works after minutes, at most 24 hours)"
	remedySubject = "name the address of a person in this Google Workspace who is an administrator (now: {subject})"
	remedyKey     = "create a new key for {account} in the Cloud console, and check that the line ends (\\n) of private_key survive"
	remedyClient  = "check that the key {key} of {account} and its project are in use, or create a new key"
)

// refusals are read from the top; the first row that fits explains. (Google
// Identity: OAuth 2.0 for server to server applications, JWT error codes.)
func refusals() []refusal {
	return []refusal{
		{"unauthorized_client", "", causeGrant, remedyGrant},
		{"access_denied", "account restricted", "{subject} is restricted or suspended", "choose another administrator"},
		{"access_denied", "", "at least one of the scopes is not granted to the service account", remedyGrant},
		{
			"admin_policy_enforced", "", "access control for apps blocks the service account",
			"in the Admin console under Security > API controls > App access control, trust the client id {client}",
		},
		{"invalid_grant", "invalid email or user id", "{subject} does not exist in this Google Workspace, or is no person", remedySubject},
		{"invalid_grant", "not a valid email", "{subject} is not an e-mail address", remedySubject},
		{"invalid_grant", "account not found", "the service account {account} was deleted", "create a service account and grant it delegation"},
		{"invalid_grant", "account has been deleted", "{subject} was deleted", "choose another administrator"},
		{"invalid_grant", "jwt signature", "the key {key} was deleted or disabled, or does not belong to {account}", remedyKey},
		{
			"invalid_grant", "reasonable timeframe", "the clock of this machine is wrong by more than five minutes",
			"set the clock (NTP)",
		},
		{"invalid_grant", "audience check", "the key's token_uri {uri} is not Google's", "use the key file as it was downloaded"},
		{"invalid_grant", "no valid verifier", "Google does not know the issuer {account}", "use the key file as it was downloaded"},
		{
			"invalid_grant", "invalid_rapt", "the credentials are a person's, and their session has ended",
			"use a service account",
		},
		{
			"invalid_grant", "expired or revoked", "the credentials are a person's, and were revoked",
			"use a service account",
		},
		{"invalid_scope", "", "a scope is misspelt or empty", "ask for {scopes}"},
		{"invalid_client", "", "Google does not accept the service account", remedyClient},
		{"deleted_client", "", "the service account {account} was deleted", remedyClient},
		{"disabled_client", "", "the service account {account} is disabled", remedyClient},
		{"org_internal", "", "the service account's project admits its own organisation only", remedyClient},
		{"invalid_request", "", "Google cannot make sense of the request, most likely of {subject}", remedySubject},
		{"internal_failure", "", "Google's token endpoint has a fault", "try again later"},
		{"", "", "the reason is not one that is known", "see the answer above, and check the key {key} of {account}"},
	}
}

func (r refusal) fits(code, description string) bool {
	return (r.code == "" || r.code == code) && strings.Contains(strings.ToLower(description), r.contains)
}

// longest is how much of a description is kept, in bytes: the known ones are
// below 200, and a proxy's page would fill a screen.
const longest = 300

// explain turns the answer of the token endpoint into an error with cause and
// remedy.
func (d Delegation) explain(status int, body []byte) *Error {
	code, description := oauthError(body)
	client := d.Key.ClientID
	if client == "" {
		client = "(the account's numeric Unique ID, in the Cloud console)"
	}
	subject := d.Subject
	if subject == "" {
		subject = "(no administrator was named)"
	}
	fill := strings.NewReplacer("{account}", d.Key.ClientEmail, "{client}", client, "{scopes}", strings.Join(d.Scopes, ","),
		"{subject}", subject, "{key}", d.Key.KeyID, "{uri}", d.Key.TokenURI)
	e := &Error{Status: status, Code: httpx.ID(code), Description: httpx.Said(description, longest)}
	for _, r := range refusals() {
		if r.fits(code, description) {
			e.Cause, e.Remedy = fill.Replace(r.cause), fill.Replace(r.remedy)
			break
		}
	}
	return e
}
