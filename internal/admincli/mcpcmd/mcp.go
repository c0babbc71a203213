// Package mcpcmd is the command that serves a coding agent: an MCP server over stdin and stdout.
// https://modelcontextprotocol.io/specification
//
// In come calls of tools, whose arguments a language model wrote; out come structured answers, and errors with what mends them.
// Whatever it does for the model, it does as an agent and never as the person. A secret must never be in an answer, nor may
// anything but the protocol's messages be on stdout, and a question to the person is never answered by the model.
package mcpcmd

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpcmd/under"
	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `mcp`.
func New(env *cli.Env) *cobra.Command {
	var named string
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serve a coding agent: roles, access and commands, as an MCP server on stdin and stdout",
		Long: `Serves a coding agent by the Model Context Protocol, on standard input and output: the agent's program starts it, and nobody
types it. Its tools tell which roles there are and what they may do, why something was refused, and run commands with a role's
credentials. No secret gets to the model: it sees what commands print, and of that no key and no token.

What it does, it does as an agent, with what the access map gives that agent and never more than the person has. The agent is the one
that variables or the programs above tell of, else the one that --agent names, else what the program that starts it calls itself. Each
call is recorded: dbxaccess audit list.

It ends when its input ends, and so does all that it has started.`,
		Example: "  dbxaccess mcp --agent claude-code\n" +
			"  claude mcp add dbxaccess -- dbxaccess mcp",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("agent") && !agent.IsName(named) {
				return ui.Errorf("agent-name-invalid", ui.Usage, "--agent %s is no agent's name", ui.Named(ui.Cut(named, 80))).
					With(ui.Advice("a name is of letters, digits, dots, underscores and hyphens, 64 at most, as in claude-code"))
			}
			return run(cmd.Context(), env, named)
		},
	}
	cmd.Flags().StringVar(&named, "agent", "", "`name` of the agent that is served, as the access map has it")
	cmd.AddCommand(under.New(env))
	return cmd
}
