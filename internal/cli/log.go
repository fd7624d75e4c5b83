package cli

import (
	"log"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"

	"ssosync/internal/config"
	"ssosync/internal/console"
)

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
	plain := &slog.HandlerOptions{Level: level, ReplaceAttr: console.LogrusNames}
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
