package lookup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/awsid"
	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// How persistent we are, within the time that a look-up has.
const (
	attempts = 4
	backOff  = 250 * time.Millisecond
	longest  = 2 * time.Second
	answerIn = 8 * time.Second
)

// The operations, as IAM calls what allows them.
const (
	opSecret    = "secretsmanager:GetSecretValue"
	opParameter = "ssm:GetParameter"
)

// errPlain says that the SDK was told to go without TLS.
var errPlain = errors.New("not without TLS")

// A lane is the way to AWS.
type lane struct {
	cfg     aws.Config
	account string          // of the credentials, "" if that is not known
	secrets []secret.String // of the credentials: what no message may hold
}

// connect finds the configuration and credentials, and puts our own transport
// under the SDK: it repeats and logs, so that the SDK must not.
func (r *Resolver) connect(ctx context.Context) (*lane, error) {
	if r.AWS == nil {
		return nil, &fault{text: "there are no AWS credentials", remedy: remedyKeys, kind: ErrSetup}
	}
	cfg, err := r.AWS(ctx)
	if err != nil {
		return nil, &fault{text: "the configuration of AWS: " + awsid.Unquoted(err).Error(), kind: ErrSetup}
	}
	if cfg.Credentials == nil {
		return nil, &fault{text: "there are no AWS credentials", remedy: remedyKeys, kind: ErrSetup}
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, &fault{text: "AWS credentials: " + awsid.Unquoted(err).Error(), remedy: remedyKeys, kind: ErrSetup}
	}
	base := r.Base
	if base == nil {
		base = httpx.NewTransport()
	}
	cfg = cfg.Copy()
	cfg.Logger, cfg.ClientLogMode = logging.Nop{}, 0
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.HTTPClient = &http.Client{
		Transport: httpx.Chain(base, httpx.Sealed(errPlain), rewindable, func(next http.RoundTripper) http.RoundTripper {
			return httpx.Resilient(next, httpx.Options{Classify: classify, Log: r.Log, Attempts: attempts, Base: backOff, Max: longest, Timeout: answerIn})
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &lane{cfg: cfg, account: creds.AccountID, secrets: []secret.String{secret.New(creds.SecretAccessKey), secret.New(creds.SessionToken)}}, nil
}

// rewindable lets requests be sent again, since the SDK makes them without
// GetBody. Theirs are small.
func rewindable(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		if req.Body == nil || req.GetBody != nil {
			return next.RoundTrip(req)
		}
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close() // it is in memory
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = req.GetBody() // it has no error
		return next.RoundTrip(req)
	})
}

// classify knows that either service says 400 to a caller who is too fast (AWS
// JSON 1.1 protocol: operation error serialization; both API references:
// common errors).
func classify(status int, body []byte, err error) httpx.Verdict {
	var said struct {
		Type string `json:"__type"`
	}
	if status == http.StatusBadRequest && json.Unmarshal(body, &said) == nil &&
		(strings.Contains(said.Type, "Throttling") || strings.Contains(said.Type, "TooManyRequests")) {
		return httpx.Throttled
	}
	return httpx.ByStatus(status, body, err)
}

// reach returns the lane, and the Region that keeps what ref points to.
func (r *Resolver) reach(ctx context.Context, ref secret.Reference) (*lane, string, error) {
	l, err := r.lane.get(ctx, r.connect)
	if err != nil {
		return nil, "", err
	}
	region := cmp.Or(ref.Region, l.cfg.Region)
	if region == "" {
		return nil, "", &fault{text: "the AWS Region of the secret is not known", remedy: "set AWS_REGION, or write the ARN in place of the name", kind: ErrSetup}
	}
	return l, region, nil
}

// secretValue asks Secrets Manager (Secrets Manager API reference:
// GetSecretValue).
func (r *Resolver) secretValue(ctx context.Context, ref secret.Reference) (found, error) {
	l, region, err := r.reach(ctx, ref)
	if err != nil {
		return found{}, err
	}
	client := secretsmanager.NewFromConfig(l.cfg, func(o *secretsmanager.Options) { o.Region = region })
	in := &secretsmanager.GetSecretValueInput{SecretId: &ref.Name}
	if ref.Stage != "" {
		in.VersionStage = &ref.Stage
	}
	out, err := client.GetSecretValue(httpx.WithOp(ctx, opSecret), in)
	if err != nil {
		return found{}, l.fault(question{ref, opSecret, region}, err)
	}
	text := string(out.SecretBinary)
	if out.SecretString != nil {
		text = *out.SecretString
	}
	return found{secret.New(text), aws.ToTime(out.CreatedDate), region}, nil
}

// parameter asks Parameter Store (Systems Manager API reference: GetParameter).
func (r *Resolver) parameter(ctx context.Context, ref secret.Reference) (found, error) {
	l, region, err := r.reach(ctx, ref)
	if err != nil {
		return found{}, err
	}
	client := ssm.NewFromConfig(l.cfg, func(o *ssm.Options) { o.Region = region })
	out, err := client.GetParameter(httpx.WithOp(ctx, opParameter), &ssm.GetParameterInput{Name: &ref.Name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return found{}, l.fault(question{ref, opParameter, region}, err)
	}
	if out.Parameter == nil {
		return found{region: region}, nil
	}
	return found{secret.New(aws.ToString(out.Parameter.Value)), aws.ToTime(out.Parameter.LastModifiedDate), region}, nil
}
