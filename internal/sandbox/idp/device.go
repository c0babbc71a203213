package idp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// deviceAuthorization begins a device flow (RFC 8628 3.1 and 3.2).
func (p *Provider) deviceAuthorization(r *http.Request) *harness.Reply {
	if refused := p.checkClient(r, kind.AtDevice); refused != nil {
		return refused
	}
	if refused := p.refusedAt(kind.AtDevice); refused != nil {
		return refused
	}
	if want := p.h.Behaviour.Audience; want != "" && r.PostForm.Get("audience") != want {
		return p.sayUnexpected(r, kind.UnknownAudience)
	}
	scopes, refused := p.checkScopes(r, r.PostForm.Get("scope"))
	if refused != nil {
		return refused
	}
	g := p.desk.NewDevice(harness.ClientID, scopes)
	// Keycloak takes a challenge here, though no RFC has it.
	if r.PostForm.Has("code_challenge") || r.PostForm.Has("code_challenge_method") {
		challenge, ok := signin.ReadChallenge(r.PostForm.Get("code_challenge"), r.PostForm.Get("code_challenge_method"))
		if !ok {
			return p.refuse(r, errInvalidRequest, "a code challenge that is not S256")
		}
		g.Challenge = challenge
	}
	if g.Challenge == "" && p.h.Behaviour.DemandPKCE {
		return p.sayUnexpected(r, kind.NoChallenge)
	}
	if err := p.desk.Begin(g); err != nil {
		return p.h.Failure(err)
	}
	code, userCode := p.h.HandOut(harness.Opaque(43)), g.ID
	p.grants[code] = &grant{Grant: g, authentication: p.authenticateDevice(r.PostForm)}
	if p.kind().PlainCode {
		userCode = strings.ReplaceAll(userCode, "-", "")
	}
	fields := map[string]any{
		"device_code":               code,
		"user_code":                 userCode,
		"verification_uri":          p.desk.VerificationURL(""),
		"verification_uri_complete": p.desk.VerificationURL(userCode),
		"expires_in":                seconds(p.h.Behaviour.DeviceCodeLifetime),
		"interval":                  seconds(p.h.Behaviour.PollInterval),
	}
	harness.Overlay(fields, kind.Fill(p.kind().Device, fields))
	return harness.JSON(http.StatusOK, fields)
}

// redeemDeviceCode answers a poll (RFC 8628 3.4 and 3.5).
func (p *Provider) redeemDeviceCode(r *http.Request) *harness.Reply {
	g := p.grants[r.PostForm.Get("device_code")]
	switch {
	case g == nil || g.Back != nil:
		return p.sayUnexpected(r, kind.UnknownDeviceCode)
	case g.Spent:
		return p.sayUnexpected(r, kind.UsedDeviceCode)
	}
	switch g.Poll(p.h.Clock()) {
	case signin.Expired:
		return p.expiredDeviceCode(g)
	case signin.TooEarly:
		p.h.Count(harness.SlowDowns)
		return p.say(kind.SlowDown)
	case signin.Denied:
		if p.kind().DenialStaysPending {
			return p.say(kind.Pending)
		}
		return p.say(kind.Denied)
	case signin.Pending:
		return p.say(kind.Pending)
	}
	if refused := p.checkVerifier(r, g); refused != nil {
		return refused
	}
	if refused := p.refusedAt(kind.AtTokens, kind.AtSignIn); refused != nil {
		return refused
	}
	return p.firstTokens(g, "")
}

// expiredDeviceCode is told once or always, as the kind has it.
func (p *Provider) expiredDeviceCode(g *grant) *harness.Reply {
	if g.expiryTold && p.kind().ExpiredOnce {
		return p.say(kind.UnknownDeviceCode)
	}
	g.expiryTold = true
	return p.say(kind.ExpiredDeviceCode)
}

func (p *Provider) checkVerifier(r *http.Request, g *grant) *harness.Reply {
	verifier := r.PostForm.Get("code_verifier")
	switch {
	case g.Challenge.Matches(verifier):
		return nil
	case verifier == "":
		return p.sayUnexpected(r, kind.NoVerifier)
	default:
		return p.sayUnexpected(r, kind.WrongVerifier)
	}
}

// checkScopes reads the scopes that a client asks for. A client that wants an ID token must say openid.
func (p *Provider) checkScopes(r *http.Request, asked string) ([]string, *harness.Reply) {
	scopes := strings.Fields(asked)
	for i, scope := range scopes {
		scopes[i] = p.kind().Unspell(scope)
	}
	if !slices.Contains(scopes, scopeOpenID) {
		return nil, p.refuse(r, errInvalidScope, "the scope openid is missing")
	}
	if slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(p.kind().Scopes, scope) }) {
		return nil, p.sayUnexpected(r, kind.UnknownScope)
	}
	return scopes, nil
}
