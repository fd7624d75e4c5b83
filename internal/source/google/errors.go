package google

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
)

// An Error is what the Directory API answered instead of data.
type Error struct {
	Status  int    // of HTTP
	Reason  string // Google's, such as "notFound"; "" if the body had none
	Message string // Google's own words, or the start of a body that is no JSON
	Remedy  string // what an administrator can do about it, if that is known
}

// Error says all of it in one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d", e.Status)
	if e.Reason != "" {
		s += " " + e.Reason
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Remedy != "" {
		s += " (" + e.Remedy + ")"
	}
	return s
}

// longest is how much of what the server says is quoted, in bytes.
const longest = 300

func newError(status int, body []byte) *Error {
	e := &Error{Status: status}
	e.Reason, e.Message = reasonOf(body)
	if e.Message == "" {
		e.Message = string(body[:min(len(body), 2*longest)])
	}
	e.Reason, e.Message = httpx.ID(e.Reason), said(e.Message)
	for _, r := range remedies() {
		if r.fits(e) {
			e.Remedy = r.remedy
			break
		}
	}
	return e
}

func said(s string) string { return httpx.Said(s, longest) }

// A remedyRow says what helps against an answer; "" and 0 fit all.
type remedyRow struct {
	status   int
	reason   string
	contains string // in the message, in any case
	remedy   string
}

func (r remedyRow) fits(e *Error) bool {
	return (r.status == 0 || r.status == e.Status) && (r.reason == "" || r.reason == e.Reason) &&
		strings.Contains(strings.ToLower(e.Message), r.contains)
}

// remedies are read from the top. What the messages mean is known from
// Directory API guide: handle errors, and from the field.
func remedies() []remedyRow {
	const enable = "enable the Admin SDK API in the service account's project, then wait a few minutes"
	return []remedyRow{
		{http.StatusForbidden, "accessNotConfigured", "", enable},
		{http.StatusForbidden, "SERVICE_DISABLED", "", enable},
		{
			http.StatusForbidden, "insufficientPermissions", "",
			"the token lacks a scope: grant the delegation the scopes for reading users and groups",
		},
		{
			http.StatusForbidden, "", "requires a quota project",
			"log in with a service account: a person's login needs a quota project",
		},
		{
			http.StatusForbidden, "forbidden", "",
			"name an administrator to act as who may read users and groups and has accepted Google's terms",
		},
		{
			http.StatusForbidden, "domainCannotUseApis", "",
			"allow API access in the Admin console, if the edition has it",
		},
		{
			http.StatusNotFound, "", "domain not found",
			"check the customer id and the address of the administrator to act as",
		},
		{
			http.StatusBadRequest, "invalid", "invalid input: query",
			"check the query: a value with spaces goes in quotes, name:'Group 00*', and groups are found by email, name or memberKey",
		},
		{
			http.StatusBadRequest, "", "invalid input: memberkey",
			"a group and a person of different domains are compared only if the person is directly in the group",
		},
		{http.StatusBadRequest, "", "type not supported: userkey", "the address or id is a group's"},
		{
			http.StatusBadRequest, "invalid", "",
			"name an administrator to act as, or the customer id (C0…) in place of my_customer",
		},
		{
			http.StatusBadRequest, "badRequest", "",
			"check the customer id: it begins with C and is no domain name",
		},
		{http.StatusUnauthorized, "", "", "the login was refused, a new token as well"},
	}
}

// absent reports whether err is proof that what was asked for is gone: 404
// with the reason notFound, and nothing else. A wrong domain is reported in the
// same words and proves nothing.
func absent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusNotFound && e.Reason == "notFound" &&
		!strings.Contains(strings.ToLower(e.Message), "domain")
}

// foreign reports whether err is how the API speaks of the people and groups
// of other organisations.
func foreign(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusForbidden && e.Reason == "forbidden"
}
