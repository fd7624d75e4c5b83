package cli

import (
	"github.com/spf13/cobra"

	"ssosync/internal/config"
)

// The commands that are special.
const (
	helpName       = "help"
	completionName = "completion" // cobra's own
)

// root returns the commands. The root itself is a sync, because the command
// lines of awslabs/ssosync have no command.
func (a *app) root() *cobra.Command {
	var version toggle
	root := &cobra.Command{
		Use:   "ssosync",
		Short: "Keep AWS IAM Identity Center like a Google Workspace directory",
		Long: "Keep the users, the groups and the memberships of AWS IAM Identity Center like those of a\n" +
			"Google Workspace directory. Without a command, this is " + `"ssosync sync".`,
		Example:       rootExample,
		SilenceErrors: true, SilenceUsage: true,
	}
	var o syncOptions
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if version {
			return a.printVersion()
		}
		return a.sync(cmd.Context(), cmd.Flags(), o)
	}
	settingsFlags(root)
	addFull(root, &o)
	addHTML(root, &o)
	addToggle(root, &version, "version", "v", "print the version")
	root.AddCommand(a.syncCommand(), a.planCommand(), a.applyCommand(), a.approveCommand(), a.restoreCommand(), a.relinkCommand(),
		a.historyCommand(), a.journalCommand(), a.tokenCommand(), a.doctorCommand(), a.initCommand(), a.configCommand(), a.demoCommand(), a.emulatorCommand(), a.versionCommand(), a.helpCommand())
	root.SetHelpCommand(child(root, helpName))
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.help(cmd) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return &configurationError{what: "command line", problems: []error{flagError(err)}}
	})
	root.InitDefaultCompletionCmd()
	finish(root)
	return root
}

const rootExample = `  ssosync plan                      show what would change, and change nothing
  ssosync                           do it
  ssosync config explain            show where each setting comes from
  ssosync -e "$SCIM_ENDPOINT" -t "$SCIM_TOKEN" -u admin@example.com -c key.json -g 'name:aws-*'`

// settingsFlags gives a command all flags of the configuration.
func settingsFlags(cmd *cobra.Command) {
	config.Flags(cmd.Flags())
	cmd.Flags().SortFlags = false
	for _, o := range config.Options {
		if o.NoFlag {
			continue
		}
		complete := cobra.NoFileCompletions
		switch {
		case len(o.Values) > 0:
			complete = cobra.FixedCompletions(o.Values, cobra.ShellCompDirectiveNoFileComp)
		case o.Group == config.Files || o.Kind == config.KeyFile:
			complete = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return nil, cobra.ShellCompDirectiveDefault
			}
		}
		// It fails only for a flag that is not there or has a completion.
		_ = cmd.RegisterFlagCompletionFunc(o.Name, complete)
	}
}

// addFull lets a command print all of its report.
func addFull(cmd *cobra.Command, o *syncOptions) {
	addToggle(cmd, &o.full, "full", "", "print the whole report: no list of it is cut short")
}

// addHTML lets a command write its report as a page.
func addHTML(cmd *cobra.Command, o *syncOptions) {
	cmd.Flags().StringVar(&o.html, "html", "", "write the report into this `file` as well, as a page that needs nothing else")
}

func (a *app) syncCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Make Identity Center like the directory",
		Long: "Read both sides, decide everything, check it against the guards, and then do it: first take\n" +
			"access away, then give it. A second run finds nothing to do.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.sync(cmd.Context(), cmd.Flags(), o)
		},
	}
	settingsFlags(cmd)
	addFull(cmd, &o)
	addHTML(cmd, &o)
	return cmd
}

func (a *app) planCommand() *cobra.Command {
	o := syncOptions{dryRun: true}
	var expires string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what a sync would do, and write nothing",
		Long: "Read both sides, decide everything, check it against the guards, and show it. It is the same\n" +
			"as ssosync sync --dry-run.",
		Args:    cobra.NoArgs,
		Example: "  ssosync plan --html monday.html\n  ssosync plan --out monday.plan\n  ssosync apply monday.plan",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := expiry(cmd.Flags(), &o, expires); err != nil {
				return err
			}
			return a.sync(cmd.Context(), cmd.Flags(), o)
		},
	}
	settingsFlags(cmd)
	addFull(cmd, &o)
	addHTML(cmd, &o)
	cmd.Flags().StringVar(&o.out, "out", "", "write the plan into this `file`, for ssosync apply")
	cmd.Flags().StringVar(&expires, "expires", keptPlan, "how long the file may be applied, a `time` such as 30m or 7d")
	noCompletion(cmd, "expires")
	addToggle(cmd, &o.detailed, "detailed-exitcode", "", "exit with 2 when there are changes, and 0 only when there are none")
	return cmd
}

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   helpName + " [command]",
		Short: "Show what a command does, and its flags",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, _, rest := descend(cmd.Root(), args)
			if len(rest) > 0 {
				return &configurationError{what: "command line", problems: []error{unknownCommand(about, rest[0])}}
			}
			a.help(about)
			return nil
		},
	}
}
