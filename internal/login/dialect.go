package login

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// dialect is what one kind of identity provider does in its own way, where the standards leave room or are not kept.
// Whatever is true of one kind only stands in a dialect: the flows ask it, and name no provider themselves.
type dialect struct {
	name   string                       // as kind in the access map
	issues func(host, path string) bool // recognises an issuer

	pages      []string    // hosts of verification pages besides the issuer's
	localhost  bool        // the browser comes back to the name localhost instead of the address 127.0.0.1
	devicePKCE bool        // a device code can be bound by PKCE too (RFC 7636), which the client may be set to require
	noOffline  bool        // there is no scope offline_access
	authorize  [][2]string // further parameters of an authorization request

	tenant    func(path string) string              // that an issuer's path names; nil: there are none
	principal func(claims httpclient.Object) string // identifies a person in place of the subject; nil: the subject does
	overage   string                                // stands as the only group where there are too many; "": nothing does
	slips     bool                                  // a renewed ID token may lack the groups claim, though the person holds groups
	vouches   func(claims httpclient.Object) bool   // for the e-mail address; nil: unless email_verified denies it

	redirects string   // how an administrator registers the redirect address
	groups    string   // how an administrator gets groups into the ID token
	remedies  []remedy // the first that fits counts, genericRemedies after them
}

// remedy mends a refusal that only one kind of provider gives, or that is mended there in a way of its own. What is set
// must fit.
type remedy struct {
	code   string // OAuth's
	number int    // Entra ID's
	says   string // part of the description, in lower case
	hint   string // see fillIn
}

// dialectOf finds a provider's dialect: the kind that the access map names, else what the issuer looks like.
func dialectOf(p Provider) *dialect {
	if p.Kind != "" && p.Kind != "auto" {
		return dialectWhere(func(d *dialect) bool { return d.name == p.Kind })
	}
	issuer, err := url.Parse(p.Issuer)
	if err != nil {
		return &generic
	}
	host := strings.ToLower(issuer.Hostname())
	return dialectWhere(func(d *dialect) bool { return d.issues(host, issuer.Path) })
}

func dialectWhere(fits func(*dialect) bool) *dialect {
	for i := range dialects {
		if fits(&dialects[i]) {
			return &dialects[i]
		}
	}
	return &generic
}

// Dialect names the kind of provider: okta, entra, keycloak, auth0, google, ping, dex or generic.
func (p Provider) Dialect() string { return dialectOf(p).name }

// DevicePossible reports whether the provider gives device codes, as far as it says.
func (p Provider) DevicePossible(e *Endpoints) bool { return e.DeviceAuthorization != "" }

// BrowserPossible reports whether people can sign in with the browser of this machine, as far as the provider says.
func (p Provider) BrowserPossible(e *Endpoints) bool { return e.Authorization != "" && e.CodeFlow }

// GroupsHint says what an administrator does at this provider to get groups into the ID token.
func GroupsHint(p Provider) string { return p.fillIn(dialectOf(p).groups, "") }

// redirectHint says how the redirect address of the browser flow is registered.
func (p Provider) redirectHint() string {
	port := "PORT"
	if p.RedirectPort != 0 {
		port = strconv.Itoa(p.RedirectPort)
	}
	return p.fillIn(dialectOf(p).redirects, redirectAddress(p.redirectHost()+":"+port, p.callbackPath()))
}

func (p Provider) redirectHost() string {
	if dialectOf(p).localhost {
		return "localhost"
	}
	return "127.0.0.1"
}

// remedy is the hint for a refusal: that of the provider's kind, else what mends it everywhere; "" where there is none.
func (p Provider) remedy(e *refusalError) string {
	known := dialectOf(p).remedies
	if len(e.numbers) > 0 {
		known = entraRemedies // nobody else has numbers, whatever the issuer looks like
	}
	for _, r := range slices.Concat(known, genericRemedies) {
		if r.fits(e) {
			return p.fillIn(r.hint, "")
		}
	}
	return ""
}

func (r remedy) fits(e *refusalError) bool {
	return (r.code == "" || r.code == e.code) && (r.number == 0 || slices.Contains(e.numbers, r.number)) &&
		strings.Contains(strings.ToLower(e.description), r.says)
}

// fillIn puts the client id, the command that signs in and the redirect address into a text of a dialect.
func (p Provider) fillIn(text, redirect string) string {
	return strings.NewReplacer(
		"{client}", ui.Clean(p.ClientID), "{login}", p.loginCommand(), "{redirect}", redirect,
	).Replace(text)
}

// under reports whether a host is one of the domains or has a name below one.
func under(host string, domains ...string) bool {
	return slices.ContainsFunc(domains, func(domain string) bool {
		return host == domain || strings.HasSuffix(host, "."+domain)
	})
}
