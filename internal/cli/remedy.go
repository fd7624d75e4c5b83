package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/journal"
	"ssosync/internal/planfile"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/source/google"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/state"
	"ssosync/internal/target/iic"
	"ssosync/internal/wire"
)

// An explanation is an error in parts. Cause and remedy are "" if the text is
// all there is to say.
type explanation struct{ text, cause, remedy string }

// dissect takes apart what the errors of both sides say in one line, and adds
// to the others what to do now.
func dissect(err error) explanation {
	x := explanation{text: err.Error()}
	if e, ok := errors.AsType[*auth.Error](err); ok {
		x.cause, x.remedy = e.Cause, e.Remedy
		x.text = strings.Replace(x.text, ": "+e.Cause+"; "+e.Remedy, "", 1)
	} else if e, ok := errors.AsType[*google.Error](err); ok && e.Remedy != "" {
		x.cause, x.remedy = e.Cause, e.Remedy
		x.text = strings.Replace(x.text, " ("+e.Remedy+")", "", 1)
	} else if remedy := iic.Remedy(err); remedy != "" {
		x.cause, x.remedy = iic.Cause(err), remedy
		x.text = strings.Replace(x.text, ": "+remedy, "", 1)
	} else if wire.NoStore(err) {
		x.remedy = "check --identity-store-id and --region: the IAM Identity Center console shows both under Settings; " +
			"without --identity-store-id the store is found out"
	} else if e, ok := errors.AsType[*planfile.StaleError](err); ok {
		x = stale(e, fileOf(err))
	} else if e, ok := errors.AsType[*state.HeldError](err); ok {
		x.text, x.remedy, _ = strings.Cut(e.Error(), "; ")
	} else if e, ok := errors.AsType[*guard.RefusedError](err); ok {
		x.remedy = acceptance(e, fileOf(err))
	} else {
		x.remedy = remedyOf(err)
	}
	return x
}

// remedyOf is what to do about errors that say all else themselves.
func remedyOf(err error) string {
	for _, r := range []struct {
		err    error
		remedy string
	}{
		{directory.ErrEmpty, "nothing was changed; look whether --google-admin and --customer-id are right, and whether Google's console still shows people and groups; then run it again"},
		{report.ErrIncomplete, "the next run goes on where this one ended; if that happens often, give it more time with --timeout"},
		{reconcile.ErrLockLost, "what was under way has ended, and the other run does the rest; two machines must not share a --state that does not lock, such as some network drives"},
		{errNoTerminal, "run it where somebody can answer; ssosync token tells how long the token lives"},
		{errUnasked, "--yes has it done, --dry-run only shows it"},
		{reconcile.ErrNothingLost, "ssosync history lists the runs, and ssosync history show RUN what each of them took away; whose name belongs to another id in Google needs ssosync relink"},
		{reconcile.ErrNoJournal, "name the directory with --state, and the endpoint, as the runs had them: each endpoint has its own journal; --state= keeps none"},
		{errJournal, journalRemedy},
		{journal.ErrDamaged, journalRemedy},
	} {
		if errors.Is(err, r.err) {
			return r.remedy
		}
	}
	if isA[*reconcile.NoConflictError](err) {
		return "ssosync plan lists what is in conflict; what a run took away is given back by ssosync restore"
	}
	return ""
}

const journalRemedy = "somebody, or the disk, has changed the file: keep a copy of it, and find out who; " +
	"syncs go on, and set aside what cannot be read"

// shownDifferences is how many of a stale plan's differences are shown.
const shownDifferences = 10

// stale says in parts why a plan is stale.
func stale(e *planfile.StaleError, file string) explanation {
	x := explanation{text: "plan " + e.ID + " is stale", cause: e.Why}
	if n := len(e.Differences); n > 0 {
		lines := []string{fmt.Sprintf("%d of %s not what would be decided now", n, plural(e.Of, "change is", "changes are"))}
		if e.Why != "" {
			lines = append([]string{e.Why}, lines...)
		}
		for _, d := range e.Differences[:min(n, shownDifferences)] {
			lines = append(lines, "- "+d.String())
		}
		if n > shownDifferences {
			lines = append(lines, fmt.Sprintf("- and %d more", n-shownDifferences))
		}
		x.cause = strings.Join(lines, "\n")
	}
	x.remedy = "make a new one, and look at it: ssosync plan --out " + shellWord(file)
	return x
}

// acceptance is how a refused run may pass, if it may.
func acceptance(e *guard.RefusedError, file string) string {
	var names []string
	for _, r := range e.Refusals {
		if r.Acceptable && !slices.Contains(names, r.Guard) {
			names = append(names, r.Guard)
		}
	}
	switch {
	case len(names) == 0:
		return "nobody can accept this, since it is not proven: what is sure was done all the same; run it again later, and look at Google's console if it stays"
	case file != "":
		return fmt.Sprintf("look at what is withheld; if it is meant: ssosync approve %[1]s --reason WHY, and then ssosync apply %[1]s", shellWord(file))
	}
	return "look at what is withheld; if it is meant, run once with --accept=" + strings.Join(names, ",")
}

// An onFileError is an error of a run that has to do with a plan on disk.
type onFileError struct {
	file string
	error
}

func (e *onFileError) Unwrap() error { return e.error }

// onFile says which file an error is about, if there is one of both.
func onFile(err error, file string) error {
	if err == nil || file == "" {
		return err
	}
	return &onFileError{file, err}
}

// fileOf returns the plan that an error is about, "" if it is about none.
func fileOf(err error) string {
	if e, ok := errors.AsType[*onFileError](err); ok {
		return e.file
	}
	return ""
}
