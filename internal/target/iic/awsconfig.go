package iic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/awsid"
	"ssosync/internal/httpx"
)

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
	cfg.Credentials = awsid.Hasty(cfg.Credentials, within)
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("AWS credentials: %w; %s", awsid.Unquoted(err), remedy)
	}
	cfg.Region = cmp.Or(t.o.Region, t.Region(), cfg.Region)
	if cfg.Region == "" {
		return cfg, errors.New("the AWS Region of IAM Identity Center is not known: the SCIM endpoint's host does not tell it, so set the region")
	}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.HTTPClient = &http.Client{
		Transport:     httpx.Sealed(awsid.ErrPlain)(t.sdkWire()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return cfg, nil
}

// configuration asks for the SDK's configuration, for no longer than within.
func (t *Target) configuration(ctx context.Context, within time.Duration) (aws.Config, error) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cfg, err := t.o.AWS(bounded)
	return cfg, awsid.Late(ctx, bounded, within, err)
}
