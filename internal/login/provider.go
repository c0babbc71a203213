// Package login proves who the person is.
//
// In comes an identity of the access map: an issuer and a client id. Out come a verified identity with its groups, the
// ID token that proves it to STS and Databricks, and a session in the keyring that renews itself. A sign-in is
// Sessions.SignIn and Sessions.Save; from then on Sessions.Fresh is all that is asked. What single providers do in their own way is in
// package idp.
//
// What a provider sends is hostile until proven otherwise. The package must never believe a claim before its signature
// is verified, hand out a verification page that the provider has no business naming, send a secret to an address that
// neither the access map nor the issuer's own metadata names, spend a refresh token before the keyring is known to take
// its successor, nor let a token into an error, a log or a file.
package login

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Provider is an identity of the access map: who vouches for people, and as which application we ask.
type Provider struct {
	Name         string        // the identity's name in the access map, for hints; may be empty
	Issuer       string        // exactly as the provider spells it, trailing slash included
	ClientID     string        // the application's id at the provider
	ClientSecret secret.String // zero for a public client, which is the usual case
	Scopes       []string      // nil: chosen from what the provider supports
	GroupsClaim  string        // a claim's name, or a JSON pointer (RFC 6901) if it begins with "/"; "" means "groups"

	DeviceEndpoint    string   // overrides the device authorization endpoint of the provider's metadata
	VerificationHosts []string // further hosts ("name" or "name:port") whose pages a person may be sent to

	Kind         string            // of the provider, as the access map writes it; "" and idp.Auto: inferred from the issuer
	Audience     string            // sent as the parameter audience where a sign-in begins; "": not sent
	Parameters   map[string]string // further parameters of a sign-in
	RedirectPort int               // of the browser flow's loopback address; 0: any free one

	// SSORegion is that of an AWS IAM Identity Center; "" for OpenID Connect. Issuer is its start URL then, and ClientID
	// empty: a client is registered as it is needed.
	SSORegion string
	// Accounts are those of AWS whose assignments at Identity Center matter: those that the access map names.
	Accounts []string

	// Token is where a machine has its token from; nil for people. ClientID is the audience then.
	Token *idp.TokenSource
}

// Client speaks to identity providers.
type Client struct {
	HTTP *http.Client     // made by httpclient.New: bounded bodies, no redirects, https or loopback
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: nothing is logged

	// Peer reports whether the far end of a connection over loopback is this person's own program, by the addresses of
	// both ends ("127.0.0.1:port" or "[::1]:port"). The browser flow answers nobody else. nil: everybody is believed.
	Peer func(remote, local string) bool
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

// host names the provider in messages.
func (p Provider) host() string { return ui.Host(p.Issuer) }

// loginCommand is the hint that mends a missing or ended session.
func (p Provider) loginCommand() string {
	if p.Name == "" {
		return "dbxaccess login"
	}
	return "dbxaccess login --identity " + p.Name
}

func (p Provider) loginNeeded(format string, args ...any) error {
	return ui.Fault(ui.LoginNeeded, p.loginCommand(), format, args...)
}

func (p Provider) groupsClaim() string {
	if p.GroupsClaim == "" {
		return "groups"
	}
	return p.GroupsClaim
}

// scope is what is asked for at sign-in: the map's choice, else a name, an address and a refresh token, and the groups
// where the provider has a scope of that name (Okta, Dex). A provider that lists its scopes and leaves offline_access
// out refuses it.
func (p Provider) scope(e *Endpoints) string {
	if len(p.Scopes) > 0 {
		return strings.Join(p.Scopes, " ")
	}
	scopes := []string{"openid", "profile", "email"}
	if !p.kind().NoOffline && (e.ScopesSupported == nil || slices.Contains(e.ScopesSupported, "offline_access")) {
		scopes = append(scopes, "offline_access")
	}
	if slices.Contains(e.ScopesSupported, "groups") {
		scopes = append(scopes, "groups")
	}
	return strings.Join(scopes, " ")
}

// opening holds the parameters that the access map adds where a sign-in begins, for the protocol's own to be laid over.
func (p Provider) opening() url.Values {
	form := url.Values{}
	for name, value := range p.Parameters {
		form.Set(name, value)
	}
	if p.Audience != "" {
		form.Set("audience", p.Audience)
	}
	return form
}
