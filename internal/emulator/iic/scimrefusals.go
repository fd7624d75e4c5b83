package iic

import (
	"net/http"
	"slices"
	"time"
)

// scimRefusals are the errors of SCIM (SCIM guide: errors of each operation; user guide: troubleshooting, for the texts of a
// 400, which AWS shows in CloudTrail and here the client is told).
func scimRefusals() []Refusal {
	row := func(name, where string, status int, code, message string, install func(*Server) func()) Refusal {
		if install == nil {
			install = struck(Fault{Kind: Refuse, Denial: &Denial{Type: code, Message: message}}, where)
		}
		return Refusal{Name: name, Table: TableSCIM, Where: where, Status: status, Code: code, Message: message, Install: install}
	}
	const (
		signIn  = "Authorization header is invalid or missing."
		rate    = "Rate exceeded"
		invalid = http.StatusBadRequest
	)
	bad := func(name, where, message string) Refusal {
		return row(name, where, invalid, validationException, message, nil)
	}
	token := func(name string, install func(*Server) func()) Refusal {
		return row(name, "ServiceProviderConfig", http.StatusUnauthorized, unauthorizedException, signIn, install)
	}
	proxy := func(name string, kind FaultKind, status int) Refusal {
		return row(name, "ListUsers", status, "InternalServerException", "", struck(Fault{Kind: kind}, scimOperations()...))
	}
	all := []Refusal{bad("request invalid", "PatchGroup", genericDetail)}
	for _, t := range specificTexts() {
		all = append(all, bad(t.name, t.where, t.text))
	}
	return append(all,
		token("token unknown", changed(func(o *Options) { o.Tokens = []Token{{Value: "another"}} })),
		token("token expired", changed(expireTokens)),
		token("tenant wrong", changed(func(o *Options) { o.Tenant = "99999999999-8888-7777-6666-555555555555" })),
		token("slash at the end of the endpoint", struck(Fault{Kind: Unauthorized}, scimOperations()...)),
		row("network denied", "ServiceProviderConfig", http.StatusForbidden, accessDenied, "Forbidden",
			changed(func(o *Options) { o.Network = Network{VpceAccessRequired: true} })),
		row("not permitted", "ServiceProviderConfig", http.StatusForbidden, accessDenied, "Forbidden", struck(Fault{Kind: Forbidden}, scimOperations()...)),
		row("object unknown", "GetUser", http.StatusNotFound, resourceNotFound, "Resource not found.",
			struck(Fault{Kind: Missing}, "GetUser", "GetGroup", "PatchUser", "PatchGroup", "DeleteUser", "DeleteGroup")),
		row("member unknown", "ListGroups", http.StatusNotFound, resourceNotFound, "Resource not found.", struck(Fault{Kind: Missing, Where: Where{Filter: "members.value"}}, "ListGroups")),
		row("user not unique", "CreateUser", http.StatusConflict, conflictException, "Refused to create a new, duplicate resource.", nil),
		row("group not unique", "CreateGroup", http.StatusConflict, conflictException, "Refused to create a new, duplicate resource.", nil),
		row("throttled", "ListUsers", http.StatusTooManyRequests, throttlingException, rate, struck(Fault{Kind: Throttled}, scimOperations()...)),
		row("internal error", "ListUsers", http.StatusInternalServerError, "InternalServerException", "Internal server error", struck(Fault{Kind: InternalError}, scimOperations()...)),
		proxy("bad gateway", BadGateway, http.StatusBadGateway),
		proxy("unavailable", Unavailable, http.StatusServiceUnavailable),
		proxy("gateway timeout", GatewayTimeout, http.StatusGatewayTimeout),
		proxy("connection reset", Reset, 0),
	)
}

// expireTokens ends every token that will do now; where any would, none will.
func expireTokens(o *Options) {
	o.Tokens = slices.Concat([]Token{}, o.Tokens)
	for i := range o.Tokens {
		o.Tokens[i].Expires = o.Clock().Add(-time.Hour)
	}
}

// specificText is what a 400 is really about.
type specificText struct{ name, where, text string }

// specificTexts: user guide, troubleshooting (SCIM errors in CloudTrail).
func specificTexts() []specificText {
	empty := func(path string) string {
		at := "Value at '" + path + "' failed to satisfy constraint: "
		return "2 validation errors detected: " + at + "Member must satisfy regular expression pattern: " + textPattern + "; " +
			at + "Member must have length greater than or equal to 1"
	}
	return []specificText{
		{"two e-mail addresses", "CreateUser", "List attribute emails exceeds allowed limit of 1"},
		{"two postal addresses", "CreateUser", "List attribute addresses allowed limit of 1"},
		{"path missing", "PatchUser", "Missing path in PATCH request"},
		{"body malformed", "CreateUser", "Invalid JSON from RequestBody"},
		{"filter malformed", "ListUsers", "Invalid Filter format"},
		{"given name empty", "CreateUser", empty("name.givenName")},
		{"family name empty", "CreateUser", empty("name.familyName")},
		{"manager empty", "CreateUser", empty(enterpriseSchema + ".manager.value")},
	}
}
