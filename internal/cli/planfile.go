package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ssosync/internal/planfile"
	"ssosync/internal/report"
	"ssosync/internal/wire"
)

// keptPlan is how long a plan on disk may be carried out, unless somebody says
// otherwise: what is older than a day rests on another day's directory.
const keptPlan = 24 * time.Hour

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
		return fmt.Errorf("write the plan down: %w", err)
	}
	rep.Saved = report.Saved{ID: f.ID, File: o.out, Expires: f.Expires}
	return nil
}

// A planner makes a file of what it planned.
type planner interface {
	NewFile(rep report.Report, expires time.Duration) (planfile.File, error)
}

// writeFile replaces a file that the operator has named, whole or not at all.
// What it says of people is nobody else's business.
func writeFile(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // such as /dev/stdout
		return os.WriteFile(name, data, 0o600)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".ssosync-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what matters is why it is not there
	}
	return err
}

// readPlan reads a plan that was written down.
func (a *app) readPlan(name string) (planfile.File, error) {
	data, err := a.env.ReadPlan(name)
	if err != nil {
		return planfile.File{}, commandLineError(err)
	}
	f, err := planfile.Decode(data)
	if err != nil {
		return planfile.File{}, commandLineError(fmt.Errorf("%s: %w", name, err))
	}
	return f, nil
}

// readPlanFile reads a file that may be as large as a plan is.
func readPlanFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, planfile.MaxBytes+1))
	return data, errors.Join(err, f.Close())
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
		Example: "  ssosync plan --out monday.plan\n  ssosync apply monday.plan",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.applyPlan(cmd, args[0], o) },
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
		Example: `  ssosync approve big.plan --reason "the Berlin office has closed"`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.approvePlan(args[0], by, reason) },
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`why`; it is kept in the plan and in the journal")
	cmd.Flags().StringVar(&by, "by", "", "`who`; by default user@host")
	return cmd
}

func (a *app) approvePlan(name, by, reason string) error {
	f, err := a.readPlan(name)
	if err != nil {
		return err
	}
	if by == "" {
		by = wire.By()
	}
	if err := f.Approve(by, reason, time.Now()); err != nil {
		return commandLineError(fmt.Errorf("approve %s: %w", name, err))
	}
	data, err := f.Encode()
	if err == nil {
		err = writeFile(name, data)
	}
	if err != nil {
		return fmt.Errorf("approve %s: %w", name, err)
	}
	last := f.Approvals[len(f.Approvals)-1]
	text := fmt.Sprintf("Plan %s is approved by %s: %s\nIt lifts %s, for this plan only, until %s.\nNext: ssosync apply %s\n",
		f.ID, last.By, last.Reason, join(last.Guards), f.Expires.Format("2006-01-02 15:04 MST"), name)
	_, err = a.stdout.Write([]byte(visible(text)))
	return err
}
