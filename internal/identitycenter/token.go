package identitycenter

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
	grantCode    = "authorization_code"

	day = 24 * time.Hour
)

// Register makes this program a public client of the Identity Center in region. Without redirectURI the registration
// serves the device code flow, with one the browser flow (RFC 8252): its loopback redirect is registered without the
// port, and any port may then be used with it. Both renew tokens.
func (c *Client) Register(ctx context.Context, region, startURL, redirectURI string) (*Registration, error) {
	in := call{operation: "RegisterClient", service: oidc(), method: http.MethodPost, path: "/client/register", body: map[string]any{
		"clientName": "dbxaccess", "clientType": "public", "scopes": []string{scope},
		"grantTypes": []string{grantDevice, grantRefresh},
	}}
	if redirectURI != "" {
		registered, err := withoutPort(redirectURI)
		if err != nil {
			return nil, err
		}
		in.body["grantTypes"] = []string{grantCode, grantRefresh}
		in.body["redirectUris"] = []string{registered}
		in.body["issuerUrl"] = startURL
	}
	a, err := c.once(ctx, region, in)
	if err != nil {
		return nil, err
	}
	r := &Registration{ClientID: a.Text("clientId"), ClientSecret: secret.New(a.Text("clientSecret"))}
	if r.ClientID == "" || r.ClientSecret.IsZero() {
		return nil, a.NoAnswer()
	}
	// Absolute here, unlike the tokens': 0 is how RFC 7591 section 3.2.1 writes that it never ends.
	now, life := c.Now(), 90*day
	if ends, ok := a.Number("clientSecretExpiresAt"); ok && ends != 0 {
		life = clamp(ends-float64(now.Unix()), 0, 180*day)
	}
	r.Expires = now.Add(life).UTC()
	return r, nil
}

func withoutPort(redirectURI string) (string, error) {
	u, err := url.Parse(redirectURI)
	if err != nil || !httpclient.IsLoopback(u.Hostname()) {
		return "", ui.Errorf("redirect-not-local", ui.Failed, "the redirect address %q is not this machine's", ui.Clean(redirectURI))
	}
	if u.Port() != "" {
		u.Host = u.Host[:len(u.Host)-len(u.Port())-1]
	}
	return u.String(), nil
}

// StartDevice asks for a device code (RFC 8628 section 3.1).
func (c *Client) StartDevice(ctx context.Context, region string, r *Registration, startURL string) (*DeviceCode, error) {
	in := call{operation: "StartDeviceAuthorization", service: oidc(), method: http.MethodPost, path: "/device_authorization",
		body:    map[string]any{"clientId": r.ClientID, "clientSecret": r.ClientSecret.Reveal(), "startUrl": startURL},
		secrets: []secret.String{r.ClientSecret},
	}
	a, err := c.once(ctx, region, in)
	if err != nil {
		return nil, err
	}
	d := &DeviceCode{
		Code: secret.New(a.Text("deviceCode")), UserCode: a.Text("userCode"),
		VerificationURI: a.Text("verificationUri"), VerificationURIComplete: a.Text("verificationUriComplete"),
		ExpiresIn: seconds(a.Object, "expiresIn", 10*time.Minute, time.Minute, 30*time.Minute),
		Interval:  seconds(a.Object, "interval", 5*time.Second, time.Second, time.Minute),
	}
	if d.Code.IsZero() || d.UserCode == "" || d.VerificationURI == "" {
		return nil, a.NoAnswer()
	}
	return d, nil
}

// CreateToken trades a grant for a token. Until a device code is approved, the *Error's code is
// AuthorizationPendingException or SlowDownException. A renewal that was sent and got no answer of the service is
// repeated once with the same refresh token: the service may have rotated it, and takes the old one for a short while. Not where
// this process slept meanwhile: that while is over.
func (c *Client) CreateToken(ctx context.Context, region string, r *Registration, g Grant) (*Token, error) {
	in := call{operation: "CreateToken", service: oidc(), method: http.MethodPost, path: "/token",
		body:    map[string]any{"clientId": r.ClientID, "clientSecret": r.ClientSecret.Reveal()},
		secrets: []secret.String{r.ClientSecret, g.DeviceCode, g.RefreshToken, g.AuthorizationCode, g.CodeVerifier},
	}
	if err := g.fill(in.body); err != nil {
		return nil, err
	}
	began, asked := time.Now(), c.Now()
	a, err := c.once(ctx, region, in)
	if httpclient.Lost(err) && !g.RefreshToken.IsZero() && ctx.Err() == nil && !httpclient.Slept(began, httpclient.DefaultTimeout) {
		asked = c.Now()
		a, err = c.once(ctx, region, in)
	}
	if err != nil {
		return nil, err
	}
	t := &Token{
		AccessToken: secret.New(a.Text("accessToken")), RefreshToken: secret.New(a.Text("refreshToken")),
		Expires: asked.Add(seconds(a.Object, "expiresIn", time.Hour, time.Minute, 90*day)).UTC(),
	}
	if t.AccessToken.IsZero() {
		return nil, a.NoAnswer()
	}
	return t, nil
}

// fill writes the grant into a request.
func (g Grant) fill(body map[string]any) error {
	given := 0
	for _, of := range []struct {
		grantType, name string
		value           secret.String
	}{
		{grantDevice, "deviceCode", g.DeviceCode},
		{grantRefresh, "refreshToken", g.RefreshToken},
		{grantCode, "code", g.AuthorizationCode},
	} {
		if !of.value.IsZero() {
			body["grantType"], body[of.name] = of.grantType, of.value.Reveal()
			given++
		}
	}
	if given != 1 {
		return errors.New("a token is made from exactly one of a device code, a refresh token and an authorization code")
	}
	if !g.AuthorizationCode.IsZero() {
		body["codeVerifier"], body["redirectUri"] = g.CodeVerifier.Reveal(), g.RedirectURI
	}
	return nil
}

// seconds reads a duration that may be missing, a string, a float, negative or huge.
func seconds(o httpclient.Object, name string, otherwise, least, most time.Duration) time.Duration {
	if n, ok := o.Number(name); ok {
		return clamp(n, least, most)
	}
	return otherwise
}

// clamp works on the number, since converting a huge one would overflow.
func clamp(seconds float64, least, most time.Duration) time.Duration {
	return time.Duration(min(max(seconds, least.Seconds()), most.Seconds()) * float64(time.Second))
}
