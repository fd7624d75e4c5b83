package iic

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The exceptions of both APIs (SCIM guide, "Errors" of each operation; API reference, "Errors").
const (
	validationException   = "ValidationException"
	unauthorizedException = "UnauthorizedException"
	accessDenied          = "AccessDeniedException"
	resourceNotFound      = "ResourceNotFoundException"
	conflictException     = "ConflictException"
	throttlingException   = "ThrottlingException"
	expiredToken          = "ExpiredTokenException"
	unrecognizedClient    = "UnrecognizedClientException"
)

// genericDetail is what a 400 says whatever its cause; the cause is in CloudTrail (user guide: troubleshooting).
const genericDetail = "Request is unparsable, syntactically incorrect, or violates schema."

// apiError is an exception of either API.
type apiError struct {
	kind         string
	detail       string // specific, for the journal
	public       string // what the client reads over SCIM, where that is another sentence
	reason       string // Identity Store
	resourceType string // Identity Store
	resourceID   string // Identity Store
	retryAfter   time.Duration
}

// Error implements error.
func (e *apiError) Error() string { return e.kind + ": " + e.detail }

// status is the HTTP status over SCIM, and over the Identity Store API as the SDK's test vectors have it.
func (e *apiError) status() int {
	switch e.kind {
	case validationException:
		return http.StatusBadRequest
	case unauthorizedException:
		return http.StatusUnauthorized
	case accessDenied:
		return http.StatusForbidden
	case resourceNotFound:
		return http.StatusNotFound
	case conflictException:
		return http.StatusConflict
	case throttlingException:
		return http.StatusTooManyRequests
	case "ServiceQuotaExceededException":
		return http.StatusPaymentRequired
	case "InternalServerException":
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// asAPIError keeps the type of an exception that was wrapped; anything else is a bug of this package.
func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return &apiError{kind: "InternalServerException", detail: err.Error()}
}

func invalid(format string, args ...any) *apiError {
	return &apiError{kind: validationException, detail: fmt.Sprintf(format, args...), public: genericDetail}
}

func notFound(resourceType, id string) *apiError {
	return &apiError{
		kind: resourceNotFound, detail: resourceType + " not found.", public: "Resource not found.",
		resourceType: resourceType, resourceID: id,
	}
}

// duplicate is the conflict about one attribute: over SCIM the client is not told which.
func duplicate(attribute string) *apiError {
	return &apiError{
		kind: conflictException, detail: "Duplicate " + attribute, public: "Refused to create a new, duplicate resource.",
		reason: "UNIQUENESS_CONSTRAINT_VIOLATION",
	}
}

// requestID is a UUID of version 4 in form, and a counter in fact: runs are repeatable.
func requestID(n int) string { return fmt.Sprintf("81abca44-4ee3-47fa-b4d9-%012x", n) }
