package idtoken

import (
	"context"
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
	// Leeway is how far in the future a token may begin; go-oidc allows the same. Its end has none: STS gives none.
	Leeway = 5 * time.Minute
	// maxClockOff is the difference of clocks from which it is named as a token's trouble.
	maxClockOff = 2 * time.Minute
)

// algorithms are the signatures we accept (RFC 7518 §3.1): RSA and ECDSA with SHA-256 to SHA-512, as STS does.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512}

// Expected is what an ID token must say to be believed, besides its issuer and its time.
type Expected struct {
	Audience string // the client id; of a workload's token, whom it is for
	Nonce    string // what the sign-in's authorization request sent; "" where none was sent (device code, renewal, workload)
	Tenants  bool   // the issuer's path begins with a tenant, and the token must be of the same
	SignIn   string // the command that signs in again, for hints
}

// Verify believes an ID token (OpenID Connect Core 1.0 §3.1.3.7): signature by a key of the issuer, issuer, audience,
// authorized party where there are several audiences, nonce, and time. go-oidc verifies; what it refuses is told here in
// sentences that name both sides, and the clock where that is to blame.
func (c *Client) Verify(ctx context.Context, i *Issuer, idToken secret.String, want Expected) (Claims, error) {
	none := Claims{}
	raw := idToken.Reveal()
	if len(raw) > maxIDToken {
		return none, ui.Fault(ui.Failed,
			"have the provider put fewer groups into the token (filter them by a prefix, or use app roles)",
			"the ID token of %s is %d characters long, and AWS takes %d at most", i.host(), len(raw), maxIDToken)
	}
	header, ok := jwtHeader(raw)
	if !ok {
		return none, ui.Fault(ui.Failed, "turn off encryption of ID tokens for the application at the provider, if it is on",
			"what %s sent as ID token is not a signed JWT", i.host())
	}
	accepted := algorithms
	if len(i.Algorithms) > 0 {
		accepted = slices.DeleteFunc(slices.Clone(algorithms), func(alg string) bool {
			return !slices.Contains(i.Algorithms, alg)
		})
	}
	if alg := header.Text("alg"); !slices.Contains(accepted, alg) {
		return none, ui.Fault(ui.Failed, "have the provider sign the application's ID tokens with RS256",
			"the ID token of %s is signed with %q; accepted: %s", i.host(), ui.Cut(alg, 20), strings.Join(accepted, ", "))
	}
	keys, err := c.signingKeys(ctx, i, header.Text("kid"))
	if err != nil {
		return none, err
	}
	set := &keySet{keys: oidc.StaticKeySet{PublicKeys: keys}}
	_, err = oidc.NewVerifier(i.Name, set, &oidc.Config{
		ClientID: want.Audience, SupportedSigningAlgs: accepted, Now: c.Now,
	}).Verify(ctx, raw)
	if set.payload == nil {
		return none, ui.Fault(ui.Failed, "somebody may be in between: don't go on before this is understood",
			"the signature of the ID token is by none of the keys of %s", i.host())
	}
	o, ok := httpclient.ParseObject(set.payload)
	if !ok {
		return none, ui.Fault(ui.Failed, "", "the ID token of %s holds no claims", i.host())
	}
	claims := Claims{o}
	if told := i.check(claims, want, c.Now()); told != nil {
		return none, told
	}
	if err != nil {
		return none, ui.Fault(ui.Failed, "", "the ID token of %s is not valid: %w", i.host(), err)
	}
	return claims, nil
}

// jwtHeader reads the header of a compact JWS (RFC 7515 §7.1), and reports false for anything else. go-jose would also
// take other serialisations and stray white space.
func jwtHeader(raw string) (httpclient.Object, bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, false
	}
	return part(parts[0])
}

