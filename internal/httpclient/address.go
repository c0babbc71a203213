package httpclient

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// IsLoopback reports whether a host (without port; brackets allowed) names this machine: localhost, 127.0.0.0/8, ::1.
// Names are not resolved.
func IsLoopback(host string) bool {
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// IsHostName reports whether s is an IP address or a name of letters, digits and hyphens (RFC 1123 section 2.1).
func IsHostName(s string) bool {
	if net.ParseIP(s) != nil {
		return true
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) > 63 || strings.Trim(label, "-") != label || !ui.IsPlain(label, "-") {
			return false
		}
	}
	return len(s) <= 253
}

// Trusts reports whether a list of hosts has that of an address, by name or by name and port.
func Trusts(hosts []string, u *url.URL) bool {
	return slices.ContainsFunc(hosts, func(host string) bool {
		return strings.EqualFold(host, u.Hostname()) || strings.EqualFold(host, u.Host)
	})
}

// CheckURL parses a URL to which a request may be sent: absolute, https or http to loopback, with a host, without user
// info, fragment or control characters.
func CheckURL(raw string) (*url.URL, error) {
	if raw != ui.Clean(raw) {
		return nil, fmt.Errorf("the address %q holds control characters", ui.Clean(raw))
	}
	u, err := url.Parse(raw)
	shown, _, hasQuery := strings.Cut(raw, "?") // in which tokens stand
	if hasQuery {
		shown += "?…"
	}
	switch {
	case err != nil && strings.Contains(shown, "@"):
		return nil, errors.New("the address is not a URL")
	case err != nil:
		return nil, fmt.Errorf("the address %q is not a URL", shown)
	case u.User != nil:
		return nil, fmt.Errorf("the address of host %s holds a user name or password", u.Host)
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("the address %q names no host", shown)
	case u.Fragment != "":
		return nil, fmt.Errorf("the address %q holds a fragment", shown)
	case !secure(u):
		return nil, &InsecureError{URL: shown}
	}
	return u, nil
}

func secure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname())
}
