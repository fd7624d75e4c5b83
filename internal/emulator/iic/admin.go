package iic

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// DenyAdmin is a value for Options.Deny: no call of the SSO admin API is allowed, ListInstances included.
func DenyAdmin(operation string) *Denial {
	if isAdmin(operation) {
		return NotAuthorized()
	}
	return nil
}

// Patterns of the IAM Identity Center API reference (ListAccountAssignments, DescribeApplication, Request Parameters).
var (
	instancePattern      = regexp.MustCompile(`^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}$`)
	permissionSetPattern = regexp.MustCompile(`^arn:aws(-[a-z]{1,5}){0,3}:sso:::permissionSet/(sso)?ins-[a-zA-Z0-9-.]{16}/ps-[a-zA-Z0-9-./]{16}$`)
	applicationPattern   = regexp.MustCompile(`^arn:aws(-[a-z]{1,5}){0,3}:sso::\d{12}:application/(sso)?ins-[a-zA-Z0-9-.]{16}/apl-[a-zA-Z0-9]{16}$`)
	accountPattern       = regexp.MustCompile(`^\d{12}$`)
	principalPattern     = regexp.MustCompile(`^([0-9a-f]{10}-|)[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}$`)
)

// named finds what is wrong with an identifier: that it is missing, or that it is malformed. What is there is well formed
// whatever it looks like, for seeds may have short ids.
func named(field, id string, there bool, pattern *regexp.Regexp) []string {
	switch {
	case id == "":
		return []string{"Value at '" + field + "' failed to satisfy constraint: Member must not be null"}
	case !there && !pattern.MatchString(id):
		return []string{"Value at '" + field + "' failed to satisfy constraint: Member must satisfy regular expression pattern: " + strings.Trim(pattern.String(), "^$")}
	}
	return nil
}

// oneOf finds what is wrong with a value of an enumeration, which may be absent when it is optional.
func oneOf(field, value string, optional bool, values ...string) []string {
	switch {
	case value == "" && optional, slices.Contains(values, value):
		return nil
	case value == "":
		return []string{"Value at '" + field + "' failed to satisfy constraint: Member must not be null"}
	}
	return []string{"Value at '" + field + "' failed to satisfy constraint: Member must satisfy enum value set"}
}

// adminInput is the input that operations of the SSO admin API have in common. Each uses what it has.
type adminInput struct {
	paging
	InstanceArn        string
	AccountID          string `json:"AccountId"`
	PermissionSetArn   string
	ApplicationArn     string
	PrincipalID        string `json:"PrincipalId"`
	PrincipalType      string
	ProvisioningStatus string
	Filter             struct {
		AccountID      string `json:"AccountId"`
		ApplicationArn string
	}
}

// instance finds what is wrong with the instance.
func (s *Server) instance(in adminInput) []string {
	return named("instanceArn", in.InstanceArn, in.InstanceArn == s.options.InstanceArn, instancePattern)
}

// admit decides about an input: its form, then whether it is about our instance.
func (s *Server) admit(in adminInput, bad ...[]string) error {
	if err := violated(slices.Concat(bad...)); err != nil {
		return err
	}
	if in.InstanceArn != s.options.InstanceArn {
		return notFound("Instance", in.InstanceArn)
	}
	return nil
}

// describePermissionSet: IAM Identity Center API reference, DescribePermissionSet.
func (s *Server) describePermissionSet(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	p, err := s.permissionSet(in)
	if err != nil {
		return nil, err
	}
	type view struct {
		PermissionSetArn, Name string
		Description            string `json:",omitempty"`
		SessionDuration        string
		CreatedDate            float64
	}
	return struct{ PermissionSet view }{view{p.Arn, p.Name, p.Description, p.SessionDuration, epoch(p.CreatedAt)}}, nil
}

// permissionSet finds the one that is asked for.
func (s *Server) permissionSet(in adminInput, bad ...[]string) (*PermissionSet, error) {
	p := s.store.access.permissionSets.rows[in.PermissionSetArn]
	bad = append(bad, s.instance(in), named("permissionSetArn", in.PermissionSetArn, p != nil, permissionSetPattern))
	if err := s.admit(in, bad...); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("PermissionSet", in.PermissionSetArn)
	}
	return p, nil
}

