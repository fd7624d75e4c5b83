// Package lookup fetches the secrets that references point to: from Secrets
// Manager and Parameter Store, variables, files and commands. It never shows
// what it finds, what the AWS SDK says about it, or what a command prints; what
// a reference looks like is not its business, nor is keeping a secret fresh.
package lookup

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ssosync/internal/secret"
)

const (
	// within is how long one look-up may take in all, with credentials and
	// retries.
	within = 30 * time.Second
	// maxText is how long a secret may be, in bytes. It is the most that Secrets
	// Manager keeps (Secrets Manager User Guide: quotas).
	maxText = 64 << 10
)

// A Resolver looks secrets up. The zero value knows variables, files and
// commands, and has no AWS. It is safe for concurrent use, asks for each secret
// once, and remembers the answer, be it an error.
type Resolver struct {
	Getenv   func(name string) (string, bool)          // os.LookupEnv if nil
	ReadFile func(path string) ([]byte, error)         // reads the file if nil
	AWS      func(context.Context) (aws.Config, error) // asked once, when first needed
	Base     http.RoundTripper                         // what reaches AWS: httpx.NewTransport() if nil
	Log      *slog.Logger                              // a line per request at debug level; none if nil

	mu    sync.Mutex
	known map[secret.Reference]*once[found]
	lane  once[*lane]
}

// A Value is a secret, and what is known about it.
type Value struct {
	Text secret.String
	// Changed is when this version of the secret was created, or when the
	// parameter was last changed; zero if that is not known.
	Changed time.Time
	From    string // the reference in words that may be shown, with its Region
}

// found is a secret as it is kept: the whole, without regard to members.
type found struct {
	text    secret.String
	changed time.Time
	region  string
}

// Resolve returns the secret that ref points to. It is never empty, and has no
// newline at its end, since editors and commands put one there that nobody
// means. A member of a JSON object is the text of a string, or else JSON.
//
// Errors are of type [*Error], or the context's. A look-up takes 30 seconds at
// the most.
func (r *Resolver) Resolve(ctx context.Context, ref secret.Reference) (Value, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, within, errLate)
	defer cancel()
	whole := ref
	whole.Key = ""
	f, err := r.cell(whole).get(bounded, func(ctx context.Context) (found, error) { return r.fetch(ctx, whole) })
	text := f.text.Reveal()
	if err == nil && ref.Key != "" {
		text, err = member(text, ref.Key)
	}
	if err == nil && text == "" {
		err = &fault{text: "it is empty", remedy: "put a value in, or leave the setting out", kind: ErrSetup}
	}
	if err != nil {
		return Value{}, explain(bounded, ref, err)
	}
	from := ref.String()
	if f.region != "" && ref.Region == "" {
		from += " in " + f.region
	}
	return Value{Text: secret.New(text), Changed: f.changed, From: from}, nil
}

func (r *Resolver) cell(whole secret.Reference) *once[found] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[secret.Reference]*once[found]{}
	}
	if r.known[whole] == nil {
		r.known[whole] = &once[found]{}
	}
	return r.known[whole]
}

func (r *Resolver) fetch(ctx context.Context, ref secret.Reference) (f found, err error) {
	text := ""
	switch ref.Scheme {
	case secret.SecretsManager:
		f, err = r.secretValue(ctx, ref)
	case secret.SSM:
		f, err = r.parameter(ctx, ref)
	case secret.Env:
		text, err = r.variable(ref.Name)
	case secret.File:
		text, err = r.file(ctx, ref.Name)
	case secret.Exec:
		text, err = run(ctx, ref)
	default:
		err = &fault{text: "nothing is known about such references", kind: ErrSetup}
	}
	f.text = secret.New(trimmed(f.text.Reveal() + text))
	return f, err
}

// trimmed takes the final newline away.
func trimmed(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }

// once asks once, however many want to know. Who waits can be called off; who is
// called off while asking leaves it to the next one.
type once[T any] struct {
	mu    sync.Mutex
	turn  chan struct{} // holds one element while somebody asks
	known bool
	value T
	err   error
}

func (o *once[T]) get(ctx context.Context, ask func(context.Context) (T, error)) (none T, err error) {
	o.mu.Lock()
	if o.turn == nil {
		o.turn = make(chan struct{}, 1)
	}
	turn := o.turn
	o.mu.Unlock()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	if o.known {
		return o.value, o.err
	}
	v, err := ask(ctx)
	late := errors.Is(context.Cause(ctx), errLate)
	if late && err != nil {
		err = errLate // whatever that made of it
	}
	if late || ctx.Err() == nil {
		o.known, o.value, o.err = true, v, err
	}
	return v, err
}
