package auth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// An Error is a refusal on the way to a token, explained.
type Error struct {
	Doing       string        // what was asked for; "" means a token of Google's token endpoint
	Status      int           // of HTTP; 0 if nobody was asked
	Code        string        // the OAuth error, such as invalid_grant, or the reason of Google's APIs; "" if there is none
	Description string        // the server's own words
	Cause       string        // what most likely is wrong
	Remedy      string        // what to do about it
	Skew        time.Duration // by how much this machine's clock is behind the server's; 0 if that is not known
}

// Error says all of it in one line.
func (e *Error) Error() string {
	said := e.Code
	if said == "" && e.Status != 0 {
		said = fmt.Sprintf("HTTP status %d", e.Status)
	}
	if e.Description != "" {
		said += fmt.Sprintf(" (%s)", strings.TrimSuffix(e.Description, "."))
	}
	if said != "" {
		said += ": "
	}
	return fmt.Sprintf("%s: %s%s; %s", cmp.Or(e.Doing, "get a token from Google"), said, e.Cause, e.Remedy)
}

// A refusal is one row of what a server says and what it means. Its texts may
// name what is in [Profile.names], and {key}, {uri}, {audience}, {project},
// {api}, {skew}.
type refusal struct {
	status   int    // of HTTP; 500 stands for all from there, 0 fits all
	code     string // "" fits all
	contains string // in the description, in any case; "" fits all
	cause    string
	remedy   string
}

func (r refusal) fits(status int, s said) bool {
	return (r.status == 0 || r.status == min(status, http.StatusInternalServerError)) && (r.code == "" || r.code == s.code) &&
		strings.Contains(strings.ToLower(s.description), r.contains)
}

// longest is how much of a description is kept, in bytes: the known ones are
// below 200, and a proxy's page would fill a screen.
const longest = 300

// A topic is what an explanation is about.
type topic struct {
	doing string
	rows  []refusal
	names []string // pairs of a name in braces and what it stands for

	project string // where APIs are enabled, unless the server says so
}

// explain turns an answer into an error with cause and remedy.
func (t topic) explain(a answer) *Error {
	s := read(a.body)
	e := &Error{
		Doing: t.doing, Status: a.status, Code: httpx.ID(secret.Scrub(s.code, a.secrets...)),
		Description: httpx.Said(secret.Scrub(s.description, a.secrets...), longest), Skew: a.skew,
	}
	fill := strings.NewReplacer(append(t.names,
		"{project}", cmp.Or(s.project, t.project, "PROJECT"), "{api}", cmp.Or(s.service, "iamcredentials.googleapis.com"), "{skew}", skewed(a.skew))...)
	for _, r := range t.rows {
		if r.fits(a.status, s) {
			e.Cause, e.Remedy = fill.Replace(r.cause), fill.Replace(r.remedy)
			break
		}
	}
	return e
}

// skewed says how wrong the clock is, as far as that is known.
func skewed(d time.Duration) string {
	switch {
	case d > 0:
		return fmt.Sprintf(" (it is %v behind the server's)", d)
	case d < 0:
		return fmt.Sprintf(" (it is %v ahead of the server's)", -d)
	}
	return ""
}

// A said is what a server says of a refusal. The texts are as they came.
type said struct {
	code, description string
	service, project  string // of an API that is not enabled; checked
}

// read understands both forms of Google's errors: RFC 6749 §5.2, and that of
// its APIs (Cloud APIs design guide: errors; google.rpc.ErrorInfo).
func read(body []byte) said {
	if code, description := oauthError(body); code != "" {
		return said{code: code, description: description}
	}
	var doc struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason   string            `json:"reason"`
				Metadata map[string]string `json:"metadata"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &doc) // what cannot be read is left out; the rest still explains
	s := said{code: doc.Error.Status, description: doc.Error.Message}
	for _, d := range doc.Error.Details {
		if d.Reason != "" {
			s.code = d.Reason
		}
		s.service = cmp.Or(s.service, httpx.ID(d.Metadata["service"]))
		s.project = cmp.Or(s.project, httpx.ID(strings.TrimPrefix(d.Metadata["consumer"], "projects/")))
	}
	return s
}

// oauthError reads the error of RFC 6749 §5.2.
func oauthError(body []byte) (code, description string) {
	var e struct {
		Error       any    `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	code, _ = e.Error.(string)
	return code, e.Description
}
