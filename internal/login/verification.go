package login

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// verificationPage is an address that a person may be shown and a browser given.
type verificationPage struct {
	address string // re-serialised; begins with https:// or http://
	host    string // with the port, if any
}

// checkVerification judges the address to which a provider wants the person sent. It must be https (or http on this
// machine), without user info and control characters, and on the issuer's host, a page known to be the provider's or a
// host of the access map's verification_hosts. What comes back is built anew from the parts, with every character escaped
// that means something to a shell, since openers of browsers are often shell scripts.
func checkVerification(p Provider, raw string) (*verificationPage, error) {
	fault := func(cause error) error {
		return ui.Fault(ui.Failed, "if the page is right, add its host to verification_hosts of the identity in the access map",
			"%s wants you to sign in at %s, which is not opened: %w", p.host(), hostOf(raw), cause)
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
	if !p.mayVerifyAt(u) {
		return nil, fault(errors.New("that host is neither the issuer's nor known to be the provider's"))
	}
	return &verificationPage{address: serialise(u), host: u.Host}, nil
}

// mayVerifyAt compares hosts to the letter, without subdomains. A name without a port stands for the scheme's own port,
// the issuer's for its own.
func (p Provider) mayVerifyAt(u *url.URL) bool {
	issuer, err := url.Parse(p.Issuer)
	if err != nil {
		return false
	}
	allowed := slices.Concat([]string{issuer.Host}, p.kind().Pages, p.VerificationHosts)
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

func serialise(u *url.URL) string {
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
