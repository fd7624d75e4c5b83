package google_test

import (
	"net/http"
	"slices"
	"strings"
)

// What the server says when it is asked about single objects.

func find(all []map[string]any, id string) map[string]any {
	for _, e := range all {
		if e["id"] == id {
			return e
		}
	}
	return nil
}

// user answers to an id, an address or an alias, and knows a group's address
// when it sees one (seen in the field).
func (s *server) user(r request) *http.Response {
	has := func(e map[string]any, key string) bool {
		aliases, _ := e["aliases"].([]string)
		email, _ := e["primaryEmail"].(string)
		if email == "" {
			email, _ = e["email"].(string)
		}
		return strings.EqualFold(email, key) || slices.Contains(aliases, key)
	}
	for _, u := range s.users {
		if u["id"] == r.id || has(u, r.id) {
			r.id = u["id"].(string)
			return one(r, s.users, "userKey")
		}
	}
	for _, g := range s.groups {
		if g["id"] == r.id || has(g, r.id) {
			return failure(http.StatusBadRequest, "badRequest", "Type not supported: userKey")
		}
	}
	if domain := r.id[strings.IndexByte(r.id, '@')+1:]; domain != r.id && domain != "example.com" {
		return failure(http.StatusForbidden, "forbidden", notAuthorized)
	}
	return failure(http.StatusNotFound, "notFound", "Resource Not Found: userKey")
}

// groupsOf is groups.list of a person: direct memberships only, and never
// together with a customer.
func (s *server) groupsOf(r request) *http.Response {
	q := r.url.Query()
	if q.Has("customer") {
		return failure(http.StatusBadRequest, "badRequest", "Bad Request")
	}
	if find(s.users, q.Get("userKey")) == nil {
		return failure(http.StatusNotFound, "notFound", "Resource Not Found: userKey")
	}
	in := slices.DeleteFunc(slices.Clone(s.groups), func(g map[string]any) bool {
		return find(s.members[g["id"].(string)], q.Get("userKey")) == nil
	})
	return s.list(r, "groups", in, 200)
}

// hasMember looks into groups inside of the group, too.
func (s *server) hasMember(r request) *http.Response {
	if find(s.groups, r.id) == nil {
		return failure(http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	}
	if find(s.users, r.member) == nil {
		return failure(http.StatusNotFound, "notFound", "Resource Not Found: memberKey")
	}
	var inside func(id string, seen []string) bool
	inside = func(id string, seen []string) bool {
		return find(s.members[id], r.member) != nil || slices.ContainsFunc(s.members[id], func(m map[string]any) bool {
			sub := m["id"].(string)
			return m["type"] == "GROUP" && !slices.Contains(seen, sub) && inside(sub, append(seen, sub))
		})
	}
	return success(map[string]any{"isMember": inside(r.id, []string{r.id})})
}
