package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// Dialect is the make of identity provider whose documented answers are given. The zero value is Generic. A dialect
// differs in what the documents differ in: fields, codes, statuses, texts, claims. Paths, times, keys and the pages for
// people stay the sandbox's own.
type Dialect string

// The dialects. The pages and sources that each follows are named where its answers are.
const (
	Generic  Dialect = "generic" // the standards to the letter
	Okta     Dialect = "okta"
	Entra    Dialect = "entra"
	Keycloak Dialect = "keycloak"
	Auth0    Dialect = "auth0"
	Google   Dialect = "google"
	Ping     Dialect = "ping" // PingFederate
	Dex      Dialect = "dex"
)

// dialect is one row of the table: what a provider does otherwise than Generic. The zero value of each field is what
// Generic does, except where the field says so.
type dialect struct {
	behaviour func(*Behaviour) // what of it Speak sets, for scripts to change afterwards

	scopes   []string          // scopes_supported; others are refused. nil: knownScopes
	spelling map[string]string // how scopes are called in answers, "" for those left out of them
	metadata map[string]any    // laid over the discovery document; a nil value takes a field away

	device      func(s *Server, fields map[string]any) // changes the answer to a device request
	plainCode   bool                                   // user codes have no hyphen
	expiredOnce bool                                   // a code is expired_token once, and unknown from then on

	redirectHost string // the only host of loopback redirects; "": 127.0.0.1 and localhost
	anyPort      bool   // a redirect's port is not compared, even where the registered one has a port
	issInAnswer  bool   // the authorization response names the issuer (RFC 9207)

	secret       string // what clients must send where Options and Behaviour name none; "": they are public
	publicDevice bool   // the device request needs no secret though the token request does

	refreshAlways bool // a refresh token comes without the scope offline_access too
	nonceStays    bool // the ID tokens of refreshes carry the sign-in's nonce

	tokens func(s *Server, fields map[string]any)                           // changes an answer with tokens
	claims func(s *Server, u *User, scopes []string, claims map[string]any) // changes an ID token's claims

	says     map[situation]refusal               // where the wording is not Generic's
	refusals map[Refusal]refusal                 // likewise
	form     func(s *Server, what refusal) reply // nil: RFC 6749 5.2
}

// dialects is the table.
func dialects() map[Dialect]func() dialect {
	return map[Dialect]func() dialect{
		Generic: generic, Okta: okta, Entra: entra, Keycloak: keycloak, Auth0: auth0, Google: google, Ping: ping, Dex: dex,
	}
}

func generic() dialect { return dialect{issInAnswer: true} }

// dialect is the one that is spoken. The lock must be held.
func (s *Server) dialect() dialect {
	if row, ok := dialects()[s.behaviour.Dialect]; ok {
		return row()
	}
	return generic()
}

// Speak takes on a dialect, with what it does of the behaviours that can also be set by themselves: KeepRefreshToken,
// OmitIDToken, GroupsNeedScope, DenialStaysPending, RefreshGrace and OldRefreshTokensStay. All others stay. An unknown
// dialect is an error and changes nothing.
func (b *Behaviour) Speak(d Dialect) error {
	if d == "" {
		d = Generic
	}
	row, ok := dialects()[d]
	if !ok {
		return fmt.Errorf("no such dialect: %q", d)
	}
	b.Dialect, b.RefreshGrace = d, 0
	b.KeepRefreshToken, b.OmitIDToken, b.GroupsNeedScope, b.DenialStaysPending, b.OldRefreshTokensStay =
		false, false, false, false, false
	if set := row().behaviour; set != nil {
		set(b)
	}
	return nil
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

// secret is what the client must send; "" for a public one. The lock must be held.
func (s *Server) secret() string {
	switch {
	case s.behaviour.ClientSecret != "":
		return s.behaviour.ClientSecret
	case s.clientSecret != "":
		return s.clientSecret
	default:
		return s.dialect().secret
	}
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
