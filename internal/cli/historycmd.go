package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"ssosync/internal/apply"
	"ssosync/internal/config"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/reconcile"
)

func (a *app) historyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "history",
		Short:   "List the runs that the journal knows, the newest last",
		Example: "  ssosync history\n  ssosync history show latest\n  ssosync history --output json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.withJournal(cmd, a.history) },
	}
	settingsFlags(cmd)
	show := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show what one run did: its id, the beginning of that, or latest",
		Example: "  ssosync history show latest",
		Args:    operands(1, 1, "history show wants a run: its id, the beginning of that, or latest"),

		ValidArgsFunction: completeFirst(journal.Latest),

		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withJournal(cmd, func(s settings, _ reconcile.Store, log io.Reader) error { return a.showRun(s, log, args[0]) })
		},
	}
	settingsFlags(show)
	cmd.AddCommand(show)
	return cmd
}

func (a *app) history(s settings, _ reconcile.Store, log io.Reader) error {
	runs, err := journal.History(log)
	if err != nil {
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	if s.Output == config.OutputJSON {
		return a.printJSON(runDocuments(runs))
	}
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "RUN\tSTARTED (UTC)\tFOR\tOUTCOME\tBY\tCHANGES") // to a buffer
	for _, r := range runs {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Started.UTC().Format("2006-01-02 15:04"), r.Kind, outcomeOf(r), printable(r.By), changesOf(r))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	_, err = a.stdout.Write(b.Bytes())
	return err
}

func outcomeOf(r journal.RunSummary) string {
	if r.Ended.IsZero() {
		return "no end"
	}
	return printable(r.Outcome)
}

// changesOf counts what a run did, in the order in which it is done.
func changesOf(r journal.RunSummary) string {
	var parts []string
	for _, o := range []struct {
		op        apply.Op
		one, many string
	}{
		{apply.Deactivate, "deactivated", "deactivated"},
		{apply.Leave, "leave", "leaves"},
		{apply.Update, "updated", "updated"},
		{apply.Create, "created", "created"},
		{apply.Join, "join", "joins"},
		{apply.Delete, "deleted", "deleted"},
	} {
		c := r.Counts[o.op]
		if c.Done > 0 {
			parts = append(parts, plural(c.Done, o.one, o.many))
		}
		for _, x := range []struct {
			n    int
			what string
		}{{c.Failed, "failed"}, {c.Skipped, "not tried"}, {c.Unknown, "of unknown end"}} {
			if x.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s %s", x.n, o.op, x.what))
			}
		}
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, ", ")
}

func (a *app) showRun(s settings, log io.Reader, id string) error {
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
	_, err = a.stdout.Write([]byte(runText(run, a.look.out)))
	return err
}

// runText is a run, head first. Lines of the head are broken at so many
// columns, if there are any.
func runText(r journal.RunRecord, columns int) string {
	var b strings.Builder
	ended := "no: it was killed, or is under way"
	if !r.Ended.IsZero() {
		ended = stamp(r.Ended) + ", " + r.Outcome
	}
	approved := ""
	if p := r.Approval; p != nil {
		approved = fmt.Sprintf("by %s on %s: %s (lifts the %s)", p.By, stamp(p.At), p.Reason, guards(p.Guards))
	}
	for _, x := range []struct{ name, value string }{
		{"run", r.ID},
		{"for", fmt.Sprintf("%s, ssosync %s", r.Kind, r.Version)},
		{"by", fmt.Sprintf("%s, process %d", r.By, r.PID)},
		{"started", stamp(r.Started)},
		{"ended", ended},
		{"error", r.Err},
		{"plan", r.Plan},
		{"accepted", join(r.Accepted)},
		{"approved", approved},
		{"changes", changesOf(r.RunSummary)},
	} {
		if x.value != "" {
			b.WriteString(wrap(fmt.Sprintf("%-9s ", x.name), strings.Repeat(" ", 10), x.value, columns))
		}
	}
	takes := false
	for i, c := range r.Changes {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(visible(changeText(c)))
		takes = takes || c.Status != journal.Skipped && (c.Op == apply.Leave || c.Op == apply.Deactivate || c.Op == apply.Delete)
	}
	if takes {
		b.WriteString("\nGive back what it took: ssosync restore " + r.ID + "\n")
	}
	return b.String()
}

// changeText is one change, with what it rests on and what it was before.
func changeText(c journal.Change) string {
	what := string(c.Kind) + " " + c.Name
	if c.GroupName != "" {
		what = c.Name + " – " + c.GroupName
	}
	lines := []string{fmt.Sprintf("%-8s %-10s %s (%s)", c.Status, c.Op, what, c.Cause)}
	if c.Evidence.Text != "" {
		lines = append(lines, c.Evidence.Text)
	}
	for _, f := range fieldsOf(c) {
		lines = append(lines, fmt.Sprintf("%s: %s → %s", f[0], printable(f[1]), printable(f[2])))
	}
	if c.Err != "" {
		lines = append(lines, c.Err)
	}
	return strings.Join(lines, "\n           ") + "\n"
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
	if b, n := c.Before.User.Active, c.After.User.Active; b != n {
		fields = append(fields, [3]string{"active", strconv.FormatBool(b), strconv.FormatBool(n)})
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

func count(n int, thing string) string { return plural(n, thing, thing+"s") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// guards names them.
func guards(names []string) string {
	if len(names) == 1 {
		return "guard " + names[0]
	}
	return "guards " + join(names)
}
