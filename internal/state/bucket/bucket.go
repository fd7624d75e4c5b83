// Package bucket keeps what has to outlive a run in S3, as package state does in
// a directory: documents that are replaced whole, logs that only grow, and a
// lock. It refuses to write over anything that it has not seen: every write and
// every deletion has a condition, which S3 checks.
package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"ssosync/internal/state"
)

// Options say where state is, and how to get there.
type Options struct {
	Bucket string
	Prefix string // without slashes at its ends; may be ""; see [ParseURL]
	// Target is whose state it is: a name as that of a document is.
	Target string
	// AWS returns the SDK's configuration: credentials, Region, endpoint. The
	// Region need not be the bucket's: S3 tells that one.
	AWS func(ctx context.Context) (aws.Config, error)
	// Base carries the requests: httpx.NewTransport() if nil.
	Base http.RoundTripper
	// ReadOnly refuses all that would change anything.
	ReadOnly bool
	Log      *slog.Logger // one line for each attempt, at level debug; none if nil
}

// A Bucket is the state of one target. Its methods may be called by many
// goroutines; a name is that of a document or a log, as [state.IsDocument] has
// it. The keys are PREFIX/TARGET/NAME, and PREFIX/TARGET/NAME/00000000000000000001
// and so on for the segments of a log.
type Bucket struct {
	o           Options
	client      *s3.Client
	credentials aws.CredentialsProvider // kept until they expire
	region      atomic.Pointer[string]  // the bucket's, once S3 has told us
	// custom says that somebody named the endpoint: it may be anybody's S3.
	custom bool
	// ctx does not end when the run is told to stop: ledger, journal and lock are
	// exactly what has to be put right then. What bounds an operation is its own
	// time, see try.
	ctx context.Context

	mu    sync.Mutex
	known map[string]version // of documents
}

// Open returns the state of a target in a bucket. It asks S3 for the bucket
// once, so that what is wrong with credentials, Region, name or permissions is
// said before anything else is done. The error is [ErrSetup] or
// [ErrUnavailable]. The end of ctx ends Open, and nothing that is done later.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	b := &Bucket{o: o, ctx: context.WithoutCancel(ctx), known: map[string]version{}}
	err := checkPlace(o.Bucket, o.Prefix)
	if err == nil && !state.IsName(o.Target) {
		err = fmt.Errorf("%.140q is no name of a target", o.Target)
	}
	if err != nil {
		return nil, fmt.Errorf("keep state in S3: %w", &setupError{err})
	}
	b.o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if err = b.connect(ctx); err == nil {
		_, err = b.list(ctx, b.root(), "", 1)
	}
	if err != nil {
		return nil, fmt.Errorf("keep state in %s: %w", b.Path(), err)
	}
	return b, nil
}

// Path returns where the state is, for people to read: s3://bucket/prefix/target.
func (b *Bucket) Path() string {
	root := b.root()
	return b.url(root[:len(root)-1])
}

// root is what all keys begin with, with the slash.
func (b *Bucket) root() string {
	if b.o.Prefix == "" {
		return b.o.Target + "/"
	}
	return b.o.Prefix + "/" + b.o.Target + "/"
}

func (b *Bucket) url(key string) string { return "s3://" + b.o.Bucket + "/" + key }

// key returns that of a document, and the beginning of those of a log's
// segments.
func (b *Bucket) key(name string) (string, error) {
	if !state.IsDocument(name) {
		return "", fmt.Errorf("%.140q is no name of a document", name)
	}
	return b.root() + name, nil
}

var errReadOnly = errors.New("it was opened to be read only")

// writable returns the key of what is about to change.
func (b *Bucket) writable(name string) (string, error) {
	key, err := b.key(name)
	if err == nil && b.o.ReadOnly {
		err = fmt.Errorf("%s: %w", b.Path(), errReadOnly)
	}
	return key, err
}
