package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/journal"
	"ssosync/internal/planfile"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// syncOptions say how a run is to be made, beside its configuration.
type syncOptions struct {
	dryRun   bool   // whatever the configuration says
	detailed toggle // changes are an exit code of their own
	full     toggle // the report is not cut short

	out     string        // write the plan into this file
	expires time.Duration // and until when it may be carried out
	html    string        // write the report into this file, as a page
	saved   report.Saved  // the plan that is carried out

	ask, yes toggle // show the plan and ask; or do not ask
}

// A runner is what a command can have done.
type runner interface {
	Run(ctx context.Context) (report.Report, error)
	Apply(ctx context.Context, f planfile.File) (report.Report, error)
	Restore(ctx context.Context, scope journal.Scope) (report.Report, error)
	Relink(ctx context.Context, link reconcile.Relink) (report.Report, error)
}

// sync makes one run and reports it.
func (a *app) sync(ctx context.Context, flags *pflag.FlagSet, o syncOptions) error {
	return a.errand(ctx, flags, o, func(ctx context.Context, run runner) (report.Report, error) { return run.Run(ctx) })
}

// errand makes one run of some kind and reports it.
func (a *app) errand(ctx context.Context, flags *pflag.FlagSet, o syncOptions, do func(context.Context, runner) (report.Report, error)) error {
	if err := checkFiles(o); err != nil {
		return err
	}
	s := a.load(ctx, flags)
	if err := s.err(); err != nil {
		return err
	}
	a.warnToken(s)
	s.DryRun = s.DryRun || o.dryRun
	store, err := a.store(ctx, s, s.DryRun)
	if err != nil {
		return err
	}
	progress := a.startProgress(s)
	run, err := wire.Reconciler(s.Config, wire.Options{
		Version: a.version(), Log: a.log, Base: a.transport(), Progress: progress.step, Store: store, By: wire.By(),
	})
	if err != nil {
		progress.stop()
		return &configurationError{what: "configuration", problems: flatten(err)}
	}
	run.Saved, run.Thorough = o.saved, o.out != ""
	if o.ask {
		run.Confirm = a.confirm(s, o, progress.stop)
	}
	rep, err := do(ctx, run)
	progress.stop()
	return a.report(s, run, rep, err, o)
}

// report says what came of a run, of which err is what went wrong, and writes
// the files that were asked for.
func (a *app) report(s settings, run planner, rep report.Report, err error, o syncOptions) error {
	if errors.Is(err, errDeclined) || errors.Is(err, errUnasked) || rep.Started.IsZero() {
		return err // there is nothing to report that has not been shown
	}
	if isA[*planfile.StaleError](err) {
		rep.Saved = report.Saved{} // or else the report would say until when it is valid
	}
	written := a.write(run, &rep, o)
	if err := a.print(rep, s.Config, bool(o.full)); err != nil {
		return err
	}
	if err == nil && bool(o.detailed) && !rep.Plan.Empty() {
		err = errChanges
	}
	return errors.Join(written, onFile(err, cmp.Or(o.saved.File, o.out)))
}

// write writes the files that were asked for, as far as it can.
func (a *app) write(run planner, rep *report.Report, o syncOptions) error {
	var plan error
	if o.out != "" && rep.Outcome != report.Failed && rep.Outcome != report.Interrupted {
		plan = a.writePlan(run, rep, o)
	}
	return errors.Join(plan, a.writePage(*rep, o))
}

// writePage writes a report as a page.
func (a *app) writePage(rep report.Report, o syncOptions) error {
	if o.html == "" {
		return nil
	}
	var b bytes.Buffer
	err := report.HTML(&b, rep)
	if err == nil {
		err = writeFile(o.html, b.Bytes())
	}
	if err != nil {
		return &fileError{"--html " + o.html, err}
	}
	return nil
}

func (a *app) textOptions(cfg config.Config, full bool) report.TextOptions {
	return report.TextOptions{Color: a.look.outColor(), Width: a.look.reportWidth(), Full: cfg.Debug || full, Calls: cfg.CacheMetrics}
}

// print writes the report to stdout. Its last line says what happened; where
// stdout is for programs, that line goes to stderr.
func (a *app) print(rep report.Report, cfg config.Config, full bool) error {
	var b bytes.Buffer
	var err error
	switch cfg.Output {
	case config.OutputJSON:
		err = report.JSON(&b, rep)
	case config.OutputMarkdown:
		err = report.Markdown(&b, rep)
	default:
		a.told = a.look.out > 0 && a.look.err > 0
		if rep.Err != nil && !isA[*planfile.StaleError](rep.Err) { // which has nothing but what has changed to tell
			rep.Err = errors.New(dissect(rep.Err).text) // the rest is for stderr
		}
		err = report.Text(&b, rep, a.textOptions(cfg, full))
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, _ = a.stdout.Write(b.Bytes()) // a sink keeps its error for the end
	if cfg.Output != config.OutputText && rep.Outcome != report.Failed {
		a.last = report.Line(rep)
	}
	return nil
}
