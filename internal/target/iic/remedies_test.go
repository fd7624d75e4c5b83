package iic_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ssosync/internal/awsid"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// Every row of what SCIM, the Identity Store, sso-admin and STS answer, as they
// print it (SCIM guide: error tables; Identity Store API reference: common
// errors, exceptions), ends in a message that says what to do. A person has to
// act where the remedy is one; what passes, or concerns one record, has none.
func TestEveryAnswerIsExplained(t *testing.T) {
	store := func(code, reason string) string {
		return fmt.Sprintf(`{"__type":%q,"Message":"in the words of AWS","Reason":%q,"RequestId":"r"}`, code, reason)
	}
	scim := func(status int) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"in the words of AWS","status":"%d","exceptionRequestId":"r"}`, status)
	}
	user := func(t *testing.T, tg *iic.Target) error {
		after := ann
		after.Title = "Queen"
		return tg.UpdateUser(t.Context(), "u", ann, after)
	}
	ping := func(t *testing.T, tg *iic.Target) error { return tg.Ping(t.Context()) }
	list := func(kind identity.Kind) func(*testing.T, *iic.Target) error {
		return func(t *testing.T, tg *iic.Target) error {
			_, _, err := tg.Probe(time.Second).Objects(t.Context(), "d-1234567890", kind, 1)
			return err
		}
	}
	users := list(identity.KindUser)
	members := func(t *testing.T, tg *iic.Target) error {
		return tg.Probe(time.Second).AnyMember(t.Context(), "d-1", "g")
	}
	network := func(t *testing.T, tg *iic.Target) error {
		_, err := tg.Probe(time.Second).Network(t.Context(), "d-1")
		return err
	}
	instances := func(t *testing.T, tg *iic.Target) error {
		_, err := tg.Probe(time.Second).Instances(t.Context())
		return err
	}
	who := func(t *testing.T, tg *iic.Target) error {
		_, err := tg.Probe(time.Second).Principal(t.Context())
		return err
	}
	sts := func(code string) string {
		return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>in the words of AWS</Message></Error><RequestId>r</RequestId></ErrorResponse>`
	}
	for _, c := range []struct {
		name   string
		ask    func(*testing.T, *iic.Target) error
		status int
		body   string
		acts   bool
		says   string
	}{
		{"SCIM 400", user, 400, scim(400), false, "AWS CloudTrail (event source identitystore-scim.amazonaws.com)"},
		{"SCIM 401", user, 401, scim(401), true, "generate a new access token"},
		{"SCIM 403", user, 403, scim(403), true, "ScimAllowSourceIps"},
		{"SCIM 404", user, 404, scim(404), false, "the next run reads anew"},
		{"SCIM 404 of all", ping, 404, "", true, "copy the SCIM endpoint anew"},
		{"SCIM 409", user, 409, scim(409), false, "rename or delete one of them"},
		{"SCIM 429", user, 429, "Too Many Requests", false, "Service Quotas"},
		{"SCIM 500", user, 500, scim(500), false, "run it again later"},
		{"SCIM 502", user, 502, "<html>", false, "run it again later"},
		{"SCIM 503", user, 503, scim(503), false, "run it again later"},
		{"SCIM 504", user, 504, "", false, "run it again later"},
		{"users denied", users, 400, store("AccessDeniedException", ""), true, "refused was identitystore:ListUsers, which must be allowed on arn:aws:identitystore::ACCOUNT:identitystore/STORE and arn:aws:identitystore:::user/*."},
		{"groups denied", list(identity.KindGroup), 403, store("AccessDeniedException", ""), true, "refused was identitystore:ListGroups, which must be allowed on arn:aws:identitystore::ACCOUNT:identitystore/STORE and arn:aws:identitystore:::group/*."},
		{"memberships denied", members, 400, store("AccessDeniedException", ""), true, "refused was identitystore:ListGroupMemberships, which must be allowed on arn:aws:identitystore::ACCOUNT:identitystore/STORE, arn:aws:identitystore:::membership/* and arn:aws:identitystore:::group/*."},
		{"description denied", network, 400, store("AccessDeniedException", ""), true, "needs identitystore:DescribeIdentityStore, on arn:aws:identitystore::ACCOUNT:identitystore/STORE."},
		{"network of the store", users, 400, store("AccessDeniedException", ""), true, "ApiRestrictSourceVpcs"},
		{"instances denied", instances, 400, store("AccessDeniedException", ""), true, "needs sso:ListInstances"},
		{"key denied", users, 400, store("AccessDeniedException", "KMS_ACCESS_DENIED"), true, "needs kms:Decrypt"},
		{"key gone", users, 400, store("ResourceNotFoundException", "KMS_KEY_NOT_FOUND"), true, "replicate the key"},
		{"key disabled", users, 400, store("ValidationException", "KMS_DISABLED"), true, "aws kms enable-key"},
		{"key's state", users, 400, store("ValidationException", "KMS_INVALID_STATE"), true, "aws kms cancel-key-deletion"},
		{"key's ARN", users, 400, store("ValidationException", "KMS_INVALID_ARN"), true, "set the key anew"},
		{"key's usage", users, 400, store("ValidationException", "KMS_INVALID_KEY_USAGE"), true, "symmetric"},
		{"store of another Region", users, 400, store("ResourceNotFoundException", ""), true, "check --identity-store-id and --region"},
		{"store's id", users, 400, store("ValidationException", ""), true, "looks like d-1234567890"},
		{"throttled", users, 400, store("ThrottlingException", ""), false, "run it again later"},
		{"key throttled", users, 400, store("ThrottlingException", "KMS_THROTTLING"), false, "run it again later"},
		{"full", users, 402, store("ServiceQuotaExceededException", ""), false, "raise the quota"},
		{"session over", users, 400, store("ExpiredTokenException", ""), true, "aws sso login"},
		{"key unknown", users, 400, store("UnrecognizedClientException", ""), true, "AWS_ACCESS_KEY_ID"},
		{"signature", users, 400, store("InvalidSignatureException", ""), true, "clock"},
		{"STS: session over", who, 403, sts("ExpiredToken"), true, "aws sso login"},
		{"STS: key unknown", who, 403, sts("InvalidClientTokenId"), true, "AWS_SESSION_TOKEN"},
		{"STS: signature", who, 403, sts("SignatureDoesNotMatch"), true, "AWS_SECRET_ACCESS_KEY"},
		{"STS: denied", who, 403, sts("AccessDenied"), true, "needs sts:GetCallerIdentity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake) {
				header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
				tg := f.target(func(o *iic.Options) {
					o.Base, o.AWS = says(c.status, c.body, header), awsid.Configure("us-east-1", awsid.Static{AccessKeyID: secret.New("AKID"), SecretAccessKey: secret.New("s")}, awsid.Role{})
				})
				err := c.ask(t, tg)
				if err == nil || !strings.Contains(err.Error(), c.says) || (iic.Remedy(err) != "") != c.acts {
					t.Fatalf("remedy %q: %v", iic.Remedy(err), err)
				}
				if c.acts && (iic.Cause(err) == "" || !strings.Contains(err.Error(), iic.Remedy(err)) || !errors.Is(err, iic.ErrUnauthorized) && strings.Contains(c.body, "AccessDenied")) {
					t.Errorf("cause %q: %v", iic.Cause(err), err)
				}
				if strings.ContainsAny(err.Error()+iic.Cause(err), "{}") {
					t.Errorf("something is not filled in: %v", err)
				}
			})
		})
	}
	if iic.Cause(io.EOF) != "" {
		t.Error("a cause of what is none of AWS's")
	}
}
