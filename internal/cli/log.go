package cli

import (
	"log"
	"log/slog"
	"strings"
	"time"

	"github.com/lmittmann/tint"

	"ssosync/internal/config"
)

// The levels that slog has no name for. Those above error are of logrus, whose
// names awslabs/ssosync takes: nothing is logged there, so they mean silence.
const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
	levelPanic = slog.LevelError + 8
)

// levelOf returns the level of that name, and info if there is none.
func levelOf(name string) slog.Level {
	switch name {
	case "panic":
		return levelPanic
	case "fatal":
		return levelFatal
	case "error":
		return slog.LevelError
	case "warn":
		return slog.LevelWarn
	case "debug":
		return slog.LevelDebug
	case "trace":
		return levelTrace
	}
	return slog.LevelInfo
}

// useLogger logs like this from now on, and so do libraries that write to the
// standard logger (net/http quotes there what a server sends out of turn), at
// debug level: everything passes the sink, which keeps the secrets in.
func (a *app) useLogger(format string, level slog.Level) {
	a.log = a.newLogger(format, level)
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(a.log.Handler(), slog.LevelDebug).Writer())
}

// newLogger logs to stderr: JSON where it is asked for, colours for people at a
// terminal, and plain lines for files and other programs.
func (a *app) newLogger(format string, level slog.Level) *slog.Logger {
	plain := &slog.HandlerOptions{Level: level, ReplaceAttr: logrusNames}
	switch {
	case format == config.LogJSON:
		return slog.New(slog.NewJSONHandler(a.stderr, plain))
	case a.look.err > 0:
		return slog.New(tint.NewTextHandler(a.stderr, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: !a.look.errColor(),
		}))
	}
	return slog.New(slog.NewTextHandler(a.stderr, plain))
}

// logrusNames writes a line as those who read the logs of awslabs/ssosync
// expect it: levels in lower case, "warning" in full, and times to the second.
func logrusNames(groups []string, at slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return at
	}
	switch v := at.Value.Any().(type) {
	case slog.Level:
		if at.Key == slog.LevelKey {
			at.Value = slog.StringValue(levelName(v))
		}
	case time.Time:
		if at.Key == slog.TimeKey {
			at.Value = slog.StringValue(v.Format(time.RFC3339))
		}
	case time.Duration: // a bare number of nanoseconds says nothing to anybody
		at.Value = slog.StringValue(v.String())
	}
	return at
}

func levelName(l slog.Level) string {
	if l == slog.LevelWarn {
		return "warning"
	}
	return strings.ToLower(l.String())
}
