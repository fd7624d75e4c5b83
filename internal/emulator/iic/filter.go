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
	switch shape(clauses) {
	case "username":
		return matching(v.users, func(u *User) bool { return s.sameName(u.UserName, clauses[0].value) }), nil
	case "externalid":
		return matching(v.users, func(u *User) bool { return u.ExternalID != "" && u.ExternalID == clauses[0].value }), nil
	case "id":
		return present(v.users, clauses[0].value), nil
	case "id+manager":
		id, manager := valueOf(clauses, "id"), valueOf(clauses, "manager")
		return matching(v.users, func(u *User) bool { return u.ID == id && manager != "" && u.Enterprise.Manager == manager }), nil
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
	switch shape(clauses) {
	case "displayname":
		return matching(v.groups, func(g *Group) bool { return s.sameName(g.DisplayName, clauses[0].value) }), nil
	case "externalid":
		return matching(v.groups, func(g *Group) bool { return g.ExternalID != "" && g.ExternalID == clauses[0].value }), nil
	case "id":
		return present(v.groups, clauses[0].value), nil
	case "id+members", "id+member":
		group := valueOf(clauses, "id")
		return groupsWith(v, valueOf(clauses, "members")+valueOf(clauses, "member"), func(g *Group) bool { return g.ID == group })
	case "members.value":
		if s.options.Switches.NoCursor { // came together with the cursor
			return nil, invalid("Invalid Filter format")
		}
		return groupsWith(v, clauses[0].value, func(*Group) bool { return true })
	}
	return nil, invalid("Invalid Filter format")
}

// groupsWith are the groups, among those that keep lets through, that a user is in.
func groupsWith(v view, user string, keep func(*Group) bool) ([]string, error) {
	if !v.users.has(user) {
		return nil, notFound("USER", user)
	}
	return matching(v.groups, func(g *Group) bool { return keep(g) && v.members[g.ID].has(user) }), nil
}

// matching are the ids of the rows that keep lets through, in order.
func matching[T any](t *table[T], keep func(*T) bool) []string {
	var ids []string
	for _, id := range t.ids {
		if keep(t.rows[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

func present[T any](t *table[T], id string) []string {
	if t.has(id) {
		return []string{id}
	}
	return nil
}
