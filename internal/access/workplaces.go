package access

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
)

// Workplace is a workspace that a role works in, as `roles -o json` lists it.
type Workplace struct {
	Workspace   string   `json:"workspace"`
	Host        string   `json:"host"`
	Profile     string   `json:"profile"`                // at Databricks
	Account     string   `json:"account_id,omitempty"`   // of Databricks, where the host is its console or a unified one
	WorkspaceID string   `json:"workspace_id,omitempty"` // where the host is a unified one, which serves several
	Scopes      []string `json:"scopes"`                 // what the role's tokens are for there: [all-apis] for everything
	GivesToken  bool     `json:"-"`                      // to those who have the role through the identity
	ByBrowser   bool     `json:"-"`                      // after a sign-in there, besides the identity's
}

// Narrowed are the scopes of the role's tokens there, where that is less than everything; else nil.
func (w Workplace) Narrowed() []string {
	if slices.Contains(w.Scopes, scope.All) {
		return nil
	}
	return w.Scopes
}

// Workplaces are the workspaces of a role for those that have it through an identity. The first is the one that is meant where
// none is named.
func (v *View) Workplaces(identity *accessmap.Identity, role *accessmap.Effective) []Workplace {
	var all []Workplace
	for _, w := range role.Workplaces {
		all = append(all, Workplace{
			Workspace: w.Name, Host: w.Host, Account: w.AccountID, WorkspaceID: w.WorkspaceID, Scopes: w.Scopes,
			Profile:    v.name(identity.Name, role.Role, w.Name),
			GivesToken: w.Login.Serves(identity.Method()), ByBrowser: w.Login == accessmap.LoginBrowser,
		})
	}
	return all
}
