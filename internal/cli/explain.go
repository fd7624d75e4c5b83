package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ssosync/internal/config"
)

// explain says, as the last thing of all, what went wrong, if anything.
func (a *app) explain(ctx context.Context, err error) {
	switch {
	case err == nil, errors.Is(err, errChanges):
	case a.json:
		a.logError(ctx, err)
	default:
		_, _ = a.stderr.Write([]byte(a.errorText(err))) // a sink drops what nobody reads
	}
	switch {
	case a.last == "":
	case a.json:
		a.record(ctx, slog.LevelInfo, a.last)
	default:
		_, _ = a.stderr.Write([]byte(visible(a.last) + "\n"))
	}
}

// errorText is an error for people. What was wrong with the configuration is
// a list; anything else is a sentence, with cause and remedy below it.
func (a *app) errorText(err error) string {
	var b strings.Builder
	columns := a.look.err // nobody searches a terminal for a line, or reads a log for its layout
	if e, ok := errors.AsType[*configurationError](err); ok {
		fmt.Fprintf(&b, "ssosync: %s:\n", e.title())
		for _, p := range e.problems {
			b.WriteString(wrap("  - ", "    ", p.Error(), columns))
		}
		if missing(e.problems) > 1 {
			b.WriteString("ssosync init asks for what is missing, and writes the settings.\n")
		}
		return b.String()
	}
	x := dissect(err)
	if !a.told {
		b.WriteString(wrap("ssosync: ", "  ", x.text, columns))
	} else if e, ok := errors.AsType[*fileError](err); ok { // of which the report knows nothing
		b.WriteString(wrap("ssosync: ", "  ", e.Error(), columns))
	}
	if x.cause != "" {
		b.WriteString(wrap("  cause:  ", "          ", x.cause, columns))
	}
	if x.remedy != "" {
		b.WriteString(wrap("  remedy: ", "          ", x.remedy, columns))
	}
	return b.String()
}

// missing counts the settings that nobody has made.
func missing(problems []error) int {
	n := 0
	for _, err := range problems {
		if p, ok := errors.AsType[*config.Error](err); ok && p.From == "" && strings.HasSuffix(p.Text, " is missing") {
			n++
		}
	}
	return n
}

func (e *configurationError) title() string {
	if len(e.problems) == 1 {
		return "the " + e.what + " is wrong"
	}
	return fmt.Sprintf("%d things are wrong with the %s", len(e.problems), e.what)
}

// logError is the same for programs.
func (a *app) logError(ctx context.Context, err error) {
	if e, ok := errors.AsType[*configurationError](err); ok {
		for _, p := range e.problems {
			a.record(ctx, slog.LevelError, e.what+": "+p.Error())
		}
		return
	}
	x := dissect(err)
	var attrs []slog.Attr
	for _, at := range []slog.Attr{slog.String("cause", visible(x.cause)), slog.String("remedy", visible(x.remedy))} {
		if at.Value.String() != "" {
			attrs = append(attrs, at)
		}
	}
	a.record(ctx, slog.LevelError, x.text, attrs...)
}

// record logs whatever the level is: how it ended is not a matter of levels.
func (a *app) record(ctx context.Context, level slog.Level, text string, attrs ...slog.Attr) {
	r := slog.NewRecord(time.Now(), level, visible(text), 0)
	r.AddAttrs(attrs...)
	_ = a.log.Handler().Handle(ctx, r) // a sink drops what nobody reads
}

// wrap makes all of a text visible and breaks it into lines at its blanks, if there are columns at all. What has none, such as a list
// of scopes to paste, stays in one piece, and lines of the text stay lines.
func wrap(first, rest, text string, columns int) string {
	var b strings.Builder
	indent := first
	for i, line := range strings.Split(strings.TrimRight(visible(text), "\n"), "\n") {
		if i > 0 && strings.HasPrefix(line, " ") { // drawn, as a caret below a line is
			b.WriteString(rest + line + "\n")
			continue
		}
		at := 0
		for word := range strings.FieldsSeq(line) {
			n := len([]rune(word))
			switch {
			case at == 0:
				b.WriteString(indent + word)
				at = len(indent) + n
			case columns > 0 && at+1+n > columns:
				b.WriteString("\n" + rest + word)
				at = len(rest) + n
			default:
				b.WriteString(" " + word)
				at += 1 + n
			}
		}
		b.WriteString("\n")
		indent = rest
	}
	return b.String()
}
