package iic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// Denial is an exception that Options.Deny makes of a call of the Identity Store or SSO admin API, and Refuse of any.
type Denial struct {
	Type    string // AccessDeniedException, ResourceNotFoundException, ThrottlingException, ValidationException, …
	Message string
	Reason  string // KMS_ACCESS_DENIED, KMS_KEY_NOT_FOUND, KMS_THROTTLING, KMS_DISABLED, …; empty: none
}

// exception is what the client reads, over SCIM word by word.
func (d *Denial) exception() *apiError {
	return &apiError{kind: d.Type, detail: d.Message, public: d.Message, reason: d.Reason, retryAfter: time.Second}
}

// NotAuthorized is the denial of a caller whom no policy allows the call.
func NotAuthorized() *Denial {
	return &Denial{Type: accessDenied, Message: "User is not authorized to perform this operation"}
}

// NoKey is the denial of a caller who may not use the customer managed key of the store.
func NoKey() *Denial {
	return &Denial{Type: accessDenied, Message: "Access to the KMS key is denied", Reason: "KMS_ACCESS_DENIED"}
}

// credential finds the access key in an Authorization header (AWS Signature Version 4). Signatures are not verified.
var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 .*Credential=([^/,\s]+)/`)

// answerJSON11 is one request of a JSON 1.1 API from the door to the answer.
func (s *Server) answerJSON11(q *request) func(http.ResponseWriter) {
	res, err := s.serveJSON11(q)
	if err != nil {
		return s.json11Error(q, asAPIError(err))
	}
	s.record(q, http.StatusOK, "")
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-RequestId", q.id)
		writeJSON(w, "application/x-amz-json-1.1", response{http.StatusOK, res})
	}
}

func (s *Server) serveJSON11(q *request) (any, error) {
	m := credential.FindStringSubmatch(q.http.Header.Get("Authorization"))
	if m == nil {
		return nil, &apiError{kind: "MissingAuthenticationTokenException", detail: "Missing Authentication Token"}
	}
	q.caller = m[1]
	if err := s.identify(q); err != nil {
		return nil, err
	}
	if err := s.allow(q); err != nil {
		return nil, err
	}
	if s.options.Deny != nil {
		if d := s.options.Deny(q.op); d != nil {
			return nil, d.exception()
		}
	}
	if err := s.throttle(q); err != nil {
		return nil, err
	}
	if q.http.Method != http.MethodPost {
		return nil, &apiError{kind: "UnknownOperationException", detail: q.http.Method}
	}
	handle, ok := s.json11Handlers()[q.op]
	if !ok {
		return nil, &apiError{kind: "UnknownOperationException", detail: q.op}
	}
	return handle(q)
}

// json11Error writes the exception. AWS documents 400 for client errors; the SDK's test vectors use a status for each type.
func (s *Server) json11Error(q *request, e *apiError) func(http.ResponseWriter) {
	status := http.StatusBadRequest
	switch {
	case e.kind == "InternalServerException":
		status = http.StatusInternalServerError
	case s.options.Switches.StatusByType:
		status = e.status()
	}
	body := map[string]any{"__type": e.kind, "Message": e.detail, "RequestId": q.id}
	if e.reason != "" {
		body["Reason"] = e.reason
	}
	if e.resourceType != "" {
		body["ResourceType"], body["ResourceId"] = e.resourceType, e.resourceID
	}
	retryAfter := ""
	if e.kind == throttlingException && s.options.Switches.RetryAfter != RetryAfterNone {
		seconds := int((e.retryAfter + time.Second - 1) / time.Second)
		body["RetryAfterSeconds"] = seconds
		retryAfter = strconv.Itoa(seconds * 1000) // milliseconds: the header that the SDKs read
	}
	s.record(q, status, e.detail)
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-RequestId", q.id)
		w.Header().Set("X-Amzn-ErrorType", e.kind)
		if retryAfter != "" {
			w.Header().Set("X-Amz-Retry-After", retryAfter)
		}
		writeJSON(w, "application/x-amz-json-1.1", response{status, body})
	}
}

// decode reads the input of an operation.
func decode[T any](q *request) (T, error) {
	var in T
	if err := json.Unmarshal(q.body, &in); err != nil {
		return in, &apiError{kind: "SerializationException", detail: fmt.Sprintf("malformed input: %v", err)}
	}
	return in, nil
}

// epoch is the time format of JSON 1.1: seconds, with a fraction.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// paging is the input that lists have in common.
type paging struct {
	MaxResults *int
	NextToken  string
}

// limit is the page size that was asked for.
func (p paging) limit() (int, error) {
	switch {
	case p.MaxResults == nil:
		return pageSize, nil
	case *p.MaxResults < 1 || *p.MaxResults > pageSize:
		return 0, invalid("1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value between 1 and %d", pageSize)
	}
	return *p.MaxResults, nil
}

// pageOf is one page of sorted ids, and the token of the next.
func (s *Server) pageOf(q *request, p paging, query string, ids []string) ([]string, string, error) {
	n, err := p.limit()
	if err != nil {
		return nil, "", err
	}
	c, ok := s.resume(p.NextToken, q.op, query, q.now)
	if !ok {
		return nil, "", invalid("Invalid NextToken")
	}
	page, next := s.page(q, c, ids, n)
	return page, next, nil
}
