package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"ssosync/internal/config"
	"ssosync/internal/reconcile"
	"ssosync/internal/state"
	"ssosync/internal/state/bucket"
	"ssosync/internal/wire"
)

// store opens what is kept between runs, if anything is. A place that somebody
// has named must be usable, unless its disk is full, or S3 is down: who left must
// not wait for that. The one that nobody has named may be missing, as it is for
// services without a home. Then the run goes on without, and says so.
func (a *app) store(ctx context.Context, s settings, look bool) (reconcile.Store, error) {
	root, asked := s.State, s.State != config.StateAuto
	if root == "" {
		return nil, nil
	}
	if !asked {
		var ok bool
		root, ok = state.DefaultRoot(func(name string) string { return variable(a.env.Environ, name) })
		if !ok {
			a.log.Warn("nothing is remembered between runs, and nothing keeps two of them apart: neither XDG_STATE_HOME nor HOME is set; name a directory with --state, or say --state= to have it so")
			return nil, nil
		}
	}
	store, err := a.open(ctx, s, root, look)
	soft := !asked || isFull(err) || errors.Is(err, bucket.ErrUnavailable)
	switch {
	case err == nil:
		return store, nil
	case ctx.Err() != nil || !soft:
		return nil, err
	}
	a.log.Warn("nothing is remembered between runs, and nothing keeps two of them apart; say --state= to have it so", "err", visible(err.Error()))
	return nil, nil
}

// open opens a place. What is wrong with it is an error of configuration, unless
// it may be right in a moment.
func (a *app) open(ctx context.Context, s settings, root string, look bool) (reconcile.Store, error) {
	problem := &config.Error{Option: "state"}
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		problem.Text, problem.Hint = "state is a file, not a directory: "+root, "name another directory with --state"
		return nil, &configurationError{what: "configuration", problems: []error{problem}}
	}
	store, err := wire.Store(ctx, s.Config, root, look, wire.Options{Base: a.transport(), Log: a.log})
	if err == nil || ctx.Err() != nil || errors.Is(err, bucket.ErrUnavailable) || isFull(err) {
		return store, err //nolint:wrapcheck // It says it all.
	}
	problem.Text = err.Error()
	return nil, &configurationError{what: "configuration", problems: []error{problem}}
}

// mustStore is store for commands that are about nothing else.
func (a *app) mustStore(ctx context.Context, s settings) (reconcile.Store, error) {
	if strings.HasPrefix(s.State, "s3://") {
		return a.open(ctx, s, s.State, true)
	}
	store, err := a.store(ctx, s, true)
	if err == nil && store == nil {
		err = reconcile.ErrNoJournal
	}
	return store, err
}

// isNone reports whether a store has no such thing, as opposed to one that
// cannot be read.
func isNone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// isFull reports whether there is no room left.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
