package login

import (
	"context"
	"fmt"
	"time"
)

// Flow is a way to sign in, as the access map and --flow spell it.
type Flow string

// Ways to sign in.
const (
	FlowBrowser Flow = "browser" // in the browser of this machine (RFC 8252)
	FlowDevice  Flow = "device"  // by a code, on any device (RFC 8628)
)

// Screen is what a sign-in shows the person. Page and Code must return at once; the done that they return is called when
// the wait for the person is over.
type Screen struct {
	// Flow settles the way to sign in, given which of them the provider offers.
	Flow func(browser, device bool) (Flow, error)
	// Page shows the address that begins a sign-in in the browser. It is safe to be shown and opened. deviceToo: the
	// provider offers device codes as well.
	Page func(address string, deviceToo bool) (done func())
	// Code shows a device code and where to type it.
	Code func(code *DeviceCode) (done func())
}

// SignIn has the person prove who they are. The session that it returns is not stored yet, see Save. At Identity Center,
// whose tokens name nobody, its subject and user name are empty: the caller may find out before it is saved. Nobody signs
// in as a machine: an error.
func (s *Sessions) SignIn(ctx context.Context, p Provider, screen Screen) (*Session, error) {
	switch {
	case p.machine():
		return nil, noSignIn(p)
	case p.center():
		return s.signInAtCenter(ctx, p, screen)
	}
	return s.Client.signIn(ctx, p, screen)
}

func noSignIn(p Provider) error {
	return fmt.Errorf("nobody signs in as a machine, and %s has its token from elsewhere", p.Name)
}

// signIn signs in at an OpenID Connect provider.
func (c *Client) signIn(ctx context.Context, p Provider, screen Screen) (*Session, error) {
	e, err := c.Discover(ctx, p)
	if err != nil {
		return nil, err
	}
	flow, err := screen.Flow(p.BrowserPossible(e), p.DevicePossible(e))
	if err != nil {
		return nil, err
	}
	prove := c.byDevice
	if flow == FlowBrowser {
		prove = c.byBrowser
	}
	tokens, who, err := prove(ctx, p, e, screen)
	if err != nil {
		return nil, err
	}
	return newSession(p, tokens, who, c.now()), nil
}

// byDevice signs in with a code that the person types on any device.
func (c *Client) byDevice(ctx context.Context, p Provider, e *Endpoints, screen Screen) (*Tokens, *Identity, error) {
	code, err := c.startDevice(ctx, p, e)
	if err != nil {
		return nil, nil, err
	}
	done := screen.Code(code)
	tokens, err := c.pollDevice(ctx, p, e, code)
	done()
	if err != nil {
		return nil, nil, err
	}
	who, err := c.Verify(ctx, p, e, tokens.IDToken, "")
	return tokens, who, err
}

// newSession makes a session of what a sign-in brought, under a new id.
func newSession(p Provider, tokens *Tokens, who *Identity, now time.Time) *Session {
	now = now.UTC()
	session := &Session{
		ID: newSessionID(), Issuer: p.Issuer, ClientID: p.ClientID, Subject: who.Subject,
		RefreshToken: tokens.RefreshToken, Scope: tokens.Scope, SignedIn: now,
	}
	session.adopt(p, who, tokens.IDToken, now)
	session.limit(tokens.RefreshExpiresIn, false, now)
	return session
}
