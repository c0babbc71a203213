package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// family is a session at the provider: the refresh tokens that replaced one another (RFC 9700 4.14.2).
type family struct {
	user     *User
	scopes   []string
	dead     bool // revoked, or a replaced token was used again
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
		return *s.refuse(r, errInvalidRequest, "refresh_token is missing")
	}
	f := s.refresh[presented]
	if f == nil || f.dead {
		return oauthError(errInvalidGrant, "the refresh token is not valid")
	}
	scopes, refused := s.narrowScopes(r, f)
	if refused != nil {
		return *refused
	}
	current := presented == f.current
	if !current && !s.inGrace(f, presented) {
		s.record.calls[Reuses]++
		f.dead = true
		return oauthError(errInvalidGrant, "the refresh token was used already")
	}
	fields := s.tokenFields(scopes)
	if !s.behaviour.OmitIDToken {
		idToken, err := s.idToken(f.user, scopes, "")
		if err != nil {
			return s.failure(err)
		}
		fields["id_token"] = idToken
	}
	if !s.behaviour.KeepRefreshToken {
		if current {
			s.rotate(f)
		}
		// Within the grace, the one that was issued instead is told again.
		fields["refresh_token"] = f.current
	}
	return jsonReply(http.StatusOK, fields)
}

func (s *Server) inGrace(f *family, presented string) bool {
	return presented == f.previous && s.clock().Sub(f.rotated) < s.behaviour.RefreshGrace
}

// narrowScopes reads the scopes of a refresh, which can't be wider than those granted.
func (s *Server) narrowScopes(r *http.Request, f *family) ([]string, *reply) {
	asked := strings.Fields(r.PostForm.Get("scope"))
	if len(asked) == 0 {
		if !s.behaviour.GroupsNeedScope {
			return f.scopes, nil
		}
		return slices.DeleteFunc(slices.Clone(f.scopes), func(scope string) bool { return scope == scopeGroups }), nil
	}
	for _, scope := range asked {
		if !slices.Contains(f.scopes, scope) {
			return nil, s.refuse(r, errInvalidScope, "a scope that was not granted at sign-in")
		}
	}
	return asked, nil
}

// revoke ends the session of a refresh token (RFC 7009). Unknown tokens are no error there.
func (s *Server) revoke(r *http.Request) reply {
	if refused := s.checkClient(r); refused != nil {
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
