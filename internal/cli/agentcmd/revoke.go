package agentcmd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// revocation is what -o json prints.
type revocation struct {
	Agent       string     `json:"agent"` // lease.All for every one
	Changed     bool       `json:"changed"`
	Since       time.Time  `json:"since"`
	Programs    []program  `json:"programs"`               // that are served no longer
	Leases      []oneLease `json:"leases"`                 // that are not renewed any more
	IssuedUntil *time.Time `json:"issued_until,omitempty"` // when the last of what was issued ends; absent where nothing lives
	Others      []string   `json:"others"`                 // other agents that hold something, and are not revoked
}

func newRevoke(env *cli.Env) *cobra.Command {
	var all bool
	var output string
	cmd := &cobra.Command{
		Use:   "revoke NAME|--all",
		Short: "Have an agent issued nothing any more",
		Long: `Keeps an agent, or with --all every agent, from being issued credentials, until it is allowed again. What is cached for it is deleted, and the
servers beside its programs under dbxaccess exec give out nothing any more: the programs go on, and are told why they get none.

Credentials that were issued can't be called back by who holds them: they work until they end, which is said. Only who may change the
roles at AWS can end them before: dbxaccess revoke PERSON, which ends those of the person, too.

It holds what asks through dbxaccess by the name. It is no wall: an agent that passes for a person, or runs as one, is held by
what the person's own account can't do.`,
		Example:           "  dbxaccess agent revoke claude-code\n  dbxaccess agent revoke --all -o json",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			agent, err := which(cmd, args, all)
			if err != nil {
				return err
			}
			r, err := revoke(cmd.Context(), env, agent)
			if r == nil {
				return err
			}
			if output == "json" {
				if printed := ui.PrintJSON(env.Streams.Out, r); err == nil {
					err = printed
				}
				return err
			}
			r.tell(env)
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every agent, also those that have asked for nothing yet")
	cli.OutputFlag(cmd, &output)
	return cli.ForPeople(env, cmd)
}

// revoke marks an agent first, so that what is under way is not handed out, then forgets what is cached for it. An error beside an answer is
// of the latter.
func revoke(ctx context.Context, env *cli.Env, agent string) (*revocation, error) {
	ledger, err := env.Leases()
	if err != nil {
		return nil, err
	}
	r := &revocation{Agent: agent, Programs: []program{}, Leases: []oneLease{}, Others: []string{}}
	if r.Changed, err = ledger.Revoke(agent); err != nil {
		return nil, err
	}
	held, err := reportOf(ledger)
	if err != nil {
		return nil, err
	}
	if held.AllRevokedSince != nil {
		r.Since = *held.AllRevokedSince
	}
	for _, a := range held.Agents {
		if agent != lease.All && !lease.Same(a.Agent, agent) {
			if a.RevokedSince == nil {
				r.Others = append(r.Others, a.Agent)
			}
			continue
		}
		if agent != lease.All {
			r.Since = *a.RevokedSince
		}
		r.Programs = append(r.Programs, a.Programs...)
		r.Leases = append(r.Leases, a.Leases...)
	}
	if len(r.Leases) > 0 {
		last := slices.MaxFunc(r.Leases, func(x, y oneLease) int { return x.Until.Compare(y.Until) }).Until
		r.IssuedUntil = &last
	}
	return r, forget(ctx, env, agent)
}

// forget deletes what is cached for an agent. Where no keyring is in use, nothing is.
func forget(ctx context.Context, env *cli.Env, agent string) error {
	b, err := env.Broker(ctx)
	if ui.CodeOf(err) == ui.LoginNeeded {
		return nil
	}
	if err == nil {
		err = b.ForgetAgent(ctx, func(name string) bool { return agent == lease.All || lease.Same(agent, name) })
	}
	if err != nil {
		return ui.Errorf("agent-cache-kept", ui.CodeOf(err), "it is revoked, and what is cached for it is still in the keyring: %w", err).
			With(ui.Command("dbxaccess agent revoke " + agent))
	}
	return nil
}

// tell says what was done, and what can't be.
func (r *revocation) tell(env *cli.Env) {
	now := env.Now()
	done := "Revoked"
	if !r.Changed {
		done = "Already revoked, since " + moment(r.Since, now)
	}
	env.Console.Info("%s: %s issued nothing from now on. To take that back: dbxaccess agent allow %s", done, subject(r.Agent, "is", "are"), r.Agent)
	if len(r.Programs) > 0 {
		var names []string
		for _, p := range r.Programs {
			names = append(names, who(p.Program, p.PID, true))
		}
		env.Console.Info("%s no longer served, and told why when asking: %s", ui.Count(len(names), "running program is", "running programs are"), strings.Join(names, ", "))
	}
	if r.IssuedUntil == nil {
		env.Console.Info("Nothing that was issued lives, as far as is known on this machine.")
		if len(r.Others) > 0 { // a name that was mistyped stops nobody
			env.Console.Info("Other agents hold credentials and are not revoked: %s", strings.Join(r.Others, ", "))
		}
		return
	}
	env.Console.Info("What was issued works until it ends, the last at %s. Only who may change the roles can end it before, with what the person holds: dbxaccess revoke PERSON",
		moment(*r.IssuedUntil, now))
}
