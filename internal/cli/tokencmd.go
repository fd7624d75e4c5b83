package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
	"ssosync/internal/wire"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Show whether AWS takes the SCIM access token, and how long it lives",
		Long: "Ask AWS whether it takes the SCIM access token and the one in reserve, and show how old they are and how\n" +
			"many days are left. AWS tells nobody when a token was made: --access-token-created does, or else the\n" +
			"secret that holds it, which was written on that day or later.",
		Example: "  ssosync token\n  ssosync token rotate",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.token(cmd.Context(), cmd.Flags()) },
	}
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the SCIM access token, step by step and without a gap",
		Long: "Walk through the replacement of the SCIM access token: make a second one in the console, try it, put it\n" +
			"in place, and delete the first. AWS has no API for making one. Nothing that is typed here is kept.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.rotateToken(cmd.Context(), cmd.Flags()) },
	}
	settingsFlags(cmd)
	settingsFlags(rotate)
	cmd.AddCommand(rotate)
	return cmd
}

// A tokenRow is what is known about one token.
type tokenRow struct {
	Setting  string `json:"setting"`
	From     string `json:"from"`
	Accepted bool   `json:"accepted"`
	Problem  string `json:"problem,omitempty"`
	Made     string `json:"made,omitempty"` // a day, UTC; that of the setting, or of the secret
	Days     int    `json:"days,omitempty"` // since then
	refused  bool
	Ends     string `json:"ends,omitempty"` // a day, UTC
	// Sure is false if Ends is the latest day that it can be.
	Sure     bool `json:"sure,omitempty"`
	DaysLeft *int `json:"daysLeft,omitempty"` // less than zero: that day is past
}

// noMarkdown refuses a form that a command does not have.
func noMarkdown(s settings, command string) error {
	if s.Output != config.OutputMarkdown {
		return nil
	}
	return commandLineError(&config.Error{Option: "output", Text: command + " has no markdown", Hint: "--output is text or json"})
}

// onlyToken drops the problems of settings that have nothing to do with asking
// the SCIM endpoint.
func onlyToken(s settings) settings {
	s.problems = slices.DeleteFunc(s.problems, func(err error) bool {
		e, ok := errors.AsType[*config.Error](err)
		return !ok || !slices.Contains([]string{"", "endpoint", "access-token", "access-token-fallback", "access-token-created", "config", "env-file", "output"}, e.Option)
	})
	return s
}

func (a *app) token(ctx context.Context, flags *pflag.FlagSet) error {
	s := onlyToken(a.load(ctx, flags))
	if err := errors.Join(s.err(), noMarkdown(s, "token")); err != nil {
		return err
	}
	row, err := a.tokenRow(ctx, s, "access-token", s.AccessToken)
	rows := []tokenRow{row}
	if end, sure := s.TokenEnd(); !end.IsZero() {
		left := config.DaysLeft(end, time.Now())
		rows[0].Ends, rows[0].Sure, rows[0].DaysLeft = end.UTC().Format(time.DateOnly), sure, &left
		made := end.AddDate(-1, 0, 0)
		rows[0].Made, rows[0].Days = made.UTC().Format(time.DateOnly), config.DaysLeft(time.Now(), made)
	}
	if !s.FallbackToken.Empty() {
		second, err2 := a.tokenRow(ctx, s, "access-token-fallback", s.FallbackToken)
		rows = append(rows, second)
		if err2 != nil && !errors.Is(err2, iic.ErrUnauthorized) {
			err = errors.Join(err, err2)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := a.printTokens(s, rows); err != nil {
		return err
	}
	return err
}

// tokenRow asks about one token.
func (a *app) tokenRow(ctx context.Context, s settings, setting string, token secret.String) (tokenRow, error) {
	row := tokenRow{Setting: setting, From: s.sources[setting].String()}
	err := a.ping(ctx, s, token)
	row.Accepted, row.refused = err == nil, errors.Is(err, iic.ErrUnauthorized)
	if err != nil {
		row.Problem = visible(dissect(err).text)
	}
	return row, err
}

func (a *app) ping(ctx context.Context, s settings, token secret.String) error {
	a.keep(token)
	return wire.Ping(ctx, s.Config, wire.Options{Version: a.version(), Log: a.log, Base: a.transport()}, token) //nolint:wrapcheck // It says it all.
}

func (a *app) printTokens(s settings, rows []tokenRow) error {
	var b bytes.Buffer
	if s.Output == config.OutputJSON {
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(struct {
			Host   string     `json:"host"`
			Tokens []tokenRow `json:"tokens"`
		}{hostOf(s.Endpoint), rows}); err != nil {
			return fmt.Errorf("write the tokens: %w", err)
		}
	} else {
		fmt.Fprintf(&b, "SCIM access to %s\n", hostOf(s.Endpoint))
		for _, r := range rows {
			b.WriteString("  " + r.line() + "\n")
		}
		b.WriteString(tokenHint(rows))
	}
	_, err := a.stdout.Write(b.Bytes())
	return err
}

// line is the row as people read it.
func (r tokenRow) line() string {
	s := "✔ " + r.Setting + ": AWS takes it"
	if !r.Accepted {
		s = "✘ " + r.Setting + ": " + r.Problem
	} else if r.DaysLeft != nil && *r.DaysLeft <= int(config.TokenWarning/(24*time.Hour)) {
		s = "! " + r.Setting + ": AWS takes it"
	}
	s += " (from " + r.From + ")"
	if r.DaysLeft == nil {
		return s
	}
	if r.Sure {
		s += "; made on " + r.Made + ", " + plural(r.Days, "day", "days") + " ago"
	}
	return s + "; " + life(*r.DaysLeft, r.Ends, r.Sure)
}

// life says how long a token lives.
func life(left int, ends string, sure bool) string {
	switch {
	case left < 0:
		return "its year was over on " + ends
	case !sure:
		return fmt.Sprintf("it ends on %s at the latest, in %s: that is a year after the secret was written", ends, plural(left, "day", "days"))
	}
	return fmt.Sprintf("%s left, until %s", plural(left, "day is", "days are"), ends)
}

// tokenHint is what to do, "" if there is nothing.
func tokenHint(rows []tokenRow) string {
	first := rows[0]
	switch {
	case first.DaysLeft != nil && *first.DaysLeft <= int(config.TokenWarning/(24*time.Hour)) || first.refused:
		return "Replace it: ssosync token rotate\n"
	case len(rows) > 1 && rows[1].refused:
		return "Take access-token-fallback away, or put the other token of the directory there.\n"
	case first.DaysLeft == nil:
		return "When it was made is not known. Set access-token-created to that day (SSOSYNC_SCIM_ACCESS_TOKEN_CREATED), and runs\n" +
			"warn from 30 days before its end: it lives for a year, and AWS tells only by mail and in AWS Health.\n"
	}
	return ""
}

// warnToken says in good time that the token is about to end.
func (a *app) warnToken(s settings) {
	end, sure := s.TokenEnd()
	if end.IsZero() || time.Until(end) > config.TokenWarning {
		return
	}
	left := config.DaysLeft(end, time.Now())
	a.log.Warn("the SCIM access token must be replaced: ssosync token rotate", "why", life(left, end.UTC().Format(time.DateOnly), sure))
}

func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}
