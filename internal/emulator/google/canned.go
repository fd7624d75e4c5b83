package google

import (
	"cmp"
	"net/http"
)

// canned is the answer of a fault that answers, else nil and nil.
func (c *call) canned(f Fault) (*reply, error) {
	switch f.Kind {
	case Reset:
		return &reply{abort: true}, nil
	case HTMLUnavailable:
		rep := plainReply(http.StatusServiceUnavailable, "text/html; charset=UTF-8",
			"<!DOCTYPE html>\n<html lang=en>\n<title>Error 503 (Service Unavailable)!!1</title>\n<p>The service you requested is not available yet.\n")
		rep.retryAfter(c.opts.Strict.RetryAfter, c.now)
		return rep, nil
	case TextRateLimit:
		return plainReply(http.StatusForbidden, "text/plain; charset=UTF-8", "Request rate higher than configured.\n"), nil
	case TextQuota:
		rep := plainReply(http.StatusServiceUnavailable, "text/plain; charset=UTF-8", "quota exceeded for the current request\n")
		rep.retryAfter(c.opts.Strict.RetryAfter, c.now)
		return rep, nil
	case Respond:
		return plainReply(cmp.Or(f.Status, http.StatusOK), "application/json; charset=UTF-8", f.Text), nil
	case OAuth:
		return nil, refuse(cmp.Or(f.Status, http.StatusBadRequest), f.Code, f.Text)
	default:
		return nil, c.cannedError(f.Kind)
	}
}

// cannedError is the API's error of a kind, nil when it has none.
func (c *call) cannedError(k FaultKind) error {
	for _, e := range []*apiError{c.cannedThrottle(k), cannedTransient(k), c.cannedFatal(k)} {
		if e != nil {
			return e
		}
	}
	return nil
}

// cannedThrottle are the limits (Directory API guide: limits and quotas;
// Admin SDK guide: troubleshoot errors).
func (c *call) cannedThrottle(k FaultKind) *apiError {
	limit := func(reason, message string) *apiError {
		return &apiError{code: http.StatusForbidden, reason: reason, domain: "usageLimits", message: message}
	}
	switch k {
	case UserRateLimit:
		return userRateLimit()
	case QuotaExceeded:
		return limit("quotaExceeded", "The request cannot be completed because you have exceeded your quota.")
	case RateLimit403:
		return quotaOfMinute(c.view.f.Project.Number)
	case SharingRateLimit:
		return limit("sharingRateLimitExceeded", "Rate limit exceeded. User message: \"These item(s) could not be shared because a rate limit was exceeded\"")
	case RateLimit429:
		return tooManyAtOnce()
	default:
		return nil
	}
}

// cannedTransient are answers after which trying again helps, four of them
// with the face of a refusal.
func cannedTransient(k FaultKind) *apiError {
	e := func(code int, reason, message string) *apiError {
		return &apiError{code: code, reason: reason, message: message}
	}
	switch k {
	case BackendError:
		return e(http.StatusServiceUnavailable, "backendError", "Service unavailable. Please try again")
	case TransientError:
		return e(http.StatusServiceUnavailable, "transientError", "Transient error. Please try again")
	case InternalError:
		return e(http.StatusInternalServerError, "internalError", "Internal Error")
	case BadGateway:
		return e(http.StatusBadGateway, "badGateway", "Bad Gateway")
	case GatewayTimeout:
		return e(http.StatusGatewayTimeout, "gatewayTimeout", "Gateway Timeout")
	case SystemError:
		return e(http.StatusBadRequest, "invalid", "A system error has occurred")
	case NotAvailable:
		return e(http.StatusBadRequest, "serviceNotAvailable", "Service not available")
	case UnknownError:
		return e(http.StatusBadRequest, "unknownError", "Unknown Error.")
	case Precondition:
		return e(http.StatusBadRequest, "failedPrecondition", "Precondition check failed.")
	default:
		return nil
	}
}

// cannedFatal are answers that no waiting changes.
func (c *call) cannedFatal(k FaultKind) *apiError {
	switch k {
	case AuthError:
		return invalidCredentials()
	case LoginRequired:
		return loginRequired()
	case Forbidden:
		return forbidden()
	case NotFound:
		return notFound(c.keyName())
	case DomainNotFound:
		return domainNotFound()
	case InvalidInput:
		return invalidInput("")
	case APIOff:
		return apiOff("admin.googleapis.com", "Admin SDK API", c.view.f.Project.Number)
	case ScopeMissing:
		accepted, _ := scopesOf(c.op)
		return scopeMissing(c.op, accepted)
	case DomainBlocked:
		return domainBlocked()
	case QuotaProject:
		return quotaProject()
	default:
		return nil
	}
}

// keyName is what a 404 calls the key of the operation.
func (c *call) keyName() string {
	for _, k := range []string{"memberKey", "groupKey", "userKey", "schemaKey"} {
		if _, ok := c.params[k]; ok {
			return k
		}
	}
	return "userKey"
}

func domainBlocked() *apiError {
	return &apiError{code: http.StatusForbidden, reason: "domainCannotUseApis", message: "domain cannot use apis"}
}

// quotaProject is what user credentials are answered that belong to no project
// of the caller's (Cloud authentication guide: troubleshoot your ADC setup).
func quotaProject() *apiError {
	return &apiError{
		code: http.StatusForbidden, reason: "accessNotConfigured", domain: "usageLimits", status: "PERMISSION_DENIED",
		message: "Your application is authenticating by using local Application Default Credentials. " +
			"The admin.googleapis.com API requires a quota project, which is not set by default. To learn how to set your quota project, see https://cloud.google.com/docs/authentication/adc-troubleshooting/user-creds .",
	}
}
