package iic

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"

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
