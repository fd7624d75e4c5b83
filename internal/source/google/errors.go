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
	Cause   string // what most likely is the matter, if that is known
	Remedy  string // what an administrator has to do about it, if anybody has to
	Advice  string // what to know, where nobody has to do anything
}

// Error says all of it in one line, but for the cause, which whoever sees a
// remedy can tell.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d", e.Status)
	if e.Reason != "" {
		s += " " + e.Reason
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if hint := e.Remedy + e.Advice; hint != "" { // there is one of both at the most
		s += " (" + hint + ")"
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
	e.explain(projectOf(e.Message))
	e.Reason, e.Message = httpx.ID(e.Reason), said(e.Message)
	return e
}

func said(s string) string { return httpx.Said(s, longest) }

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
