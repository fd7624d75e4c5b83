package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/planfile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// keptPlan is how long a plan on disk may be carried out, unless somebody says
// otherwise: what is older than a day rests on another day's directory.
const keptPlan = "24h"

// expiry reads until when a plan may be carried out.
func expiry(flags *pflag.FlagSet, o *syncOptions, text string) error {
	d, err := config.ParseTime(text)
	switch {
	case err != nil || d == 0:
		return commandLineError(&config.Error{Text: "--expires is no time such as 30m, 24h or 7d"})
	case o.out == "" && flags.Changed("expires"):
		return commandLineError(&config.Error{Text: "--expires has no effect without --out", Hint: "name the file that the plan is to be written into"})
	}
	o.expires = d
	return nil
}

// writePlan writes a plan down.
func (a *app) writePlan(run planner, rep *report.Report, o syncOptions) error {
	f, err := run.NewFile(*rep, o.expires)
	if err != nil {
		return fmt.Errorf("write the plan down: %w", err)
	}
	data, err := f.Encode()
	if err == nil {
		err = writeFile(o.out, data)
	}
	if err != nil {
		return &fileError{"--out " + o.out, err}
	}
	rep.Saved = report.Saved{ID: f.ID, File: o.out, Expires: f.Expires}
	return nil
}

// A planner makes a file of what it planned.
type planner interface {
	NewFile(rep report.Report, expires time.Duration) (planfile.File, error)
}

// readPlan reads a plan that was written down.
func (a *app) readPlan(name string) (planfile.File, error) {
	data, err := a.env.ReadPlan(name)
	if err != nil {
		return planfile.File{}, planFileError(name, cause(err))
	}
	f, err := planfile.Decode(data)
	if err != nil {
		return planfile.File{}, planFileError(name, errors.Unwrap(err)) // without "decode plan"
	}
	return f, nil
}

// readPlanFile reads a file that may be as large as a plan is.
func readPlanFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // The operator has named it.
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, planfile.MaxBytes+1))
	return data, errors.Join(err, f.Close())
}

// planFileError says that a plan on disk is none, or cannot be what was asked
// of it.
func planFileError(name string, err error) error {
	return &configurationError{what: "plan file", problems: []error{fmt.Errorf("%s: %w", name, err)}}
}

func commandLineError(err error) error {
	return &configurationError{what: "command line", problems: []error{err}}
}

func (a *app) applyCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Carry out a plan that ssosync plan --out has written",
		Long: "Read both sides again. If the plan is still exactly what would be decided, do exactly that; else say\n" +
			"what has changed, and do nothing (exit code 6). What a guard held back is done only if somebody has\n" +
			"approved the plan.",
		Example:           "  ssosync plan --out monday.plan\n  ssosync apply monday.plan",
		Args:              operands(1, 1, "apply wants the file that ssosync plan --out has written: ssosync apply FILE"),
		ValidArgsFunction: completeOneFile,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.applyPlan(cmd, args[0], o) },
	}
	settingsFlags(cmd)
	addFull(cmd, &o)
	addHTML(cmd, &o)
	return cmd
}

func (a *app) applyPlan(cmd *cobra.Command, name string, o syncOptions) error {
	f, err := a.readPlan(name)
	if err != nil {
		return err
	}
	o.saved = report.Saved{ID: f.ID, File: name, Expires: f.Expires}
	return a.errand(cmd.Context(), cmd.Flags(), o, func(ctx context.Context, run runner) (report.Report, error) { return run.Apply(ctx, f) })
}

func (a *app) approveCommand() *cobra.Command {
	var reason, by string
	cmd := &cobra.Command{
		Use:   "approve FILE",
		Short: "Lift the guards that held something back, for one plan",
		Long: "Write into a plan who lets it pass, and why. It lifts the guards that refused something of this plan,\n" +
			"and of no other. What contradicts itself or is not proven cannot be approved. Apply it then.",
		Example: "  ssosync plan --out big.plan\n" +
			"  ssosync approve big.plan --reason \"the Berlin office has closed\"\n" +
			"  ssosync apply big.plan",
		Args:              operands(1, 1, "approve wants the file that ssosync plan --out has written: ssosync approve FILE --reason WHY"),
		ValidArgsFunction: completeOneFile,
		RunE:              func(_ *cobra.Command, args []string) error { return a.approvePlan(args[0], by, reason) },
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why`; it is kept in the plan and in the journal")
	cmd.Flags().StringVar(&by, "by", "", "`who`; by default user@host")
	noCompletion(cmd, "reason", "by")
	return cmd
}

func (a *app) approvePlan(name, by, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return commandLineError(&config.Error{Text: "--reason is missing", Hint: "say why: it is kept in the plan and in the journal"})
	}
	f, err := a.readPlan(name)
	if err != nil {
		return err
	}
	if by == "" {
		by = wire.By()
	}
	if err := f.Approve(by, reason, time.Now()); err != nil {
		return planFileError(name, err)
	}
	data, err := f.Encode()
	if err == nil {
		err = writeFile(name, data)
	}
	if err != nil {
		return fmt.Errorf("approve %s: %w", name, err)
	}
	last := f.Approvals[len(f.Approvals)-1]
	text := fmt.Sprintf("Plan %s is approved by %s: %s\nThis lifts the %s, for this plan only, until %s.\nNext: ssosync apply %s\n",
		f.ID, printable(last.By), printable(last.Reason), guards(last.Guards), f.Expires.UTC().Format("2006-01-02 15:04 UTC"), shellWord(name))
	_, err = a.stdout.Write([]byte(visible(text)))
	return err
}
