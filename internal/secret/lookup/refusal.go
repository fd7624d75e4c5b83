package lookup

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// maxDetail is how much of what AWS says gets into a message, in bytes.
const maxDetail = 300

// A question is what we asked AWS.
type question struct {
	ref        secret.Reference
	op, region string
}

func (q question) kind() string {
	if q.op == opParameter {
		return "parameter"
	}
	return "secret"
}

// what names the thing that we asked for. An ARN has its Region in it.
func (q question) what() string {
	if q.ref.Region != "" {
		return q.kind() + " " + q.ref.Name
	}
	return fmt.Sprintf("%s %s in %s", q.kind(), q.ref.Name, q.region)
}

// An answer is what AWS said in place of a secret, fit for a message.
type answer struct {
	question
	account, code, detail string
}

// fault says in our words why AWS gave nothing. Of the SDK's own errors, only
// what the service put into its fields is shown, and without what belongs to the
// credentials: a complaint about a signature quotes the request.
func (l *lane) fault(q question, err error) *fault {
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || response.HTTPStatusCode() == 0 {
		return q.unreachable(err)
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || httpx.ID(api.ErrorCode()) == "" || api.ErrorCode() == codeless {
		return &fault{text: fmt.Sprintf("%s answered with status %d and nothing that could be understood", q.op, response.HTTPStatusCode()), remedy: "is something else than AWS answering here, such as a proxy?"}
	}
	a := answer{question: q, account: l.account, code: httpx.ID(api.ErrorCode()), detail: secret.Scrub(api.ErrorMessage(), l.secrets...)}
	if named, err := arn.Parse(q.ref.Name); err == nil {
		a.account = named.AccountID
	}
	f := a.fault()
	f.text += fmt.Sprintf(" (%s: %d %s", q.op, response.HTTPStatusCode(), a.code)
	if detail := httpx.Said(a.detail, maxDetail); detail != "" && !a.signature() {
		f.text += ": " + detail
	}
	if id := httpx.ID(response.ServiceRequestID()); id != "" {
		f.text += " (request id " + id + ")"
	}
	f.text += ")"
	return f
}

// codeless is what the SDK calls an answer that has no code of its own.
const codeless = "UnknownError"

const (
	remedyKeys = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where there is a role"
	remedyKMS  = "the AWS identity needs kms:Decrypt on the KMS key that encrypts it, in its own policy or in the key's, and the key must be enabled (aws kms describe-key tells)"
)

// fault knows the errors of either service (API references: GetSecretValue,
// GetParameter, common errors).
func (a answer) fault() *fault {
	switch a.code {
	case "AccessDeniedException", "AccessDenied", "NotAuthorized":
		return a.denied()
	case "ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound":
		return a.missing()
	case "DecryptionFailure", "InvalidKeyId":
		return &fault{"KMS does not decrypt the " + a.what(), remedyKMS, ErrSetup}
	case "ExpiredTokenException", "ExpiredToken", "RequestExpired":
		return &fault{"the AWS credentials have expired", "get new ones, with aws sso login if they are those of a profile", ErrSetup}
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		return &fault{"AWS does not know these credentials", "is AWS_ACCESS_KEY_ID right, does AWS_SESSION_TOKEN belong to it, and is the Region " + a.region + " enabled in the account?", ErrSetup}
	case "InvalidRequestException", "InvalidParameterException", "ValidationException":
		return a.invalid()
	}
	if a.signature() {
		return &fault{"AWS does not accept the signature of the request", "is AWS_SECRET_ACCESS_KEY right, and the clock of this machine?", ErrSetup}
	}
	return &fault{text: "AWS gave no answer to the question"}
}

// signature reports whether it is one of several codes for one thing.
func (a answer) signature() bool { return strings.Contains(a.code, "Signature") }

// denied tells from the service's words, for want of anything better, whether it
// was KMS that said no.
func (a answer) denied() *fault {
	kms := strings.Contains(strings.ToLower(a.detail), "kms") || strings.Contains(a.detail, "ciphertext")
	if kms && !strings.Contains(a.detail, a.op) { // which might be about a secret with kms in its name
		return &fault{"the AWS credentials may not decrypt the " + a.what(), remedyKMS, ErrSetup}
	}
	remedy := "the AWS identity needs " + a.op + " on the " + a.what()
	if a.ref.Region != "" {
		remedy += "; if that is in another account, the policy of the " + a.kind() + " must allow it as well"
	}
	return &fault{"the AWS credentials may not read it", remedy, ErrSetup}
}

func (a answer) missing() *fault {
	if a.code == "ParameterVersionNotFound" {
		return &fault{"the parameter has no such version or label", "aws ssm get-parameter-history lists them", ErrNotFound}
	}
	if strings.Contains(a.detail, "staging label") { // there is a secret
		if a.ref.Stage == "" {
			return &fault{"the secret has no value yet", "put one in: aws secretsmanager put-secret-value --secret-id " + a.ref.Name + " --region " + a.region, ErrNotFound}
		}
		return &fault{"no version of the secret has the staging label " + a.ref.Stage, "aws secretsmanager list-secret-version-ids lists them", ErrNotFound}
	}
	text := fmt.Sprintf("there is no %s, account %s", a.what(), cmp.Or(a.account, "of the AWS credentials"))
	if a.ref.Stage != "" {
		text += ", or no version of it has the staging label " + a.ref.Stage
	}
	return &fault{text, "check the name, the Region and the account; what another account has is found by its ARN alone", ErrNotFound}
}

func (a answer) invalid() *fault {
	if strings.Contains(a.detail, "deletion") || strings.Contains(a.detail, "deleted") {
		remedy := "get it back: aws secretsmanager restore-secret --secret-id " + a.ref.Name + " --region " + a.region
		return &fault{"the secret has been deleted, and waits for its end", remedy, ErrSetup}
	}
	return &fault{"AWS takes it for no question about a " + a.kind(), "is the name right?", ErrSetup}
}

// unreachable is about a request without an answer.
func (q question) unreachable(err error) *fault {
	if errors.Is(err, errPlain) {
		return &fault{"the endpoint of AWS must begin with https://", "is AWS_ENDPOINT_URL, or a setting like it, right?", ErrSetup}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return &fault{"there is no host " + httpx.Said(dns.Name, maxDetail), "is there a Region " + q.region + ", and is there a way to it from here?", ErrSetup}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &fault{"the certificate of the endpoint of AWS is not trusted", "is there a proxy in between whose authority this machine does not know?", ErrSetup}
	}
	text := q.op + " was not answered"
	if e, ok := errors.AsType[*net.OpError](err); ok {
		text += ": " + e.Op + " " + e.Net + " did not succeed"
	}
	return &fault{text: text, remedy: slow(q.ref)}
}
