package login

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Session is a sign-in: who the person is, the token that proves it, and the refresh token that renews it. People's are
// stored; a machine's lives in the process alone.
type Session struct {
	ID       string // random, new with each sign-in; a machine's follows from issuer and subject
	Issuer   string // the start URL at Identity Center
	ClientID string // "" at Identity Center; a machine's audience

	Subject       string // exactly as the provider says; compare, don't show. At Identity Center it may be ""
	Key           string // see Identity
	Username      string
	Email         string
	Name          string
	Groups        []string // at Identity Center the assignments, as in 111122223333/MLAdmin
	GroupsPresent bool     // see Identity
	GroupsOverage bool     // see Identity

	Kind        string    // of the provider, see idp.Kind; "" at Identity Center, and in sessions that older builds stored
	GroupsClaim string    // where Groups come from, as the access map names it; "" as for Kind
	GroupsSeen  time.Time // when a token last had that claim; zero where none has, and as for Kind

	IDToken              secret.String // zero at Identity Center
	AccessToken          secret.String // of Identity Center, which has no ID tokens; zero elsewhere
	RefreshToken         secret.String // zero: the provider gave none
	PreviousRefreshToken secret.String // the one that RefreshToken replaced; never sent again, since reuse ends the session
	Scope                string        // sent again with each renewal
	NoSilentRenewal      bool          // the provider renews without a new ID token, so that asking again is of no use

	SSORegion string // of Identity Center; "" elsewhere
	// Registration is the client of Identity Center that RefreshToken was given to, and that alone may renew it; nil
	// elsewhere.
	Registration *identitycenter.Registration
	// Machine: there is no sign-in, and the token's source is asked for the next one.
	Machine bool

	IDTokenExpires time.Time // at Identity Center the access token's end
	SignedIn       time.Time
	Refreshed      time.Time // when the ID token (at Identity Center: the access token) came
	Ends           time.Time // when only a new sign-in helps; zero where that is not known
}

// Display is how people know the person: e-mail address, else user name, else subject. Cleaned.
func (s *Session) Display() string { return display(s.Email, s.Username, s.Subject) }

// Claim returns the texts of a claim of the session's ID token, which was verified when it came: name is a claim's name or,
// where it begins with a slash, a JSON pointer (RFC 6901). A list gives its texts; a number or truth value gives itself as
// a text. nil where there is no such claim, and for an e-mail address that the provider does not vouch for.
func (s *Session) Claim(name string) []string {
	claims, _ := unverified(s.IDToken)
	return claimTexts(believed(idp.KindOf(s.Kind, s.Issuer), claims), name)
}

// unverified reads the claims of an ID token without looking at its signature, and reports false where it is none.
func unverified(idToken secret.String) (httpclient.Object, bool) {
	parts := strings.Split(idToken.Reveal(), ".")
	if len(parts) != 3 {
		return nil, false
	}
	return jwtPart(parts[1])
}

// EndsAt is when the session ends for good, and a new sign-in is needed. It reports false where nobody said so: a refresh
// token that tells no end, a machine.
func (s *Session) EndsAt() (time.Time, bool) {
	switch {
	case s.Machine:
		return time.Time{}, false
	case !s.canRenew():
		return s.IDTokenExpires, true
	}
	return s.Ends, !s.Ends.IsZero()
}

// limit notes when the session ends. told is the rest of the refresh token's life, 0 where the provider does not say; of a
// token that is not the one before, what was known says nothing.
func (s *Session) limit(told time.Duration, rotated bool, now time.Time) {
	switch {
	case told > 0:
		s.Ends = now.Add(told).UTC()
	case rotated:
		s.Ends = time.Time{}
	}
}

// replace takes a new refresh token in place of the present one, and reports whether there is one.
func (s *Session) replace(refreshToken secret.String) (rotated bool) {
	if refreshToken.IsZero() || refreshToken.Reveal() == s.RefreshToken.Reveal() {
		return false
	}
	s.RefreshToken, s.PreviousRefreshToken = refreshToken, s.RefreshToken
	return true
}

const sessionPrefix = "session/"

// SessionKey names the provider's session in the keyring and its lock. The hash keeps company names out of key listings.
func SessionKey(p Provider) string {
	sum := sha256.Sum256([]byte(p.Issuer + "\x00" + p.ClientID))
	return sessionPrefix + base32Lower(sum[:])
}

func newSessionID() string { return strings.ToLower(rand.Text()) }

func base32Lower(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// renewDaily is how long an ID token is used that could be renewed, whatever it says of itself: a provider that makes it
// last for a year must not keep people from losing a group, nor must a damaged expiry make a session immortal.
const renewDaily = 24 * time.Hour

// canRenew: asking the provider is of use.
func (s *Session) canRenew() bool { return !s.RefreshToken.IsZero() && !s.NoSilentRenewal }

func (s *Session) alive(now time.Time) bool { return now.Before(s.IDTokenExpires) }

// fresh: the ID token has at least minLife left. One that came in the future, by a clock that has since been set back,
// is not, nor one whose groups have stayed for long enough: only a renewal tells whether they are still held.
func (s *Session) fresh(now time.Time, minLife time.Duration) bool {
	ends := s.IDTokenExpires
	if daily := s.Refreshed.Add(renewDaily); s.canRenew() && daily.Before(ends) {
		ends = daily
	}
	return s.alive(now) && ends.Sub(now) >= minLife && !s.Refreshed.After(now.Add(leeway)) && !s.groupsLapsed(now)
}

// sameToken reports whether both prove themselves with the same token.
func (s *Session) sameToken(other *Session) bool {
	return s.IDToken.Reveal() == other.IDToken.Reveal() && s.AccessToken.Reveal() == other.AccessToken.Reveal()
}
