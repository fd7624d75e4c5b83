package iic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// Static are AWS credentials that the process environment does not have. With
// an empty AccessKeyID, the SDK's own chain is asked.
type Static struct{ AccessKeyID, SecretAccessKey, SessionToken secret.String }

// A Role is what somebody else's account lets us do, in whose name we ask. With
// an empty ARN there is none.
type Role struct {
	ARN        string
	ExternalID secret.String // what the role's trust policy asks for; may be empty
}

// Configure returns a function for [Options.AWS], which reads the SDK's
// configuration when it is first needed: variables, files, container and
// instance roles (AWS SDK for Go developer guide: configuring the SDK). The
// region counts where nothing of the SDK's own names one.
func Configure(region string, static Static, role Role) func(ctx context.Context) (aws.Config, error) {
	return func(ctx context.Context) (aws.Config, error) {
		// What the SDK has to say, it says past our log and its filter.
		opts := []func(*awsconfig.LoadOptions) error{awsconfig.WithLogger(logging.Nop{})}
		if region != "" {
			opts = append(opts, awsconfig.WithDefaultRegion(region))
		}
		if !static.AccessKeyID.Empty() {
			opts = append(opts, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
				static.AccessKeyID.Reveal(), static.SecretAccessKey.Reveal(), static.SessionToken.Reveal())))
		}
		cfg, err := awsconfig.LoadDefaultConfig(ctx, opts...)
		if err != nil {
			return aws.Config{}, unquoted(err)
		}
		return role.assume(cfg), nil
	}
}

// assume returns cfg with the credentials of the role, which those of cfg ask
// for (STS API reference: AssumeRole). They are renewed as they run out.
func (r Role) assume(cfg aws.Config) aws.Config {
	if r.ARN == "" {
		return cfg
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.HTTPClient = &http.Client{
			Transport:     sealed(httpx.NewTransport()),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
	role := stscreds.NewAssumeRoleProvider(client, r.ARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "ssosync"
		if !r.ExternalID.Empty() {
			o.ExternalID = aws.String(r.ExternalID.Reveal())
		}
	})
	cfg = cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(role)
	return cfg
}

// credentialsWithin is how long a look-up of AWS credentials may take where
// nothing goes without them. It is what the SDK gives a credential_process.
const credentialsWithin = time.Minute

// awsConfig puts our own transport under the SDK: it paces, repeats, counts and
// logs, so that the SDK must not. Each look-up of credentials may take so long;
// remedy is what to do when there are none.
func (t *Target) awsConfig(ctx context.Context, within time.Duration, remedy string) (cfg aws.Config, err error) {
	defer func() {
		if err != nil {
			err = &setupError{err}
		}
	}()
	if t.o.AWS == nil {
		return aws.Config{}, errors.New("there are no AWS credentials")
	}
	if cfg, err = t.configuration(ctx, within); err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Credentials == nil {
		return cfg, errors.New("there are no AWS credentials; " + remedy)
	}
	cfg = cfg.Copy()
	cfg.Credentials = &hasty{cfg.Credentials, within}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("AWS credentials: %w; %s", unquoted(err), remedy)
	}
	cfg.Region = cmp.Or(t.o.Region, t.Region(), cfg.Region)
	if cfg.Region == "" {
		return cfg, errors.New("the AWS Region of IAM Identity Center is not known: the SCIM endpoint's host does not tell it, so set the region")
	}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.HTTPClient = &http.Client{
		Transport:     sealed(t.sdkWire()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return cfg, nil
}

// configuration asks for the SDK's configuration, for no longer than within.
func (t *Target) configuration(ctx context.Context, within time.Duration) (aws.Config, error) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cfg, err := t.o.AWS(bounded)
	return cfg, late(ctx, bounded, within, err)
}

// A hasty provider of credentials gives up after a while: away from AWS, the
// instance's metadata service may never answer, and no deadline of ours is
// around what the SDK asks on its own.
type hasty struct {
	from   aws.CredentialsProvider
	within time.Duration
}

// Retrieve returns the credentials, or an error that is not the context's if
// only the provider's own time is up.
func (h *hasty) Retrieve(ctx context.Context) (aws.Credentials, error) {
	bounded, cancel := context.WithTimeout(ctx, h.within)
	defer cancel()
	c, err := h.from.Retrieve(bounded)
	return c, late(ctx, bounded, h.within, err)
}

// late says that the time of a look-up was up, if it was and nothing else.
func late(whole, bounded context.Context, within time.Duration, err error) error {
	if err == nil || whole.Err() != nil || bounded.Err() == nil {
		return err
	}
	return &credentialsError{text: fmt.Sprintf("the look-up took longer than %v", within)}
}

// sealed refuses to send requests without TLS, to anything but this very
// machine: AWS_ENDPOINT_URL may say so, and a session token would travel along.
func sealed(next http.RoundTripper) http.RoundTripper {
	return httpx.Func(func(req *http.Request) (*http.Response, error) {
		if req.URL.Scheme != "https" && !httpx.Loopback(req.URL.Hostname()) {
			if req.Body != nil {
				_ = req.Body.Close() // nothing was sent
			}
			return nil, errPlain
		}
		return next.RoundTrip(req)
	})
}
