package oidc

import (
	"context"
	"time"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of what a provider may say of a device code (RFC 8628 §3.2), whatever it sends.
const (
	defaultInterval = 5 * time.Second // RFC 8628 §3.2

	minLifetime     = time.Minute
	maxLifetime     = 30 * time.Minute
	defaultLifetime = 15 * time.Minute // where a provider forgets to say, contrary to the RFC
)

// deviceCode is a sign-in that waits for a person, and what to ask with whether they have approved.
type deviceCode struct {
	login.DeviceCode

	code     secret.String
	scope    string
	verifier secret.String // of PKCE, where the provider binds device codes too; else zero
}

// byDevice signs in with a code that the person types on any device.
func (c *Client) byDevice(ctx context.Context, p login.Provider, e *Endpoints, screen login.Screen) (*tokens, idtoken.Claims, error) {
	none := idtoken.Claims{}
	code, err := c.startDevice(ctx, p, e)
	if err != nil {
		return nil, none, err
	}
	done := screen.Code(&code.DeviceCode)
	got, err := c.pollDevice(ctx, p, e, code)
	done()
	if err != nil {
		return nil, none, err
	}
	claims, err := c.identify(ctx, p, e, got, "")
	return got, claims, err
}

// startDevice asks for a device code (RFC 8628 §3.1). Interval and lifetime are clamped; a verification page that is not
// the provider's own is an error that names its host.
func (c *Client) startDevice(ctx context.Context, p login.Provider, e *Endpoints) (*deviceCode, error) {
	const doing = "asking for a device code"
	if e.DeviceAuthorization == "" {
		fix := ui.ForAdmin("enable the device code grant (RFC 8628) at the provider, or set device_authorization_endpoint of the identity in the access map")
		if command := byBrowserInstead(p, e); command != "" {
			fix = append(ui.Command(command), fix...)
		}
		return nil, ui.Errorf("device-flow-missing", ui.Failed, "%s offers no sign-in by device code", p.Host()).With(fix)
	}
	d := &deviceCode{scope: scopeOf(p, e)}
	asked := c.Now()
	form := opening(p)
	form.Set("scope", d.scope)
	classes(p, form) // no RFC has it here, and many providers take it
	if p.Quirks().DevicePKCE {
		verifier := oauth2.GenerateVerifier()
		d.verifier = secret.New(verifier)
		oauth.SetChallenge(form, verifier)
	}
	a, err := c.post(ctx, p, e, doing, e.DeviceAuthorization, form, d.verifier)
	if err != nil {
		return nil, err
	}
	if refused := a.refusal(); refused != nil {
		return nil, refused.Fault(p, doing)
	}
	d.code = secret.New(a.Text("device_code"))
	if !a.OK() || d.code.IsZero() || a.Text("user_code") == "" {
		return nil, a.NoAnswer()
	}
	if d.UserCode, err = oauth.UserCode(p, a.Text("user_code")); err != nil {
		return nil, err
	}
	d.Interval = seconds(a.Object, "interval", defaultInterval, oauth.MinInterval, oauth.MaxInterval)
	d.Expires = asked.Add(seconds(a.Object, "expires_in", defaultLifetime, minLifetime, maxLifetime))

	page := a.Text("verification_uri")
	if page == "" {
		page = a.Text("verification_url") // Google's name for it
	}
	check := func(raw string) (*oauth.Page, error) { return oauth.CheckPage(p, raw) }
	if err := oauth.Show(&d.DeviceCode, check, page, a.Text("verification_uri_complete")); err != nil {
		return nil, err
	}
	return d, nil
}

// byBrowserInstead is the command that signs in with a browser, "" if the provider or the access map does not allow that.
func byBrowserInstead(p login.Provider, e *Endpoints) string {
	if !e.BrowserPossible() {
		return ""
	}
	return p.ByFlow(login.FlowBrowser)
}

// seconds reads a duration that may be missing, a string, a float, negative or huge.
func seconds(o httpclient.Object, name string, otherwise, least, most time.Duration) time.Duration {
	n, ok := o.Number(name)
	if !ok {
		return otherwise
	}
	// Clamped before the conversion, which would overflow.
	return time.Duration(min(max(n, least.Seconds()), most.Seconds()) * float64(time.Second))
}
