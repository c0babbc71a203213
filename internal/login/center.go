package login

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// center reports whether the provider is AWS IAM Identity Center.
func (p Provider) center() bool { return p.SSORegion != "" }

// signInAtCenter signs in at Identity Center, which offers both ways.
func (s *Sessions) signInAtCenter(ctx context.Context, p Provider, screen Screen) (*Session, error) {
	if s.Center == nil {
		return nil, noCenter(p)
	}
	flow, err := screen.Flow(true, true)
	if err != nil {
		return nil, err
	}
	if flow == FlowBrowser {
		return s.centerByBrowser(ctx, p, screen)
	}
	code, err := s.startCenterDevice(ctx, p)
	if err != nil {
		return nil, err
	}
	done := screen.Code(&code.DeviceCode)
	token, err := s.pollCenterDevice(ctx, p, code)
	done()
	if err != nil {
		return nil, err
	}
	return s.centerSession(ctx, p, code.client, token)
}

// centerDevice is a device code of Identity Center: what to show is that of every device code.
type centerDevice struct {
	DeviceCode
	client *identitycenter.Registration
}

// startCenterDevice asks Identity Center for a device code, as a client that is registered if need be. A verification page
// that is neither the start URL's nor AWS's is an error that names its host. See Client.startDevice.
func (s *Sessions) startCenterDevice(ctx context.Context, p Provider) (*centerDevice, error) {
	const doing = "asking for a device code"
	asked := s.now()
	var got *identitycenter.DeviceCode
	client, err := s.asClient(ctx, p, deviceFlow, func(r *identitycenter.Registration) (err error) {
		got, err = s.Center.StartDevice(ctx, p.SSORegion, r, p.Issuer)
		return err
	})
	if err != nil {
		return nil, p.centerFault(doing, err)
	}
	code := &centerDevice{client: client, DeviceCode: DeviceCode{
		Code: got.Code, UserCode: strings.TrimSpace(ui.Clean(got.UserCode)),
		Expires: asked.Add(got.ExpiresIn), Interval: got.Interval,
	}}
	if code.UserCode == "" || utf8.RuneCountInString(code.UserCode) > maxUserCode {
		return nil, ui.Fault(ui.Failed, passingFault, "%s: %s sent none that a person could type", doing, p.host())
	}
	page, err := p.centerPage(got.VerificationURI)
	if err != nil {
		return nil, err
	}
	code.VerificationURI, code.Host = page.address, page.host
	if got.VerificationURIComplete != "" {
		if page, err := p.centerPage(got.VerificationURIComplete); err == nil {
			code.VerificationURIComplete = page.address
		} else {
			code.RefusedHost = hostOf(got.VerificationURIComplete)
		}
	}
	return code, nil
}

// pollCenterDevice waits until the person has approved, as Client.pollDevice does.
func (s *Sessions) pollCenterDevice(ctx context.Context, p Provider, d *centerDevice) (*identitycenter.Token, error) {
	pace := newPace(d.Interval)
	for {
		if err := httpclient.Wait(ctx, min(pace.pause, d.Expires.Sub(s.now()))); err != nil {
			return nil, interrupted(err)
		}
		token, err := s.Center.CreateToken(ctx, p.SSORegion, d.client, identitycenter.Grant{DeviceCode: d.Code})
		if err == nil {
			return token, nil
		}
		trouble, end := s.judgeCenter(ctx, p, err, pace)
		if end != nil {
			return nil, end
		}
		if trouble != nil {
			s.Client.log().Debug("polling goes on", "provider", p.host(), "after", trouble, "pause", pace.pause)
		}
		if d.expired(s.now()) {
			return nil, expired(p, trouble)
		}
	}
}

// judgeCenter decides what a failed attempt means: an end, or to go on at a pace. trouble is what went wrong if it goes on
// in spite of something.
func (s *Sessions) judgeCenter(ctx context.Context, p Provider, err error, pace *pace) (trouble, end error) {
	refused, answered := errors.AsType[*identitycenter.Error](err)
	if !answered {
		switch {
		case ctx.Err() != nil:
			return nil, interrupted(ctx.Err())
		case httpclient.Hopeless(err):
			return nil, err
		}
		pace.trouble(0)
		return err, nil
	}
	switch refused.Code {
	case "AuthorizationPendingException":
		pace.steady()
		return nil, nil
	case "SlowDownException":
		pace.slowDown(refused.RetryAfter)
		return nil, nil
	case "AccessDeniedException":
		return nil, ui.Fault(ui.Refused, "if that was not meant: "+p.loginCommand(),
			"the sign-in was declined at %s: %w", p.host(), refused)
	case "ExpiredTokenException", "InvalidGrantException":
		return nil, expired(p, refused)
	case "InvalidClientException":
		s.unregister(ctx, p, deviceFlow)
	}
	if !refused.Passing() {
		return nil, p.centerFault("waiting for the approval", err)
	}
	pace.trouble(refused.RetryAfter)
	return refused, nil
}

// centerSession makes a session of a token that was just made, for the client that it was given to. Its groups are the
// assignments, its end is the access token's, and it has no subject: Identity Center does not say who signed in.
func (s *Sessions) centerSession(
	ctx context.Context, p Provider, client *identitycenter.Registration, token *identitycenter.Token,
) (*Session, error) {
	assigned, err := s.Assignments(ctx, p, token.AccessToken)
	if err != nil {
		return nil, err
	}
	who := &Identity{Issuer: p.Issuer, Groups: assigned, GroupsPresent: true, Expires: token.Expires}
	session := newSession(p, &Tokens{RefreshToken: token.RefreshToken}, who, s.now())
	session.AccessToken, session.SSORegion, session.Registration = token.AccessToken, p.SSORegion, client
	return session, nil
}

// centerPage judges a page where Identity Center wants the person to type a code. Besides the start URL's host, which is the
// issuer's here, it may be one of AWS's.
func (p Provider) centerPage(raw string) (*verificationPage, error) {
	if u, err := url.Parse(raw); err == nil && isCenterPage(strings.ToLower(u.Hostname()), p.SSORegion) {
		p.VerificationHosts = append([]string{u.Hostname()}, p.VerificationHosts...)
	}
	page, err := checkVerification(p, raw)
	if err != nil {
		return nil, ui.Fault(ui.Failed, "somebody may be in between: don't go on before this is understood", "%s", err.Error())
	}
	return page, nil
}

// isCenterPage recognises the hosts on which Identity Center asks for codes: that of the region, and the access portal under
// the names AWS gives it, one of which takes the place of a start URL of another form (a dual-stack one is answered with
// ssoins-….REGION.portal.amazonaws.com). AWS alone serves pages below these names.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/using-the-portal.html
func isCenterPage(host, region string) bool {
	switch host {
	case "device.sso." + region + ".amazonaws.com", "device.sso." + region + ".amazonaws.com.cn",
		"device.sso." + region + ".amazonaws.eu", region + ".signin.aws":
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
