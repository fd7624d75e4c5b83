package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ssosync/internal/config"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/reconcile"
	"ssosync/internal/report"
)

// errDeclined says that somebody was asked, and said no.
var errDeclined = errors.New("nothing was changed, as you said")

// errUnasked says that somebody has to be asked, and nobody can be.
var errUnasked = errors.New("nothing was changed: there is nobody to ask")

func (a *app) restoreCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "restore RUN | user NAME | group NAME",
		Short: "Give back what a run has taken away",
		Long: "Look up in the journal what a run has taken away, or what the last run that took something from a user\n" +
			"or a group did, and give it back: memberships, names, activation. A group that was made anew in Google is\n" +
			"linked to its old self in Identity Center, so that its permission sets stay. It shows what it will do,\n" +
			"and asks. If Google still says otherwise, the next sync takes it away again: the report tells.",
		Example:           "  ssosync restore group \"AWS Admins\"\n  ssosync restore user leo@example.com --yes\n  ssosync restore latest --dry-run",
		Args:              operands(1, 2, restoreWants),
		ValidArgsFunction: completeFirst("user", "group", journal.Latest),
		RunE: func(cmd *cobra.Command, args []string) error {
			scope, err := scopeOf(args)
			if err != nil {
				return err
			}
			return a.errand(cmd.Context(), cmd.Flags(), o, func(ctx context.Context, run runner) (report.Report, error) {
				rep, err := run.Restore(ctx, scope)
				return rep, unknownRun(rep, err)
			})
		},
	}
	a.asking(cmd, &o)
	return cmd
}

const (
	restoreWants = "restore wants a RUN, or latest, or user NAME, or group NAME; a name with blanks stands between quotes"
	relinkWants  = "relink wants user NAME or group NAME; a name with blanks stands between quotes"
)

// unknownRun says that it is the command line which is wrong if the journal does
// not know what was asked for, or knows more than one.
func unknownRun(rep report.Report, err error) error {
	known := errors.Is(err, reconcile.ErrNoJournal) || errors.Is(err, reconcile.ErrNothingLost) || errors.Is(err, journal.ErrDamaged)
	if err == nil || known || !rep.Started.IsZero() {
		return err
	}
	return commandLineError(err)
}

func scopeOf(args []string) (journal.Scope, error) {
	switch {
	case len(args) == 1 && args[0] != string(identity.KindUser) && args[0] != string(identity.KindGroup):
		return journal.Scope{Run: args[0]}, nil
	case len(args) == 2 && args[0] == string(identity.KindUser):
		return journal.Scope{User: args[1]}, nil
	case len(args) == 2 && args[0] == string(identity.KindGroup):
		return journal.Scope{Group: args[1]}, nil
	}
	return journal.Scope{}, commandLineError(errors.New(restoreWants))
}

func (a *app) relinkCommand() *cobra.Command {
	var o syncOptions
	var separate toggle
	cmd := &cobra.Command{
		Use:   "relink user|group NAME",
		Short: "Settle whose a re-used address or group name is",
		Long: "An address, or the name of a group, belongs to another id in Google than in Identity Center: the account\n" +
			"or the group was made anew, or the address was given to somebody else. ssosync does not guess. By default\n" +
			"they are taken for one: what is in Identity Center is linked to the new id, with all that it has. With\n" +
			"--separate they are two: the old user loses access and gives the name up, and the next sync makes another.",
		Example:           "  ssosync relink user eva@example.com\n  ssosync relink user eva@example.com --separate\n  ssosync relink group \"AWS Admins\"",
		Args:              operands(2, 2, relinkWants),
		ValidArgsFunction: completeFirst("user", "group"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind := identity.Kind(args[0])
			if kind != identity.KindUser && kind != identity.KindGroup {
				return commandLineError(errors.New(relinkWants))
			}
			link := reconcile.Relink{Kind: kind, Name: args[1], Separate: bool(separate)}
			return a.errand(cmd.Context(), cmd.Flags(), o, func(ctx context.Context, run runner) (report.Report, error) { return run.Relink(ctx, link) })
		},
	}
	a.asking(cmd, &o)
	addToggle(cmd, &separate, "separate", "", "they are two: the old one loses access and gives the name up")
	return cmd
}

// asking gives a command what those have that show a plan and ask.
func (a *app) asking(cmd *cobra.Command, o *syncOptions) {
	o.ask = true
	settingsFlags(cmd)
	addFull(cmd, o)
	addHTML(cmd, o)
	addToggle(cmd, &o.yes, "yes", "y", "do it without asking")
}

// confirm shows what a run is about to do and asks whether it should. Where
// stdout is for programs, they get one report, and people read theirs on stderr.
func (a *app) confirm(s settings, o syncOptions, stop func()) func(context.Context, report.Report) error {
	return func(ctx context.Context, rep report.Report) error {
		if bool(o.yes) {
			return nil
		}
		stop()
		rep.DryRun, rep.Outcome, rep.Run = true, report.Planned, ""
		if !a.env.Interactive() {
			return errors.Join(errUnasked, a.print(rep, s.Config, bool(o.full)))
		}
		to := a.stdout
		if s.Output != config.OutputText {
			to = a.stderr
		}
		if err := report.Text(to, rep, a.textOptions(s.Config, bool(o.full))); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		_, _ = io.WriteString(a.stderr, "Do it? [y/N] ") // a sink drops what nobody reads
		answer, err := readLine(ctx, a.env.Stdin)
		if err != nil {
			return err
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return errDeclined
		}
		return nil
	}
}

// readLine reads a line, unless ctx ends first.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	got := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(io.LimitReader(r, 1024)).ReadString('\n')
		got <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
	case l := <-got:
		if l.err != nil && !errors.Is(l.err, io.EOF) {
			return "", fmt.Errorf("read the answer: %w", l.err)
		}
		return l.text, nil
	}
}
