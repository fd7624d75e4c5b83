package iic

import (
	"net/http"
	"strings"
)

// Targets of the two JSON 1.1 services, and what stands for the third service.
const (
	identityStoreTarget = "AWSIdentityStore."
	adminTarget         = "SWBExternalService."
	stsPrefix           = "sts:"
)

// Operation names the operation of a request, whatever its tenant and credentials: as the SCIM guide does ("CreateUser",
// "ListGroups", "ServiceProviderConfig", …), with the prefix "identitystore:" for the Identity Store API, "sso:" for the SSO
// admin API and "sts:" for AWS STS (the prefixes of the IAM actions). What is none of them is "Unknown".
func Operation(r *http.Request) string {
	target := r.Header.Get("X-Amz-Target")
	if name, ok := strings.CutPrefix(target, identityStoreTarget); ok {
		return "identitystore:" + name
	}
	if name, ok := strings.CutPrefix(target, adminTarget); ok {
		return "sso:" + name
	}
	if action := stsAction(r); action != "" {
		return stsPrefix + action
	}
	p, ok := parsePath(r.URL.Path)
	if !ok {
		return "Unknown"
	}
	return p.operation(r.Method)
}

// scimPath is /{tenant}/scim/v2/{resource}[/{id}].
type scimPath struct {
	tenant, resource, id string
	hasID                bool
}

func parsePath(path string) (scimPath, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) < 3 || parts[1] != "scim" || parts[2] != "v2" {
		return scimPath{}, false
	}
	p := scimPath{tenant: parts[0]}
	if len(parts) > 3 {
		p.resource = parts[3]
	}
	if len(parts) > 4 {
		p.hasID, p.id = true, strings.Join(parts[4:], "/")
	}
	return p, true
}

func (p scimPath) operation(method string) string {
	switch p.resource {
	case "Users", "Groups":
		return p.resourceOperation(method)
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
		if method != http.MethodGet {
			return "Unknown"
		}
		switch {
		case p.resource == "Schemas" && p.hasID:
			return "GetSchema"
		case p.hasID:
			return "Unknown"
		case p.resource == "Schemas":
			return "ListSchemas"
		case p.resource == "ResourceTypes":
			return "ListResourceTypes"
		}
		return p.resource
	}
	return "Unknown"
}

func (p scimPath) resourceOperation(method string) string {
	noun := strings.TrimSuffix(p.resource, "s")
	if !p.hasID {
		switch method {
		case http.MethodGet:
			return "List" + p.resource
		case http.MethodPost:
			return "Create" + noun
		}
		return "Unknown"
	}
	if p.id == "" || strings.Contains(p.id, "/") {
		return "Unknown"
	}
	switch method {
	case http.MethodGet:
		return "Get" + noun
	case http.MethodPut:
		return "Put" + noun
	case http.MethodPatch:
		return "Patch" + noun
	case http.MethodDelete:
		return "Delete" + noun
	}
	return "Unknown"
}

// isAdmin reports whether an operation is one of the SSO admin API.
func isAdmin(op string) bool { return strings.HasPrefix(op, "sso:") }

// writes reports whether an operation changes something, going by its name.
func writes(op string) bool {
	_, name, ok := strings.Cut(op, ":")
	if !ok {
		name = op
	}
	for _, verb := range []string{"Create", "Put", "Patch", "Update", "Delete"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}
