package signin

import (
	"crypto/subtle"
	"net"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
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
func (d *Desk) sessionOf(r *http.Request) *session {
	now := d.h.Clock()
	if cookie, err := r.Cookie(d.cookieName()); err == nil {
		if found := d.sessions[cookie.Value]; found != nil && now.Before(found.expires) {
			return found
		}
	}
	if len(d.sessions) >= maxSessions {
		clear(d.sessions)
	}
	created := &session{id: harness.Opaque(43), formToken: harness.Opaque(43), expires: now.Add(sessionLifetime)}
	d.sessions[created.id] = created
	return created
}

// cookieName holds the port, since browsers send cookies to all ports of a host.
func (d *Desk) cookieName() string {
	_, port, _ := net.SplitHostPort(d.h.Address())
	return "sandbox_session_" + port
}

func (d *Desk) cookie(of *session) *http.Cookie {
	//nolint:gosec // Without Secure, as loopback has no TLS.
	return &http.Cookie{
		Name:     d.cookieName(),
		Value:    of.id,
		Path:     "/",
		MaxAge:   int(sessionLifetime / time.Second),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}

// checkFormToken returns the session that a form was made for.
func (d *Desk) checkFormToken(r *http.Request) (*session, *harness.Reply) {
	of := d.sessionOf(r)
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("form_token")), []byte(of.formToken)) != 1 {
		d.h.Unexpectedf("POST %s: missing or wrong form token", r.URL.Path)
		return nil, d.Problem(http.StatusForbidden, "This form is out of date. Start again from the beginning.")
	}
	return of, nil
}
