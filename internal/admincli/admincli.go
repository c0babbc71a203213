// Package admincli lists the commands of dbxaccess-admin, in the form of those of dbxaccess.
//
// In comes an Env, out come answers and exit codes as there. It may link whole SDKs, which the credential path must
// not.
package admincli

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/driftcmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpcmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpinstall"
	"github.com/dbxaccess/dbxaccess/internal/admincli/posturecmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/revokecmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/scancmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/shipcmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/tracecmd"
	"github.com/dbxaccess/dbxaccess/internal/admincli/workspacecmd"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// Commands are those of the program. Each stands as cli.ForAdmins in the list of dbxaccess too, under the same name, or among a command's
// AdminVerbs.
func Commands() []cli.Command {
	return []cli.Command{
		{Name: "audit", New: newAudit},
		{Name: "drift", New: driftcmd.New},
		{Name: "mcp", New: newMCP},
		{Name: "posture", New: posturecmd.New},
		{Name: "revoke", New: revokecmd.New},
		{Name: "scan", New: scancmd.New},
		{Name: "workspace", New: workspacecmd.New},
	}
}

// newAudit is `audit`, of which dbxaccess has the other verbs.
func newAudit(env *cli.Env) *cobra.Command {
	return cli.Group("audit", "The record of who was given what", "Send the record elsewhere, and join it with what the clouds logged.", shipcmd.New(env), tracecmd.New(env))
}

// newMCP is `mcp`: clients start it, and people add it to clients.
func newMCP(env *cli.Env) *cobra.Command {
	cmd := mcpcmd.New(env)
	cmd.AddCommand(mcpinstall.New(env))
	return cmd
}
