package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var completionShells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print the completion script for bash, zsh, fish or powershell",
		Example: `  source <(dbxaccess completion bash)
  dbxaccess completion zsh > "${fpath[1]}/_dbxaccess"
  dbxaccess completion fish > ~/.config/fish/completions/dbxaccess.fish
  dbxaccess completion powershell | Out-String | Invoke-Expression`,
		Args: oneArg("shell"), ValidArgs: completionShells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), a.Streams.Out
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
			return ui.Fault(ui.Usage, cmd.UseLine(), "no completion for %q, only for %q", args[0], completionShells)
		},
	}
}

// completeRoles offers the access map's roles that can be taken.
func (a *app) completeRoles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.mapNames(func(n mapNames) []string { return n.roles })
}

// completeIdentities offers the access map's identities.
func (a *app) completeIdentities(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return a.mapNames(func(n mapNames) []string { return n.identities })
}

type mapNames struct{ roles, identities []string }

func (a *app) mapNames(pick func(mapNames) []string) ([]string, cobra.ShellCompDirective) {
	m, _, err := a.Map()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var n mapNames
	for name, role := range m.Roles {
		if role.AWS != nil {
			n.roles = append(n.roles, name)
		}
	}
	for name := range m.Identities {
		n.identities = append(n.identities, name)
	}
	got := pick(n)
	slices.Sort(got)
	return got, cobra.ShellCompDirectiveNoFileComp
}

// identityFlag and roleFlag add the flags that name a part of the map, with completion.
func (a *app) identityFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().StringVar(value, "identity", "", "identity of the access map (where it has several)")
	_ = cmd.RegisterFlagCompletionFunc("identity", a.completeIdentities)
}

func (a *app) roleFlag(cmd *cobra.Command, value *[]string) {
	cmd.Flags().StringSliceVar(value, "role", nil, "role to take besides the default one; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("role", a.completeRoles)
}
