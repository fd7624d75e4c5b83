package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"ssosync/internal/httpx"
)

// anyRegion is asked when no Region is set: every Region of the partition knows
// where a bucket is.
const anyRegion = "us-east-1"

// connect makes the client. The SDK must not repeat anything: a write that is
// repeated blindly finds its own earlier self, and takes it for somebody else's.
func (b *Bucket) connect(ctx context.Context) error {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if b.o.AWS == nil {
		return &setupError{errors.New("there are no AWS credentials; " + remedyKeys)}
	}
	cfg, err := b.o.AWS(ctx)
	if err != nil {
		return &setupError{fmt.Errorf("AWS configuration: %w", err)}
	}
	if cfg.Credentials == nil {
		return &setupError{errors.New("there are no AWS credentials; " + remedyKeys)}
	}
	b.credentials = aws.NewCredentialsCache(cfg.Credentials)
	if _, err := b.credentials.Retrieve(ctx); err != nil {
		return withoutKeys(whole, ctx, err)
	}
	base := b.o.Base
	if base == nil {
		base = httpx.NewTransport()
	}
	cfg = cfg.Copy()
	cfg.Credentials = b.credentials
	cfg.Region = cmp.Or(cfg.Region, anyRegion)
	cfg.Logger = logging.Nop{}
	cfg.RetryMaxAttempts = 0
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.HTTPClient = &http.Client{
		Transport:     httpx.Sealed(errPlain)(base),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	b.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		if o.BaseEndpoint == nil {
			return
		}
		// Servers that are not AWS's have no names for their buckets, and do not
		// all know checksums behind the body (AWS SDKs and Tools Reference Guide:
		// data integrity protections). The signature covers the body as well.
		b.custom, o.UsePathStyle = true, true
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return nil
}

// there directs a request to the Region of the bucket.
func (b *Bucket) there(o *s3.Options) {
	if region := b.region.Load(); region != nil {
		o.Region = *region
	}
}

// regionRE is what a Region may be called: it becomes a part of a host's name.
var regionRE = regexp.MustCompile(`^[a-z]{2,8}(-[a-z0-9]{1,16}){1,4}$`)

// move remembers the Region of the bucket. It reports whether that is news.
func (b *Bucket) move(region string) bool {
	if !regionRE.MatchString(region) {
		return false
	}
	was := b.region.Swap(&region)
	return was == nil && b.client.Options().Region != region || was != nil && *was != region
}
