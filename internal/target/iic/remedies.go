package iic

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Remedy returns what somebody has to do about err, "" if there is nothing to
// do or it is not known. It is part of err's message already.
func Remedy(err error) string {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.explain().remedy
	}
	return ""
}

// Cause returns what most likely is the matter, "" if that is not known. It is
// no part of err's message.
func Cause(err error) string {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.explain().cause
	}
	return ""
}

// An explanation says what an answer means, and what helps against it; "" and 0
// fit all. Its texts may name {action}, as IAM policies write it, and {objects},
// the ARNs that it is allowed on.
type explanation struct {
	ops    string // how the operation begins
	status int
	codes  []string
	reason string
	where  func(e *APIError) bool
	cause  string
	remedy string // somebody has to do this
	advice string // nobody has to set anything right, or only in one object
}

func (x explanation) fits(e *APIError) bool {
	return strings.HasPrefix(e.Op, x.ops) && (x.status == 0 || x.status == e.Status) && (x.codes == nil || slices.Contains(x.codes, e.Code)) &&
		(x.reason == "" || x.reason == e.Reason) && (x.where == nil || x.where(e))
}

// explain looks up what the answer means.
func (e *APIError) explain() explanation {
	for _, table := range [][]explanation{keys(), doors(), identities(), objects(), faults()} {
		for _, x := range table {
			if x.fits(e) {
				fill := strings.NewReplacer("{action}", actionOf(e.Op), "{objects}", objectsOf(e.Op))
				x.cause, x.remedy, x.advice = fill.Replace(x.cause), fill.Replace(x.remedy), fill.Replace(x.advice)
				return x
			}
		}
	}
	return explanation{}
}

// actionOf is what IAM policies call an operation.
func actionOf(op string) string {
	if name, ok := strings.CutPrefix(op, adminPrefix); ok {
		return "sso:" + name
	}
	return op
}

// objectsOf are the ARNs that an action must be allowed on, beside the store's
// own (Service Authorization Reference: AWS Identity Store).
func objectsOf(op string) string {
	const users, groups, memberships = "arn:aws:identitystore:::user/*", "arn:aws:identitystore:::group/*", "arn:aws:identitystore:::membership/*"
	switch op {
	case storePrefix + "ListUsers":
		return " and " + users
	case storePrefix + "ListGroups":
		return " and " + groups
	case storePrefix + "ListGroupMemberships":
		return ", " + memberships + " and " + groups
	}
	return ""
}

const remedyKMS = "the identity store is encrypted with a customer managed key: the AWS identity needs kms:Decrypt on it, in its own policy and in the key's, " +
	"through the service identitystore (condition kms:ViaService); SCIM needs no such right"

// keys is about the key that encrypts the store (Identity Store API reference:
// exceptions, Reason).
func keys() []explanation {
	const choose = "aws kms describe-key --key-id KEY shows its state; the IAM Identity Center console shows which key it is, under Settings > Encryption"
	return []explanation{
		{reason: "KMS_ACCESS_DENIED", cause: "the key of the identity store may not be used by this AWS identity", remedy: remedyKMS},
		{reason: "KMS_DISABLED", cause: "the key of the identity store is disabled", remedy: "enable it: aws kms enable-key --key-id KEY; " + choose},
		{
			reason: "KMS_INVALID_STATE", cause: "the key of the identity store is about to be deleted, or is not ready",
			remedy: "stop its deletion: aws kms cancel-key-deletion --key-id KEY; " + choose,
		},
		{
			reason: "KMS_KEY_NOT_FOUND", cause: "the key of the identity store is not there (any more), or not in this Region",
			remedy: "replicate the key into this Region, or have Identity Center use another; " + choose,
		},
		{reason: "KMS_INVALID_ARN", cause: "Identity Center has the key's ARN wrong", remedy: "set the key anew; " + choose},
		{reason: "KMS_INVALID_KEY_USAGE", cause: "the key is not one for encryption", remedy: "have Identity Center use a symmetric key for encryption; " + choose},
	}
}

// doors is about who gets to the SCIM endpoint at all (SCIM guide: error tables;
// User guide: automatic provisioning, rotate an access token, network access
// controls).
func doors() []explanation {
	return []explanation{
		{
			ops: scimPrefix, status: http.StatusUnauthorized,
			cause: "the token has expired, was deleted or is another tenant's, or the tenant id in the endpoint is wrong",
			remedy: "the access token has expired (they live for one year), was deleted, or belongs to another tenant; " +
				"or the tenant id in the SCIM endpoint is wrong. In the IAM Identity Center console, under Settings, Automatic provisioning, " +
				"compare the SCIM endpoint and generate a new access token",
		},
		{
			ops: scimPrefix, status: http.StatusForbidden,
			cause: "network access controls of the identity store shut this machine out, most likely",
			remedy: "the token is known, but this request is not allowed. If network access controls are on, the address that this " +
				"program calls from must be in ScimAllowSourceIps (aws identitystore describe-identity-store shows it); " +
				"otherwise generate a new access token",
		},
		{
			ops: opListUsers, status: http.StatusNotFound, where: func(e *APIError) bool { return e.Detail == "" },
			cause:  "nothing of Identity Center is at that address",
			remedy: "is the SCIM endpoint complete? It looks like https://scim.us-east-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2",
		},
		{
			ops: opPing, status: http.StatusNotFound, cause: "nothing of Identity Center is at that address",
			remedy: "copy the SCIM endpoint anew: IAM Identity Center console > Settings > Automatic provisioning",
		},
	}
}

