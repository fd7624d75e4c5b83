package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/pflag"

	"ssosync/internal/config"
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

// load reads the configuration, sets up what depends on it, and finds all that
// is wrong with it.
func (a *app) load(flags *pflag.FlagSet) settings {
	var s settings
	var err error
	s.Config, s.sources, s.warnings, err = config.Load(config.Input{Flags: flags, Environ: a.env.Environ, ReadFile: a.env.ReadFile})
	a.hide(s.Config)
	a.setLog(s)
	a.warn(s.warnings)
	own := s.Validate()
	s.problems = flatten(err, own, checkParts(s.Config, own), checkKey(s.Config))
	return s
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
	if cfg.GoogleCredentials.Empty() {
		return nil
	}
	if _, err := auth.ParseKey([]byte(cfg.GoogleCredentials.Reveal())); err != nil {
		return fmt.Errorf("google-credentials: %w", err)
	}
	return nil
}

// hide keeps the secrets of the configuration out of everything that is
// printed from now on. An AWS access key id is none: AWS itself shows it in logs
// and errors. The lines of the private key are secrets each, which in
// the key's file they are not: there it is one line, with its ends escaped.
func (a *app) hide(cfg config.Config) {
	hidden := []secret.String{cfg.AccessToken, cfg.AWSSecretAccessKey, cfg.AWSSessionToken}
	var key struct {
		PrivateKey string `json:"private_key"`
	}
	if json.Unmarshal([]byte(cfg.GoogleCredentials.Reveal()), &key) == nil {
		hidden = append(hidden, secret.New(strings.ReplaceAll(key.PrivateKey, `\n`, "\n")))
	}
	a.keep(hidden...)
}

// keep keeps secrets out of all output.
func (a *app) keep(secrets ...secret.String) {
	a.stdout.hide(secrets...)
	a.stderr.hide(secrets...)
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
	return levelOf(s.LogLevel)
}

// showsProgress reports whether there is somebody to show it to.
func (a *app) showsProgress(s settings) bool {
	return a.look.err > 0 && !a.look.dumb && s.LogFormat == config.LogText && s.sources["log-level"].Layer == config.FromDefault
}
