// Package idp knows who proves the identity of people and workloads: the kinds of identity provider, with what each does in its own
// way, and the sources of workloads' tokens.
//
// In comes what the access map says of an identity; out come plain values that the map, the sign-in and the broker share.
// It is data and looks at nothing but its arguments. To be taken for a kind gives an issuer that provider's verification
// pages; everything else here is what we send, say, or believe less of.
package idp

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Auto is the kind of an identity whose provider is told by its issuer.
const Auto = "auto"

// Kind is what one kind of identity provider does in its own way, where the standards leave room or are not kept. Whatever
// is true of one kind only stands here: the flows ask it, and name no provider themselves.
type Kind struct {
	Name string // as kind in the access map, and the name of its page in docs/providers

	// How an issuer of the kind is recognised; one of the three is enough. Host and Path are regular expressions.
	Domains []string // the issuer's host is one of these, or below one
	Host    string
	Path    string

	Pages      []string    // hosts of verification pages besides the issuer's
	Localhost  bool        // the browser comes back to the name localhost instead of the address 127.0.0.1
	DevicePKCE bool        // a device code can be bound by PKCE too (RFC 7636), which the client may be set to require
	NoOffline  bool        // there is no scope offline_access
	Unlisted   bool        // there are more scopes than the metadata lists, and one that is unknown does no harm
	Authorize  [][2]string // further parameters of an authorization request

	Tenants       bool     // the issuer's path begins with a tenant, and a token must be of the same (tid)
	Principal     []string // claims that identify a person together, in place of the subject; nil: the subject does
	Overage       string   // stands as the only group where there are too many; "": nothing does
	GroupsVanish  bool     // a renewed ID token may lack the groups claim, though the person holds groups
	EmailVerified string   // claim that must be true for the e-mail address to count; "": email_verified must not be false

	// Unproven are those of auth_time, acr and amr that its ID tokens never hold; Optional, those that they hold only where an
	// administrator turned that on.
	Unproven, Optional []string
	ACR                string // claim whose values stand for those of acr; "": acr itself
	// ByClaims: what a sign-in is to prove is asked for by the parameter claims too (OpenID Connect Core 1.0 §5.5).
	ByClaims bool
	Afresh   string // values of the parameter prompt by which people sign in afresh; "": login

	Example  string      // an issuer, as maps have it
	Keys     [][2]string // keys that its identities mostly need in a map besides issuer and client_id, each with a value as YAML has it
	NoGroups bool        // its tokens hold no groups: rules are on claims

	Redirects string   // how an administrator registers the redirect address
	Groups    string   // how an administrator gets groups into the ID token
	StepUp    string   // how an administrator gets auth_time, acr and amr into the ID token
	ForAWS    string   // how an administrator gets session tags and a source identity for AWS into the ID token
	Sessions  string   // the page where people end their sessions; {issuer} and {host} stand for the issuer and its host; "": not known
	Remedies  []Remedy // the first that fits counts; those of Generic come after them
}

// Remedy fixes a refusal that only one kind of provider gives, or that is fixed there in a way of its own. What is set
// must fit. {client}, {login} and {redirect} in its hint stand for the client id, the command that signs in and the redirect
// address, as they do in Redirects, Groups, StepUp and ForAWS.
type Remedy struct {
	Code    string // OAuth's
	Number  int    // Entra ID's
	Says    string // part of the description, in lower case
	Hint    string
	Browser string // in place of Hint where the browser was refused, or is not to be used; "": the same
}

// Refused is what a provider said no with.
type Refused struct {
	Code        string // OAuth's
	Description string
	Numbers     []int // those that Entra ID puts behind AADSTS
	Browser     bool  // it refused a sign-in by browser, or there can be none
}

// KindOf finds a provider's kind: the one that the access map names, else what the issuer looks like. Generic where neither
// is known.
func KindOf(name, issuer string) *Kind {
	if name != "" && name != Auto {
		return kindWhere(func(k *Kind) bool { return k.Name == name })
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return &generic
	}
	host := strings.ToLower(u.Hostname())
	return kindWhere(func(k *Kind) bool { return k.issues(host, u.Path) })
}

// Kinds lists what kind in the access map may say.
func Kinds() []string {
	names := []string{Auto}
	for i := range kinds {
		names = append(names, kinds[i].Name)
	}
	return append(names, generic.Name)
}

func kindWhere(fits func(*Kind) bool) *Kind {
	if i := slices.IndexFunc(kinds[:], func(k Kind) bool { return fits(&k) }); i >= 0 {
		return &kinds[i]
	}
	return &generic
}

func (k *Kind) issues(host, path string) bool {
	return slices.ContainsFunc(k.Domains, func(domain string) bool {
		return host == domain || strings.HasSuffix(host, "."+domain)
	}) || matches(k.Host, host) || matches(k.Path, path)
}

// matches compiles the expression each time: it is one of ours, rarely looked at, and must not cost the program's start.
func matches(expression, text string) bool {
	return expression != "" && regexp.MustCompile(expression).MatchString(text)
}

// ACRClaim is the claim that names the class of an authentication (acr).
func (k *Kind) ACRClaim() string {
	if k.ACR == "" {
		return "acr"
	}
	return k.ACR
}

// SessionsPage is where people end their sessions at an issuer of this kind; "" where that is not known.
func (k *Kind) SessionsPage(issuer string) string {
	u, err := url.Parse(issuer)
	if k.Sessions == "" || err != nil {
		return ""
	}
	return strings.NewReplacer("{issuer}", strings.TrimSuffix(issuer, "/"), "{host}", "https://"+u.Host).Replace(k.Sessions)
}

// HowForAWS is ForAWS, or what any provider is asked for.
func (k *Kind) HowForAWS() string { return cmp.Or(k.ForAWS, generic.ForAWS) }

// HowStepUp is StepUp, or what any provider is asked for.
func (k *Kind) HowStepUp() string { return cmp.Or(k.StepUp, generic.StepUp) }

// Remedy is the hint for a refusal: that of the kind, else what fixes it everywhere; "" where there is none.
func (k *Kind) Remedy(refused Refused) string {
	known := k.Remedies
	if len(refused.Numbers) > 0 {
		known = entraRemedies // nobody else has numbers, whatever the issuer looks like
	}
	for _, r := range slices.Concat(known, generic.Remedies) {
		switch {
		case r.Code != "" && r.Code != refused.Code, r.Number != 0 && !slices.Contains(refused.Numbers, r.Number),
			!strings.Contains(strings.ToLower(refused.Description), r.Says):
		case refused.Browser && r.Browser != "":
			return r.Browser
		default:
			return r.Hint
		}
	}
	return ""
}
