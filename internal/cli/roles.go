package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type roleRow struct {
	Role        string       `json:"role"`
	Identity    string       `json:"identity"`
	Description string       `json:"description,omitempty"`
	MayTake     bool         `json:"may_take"`
	RoleARN     string       `json:"role_arn,omitempty"`
	Permission  string       `json:"permission_set,omitempty"` // of Identity Center, as in 111122223333/MLAdmin
	Region      string       `json:"region,omitempty"`
	Profile     string       `json:"profile"` // at AWS, and at Databricks where the role has a workspace
	Workspace   string       `json:"workspace,omitempty"`
	Host        string       `json:"workspace_host,omitempty"`
	Federated   bool         `json:"-"` // the workspace exchanges ID tokens for its own
	Principal   string       `json:"service_principal,omitempty"`
	Account     string       `json:"account_id,omitempty"` // of Databricks, where the host is its console
	Read        []string     `json:"read,omitempty"`
	Write       []string     `json:"write,omitempty"`
	Delete      []string     `json:"delete,omitempty"`
	Because     []roleReason `json:"because,omitempty"`
	Needs       []string     `json:"needs,omitempty"` // what it would take, of which one is enough
}

type roleReason struct {
	Claim string `json:"claim"`
	Group string `json:"group"` // what the claim holds
	Rule  string `json:"rule"`  // of the access map
}

func newRoles(a *app) *cobra.Command {
	var (
		why      bool
		output   string
		identity string
	)
	cmd := &cobra.Command{
		Use:   "roles",
		Short: "List the roles you may take",
		Long: `Lists the roles that the access map gives you. With --why, each role is followed by the claim, what it holds and
the rule that gave the role, and by what it grants; then come the roles that you may not take, with what they would
take. This is what the map says; the role's own trust policy at AWS has the last word.`,
		Example: "  dbxaccess roles\n  dbxaccess roles --why\n  dbxaccess roles -o json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.broker(cmd.Context())
			if err != nil {
				return err
			}
			rows, err := listRoles(cmd.Context(), a, b, identity, why)
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(a.streams.Out, rows)
			}
			return printRoles(a, rows, why)
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "say which claim and which rule gave each role, what it grants, and what other roles would take")
	outputFlag(cmd, &output)
	a.identityFlag(cmd, &identity)
	return cmd
}

// roleRows lists what the signed-in identities may take. Somebody who may take nothing gets the reason as an error.
func roleRows(ctx context.Context, a *app, b *broker.Broker, only string) ([]roleRow, error) {
	return listRoles(ctx, a, b, only, false)
}

// listRoles is roleRows, and with lacking also the roles that can't be taken.
func listRoles(ctx context.Context, a *app, b *broker.Broker, only string, lacking bool) ([]roleRow, error) {
	m, _, err := b.Map()
	if err != nil {
		return nil, err
	}
	people, rows, err := peopleAndRows(ctx, a, b, m, only)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, broker.NoRoles(m, people[0].identity, people[0].session)
	}
	if !lacking {
		return rows, nil
	}
	for _, s := range people {
		for _, need := range m.Lacking(s.identity.Name, broker.HolderOf(s.session)) {
			row, err := rowOf(a, m, s.identity, need.Role)
			if err != nil {
				return nil, err
			}
			row.Needs = need.Rules
			rows = append(rows, *row)
		}
	}
	return rows, nil
}

// peopleAndRows lists who is signed in, at least one, and what they may take, which may be nothing.
func peopleAndRows(ctx context.Context, a *app, b *broker.Broker, m *accessmap.Map, only string) ([]signedIn, []roleRow, error) {
	people, err := sessions(ctx, b, m, only)
	if err != nil {
		return nil, nil, err
	}
	var rows []roleRow
	for _, s := range people {
		if !s.identity.Machine() {
			a.warnOfEnd(s.identity.Name, s.session)
		}
		granted, err := rowsOf(a, m, s.identity, s.session)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, granted...)
	}
	return people, rows, nil
}

func rowsOf(a *app, m *accessmap.Map, identity *accessmap.Identity, session *login.Session) ([]roleRow, error) {
	var rows []roleRow
	for _, grant := range m.RolesFor(identity.Name, broker.HolderOf(session)) {
		row, err := rowOf(a, m, identity, grant.Role)
		if err != nil {
			return nil, err
		}
		row.MayTake = true
		for _, reason := range grant.Because {
			row.Because = append(row.Because, roleReason{Claim: reason.Claim, Group: reason.Group, Rule: reason.Rule})
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

// rowOf describes a role as an identity of the map would have it.
func rowOf(a *app, m *accessmap.Map, identity *accessmap.Identity, name string) (*roleRow, error) {
	role, err := m.Effective(name)
	if err != nil {
		return nil, err
	}
	row := &roleRow{
		Role: name, Identity: identity.Name, Description: role.Description, RoleARN: role.RoleARN,
		Region: role.Region, Profile: a.settings.ProfilePrefix + m.ProfileName(identity.Name, name),
		Read: role.Read, Write: role.Write, Delete: role.Delete, Workspace: role.Workspace,
		Principal: role.ServicePrincipal,
	}
	if identity.Center() && role.AccountID != "" {
		row.Permission = role.AccountID + "/" + role.RoleName
	}
	if w := m.Workspaces[role.Workspace]; w != nil {
		row.Host, row.Account = w.Host, w.AccountID
		row.Federated = w.Login == accessmap.LoginFederation && !identity.Center() // which issues no ID token
	}
	return row, nil
}

type signedIn struct {
	identity *accessmap.Identity
	session  *login.Session
}

// sessions returns who is signed in: for one identity or all of the map. Nobody is a login-needed error.
func sessions(ctx context.Context, b *broker.Broker, m *accessmap.Map, only string) ([]signedIn, error) {
	var (
		found                 []signedIn
		failed, first, absent error
	)
	for _, name := range slices.Concat(m.People(), m.Machines()) {
		if only != "" && name != only {
			continue
		}
		provider := broker.ProviderOf(m, m.Identities[name])
		if provider.Token != nil && provider.Token.Asked() && len(found) > 0 {
			continue // nobody is asked for a machine's token where a person is signed in
		}
		session, err := b.Sessions.Load(ctx, provider)
		switch {
		case err == nil:
			found = append(found, signedIn{m.Identities[name], session})
		case provider.Token != nil && ui.CodeOf(err) != ui.LoginNeeded && !provider.Token.Asked():
			failed = cmp.Or(failed, err) // told where there is nobody else
		case provider.Token != nil:
			absent = cmp.Or(absent, err)
		case ui.CodeOf(err) != ui.LoginNeeded:
			return nil, err
		case first == nil:
			first = err
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	// A machine's token that is at hand and can't be used is the cause, not that nobody signed in.
	if first = cmp.Or(failed, first, absent); first == nil {
		_, first = broker.Identity(m, only)
	}
	return nil, first
}
