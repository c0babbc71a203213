package login

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// sessionVersion is the format of stored sessions. Members may be added without a new version: older builds pass over
// what they don't know. A change that would mislead an older build needs a new one. A session of Identity Center has no ID
// token, which older builds take for damage: they say that a sign-in is needed.
const sessionVersion = 1

var (
	errNewerSession   = errors.New("it was written by a newer dbxaccess")
	errDamagedSession = errors.New("it is damaged")
)

// storedSession is the session as the keyring holds it, its secrets in the clear: the one place where they are revealed
// to be kept.
type storedSession struct {
	Version              int                 `json:"version"`
	ID                   string              `json:"id"`
	Issuer               string              `json:"issuer"`
	ClientID             string              `json:"client_id"`
	Subject              string              `json:"subject"`
	Key                  string              `json:"key,omitempty"`
	Username             string              `json:"username,omitempty"`
	Email                string              `json:"email,omitempty"`
	Name                 string              `json:"name,omitempty"`
	Groups               []string            `json:"groups,omitempty"`
	GroupsPresent        bool                `json:"groups_present,omitempty"`
	GroupsOverage        bool                `json:"groups_overage,omitempty"`
	GroupsShape          string              `json:"groups_shape,omitempty"`
	Kind                 string              `json:"dialect,omitempty"` // as older builds call it
	GroupsClaim          string              `json:"groups_claim,omitempty"`
	UserInfo             bool                `json:"groups_from_userinfo,omitempty"`
	GroupsSeen           time.Time           `json:"groups_seen,omitzero"`
	AuthTime             time.Time           `json:"auth_time,omitzero"`
	AuthTimeUnbelieved   int64               `json:"auth_time_unbelieved,omitzero"`
	ACR                  []string            `json:"acr,omitempty"`
	AMR                  []string            `json:"amr,omitempty"`
	IDToken              string              `json:"id_token"`
	AccessToken          string              `json:"access_token,omitempty"`
	RefreshToken         string              `json:"refresh_token,omitempty"`
	PreviousRefreshToken string              `json:"previous_refresh_token,omitempty"`
	Scope                string              `json:"scope,omitempty"`
	Unasked              []string            `json:"unasked_scopes,omitempty"`
	NoSilentRenewal      bool                `json:"no_silent_renewal,omitempty"`
	SSORegion            string              `json:"sso_region,omitempty"`
	Registration         *StoredRegistration `json:"registration,omitempty"`
	Workspace            *Workspace          `json:"workspace,omitempty"`
	IDTokenExpires       time.Time           `json:"id_token_expires"`
	SignedIn             time.Time           `json:"signed_in"`
	Refreshed            time.Time           `json:"refreshed"`
	Ends                 time.Time           `json:"ends,omitzero"`
}

// StoredRegistration is a client of Identity Center as the keyring holds it.
type StoredRegistration struct {
	ClientID     string    `json:"client_id"`
	ClientSecret string    `json:"client_secret"`
	Expires      time.Time `json:"expires"`
}

// StoreRegistration reveals a client, to be kept.
func StoreRegistration(r *identitycenter.Registration) *StoredRegistration {
	if r == nil {
		return nil
	}
	return &StoredRegistration{ClientID: r.ClientID, ClientSecret: r.ClientSecret.Reveal(), Expires: r.Expires.UTC()}
}

// Registration is nil where something is missing.
func (r *StoredRegistration) Registration() *identitycenter.Registration {
	if r == nil || r.ClientID == "" || r.ClientSecret == "" {
		return nil
	}
	return &identitycenter.Registration{ClientID: r.ClientID, ClientSecret: secret.New(r.ClientSecret), Expires: r.Expires}
}

func (s *Session) encode() ([]byte, error) {
	return json.Marshal(storedSession{
		Version: sessionVersion, ID: s.ID, Issuer: s.Issuer, ClientID: s.ClientID,
		Subject: s.Subject, Key: s.Key, Username: s.Username, Email: s.Email, Name: s.Name,
		Groups: s.Groups, GroupsPresent: s.GroupsPresent, GroupsOverage: s.GroupsOverage, GroupsShape: s.GroupsShape,
		Kind: s.Kind, GroupsClaim: s.GroupsClaim, UserInfo: s.UserInfo, GroupsSeen: s.GroupsSeen.UTC(),
		AuthTime: s.Authentication.Time.UTC(), AuthTimeUnbelieved: s.Authentication.Unbelieved, ACR: s.Authentication.ACR, AMR: s.Authentication.AMR,
		IDToken: s.IDToken.Reveal(), AccessToken: s.AccessToken.Reveal(), RefreshToken: s.RefreshToken.Reveal(),
		PreviousRefreshToken: s.PreviousRefreshToken.Reveal(), Scope: s.Scope, Unasked: s.Unasked, NoSilentRenewal: s.NoSilentRenewal,
		SSORegion: s.SSORegion, Registration: StoreRegistration(s.Registration), Workspace: s.Workspace,
		IDTokenExpires: s.IDTokenExpires.UTC(), SignedIn: s.SignedIn.UTC(), Refreshed: s.Refreshed.UTC(), Ends: s.Ends.UTC(),
	})
}

// usable reports whether everything is there that a session can't do without: a person and an ID token, or an access
// token of Identity Center, where neither client nor subject need be known, or of a workspace.
func (s *storedSession) usable() bool {
	if s.Version != sessionVersion || s.ID == "" || s.Issuer == "" {
		return false
	}
	if s.Workspace != nil {
		return s.ClientID != "" && s.Subject != "" && s.IDToken == "" && s.AccessToken != "" && s.Workspace.Beside != "" && s.Workspace.Subject != ""
	}
	return s.ClientID != "" && s.Subject != "" && s.IDToken != "" ||
		s.ClientID == "" && s.IDToken == "" && s.AccessToken != "" && s.SSORegion != ""
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
	if json.Unmarshal(data, &stored) != nil || !stored.usable() {
		return nil, errDamagedSession
	}
	return &Session{
		ID: stored.ID, Issuer: stored.Issuer, ClientID: stored.ClientID,
		Subject: stored.Subject, Key: stored.Key, Username: stored.Username, Email: stored.Email, Name: stored.Name,
		Groups: stored.Groups, GroupsPresent: stored.GroupsPresent, GroupsOverage: stored.GroupsOverage, GroupsShape: stored.GroupsShape,
		Kind: stored.Kind, GroupsClaim: stored.GroupsClaim, UserInfo: stored.UserInfo, GroupsSeen: stored.GroupsSeen,
		Authentication: Authentication{Time: stored.AuthTime, Unbelieved: stored.AuthTimeUnbelieved, ACR: stored.ACR, AMR: stored.AMR},
		IDToken:        secret.New(stored.IDToken), AccessToken: secret.New(stored.AccessToken),
		RefreshToken: secret.New(stored.RefreshToken), PreviousRefreshToken: secret.New(stored.PreviousRefreshToken),
		Scope: stored.Scope, Unasked: stored.Unasked, NoSilentRenewal: stored.NoSilentRenewal,
		SSORegion: stored.SSORegion, Registration: stored.Registration.Registration(), Workspace: stored.Workspace,
		IDTokenExpires: stored.IDTokenExpires, SignedIn: stored.SignedIn, Refreshed: stored.Refreshed, Ends: stored.Ends,
	}, nil
}
