package iic

import (
	"net/http"
	"slices"
	"strings"
)

// storeOperations are those of the Identity Store API that a reader needs, and those of the SSO admin API.
func storeOperations() []string {
	return []string{
		"identitystore:ListUsers", "identitystore:ListGroups", "identitystore:ListGroupMemberships", "identitystore:ListGroupMembershipsForMember",
		"identitystore:DescribeUser", "identitystore:DescribeGroup", "identitystore:GetUserId", "identitystore:GetGroupId", "identitystore:IsMemberInGroups",
		"identitystore:DescribeIdentityStore", "identitystore:ListIdentityStores",
		"sso:ListInstances", "sso:ListAccountAssignmentsForPrincipal", "sso:ListApplicationAssignmentsForPrincipal", "sso:ListPermissionSets",
		"sso:ListPermissionSetsProvisionedToAccount", "sso:ListAccountsForProvisionedPermissionSet", "sso:ListAccountAssignments",
		"sso:DescribePermissionSet", "sso:DescribeApplication",
	}
}

// storeRefusals are those of the Identity Store API (API reference: errors; user guide: customer managed keys, errors).
func storeRefusals() []Refusal {
	row := func(name, code, message, reason string, install func(*Server) func()) Refusal {
		if install == nil {
			install = struck(Fault{Kind: Refuse, Denial: &Denial{Type: code, Message: message, Reason: reason}}, storeOperations()...)
		}
		return Refusal{Name: name, Table: TableIdentityStore, Where: "identitystore:ListUsers", Status: http.StatusBadRequest, Code: code, Message: message, Reason: reason, Install: install}
	}
	key := func(name, code, message, reason string) Refusal {
		var ofStore []string // the SSO admin API has other exceptions for keys
		for _, op := range storeOperations() {
			if !isAdmin(op) {
				ofStore = append(ofStore, op)
			}
		}
		return row(name, code, message, reason, struck(Fault{Kind: Refuse, Denial: &Denial{Type: code, Message: message, Reason: reason}}, ofStore...))
	}
	internal := row("internal error of the store", "InternalServerException", "Internal server error", "", struck(Fault{Kind: InternalError}, storeOperations()...))
	internal.Status = http.StatusInternalServerError
	return []Refusal{
		key("key denied", accessDenied, "User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action", "KMS_ACCESS_DENIED"),
		key("key not found", resourceNotFound, "The KMS key is not found", "KMS_KEY_NOT_FOUND"),
		key("key disabled", validationException, "The KMS key is disabled", "KMS_DISABLED"),
		key("key in a wrong state", validationException, "The state of the KMS key is not valid for this request", "KMS_INVALID_STATE"),
		key("key of another usage", validationException, "The usage of the KMS key is not valid for this request", "KMS_INVALID_KEY_USAGE"),
		key("key ARN malformed", validationException, "The ARN of the KMS key is not valid", "KMS_INVALID_ARN"),
		key("key throttled", throttlingException, "Rate exceeded", "KMS_THROTTLING"),
		row("session expired", expiredToken, "The security token included in the request is expired", "", nil),
		row("access key unknown", unrecognizedClient, "The security token included in the request is invalid.", "", changed(func(o *Options) { o.IAM.Callers = map[string]string{} })),
		row("signature of another time", "InvalidSignatureException", "Signature expired: 20261126T080000Z is now earlier than 20261126T085500Z (20261126T090000Z - 5 min.)", "", nil),
		row("store of another Region", resourceNotFound, "IdentityStore not present for IdentityStoreId: ", "", changed(func(o *Options) { o.IdentityStoreID = "d-9999999999" })),
		row("throttled store", throttlingException, "Rate exceeded", "", struck(Fault{Kind: Throttled}, storeOperations()...)),
		internal,
	}
}

// actionRefusals are an AccessDeniedException for each action that may be missing.
func actionRefusals() []Refusal {
	var all []Refusal
	for _, op := range storeOperations() {
		table := TableIdentityStore
		if isAdmin(op) {
			table = TableAdmin
		}
		all = append(all, Refusal{
			Name: "missing action " + op, Table: table, Where: op, Status: http.StatusBadRequest, Code: accessDenied, Message: "User: arn:",
			Install: changed(func(o *Options) { o.IAM.Missing = append(slices.Clip(o.IAM.Missing), op) }),
		})
	}
	return all
}

// instanceRefusals are what ListInstances says when all is not well, without an error.
func instanceRefusals() []Refusal {
	row := func(name string, instances ...Instance) Refusal {
		return Refusal{
			Name: name, Table: TableAdmin, Where: "sso:ListInstances", Status: http.StatusOK,
			Install: changed(func(o *Options) { o.Instances = append([]Instance{}, instances...) }),
		}
	}
	second := Instance{Arn: "arn:aws:sso:::instance/ssoins-fedcba0987654321", IdentityStoreID: "d-0987654321", OwnerAccountID: "444455556666"}
	moved := row("primary Region elsewhere")
	moved.Install = changed(func(o *Options) {
		o.Instances = []Instance{{PrimaryRegion: elsewhere(o.Region), Regions: []string{o.Region}}}
	})
	return []Refusal{
		row("no instance"), row("several instances", Instance{}, second), row("instance being made", Instance{Status: "CREATE_IN_PROGRESS"}),
		row("instance failed", Instance{Status: "CREATE_FAILED", StatusReason: "The organization has an instance already."}), moved,
	}
}

// elsewhere is another Region.
func elsewhere(region string) string {
	if strings.HasPrefix(region, "eu-") {
		return "us-east-1"
	}
	return "eu-west-1"
}

// stsRefusals are those of assuming a role (IAM user guide: troubleshoot IAM roles).
func stsRefusals() []Refusal {
	row := func(name, code, message string, install func(*Server) func()) Refusal {
		return Refusal{Name: name, Table: TableSTS, Where: "sts:AssumeRole", Status: http.StatusForbidden, Code: code, Message: message, Install: install}
	}
	roles := func(change func(*AssumableRole)) func(*Server) func() {
		return changed(func(o *Options) {
			o.IAM.Roles = slices.Clone(o.IAM.Roles)
			for i := range o.IAM.Roles {
				change(&o.IAM.Roles[i])
			}
		})
	}
	return []Refusal{
		row("role missing", "AccessDenied", "User: arn:", changed(func(o *Options) { o.IAM.Roles = nil })),
		row("caller not trusted", "AccessDenied", "User: arn:", roles(func(r *AssumableRole) { r.Trusted = []string{"arn:aws:iam::999999999999:root"} })),
		row("external id wrong", "AccessDenied", "User: arn:", roles(func(r *AssumableRole) { r.ExternalID = "another:" + r.ExternalID })),
		row("session expired on assuming", "ExpiredToken", "The security token included in the request is expired", struck(Fault{Kind: Unauthorized}, "sts:AssumeRole")),
		row("access key unknown on assuming", "InvalidClientTokenId", "The security token included in the request is invalid.",
			changed(func(o *Options) { o.IAM.Callers = map[string]string{} })),
	}
}
