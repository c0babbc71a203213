package oauth

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Page is an address that a person may be shown and a browser given.
type Page struct {
	Address string // re-serialised; begins with https:// or http://
	Host    string // with the port, if any
}

// Show sets what the person is shown of a device code: where the code is typed, which must be a page that check takes, and
// the page that has the code already, which is left out where check does not take it.
func Show(d *login.DeviceCode, check func(raw string) (*Page, error), page, complete string) error {
	typed, err := check(page)
	if err != nil {
		return err
	}
	d.VerificationURI, d.Host = typed.Address, typed.Host
	if complete == "" {
		return nil
	}
	if filled, err := check(complete); err == nil {
		d.VerificationURIComplete = filled.Address
	} else {
		d.RefusedHost = hostOf(complete)
	}
	return nil
}

// maxUserCode bounds what a person is asked to type. Honest codes have 6 to 12 characters.
const maxUserCode = 32

// UserCode judges what the person is to type: letters, digits and hyphens. A provider that could put a sentence there would
// speak to the person in our name, so a text that is no code is not even shown. Letters may be small, though RFC 8628 §6.1
// advises against it: those of Ory Hydra and PingAM are, unless set otherwise.
// https://github.com/ory/hydra/blob/master/driver/config/provider.go (userCodeEntropyPreset)
// https://docs.pingidentity.com/pingam/7.2/oauth2-guide/oauth2-device-flow.html
func UserCode(p login.Provider, raw string) (string, error) {
	code := strings.TrimSpace(raw)
	if len(code) <= maxUserCode && ui.IsPlain(code, "-") {
		return code, nil
	}
	return "", ui.Errorf("user-code-refused", ui.Failed, "what %s wants you to type is no code, so it is not shown: "+
		"a code has up to %d letters, digits and hyphens", p.Host(), maxUserCode).With(InBetween)
}

// CheckPage judges the address to which a provider wants the person sent. It must be https (or http on this
// machine), without user info and control characters, and on the issuer's host, a page known to be the provider's or a
// host of the access map's verification_hosts. What comes back is put together from the parts, with every character escaped
// that means something to a shell, since openers of browsers are often shell scripts.
func CheckPage(p login.Provider, raw string) (*Page, error) {
	fault := func(cause error) *ui.Error {
		return ui.Errorf("verification-page-refused", ui.Failed, "%s wants you to sign in at %s, which is not opened: %w", p.Host(), hostOf(raw), cause).
			With(ui.Advice("have the provider name its sign-in page by an https address (verification_uri)"))
	}
	if raw != ui.Clean(raw) {
		return nil, fault(errors.New("the address holds characters that have no place in one"))
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return nil, fault(errors.New("the address is not a URL"))
	case u.User != nil:
		return nil, fault(errors.New("the address holds a user name or password"))
	case u.Scheme != "https" && (u.Scheme != "http" || !httpclient.IsLoopback(u.Hostname())):
		return nil, fault(errors.New("the address is not https"))
	}
	u.Host = strings.ToLower(u.Host)
	if !mayVerifyAt(p, u) {
		refused := fault(errors.New("that host is neither the issuer's nor known to be the provider's"))
		refused.Fix = ui.Advice("if the page is right, add its host to verification_hosts of the identity in the access map")
		return nil, refused
	}
	return &Page{Address: Serialise(u), Host: u.Host}, nil
}

// mayVerifyAt compares hosts to the letter, without subdomains. A name without a port stands for the scheme's own port,
// the issuer's for its own.
func mayVerifyAt(p login.Provider, u *url.URL) bool {
	issuer, err := url.Parse(p.Issuer)
	if err != nil {
		return false
	}
	allowed := slices.Concat([]string{issuer.Host}, p.Quirks().Pages, p.VerificationHosts)
	return slices.ContainsFunc(allowed, func(host string) bool {
		return host != "" && withPort(u.Scheme, strings.ToLower(host)) == withPort(u.Scheme, u.Host)
	})
}

func withPort(scheme, host string) string {
	u := url.URL{Host: host}
	if u.Port() != "" {
		return host
	}
	return strings.TrimSuffix(host, ":") + map[string]string{"https": ":443", "http": ":80"}[scheme]
}

// hostOf names an address's host for a message, whatever the address is.
func hostOf(raw string) string {
	if u, err := url.Parse(ui.Clean(raw)); err == nil && u.Host != "" {
		return ui.Cut(u.Host, 253)
	}
	return "an unreadable address"
}

// Serialise writes an address so that no shell reads anything into it: openers of browsers are often shell scripts.
func Serialise(u *url.URL) string {
	origin := url.URL{Scheme: u.Scheme, Host: u.Host}
	address := origin.String() + escape(u.EscapedPath())
	if u.RawQuery != "" {
		address += "?" + escape(u.RawQuery)
	}
	if u.Fragment != "" {
		address += "#" + escape(u.EscapedFragment())
	}
	return address
}

// escape percent-encodes everything but letters, digits and the few signs that are needed and harmless everywhere.
// Escapes that are there already stay.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', strings.IndexByte("-._~/?&=+:@,", ch) >= 0,
			ch == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(ch)
		default:
			b.WriteString("%" + string(hex[ch>>4]) + string(hex[ch&15]))
		}
	}
	return b.String()
}

func isHex(ch byte) bool {
	return '0' <= ch && ch <= '9' || 'a' <= ch && ch <= 'f' || 'A' <= ch && ch <= 'F'
}
