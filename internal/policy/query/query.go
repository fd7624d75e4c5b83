// Package query is the grammar of --user-match and --group-match: Google's
// search queries (Directory API guide: search for users, search for groups),
// evaluated here on what a complete listing says. It asks no server anything;
// what it cannot evaluate it hands back as text for Google to answer.
//
// # Grammar
//
//	set    = "*" | "" | query { "," query }              one of the queries matches
//	query  = clause { " " clause }                       all clauses match
//	clause = field op value | field ":[" min "," max "]" | value
//	op     = "=" | ":" | ">" | ">=" | "<" | "<="
//	value  = word | "'" text "'" | '"' text '"'          with \' \" and \\ for ' " and \
//
// Quotes keep commas and spaces together. A value after ":", or alone, that ends
// in "*" is a prefix. Names of fields, and texts, are compared without regard
// to case.
//
//	=         is the value
//	:value    contains the value's words, one after the other
//	:value*   begins with the value
//	:[a,b]    is a or more, and less than b
//	value     users: a word of given name, family name or e-mail, or the
//	          whole e-mail; groups: the e-mail
//
// # What is evaluated here
//
// Every field and operator that Google documents, except those that need other
// people's records (the chain of managers) or what a sync has no business to
// read (im). A prefix is accepted wherever ":" is. All that is well formed and
// not understood (an unknown field, an operator that Google does not document for
// the field, "name=a*") goes to Google as it is, since refusing it here would
// break what works there; [Query.Local] tells. Only what can be right nowhere
// is an error: a quote that is not closed, a missing value, a boolean that is
// none, an order on a field that has none.
package query

import (
	"slices"

	"ssosync/internal/directory"
)

// A Set is the value of one of the options. The zero value matches nothing.
type Set struct{ queries []Query }

// A Query is one part of a [Set], between commas.
type Query struct {
	// Text is what the operator wrote.
	Text string

	clauses []clause
	local   bool
	paths   []string
	user    []userTest  // by clause; only if local
	group   []groupTest // by clause; only if local
}

// ParseUsers reads the values of --user-match, of which there may be several. An
// error shows the text with a mark under the place.
func ParseUsers(texts ...string) (Set, error) { return parseAll(texts, "user query", bindUser) }

// ParseGroups reads the values of --group-match. See [ParseUsers].
func ParseGroups(texts ...string) (Set, error) { return parseAll(texts, "group query", bindGroup) }

func parseAll(texts []string, what string, bind func(*Query) error) (Set, error) {
	var s Set
	for _, text := range texts {
		parts, err := parse(text)
		if err != nil {
			return Set{}, explain(what, text, err)
		}
		for _, p := range parts {
			q := Query{Text: p.text, clauses: p.clauses, local: true}
			if err := bind(&q); err != nil {
				return Set{}, explain(what, text, err)
			}
			s.queries = append(s.queries, q)
		}
	}
	return s, nil
}

// All reports whether one of the queries is "*", which matches everything.
func (s Set) All() bool { return slices.ContainsFunc(s.queries, Query.all) }

// Empty reports whether there is no query, so that nothing matches.
func (s Set) Empty() bool { return len(s.queries) == 0 }

// Queries returns the parts in the operator's order.
func (s Set) Queries() []Query { return slices.Clone(s.queries) }

// MatchAccount returns the indexes in [Set.Queries] of the local queries that
// the account matches.
func (s Set) MatchAccount(a directory.Account) []int {
	return s.match(func(q Query) bool { return q.Account(a) })
}

// MatchGroup is [Set.MatchAccount] for a group. See [Query.Group].
func (s Set) MatchGroup(g directory.Group, members []directory.Member, customerID string) []int {
	return s.match(func(q Query) bool { return q.Group(g, members, customerID) })
}

func (s Set) match(hit func(Query) bool) []int {
	var hits []int
	for i, q := range s.queries {
		if hit(q) {
			hits = append(hits, i)
		}
	}
	return hits
}

// Resolve returns the set with the addresses of memberKey clauses looked up: id
// returns the ID of the account or group that has the address, as primary one
// or as alias. Members are listed with one address only, so that a memberKey
// that is an alias finds nothing without this (Directory API guide: search for
// groups, memberKey).
func (s Set) Resolve(id func(address string) (string, bool)) Set {
	resolved := Set{queries: slices.Clone(s.queries)}
	for i, q := range resolved.queries {
		q.clauses = slices.Clone(q.clauses)
		for j, c := range q.clauses {
			if !c.is(memberKey) {
				continue
			}
			if found, ok := id(c.value); ok {
				q.clauses[j].id = found
			}
		}
		resolved.queries[i].clauses = q.clauses
	}
	return resolved
}

func (q Query) all() bool { return len(q.clauses) == 1 && q.clauses[0].anything() }

// Local reports whether the query can be evaluated here.
func (q Query) Local() bool { return q.local }

// Server returns the query for Google, in single quotes where quotes are needed.
// An organisational unit of "/" is left out: Google takes none (its root is no
// place to search below), and everybody is in it.
func (q Query) Server() string { return render(q.clauses) }

// Paths returns the values that [Query.Account] looks at beyond the fields of an
// account, as paths of [directory.ParsePath], in ascending order.
func (q Query) Paths() []string { return slices.Clone(q.paths) }

// NeedsMembers reports whether [Query.Group] must be told the direct members of
// every group.
func (q Query) NeedsMembers() bool {
	return slices.ContainsFunc(q.clauses, func(c clause) bool { return c.is(memberKey) })
}

// Account reports whether the account matches a local query of users. One whose
// status is unknown matches whatever is asked of its status: to leave it out
// would be a conclusion.
func (q Query) Account(a directory.Account) bool {
	if !q.local || len(q.user) == 0 {
		return false
	}
	for i, test := range q.user {
		if !test(q.clauses[i], a) {
			return false
		}
	}
	return true
}

// Group reports whether the group, with its direct members, matches a local query
// of groups. The customer's ID stands for everybody.
func (q Query) Group(g directory.Group, members []directory.Member, customerID string) bool {
	if !q.local || len(q.group) == 0 {
		return false
	}
	for i, test := range q.group {
		if !test(q.clauses[i], groupFacts{g, members, customerID}) {
			return false
		}
	}
	return true
}
