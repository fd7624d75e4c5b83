package iic

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// IAM is who calls the APIs that are signed, and what they may. The zero value knows everybody and allows everything.
type IAM struct {
	// Callers maps an access key id to the ARN of its principal. With nil any key will do, and counts as that of a user of the
	// account; else a key that is not in it, and was not given out by AssumeRole, is not recognised.
	Callers map[string]string
	// Roles are those that AssumeRole knows.
	Roles []AssumableRole
	// RequireRole, unless empty, is the ARN of the role whose temporary credentials the Identity Store and SSO admin APIs demand.
	RequireRole string
	// Missing are the IAM actions, named as operations are, that no policy allows.
	Missing []string
}

// AssumableRole is a role and its trust policy.
type AssumableRole struct {
	Arn        string        // arn:aws:iam::123456789012:role/path/name
	Trusted    []string      // ARNs of the principals that may assume it; nil: everybody
	ExternalID string        // that they have to know (IAM user guide: the confused deputy problem); empty: none
	MaxSession time.Duration // 0: an hour
}

// session is what AssumeRole gave out.
type session struct {
	arn     string // of the assumed role
	role    string // ARN of the role itself
	token   string
	expires time.Time
}

// identify finds out who signed. Of the signature only the access key and the session token are looked at.
func (s *Server) identify(q *request) error {
	if s.expired(q.caller) {
		return q.tooLate()
	}
	unknown := &apiError{kind: unrecognizedClient, detail: "The security token included in the request is invalid."}
	temporary, is := s.sessions[q.caller]
	arn, known := s.options.IAM.Callers[q.caller]
	switch {
	case is && q.http.Header.Get("X-Amz-Security-Token") != temporary.token:
		return unknown
	case is && !q.now.Before(temporary.expires):
		return q.tooLate()
	case !is && !known && s.options.IAM.Callers != nil:
		return unknown
	}
	q.writer = cmp.Or(temporary.arn, arn, q.caller)
	return nil
}

// caller is the ARN of the caller, who was identified.
func (s *Server) caller(q *request) string {
	if strings.HasPrefix(q.writer, "arn:") {
		return q.writer
	}
	return "arn:aws:iam::" + s.options.Account + ":user/" + q.caller
}

// allow asks the caller's policies about a call of the Identity Store and SSO admin APIs.
func (s *Server) allow(q *request) error {
	required := s.options.IAM.RequireRole
	if slices.Contains(s.options.IAM.Missing, q.op) || required != "" && s.sessions[q.caller].role != required {
		return s.unauthorized(q, s.resources(q.op)...)
	}
	return nil
}

// unauthorized is the refusal by policy, a sentence for each resource (IAM user guide: troubleshoot access denied error
// messages; as the Identity Store API words it for DescribeUser, which is seen in the wild).
func (s *Server) unauthorized(q *request, resources ...string) *apiError {
	var sentences []string
	for _, r := range resources {
		sentences = append(sentences, "User: "+s.caller(q)+" is not authorized to perform: "+q.op+" on resource: "+r+
			" because no identity-based policy allows the "+q.op+" action")
	}
	return &apiError{kind: accessDenied, detail: strings.Join(sentences, ", ")}
}

// resources are those that an operation needs (Service Authorization Reference: Identity Store, IAM Identity Center).
func (s *Server) resources(op string) []string {
	_, name, _ := strings.Cut(op, ":")
	if isAdmin(op) {
		if name == "ListInstances" {
			return []string{"arn:aws:sso:::instance/*"}
		}
		return []string{s.options.InstanceArn}
	}
	store := storeArn(s.options.Account, s.options.IdentityStoreID)
	for _, kind := range []struct{ word, resource string }{
		{"Membership", "membership/*"}, {"IsMember", "membership/*"}, {"User", "user/*"}, {"Group", "group/*"},
	} {
		if strings.Contains(name, kind.word) {
			return []string{store, "arn:aws:identitystore:::" + kind.resource}
		}
	}
	return []string{store}
}
