package awsid

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
)

// ErrPlain says that the SDK was told to go without TLS.
var ErrPlain = errors.New("the endpoint of AWS must begin with https://; is AWS_ENDPOINT_URL, or a setting like it, right?")

// Static are AWS credentials that the process environment does not have. With
// an empty AccessKeyID, the SDK's own chain is asked.
type Static struct{ AccessKeyID, SecretAccessKey, SessionToken secret.String }

// A Role is what somebody else's account lets us do, in whose name we ask. With
// an empty ARN there is none.
type Role struct {
	ARN        string
	ExternalID secret.String // what the role's trust policy asks for; may be empty
}

// Configure returns a function that reads the SDK's
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
			return aws.Config{}, Unquoted(err)
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
			Transport:     httpx.Sealed(ErrPlain)(httpx.NewTransport()),
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
