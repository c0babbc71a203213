package access

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Row describes a role as a sign-in has it, or would have it. Its JSON is the contract of `roles -o json`.
type Row struct {
	Role        string `json:"role"`
	Identity    string `json:"identity"`
	Description string `json:"description,omitempty"`
	MayTake     bool   `json:"may_take"`
	AtAWS       bool   `json:"-"` // false for a role of its workspace alone
	RoleARN     string `json:"role_arn,omitempty"`
	Permission  string `json:"permission_set,omitempty"` // of Identity Center, as in 111122223333/MLAdmin
	Region      string `json:"region,omitempty"`
	Profile     string `json:"profile"` // at AWS and at Databricks, where the role has something there
	Workspace   string `json:"workspace,omitempty"`
	Host        string `json:"workspace_host,omitempty"`
	GivesToken  bool   `json:"-"` // some workspace does: see Workplace
	Principal   string `json:"service_principal,omitempty"`
	Account     string `json:"account_id,omitempty"`   // of Databricks, where the host is its console or a unified one
	WorkspaceID string `json:"workspace_id,omitempty"` // where the host is a unified one, which serves several
	// Workplaces are all of the role's workspaces. What stands above of one is the first's.
	Workplaces []Workplace `json:"workspaces,omitempty"`

	Read   []string `json:"read,omitempty"`
	Write  []string `json:"write,omitempty"`
	Delete []string `json:"delete,omitempty"`
	// Statements are what else it may at AWS, Managed the ARNs of policies whose actions it may too.
	Statements []Statement `json:"statements,omitempty"`
	Managed    []string    `json:"managed_policies,omitempty"`
	Unbounded  bool        `json:"unrestricted,omitempty"` // nothing narrows what stands behind it at AWS
	// Sensitivity is that of each of these datasets of which the map says it, by name.
	Sensitivity map[string]string `json:"sensitivity,omitempty"`

	// Rules are what the map's policy asks for the role's data, as the map writes it; SignInCommand, where the sign-in does not prove what is
	// asked of it, the command that signs in afresh, or "" with SignInLacks alone where no sign-in of its kind does.
	Rules         []string           `json:"rules,omitempty"`
	Demands       *accessmap.Demands `json:"demands,omitempty"` // of these rules, those that somebody has to do something for
	SignInCommand string             `json:"sign_in_command,omitempty"`
	SignInLacks   string             `json:"sign_in_lacks,omitempty"` // what it lacks, in words

	Because []Reason   `json:"because,omitempty"`
	Until   *time.Time `json:"ends_at,omitempty"` // the moment from which on the role is, or was, given no more; absent where it has no end
	Reason  string     `json:"reason,omitempty"`  // why it is given until then, in the map's words
	Ended   bool       `json:"ended,omitempty"`   // that moment has come
	Needs   []string   `json:"needs,omitempty"`   // what would give the role; one is enough

	Agent *accessmap.AgentShare `json:"as_agent,omitempty"` // what a coding agent may have of it, where one was asked about
}

// Statement is what the map allows by hand.
type Statement struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
}

// Reason is a rule of the map that gave a role.
type Reason struct {
	Claim string `json:"claim"`
	Value string `json:"value"` // of the claim, as the rule matched it
	Group string `json:"group"` // the same as Value: its older name, kept for programs that read it
	Rule  string `json:"rule"`  // of the access map

	Until  *time.Time `json:"ends_at,omitempty"` // from when on the rule gives the role no more
	Reason string     `json:"reason,omitempty"`  // why it gives it, in the map's words
}

// Labels are datasets of the role as people see them.
func (r Row) Labels(datasets []string) []string {
	labels := slices.Clone(datasets)
	for i, name := range labels {
		labels[i] = accessmap.Label(name, r.Sensitivity[name])
	}
	return labels
}

// end notes until when a grant lasts.
func (r *Row) end(g *accessmap.Grant) {
	r.Until = endOf(g.Until)
	for _, reason := range g.Because {
		if r.Until != nil && reason.Until.Equal(g.Until) && r.Reason == "" {
			r.Reason = reason.Why
		}
	}
}

