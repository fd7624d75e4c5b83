package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A toggle is a flag that is on when it is there. It is a bool of pflag's,
// without the "[=true|false]" that clutters the help.
type toggle bool

var _ pflag.Value = (*toggle)(nil)

// Set implements [pflag.Value].
func (t *toggle) Set(s string) error {
	on, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("read a bool: %w", err)
	}
	*t = toggle(on)
	return nil
}

// String implements [pflag.Value].
func (t *toggle) String() string { return strconv.FormatBool(bool(*t)) }

// Type implements [pflag.Value].
func (t *toggle) Type() string { return "bool" }

// addToggle gives a command a flag.
func addToggle(cmd *cobra.Command, to *toggle, name, short, help string) {
	cmd.Flags().VarPF(to, name, short, help).NoOptDefVal = "true"
}

// finish gives a command and all below it what every command has: the flag for
// help, which cobra reads, and guesses at what a misspelt word was meant to be.
func finish(cmd *cobra.Command) {
	cmd.SuggestionsMinimumDistance = 2
	var on toggle
	addToggle(cmd, &on, "help", "h", "show this help")
	for _, c := range cmd.Commands() {
		finish(c)
	}
}
