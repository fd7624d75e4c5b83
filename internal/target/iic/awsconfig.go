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
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// Static are AWS credentials that the process environment does not have. With
// an empty AccessKeyID, the SDK's own chain is asked.
type Static struct{ AccessKeyID, SecretAccessKey, SessionToken secret.String }

// Configure returns a function for [Options.AWS], which reads the SDK's
// configuration when it is first needed: variables, files, container and
// instance roles (AWS SDK for Go developer guide: configuring the SDK).
func Configure(region string, static Static) func(ctx context.Context) (aws.Config, error) {
	return func(ctx context.Context) (aws.Config, error) {
		// What the SDK has to say, it says past our log and its filter.
		opts := []func(*awsconfig.LoadOptions) error{awsconfig.WithLogger(logging.Nop{})}
		if region != "" {
			opts = append(opts, awsconfig.WithRegion(region))
		}
		if !static.AccessKeyID.Empty() {
			opts = append(opts, awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
				static.AccessKeyID.Reveal(), static.SecretAccessKey.Reveal(), static.SessionToken.Reveal())))
		}
		cfg, err := awsconfig.LoadDefaultConfig(ctx, opts...)
		if err != nil {
			return aws.Config{}, unquoted(err)
		}
		return cfg, nil
	}
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
