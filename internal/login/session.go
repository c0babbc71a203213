package login

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Session is a sign-in: who someone is, the token that proves it, and the refresh token that renews it. People's are stored;
// a workload's lives in the process alone.
type Session struct {
	ID       string // random, new with each sign-in; a workload's follows from issuer and subject
	Issuer   string // the start URL at Identity Center
	ClientID string // "" at Identity Center; a workload's audience

	Subject       string // exactly as the provider says; compare, don't show. At Identity Center it may be ""
	Key           string // identifies the person in place of Subject, where a provider has something better; "": Subject does
	Username      string
	Email         string
	Name          string
	Groups        []string // at Identity Center the assignments, as in 111122223333/MLAdmin
	GroupsPresent bool     // the token has the groups claim, though it may hold none
	GroupsOverage bool     // the provider left the groups out because there are too many
	GroupsShape   string   // what the claim holds where no group can be read of it, as in "a list of objects"; else ""

	GroupsUnasked bool // only a renewal tells the groups, as the userinfo endpoint was not asked at the last; not stored

	Kind        string    // of the provider, see idp.Kind; "" at Identity Center, and in sessions that older builds stored
	GroupsClaim string    // where Groups come from, as the access map names it; "" as for Kind
	UserInfo    bool      // Groups come from the userinfo endpoint, instead of the ID token
	GroupsSeen  time.Time // when a token last had that claim; zero where none has, and as for Kind

	// Authentication is that of the sign-in, whatever renewed tokens say; zero at Identity Center, at a workspace, and in sessions
	// that older builds stored.
	Authentication Authentication

	IDToken              secret.String // zero at Identity Center and at a workspace
	AccessToken          secret.String // of Identity Center or a workspace, which have no ID tokens; zero elsewhere
	RefreshToken         secret.String // zero: the provider gave none
	PreviousRefreshToken secret.String // the one that RefreshToken replaced; never sent again, since reuse ends the session
	Scope                string        // sent again with each renewal
	Unasked              []string      // scopes that the sign-in did not ask for, as the provider's metadata does not list them
	NoSilentRenewal      bool          // the provider renews without a new ID token, so that asking again is of no use

	SSORegion string // of Identity Center; "" elsewhere
	// Registration is the client of Identity Center that RefreshToken was given to, and that alone may renew it; nil
	// elsewhere.
	Registration *identitycenter.Registration
	// Workspace is where someone signed in besides; nil for the sign-in with an identity.
	Workspace *Workspace
	// Token is where a workload's ID token comes from: nobody signed in, and the source is asked for the next one. nil for
	// people.
	Token *idp.TokenSource

	IDTokenExpires time.Time // at Identity Center and at a workspace the access token's end
	SignedIn       time.Time
	Refreshed      time.Time // when the ID token (at Identity Center: the access token) came
	Ends           time.Time // when only a new sign-in helps; zero where that is not known
}

// Display is how people know the person: e-mail address, else user name, else subject. Cleaned.
func (s *Session) Display() string { return display(s.Email, s.Username, s.Subject) }

// Claim returns the texts of a claim of the session's ID token, which was verified when it came: name is a claim's name or,
// where it begins with a slash, a JSON pointer (RFC 6901). A list gives its texts, an object its names; a number or truth
// value gives itself as a text. nil where there is no such claim, and for an e-mail address that the provider does not verify.
func (s *Session) Claim(name string) []string {
	claims, _ := idtoken.Parse(s.IDToken)
	return believed(idp.KindOf(s.Kind, s.Issuer), claims).Texts(name)
}

// ClaimShape names what a claim of the ID token holds that Claim reads no text of, as in "a list of objects"; "" where it is
// missing.
func (s *Session) ClaimShape(name string) string {
	claims, _ := idtoken.Parse(s.IDToken)
	return claims.Shape(name)
}

