package google

import (
	"context"
	"fmt"
	"net/url"
	"slices"
)

// The operations that only a check of the set-up carries out.
const (
	opCustomersGet = "customers.get"
	opRolesList    = "roles.list"
	opAssignments  = "roleAssignments.list"
)

// An Administrator is an account as far as it matters to those who act as it
// (Directory API reference: users).
type Administrator struct {
	ID, Address, CustomerID string
	Suspended, Archived     bool
	Super, Delegated        bool // super administrator; one with some role
	AgreedToTerms           bool
}

// Administrator reads the account that a login acts as. It takes one call.
func (s *Source) Administrator(ctx context.Context, address string) (Administrator, error) {
	if err := usable(address); err != nil {
		return Administrator{}, fmt.Errorf("get the administrator: %w", err)
	}
	var row struct {
		ID               string `json:"id"`
		PrimaryEmail     string `json:"primaryEmail"`
		CustomerID       string `json:"customerId"`
		Suspended        bool   `json:"suspended"`
		Archived         bool   `json:"archived"`
		IsAdmin          bool   `json:"isAdmin"`
		IsDelegatedAdmin bool   `json:"isDelegatedAdmin"`
		AgreedToTerms    bool   `json:"agreedToTerms"`
	}
	c := call{op: opUsersGet, path: []string{"users", address}, query: url.Values{
		"fields": {"id,primaryEmail,customerId,suspended,archived,isAdmin,isDelegatedAdmin,agreedToTerms"},
	}}
	if err := s.api.get(ctx, c, &row); err != nil {
		return Administrator{}, fmt.Errorf("get the administrator %s: %w", said(address), err)
	}
	return Administrator{
		ID: said(row.ID), Address: said(row.PrimaryEmail), CustomerID: said(row.CustomerID), Suspended: row.Suspended, Archived: row.Archived,
		Super: row.IsAdmin, Delegated: row.IsDelegatedAdmin, AgreedToTerms: row.AgreedToTerms,
	}, nil
}

// FirstUser lists one person, and returns their address. It takes one call.
func (s *Source) FirstUser(ctx context.Context) (address string, err error) {
	c := listCall(opUsersList, 1, "nextPageToken,users(id,primaryEmail)", "users")
	c.query.Set("customer", s.customer)
	var p usersPage
	if _, err := s.api.page(ctx, c, "", &p); err != nil {
		return "", fmt.Errorf("list users: %w", err)
	}
	if len(p.Users) == 0 {
		return "", fmt.Errorf("list users: %w", ErrEmpty)
	}
	return said(str(p.Users[0], "primaryEmail")), nil
}

// FirstGroup lists one group. Its id is "" if there is none. It takes one call.
func (s *Source) FirstGroup(ctx context.Context) (id, address string, err error) {
	c := s.groupsCall()
	c.query.Set("maxResults", "1")
	var p groupsPage
	if _, err := s.api.page(ctx, c, "", &p); err != nil {
		return "", "", fmt.Errorf("list groups: %w", err)
	}
	if len(p.Groups) == 0 {
		return "", "", nil
	}
	g, err := p.Groups[0].group()
	if err != nil {
		return "", "", fmt.Errorf("list groups: %w", err)
	}
	return g.ID, said(g.Email), nil
}

// AnyMember lists one direct member of a group, if it has any. It takes one call.
func (s *Source) AnyMember(ctx context.Context, group string) error {
	if err := usable(group); err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	c := listCall(opMembersList, 1, membersMask, "groups", group, "members")
	if _, err := s.api.page(ctx, c, "", &membersPage{}); err != nil {
		return fmt.Errorf("list members of %s: %w", said(group), err)
	}
	return nil
}

// Customer says who the customer is. It takes one call, and a scope that a
// reading does not need (Directory API reference: customers.get).
func (s *Source) Customer(ctx context.Context) (id, domain string, err error) {
	var row struct {
		ID     string `json:"id"`
		Domain string `json:"customerDomain"`
	}
	c := call{op: opCustomersGet, path: []string{"customers", s.customer}, query: url.Values{"fields": {"id,customerDomain"}}}
	if err := s.api.get(ctx, c, &row); err != nil {
		return "", "", fmt.Errorf("get the customer %s: %w", said(s.customer), err)
	}
	return said(row.ID), said(row.Domain), nil
}

// Roles names the admin roles that are assigned to an account directly, by the
// address of a person or the number of a service account. It takes one call, or
// two if there are any, and a scope that a reading does not need (Directory API
// reference: roleAssignments.list, roles.list).
func (s *Source) Roles(ctx context.Context, who string) ([]string, error) {
	var assigned, roles itemsPage
	c := listCall(opAssignments, membersPerPage, "nextPageToken,items(roleId)", "customer", s.customer, "roleassignments")
	c.query.Set("userKey", who)
	if err := s.api.get(ctx, c, &assigned); err != nil {
		return nil, fmt.Errorf("list the roles of %s: %w", said(who), err)
	}
	if len(assigned.Items) == 0 {
		return nil, nil
	}
	c = listCall(opRolesList, rolesPerPage, "nextPageToken,items(roleId,roleName)", "customer", s.customer, "roles")
	if err := s.api.get(ctx, c, &roles); err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	var names []string
	for _, a := range assigned.Items {
		name := said(a.RoleID)
		for _, r := range roles.Items {
			if r.RoleID == a.RoleID && r.RoleName != "" {
				name = said(r.RoleName)
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// rolesPerPage is the largest page of roles that the API gives.
const rolesPerPage = 100

// An itemsPage is the one page of roles, or of their assignments, that is worth
// reading: nobody has a hundred.
type itemsPage struct {
	Items []struct {
		RoleID   string `json:"roleId"`
		RoleName string `json:"roleName"`
	} `json:"items"`
}
