package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ssosync/internal/config"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// afterwards is how much of the time is kept for what comes after a run, or a
// tenth if that is less: telling CodePipeline, and writing the answer. A run
// itself keeps another tenth, up to half a minute, to finish what is under way
// and write it down (reconcile).
const afterwards = 5 * time.Second

// run makes one run.
func (i *invocation) run(ctx context.Context, o overrides, out *outcome) {
	early, cancel := begun(ctx)
	defer cancel()
	if out.cfg, out.err = i.load(early, o); out.err != nil {
		out.err = late(ctx, early, out.err)
		return
	}
	options := wire.Options{Version: i.version, Log: i.log, Base: i.base, By: "lambda:" + cmp.Or(variable(i.env.Environ, "AWS_LAMBDA_FUNCTION_NAME"), "unknown")}
	store, err := i.store(early, out.cfg, options)
	if err != nil {
		out.err = late(ctx, early, err)
		return
	}
	if store != nil {
		options.Store = store
	}
	r, err := wire.Reconciler(out.cfg, options)
	if err != nil {
		out.err = problems("configuration", flatten(err)...)
		return
	}
	r.Timeout = within(ctx, r.Timeout)
	defer func() {
		if store != nil {
			out.good = store.good
		}
	}()
	out.rep, out.err = r.Run(ctx)
}

// begun bounds what comes before a run: secrets and state that do not answer must
// leave time to say so, and to tell CodePipeline.
func begun(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		return context.WithDeadline(ctx, deadline.Add(-min(left/4, 2*afterwards)))
	}
	return context.WithCancel(ctx)
}

// errSlow says that there was no time for a run.
var errSlow = errors.New("secrets and state did not answer in the function's time: do its network and its role reach Secrets Manager, Systems Manager and S3 (a VPC needs a NAT gateway or endpoints)?")

// late says that the time before a run was up, if it was and nothing else.
func late(whole, early context.Context, err error) error {
	if whole.Err() == nil && early.Err() != nil {
		return fmt.Errorf("%w: %w: %w", report.ErrIncomplete, errSlow, err)
	}
	return err
}

// within is how long a run may take: as long as it was given, and no longer than
// the function has.
func within(ctx context.Context, given time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return given
	}
	left := time.Until(deadline)
	left = max(left-min(left/10, afterwards), 1) // 0 would be for ever
	if given > 0 && given < left {
		return given
	}
	return left
}

// store opens what is kept between runs, nil if nothing is.
func (i *invocation) store(ctx context.Context, cfg config.Config, o wire.Options) (*watched, error) {
	switch cfg.State {
	case "":
		return nil, nil
	case config.StateAuto: // a function has no home, and loses its disk
		i.log.Warn("nothing is remembered between runs: leavers are not deleted when their time is over unless AWS tells it, nothing can be given back by ssosync restore, and nothing keeps two runs apart; set SSOSYNC_STATE=s3://BUCKET/PREFIX, or to nothing to have it so")
		return nil, nil
	}
	store, err := wire.Store(ctx, cfg, cfg.State, cfg.DryRun, o)
	if err != nil {
		return nil, problems("configuration", &config.Error{Option: "state", Text: err.Error()})
	}
	return &watched{Store: store}, nil
}

// A watched store sees when a run was last good, as the ledger goes by.
type watched struct {
	reconcile.Store
	good time.Time
}

// Read implements reconcile.Store.
func (w *watched) Read(name string) ([]byte, error) {
	data, err := w.Store.Read(name)
	if err == nil {
		w.see(name, data)
	}
	return data, err //nolint:wrapcheck // It is the store's.
}

// Write implements reconcile.Store.
func (w *watched) Write(name string, data []byte) error {
	err := w.Store.Write(name, data)
	if err == nil {
		w.see(name, data)
	}
	return err //nolint:wrapcheck // It is the store's.
}

// see reads of a ledger only what it wants to know: one may be large.
func (w *watched) see(name string, data []byte) {
	var ledger struct {
		Good struct {
			At time.Time `json:"at"`
		} `json:"good"`
	}
	if name == reconcile.LedgerFile && json.Unmarshal(data, &ledger) == nil {
		w.good = ledger.Good.At
	}
}