// UnaskedFix says how to have a scope asked for that was not, nil where it was.
func (s *Session) UnaskedFix(p Provider, scope string) ui.Fix {
	if !slices.Contains(s.Unasked, scope) {
		return nil
	}
	return ui.ForAdmin("the scope " + scope + " was not asked for, as the metadata of " + p.Host() + " does not list it: if the provider knows it, " +
		"write all that are wanted as scopes of the identity in the access map, as in scopes: [openid, profile, email, " + scope + "]")
}

// Provider is the session's own, as far as the session tells: for sessions whose identity the access map no longer names.
func (s *Session) Provider() Provider {
	if s.Workspace != nil {
		return s.Workspace.Provider("")
	}
	p := Provider{Issuer: s.Issuer, ClientID: s.ClientID, Kind: s.Kind, SSORegion: s.SSORegion}
	p.Name = p.Host()
	if s.SSORegion != "" {
		p.Method = idp.IdentityCenter
	}
	return p
}

// EndsAt is when the session ends for good, and a new sign-in is needed. It reports false where nobody said so: a refresh
// token that tells no end, a workload.
func (s *Session) EndsAt() (time.Time, bool) {
	switch {
	case s.Token != nil:
		return time.Time{}, false
	case !s.CanRenew():
		return s.IDTokenExpires, true
	}
	return s.Ends, !s.Ends.IsZero()
}

// Limit notes when the session ends. told is the rest of the refresh token's life, 0 where the provider does not say; of a
// token that is not the one before, what was known says nothing.
func (s *Session) Limit(told time.Duration, rotated bool, now time.Time) {
	switch {
	case told > 0:
		s.Ends = now.Add(told).UTC()
	case rotated:
		s.Ends = time.Time{}
	}
}

// Replace takes a new refresh token in place of the present one, and reports whether there is one.
func (s *Session) Replace(refreshToken secret.String) (rotated bool) {
	if refreshToken.IsZero() || refreshToken.Reveal() == s.RefreshToken.Reveal() {
		return false
	}
	s.RefreshToken, s.PreviousRefreshToken = refreshToken, s.RefreshToken
	return true
}

const sessionPrefix = "session/"

// SessionKey names the provider's session in the keyring and its lock.
func SessionKey(p Provider) string {
	if p.Workspace != nil {
		return p.Workspace.key(p)
	}
	return sessionPrefix + Hash(p.Issuer, p.ClientID)
}

// NewSession is what a sign-in begins with: a session of nobody yet, under a new id.
func NewSession(p Provider, now time.Time) *Session {
	return &Session{
		ID: strings.ToLower(rand.Text()), Issuer: p.Issuer, ClientID: p.ClientID, SSORegion: p.SSORegion, Workspace: p.Workspace, SignedIn: now.UTC(),
	}
}

// Hash names something in the keyring by its parts, so that no name of a company gets into listings of keys.
func Hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
}

// renewDaily is how long an ID token is used that could be renewed, whatever it says of itself: a provider that makes it
// last for a year must not keep people from losing a group, nor must a damaged expiry make a session immortal.
const renewDaily = 24 * time.Hour

// CanRenew reports whether asking the provider is of use.
func (s *Session) CanRenew() bool { return !s.RefreshToken.IsZero() && !s.NoSilentRenewal }

// Alive reports whether the token has not ended.
func (s *Session) Alive(now time.Time) bool { return now.Before(s.IDTokenExpires) }

// Fresh reports whether the token has at least minLife left. One that came in the future, by a clock that has since been set back,
// is not, nor one whose groups have stayed for long enough: only a renewal tells whether they are still held.
func (s *Session) Fresh(now time.Time, minLife time.Duration) bool {
	ends := s.IDTokenExpires
	if daily := s.Refreshed.Add(renewDaily); s.CanRenew() && daily.Before(ends) {
		ends = daily
	}
	return s.Alive(now) && ends.Sub(now) >= minLife && !s.Refreshed.After(now.Add(idtoken.Leeway)) && !s.groupsLapsed(now)
}

// SameToken reports whether both prove themselves with the same token.
func (s *Session) SameToken(other *Session) bool {
	return s.IDToken.Reveal() == other.IDToken.Reveal() && s.AccessToken.Reveal() == other.AccessToken.Reveal()
}
