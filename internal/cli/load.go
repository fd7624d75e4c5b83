package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/console"
	"ssosync/internal/secret"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/wire"
)

// A configurationError is everything that is wrong with what the operator gave
// us, found before anything was sent.
type configurationError struct {
	what     string // "configuration", "command line"
	problems []error
}

func (e *configurationError) Error() string {
	texts := make([]string, len(e.problems))
	for i, p := range e.problems {
		texts[i] = p.Error()
	}
	return e.what + ": " + strings.Join(texts, "; ")
}

func (e *configurationError) Unwrap() []error { return e.problems }

// settings are a configuration and how it came about.
type settings struct {
	config.Config
	sources  config.Sources
	warnings []config.Warning
	problems []error
}

// err returns a *configurationError if anything is wrong.
func (s settings) err() error {
	if len(s.problems) == 0 {
		return nil
	}
	return &configurationError{what: "configuration", problems: s.problems}
}

// load reads the configuration and what it refers to, sets up what depends on
// it, and finds all that is wrong with it.
func (a *app) load(ctx context.Context, flags *pflag.FlagSet) settings {
	s := a.read(flags, a.lookup(ctx))
	if err := context.Cause(ctx); err != nil {
		s.problems = []error{err} // whatever was not found, was not looked for
	}
	return s
}

// read is load, with lookup as the way to what the configuration refers to; nil
// leaves that where it is.
func (a *app) read(flags *pflag.FlagSet, lookup func(config.Config, secret.Reference) (config.Found, error)) settings {
	var s settings
	var err error
	s.Config, s.sources, s.warnings, err = config.Load(config.Input{Flags: flags, Environ: a.env.Environ, ReadFile: a.env.ReadFile, Lookup: lookup})
	a.keep(console.Settings(s.Config)...)
	a.setLog(s)
	a.warn(s.warnings)
	own := s.Validate()
	s.problems = flatten(err, own, checkParts(s.Config, own), checkKey(s.Config))
	return s
}

// lookup fetches what a configuration refers to.
func (a *app) lookup(ctx context.Context) func(config.Config, secret.Reference) (config.Found, error) {
	return wire.Lookup(ctx, wire.LookupOptions{
		Getenv: func(name string) (string, bool) {
			value := variable(a.env.Environ, name)
			return value, value != ""
		},
		ReadFile: a.env.ReadFile, Base: a.transport(), Log: a.log,
	})
}

// checkParts asks the owners of queries, mappings and limits about what
// config.Config.Validate has not found fault with itself.
func checkParts(cfg config.Config, found error) error {
	for _, err := range flatten(found) {
		p, ok := errors.AsType[*config.Error](err)
		if !ok {
			continue
		}
		switch p.Option {
		case "group-name":
			cfg.GroupName = config.NameOfName
		case "guard":
			cfg.Guards = nil
		case "protect-presets":
			cfg.ProtectPresets = nil
		}
	}
	return wire.Check(cfg)
}

// checkKey reads the Google key, if there is one.
func checkKey(cfg config.Config) error {
	if cfg.GoogleCredentials.Empty() || cfg.GoogleLogin != config.LoginKey {
		return nil
	}
	if _, err := auth.ParseKey([]byte(cfg.GoogleCredentials.Reveal())); err != nil {
		return fmt.Errorf("google-credentials: %w", err)
	}
	return nil
}

// keep keeps secrets out of all output.
func (a *app) keep(secrets ...secret.String) {
	a.stdout.Hide(secrets...)
	a.stderr.Hide(secrets...)
}

// setLog makes the logger that the configuration asks for.
func (a *app) setLog(s settings) {
	a.json = s.LogFormat == config.LogJSON
	a.useLogger(s.LogFormat, a.logLevel(s))
}

// logLevel is what was asked for. People at a terminal who asked for nothing
// see how the run goes on in one line, and then its report, so that they need
// no line for each change.
func (a *app) logLevel(s settings) slog.Level {
	if a.showsProgress(s) {
		return slog.LevelWarn
	}
	return console.LevelOf(s.LogLevel)
}

// showsProgress reports whether there is somebody to show it to.
func (a *app) showsProgress(s settings) bool {
	return a.look.err > 0 && !a.look.dumb && s.LogFormat == config.LogText && s.sources["log-level"].Layer == config.FromDefault
}
