package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// family is a session at the provider: the refresh tokens that replaced one another (RFC 9700 4.14.2).
type family struct {
	user     *User
	scopes   []string
	nonce    string // of the sign-in
	dead     bool   // revoked, or a replaced token was used again
	current  string
	previous string // the one that current replaced
	rotated  time.Time
}

// rotate replaces a family's refresh token.
func (s *Server) rotate(f *family) string {
	f.previous, f.current, f.rotated = f.current, s.handOut(opaque(64)), s.clock()
	s.refresh[f.current] = f
	return f.current
}

// redeemRefreshToken answers a refresh (RFC 6749 6).
func (s *Server) redeemRefreshToken(r *http.Request) reply {
	presented := r.PostForm.Get("refresh_token")
	if presented == "" {
		return *s.sayUnexpected(r, onNoRefreshToken)
	}
	if refused := s.refusedAt(atRefresh); refused != nil {
		return *refused
	}
	f := s.refresh[presented]
	if f == nil || f.dead {
		return s.say(onUnknownRefreshToken)
	}
	scopes, refused := s.narrowScopes(r, f)
	if refused != nil {
		return *refused
	}
	current, p := presented == f.current, s.provider()
	if !current && !p.OldRefreshTokensStay && !s.inGrace(f, presented) {
		s.record.calls[Reuses]++
		f.dead = true
		return s.say(onReusedRefreshToken)
	}
	fields := s.tokenFields(scopes)
	if !p.OmitsIDToken {
		nonce := ""
		if p.NonceStays {
			nonce = f.nonce
		}
		idToken, err := s.idToken(f.user, scopes, nonce)
		if err != nil {
			return s.failure(err)
		}
		fields["id_token"] = idToken
	}
	if !s.behaviour.KeepRefreshToken && !p.KeepsRefreshToken {
		if current || p.OldRefreshTokensStay {
			s.rotate(f)
		}
		// Within the grace, the one that was issued instead is told again.
		fields["refresh_token"] = f.current
	}
	return s.withTokens(fields)
}

func (s *Server) inGrace(f *family, presented string) bool {
	return presented == f.previous && s.clock().Sub(f.rotated) < cmp.Or(s.behaviour.RefreshGrace, s.provider().RefreshGrace)
}

// narrowScopes reads the scopes of a refresh, which can't be wider than those granted.
func (s *Server) narrowScopes(r *http.Request, f *family) ([]string, *reply) {
	asked := strings.Fields(r.PostForm.Get("scope"))
	if len(asked) == 0 {
		if !s.provider().GroupsNeedScope {
			return f.scopes, nil
		}
		return slices.DeleteFunc(slices.Clone(f.scopes), func(scope string) bool { return scope == scopeGroups }), nil
	}
	p := s.provider()
	for i, scope := range asked {
		asked[i] = p.unspell(scope)
		if !slices.Contains(f.scopes, asked[i]) {
			return nil, s.sayUnexpected(r, onWiderScope)
		}
	}
	return asked, nil
}

// revoke ends the session of a refresh token (RFC 7009). Unknown tokens are no error there.
func (s *Server) revoke(r *http.Request) reply {
	if endpoint, told := s.provider().Discovery["revocation_endpoint"]; told && endpoint == nil {
		s.unexpectedf("%s %s: this provider has no such endpoint", r.Method, r.URL.Path)
		return textReply(http.StatusNotFound, "unknown path")
	}
	if refused := s.checkClient(r, atClient); refused != nil {
		return *refused
	}
	token := r.PostForm.Get("token")
	if token == "" {
		return *s.refuse(r, errInvalidRequest, "token is missing")
	}
	if f := s.refresh[token]; f != nil {
		f.dead = true
	}
	return reply{status: http.StatusOK, header: http.Header{"Cache-Control": {"no-store"}}}
}
