package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ssosync/internal/demo"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show what a sync does, on an invented company, on this machine",
		Long: "Run the real thing against emulators of Google and AWS on this machine, and tell what happens.\n" +
			"It needs no configuration, takes a few seconds, and leaves nothing behind.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return demo.Run(cmd.Context(), a.demoOptions()) },
	}
}

func (a *app) emulatorCommand() *cobra.Command {
	o := a.demoOptions()
	o.Out = a.env.Stdout // the secrets that it prints are its own, even if they are ours by now
	o.Color = a.look.errColor()
	var write toggle
	var size string
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Keep emulators of Google and AWS running, to try things out against",
		Long: "Run emulators of the Google Directory API and of AWS IAM Identity Center on this machine, and\n" +
			"print the variables to use them with. They run until Ctrl-C, and keep nothing.",
		Example: `  ssosync emulator > emulator.env &
  . ./emulator.env && ssosync plan`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.WriteFixture = bool(write)
			if size != "" {
				if n, err := fmt.Sscanf(size, "%d,%d,%d", &o.Load.Users, &o.Load.Groups, &o.Load.Members); n != 3 || err != nil {
					return &configurationError{"command line", []error{errors.New("--generate: want people, groups, and people in each group, such as 500,50,40")}}
				}
			}
			return demo.Serve(cmd.Context(), o)
		},
	}
	cmd.Flags().IntVar(&o.GooglePort, "google-port", 0, "`port` of Google on 127.0.0.1; 0 is any that is free")
	cmd.Flags().IntVar(&o.AWSPort, "aws-port", 0, "`port` of AWS on 127.0.0.1; 0 is any that is free")
	cmd.Flags().StringVar(&o.Fixture, "fixture", "", "take the Google directory from this JSON `file`, and read it again whenever it changes")
	cmd.Flags().StringVar(&size, "generate", "", "make up a company of this `size`: people, groups, and people in each group, such as 500,50,40")
	cmd.Flags().DurationVar(&o.Latency, "latency", 0, "add this `time` to every answer, such as 40ms")
	addToggle(cmd, &write, "write-fixture", "", "write the company of the demo to the fixture first, to begin with")
	return cmd
}

func (a *app) demoOptions() demo.Options {
	return demo.Options{
		Out: a.stdout, Err: a.stderr, Color: a.look.outColor(), Width: a.look.out,
		Version: a.version(), Executable: calledAs(a.env.Executable),
	}
}

// calledAs is what to type to call the program again: go run keeps it in a
// directory that is gone by then.
func calledAs(executable string) string {
	if strings.Contains(executable, "/go-build") {
		return "go run ./cmd/ssosync"
	}
	return executable
}
