// Package login proves who someone is: a person who signs in, or a workload that has a token where it runs.
//
// In comes an identity of the access map, as a Provider; out comes a Session, which says who that is, with which groups, and
// holds the proof that AWS and Databricks take. A Source does it, one for each kind of sign-in: login/oidc, login/idcenter and
// login/workload. People's sessions are kept in the keyring and renewed under one lock, whatever their kind: see Stored.
//
// What a provider sends is hostile until proven otherwise. The package must never believe a claim before its signature is
// verified, spend a refresh token before the keyring is known to take its successor, store a workload's token, nor let a token
// into an error, a log or a file.
package login

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Provider is an identity of the access map: who proves who someone is, and as which application we ask.
type Provider struct {
	Method       idp.Method    // how it proves who someone is
	Name         string        // the identity's name in the access map, for hints; may be empty
	Issuer       string        // exactly as the provider spells it, trailing slash included; the start URL at Identity Center
	ClientID     string        // the application's id at the provider; a workload's audience; "" at Identity Center
	ClientSecret secret.String // zero for a public client, which is the usual case
	Scopes       []string      // nil: chosen from what the provider supports
	GroupsClaim  string        // a claim's name, or a JSON pointer (RFC 6901) if it begins with "/"; "" means "groups"
	UserInfo     bool          // the groups are what the userinfo endpoint says, instead of the ID token

	Flow Flow // the only way to sign in that the access map allows; "": either

	DeviceEndpoint    string   // overrides the device authorization endpoint of the provider's metadata
	VerificationHosts []string // further hosts ("name" or "name:port") whose pages a person may be sent to

	Kind         string            // of the provider, as the access map writes it; "" and idp.Auto: inferred from the issuer
	Audience     string            // sent as the parameter audience where a sign-in begins; "": not sent
	Parameters   map[string]string // further parameters of a sign-in
	RedirectPort int               // of the browser flow's loopback address; 0: any free one

	SSORegion string   // of an AWS IAM Identity Center; "" elsewhere
	Accounts  []string // those of AWS whose assignments at Identity Center matter: those that the access map names

	Token *idp.TokenSource // where a workload's token comes from; nil for people

	StepUp *StepUp // what a sign-in afresh is to prove; nil: nobody is asked to sign in afresh

	Workspace *Workspace // where people sign in beside an identity; nil for an identity's own sign-in
}

// Host names the provider in messages.
func (p Provider) Host() string { return ui.Host(p.Issuer) }

// LoginCommand is the hint that fixes a missing or ended session.
func (p Provider) LoginCommand() string {
	switch {
	case p.Workspace != nil:
		return p.Workspace.command(p.Name)
	case p.Name == "":
		return "dbxaccess login"
	}
	return "dbxaccess login --identity " + p.Name
}

// ByFlow is the command that signs in by a flow; "" where the access map rules it out.
func (p Provider) ByFlow(flow Flow) string {
	if p.Flow != "" && p.Flow != flow {
		return ""
	}
	return p.LoginCommand() + " --flow " + string(flow)
}

// SignInFix has someone sign in.
func (p Provider) SignInFix() ui.Fix { return ui.Command(p.LoginCommand()) }

// Quirks is what the provider does in its own way.
func (p Provider) Quirks() *idp.Kind { return idp.KindOf(p.Kind, p.Issuer) }

// GroupsFix says what an administrator does at the provider to get groups into the ID token.
func (p Provider) GroupsFix() ui.Fix {
	if p.UserInfo {
		return ui.ForAdmin("have the provider put people's groups into what its userinfo endpoint says, as a list, in the claim " + p.groupsClaim())
	}
	return p.FillIn(p.Quirks().Groups, "")
}

// FillIn puts the client id, the command that signs in and the redirect address into a text of package idp. Lines that begin
// with the command are copied; others are an administrator's, but for those that say by idp.Yours that they are the person's. nil for
// an empty text.
func (p Provider) FillIn(text, redirect string) (fix ui.Fix) {
	if text == "" {
		return nil
	}
	filled := strings.NewReplacer("{client}", ui.Clean(p.ClientID), "{login}", p.LoginCommand(), "{redirect}", redirect).Replace(text)
	for line := range strings.SplitSeq(filled, "\n") {
		text, yours := strings.CutPrefix(line, idp.Yours)
		command := strings.HasPrefix(text, p.LoginCommand())
		fix = append(fix, ui.Step{Text: text, Copied: command, Admin: !command && !yours})
	}
	return fix
}

func (p Provider) groupsClaim() string {
	if p.GroupsClaim == "" {
		return "groups"
	}
	return p.GroupsClaim
}
