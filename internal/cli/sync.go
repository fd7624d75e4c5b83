package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// syncOptions say how a run is to be made, beside its configuration.
type syncOptions struct {
	dryRun   bool   // whatever the configuration says
	detailed toggle // changes are an exit code of their own
	full     toggle // the report is not cut short
}

// sync makes one run and reports it.
func (a *app) sync(ctx context.Context, flags *pflag.FlagSet, o syncOptions) error {
	s := a.load(flags)
	if err := s.err(); err != nil {
		return err
	}
	s.DryRun = s.DryRun || o.dryRun
	progress := a.startProgress(s)
	run, err := wire.Reconciler(s.Config, wire.Options{Version: a.version(), Log: a.log, Base: a.transport(), Progress: progress.step})
	if err != nil {
		progress.stop()
		return &configurationError{what: "configuration", problems: flatten(err)}
	}
	rep, err := run.Run(ctx)
	progress.stop()
	if err := a.print(rep, s.Config, bool(o.full)); err != nil {
		return err
	}
	if err == nil && bool(o.detailed) && !rep.Plan.Empty() {
		return errChanges
	}
	return err
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
		if rep.Err != nil {
			rep.Err = errors.New(dissect(rep.Err).text) // the rest is for stderr
		}
		err = report.Text(&b, rep, report.TextOptions{Color: a.look.outColor(), Width: a.look.reportWidth(), Full: cfg.Debug || full, Calls: cfg.CacheMetrics})
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
