package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// newRoot is the root command.
func newRoot(env *Env, commands []*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "dbxaccess",
		Short: "Short-lived AWS and Databricks credentials from one sign-in",
		Long: `dbxaccess signs you in once at your company's identity provider, maps your groups to roles,
assumes the mapped AWS role and keeps the short-lived credentials in the OS keyring, so that
the AWS CLI, SDKs, notebooks and training scripts never hold a static key.`,
		Example: `  dbxaccess init --from https://git.example.com/platform/access-map.yaml
  dbxaccess login
  aws --profile dbx-ml-trainer s3 ls s3://acme-ml/churn/
  eval "$(dbxaccess env ml-trainer)"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.PersistentFlags().BoolVar(env.debug, "debug", false, "log each step to stderr, without secrets")
	root.SetFlagErrorFunc(WrongFlag)
	root.SetHelpFunc(printHelp)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	addCommands(root, commands)
	root.CompletionOptions.DisableDefaultCmd = true
	root.Version = env.Version.Number
	root.SetVersionTemplate("{{.Version}}\n")
	return root
}

// addCommands adds the commands; those of the admin program form a group of their own.
func addCommands(root *cobra.Command, commands []*cobra.Command) {
	root.AddCommand(commands...)
	if !slices.ContainsFunc(commands, func(c *cobra.Command) bool { return c.GroupID == adminProgram }) {
		return
	}
	const own = "dbxaccess"
	root.AddGroup(&cobra.Group{ID: own, Title: "Available Commands:"}, &cobra.Group{ID: adminProgram, Title: "For platform engineers and auditors:"})
	root.SetHelpCommandGroupID(own)
	for _, c := range commands {
		if c.GroupID == "" {
			c.GroupID = own
		}
	}
}

// Group makes a command that only holds subcommands: a missing or unknown one is wrong usage.
func Group(use, short, long string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			var known []string
			for _, verb := range cmd.Commands() {
				known = append(known, verb.Name())
			}
			return ui.Errorf("command-missing", ui.Usage, "%s needs one of: %s", cmd.CommandPath(), strings.Join(known, ", ")).
				With(ui.Command(cmd.CommandPath() + " --help"))
		},
	}
	cmd.AddCommand(verbs...)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	fix := ui.Command(cmd.CommandPath() + " --help")
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	if near := ui.Nearest(name, slices.Values(known)); near != "" {
		fix = ui.Advice("did you mean: " + cmd.CommandPath() + " " + near)
	}
	return ui.Errorf("command-unknown", ui.Usage, "unknown command %q", name).With(fix)
}

// WrongFlag is wrong usage, with a suggestion for typos and for `-role` in place of `--role`.
func WrongFlag(cmd *cobra.Command, err error) error {
	fix := ui.Command(cmd.CommandPath() + " --help")
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				known = append(known, f.Name)
			}
		})
		typed := unknown.GetSpecifiedName()
		if group := unknown.GetSpecifiedShortnames(); group != "" {
			typed, _, _ = strings.Cut(group, "=")
		}
		if near := ui.Nearest(typed, slices.Values(known)); near != "" {
			fix = ui.Advice("did you mean: " + cmd.CommandPath() + " --" + near)
		}
	}
	return ui.Errorf("flag-wrong", ui.Usage, "%w", err).With(fix)
}
