// Package idcenter signs people in at AWS IAM Identity Center: by a code that is typed on any device, or with the browser of this
// machine.
//
// In comes an identity of the access map: a start URL and a region; out comes a session with an access token for the access
// portal, and what the person is assigned as its groups. Identity Center wants a client to be registered first; the
// registration is kept in the keyring, and again in each session, since a refresh token can be renewed by its own client only.
// No token may be sent to another region than its own.
package idcenter

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Client signs in at Identity Centers. It implements login.Protocol.
type Client struct {
	Wire  *identitycenter.Client
	Store login.Store      // for registrations
	Now   func() time.Time // wall clock
	Log   *slog.Logger

	// Peer reports whether the far end of a connection over loopback is this person's own program: see oidc.Client.
	Peer func(remote, local string) bool
}

// SignIn implements login.Protocol. Both ways are always offered.
func (c *Client) SignIn(ctx context.Context, p login.Provider, screen login.Screen) (*login.Session, error) {
	flow, err := screen.Flow(true, true)
	if err != nil {
		return nil, err
	}
	if flow == login.FlowBrowser {
		return c.byBrowser(ctx, p, screen)
	}
	code, err := c.startDevice(ctx, p)
	if err != nil {
		return nil, err
	}
	done := screen.Code(&code.DeviceCode)
	token, err := c.pollDevice(ctx, p, code)
	done()
	if err != nil {
		return nil, err
	}
	return c.newSession(ctx, p, code.client, token, screen)
}

// signInListTime bounds looking up the assignments while the person waits.
const signInListTime = 30 * time.Second

// newSession makes a session of a token that was just made, for the client that it was given to. Its groups are the
// assignments, its end is the access token's, and it has no subject: Identity Center does not say who signed in. Where the
// assignments can't be looked up, it comes without, and with the error: the person has approved, and need not again.
func (c *Client) newSession(
	ctx context.Context, p login.Provider, client *identitycenter.Registration, token *identitycenter.Token, screen login.Screen,
) (*login.Session, error) {
	screen.LookingUp()
	ctx, cancel := context.WithTimeout(ctx, signInListTime)
	defer cancel()
	assigned, err := c.assignments(ctx, p, token.AccessToken)
	if ui.CodeOf(err) == ui.LoginNeeded { // the token is not taken
		return nil, err
	}
	session := login.NewSession(p, c.Now())
	session.Groups, session.GroupsPresent = assigned, err == nil
	session.RefreshToken, session.Registration = token.RefreshToken, client
	session.AccessToken, session.IDTokenExpires, session.Refreshed = token.AccessToken, token.Expires, session.SignedIn
	return session, err
}

// deviceCode is a sign-in that waits for a person, and what to ask with whether they have approved.
type deviceCode struct {
	login.DeviceCode

	grant  identitycenter.Grant
	client *identitycenter.Registration
}

// startDevice asks for a device code, as a client that is registered if need be. A verification page that is neither the start
// URL's nor AWS's is an error that names its host.
func (c *Client) startDevice(ctx context.Context, p login.Provider) (*deviceCode, error) {
	const doing = "asking for a device code"
	asked := c.Now()
	var got *identitycenter.DeviceCode
	client, err := c.asClient(ctx, p, deviceFlow, func(r *identitycenter.Registration) (err error) {
		got, err = c.Wire.StartDevice(ctx, p.SSORegion, r, p.Issuer)
		return err
	})
	if err != nil {
		return nil, fault(p, doing, err)
	}
	d := &deviceCode{grant: identitycenter.Grant{DeviceCode: got.Code}, client: client}
	if d.UserCode, err = oauth.UserCode(p, got.UserCode); err != nil {
		return nil, err
	}
	d.Expires, d.Interval = asked.Add(got.ExpiresIn), got.Interval
	check := func(raw string) (*oauth.Page, error) { return checkPage(p, raw) }
	if err := oauth.Show(&d.DeviceCode, check, got.VerificationURI, got.VerificationURIComplete); err != nil {
		return nil, err
	}
	return d, nil
}

// pollDevice waits until the person has approved.
func (c *Client) pollDevice(ctx context.Context, p login.Provider, d *deviceCode) (token *identitycenter.Token, err error) {
	err = oauth.Poll(ctx, p, &d.DeviceCode, c.Now, c.Log, func(pace *oauth.Pace) (ok bool, trouble, err error) {
		if token, err = c.Wire.CreateToken(ctx, p.SSORegion, d.client, d.grant); err == nil {
			return true, nil, nil
		}
		trouble, err = c.judge(ctx, p, err, pace)
		return false, trouble, err
	})
	return token, err
}

// judge decides what a failed attempt means: an end, or to go on at a pace. trouble is what went wrong if it goes on in spite
// of something.
func (c *Client) judge(ctx context.Context, p login.Provider, err error, pace *oauth.Pace) (trouble, end error) {
	refused, answered := errors.AsType[*identitycenter.Error](err)
	if !answered {
		return pace.Unanswered(ctx, err)
	}
	switch refused.Code {
	case "AuthorizationPendingException":
		pace.Steady()
		return nil, nil
	case "SlowDownException":
		pace.SlowDown(refused.RetryAfter)
		return nil, nil
	case "AccessDeniedException":
		return nil, oauth.Declined(p, refused, nil)
	case "ExpiredTokenException", "InvalidGrantException":
		return nil, oauth.Expired(p, refused)
	case "InvalidClientException":
		c.unregister(ctx, p, deviceFlow)
	}
	if !refused.Transient() {
		return nil, fault(p, "waiting for the approval", err)
	}
	pace.Trouble(refused.RetryAfter)
	return refused, nil
}

// checkPage judges a page where Identity Center wants the person to type a code. Besides the start URL's host, which is the
// issuer's here, it may be one of AWS's.
func checkPage(p login.Provider, raw string) (*oauth.Page, error) {
	if u, err := url.Parse(raw); err == nil && isPage(strings.ToLower(u.Hostname()), p.SSORegion) {
		p.VerificationHosts = append([]string{u.Hostname()}, p.VerificationHosts...)
	}
	page, err := oauth.CheckPage(p, raw)
	if refused, ok := errors.AsType[*ui.Error](err); ok {
		refused.Fix = oauth.InBetween // the map is no place to allow another
	}
	return page, err
}

// isPage recognises the hosts on which Identity Center asks for codes: that of the region, and the access portal under
// the names AWS gives it, one of which takes the place of a start URL of another form (a dual-stack one is answered with
// ssoins-….REGION.portal.amazonaws.com). AWS alone serves pages below these names.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/using-the-portal.html
func isPage(host, region string) bool {
	switch host {
	case identitycenter.DevicePageHost(region), region + ".signin.aws":
		return true
	}
	label, rest, _ := strings.Cut(host, ".")
	switch rest {
	case "awsapps.com", "awsapps.cn":
		return label != ""
	case region + ".portal.amazonaws.com", "portal." + region + ".app.aws":
		return strings.HasPrefix(label, "ssoins-")
	}
	return false
}
