package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"ssosync/internal/config"
	"ssosync/internal/console"
	"ssosync/internal/report"
)

// An invocation is one event on its way.
type invocation struct {
	*Function
	id      string // AWS's request id
	out     *console.Sink
	log     *slog.Logger
	base    http.RoundTripper
	started time.Time
}

// An outcome is what came of a run.
type outcome struct {
	cfg  config.Config
	rep  report.Report // zero if there was no run
	err  error
	good time.Time // when a run was last good; zero if nobody knows
}

// Invoke answers one event, with a [Result] in JSON or an error of a type that
// callers can tell apart. It implements the handler of aws-lambda-go, which
// gives the process up after a panic.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, end := f.stoppable(ctx)
	defer end()
	i := f.begin(ctx)
	defer i.rest()
	e, err := parse(payload)
	o := outcome{err: err}
	if err == nil {
		o = i.guarded(ctx, e.overrides)
	} else {
		o.cfg = i.whichTarget()
	}
	r := i.conclude(ctx, e, o)
	if name := r.errorType; name != "" {
		return nil, messages.InvokeResponse_Error{Type: name, Message: r.errorMessage(), ShouldExit: name == typePanic}
	}
	answer, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write the answer: %w", err)
	}
	return []byte(i.out.Mask(string(answer))), nil
}

// begin sets up what every event has of its own, so that nothing of it is known
// to the next one.
func (f *Function) begin(ctx context.Context) *invocation {
	i := &invocation{Function: f, out: console.NewSink(f.env.Stdout), started: time.Now()}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		i.id = lc.AwsRequestID
	}
	i.out.Hide(console.Variables(f.env.Environ)...)
	i.base = console.Transport(f.env.Base, i.out)
	i.useLogger(unsettled(f.env.Environ))
	return i
}

// rest lets connections go: Lambda freezes the process after an event, and they
// would be dead when it wakes up.
func (i *invocation) rest() {
	if t, ok := i.env.Base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// A panicError is a panic of ours.
type panicError struct{ text string }

func (e *panicError) Error() string { return "this is a bug of ssosync: " + e.text }

// guarded makes the run. A panic in it ends the run, and not what follows: those
// who wait for the outcome are told.
func (i *invocation) guarded(ctx context.Context, o overrides) (out outcome) {
	defer func() {
		if p := recover(); p != nil {
			err := &panicError{fmt.Sprint(p)}
			i.log.Error("panic", "err", err, "stack", string(debug.Stack()))
			out.err = err
		}
	}()
	i.run(ctx, o, &out)
	return out
}

// whichTarget finds out which target an event was meant for that says nothing
// that can be read, without fetching anything.
func (i *invocation) whichTarget() config.Config {
	cfg, _, _, _ := config.Load(config.Input{Environ: i.env.Environ, ReadFile: i.env.ReadFile, Mode: config.Lambda}) //nolint:dogsled // The event is wrong; this is not what it is about.
	return cfg
}

// conclude tells everybody who wants to know.
func (i *invocation) conclude(ctx context.Context, e event, o outcome) Result {
	r := i.result(o)
	if r.Code == codeConfiguration {
		i.vault.forget()
	}
	i.tell(ctx, o, r)
	i.measure(o, r)
	i.tellJob(ctx, e.job, r)
	return r
}
