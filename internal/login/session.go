package login

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Session is a stored sign-in: who the person is, the ID token that proves it, and the refresh token that renews it.
type Session struct {
	ID       string // random, new with each sign-in
	Issuer   string
	ClientID string

	Subject       string // exactly as the provider says; compare, don't show
	Username      string
	Email         string
	Name          string
	Groups        []string
	GroupsPresent bool // see Identity
	GroupsOverage bool // see Identity

	IDToken              secret.String
	RefreshToken         secret.String // zero: the provider gave none
	PreviousRefreshToken secret.String // the one that RefreshToken replaced; never sent again, since reuse ends the session
	Scope                string        // sent again with each renewal
	NoSilentRenewal      bool          // the provider renews without a new ID token, so that asking again is of no use

	IDTokenExpires time.Time
	SignedIn       time.Time
	Refreshed      time.Time // when the ID token came
}

// Display is how people know the person: e-mail address, else user name, else subject. Cleaned.
func (s *Session) Display() string { return display(s.Email, s.Username, s.Subject) }

// sessionVersion is the format of stored sessions. Members may be added without a new version: older builds pass over
// what they don't know. A change that would mislead an older build needs a new one.
const sessionVersion = 1

var (
	errNewerSession   = errors.New("it was written by a newer dbxaccess")
	errDamagedSession = errors.New("it is damaged")
)

// storedSession is the session as the keyring holds it, its secrets in the clear: the one place where they are revealed
// to be kept.
type storedSession struct {
	Version              int       `json:"version"`
	ID                   string    `json:"id"`
	Issuer               string    `json:"issuer"`
	ClientID             string    `json:"client_id"`
	Subject              string    `json:"subject"`
	Username             string    `json:"username,omitempty"`
	Email                string    `json:"email,omitempty"`
	Name                 string    `json:"name,omitempty"`
	Groups               []string  `json:"groups,omitempty"`
	GroupsPresent        bool      `json:"groups_present,omitempty"`
	GroupsOverage        bool      `json:"groups_overage,omitempty"`
	IDToken              string    `json:"id_token"`
	RefreshToken         string    `json:"refresh_token,omitempty"`
	PreviousRefreshToken string    `json:"previous_refresh_token,omitempty"`
	Scope                string    `json:"scope,omitempty"`
	NoSilentRenewal      bool      `json:"no_silent_renewal,omitempty"`
	IDTokenExpires       time.Time `json:"id_token_expires"`
	SignedIn             time.Time `json:"signed_in"`
	Refreshed            time.Time `json:"refreshed"`
}

func (s *Session) encode() ([]byte, error) {
	return json.Marshal(storedSession{
		Version: sessionVersion, ID: s.ID, Issuer: s.Issuer, ClientID: s.ClientID,
		Subject: s.Subject, Username: s.Username, Email: s.Email, Name: s.Name,
		Groups: s.Groups, GroupsPresent: s.GroupsPresent, GroupsOverage: s.GroupsOverage,
		IDToken: s.IDToken.Reveal(), RefreshToken: s.RefreshToken.Reveal(),
		PreviousRefreshToken: s.PreviousRefreshToken.Reveal(), Scope: s.Scope, NoSilentRenewal: s.NoSilentRenewal,
		IDTokenExpires: s.IDTokenExpires.UTC(), SignedIn: s.SignedIn.UTC(), Refreshed: s.Refreshed.UTC(),
	})
}

// decodeSession reads a stored session: errNewerSession, errDamagedSession, or one that can be used.
func decodeSession(data []byte) (*Session, error) {
	var version struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &version) == nil && version.Version > sessionVersion {
		return nil, errNewerSession
	}
	var stored storedSession
	if json.Unmarshal(data, &stored) != nil || stored.Version != sessionVersion ||
		stored.Issuer == "" || stored.ClientID == "" || stored.ID == "" || stored.Subject == "" || stored.IDToken == "" {
		return nil, errDamagedSession
	}
	return &Session{
		ID: stored.ID, Issuer: stored.Issuer, ClientID: stored.ClientID,
		Subject: stored.Subject, Username: stored.Username, Email: stored.Email, Name: stored.Name,
		Groups: stored.Groups, GroupsPresent: stored.GroupsPresent, GroupsOverage: stored.GroupsOverage,
		IDToken: secret.New(stored.IDToken), RefreshToken: secret.New(stored.RefreshToken),
		PreviousRefreshToken: secret.New(stored.PreviousRefreshToken),
		Scope:                stored.Scope, NoSilentRenewal: stored.NoSilentRenewal,
		IDTokenExpires: stored.IDTokenExpires, SignedIn: stored.SignedIn, Refreshed: stored.Refreshed,
	}, nil
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
// is not.
func (s *Session) fresh(now time.Time, minLife time.Duration) bool {
	ends := s.IDTokenExpires
	if daily := s.Refreshed.Add(renewDaily); s.canRenew() && daily.Before(ends) {
		ends = daily
	}
	return s.alive(now) && ends.Sub(now) >= minLife && !s.Refreshed.After(now.Add(leeway))
}

// adopt takes what a renewal brought. Renewed ID tokens often say less: names that are missing stay, and so do groups,
// since providers that need the scope sent again for them (Okta) would otherwise lock people out on its slightest
// mishap. A list that is there and empty, however, takes every group away.
func (s *Session) adopt(i *Identity, idToken secret.String, now time.Time) (groupsKept bool) {
	s.IDToken, s.IDTokenExpires, s.Refreshed = idToken, i.Expires, now
	for _, name := range []struct {
		kept *string
		new  string
	}{{&s.Username, i.Username}, {&s.Email, i.Email}, {&s.Name, i.Name}} {
		if name.new != "" {
			*name.kept = name.new
		}
	}
	groupsKept = s.GroupsPresent && !i.GroupsPresent && !i.GroupsOverage
	if !groupsKept {
		s.Groups, s.GroupsPresent, s.GroupsOverage = i.Groups, i.GroupsPresent, i.GroupsOverage
	}
	return groupsKept
}
