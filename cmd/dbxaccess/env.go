package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
)

// variable is one line of `env`; an empty value means that the variable is taken away.
type variable struct{ name, value string }

func newEnv(a *app) *cobra.Command {
	var (
		r     broker.Request
		shell string
	)
	cmd := &cobra.Command{
		Use:   "env ROLE",
		Short: "Print a role's credentials as shell exports",
		Long: `Prints exports that a shell evaluates, so that programs started from it have the role's credentials
until these end. AWS_PROFILE and AWS_DEFAULT_PROFILE are unset, as they would win over the exported keys.
On failure nothing is printed to stdout, so that evaluating it changes nothing.`,
		Example: `  eval "$(dbxaccess env ml-trainer)"
  dbxaccess env ml-trainer --shell fish | source
  dbxaccess env ml-trainer --shell json`,
		Args: oneArg("role"), ValidArgsFunction: a.completeRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if shell == "auto" {
				shell = shellFrom(a.getenv("SHELL"))
			}
			r.Role = args[0]
			b, err := a.broker(cmd.Context())
			if err != nil {
				return err
			}
			c, err := b.Credentials(cmd.Context(), r)
			if err != nil {
				return err
			}
			// The map was read to find the role's region: the warm path of credential-process does without.
			m, _, err := b.Map()
			if err != nil {
				return err
			}
			role, err := m.Effective(r.Role)
			if err != nil {
				return err
			}
			vars := []variable{
				{"AWS_ACCESS_KEY_ID", c.AccessKeyID},
				{"AWS_SECRET_ACCESS_KEY", c.SecretAccessKey.Reveal()},
				{"AWS_SESSION_TOKEN", c.SessionToken.Reveal()},
				{"AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339)},
				{"AWS_REGION", role.Region},
				{"AWS_DEFAULT_REGION", role.Region},
				{"AWS_PROFILE", ""},
				{"AWS_DEFAULT_PROFILE", ""},
			}
			return printEnv(a, shell, vars)
		},
	}
	cmd.Flags().Var(newChoice(&shell, "auto", "bash", "zsh", "fish", "json"), "shell", "syntax to print; auto goes by $SHELL")
	_ = cmd.RegisterFlagCompletionFunc("shell", cobra.FixedCompletions([]string{"bash", "zsh", "fish", "json"}, cobra.ShellCompDirectiveNoFileComp))
	a.identityFlag(cmd, &r.Identity)
	scopeFlag(cmd, &r.Scope)
	return cmd
}

func shellFrom(path string) string {
	switch filepath.Base(path) {
	case "fish":
		return "fish"
	case "zsh":
		return "zsh"
	}
	return "bash"
}

// printEnv writes the answer in one piece: a shell must not evaluate half of it.
func printEnv(a *app, shell string, vars []variable) error {
	if shell == "json" {
		set := map[string]string{}
		for _, v := range vars {
			if v.value != "" {
				set[v.name] = v.value
			}
		}
		return printJSON(a.streams.Out, set)
	}
	var b strings.Builder
	for _, v := range vars {
		switch {
		case shell == "fish" && v.value == "":
			fmt.Fprintf(&b, "set -e %s;\n", v.name)
		case shell == "fish":
			fmt.Fprintf(&b, "set -gx %s %s;\n", v.name, quoteFish(v.value))
		case v.value == "":
			fmt.Fprintf(&b, "unset %s;\n", v.name)
		default:
			fmt.Fprintf(&b, "export %s=%s;\n", v.name, quotePOSIX(v.value))
		}
	}
	_, err := fmt.Fprint(a.streams.Out, b.String())
	return err
}

// quotePOSIX quotes for bash and zsh: inside single quotes nothing is special but the single quote itself.
func quotePOSIX(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// quoteFish quotes for fish, where the backslash escapes itself and the quote inside single quotes.
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// shellWord quotes for a person's shell what would otherwise not be one word.
func shellWord(s string) string {
	if s != "" && isProgram(s) || strings.HasPrefix(s, "https://") && isProgram(strings.TrimPrefix(s, "https://")) {
		return s
	}
	return quotePOSIX(s)
}
