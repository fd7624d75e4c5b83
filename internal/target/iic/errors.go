package iic

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

var (
	// ErrUnauthorized says that the endpoint does not let us in: nothing will
	// work until a person acts. [Remedy] tells what to do.
	ErrUnauthorized = errors.New("not authorized")
	// ErrNoCursor says that the SCIM endpoint does not page its lists by cursor,
	// so that all but the first hundred objects would silently be missing.
	ErrNoCursor = errors.New("the SCIM endpoint does not page its lists by cursor")
	// ErrNoReader says that neither way of reading is open.
	ErrNoReader = errors.New("no way to read Identity Center")
	// ErrSetup says that the identity store cannot be found for want of AWS
	// credentials, of a Region, or of a choice among several.
	ErrSetup = errors.New("no way to the identity store")
	// ErrNoAccess says that AWS does not tell us what is assigned to whom, for
	// anybody, until a person acts. The error's own text is a sentence for people.
	ErrNoAccess = errors.New("what is assigned in AWS is not known")
)

// An APIError is an answer other than success, in the service's own words.
type APIError struct {
	Op        string // such as "scim:PatchGroup"
	Status    int    // HTTP; 0 if unknown
	Code      string // the exception, such as "ConflictException"; made from Status if the service gave none
	Reason    string // such as "KMS_ACCESS_DENIED"; Identity Store only
	Detail    string // what the service says, "" if it says nothing
	RequestID string // what AWS Support asks for, "" if unknown
}

func (e *APIError) Error() string {
	x := e.explain()
	if hint := x.remedy + x.advice; hint != "" { // there is one of both at the most
		return e.answer() + ": " + hint
	}
	return e.answer()
}

// answer is what the service said, without what we make of it.
func (e *APIError) answer() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
	}
	fmt.Fprintf(&b, " %s", e.Code)
	if e.Reason != "" {
		fmt.Fprintf(&b, " (%s)", e.Reason)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// Is tells which of the errors that callers act upon e is. The exception
// decides where there is one, since the Identity Store answers 400 to all.
func (e *APIError) Is(target error) bool {
	switch e.Code {
	case "ResourceNotFoundException":
		return target == identity.ErrNotFound
	case "ConflictException":
		return target == identity.ErrConflict
	case "ValidationException", "ServiceQuotaExceededException":
		return target == identity.ErrRejected
	case "AccessDeniedException", "UnauthorizedException", "UnrecognizedClientException", "ExpiredTokenException",
		"InvalidSignatureException", "InvalidClientTokenId", "IncompleteSignature", "MissingAuthenticationToken",
		"AccessDenied", "ExpiredToken", "SignatureDoesNotMatch":
		return target == ErrUnauthorized
	default:
		return false
	}
}

// exception is what the service calls each status (SCIM guide: error
// tables of every operation).
func exception(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "UnauthorizedException"
	case http.StatusPaymentRequired:
		return "ServiceQuotaExceededException"
	case http.StatusForbidden:
		return "AccessDeniedException"
	case http.StatusNotFound:
		return "ResourceNotFoundException"
	case http.StatusConflict:
		return "ConflictException"
	case http.StatusTooManyRequests:
		return "ThrottlingException"
	}
	switch {
	case status >= http.StatusInternalServerError:
		return "InternalServerException"
	case status >= http.StatusBadRequest:
		return "ValidationException"
	default:
		return http.StatusText(status)
	}
}

// maxDetail is how much of what a server says gets into a message, in bytes: it
// may be a proxy's page of HTML, say.
const maxDetail = 300

// tame makes what a server said fit for a message: one line, not too long, and
// names that look like names.
func (e *APIError) tame() {
	e.Detail = httpx.Said(e.Detail, maxDetail)
	e.Code, e.Reason, e.RequestID = httpx.ID(e.Code), httpx.ID(e.Reason), httpx.ID(e.RequestID)
}

// decodeError reads the answer of a request that did not succeed. The body may
// be anything.
func decodeError(op string, status int, header http.Header, body []byte) *APIError {
	var said struct {
		Detail    any `json:"detail"`
		Message   any `json:"message"` // matches Message, too
		RequestID any `json:"exceptionRequestId"`
		Type      any `json:"__type"`
	}
	e := &APIError{Op: op, Status: status, RequestID: header.Get("X-Amzn-Requestid")}
	defer e.tame()
	if err := json.Unmarshal(body, &said); err == nil {
		e.Detail = text(said.Detail, said.Message)
		e.Code = text(said.Type)
		if e.RequestID == "" {
			e.RequestID = text(said.RequestID)
		}
	} else {
		e.Detail = string(body[:min(len(body), 2*maxDetail)])
	}
	if e.Code == "" {
		e.Code, _, _ = strings.Cut(header.Get("X-Amzn-Errortype"), ":")
	}
	if i := strings.LastIndexByte(e.Code, '#'); i >= 0 {
		e.Code = e.Code[i+1:]
	}
	if e.Code = httpx.ID(e.Code); e.Code == "" {
		e.Code = exception(status)
	}
	return e
}

func text(vs ...any) string {
	for _, v := range vs {
		if s, ok := v.(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// refused reports whether the service has looked at a request and will not do
// it, as opposed to not having been able to.
func refused(err error) bool {
	return errors.Is(err, identity.ErrRejected) || errors.Is(err, identity.ErrConflict) || errors.Is(err, identity.ErrNotFound)
}

// A setupError is an ErrSetup that speaks for itself.
type setupError struct{ error }

const (
	remedyKeys  = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment or in .env, or AWS_PROFILE"
	remedySetup = remedyKeys + "; or read with --read=scim, which needs none"
)

func (e *setupError) Unwrap() error        { return e.error }
func (e *setupError) Is(target error) bool { return target == ErrSetup }
