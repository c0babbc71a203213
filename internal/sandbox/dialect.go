package sandbox

import (
	"slices"
	"time"
)

// Kind is the make of identity provider whose documented answers are given. A dialect
// differs in what the documents differ in: fields, codes, statuses, texts, claims. Paths, times, keys and the pages for
// people stay the sandbox's own.
type Kind string

// The dialects. The pages and sources that each follows are named where its answers are.
const (
	Generic  Kind = "generic" // the standards to the letter
	Okta     Kind = "okta"
	Entra    Kind = "entra"
	Keycloak Kind = "keycloak"
	Auth0    Kind = "auth0"
	Google   Kind = "google"
	Ping     Kind = "ping" // PingFederate
	Dex      Kind = "dex"
)

// Kinds are all that there are.
func Kinds() []Kind { return []Kind{Generic, Okta, Entra, Keycloak, Auth0, Google, Ping, Dex} }

// UnmarshalText implements encoding.TextUnmarshaler: only kinds that there are.
func (k *Kind) UnmarshalText(text []byte) error { return oneOf(k, text, Kinds()) }

// dialect is one row of the table: what a provider does otherwise than Generic. The zero value of each field is what
// Generic does, except where the field says so.
type dialect struct {
	scopes   []string          // scopes_supported; others are refused. nil: knownScopes
	spelling map[string]string // how scopes are called in answers, "" for those left out of them
	metadata map[string]any    // laid over the discovery document; a nil value takes a field away

	device      func(s *Server, fields map[string]any) // changes the answer to a device request
	plainCode   bool                                   // user codes have no hyphen
	expiredOnce bool                                   // a code is expired_token once, and unknown from then on

	redirectHost string // the only host of loopback redirects; "": 127.0.0.1 and localhost
	issInAnswer  bool   // the authorization response names the issuer (RFC 9207)

	secret       string // what clients must send; "": they are public
	publicDevice bool   // the device request needs no secret though the token request does

	refreshAlways        bool          // a refresh token comes without the scope offline_access too
	keepsRefreshToken    bool          // a refresh brings no new refresh token
	oldRefreshTokensStay bool          // a refresh brings a new refresh token each time, and those before it stay good
	refreshGrace         time.Duration // how long a refresh token that was replaced is still taken
	omitsIDToken         bool          // a refresh brings no ID token
	groupsNeedScope      bool          // a refresh that doesn't send the scopes again yields no groups
	nonceStays           bool          // the ID tokens of refreshes carry the sign-in's nonce
	denialStaysPending   bool          // a denied device code goes on as authorization_pending

	tokens func(s *Server, fields map[string]any)                           // changes an answer with tokens
	claims func(s *Server, u *User, scopes []string, claims map[string]any) // changes an ID token's claims

	says     map[situation]refusal               // where the wording is not Generic's
	refusals map[Refusal]refusal                 // likewise
	form     func(s *Server, what refusal) reply // nil: RFC 6749 5.2
}

// dialects is the table.
func dialects() map[Kind]func() dialect {
	return map[Kind]func() dialect{
		Generic: generic, Okta: okta, Entra: entra, Keycloak: keycloak, Auth0: auth0, Google: google, Ping: ping, Dex: dex,
	}
}

func generic() dialect { return dialect{issInAnswer: true} }

// dialect is the one that is spoken. The lock must be held.
func (s *Server) dialect() dialect {
	if row, ok := dialects()[s.behaviour.Kind]; ok {
		return row()
	}
	return generic()
}

// scopes are those that may be asked for.
func (d dialect) scopesTaken() []string {
	if d.scopes != nil {
		return d.scopes
	}
	return knownScopes()
}

// spell is how the dialect calls a scope in its answers; "" where it leaves it out.
func (d dialect) spell(scope string) string {
	if spelt, ok := d.spelling[scope]; ok {
		return spelt
	}
	return scope
}

// unspell is the scope that a client means, who may have learnt its name from an answer.
func (d dialect) unspell(asked string) string {
	for scope, spelt := range d.spelling {
		if spelt == asked {
			return scope
		}
	}
	return asked
}

// overlay lays fields over others; a nil value takes a field away.
func overlay(fields, over map[string]any) {
	for name, value := range over {
		if value == nil {
			delete(fields, name)
			continue
		}
		fields[name] = value
	}
}

// has is what a claim function asks of the scopes that were granted.
func has(scopes []string, scope string) bool { return slices.Contains(scopes, scope) }

// seconds is a duration as providers tell it.
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
