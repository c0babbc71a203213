package login

import (
	"context"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxIDToken is what STS takes of a web identity token, in characters.
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
	maxIDToken = 20_000
	// leeway is how far in the future a token may begin; go-oidc allows the same. Its end has none: STS gives none.
	leeway = 5 * time.Minute
	// maxClockOff is the difference of clocks from which it is named as a token's trouble.
	maxClockOff = 2 * time.Minute
)

// algorithms are the signatures we accept (RFC 7518 §3.1): RSA and ECDSA with SHA-256 to SHA-512, as STS does.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512}

// Verify believes an ID token (OpenID Connect Core 1.0 §3.1.3.7): signature by a key of the provider, issuer, audience,
// authorized party where there are several audiences, and time. go-oidc verifies; what it refuses is told here in
// sentences that name both sides, and the clock where that is to blame.
//
// nonce is what the sign-in's authorization request sent, which the token must repeat; "" where none was sent (device
// code, renewal, a machine's token).
func (c *Client) Verify(
	ctx context.Context, p Provider, e *Endpoints, idToken secret.String, nonce string,
) (*Identity, error) {
	raw := idToken.Reveal()
	if len(raw) > maxIDToken {
		return nil, ui.Fault(ui.Failed,
			"have the provider put fewer groups into the token (filter them by a prefix, or use app roles)",
			"the ID token of %s is %d characters long, and AWS takes %d at most", p.host(), len(raw), maxIDToken)
	}
	header, ok := jwtHeader(raw)
	if !ok {
		return nil, ui.Fault(ui.Failed, "turn off encryption of ID tokens for the application at the provider, if it is on",
			"what %s sent as ID token is not a signed JWT", p.host())
	}
	accepted := algorithms
	if len(e.Algorithms) > 0 {
		accepted = slices.DeleteFunc(slices.Clone(algorithms), func(alg string) bool {
			return !slices.Contains(e.Algorithms, alg)
		})
	}
	if alg := header.Text("alg"); !slices.Contains(accepted, alg) {
		return nil, ui.Fault(ui.Failed, "have the provider sign the application's ID tokens with RS256",
			"the ID token of %s is signed with %q; accepted: %s", p.host(), ui.Cut(alg, 20), strings.Join(accepted, ", "))
	}
	keys, err := c.signingKeys(ctx, p, e, header.Text("kid"))
	if err != nil {
		return nil, err
	}
	set := &keySet{keys: oidc.StaticKeySet{PublicKeys: keys}}
	_, err = oidc.NewVerifier(p.Issuer, set, &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: accepted, Now: c.now,
	}).Verify(ctx, raw)
	if set.payload == nil {
		return nil, ui.Fault(ui.Failed, "somebody may be in between: don't go on before this is understood",
			"the signature of the ID token is by none of the keys of %s", p.host())
	}
	claims, ok := httpclient.ParseObject(set.payload)
	if !ok {
		return nil, ui.Fault(ui.Failed, "", "the ID token of %s holds no claims", p.host())
	}
	if told := c.checkClaims(p, e, claims, nonce); told != nil {
		return nil, told
	}
	if err != nil {
		return nil, ui.Fault(ui.Failed, "", "the ID token of %s is not valid: %w", p.host(), err)
	}
	return newIdentity(p, claims), nil
}

// jwtHeader reads the header of a compact JWS (RFC 7515 §7.1), and reports false for anything else. go-jose would also
// take other serialisations and stray white space.
func jwtHeader(raw string) (httpclient.Object, bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, false
	}
	return jwtPart(parts[0])
}

func jwtPart(part string) (httpclient.Object, bool) {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, false
	}
	return httpclient.ParseObject(data)
}

