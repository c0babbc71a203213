package login

import (
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Proof is what AWS takes for a session: an IDToken, a PortalToken or an Ambient.
type Proof interface{ proof() }

// IDToken is traded at STS for the credentials of a role.
type IDToken struct{ Token secret.String }

// PortalToken is traded at the access portal of IAM Identity Center for the credentials of a permission set.
type PortalToken struct {
	Token  secret.String
	Region string
}

// Ambient are the credentials that AWS gives this machine, with which a role is assumed. The session's ID token is made with
// them too: it says to the access map and to workspaces who that is.
type Ambient struct{}

func (IDToken) proof()     {}
func (PortalToken) proof() {}
func (Ambient) proof()     {}

// Proof is what AWS takes for the session.
func (s *Session) Proof() Proof {
	switch {
	case s.Token.Is(idp.FromAWS):
		return Ambient{}
	case s.IDToken.IsZero():
		return PortalToken{s.AccessToken, s.SSORegion}
	}
	return IDToken{s.IDToken}
}
