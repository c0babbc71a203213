package login

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// kind is what the provider does in its own way.
func (p Provider) kind() *idp.Kind { return idp.KindOf(p.Kind, p.Issuer) }

// DevicePossible reports whether the provider gives device codes, as far as it says.
func (p Provider) DevicePossible(e *Endpoints) bool { return e.DeviceAuthorization != "" }

// BrowserPossible reports whether people can sign in with the browser of this machine, as far as the provider says.
func (p Provider) BrowserPossible(e *Endpoints) bool { return e.Authorization != "" && e.CodeFlow }

// GroupsHint says what an administrator does at this provider to get groups into the ID token.
func GroupsHint(p Provider) string { return p.fillIn(p.kind().Groups, "") }

// redirectHint says how the redirect address of the browser flow is registered.
func (p Provider) redirectHint() string { return p.fillIn(p.kind().Redirects, p.redirect().String()) }

// remedy is the hint for a refusal; "" where there is none.
func (p Provider) remedy(e *refusalError) string {
	return p.fillIn(p.kind().Remedy(e.code, e.description, e.numbers), "")
}

// fillIn puts the client id, the command that signs in and the redirect address into a text of package idp.
func (p Provider) fillIn(text, redirect string) string {
	return strings.NewReplacer(
		"{client}", ui.Clean(p.ClientID), "{login}", p.loginCommand(), "{redirect}", redirect,
	).Replace(text)
}
