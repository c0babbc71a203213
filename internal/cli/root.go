package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// newRoot is the root command. home is what it does where nothing else is typed: see Command.Home; nil for help.
func newRoot(env *Env, commands []*cobra.Command, home func(context.Context) error) *cobra.Command {
	root := &cobra.Command{
		Use:   "dbxaccess",
		Short: "Short-lived AWS and Databricks credentials from one sign-in",
		Long: `dbxaccess signs you in once at your company's identity provider, maps your groups to roles,
assumes the mapped AWS role and keeps the short-lived credentials in the OS keyring, so that
the AWS CLI, SDKs, notebooks and training scripts never hold a static key.`,
		Example: `  dbxaccess init https://git.example.com/platform/access-map.yaml
  dbxaccess login
  aws --profile dbx-ml-trainer s3 ls s3://acme-ml/churn/
  eval "$(dbxaccess env ml-trainer)"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return unknownCommand(cmd, args)
			case home != nil:
				return home(cmd.Context())
			}
			return cmd.Help()
		},
	}
	root.PersistentFlags().BoolVar(env.debug, "debug", false, "log each step to stderr, without secrets")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if word, rest := cutWord(env.Args); cmd == root && word != "" { // what is wrong first is the command, not its option
			return unknownCommand(root, append([]string{word}, withoutOptions(rest)...))
		}
		return WrongFlag(cmd, err)
	})
	root.SetHelpCommand(newHelp())
	root.SetHelpFunc(printHelp)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	addCommands(root, commands)
	root.CompletionOptions.DisableDefaultCmd = true
	root.Version = env.Version.Number
	root.SetVersionTemplate("{{.Version}}\n")
	return root
}

// Tree is the root of all commands of a program and of the topics of its help, for those who write about them.
func Tree(env *Env, commands []Command) *cobra.Command {
	var made []*cobra.Command
	for _, c := range commands {
		if !c.Internal {
			made = append(made, c.New(env))
		}
	}
	return newRoot(env, append(made, helpTopics()...), nil)
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
				return unknownCommand(cmd, args)
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

// maxRepeated bounds how many words are repeated in a suggestion.
const maxRepeated = 5

// withoutOptions are the words before the first option.
func withoutOptions(words []string) []string {
	if i := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") }); i >= 0 {
		return words[:i]
	}
	return words
}

// unknownCommand is wrong usage, with the one command that was probably meant, and what was typed behind the word that there is none of.
func unknownCommand(cmd *cobra.Command, args []string) error {
	fix := ui.Command(cmd.CommandPath() + " --help")
	near, behind := suggestion(cmd, args[0]), args[1:]
	if len(behind) > 0 {
		if both := meantBy(cmd, args[:2]...); both != "" {
			near, behind = both, args[2:]
		}
	}
	if near != "" {
		for _, arg := range behind[:min(len(behind), maxRepeated-1)] {
			near += " " + ui.Word(ui.Clean(arg))
		}
		fix = ui.Advice("did you mean: " + near)
	}
	return ui.Errorf("command-unknown", ui.Usage, "unknown command %q", ui.Clean(args[0])).With(fix)
}

// WrongFlag is wrong usage, with a suggestion for typos, for `-role` in place of `--role`, and for options of other tools.
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
		near := optionMeant(cmd, typed)
		if name := ui.Nearest(typed, slices.Values(known)); name == typed || near == "" && name != "" { // the former for -role
			near = "--" + name
		}
		if near != "" {
			fix = ui.Advice("did you mean: " + cmd.CommandPath() + " " + near)
		}
	}
	return ui.Errorf("flag-wrong", ui.Usage, "%w", err).With(fix)
}
