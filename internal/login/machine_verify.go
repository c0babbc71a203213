package login

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// machineSession believes a token, once it is verified.
func (s *Sessions) machineSession(ctx context.Context, p Provider, token secret.String) (*Session, error) {
	now := s.now().UTC()
	if err := checkMachine(p, token, now); err != nil {
		return nil, err
	}
	e, err := s.Client.signers(ctx, p)
	if err != nil {
		return nil, err
	}
	who, err := s.Client.Verify(ctx, p, e, token, "")
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256([]byte(p.Issuer + "\x00" + who.Subject))
	session := &Session{
		ID: base32Lower(id[:]), Issuer: p.Issuer, ClientID: p.ClientID, Subject: who.Subject, Machine: true, SignedIn: now,
	}
	if !who.IssuedAt.IsZero() {
		session.SignedIn = who.IssuedAt
	}
	session.adopt(p, who, token, now)
	return session, nil
}

// signers reads from an issuer's metadata where its keys are (OpenID Connect Discovery 1.0 §4). Who signs tokens for machines
// is mostly no provider that anybody signs in at, and has none of the endpoints that Discover needs: GitHub, Kubernetes, AWS.
func (c *Client) signers(ctx context.Context, p Provider) (*Endpoints, error) {
	const hint = "correct issuer of the identity in the access map; its metadata must be at <issuer>/.well-known/openid-configuration"
	issuer, err := httpclient.CheckURL(p.Issuer)
	if err != nil {
		return nil, ui.Fault(ui.Failed, hint, "the issuer: %w", err)
	}
	doing := "asking " + p.host() + " for its keys"
	e := &Endpoints{}
	body, status, err := c.get(ctx, e, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	metadata, ok := httpclient.ParseObject(body)
	if status != http.StatusOK || !ok {
		return nil, ui.Fault(ui.Failed, hint, "%s: it answered %d without the metadata of an issuer", doing, status)
	}
	if err := checkIssuer(p, metadata.Text("issuer")); err != nil {
		return nil, err
	}
	e.Keys = metadata.Text("jwks_uri")
	e.Algorithms, _ = list(metadata, "id_token_signing_alg_values_supported")
	return e, checkNamed(p, issuer, "jwks_uri", e.Keys, hint)
}

// checkMachine refuses a token by its own words, before anything is sent and before they are proven: where a machine's
// token is wrong, the remedy lies elsewhere than for a person's. What passes is verified like every other.
func checkMachine(p Provider, token secret.String, now time.Time) error {
	claims, ok := unverified(token)
	if !ok {
		return ui.Fault(ui.Failed, remedyAt(p.Token, "have it give a signed JWT, and nothing else"),
			"what %s gives is no ID token", p.Token)
	}
	issuer := claims.Text("iss")
	audience, _ := list(claims, "aud")
	switch ends, known := timeOf(claims, "exp"); {
	case issuer != p.Issuer:
		return ui.Fault(ui.Failed, "write into the access map, if that is the issuer you mean: issuer: "+ui.Cut(issuer, 300),
			"the token of %s is by the issuer %q, not by %q", p.Token, ui.Cut(issuer, 300), ui.Clean(p.Issuer))
	case !slices.Contains(audience, p.ClientID):
		return ui.Fault(ui.Failed, "correct token.audience of the identity in the access map, or "+remedyAt(p.Token, "have the token made for the audience "+ui.Clean(p.ClientID)),
			"the token of %s is for the audience %q, not for %q", p.Token, ui.Cut(strings.Join(audience, " "), 300), ui.Clean(p.ClientID))
	case known && !now.Before(ends):
		return ui.Fault(ui.LoginNeeded, remedyAt(p.Token, "have it put a new one there"),
			"the token of %s ended at %s", p.Token, ends.Format(time.RFC3339))
	}
	return nil
}
