package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/apply"
	"ssosync/internal/config"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/ledger"
	"ssosync/internal/reconcile"
	"ssosync/internal/wire"
)

// errJournal says that the journal is not what was written.
var errJournal = errors.New("the journal does not hold")

func (a *app) journalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "journal", Short: "Check the journal of what every run did"}
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check that the journal is what was written, line by line",
		Long: "Read the whole journal and check the chain of its lines, and, with the ledger as a witness, that none\n" +
			"is missing at the end.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.verifyJournal(cmd) },
	}
	settingsFlags(verify)
	cmd.AddCommand(verify)
	return cmd
}

// openJournal opens the journal of the target that the configuration names.
func (a *app) openJournal(cmd *cobra.Command) (settings, reconcile.Store, io.ReadCloser, error) {
	s := a.loadForState(cmd.Flags())
	if err := s.err(); err != nil {
		return s, nil, nil, err
	}
	store, err := a.mustStore(s)
	if err != nil {
		return s, nil, nil, err
	}
	log, err := store.ReadLog(reconcile.JournalFile)
	if isNone(err) {
		err = reconcile.ErrNoJournal
	}
	return s, store, log, err
}

// loadForState reads the configuration for commands that reach nobody: only
// which target it is has to be known.
func (a *app) loadForState(flags *pflag.FlagSet) settings {
	s := a.load(flags)
	s.problems = slices.DeleteFunc(s.problems, func(err error) bool {
		e, ok := errors.AsType[*config.Error](err)
		return ok && e.Option != "endpoint" && e.Option != "state" && e.Option != "config" && e.Option != "env-file"
	})
	return s
}

func (a *app) verifyJournal(cmd *cobra.Command) error {
	s, store, log, err := a.openJournal(cmd)
	if err != nil {
		return err
	}
	defer log.Close()
	var witness journal.Head
	data, err := store.Read(reconcile.LedgerFile)
	if err == nil {
		l, bad := ledger.Decode(data, wire.TargetID(s.Endpoint))
		if bad != nil {
			a.log.Warn("the ledger is no witness: it is damaged", "err", visible(bad.Error()))
		} else {
			witness = journal.Head(l.Head)
		}
	}
	sum, err := journal.Verify(log, witness)
	switch {
	case errors.Is(err, journal.ErrTorn):
		a.log.Warn(visible(err.Error()))
	case err != nil:
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "OK: %s in %s", count(sum.Records, "record"), count(sum.Runs, "run"))
	if sum.Records > 0 {
		fmt.Fprintf(&b, ", from %s to %s, head %.12s", stamp(sum.First), stamp(sum.Last), sum.Head.Hash)
	}
	b.WriteString("\n")
	for _, id := range sum.Killed {
		fmt.Fprintf(&b, "run %s did not end: it was killed, or is under way\n", id)
	}
	for _, r := range sum.Recovered {
		if r.Aside != "" {
			fmt.Fprintf(&b, "%s: this journal follows a damaged one, kept as %s (%s)\n", stamp(r.At), r.Aside, r.Why)
			continue
		}
		fmt.Fprintf(&b, "%s: %d bytes of an unfinished line were cut off\n", stamp(r.At), r.Bytes)
	}
	_, err = a.stdout.Write([]byte(visible(b.String())))
	return err
}

func (a *app) historyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the runs that the journal knows",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.history(cmd) },
	}
	settingsFlags(cmd)
	show := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show what one run did: its id, the beginning of that, or latest",
		Example: "  ssosync history show latest",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.showRun(cmd, args[0]) },
	}
	settingsFlags(show)
	cmd.AddCommand(show)
	return cmd
}

func (a *app) history(cmd *cobra.Command) error {
	s, _, log, err := a.openJournal(cmd)
	if err != nil {
		return err
	}
	defer log.Close()
	runs, err := journal.History(log)
	if err != nil {
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	if s.Output == config.OutputJSON {
		return a.printJSON(runDocuments(runs))
	}
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "RUN\tSTARTED\tFOR\tBY\tOUTCOME\tCHANGES") // to a buffer
	for _, r := range runs {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, stamp(r.Started), r.Kind, printable(r.By), outcomeOf(r), changesOf(r))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	_, err = a.stdout.Write(b.Bytes())
	return err
}

