package lambda

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"ssosync/internal/config"
	"ssosync/internal/console"
	"ssosync/internal/wire"
)

// load reads the configuration, logs as it says from then on, and finds all that
// is wrong with it. The Config is worth something even with an error: who is
// told of the failure wants to know which target it is about.
func (i *invocation) load(ctx context.Context, o overrides) (config.Config, error) {
	cfg, sources, warnings, err := config.Load(config.Input{
		Flags: o.flags, Environ: i.env.Environ, ReadFile: i.env.ReadFile, Mode: config.Lambda, Lookup: i.lookup(ctx), Unset: o.unset(),
	})
	i.out.Hide(console.Settings(cfg)...)
	i.useLogger(styleOf(cfg, sources, i.env.Environ))
	for _, w := range warnings {
		i.log.Warn("configuration", "text", inEvent(w.Text))
	}
	all := flatten(err, cfg.Validate(wire.Check))
	if len(o.given["endpoint"]) > 0 && cfg.Endpoint != "" && !isSCIM(cfg.Endpoint) {
		all = append(all, &config.Error{Option: "endpoint", From: fromEvent, Text: "endpoint is not one of AWS", Hint: "copy it from IAM Identity Center > Settings > Automatic provisioning"})
	}
	for _, e := range all {
		if e, ok := e.(*config.Error); ok { //nolint:errorlint // The very one, to say where it is from.
			e.From = inEvent(e.From)
		}
	}
	if names := o.given["accept"]; len(names) > 0 {
		i.log.Warn("the event accepts guards, for this run", "guards", strings.Join(names, ","))
	}
	return cfg, problems("configuration", all...)
}

// inEvent calls a flag what it is here.
func inEvent(text string) string {
	if from, ok := strings.CutPrefix(text, "flag --"); ok {
		return fromEvent + ": " + from
	}
	return strings.ReplaceAll(text, "(from flag --", "(from "+fromEvent+": ")
}

// flatten returns the errors that were joined, each on its own, and each once.
func flatten(errs ...error) []error {
	var all []error
	for _, err := range errs {
		joined, ok := err.(interface{ Unwrap() []error })
		switch {
		case err == nil:
		case ok:
			all = append(all, flatten(joined.Unwrap()...)...)
		case !slices.ContainsFunc(all, func(e error) bool { return e.Error() == err.Error() }):
			all = append(all, err)
		}
	}
	return all
}

// A logStyle is how log lines look.
type logStyle struct {
	text  bool // or else JSON
	level slog.Level
	// aws says that Lambda filters the lines itself: by a level of its own
	// names, and only if it finds a time under its own name (Lambda developer
	// guide: log-level filtering).
	aws bool
}

// styleOf is how to log: as our settings say, or else as Lambda's do.
func styleOf(cfg config.Config, sources config.Sources, environ []string) logStyle {
	s := unsettled(environ)
	if sources["log-format"].Layer != config.FromDefault {
		s.text = cfg.LogFormat == config.LogText
	}
	if sources["log-level"].Layer != config.FromDefault {
		s.level = console.LevelOf(cfg.LogLevel)
	}
	return s
}

// unsettled is how to log before there is a configuration (Lambda developer
// guide: environment variables).
func unsettled(environ []string) logStyle {
	format := variable(environ, "AWS_LAMBDA_LOG_FORMAT")
	return logStyle{
		text: strings.EqualFold(format, "text"), aws: strings.EqualFold(format, "json"),
		level: console.LevelOf(strings.ToLower(variable(environ, "AWS_LAMBDA_LOG_LEVEL"))),
	}
}

// useLogger logs like this from now on.
func (i *invocation) useLogger(s logStyle) {
	o := &slog.HandlerOptions{Level: s.level, ReplaceAttr: console.LogrusNames}
	if s.aws {
		o.ReplaceAttr = awsNames
	}
	var h slog.Handler = slog.NewJSONHandler(i.out, o)
	if s.text {
		h = slog.NewTextHandler(i.out, o)
	}
	i.log = slog.New(h)
	if i.id != "" {
		i.log = i.log.With("requestId", i.id) //nolint:sloglint // AWS's name for it.
	}
}

// awsNames writes a line so that Lambda's own filter understands it as well.
func awsNames(groups []string, at slog.Attr) slog.Attr {
	out := console.LogrusNames(groups, at)
	switch {
	case len(groups) > 0:
	case at.Key == slog.TimeKey && at.Value.Kind() == slog.KindTime:
		// A group without a name is its members.
		out = slog.Attr{Value: slog.GroupValue(slog.String("time", out.Value.String()), slog.String("timestamp", out.Value.String()))}
	case at.Key == slog.LevelKey && out.Value.String() == "warning":
		out.Value = slog.StringValue("warn")
	}
	return out
}
