package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
)

// Reference returns docs/reference.md: every setting, every command, every exit
// code, each from the table that the program itself goes by.
func Reference() string {
	var b strings.Builder
	b.WriteString(config.Reference())
	b.WriteString("\n## Commands\n\n`ssosync [flags]` is `ssosync sync [flags]`. Flags may come before or after the command.\n")
	root := newApp(Env{Stdout: io.Discard, Stderr: io.Discard, Executable: "ssosync"}).root()
	for _, cmd := range root.Commands() {
		describe(&b, cmd)
	}
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n|--:|---|\n")
	for _, c := range ExitCodes() {
		fmt.Fprintf(&b, "| %d | %s |\n", c.Code, c.Meaning)
	}
	return b.String()
}

// describe writes about a command and what is below it.
func describe(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.IsAvailableCommand() && cmd.Name() != helpName {
		return
	}
	text := cmd.Long
	if text == "" || cmd.Parent().Name() == completionName || cmd.Name() == completionName {
		text = cmd.Short + "."
	}
	fmt.Fprintf(b, "\n### `%s`\n\n%s\n", usageLine(cmd), strings.TrimSpace(text))
	for _, g := range flagGroups(cmd) {
		if g.title == ownFlags {
			b.WriteString(flagTable(g.flags))
		} else {
			b.WriteString("\nIt takes all settings as flags.\n")
			break
		}
	}
	for _, c := range cmd.Commands() {
		describe(b, c)
	}
}

// flagTable returns the flags that are no settings, "" if there are none.
func flagTable(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(f)
		if f.Value.Type() != "bool" {
			name = f.Name + " " + name
		} else {
			name = f.Name
		}
		fmt.Fprintf(&b, "| `--%s` | %s |\n", name, usage)
	})
	if b.Len() == 0 {
		return ""
	}
	return "\n| flag | meaning |\n|---|---|\n" + b.String()
}
