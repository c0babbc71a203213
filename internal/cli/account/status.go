package account

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type statusReport struct {
	Map        statusMap        `json:"map"`
	Keyring    string           `json:"keyring"`
	Identities []statusIdentity `json:"identities"`
	Shell      *statusShell     `json:"shell,omitempty"`  // the role that this shell is under
	Sinks      []statusSink     `json:"sinks,omitempty"`  // of the record, that are behind or do not get all
	Agents     *statusAgents    `json:"agents,omitempty"` // coding agents that hold something or are revoked

	likely string // the role that a person wants next, as far as one can know; "" for none
}

type statusIdentity struct {
	Identity       string       `json:"identity"`
	Issuer         string       `json:"issuer"`               // at Identity Center the start URL
	TokenFrom      string       `json:"token_from,omitempty"` // of a workload identity
	TokenHere      *bool        `json:"token_here,omitempty"` // whether this machine has that token; absent where only a request can tell
	SignedIn       bool         `json:"signed_in"`
	Person         string       `json:"person,omitempty"`
	Subject        string       `json:"subject,omitempty"`
	SignedInAt     *time.Time   `json:"signed_in_at,omitempty"`
	IDTokenExpires *time.Time   `json:"id_token_expires,omitempty"`
	SessionEnds    *time.Time   `json:"session_ends,omitempty"` // for good, where that is known
	Renewable      bool         `json:"renewable"`              // silently, by refresh token, as far as is known
	OverSince      *time.Time   `json:"over_since,omitempty"`   // when only a new sign-in helps
	Why            string       `json:"why,omitempty"`          // it can't be renewed, or was not when that was last tried
	Roles          []statusRole `json:"roles"`

	Workspaces []statusWorkspace `json:"workspaces,omitempty"` // where the person signs in besides

	State access.State `json:"state,omitempty"` // of a session

	words   string // of the state
	noRoles error  // why it gives no role; nil where it gives one
	damaged error  // why the stored session can't be used; nil where it can, or there is none
}

