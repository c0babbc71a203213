package helper

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// build is what `version -o json` prints. Major, Minor and Patch are named as Databricks SDKs read them; the others as all JSON here.
type build struct {
	cli.Version
	cli.BuildInfo
}

// NewVersion is `version`, by which Databricks SDKs recognise helpers of their contract.
func NewVersion(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: cli.NoArgs,
		Long: `Prints the version. With -o json: the commit (revision) and its date, the Go version, the platform, digests of the modules that it was
built from, and whether it is static, which is to need no library of the system.`,
		Example: "  dbxaccess version\n  dbxaccess version -o json",
		RunE: func(*cobra.Command, []string) error {
			if output == "json" {
				info, _ := debug.ReadBuildInfo()
				return ui.PrintJSON(env.Streams.Out, build{env.Version, cli.BuildInfoOf(info)})
			}
			_, err := fmt.Fprintln(env.Streams.Out, env.Version.Number)
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}
