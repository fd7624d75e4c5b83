package google

import (
	"slices"
	"strings"
)

// minGroupPrefix is how many characters a prefix of a group's name needs, as
// seen in production.
const minGroupPrefix = 3

// parseGroupQuery turns a search into a test of groups (Directory API guide:
// search for groups). memberKey stands alone; with the customer id it finds
// the groups that contain everyone.
func parseGroupQuery(text string, v *view) (func(*groupRow) bool, error) {
	clauses, err := parseQuery(text)
	if err != nil {
		return nil, err
	}
	var tests []func(*groupRow) bool
	for _, c := range clauses {
		t, err := c.groupTest(v, len(clauses) == 1)
		if err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return func(g *groupRow) bool {
		return !slices.ContainsFunc(tests, func(t func(*groupRow) bool) bool { return !t(g) })
	}, nil
}

func (c clause) groupTest(v *view, alone bool) (func(*groupRow) bool, error) {
	switch {
	case c.field == "memberkey" && c.op == "=" && alone:
		return memberTest(v.resolve(c.value)), nil
	case c.field == "email" && (c.op == "=" || c.op == "prefix"):
		return func(g *groupRow) bool { return c.test(g.Email) }, nil
	case c.field == "name" && (c.op == "=" || c.op == "prefix" && len(c.value) >= minGroupPrefix):
		return func(g *groupRow) bool { return c.test(g.Name) }, nil
	default:
		return nil, invalidQuery()
	}
}

// memberTest finds groups by a member's id, or by the address of an external one.
func memberTest(key string) func(*groupRow) bool {
	return func(g *groupRow) bool {
		return g.holds(key) || strings.Contains(key, "@") &&
			slices.ContainsFunc(g.rows, func(m memberRow) bool { return fold(m.email) == fold(key) })
	}
}
