// Package apply carries a plan out. It decides nothing: it looks at nothing
// but the plan, and at what came of each step.
package apply

import (
	"context"
	"errors"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Target is a place that users and groups can be written to, under ids of
// its own. Managers are ids as well.
//
// Deleting what is gone is no error. Creating what exists already, under the
// same external id, returns the existing one, brought up to date. Errors wrap
// those of package identity where they fit.
type Target interface {
	CreateUser(ctx context.Context, u identity.User) (id string, err error)
	// UpdateUser writes the attributes in which after differs from before,
	// and no others.
	UpdateUser(ctx context.Context, id string, before, after identity.User) error
	DeleteUser(ctx context.Context, id string) error
	// CreateGroup and UpdateGroup take any number of members. Where some of
	// them are refused, the error holds an *identity.MembersError: all others
	// are done, and the id is valid. Joined with another error, that one is
	// about the group's own name or external id.
	CreateGroup(ctx context.Context, g identity.Group, members []string) (id string, err error)
	UpdateGroup(ctx context.Context, id string, p identity.GroupPatch) error
	DeleteGroup(ctx context.Context, id string) error
}

// An Op is what a step does.
type Op string

// The operations.
const (
	Create     Op = "create"
	Update     Op = "update"
	Deactivate Op = "deactivate"
	Delete     Op = "delete"
	Join       Op = "join"
	Leave      Op = "leave"
)

// A Result is what came of one change of the plan.
type Result struct {
	Op    Op           `json:"op"`
	User  identity.Key `json:"user,omitempty"`
	Group identity.Key `json:"group,omitempty"`
	Name  string       `json:"name"` // of the user or group; of the user for join and leave
	In    string       `json:"in,omitempty"`
	ID    string       `json:"id,omitempty"` // the target's, of what Name names
	Err   error        `json:"-"`
}

// ErrSkipped marks a change that was not tried, because one that it rests on
// failed or because the run was stopped.
var ErrSkipped = errors.New("skipped")

// ErrStopped is why a change was skipped when the run was stopped.
var ErrStopped = errors.New("the run was stopped")

// ErrBudget is why a change was skipped when nearly all that was tried before
// had failed.
var ErrBudget = errors.New("nearly everything failed before, so that it was not tried")

// Options say how to go about it.
type Options struct {
	// Width is how many steps of one kind are under way at once; 0 means 16.
	// The pace of each operation is the target's business.
	Width int
	// Done is told of each result as it comes, from one goroutine at a time;
	// nil: nobody is.
	Done func(Result)
	// Grace is how long a step that is under way may go on after ctx ends;
	// 0 means 900 ms.
	Grace time.Duration
	// Budget is how many failures end a run in which nearly everything fails:
	// nine of ten, at least. 0 means 20; less than 0 that there is no end.
	Budget int
}

// Run carries out p and returns what came of each change, in the plan's order.
//
// Access is taken away before any is given, names are given up before they are
// taken, and what is deleted is deleted last. A step that fails stops no other,
// save those that rest upon it. When ctx ends, no step is begun any more.
func Run(ctx context.Context, t Target, p plan.Plan, o Options) []Result {
	if o.Width == 0 {
		o.Width = 16
	}
	if o.Grace == 0 {
		o.Grace = 900 * time.Millisecond
	}
	if o.Budget == 0 {
		o.Budget = 20
	}
	inFlight, cancel := linger(ctx, o.Grace)
	defer cancel()
	// What takes access away is tried to the last one, whatever fails.
	whole := ctx
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := newRun(t, p, o)
	r.budget = budget{most: o.Budget, stop: stop, failed: map[any]bool{}, done: map[any]bool{}}
	execute(whole, inFlight, r.revocations(), o.Width)
	execute(ctx, inFlight, r.grants(), o.Width)
	execute(ctx, inFlight, r.deletions(), o.Width)
	return r.results()
}

// linger returns a context that ends some time after ctx does, so that what
// is under way may end in peace.
func linger(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(later, func() { t.Stop() })
	})
	return later, func() {
		stop()
		cancel(context.Canceled)
	}
}
