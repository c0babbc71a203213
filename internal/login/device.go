package login

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bounds of what a provider may ask of the polling (RFC 8628 §3.2), whatever it sends.
const (
	minInterval     = time.Second
	maxInterval     = time.Minute
	defaultInterval = 5 * time.Second // RFC 8628 §3.2

	minLifetime     = time.Minute
	maxLifetime     = 30 * time.Minute
	defaultLifetime = 15 * time.Minute // where a provider forgets to say, contrary to the RFC

	// maxUserCode bounds what a person is asked to type, in runes. Honest codes have 6 to 12.
	maxUserCode = 64
)

// DeviceCode is a sign-in that waits for a person: what to show, and what to poll with. All texts are cleaned.
type DeviceCode struct {
	UserCode                string // what the person types
	VerificationURI         string // where; safe to show and to open
	VerificationURIComplete string // the same with the code in it; "" where absent or refused
	Host                    string // of VerificationURI: tell the person whose page it is
	RefusedHost             string // of a refused VerificationURIComplete, to be named and never opened; "" if none was
	Expires                 time.Time
	Interval                time.Duration // 1 s to 60 s
	Code                    secret.String // the device code itself

	scope    string
	verifier secret.String // of PKCE, where the provider binds device codes too; else zero
}

// startDevice asks for a device code (RFC 8628 §3.1). Interval and lifetime are clamped; a verification page that is not
// the provider's own is an error that names its host.
func (c *Client) startDevice(ctx context.Context, p Provider, e *Endpoints) (*DeviceCode, error) {
	const doing = "asking for a device code"
	if e.DeviceAuthorization == "" {
		hint := "enable the device code grant (RFC 8628) at the provider, or set device_authorization_endpoint of the identity in the access map"
		if p.BrowserPossible(e) {
			hint = p.loginCommand() + " --flow browser\n" + hint
		}
		return nil, ui.Fault(ui.Failed, hint, "%s offers no sign-in by device code", p.host())
	}
	d := &DeviceCode{scope: p.scope(e)}
	asked := c.now()
	form := p.opening()
	form.Set("scope", d.scope)
	if p.kind().DevicePKCE {
		verifier := oauth2.GenerateVerifier()
		d.verifier = secret.New(verifier)
		setChallenge(form, verifier)
	}
	a, err := c.post(ctx, p, e, e.DeviceAuthorization, form)
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	if refused := a.refusal(); refused != nil {
		return nil, refused.fault(p, doing)
	}
	d.Code = secret.New(a.Text("device_code"))
	d.UserCode = strings.TrimSpace(ui.Clean(a.Text("user_code")))
	if !a.ok() || d.Code.IsZero() || d.UserCode == "" || utf8.RuneCountInString(d.UserCode) > maxUserCode {
		return nil, ui.Fault(ui.Failed,
			"check issuer and device_authorization_endpoint of the identity in the access map; the provider may have a passing fault",
			"%s: %w", doing, a.unusable())
	}
	d.Interval = seconds(a.Object, "interval", defaultInterval, minInterval, maxInterval)
	d.Expires = asked.Add(seconds(a.Object, "expires_in", defaultLifetime, minLifetime, maxLifetime))

	raw := a.Text("verification_uri")
	if raw == "" {
		raw = a.Text("verification_url") // Google's name for it
	}
	page, err := checkVerification(p, raw)
	if err != nil {
		return nil, err
	}
	d.VerificationURI, d.Host = page.address, page.host
	if raw := a.Text("verification_uri_complete"); raw != "" {
		if page, err := checkVerification(p, raw); err == nil {
			d.VerificationURIComplete = page.address
		} else {
			d.RefusedHost = hostOf(raw)
		}
	}
	return d, nil
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

// expired judges by both clocks: the monotonic one stands still while a laptop sleeps, the wall clock can be set back.
func (d *DeviceCode) expired(now time.Time) bool {
	return !now.Before(d.Expires) || !now.Round(0).Before(d.Expires.Round(0))
}
