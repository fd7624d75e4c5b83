package google

import (
	"net/http"
	"slices"
	"strings"
)

// enums are the parameters with a closed set of values (Directory API
// discovery document, enum).
func enums(op string) map[string][]string {
	common := map[string][]string{"alt": {"json"}, "prettyPrint": {"true", "false"}}
	switch op {
	case "users.list":
		common["orderBy"] = []string{"email", "familyName", "givenName"}
		common["sortOrder"] = []string{"ASCENDING", "DESCENDING"}
		common["showDeleted"] = []string{"true", "false"}
		fallthrough
	case "users.get":
		common["projection"] = []string{"basic", "custom", "full"}
		common["viewType"] = []string{"admin_view", "domain_public"}
	case "groups.list":
		common["orderBy"] = []string{"email"}
		common["sortOrder"] = []string{"ASCENDING", "DESCENDING"}
	case "members.list":
		common["includeDerivedMembership"] = []string{"true", "false"}
	case "orgunits.list":
		common["type"] = []string{"all", "children", "allIncludingParent"}
	}
	return common
}

// checkCommon checks what is wrong with parameters on their own. The values
// of an enum are compared without case, as the service does.
func (c *call) checkCommon() error {
	for name, allowed := range enums(c.op) {
		value := c.q.Get(name)
		i := slices.IndexFunc(allowed, func(a string) bool { return strings.EqualFold(a, value) })
		if value != "" && i < 0 {
			return invalidParameter(name, "Invalid string value: '"+value+"'. Allowed values: ["+strings.Join(allowed, ", ")+"]")
		}
		if value != "" {
			c.q.Set(name, allowed[i])
		}
	}
	_, err := parseMask(c.q.Get("fields"), resourceOf(c.op))
	return err
}

// finish turns a full answer into the one asked for: 304 when the client has
// it already, and no more fields than the mask names.
func (c *call) finish(rep *reply) {
	tag, _ := rep.body["etag"].(string)
	isList := rep.rowsKey != ""
	if tag != "" {
		rep.header = http.Header{"Etag": {tag}}
		if c.r.Header.Get("If-None-Match") == tag && (!isList || c.opts.Strict.ListNotModified) {
			rep.status, rep.body = http.StatusNotModified, nil
			return
		}
	}
	m, err := parseMask(c.q.Get("fields"), resourceOf(c.op))
	if err == nil && m != nil {
		rep.body = m.apply(rep.body)
	}
}
