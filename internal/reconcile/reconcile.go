// Package reconcile is one run, from end to end. It puts the parts in order,
// and leaves every decision to them.
package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/apply"
	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// A Source can be read.
type Source interface {
	// Read returns everything that it was asked for, or an error.
	Read(ctx context.Context) (directory.Snapshot, error)
}

// A Target can be read, with everything under the target's own ids, and
// written to.
type Target interface {
	Read(ctx context.Context) (identity.Held, error)
	apply.Target
}

// A Reconciler makes a target like a source.
type Reconciler struct {
	Source Source
	Target Target
	Rules  policy.Rules
	Limits map[string]guard.Limit // in place of the guards' defaults
	Accept []string               // names of guards that are overridden
	Width  int                    // steps at a time; 0: apply's default
	DryRun bool
	Log    *slog.Logger
	// Progress is told how many changes are done, of how many; nil: nobody.
	Progress func(done, of int)
	// Calls returns the counts of API calls so far; nil: there are none.
	Calls func() []report.Call
}

// Run does one sync. The report is worth reading even when there is an error,
// which is one of *guard.RefusedError, *report.PartialError,
// report.ErrInterrupted, directory.ErrEmpty, or what a source or target said.
func (r *Reconciler) Run(ctx context.Context) (rep report.Report, err error) {
	rep = report.Report{Started: time.Now(), DryRun: r.DryRun}
	defer func() { r.finish(&rep, err) }()

	snapshot, held, err := r.read(ctx, &rep)
	switch {
	case err != nil && ctx.Err() != nil:
		return rep, fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
	case err != nil:
		return rep, err
	}
	wanted := policy.Desired(snapshot, r.Rules)
	matched := match.Match(wanted.State, held, r.Rules.MatchRules(wanted))
	outcome := policy.Retain(wanted, matched, r.Rules)
	p := plan.Build(outcome.Want, matched.Have, outcome.Causes)
	r.describe(&rep, &p, snapshot, wanted, matched, outcome)

	verdict := guard.Check(p, r.Limits, r.Accept, snapshot.Doubts)
	rep.Plan, rep.Withheld, rep.Refusals = verdict.Allowed, verdict.Withheld, verdict.Refusals
	if r.DryRun {
		return rep, verdict.Err()
	}
	rep.Results = apply.Run(ctx, r.Target, rep.Plan, r.options(ctx, rep.Plan.Size()))
	return rep, r.verdict(ctx, rep, verdict)
}

// read reads both sides at once.
func (r *Reconciler) read(ctx context.Context, rep *report.Report) (snapshot directory.Snapshot, held identity.Held, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		start := time.Now()
		if snapshot, err = r.Source.Read(ctx); err != nil {
			return fmt.Errorf("read source: %w", err)
		}
		rep.Source = report.Read{Took: time.Since(start), Size: plan.Size{Users: len(snapshot.Accounts), Groups: len(snapshot.Groups)}}
		for _, ms := range snapshot.Members {
			rep.Source.Members += len(ms)
		}
		if len(snapshot.Accounts) == 0 || len(snapshot.Groups) == 0 {
			return fmt.Errorf("read source: %w", directory.ErrEmpty)
		}
		return nil
	})
	g.Go(func() (err error) {
		start := time.Now()
		if held, err = r.Target.Read(ctx); err != nil {
			return fmt.Errorf("read target: %w", err)
		}
		rep.Target = report.Read{Took: time.Since(start), Size: plan.Size{Users: len(held.Users), Groups: len(held.Groups), Members: len(held.Members)}}
		return nil
	})
	err = g.Wait()
	return snapshot, held, err
}

// describe puts into the plan and the report what people should know of it.
func (r *Reconciler) describe(rep *report.Report, p *plan.Plan, dir directory.Snapshot, w policy.Wanted, m match.Result, o policy.Outcome) {
	p.Base, p.Conflicts = o.Base, o.Conflicts
	for _, c := range p.Users {
		if a, ok := m.Adopted[c.Key]; ok {
			p.Adopted = append(p.Adopted, a)
		}
	}
	for _, c := range p.Groups {
		if a, ok := m.Adopted[c.Key]; ok {
			p.Adopted = append(p.Adopted, a)
		}
	}
	rep.Matches, rep.Problems, rep.Notes, rep.Mirror = w.Matches, o.Problems, o.Notes, o.Mirror
	for _, d := range dir.Doubts {
		rep.Warnings = append(rep.Warnings, "the reading of the source contradicts itself: "+d)
	}
	for _, a := range p.Adopted {
		if a.Foreign != "" {
			rep.Warnings = append(rep.Warnings, fmt.Sprintf("%s %s carries the external id %q of another provider, and is adopted because the name is the same", a.Kind, a.Name, a.Foreign))
		}
	}
	r.Log.Info("read both sides", "source_users", rep.Source.Users, "source_groups", rep.Source.Groups,
		"target_users", rep.Target.Users, "target_groups", rep.Target.Groups, "target_memberships", rep.Target.Members)
}

func (r *Reconciler) options(ctx context.Context, of int) apply.Options {
	done := 0
	return apply.Options{Width: r.Width, Done: func(res apply.Result) {
		done++
		r.logResult(ctx, res)
		if r.Progress != nil {
			r.Progress(done, of)
		}
	}}
}

// verdict says what became of the run, worst news first.
func (r *Reconciler) verdict(ctx context.Context, rep report.Report, v guard.Verdict) error {
	failed := len(rep.Failed())
	switch {
	case ctx.Err() != nil && failed > 0:
		return fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
	case v.Err() != nil:
		return v.Err()
	case failed+len(rep.Plan.Conflicts)+len(rep.Problems) > 0:
		return &report.PartialError{Failed: failed, Conflicts: len(rep.Plan.Conflicts), Problems: len(rep.Problems)}
	}
	return nil
}

// finish completes the report, and logs the three summaries that metric
// filters of awslabs/ssosync look for.
func (r *Reconciler) finish(rep *report.Report, err error) {
	rep.Took = time.Since(rep.Started)
	rep.Outcome, rep.Err = report.OutcomeOf(*rep, err), err
	if r.Calls != nil {
		rep.Calls = r.Calls()
	}
	if rep.Outcome != report.Failed {
		r.logSummary(*rep)
	}
}