// checkClaims makes a sentence of each thing that can be wrong with verified claims, or returns nil.
func (c *Client) checkClaims(p Provider, e *Endpoints, claims httpclient.Object, nonce string) error {
	now := c.now()
	issuer := claims.Text("iss")
	audience, _ := list(claims, "aud")
	ends, _ := timeOf(claims, "exp")
	starts, _ := timeOf(claims, "nbf")
	if issued, ok := timeOf(claims, "iat"); ok && issued.After(starts) {
		starts = issued // a token from the future is one, whichever claim says so
	}
	switch {
	// Google's tokens name it with or without the scheme; go-oidc knows.
	case issuer != p.Issuer && (p.Issuer != "https://accounts.google.com" || issuer != "accounts.google.com"):
		return ui.Fault(ui.Failed, "correct issuer of the identity in the access map",
			"the ID token is by the issuer %q, not by %q", ui.Cut(issuer, 300), ui.Clean(p.Issuer))
	case !slices.Contains(audience, p.ClientID):
		return ui.Fault(ui.Failed,
			"correct client_id of the identity in the access map, or the audience the provider gives the application",
			"the ID token is for the audience %q, not for the client %q",
			ui.Cut(strings.Join(audience, " "), 300), ui.Clean(p.ClientID))
	case len(audience) > 1 && claims.Text("azp") != p.ClientID:
		return ui.Fault(ui.Failed, "have the provider issue the token to this client alone",
			"the ID token is for several audiences and was issued to %q (azp), not to the client %q",
			ui.Cut(claims.Text("azp"), 300), ui.Clean(p.ClientID))
	case nonce != "" && claims.Text("nonce") != nonce:
		// The nonce itself is not told: whoever swapped the token may be reading.
		return ui.Fault(ui.Failed, p.loginCommand()+"\nif it happens again, somebody may be in between: don't go on before this is understood",
			"the ID token of %s does not belong to this sign-in: it has %s", p.host(), otherNonce(claims))
	case p.kind().Tenants && claims.Text("tid") == "":
		return ui.Fault(ui.Failed, "correct issuer or kind of the identity in the access map",
			"the ID token names no tenant, where %s names one in each", p.host())
	case !tenantFits(p, claims):
		return ui.Fault(ui.Failed, "sign in with an account of that tenant, or correct issuer of the identity in the access map",
			"the ID token is of the tenant %q, not of that in the issuer %q", ui.Cut(claims.Text("tid"), 100), ui.Clean(p.Issuer))
	case claims.Text("sub") == "":
		return ui.Fault(ui.Failed, "", "the ID token of %s names no subject", p.host())
	case ends.IsZero():
		return ui.Fault(ui.Failed, "", "the ID token of %s does not say when it ends", p.host())
	case !now.Before(ends):
		return e.clockFault("the ID token ended at %s, %s ago by this machine's clock", ends, now.Sub(ends))
	case starts.After(now.Add(leeway)):
		return e.clockFault("the ID token begins at %s, %s from now by this machine's clock", starts, starts.Sub(now))
	}
	return nil
}

func otherNonce(claims httpclient.Object) string {
	if claims.Text("nonce") == "" {
		return "no nonce"
	}
	return "another nonce"
}

// tenantFits compares the tenant of a token with that of the issuer, where the provider has tenants.
func tenantFits(p Provider, claims httpclient.Object) bool {
	if !p.kind().Tenants {
		return true
	}
	issuer, err := url.Parse(p.Issuer)
	if err != nil {
		return false
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(issuer.Path, "/"), "/")
	return strings.EqualFold(claims.Text("tid"), tenant)
}

// clockFault tells of a token that is out of its time, and whose clock is to blame if that is known.
func (e *Endpoints) clockFault(format string, at time.Time, off time.Duration) error {
	const hint = "set this machine's clock, then try again"
	ahead := time.Duration(e.clockAhead.Load()).Round(time.Second)
	args := []any{at.UTC().Format(time.RFC3339), off.Round(time.Second)}
	switch {
	case ahead > maxClockOff:
		return ui.Fault(ui.Failed, hint, format+", which is %s behind the provider's", append(args, ahead)...)
	case ahead < -maxClockOff:
		return ui.Fault(ui.Failed, hint, format+", which is %s ahead of the provider's", append(args, -ahead)...)
	}
	return ui.Fault(ui.Failed, "check this machine's clock, then try again", format, args...)
}
