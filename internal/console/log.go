package console

import (
	"log/slog"
	"strings"
	"time"
)

// The levels that slog has no name for. Those above error are of logrus, whose
// names awslabs/ssosync takes: nothing is logged there, so they mean silence.
const (
	levelTrace = slog.LevelDebug - 4
	levelFatal = slog.LevelError + 4
	levelPanic = slog.LevelError + 8
)

// LevelOf returns the level of that name, and info if there is none.
func LevelOf(name string) slog.Level {
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

// LogrusNames writes a line as those who read the logs of awslabs/ssosync
// expect it: levels in lower case, "warning" in full, and times to the second.
// It is for [slog.HandlerOptions].
func LogrusNames(groups []string, at slog.Attr) slog.Attr {
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
