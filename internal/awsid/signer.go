package awsid

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ssosync/internal/httpx"
)

// A Signer is who this program is to AWS: a function, an instance, a task, a
// pod, a user. It can prove it to others, by requests that they send on to AWS.
type Signer struct {
	Region string // of the requests that it signs
	// AWS is what [Configure] returns. It is asked for each request, so that
	// credentials are renewed as they run out.
	AWS func(ctx context.Context) (aws.Config, error)
}

// emptyBody is what a request without a body is signed with (Signature Version 4:
// create a canonical request).
func emptyBody() string {
	sum := sha256.Sum256(nil)
	return hex.EncodeToString(sum[:])
}

// Sign adds the headers of Signature Version 4 to a request without a body to
// the Security Token Service.
func (c Signer) Sign(ctx context.Context, req *http.Request) error {
	cfg, err := c.configuration(ctx)
	if err != nil {
		return err
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("AWS credentials: %w; %s", Unquoted(err), remedySigner)
	}
	if err := v4.NewSigner().SignHTTP(ctx, creds, req, emptyBody(), "sts", c.Region, time.Now()); err != nil {
		return fmt.Errorf("sign a request to STS: %w", Unquoted(err))
	}
	return nil
}

const remedySigner = "give the function, the instance, the task or the pod a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

// ARN asks AWS who this is (STS API reference: GetCallerIdentity). It takes no
// permission.
func (c Signer) ARN(ctx context.Context) (string, error) {
	cfg, err := c.configuration(ctx)
	if err != nil {
		return "", err
	}
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Region = c.Region
		o.HTTPClient = &http.Client{Transport: httpx.Sealed(ErrPlain)(httpx.NewTransport())}
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask AWS who this is: %w", Unquoted(err))
	}
	return aws.ToString(out.Arn), nil
}

func (c Signer) configuration(ctx context.Context) (aws.Config, error) {
	bounded, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	cfg, err := c.AWS(bounded)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", Late(ctx, bounded, Within, err))
	}
	if cfg.Credentials == nil {
		return cfg, errors.New("there are no AWS credentials; " + remedySigner)
	}
	cfg = cfg.Copy()
	cfg.Credentials = Hasty(cfg.Credentials, Within)
	return cfg, nil
}