// describeApplication: IAM Identity Center API reference, DescribeApplication. Its input names no instance.
func (s *Server) describeApplication(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	p := s.store.access.applications.rows[in.ApplicationArn]
	if err := violated(named("applicationArn", in.ApplicationArn, p != nil, applicationPattern)); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("Application", in.ApplicationArn)
	}
	return struct {
		ApplicationArn, Name            string
		Description                     string `json:",omitempty"`
		Status                          string
		ApplicationAccount, InstanceArn string
		IdentityStoreArn                string
		ApplicationProviderArn          string
		CreatedDate                     float64
	}{
		p.Arn, p.Name, p.Description, p.Status, s.options.Account, s.options.InstanceArn,
		storeArn(s.options.Account, s.options.IdentityStoreID), "arn:aws:sso::aws:applicationProvider/custom", epoch(p.CreatedAt),
	}, nil
}

// permissionSetPage is the output of both lists of permission sets.
type permissionSetPage struct {
	PermissionSets []string
	NextToken      string `json:",omitempty"`
}

// listPermissionSets: IAM Identity Center API reference, ListPermissionSets.
func (s *Server) listPermissionSets(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if err := s.admit(in, s.instance(in)); err != nil {
		return nil, err
	}
	page, next, err := s.pageOf(q, in.paging, "", s.store.access.permissionSets.ids)
	return permissionSetPage{slices.Concat([]string{}, page), next}, err
}

// listPermissionSetsOfAccount: IAM Identity Center API reference, ListPermissionSetsProvisionedToAccount.
func (s *Server) listPermissionSetsOfAccount(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if err := s.admit(in, s.instance(in), s.account(in), provisioning(in)); err != nil {
		return nil, err
	}
	arns := s.provisioned(in, func(a Assignment) (string, bool) { return a.PermissionSetArn, a.AccountID == in.AccountID })
	page, next, err := s.pageOf(q, in.paging, in.AccountID+" "+in.ProvisioningStatus, arns)
	return permissionSetPage{slices.Concat([]string{}, page), next}, err
}

// listAccountsOfPermissionSet: IAM Identity Center API reference, ListAccountsForProvisionedPermissionSet.
func (s *Server) listAccountsOfPermissionSet(q *request) (any, error) {
	in, err := decode[adminInput](q)
	if err != nil {
		return nil, err
	}
	if _, err := s.permissionSet(in, provisioning(in)); err != nil {
		return nil, err
	}
	accounts := s.provisioned(in, func(a Assignment) (string, bool) { return a.AccountID, a.PermissionSetArn == in.PermissionSetArn })
	page, next, err := s.pageOf(q, in.paging, in.PermissionSetArn+" "+in.ProvisioningStatus, accounts)
	return struct {
		AccountIDs []string `json:"AccountIds"`
		NextToken  string   `json:",omitempty"`
	}{slices.Concat([]string{}, page), next}, err
}

// account finds what is wrong with the account.
func (s *Server) account(in adminInput) []string {
	there := slices.ContainsFunc(s.store.access.accounts, func(a Assignment) bool { return a.AccountID == in.AccountID })
	return named("accountId", in.AccountID, there, accountPattern)
}

const upToDate = "LATEST_PERMISSION_SET_PROVISIONED"

// provisioning finds what is wrong with the status.
func provisioning(in adminInput) []string {
	return oneOf("provisioningStatus", in.ProvisioningStatus, true, upToDate, "LATEST_PERMISSION_SET_NOT_PROVISIONED")
}

// provisioned are the sorted values that take finds in the assignments. A permission set is in the accounts that it is
// assigned in, and always in its latest form there.
func (s *Server) provisioned(in adminInput, take func(Assignment) (string, bool)) []string {
	if in.ProvisioningStatus != "" && in.ProvisioningStatus != upToDate {
		return nil
	}
	found := map[string]bool{}
	for _, a := range s.store.access.accounts {
		if v, ok := take(a); ok {
			found[v] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