// check makes a sentence of each thing that can be wrong with claims whose signature is right, or returns nil.
func (i *Issuer) check(claims Claims, want Expected, now time.Time) error {
	issuer := claims.Text("iss")
	audience, _ := claims.List("aud")
	ends, _ := claims.Time("exp")
	starts, _ := claims.Time("nbf")
	if issued, ok := claims.Time("iat"); ok && issued.After(starts) {
		starts = issued // a token from the future is one, whichever claim says so
	}
	switch {
	// Google's tokens name it with or without the scheme; go-oidc knows.
	case issuer != i.Name && (i.Name != "https://accounts.google.com" || issuer != "accounts.google.com"):
		return ui.Fault(ui.Failed, "correct issuer of the identity in the access map",
			"the ID token is by the issuer %q, not by %q", ui.Cut(issuer, 300), ui.Clean(i.Name))
	case !slices.Contains(audience, want.Audience):
		return ui.Fault(ui.Failed,
			"correct client_id of the identity in the access map, or the audience the provider gives the application",
			"the ID token is for the audience %q, not for the client %q",
			ui.Cut(strings.Join(audience, " "), 300), ui.Clean(want.Audience))
	case len(audience) > 1 && claims.Text("azp") != want.Audience:
		return ui.Fault(ui.Failed, "have the provider issue the token to this client alone",
			"the ID token is for several audiences and was issued to %q (azp), not to the client %q",
			ui.Cut(claims.Text("azp"), 300), ui.Clean(want.Audience))
	case want.Nonce != "" && claims.Text("nonce") != want.Nonce:
		// The nonce itself is not told: whoever swapped the token may be reading.
		return ui.Fault(ui.Failed, want.SignIn+"\nif it happens again, somebody may be in between: don't go on before this is understood",
			"the ID token of %s does not belong to this sign-in: it has %s", i.host(), otherNonce(claims))
	case want.Tenants && claims.Text("tid") == "":
		return ui.Fault(ui.Failed, "correct issuer or kind of the identity in the access map",
			"the ID token names no tenant, where %s names one in each", i.host())
	case want.Tenants && !i.tenantFits(claims):
		return ui.Fault(ui.Failed, "sign in with an account of that tenant, or correct issuer of the identity in the access map",
			"the ID token is of the tenant %q, not of that in the issuer %q", ui.Cut(claims.Text("tid"), 100), ui.Clean(i.Name))
	case claims.Text("sub") == "":
		return ui.Fault(ui.Failed, "", "the ID token of %s names no subject", i.host())
	case ends.IsZero():
		return ui.Fault(ui.Failed, "", "the ID token of %s does not say when it ends", i.host())
	case !now.Before(ends):
		return i.clockFault("the ID token ended at %s, %s ago by this machine's clock", ends, now.Sub(ends))
	case starts.After(now.Add(Leeway)):
		return i.clockFault("the ID token begins at %s, %s from now by this machine's clock", starts, starts.Sub(now))
	}
	return nil
}

func otherNonce(claims Claims) string {
	if claims.Text("nonce") == "" {
		return "no nonce"
	}
	return "another nonce"
}

// tenantFits compares the tenant of a token with that in the issuer.
func (i *Issuer) tenantFits(claims Claims) bool {
	issuer, err := url.Parse(i.Name)
	if err != nil {
		return false
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(issuer.Path, "/"), "/")
	return strings.EqualFold(claims.Text("tid"), tenant)
}

// clockFault tells of a token that is out of its time, and whose clock is to blame if that is known.
func (i *Issuer) clockFault(format string, at time.Time, off time.Duration) error {
	const hint = "set this machine's clock, then try again"
	ahead := time.Duration(i.clockAhead.Load()).Round(time.Second)
	args := []any{at.UTC().Format(time.RFC3339), off.Round(time.Second)}
	switch {
	case ahead > maxClockOff:
		return ui.Fault(ui.Failed, hint, format+", which is %s behind the provider's", append(args, ahead)...)
	case ahead < -maxClockOff:
		return ui.Fault(ui.Failed, hint, format+", which is %s ahead of the provider's", append(args, -ahead)...)
	}
	return ui.Fault(ui.Failed, "check this machine's clock, then try again", format, args...)
}
