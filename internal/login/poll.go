package login

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
	// slowDownStep is added to the interval, for good, each time the provider says slow_down (RFC 8628 §3.5).
	slowDownStep = 5 * time.Second
)

// pollDevice waits until the person has approved (RFC 8628 §3.4, §3.5) and returns the tokens. Whatever trouble passes
// by itself (a network that goes away, a gateway's error page, a server that is busy) is waited out until the code
// expires. A denial is Refused, an expired code LoginNeeded, and each says how to go on; errors.Is tells a canceled ctx.
func (c *Client) pollDevice(ctx context.Context, p Provider, e *Endpoints, d *DeviceCode) (*Tokens, error) {
	pace := newPace(d.Interval)
	for {
		// Never past the code's end, so that an approval in the last moment is still collected.
		if err := httpclient.Wait(ctx, min(pace.pause, d.Expires.Sub(c.now()))); err != nil {
			return nil, interrupted(err)
		}
		form := url.Values{"grant_type": {grantDevice}, "device_code": {d.Code.Reveal()}}
		if !d.verifier.IsZero() {
			form.Set("code_verifier", d.verifier.Reveal())
		}
		a, err := c.post(ctx, p, e, e.Token, form)
		tokens, trouble, err := c.judge(ctx, p, d, a, err, pace)
		if err != nil {
			return nil, err
		}
		if tokens != nil {
			return tokens, nil
		}
		if trouble != nil {
			c.log().Debug("polling goes on", "provider", p.host(), "after", trouble, "pause", pace.pause)
		}
		if d.expired(c.now()) {
			return nil, expired(p, trouble)
		}
	}
}

// judge decides what one answer means: tokens, an end, or to go on at a pace. trouble is what went wrong if it goes on
// in spite of something.
func (c *Client) judge(
	ctx context.Context, p Provider, d *DeviceCode, a *answer, err error, pace *pace,
) (tokens *Tokens, trouble, end error) {
	const doing = "waiting for the approval"
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, interrupted(ctx.Err())
		}
		if httpclient.Hopeless(err) {
			return nil, nil, httpclient.Explain(doing, err)
		}
		pace.trouble(0)
		return nil, httpclient.Explain(doing, err), nil
	}
	if tokens := a.tokens(d.scope); tokens != nil {
		if tokens.IDToken.IsZero() {
			return nil, nil, noIDToken(p)
		}
		return tokens, nil, nil
	}
	refused := a.refusal()
	if refused == nil {
		pace.trouble(a.retryAfter)
		return nil, a.unusable(), nil
	}
	switch refused.code {
	case "authorization_pending":
		pace.steady()
	case "slow_down":
		pace.slowDown(a.retryAfter)
	case "access_denied", "authorization_declined":
		return nil, nil, declined(p, refused)
	case "expired_token", "invalid_grant": // Auth0 says expired_token once, then invalid_grant
		if p.remedy(refused) != "" {
			return nil, nil, refused.fault(p, doing)
		}
		return nil, nil, expired(p, refused)
	default:
		if !a.passing(refused) {
			return nil, nil, refused.fault(p, doing)
		}
		pace.trouble(a.retryAfter)
		return nil, refused, nil
	}
	return nil, nil, nil
}

// declined tells that the person said no, or that the provider did in a way that is known.
func declined(p Provider, refused *refusalError) error {
	hint := p.remedy(refused)
	if hint == "" {
		hint = "if that was not meant: " + p.loginCommand()
	}
	return ui.Fault(ui.Refused, hint, "the sign-in was declined at %s: %w", p.host(), refused)
}

func expired(p Provider, cause error) error {
	const text = "nobody approved the sign-in at %s before its code expired"
	if cause == nil {
		return p.loginNeeded(text, p.host())
	}
	return p.loginNeeded(text+": %w", p.host(), cause)
}

func noIDToken(p Provider) error {
	return ui.Fault(ui.Failed,
		"add openid to scopes of the identity in the access map, and register the application for OpenID Connect",
		"%s approved the sign-in but sent no ID token", p.host())
}

// interrupted keeps a canceled context recognisable.
func interrupted(err error) error {
	const text = "waiting for the approval: %w"
	if errors.Is(err, context.Canceled) {
		return ui.Fault(ui.Interrupted, "", text, err)
	}
	return ui.Fault(ui.Failed, "", text, err)
}

// pace is how long to wait before asking again.
type pace struct {
	interval time.Duration // what the provider wants
	pause    time.Duration // the next wait; longer than interval while there is trouble
}

func newPace(interval time.Duration) *pace {
	interval = min(max(interval, minInterval), maxInterval)
	return &pace{interval: interval, pause: interval}
}

func (p *pace) steady() { p.pause = p.interval }

func (p *pace) slowDown(retryAfter time.Duration) {
	p.interval += slowDownStep
	p.pause = max(p.interval, min(retryAfter, maxInterval))
}

// trouble doubles the wait (RFC 8628 §3.5 on connection time-outs) up to a minute. A server may ask for up to a minute
// too: more would let the approved code expire.
func (p *pace) trouble(retryAfter time.Duration) {
	p.pause = max(p.interval, min(max(2*p.pause, retryAfter), maxInterval))
}
