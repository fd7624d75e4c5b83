package iic

import (
	"slices"
	"strings"
)

type assignmentView struct {
	AccountID        string `json:"AccountId"`
	PermissionSetArn string
	PrincipalID      string `json:"PrincipalId"`
	PrincipalType    string
}

type assignmentPage struct {
	AccountAssignments []assignmentView
	NextToken          string `json:",omitempty"`
}

// listAccountAssignments: IAM Identity Center API reference, ListAccountAssignments. Who is gone is still in the list.
func (s *Server) listAccountAssignments(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if _, err := s.permissionSet(in, s.account(in)); err != nil {
		return nil, err
	}
	return s.assignments(q, in, func(a Assignment) bool {
		return a.AccountID == in.AccountID && a.PermissionSetArn == in.PermissionSetArn
	})
}

// listAssignmentsOfPrincipal: IAM Identity Center API reference, ListAccountAssignmentsForPrincipal.
func (s *Server) listAssignmentsOfPrincipal(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if s.options.Switches.DenyForPrincipal {
		return nil, delegated(q)
	}
	if err := s.admitPrincipal(in); err != nil {
		return nil, err
	}
	holds := s.holders(in)
	return s.assignments(q, in, func(a Assignment) bool {
		return holds(a.PrincipalType, a.PrincipalID) && (in.Filter.AccountID == "" || in.Filter.AccountID == a.AccountID)
	})
}

// listApplicationsOfPrincipal: IAM Identity Center API reference, ListApplicationAssignmentsForPrincipal. From a member account,
// such as a delegated administrator's, a filter is needed.
func (s *Server) listApplicationsOfPrincipal(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if s.options.Switches.DenyForPrincipal && in.Filter.ApplicationArn == "" {
		return nil, delegated(q)
	}
	if err := s.admitPrincipal(in); err != nil {
		return nil, err
	}
	type view struct {
		ApplicationArn string
		PrincipalID    string `json:"PrincipalId"`
		PrincipalType  string
	}
	holds := s.holders(in)
	byKey := map[string]view{}
	for _, a := range s.store.access.uses {
		if holds(a.PrincipalType, a.PrincipalID) && (in.Filter.ApplicationArn == "" || in.Filter.ApplicationArn == a.ApplicationArn) {
			byKey[key(a.ApplicationArn, strings.ToUpper(a.PrincipalType), a.PrincipalID)] = view{a.ApplicationArn, a.PrincipalID, strings.ToUpper(a.PrincipalType)}
		}
	}
	rows, next, err := pageOfRows(s, q, in, byKey)
	return struct {
		ApplicationAssignments []view
		NextToken              string `json:",omitempty"`
	}{rows, next}, err
}

// delegated is the refusal of a caller whose account is not the management account.
func delegated(q *request) error {
	return &apiError{
		kind:   accessDenied,
		detail: "User: arn:aws:iam::444455556666:user/" + q.caller + " is not authorized to perform: " + q.op + " from this account",
	}
}

func (s *Server) admitPrincipal(in adminInput) error {
	there := s.store.users.has(in.PrincipalID) || s.store.groups.has(in.PrincipalID) || s.store.access.knows(in.PrincipalID)
	return s.admit(in, s.instance(in),
		named("principalId", in.PrincipalID, there, principalPattern), oneOf("principalType", in.PrincipalType, false, "USER", "GROUP"))
}

// knows says whether anything was ever assigned to the principal.
func (a *access) knows(id string) bool {
	return slices.ContainsFunc(a.accounts, func(x Assignment) bool { return x.PrincipalID == id }) ||
		slices.ContainsFunc(a.uses, func(x ApplicationAssignment) bool { return x.PrincipalID == id })
}

// holders says whose assignments count as those of the principal: its own, and under Switches.AssignmentsOfGroups those of a
// user's groups, under the groups' names.
func (s *Server) holders(in adminInput) func(kind, id string) bool {
	return func(kind, id string) bool {
		if strings.EqualFold(kind, in.PrincipalType) {
			return id == in.PrincipalID
		}
		return s.options.Switches.AssignmentsOfGroups && s.store.members[id].has(in.PrincipalID)
	}
}

// assignments is a page of those that keep lets through, each once.
func (s *Server) assignments(q *request, in adminInput, keep func(Assignment) bool) (any, error) {
	byKey := map[string]assignmentView{}
	for _, a := range s.store.access.accounts {
		if keep(a) {
			byKey[key(a.AccountID, a.PermissionSetArn, strings.ToUpper(a.PrincipalType), a.PrincipalID)] = assignmentView{
				a.AccountID, a.PermissionSetArn, a.PrincipalID, strings.ToUpper(a.PrincipalType),
			}
		}
	}
	rows, next, err := pageOfRows(s, q, in, byKey)
	return assignmentPage{rows, next}, err
}

func key(parts ...string) string { return strings.Join(parts, " ") }

// pageOfRows is a page of rows in the order of their keys. The token is good for the same question only.
func pageOfRows[T any](s *Server, q *request, in adminInput, byKey map[string]T) ([]T, string, error) {
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	question := key(in.AccountID, in.PermissionSetArn, in.PrincipalType, in.PrincipalID, in.Filter.AccountID, in.Filter.ApplicationArn)
	page, next, err := s.pageOf(q, in.paging, question, keys)
	rows := make([]T, 0, len(page))
	for _, k := range page {
		rows = append(rows, byKey[k])
	}
	return rows, next, err
}
