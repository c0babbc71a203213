package login

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Workspace is a Databricks workspace, or an account, where a person who is signed in with an identity signs in once more,
// since it takes no ID token. That sign-in stands beside the identity's and is good for the same person alone.
type Workspace struct {
	Name        string   `json:"name"`                   // in the access map
	Host        string   `json:"host"`                   // https://name.example
	AccountID   string   `json:"account_id,omitempty"`   // of the Databricks account, where Host is its console or a unified host
	WorkspaceID string   `json:"workspace_id,omitempty"` // where Host is a unified host
	Scopes      []string `json:"scopes"`                 // that its tokens have; a sign-in for others is another one

	Beside  string `json:"beside"`  // the SessionKey of the identity's provider
	Subject string `json:"subject"` // who is signed in there; "": whoever it is
	// Names are what the person is known by there, the best first. They are not stored.
	Names []string `json:"-"`
	// Shared: other identities have roles there too, so that a command has to name the identity. It is not stored.
	Shared bool `json:"-"`
}

// key tells the sign-in from those at other workspaces, beside other identities and for other scopes.
func (w *Workspace) key(p Provider) string {
	return sessionPrefix + Hash(append([]string{p.Issuer, p.ClientID, w.Beside, w.WorkspaceID}, slices.Sorted(slices.Values(w.Scopes))...)...)
}

// workspaceClient is the client that people sign in with at a workspace.
const workspaceClient = "databricks-cli"

// same reports whether two sign-ins are at one workspace, beside one identity; nil is the identity's own.
func (w *Workspace) same(other *Workspace) bool {
	if w == nil || other == nil {
		return w == other
	}
	return w.Host == other.Host && w.AccountID == other.AccountID && w.WorkspaceID == other.WorkspaceID && w.Beside == other.Beside
}

// notOf is the error of a session that was made beside another person's sign-in.
func (w *Workspace) notOf(p Provider, session *Session) error {
	if w == nil || w.Subject == "" || session.Workspace.Subject == w.Subject {
		return nil
	}
	return ui.Errorf("session-of-other-person", ui.LoginNeeded, "%w at %s: the sign-in there is that of %s, beside somebody else's at the identity provider",
		ErrNotSignedIn, p.Host(), session.Display()).With(p.SignInFix())
}

// command signs in there.
func (w *Workspace) command(identity string) string {
	command := "dbxaccess login --workspace " + w.Name
	if w.Shared {
		command += " --identity " + identity
	}
	return command
}

// Provider is the one by which someone who is signed in with an identity signs in there.
func (w Workspace) Provider(identity string) Provider {
	p := Provider{Method: idp.Workspace, Name: identity, Issuer: w.Host + "/oidc", ClientID: workspaceClient, Kind: "generic", Workspace: &w}
	if w.AccountID != "" {
		p.Issuer += "/accounts/" + w.AccountID
	}
	return p
}
