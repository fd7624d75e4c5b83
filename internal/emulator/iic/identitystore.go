package iic

import (
	"strconv"
	"strings"
)

// enterpriseExtension is the name of the enterprise attributes in the Identity Store.
const enterpriseExtension = "aws:identitystore:enterprise"

func (s *Server) json11Handlers() map[string]func(*request) (any, error) {
	return map[string]func(*request) (any, error){
		"identitystore:ListUsers": s.idsListUsers, "identitystore:DescribeUser": s.idsDescribeUser,
		"identitystore:CreateUser": s.idsCreateUser, "identitystore:UpdateUser": s.idsUpdateUser,
		"identitystore:DeleteUser": s.idsDeleteUser, "identitystore:GetUserId": s.idsGetUserID,
		"identitystore:ListGroups": s.idsListGroups, "identitystore:DescribeGroup": s.idsDescribeGroup,
		"identitystore:CreateGroup": s.idsCreateGroup, "identitystore:UpdateGroup": s.idsUpdateGroup,
		"identitystore:DeleteGroup": s.idsDeleteGroup, "identitystore:GetGroupId": s.idsGetGroupID,
		"identitystore:ListGroupMemberships":          s.idsListMemberships,
		"identitystore:ListGroupMembershipsForMember": s.idsListMembershipsForMember,
		"identitystore:IsMemberInGroups":              s.idsIsMemberInGroups,
		"identitystore:CreateGroupMembership":         s.idsCreateMembership,
		"identitystore:DeleteGroupMembership":         s.idsDeleteMembership,
		"identitystore:DescribeGroupMembership":       s.idsDescribeMembership,
		"identitystore:GetGroupMembershipId":          s.idsGetMembershipID,
		"identitystore:ListIdentityStores":            s.idsListStores,
		"identitystore:DescribeIdentityStore":         s.idsDescribeStore,
		"identitystore:UpdateIdentityStore":           s.idsUpdateStore,
		"sso:ListInstances":                           s.listInstances,
		"sso:DescribePermissionSet":                   s.describePermissionSet,
		"sso:DescribeApplication":                     s.describeApplication,
		"sso:ListPermissionSets":                      s.listPermissionSets,
		"sso:ListPermissionSetsProvisionedToAccount":  s.listPermissionSetsOfAccount,
		"sso:ListAccountsForProvisionedPermissionSet": s.listAccountsOfPermissionSet,
		"sso:ListAccountAssignments":                  s.listAccountAssignments,
		"sso:ListAccountAssignmentsForPrincipal":      s.listAssignmentsOfPrincipal,
		"sso:ListApplicationAssignmentsForPrincipal":  s.listApplicationsOfPrincipal,
	}
}

// storeInput is in the input of every operation on a store.
type storeInput struct {
	IdentityStoreID string `json:"IdentityStoreId"`
}

// stored is an input that names its store.
type stored interface{ store() string }

func (i storeInput) store() string { return i.IdentityStoreID }

// idsDecode reads an input and checks that it is about our store.
func idsDecode[T stored](s *Server, q *request) (T, error) {
	in, err := decode[T](q)
	if err != nil {
		return in, err
	}
	return in, s.ourStore(in.store())
}

func (s *Server) ourStore(id string) error {
	switch bare(id) {
	case s.options.IdentityStoreID:
		return nil
	case "":
		return missing("identityStoreId")
	}
	e := notFound("IDENTITY_STORE", id)
	e.detail = "IdentityStore not present for IdentityStoreId: " + id
	return e
}

func missing(field string) error {
	return violated([]string{"Value at '" + field + "' failed to satisfy constraint: Member must not be null"})
}

// present user or group by id, which may be an ARN.
func (s *Server) idsUser(id string) (*User, error) {
	if id == "" {
		return nil, missing("userId")
	}
	if u := s.store.users.rows[bare(id)]; u != nil {
		return u, nil
	}
	return nil, notFound("USER", id)
}

func (s *Server) idsGroup(id string) (*Group, error) {
	if id == "" {
		return nil, missing("groupId")
	}
	if g := s.store.groups.rows[bare(id)]; g != nil {
		return g, nil
	}
	return nil, notFound("GROUP", id)
}

// unchanged compares the optional Revision of a write with what is there (API reference: ConflictException,
// CONCURRENT_MODIFICATION).
func unchanged(revision *string, is int) error {
	if revision == nil || *revision == strconv.Itoa(is) {
		return nil
	}
	return &apiError{kind: conflictException, detail: "The resource was changed by somebody else", reason: "CONCURRENT_MODIFICATION"}
}

type externalID struct {
	Issuer string
	ID     string `json:"Id"`
}

// externalIDs are what SCIM calls externalId, with the issuer that provisioning puts there.
func (s *Server) externalIDs(id, issuer string) []externalID {
	if id == "" {
		return nil
	}
	if issuer == "" {
		issuer = s.issuer()
	}
	return []externalID{{issuer, id}}
}

func (s *Server) issuer() string { return "https://scim.aws.com/" + s.options.Tenant }

// alternate is the input of GetUserId and GetGroupId: one of two.
type alternate struct {
	ExternalID      *externalID `json:"ExternalId"`
	UniqueAttribute *struct {
		AttributePath  string
		AttributeValue any
	}
}

// resolve finds the id of the one object that the alternate identifier names. unique maps attribute paths to values.
func (a alternate) resolve(ids []string, external func(id string) []externalID, unique func(id, path string) (string, bool)) (string, error) {
	var is func(id string) bool
	switch {
	case (a.ExternalID == nil) == (a.UniqueAttribute == nil):
		return "", invalid("AlternateIdentifier must have exactly one member")
	case a.ExternalID != nil:
		is = func(id string) bool {
			have := external(id)
			return len(have) == 1 && have[0] == *a.ExternalID
		}
	default:
		path := a.UniqueAttribute.AttributePath
		value, _ := a.UniqueAttribute.AttributeValue.(string)
		if _, ok := unique("", path); !ok {
			return "", invalid("Unsupported attribute path '%s'", path)
		}
		is = func(id string) bool {
			have, _ := unique(id, path)
			return value != "" && fold(have) == fold(value)
		}
	}
	for _, id := range ids {
		if is(id) {
			return id, nil
		}
	}
	return "", nil
}

// operation is one change of UpdateUser or UpdateGroup; without a value it removes.
type operation struct {
	AttributePath  string
	AttributeValue any
}

// maxOperations is the most that one update may carry (API reference: UpdateUser).
const maxOperations = 100

func checkOperations(ops []operation) error {
	if len(ops) < 1 || len(ops) > maxOperations {
		return invalid("1 validation error detected: Value at 'operations' failed to satisfy constraint: Member must have length between 1 and %d", maxOperations)
	}
	return nil
}

// oneFilter reads the deprecated Filters of lists.
func oneFilter(filters []operation, path string) (string, error) {
	if len(filters) == 0 {
		return "", nil
	}
	value, _ := filters[0].AttributeValue.(string)
	if len(filters) > 1 || !strings.EqualFold(filters[0].AttributePath, path) || value == "" {
		return "", invalid("Unsupported filter")
	}
	return value, nil
}
