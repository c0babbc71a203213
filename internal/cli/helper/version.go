package helper

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewVersion is `version`, by which Databricks SDKs recognise helpers of their contract.
func NewVersion(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: cli.NoArgs,
		Example: "  dbxaccess version\n  dbxaccess version -o json",
		RunE: func(*cobra.Command, []string) error {
			v := env.Version
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, v)
			}
			_, err := fmt.Fprintln(env.Streams.Out, v.Number)
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}
