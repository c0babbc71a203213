package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AsAgentFlag has a command say what a coding agent would get of what it tells of.
func AsAgentFlag(cmd *cobra.Command, agent *string) {
	cmd.Flags().StringVar(agent, "agent", "", "say what the coding agent of this `name` may have of it")
}

// AsAgent adds to rows what an agent may have of each role, where one is named.
func AsAgent(m *accessmap.Map, agent string, rows []access.Row) error {
	if agent == "" {
		return nil
	}
	if err := AgentNamed(agent); err != nil {
		return err
	}
	for i := range rows {
		share, err := m.AgentShare(agent, rows[i].Role)
		if err != nil {
			return err
		}
		rows[i].Agent = share
	}
	return nil
}

// AgentNamed is an error for what is no agent's name, with the code Usage.
func AgentNamed(agent string) error {
	if accessmap.IsAgent(agent) {
		return nil
	}
	return ui.Errorf("agent-name-invalid", ui.Usage, "--agent %s is no agent's name", ui.Named(ui.Cut(agent, 80))).
		With(ui.Advice("as in --agent claude-code: letters, digits, dots, underscores and hyphens, 64 at most"))
}

// agentLines say what an agent may have of a role.
func agentLines(env *Env, r access.Row) {
	if r.Agent == nil {
		return
	}
	for i, words := range r.Agent.Words(r.Labels) {
		what := ""
		if i == 0 {
			what, words = "agent", r.Agent.Agent+": "+words
		}
		RoleLine(env, what, strings.TrimSpace(words))
	}
}
