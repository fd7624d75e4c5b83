package google

import (
	"net/http"
	"net/url"
	"strings"
)

// A route is a method of the service. In a pattern "{x}" is one segment of
// the path and "{x...}" the rest of it.
type route struct{ pattern, op string }

// routes are the reading methods of the Directory API, below
// admin/directory/v1/ (Directory API discovery document, flatPath).
func routes() []route {
	return []route{
		{"users", "users.list"},
		{"users/{userKey}", "users.get"},
		{"groups", "groups.list"},
		{"groups/{groupKey}", "groups.get"},
		{"groups/{groupKey}/members", "members.list"},
		{"groups/{groupKey}/members/{memberKey}", "members.get"},
		{"groups/{groupKey}/hasMember/{memberKey}", "members.hasMember"},
		{"customers/{customer}", "customers.get"},
		{"customer/{customer}/orgunits", "orgunits.list"},
		{"customer/{customer}/orgunits/{orgUnitPath...}", "orgunits.get"},
		{"customer/{customer}/schemas", "schemas.list"},
		{"customer/{customer}/schemas/{schemaKey}", "schemas.get"},
		{"customer/{customer}/domains", "domains.list"},
		{"customer/{customer}/domains/{domainName}", "domains.get"},
		{"customer/{customer}/roles", "roles.list"},
		{"customer/{customer}/roles/{roleId}", "roles.get"},
		{"customer/{customer}/roleassignments", "roleAssignments.list"},
	}
}

// Operation names what a request asks for: "users.list", "users.get",
// "groups.list", "groups.get", "members.list", "members.get",
// "members.hasMember", "orgunits.list", "orgunits.get", "schemas.list",
// "schemas.get", "customers.get", "domains.list", "domains.get",
// "roles.list", "roles.get", "roleAssignments.list", "token", "sts.token",
// "iam.signJwt", "iam.generateAccessToken", "github.oidc", "metadata"; "" is
// none of these.
func Operation(r *http.Request) string {
	op, _ := operation(r)
	return op
}

func operation(r *http.Request) (op string, params map[string]string) {
	path := r.URL.EscapedPath()
	if r.Method == http.MethodPost {
		return postOperation(path)
	}
	if r.Method == http.MethodGet && strings.HasSuffix(path, "/github/oidc") {
		return "github.oidc", nil
	}
	if _, rest, found := strings.Cut(path, "/computeMetadata/v1/"); found && r.Method == http.MethodGet {
		return "metadata", map[string]string{"path": rest}
	}
	_, rest, found := strings.Cut(path, "/admin/directory/v1/")
	if r.Method != http.MethodGet || !found {
		return "", nil
	}
	for _, c := range routes() {
		if params, ok := match(c.pattern, rest); ok {
			return c.op, params
		}
	}
	return "", nil
}

func postOperation(path string) (string, map[string]string) {
	_, name, isAccount := strings.Cut(path, "/serviceAccounts/")
	account, verb, _ := strings.Cut(name, ":")
	if plain, err := url.PathUnescape(account); err == nil {
		account = plain
	}
	switch {
	case isAccount && verb == "signJwt":
		return "iam.signJwt", map[string]string{"account": account}
	case isAccount && verb == "generateAccessToken":
		return "iam.generateAccessToken", map[string]string{"account": account}
	case strings.HasSuffix(path, "/v1/token"):
		return "sts.token", nil
	case strings.HasSuffix(path, "/token"):
		return "token", nil
	}
	return "", nil
}

// match compares segment by segment, before unescaping: an escaped slash is
// part of a key.
func match(pattern, path string) (map[string]string, bool) {
	params := map[string]string{}
	for pattern != "" {
		var want, have string
		want, pattern, _ = strings.Cut(pattern, "/")
		if strings.HasSuffix(want, "...}") {
			have, path = path, ""
		} else {
			have, path, _ = strings.Cut(path, "/")
		}
		plain, err := url.PathUnescape(have)
		switch {
		case err != nil || have == "":
			return nil, false
		case strings.HasPrefix(want, "{"):
			params[strings.Trim(want, "{.}")] = plain
		case want != have:
			return nil, false
		}
	}
	return params, path == ""
}
