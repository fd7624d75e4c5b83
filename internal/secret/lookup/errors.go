package lookup

import (
	"context"
	"errors"
	"fmt"

	"ssosync/internal/secret"
)

var (
	// ErrSetup says that a person has to act: the reference, the credentials or
	// their rights are wrong. Without it, trying again later may do.
	ErrSetup = errors.New("the secret cannot be had like this")
	// ErrNotFound says that there is no such secret, parameter, variable, file,
	// program or member. It is an [ErrSetup] as well.
	ErrNotFound = errors.New("there is no such secret")

	errLate = errors.New("the time is up")
)

// An Error is a reference that led to no secret.
type Error struct {
	Ref    secret.Reference
	Text   string // what is wrong, in words that may be shown
	Remedy string // what to do about it, "" if there is nothing to say

	kind error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("look up %s: %s", e.Ref, e.Text)
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// Is tells which of [ErrSetup] and [ErrNotFound] e is. The errors of the SDK and
// of commands cannot be reached from here: nothing that they say is ours.
func (e *Error) Is(target error) bool {
	return target == e.kind || target == ErrSetup && e.kind == ErrNotFound
}

// A fault is an Error that does not know yet whose it is. It is remembered, and
// shared by the references to one secret.
type fault struct {
	text, remedy string
	kind         error // ErrSetup, ErrNotFound or nil
}

func (f *fault) Error() string { return f.text }

// explain says what became of ref.
func explain(ctx context.Context, ref secret.Reference, err error) error {
	cause := context.Cause(ctx)
	if cause != nil && !errors.Is(cause, errLate) {
		return fmt.Errorf("look up %s: %w", ref, cause)
	}
	f, ok := errors.AsType[*fault](err)
	switch {
	case errors.Is(err, errLate):
		f = &fault{text: fmt.Sprintf("it took longer than %v", within), remedy: slow(ref)}
	case !ok:
		f = &fault{text: fmt.Sprintf("it went wrong (%T)", err)}
	}
	return &Error{Ref: ref, Text: f.text, Remedy: f.remedy, kind: f.kind}
}

// slow says what to look at when nothing came back in time.
func slow(ref secret.Reference) string {
	switch ref.Scheme {
	case secret.SecretsManager, secret.SSM:
		return "is there a way from here to the service, such as a NAT gateway or a VPC endpoint, and do the AWS credentials come from where they should?"
	case secret.Exec:
		return "does the command wait for input? It gets none"
	}
	return "does something write to it?"
}
