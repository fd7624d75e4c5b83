package lookup_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/secret/lookup"
)

type sdkLog struct{ bytes.Buffer }

func (l *sdkLog) Logf(_ logging.Classification, format string, v ...any) {
	fmt.Fprintf(&l.Buffer, format, v...)
}

func isSetup(err error) bool    { return errors.Is(err, lookup.ErrSetup) }
func isNotFound(err error) bool { return errors.Is(err, lookup.ErrNotFound) }

func blank(v lookup.Value) bool { return v.Text.Empty() && v.Changed.IsZero() && v.From == "" }

func isCause(err, cause error) bool {
	_, ours := errors.AsType[*lookup.Error](err)
	return errors.Is(err, cause) && !ours && !isSetup(err)
}

// tame reports whether an error, and each that it wraps, is a line that an
// operator may see.
func tame(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		s := fmt.Sprintf("%v %+v", err, err)
		if strings.Contains(s, "hunter") || len(s) > 3000 || strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) {
			return false
		}
	}
	return true
}

func TestRefusals(t *testing.T) {
	const name, param = "secretsmanager:ssosync/token", "ssm:/ssosync/token"
	denied := func(op string) string {
		return `400 {"__type":"AccessDeniedException","Message":"User: arn:aws:sts::210987654321:assumed-role/r is not authorized to perform: ` + op + ` on resource: x/kms because no identity-based policy allows it"}`
	}
	for what, c := range map[string]struct {
		ref, answer string
		says        []string
		kind        error
	}{
		"denied":           {name, denied("secretsmanager:GetSecretValue"), []string{"look up secretsmanager:ssosync/token: the AWS credentials may not read it (secretsmanager:GetSecretValue: 400 AccessDeniedException: User: arn:aws:sts", "(request id req-3)", "; the AWS identity needs secretsmanager:GetSecretValue on the secret ssosync/token in eu-central-1"}, lookup.ErrSetup},
		"denied ARN":       {smARN + "#a", denied("secretsmanager:GetSecretValue"), []string{"look up " + smARN + "#a: ", "needs secretsmanager:GetSecretValue on the secret " + smARN + "; if that is in another account, the policy of the secret must"}, lookup.ErrSetup},
		"denied parameter": {param, denied("ssm:GetParameter"), []string{"needs ssm:GetParameter on the parameter /ssosync/token in eu-central-1"}, lookup.ErrSetup},
		"KMS":              {name, `400 {"__type":"AccessDeniedException","Message":"Access to KMS is not allowed"}`, []string{"may not decrypt the secret ssosync/token in eu-central-1", "needs kms:Decrypt on the KMS key"}, lookup.ErrSetup},
		"KMS by IAM":       {param, denied("kms:Decrypt"), []string{"may not decrypt the parameter", "needs kms:Decrypt"}, lookup.ErrSetup},
		"KMS ciphertext":   {param, `400 {"__type":"AccessDeniedException","message":"The ciphertext refers to a customer master key that does not exist"}`, []string{"needs kms:Decrypt"}, lookup.ErrSetup},
		"key disabled":     {param, `400 {"__type":"InvalidKeyId","message":"k is disabled."}`, []string{"KMS does not decrypt the parameter /ssosync/token in eu-central-1 (ssm:GetParameter: 400 InvalidKeyId: k is disabled.", "kms:Decrypt", "enabled"}, lookup.ErrSetup},
		"decryption":       {name, `400 {"__type":"DecryptionFailure","Message":"no"}`, []string{"KMS does not decrypt the secret", "kms:Decrypt"}, lookup.ErrSetup},
		"not found":        {name, `400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`, []string{"there is no secret ssosync/token in eu-central-1, account 210987654321 (", "check the name, the Region and the account"}, lookup.ErrNotFound},
		"not found ARN":    {smARN, `400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`, []string{"there is no secret " + smARN + ", account 123456789012 ("}, lookup.ErrNotFound},
		"no stage":         {name + ":AWSPREVIOUS", `400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"}`, []string{"no version of the secret has the staging label AWSPREVIOUS"}, lookup.ErrNotFound},
		"no version of it": {smARN + ":OLD", `400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret."}`, []string{"account 123456789012, or no version of it has the staging label OLD"}, lookup.ErrNotFound},
		"no value":         {name, `400 {"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"}`, []string{"the secret has no value yet", "aws secretsmanager put-secret-value --secret-id ssosync/token --region eu-central-1"}, lookup.ErrNotFound},
		"no parameter":     {param, `400 {"__type":"ParameterNotFound"}`, []string{"there is no parameter /ssosync/token in eu-central-1, account 210987654321 (ssm:GetParameter: 400 ParameterNotFound (request id req-3));"}, lookup.ErrNotFound},
		"no version":       {param + ":9", `400 {"__type":"ParameterVersionNotFound","message":"no"}`, []string{"the parameter has no such version or label", "get-parameter-history"}, lookup.ErrNotFound},
		"deleted":          {name, `400 {"__type":"InvalidRequestException","Message":"You can't perform this operation on the secret because it was marked for deletion."}`, []string{"the secret has been deleted", "aws secretsmanager restore-secret --secret-id ssosync/token --region eu-central-1"}, lookup.ErrSetup},
		"bad name":         {param, `400 {"__type":"ValidationException","message":"Parameter name must be a fully qualified name."}`, []string{"AWS takes it for no question about a parameter (ssm:GetParameter: 400 ValidationException: Parameter name must", "is the name right?"}, lookup.ErrSetup},
		"bad parameter":    {name, `400 {"__type":"InvalidParameterException","Message":"no"}`, []string{"no question about a secret", "is the name right?"}, lookup.ErrSetup},
		"expired":          {name, `400 {"__type":"ExpiredTokenException","Message":"The security token included in the request is expired"}`, []string{"the AWS credentials have expired", "aws sso login"}, lookup.ErrSetup},
		"unknown":          {name, `400 {"__type":"UnrecognizedClientException","Message":"The security token included in the request is invalid."}`, []string{"AWS does not know these credentials", "is the Region eu-central-1 enabled"}, lookup.ErrSetup},
		"signature":        {name, `400 {"__type":"InvalidSignatureException","Message":"The canonical string should have been x-amz-security-token:hunter2"}`, []string{"does not accept the signature", "AWS_SECRET_ACCESS_KEY right, and the clock", "(secretsmanager:GetSecretValue: 400 InvalidSignatureException (request id req-3))"}, lookup.ErrSetup},
		"echo":             {name, `400 {"__type":"ValidationException","Message":"\u001b[2J ` + sessionToken + ` and ` + secretKey + ` \n\u202e` + strings.Repeat("x", 5000) + `"}`, []string{"[redacted] and [redacted]"}, lookup.ErrSetup},
		"full type":        {name, `400 {"__type":"com.amazonaws.secretsmanager#DecryptionFailure"}`, []string{"KMS does not"}, lookup.ErrSetup},
		"new":              {name, `418 {"__type":"TeapotException","message":"short and stout"}`, []string{"AWS gave no answer to the question (secretsmanager:GetSecretValue: 418 TeapotException: short and stout (request id req-3))"}, nil},
		"no code":          {name, `403 <html>hunter2</html>`, []string{"secretsmanager:GetSecretValue answered with status 403 and nothing that could be understood"}, nil},
		"odd code":         {name, `400 {"__type":"hunter2 \u001b"}`, []string{"answered with status 400 and nothing"}, nil},
		"no JSON":          {name, `200 hunter2`, []string{"answered with status 200 and nothing"}, nil},
		"empty":            {name, `{}`, []string{"look up secretsmanager:ssosync/token: it is empty; put a value in"}, lookup.ErrSetup},
		"no such thing":    {param, `{}`, []string{"it is empty"}, lookup.ErrSetup},
		"newline":          {param, `{"Parameter":{"Value":"\n"}}`, []string{"it is empty"}, lookup.ErrSetup},
		"too fast":         {name, `400 {"__type":"ThrottlingException","message":"Rate exceeded"}`, []string{"AWS gave no answer", "ThrottlingException: Rate exceeded"}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			got, err := answering(c.answer).resolver().Resolve(t.Context(), parsed(c.ref))
			if err == nil || !tame(err) || !blank(got) {
				t.Fatalf("%s: %+v %v", what, got, err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%s: does not say %q: %v", what, s, err)
				}
			}
			if isSetup(err) != (c.kind != nil) || isNotFound(err) != errors.Is(c.kind, lookup.ErrNotFound) {
				t.Errorf("%s: another kind: %v", what, err)
			}
			e, ok := errors.AsType[*lookup.Error](err)
			if !ok || e.Ref != parsed(c.ref) || err.Error() != "look up "+e.Ref.String()+": "+e.Text && err.Error() != "look up "+e.Ref.String()+": "+e.Text+"; "+e.Remedy {
				t.Errorf("%s: %+v", what, e)
			}
			if c.kind != nil && e.Remedy == "" {
				t.Errorf("%s: no remedy: %v", what, err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	for what, c := range map[string]struct {
		err   error
		says  string
		setup bool
	}{
		"no host":  {&net.DNSError{Err: "no such host", Name: "secretsmanager.eu-central-9.amazonaws.com", IsNotFound: true}, "there is no host secretsmanager.eu-central-9.amazonaws.com; is there a Region eu-central-1", true},
		"no TLS":   {&tls.CertificateVerificationError{Err: errors.New("hunter2")}, "the certificate of the endpoint of AWS is not trusted; is there a proxy", true},
		"no route": {&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("hunter2")}, "secretsmanager:GetSecretValue was not answered: dial tcp did not succeed; is there a way from here", false},
		"other":    {errors.New("hunter2"), "secretsmanager:GetSecretValue was not answered; is there a way", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := (&cloud{fail: c.err}).resolver().Resolve(t.Context(), parsed("secretsmanager:s"))
			if err == nil || !tame(err) || !strings.Contains(err.Error(), c.says) || isSetup(err) != c.setup {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
}

// Each kind of trouble on the way to credentials has words of ours.
func TestNoCredentials(t *testing.T) {
	fails := func(err error) func(context.Context) (aws.Config, error) {
		return func(context.Context) (aws.Config, error) {
			return aws.Config{Region: "eu-west-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, err })}, nil
		}
	}
	cannot := func(err error) func(context.Context) (aws.Config, error) {
		return func(context.Context) (aws.Config, error) { return aws.Config{}, err }
	}
	secretly := errors.New("hunter2")
	for what, c := range map[string]struct {
		aws  func(context.Context) (aws.Config, error)
		says string
	}{
		"nothing":      {nil, "there are no AWS credentials; set AWS_ACCESS_KEY_ID"},
		"empty":        {cannot(nil), "there are no AWS credentials; set AWS_ACCESS_KEY_ID"},
		"no instance":  {fails(&smithy.OperationError{ServiceID: "ec2imds", OperationName: "GetMetadata", Err: secretly}), "there are none in variables or profiles, and no role of an instance; set AWS_ACCESS_KEY_ID"},
		"role":         {fails(&smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "hunter2"}}), "AWS credentials: STS AssumeRole did not give any (AccessDenied): this identity needs sts:AssumeRole"},
		"SSO":          {fails(&ssocreds.InvalidTokenError{Err: secretly}), "has expired or is not there; run aws sso login"},
		"process":      {fails(&processcreds.ProviderError{Err: secretly}), "credential_process did not end well"},
		"network":      {fails(&net.OpError{Op: "dial", Net: "tcp", Err: secretly}), "AWS credentials: dial tcp did not succeed"},
		"other":        {fails(fmt.Errorf("hunter2: %w", secretly)), "the AWS SDK could not get them (*errors.errorString)"},
		"profile":      {cannot(config.SharedConfigProfileNotExistError{Profile: "prod", Filename: []string{"a", "b"}, Err: secretly}), "the configuration of AWS: there is no profile \"prod\" in a, b"},
		"file":         {cannot(config.SharedConfigLoadError{Filename: "/home/u/.aws/config", Err: secretly}), "the file /home/u/.aws/config cannot be read or is damaged"},
		"profile role": {cannot(config.SharedConfigAssumeRoleError{Profile: "prod", RoleARN: "r", Err: secretly}), "the role \"r\" of profile \"prod\" cannot be assumed"},
		"no Region":    {(&cloud{}).config(""), "the AWS Region of the secret is not known; set AWS_REGION, or write the ARN"},
	} {
		r := &lookup.Resolver{AWS: c.aws}
		_, err := r.Resolve(t.Context(), parsed("secretsmanager:s"))
		if err == nil || !tame(err) || !strings.Contains(err.Error(), c.says) || !isSetup(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