// NewStatus is `status`.
func NewStatus(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show who is signed in, until when, and what is cached",
		Long: `Shows how old the access map is, which role this shell is under, each identity with who is signed in and until when,
and each role with what is left of its cached credentials. It makes no network request and changes nothing. Exit code 4 if nobody is signed in, or every session is over.`,
		Example: "  dbxaccess status\n  dbxaccess status -o json | jq .identities",
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := makeStatus(cmd.Context(), env)
			if err != nil {
				return err
			}
			missing := report.missing()
			if output == "json" {
				return errors.Join(ui.PrintJSON(env.Streams.Out, report), missing)
			}
			if err := printStatus(env, report); err != nil {
				return err
			}
			if missing != nil && onOneScreen(env.Streams) { // where the lines above say it, with the command
				return cli.Ended(ui.CodeOf(missing))
			}
			return missing
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

// missing is an error if neither a person nor a workload could get anything, as far as is known without a request.
func (r *statusReport) missing() error {
	var noRoles, damaged error
	var people, over, unfinished ui.Fix // the commands that sign in
	for _, i := range r.Identities {
		lives := i.SignedIn && i.State != access.Over
		if lives && i.noRoles == nil || i.TokenHere != nil && *i.TokenHere {
			return nil
		}
		command := ui.Command("dbxaccess login --identity " + i.Identity)
		switch {
		case i.State == access.Over:
			over = append(over, command...)
		case i.State == access.Unfinished:
			unfinished = append(unfinished, command...)
		case i.TokenFrom == "" && !i.SignedIn:
			people = append(people, command...)
		}
		if lives && noRoles == nil {
			noRoles = i.noRoles
		}
		damaged = cmp.Or(damaged, i.damaged)
	}
	switch {
	case unfinished != nil:
		return ui.Errorf("sign-in-not-finished", ui.LoginNeeded, "%w", access.ErrNotFinished).With(unfinished)
	case over != nil:
		return ui.Errorf("sessions-over", ui.LoginNeeded, "a new sign-in is needed").With(over)
	case noRoles != nil:
		return noRoles
	case damaged != nil:
		return damaged
	case people != nil:
		return ui.Errorf("nobody-signed-in", ui.LoginNeeded, "%w", login.ErrNotSignedIn).With(people)
	case slices.ContainsFunc(r.Identities, func(i statusIdentity) bool { return i.TokenHere == nil }):
		return nil
	}
	return ui.Errorf("workload-token-absent", ui.LoginNeeded, "no workload token on this machine").
		With(ui.Advice("run this inside the job; dbxaccess roles says what is missing"))
}

func makeStatus(ctx context.Context, env *cli.Env) (*statusReport, error) {
	selected, err := env.KeyringInUse(ctx)
	if err != nil {
		return nil, err
	}
	keyring, err := env.Keyring(selected)
	if err != nil {
		return nil, err
	}
	b, err := env.BrokerOn(keyring)
	if err != nil {
		return nil, err
	}
	view, err := b.View()
	if err != nil {
		return nil, err
	}
	path, named, err := env.MapFile()
	if err != nil {
		return nil, err
	}
	report := &statusReport{Map: mapStatus(path, named), Keyring: selected.Backend.String(), Identities: []statusIdentity{}}
	for _, name := range slices.Sorted(maps.Keys(view.Map.Identities)) {
		one, err := identityStatus(ctx, b, view, view.Map.Identities[name], env.Now())
		if err != nil {
			return nil, err
		}
		report.Identities = append(report.Identities, *one)
	}
	report.Sinks, report.Agents, report.Shell = sinksStatus(env), agentsStatus(env), shellStatus(env, view)
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	report.likely = report.likelyRole(slices.Concat([]string{settings.DefaultRole}, env.RecentRoles(), []string{view.Map.Defaults.Role}))
	return report, nil
}

func identityStatus(ctx context.Context, b *broker.Broker, view *access.View, identity *accessmap.Identity, now time.Time) (*statusIdentity, error) {
	provider := access.ProviderOf(view.Map, identity)
	one := &statusIdentity{Identity: identity.Name, Issuer: provider.Issuer, Roles: []statusRole{}}
	if !identity.Method().SignsIn() {
		one.TokenFrom = identity.Token.From
		if here := b.TokenHere(provider); !provider.Token.Asked() {
			one.TokenHere = &here
		}
		return one, nil
	}
	signIn, err := view.SignIn(ctx, identity)
	if ui.CodeOf(err) == ui.LoginNeeded {
		switch {
		case errors.Is(err, access.ErrNotFinished):
			one.State = access.Unfinished
		case !errors.Is(err, login.ErrNotSignedIn):
			one.damaged, one.Why = err, ui.Clean(err.Error())
		}
		return one, nil
	}
	if err != nil {
		return nil, err
	}
	session := signIn.Session
	one.SignedIn, one.Person, one.Subject = true, session.Display(), session.Subject
	one.SignedInAt, one.IDTokenExpires = &session.SignedIn, &session.IDTokenExpires
	standing := b.Standing(provider, session)
	one.Renewable = standing.Renews
	one.State, one.words = access.StateOf(standing), access.SessionWords(session, standing)
	if why := cmp.Or(standing.Why, standing.Failed); why != nil {
		one.Why = ui.Clean(why.Error())
	}
	if one.State == access.Over {
		one.OverSince = &standing.Over
	}
	if ends, known := session.EndsAt(); known {
		one.SessionEnds = &ends
	}
	if one.Workspaces, err = workspacesStatus(ctx, b, signIn); err != nil {
		return nil, err
	}
	rows, err := view.Rows(signIn)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		one.noRoles = signIn.NoRoles()
	}
	for _, row := range rows {
		role, err := roleStatus(ctx, b, row, one.State == access.Over, now)
		if err != nil {
			return nil, err
		}
		one.Roles = append(one.Roles, *role)
	}
	return one, nil
}
