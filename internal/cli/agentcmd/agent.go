// Package agentcmd holds the commands about what coding agents hold.
//
// In comes the account of leases; out come lists of them, and marks that revoke an agent or allow it again. To list is for everybody, the
// rest for the person alone: an agent must never allow itself anything, nor keep another from its work.
package agentcmd

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `agent`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("agent", "See what coding agents hold, and take it away",
		`A coding agent gets credentials of its own, which end soon and are renewed while its programs run: leases. They are listed here, and
an agent that is revoked is issued nothing any more until it is allowed again.`,
		newList(env), newRevoke(env), newAllow(env))
}

// which is the agent that a command is about: the argument, or lease.All.
func which(cmd *cobra.Command, args []string, all bool) (string, error) {
	switch {
	case all && len(args) == 0:
		return lease.All, nil
	case all:
		return "", ui.Errorf("agent-or-all", ui.Usage, "--all is for every agent, and %q for one", ui.Clean(args[0])).
			With(ui.Command(cmd.CommandPath()+" --all", cmd.CommandPath()+" "+ui.Word(ui.Clean(args[0]))))
	case len(args) != 1:
		return "", cli.OneArg("agent")(cmd, args)
	case !lease.IsName(args[0]):
		return "", ui.Errorf("agent-name-invalid", ui.Usage, "%q is not the name of an agent: 1 to 64 letters, digits, dots, underscores and hyphens", ui.Cut(ui.Clean(args[0]), 64)).
			With(ui.Command("dbxaccess agent list"))
	}
	return strings.ToLower(args[0]), nil
}

// complete names agents: those that hold something or are revoked.
func complete(env *cli.Env) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		ledger, err := env.Leases()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ledger.Warn = func(ui.Warning) {}
		leases, servers := ledger.Held()
		revoked, _ := ledger.Revoked()
		names := slices.DeleteFunc(lease.Names(leases, servers, revoked), func(name string) bool { return !strings.HasPrefix(name, typed) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

func newAllow(env *cli.Env) *cobra.Command {
	var all bool
	var output string
	cmd := &cobra.Command{
		Use:   "allow NAME|--all",
		Short: "Let an agent that was revoked have credentials again",
		Long: `Takes the revocation of an agent back, or with --all all of them: what it asks for from now on is decided by the access map. Its programs
that still run under dbxaccess exec are served again.`,
		Example:           "  dbxaccess agent allow claude-code\n  dbxaccess agent allow --all",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			agent, err := which(cmd, args, all)
			if err != nil {
				return err
			}
			ledger, err := env.Leases()
			if err != nil {
				return err
			}
			before, err := ledger.Revoked()
			if err != nil {
				return err
			}
			changed, err := ledger.Allow(agent)
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, struct {
					Agent   string   `json:"agent"`
					Changed bool     `json:"changed"`
					Allowed []string `json:"allowed"`
				}{agent, changed, allowed(agent, changed, before)})
			}
			if !changed {
				env.Console.Info("Nothing was revoked: %s as the access map says.", subject(agent, "gets", "get"))
				return nil
			}
			env.Console.Info("Allowed again: %s.", strings.ReplaceAll(strings.Join(allowed(agent, changed, before), ", "), lease.All, "all agents"))
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every agent that is revoked")
	cli.OutputFlag(cmd, &output)
	return cli.ForPeople(env, cmd)
}

// allowed are those that a change lets have something again.
func allowed[T any](agent string, changed bool, before map[string]T) []string {
	switch {
	case !changed:
		return []string{}
	case agent == lease.All:
		return slices.Sorted(maps.Keys(before))
	}
	return []string{agent}
}

// subject is an agent as the beginning of a sentence, with its verb.
func subject(agent, one, many string) string {
	if agent == lease.All {
		return "all agents " + many
	}
	return agent + " " + one
}
