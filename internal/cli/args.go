package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ssosync/internal/config"
)

// arrange makes a command line plain: the command first, and then flags that
// each are one word. Without a command it is that of awslabs/ssosync, which is
// a sync.
func arrange(root *cobra.Command, args []string) ([]string, []config.Warning, error) {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return args, nil, nil // what has been typed so far is cobra's to complete
	}
	cmd, path, rest := descend(root, args)
	if cmd == root {
		if late, ok := lateCommand(root, rest); ok {
			cmd, path, rest = descend(root, late)
		}
	}
	if len(rest) > 0 && cmd.HasAvailableSubCommands() && !strings.HasPrefix(rest[0], "-") {
		return nil, nil, unknownCommand(cmd, rest[0])
	}
	flags, warnings, err := config.RewriteArgs(rest, cmd.Flags(), positional(cmd))
	return append(path, flags...), warnings, err
}

// namesInParts is how many arguments are read where a name may have blanks, so
// that the command itself can say that it has to be between quotes.
const namesInParts = 9

// operands has a command say what it wants, in place of cobra, if it is given
// fewer or more arguments.
func operands(least, most int, want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most || slices.Contains(args, "") {
			return commandLineError(errors.New(want))
		}
		return nil
	}
}

// positional is how many arguments a command takes beside its flags. Where it
// takes none, an argument is mostly an unquoted * or a query with spaces.
func positional(cmd *cobra.Command) int {
	return map[string]int{helpName: 2, "apply": 1, "approve": 1, "show": 1, "restore": namesInParts, "relink": namesInParts}[cmd.Name()]
}

// descend follows the words at the beginning that name commands.
func descend(root *cobra.Command, args []string) (cmd *cobra.Command, path, rest []string) {
	cmd = root
	for len(args) > 0 {
		next := child(cmd, args[0])
		if next == nil {
			break
		}
		cmd, path, args = next, append(path, args[0]), args[1:]
	}
	return cmd, path, args
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// lateCommand moves a command that follows flags to the front: "--debug plan".
func lateCommand(root *cobra.Command, args []string) ([]string, bool) {
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	known.AddFlagSet(root.Flags())
	for _, c := range root.Commands() {
		known.AddFlagSet(c.Flags())
	}
	plain, _, err := config.RewriteArgs(args, known, 1+namesInParts)
	if err != nil {
		return nil, false
	}
	for i, arg := range plain {
		if !strings.HasPrefix(arg, "-") {
			return append(plain[i:len(plain):len(plain)], plain[:i]...), child(root, arg) != nil
		}
	}
	return nil, false
}

// unknownCommand shows the word only if it is meant as a command: anything else
// may be a token.
func unknownCommand(cmd *cobra.Command, word string) error {
	for _, near := range cmd.SuggestionsFor(word) {
		return &config.Error{Text: fmt.Sprintf("%q is no command", word), Hint: "do you mean " + strings.TrimSpace(cmd.CommandPath()+" "+near) + "?"}
	}
	text := "argument 1 is neither a flag nor a command"
	if len(word) <= 20 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == "" {
		text = fmt.Sprintf("%q is no command", word)
	}
	hint := "see " + cmd.CommandPath() + " --help"
	if !cmd.HasParent() {
		hint += "; or is there an unquoted * or a query with spaces?"
	}
	return &config.Error{Text: text, Hint: hint}
}

// flatten returns the errors that were joined, each on its own.
func flatten(errs ...error) []error {
	var all []error
	for _, err := range errs {
		joined, ok := err.(interface{ Unwrap() []error })
		switch {
		case err == nil:
		case ok && isJoin(err):
			all = append(all, flatten(joined.Unwrap()...)...)
		default:
			all = append(all, err)
		}
	}
	return all
}

// isJoin reports whether err says nothing of its own beside what it joins, as
// opposed to a sentence with several causes.
func isJoin(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	return ok && err.Error() == joinText(joined.Unwrap())
}

func joinText(errs []error) string {
	if err := errors.Join(errs...); err != nil {
		return err.Error()
	}
	return ""
}

// flagError says which flag is wrong. The text of pflag is not shown, since it
// quotes the value, which may be a token that slipped.
func flagError(err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return &config.Error{Text: "--" + e.GetFlag().Name + " has a value that it cannot have", Hint: "see --help"}
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return &config.Error{Text: "--" + e.GetFlag().Name + " needs a value", Hint: "see --help"}
	}
	return &config.Error{Text: "a flag is not known here, or is written in a wrong way", Hint: "see --help"}
}
