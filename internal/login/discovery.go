package login

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Endpoints is what a provider's metadata says. It also remembers how far the provider's clock was from ours, and must
// not be copied for that reason.
type Endpoints struct {
	Token               string
	Keys                string   // jwks_uri
	Authorization       string   // where browsers begin; "" where the provider names none
	DeviceAuthorization string   // "" where the provider names none
	Revocation          string   // "" where the provider names none
	ScopesSupported     []string // nil: not told
	Algorithms          []string // for ID tokens; empty: not told
	AuthMethods         []string // of a confidential client at the token endpoint; nil: not told
	CodeFlow            bool     // authorization codes with PKCE are not ruled out
	NamesIssuer         bool     // the provider names itself in what it sends the browser back with (RFC 9207)

	clockAhead atomic.Int64 // provider's clock minus ours, in nanoseconds; 0 while unknown
}

// Discover reads the provider's metadata from /.well-known/openid-configuration (OpenID Connect Discovery 1.0 §4) or,
// where that answers 404, from the place RFC 8414 §3 gives it. The issuer must match to the letter; every endpoint must
// be https, or http on this machine if the issuer is on this machine too.
func (c *Client) Discover(ctx context.Context, p Provider) (*Endpoints, error) {
	const hint = "correct issuer of the identity in the access map"
	issuer, err := httpclient.CheckURL(p.Issuer)
	if err != nil {
		return nil, ui.Fault(ui.Failed, hint, "the issuer: %w", err)
	}
	if issuer.RawQuery != "" {
		return nil, ui.Fault(ui.Failed, hint, "the issuer %q holds a query", p.Issuer)
	}
	doing := "asking " + p.host() + " for its endpoints"
	e := &Endpoints{}
	body, status, err := c.get(ctx, e, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration")
	if err == nil && status == http.StatusNotFound {
		// RFC 8414 puts the well-known part between host and path.
		place := *issuer
		place.Path, place.RawPath = "/.well-known/oauth-authorization-server"+strings.TrimSuffix(issuer.Path, "/"), ""
		body, status, err = c.get(ctx, e, place.String())
	}
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	metadata, ok := httpclient.ParseObject(body)
	if status != http.StatusOK || !ok {
		return nil, ui.Fault(ui.Failed, hint+": its metadata must be at <issuer>/.well-known/openid-configuration",
			"%s: it answered %d without the metadata of an identity provider", doing, status)
	}
	if err := checkIssuer(p, metadata.Text("issuer")); err != nil {
		return nil, err
	}
	if err := e.fill(p, issuer, metadata); err != nil {
		return nil, err
	}
	return e, nil
}

func checkIssuer(p Provider, told string) error {
	if told == p.Issuer {
		return nil
	}
	told = ui.Clean(told)
	write := "write into the access map: issuer: " + told
	switch {
	case told == "":
		return ui.Fault(ui.Failed, "correct issuer of the identity in the access map",
			"the metadata at %s names no issuer", p.host())
	case strings.Contains(told, "{tenantid}"):
		return ui.Fault(ui.Failed, "write the tenant's id into issuer in the access map, in place of common or organizations",
			"%s serves many tenants and vouches for none of them by itself", ui.Clean(p.Issuer))
	case strings.TrimSuffix(told, "/") == strings.TrimSuffix(p.Issuer, "/"):
		with, without := "the provider", "the access map"
		if strings.HasSuffix(p.Issuer, "/") {
			with, without = without, with
		}
		return ui.Fault(ui.Failed, write,
			"the issuer differs by its trailing slash: %s writes it with one, %s without (%s)", with, without, told)
	}
	return ui.Fault(ui.Failed, write+", if that is the provider you mean",
		"the provider at %s calls itself %q, not %q", p.host(), told, ui.Clean(p.Issuer))
}

// checkNamed judges an address that metadata names. A provider elsewhere has no business having us send requests to this
// machine.
func checkNamed(p Provider, issuer *url.URL, name, raw, hint string) error {
	u, err := httpclient.CheckURL(raw)
	if err != nil {
		return ui.Fault(ui.Failed, hint, "%s of %s: %w", name, p.host(), err)
	}
	if httpclient.IsLoopback(u.Hostname()) && !httpclient.IsLoopback(issuer.Hostname()) {
		return ui.Fault(ui.Failed, hint, "%s of %s points at this machine (%s)", name, p.host(), u.Host)
	}
	return nil
}

func (e *Endpoints) fill(p Provider, issuer *url.URL, metadata httpclient.Object) error {
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
	} {
		if endpoint.raw == "" && !endpoint.needed {
			continue
		}
		const hint = "this must be mended at the provider, or the issuer in the access map is not the one you mean"
		if endpoint.raw == "" {
			return ui.Fault(ui.Failed, hint, "the metadata of %s lacks %s", p.host(), endpoint.name)
		}
		if err := checkNamed(p, issuer, endpoint.name, endpoint.raw, hint); err != nil {
			return err
		}
		*endpoint.to = endpoint.raw
	}
	e.ScopesSupported, _ = list(metadata, "scopes_supported")
	e.Algorithms, _ = list(metadata, "id_token_signing_alg_values_supported")
	e.AuthMethods, _ = list(metadata, "token_endpoint_auth_methods_supported")
	e.CodeFlow = mayHave(metadata, "response_types_supported", "code") &&
		mayHave(metadata, "grant_types_supported", "authorization_code") &&
		mayHave(metadata, "code_challenge_methods_supported", "S256")
	e.NamesIssuer = string(metadata["authorization_response_iss_parameter_supported"]) == "true"
	return nil
}

// mayHave reports whether a list of the metadata holds a value, or is not there to tell.
func mayHave(metadata httpclient.Object, name, value string) bool {
	values, told := list(metadata, name)
	return !told || slices.Contains(values, value)
}

// get fetches a public document: metadata or keys. The error is the transport's own, for httpclient.Explain.
func (c *Client) get(ctx context.Context, e *Endpoints, address string) (body []byte, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cache-Control", "no-cache") // a stale key set fails every token after a rotation
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	e.noteClock(resp.Header, c.now())
	body, err = io.ReadAll(resp.Body)
	return body, resp.StatusCode, err
}

// noteClock compares the provider's Date with ours. Answers out of a cache carry an old date and don't count.
func (e *Endpoints) noteClock(header http.Header, now time.Time) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil && header.Get("Age") == "" {
		e.clockAhead.Store(int64(date.Sub(now.Round(0))))
	}
}