func outcomeOf(r journal.RunSummary) string {
	if r.Ended.IsZero() {
		return "did not end"
	}
	return printable(r.Outcome)
}

// changesOf counts what a run did, in the order in which it is done.
func changesOf(r journal.RunSummary) string {
	var parts []string
	for _, op := range []apply.Op{apply.Create, apply.Update, apply.Deactivate, apply.Delete, apply.Join, apply.Leave} {
		c := r.Counts[op]
		for _, x := range []struct {
			n    int
			what string
		}{{c.Done, ""}, {c.Failed, " failed"}, {c.Skipped, " not tried"}, {c.Unknown, " unknown"}} {
			if x.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s%s", x.n, op, x.what))
			}
		}
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, ", ")
}

func (a *app) showRun(cmd *cobra.Command, id string) error {
	s, _, log, err := a.openJournal(cmd)
	if err != nil {
		return err
	}
	defer log.Close()
	run, err := journal.Show(log, id)
	if _, damaged := errors.AsType[*journal.DamagedError](err); damaged {
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	if err != nil {
		return commandLineError(err)
	}
	if s.Output == config.OutputJSON {
		return a.printJSON(runDocument(run))
	}
	_, err = a.stdout.Write([]byte(visible(runText(run))))
	return err
}

func runText(r journal.RunRecord) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run       %s\nfor       %s, ssosync %s\nby        %s, process %d\nstarted   %s\n", r.ID, r.Kind, r.Version, r.By, r.PID, stamp(r.Started))
	if r.Ended.IsZero() {
		b.WriteString("ended     no: it was killed, or is under way\n")
	} else {
		fmt.Fprintf(&b, "ended     %s, %s\n", stamp(r.Ended), r.Outcome)
	}
	for _, x := range []struct{ name, value string }{{"error", r.Err}, {"plan", r.Plan}, {"accepted", join(r.Accepted)}} {
		if x.value != "" {
			fmt.Fprintf(&b, "%-9s %s\n", x.name, x.value)
		}
	}
	if r.Approval != nil {
		fmt.Fprintf(&b, "approved  by %s on %s: %s (lifts %s)\n", r.Approval.By, stamp(r.Approval.At), r.Approval.Reason, join(r.Approval.Guards))
	}
	for _, c := range r.Changes {
		b.WriteString("\n" + changeText(c))
	}
	return b.String()
}

// changeText is one change, with what it rests on and what it was before.
func changeText(c journal.Change) string {
	what := string(c.Kind) + " " + c.Name
	if c.GroupName != "" {
		what = c.Name + " – " + c.GroupName
	}
	line := fmt.Sprintf("%-8s %-10s %s (%s)\n", c.Status, c.Op, what, c.Cause)
	if c.Evidence.Text != "" {
		line += "           " + c.Evidence.Text + "\n"
	}
	for _, f := range fieldsOf(c) {
		line += fmt.Sprintf("           %s: %s → %s\n", f[0], printable(f[1]), printable(f[2]))
	}
	if c.Err != "" {
		line += "           " + c.Err + "\n"
	}
	return line
}

// fieldsOf returns the attributes that an update changed: name, before, after.
func fieldsOf(c journal.Change) [][3]string {
	if c.Op != apply.Update && c.Op != apply.Deactivate {
		return nil
	}
	var fields [][3]string
	if c.Kind == identity.KindGroup {
		if b, n := c.Before.Group, c.After.Group; b.Name != n.Name {
			fields = append(fields, [3]string{"displayName", b.Name, n.Name})
		}
		return fields
	}
	for _, at := range identity.Attrs {
		if b, n := *at.Field(&c.Before.User), *at.Field(&c.After.User); b != n {
			fields = append(fields, [3]string{at.Name, b, n})
		}
	}
	return fields
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func join(names []string) string { return strings.Join(names, ", ") }

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
