package account

import (
	"cmp"
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// statusWorkspace is a sign-in at a workspace, beside that with an identity.
type statusWorkspace struct {
	Workspace   string       `json:"workspace"`
	Host        string       `json:"host"`
	SignedIn    bool         `json:"signed_in"`
	Person      string       `json:"person,omitempty"` // as the workspace knows them
	SignedInAt  *time.Time   `json:"signed_in_at,omitempty"`
	SessionEnds *time.Time   `json:"session_ends,omitempty"` // for good, where that is known
	OverSince   *time.Time   `json:"over_since,omitempty"`   // when only a new sign-in helps
	State       access.State `json:"state,omitempty"`
	Why         string       `json:"why,omitempty"` // it can't be used or renewed, or was not when that was last tried

	words string // for people
}

func workspacesStatus(ctx context.Context, b *broker.Broker, signIn *access.SignIn) (list []statusWorkspace, err error) {
	all, err := b.Beside(ctx, signIn)
	for _, one := range all {
		w := one.Provider.Workspace
		s := statusWorkspace{Workspace: w.Name, Host: w.Host}
		login := ": " + one.Provider.LoginCommand()
		s.words = "workspace " + w.Name + ": "
		if one.Session == nil {
			s.words += "not signed in" + login
			if one.Why != nil {
				s.Why = ui.Clean(one.Why.Error())
			}
			list = append(list, s)
			continue
		}
		s.SignedIn, s.Person, s.SignedInAt = true, one.Session.Display(), &one.Session.SignedIn
		s.State = access.StateOf(one.Standing)
		s.words += "signed in as " + s.Person + ", " + access.SessionWords(one.Session, one.Standing)
		if s.State == access.Over {
			s.OverSince = &one.Standing.Over
			s.words += login
		}
		if ends, known := one.Session.EndsAt(); known {
			s.SessionEnds = &ends
		}
		if why := cmp.Or(one.Standing.Why, one.Standing.Failed); why != nil {
			s.Why = ui.Clean(why.Error())
		}
		list = append(list, s)
	}
	return list, err
}
