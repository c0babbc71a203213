package workload

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// verified makes a session of a token that is believed.
func (s *Source) verified(ctx context.Context, p login.Provider, token secret.String) (*login.Session, error) {
	now := s.Now().UTC()
	if err := check(p, token, now); err != nil {
		return nil, err
	}
	client := &idtoken.Client{HTTP: s.HTTP, Now: s.Now, Notes: s.Notes}
	issuer, err := client.Issuer(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	claims, err := client.Verify(ctx, issuer, token, idtoken.Expected{
		Audience: p.ClientID, Tenants: p.Quirks().Tenants, SignIn: p.LoginCommand(),
	})
	if err != nil {
		return nil, err
	}
	session := login.NewSession(p, now)
	session.ID, session.Token = login.Hash(p.Issuer, claims.Text("sub")), p.Token
	if issued, known := claims.Time("iat"); known {
		session.SignedIn = issued
	}
	session.Update(p, claims, token, now)
	return session, nil
}

// check refuses a token by its own words, before anything is sent and before they are proven: where a workload's
// token is wrong, the remedy lies elsewhere than for a person's. What passes is verified like every other.
func check(p login.Provider, token secret.String, now time.Time) error {
	claims, ok := idtoken.Parse(token)
	if !ok {
		return ui.Errorf("workload-token-malformed", ui.Failed, "what %s gives is no ID token", p.Token).
			With(remedyAt(p.Token, "have it give a signed JWT, and nothing else"))
	}
	issuer := claims.Text("iss")
	audience, _ := claims.List("aud")
	switch ends, known := claims.Time("exp"); {
	case issuer != p.Issuer:
		return ui.Errorf("workload-token-issuer", ui.Failed,
			"the token of %s is by the issuer %q, not by %q", p.Token, ui.Cut(issuer, 300), ui.Clean(p.Issuer)).
			With(ui.Advice("write into the access map, if that is the issuer you mean: issuer: " + ui.Cut(issuer, 300)))
	case !slices.Contains(audience, p.ClientID):
		return ui.Errorf("workload-token-audience", ui.Failed,
			"the token of %s is for the audience %q, not for %q", p.Token, ui.Cut(strings.Join(audience, " "), 300), ui.Clean(p.ClientID)).
			With(remedyAt(p.Token, "correct token.audience of the identity in the access map, or have the token made for the audience "+ui.Clean(p.ClientID)))
	case known && !now.Before(ends):
		return ui.Errorf("workload-token-ended", ui.LoginNeeded, "the token of %s ended at %s", p.Token, ends.Format(time.RFC3339)).
			With(remedyAt(p.Token, "have it put a new one there"))
	}
	return nil
}
