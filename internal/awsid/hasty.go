package awsid

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Within is how long a look-up of AWS credentials may take where
// nothing goes without them. It is what the SDK gives a credential_process.
const Within = time.Minute

// Hasty returns a provider of credentials that gives up after a while: away from AWS, the
// instance's metadata service may never answer, and no deadline of ours is
// around what the SDK asks on its own.
func Hasty(from aws.CredentialsProvider, within time.Duration) aws.CredentialsProvider {
	return &hasty{from, within}
}

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
	return c, Late(ctx, bounded, h.within, err)
}

// Late says that the time of a look-up was up, if it was and nothing else.
func Late(whole, bounded context.Context, within time.Duration, err error) error {
	if err == nil || whole.Err() != nil || bounded.Err() == nil {
		return err
	}
	return &Error{text: fmt.Sprintf("the look-up took longer than %v", within)}
}
