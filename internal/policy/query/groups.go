package query

import (
	"slices"
	"strings"

	"ssosync/internal/directory"
)

const memberKey = "memberkey"

// groupFacts are what a clause about a group may look at.
type groupFacts struct {
	directory.Group

	members    []directory.Member
	customerID string
}

// A groupTest evaluates a clause.
type groupTest func(clause, groupFacts) bool

type groupField struct {
	test groupTest
	ops  string // those which Google documents for it: "=", and "*" for a prefix
}

// bindGroup is bindUser for groups. A word that is no address means nothing that
// Google documents.
func bindGroup(q *Query) error {
	fields := groupFields()
	for i, c := range q.clauses {
		if c.field == "" && !c.star && isAddress(c.value) {
			c.field, c.op = "email", "="
			q.clauses[i] = c
		}
		f, known := fields[strings.ToLower(c.field)]
		if c.field == "" {
			known = c.anything()
		}
		if err := checkClause(c, known, f.ops, nil); err != nil {
			return err
		}
		if !known || !documented(c, f.ops) {
			q.local = false
			continue
		}
		q.group = append(q.group, f.test)
	}
	if q.local {
		return nil
	}
	q.group = nil
	if at := slices.IndexFunc(q.clauses, func(c clause) bool { return c.is(memberKey) }); at >= 0 && len(q.clauses) > 1 {
		// Google refuses this, and we know not all of it (Directory API guide:
		// search for groups, memberKey).
		return wrong(q.clauses[at].at, "memberKey can stand beside email=, email:…*, name= and name:…* only")
	}
	return nil
}

// groupFields are the fields of groups in lower case (Directory API guide: search
// for groups, fields).
func groupFields() map[string]groupField {
	return map[string]groupField{
		"": {test: func(clause, groupFacts) bool { return true }},
		"email": {ops: "=*", test: func(c clause, g groupFacts) bool {
			return textTest(c, append([]string{g.Email}, g.Aliases...))
		}},
		"name":    {ops: "=*", test: func(c clause, g groupFacts) bool { return textTest(c, []string{g.Name}) }},
		memberKey: {ops: "=", test: memberTest},
	}
}

// memberTest finds a member by ID or address; everybody is one member, whose ID
// is the customer's.
func memberTest(c clause, g groupFacts) bool {
	return slices.ContainsFunc(g.members, func(m directory.Member) bool {
		switch {
		case m.ID == c.value || (c.id != "" && m.ID == c.id):
			return true
		case m.Kind == directory.MemberEveryone:
			return c.value == g.customerID
		}
		return fold(m.Email) == fold(c.value)
	})
}
