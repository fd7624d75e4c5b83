package iic

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// clause is attribute eq "value", the only comparison there is.
type clause struct{ attr, value string }

var clausePattern = regexp.MustCompile(`^\s*([A-Za-z]+(?:\.[A-Za-z]+)?)\s+(?i:eq)\s+("(?:[^"\\]|\\.)*")\s*`)

var andPattern = regexp.MustCompile(`^(?i:and)\s+`)

// parseFilter reads clauses joined by and. A value is a JSON string (RFC 7644 §3.4.2.2).
func parseFilter(filter string) ([]clause, error) {
	var clauses []clause
	for rest := filter; ; {
		m := clausePattern.FindStringSubmatch(rest)
		if m == nil {
			return nil, invalid("Invalid Filter format")
		}
		c := clause{attr: strings.ToLower(m[1])}
		if err := json.Unmarshal([]byte(m[2]), &c.value); err != nil {
			return nil, invalid("Invalid Filter format")
		}
		clauses = append(clauses, c)
		if rest = rest[len(m[0]):]; rest == "" {
			return clauses, nil
		}
		and := andPattern.FindString(rest)
		if and == "" {
			return nil, invalid("Invalid Filter format")
		}
		rest = rest[len(and):]
	}
}

// shape is the attributes of a filter, sorted and joined.
func shape(clauses []clause) string {
	var attrs []string
	for _, c := range clauses {
		attrs = append(attrs, c.attr)
	}
	slices.Sort(attrs)
	return strings.Join(attrs, "+")
}

func valueOf(clauses []clause, attr string) string {
	i := slices.IndexFunc(clauses, func(c clause) bool { return c.attr == attr })
	if i < 0 {
		return ""
	}
	return clauses[i].value
}

// sameName compares userName or displayName.
func (s *Server) sameName(a, b string) bool {
	if s.options.Switches.CaseSensitiveFilter {
		return a == b
	}
	return fold(a) == fold(b)
}

// selectUsers returns the ids, in order, that a filter selects, by the combinations of the SCIM guide (ListUsers, "Constraints").
func (s *Server) selectUsers(v view, filter string) ([]string, error) {
	if filter == "" {
		return v.users.ids, nil
	}
	clauses, err := parseFilter(filter)
	if err != nil {
		return nil, err
	}
	matching := func(keep func(*User) bool) []string {
		var ids []string
		for _, id := range v.users.ids {
			if keep(v.users.rows[id]) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	switch shape(clauses) {
	case "username":
		return matching(func(u *User) bool { return s.sameName(u.UserName, clauses[0].value) }), nil
	case "externalid":
		return matching(func(u *User) bool { return u.ExternalID != "" && u.ExternalID == clauses[0].value }), nil
	case "id":
		return present(v.users, clauses[0].value), nil
	case "id+manager":
		u := v.users.rows[valueOf(clauses, "id")]
		if u == nil || u.Enterprise.Manager == "" || u.Enterprise.Manager != valueOf(clauses, "manager") {
			return nil, nil
		}
		return []string{u.ID}, nil
	case "groups.value":
		return s.membersOf(v, clauses[0].value)
	}
	return nil, invalid("Invalid Filter format")
}

func (s *Server) membersOf(v view, group string) ([]string, error) {
	if s.options.Switches.NoCursor { // came together with the cursor
		return nil, invalid("Invalid Filter format")
	}
	if !v.groups.has(group) && s.options.Switches.UnknownGroupIs404 {
		return nil, notFound("GROUP", group)
	}
	return v.members[group].keys(), nil
}

// selectGroups is selectUsers for groups (SCIM guide: ListGroups, "Constraints"). The guide's text says member where its
// examples say members. A member that does not exist is a 404.
func (s *Server) selectGroups(v view, filter string) ([]string, error) {
	if filter == "" {
		return v.groups.ids, nil
	}
	clauses, err := parseFilter(filter)
	if err != nil {
		return nil, err
	}
	matching := func(keep func(*Group) bool) []string {
		var ids []string
		for _, id := range v.groups.ids {
			if keep(v.groups.rows[id]) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	switch shape(clauses) {
	case "displayname":
		return matching(func(g *Group) bool { return s.sameName(g.DisplayName, clauses[0].value) }), nil
	case "externalid":
		return matching(func(g *Group) bool { return g.ExternalID != "" && g.ExternalID == clauses[0].value }), nil
	case "id":
		return present(v.groups, clauses[0].value), nil
	case "id+members", "id+member":
		user := valueOf(clauses, "members") + valueOf(clauses, "member")
		if !v.users.has(user) {
			return nil, notFound("USER", user)
		}
		if group := valueOf(clauses, "id"); v.members[group].has(user) {
			return []string{group}, nil
		}
		return nil, nil
	case "members.value":
		user := clauses[0].value
		if s.options.Switches.NoCursor {
			return nil, invalid("Invalid Filter format")
		}
		if !v.users.has(user) {
			return nil, notFound("USER", user)
		}
		return matching(func(g *Group) bool { return v.members[g.ID].has(user) }), nil
	}
	return nil, invalid("Invalid Filter format")
}

func present[T any](t *table[T], id string) []string {
	if t.has(id) {
		return []string{id}
	}
	return nil
}
