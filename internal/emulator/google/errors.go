package google

import (
	"net/http"
	"strings"
)

// An apiError is a refusal in the form of the Directory API (Admin SDK guide:
// troubleshoot errors; API design guide: errors).
type apiError struct {
	code     int
	reason   string // errors[0].reason
	domain   string // errors[0].domain, "global" when empty
	message  string
	status   string // the canonical name, often absent in this API
	location string // "Authorization" or a parameter
	details  []any
	header   http.Header
	plain    bool // without errors, as APIs other than the Directory's answer
}

// plainly is the refusal in the form of the other APIs of Google Cloud.
func (e *apiError) plainly() *apiError {
	e.plain = true
	return e
}

func (e *apiError) Error() string { return e.message }

func (e *apiError) body() map[string]any {
	domain := e.domain
	if domain == "" {
		domain = "global"
	}
	row := map[string]any{"message": e.message, "domain": domain, "reason": e.reason}
	if e.location != "" {
		row["location"], row["locationType"] = e.location, "parameter"
		if e.location == "Authorization" {
			row["locationType"] = "header"
		}
	}
	inner := map[string]any{"code": e.code, "message": e.message, "errors": []any{row}}
	if e.plain {
		delete(inner, "errors")
	}
	if e.status != "" {
		inner["status"] = e.status
	}
	if len(e.details) > 0 {
		inner["details"] = e.details
	}
	return map[string]any{"error": inner}
}

func notFound(what string) *apiError {
	return &apiError{code: http.StatusNotFound, reason: "notFound", message: "Resource Not Found: " + what}
}

func domainNotFound() *apiError {
	return &apiError{code: http.StatusNotFound, reason: "notFound", message: "Domain not found."}
}

func invalidInput(what string) *apiError {
	message := "Invalid Input"
	if what != "" {
		message += ": " + what
	}
	return &apiError{code: http.StatusBadRequest, reason: "invalid", message: message}
}

func badRequest(message string) *apiError {
	return &apiError{code: http.StatusBadRequest, reason: "badRequest", message: message}
}

func invalidParameter(name, message string) *apiError {
	return &apiError{code: http.StatusBadRequest, reason: "invalidParameter", message: message, location: name}
}

func forbidden() *apiError {
	return &apiError{code: http.StatusForbidden, reason: "forbidden", message: "Not Authorized to access this resource/api"}
}

func loginRequired() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, reason: "required", message: "Login Required.", location: "Authorization",
		status: "UNAUTHENTICATED", header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/"`}},
	}
}

func invalidCredentials() *apiError {
	return &apiError{
		code: http.StatusUnauthorized, reason: "authError", message: "Invalid Credentials", location: "Authorization",
		status: "UNAUTHENTICATED", header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="invalid_token"`}},
	}
}

// apiOff is what a project answers that has not enabled an API. It carries
// the domain usageLimits and yet no waiting helps (Service Usage guide:
// enable and disable services).
func apiOff(service, title, project string) *apiError {
	link := "https://console.developers.google.com/apis/api/" + service + "/overview?project=" + project
	return &apiError{
		code: http.StatusForbidden, reason: "accessNotConfigured", domain: "usageLimits", status: "PERMISSION_DENIED",
		message: title + " has not been used in project " + project + " before or it is disabled. Enable it by visiting " + link +
			" then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
		details: []any{
			map[string]any{"@type": "type.googleapis.com/google.rpc.Help", "links": []any{
				map[string]any{"description": "Google developers console API activation", "url": link},
			}},
			errorInfo("SERVICE_DISABLED", map[string]any{"service": service, "consumer": "projects/" + project}),
		},
	}
}

// scopeMissing is what a token without the method's scope is answered (API
// design guide: ErrorInfo; RFC 6750 §3.1 insufficient_scope).
func scopeMissing(op string, accepted []string) *apiError {
	return lacksScope("admin.googleapis.com", rpcName(op), accepted)
}

func lacksScope(service, method string, accepted []string) *apiError {
	return &apiError{
		code: http.StatusForbidden, reason: "insufficientPermissions", status: "PERMISSION_DENIED",
		message: "Request had insufficient authentication scopes.",
		details: []any{errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", map[string]any{"service": service, "method": method})},
		header: http.Header{"Www-Authenticate": {
			`Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="` + strings.Join(accepted, " ") + `"`,
		}},
	}
}

func errorInfo(reason string, metadata map[string]any) map[string]any {
	return map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata,
	}
}

// rpcName is the name of a method behind the front end, as ErrorInfo shows it:
// users.list is DirectoryUsers.List.
func rpcName(op string) string {
	resource, method, _ := strings.Cut(op, ".")
	return "ccc.hosted.frontend.directory.v1.Directory" + title(resource) + "." + title(method)
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
