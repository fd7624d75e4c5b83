package iic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ssosync/internal/httpx"
)

// The operations, as quotas, counts and logs name them.
const (
	scimPrefix    = "scim:"
	opListUsers   = "scim:ListUsers"
	opGetUser     = "scim:GetUser"
	opCreateUser  = "scim:CreateUser"
	opPatchUser   = "scim:PatchUser"
	opDeleteUser  = "scim:DeleteUser"
	opListGroups  = "scim:ListGroups"
	opGetGroup    = "scim:GetGroup"
	opCreateGroup = "scim:CreateGroup"
	opPatchGroup  = "scim:PatchGroup"
	opDeleteGroup = "scim:DeleteGroup"
	opPing        = "scim:ServiceProviderConfig"

	storePrefix    = "identitystore:"
	adminPrefix    = "sso-admin:"
	opInstances    = "sso-admin:ListInstances"
	opAccounts     = "sso-admin:ListAccountAssignmentsForPrincipal"
	opApplications = "sso-admin:ListApplicationAssignmentsForPrincipal"
	opPermission   = "sso-admin:DescribePermissionSet"
	opApplication  = "sso-admin:DescribeApplication"

	// opAdmin is no operation either: all calls of sso-admin share one quota.
	opAdmin = "sso-admin"

	// opMembers is no operation, but has a quota: single changes of membership,
	// however many share a request.
	opMembers = "scim:memberships"
)

// limit is what we allow ourselves: 90 % of each documented quota, with a burst
// that even in the worst second stays within it (User guide: quotas. SCIM: 25
// writes and 40 reads per second and operation; Identity Store: 20 calls per
// second and operation; sso-admin: 20 in all). The quota on changes of
// memberships is not published, so that we begin high and halve.
func limit(op string) httpx.Limit {
	const inFlight = 48 // a bound on open streams; one second of latency at full rate
	switch op {
	case opMembers:
		return httpx.Limit{PerSecond: 200, Burst: 200}
	case opListUsers, opListGroups, opGetUser, opGetGroup, opPing:
		return httpx.Limit{PerSecond: 36, Burst: 4, InFlight: inFlight}
	}
	switch {
	case strings.HasPrefix(op, scimPrefix):
		return httpx.Limit{PerSecond: 22, Burst: 3, InFlight: inFlight}
	case strings.HasPrefix(op, adminPrefix):
		// What waits for the quota that all share waits within its attempt's
		// time: let it be little.
		return httpx.Limit{PerSecond: 18, Burst: 2, InFlight: 6}
	}
	return httpx.Limit{PerSecond: 18, Burst: 2, InFlight: inFlight}
}

func (t *Target) resilient(base http.RoundTripper, classify httpx.Classify) http.RoundTripper {
	return httpx.Resilient(base, httpx.Options{Classify: classify, Pacer: t.pacer, Meter: t.o.Meter, Log: t.log})
}

// sdkWire is what the AWS SDK sends its requests through: those of sso-admin at
// a pace that they share, all others each at its own.
func (t *Target) sdkWire() http.RoundTripper {
	base := afterInBody(t.wire)
	each := t.resilient(base, classify)
	shared := t.resilient(t.shared(base), func(status int, body []byte, err error) httpx.Verdict {
		v := classify(status, body, err)
		if v == httpx.Throttled {
			t.pacer.Throttled(opAdmin)
		}
		return v
	})
	return rewindable(httpx.Func(func(req *http.Request) (*http.Response, error) {
		if strings.HasPrefix(httpx.Op(req.Context()), adminPrefix) {
			return shared.RoundTrip(req)
		}
		return each.RoundTrip(req)
	}))
}

// shared takes one from what all calls of sso-admin share, for each attempt.
func (t *Target) shared(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		if err := t.pacer.Take(req.Context(), opAdmin, 1); err != nil {
			if req.Body != nil {
				_ = req.Body.Close() // nothing was sent
			}
			return nil, err
		}
		return next.RoundTrip(req)
	})
}

// classify knows that AWS may say 400 to a caller who is too fast (Identity
// Store API reference: common errors).
func classify(status int, body []byte, err error) httpx.Verdict {
	if status == http.StatusBadRequest && throttled(body) {
		return httpx.Throttled
	}
	return httpx.ByStatus(status, body, err)
}

func throttled(body []byte) bool {
	var said struct {
		Type any `json:"__type"`
	}
	if json.Unmarshal(body, &said) != nil {
		return false
	}
	kind := text(said.Type)
	return strings.Contains(kind, "Throttling") || strings.Contains(kind, "TooManyRequests") || bytes.Contains(body, []byte("Rate exceeded"))
}

// throttledMembers slows the changes of memberships down, too, when a request
// that carries some is throttled: the answer does not say which of the two
// quotas it was.
func (t *Target) throttledMembers(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(req)
		if op := httpx.Op(req.Context()); err == nil && res.StatusCode == http.StatusTooManyRequests && (op == opPatchGroup || op == opCreateGroup) {
			t.pacer.Throttled(opMembers)
		}
		return res, err
	})
}

// afterInBody turns the RetryAfterSeconds that the Identity Store puts into the
// body of an error into a header, where everybody looks for it (Identity Store
// API reference: ThrottlingException).
func afterInBody(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(req)
		if err != nil || res.StatusCode < http.StatusBadRequest {
			return res, err
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
		if err != nil {
			return res, nil //nolint:nilerr // the layer above meets the broken body again, and knows what to do about it
		}
		res.Body = struct {
			io.Reader
			io.Closer
		}{bytes.NewReader(body), res.Body}
		var said struct{ RetryAfterSeconds int }
		if json.Unmarshal(body, &said) == nil && said.RetryAfterSeconds > 0 && res.Header.Get("Retry-After") == "" {
			res.Header.Set("Retry-After", strconv.Itoa(said.RetryAfterSeconds))
		}
		return res, nil
	})
}

const maxErrorBody = 1 << 20

// rewindable keeps the body of a request of the AWS SDK, which sends streams, so
// that the request can be sent again. The bodies of lists are short.
func rewindable(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		if req.Body == nil || req.GetBody != nil {
			return next.RoundTrip(req)
		}
		body, err := io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, fmt.Errorf("read the body of %s: %w", httpx.Op(req.Context()), err)
		}
		req = req.Clone(req.Context())
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody() // it cannot fail
		return next.RoundTrip(req)
	})
}
