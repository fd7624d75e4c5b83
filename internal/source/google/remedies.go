package google

import (
	"net/http"
	"regexp"
	"strings"

	"ssosync/internal/source/google/auth"
)

// An explanation says what an answer means, and what helps against it; "" and 0
// fit all. Its texts may name {project} and {scopes}.
type explanation struct {
	status   int
	reason   string
	contains string // in the message, in lower case
	cause    string
	remedy   string // somebody has to do this
	advice   string // nobody has to do anything
}

func (x explanation) fits(e *Error) bool {
	return (x.status == 0 || x.status == e.Status) && (x.reason == "" || x.reason == e.Reason) &&
		strings.Contains(strings.ToLower(e.Message), x.contains)
}

// explain looks up what the answer means.
func (e *Error) explain(project string) {
	fill := strings.NewReplacer("{project}", project, "{scopes}", strings.Join(auth.ReadScopes(), ","))
	for _, table := range [][]explanation{setUp(), permissions(), questions(), passing()} {
		for _, x := range table {
			if x.fits(e) {
				e.Cause, e.Remedy, e.Advice = fill.Replace(x.cause), fill.Replace(x.remedy), fill.Replace(x.advice)
				return
			}
		}
	}
}

var projectRE = regexp.MustCompile(`project[ =]([0-9]{1,20})\b`)

// projectOf returns the number of the project that a message is about.
func projectOf(message string) string {
	if m := projectRE.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return "PROJECT"
}

// What the messages mean is known from Directory API guide: handle errors, and
// from the field. All tables are read from the top.

// setUp is about the project, the edition and the kind of login.
func setUp() []explanation {
	const off = "the Admin SDK API is off in the project of the service account"
	const enable = "enable the Admin SDK API in the service account's project, then wait a few minutes: " +
		"gcloud services enable admin.googleapis.com --project={project}, or " +
		"https://console.developers.google.com/apis/api/admin.googleapis.com/overview?project={project}"
	return []explanation{
		{
			status: http.StatusForbidden, contains: "requires a quota project", cause: "the login is a person's (application default credentials), without a project to count its calls",
			remedy: "log in with a service account: a person's login needs a quota project, gcloud auth application-default set-quota-project PROJECT",
		},
		{status: http.StatusForbidden, reason: "accessNotConfigured", cause: off, remedy: enable},
		{status: http.StatusForbidden, reason: "SERVICE_DISABLED", cause: off, remedy: enable},
		{
			status: http.StatusForbidden, reason: "domainCannotUseApis", cause: "API access is off for the whole customer, or the edition has none",
			remedy: "allow API access in the Admin console, if the edition has it: Security > Access and data control > API controls",
		},
		{
			status: http.StatusUnauthorized, cause: "Google does not accept the access token, nor a new one",
			remedy: "the login was refused, a new token as well: give a new access token, or a login that renews its tokens, such as --google-credentials",
		},
	}
}

// permissions is about what the login may do.
func permissions() []explanation {
	const scopes = "the token lacks a scope: grant the delegation the scopes for reading users and groups, {scopes} " +
		"(Admin console > Security > Access and data control > API controls > Manage domain-wide delegation)"
	const lacks = "the token was made without the scope; where a file of the type external_account logs in, Google's libraries ignore the administrator to act as"
	return []explanation{
		{status: http.StatusForbidden, reason: "insufficientPermissions", cause: lacks, remedy: scopes},
		{status: http.StatusForbidden, reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", cause: lacks, remedy: scopes},
		{
			status: http.StatusForbidden, reason: "forbidden",
			cause: "whoever the login acts as has no admin role that reads this, has not accepted Google's terms, or nobody was named; or the object is of another organisation",
			remedy: "name an administrator to act as who may read users and groups and has accepted Google's terms: --google-admin; " +
				"the role needs Admin API privileges > Users > Read and Groups > Read (Admin console > Account > Admin roles)",
		},
		{
			status: http.StatusNotFound, contains: "domain not found", cause: "the administrator's domain, or the customer, is none that Google knows to this login",
			remedy: "check the customer id and the address of the administrator to act as: --google-admin is a person, not the service account; " +
				"Admin console > Account > Account settings shows the customer id, C0…",
		},
	}
}

// questions is about what was asked.
func questions() []explanation {
	return []explanation{
		{
			status: http.StatusBadRequest, reason: "invalid", contains: "invalid input: query", cause: "Google does not understand the query",
			remedy: "check the query: a value with spaces goes in quotes, name:'Group 00*', and groups are found by email, name or memberKey",
		},
		{
			status: http.StatusBadRequest, contains: "invalid input: memberkey", cause: "Google compares a group with a person of another domain only in part",
			remedy: "a group and a person of different domains are compared only if the person is directly in the group",
		},
		{
			status: http.StatusBadRequest, contains: "type not supported: userkey", cause: "a person was asked for",
			remedy: "the address or id is a group's: name a person, as with --google-admin",
		},
		{
			status: http.StatusBadRequest, reason: "invalid", cause: "my_customer is the customer of a person, and the login acts as none",
			remedy: "name an administrator to act as, or the customer id (C0…) in place of my_customer: --google-admin or --customer-id; " +
				"Admin console > Account > Account settings shows the id",
		},
		{
			status: http.StatusBadRequest, reason: "badRequest", cause: "a domain's name was given as the customer, say",
			remedy: "check the customer id: it begins with C and is no domain name",
		},
	}
}

// passing is about what ends by itself.
func passing() []explanation {
	const again = "this passes: the request was repeated in vain, so try again later; https://www.google.com/appsstatus shows faults"
	return []explanation{
		{
			status: http.StatusNotFound, contains: "resource not found", cause: "it was deleted since it was listed, or the key is wrong",
			advice: "if it was deleted just now, nothing has to be done: the next run reads anew",
		},
		{status: http.StatusTooManyRequests, cause: "other applications use the customer's quota", advice: again},
		{status: http.StatusInternalServerError, advice: again},
		{status: http.StatusBadGateway, advice: again},
		{status: http.StatusServiceUnavailable, advice: again},
		{status: http.StatusGatewayTimeout, advice: again},
	}
}
