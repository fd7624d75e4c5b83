package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/doctor"
	"ssosync/internal/reconcile"
	"ssosync/internal/source/google"
	"ssosync/internal/state"
	"ssosync/internal/target/iic"
	"ssosync/internal/wire"
)

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check both sides, and say what is wrong and what to do about it",
		Long: "Check the configuration, Google, AWS and this machine, in the order in which one thing rests on another.\n" +
			"What is wrong comes with its cause and a remedy to copy. It writes nothing, takes few calls and less than a\n" +
			"minute, and exits with 5 when a sync would fail. With --output json, each check has a stable id.",
		Example: "  ssosync doctor\n  ssosync doctor --output json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), cmd.Flags()) },
	}
	settingsFlags(cmd)
	return cmd
}

// A brokenError says that a doctor has found what a sync would fail for. All that
// is to be said of it has been said.
type brokenError struct{ errors, of int }

func (e *brokenError) Error() string {
	return fmt.Sprintf("%d of %s found something that a sync would fail for", e.errors, plural(e.of, "check", "checks"))
}

// doctor makes all checks and prints what they come to. A configuration that is
// wrong is one of the things to tell, and stops none of the checks that do
// without it.
func (a *app) doctor(ctx context.Context, flags *pflag.FlagSet) error {
	s := a.load(ctx, flags)
	o := wire.DoctorOptions{
		Options: wire.Options{Version: a.version(), Log: a.log, Base: a.transport(), By: wire.By()}, Problems: s.problems, Explain: explained,
		Open: func() (reconcile.Store, error) { return a.store(ctx, s, true) },
	}
	o.State, o.NoState = a.stateRoot(s)
	rep := visibly(doctor.Run(ctx, wire.Doctor(s.Config, o)))
	if err := ctx.Err(); err != nil {
		return err
	}
	code := exitOK
	var found error
	if n := rep.Count(doctor.Error); n > 0 {
		code, found = exitConfiguration, &brokenError{errors: n, of: len(rep.Findings)}
	}
	var b bytes.Buffer
	var err error
	if s.Output == config.OutputJSON {
		err = doctor.JSON(&b, rep, code)
	} else {
		err = doctor.Text(&b, rep, doctor.TextOptions{Width: a.look.out, Color: a.look.outColor(), ASCII: asciiOnly(a.env.Environ), Exit: code})
	}
	if err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	a.told = true
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return found
}

// stateRoot is where state is kept, or why there is none.
func (a *app) stateRoot(s settings) (root, why string) {
	switch s.State {
	case "":
		return "", "--state is empty"
	case config.StateAuto:
		root, ok := state.DefaultRoot(func(name string) string { return variable(a.env.Environ, name) })
		if !ok {
			return "", "neither XDG_STATE_HOME nor HOME is set"
		}
		return root, ""
	}
	return s.State, ""
}

// explained takes an error apart, as every command does, with the causes that
// both sides know.
func explained(err error) doctor.Explanation {
	x := dissect(err)
	if e, ok := errors.AsType[*google.Error](err); ok && x.cause == "" {
		x.cause = e.Cause
	}
	if x.cause == "" {
		x.cause = iic.Cause(err)
	}
	return doctor.Explanation{Text: x.text, Cause: x.cause, Remedy: x.remedy}
}

// visibly makes all texts visible: they hold what servers and files say. Lines of
// ours stay, such as those below which a caret is.
func visibly(r doctor.Report) doctor.Report {
	for i, f := range r.Findings {
		f.Fact, f.Cause, f.Remedy = visible(f.Fact), visible(f.Cause), visible(f.Remedy)
		r.Findings[i] = f
	}
	return r
}

// asciiOnly reports whether the locale has no other characters (POSIX.1-2024,
// §8.2: the first of these variables that is set and not empty counts). Where none is set, as
// for services, nobody has asked for that.
func asciiOnly(environ []string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := variable(environ, name); locale != "" {
			charset := strings.ToLower(strings.ReplaceAll(locale, "-", ""))
			return !strings.Contains(charset, "utf8")
		}
	}
	return false
}
