// Package report tells people and programs what a run found, decided and did.
// It writes text, JSON, Markdown and HTML from one value, and decides nothing.
package report

import (
	"errors"
	"strings"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/guard"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// Version is that of the JSON schema; it grows when a field changes its
// meaning or goes, not when one comes.
const Version = 1

// An Outcome is what became of a run.
type Outcome string

// The outcomes.
const (
	InSync      Outcome = "in-sync"     // there was nothing to do
	Planned     Outcome = "planned"     // a dry run found changes
	Done        Outcome = "done"        // all changes were made
	Partial     Outcome = "partial"     // some objects failed or are in conflict; all others are done
	Refused     Outcome = "refused"     // a guard held something back
	Interrupted Outcome = "interrupted" // stopped before the end
	Failed      Outcome = "failed"      // nothing was done
)

// A Report is everything worth knowing of a run.
type Report struct {
	Outcome Outcome
	DryRun  bool
	Started time.Time
	Took    time.Duration
	// Host is what is written to: a host name, without the rest of its URL.
	Host string
	// Saved is the plan on disk that this report is of, if it is of one.
	Saved Saved

	Source   Read // the directory
	Target   Read // Identity Center
	Matches  []policy.Match
	Whole    plan.Plan // what was decided, before guards looked at it
	Plan     plan.Plan // what is, or would be, done
	Withheld plan.Plan // what guards held back
	Refusals []guard.Refusal
	Problems []policy.Problem
	Notes    []string
	Warnings []string // doubts about the source, adoptions of others' objects
	// Mirror counts what awslabs/ssosync would have deleted here.
	Mirror  plan.Size
	Results []apply.Result // of the plan's changes; nil on a dry run
	Memory
	// Impact is what assignments stand behind what is taken away.
	Impact Impact
	Calls  []Call
	// Err is why the run failed, if it did.
	Err error
}

// A Saved is a plan on disk.
type Saved struct {
	ID      string
	File    string // as it was typed
	Expires time.Time
}

// A Read is what was read of one side.
type Read struct {
	plan.Size
	Took time.Duration
}

// A Call counts the requests of one of the vendors' operations.
type Call struct {
	Op        string
	Calls     int // attempts, the first one of each request included
	Retries   int
	Throttles int
	Waited    time.Duration // on rate limits and back-off, summed over requests
}

// Failed returns the results that are errors, skipped ones included.
func (r Report) Failed() []apply.Result {
	var failed []apply.Result
	for _, res := range r.Results {
		if res.Err != nil {
			failed = append(failed, res)
		}
	}
	return failed
}

// A PartialError says that some objects failed while the others are done.
type PartialError struct {
	Failed, Conflicts, Problems int
	// Unproven counts the removals that were struck for lack of evidence, and
	// Failing the objects that were not tried, since they failed lately.
	Unproven, Failing int
}

func (e *PartialError) Error() string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, more string
	}{
		{e.Failed, "change failed", "changes failed"},
		{e.Conflicts, "conflict is left to settle", "conflicts are left to settle"},
		{e.Problems, "record cannot be taken by Identity Center", "records cannot be taken by Identity Center"},
		{e.Unproven, "removal is not proven, and was not made", "removals are not proven, and were not made"},
		{e.Failing, "object failed lately, and was not tried again", "objects failed lately, and were not tried again"},
	} {
		if s := several(p.n, p.one, p.more); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ") + "; everything else is done"
}

// ErrInterrupted says that a run was stopped before it had done everything.
var ErrInterrupted = errors.New("interrupted before the end; run it again to go on")

// ErrIncomplete says that the time for a run was over before it had done
// everything.
var ErrIncomplete = errors.New("incomplete: the time was over before the end; run it again to go on")

// OutcomeOf names what became of a run that ended with err.
func OutcomeOf(r Report, err error) Outcome {
	_, refused := errors.AsType[*guard.RefusedError](err)
	_, partial := errors.AsType[*PartialError](err)
	switch {
	case refused:
		return Refused
	case partial:
		return Partial
	case errors.Is(err, ErrInterrupted), errors.Is(err, ErrIncomplete):
		return Interrupted
	case err != nil:
		return Failed
	case r.DryRun && !r.Plan.Empty():
		return Planned
	case r.Plan.Empty():
		return InSync
	}
	return Done
}
