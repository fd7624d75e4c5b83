package lambda

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"

	"ssosync/internal/console"
	"ssosync/internal/report"
)

// shown is how many lines there are of each kind in the log, at most.
const shown = 20

// tell logs what nobody would hear of otherwise: a function has no report. What
// was changed, and what failed, has been logged along the way.
func (i *invocation) tell(ctx context.Context, o outcome, r Result) {
	if !o.rep.Started.IsZero() {
		i.tellReport(o)
	}
	if days, ok := tokenDays(o.cfg, i.started); ok && days <= 30 {
		i.log.Warn("the SCIM access token ends soon; make a second one in IAM Identity Center > Settings > Automatic provisioning, and put it into its secret", "days_left", days)
	}
	level, attrs := slog.LevelInfo, []any{"status", r.Status, "code", r.Code, "done", r.Done}
	switch {
	case r.errorType != "":
		level = slog.LevelError
	case r.Code != codeOK:
		level = slog.LevelWarn
	}
	if r.Run != "" {
		attrs = append(attrs, "run", r.Run)
	}
	if o.err != nil {
		attrs = append(attrs, "err", o.err)
	}
	if next := r.remedy + r.Resume; next != "" {
		attrs = append(attrs, "next", next)
	}
	i.log.Log(ctx, level, r.Message, attrs...) //nolint:sloglint // It is one sentence, as on the last line for people.
}

// tellReport logs what a run found that somebody should look at.
func (i *invocation) tellReport(o outcome) {
	for n, w := range o.rep.Warnings {
		if n < shown {
			i.log.Warn("look", "text", w)
		}
	}
	for _, refusal := range o.rep.Refusals {
		i.log.Warn("refused", "guard", refusal.Guard, "text", refusal.Text)
	}
	if len(o.rep.Plan.Conflicts)+len(o.rep.Problems) == 0 {
		return
	}
	d := report.NewDocument(report.Report{Plan: o.rep.Plan, Problems: o.rep.Problems})
	for n, c := range d.Conflicts {
		if n < shown {
			i.log.Warn("conflict", "kind", c.Kind, "name", c.Name, "means", c.Means, "next", c.Remedy)
		}
	}
	for n, p := range d.Problems {
		if n < shown {
			var flaws []string
			for _, f := range p.Flaws {
				flaws = append(flaws, f.Attribute+": "+f.Why)
			}
			i.log.Warn("Identity Center cannot take this", "kind", p.Kind, "name", p.Name, "why", strings.Join(flaws, "; "))
		}
	}
}

// runtimeLog is where the AWS library and net/http log to, past us. What the
// library says of an error has been logged already, and what net/http quotes is
// a server's.
func (f *Function) runtimeLog() io.Writer {
	i := &invocation{Function: f, out: console.NewSink(f.env.Stdout)}
	i.out.Hide(console.Variables(f.env.Environ)...)
	i.useLogger(unsettled(f.env.Environ))
	return runtimeLog{i.log}
}

type runtimeLog struct{ log *slog.Logger }

// Write implements io.Writer.
func (l runtimeLog) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if !json.Valid([]byte(text)) && !strings.HasPrefix(text, "Unsolicited response") {
		l.log.Warn("runtime", "text", text)
	}
	return len(p), nil
}
