package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/journal"
	"ssosync/internal/ledger"
	"ssosync/internal/reconcile"
	"ssosync/internal/wire"
)

// errJournal says that the journal is not what was written.
var errJournal = errors.New("the journal is not what was written")

func (a *app) journalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "journal", Short: "Check the journal of what every run did"}
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check that the journal is what was written, line by line",
		Long: "Read the whole journal and check the chain of its lines, and, with the ledger as a witness, that none\n" +
			"is missing at the end.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.withJournal(cmd, a.verifyJournal) },
	}
	settingsFlags(verify)
	cmd.AddCommand(verify)
	return cmd
}

// withJournal does something with the journal of the target that the
// configuration names.
func (a *app) withJournal(cmd *cobra.Command, do func(s settings, store reconcile.Store, log io.Reader) error) error {
	s := a.loadForState(cmd.Context(), cmd.Flags())
	if err := s.err(); err != nil {
		return err
	}
	store, err := a.mustStore(cmd.Context(), s)
	if err != nil {
		return err
	}
	log, err := store.ReadLog(reconcile.JournalFile)
	switch {
	case isNone(err):
		return reconcile.ErrNoJournal
	case err != nil:
		return &configurationError{what: "configuration", problems: []error{&config.Error{Option: "state", Text: err.Error()}}}
	}
	return errors.Join(do(s, store, log), log.Close())
}

// loadForState reads the configuration for commands that reach nobody: only
// which target it is has to be known.
func (a *app) loadForState(ctx context.Context, flags *pflag.FlagSet) settings {
	s := a.load(ctx, flags)
	s.problems = slices.DeleteFunc(s.problems, func(err error) bool {
		e, ok := errors.AsType[*config.Error](err)
		return ok && e.Option != "endpoint" && e.Option != "state" && e.Option != "config" && e.Option != "env-file"
	})
	return s
}

func (a *app) verifyJournal(s settings, store reconcile.Store, log io.Reader) error {
	witness := a.witness(s, store)
	sum, err := journal.Verify(log, witness)
	switch {
	case errors.Is(err, journal.ErrTorn):
		a.log.Warn("the journal has no proper end", "err", visible(err.Error()))
	case err != nil:
		return fmt.Errorf("%w: %w", errJournal, err)
	}
	if s.Output == config.OutputJSON {
		return a.printJSON(newSummaryJSON(sum, witness))
	}
	_, err = a.stdout.Write([]byte(visible(summaryText(sum, witness))))
	return err
}

// witness is what the ledger knows of the journal's end, nothing if it does not
// know.
func (a *app) witness(s settings, store reconcile.Store) journal.Head {
	data, err := store.Read(reconcile.LedgerFile)
	if err == nil {
		var l *ledger.Ledger
		if l, err = ledger.Decode(data, wire.TargetID(s.Endpoint)); err == nil {
			return journal.Head(l.Head)
		}
	}
	if !isNone(err) {
		a.log.Warn("the ledger cannot be read, and is no witness", "err", visible(err.Error()))
	}
	return journal.Head{}
}

func summaryText(sum journal.Summary, witness journal.Head) string {
	var b strings.Builder
	fmt.Fprintf(&b, "OK: %s of %s", count(sum.Records, "record"), count(sum.Runs, "run"))
	if sum.Records > 0 {
		fmt.Fprintf(&b, ", from %s to %s\nhead: %s", stamp(sum.First), stamp(sum.Last), sum.Head.Hash)
	}
	b.WriteString("\n")
	if witness == (journal.Head{}) {
		b.WriteString("no ledger says where it ends: records may be missing there\n")
	}
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
	return b.String()
}
