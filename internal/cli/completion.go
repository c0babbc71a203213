package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// installs are the shells that have a completion script, with what a person does to have it.
var installs = []struct{ shell, how string }{
	{"bash", `For each shell that starts, without a package of its own:
  echo 'source <(dbxaccess completion bash)' >> ~/.bashrc

With the package bash-completion it may be a file, which is read when it is needed:
  mkdir -p ~/.local/share/bash-completion/completions
  dbxaccess completion bash > ~/.local/share/bash-completion/completions/dbxaccess

bash 3.2, as macOS has it, reads no such substitution; there the line is:
  eval "$(dbxaccess completion bash)"`},
	{"zsh", `Behind the line in ~/.zshrc that runs compinit:
  source <(dbxaccess completion zsh)

Or as a file in a directory of your fpath, named before compinit runs:
  dbxaccess completion zsh > ~/.zfunc/_dbxaccess
  fpath=(~/.zfunc $fpath); autoload -Uz compinit; compinit`},
	{"fish", `As a file, which fish reads when it is needed:
  mkdir -p ~/.config/fish/completions
  dbxaccess completion fish > ~/.config/fish/completions/dbxaccess.fish`},
	{"powershell", `In the file that $PROFILE names:
  dbxaccess completion powershell | Out-String | Invoke-Expression`},
	{"nushell", `As a file, which Nushell reads as it starts; what completes other programs stays:
  mkdir ~/.config/nushell/autoload
  dbxaccess completion nushell | save -f ~/.config/nushell/autoload/dbxaccess-completion.nu`},
}

func completionShells() (shells []string) {
	for _, i := range installs {
		shells = append(shells, i.shell)
	}
	return shells
}

// NewCompletion is `completion`, of whatever program it is part of.
func NewCompletion(env *Env) *cobra.Command {
	shells := completionShells()
	cmd := &cobra.Command{
		Use: "completion SHELL", Short: "Print the completion script for bash, zsh, fish, powershell or nushell",
		Long: `Prints what a shell reads to complete commands, flags, roles, datasets and profiles. Who has dbxaccess shell-init in their shell
has that already, except in PowerShell. What is to be done for one shell: dbxaccess completion SHELL --help.`,
		Example: `  source <(dbxaccess completion bash)                                          # in ~/.bashrc
  source <(dbxaccess completion zsh)                                           # in ~/.zshrc, behind compinit
  dbxaccess completion fish > ~/.config/fish/completions/dbxaccess.fish
  dbxaccess completion powershell | Out-String | Invoke-Expression             # in $PROFILE
  dbxaccess completion nushell | save -f ~/.config/nushell/autoload/dbxaccess-completion.nu`,
		Args: OneOf("shell", shells), ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error { return printCompletion(env, cmd.Root(), args[0]) },
	}
	usual := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		for _, i := range installs {
			if slices.Contains(env.Args, i.shell) {
				fmt.Fprintf(env.Streams.Out, "The completion of dbxaccess for %s.\n\n", i.shell)
				for line := range strings.SplitSeq(i.how, "\n") {
					if !strings.HasPrefix(line, " ") { // what is to be copied stays as it is
						line = ui.Hang(env.Streams.Out, line, 0)
					}
					fmt.Fprintln(env.Streams.Out, line)
				}
				return
			}
		}
		usual(cmd, args)
	})
	return cmd
}

func printCompletion(env *Env, root *cobra.Command, shell string) error {
	if shell == "powershell" {
		return root.GenPowerShellCompletionWithDesc(env.Streams.Out)
	}
	script, there := shellenv.Completion(shell)
	if !there {
		shells := completionShells()
		fix := ui.Advice("name one of: " + strings.Join(shells, ", "))
		if near := ui.Nearest(shell, slices.Values(shells)); near != "" {
			fix = ui.Command("dbxaccess completion " + near)
		}
		return ui.Errorf("completion-unknown", ui.Usage, "no completion for %s", ui.Named(shell)).With(fix)
	}
	_, err := fmt.Fprint(env.Streams.Out, script)
	return err
}
