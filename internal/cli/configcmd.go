package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"ssosync/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and check the configuration, without any request"}
	explain := &cobra.Command{
		Use:   "explain",
		Short: "Show each setting, its value, and where it comes from",
		Long: "Show each setting, its value, and where it comes from. Secrets show as [set] or [not set].\n" +
			"It takes the flags of a sync, and shows what they would do.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.explainConfig(cmd) },
	}
	validate := &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration, and print OK or all that is wrong",
		Long: "Check the configuration, and print OK or all that is wrong. It is stricter than a sync in one\n" +
			"point: a variable that begins with SSOSYNC_ and is not known is an error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.validateConfig(cmd) },
	}
	settingsFlags(explain)
	settingsFlags(validate)
	cmd.AddCommand(explain, validate, a.schemaCommand())
	return cmd
}

// explainConfig shows what is in effect even where something is wrong: that is
// when people ask.
func (a *app) explainConfig(cmd *cobra.Command) error {
	s := a.read(cmd.Flags(), nil)
	rows := config.Explain(s.Config, s.sources)
	var b bytes.Buffer
	var err error
	switch s.Output {
	case config.OutputJSON:
		enc := json.NewEncoder(&b)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(rows)
	case config.OutputMarkdown:
		b.WriteString("| option | value | from |\n|---|---|---|\n")
		for _, r := range rows {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.Option), cell(r.Value), cell(r.From))
		}
	default:
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(t, "OPTION\tVALUE\tFROM") // to a buffer
		for _, r := range rows {
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", r.Option, printable(r.Value), r.From)
		}
		err = t.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return err
	}
	return s.err()
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "`", "\\`", "<", `\<`).Replace(printable(s))
}

// printable makes one line of a value, of visible characters: it may come from
// a file that anybody has written.
func printable(s string) string {
	switch {
	case s == "":
		return "–"
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(s)
	}
	return s
}

func (a *app) validateConfig(cmd *cobra.Command) error {
	s := a.read(cmd.Flags(), nil)
	for _, w := range s.warnings {
		if w.Variable != "" {
			s.problems = append(s.problems, &config.Error{Text: w.Text})
		}
	}
	if err := s.err(); err != nil {
		return err
	}
	_, err := a.stdout.Write([]byte("OK\n"))
	return err
}
