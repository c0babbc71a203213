package helper

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/upgrade"
)

// build is what `version -o json` prints. Major, Minor and Patch are named as Databricks SDKs read them; the others as all JSON here.
type build struct {
	cli.Version
	cli.BuildInfo
}

// versionCheck is what `version --check` found.
type versionCheck struct {
	Version   string      `json:"version"`
	Newest    string      `json:"newest"`
	Newer     bool        `json:"newer"` // than this one
	Installed upgrade.Way `json:"installed"`
	Upgrade   ui.Fix      `json:"upgrade,omitempty"`
}

// NewVersion is `version`, by which Databricks SDKs recognise helpers of their contract.
func NewVersion(env *cli.Env) *cobra.Command {
	var output, from string
	var check bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version",
		Long: `Prints the version. With -o json: the commit (revision) and its date, the Go version, the platform, digests of the modules that it was
built from, and whether it is static, which is to need no library of the system.

With --check it asks GitHub for the newest release, prints that one's version, and says how to come to it where it is newer; exit code 1
then. Nothing else of dbxaccess ever looks for a new version. --from is for mirrors: an address that answers as GitHub's API does.`,
		Args:    cli.NoArgs,
		Example: "  dbxaccess version\n  dbxaccess version -o json\n  dbxaccess version --check",
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case check:
				return checkVersion(cmd.Context(), env, from, output == "json")
			case cmd.Flags().Changed("from"):
				return ui.Errorf("from-without-check", ui.Usage, "--from goes with --check").With(ui.Command("dbxaccess version --check --from URL"))
			case output == "json":
				info, _ := debug.ReadBuildInfo()
				return ui.PrintJSON(env.Streams.Out, build{env.Version, cli.BuildInfoOf(info)})
			}
			_, err := fmt.Fprintln(env.Streams.Out, env.Version.Number)
			return err
		},
	}
	cli.OutputFlag(cmd, &output)
	cmd.Flags().BoolVar(&check, "check", false, "ask GitHub whether there is a newer one")
	cmd.Flags().StringVar(&from, "from", upgrade.Releases, "with --check: the `address` to ask")
	return cmd
}

func checkVersion(ctx context.Context, env *cli.Env, from string, asJSON bool) error {
	newest, err := upgrade.Newest(ctx, env.HTTP(upgrade.MaxAnswer), from)
	if err != nil {
		return err
	}
	c := versionCheck{Version: env.Version.Number, Newest: newest, Newer: env.Version.Serves(newest) != nil}
	path, _ := os.Executable() // without one the release is named alone
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	c.Installed = upgrade.WayOf(path, env.Version.Module, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
	if c.Newer {
		c.Upgrade = c.Installed.Fix(newest, path)
	}
	if asJSON {
		err = ui.PrintJSON(env.Streams.Out, c)
	} else {
		_, err = fmt.Fprintln(env.Streams.Out, newest)
	}
	if err != nil || !c.Newer {
		return err
	}
	return ui.Errorf("version-newer", ui.Failed, "%s is out, and this is %s", newest, c.Version).With(c.Upgrade)
}
