// Package cli is the command line of ssosync: it reads what the operator typed,
// has the run made and done by others, and says what came of it. It decides
// nothing about users and groups, and reaches the system only through its Env.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"runtime/debug"
	"syscall"

	"ssosync/internal/config"
	"ssosync/internal/console"
	"ssosync/internal/report"
)

// An Env is everything that a command has to do with. Stdout and Stderr are
// required; all else is the operating system's if it is not given.
type Env struct {
	Stdout, Stderr io.Writer
	Environ        []string // as os.Environ returns it
	Executable     string   // how the program was called: "ssosync"

	ReadFile func(name string) ([]byte, error)
	// ReadPlan reads a plan, which may be larger than a file of settings.
	ReadPlan func(name string) ([]byte, error)
	// Stdin is where people answer, if Interactive says that there are any.
	Stdin       io.Reader
	Interactive func() bool
	// ReadSecret reads a line from Stdin that does not show.
	ReadSecret func(ctx context.Context) (string, error)
	// Columns returns how wide the terminal is that w writes to, 0 if it does
	// not write to one.
	Columns func(w io.Writer) int
	// Base carries all requests, of both sides.
	Base http.RoundTripper
	// BuildInfo is what the program knows of its own making.
	BuildInfo func() (*debug.BuildInfo, bool)
}

// Main does what args, without the program's name, ask for, and returns the
// exit code: see [ExitCodes]. When ctx ends, a run starts nothing new, finishes
// what is under way, and is reported.
func Main(ctx context.Context, args []string, env Env) (exitCode int) {
	a := newApp(env)
	defer log.SetOutput(io.Discard)
	err := a.run(ctx, args)
	if e := a.stdout.Err(); e != nil && !errors.Is(e, syscall.EPIPE) {
		err = errors.Join(err, &outputError{e})
	}
	a.explain(ctx, err)
	return exitCodeOf(err)
}

// An app is one call of the program.
type app struct {
	env     Env
	stdout  *console.Sink // data
	stderr  *console.Sink // what people read along the way
	look    look
	log     *slog.Logger     // to stderr; replaced once the configuration is known
	pending []config.Warning // of the command line
	json    bool             // stderr holds JSON lines only
	told    bool             // who reads stderr has just read on stdout what happened
	last    string           // what happened, for stderr to end with
}

func newApp(env Env) *app {
	env = env.withDefaults()
	a := &app{env: env, stdout: console.NewSink(env.Stdout), stderr: console.NewSink(env.Stderr), look: lookOf(env)}
	a.keep(console.Variables(env.Environ)...)
	a.useLogger(config.LogText, slog.LevelInfo)
	return a
}

// run parses and does. It is the only place that has an opinion of how a
// command line becomes a command.
func (a *app) run(ctx context.Context, args []string) error {
	root := a.root() //nolint:contextcheck // cobra hands the context on.
	args, warnings, err := arrange(root, args)
	a.pending = warnings
	if err != nil {
		a.warn(nil)
		return &configurationError{what: "command line", problems: flatten(err)}
	}
	root.SetArgs(args)
	return stopped(ctx, root.ExecuteContext(ctx))
}

// warn logs what has been put off until there is the right logger, and more.
func (a *app) warn(more []config.Warning) {
	for _, w := range append(a.pending, more...) {
		a.log.Warn(visible(w.Text)) //nolint:sloglint // The texts are config's own.
	}
	a.pending = nil
}

// stopped makes an error that the end of ctx has brought about one that says so.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) || errors.Is(err, report.ErrInterrupted) {
		return err
	}
	return fmt.Errorf("%w: %w", report.ErrInterrupted, context.Cause(ctx))
}
