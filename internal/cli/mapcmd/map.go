// Package mapcmd holds the commands that read an access map: check it, ask it who may do what and why, compare two of them, show a
// role's session policy, write what has to stand at AWS and Databricks, work out how a person comes to a role or dataset and which grants nobody used, print the schema.
//
// In come files, or the map in use; out come problems with line and column, tables, Markdown, CSV, JSON, or a text to be sent. They need
// no network, look at a sign-in only where a question is about who is signed in, and change nothing. Names of groups are others'
// words: no format may let them be more than text.
package mapcmd

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `map`.
func New(env *cli.Env) *cobra.Command {
	cmd := cli.Group("map", "Check the access map, and ask it who may do what",
		"The access map says who may take which roles, and what a role may do. These commands read it; they need no sign-in.",
		newMapCheck(env), newMapShow(env), newMapWho(env), newMapExplain(env), newMapDiff(env), newMapRequest(env), newMapUnused(env), newMapPolicy(env), newMapTrust(env),
		newMapRender(env), newMapSchema(env))
	cmd.PersistentPreRun = func(*cobra.Command, []string) { debug.SetGCPercent(garbage) }
	return cmd
}

// garbage is how much of it may stand beside what is in use, in percent, before it is collected. The program ends with the answer, so what
// is not collected is mostly never missed: of a map with 10,000 roles, 200 instead of Go's 100 saves a tenth of the time, and 400
// little more for twice the memory. Rendering, which makes the most, keeps to Go's.
const garbage = 200

func newMapPolicy(env *cli.Env) *cobra.Command {
	var (
		file  string
		scope []string
	)
	cmd := &cobra.Command{
		Use:   "policy ROLE",
		Short: "Print the session policy that a role compiles to",
		Long: `Prints the JSON that is sent to AWS with the role. A session policy narrows the IAM role's own permissions and
never widens them: what it does not name is denied. Where what it denies has no room beside what it allows, it is two
policies, a line each.`,
		Example: "  dbxaccess map policy ml-trainer\n  dbxaccess map policy ml-trainer --scope churn --map access-map.yaml",
		Args:    cli.OneArg("role"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := mapFrom(env, file)
			if err != nil {
				return err
			}
			policies, err := m.Policies(args[0], scope, time.Time{})
			if err != nil {
				return err
			}
			if policies.Session == "" {
				env.Console.Info("Nothing narrows the role %s, so no session policy is sent: the permissions of its IAM role or permission set apply.", args[0])
				return nil
			}
			role, err := m.Effective(args[0])
			if err != nil {
				return err
			}
			for _, managed := range role.ManagedWithin(scope) {
				env.Console.Info("What %s allows is allowed too.", managed)
			}
			text := policies.Session
			if policies.Layer != "" {
				env.Console.Info("What it denies has no room beside what it allows: the second policy is put on the session by sts:GetScopedCredentials, and both have to allow what is done.")
				text += "\n" + policies.Layer
			}
			if _, err := fmt.Fprintln(env.Streams.Out, text); err != nil {
				return err
			}
			size, most, err := m.PolicySize(args[0], scope)
			if ui.IDOf(err) == policySize {
				warnOfSize(env, args[0], err)
				return nil
			}
			if err == nil {
				env.Console.Info("AWS counts at most %d characters of it, the end of a grant included, and takes %d.", size, most)
			}
			return err
		},
	}
	fileFlag(cmd, &file)
	cli.ScopeFlag(cmd, &scope)
	return cmd
}

func newMapSchema(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the access map's JSON Schema, for editors",
		Example: `  dbxaccess map schema > access-map.schema.json
  # first line of the map: # yaml-language-server: $schema=access-map.schema.json`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := env.Streams.Out.Write(accessmap.Schema())
			return err
		},
	}
}
