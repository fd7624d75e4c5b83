package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
)

// help writes what a command does to stdout: it was asked for, and is data.
func (a *app) help(cmd *cobra.Command) {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", text, usageLine(cmd))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == helpName {
				fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
	}
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	for _, g := range flagGroups(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsagesWrapped(width(a.look.out)))
	}
	if !cmd.HasParent() {
		b.WriteString("\nExit codes:\n")
		for _, c := range ExitCodes() {
			b.WriteString(wrap(fmt.Sprintf("  %-4d ", c.Code), "       ", strings.ReplaceAll(c.Meaning, "`", ""), width(a.look.out)))
		}
	}
	_, _ = a.stdout.Write([]byte(b.String())) // a sink keeps its error for the end
}

func usageLine(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	if cmd.HasAvailableSubCommands() {
		line += " [command]"
	}
	if strings.Contains(cmd.Use, " ") {
		line += cmd.Use[strings.IndexByte(cmd.Use, ' '):]
	}
	return line + " [flags]"
}

// ownFlags is the heading of flags that are no settings.
const ownFlags = "Flags"

// A flagGroup is a part of a command's flags.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// flagGroups returns the flags of a command under the headings of the settings;
// those that are no settings come first.
func flagGroups(cmd *cobra.Command) []flagGroup {
	byGroup := map[config.Group]*pflag.FlagSet{}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		into := own
		for _, o := range config.Options {
			if o.Name == f.Name && !o.NoFlag {
				if byGroup[o.Group] == nil {
					byGroup[o.Group] = pflag.NewFlagSet("", pflag.ContinueOnError)
					byGroup[o.Group].SortFlags = false
				}
				into = byGroup[o.Group]
			}
		}
		into.AddFlag(f)
	})
	groups := []flagGroup{{ownFlags, own}}
	for _, g := range []config.Group{config.Google, config.AWS, config.Scope, config.Semantics, config.Guards, config.Output, config.Files} {
		if byGroup[g] != nil {
			groups = append(groups, flagGroup{string(g), byGroup[g]})
		}
	}
	return slices.DeleteFunc(groups, func(g flagGroup) bool { return !g.flags.HasAvailableFlags() })
}
