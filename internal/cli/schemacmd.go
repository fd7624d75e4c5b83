package cli

import (
	"github.com/spf13/cobra"

	"ssosync/internal/config"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of ssosync.yaml, for editors",
		Long: "Print the JSON Schema of ssosync.yaml. Editors complete and check the file from it if its first line is\n" +
			"# yaml-language-server: $schema=" + config.SchemaFile + ". ssosync init writes both.",
		Example: "  ssosync config schema > " + config.SchemaFile,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(config.Schema())
			return err
		},
	}
}
