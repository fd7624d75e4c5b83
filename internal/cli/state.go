package cli

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"ssosync/internal/config"
	"ssosync/internal/reconcile"
	"ssosync/internal/state"
	"ssosync/internal/wire"
)

// store opens what is kept between runs, if anything is. A directory that
// somebody has named must be usable, unless its disk is full: who left must not
// wait for that. The one that nobody has named may be missing, as it is for
// services without a home. Then the run goes on without, and says so.
func (a *app) store(s settings, look bool) (reconcile.Store, error) {
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
	if info, err := os.Stat(root); asked && err == nil && !info.IsDir() {
		return nil, &configurationError{what: "configuration", problems: []error{&config.Error{
			Option: "state", Text: "state is a file, not a directory: " + root, Hint: "name another directory with --state",
		}}}
	}
	store, err := wire.Store(s.Config, root, look)
	switch {
	case err == nil:
		return store, nil
	case asked && !isFull(err):
		return nil, &configurationError{what: "configuration", problems: []error{&config.Error{Option: "state", Text: err.Error()}}}
	}
	a.log.Warn("nothing is remembered between runs, and nothing keeps two of them apart; say --state= to have it so", "err", visible(err.Error()))
	return nil, nil
}

// mustStore is store for commands that are about nothing else.
func (a *app) mustStore(s settings) (reconcile.Store, error) {
	store, err := a.store(s, true)
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
