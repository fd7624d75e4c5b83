package google

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
)

// An envelope is the error form of Google's APIs (Directory API guide: handle
// errors). Bodies of proxies and overloaded front ends may be plain text.
type envelope struct {
	Error struct {
		Message string `json:"message"`
		Status  string `json:"status"`
		Errors  []struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
		} `json:"errors"`
		Details []struct {
			Reason string `json:"reason"`
		} `json:"details"`
	} `json:"error"`
}

// reasonOf returns the first reason of an error body, and its message. The
// reason decides and never the domain: accessNotConfigured is of the domain
// usageLimits too, and waiting does not help against it.
func reasonOf(body []byte) (reason, message string) {
	var e envelope
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	message = e.Error.Message
	for _, one := range e.Error.Errors {
		if one.Reason != "" {
			if message == "" {
				message = one.Message
			}
			return one.Reason, message
		}
	}
	for _, d := range e.Error.Details {
		if d.Reason != "" {
			return d.Reason, message
		}
	}
	return "", message
}

// classifyUsers is for calls of users.*, which report some transient faults in
// their own words.
func classifyUsers(status int, body []byte, err error) httpx.Verdict {
	return classify(status, body, err, func(reason, _ string) bool {
		return reason == "unknownError" || reason == "failedPrecondition"
	})
}

// classifyGroups is for calls of groups.* and members.*, likewise.
func classifyGroups(status int, body []byte, err error) httpx.Verdict {
	return classify(status, body, err, func(reason, message string) bool {
		return reason == "serviceNotAvailable" ||
			reason == "invalid" && strings.Contains(message, "A system error has occurred")
	})
}

// classify is the order that all calls share: a throttle may hide behind a 403
// or a 503, and a 200 that is no JSON object was broken on its way.
func classify(status int, body []byte, err error, fault func(reason, message string) bool) httpx.Verdict {
	if err != nil {
		return httpx.ByStatus(0, nil, err)
	}
	if status >= http.StatusOK && status < http.StatusMultipleChoices {
		if !isObject(body) {
			return httpx.Transient
		}
		return httpx.OK
	}
	reason, message := reasonOf(body)
	switch {
	case throttled(status, reason, body):
		return httpx.Throttled
	case transient(status, reason), fault(reason, message):
		return httpx.Transient
	}
	return httpx.Fatal
}

func isObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) && json.Valid(body)
}

func throttled(status int, reason string, body []byte) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		switch reason {
		case "userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded", "sharingRateLimitExceeded", "RATE_LIMIT_EXCEEDED":
			return true
		}
		return says(body, "Request rate higher than configured")
	case http.StatusServiceUnavailable:
		return says(body, "quota exceeded for the current request")
	}
	return false
}

// transient knows statuses and reasons. A refused login stays refused, whatever
// it is called.
func transient(status int, reason string) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusUnauthorized, http.StatusNotFound:
		return false
	}
	switch reason {
	case "backendError", "badGateway", "gatewayTimeout", "internalError", "transientError":
		return true
	}
	return false
}

func says(body []byte, text string) bool {
	return bytes.Contains(bytes.ToLower(body), bytes.ToLower([]byte(text)))
}
