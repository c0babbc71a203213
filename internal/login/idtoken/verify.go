package idtoken

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
//
// Where metadata or keys are those that were kept, and they don't prove the token, both are asked for again, once: the provider may
// have rotated its keys in between (OpenID Connect Core 1.0 §10.1.1).
func (c *Client) Verify(ctx context.Context, i *Issuer, idToken secret.String, want Expected) (Claims, error) {
	none := Claims{}
	raw := idToken.Reveal()
	if len(raw) > maxIDToken {
		return none, ui.Errorf("id-token-size", ui.Failed,
			"the ID token of %s is %d characters long, and AWS takes %d at most", i.host(), len(raw), maxIDToken).
			With(ui.Advice("have the provider put fewer groups into the token (filter them by a prefix, or use app roles)"))
	}
	claims, kept, err := c.believe(ctx, i, raw, want, false)
	if _, unproven := errors.AsType[unprovenError](err); !unproven || !kept && !i.Kept {
		return claims, err
	}
	if i.Kept {
		if err := c.read(ctx, i, true); err != nil {
			return none, err
		}
	}
	claims, _, err = c.believe(ctx, i, raw, want, true)
	return claims, err
}

// believe is Verify by the metadata at hand, and by the keys that were kept, if they were, or those that are published now: refetch.
func (c *Client) believe(
	ctx context.Context, i *Issuer, raw string, want Expected, refetch bool,
) (claims Claims, kept bool, err error) {
	none := Claims{}
	header, ok := jwtHeader(raw)
	if !ok {
		return none, false, ui.Errorf("id-token-malformed", ui.Failed, "what %s sent as ID token is not a signed JWT", i.host()).
			With(ui.Advice("turn off encryption of ID tokens for the application at the provider, if it is on"))
	}
	accepted := algorithms
	if len(i.Algorithms) > 0 {
		accepted = slices.DeleteFunc(slices.Clone(algorithms), func(alg string) bool {
			return !slices.Contains(i.Algorithms, alg)
		})
	}
	switch alg := header.Text("alg"); {
	case slices.Contains(accepted, alg):
	case slices.Contains(algorithms, alg):
		return none, false, unprovenError{ui.Errorf("id-token-algorithm", ui.Failed, "the ID token of %s is signed with %q, and its metadata name only: %s",
			i.host(), alg, ui.Cut(strings.Join(i.Algorithms, ", "), 100)).
			With(ui.Advice("have the provider name " + alg + " in id_token_signing_alg_values_supported"))}
	default:
		return none, false, ui.Errorf("id-token-algorithm", ui.Failed,
			"the ID token of %s is signed with %q; accepted: %s", i.host(), ui.Cut(alg, 20), strings.Join(accepted, ", ")).
			With(ui.Advice("have the provider sign the application's ID tokens with RS256"))
	}
	keys, kept, err := c.signingKeys(ctx, i, header.Text("kid"), refetch)
	if err != nil {
		return none, kept, err
	}
	set := &keySet{keys: oidc.StaticKeySet{PublicKeys: keys}}
	_, err = oidc.NewVerifier(i.Name, set, &oidc.Config{
		ClientID: want.Audience, SupportedSigningAlgs: accepted, Now: c.Now,
	}).Verify(ctx, raw)
	if set.payload == nil {
		return none, kept, unprovenError{ui.Errorf("id-token-signature", ui.Failed, "the signature of the ID token is by none of the keys of %s", i.host()).
			With(ui.Advice("somebody may be in between: don't go on before this is understood"))}
	}
	o, ok := httpclient.ParseObject(set.payload)
	if !ok {
		return none, kept, ui.Errorf("id-token-without-claims", ui.Failed, "the ID token of %s holds no claims", i.host()).
			With(ui.Advice("have the provider send a JSON object as the ID token's payload"))
	}
	claims = Claims{o}
	if told := i.check(claims, want, c.Now()); told != nil {
		return none, kept, told
	}
	if err != nil {
		return none, kept, ui.Errorf("id-token-invalid", ui.Failed, "the ID token of %s is not valid: %w", i.host(), err).
			With(ui.Advice("have the provider send the claims as OpenID Connect has them"))
	}
	return claims, kept, nil
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
		return ui.Errorf("id-token-issuer", ui.Failed, "the ID token is by the issuer %q, not by %q", ui.Cut(issuer, 300), ui.Clean(i.Name)).
			With(ui.Advice("correct issuer of the identity in the access map"))
	case !slices.Contains(audience, want.Audience):
		return ui.Errorf("id-token-audience", ui.Failed, "the ID token is for the audience %q, not for the client %q",
			ui.Cut(strings.Join(audience, " "), 300), ui.Clean(want.Audience)).
			With(ui.Advice("correct client_id of the identity in the access map, or the audience the provider gives the application"))
	case len(audience) > 1 && claims.Text("azp") != want.Audience:
		return ui.Errorf("id-token-party", ui.Failed,
			"the ID token is for several audiences and was issued to %q (azp), not to the client %q",
			ui.Cut(claims.Text("azp"), 300), ui.Clean(want.Audience)).With(ui.Advice("have the provider issue the token to this client alone"))
	case want.Nonce != "" && claims.Text("nonce") != want.Nonce:
		// The nonce itself is not told: the one who swapped the token may be reading.
		return ui.Errorf("id-token-nonce", ui.Failed,
			"the ID token of %s does not belong to this sign-in: it has %s", i.host(), otherNonce(claims)).
			With(ui.Command(want.SignIn), ui.Advice("if it happens again, somebody may be in between: don't go on before this is understood"))
	case want.Tenants && claims.Text("tid") == "":
		return ui.Errorf("id-token-tenant", ui.Failed, "the ID token names no tenant, where %s names one in each", i.host()).
			With(ui.Advice("correct issuer or kind of the identity in the access map"))
	case want.Tenants && !i.tenantFits(claims):
		return ui.Errorf("id-token-tenant", ui.Failed,
			"the ID token is of the tenant %q, not of that in the issuer %q", ui.Cut(claims.Text("tid"), 100), ui.Clean(i.Name)).
			With(ui.Advice("sign in with an account of that tenant, or correct issuer of the identity in the access map"))
	case claims.Text("sub") == "":
		return ui.Errorf("id-token-without-subject", ui.Failed, "the ID token of %s names no subject (sub)", i.host()).
			With(ui.Advice("have the provider send sub as a text"))
	case ends.IsZero():
		return ui.Errorf("id-token-without-end", ui.Failed, "the ID token of %s does not say when it ends (exp: %s)", i.host(),
			ui.Cut(cmp.Or(string(claims.Object["exp"]), "missing"), 40)).With(ui.Advice("have the provider send exp in seconds since 1970"))
	case !now.Before(ends):
		return i.outOfTime("ended at %s, %s ago", ends, now.Sub(ends))
	case starts.After(now.Add(Leeway)):
		return i.outOfTime("begins at %s, %s from now", starts, starts.Sub(now))
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

// outOfTime tells of a token that is out of its time, and whose clock is to blame if that is known.
func (i *Issuer) outOfTime(format string, at time.Time, off time.Duration) error {
	what := fmt.Sprintf(format, at.UTC().Format(time.RFC3339), ui.Span(off))
	blame, fix := "", "set this machine's clock, then try again"
	switch ahead, known := i.ClockAhead(); {
	case ahead > maxClockOff:
		blame = fmt.Sprintf(", which is %s behind the provider's", ui.Span(ahead.Round(time.Minute)))
	case ahead < -maxClockOff:
		blame = fmt.Sprintf(", which is %s ahead of the provider's", ui.Span(ahead.Round(time.Minute)))
	case known:
		blame, fix = ", which agrees with the provider's", "have the provider issue tokens that are good when they come: exp, iat and nbf are seconds since 1970"
	default:
		fix = "check this machine's clock, then try again"
	}
	return ui.Errorf("id-token-out-of-time", ui.Failed, "the ID token %s by this machine's clock%s", what, blame).With(ui.Advice(fix))
}