// endOf is an end for JSON; nil for none.
func endOf(until time.Time) *time.Time {
	if until.IsZero() {
		return nil
	}
	return &until
}

// Workspaces are the names of the role's workspaces.
func (r Row) Workspaces() []string {
	names := make([]string, len(r.Workplaces))
	for i, w := range r.Workplaces {
		names[i] = w.Workspace
	}
	return names
}

// Rows describes the roles that a sign-in gives, by name.
func (v *View) Rows(s *SignIn) ([]Row, error) {
	var rows []Row
	for _, grant := range s.Grants {
		row, err := v.row(s.Identity, grant.Role)
		if err != nil {
			return nil, err
		}
		row.MayTake = true
		for _, reason := range grant.Because {
			row.Because = append(row.Because, Reason{
				Claim: reason.Claim, Value: reason.Value, Group: reason.Value, Rule: reason.Rule, Until: endOf(reason.Until), Reason: reason.Why,
			})
		}
		row.end(&grant)
		if err := s.StepUp(grant.Role); err != nil {
			row.SignInLacks = ui.Clean(err.Error())
			if ui.CodeOf(err) == ui.LoginNeeded {
				row.SignInCommand = ForCommand(v.Map, s.Identity.Name, grant.Role)
			}
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

// Lacking describes the roles that the sign-in's identity gives to others, each with what would give it.
func (v *View) Lacking(s *SignIn) ([]Row, error) {
	var rows []Row
	for _, need := range v.Map.Lacking(s.Identity.Name, claimsOf(s.Session), s.at) {
		row, err := v.row(s.Identity, need.Role)
		if err != nil {
			return nil, err
		}
		row.Needs = need.Rules
		if need.Ended != nil {
			row.end(need.Ended)
			row.Ended = true
		}
		rows = append(rows, *row)
	}
	return rows, nil
}

// Available returns who is signed in, at least one, and the rows of all roles that they may take, which may be none.
func (v *View) Available(ctx context.Context, only string) ([]*SignIn, []Row, error) {
	signIns, err := v.SignIns(ctx, only)
	if err != nil {
		return nil, nil, err
	}
	var rows []Row
	for _, s := range signIns {
		given, err := v.Rows(s)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, given...)
	}
	return signIns, rows, nil
}

func (v *View) row(identity *accessmap.Identity, name string) (*Row, error) {
	role, err := v.Map.Effective(name)
	if err != nil {
		return nil, err
	}
	row := &Row{
		Role: name, Identity: identity.Name, Description: role.Description, AtAWS: role.AtAWS, RoleARN: role.RoleARN,
		Region: role.Region, Profile: v.ProfileName(identity.Name, name),
		Read: role.Read, Write: role.Write, Delete: role.Delete, Workspace: role.Workspace,
		Principal: role.ServicePrincipal, Managed: role.ManagedPolicies, Unbounded: role.Unbounded(),
	}
	for _, s := range role.Statements {
		row.Statements = append(row.Statements, Statement(s))
	}
	if identity.Method() == idp.IdentityCenter && role.AccountID != "" {
		row.Permission = role.AccountID + "/" + role.RoleName
	}
	for _, name := range role.Datasets() {
		if how := v.Map.Datasets[name].Sensitivity; how != "" {
			if row.Sensitivity == nil {
				row.Sensitivity = make(map[string]string)
			}
			row.Sensitivity[name] = how
		}
	}
	data, err := v.Map.Sensitive(name, nil)
	if err != nil {
		return nil, err
	}
	row.Rules, row.Demands = data.Handling.Rules(), data.Handling.Demands(identity)
	row.Workplaces = v.Workplaces(identity, role)
	if len(row.Workplaces) > 0 {
		first := row.Workplaces[0]
		row.Host, row.Account, row.WorkspaceID = first.Host, first.Account, first.WorkspaceID
		row.GivesToken = slices.ContainsFunc(row.Workplaces, func(w Workplace) bool { return w.GivesToken })
	}
	return row, nil
}
