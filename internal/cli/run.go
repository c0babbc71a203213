// Package cli is the program that people, SDKs and jobs start: arguments in; an answer on stdout, words for people on
// stderr, and an exit code out. It holds one file per command. A command reads its flags, asks the broker, prints. What it
// may touch comes in through the app value; nothing here is global.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Main is the program: arguments in, the first of which is its own name, exit code out. released is the version that the
// release build gave it, "" elsewhere. Errors become text and codes here and nowhere else.
func Main(args []string, released string) int {
	ctx := context.Background()
	// A helper of the SDKs dies of a signal as any program does, which costs no goroutines and threads at its start:
	// it has nothing to tidy up, and what must not be interrupted holds signals back by itself.
	if len(args) < 2 || args[1] != "credential-process" && args[1] != "auth" {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
	}
	a := &app{
		streams:    ui.System(),
		getenv:     os.Getenv,
		now:        time.Now,
		arg0:       args[0],
		version:    currentVersion(released),
		passphrase: config.TakePassphrase(),
	}
	root := newRoot(a, args)
	root.SetArgs(args[1:])
	root.SetOut(a.streams.Out)
	root.SetErr(a.streams.Err)
	err := root.ExecuteContext(ctx)
	if ended, ok := errors.AsType[childEnded](err); ok {
		return int(ended) // it has said itself what was to be said
	}
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(a.streams.Err, "dbxaccess: interrupted")
		return int(ui.Interrupted)
	}
	ui.PrintError(a.streams.Err, err)
	return int(ui.CodeOf(err))
}

// commands are those among which the arguments choose. What SDKs start thousands of times a day is made alone, so that no
// command is paid for by the starts of another: all of them are 7 % of the instructions of `version`.
func commands(a *app, args []string) []*cobra.Command {
	if len(args) > 1 {
		switch args[1] {
		case "credential-process":
			return []*cobra.Command{newCredentialProcess(a)}
		case "auth":
			return []*cobra.Command{newAuth(a)}
		case "version":
			return []*cobra.Command{newVersion(a)}
		}
	}
	return []*cobra.Command{
		newInit(a), newLogin(a), newLogout(a), newStatus(a), newRoles(a), newCredentialProcess(a), newAuth(a), newEnv(a), newExec(a),
		newProfiles(a), newConsole(a), newWorkspace(a), newMap(a), newDoctor(a), newVersion(a), newCompletion(a),
	}
}

// newRoot is the program for these arguments, the first of which is its own name.
func newRoot(a *app, args []string) *cobra.Command {
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
	root.PersistentFlags().BoolVar(&a.debug, "debug", false, "log what is done to stderr, without secrets")
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpFunc(printHelp)
	root.AddCommand(commands(a, args)...)
	root.CompletionOptions.DisableDefaultCmd = true
	root.Version = a.version.Number
	root.SetVersionTemplate("{{.Version}}\n")
	return root
}

// group makes a command that only holds others: without a verb, or with a wrong one, it is wrong usage.
func group(use, short, long string, verbs ...*cobra.Command) *cobra.Command {
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
			return ui.Fault(ui.Usage, cmd.CommandPath()+" --help", "%s needs one of: %s", cmd.CommandPath(), strings.Join(known, ", "))
		},
	}
	cmd.AddCommand(verbs...)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	hint := cmd.CommandPath() + " --help"
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	if near := ui.Nearest(name, slices.Values(known)); near != "" {
		hint = "did you mean: " + cmd.CommandPath() + " " + near
	}
	return ui.Fault(ui.Usage, hint, "unknown command %q", name)
}

// wrongFlag is wrong usage. It knows slips of the finger, and `-role` where `--role` was meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help"
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
			hint = "did you mean: " + cmd.CommandPath() + " --" + near
		}
	}
	return ui.Fault(ui.Usage, hint, "%w", err)
}

// noArgs and oneArg are cobra's validators with our usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return ui.Fault(ui.Usage, cmd.UseLine(), "%s takes no argument, got %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return ui.Fault(ui.Usage, cmd.UseLine(), "%s needs exactly one %s, got %d", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}
