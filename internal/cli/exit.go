package cli

import (
	"errors"

	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/planfile"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/state"
	"ssosync/internal/wire"
)

// The exit codes.
const (
	exitOK            = 0
	exitFailed        = 1
	exitChanges       = 2
	exitPartial       = 3
	exitRefused       = 4
	exitConfiguration = 5
	exitStale         = 6
	exitLocked        = 7
	exitInterrupted   = 130 // 128 and SIGINT, as shells have it
)

// An ExitCode is one row of the contract with those who run ssosync by script.
type ExitCode struct {
	Code    int
	Meaning string
}

// ExitCodes returns all codes that the program ends with, in order.
func ExitCodes() []ExitCode {
	return []ExitCode{
		{exitOK, "done, or nothing to do"},
		{exitFailed, "failed for a reason that has no code of its own, such as a service that does not answer; or somebody was asked, and said no"},
		{exitChanges, "there are changes; only from `plan --detailed-exitcode`"},
		{exitPartial, "done, except for objects that failed, are in conflict, or cannot be stored; or incomplete, because --timeout was over"},
		{exitRefused, "a guard refused, or the source cannot be trusted; what only gives access was done, nothing was taken away that the guard held back"},
		{exitConfiguration, "the command line, the configuration, the credentials or their rights are wrong"},
		{exitStale, "the plan is stale: something that it rests on has changed, or it has expired; nothing was done"},
		{exitLocked, "another run holds the lock; nothing was done"},
		{exitInterrupted, "interrupted (SIGINT or SIGTERM); what was under way was finished, run it again to go on"},
	}
}

// errChanges is how a plan says that it is not empty. It is no failure, and
// nothing is printed for it.
var errChanges = errors.New("there are changes")

// exitCodeOf is the one place where an error becomes a number.
func exitCodeOf(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, report.ErrInterrupted):
		return exitInterrupted
	case isA[*outputError](err), isA[*fileError](err):
		return exitFailed
	case isA[*state.HeldError](err), errors.Is(err, reconcile.ErrLockLost):
		return exitLocked
	case isA[*planfile.StaleError](err):
		return exitStale
	case isA[*configurationError](err), isA[*brokenError](err), wire.NeedsPerson(err), isA[*reconcile.NoConflictError](err), errors.Is(err, reconcile.ErrNothingLost), errors.Is(err, reconcile.ErrNoJournal), errors.Is(err, errUnasked), errors.Is(err, errNoTerminal):
		return exitConfiguration
	case isA[*guard.RefusedError](err), errors.Is(err, directory.ErrEmpty):
		return exitRefused
	case isA[*report.PartialError](err), errors.Is(err, report.ErrIncomplete):
		return exitPartial
	case errors.Is(err, errChanges):
		return exitChanges
	}
	return exitFailed
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