// identities is about AWS credentials, and what they may do (IAM User Guide:
// troubleshoot access denied; AWS APIs: common errors).
func identities() []explanation {
	const (
		settle = "aws sts get-caller-identity shows whether they are accepted"
		shut   = "no policy allows the action, or one forbids it, or network access controls of the identity store shut this machine out"
		store  = "arn:aws:identitystore::ACCOUNT:identitystore/STORE"
		from   = "The identity must belong to the management account or to the delegated administrator of IAM Identity Center; " +
			"if network access controls are on (VpceAccessRequired, ApiRestrictSourceVpcs), it must call from there or from ApiAllowSourceIps"
	)
	return []explanation{
		{
			codes: []string{"ExpiredTokenException", "ExpiredToken"}, cause: "the AWS credentials are temporary, and their time is over",
			remedy: "get new AWS credentials (aws sso login, say); " + settle,
		},
		{
			codes: []string{"UnrecognizedClientException", "InvalidClientTokenId"}, cause: "AWS does not know the access key in this Region: it was deleted or disabled, lacks its session token, or the Region is not enabled for the account",
			remedy: "check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and --region; " + settle,
		},
		{
			codes:  []string{"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken"},
			cause:  "the secret access key does not belong to the access key id, or this machine's clock is wrong by minutes",
			remedy: "check AWS_SECRET_ACCESS_KEY, and the clock (timedatectl); " + settle,
		},
		{
			ops: adminPrefix, codes: []string{"AccessDeniedException"}, cause: "no policy allows the action, or one forbids it, or this is not the management account",
			remedy: "the AWS identity needs {action}, which the management account of the organization has, and the delegated administrator of IAM Identity Center for most of it",
		},
		{
			ops: storePrefix, codes: []string{"AccessDeniedException"}, cause: shut,
			where: func(e *APIError) bool { return objectsOf(e.Op) != "" },
			remedy: "the AWS identity needs identitystore:ListUsers, identitystore:ListGroups and identitystore:ListGroupMemberships, and sso:ListInstances unless the identity store's id is given; " +
				"refused was {action}, which must be allowed on " + store + "{objects}. " + from,
		},
		{
			ops: storePrefix, codes: []string{"AccessDeniedException"}, cause: shut,
			remedy: "the AWS identity needs {action}, on " + store + ". " + from,
		},
		{
			codes: []string{"AccessDeniedException", "AccessDenied", "UnauthorizedException"}, cause: "no policy allows the action, or one forbids it",
			remedy: "the AWS identity needs {action}",
		},
	}
}

// objects is about what is or is not there.
func objects() []explanation {
	lists := []string{storePrefix + "ListUsers", storePrefix + "ListGroups", storePrefix + "DescribeIdentityStore"}
	return []explanation{
		{
			ops: storePrefix, codes: []string{"ResourceNotFoundException"}, where: func(e *APIError) bool { return slices.Contains(lists, e.Op) },
			cause: "there is no such identity store in this Region",
			remedy: "check --identity-store-id and --region: the IAM Identity Center console shows both under Settings; " +
				"without --identity-store-id the store is found out",
		},
		{
			codes: []string{"ResourceNotFoundException"}, cause: "it was deleted since it was listed",
			advice: "it is gone: the next run reads anew",
		},
		{
			ops: scimPrefix, codes: []string{"ConflictException"}, cause: "another object has the name, the address or the external id",
			advice: "another user or group there has the same name, address or external id: look for it in the IAM Identity Center console, and rename or delete one of them",
		},
		{
			codes: []string{"ServiceQuotaExceededException"}, cause: "the identity store holds as much as its quota allows",
			advice: "raise the quota: AWS Service Quotas console > IAM Identity Center",
		},
	}
}

// faults is about what ends by itself, or concerns one record.
func faults() []explanation {
	const again = "this passes: the request was repeated in vain, so run it again later"
	return []explanation{
		{codes: []string{"ThrottlingException", "TooManyRequestsException"}, cause: "the quota of requests is used up, by others as well", advice: again + "; the quotas can be raised in AWS Service Quotas"},
		{codes: []string{"InternalServerException"}, cause: "AWS has a fault", advice: again + "; AWS Health tells of faults"},
		{
			ops: scimPrefix, status: http.StatusBadRequest, cause: "AWS does not take a value of this record",
			advice: "correct the record in Google, or map the attribute otherwise; AWS CloudTrail (event source identitystore-scim.amazonaws.com) tells which one it was",
		},
		{
			codes: []string{"ValidationException"}, where: func(e *APIError) bool { return !strings.HasPrefix(e.Op, scimPrefix) },
			cause:  "AWS does not take a value of the request",
			remedy: "check --identity-store-id and --region: an identity store's id looks like d-1234567890",
		},
	}
}
