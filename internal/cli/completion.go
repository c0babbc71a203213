package cli

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var completionShells = []string{"bash", "zsh", "fish", "powershell"}

// NewCompletion is `completion`, of whatever program it is part of.
func NewCompletion(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print the completion script for bash, zsh, fish or powershell",
		Example: `  source <(dbxaccess completion bash)
  dbxaccess completion zsh > "${fpath[1]}/_dbxaccess"
  dbxaccess completion fish > ~/.config/fish/completions/dbxaccess.fish
  dbxaccess completion powershell | Out-String | Invoke-Expression`,
		Args: OneArg("shell"), ValidArgs: completionShells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), env.Streams.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return ui.Errorf("completion-unknown", ui.Usage, "no completion for %q, only for %q", args[0], completionShells).
				With(ui.Command(cmd.UseLine()))
		},
	}
}

// CompleteRoles offers the roles that the access map gives to someone, for the first argument.
func (e *Env) CompleteRoles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if len(args) > 0 || err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.Sorted(maps.Keys(m.Roles))
	return slices.DeleteFunc(names, func(name string) bool {
		gives := func(identity string) bool { return m.Gives(identity, name) }
		return m.Roles[name].AWS == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(m.Identities)), gives)
	}), cobra.ShellCompDirectiveNoFileComp
}

// completeIdentities offers the access map's identities.
func (e *Env) completeIdentities(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(m.Identities)), cobra.ShellCompDirectiveNoFileComp
}

// completeWorkspaces offers the workspaces of the role that stands on the line, else all of the access map.
func (e *Env) completeWorkspaces(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if len(args) > 0 {
		if role, err := m.Effective(args[0]); err == nil {
			return role.Workspaces(), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return slices.Sorted(maps.Keys(m.Workspaces)), cobra.ShellCompDirectiveNoFileComp
}
