package iic

import (
	"net/http"
	"net/url"
	"strconv"
)

// Page sizes of the SCIM guide: ListUsers. Before cursors there were 50.
const (
	pageSize       = 100
	legacyPageSize = 50
)

// cursorList is the envelope of a request with a cursor (RFC 9865 §2).
type cursorList struct {
	ItemsPerPage int      `json:"itemsPerPage"`
	NextCursor   string   `json:"nextCursor,omitempty"`
	Schemas      []string `json:"schemas"`
	Resources    []any    `json:"Resources"`
}

// plainList is the envelope of a request without one. totalResults counts what is in this answer, so that nobody can see
// that it was cut.
type plainList struct {
	TotalResults int      `json:"totalResults"`
	ItemsPerPage int      `json:"itemsPerPage"`
	StartIndex   int      `json:"startIndex"`
	Schemas      []string `json:"schemas"`
	Resources    []any    `json:"Resources"`
}

// listUsers: SCIM guide, ListUsers.
func (s *Server) listUsers(q *request) (response, error) {
	v := s.shown(q, q.filtered())
	return s.list(q, "Users",
		func(filter string) ([]string, error) { return s.selectUsers(v, filter) },
		func(id string) any { return viewOfUser(v.users.rows[id]) })
}

// listGroups: SCIM guide, ListGroups.
func (s *Server) listGroups(q *request) (response, error) {
	v := s.shown(q, q.filtered())
	return s.list(q, "Groups",
		func(filter string) ([]string, error) { return s.selectGroups(v, filter) },
		func(id string) any { return viewOfGroup(v.groups.rows[id], true) })
}

// list cuts a page out of what the filter selects. The key cursor, even without a value, switches to pages.
func (s *Server) list(q *request, kind string, selected func(string) ([]string, error), show func(string) any) (response, error) {
	query, err := url.ParseQuery(q.http.URL.RawQuery)
	if err != nil {
		return response{}, invalid("Invalid query")
	}
	count, err := s.count(query)
	if err != nil {
		return response{}, err
	}
	filter := query.Get("filter")
	if query.Has("filter") && filter == "" {
		return response{}, invalid("Invalid Filter format")
	}
	ids, err := selected(filter)
	if err != nil {
		return response{}, err
	}
	resources := func(ids []string) []any {
		list := make([]any, 0, len(ids))
		for _, id := range ids {
			list = append(list, show(id))
		}
		return list
	}
	if !query.Has("cursor") || s.options.Switches.NoCursor {
		found := resources(q.spoilt.plain(ids, count))
		return response{http.StatusOK, plainList{len(found), len(found), 1, []string{listSchema}, found}}, nil
	}
	c, ok := s.resume(query.Get("cursor"), kind, filter, q.now)
	if !ok {
		return response{}, invalid("Invalid cursor")
	}
	page, next := s.page(q, c, ids, count)
	return response{http.StatusOK, cursorList{len(page), next, []string{listSchema}, resources(page)}}, nil
}

// count is the page size that was asked for.
func (s *Server) count(query url.Values) (int, error) {
	for _, name := range []string{"startIndex", "attributes", "excludedAttributes", "sortBy", "sortOrder"} {
		if query.Has(name) && s.options.Switches.StrictQuery {
			return 0, invalid("unsupported parameter '%s'", name)
		}
	}
	most := pageSize
	if s.options.Switches.NoCursor {
		most = legacyPageSize
	}
	if !query.Has("count") {
		return most, nil
	}
	n, err := strconv.Atoi(query.Get("count"))
	if err != nil || n < 1 || n > pageSize {
		return 0, invalid("count must be between 1 and %d", pageSize)
	}
	return min(n, most), nil
}
