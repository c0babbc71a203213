package sandbox

import (
	"crypto/subtle"
	"net"
	"net/http"
	"time"
)

const (
	sessionLifetime = 15 * time.Minute
	// maxSessions bounds the memory where something asks for pages without keeping the cookie.
	maxSessions = 1000
)

// session is one browser on the person's pages.
type session struct {
	id        string
	formToken string // in every form: a page elsewhere can make the browser send the cookie, but can't know this
	user      *User  // nil before signing in
	expires   time.Time
}

// sessionOf returns the browser's session, or a new one. The lock must be held.
func (s *Server) sessionOf(r *http.Request) *session {
	now := s.now()
	if cookie, err := r.Cookie(s.cookieName()); err == nil {
		if found := s.sessions[cookie.Value]; found != nil && now.Before(found.expires) {
			return found
		}
	}
	if len(s.sessions) >= maxSessions {
		clear(s.sessions)
	}
	created := &session{id: opaque(43), formToken: opaque(43), expires: now.Add(sessionLifetime)}
	s.sessions[created.id] = created
	return created
}

// cookieName holds the port, since browsers send cookies to all ports of a host.
func (s *Server) cookieName() string {
	_, port, _ := net.SplitHostPort(s.address)
	return "sandbox_session_" + port
}

func (s *Server) cookie(of *session) *http.Cookie {
	//nolint:gosec // Without Secure, as loopback has no TLS.
	return &http.Cookie{
		Name:     s.cookieName(),
		Value:    of.id,
		Path:     "/",
		MaxAge:   int(sessionLifetime / time.Second),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// checkFormToken returns the session that a form was made for.
func (s *Server) checkFormToken(r *http.Request) (*session, bool) {
	of := s.sessionOf(r)
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("form_token")), []byte(of.formToken)) != 1 {
		s.unexpectedf("POST %s: missing or wrong form token", r.URL.Path)
		return nil, false
	}
	return of, true
}
