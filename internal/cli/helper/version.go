package helper

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

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
	Release   string      `json:"release,omitempty"`
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
		Long: `Prints the version, as three numbers, and below it what the release is called where that is more, as v1.2.0-rc.1. With -o json: that as
release, the commit (revision) and its date, the Go version, the platform, digests of the modules that it was built from, and whether it is
static, which is to need no library of the system.

With --check it asks GitHub for the newest release, prints that one's version, and says whether this is it, or how to come to it where it is
newer; a release candidate is older than its release. Exit code 7 where there is a newer one, 0 where there is none, 1 where it can't be said.
Nothing else of dbxaccess ever looks for a new version. --from is for mirrors: an address that answers as GitHub's API does.`,
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
			said := env.Version.Number // in a line of its own, as SDKs know it
			if name := env.Version.Name(); name != said {
				said += "\nrelease: " + name
			}
			_, err := fmt.Fprintln(env.Streams.Out, said)
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
	is := upgrade.Compare(env.Version.Name(), newest)
	c := versionCheck{Version: env.Version.Number, Release: env.Version.Release, Newest: newest, Newer: is < 0}
	way, path := upgrade.Here(env.Version.Module)
	if c.Installed = way; c.Newer {
		c.Upgrade = way.Fix(newest, path)
	}
	switch {
	case asJSON:
		err = ui.PrintJSON(env.Streams.Out, c)
	case c.Newer: // how to come to it is said below
		_, err = fmt.Fprintln(env.Streams.Out, newest)
	default:
		_, err = fmt.Fprintln(env.Streams.Out, newest+" is the newest release, and "+standing(env.Version, is))
	}
	if err != nil || !c.Newer {
		return err
	}
	return ui.Errorf("version-newer", ui.NewerReleased, "%s is out, and this is %s", newest, env.Version.Name()).With(c.Upgrade)
}

// standing says how a build that is not older stands to the newest release.
func standing(v cli.Version, is int) string {
	switch {
	case v.Release == "":
		return "this build, of no release, counts as " + v.Number
	case is > 0:
		return "this is " + v.Release + ", which is newer"
	case strings.Contains(v.Release, "+"): // a plus counts for nothing in versions, and Go writes +dirty behind that of changed sources
		return "this is a changed build of it, " + v.Release
	}
	return "this is it"
}
