package idp

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

// family is a session at the provider: the refresh tokens that replaced one another (RFC 9700 4.14.2).
type family struct {
	authentication // of the sign-in
	user           *signin.User
	scopes         []string
	nonce          string // of the sign-in
	dead           bool   // revoked, or a replaced token was used again
	current        string
	previous       string // the one that current replaced
	rotated        time.Time
}

// rotate replaces a family's refresh token.
func (p *Provider) rotate(f *family) string {
	f.previous, f.current, f.rotated = f.current, p.h.HandOut(harness.Opaque(64)), p.h.Clock()
	p.refresh[f.current] = f
	return f.current
}

// redeemRefreshToken answers a refresh (RFC 6749 6).
func (p *Provider) redeemRefreshToken(r *http.Request) *harness.Reply {
	presented := r.PostForm.Get("refresh_token")
	if presented == "" {
		return p.sayUnexpected(r, kind.NoRefreshToken)
	}
	if refused := p.refusedAt(kind.AtRefresh); refused != nil {
		return refused
	}
	f := p.refresh[presented]
	if f == nil || f.dead {
		return p.say(kind.UnknownRefreshToken)
	}
	scopes, refused := p.narrowScopes(r, f)
	if refused != nil {
		return refused
	}
	current, k := presented == f.current, p.kind()
	if !current && !k.OldRefreshTokensStay && !p.inGrace(f, presented) {
		p.h.Count(harness.Reuses)
		f.dead = true
		return p.say(kind.ReusedRefreshToken)
	}
	fields := map[string]any{}
	if !p.h.Behaviour.KeepRefreshToken && !k.KeepsRefreshToken {
		if current || k.OldRefreshTokensStay {
			p.rotate(f)
		}
		// Within the grace, the one that was issued instead is told again.
		fields["refresh_token"] = f.current
	}
	if k.OmitsIDToken {
		return p.answer(fields, scopes)
	}
	nonce := ""
	if k.NonceStays {
		nonce = f.nonce
	}
	told := f.authentication
	if p.h.Behaviour.AuthTimeMoves {
		told.at = p.h.Clock()
	}
	return p.withTokens(fields, f.user, scopes, nonce, told)
}

func (p *Provider) inGrace(f *family, presented string) bool {
	return presented == f.previous && p.h.Clock().Sub(f.rotated) < cmp.Or(p.h.Behaviour.RefreshGrace, p.kind().RefreshGrace)
}

// narrowScopes reads the scopes of a refresh, which can't be wider than those granted.
func (p *Provider) narrowScopes(r *http.Request, f *family) ([]string, *harness.Reply) {
	asked := strings.Fields(r.PostForm.Get("scope"))
	if len(asked) == 0 {
		if !p.kind().GroupsNeedScope {
			return f.scopes, nil
		}
		return slices.DeleteFunc(slices.Clone(f.scopes), func(scope string) bool { return scope == scopeGroups }), nil
	}
	for i, scope := range asked {
		asked[i] = p.kind().Unspell(scope)
		if !slices.Contains(f.scopes, asked[i]) {
			return nil, p.sayUnexpected(r, kind.WiderScope)
		}
	}
	return asked, nil
}

// revoke ends the session of a refresh token (RFC 7009). Unknown tokens are no error there.
func (p *Provider) revoke(r *http.Request) *harness.Reply {
	if endpoint, told := p.kind().Discovery["revocation_endpoint"]; told && endpoint == nil {
		p.h.Unexpectedf("%s %s: this provider has no such endpoint", r.Method, r.URL.Path)
		return harness.Text(http.StatusNotFound, "unknown path")
	}
	if refused := p.checkClient(r, kind.AtClient); refused != nil {
		return refused
	}
	token := r.PostForm.Get("token")
	if token == "" {
		return p.refuse(r, errInvalidRequest, "token is missing")
	}
	if f := p.refresh[token]; f != nil {
		f.dead = true
	}
	return &harness.Reply{Status: http.StatusOK, Header: http.Header{"Cache-Control": {"no-store"}}}
}
