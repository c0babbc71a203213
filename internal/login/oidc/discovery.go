package oidc

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Endpoints is what a provider's metadata says.
type Endpoints struct {
	*idtoken.Issuer

	Token               string
	Authorization       string   // where browsers begin; "" where the provider names none
	DeviceAuthorization string   // "" where the provider names none
	Revocation          string   // "" where the provider names none
	UserInfo            string   // "" where the provider names none
	EndSession          string   // a page for people; "" where the provider names none that can be shown
	ScopesSupported     []string // nil: not told
	AuthMethods         []string // of a confidential client at the token endpoint; nil: not told
	CodeFlow            bool     // authorization codes with PKCE are not ruled out
	NamesIssuer         bool     // the provider names itself in what it sends the browser back with (RFC 9207)
}

// DevicePossible reports whether the provider gives device codes, as far as it says.
func (e *Endpoints) DevicePossible() bool { return e.DeviceAuthorization != "" }

// BrowserPossible reports whether people can sign in with the browser of this machine, as far as the provider says.
func (e *Endpoints) BrowserPossible() bool { return e.Authorization != "" && e.CodeFlow }

// Discover reads the provider's metadata from /.well-known/openid-configuration (OpenID Connect Discovery 1.0 §4) or,
// where that answers 404, from the place RFC 8414 §3 gives it. The issuer must match to the letter; every endpoint must
// be https, or http on this machine if the issuer is on this machine too.
func (c *Client) Discover(ctx context.Context, p login.Provider) (*Endpoints, error) {
	e := &Endpoints{Issuer: &idtoken.Issuer{Name: p.Issuer}}
	if err := c.discover(ctx, p, e, true); err != nil {
		return nil, err
	}
	return e, nil
}

// known is Discover by what an earlier process was told, where that is good. Who finds that it is not the present metadata calls
// Discover.
func (c *Client) known(ctx context.Context, p login.Provider) (*Endpoints, error) {
	e := &Endpoints{Issuer: &idtoken.Issuer{Name: p.Issuer}}
	err := c.discover(ctx, p, e, false)
	if err != nil && e.Kept {
		return c.Discover(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (c *Client) discover(ctx context.Context, p login.Provider, e *Endpoints, refetch bool) error {
	const hint = "correct " + idtoken.NamedByMap
	issuer, err := httpclient.CheckURL(p.Issuer)
	if err != nil {
		return ui.Errorf("issuer-invalid", ui.Failed, "the issuer: %w", err).With(ui.ForAdmin(hint))
	}
	if issuer.RawQuery != "" {
		return ui.Errorf("issuer-invalid", ui.Failed, "the issuer %q holds a query", p.Issuer).With(ui.ForAdmin(hint))
	}
	// RFC 8414 puts the well-known part between host and path.
	other := *issuer
	other.Path, other.RawPath = "/.well-known/oauth-authorization-server"+strings.TrimSuffix(issuer.Path, "/"), ""
	asked := httpclient.Asked{Doing: "asking " + p.Host() + " for its endpoints", Of: provider, Named: idtoken.FoundByName}
	a, err := c.tokens().Metadata(ctx, e.Issuer, asked, refetch, e.WellKnown(), other.String())
	if err != nil {
		return err
	}
	return e.fill(p, issuer, a.Object)
}

func (e *Endpoints) fill(p login.Provider, issuer *url.URL, metadata httpclient.Object) error {
	device := metadata.Text("device_authorization_endpoint")
	if p.DeviceEndpoint != "" {
		device = p.DeviceEndpoint
	}
	for _, endpoint := range []struct {
		name, raw string
		to        *string
		needed    bool
	}{
		{"token_endpoint", metadata.Text("token_endpoint"), &e.Token, true},
		{"jwks_uri", metadata.Text("jwks_uri"), &e.Keys, true},
		{"authorization_endpoint", metadata.Text("authorization_endpoint"), &e.Authorization, false},
		{"device_authorization_endpoint", device, &e.DeviceAuthorization, false},
		{"revocation_endpoint", metadata.Text("revocation_endpoint"), &e.Revocation, false},
		{"userinfo_endpoint", metadata.Text("userinfo_endpoint"), &e.UserInfo, p.UserInfo},
	} {
		if endpoint.raw == "" && !endpoint.needed {
			continue
		}
		const hint = "this must be mended at the provider, or the issuer in the access map is not the one you mean"
		if endpoint.raw == "" {
			return ui.Errorf("metadata-incomplete", ui.Failed, "the metadata of %s lacks %s", p.Host(), endpoint.name).With(ui.ForAdmin(hint))
		}
		if err := idtoken.CheckEndpoint(issuer, endpoint.name, endpoint.raw, hint); err != nil {
			return err
		}
		*endpoint.to = endpoint.raw
	}
	if page := metadata.Text("end_session_endpoint"); idtoken.CheckEndpoint(issuer, "end_session_endpoint", page, "") == nil {
		e.EndSession = page
	}
	e.ScopesSupported, _ = idtoken.List(metadata, "scopes_supported")
	e.Algorithms, _ = idtoken.List(metadata, "id_token_signing_alg_values_supported")
	e.AuthMethods, _ = idtoken.List(metadata, "token_endpoint_auth_methods_supported")
	e.CodeFlow = mayHave(metadata, "response_types_supported", "code") &&
		mayHave(metadata, "grant_types_supported", "authorization_code") &&
		mayHave(metadata, "code_challenge_methods_supported", "S256")
	e.NamesIssuer = string(metadata["authorization_response_iss_parameter_supported"]) == "true"
	return nil
}

// mayHave reports whether a list of the metadata holds a value, or is not there to tell.
func mayHave(metadata httpclient.Object, name, value string) bool {
	values, told := idtoken.List(metadata, name)
	return !told || slices.Contains(values, value)
}
