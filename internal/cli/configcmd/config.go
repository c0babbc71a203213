// Package configcmd holds the commands about the person's own settings.
//
// In comes what a person types; out goes a line of config.yaml, or a secret to the keyring. It must never take a secret as an argument,
// which every user of the machine can read, or print one; and an agent may set nothing.
package configcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `config`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("config", "Show and change your settings",
		`Settings are your own: the access map is your organisation's. They stand in config.yaml, and each but a few can be overridden by a
variable of the environment. Secrets that they need, such as the tokens of sinks of the record, are kept in the keyring.`,
		newList(env), newGet(env), cli.ForPeople(env, newSet(env)), cli.ForPeople(env, newUnset(env)), newPath(env),
		cli.ForPeople(env, newSetSecret(env)), cli.ForPeople(env, newUnsetSecret(env)))
}

func newGet(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "get SETTING", Short: "Print the value of a setting, a word a line",
		Example: "  dbxaccess config get default_role",
		Args:    cli.OneArg("setting"), ValidArgsFunction: completeKeys,
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := config.Find(args[0]); err != nil {
				return err
			}
			_, values, err := trace(env)
			if err != nil {
				return err
			}
			for _, v := range values {
				if v.Key == args[0] {
					for _, word := range v.Words {
						fmt.Fprintln(env.Streams.Out, ui.Clean(word))
					}
				}
			}
			return nil
		},
	}
}

func newPath(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "path", Short: "Print where the settings stand", Args: cli.NoArgs,
		Example: `  "$EDITOR" "$(dbxaccess config path)"`,
		RunE: func(*cobra.Command, []string) error {
			path, err := config.Path(env.Getenv)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(env.Streams.Out, ui.Clean(path))
			return err
		},
	}
}

// completeKeys offers the settings, with what they mean, for the first argument.
func completeKeys(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offered []string
	for _, t := range settings.All() {
		offered = append(offered, cobra.CompletionWithDesc(t.Key, t.Means))
	}
	return offered, cobra.ShellCompDirectiveNoFileComp
}

// completeValues offers settings that a command can set, then their legal values, the default marked; roles where one is meant.
func completeValues(env *cli.Env) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			offered, directive := completeKeys(cmd, args, prefix)
			return slices.DeleteFunc(offered, func(line string) bool {
				key, _, _ := strings.Cut(line, "\t")
				return !settings.Find(key).IsWritten()
			}), directive
		}
		t := settings.Find(args[0])
		if t == nil || len(args) > 1 && !t.IsList() {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if t.Role {
			return env.CompleteRoles(cmd, nil, prefix)
		}
		var offered []string
		for _, value := range t.Values {
			if value == t.Default {
				value = cobra.CompletionWithDesc(value, "the default")
			}
			offered = append(offered, value)
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}
