// Package mapcmd holds the commands about an access map: begin one, check it, ask it who may do what and why, compare two of them, show a
// role's session policy, write what has to stand at AWS and Databricks, work out how a person comes to a role or dataset and which grants nobody used, print the schema.
//
// In come files, or the map in use; out come problems with line and column, tables, Markdown, CSV, JSON, or a text to be sent. They need
// no network, look at a sign-in only where a question is about who is signed in, and write nothing but a new map to a file that was named. Names of groups are others'
// words: no format may let them be more than text.
package mapcmd

import (
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// New is `map`.
func New(env *cli.Env) *cobra.Command {
	cmd := cli.Group("map", "Check the access map, and ask it who may do what",
		"The access map says who may take which roles, and what a role may do. These commands read it; they need no sign-in.",
		newMapNew(env), newMapCheck(env), newMapShow(env), newMapWho(env), newMapExplain(env), newMapDiff(env), newMapRequest(env), newMapUnused(env), newMapPolicy(env), newMapTrust(env),
		newMapRender(env), newMapSchema(env))
	cmd.PersistentPreRun = func(*cobra.Command, []string) { debug.SetGCPercent(garbage) }
	return cmd
}

// garbage is how much of it may stand beside what is in use, in percent, before it is collected. The program ends with the answer, so what
// is not collected is mostly never missed: of a map with 10,000 roles, 200 instead of Go's 100 saves a tenth of the time, and 400
// little more for twice the memory. Rendering, which makes the most, keeps to Go's.
const garbage = 200

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
